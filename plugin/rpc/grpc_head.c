/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/grpc_head.h"

#include "base/alloc.h"
#include "base/span.h"
#include "rpc/grpc.h"
#include "rpc/grpc_text.h"

/* HTTP/2 adds this to each field when it counts the size of a list. */
#define FIELD_OVERHEAD 32u

void rpc_head_init(struct rpc_head *head)
{
    *head = (struct rpc_head){.timeout_ms = -1};
    acgp_buf_init(&head->text, RPC_METADATA_BYTES_MAX);
}

void rpc_head_done(struct rpc_head *head)
{
    acgp_buf_wipe(&head->text); /* metadata may hold a caller's token */
    acgp_free(head->entries);
    head->entries = NULL;
    head->count = head->capacity = 0;
}

/* The first one is told, but for too much metadata: behind that no field was read. */
static void fault(struct rpc_head *head, enum rpc_code code, const char *text)
{
    if (head->fault == RPC_OK || code == RPC_RESOURCE_EXHAUSTED) {
        head->fault = code;
        head->fault_text = text;
    }
}

static void too_much(struct rpc_head *head)
{
    fault(head, RPC_RESOURCE_EXHAUSTED, "too much metadata");
}

static bool starts(struct acg_span s, const char *prefix)
{
    struct acg_span p = acgp_span(prefix);

    return s.len >= p.len && acgp_span_equal((struct acg_span){s.data, p.len}, p);
}

static bool ends(struct acg_span s, const char *suffix)
{
    struct acg_span p = acgp_span(suffix);

    return s.len >= p.len && acgp_span_equal((struct acg_span){s.data + s.len - p.len, p.len}, p);
}

static bool printable(struct acg_span value)
{
    bool ok = true;

    for (size_t i = 0; i < value.len && ok; i++)
        ok = value.data[i] >= 0x20 && value.data[i] < 0x7f;
    return ok;
}

/* application/grpc, +proto or not, parameters or not. */
static bool content_type_fits(struct acg_span value)
{
    struct acg_span type = acgp_span_trim(acgp_span_cut(&value, ';'));

    return acgp_span_equal_nocase(type, acgp_span("application/grpc")) ||
           acgp_span_equal_nocase(type, acgp_span("application/grpc+proto"));
}

static bool keep(struct rpc_head *head, struct acg_span value, uint32_t *at, uint32_t *len)
{
    *at = (uint32_t)head->text.len;
    *len = (uint32_t)value.len;
    return acgp_buf_span(&head->text, value);
}

static bool take_encoding(struct rpc_head *head, struct acg_span value)
{
    head->gzip_in = acgp_span_equal(value, acgp_span("gzip"));
    head->strange_encoding = !head->gzip_in && !acgp_span_equal(value, acgp_span("identity"));
    return keep(head, value, &head->encoding.value, &head->encoding.value_len);
}

/* @return whether the field is one of HTTP or gRPC, and no metadata. *ok false: out of memory. */
static bool take_known(struct rpc_head *head, struct acg_span name, struct acg_span value, bool *ok)
{
    if (acgp_span_equal(name, acgp_span(":path")))
        *ok = keep(head, value, &head->path.value, &head->path.value_len);
    else if (acgp_span_equal(name, acgp_span(":method")))
        head->post = acgp_span_equal(value, acgp_span("POST"));
    else if (acgp_span_equal(name, acgp_span("content-type")))
        head->grpc = content_type_fits(value);
    else if (acgp_span_equal(name, acgp_span("te")))
        head->te |= rpc_list_has(value, "trailers");
    else if (acgp_span_equal(name, acgp_span("grpc-encoding")))
        *ok = take_encoding(head, value);
    else if (acgp_span_equal(name, acgp_span("grpc-accept-encoding")))
        head->gzip_out |= rpc_list_has(value, "gzip");
    else if (!acgp_span_equal(name, acgp_span("grpc-timeout")))
        return name.len == 0 || name.data[0] == ':' || starts(name, "grpc-");
    else if (!rpc_timeout_parse(value, &head->timeout_ms))
        fault(head, RPC_INTERNAL, "malformed grpc-timeout");
    return true;
}

static bool add_entry(struct rpc_head *head, struct acg_span name, struct acg_span value, bool binary)
{
    void *entries = head->entries;
    struct rpc_head_entry entry = {0};
    bool ok = acgp_grow(&entries, &head->capacity, head->count + 1, RPC_METADATA_MAX, sizeof entry);

    head->entries = entries;
    if (!ok || !keep(head, name, &entry.name, &entry.name_len))
        return false;
    if (!binary) {
        ok = keep(head, value, &entry.value, &entry.value_len);
    } else {
        entry.value = (uint32_t)head->text.len;
        ok = rpc_base64_decode(&head->text, value);
        entry.value_len = (uint32_t)head->text.len - entry.value;
        if (!ok && !head->text.failed) {
            fault(head, RPC_INTERNAL, "malformed binary metadata");
            return true;
        }
    }
    if (ok)
        head->entries[head->count++] = entry;
    return ok;
}

/* The values of a binary field may stand in one line, with commas between them. */
static bool add_binary(struct rpc_head *head, struct acg_span name, struct acg_span value)
{
    bool ok = true;

    while (ok && value.data != NULL && head->fault == RPC_OK) {
        struct acg_span one = acgp_span_trim(acgp_span_cut(&value, ','));

        head->size += name.len + FIELD_OVERHEAD;
        if (head->count == RPC_METADATA_MAX || head->size > RPC_METADATA_BYTES_MAX)
            too_much(head);
        else
            ok = add_entry(head, name, one, true);
    }
    return ok;
}

/* A call with a fault is refused: its metadata is of no use. */
static bool add_metadata(struct rpc_head *head, struct acg_span name, struct acg_span value)
{
    if (head->fault != RPC_OK)
        return true;
    if (value.data == NULL)
        value.data = "";
    if (ends(name, "-bin"))
        return add_binary(head, name, value);
    if (printable(value))
        return add_entry(head, name, value, false);
    fault(head, RPC_INTERNAL, "metadata that is not printable ASCII");
    return true;
}

bool rpc_head_add(struct rpc_head *head, struct acg_span name, struct acg_span value)
{
    bool ok = true;

    head->seen++;
    head->size += name.len + value.len + FIELD_OVERHEAD;
    if (head->seen > RPC_METADATA_MAX || head->size > RPC_METADATA_BYTES_MAX)
        too_much(head);
    if (head->fault == RPC_RESOURCE_EXHAUSTED)
        return true;
    if (!take_known(head, name, value, &ok))
        ok = add_metadata(head, name, value);
    if (!ok && head->text.over) {
        too_much(head);
        return true;
    }
    return ok;
}

static struct acg_span view(const struct rpc_head *head, uint32_t at, uint32_t len)
{
    return len == 0 ? (struct acg_span){"", 0} : (struct acg_span){head->text.data + at, len};
}

struct acg_span rpc_head_path(const struct rpc_head *head)
{
    return view(head, head->path.value, head->path.value_len);
}

struct acg_span rpc_head_encoding(const struct rpc_head *head)
{
    return view(head, head->encoding.value, head->encoding.value_len);
}

size_t rpc_head_metadata(const struct rpc_head *head, struct rpc_metadata *out)
{
    for (size_t i = 0; i < head->count; i++) {
        const struct rpc_head_entry *e = &head->entries[i];

        out[i] = (struct rpc_metadata){view(head, e->name, e->name_len), view(head, e->value, e->value_len)};
    }
    return head->count;
}
