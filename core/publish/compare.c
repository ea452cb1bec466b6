/* SPDX-License-Identifier: MPL-2.0 */
#include "publish/compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"
#include "model/end_of_life.h"
#include "model/region.h"

enum { DISK_NAME_MAX = 32 };

/* One comparison on its way. */
struct walk {
    const struct acgp_asked *asked;
    const struct acgp_version_doc *doc;
    struct acgp_differences *out;
    bool finished; /* the version is finished: its list of disks counts */
    bool encrypts; /* some disk was asked to have a set */
    bool lenient;  /* sources that the version does not tell are no difference */
};

void acgp_differences_done(struct acgp_differences *d)
{
    for (size_t i = 0; i < d->count; i++)
        acgp_free(d->items[i].text);
    acgp_free(d->items);
    *d = (struct acgp_differences){0};
}

/* text is given; NULL is out of memory */
static void differ(struct walk *w, char *text)
{
    struct acgp_differences *d = w->out;
    void *items = d->items;

    for (size_t i = 0; text != NULL && i < d->count; i++) {
        if (strcmp(d->items[i].text, text) == 0) {
            d->items[i].now = true;
            acgp_free(text);
            return;
        }
    }
    if (text != NULL && d->count == ACGP_DIFFERENCES_MAX) {
        acgp_free(text);
        return;
    }
    if (text == NULL ||
        !acgp_grow(&items, &d->capacity, d->count + 1, ACGP_DIFFERENCES_MAX, sizeof d->items[0])) {
        acgp_free(text);
        d->failed = true;
        return;
    }
    d->items = items;
    d->items[d->count++] = (struct acgp_difference){.text = text, .now = true};
}

/* What the newest reading does not show any more is no difference; the rest has been seen once more. */
static size_t settle(struct acgp_differences *d)
{
    size_t kept = 0;

    for (size_t i = 0; i < d->count; i++) {
        if (!d->items[i].now) {
            acgp_free(d->items[i].text);
            continue;
        }
        d->items[i].now = false;
        d->items[i].seen++;
        d->items[kept++] = d->items[i];
    }
    d->count = kept;
    return kept;
}

static const char *or_none(const char *text)
{
    return text && text[0] ? text : NULL;
}

/* "eastus2", "microsoftlosangeles1@westus" */
static char *place_name(const struct acgp_place *place)
{
    return place->zone ? acgp_printf("%s@%s", place->zone, place->region) : acgp_strdup(place->region);
}

static void differ_at(struct walk *w, const struct acgp_place *place, const char *what, const char *asked,
                      const char *found)
{
    char *name = place_name(place);
    const char *quote_asked = asked ? "'" : "", *quote_found = found ? "'" : "";

    differ(w, name ? acgp_printf("%s, %s: asked %s%s%s, found %s%s%s", name, what, quote_asked,
                                 asked ? asked : "none", quote_asked, quote_found, found ? found : "none",
                                 quote_found)
                   : NULL);
    acgp_free(name);
}

static void compare_set(struct walk *w, const struct acgp_place *place, const char *what, const char *asked,
                        const char *found)
{
    asked = or_none(asked);
    found = or_none(found);
    if (asked == NULL ? found != NULL : !acgp_resource_id_equal(asked, found))
        differ_at(w, place, what, asked, found);
}

static void disk_name(bool os, int64_t lun, char *out, size_t size)
{
    if (os)
        snprintf(out, size, "OS disk");
    else
        snprintf(out, size, "LUN %" PRId64, lun);
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
static void compare_unnamed(struct walk *w, const struct acgp_covered_place *covered,
                            const struct acgp_doc_place *found, bool os, int64_t lun)
{
    const char *every = covered->place->encryption.every_disk_id;
    const char *set = or_none(found_set(found, os, lun));
    char disk[DISK_NAME_MAX];
    bool platform = on_platform_key(w->asked->spec, os, lun);

    if (covered_disk(covered, os, lun) != NULL)
        return;
    disk_name(os, lun, disk, sizeof disk);
    if (platform || every != NULL || set != NULL) {
        compare_set(w, covered->place, disk, platform ? NULL : every, set);
    } else if (w->encrypts) {
        char *name = place_name(covered->place);
        differ(w, name ? acgp_printf("%s, %s: nobody named this disk; asked: every disk encrypted, found no "
                                     "disk encryption set",
                                     name, disk)
                       : NULL);
        acgp_free(name);
    }
}

/* A set on a LUN that neither the request nor the version's own list of disks has. */
static void compare_strays(struct walk *w, const struct acgp_covered_place *covered,
                           const struct acgp_doc_place *found)
{
    const struct acgp_doc_data_set *sets = acgp_doc_data_sets(&found->encryption.data);
    const struct acgp_doc_data_disk *disks = acgp_doc_data_disks(&w->doc->data_disks);

    for (size_t i = 0; i < found->encryption.data.count; i++) {
        char disk[DISK_NAME_MAX];
        bool listed = !sets[i].lun.set || covered_disk(covered, false, sets[i].lun.value) != NULL;
        for (size_t k = 0; w->finished && !listed && k < w->doc->data_disks.count; k++)
            listed = disks[k].lun.set && disks[k].lun.value == sets[i].lun.value;
        if (listed)
            continue;
        disk_name(false, sets[i].lun.value, disk, sizeof disk);
        compare_set(w, covered->place, disk, NULL, sets[i].set_id);
    }
}

static void compare_encryption(struct walk *w, const struct acgp_covered_place *covered,
                               const struct acgp_doc_place *found)
{
    const struct acgp_place *place = covered->place;
    const struct acgp_doc_data_disk *disks = acgp_doc_data_disks(&w->doc->data_disks);

    for (size_t i = 0; i < covered->disk_count; i++) {
        const struct acgp_covered_disk *d = &covered->disks[i];
        char disk[DISK_NAME_MAX];
        disk_name(d->disk.os, d->disk.lun, disk, sizeof disk);
        compare_set(w, place, disk, d->set_id, found_set(found, d->disk.os, d->disk.lun));
    }
    if (w->finished && w->doc->os_disk)
        compare_unnamed(w, covered, found, true, 0);
    for (size_t i = 0; w->finished && i < w->doc->data_disks.count; i++)
        if (disks[i].lun.set)
            compare_unnamed(w, covered, found, false, disks[i].lun.value);
    compare_strays(w, covered, found);
    if (!acgp_equal_nocase(or_none(place->encryption.cvm_type), or_none(found->encryption.cvm_type)))
        differ_at(w, place, "confidential VM encryption type", place->encryption.cvm_type,
                  or_none(found->encryption.cvm_type));
    compare_set(w, place, "secure VM disk encryption set", place->encryption.secure_vm_id,
                found->encryption.secure_vm_set_id);
}

/* What a place was asked to have when it says nothing itself: the version's own; but an edge zone that is not
 * told gets StandardSSD_LRS from Azure whatever the version says. */
static void compare_storage(struct walk *w, const struct acgp_place *place,
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
        differ_at(w, place, "storage account type", asked, there);
}

static void compare_replicas(struct walk *w, const struct acgp_place *place,
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
    differ(w,
           name ? acgp_printf("%s, replicas: asked %" PRId64 ", found %" PRId64, name, asked, there) : NULL);
    acgp_free(name);
}

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

static void compare_exclude(struct walk *w, const struct acgp_place *place, enum acg_tristate asked,
                            enum acg_tristate there)
{
    bool want = asked == ACG_TRUE, have = there == ACG_TRUE; /* left out means false */

    if (asked == ACG_UNSET || want == have)
        return;
    if (place != NULL)
        differ_at(w, place, "exclude from latest", truth(want), truth(have));
    else
        differ(w, acgp_printf("exclude from latest: asked %s, found %s", truth(want), truth(have)));
}

static bool same_place(const struct acgp_place *place, const struct acgp_doc_place *found)
{
    return acgp_region_equal(place->region, found->name ? found->name : "") &&
           (place->zone == NULL || acgp_equal_nocase(place->zone, found->zone));
}

static bool left_out(const struct walk *w, size_t place)
{
    return w->asked->left_out != NULL && w->asked->left_out[place];
}

static void compare_place(struct walk *w, const struct acgp_covered_place *covered)
{
    const struct acgp_place *place = covered->place;
    const struct acgp_json_list *list = place->zone ? &w->doc->zones : &w->doc->regions;
    const struct acgp_doc_place *items = acgp_doc_places(list), *found = NULL;

    for (size_t i = 0; i < list->count && found == NULL; i++)
        if (same_place(place, &items[i]))
            found = &items[i];
    if (found == NULL) {
        char *name = place_name(place);
        differ(w, name ? acgp_printf("%s: asked, but the version is not published there", name) : NULL);
        acgp_free(name);
        return;
    }
    if (!w->asked->lasting_only) {
        compare_replicas(w, place, found);
        compare_exclude(w, place, place->exclude_from_latest, found->exclude_from_latest);
    }
    compare_storage(w, place, found);
    compare_encryption(w, covered, found);
}

/* Places that the version has and nobody asked for. */
static void compare_extra(struct walk *w, const struct acgp_json_list *list, bool zones)
{
    const struct acgp_doc_place *items = acgp_doc_places(list);
    const struct acgp_coverage *coverage = w->asked->coverage;

    for (size_t i = 0; i < list->count; i++) {
        bool asked = false;
        for (size_t k = 0; k < coverage->place_count && !asked; k++)
            asked = (coverage->places[k].place->zone != NULL) == zones && !left_out(w, k) &&
                    same_place(coverage->places[k].place, &items[i]);
        if (!asked)
            differ(w, acgp_printf("%s%s%s: not asked for, but the version is published there",
                                  zones && items[i].zone ? items[i].zone : "",
                                  zones && items[i].zone ? "@" : "", items[i].name ? items[i].name : "?"));
    }
}

static void compare_end_of_life(struct walk *w)
{
    const char *asked_text = w->asked->spec->end_of_life, *found_text = w->doc->end_of_life;
    struct acgp_end_of_life asked, found;

    if (asked_text == NULL || (w->asked->adopted && w->asked->spec->end_of_life_relative))
        return;
    if (found_text == NULL || !acgp_end_of_life_parse(acgp_span(asked_text), 0, &asked) ||
        !acgp_end_of_life_parse(acgp_span(found_text), 0, &found) || asked.unix_s != found.unix_s)
        differ(w, acgp_printf("end of life date: asked %s, found %s", asked_text,
                              found_text ? found_text : "none"));
}

static void compare_version(struct walk *w)
{
    const struct acgp_publish_spec *spec = w->asked->spec;
    const struct acgp_version_doc *doc = w->doc;

    if (!acgp_region_equal(w->asked->location, doc->location ? doc->location : ""))
        differ(w, acgp_printf("location: asked %s, found %s", w->asked->location,
                              doc->location ? doc->location : "none"));
    if (!w->asked->lasting_only) {
        compare_exclude(w, NULL, spec->exclude_from_latest, doc->exclude_from_latest);
        compare_end_of_life(w);
    }
    /* not every api-version shows the mode again: only a word that says otherwise counts */
    if (spec->replication_mode != NULL && doc->replication_mode != NULL &&
        !acgp_equal_nocase(spec->replication_mode, doc->replication_mode))
        differ(w, acgp_printf("replication mode: asked %s, found %s", spec->replication_mode,
                              doc->replication_mode));
}

/* Data disks that the source had when it was read, and the finished version has not. */
static void compare_disks(struct walk *w)
{
    const struct acgp_coverage *coverage = w->asked->coverage;
    const struct acgp_doc_data_disk *disks = acgp_doc_data_disks(&w->doc->data_disks);
    bool lists = w->doc->os_disk || w->doc->data_disks.count != 0;

    for (size_t i = 0; lists && coverage->place_count != 0 && i < coverage->places[0].disk_count; i++) {
        const struct acgp_disk *d = &coverage->places[0].disks[i].disk;
        bool listed = d->os;
        for (size_t k = 0; k < w->doc->data_disks.count && !listed; k++)
            listed = disks[k].lun.set && disks[k].lun.value == d->lun;
        if (!listed)
            differ(w, acgp_printf("LUN %" PRId32 ": asked, but the version has no such data disk", d->lun));
    }
}

static void compare_source_id(struct walk *w, const char *what, const char *asked, const char *found)
{
    if (asked != NULL && !(w->lenient && found == NULL) && !acgp_resource_id_equal(asked, found))
        differ(w, acgp_printf("%s: asked '%s', found '%s'", what, asked, found ? found : "none"));
}

static const struct acgp_doc_data_disk *doc_disk(const struct acgp_version_doc *doc, int64_t lun)
{
    static const struct acgp_doc_data_disk none = {0};
    const struct acgp_doc_data_disk *disks = acgp_doc_data_disks(&doc->data_disks);

    for (size_t i = 0; i < doc->data_disks.count; i++)
        if (disks[i].lun.set && disks[i].lun.value == lun)
            return &disks[i];
    return &none;
}

static void compare_source(struct walk *w)
{
    const struct acgp_source_spec *source = &w->asked->spec->source;
    const char *whole = w->doc->source_vm_id ? w->doc->source_vm_id : w->doc->source_id;

    compare_source_id(w, "source", source->id, whole);
    compare_source_id(w, "OS disk source", source->os_id, w->doc->os_source_id);
    if (source->os_vhd_uri != NULL && !(w->lenient && w->doc->os_source_uri == NULL) &&
        !acgp_equal(source->os_vhd_uri, w->doc->os_source_uri))
        differ(w, acgp_strdup("OS disk source: another VHD"));
    for (size_t i = 0; i < source->data_count; i++) {
        const struct acgp_data_source *d = &source->data[i];
        const struct acgp_doc_data_disk *found = doc_disk(w->doc, d->lun);
        char disk[DISK_NAME_MAX];
        disk_name(false, d->lun, disk, sizeof disk);
        compare_source_id(w, disk, d->id, found->source_id);
        if (d->vhd_uri != NULL && !(w->lenient && found->source_uri == NULL) &&
            !acgp_equal(d->vhd_uri, found->source_uri))
            differ(w, acgp_printf("%s: another VHD", disk));
    }
}

static void compare_tags(struct walk *w)
{
    const struct acgp_publish_spec *spec = w->asked->spec;

    for (size_t i = 0; i < spec->tag_count; i++)
        if (!acgp_equal(spec->tags[i].value, acgp_version_doc_tag(w->doc, spec->tags[i].name)))
            differ(w, acgp_printf("tag '%s': another value", spec->tags[i].name));
}

static void walk_all(struct walk *w)
{
    const struct acgp_coverage *coverage = w->asked->coverage;

    w->encrypts = acgp_publish_spec_encrypts(w->asked->spec);
    compare_version(w);
    for (size_t i = 0; i < coverage->place_count; i++)
        if (!left_out(w, i))
            compare_place(w, &coverage->places[i]);
    if (w->asked->others_stay)
        return;
    compare_extra(w, &w->doc->regions, false);
    compare_extra(w, &w->doc->zones, true);
}

size_t acgp_compare_proof(const struct acgp_asked *asked, const struct acgp_version_doc *doc,
                          struct acgp_differences *out)
{
    struct walk w = {.asked = asked, .doc = doc, .out = out, .finished = true};

    walk_all(&w);
    compare_disks(&w);
    return settle(out);
}

size_t acgp_compare_content(const struct acgp_asked *asked, const struct acgp_version_doc *doc,
                            struct acgp_differences *out)
{
    struct walk w = {.asked = asked, .doc = doc, .out = out};

    walk_all(&w);
    compare_source(&w);
    compare_tags(&w);
    return settle(out);
}

size_t acgp_compare_existing(const struct acgp_asked *asked, const struct acgp_version_doc *doc,
                             struct acgp_differences *out)
{
    bool finished = acgp_equal_nocase(doc->provisioning_state, "Succeeded");
    struct walk w = {.asked = asked, .doc = doc, .out = out, .finished = finished, .lenient = true};

    walk_all(&w);
    compare_source(&w);
    if (finished)
        compare_disks(&w);
    return settle(out);
}
