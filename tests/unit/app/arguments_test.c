/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "app/arguments.h"
#include "base/span.h"

static enum acg_status parse(const char *const *words, struct pkr_arguments *out, struct acg_error *err)
{
    int count = 0;
    while (words[count] != NULL)
        count++;
    return pkr_arguments_parse(count, words, out, err);
}

static void each_start_is_told_from_the_others(void **st)
{
    struct pkr_arguments got;
    (void)st;
    assert_int_equal(parse((const char *const[]){"p", NULL}, &got, NULL), ACG_OK);
    assert_int_equal(got.start, PKR_START_SINGLE);
    assert_int_equal(parse((const char *const[]){"p", "describe", NULL}, &got, NULL), ACG_OK);
    assert_int_equal(got.start, PKR_START_DESCRIBE);
    assert_int_equal(parse((const char *const[]){"p", "--version", NULL}, &got, NULL), ACG_OK);
    assert_int_equal(got.start, PKR_START_VERSION);
    assert_int_equal(
        parse((const char *const[]){"p", "start", "post-processor", "publish", NULL}, &got, NULL), ACG_OK);
    assert_int_equal(got.start, PKR_START_COMPONENT);
    assert_false(got.protobuf);
}

static void the_protobuf_flag_may_stand_anywhere(void **st)
{
    static const char *const places[][6] = {{"p", "start", "--protobuf", "post-processor", "publish", NULL},
                                            {"p", "start", "post-processor", "--protobuf", "publish", NULL},
                                            {"p", "start", "post-processor", "publish", "--protobuf", NULL}};
    (void)st;
    for (size_t i = 0; i < 3; i++) {
        struct pkr_arguments got;
        assert_int_equal(parse(places[i], &got, NULL), ACG_OK);
        assert_true(got.protobuf);
    }
}

static void anything_else_is_refused_by_name(void **st)
{
    static const char *const wrong[][6] = {{"p", "--protobuf", NULL},
                                           {"p", "start", NULL},
                                           {"p", "start", "builder", "publish", NULL},
                                           {"p", "start", "post-processor", NULL},
                                           {"p", "start", "post-processor", "other", NULL},
                                           {"p", "start", "post-processor", "publish", "other", NULL}};
    static const char *const words[] = {"--protobuf", "post-processors", "post-processors",
                                        "\"\"",       "other",           "other"};
    (void)st;
    for (size_t i = 0; i < 6; i++) {
        struct pkr_arguments got = {.start = PKR_START_DESCRIBE};
        struct acg_error err;
        assert_int_equal(parse(wrong[i], &got, &err), ACG_ERR_ARGUMENT);
        assert_non_null(strstr(err.message, words[i]));
        assert_int_equal(got.start, PKR_START_DESCRIBE);
    }
}

static void versions_below_1_7_are_old(void **st)
{
    static const struct {
        const char *text;
        int old; /* -1: no version */
    } cases[] = {{"Packer v1.6.6\n", 1},
                 {"1.6", 1},
                 {"0.12.3", 1},
                 {"1.7.0", 0},
                 {"Packer v1.16.0", 0},
                 {"2.0", 0},
                 {"v10.1", 0},
                 {"packer", -1},
                 {"", -1},
                 {"1.", -1},
                 {"7", -1},
                 {"99999999999999999999.1", -1}};
    (void)st;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool old = false;
        bool found = pkr_version_is_old(acgp_span(cases[i].text), &old);
        assert_int_equal(found ? old : -1, cases[i].old);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_start_is_told_from_the_others),
        cmocka_unit_test(the_protobuf_flag_may_stand_anywhere),
        cmocka_unit_test(anything_else_is_refused_by_name),
        cmocka_unit_test(versions_below_1_7_are_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
