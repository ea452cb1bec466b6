/* SPDX-License-Identifier: MPL-2.0 */
/* The scan exists because msgpack-c's parser cannot be bounded: it allocates room for an array or map as
 * large as its header claims (5 bytes can ask for 96 GiB) before the first member is there, and its streaming
 * buffer has no maximum. Bytes reach that parser only after the scan has counted them and found every cap
 * kept. The scan allocates nothing and takes its input in any pieces. */
#include "wire/value.h"

#include <string.h>

#include "base/error.h"

enum shape_kind { SHAPE_BAD, SHAPE_FIXED, SHAPE_TEXT, SHAPE_ARRAY, SHAPE_MAP };

/* What a lead byte says: the number itself, or how many bytes follow that say it. */
struct shape {
    enum shape_kind kind;
    uint8_t length_bytes; /* big endian, 0: number is known */
    uint8_t number;       /* payload bytes or members */
    uint8_t extra;        /* payload bytes beside the counted ones: the type of an ext */
};

/* Lead bytes 0xc0 to 0xdf, as the msgpack specification lists them. */
static const struct shape shapes[32] = {
    {SHAPE_FIXED, 0, 0, 0}, {SHAPE_BAD, 0, 0, 0},   {SHAPE_FIXED, 0, 0, 0}, {SHAPE_FIXED, 0, 0, 0},
    {SHAPE_TEXT, 1, 0, 0},  {SHAPE_TEXT, 2, 0, 0},  {SHAPE_TEXT, 4, 0, 0},  {SHAPE_TEXT, 1, 0, 1},
    {SHAPE_TEXT, 2, 0, 1},  {SHAPE_TEXT, 4, 0, 1},  {SHAPE_FIXED, 0, 4, 0}, {SHAPE_FIXED, 0, 8, 0},
    {SHAPE_FIXED, 0, 1, 0}, {SHAPE_FIXED, 0, 2, 0}, {SHAPE_FIXED, 0, 4, 0}, {SHAPE_FIXED, 0, 8, 0},
    {SHAPE_FIXED, 0, 1, 0}, {SHAPE_FIXED, 0, 2, 0}, {SHAPE_FIXED, 0, 4, 0}, {SHAPE_FIXED, 0, 8, 0},
    {SHAPE_TEXT, 0, 1, 1},  {SHAPE_TEXT, 0, 2, 1},  {SHAPE_TEXT, 0, 4, 1},  {SHAPE_TEXT, 0, 8, 1},
    {SHAPE_TEXT, 0, 16, 1}, {SHAPE_TEXT, 1, 0, 0},  {SHAPE_TEXT, 2, 0, 0},  {SHAPE_TEXT, 4, 0, 0},
    {SHAPE_ARRAY, 2, 0, 0}, {SHAPE_ARRAY, 4, 0, 0}, {SHAPE_MAP, 2, 0, 0},   {SHAPE_MAP, 4, 0, 0},
};

static struct shape shape_of(uint8_t lead)
{
    if (lead < 0x80 || lead >= 0xe0)
        return (struct shape){SHAPE_FIXED, 0, 0, 0};
    if (lead < 0x90)
        return (struct shape){SHAPE_MAP, 0, lead & 0x0f, 0};
    if (lead < 0xa0)
        return (struct shape){SHAPE_ARRAY, 0, lead & 0x0f, 0};
    if (lead < 0xc0)
        return (struct shape){SHAPE_TEXT, 0, lead & 0x1f, 0};
    return shapes[lead - 0xc0];
}

void pkr_scan_init(struct pkr_scan *scan)
{
    memset(scan, 0, sizeof *scan);
    scan->nodes = 1;
}

/* A value ended: so did every array and map that it completes. */
static void finish_value(struct pkr_scan *scan)
{
    while (scan->depth > 0 && --scan->left[scan->depth - 1] == 0)
        scan->depth--;
    scan->done = scan->depth == 0;
}

static enum acg_status open_members(struct pkr_scan *scan, uint64_t count, struct acg_error *err)
{
    if (scan->depth >= PKR_VALUE_DEPTH_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "msgpack value nested deeper than %u", PKR_VALUE_DEPTH_MAX);
    if (count > PKR_VALUE_NODES_MAX - scan->nodes)
        return acgp_fail(err, ACG_ERR_LIMIT, "msgpack value of more than %u parts", PKR_VALUE_NODES_MAX);
    scan->nodes += (size_t)count;
    if (count == 0) {
        finish_value(scan);
        return ACG_OK;
    }
    scan->left[scan->depth++] = (size_t)count;
    return ACG_OK;
}

/* The number of a value is known: payload bytes, or members. */
static enum acg_status apply_number(struct pkr_scan *scan, struct shape shape, uint64_t number,
                                    struct acg_error *err)
{
    if (shape.kind == SHAPE_ARRAY)
        return open_members(scan, number, err);
    if (shape.kind == SHAPE_MAP)
        return open_members(scan, number * 2, err);
    if (number + shape.extra > PKR_VALUE_BYTES_MAX - scan->bytes)
        return acgp_fail(err, ACG_ERR_LIMIT, "msgpack value longer than %zu bytes", PKR_VALUE_BYTES_MAX);
    if (shape.kind == SHAPE_TEXT)
        scan->text += (size_t)number + 1;
    scan->skip = (size_t)number + shape.extra;
    if (scan->skip == 0)
        finish_value(scan);
    return ACG_OK;
}

static enum acg_status take_byte(struct pkr_scan *scan, uint8_t byte, struct acg_error *err)
{
    struct shape shape = shape_of(scan->wanted != 0 ? scan->lead : byte);

    if (scan->bytes >= PKR_VALUE_BYTES_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "msgpack value longer than %zu bytes", PKR_VALUE_BYTES_MAX);
    scan->bytes++;
    if (scan->wanted != 0) {
        scan->length = scan->length << 8 | byte;
        return --scan->wanted == 0 ? apply_number(scan, shape, scan->length, err) : ACG_OK;
    }
    if (shape.kind == SHAPE_BAD)
        return acgp_fail(err, ACG_ERR_PROTOCOL, "byte 0x%02x is no msgpack value", (unsigned)byte);
    if (shape.length_bytes == 0)
        return apply_number(scan, shape, shape.number, err);
    scan->lead = byte;
    scan->wanted = shape.length_bytes;
    scan->length = 0;
    return ACG_OK;
}

static size_t take_payload(struct pkr_scan *scan, size_t available)
{
    size_t n = available < scan->skip ? available : scan->skip;

    scan->skip -= n;
    scan->bytes += n;
    if (scan->skip == 0)
        finish_value(scan);
    return n;
}

enum acg_status pkr_scan_feed(struct pkr_scan *scan, struct acg_span in, size_t *used, struct acg_error *err)
{
    size_t i = 0;

    while (i < in.len && !scan->done) {
        if (scan->skip != 0) {
            i += take_payload(scan, in.len - i);
        } else {
            enum acg_status status = take_byte(scan, (uint8_t)in.data[i], err);
            if (status != ACG_OK)
                return status;
            i++;
        }
    }
    *used = i;
    return ACG_OK;
}
