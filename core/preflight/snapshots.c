/* SPDX-License-Identifier: MPL-2.0 */
/* Which snapshot belongs to which LUN. A snapshot says of which disk it was taken, the managed image says at
 * which LUN that disk was: nothing else decides, above all not the order of names. */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "preflight/judge.h"
#include "json/look.h"

enum { TOLD_MAX = 65536 }; /* a line about 256 snapshots with their names */

static const char rule[] = "snapshots";
static const char name_them[] =
    "name the snapshots with their LUNs as data_snapshots, without data_snapshot_prefix";

/* The work: facts, and the snapshots that the prefix may mean. */
struct matching {
    struct acgp_judge *j;
    struct acgp_preflight *p;
    struct acgp_found_snapshot *snapshots;
    size_t count;
};

static void judge_os(struct matching *m)
{
    enum acgp_resource_kind kind = ACGP_RESOURCE_OTHER;
    const char *id = acgp_preflight_source_id(m->p->spec, &kind), *disk = m->p->image.os_disk_id;
    const char *taken_of =
        kind == ACGP_RESOURCE_DISK /* the disk itself, not a copy of it */
            ? id
            : acgp_json_text(acgp_facts_root(&m->p->facts, id), "properties.creationData.sourceResourceId");

    if (!m->p->source_read || taken_of == NULL || disk == NULL || acgp_resource_id_equal(taken_of, disk))
        return;
    acgp_found(m->j, ACG_SEVERITY_ERROR, rule, "os_snapshot",
               "name the snapshot of the image's OS disk, or leave snapshots_of out",
               "the snapshot was taken of %s, but the OS disk of %s is %s", taken_of,
               m->p->spec->source.image_id, disk);
}

/* The one snapshot that was taken of this disk. @return NULL: none, or more than one (*out_second). */
static struct acgp_found_snapshot *taken_of(struct matching *m, const char *disk_id,
                                            const struct acgp_found_snapshot **out_second)
{
    struct acgp_found_snapshot *found = NULL;

    for (size_t i = 0; disk_id != NULL && i < m->count; i++) {
        struct acgp_found_snapshot *s = &m->snapshots[i];
        if (!s->exists || !acgp_resource_id_equal(s->disk_id, disk_id))
            continue;
        s->taken = true;
        if (found != NULL)
            *out_second = s;
        else
            found = s;
    }
    return found;
}

/* "PREFIX1 does not exist; PREFIX0 was taken of DISK", of those that belong to no LUN. */
static void list_strays(const struct matching *m, struct acgp_buf *out)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct acgp_found_snapshot *s = &m->snapshots[i];
        const char *name = strrchr(s->id, '/') + 1;
        if (s->taken)
            continue;
        acgp_buf_printf(out, "; %s ", name);
        if (!s->exists)
            acgp_buf_text(out, "does not exist");
        else
            acgp_buf_printf(out, "was taken of %s",
                            s->disk_id ? s->disk_id : "a disk that Azure does not name");
    }
}

/* @param first of the findings: the strays are told there, once */
static char *unmatched(const struct matching *m, const struct acgp_image_disk *disk, bool first)
{
    struct acgp_buf b;
    char *text = NULL;

    acgp_buf_init(&b, TOLD_MAX);
    if (disk->disk_id == NULL)
        acgp_buf_printf(&b, "the image does not tell of which managed disk its LUN %" PRId64 " is",
                        disk->lun.value);
    else
        acgp_buf_printf(&b, "no snapshot was taken of %s, the disk of LUN %" PRId64, disk->disk_id,
                        disk->lun.value);
    if (first)
        list_strays(m, &b);
    if (!b.failed || b.over) /* of 256 names at most; a list that does not fit ends early */
        text = acgp_strdup(b.data);
    acgp_buf_done(&b);
    return text;
}

/* @param before errors found so far, of other things. @return false: a finding was made, or no memory is left
 */
static bool match(struct matching *m, const struct acgp_image_disk *disk, size_t before,
                  struct acgp_data_source *out)
{
    const struct acgp_found_snapshot *second = NULL;
    struct acgp_found_snapshot *found = taken_of(m, disk->disk_id, &second);

    out->lun = (int32_t)disk->lun.value;
    if (second != NULL) {
        acgp_found(m->j, ACG_SEVERITY_ERROR, rule, "data_snapshot_prefix", name_them,
                   "%s and %s were both taken of the disk of LUN %" PRId64, found->id, second->id,
                   disk->lun.value);
    } else if (found == NULL) {
        char *text = unmatched(m, disk, acg_findings_errors(m->j->findings) == before);
        if (text == NULL)
            m->j->status = acgp_fail_nomem(&m->j->err);
        else
            acgp_found(m->j, ACG_SEVERITY_ERROR, rule, "data_snapshot_prefix", name_them, "%s", text);
        acgp_free(text);
    } else if ((out->id = acgp_strdup(found->id)) == NULL) {
        m->j->status = acgp_fail_nomem(&m->j->err);
    }
    return out->id != NULL;
}

static void tell_matches(const struct acgp_source_spec *source, struct acgp_work *w, int64_t now_ms)
{
    struct acgp_buf b;

    acgp_buf_init(&b, TOLD_MAX);
    for (size_t i = 0; i < source->data_count; i++)
        acgp_buf_printf(&b, "%sLUN %" PRId32 " from %s", i ? ", " : "", source->data[i].lun,
                        strrchr(source->data[i].id, '/') + 1);
    if (source->data_count > 0)
        acgp_work_notice(w, now_ms, acgp_buf_take(&b));
    acgp_buf_done(&b);
}

static void find_disks(struct matching *m, struct acgp_work *w, int64_t now_ms)
{
    const struct acgp_image_disk *disks = m->p->image.disks.items;
    size_t count = m->p->image.disks.count, before = acg_findings_errors(m->j->findings);
    struct acgp_data_source *data = acgp_alloc(count + 1, sizeof data[0]);
    bool all = data != NULL;

    if (data == NULL)
        m->j->status = acgp_fail_nomem(&m->j->err);
    /* all of them first, so that the strays of every finding are the same */
    for (size_t i = 0; data != NULL && i < count; i++) {
        const struct acgp_found_snapshot *second = NULL;
        (void)taken_of(m, disks[i].disk_id, &second);
    }
    for (size_t i = 0; data != NULL && m->j->status == ACG_OK && i < count; i++)
        all = match(m, &disks[i], before, &data[i]) && all;
    if (all && m->j->status == ACG_OK) {
        acgp_publish_spec_found_disks(m->p->spec, data, count);
        tell_matches(&m->p->spec->source, w, now_ms);
        return;
    }
    for (size_t i = 0; data != NULL && i < count; i++)
        acgp_free(data[i].id);
    acgp_free(data);
}

/* Data disks that were named one by one, against those that the image has. */
static void judge_named(struct matching *m)
{
    const struct acgp_image_disk *disks = m->p->image.disks.items;
    const struct acgp_source_spec *source = &m->p->spec->source;

    for (size_t i = 0; i < m->p->image.disks.count; i++) {
        size_t k = 0;
        while (k < source->data_count && source->data[k].lun != disks[i].lun.value)
            k++;
        if (k == source->data_count)
            acgp_found(m->j, ACG_SEVERITY_ERROR, rule, "data_snapshot",
                       "name its snapshot in data_snapshots, or find all by data_snapshot_prefix",
                       "the image has a data disk at LUN %" PRId64
                       ", and no snapshot is named for it; it would be lost",
                       disks[i].lun.value);
    }
}

/* What the prefix may mean, as far as it was read. @return false: no memory; a snapshot that may not be read
 * counts as unknown, and then nothing is matched. */
static bool take_snapshots(struct matching *m)
{
    struct acgp_preflight *p = m->p;

    m->snapshots = acgp_alloc(p->snapshot_count + 1, sizeof m->snapshots[0]);
    if (m->snapshots == NULL) {
        m->j->status = acgp_fail_nomem(&m->j->err);
        return false;
    }
    for (size_t i = 0; i < p->snapshot_count; i++) {
        const struct acgp_fact *fact = acgp_facts_find(&p->facts, p->snapshot_ids[i]);
        if (fact->state != ACGP_FACT_READ && fact->state != ACGP_FACT_ABSENT)
            return false;
        m->snapshots[m->count++] = (struct acgp_found_snapshot){
            .id = fact->id,
            .disk_id = acgp_json_text(fact->root, "properties.creationData.sourceResourceId"),
            .exists = fact->state == ACGP_FACT_READ};
    }
    return true;
}

/* Of a draft: what else is named speaks against snapshots of one image, and has its own finding. */
static bool contradicted(const struct acgp_source_spec *source)
{
    return source->unclear || source->whole_image || (source->prefix != NULL && source->data_count > 0);
}

void acgp_snapshots_judge(struct acgp_judge *j, struct acgp_preflight *p, struct acgp_work *w, int64_t now_ms)
{
    struct matching m = {.j = j, .p = p};

    if (acgp_facts_absent(&p->facts, p->spec->source.image_id))
        acgp_found(j, ACG_SEVERITY_ERROR, rule, "snapshots_of",
                   "name an existing image, or leave it out and name the snapshots with their LUNs as "
                   "data_snapshots",
                   "the managed image does not exist: %s", p->spec->source.image_id);
    if (!p->image_read || p->blocked.status != ACG_OK || contradicted(&p->spec->source))
        return;
    judge_os(&m);
    if (p->spec->source.prefix == NULL)
        judge_named(&m);
    else if (take_snapshots(&m))
        find_disks(&m, w, now_ms);
    acgp_free(m.snapshots);
}
