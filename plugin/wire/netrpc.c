/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/netrpc.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "base/wipe.h"

enum {
    RECEIVE_FIRST = 4096, /* holds all messages of a build but the configuration */
    RECEIVE_KEEP = 65536  /* a larger buffer is given back when it is empty */
};

void pkr_netrpc_init(struct pkr_netrpc *rpc, enum pkr_rpc_role role, uint64_t *handles)
{
    memset(rpc, 0, sizeof *rpc);
    rpc->role = role;
    rpc->handles = handles;
    pkr_scan_init(&rpc->scan);
}

static void drop_bytes(char *bytes, size_t capacity)
{
    if (bytes != NULL)
        acgp_wipe(bytes, capacity);
    acgp_free(bytes);
}

void pkr_netrpc_done(struct pkr_netrpc *rpc)
{
    for (size_t i = 0; i < PKR_RPC_CALLS_MAX; i++)
        acgp_free(rpc->calls[i].method);
    drop_bytes(rpc->bytes, rpc->capacity);
    memset(rpc, 0, sizeof *rpc);
}

void pkr_rpc_message_done(struct pkr_rpc_message *message)
{
    pkr_tree_free(message->header);
    pkr_tree_free(message->body);
    *message = (struct pkr_rpc_message){0};
}

/* ---- Received bytes ---- */

/* Not realloc: a configuration's secrets would stay behind in the old block. */
static bool make_room(struct pkr_netrpc *rpc, size_t more)
{
    size_t capacity = rpc->capacity ? rpc->capacity : RECEIVE_FIRST;
    char *bytes = NULL;

    if (rpc->start != 0 && rpc->len != 0)
        memmove(rpc->bytes, rpc->bytes + rpc->start, rpc->len);
    rpc->start = 0;
    if (more <= rpc->capacity - rpc->len)
        return true;
    while (capacity < rpc->len + more)
        capacity *= 2;
    bytes = acgp_alloc(capacity, 1);
    if (bytes == NULL)
        return false;
    if (rpc->len != 0)
        memcpy(bytes, rpc->bytes, rpc->len);
    drop_bytes(rpc->bytes, rpc->capacity);
    rpc->bytes = bytes;
    rpc->capacity = capacity;
    return true;
}

enum acg_status pkr_netrpc_push(struct pkr_netrpc *rpc, struct acg_span in, struct acg_error *err)
{
    if (in.len > PKR_RPC_RECEIVED_MAX - rpc->len)
        return acgp_fail(err, ACG_ERR_LIMIT, "RPC message longer than %zu bytes", PKR_RPC_MESSAGE_MAX);
    if (in.len > rpc->capacity - rpc->start - rpc->len && !make_room(rpc, in.len))
        return acgp_fail_nomem(err);
    if (in.len != 0)
        memcpy(rpc->bytes + rpc->start + rpc->len, in.data, in.len);
    rpc->len += in.len;
    return ACG_OK;
}

size_t pkr_netrpc_received(const struct pkr_netrpc *rpc)
{
    return rpc->len;
}

/* The message of n bytes is done with. */
static void drop_message(struct pkr_netrpc *rpc, size_t n)
{
    acgp_wipe(rpc->bytes + rpc->start, n);
    rpc->start += n;
    rpc->len -= n;
    if (rpc->len == 0)
        rpc->start = 0;
    if (rpc->len == 0 && rpc->capacity > RECEIVE_KEEP) {
        drop_bytes(rpc->bytes, rpc->capacity);
        rpc->bytes = NULL;
        rpc->capacity = 0;
    }
    rpc->scanned = 0;
    rpc->header_len = 0;
    pkr_scan_init(&rpc->scan);
}

/* Look at what is new of the current message. @param out_done header and body are there. */
static enum acg_status scan_message(struct pkr_netrpc *rpc, bool *out_done, struct acg_error *err)
{
    enum acg_status status = ACG_OK;
    size_t used = 0;

    *out_done = false;
    while (rpc->scanned < rpc->len) {
        struct acg_span rest = acgp_span_of(rpc->bytes + rpc->start + rpc->scanned, rpc->len - rpc->scanned);

        status = pkr_scan_feed(&rpc->scan, rest, &used, err);
        if (status != ACG_OK)
            return status;
        rpc->scanned += used;
        if (rpc->scanned > PKR_RPC_MESSAGE_MAX)
            return acgp_fail(err, ACG_ERR_LIMIT, "RPC message longer than %zu bytes", PKR_RPC_MESSAGE_MAX);
        if (!rpc->scan.done)
            return ACG_OK;
        if (rpc->header_len != 0) {
            *out_done = true;
            return ACG_OK;
        }
        rpc->header_len = rpc->scanned;
        pkr_scan_init(&rpc->scan);
    }
    return ACG_OK;
}

/* ---- Headers ---- */

static const struct pkr_value *member(const struct pkr_value *header, const char *key, size_t place)
{
    if (header->kind == PKR_VALUE_ARRAY)
        return pkr_value_at(header, place);
    return pkr_value_get(header, key);
}

static enum acg_status read_header(struct pkr_rpc_message *m, struct acg_error *err)
{
    const struct pkr_value *header = pkr_tree_root(m->header), *method = NULL, *seq = NULL, *error = NULL;

    if (header->kind != PKR_VALUE_MAP && header->kind != PKR_VALUE_ARRAY)
        return acgp_fail(err, ACG_ERR_PROTOCOL, "RPC header that is no map");
    method = member(header, "ServiceMethod", 0);
    seq = member(header, "Seq", 1);
    error = member(header, "Error", 2);
    if (!pkr_value_is_nil(method) && !pkr_value_as_text(method, &m->method))
        return acgp_fail(err, ACG_ERR_PROTOCOL, "RPC header whose ServiceMethod is no text");
    if (!pkr_value_is_nil(seq) && (seq->kind == PKR_VALUE_FLOAT || !pkr_value_as_u64(seq, &m->seq)))
        return acgp_fail(err, ACG_ERR_PROTOCOL, "RPC header whose Seq is no number");
    if (!pkr_value_is_nil(error) && !pkr_value_as_text(error, &m->error))
        return acgp_fail(err, ACG_ERR_PROTOCOL, "RPC header whose Error is no text");
    if (m->method.len > PKR_RPC_METHOD_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "RPC method name longer than %u bytes", PKR_RPC_METHOD_MAX);
    return ACG_OK;
}

static enum acg_status decode_message(struct pkr_netrpc *rpc, struct pkr_rpc_message *m,
                                      struct acg_error *err)
{
    struct acg_span bytes = acgp_span_of(rpc->bytes + rpc->start, rpc->scanned);
    enum acg_status status = pkr_value_decode(bytes, NULL, &m->header, err);

    if (status == ACG_OK)
        status = read_header(m, err);
    if (status == ACG_OK)
        status = pkr_value_decode(acgp_span_of(bytes.data + rpc->header_len, bytes.len - rpc->header_len),
                                  NULL, &m->body, err);
    return status;
}

/* ---- Open calls ---- */

static struct pkr_rpc_call *find_handle(struct pkr_netrpc *rpc, uint64_t handle)
{
    for (size_t i = 0; i < PKR_RPC_CALLS_MAX; i++)
        if (rpc->calls[i].handle == handle)
            return &rpc->calls[i];
    return NULL;
}

static struct pkr_rpc_call *find_seq(struct pkr_netrpc *rpc, uint64_t seq)
{
    for (size_t i = 0; i < PKR_RPC_CALLS_MAX; i++)
        if (rpc->calls[i].handle != 0 && rpc->calls[i].seq == seq)
            return &rpc->calls[i];
    return NULL;
}

static enum acg_status note_request(struct pkr_netrpc *rpc, struct pkr_rpc_message *m, struct acg_error *err)
{
    struct pkr_rpc_call *call = find_handle(rpc, 0);
    char *method = NULL;

    if (call == NULL)
        return ACG_OK;
    method = acgp_strndup(m->method.data, m->method.len);
    if (method == NULL)
        return acgp_fail_nomem(err);
    *call = (struct pkr_rpc_call){.handle = ++*rpc->handles, .seq = m->seq, .method = method};
    m->handle = call->handle;
    return ACG_OK;
}

/* @return false: a reply to nothing that we asked. */
static bool match_reply(struct pkr_netrpc *rpc, struct pkr_rpc_message *m)
{
    struct pkr_rpc_call *call = find_seq(rpc, m->seq);

    if (call == NULL)
        return false;
    m->handle = call->handle;
    pkr_netrpc_forget(rpc, call->handle);
    return true;
}

enum acg_status pkr_netrpc_next(struct pkr_netrpc *rpc, bool *got, struct pkr_rpc_message *out,
                                struct acg_error *err)
{
    struct pkr_rpc_message m = {0};
    enum acg_status status = ACG_OK;

    *got = false;
    do {
        bool done = false;

        pkr_rpc_message_done(&m);
        status = scan_message(rpc, &done, err);
        if (status != ACG_OK || !done)
            return status;
        status = decode_message(rpc, &m, err);
        if (status == ACG_OK && rpc->role == PKR_RPC_CALLEE)
            status = note_request(rpc, &m, err);
        if (status != ACG_OK) {
            pkr_rpc_message_done(&m);
            return status;
        }
        drop_message(rpc, rpc->scanned);
    } while (rpc->role == PKR_RPC_CALLER && !match_reply(rpc, &m));
    *got = true;
    *out = m;
    return ACG_OK;
}

/* ---- Sending ---- */

static enum acg_status put_message(const struct pkr_pair *pairs, size_t count, const struct pkr_value *body,
                                   struct acgp_buf *out, struct acg_error *err)
{
    struct pkr_value header = pkr_map(pairs, count), nil = pkr_nil();
    size_t before = out->len;
    enum acg_status status = pkr_value_encode(&header, out, err);

    if (status == ACG_OK)
        status = pkr_value_encode(body ? body : &nil, out, err);
    if (status != ACG_OK && out->data != NULL) {
        out->len = before;
        out->data[before] = '\0';
    }
    return status;
}

static enum acg_status put_reply(struct acg_span method, uint64_t seq, const char *error,
                                 const struct pkr_value *body, struct acgp_buf *out, struct acg_error *err)
{
    struct pkr_pair pairs[] = {{pkr_text("ServiceMethod"), pkr_str(method)},
                               {pkr_text("Seq"), pkr_uint(seq)},
                               {pkr_text("Error"), pkr_text(error ? error : "")}};

    return put_message(pairs, 3, body, out, err);
}

enum acg_status pkr_netrpc_call(struct pkr_netrpc *rpc, const char *method, const struct pkr_value *body,
                                struct acgp_buf *out, uint64_t *out_handle, struct acg_error *err)
{
    struct pkr_rpc_call *call = find_handle(rpc, 0);
    struct pkr_pair pairs[] = {{pkr_text("ServiceMethod"), pkr_text(method)},
                               {pkr_text("Seq"), pkr_uint(rpc->next_seq)}};
    enum acg_status status = ACG_OK;

    if (call == NULL)
        return acgp_fail(err, ACG_ERR_LIMIT, "%u calls wait for a reply", PKR_RPC_CALLS_MAX);
    if (strlen(method) > PKR_RPC_METHOD_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "RPC method name longer than %u bytes", PKR_RPC_METHOD_MAX);
    status = put_message(pairs, 2, body, out, err);
    if (status != ACG_OK)
        return status;
    *call = (struct pkr_rpc_call){.handle = ++*rpc->handles, .seq = rpc->next_seq++};
    *out_handle = call->handle;
    return ACG_OK;
}

enum acg_status pkr_netrpc_reply(struct pkr_netrpc *rpc, uint64_t handle, const char *error,
                                 const struct pkr_value *body, struct acgp_buf *out, struct acg_error *err)
{
    const struct pkr_rpc_call *call = handle ? find_handle(rpc, handle) : NULL;

    if (call == NULL)
        return acgp_fail(err, ACG_ERR_CLOSED, "the call is over");
    return put_reply(acgp_span(call->method), call->seq, error, body, out, err);
}

enum acg_status pkr_netrpc_refuse(const struct pkr_rpc_message *message, const char *error,
                                  struct acgp_buf *out, struct acg_error *err)
{
    return put_reply(message->method, message->seq, error, NULL, out, err);
}

void pkr_netrpc_forget(struct pkr_netrpc *rpc, uint64_t handle)
{
    struct pkr_rpc_call *call = handle ? find_handle(rpc, handle) : NULL;

    if (call == NULL)
        return;
    acgp_free(call->method);
    *call = (struct pkr_rpc_call){0};
}

bool pkr_netrpc_has(const struct pkr_netrpc *rpc, uint64_t handle)
{
    for (size_t i = 0; i < PKR_RPC_CALLS_MAX; i++)
        if (handle != 0 && rpc->calls[i].handle == handle)
            return true;
    return false;
}

const char *pkr_netrpc_method(const struct pkr_netrpc *rpc, uint64_t handle)
{
    for (size_t i = 0; i < PKR_RPC_CALLS_MAX; i++)
        if (handle != 0 && rpc->calls[i].handle == handle)
            return rpc->calls[i].method;
    return NULL;
}

size_t pkr_netrpc_open(const struct pkr_netrpc *rpc)
{
    size_t open = 0;

    for (size_t i = 0; i < PKR_RPC_CALLS_MAX; i++)
        open += rpc->calls[i].handle != 0;
    return open;
}

uint64_t pkr_netrpc_oldest(const struct pkr_netrpc *rpc)
{
    uint64_t oldest = 0;

    for (size_t i = 0; i < PKR_RPC_CALLS_MAX; i++)
        if (rpc->calls[i].handle != 0 && (oldest == 0 || rpc->calls[i].handle < oldest))
            oldest = rpc->calls[i].handle;
    return oldest;
}
