/* SPDX-License-Identifier: MPL-2.0 */
/* The field table as the shape that Packer reads. */
#include "base/alloc.h"
#include "base/error.h"
#include "spec/arena.h"
#include "spec/fields.h"

struct pkr_config_spec {
    struct pkr_arena arena;
    const struct pkr_spec_object *top;
};

static const struct pkr_type *type_of(enum pkr_field_type type)
{
    switch (type) {
    case PKR_FIELD_NUMBER:
        return &pkr_type_number;
    case PKR_FIELD_BOOL:
        return &pkr_type_bool;
    case PKR_FIELD_TEXTS:
        return &pkr_type_list_string;
    case PKR_FIELD_MAP:
        return &pkr_type_map_string;
    default:
        return &pkr_type_string;
    }
}

/* Blocks nest three deep in the table, so that recursion is bounded by it. */
static struct pkr_spec_object *make_object(struct pkr_arena *arena, const struct pkr_field_group *group,
                                           bool attributes_only)
{
    struct pkr_spec_object *object = pkr_arena_alloc(arena, 1, sizeof *object);
    struct pkr_spec_entry *entries = pkr_arena_alloc(arena, group->count, sizeof *entries);

    if (object == NULL || entries == NULL)
        return NULL;
    object->entries = entries;
    for (size_t i = 0; i < group->count; i++) {
        const struct pkr_field *row = &group->rows[i];
        struct pkr_spec_entry *entry = &entries[object->count];
        if (row->nested != NULL && attributes_only)
            continue;
        entry->name = row->name;
        entry->kind = row->type == PKR_FIELD_BLOCK    ? PKR_SPEC_BLOCK
                      : row->type == PKR_FIELD_BLOCKS ? PKR_SPEC_BLOCK_LIST
                                                      : PKR_SPEC_ATTR;
        if (row->nested == NULL)
            entry->type = type_of(row->type);
        else if ((entry->nested = make_object(arena, row->nested, false)) == NULL)
            return NULL;
        /* Nothing is required of HCL: what is missing is a finding, so that all faults come at once. */
        object->count++;
    }
    return object;
}

enum acg_status pkr_config_spec_new(bool attributes_only, struct pkr_config_spec **out, struct acg_error *err)
{
    struct pkr_config_spec *spec = acgp_alloc(1, sizeof *spec);

    if (spec == NULL)
        return acgp_fail_nomem(err);
    pkr_arena_init(&spec->arena);
    spec->top = make_object(&spec->arena, pkr_fields(), attributes_only);
    if (spec->top == NULL) {
        pkr_config_spec_free(spec);
        return acgp_fail_nomem(err);
    }
    *out = spec;
    return ACG_OK;
}

const struct pkr_spec_object *pkr_config_spec_view(const struct pkr_config_spec *spec)
{
    return spec->top;
}

void pkr_config_spec_free(struct pkr_config_spec *spec)
{
    if (spec == NULL)
        return;
    pkr_arena_done(&spec->arena);
    acgp_free(spec);
}
