/* SPDX-License-Identifier: MPL-2.0 */
/* One place of a version: its encryption, disk by disk, its storage and its replicas. */
#include <inttypes.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"
#include "model/region.h"
#include "publish/comparison.h"

static const char *or_none(const char *text)
{
    return text && text[0] ? text : NULL;
}

/* "eastus2", "microsoftlosangeles1@westus" */
static char *place_name(const struct acgp_place *place)
{
    return place->zone ? acgp_printf("%s@%s", place->zone, place->region) : acgp_strdup(place->region);
}

void acgp_differ_at(struct acgp_comparison *w, const struct acgp_place *place, const char *what,
                    const char *asked, const char *found)
{
    char *name = place_name(place);
    const char *quote_asked = asked ? "'" : "", *quote_found = found ? "'" : "";

    acgp_differ(w, name ? acgp_printf("%s, %s: asked %s%s%s, found %s%s%s", name, what, quote_asked,
                                      asked ? asked : "none", quote_asked, quote_found,
                                      found ? found : "none", quote_found)
                        : NULL);
    acgp_free(name);
}

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

void acgp_compare_exclude(struct acgp_comparison *w, const struct acgp_place *place, enum acg_tristate asked,
                          enum acg_tristate there)
{
    bool want = asked == ACG_TRUE, have = there == ACG_TRUE; /* left out means false */

    if (asked == ACG_UNSET || want == have)
        return;
    if (place != NULL)
        acgp_differ_at(w, place, "exclude from latest", truth(want), truth(have));
    else
        acgp_differ(w, acgp_printf("exclude from latest: asked %s, found %s", truth(want), truth(have)));
}

static void compare_set(struct acgp_comparison *w, const struct acgp_place *place, const char *what,
                        const char *asked, const char *found)
{
    asked = or_none(asked);
    found = or_none(found);
    if (asked == NULL ? found != NULL : !acgp_resource_id_equal(asked, found))
        acgp_differ_at(w, place, what, asked, found);
}

/* The set that the document shows for a disk of a place. */
static const char *found_set(const struct acgp_doc_place *found, bool os, int64_t lun)
{
    const struct acgp_doc_data_set *sets = acgp_doc_data_sets(&found->encryption.data);

    if (os)
        return found->encryption.os_set_id;
    for (size_t i = 0; i < found->encryption.data.count; i++)
        if (sets[i].lun.set && sets[i].lun.value == lun)
            return sets[i].set_id;
    return NULL;
}

static const struct acgp_covered_disk *covered_disk(const struct acgp_covered_place *covered, bool os,
                                                    int64_t lun)
{
    for (size_t i = 0; i < covered->disk_count; i++)
        if (covered->disks[i].disk.os == os && (os || covered->disks[i].disk.lun == lun))
            return &covered->disks[i];
    return NULL;
}

static bool on_platform_key(const struct acgp_publish_spec *spec, bool os, int64_t lun)
{
    for (size_t i = 0; i < spec->platform_key_disk_count; i++)
        if (spec->platform_key_disks[i].os == os && (os || spec->platform_key_disks[i].lun == lun))
            return true;
    return false;
}

/* A disk that the finished version lists although the request did not know of it. */
static void compare_unnamed(struct acgp_comparison *w, const struct acgp_covered_place *covered,
                            const struct acgp_doc_place *found, bool os, int64_t lun)
{
    const char *every = covered->place->encryption.every_disk_id;
    const char *set = or_none(found_set(found, os, lun));
    char disk[ACGP_DISK_NAME_MAX];
    bool platform = on_platform_key(w->asked->spec, os, lun);

    if (covered_disk(covered, os, lun) != NULL)
        return;
    acgp_disk_name(os, lun, disk, sizeof disk);
    if (platform || every != NULL || set != NULL) {
        compare_set(w, covered->place, disk, platform ? NULL : every, set);
    } else if (w->encrypts) {
        char *name = place_name(covered->place);
        acgp_differ(
            w, name ? acgp_printf("%s, %s: nobody named this disk; asked: every disk encrypted, found no "
                                  "disk encryption set",
                                  name, disk)
                    : NULL);
        acgp_free(name);
    }
}

/* A set on a LUN that neither the request nor the version's own list of disks has. */
static void compare_strays(struct acgp_comparison *w, const struct acgp_covered_place *covered,
                           const struct acgp_doc_place *found)
{
    const struct acgp_doc_data_set *sets = acgp_doc_data_sets(&found->encryption.data);
    const struct acgp_doc_data_disk *disks = acgp_doc_data_disks(&w->doc->data_disks);

    for (size_t i = 0; i < found->encryption.data.count; i++) {
        char disk[ACGP_DISK_NAME_MAX];
        bool listed = !sets[i].lun.set || covered_disk(covered, false, sets[i].lun.value) != NULL;
        for (size_t k = 0; w->finished && !listed && k < w->doc->data_disks.count; k++)
            listed = disks[k].lun.set && disks[k].lun.value == sets[i].lun.value;
        if (listed)
            continue;
        acgp_disk_name(false, sets[i].lun.value, disk, sizeof disk);
        compare_set(w, covered->place, disk, NULL, sets[i].set_id);
    }
}

static void compare_encryption(struct acgp_comparison *w, const struct acgp_covered_place *covered,
                               const struct acgp_doc_place *found)
{
    const struct acgp_place *place = covered->place;
    const struct acgp_doc_data_disk *disks = acgp_doc_data_disks(&w->doc->data_disks);

    for (size_t i = 0; i < covered->disk_count; i++) {
        const struct acgp_covered_disk *d = &covered->disks[i];
        char disk[ACGP_DISK_NAME_MAX];
        acgp_disk_name(d->disk.os, d->disk.lun, disk, sizeof disk);
        compare_set(w, place, disk, d->set_id, found_set(found, d->disk.os, d->disk.lun));
    }
    if (w->finished && w->doc->os_disk)
        compare_unnamed(w, covered, found, true, 0);
    for (size_t i = 0; w->finished && i < w->doc->data_disks.count; i++)
        if (disks[i].lun.set)
            compare_unnamed(w, covered, found, false, disks[i].lun.value);
    compare_strays(w, covered, found);
    if (!acgp_equal_nocase(or_none(place->encryption.cvm_type), or_none(found->encryption.cvm_type)))
        acgp_differ_at(w, place, "confidential VM encryption type", place->encryption.cvm_type,
                       or_none(found->encryption.cvm_type));
    compare_set(w, place, "secure VM disk encryption set", place->encryption.secure_vm_id,
                found->encryption.secure_vm_set_id);
}

/* What a place was asked to have when it says nothing itself: the version's own; but an edge zone that is not
 * told gets StandardSSD_LRS from Azure whatever the version says. */
static void compare_storage(struct acgp_comparison *w, const struct acgp_place *place,
                            const struct acgp_doc_place *found)
{
    const struct acgp_publish_spec *spec = w->asked->spec;
    const char *asked = place->storage_type;
    const char *there = or_none(found->storage_type);

    if (asked == NULL && place->zone == NULL)
        asked = spec->storage_type;
    if (there == NULL && place->zone == NULL)
        there = or_none(w->doc->storage_type);
    if (asked != NULL && !acgp_equal_nocase(asked, there))
        acgp_differ_at(w, place, "storage account type", asked, there);
}

static void compare_replicas(struct acgp_comparison *w, const struct acgp_place *place,
                             const struct acgp_doc_place *found)
{
    int64_t asked = place->replicas ? place->replicas : w->asked->spec->replica_count;
    int64_t there = found->replicas.set         ? found->replicas.value
                    : w->doc->replica_count.set ? w->doc->replica_count.value
                                                : 1;
    char *name = NULL;

    if (asked == 0 || asked == there)
        return;
    name = place_name(place);
    acgp_differ(w, name ? acgp_printf("%s, replicas: asked %" PRId64 ", found %" PRId64, name, asked, there)
                        : NULL);
    acgp_free(name);
}

static bool same_place(const struct acgp_place *place, const struct acgp_doc_place *found)
{
    return acgp_region_equal(place->region, found->name ? found->name : "") &&
           (place->zone == NULL || acgp_equal_nocase(place->zone, found->zone));
}

static bool left_out(const struct acgp_comparison *w, size_t place)
{
    return w->asked->left_out != NULL && w->asked->left_out[place];
}

static void compare_place(struct acgp_comparison *w, const struct acgp_covered_place *covered)
{
    const struct acgp_place *place = covered->place;
    const struct acgp_json_list *list = place->zone ? &w->doc->zones : &w->doc->regions;
    const struct acgp_doc_place *items = acgp_doc_places(list), *found = NULL;

    for (size_t i = 0; i < list->count && found == NULL; i++)
        if (same_place(place, &items[i]))
            found = &items[i];
    if (found == NULL) {
        char *name = place_name(place);
        acgp_differ(w, name ? acgp_printf("%s: asked, but the version is not published there", name) : NULL);
        acgp_free(name);
        return;
    }
    if (!w->asked->lasting_only) {
        compare_replicas(w, place, found);
        acgp_compare_exclude(w, place, place->exclude_from_latest, found->exclude_from_latest);
    }
    compare_storage(w, place, found);
    compare_encryption(w, covered, found);
}

/* Places that the version has and nobody asked for. */
static void compare_extra(struct acgp_comparison *w, const struct acgp_json_list *list, bool zones)
{
    const struct acgp_doc_place *items = acgp_doc_places(list);
    const struct acgp_coverage *coverage = w->asked->coverage;

    for (size_t i = 0; i < list->count; i++) {
        bool asked = false;
        for (size_t k = 0; k < coverage->place_count && !asked; k++)
            asked = (coverage->places[k].place->zone != NULL) == zones && !left_out(w, k) &&
                    same_place(coverage->places[k].place, &items[i]);
        if (!asked)
            acgp_differ(w,
                        acgp_printf("%s%s%s: not asked for, but the version is published there",
                                    zones && items[i].zone ? items[i].zone : "",
                                    zones && items[i].zone ? "@" : "", items[i].name ? items[i].name : "?"));
    }
}

/* Every place that was asked for, and those that nobody asked for. */
void acgp_compare_places(struct acgp_comparison *w)
{
    const struct acgp_coverage *coverage = w->asked->coverage;

    for (size_t i = 0; i < coverage->place_count; i++)
        if (!left_out(w, i))
            compare_place(w, &coverage->places[i]);
    if (w->asked->others_stay)
        return;
    compare_extra(w, &w->doc->regions, false);
    compare_extra(w, &w->doc->zones, true);
}
