/* SPDX-License-Identifier: MPL-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arm/operation_doc.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"
#include "model/end_of_life.h"
#include "model/region.h"
#include "publish/comparison.h"

void acgp_differences_done(struct acgp_differences *d)
{
    for (size_t i = 0; i < d->count; i++)
        acgp_free(d->items[i].text);
    acgp_free(d->items);
    *d = (struct acgp_differences){0};
}

/* text is given; NULL is out of memory */
void acgp_differ(struct acgp_comparison *w, char *text)
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

void acgp_disk_name(bool os, int64_t lun, char *out, size_t size)
{
    if (os)
        snprintf(out, size, "OS disk");
    else
        snprintf(out, size, "LUN %" PRId64, lun);
}

static void compare_end_of_life(struct acgp_comparison *w)
{
    const char *asked_text = w->asked->spec->end_of_life, *found_text = w->doc->end_of_life;
    struct acgp_end_of_life asked, found;

    if (asked_text == NULL || (w->asked->adopted && w->asked->spec->end_of_life_relative))
        return;
    if (found_text == NULL || !acgp_end_of_life_parse(acgp_span(asked_text), 0, &asked) ||
        !acgp_end_of_life_parse(acgp_span(found_text), 0, &found) || asked.unix_s != found.unix_s)
        acgp_differ(w, acgp_printf("end of life date: asked %s, found %s", asked_text,
                                   found_text ? found_text : "none"));
}

static void compare_version(struct acgp_comparison *w)
{
    const struct acgp_publish_spec *spec = w->asked->spec;
    const struct acgp_version_doc *doc = w->doc;

    if (w->finished && w->asked->ends_well && acgp_operation_failed(doc->provisioning_state))
        acgp_differ(w, acgp_printf("the version is %s in Azure", doc->provisioning_state));
    if (!acgp_region_equal(w->asked->location, doc->location ? doc->location : ""))
        acgp_differ(w, acgp_printf("location: asked %s, found %s", w->asked->location,
                                   doc->location ? doc->location : "none"));
    if (!w->asked->lasting_only) {
        acgp_compare_exclude(w, NULL, spec->exclude_from_latest, doc->exclude_from_latest);
        compare_end_of_life(w);
    }
    /* not every api-version shows the mode again: only a word that says otherwise counts */
    if (spec->replication_mode != NULL && doc->replication_mode != NULL &&
        !acgp_equal_nocase(spec->replication_mode, doc->replication_mode))
        acgp_differ(w, acgp_printf("replication mode: asked %s, found %s", spec->replication_mode,
                                   doc->replication_mode));
}

/* Data disks that the source had when it was read, and the finished version has not. */
static void compare_disks(struct acgp_comparison *w)
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
            acgp_differ(w,
                        acgp_printf("LUN %" PRId32 ": asked, but the version has no such data disk", d->lun));
    }
}

static void compare_source_id(struct acgp_comparison *w, const char *what, const char *asked,
                              const char *found)
{
    if (asked != NULL && !(w->lenient && found == NULL) && !acgp_resource_id_equal(asked, found))
        acgp_differ(w, acgp_printf("%s: asked '%s', found '%s'", what, asked, found ? found : "none"));
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

static void compare_source(struct acgp_comparison *w)
{
    const struct acgp_source_spec *source = &w->asked->spec->source;
    const char *whole = w->doc->source_vm_id ? w->doc->source_vm_id : w->doc->source_id;

    compare_source_id(w, "source", source->id, whole);
    compare_source_id(w, "OS disk source", source->os_id, w->doc->os_source_id);
    if (source->os_vhd_uri != NULL && !(w->lenient && w->doc->os_source_uri == NULL) &&
        !acgp_equal(source->os_vhd_uri, w->doc->os_source_uri))
        acgp_differ(w, acgp_strdup("OS disk source: another VHD"));
    for (size_t i = 0; i < source->data_count; i++) {
        const struct acgp_data_source *d = &source->data[i];
        const struct acgp_doc_data_disk *found = doc_disk(w->doc, d->lun);
        char disk[ACGP_DISK_NAME_MAX];
        acgp_disk_name(false, d->lun, disk, sizeof disk);
        compare_source_id(w, disk, d->id, found->source_id);
        if (d->vhd_uri != NULL && !(w->lenient && found->source_uri == NULL) &&
            !acgp_equal(d->vhd_uri, found->source_uri))
            acgp_differ(w, acgp_printf("%s: another VHD", disk));
    }
}

static void compare_tags(struct acgp_comparison *w)
{
    const struct acgp_publish_spec *spec = w->asked->spec;

    for (size_t i = 0; i < spec->tag_count; i++)
        if (!acgp_equal(spec->tags[i].value, acgp_version_doc_tag(w->doc, spec->tags[i].name)))
            acgp_differ(w, acgp_printf("tag '%s': another value", spec->tags[i].name));
}

static void walk_all(struct acgp_comparison *w)
{
    w->encrypts = acgp_publish_spec_encrypts(w->asked->spec);
    compare_version(w);
    acgp_compare_places(w);
}

size_t acgp_compare_proof(const struct acgp_asked *asked, const struct acgp_version_doc *doc,
                          struct acgp_differences *out)
{
    struct acgp_comparison w = {.asked = asked, .doc = doc, .out = out, .finished = true};

    walk_all(&w);
    compare_disks(&w);
    return settle(out);
}

size_t acgp_compare_content(const struct acgp_asked *asked, const struct acgp_version_doc *doc,
                            struct acgp_differences *out)
{
    struct acgp_comparison w = {.asked = asked, .doc = doc, .out = out};

    walk_all(&w);
    compare_source(&w);
    compare_tags(&w);
    return settle(out);
}

size_t acgp_compare_existing(const struct acgp_asked *asked, const struct acgp_version_doc *doc,
                             struct acgp_differences *out)
{
    bool finished = acgp_equal_nocase(doc->provisioning_state, "Succeeded");
    struct acgp_comparison w = {
        .asked = asked, .doc = doc, .out = out, .finished = finished, .lenient = true};

    walk_all(&w);
    compare_source(&w);
    if (finished)
        compare_disks(&w);
    return settle(out);
}
