/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/value.h"

#include <string.h>

#include <msgpack.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "base/wipe.h"

/* One block: the nodes, root first, then the bytes of all texts. */
struct pkr_tree {
    size_t size; /* of the whole block, for wiping */
    struct pkr_value nodes[];
};

/* Where the next nodes and texts of a tree under construction go. */
struct filler {
    struct pkr_value *nodes;
    char *text;
};

const struct pkr_value *pkr_tree_root(const struct pkr_tree *tree)
{
    return tree ? &tree->nodes[0] : NULL;
}

void pkr_tree_free(struct pkr_tree *tree)
{
    if (tree == NULL)
        return;
    acgp_wipe(tree, tree->size);
    acgp_free(tree);
}

/* nodes and text are within the caps, so that the sum cannot overflow. */
static struct pkr_tree *make_tree(size_t nodes, size_t text, struct filler *fill)
{
    size_t size = sizeof(struct pkr_tree) + nodes * sizeof(struct pkr_value) + text;
    struct pkr_tree *tree = acgp_alloc(1, size);

    if (tree == NULL)
        return NULL;
    tree->size = size;
    fill->nodes = tree->nodes + 1;
    fill->text = (char *)(tree->nodes + nodes);
    return tree;
}

static struct acg_span keep_bytes(struct filler *fill, const char *data, size_t len)
{
    struct acg_span kept = {fill->text, len};

    if (len != 0)
        memcpy(fill->text, data, len);
    fill->text[len] = '\0';
    fill->text += len + 1;
    return kept;
}

static struct pkr_value *keep_nodes(struct filler *fill, size_t count)
{
    struct pkr_value *nodes = fill->nodes;

    fill->nodes += count;
    return nodes;
}

/* A pair is two values side by side. */
_Static_assert(sizeof(struct pkr_pair) == 2 * sizeof(struct pkr_value), "pairs lie in the array of nodes");

static struct pkr_value from_unsigned(uint64_t n)
{
    return n <= (uint64_t)INT64_MAX ? pkr_int((int64_t)n) : pkr_uint(n);
}

static void fill_value(struct filler *fill, struct pkr_value *to, const msgpack_object *from);

static void fill_array(struct filler *fill, struct pkr_value *to, const msgpack_object_array *from)
{
    struct pkr_value *items = keep_nodes(fill, from->size);

    for (uint32_t i = 0; i < from->size; i++)
        fill_value(fill, &items[i], &from->ptr[i]);
    *to = pkr_array(items, from->size);
}

static void fill_map(struct filler *fill, struct pkr_value *to, const msgpack_object_map *from)
{
    struct pkr_pair *pairs = (struct pkr_pair *)(void *)keep_nodes(fill, (size_t)from->size * 2);

    for (uint32_t i = 0; i < from->size; i++) {
        fill_value(fill, &pairs[i].key, &from->ptr[i].key);
        fill_value(fill, &pairs[i].value, &from->ptr[i].val);
    }
    *to = pkr_map(pairs, from->size);
}

/* Recursion is bounded by PKR_VALUE_DEPTH_MAX: the scan came before. */
static void fill_value(struct filler *fill, struct pkr_value *to, const msgpack_object *from)
{
    switch (from->type) {
    case MSGPACK_OBJECT_BOOLEAN:
        *to = pkr_bool(from->via.boolean);
        break;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        *to = from_unsigned(from->via.u64);
        break;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        *to = pkr_int(from->via.i64);
        break;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        *to = pkr_float(from->via.f64);
        break;
    case MSGPACK_OBJECT_STR:
        *to = pkr_str(keep_bytes(fill, from->via.str.ptr, from->via.str.size));
        break;
    case MSGPACK_OBJECT_BIN:
        *to = pkr_bin(keep_bytes(fill, from->via.bin.ptr, from->via.bin.size));
        break;
    case MSGPACK_OBJECT_EXT:
        *to = pkr_bin(keep_bytes(fill, from->via.ext.ptr, from->via.ext.size));
        to->kind = PKR_VALUE_EXT;
        to->ext_type = from->via.ext.type;
        break;
    case MSGPACK_OBJECT_ARRAY:
        fill_array(fill, to, &from->via.array);
        break;
    case MSGPACK_OBJECT_MAP:
        fill_map(fill, to, &from->via.map);
        break;
    case MSGPACK_OBJECT_NIL:
        *to = pkr_nil();
        break;
    }
}

static enum acg_status parse_scanned(struct acg_span in, const struct pkr_scan *scan, struct pkr_tree **out,
                                     struct acg_error *err)
{
    msgpack_unpacked parsed;
    struct filler fill = {0};
    struct pkr_tree *tree = NULL;
    size_t offset = 0;
    msgpack_unpack_return result = MSGPACK_UNPACK_CONTINUE;
    enum acg_status status = ACG_OK;

    msgpack_unpacked_init(&parsed);
    result = msgpack_unpack_next(&parsed, in.data, scan->bytes, &offset);
    if (result == MSGPACK_UNPACK_NOMEM_ERROR) {
        status = acgp_fail_nomem(err);
        goto out;
    }
    if ((result != MSGPACK_UNPACK_SUCCESS && result != MSGPACK_UNPACK_EXTRA_BYTES) || offset != scan->bytes) {
        status = acgp_fail(err, ACG_ERR_PROTOCOL, "bytes that are no msgpack value");
        goto out;
    }
    tree = make_tree(scan->nodes, scan->text, &fill);
    if (tree == NULL) {
        status = acgp_fail_nomem(err);
        goto out;
    }
    fill_value(&fill, &tree->nodes[0], &parsed.data);
    *out = tree;
out:
    msgpack_unpacked_destroy(&parsed);
    return status;
}

enum acg_status pkr_value_decode(struct acg_span in, size_t *used, struct pkr_tree **out,
                                 struct acg_error *err)
{
    struct pkr_scan scan;
    size_t seen = 0;
    enum acg_status status = ACG_OK;

    pkr_scan_init(&scan);
    status = pkr_scan_feed(&scan, in, &seen, err);
    if (status != ACG_OK)
        return status;
    if (!scan.done)
        return acgp_fail(err, ACG_ERR_PROTOCOL, "msgpack value cut short after %zu bytes", in.len);
    status = parse_scanned(in, &scan, out, err);
    if (status == ACG_OK && used != NULL)
        *used = seen;
    return status;
}

/* ---- Measuring a tree that somebody built. ---- */

struct measure {
    size_t nodes;
    size_t text;
};

static enum acg_status measure_at(const struct pkr_value *v, unsigned depth, struct measure *m,
                                  struct acg_error *err);

static enum acg_status measure_members(const struct pkr_value *v, unsigned depth, struct measure *m,
                                       struct acg_error *err)
{
    size_t count = pkr_value_count(v), parts = v->kind == PKR_VALUE_MAP ? 2 : 1;
    enum acg_status status = ACG_OK;

    if (depth >= PKR_VALUE_DEPTH_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "value nested deeper than %u", PKR_VALUE_DEPTH_MAX);
    if (count > (PKR_VALUE_NODES_MAX - m->nodes) / parts)
        return acgp_fail(err, ACG_ERR_LIMIT, "value of more than %u parts", PKR_VALUE_NODES_MAX);
    m->nodes += count * parts;
    for (size_t i = 0; i < count && status == ACG_OK; i++) {
        if (v->kind == PKR_VALUE_ARRAY) {
            status = measure_at(&v->as.array.items[i], depth + 1, m, err);
        } else {
            status = measure_at(&v->as.map.pairs[i].key, depth + 1, m, err);
            if (status == ACG_OK)
                status = measure_at(&v->as.map.pairs[i].value, depth + 1, m, err);
        }
    }
    return status;
}

static enum acg_status measure_at(const struct pkr_value *v, unsigned depth, struct measure *m,
                                  struct acg_error *err)
{
    switch (v->kind) {
    case PKR_VALUE_STR:
    case PKR_VALUE_BIN:
    case PKR_VALUE_EXT:
        if (v->as.bytes.len > PKR_VALUE_BYTES_MAX)
            return acgp_fail(err, ACG_ERR_LIMIT, "value longer than %zu bytes", PKR_VALUE_BYTES_MAX);
        m->text += v->as.bytes.len + 1;
        return ACG_OK;
    case PKR_VALUE_ARRAY:
    case PKR_VALUE_MAP:
        return measure_members(v, depth, m, err);
    default:
        return ACG_OK;
    }
}

static void copy_value(struct filler *fill, struct pkr_value *to, const struct pkr_value *from)
{
    *to = *from;
    switch (from->kind) {
    case PKR_VALUE_STR:
    case PKR_VALUE_BIN:
    case PKR_VALUE_EXT:
        to->as.bytes = keep_bytes(fill, from->as.bytes.data, from->as.bytes.len);
        break;
    case PKR_VALUE_ARRAY: {
        struct pkr_value *items = keep_nodes(fill, from->as.array.count);
        for (size_t i = 0; i < from->as.array.count; i++)
            copy_value(fill, &items[i], &from->as.array.items[i]);
        to->as.array.items = items;
        break;
    }
    case PKR_VALUE_MAP: {
        struct pkr_pair *pairs = (struct pkr_pair *)(void *)keep_nodes(fill, from->as.map.count * 2);
        for (size_t i = 0; i < from->as.map.count; i++) {
            copy_value(fill, &pairs[i].key, &from->as.map.pairs[i].key);
            copy_value(fill, &pairs[i].value, &from->as.map.pairs[i].value);
        }
        to->as.map.pairs = pairs;
        break;
    }
    default:
        break;
    }
}

enum acg_status pkr_tree_copy(const struct pkr_value *v, struct pkr_tree **out, struct acg_error *err)
{
    struct measure m = {.nodes = 1};
    struct filler fill = {0};
    struct pkr_tree *tree = NULL;
    enum acg_status status = measure_at(v, 0, &m, err);

    if (status == ACG_OK && m.text > PKR_VALUE_BYTES_MAX + m.nodes)
        status = acgp_fail(err, ACG_ERR_LIMIT, "value longer than %zu bytes", PKR_VALUE_BYTES_MAX);
    if (status != ACG_OK)
        return status;
    tree = make_tree(m.nodes, m.text, &fill);
    if (tree == NULL)
        return acgp_fail_nomem(err);
    copy_value(&fill, &tree->nodes[0], v);
    *out = tree;
    return ACG_OK;
}

/* ---- Encoding. ---- */

static int count_bytes(void *data, const char *bytes, size_t len)
{
    (void)bytes;
    *(size_t *)data += len;
    return 0;
}

static int append_bytes(void *data, const char *bytes, size_t len)
{
    return acgp_buf_append(data, bytes, len) ? 0 : -1;
}

/* Signed forms also for positive numbers: Go's untyped places take the form for the type. */
static void pack_int(msgpack_packer *pk, int64_t n)
{
    if (n <= 127)
        msgpack_pack_int64(pk, n);
    else if (n <= INT16_MAX)
        msgpack_pack_fix_int16(pk, (int16_t)n);
    else if (n <= INT32_MAX)
        msgpack_pack_fix_int32(pk, (int32_t)n);
    else
        msgpack_pack_fix_int64(pk, n);
}

/* Failures of the sink are read off it afterwards. */
static void pack(msgpack_packer *pk, const struct pkr_value *v)
{
    switch (v->kind) {
    case PKR_VALUE_NIL:
        msgpack_pack_nil(pk);
        break;
    case PKR_VALUE_BOOL:
        if (v->as.boolean)
            msgpack_pack_true(pk);
        else
            msgpack_pack_false(pk);
        break;
    case PKR_VALUE_INT:
        pack_int(pk, v->as.i64);
        break;
    case PKR_VALUE_UINT:
        msgpack_pack_uint64(pk, v->as.u64);
        break;
    case PKR_VALUE_FLOAT:
        msgpack_pack_double(pk, v->as.f64);
        break;
    case PKR_VALUE_STR:
        msgpack_pack_str_with_body(pk, v->as.bytes.data, v->as.bytes.len);
        break;
    case PKR_VALUE_BIN:
        msgpack_pack_bin_with_body(pk, v->as.bytes.data, v->as.bytes.len);
        break;
    case PKR_VALUE_EXT:
        msgpack_pack_ext_with_body(pk, v->as.bytes.data, v->as.bytes.len, v->ext_type);
        break;
    case PKR_VALUE_ARRAY:
        msgpack_pack_array(pk, v->as.array.count);
        for (size_t i = 0; i < v->as.array.count; i++)
            pack(pk, &v->as.array.items[i]);
        break;
    case PKR_VALUE_MAP:
        msgpack_pack_map(pk, v->as.map.count);
        for (size_t i = 0; i < v->as.map.count; i++) {
            pack(pk, &v->as.map.pairs[i].key);
            pack(pk, &v->as.map.pairs[i].value);
        }
        break;
    }
}

enum acg_status pkr_value_encode(const struct pkr_value *v, struct acgp_buf *out, struct acg_error *err)
{
    struct measure m = {.nodes = 1};
    msgpack_packer packer;
    size_t size = 0;
    enum acg_status status = measure_at(v, 0, &m, err);

    if (status != ACG_OK)
        return status;
    msgpack_packer_init(&packer, &size, count_bytes);
    pack(&packer, v);
    if (size > PKR_VALUE_BYTES_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "value longer than %zu bytes", PKR_VALUE_BYTES_MAX);
    /* Room for all of it at once: growing in steps would leave copies of secrets behind. */
    if (size > out->max - out->len)
        return acgp_fail(err, ACG_ERR_LIMIT, "message longer than %zu bytes", out->max);
    if (acgp_buf_reserve(out, size) == NULL) {
        out->failed = false;
        return acgp_fail_nomem(err);
    }
    msgpack_packer_init(&packer, out, append_bytes);
    pack(&packer, v);
    return ACG_OK;
}
