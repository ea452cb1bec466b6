/* SPDX-License-Identifier: MPL-2.0 */
/* Records as lines, and back. */
#include "testlib/test.h"

#include <stdlib.h>

#include "base/span.h"
#include "journal/recollect.h"
#include "model/publish_spec.h"

#define KEY "5ba93c9db0cff93f52b521d7420e43f6eda2784fbf3e0c55b3d4c6e0e1d1f7aa"

static void a_record_is_one_line_of_json(void **st)
{
    struct acgp_record r = {.kind = ACGP_RECORD_ENDED,
                            .key = KEY,
                            .run = "a-run",
                            .unix_s = 1790000000,
                            .version_id = "/v/1.0.0",
                            .status = "service",
                            .final = true,
                            .note = "quoted \" and\nbroken"};
    struct acgp_buf out;

    (void)st;
    acgp_buf_init(&out, ACGP_RECORD_MAX);
    assert_true(acgp_record_line(&r, &out));
    assert_string_equal(out.data,
                        "{\"kind\":\"ended\",\"at\":1790000000,\"key\":\"" KEY "\",\"run\":\"a-run\","
                        "\"version\":\"/v/1.0.0\",\"status\":\"service\","
                        "\"note\":\"quoted \\\" and\\nbroken\",\"final\":true}\n");
    r.final = false;
    acgp_buf_clear(&out);
    assert_true(acgp_record_line(&r, &out));
    assert_non_null(strstr(out.data, "\"final\":false}\n"));
    acgp_buf_done(&out);
}

static void every_kind_comes_back(void **st)
{
    struct acgp_recollection got = {.known = false};
    struct acgp_record r = {
        .key = KEY, .run = "a-run", .unix_s = 7, .version_id = "/v/1.0.0", .memo = "mine"};
    struct acgp_buf out;

    (void)st;
    acgp_buf_init(&out, ACGP_JOURNAL_MAX);
    for (r.kind = ACGP_RECORD_BEGIN; r.kind <= ACGP_RECORD_ENDED; r.kind++) {
        r.status = r.kind == ACGP_RECORD_ENDED ? "mismatch" : NULL;
        r.final = r.kind == ACGP_RECORD_ENDED;
        r.unix_s++;
        assert_true(acgp_record_line(&r, &out));
    }
    assert_int_equal(acgp_recollect(acgp_buf_view(&out), KEY, &got, NULL), ACG_OK);
    assert_true(got.known && got.sent && got.created);
    assert_false(got.unfinished);
    assert_string_equal(got.version_id, "/v/1.0.0");
    assert_string_equal(got.memo, "mine");
    assert_string_equal(got.status, "mismatch");
    assert_int_equal(got.begun_unix_s, 8);
    assert_int_equal(got.last_unix_s, 11);
    assert_int_equal(got.skipped, 0);
    acgp_recollection_done(&got);
    acgp_buf_done(&out);
}

/* Each of its bytes is written as six. */
static void the_longest_memo_comes_back(void **st)
{
    struct acgp_recollection got = {.known = false};
    char *memo = malloc(ACGP_MEMO_MAX + 1);
    struct acgp_record r = {.kind = ACGP_RECORD_BEGIN, .key = KEY, .run = "a-run", .memo = memo};
    struct acgp_buf out;

    (void)st;
    assert_non_null(memo);
    memset(memo, 1, ACGP_MEMO_MAX);
    memo[ACGP_MEMO_MAX] = '\0';
    acgp_buf_init(&out, ACGP_JOURNAL_MAX);
    assert_true(acgp_record_line(&r, &out));
    assert_true(out.len > 6 * (size_t)ACGP_MEMO_MAX);
    assert_int_equal(acgp_recollect(acgp_buf_view(&out), KEY, &got, NULL), ACG_OK);
    assert_string_equal(got.memo, memo);
    acgp_recollection_done(&got);
    acgp_buf_done(&out);
    free(memo);
}

static void a_line_that_does_not_fit_is_refused(void **st)
{
    struct acgp_record r = {.kind = ACGP_RECORD_BEGIN, .key = KEY, .run = "a-run", .memo = "mine"};
    struct acgp_buf out;

    (void)st;
    acgp_buf_init(&out, 40);
    assert_false(acgp_record_line(&r, &out));
    acgp_buf_done(&out);
}

static void digests_are_those_of_the_standard(void **st)
{
    char text[ACGP_DIGEST_TEXT];

    (void)st;
    assert_true(acgp_digest_sha256_hex(acgp_span("abc"), text)); /* FIPS 180-2, appendix B.1 */
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(acgp_digest_sha256_hex(acgp_span(""), text));
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_one_line_of_json),
        cmocka_unit_test(every_kind_comes_back),
        cmocka_unit_test(the_longest_memo_comes_back),
        cmocka_unit_test(a_line_that_does_not_fit_is_refused),
        cmocka_unit_test(digests_are_those_of_the_standard),
    };

    return cmocka_run_group_tests_name("records of a journal", tests, NULL, NULL);
}
