/* SPDX-License-Identifier: MPL-2.0 */
/* Calls from their beginning to their end, as a client sees them and as a service does. */
#include "testlib/test.h"

#include <stdlib.h>

#include "base/span.h"
#include "rpc/grpc_gzip.h"
#include "testlib/h2_client.h"

#define CHECK "/grpc.health.v1.Health/Check"
#define WATCH "/grpc.health.v1.Health/Watch"
#define TALK  "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"

static struct h2 *begin(size_t step)
{
    struct h2 *h = calloc(1, sizeof *h);

    assert_non_null(h);
    h->now_ms = 5000;
    h->step = step;
    h->auto_window = true;
    h2_begin(h, NULL);
    return h;
}

static void end(struct h2 *h)
{
    h2_end(h);
    free(h);
}

static bool is(struct acg_span s, const char *text)
{
    return acgp_span_equal(s, acgp_span(text));
}

static void a_unary_call_goes_there_and_back(void **st)
{
    static const size_t steps[] = {0, 1, 7, 23};

    (void)st;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const char *const fields[] = {"grpc-timeout", "3S", "x-two-bin", "AP8,Zg==", "x-one", "1", NULL};
        struct h2 *h = begin(steps[i]);
        int32_t id = h2_call(h, CHECK, fields);
        struct rpc_event ev = h2_expect(h, RPC_BEGAN);

        assert_true(is(ev.path, CHECK) && ev.deadline_ms == 8000 && ev.metadata_count == 3 && !ev.compressed);
        assert_true(is(ev.metadata[0].name, "x-two-bin") && ev.metadata[0].value.len == 2);
        assert_memory_equal(ev.metadata[0].value.data, "\x00\xff", 2);
        assert_true(is(ev.metadata[1].value, "f") && is(ev.metadata[2].name, "x-one") &&
                    is(ev.metadata[2].value, "1"));
        h2_message(h, id, 0, "hi", 2, false);
        h2_expect_none(h); /* the one request is told when it is known to be the only one */
        h2_send(h, id, "", 0, true);
        assert_true(is(h2_expect(h, RPC_MESSAGE).message, "hi"));
        h2_expect(h, RPC_HALF_CLOSED);
        assert_int_equal(rpc_conn_send(h->conn, ev.call, acgp_span("yes"), RPC_COMPRESS_AUTO, NULL), ACG_OK);
        rpc_conn_end(h->conn, ev.call, RPC_OK, NULL);
        h2_expect_status(h, id, RPC_OK);
        assert_string_equal(h2_answer(h, id)->http_status, "200");
        assert_string_equal(h2_answer(h, id)->accepts, "identity,gzip");
        assert_memory_equal(h2_answer(h, id)->body.data, "\0\0\0\0\3yes", 8);
        assert_int_equal(rpc_conn_calls(h->conn), 0);
        assert_int_equal(rpc_conn_send(h->conn, ev.call, acgp_span("no"), RPC_COMPRESS_AUTO, NULL),
                         ACG_ERR_CLOSED);
        end(h);
    }
}

static void both_sides_stream(void **st)
{
    struct h2 *h = begin(0);
    int32_t id = h2_call(h, TALK, NULL);
    uint32_t call = h2_expect(h, RPC_BEGAN).call;

    (void)st;
    h2_message(h, id, 0, "one", 3, false);
    h2_message(h, id, 0, "", 0, false);
    assert_true(is(h2_expect(h, RPC_MESSAGE).message, "one"));
    assert_int_equal(rpc_conn_send(h->conn, call, acgp_span("1"), RPC_COMPRESS_AUTO, NULL), ACG_OK);
    assert_int_equal(h2_expect(h, RPC_MESSAGE).message.len, 0);
    h2_expect_none(h);
    assert_int_equal(h2_answer(h, id)->body.len, 6);
    h2_message(h, id, 0, "two", 3, true);
    assert_true(is(h2_expect(h, RPC_MESSAGE).message, "two"));
    h2_expect(h, RPC_HALF_CLOSED);
    assert_int_equal(rpc_conn_send(h->conn, call, acgp_span("2"), RPC_COMPRESS_AUTO, NULL), ACG_OK);
    rpc_conn_end(h->conn, call, RPC_OK, NULL);
    h2_expect_status(h, id, RPC_OK);
    assert_int_equal(h2_answer(h, id)->body.len, 12);
    end(h);
}

static void a_status_carries_everything(void **st)
{
    struct rpc_metadata trailer = {acgp_span("x-echo-bin"), acgp_span_of("\x00\xff", 2)};
    struct rpc_status status = {RPC_NOT_FOUND, "a%\n\xc3\xa9", acgp_span_of("\x08\x05", 2), &trailer, 1};
    struct h2 *h = begin(0);
    int32_t id = h2_call(h, CHECK, NULL);
    uint32_t call = h2_expect(h, RPC_BEGAN).call;

    (void)st;
    assert_int_equal(rpc_conn_finish(h->conn, call, &status, NULL), ACG_OK);
    h2_expect_status(h, id, RPC_NOT_FOUND);
    assert_string_equal(h2_answer(h, id)->message, "a%25%0A%C3%A9");
    assert_string_equal(h2_answer(h, id)->details, "CAU");
    assert_string_equal(h2_answer(h, id)->echo, "AP8");
    assert_int_equal(h2_answer(h, id)->reset, NGHTTP2_NO_ERROR); /* the client had not half closed */
    h2_expect_none(h);
    end(h);
}

static void a_status_that_does_not_fit_leaves_the_call_open(void **st)
{
    static char long_text[RPC_TRAILERS_MAX];
    struct rpc_metadata bad[] = {{acgp_span("Upper"), acgp_span("x")},
                                 {acgp_span("a"), acgp_span("\n")},
                                 {acgp_span("grpc-x"), acgp_span("x")},
                                 {acgp_span(""), acgp_span("x")},
                                 {acgp_span("a"), acgp_span(" x")},
                                 {acgp_span("a"), acgp_span("x ")},
                                 {acgp_span("connection"), acgp_span("close")},
                                 {acgp_span("keep-alive"), acgp_span("x")},
                                 {acgp_span("proxy-connection"), acgp_span("x")},
                                 {acgp_span("transfer-encoding"), acgp_span("chunked")},
                                 {acgp_span("upgrade"), acgp_span("x")},
                                 {acgp_span("te"), acgp_span("x")},
                                 {acgp_span("content-length"), acgp_span("5")},
                                 {acgp_span("content-type"), acgp_span("x")},
                                 {acgp_span("host"), acgp_span("x")}};
    struct h2 *h = begin(0);
    int32_t id = h2_call(h, CHECK, NULL);
    uint32_t call = h2_expect(h, RPC_BEGAN).call;

    (void)st;
    memset(long_text, 'x', sizeof long_text - 1);
    struct rpc_status status = {.code = RPC_INTERNAL, .message = long_text};
    assert_int_equal(rpc_conn_finish(h->conn, call, &status, NULL), ACG_ERR_LIMIT);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        status = (struct rpc_status){.code = RPC_INTERNAL, .metadata = &bad[i], .metadata_count = 1};
        assert_int_equal(rpc_conn_finish(h->conn, call, &status, NULL), ACG_ERR_ARGUMENT);
        assert_int_equal(rpc_conn_start(h->conn, call, &bad[i], 1, NULL), ACG_ERR_ARGUMENT);
    }
    assert_int_equal(rpc_conn_start(h->conn, call, NULL, 0, NULL), ACG_OK);
    assert_int_equal(rpc_conn_start(h->conn, call, NULL, 0, NULL), ACG_ERR_STATE);
    rpc_conn_end(h->conn, call, RPC_INTERNAL, "short");
    h2_expect_status(h, id, RPC_INTERNAL);
    id = h2_call(h, CHECK, NULL);
    rpc_conn_end(h->conn, h2_expect(h, RPC_BEGAN).call, RPC_INTERNAL, long_text);
    h2_expect_none(h);
    assert_true(h2_answer(h, id)->closed);
    assert_int_equal(h2_answer(h, id)->reset, NGHTTP2_INTERNAL_ERROR);
    end(h);
}

static void what_is_no_grpc_is_refused_by_http(void **st)
{
    static const struct {
        const char *fields[3], *status;
    } rows[] = {
        {{"content-type", "application/json", NULL}, "415"},
        {{"content-type", "application/grpc+json", NULL}, "415"},
        {{"content-type", "application/grpcx", NULL}, "415"},
        {{":method", "PUT", NULL}, "405"},
        {{"te", "-", NULL}, "400"},
    };
    struct h2 *h = begin(0);

    (void)st;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int32_t id = h2_call(h, CHECK, rows[i].fields);

        h2_expect_none(h);
        assert_string_equal(h2_answer(h, id)->http_status, rows[i].status);
        assert_true(h2_answer(h, id)->closed);
    }
    const char *const good[] = {"content-type", "application/grpc+proto; x=y", NULL};
    h2_call(h, CHECK, good);
    h2_expect(h, RPC_BEGAN);
    end(h);
}

static void what_breaks_a_rule_of_grpc_ends_with_its_status(void **st)
{
    static const struct {
        const char *path, *fields[3];
        enum rpc_code code;
    } rows[] = {
        {"/grpc.health.v1.Health/Nothing", {NULL}, RPC_UNIMPLEMENTED},
        {"/nobody/Check", {NULL}, RPC_UNIMPLEMENTED},
        {"/x", {NULL}, RPC_UNIMPLEMENTED},
        {CHECK, {"grpc-encoding", "snappy", NULL}, RPC_UNIMPLEMENTED},
        {CHECK, {"grpc-timeout", "soon", NULL}, RPC_INTERNAL},
        {CHECK, {"x-bin", "?", NULL}, RPC_INTERNAL},
    };
    struct h2 *h = begin(0);

    (void)st;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int32_t id = h2_call(h, rows[i].path, rows[i].fields);

        h2_expect_none(h);
        h2_expect_status(h, id, rows[i].code);
    }
    end(h);
}

/* Sends bytes on a call of that method; the machine must end it with that code. */
static void broken(const char *path, const char *const *fields, const char *bytes, size_t len, bool last,
                   bool pulled, enum rpc_code code)
{
    struct h2 *h = begin(0);
    int32_t id = h2_call(h, path, fields);

    h2_expect(h, RPC_BEGAN);
    h2_send(h, id, bytes, len, last);
    if (pulled)
        h2_expect(h, RPC_MESSAGE);
    assert_int_equal(h2_expect(h, RPC_ENDED).code, code);
    h2_expect_none(h);
    h2_expect_status(h, id, code);
    end(h);
}

static void broken_messages_end_the_call(void **st)
{
    const char *const gzip[] = {"grpc-encoding", "gzip", NULL};

    (void)st;
    broken(CHECK, NULL, "\2\0\0\0\0", 5, false, false, RPC_INTERNAL);
    broken(CHECK, NULL, "\1\0\0\0\0", 5, true, false, RPC_INTERNAL);
    broken(CHECK, gzip, "\1\0\0\0\3abc", 8, true, false, RPC_INTERNAL);
    broken(CHECK, NULL, "\0\1\0\0\0", 5, false, false, RPC_RESOURCE_EXHAUSTED);
    broken(CHECK, NULL, "\0\0\0\0\0\0\0\0\0\0", 10, false, false, RPC_INTERNAL);
    broken(CHECK, NULL, "", 0, true, false, RPC_INTERNAL);
    broken(CHECK, NULL, "\0\0\0\0\3ab", 7, true, false, RPC_INTERNAL);
    broken(CHECK, NULL, "\0\0", 2, true, false, RPC_INTERNAL);
    broken(CHECK, NULL, "\0\0\0\0\1a\0\0", 8, true, false, RPC_INTERNAL);
    broken(TALK, NULL, "\0\0\0\0\1a\0\0", 8, true, true, RPC_INTERNAL);
    broken(TALK, NULL, "\0\0\0\0\1a\0\377\0\0\0", 11, true, true, RPC_RESOURCE_EXHAUSTED);
}

static void gzip_is_taken_and_given_when_it_is_accepted(void **st)
{
    static char big[100000];
    const char *const fields[] = {"grpc-encoding", "gzip", "grpc-accept-encoding", "identity,gzip", NULL};
    struct h2 *h = begin(0);
    int32_t id = h2_call(h, TALK, fields);
    uint32_t call = h2_expect(h, RPC_BEGAN).call;
    struct acgp_buf packed;
    struct rpc_event ev;

    (void)st;
    acgp_buf_init(&packed, sizeof big);
    assert_int_equal(rpc_gzip(acgp_span_of(big, sizeof big), &packed, NULL), ACG_OK);
    h2_message(h, id, 1, packed.data, packed.len, false);
    h2_message(h, id, 0, "plain", 5, false);
    ev = h2_expect(h, RPC_MESSAGE);
    assert_true(ev.compressed && ev.message.len == sizeof big);
    ev = h2_expect(h, RPC_MESSAGE);
    assert_true(!ev.compressed && is(ev.message, "plain"));
    assert_int_equal(rpc_conn_send(h->conn, call, acgp_span_of(big, sizeof big), RPC_COMPRESS_AUTO, NULL),
                     ACG_OK);
    h2_pump(h);
    assert_string_equal(h2_answer(h, id)->encoding, "gzip");
    assert_int_equal(h2_answer(h, id)->body.data[0], 1);
    assert_true(h2_answer(h, id)->body.len < 2000);
    acgp_buf_clear(&h2_answer(h, id)->body);
    assert_int_equal(rpc_conn_send(h->conn, call, acgp_span("short"), RPC_COMPRESS_AUTO, NULL), ACG_OK);
    assert_int_equal(rpc_conn_send(h->conn, call, acgp_span("short"), RPC_COMPRESS_ALWAYS, NULL), ACG_OK);
    assert_int_equal(rpc_conn_send(h->conn, call, acgp_span_of(big, sizeof big), RPC_COMPRESS_NEVER, NULL),
                     ACG_OK);
    h2_pump(h);
    assert_memory_equal(h2_answer(h, id)->body.data, "\0\0\0\0\5short\1", 11);
    assert_true(h2_answer(h, id)->body.len > sizeof big);
    acgp_buf_done(&packed);
    end(h);
}

static void a_cancelled_call_is_told_once(void **st)
{
    struct h2 *h = begin(0);
    int32_t id = h2_call(h, WATCH, NULL), unseen = 0;
    uint32_t call = h2_expect(h, RPC_BEGAN).call;
    int mark = 0;

    (void)st;
    rpc_conn_tag(h->conn, call, &mark);
    assert_int_equal(nghttp2_submit_rst_stream(h->client, 0, id, NGHTTP2_CANCEL), 0);
    unseen = h2_call(h, WATCH, NULL);
    h2_pump(h);
    assert_int_equal(nghttp2_submit_rst_stream(h->client, 0, unseen, NGHTTP2_CANCEL), 0);
    struct rpc_event ev = h2_expect(h, RPC_ENDED);
    assert_true(ev.call == call && ev.tag == &mark && ev.code == RPC_CANCELLED);
    h2_expect_none(h); /* one that ended before it was seen never was */
    assert_int_equal(rpc_conn_calls(h->conn), 0);
    end(h);
}

static void a_deadline_ends_a_call(void **st)
{
    const char *const soon[] = {"grpc-timeout", "100m", NULL}, *const later[] = {"grpc-timeout", "1S", NULL};
    struct h2 *h = begin(0);
    int32_t first = h2_call(h, WATCH, later), second = h2_call(h, WATCH, soon);
    uint32_t one = h2_expect(h, RPC_BEGAN).call, two = h2_expect(h, RPC_BEGAN).call;

    (void)st;
    h2_expect_none(h);
    assert_int_equal(rpc_conn_deadline(h->conn), 5100);
    assert_int_equal(rpc_conn_start(h->conn, one, NULL, 0, NULL), ACG_OK);
    h->now_ms = 5099;
    rpc_conn_tick(h->conn, h->now_ms);
    h2_expect_none(h);
    h->now_ms = 5100;
    rpc_conn_tick(h->conn, h->now_ms);
    struct rpc_event ev = h2_expect(h, RPC_ENDED);
    assert_true(ev.call == two && ev.code == RPC_DEADLINE_EXCEEDED);
    h2_expect_status(h, second, RPC_DEADLINE_EXCEEDED);
    assert_int_equal(rpc_conn_deadline(h->conn), 6000);
    h->now_ms = 6000;
    rpc_conn_tick(h->conn, h->now_ms);
    assert_int_equal(h2_expect(h, RPC_ENDED).call, one);
    h2_expect_status(h, first, RPC_DEADLINE_EXCEEDED);
    end(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unary_call_goes_there_and_back),
        cmocka_unit_test(both_sides_stream),
        cmocka_unit_test(a_status_carries_everything),
        cmocka_unit_test(a_status_that_does_not_fit_leaves_the_call_open),
        cmocka_unit_test(what_is_no_grpc_is_refused_by_http),
        cmocka_unit_test(what_breaks_a_rule_of_grpc_ends_with_its_status),
        cmocka_unit_test(broken_messages_end_the_call),
        cmocka_unit_test(gzip_is_taken_and_given_when_it_is_accepted),
        cmocka_unit_test(a_cancelled_call_is_told_once),
        cmocka_unit_test(a_deadline_ends_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
