/* SPDX-License-Identifier: MPL-2.0 */
#include "plan/coverage.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "plan/check.h"

enum { LIST_TEXT_MAX = 8 * 1024 }; /* bytes of a list of disks in a finding: some hundreds of them */

/* What is laid over what: the arguments of acgp_coverage_make. */
struct given {
    const struct acgp_publish_spec *spec;
    const struct acgp_place *places;
    size_t place_count;
    const int32_t *luns;
    size_t lun_count;
    bool luns_known;
};

/* The work: what is laid, over which disks, with which doubts. */
struct laying {
    const struct given *in;
    struct acg_findings *findings;
    struct acgp_disk *disks; /* the universe: OS disk, then data disks by LUN */
    size_t disk_count;
    struct acgp_doubt *doubts; /* own copy: R6 adds to it */
    struct acgp_coverage *out;
    struct acg_error *err;
};

static int by_lun(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

/* The LUNs to cover: those of the source, or where it was not read those that the configuration names. */
static int32_t *collect_luns(const struct given *in, size_t *out_count)
{
    size_t count = in->lun_count;
    size_t at = 0;
    int32_t *luns = NULL;

    for (size_t i = 0; !in->luns_known && i < in->place_count; i++)
        count += in->places[i].encryption.data_count;
    luns = acgp_alloc(count + 1, sizeof *luns);
    if (luns == NULL)
        return NULL;
    for (size_t i = 0; i < in->lun_count; i++)
        luns[at++] = in->luns[i];
    for (size_t i = 0; !in->luns_known && i < in->place_count; i++) {
        const struct acgp_place_encryption *e = &in->places[i].encryption;

        for (size_t k = 0; k < e->data_count; k++)
            luns[at++] = e->data[k].lun;
    }
    qsort(luns, at, sizeof *luns, by_lun);
    *out_count = at;
    return luns;
}

static enum acg_status find_disks(struct laying *l)
{
    size_t count = 0;
    int32_t *luns = collect_luns(l->in, &count);

    l->disks = luns != NULL ? acgp_alloc(count + 1, sizeof *l->disks) : NULL;
    if (l->disks == NULL) {
        acgp_free(luns);
        return acgp_fail_nomem(l->err);
    }
    l->disks[l->disk_count++] = (struct acgp_disk){.os = true};
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || luns[i] != luns[i - 1])
            l->disks[l->disk_count++] = (struct acgp_disk){.lun = luns[i]};
    }
    acgp_free(luns);
    return ACG_OK;
}

static bool on_platform_key(const struct acgp_publish_spec *spec, struct acgp_disk disk)
{
    for (size_t i = 0; i < spec->platform_key_disk_count; i++) {
        if (spec->platform_key_disks[i].os == disk.os && spec->platform_key_disks[i].lun == disk.lun)
            return true;
    }
    return false;
}

static const char *set_of(const struct acgp_publish_spec *spec, const struct acgp_place_encryption *e,
                          struct acgp_disk disk)
{
    if (disk.os && (e->os_id != NULL || e->secure_vm_id != NULL))
        return e->os_id;
    for (size_t i = 0; !disk.os && i < e->data_count; i++) {
        if (e->data[i].lun == disk.lun)
            return e->data[i].id;
    }
    return on_platform_key(spec, disk) ? NULL : e->every_disk_id;
}

static enum acg_status cover(struct laying *l)
{
    const struct given *in = l->in;

    l->out->places = acgp_alloc(in->place_count + 1, sizeof *l->out->places);
    if (l->out->places == NULL)
        return acgp_fail_nomem(l->err);
    for (size_t i = 0; i < in->place_count; i++) {
        struct acgp_covered_place *covered = &l->out->places[l->out->place_count++];

        covered->place = &in->places[i];
        covered->disks = acgp_alloc(l->disk_count, sizeof *covered->disks);
        if (covered->disks == NULL)
            return acgp_fail_nomem(l->err);
        covered->disk_count = l->disk_count;
        for (size_t k = 0; k < l->disk_count; k++)
            covered->disks[k] = (struct acgp_covered_disk){
                l->disks[k], set_of(in->spec, &in->places[i].encryption, l->disks[k])};
    }
    return ACG_OK;
}

/* ---- findings ---- */

/* A secure VM set encrypts the OS disk of a confidential VM. */
static bool encrypted(const struct laying *l, size_t place, size_t disk)
{
    const struct acgp_covered_place *p = &l->out->places[place];

    return p->disks[disk].set_id != NULL || (l->disks[disk].os && p->place->encryption.secure_vm_id != NULL);
}

static bool doubtful(const struct laying *l, size_t place, size_t disk)
{
    return l->disks[disk].os ? l->doubts[place].os : l->doubts[place].data;
}

/* A place that encrypts the disk; place_count when none does. */
static size_t encrypting_place(const struct laying *l, size_t disk)
{
    size_t i = 0;

    while (i < l->in->place_count && !encrypted(l, i, disk))
        i++;
    return i;
}

static struct acgp_text disk_words(struct acgp_disk disk)
{
    return disk.os ? acgp_text("%s", "the OS disk") : acgp_text("LUN %d", (int)disk.lun);
}

/* As the configuration spells it; a home region that was read from the source has no spelling of its own. */
static struct acgp_text short_name(const struct acgp_place *place)
{
    if (place->zone != NULL)
        return acgp_shown(place->zone);
    return acgp_shown(place->given != NULL ? place->given : place->region);
}

static struct acgp_text place_words(const struct acgp_place *place)
{
    return acgp_text("%s %s", place->zone != NULL ? "edge zone" : "region", short_name(place).text);
}

/* A home region that stands for the target regions has no block of its own. */
static const char *place_field(const struct acgp_place *place)
{
    return acgp_equal(place->field, "location") ? "target_region" : place->field;
}

static struct acgp_text set_field(const struct acgp_place *place, struct acgp_disk disk)
{
    return acgp_text(disk.os ? "%s.os_disk.disk_encryption_set_id" : "%s.data_disk", place_field(place));
}

static enum acg_status add(struct laying *l, const char *rule, const char *field, const char *message,
                           const char *fix)
{
    return acg_findings_add(l->findings, ACG_SEVERITY_ERROR, rule, field, message, fix, l->err);
}

static bool has_lun(const struct laying *l, int32_t lun)
{
    for (size_t i = 0; i < l->disk_count; i++) {
        if (!l->disks[i].os && l->disks[i].lun == lun)
            return true;
    }
    return false;
}

/* "0, 1, 4", or "no data disk". */
static void list_luns(const struct laying *l, struct acgp_buf *text)
{
    if (l->disk_count == 1)
        acgp_buf_text(text, "no data disk");
    for (size_t i = 1; i < l->disk_count; i++)
        acgp_buf_printf(text, "%s%d", i == 1 ? "LUN " : ", ", (int)l->disks[i].lun);
}

/* Data disks that a place leaves without a set, after an entry of it missed the source: told in the same
 * finding, since that entry was probably meant for one of them. */
static void list_bare(const struct laying *l, size_t place, struct acgp_buf *text)
{
    bool any = false;

    for (size_t i = 1; i < l->disk_count; i++) {
        if (encrypted(l, place, i) || on_platform_key(l->in->spec, l->disks[i]))
            continue;
        acgp_buf_printf(text, "%s%d", any ? ", " : "; without a set here: LUN ", (int)l->disks[i].lun);
        any = true;
    }
}

static enum acg_status add_unknown_lun(struct laying *l, size_t place, const struct acgp_data_disk_set *entry)
{
    const struct acgp_place *p = &l->in->places[place];
    struct acgp_buf text;
    enum acg_status status = ACG_OK;

    acgp_buf_init(&text, LIST_TEXT_MAX);
    acgp_buf_printf(&text, "%s names LUN %d, but the source has ", place_words(p).text, (int)entry->lun);
    list_luns(l, &text);
    list_bare(l, place, &text);
    if (text.failed && !text.over)
        status = acgp_fail_nomem(l->err);
    else
        status = add(l, "R6", acgp_text("%s.data_disk[%zu].lun", p->field, entry->index).text, text.data,
                     "name the LUNs of the source's data disks");
    acgp_buf_done(&text);
    l->doubts[place].data = true;
    return status;
}

static enum acg_status find_unknown_luns(struct laying *l)
{
    enum acg_status status = ACG_OK;

    for (size_t i = 0; i < l->in->place_count && l->in->luns_known; i++) {
        const struct acgp_place_encryption *e = &l->in->places[i].encryption;

        for (size_t k = 0; k < e->data_count && status == ACG_OK; k++) {
            if (!has_lun(l, e->data[k].lun))
                status = add_unknown_lun(l, i, &e->data[k]);
        }
    }
    for (size_t i = 0; i < l->in->spec->platform_key_disk_count && l->in->luns_known && status == ACG_OK;
         i++) {
        struct acgp_disk disk = l->in->spec->platform_key_disks[i];

        if (!disk.os && !has_lun(l, disk.lun))
            status = add(l, "R6", "platform_key_disks",
                         acgp_text("LUN %d is to stay on platform keys, but the source has no such disk",
                                   (int)disk.lun)
                             .text,
                         "name the LUNs of the source's data disks");
    }
    return status;
}

/* Is the disk bare here although another place encrypts it? */
static bool missing(const struct laying *l, size_t place, size_t disk)
{
    return !encrypted(l, place, disk) && !doubtful(l, place, disk) &&
           !on_platform_key(l->in->spec, l->disks[disk]) && encrypting_place(l, disk) < l->in->place_count;
}

/* R5 for one place: all its bare disks in one finding. */
static enum acg_status add_missing(struct laying *l, size_t place, size_t count, size_t first)
{
    const struct acgp_place *p = &l->in->places[place];
    struct acgp_text field = count == 1 ? set_field(p, l->disks[first]) : acgp_text("%s", place_field(p));
    struct acgp_buf text;
    enum acg_status status = ACG_OK;
    size_t said = 0;

    acgp_buf_init(&text, LIST_TEXT_MAX);
    acgp_buf_printf(&text,
                    "a disk is encrypted in every target region and edge zone, or in none; %s has no disk "
                    "encryption set for ",
                    place_words(p).text);
    for (size_t i = 0; i < l->disk_count; i++) {
        if (!missing(l, place, i))
            continue;
        acgp_buf_printf(&text, "%s%s (encrypted in %s)", said++ == 0 ? "" : ", ",
                        disk_words(l->disks[i]).text,
                        short_name(&l->in->places[encrypting_place(l, i)]).text);
    }
    if (text.failed && !text.over)
        status = acgp_fail_nomem(l->err);
    else
        status = add(l, "R5", field.text, text.data,
                     "name a set of this region for each of them, or leave their sets out everywhere");
    acgp_buf_done(&text);
    return status;
}

static enum acg_status find_missing(struct laying *l)
{
    enum acg_status status = ACG_OK;

    for (size_t i = 0; i < l->in->place_count && status == ACG_OK; i++) {
        size_t count = 0;
        size_t first = 0;

        for (size_t k = 0; k < l->disk_count; k++) {
            if (missing(l, i, k) && count++ == 0)
                first = k;
        }
        if (count > 0)
            status = add_missing(l, i, count, first);
    }
    return status;
}

/* Some disk that is encrypted somewhere; disk_count when none is. */
static size_t encrypted_disk(const struct laying *l)
{
    size_t i = 0;

    while (i < l->disk_count && encrypting_place(l, i) == l->in->place_count)
        i++;
    return i;
}

/* Is it certain that no place encrypts the disk? */
static bool bare_everywhere(const struct laying *l, size_t disk)
{
    if (encrypting_place(l, disk) < l->in->place_count || on_platform_key(l->in->spec, l->disks[disk]))
        return false;
    for (size_t i = 0; i < l->in->place_count; i++) {
        if (!doubtful(l, i, disk))
            return true;
    }
    return false;
}

static enum acg_status add_half(struct laying *l, size_t disk, size_t other)
{
    struct acgp_text name =
        l->disks[disk].os ? acgp_text("%s", "os") : acgp_text("%d", (int)l->disks[disk].lun);
    struct acgp_text message = acgp_text("%s has no disk encryption set in any target region, but %s has "
                                         "one; an image is not left half encrypted",
                                         disk_words(l->disks[disk]).text, disk_words(l->disks[other]).text);
    struct acgp_text fix = acgp_text("name a set for it in every target region, or add \"%s\" to "
                                     "platform_key_disks to leave it on platform keys",
                                     name.text);

    return add(l, "half-encrypted", set_field(&l->in->places[0], l->disks[disk]).text, message.text,
               fix.text);
}

/* Silent while as many entries of platform_key_disks could not be read: they may name these very disks. */
static enum acg_status find_half(struct laying *l)
{
    size_t other = encrypted_disk(l);
    size_t bare = 0;
    enum acg_status status = ACG_OK;

    if (other == l->disk_count)
        return ACG_OK;
    for (size_t i = 0; i < l->disk_count; i++)
        bare += bare_everywhere(l, i);
    if (bare <= l->in->spec->unread_platform_disks)
        return ACG_OK;
    for (size_t i = 0; i < l->disk_count && status == ACG_OK; i++) {
        if (bare_everywhere(l, i))
            status = add_half(l, i, other);
    }
    return status;
}

/* ---- entry ---- */

static enum acg_status copy_doubts(struct laying *l)
{
    l->doubts = acgp_alloc(l->in->place_count + 1, sizeof *l->doubts);
    if (l->doubts == NULL)
        return acgp_fail_nomem(l->err);
    for (size_t i = 0; i < l->in->place_count; i++)
        l->doubts[i] = l->in->places[i].doubt;
    return ACG_OK;
}

static enum acg_status lay(struct laying *l)
{
    enum acg_status status = find_disks(l);

    if (status == ACG_OK)
        status = copy_doubts(l);
    if (status == ACG_OK)
        status = cover(l);
    if (status == ACG_OK)
        status = find_unknown_luns(l);
    if (status == ACG_OK)
        status = find_missing(l);
    return status == ACG_OK ? find_half(l) : status;
}

enum acg_status acgp_coverage_make(const struct acgp_publish_spec *spec, const struct acgp_place *places,
                                   size_t place_count, const int32_t *luns, size_t lun_count, bool luns_known,
                                   struct acg_findings *findings, struct acgp_coverage *out,
                                   struct acg_error *err)
{
    const struct given given = {spec, places, place_count, luns, lun_count, luns_known};
    struct acgp_coverage made = {0};
    struct laying l = {.in = &given, .findings = findings, .out = &made, .err = err};
    enum acg_status status = lay(&l);

    acgp_free(l.disks);
    acgp_free(l.doubts);
    if (status != ACG_OK)
        acgp_coverage_done(&made);
    else
        *out = made;
    return status;
}

void acgp_coverage_done(struct acgp_coverage *c)
{
    for (size_t i = 0; i < c->place_count; i++)
        acgp_free(c->places[i].disks);
    acgp_free(c->places);
    *c = (struct acgp_coverage){0};
}
