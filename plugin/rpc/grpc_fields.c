/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/grpc_fields.h"

#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/span.h"
#include "rpc/grpc.h"
#include "rpc/grpc_text.h"

/* Before each field: the lengths of its name and value. */
struct lengths {
    uint32_t name, value;
};

void rpc_fields_init(struct rpc_fields *f)
{
    f->count = 0;
    acgp_buf_init(&f->text, RPC_TRAILERS_MAX);
}

void rpc_fields_done(struct rpc_fields *f)
{
    acgp_buf_done(&f->text);
    f->count = 0;
}

/* Begins a field; its value is appended by the caller, then closed with end. */
static size_t begin(struct rpc_fields *f, struct acg_span name)
{
    struct lengths n = {(uint32_t)name.len, 0};
    size_t at = f->text.len;

    if (f->count == RPC_FIELDS_MAX)
        f->text.failed = f->text.over = true;
    acgp_buf_append(&f->text, &n, sizeof n);
    acgp_buf_span(&f->text, name);
    return at;
}

static void end(struct rpc_fields *f, size_t at)
{
    struct lengths n;

    if (f->text.failed)
        return;
    memcpy(&n, f->text.data + at, sizeof n);
    n.value = (uint32_t)(f->text.len - at - sizeof n - n.name);
    memcpy(f->text.data + at, &n, sizeof n);
    f->count++;
}

void rpc_fields_add(struct rpc_fields *f, const char *name, struct acg_span value)
{
    size_t at = begin(f, acgp_span(name));

    acgp_buf_span(&f->text, value);
    end(f, at);
}

void rpc_fields_add_response(struct rpc_fields *f, bool gzip)
{
    rpc_fields_add(f, ":status", acgp_span("200"));
    rpc_fields_add(f, "content-type", acgp_span("application/grpc"));
    if (gzip)
        rpc_fields_add(f, "grpc-encoding", acgp_span("gzip"));
    rpc_fields_add(f, "grpc-accept-encoding", acgp_span("identity,gzip"));
}

/* Fields of HTTP itself: a peer would end the stream over some, and be misled by the others. */
static bool name_is_taken(struct acg_span name)
{
    static const char *const taken[] = {"connection",        "keep-alive", "proxy-connection",
                                        "transfer-encoding", "upgrade",    "content-length",
                                        "content-type",      "host",       "te"};

    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (acgp_span_equal(name, acgp_span(taken[i])))
            return true;
    return name.len >= 5 && memcmp(name.data, "grpc-", 5) == 0;
}

static bool name_fits(struct acg_span name)
{
    bool ok = name.len > 0;

    for (size_t i = 0; i < name.len && ok; i++)
        ok = (name.data[i] >= 'a' && name.data[i] <= 'z') || (name.data[i] >= '0' && name.data[i] <= '9') ||
             name.data[i] == '-' || name.data[i] == '_' || name.data[i] == '.';
    return ok && !name_is_taken(name);
}

static bool value_fits(struct acg_span value)
{
    bool ok = value.len == 0 || (value.data[0] != ' ' && value.data[value.len - 1] != ' ');

    for (size_t i = 0; i < value.len && ok; i++)
        ok = value.data[i] >= 0x20 && value.data[i] < 0x7f;
    return ok;
}

enum acg_status rpc_fields_add_metadata(struct rpc_fields *f, const struct rpc_metadata *metadata,
                                        size_t count, struct acg_error *err)
{
    if (count > RPC_FIELDS_METADATA_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "more than %u entries of metadata", RPC_FIELDS_METADATA_MAX);
    for (size_t i = 0; i < count; i++) {
        struct acg_span name = metadata[i].name;
        bool binary = name.len > 4 && memcmp(name.data + name.len - 4, "-bin", 4) == 0;
        size_t at = 0;

        if (!name_fits(name) || (!binary && !value_fits(metadata[i].value)))
            return acgp_fail(err, ACG_ERR_ARGUMENT, "metadata that HTTP/2 cannot carry");
        at = begin(f, name);
        if (binary)
            rpc_base64_append(&f->text, metadata[i].value);
        else
            acgp_buf_span(&f->text, metadata[i].value);
        end(f, at);
    }
    return rpc_fields_check(f, err);
}

enum acg_status rpc_fields_add_status(struct rpc_fields *f, const struct rpc_status *status,
                                      struct acg_error *err)
{
    struct acgp_buf number;
    size_t at = 0;

    acgp_buf_init(&number, 16);
    if (acgp_buf_printf(&number, "%u", (unsigned)status->code))
        rpc_fields_add(f, "grpc-status", acgp_buf_view(&number));
    else
        f->text.failed = true;
    acgp_buf_done(&number);
    if (status->message != NULL && status->message[0] != '\0') {
        at = begin(f, acgp_span("grpc-message"));
        rpc_percent_append(&f->text, acgp_span(status->message));
        end(f, at);
    }
    if (status->details.len > 0) {
        at = begin(f, acgp_span("grpc-status-details-bin"));
        rpc_base64_append(&f->text, status->details);
        end(f, at);
    }
    return rpc_fields_add_metadata(f, status->metadata, status->metadata_count, err);
}

enum acg_status rpc_fields_check(const struct rpc_fields *f, struct acg_error *err)
{
    if (!f->text.failed)
        return ACG_OK;
    if (f->text.over)
        return acgp_fail(err, ACG_ERR_LIMIT, "response headers larger than %u bytes", RPC_TRAILERS_MAX);
    return acgp_fail_nomem(err);
}

size_t rpc_fields_view(const struct rpc_fields *f, nghttp2_nv *out)
{
    uint8_t *p = (uint8_t *)f->text.data;

    for (size_t i = 0; i < f->count; i++) {
        struct lengths n;

        memcpy(&n, p, sizeof n);
        p += sizeof n;
        out[i] = (nghttp2_nv){p, p + n.name, n.name, n.value, NGHTTP2_NV_FLAG_NONE};
        p += n.name + n.value;
    }
    return f->count;
}
