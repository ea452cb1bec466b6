/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/gob.h"

#include <string.h>

#include "base/error.h"
#include "base/span.h"

/* Type ids as they stand on the wire, after gob's signed encoding. */
#define ID_FIRST  "\xff\x82" /* 65 */
#define ID_SECOND "\xff\x84" /* 66 */
#define ID_BLOCK  "\xff\x88" /* 68 */
#define ID_LIST   "\xff\x8a" /* 69 */

/* Definitions of the types that the value message uses: messages of their own, each with its length first.
 * All are always sent, so that only the value depends on the spec. Ids: 65 a map of text to interface, 66 an
 * attribute, 67 a type that encodes itself, 68 a block, 69 a repeated block. */
static const char spec_definitions[] =
    /* 65 */ "\x1a\xff\x81\x04\x01\x01\x0a"
             "ObjectSpec\x01" ID_FIRST "\x00\x01\x0c\x01\x10\x00\x00"
             /* 66 */ "\x36\xff\x83\x03\x01\x01\x08"
             "AttrSpec\x01" ID_SECOND "\x00\x01\x03"
             "\x01\x04Name\x01\x0c\x00"
             "\x01\x04Type\x01\xff\x86\x00"
             "\x01\x08Required\x01\x02\x00\x00\x00"
             /* 67 */ "\x10\xff\x85\x05\x01\x01\x04Type\x01\xff\x86\x00\x00\x00"
             /* 68 */ "\x3c\xff\x87\x03\x01\x01\x09"
             "BlockSpec\x01" ID_BLOCK "\x00\x01\x03"
             "\x01\x08TypeName\x01\x0c\x00"
             "\x01\x06Nested\x01\x10\x00"
             "\x01\x08Required\x01\x02\x00\x00\x00"
             /* 69 */ "\x4d\xff\x89\x03\x01\x01\x0d"
             "BlockListSpec\x01" ID_LIST "\x00\x01\x04"
             "\x01\x08TypeName\x01\x0c\x00"
             "\x01\x06Nested\x01\x10\x00"
             "\x01\x08MinItems\x01\x04\x00"
             "\x01\x08MaxItems\x01\x04\x00\x00\x00";

/* An attribute's type is a gob stream of its own inside a byte string: 65 is its envelope, 66 the type
 * proper. */
static const char envelope_definition[] = "\x2a\xff\x81\x03\x01\x01\x07gobType\x01" ID_FIRST "\x00\x01\x02"
                                          "\x01\x07Version\x01\x04\x00"
                                          "\x01\x04Impl\x01\x10\x00\x00\x00";
static const char primitive_definition[] =
    "\x24\xff\x83\x03\x01\x01\x0dprimitiveType\x01" ID_SECOND "\x00\x01\x01"
    "\x01\x04Kind\x01\x06\x00\x00\x00";
static const char list_definition[] = "\x28\xff\x83\x03\x01\x01\x08typeList\x01" ID_SECOND "\x00\x01\x01"
                                      "\x01\x0c"
                                      "ElementTypeT\x01\xff\x86\x00\x00\x00";
static const char map_definition[] = "\x27\xff\x83\x03\x01\x01\x07typeMap\x01" ID_SECOND "\x00\x01\x01"
                                     "\x01\x0c"
                                     "ElementTypeT\x01\xff\x86\x00\x00\x00";
static const char self_definition[] = "\x10\xff\x85\x05\x01\x01\x04Type\x01\xff\x86\x00\x00\x00";

/* Names under which Packer's program registers the concrete types. */
#define NAME_OBJECT    "github.com/hashicorp/hcl/v2/hcldec.ObjectSpec"
#define NAME_PRIMITIVE "github.com/zclconf/go-cty/cty.primitiveType"
#define NAME_TYPE_LIST "github.com/zclconf/go-cty/cty.typeList"
#define NAME_TYPE_MAP  "github.com/zclconf/go-cty/cty.typeMap"

/* Failures of the buffer stick; they are read off it at the end. */
#define PUT(out, literal) acgp_buf_append(out, literal, sizeof(literal) - 1)

/* gob's unsigned: one byte below 128, else minus the number of bytes, then the bytes, big endian. */
static size_t unsigned_bytes(uint64_t n, uint8_t *bytes)
{
    size_t count = 1;

    if (n < 128) {
        bytes[0] = (uint8_t)n;
        return 1;
    }
    while (count < 8 && n >> (8 * count) != 0)
        count++;
    bytes[0] = (uint8_t)(256 - count);
    for (size_t i = 0; i < count; i++)
        bytes[1 + i] = (uint8_t)(n >> (8 * (count - 1 - i)));
    return count + 1;
}

static void put_unsigned(struct acgp_buf *out, uint64_t n)
{
    uint8_t bytes[9];

    acgp_buf_append(out, bytes, unsigned_bytes(n, bytes));
}

static void put_text(struct acgp_buf *out, const char *text)
{
    put_unsigned(out, strlen(text));
    acgp_buf_text(out, text);
}

/* Put the length of everything behind from in front of it. */
static void put_length_at(struct acgp_buf *out, size_t from)
{
    uint8_t bytes[9];
    size_t len = out->len - from, count = unsigned_bytes(len, bytes);

    if (out->failed || acgp_buf_reserve(out, count) == NULL)
        return;
    memmove(out->data + from + count, out->data + from, len);
    memcpy(out->data + from, bytes, count);
    out->len += count;
}

/* ---- Types ---- */

static void put_type(struct acgp_buf *out, const struct pkr_type *type);

static void put_primitive(struct acgp_buf *out, enum pkr_type_kind kind)
{
    size_t from = 0;

    PUT(out, primitive_definition);
    from = out->len;
    PUT(out, ID_FIRST "\x02");
    put_text(out, NAME_PRIMITIVE);
    PUT(out, ID_SECOND "\x03\x01"); /* 3 bytes: field 1, the kind, end */
    acgp_buf_byte(out, kind == PKR_TYPE_STRING ? 'S' : kind == PKR_TYPE_NUMBER ? 'N' : 'B');
    PUT(out, "\x00\x00");
    put_length_at(out, from);
}

static void put_collection(struct acgp_buf *out, const struct pkr_type *type)
{
    size_t from = 0, value = 0, element = 0;

    if (type->kind == PKR_TYPE_LIST)
        PUT(out, list_definition);
    else
        PUT(out, map_definition);
    PUT(out, self_definition);
    from = out->len;
    PUT(out, ID_FIRST "\x02");
    put_text(out, type->kind == PKR_TYPE_LIST ? NAME_TYPE_LIST : NAME_TYPE_MAP);
    PUT(out, ID_SECOND);
    value = out->len;
    PUT(out, "\x01");
    element = out->len;
    put_type(out, type->element);
    put_length_at(out, element);
    PUT(out, "\x00");
    put_length_at(out, value);
    PUT(out, "\x00");
    put_length_at(out, from);
}

static void put_type(struct acgp_buf *out, const struct pkr_type *type)
{
    PUT(out, envelope_definition);
    if (type->kind == PKR_TYPE_LIST || type->kind == PKR_TYPE_MAP)
        put_collection(out, type);
    else
        put_primitive(out, type->kind);
}

/* ---- Entries ---- */

static void put_entries(struct acgp_buf *out, const struct pkr_spec_object *object);

/* Value of an interface: registered name, type id, then the value with its length in front. */
static void put_attribute(struct acgp_buf *out, const struct pkr_spec_entry *entry)
{
    size_t value = 0, type = 0;

    put_text(out, "*hcldec.AttrSpec");
    PUT(out, ID_SECOND);
    value = out->len;
    PUT(out, "\x01");
    put_text(out, entry->name);
    PUT(out, "\x01");
    type = out->len;
    put_type(out, entry->type);
    put_length_at(out, type);
    if (entry->required)
        PUT(out, "\x01\x01");
    PUT(out, "\x00");
    put_length_at(out, value);
}

static void put_nested(struct acgp_buf *out, const struct pkr_spec_object *object)
{
    size_t value = 0;

    put_text(out, NAME_OBJECT);
    PUT(out, ID_FIRST);
    value = out->len;
    PUT(out, "\x00"); /* not a struct */
    put_entries(out, object);
    put_length_at(out, value);
}

static void put_items(struct acgp_buf *out, const struct pkr_spec_entry *entry)
{
    if (entry->min_items != 0) {
        PUT(out, "\x01");
        put_unsigned(out, (uint64_t)entry->min_items << 1); /* gob's signed form */
    }
    if (entry->max_items != 0) {
        put_unsigned(out, entry->min_items != 0 ? 1 : 2); /* fields are numbered by difference */
        put_unsigned(out, (uint64_t)entry->max_items << 1);
    }
}

static void put_block(struct acgp_buf *out, const struct pkr_spec_entry *entry)
{
    size_t value = 0;

    if (entry->kind == PKR_SPEC_BLOCK) {
        put_text(out, "*hcldec.BlockSpec");
        PUT(out, ID_BLOCK);
    } else {
        put_text(out, "*hcldec.BlockListSpec");
        PUT(out, ID_LIST);
    }
    value = out->len;
    PUT(out, "\x01");
    put_text(out, entry->name);
    PUT(out, "\x01");
    put_nested(out, entry->nested);
    if (entry->kind == PKR_SPEC_BLOCK_LIST)
        put_items(out, entry);
    else if (entry->required)
        PUT(out, "\x01\x01");
    PUT(out, "\x00");
    put_length_at(out, value);
}

static void put_entries(struct acgp_buf *out, const struct pkr_spec_object *object)
{
    put_unsigned(out, object->count);
    for (size_t i = 0; i < object->count && !out->failed; i++) {
        put_text(out, object->entries[i].name);
        if (object->entries[i].kind == PKR_SPEC_ATTR)
            put_attribute(out, &object->entries[i]);
        else
            put_block(out, &object->entries[i]);
    }
}

enum acg_status pkr_gob_encode_spec(const struct pkr_spec_object *spec, struct acgp_buf *out,
                                    struct acg_error *err)
{
    struct acgp_buf made;
    size_t value = 0;
    enum acg_status status = pkr_spec_check(spec, err);

    if (status != ACG_OK)
        return status;
    acgp_buf_init(&made, PKR_SPEC_BYTES_MAX);
    PUT(&made, spec_definitions);
    value = made.len;
    PUT(&made, ID_FIRST "\x00");
    put_entries(&made, spec);
    put_length_at(&made, value);
    if (made.over || made.len > out->max - out->len)
        status =
            acgp_fail(err, ACG_ERR_LIMIT, "configuration spec longer than %zu bytes", PKR_SPEC_BYTES_MAX);
    else if (made.failed || acgp_buf_reserve(out, made.len) == NULL)
        status = acgp_fail_nomem(err);
    else
        acgp_buf_span(out, acgp_buf_view(&made));
    out->failed = false; /* it still holds what it had */
    acgp_buf_done(&made);
    return status;
}
