/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <stdio.h>

#include "work/shared.h"

/* A document with a text of so many characters. */
static json_t *document(size_t length)
{
    char *text = malloc(length + 1);

    assert_non_null(text);
    memset(text, 'x', length);
    text[length] = '\0';
    json_t *root = json_pack("[s]", text);
    assert_non_null(root);
    free(text);
    return root;
}

static void keep(struct acgp_shared *s, const char *url, int64_t asked_ms, size_t length)
{
    json_t *root = document(length);

    acgp_shared_keep(s, url, asked_ms, root, asked_ms);
    json_decref(root); /* what is kept has a hold of its own */
}

static bool found(const struct acgp_shared *s, const char *url, int64_t after_ms, int64_t now_ms)
{
    int64_t asked_ms = -1;

    return acgp_shared_find(s, url, after_ms, now_ms, &asked_ms) != NULL;
}

static void a_document_is_found_by_its_whole_url(void **st)
{
    struct acgp_shared s = {.count = 0};
    int64_t asked_ms = 0;

    (void)st;
    keep(&s, "https://a/b", 5, 1);
    json_t *root = acgp_shared_find(&s, "https://a/b", 0, 6, &asked_ms);
    assert_string_equal(json_string_value(json_array_get(root, 0)), "x");
    assert_int_equal(asked_ms, 5);
    assert_false(found(&s, "https://a/B", 0, 6));
    assert_false(found(&s, "https://a/b?", 0, 6));
    assert_false(found(&s, "", 0, 6));
    acgp_shared_done(&s);
    assert_false(found(&s, "https://a/b", 0, 6));
}

static void it_is_as_old_as_its_question(void **st)
{
    struct acgp_shared s = {.count = 0};

    (void)st;
    keep(&s, "u", 1000, 1);
    assert_true(found(&s, "u", 1000, 1000));
    assert_false(found(&s, "u", 1001, 1001)); /* asked for before */
    assert_true(found(&s, "u", 0, 1000 + ACGP_SHARED_MS - 1));
    assert_false(found(&s, "u", 0, 1000 + ACGP_SHARED_MS));
    acgp_shared_expire(&s, 1000 + ACGP_SHARED_MS - 1);
    assert_int_equal(s.count, 1);
    acgp_shared_expire(&s, 1000 + ACGP_SHARED_MS);
    assert_int_equal(s.count, 0);
    assert_int_equal(s.bytes, 0);
    acgp_shared_done(&s);
}

static void the_newer_question_wins(void **st)
{
    struct acgp_shared s = {.count = 0};

    (void)st;
    keep(&s, "u", 10, 1);
    keep(&s, "u", 20, 2);
    assert_true(found(&s, "u", 20, 20));
    keep(&s, "u", 15, 3); /* an answer that took longer than the next */
    assert_true(found(&s, "u", 20, 20));
    assert_int_equal(s.count, 1);
    acgp_shared_done(&s);
}

static void at_a_cap_the_oldest_go(void **st)
{
    struct acgp_shared s = {.count = 0};
    char url[32];

    (void)st;
    for (int i = 0; i <= ACGP_SHARED_MAX; i++) {
        (void)snprintf(url, sizeof url, "u%d", i);
        keep(&s, url, i, 1);
    }
    assert_int_equal(s.count, ACGP_SHARED_MAX);
    assert_false(found(&s, "u0", 0, ACGP_SHARED_MAX));
    assert_true(found(&s, "u1", 0, ACGP_SHARED_MAX));
    assert_true(found(&s, url, 0, ACGP_SHARED_MAX));
    acgp_shared_done(&s);
}

static void bytes_have_a_cap_too(void **st)
{
    struct acgp_shared s = {.count = 0};

    (void)st;
    keep(&s, "too large", 0, ACGP_SHARED_ONE_MAX); /* with its brackets and quotes */
    assert_int_equal(s.count, 0);
    for (int i = 0; i < 4; i++)
        keep(&s, i == 0 ? "a" : i == 1 ? "b" : i == 2 ? "c" : "d", i, ACGP_SHARED_ONE_MAX - 4);
    assert_int_equal(s.count, 4);
    assert_int_equal(s.bytes, ACGP_SHARED_BYTES_MAX);
    keep(&s, "e", 9, 1);
    assert_false(found(&s, "a", 0, 9));
    assert_true(found(&s, "b", 0, 9));
    assert_true(found(&s, "e", 0, 9));
    assert_true(s.bytes <= ACGP_SHARED_BYTES_MAX);
    acgp_shared_done(&s);
}

static void who_has_a_hold_keeps_what_is_dropped(void **st)
{
    struct acgp_shared s = {.count = 0};
    int64_t asked_ms = 0;

    (void)st;
    keep(&s, "u", 0, 1);
    json_t *root = json_incref(acgp_shared_find(&s, "u", 0, 0, &asked_ms));
    acgp_shared_done(&s);
    assert_string_equal(json_string_value(json_array_get(root, 0)), "x");
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_found_by_its_whole_url),
        cmocka_unit_test(it_is_as_old_as_its_question),
        cmocka_unit_test(the_newer_question_wins),
        cmocka_unit_test(at_a_cap_the_oldest_go),
        cmocka_unit_test(bytes_have_a_cap_too),
        cmocka_unit_test(who_has_a_hold_keeps_what_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
