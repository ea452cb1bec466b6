/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/h2_client.h"

#include <stdio.h>
#include <stdlib.h>

#include "testlib/test.h"

#include "base/span.h"
#include "rpc/health.h"
#include "rpc/reflection.h"

const struct rpc_service *const h2_services[2] = {&rpc_service_grpc_health_v1_Health,
                                                  &rpc_service_grpc_reflection_v1_ServerReflection};

/* What a call still has to send. */
struct h2_upload {
    struct h2_upload *next;
    int32_t stream;
    struct acgp_buf bytes;
    bool last;
};

/* ---- What the client's session says ---- */

struct h2_answer *h2_answer(struct h2 *h, int32_t stream)
{
    for (size_t i = 0; i < h->answer_count; i++)
        if (h->answers[i].stream == stream)
            return &h->answers[i];
    assert_true(h->answer_count < H2_ANSWERS_MAX);
    h->answers[h->answer_count] = (struct h2_answer){.stream = stream};
    acgp_buf_init(&h->answers[h->answer_count].body, 64 * 1024 * 1024);
    return &h->answers[h->answer_count++];
}

static int on_header(nghttp2_session *client, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *user)
{
    struct h2_answer *a = h2_answer(user, frame->hd.stream_id);
    const struct {
        const char *name;
        char *to;
        size_t size;
    } rows[] = {{":status", a->http_status, sizeof a->http_status},
                {"grpc-status", a->grpc_status, sizeof a->grpc_status},
                {"grpc-message", a->message, sizeof a->message},
                {"grpc-status-details-bin", a->details, sizeof a->details},
                {"grpc-encoding", a->encoding, sizeof a->encoding},
                {"grpc-accept-encoding", a->accepts, sizeof a->accepts},
                {"x-echo-bin", a->echo, sizeof a->echo}};

    (void)client;
    (void)flags;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (acgp_span_equal(acgp_span_of(name, name_len), acgp_span(rows[i].name)))
            snprintf(rows[i].to, rows[i].size, "%.*s", (int)value_len, (const char *)value);
    return 0;
}

static int on_data(nghttp2_session *client, uint8_t flags, int32_t id, const uint8_t *data, size_t len,
                   void *user)
{
    (void)client;
    (void)flags;
    assert_true(acgp_buf_append(&h2_answer(user, id)->body, data, len));
    return 0;
}

static int on_close(nghttp2_session *client, int32_t id, uint32_t code, void *user)
{
    struct h2_answer *a = h2_answer(user, id);

    (void)client;
    a->closed = true;
    a->reset = code;
    return 0;
}

static int on_frame(nghttp2_session *client, const nghttp2_frame *frame, void *user)
{
    struct h2 *h = user;

    (void)client;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        h->goaway = true;
        h->goaways++;
        h->goaway_code = frame->goaway.error_code;
        h->goaway_last = frame->goaway.last_stream_id;
    }
    if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0)
        h->pings++;
    return 0;
}

/* ---- Beginning and end ---- */

void h2_begin(struct h2 *h, const struct rpc_conn_options *options)
{
    struct rpc_conn_options standard = {.services = h2_services, .service_count = 2};
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;

    assert_int_equal(rpc_conn_new(options != NULL ? options : &standard, h->now_ms, &h->conn, NULL), ACG_OK);
    assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
    assert_int_equal(nghttp2_option_new(&option), 0);
    nghttp2_option_set_no_auto_window_update(option, !h->auto_window);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    assert_int_equal(nghttp2_session_client_new2(&h->client, callbacks, h, option), 0);
    assert_int_equal(nghttp2_submit_settings(h->client, NGHTTP2_FLAG_NONE, NULL, 0), 0);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
}

void h2_end(struct h2 *h)
{
    rpc_conn_free(h->conn);
    nghttp2_session_del(h->client);
    for (size_t i = 0; i < h->answer_count; i++)
        acgp_buf_done(&h->answers[i].body);
    while (h->uploads != NULL) {
        struct h2_upload *u = h->uploads;

        h->uploads = u->next;
        acgp_buf_done(&u->bytes);
        free(u);
    }
}

/* ---- Calls ---- */

static ssize_t read_upload(nghttp2_session *client, int32_t id, uint8_t *out, size_t room, uint32_t *flags,
                           nghttp2_data_source *source, void *user)
{
    struct h2_upload *u = source->ptr;
    size_t n = u->bytes.len < room ? u->bytes.len : room;

    (void)client;
    (void)id;
    (void)user;
    if (n > 0)
        memcpy(out, u->bytes.data, n);
    acgp_buf_consume(&u->bytes, n);
    if (u->bytes.len == 0 && u->last)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    else if (n == 0)
        return NGHTTP2_ERR_DEFERRED;
    return (ssize_t)n;
}

static nghttp2_nv field(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name), strlen(value),
                        NGHTTP2_NV_FLAG_NONE};
}

/* The usual fields, those of the caller in their place or behind. */
static size_t fields_of(const char *path, const char *const *fields, nghttp2_nv *out)
{
    size_t count = 0;

    out[count++] = field(":method", "POST");
    out[count++] = field(":scheme", "http");
    out[count++] = field(":path", path);
    out[count++] = field(":authority", "test");
    out[count++] = field("content-type", "application/grpc");
    out[count++] = field("te", "trailers");
    for (; fields != NULL && fields[0] != NULL; fields += 2) {
        size_t i = 0;

        while (i < count && strcmp((const char *)out[i].name, fields[0]) != 0)
            i++;
        if (strcmp(fields[1], "-") == 0) {
            assert_true(i < count);
            out[i] = out[--count];
            continue;
        }
        out[i] = field(fields[0], fields[1]);
        count += i == count;
        assert_true(count < 32);
    }
    return count;
}

int32_t h2_call(struct h2 *h, const char *path, const char *const *fields)
{
    struct h2_upload *u = calloc(1, sizeof *u);
    nghttp2_data_provider provider = {.source.ptr = u, .read_callback = read_upload};
    nghttp2_nv nv[32];
    size_t count = fields_of(path, fields, nv);

    assert_non_null(u);
    acgp_buf_init(&u->bytes, 64 * 1024 * 1024);
    u->next = h->uploads;
    h->uploads = u;
    u->stream = nghttp2_submit_request(h->client, NULL, nv, count, &provider, NULL);
    assert_true(u->stream > 0);
    return u->stream;
}

void h2_send(struct h2 *h, int32_t stream, const void *data, size_t len, bool last)
{
    struct h2_upload *u = h->uploads;

    while (u->stream != stream)
        u = u->next;
    assert_true(acgp_buf_append(&u->bytes, data, len));
    u->last |= last;
    nghttp2_session_resume_data(h->client, stream);
}

void h2_message(struct h2 *h, int32_t stream, uint8_t flag, const void *data, size_t len, bool last)
{
    const uint8_t head[] = {flag, (uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8),
                            (uint8_t)len};

    h2_send(h, stream, head, sizeof head, false);
    h2_send(h, stream, data, len, last);
}

/* ---- Bytes ---- */

static void feed(struct h2 *h, struct acg_span in)
{
    while (in.len > 0 && h->status == ACG_OK) {
        size_t n = h->step != 0 && h->step < in.len ? h->step : in.len, used = 0;

        h->status = rpc_conn_feed(h->conn, h->now_ms, (struct acg_span){in.data, n}, &used, NULL);
        in.data += used;
        in.len -= used;
        if (used == 0)
            break;
    }
}

static bool back(struct h2 *h)
{
    struct acg_span out = rpc_conn_drain(h->conn);
    size_t n = h->step != 0 && h->step < out.len ? h->step : out.len;

    if (n == 0)
        return false;
    assert_true(nghttp2_session_mem_recv(h->client, (const uint8_t *)out.data, n) >= 0);
    rpc_conn_drained(h->conn, n);
    return true;
}

void h2_pump(struct h2 *h)
{
    bool moved = true;

    while (moved) {
        const uint8_t *bytes = NULL;
        ssize_t n = rpc_conn_wants_read(h->conn) ? nghttp2_session_mem_send(h->client, &bytes) : 0;

        moved = n > 0;
        if (n > 0)
            feed(h, acgp_span_of(bytes, (size_t)n));
        while (back(h))
            moved = true;
    }
}

/* ---- What is expected ---- */

struct rpc_event h2_expect(struct h2 *h, enum rpc_event_kind kind)
{
    struct rpc_event event = {0};

    h2_pump(h);
    assert_true(rpc_conn_next_event(h->conn, h->now_ms, &event));
    assert_int_equal(event.kind, kind);
    return event;
}

void h2_expect_none(struct h2 *h)
{
    struct rpc_event event;

    h2_pump(h);
    assert_false(rpc_conn_next_event(h->conn, h->now_ms, &event));
}

void h2_expect_status(struct h2 *h, int32_t stream, enum rpc_code code)
{
    const struct h2_answer *a = NULL;
    char number[8];

    h2_pump(h);
    a = h2_answer(h, stream);
    snprintf(number, sizeof number, "%d", (int)code);
    assert_string_equal(a->grpc_status, number);
    assert_true(a->closed);
}

/* ---- Raw frames ---- */

void h2_raw_frame(struct acgp_buf *out, uint8_t type, uint8_t flags, uint32_t stream, const void *payload,
                  size_t len)
{
    const uint8_t head[] = {
        (uint8_t)(len >> 16),    (uint8_t)(len >> 8),     (uint8_t)len,           type,           flags,
        (uint8_t)(stream >> 24), (uint8_t)(stream >> 16), (uint8_t)(stream >> 8), (uint8_t)stream};

    assert_true(acgp_buf_append(out, head, sizeof head) && acgp_buf_append(out, payload, len));
}

void h2_raw_greeting(struct acgp_buf *out)
{
    assert_true(acgp_buf_text(out, NGHTTP2_CLIENT_MAGIC));
    h2_raw_frame(out, NGHTTP2_SETTINGS, 0, 0, "", 0);
}

void h2_raw_block(struct acgp_buf *out, const char *path)
{
    nghttp2_hd_deflater *deflater = NULL;
    uint8_t block[2048];
    nghttp2_nv nv[32];
    size_t count = fields_of(path, NULL, nv);
    ssize_t n = 0;

    for (size_t i = 0; i < count; i++)
        nv[i].flags = NGHTTP2_NV_FLAG_NO_INDEX;
    assert_int_equal(nghttp2_hd_deflate_new(&deflater, 0), 0);
    n = nghttp2_hd_deflate_hd(deflater, block, sizeof block, nv, count);
    assert_true(n > 1);
    nghttp2_hd_deflate_del(deflater);
    /* A deflater without a table says so first; the peer's table may stay as it is. */
    assert_true(acgp_buf_append(out, block + (block[0] == 0x20), (size_t)n - (block[0] == 0x20)));
}

/* Looks for GOAWAY in whole frames; the machine's output begins and goes on with whole ones. */
static void look(struct acgp_buf *seen, uint32_t *out_goaway)
{
    const uint8_t *p = (const uint8_t *)seen->data;
    size_t at = 0;

    while (seen->len - at >= 9) {
        size_t len = (size_t)p[at] << 16 | (size_t)p[at + 1] << 8 | p[at + 2];

        if (seen->len - at - 9 < len)
            break;
        if (p[at + 3] == NGHTTP2_GOAWAY)
            *out_goaway = (uint32_t)p[at + 13] << 24 | (uint32_t)p[at + 14] << 16 |
                          (uint32_t)p[at + 15] << 8 | p[at + 16];
        at += 9 + len;
    }
    acgp_buf_consume(seen, at);
}

enum acg_status h2_raw_feed(struct rpc_conn *conn, int64_t now_ms, struct acg_span in, size_t step,
                            uint32_t *out_goaway)
{
    enum acg_status status = ACG_OK;
    struct acgp_buf seen;

    acgp_buf_init(&seen, 64 * 1024 * 1024);
    *out_goaway = UINT32_MAX;
    while (in.len > 0 && status == ACG_OK) {
        size_t n = step < in.len ? step : in.len, used = 0;
        struct acg_span out;

        status = rpc_conn_feed(conn, now_ms, (struct acg_span){in.data, n}, &used, NULL);
        in.data += used;
        in.len -= used;
        for (out = rpc_conn_drain(conn); out.len > 0; out = rpc_conn_drain(conn)) {
            assert_true(acgp_buf_span(&seen, out));
            look(&seen, out_goaway);
            rpc_conn_drained(conn, out.len);
        }
    }
    acgp_buf_done(&seen);
    return status;
}
