/* SPDX-License-Identifier: MPL-2.0 */
/* --target-regions and --target-edge-zones. */
#include <stdio.h>

#include "base/error.h"
#include "base/span.h"
#include "cli/az_state.h"
#include "spec/items.h"

/** Longest path or name of an item, bytes. */
enum { PATH_BYTES = 96 };

static enum acg_status fill(struct pkr_az *az, json_t *place, const struct pkr_place_item *item)
{
    enum acg_status status = ACG_OK;

    if (item->zone.len > 0) {
        status = pkr_az_set_text(az, place, "region", item->region);
        if (status == ACG_OK)
            status = pkr_az_set_text(az, place, "name", item->zone);
    } else {
        status = pkr_az_set_text(az, place, "name", item->region);
    }
    if (status == ACG_OK && item->replicas.set)
        status = pkr_az_set(az, place, "replicas", json_integer(item->replicas.value));
    if (status == ACG_OK && item->storage_type.len > 0)
        status = pkr_az_set_text(az, place, "storage_account_type", item->storage_type);
    return status;
}

/* A faulty item leaves an empty place behind: the others keep their numbers. */
static enum acg_status take_place(struct pkr_az *az, json_t *list, const struct pkr_given *given, size_t i)
{
    bool zone = given->option->id == PKR_OPT_EDGE_ZONES;
    const char *word = given->values[i], *why = NULL;
    struct pkr_place_item item = {.region = {NULL, 0}};
    char path[PATH_BYTES], theirs[PATH_BYTES];
    json_t *place = json_object();

    if (place == NULL || json_array_append_new(list, place) != 0)
        return acgp_fail_nomem(az->err);
    snprintf(path, sizeof path, "%s[%zu]", given->option->field, i);
    snprintf(theirs, sizeof theirs, "%s item %zu", given->option->name, i + 1);
    enum acg_status status = pkr_az_rename(az, theirs, "%s", path);
    if (status != ACG_OK)
        return status;
    if (zone ? pkr_zone_item_parse(acgp_span(word), &item, &why)
             : pkr_region_item_parse(acgp_span(word), &item, &why))
        return fill(az, place, &item);
    return pkr_az_fault(az, path,
                        zone
                            ? "write REGION=ZONE[=REPLICAS][=TYPE], for example westus=microsoftlosangeles1=1"
                            : "write REGION[=REPLICAS][=TYPE], for example westus=2=standard_lrs",
                        "is \"%s\": %s", word, why);
}

static enum acg_status take_places(struct pkr_az *az, enum pkr_option_id id, json_t **out)
{
    const struct pkr_given *given = pkr_words_find(az->words, id);
    enum acg_status status = ACG_OK;

    if (given == NULL)
        return ACG_OK;
    *out = pkr_az_list(az->root, given->option->field);
    if (*out == NULL)
        return acgp_fail_nomem(az->err);
    if (id == PKR_OPT_EDGE_ZONES && given->count == 1 && acgp_equal_nocase(given->values[0], "None"))
        return ACG_OK; /* az's word for an empty list */
    for (size_t i = 0; i < given->count && status == ACG_OK; i++)
        status = take_place(az, *out, given, i);
    return status;
}

enum acg_status pkr_az_places(struct pkr_az *az)
{
    enum acg_status status = take_places(az, PKR_OPT_TARGET_REGIONS, &az->regions);
    return status == ACG_OK ? take_places(az, PKR_OPT_EDGE_ZONES, &az->zones) : status;
}
