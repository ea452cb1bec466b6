/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/span.h"
#include "testlib/hex.h"
#include "wire/netrpc.h"

#define HEADER_ID "82 ad'ServiceMethod' ab'Artifact.Id' a3'Seq' "

static uint64_t handles;

static void begin(struct pkr_netrpc *rpc, enum pkr_rpc_role role)
{
    handles = 0;
    pkr_netrpc_init(rpc, role, &handles);
}

static bool next(struct pkr_netrpc *rpc, struct pkr_rpc_message *out)
{
    bool got = false;

    assert_int_equal(pkr_netrpc_next(rpc, &got, out, NULL), ACG_OK);
    return got;
}

static void push(struct pkr_netrpc *rpc, const char *text)
{
    assert_int_equal(pkr_netrpc_push(rpc, hex(text), NULL), ACG_OK);
}

static void expect_request(const char *header, const char *method, uint64_t seq)
{
    struct pkr_netrpc rpc;
    struct pkr_rpc_message m = {0};

    begin(&rpc, PKR_RPC_CALLEE);
    push(&rpc, header);
    push(&rpc, "c0");
    assert_true(next(&rpc, &m));
    assert_int_equal(m.seq, seq);
    assert_true(acgp_span_equal(m.method, acgp_span(method)));
    assert_string_equal(pkr_netrpc_method(&rpc, m.handle), method);
    pkr_rpc_message_done(&m);
    pkr_netrpc_done(&rpc);
}

static void headers_are_read_in_any_shape(void **st)
{
    (void)st;
    expect_request(HEADER_ID "01", "Artifact.Id", 1);
    expect_request("82 a3'Seq' cd 012c ad'ServiceMethod' ab'Artifact.Id'", "Artifact.Id", 300);
    expect_request("82 c4 03'Seq' d3 0000000000000007 ad'ServiceMethod' c4 0b'Artifact.Id'", "Artifact.Id",
                   7);
    expect_request("83 a5'Extra' 91 c0 ad'ServiceMethod' ab'Artifact.Id' a3'Seq' 02", "Artifact.Id", 2);
    expect_request("81 ad'ServiceMethod' ab'Artifact.Id'", "Artifact.Id", 0);
    expect_request("81 a3'Seq' 03", "", 3);
    expect_request("92 ab'Artifact.Id' 04", "Artifact.Id", 4);
}

static void expect_refused(const char *bytes, const char *message)
{
    struct pkr_netrpc rpc;
    struct pkr_rpc_message m = {0};
    struct acg_error err = {0};
    bool got = false;

    begin(&rpc, PKR_RPC_CALLEE);
    push(&rpc, bytes);
    assert_int_not_equal(pkr_netrpc_next(&rpc, &got, &m, &err), ACG_OK);
    assert_string_equal(err.message, message);
    assert_false(got);
    pkr_netrpc_done(&rpc);
}

static void headers_that_make_no_sense_are_refused(void **st)
{
    (void)st;
    expect_refused("a3'Seq' c0", "RPC header that is no map");
    expect_refused("81 a3'Seq' ff c0", "RPC header whose Seq is no number");
    expect_refused("81 a3'Seq' cb 3ff0000000000000 c0", "RPC header whose Seq is no number");
    expect_refused("81 ad'ServiceMethod' 01 c0", "RPC header whose ServiceMethod is no text");
    expect_refused("82 a3'Seq' 01 a5'Error' c3 c0", "RPC header whose Error is no text");
    expect_refused("c1", "byte 0xc1 is no msgpack value");
}

static void a_method_name_beyond_the_cap_is_refused(void **st)
{
    (void)st;
    struct pkr_netrpc rpc;
    struct pkr_rpc_message m = {0};
    char name[PKR_RPC_METHOD_MAX + 1];
    bool got = false;

    memset(name, 'm', sizeof name);
    begin(&rpc, PKR_RPC_CALLEE);
    push(&rpc, "81 ad'ServiceMethod' da 0201");
    assert_int_equal(pkr_netrpc_push(&rpc, acgp_span_of(name, sizeof name), NULL), ACG_OK);
    push(&rpc, "c0");
    assert_int_equal(pkr_netrpc_next(&rpc, &got, &m, NULL), ACG_ERR_LIMIT);
    pkr_netrpc_done(&rpc);
}

static void messages_may_come_a_byte_at_a_time(void **st)
{
    (void)st;
    static const char text[] = "\x82\xadServiceMethod\xab"
                               "Artifact.Id\xa3Seq\x01\xc0"
                               "\x82\xadServiceMethod\xae"
                               "Artifact.State\xa3Seq\x02\xa3key";
    struct pkr_netrpc rpc;
    struct pkr_rpc_message m = {0};
    unsigned seen = 0;
    struct acg_span key = {0};

    begin(&rpc, PKR_RPC_CALLEE);
    for (size_t i = 0; i < sizeof text - 1; i++) {
        assert_int_equal(pkr_netrpc_push(&rpc, acgp_span_of(text + i, 1), NULL), ACG_OK);
        if (!next(&rpc, &m))
            continue;
        seen++;
        assert_int_equal(m.seq, seen);
        assert_int_equal(pkr_value_as_text(pkr_tree_root(m.body), &key), seen == 2);
        pkr_rpc_message_done(&m);
    }
    assert_int_equal(seen, 2);
    assert_int_equal(pkr_netrpc_received(&rpc), 0);
    pkr_netrpc_done(&rpc);
}

static void several_messages_may_come_at_once(void **st)
{
    (void)st;
    struct pkr_netrpc rpc;
    struct pkr_rpc_message m = {0};

    begin(&rpc, PKR_RPC_CALLEE);
    push(&rpc, HEADER_ID "01 c0" HEADER_ID "02 c0" HEADER_ID "03");
    assert_true(next(&rpc, &m));
    assert_int_equal(m.handle, 1);
    pkr_rpc_message_done(&m);
    assert_true(next(&rpc, &m));
    assert_int_equal(m.handle, 2);
    pkr_rpc_message_done(&m);
    assert_false(next(&rpc, &m));
    push(&rpc, "c0");
    assert_true(next(&rpc, &m));
    assert_int_equal(m.seq, 3);
    pkr_rpc_message_done(&m);
    assert_int_equal(pkr_netrpc_open(&rpc), 3);
    assert_int_equal(pkr_netrpc_oldest(&rpc), 1);
    pkr_netrpc_done(&rpc);
}

static void expect_sent(struct acgp_buf *out, const char *text)
{
    struct acg_span expected = hex(text);

    assert_int_equal(out->len, expected.len);
    assert_memory_equal(out->data, expected.data, expected.len);
    acgp_buf_clear(out);
}

static void a_call_counts_from_zero_and_always_has_a_body(void **st)
{
    (void)st;
    struct pkr_netrpc rpc;
    struct acgp_buf out;
    struct pkr_value key = pkr_text("generated_data");
    uint64_t call = 0;

    begin(&rpc, PKR_RPC_CALLER);
    acgp_buf_init(&out, 4096);
    assert_int_equal(pkr_netrpc_call(&rpc, "Artifact.Id", NULL, &out, &call, NULL), ACG_OK);
    expect_sent(&out, HEADER_ID "00 c0");
    assert_int_equal(pkr_netrpc_call(&rpc, "Artifact.State", &key, &out, &call, NULL), ACG_OK);
    expect_sent(&out, "82 ad'ServiceMethod' ae'Artifact.State' a3'Seq' 01 ae'generated_data'");
    acgp_buf_done(&out);
    pkr_netrpc_done(&rpc);
}

static void replies_find_their_calls_in_any_order(void **st)
{
    (void)st;
    struct pkr_netrpc rpc;
    struct pkr_rpc_message m = {0};
    struct acgp_buf out;
    uint64_t first = 0, second = 0;

    begin(&rpc, PKR_RPC_CALLER);
    acgp_buf_init(&out, 4096);
    assert_int_equal(pkr_netrpc_call(&rpc, "A.B", NULL, &out, &first, NULL), ACG_OK);
    assert_int_equal(pkr_netrpc_call(&rpc, "A.C", NULL, &out, &second, NULL), ACG_OK);
    push(&rpc, "83 a5'Error' a0 a3'Seq' 01 ad'ServiceMethod' a3'A.C' a3'two'");
    push(&rpc, "83 a5'Error' a3'bad' a3'Seq' 00 ad'ServiceMethod' a3'A.B' 80");
    assert_true(next(&rpc, &m));
    assert_int_equal(m.handle, second);
    assert_int_equal(m.error.len, 0);
    pkr_rpc_message_done(&m);
    assert_true(next(&rpc, &m));
    assert_int_equal(m.handle, first);
    assert_true(acgp_span_equal(m.error, acgp_span("bad")));
    pkr_rpc_message_done(&m);
    assert_int_equal(pkr_netrpc_open(&rpc), 0);
    acgp_buf_done(&out);
    pkr_netrpc_done(&rpc);
}

static void replies_to_nothing_are_skipped(void **st)
{
    (void)st;
    struct pkr_netrpc rpc;
    struct pkr_rpc_message m = {0};
    struct acgp_buf out;
    uint64_t call = 0;

    begin(&rpc, PKR_RPC_CALLER);
    acgp_buf_init(&out, 4096);
    assert_int_equal(pkr_netrpc_call(&rpc, "A.B", NULL, &out, &call, NULL), ACG_OK);
    push(&rpc, "81 a3'Seq' 09 c0 81 a3'Seq' 00 c3 81 a3'Seq' 00 c2");
    assert_true(next(&rpc, &m));
    assert_int_equal(m.handle, call);
    assert_true(pkr_tree_root(m.body)->as.boolean);
    pkr_rpc_message_done(&m);
    assert_false(next(&rpc, &m));
    assert_int_equal(pkr_netrpc_received(&rpc), 0);
    acgp_buf_done(&out);
    pkr_netrpc_done(&rpc);
}

static void a_reply_repeats_method_and_number(void **st)
{
    (void)st;
    struct pkr_netrpc rpc;
    struct pkr_rpc_message m = {0};
    struct acgp_buf out;
    struct pkr_value body = pkr_text("File");

    begin(&rpc, PKR_RPC_CALLEE);
    acgp_buf_init(&out, 4096);
    push(&rpc, HEADER_ID "01 c0");
    assert_true(next(&rpc, &m));
    assert_int_equal(pkr_netrpc_reply(&rpc, m.handle, NULL, &body, &out, NULL), ACG_OK);
    expect_sent(&out, "83 ad'ServiceMethod' ab'Artifact.Id' a3'Seq' 01 a5'Error' a0 a4'File'");
    assert_int_equal(pkr_netrpc_reply(&rpc, m.handle, "no such thing", NULL, &out, NULL), ACG_OK);
    expect_sent(&out, "83 ad'ServiceMethod' ab'Artifact.Id' a3'Seq' 01 a5'Error' ad'no such thing' c0");
    pkr_netrpc_forget(&rpc, m.handle);
    assert_int_equal(pkr_netrpc_reply(&rpc, m.handle, NULL, &body, &out, NULL), ACG_ERR_CLOSED);
    assert_int_equal(out.len, 0);
    pkr_rpc_message_done(&m);
    acgp_buf_done(&out);
    pkr_netrpc_done(&rpc);
}

static void open_calls_are_bounded_both_ways(void **st)
{
    (void)st;
    struct pkr_netrpc caller, callee;
    struct pkr_rpc_message m = {0};
    struct acgp_buf out;
    uint64_t call = 0;

    begin(&caller, PKR_RPC_CALLER);
    acgp_buf_init(&out, 65536);
    for (unsigned i = 0; i < PKR_RPC_CALLS_MAX; i++)
        assert_int_equal(pkr_netrpc_call(&caller, "A.B", NULL, &out, &call, NULL), ACG_OK);
    assert_int_equal(pkr_netrpc_call(&caller, "A.B", NULL, &out, &call, NULL), ACG_ERR_LIMIT);
    pkr_netrpc_done(&caller);

    begin(&callee, PKR_RPC_CALLEE);
    assert_int_equal(pkr_netrpc_push(&callee, acgp_buf_view(&out), NULL), ACG_OK);
    acgp_buf_clear(&out);
    for (unsigned i = 0; i < PKR_RPC_CALLS_MAX; i++) {
        assert_true(next(&callee, &m));
        assert_int_equal(m.handle, i + 1);
        pkr_rpc_message_done(&m);
    }
    push(&callee, HEADER_ID "40 c0");
    assert_true(next(&callee, &m));
    assert_int_equal(m.handle, 0);
    assert_int_equal(pkr_netrpc_refuse(&m, "busy", &out, NULL), ACG_OK);
    expect_sent(&out, "83 ad'ServiceMethod' ab'Artifact.Id' a3'Seq' 40 a5'Error' a4'busy' c0");
    pkr_rpc_message_done(&m);
    pkr_netrpc_done(&callee);
    acgp_buf_done(&out);
}

static void a_message_too_large_is_refused_before_it_is_there(void **st)
{
    (void)st;
    struct pkr_netrpc rpc;
    struct pkr_rpc_message m = {0};
    struct acg_error err = {0};
    bool got = false;

    begin(&rpc, PKR_RPC_CALLEE);
    push(&rpc, HEADER_ID "01 db 00400000");
    assert_int_equal(pkr_netrpc_next(&rpc, &got, &m, &err), ACG_ERR_LIMIT);
    assert_string_equal(err.message, "msgpack value longer than 4194304 bytes");
    pkr_netrpc_done(&rpc);
}

static void a_message_of_the_largest_size_goes_through(void **st)
{
    (void)st;
    static char text[PKR_VALUE_BYTES_MAX - 5];
    struct pkr_netrpc caller, callee;
    struct pkr_rpc_message m = {0};
    struct acgp_buf out;
    struct pkr_value body = pkr_str(acgp_span_of(text, sizeof text));
    struct acg_span got = {0};
    uint64_t call = 0;

    begin(&caller, PKR_RPC_CALLER);
    acgp_buf_init(&out, PKR_RPC_MESSAGE_MAX);
    assert_int_equal(pkr_netrpc_call(&caller, "Ui.Say", &body, &out, &call, NULL), ACG_OK);
    begin(&callee, PKR_RPC_CALLEE);
    for (size_t at = 0; at < out.len; at += 262144) {
        size_t n = out.len - at < 262144 ? out.len - at : 262144;
        assert_false(next(&callee, &m));
        assert_int_equal(pkr_netrpc_push(&callee, acgp_span_of(out.data + at, n), NULL), ACG_OK);
    }
    assert_true(next(&callee, &m));
    assert_true(pkr_value_as_text(pkr_tree_root(m.body), &got));
    assert_int_equal(got.len, sizeof text);
    pkr_rpc_message_done(&m);
    body.as.bytes.len++;
    acgp_buf_clear(&out);
    text[0] = 1;
    assert_int_equal(pkr_netrpc_call(&caller, "Ui.Say", &body, &out, &call, NULL), ACG_ERR_LIMIT);
    assert_int_equal(out.len, 0);
    acgp_buf_done(&out);
    pkr_netrpc_done(&caller);
    pkr_netrpc_done(&callee);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_read_in_any_shape),
        cmocka_unit_test(headers_that_make_no_sense_are_refused),
        cmocka_unit_test(a_method_name_beyond_the_cap_is_refused),
        cmocka_unit_test(messages_may_come_a_byte_at_a_time),
        cmocka_unit_test(several_messages_may_come_at_once),
        cmocka_unit_test(a_call_counts_from_zero_and_always_has_a_body),
        cmocka_unit_test(replies_find_their_calls_in_any_order),
        cmocka_unit_test(replies_to_nothing_are_skipped),
        cmocka_unit_test(a_reply_repeats_method_and_number),
        cmocka_unit_test(open_calls_are_bounded_both_ways),
        cmocka_unit_test(a_message_too_large_is_refused_before_it_is_there),
        cmocka_unit_test(a_message_of_the_largest_size_goes_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
