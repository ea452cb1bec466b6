/* SPDX-License-Identifier: MPL-2.0 */
/** The short forms of regions and edge zones, as `az sig image-version create` takes them. */
#ifndef PKR_ITEMS_H
#define PKR_ITEMS_H

#include <stdbool.h>

#include <acg/options.h>
#include <acg/span.h>

/** REGION[=REPLICAS][=TYPE] or REGION=ZONE[=REPLICAS][=TYPE]; views into the text. */
struct pkr_place_item {
    struct acg_span region;
    struct acg_span zone; /* empty for a region */
    struct acg_optional_int replicas;
    struct acg_span
        storage_type; /* in any case; empty: not given. Whether Azure knows it is not judged here */
};

/** Cut a region's item.
 *  @param out views into text; untouched on failure. @param out_why static text: what is wrong.
 *  @return false: not of that form. */
bool pkr_region_item_parse(struct acg_span text, struct pkr_place_item *out, const char **out_why);
/** Cut an edge zone's item; as pkr_region_item_parse. */
bool pkr_zone_item_parse(struct acg_span text, struct pkr_place_item *out, const char **out_why);
/** Do two names mean the same region? "West US 2" is "westus2". */
bool pkr_same_region(struct acg_span a, struct acg_span b);
/** A logical unit number as text: digits only, no leading zero. */
bool pkr_lun_parse(struct acg_span text, int64_t *out);

#endif
