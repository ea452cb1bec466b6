/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/config_spec.h"

#include "base/error.h"

const struct pkr_type pkr_type_string = {PKR_TYPE_STRING, NULL};
const struct pkr_type pkr_type_number = {PKR_TYPE_NUMBER, NULL};
const struct pkr_type pkr_type_bool = {PKR_TYPE_BOOL, NULL};
const struct pkr_type pkr_type_list_string = {PKR_TYPE_LIST, &pkr_type_string};
const struct pkr_type pkr_type_list_number = {PKR_TYPE_LIST, &pkr_type_number};
const struct pkr_type pkr_type_map_string = {PKR_TYPE_MAP, &pkr_type_string};
const struct pkr_type pkr_type_list_map_string = {PKR_TYPE_LIST, &pkr_type_map_string};

static enum acg_status check_type(const char *name, const struct pkr_type *type, struct acg_error *err)
{
    for (unsigned depth = 0; depth < PKR_SPEC_DEPTH_MAX; depth++) {
        if (type == NULL || type->kind < PKR_TYPE_STRING || type->kind > PKR_TYPE_MAP)
            return acgp_fail(err, ACG_ERR_ARGUMENT, "attribute %s has no type", name);
        if (type->kind < PKR_TYPE_LIST)
            return ACG_OK;
        type = type->element;
    }
    return acgp_fail(err, ACG_ERR_LIMIT, "type of attribute %s nested deeper than %u", name,
                     PKR_SPEC_DEPTH_MAX);
}

static enum acg_status check_object(const struct pkr_spec_object *object, unsigned depth,
                                    struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    if (depth >= PKR_SPEC_DEPTH_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "blocks nested deeper than %u", PKR_SPEC_DEPTH_MAX);
    for (size_t i = 0; i < object->count && status == ACG_OK; i++) {
        const struct pkr_spec_entry *entry = &object->entries[i];

        if (entry->name == NULL || entry->name[0] == '\0')
            return acgp_fail(err, ACG_ERR_ARGUMENT, "entry %zu of a configuration spec has no name", i);
        if (entry->kind == PKR_SPEC_ATTR)
            status = check_type(entry->name, entry->type, err);
        else if (entry->nested == NULL)
            status = acgp_fail(err, ACG_ERR_ARGUMENT, "block %s has no content", entry->name);
        else
            status = check_object(entry->nested, depth + 1, err);
    }
    return status;
}

enum acg_status pkr_spec_check(const struct pkr_spec_object *spec, struct acg_error *err)
{
    return check_object(spec, 0, err);
}
