/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <acg/options.h>

#include "base/span.h"
#include "json/decode.h"

struct item {
    const char *name;
    struct acg_optional_int number;
};

struct thing {
    const char *text;
    enum acg_tristate flag;
    bool present;
    const char *inner;
    struct acgp_json_list items;
};

static const struct acgp_json_field item_fields[] = {
    {"name", ACGP_JSON_TEXT, offsetof(struct item, name), NULL},
    {"number", ACGP_JSON_INT, offsetof(struct item, number), NULL},
};
static const struct acgp_json_table item_table = {item_fields, 2, sizeof(struct item), 3};
static const struct acgp_json_field inner_fields[] = {
    {"inner", ACGP_JSON_TEXT, offsetof(struct thing, inner), NULL},
};
static const struct acgp_json_table inner_table = {inner_fields, 1, 0, 0};
static const struct acgp_json_field thing_fields[] = {
    {"text", ACGP_JSON_TEXT, offsetof(struct thing, text), NULL},
    {"flag", ACGP_JSON_BOOL, offsetof(struct thing, flag), NULL},
    {"object", ACGP_JSON_PRESENT, offsetof(struct thing, present), NULL},
    {"object", ACGP_JSON_OBJECT, 0, &inner_table},
    {"items", ACGP_JSON_LIST, offsetof(struct thing, items), &item_table},
};
static const struct acgp_json_table thing_table = {thing_fields, 5, 0, 0};

static json_t *decode(const char *text, struct thing *out, struct acg_error *err)
{
    json_t *root = NULL;
    enum acg_status status = acgp_json_parse(acgp_span(text), &root, err);

    memset(out, 0, sizeof *out);
    if (status == ACG_OK)
        status = acgp_json_decode(root, &thing_table, out, err);
    err->status = status;
    return root;
}

static void done(json_t *root, struct thing *thing)
{
    acgp_json_release(&thing_table, thing);
    json_decref(root);
}

static void members_reach_their_fields(void **st)
{
    struct thing t;
    struct acg_error err = {0};
    json_t *root =
        decode("{\"text\": \"a\", \"flag\": false, \"object\": {\"inner\": \"b\"}, \"unknown\": [1],"
               " \"items\": [{\"name\": \"x\"}, {\"number\": 7}]}",
               &t, &err);
    const struct item *items = t.items.items;

    (void)st;
    assert_int_equal(err.status, ACG_OK);
    assert_string_equal(t.text, "a");
    assert_int_equal(t.flag, ACG_FALSE);
    assert_true(t.present);
    assert_string_equal(t.inner, "b");
    assert_int_equal(t.items.count, 2);
    assert_string_equal(items[0].name, "x");
    assert_false(items[0].number.set);
    assert_int_equal(items[1].number.value, 7);
    done(root, &t);
}

static void null_counts_as_absent(void **st)
{
    struct thing t;
    struct acg_error err = {0};
    json_t *root = decode("{\"text\": null, \"flag\": null, \"object\": null, \"items\": null}", &t, &err);

    (void)st;
    assert_int_equal(err.status, ACG_OK);
    assert_null(t.text);
    assert_int_equal(t.flag, ACG_UNSET);
    assert_false(t.present);
    assert_int_equal(t.items.count, 0);
    done(root, &t);
}

static void refused(const char *text, const char *message)
{
    struct thing t;
    struct acg_error err = {0};
    json_t *root = decode(text, &t, &err);

    assert_int_equal(err.status, ACG_ERR_PROTOCOL);
    assert_string_equal(err.message, message);
    done(root, &t);
}

static void a_wrong_type_is_told_with_its_place(void **st)
{
    (void)st;
    refused("[]", "the answer: not an object");
    refused("{\"text\": 1}", "text: not a text");
    refused("{\"flag\": \"true\"}", "flag: not true or false");
    refused("{\"object\": {\"inner\": {}}}", "object.inner: not a text");
    refused("{\"items\": {}}", "items: not a list");
    refused("{\"items\": [{}, {\"number\": 1.5}]}", "items[1].number: not a whole number");
    refused("{\"items\": [{\"name\": \"a\"}, 3]}", "items[1]: not an object");
}

static void a_list_past_its_cap_is_refused(void **st)
{
    (void)st;
    refused("{\"items\": [{}, {}, {}, {}]}", "items: 4 items, at most 3 are expected");
}

static void what_is_not_json_is_refused(void **st)
{
    static const char *const bad[] = {"",          "{",
                                      "{\"a\": }", "nonsense",
                                      "{} x",      "{\"a\": \"\\u0000\"}",
                                      "\xff",      "{\"n\": 99999999999999999999}"};

    (void)st;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        json_t *root = NULL;
        struct acg_error err = {0};
        assert_int_equal(acgp_json_parse(acgp_span(bad[i]), &root, &err), ACG_ERR_PROTOCOL);
        assert_null(root);
    }
}

static void depth_is_bounded_and_brackets_in_texts_do_not_count(void **st)
{
    char text[2 * (ACGP_JSON_DEPTH_MAX + 1) + 1];
    json_t *root = NULL;
    struct acg_error err = {0};

    (void)st;
    memset(text, '[', ACGP_JSON_DEPTH_MAX);
    memset(text + ACGP_JSON_DEPTH_MAX, ']', ACGP_JSON_DEPTH_MAX);
    assert_int_equal(acgp_json_parse(acgp_span_of(text, 2 * ACGP_JSON_DEPTH_MAX), &root, &err), ACG_OK);
    json_decref(root);
    root = NULL;
    memset(text, '[', ACGP_JSON_DEPTH_MAX + 1);
    memset(text + ACGP_JSON_DEPTH_MAX + 1, ']', ACGP_JSON_DEPTH_MAX + 1);
    assert_int_equal(acgp_json_parse(acgp_span_of(text, 2 * ACGP_JSON_DEPTH_MAX + 2), &root, &err),
                     ACG_ERR_PROTOCOL);
    memset(text, '[', sizeof text - 1);
    text[1] = text[sizeof text - 3] = '"';
    text[2] = '\\'; /* an escaped quote does not end the text */
    text[3] = '"';
    text[sizeof text - 2] = ']';
    text[sizeof text - 1] = '\0';
    root = NULL;
    assert_int_equal(acgp_json_parse(acgp_span(text), &root, &err), ACG_OK);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_reach_their_fields),
        cmocka_unit_test(null_counts_as_absent),
        cmocka_unit_test(a_wrong_type_is_told_with_its_place),
        cmocka_unit_test(a_list_past_its_cap_is_refused),
        cmocka_unit_test(what_is_not_json_is_refused),
        cmocka_unit_test(depth_is_bounded_and_brackets_in_texts_do_not_count),
    };

    return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
