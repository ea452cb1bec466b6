/* SPDX-License-Identifier: MPL-2.0 */
/* Disk encryption sets, each by itself, and what only the list of all of them shows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/span.h"
#include "model/names.h"
#include "plan/check.h"

enum { REGIONS_SHOWN = 12 }; /* of one set: more make the point no clearer */

static void check_set_group(struct acgp_check *c)
{
    const char *group = c->opts->disk_encryption_set_resource_group;
    const char *fault = group != NULL ? acgp_name_fault_resource_group(acgp_span(group)) : NULL;

    if (fault != NULL)
        acgp_fault(c, "names", "disk_encryption_set_resource_group", "correct the name", "%s: %s",
                   acgp_shown(group).text, fault);
    else
        c->set_group = group;
}

static char lower_at(const char *text, size_t i)
{
    return acgp_lower(text[i]);
}

static int compare_nocase(const char *a, const char *b)
{
    size_t i = 0;

    while (a[i] != '\0' && lower_at(a, i) == lower_at(b, i))
        i++;
    return (lower_at(a, i) > lower_at(b, i)) - (lower_at(a, i) < lower_at(b, i));
}

static int by_id(const void *a, const void *b)
{
    const struct acgp_named_set *x = a;
    const struct acgp_named_set *y = b;
    int order = compare_nocase(x->id, y->id);

    return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

/* The regions of one set, the first few. */
struct region_list {
    const char *items[REGIONS_SHOWN];
    size_t count;
};

/* @return was the region new? */
static bool add_region(struct region_list *list, const char *region)
{
    for (size_t i = 0; i < list->count; i++) {
        if (acgp_equal(list->items[i], region))
            return false;
    }
    list->items[list->count++] = region;
    return true;
}

static struct acgp_text join_regions(const struct region_list *list)
{
    struct acgp_text text = acgp_text("%s", list->items[0]);

    for (size_t i = 1; i < list->count; i++) {
        size_t len = strlen(text.text);

        snprintf(text.text + len, sizeof text.text - len, ", %s", list->items[i]);
    }
    return text;
}

/* The same set, count times: all in one region? */
static void check_one_region(struct acgp_check *c, const struct acgp_named_set *sets, size_t count)
{
    const struct acgp_named_set *second = NULL;
    struct region_list regions = {.count = 0};

    for (size_t i = 0; i < count && regions.count < REGIONS_SHOWN; i++) {
        bool is_new = sets[i].region != NULL && add_region(&regions, sets[i].region);

        if (is_new && regions.count == 2)
            second = &sets[i];
    }
    if (second != NULL)
        acgp_fault(
            c, "R3", second->field, "name a set of each region itself",
            "%s is named in several regions: %s%s; a disk encryption set works only in the region where it "
            "was made",
            acgp_shown(second->id).text, join_regions(&regions).text,
            regions.count == REGIONS_SHOWN ? ", ..." : "");
}

/* R3, as far as it shows without asking Azure. An edge zone uses the sets of its region. */
static void check_one_region_each(struct acgp_check *c)
{
    size_t begin = 0;

    if (c->set_count == 0)
        return;
    qsort(c->sets, c->set_count, sizeof *c->sets, by_id);
    for (size_t i = 1; i <= c->set_count; i++) {
        if (i < c->set_count && compare_nocase(c->sets[begin].id, c->sets[i].id) == 0)
            continue;
        check_one_region(c, c->sets + begin, i - begin);
        begin = i;
    }
}

/* R12: Azure takes no encryption for a version made from a version. */
static void check_source_kind(struct acgp_check *c)
{
    if (c->any_set && c->source_clear && c->spec->source.kind == ACGP_RESOURCE_IMAGE_VERSION)
        acgp_fault(c, "R12", c->source_field,
                   "publish from a managed image, a virtual machine, or snapshots or disks",
                   "disk encryption sets are named, but the source is a gallery image version; Azure refuses "
                   "encryption for such a source");
}

void acgp_check_encryption(struct acgp_check *c)
{
    const struct acg_publish_options *o = c->opts;
    size_t zones_at = c->spec->place_count - o->edge_zone_count;

    if (c->status != ACG_OK)
        return;
    check_set_group(c);
    for (size_t i = 0; i < o->target_region_count; i++)
        acgp_check_place_sets(c, i, &o->target_regions[i].encryption);
    for (size_t i = 0; i < o->edge_zone_count; i++)
        acgp_check_place_sets(c, zones_at + i, &o->edge_zones[i].encryption);
    if (c->status != ACG_OK)
        return;
    check_one_region_each(c);
    check_source_kind(c);
}
