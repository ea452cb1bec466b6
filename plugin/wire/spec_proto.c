/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/spec_proto.h"

#include <stdint.h>
#include <string.h>

#include "hcl_spec.pb-c.h"

#include "base/alloc.h"
#include "base/error.h"

/* protobuf-c packs from a tree of structs; all of it lives in blocks that are freed together. */
struct block {
    struct block *next;
    max_align_t bytes[];
};

struct maker {
    struct block *blocks;
    bool failed;
};

static void *make(struct maker *m, size_t count, size_t size)
{
    size_t bytes = 0;
    struct block *block = NULL;

    if (!acgp_size_mul(count, size, &bytes) || !acgp_size_add(bytes, sizeof *block, &bytes) ||
        (block = acgp_alloc(1, bytes)) == NULL) {
        m->failed = true;
        return NULL;
    }
    block->next = m->blocks;
    m->blocks = block;
    return block->bytes;
}

static void unmake(struct maker *m)
{
    while (m->blocks != NULL) {
        struct block *block = m->blocks;

        m->blocks = block->next;
        acgp_free(block);
    }
}

/* protobuf-c wants texts that it could write to. */
static char *make_text(struct maker *m, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = make(m, size, 1);

    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

static const char *primitive_name(enum pkr_type_kind kind)
{
    return kind == PKR_TYPE_STRING ? "cty.String" : kind == PKR_TYPE_NUMBER ? "cty.Number" : "cty.Bool";
}

static Acg__Packer__Type *make_type(struct maker *m, const struct pkr_type *type);

static void fill_primitive(struct maker *m, Acg__Packer__Type *out, enum pkr_type_kind kind)
{
    Acg__Packer__Primitive *primitive = make(m, 1, sizeof *primitive);

    if (primitive == NULL)
        return;
    acg__packer__primitive__init(primitive);
    primitive->name = make_text(m, primitive_name(kind));
    out->kind_case = ACG__PACKER__TYPE__KIND_PRIMITIVE;
    out->primitive = primitive;
}

static void fill_list(struct maker *m, Acg__Packer__Type *out, const struct pkr_type *element)
{
    Acg__Packer__List *list = make(m, 1, sizeof *list);

    if (list == NULL)
        return;
    acg__packer__list__init(list);
    list->element = make_type(m, element);
    out->kind_case = ACG__PACKER__TYPE__KIND_LIST;
    out->list = list;
}

static void fill_map(struct maker *m, Acg__Packer__Type *out, const struct pkr_type *element)
{
    Acg__Packer__Map *map = make(m, 1, sizeof *map);

    if (map == NULL)
        return;
    acg__packer__map__init(map);
    map->element = make_type(m, element);
    out->kind_case = ACG__PACKER__TYPE__KIND_MAP;
    out->map = map;
}

static Acg__Packer__Type *make_type(struct maker *m, const struct pkr_type *type)
{
    Acg__Packer__Type *out = make(m, 1, sizeof *out);

    if (out == NULL)
        return NULL;
    acg__packer__type__init(out);
    if (type->kind == PKR_TYPE_LIST)
        fill_list(m, out, type->element);
    else if (type->kind == PKR_TYPE_MAP)
        fill_map(m, out, type->element);
    else
        fill_primitive(m, out, type->kind);
    return out;
}

static Acg__Packer__Spec *make_object(struct maker *m, const struct pkr_spec_object *object);

static void fill_attribute(struct maker *m, Acg__Packer__Spec *out, const struct pkr_spec_entry *entry)
{
    Acg__Packer__Attribute *attribute = make(m, 1, sizeof *attribute);

    if (attribute == NULL)
        return;
    acg__packer__attribute__init(attribute);
    attribute->name = make_text(m, entry->name);
    attribute->type = make_type(m, entry->type);
    attribute->required = entry->required;
    out->shape_case = ACG__PACKER__SPEC__SHAPE_ATTRIBUTE;
    out->attribute = attribute;
}

static void fill_block(struct maker *m, Acg__Packer__Spec *out, const struct pkr_spec_entry *entry)
{
    Acg__Packer__Block *block = make(m, 1, sizeof *block);

    if (block == NULL)
        return;
    acg__packer__block__init(block);
    block->name = make_text(m, entry->name);
    block->required = entry->required;
    block->nested = make_object(m, entry->nested);
    out->shape_case = ACG__PACKER__SPEC__SHAPE_BLOCK;
    out->block = block;
}

static void fill_block_list(struct maker *m, Acg__Packer__Spec *out, const struct pkr_spec_entry *entry)
{
    Acg__Packer__BlockList *list = make(m, 1, sizeof *list);

    if (list == NULL)
        return;
    acg__packer__block_list__init(list);
    list->name = make_text(m, entry->name);
    list->nested = make_object(m, entry->nested);
    out->shape_case = ACG__PACKER__SPEC__SHAPE_BLOCK_LIST;
    out->block_list = list;
}

static Acg__Packer__Spec *make_entry(struct maker *m, const struct pkr_spec_entry *entry)
{
    Acg__Packer__Spec *out = make(m, 1, sizeof *out);

    if (out == NULL)
        return NULL;
    acg__packer__spec__init(out);
    if (entry->kind == PKR_SPEC_ATTR)
        fill_attribute(m, out, entry);
    else if (entry->kind == PKR_SPEC_BLOCK)
        fill_block(m, out, entry);
    else
        fill_block_list(m, out, entry);
    return out;
}

static Acg__Packer__Spec *make_object(struct maker *m, const struct pkr_spec_object *object)
{
    Acg__Packer__Spec *out = make(m, 1, sizeof *out);
    Acg__Packer__Object *made = make(m, 1, sizeof *made);
    Acg__Packer__Object__EntriesEntry **pointers = make(m, object->count, sizeof(void *));
    Acg__Packer__Object__EntriesEntry *entries = make(m, object->count, sizeof *entries);

    if (m->failed)
        return NULL;
    acg__packer__spec__init(out);
    acg__packer__object__init(made);
    out->shape_case = ACG__PACKER__SPEC__SHAPE_OBJECT;
    out->object = made;
    made->entries = pointers;
    for (size_t i = 0; i < object->count && !m->failed; i++) {
        acg__packer__object__entries_entry__init(&entries[i]);
        entries[i].key = make_text(m, object->entries[i].name);
        entries[i].value = make_entry(m, &object->entries[i]);
        pointers[made->n_entries++] = &entries[i];
    }
    return out;
}

enum acg_status pkr_spec_proto_encode(const struct pkr_spec_object *spec, struct acgp_buf *out,
                                      struct acg_error *err)
{
    struct maker m = {0};
    Acg__Packer__Spec *message = NULL;
    char *to = NULL;
    size_t size = 0;
    enum acg_status status = pkr_spec_check(spec, err);

    if (status != ACG_OK)
        return status;
    message = make_object(&m, spec);
    if (m.failed) {
        status = acgp_fail_nomem(err);
        goto out;
    }
    size = acg__packer__spec__get_packed_size(message);
    if (size > PKR_SPEC_BYTES_MAX || size > out->max - out->len) {
        status =
            acgp_fail(err, ACG_ERR_LIMIT, "configuration spec longer than %zu bytes", PKR_SPEC_BYTES_MAX);
        goto out;
    }
    to = acgp_buf_reserve(out, size);
    if (to == NULL) {
        out->failed = false; /* it still holds what it had */
        status = acgp_fail_nomem(err);
        goto out;
    }
    out->len += acg__packer__spec__pack(message, (uint8_t *)to);
    out->data[out->len] = '\0';
out:
    unmake(&m);
    return status;
}
