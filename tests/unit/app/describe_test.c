/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "app/describe.h"

static void the_description_is_one_line_that_packer_compares_word_by_word(void **st)
{
    struct acgp_buf out;
    (void)st;
    acgp_buf_init(&out, 4096);
    assert_true(pkr_describe(&out, "1.2.3", "libcurl/7 (a\\b) \"c\"\n"));
    assert_string_equal(out.data,
                        "{\"version\":\"1.2.3\",\"sdk_version\":\"0.6.10\",\"api_version\":\"x5.0\","
                        "\"builders\":[],\"post_processors\":[\"publish\"],\"provisioners\":[],"
                        "\"datasources\":[],\"protocol_version\":\"v2\",\"runtime\":\"libcurl/7 (ab) c\"}\n");
    acgp_buf_done(&out);
    acgp_buf_init(&out, 10);
    assert_false(pkr_describe(&out, "1.2.3", ""));
    acgp_buf_done(&out);
}

static void the_version_names_the_libraries_inside(void **st)
{
    struct acgp_buf out;
    (void)st;
    acgp_buf_init(&out, 4096);
    assert_true(pkr_describe_version(&out, "1.2.3", "libcurl/7 OpenSSL/3"));
    assert_string_equal(out.data, "packer-plugin-acg 1.2.3\nlibcurl/7 OpenSSL/3\n");
    acgp_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_description_is_one_line_that_packer_compares_word_by_word),
        cmocka_unit_test(the_version_names_the_libraries_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
