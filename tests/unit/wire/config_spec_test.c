/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "wire/config_spec.h"

static void expect(struct pkr_spec_entry entry, enum acg_status status, const char *message)
{
    struct pkr_spec_object spec = {&entry, 1};
    struct acg_error err = {0};

    assert_int_equal(pkr_spec_check(&spec, &err), status);
    if (message != NULL)
        assert_string_equal(err.message, message);
}

static void whole_specs_pass(void **st)
{
    (void)st;
    struct pkr_spec_object empty = {NULL, 0};

    assert_int_equal(pkr_spec_check(&empty, NULL), ACG_OK);
    expect((struct pkr_spec_entry){.kind = PKR_SPEC_ATTR, .name = "a", .type = &pkr_type_list_map_string},
           ACG_OK, NULL);
    expect((struct pkr_spec_entry){.kind = PKR_SPEC_BLOCK, .name = "a", .nested = &empty}, ACG_OK, NULL);
}

static void what_is_missing_is_named(void **st)
{
    (void)st;
    struct pkr_type half = {PKR_TYPE_LIST, NULL};

    expect((struct pkr_spec_entry){.kind = PKR_SPEC_ATTR, .type = &pkr_type_bool}, ACG_ERR_ARGUMENT,
           "entry 0 of a configuration spec has no name");
    expect((struct pkr_spec_entry){.kind = PKR_SPEC_ATTR, .name = "a"}, ACG_ERR_ARGUMENT,
           "attribute a has no type");
    expect((struct pkr_spec_entry){.kind = PKR_SPEC_ATTR, .name = "a", .type = &half}, ACG_ERR_ARGUMENT,
           "attribute a has no type");
    expect((struct pkr_spec_entry){.kind = PKR_SPEC_BLOCK, .name = "b"}, ACG_ERR_ARGUMENT,
           "block b has no content");
    expect((struct pkr_spec_entry){.kind = PKR_SPEC_BLOCK_LIST, .name = "c"}, ACG_ERR_ARGUMENT,
           "block c has no content");
}

static void endless_nesting_is_refused(void **st)
{
    (void)st;
    struct pkr_spec_entry entry = {.kind = PKR_SPEC_BLOCK, .name = "b"};
    struct pkr_spec_object loop = {&entry, 1};
    struct pkr_type list = {PKR_TYPE_LIST, NULL};

    entry.nested = &loop;
    list.element = &list;
    assert_int_equal(pkr_spec_check(&loop, NULL), ACG_ERR_LIMIT);
    expect((struct pkr_spec_entry){.kind = PKR_SPEC_ATTR, .name = "a", .type = &list}, ACG_ERR_LIMIT,
           "type of attribute a nested deeper than 8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_specs_pass),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(endless_nesting_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
