/* SPDX-License-Identifier: MPL-2.0 */
/* Which snapshot belongs to which LUN. A snapshot says of which disk it was taken, the managed image says at
 * which LUN that disk was: nothing else decides, above all not the order of names. */
#include <inttypes.h>
#include <string.h>

#include "arm/requests.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "publish/machine.h"

enum { TOLD_MAX = 65536 }; /* a line about 256 snapshots with their names */

static const char rule[] = "snapshots";
static const char name_them[] =
    "name the snapshots with their LUNs as data_snapshots, without data_snapshot_prefix";

void acgp_snapshots_begin(struct acgp_publish *m, int64_t now_ms)
{
    const char *image = m->spec->source.image_id;

    if (image != NULL)
        acgp_work_get(&m->work, now_ms, ACGP_CALL_IMAGE, 0,
                      acgp_resource_url(m->work.endpoint, image, ACGP_RESOURCE_MANAGED_IMAGE));
}

void acgp_snapshots_free(struct acgp_publish *m)
{
    for (size_t i = 0; i < m->snapshot_count; i++) {
        acgp_free(m->snapshots[i].id);
        acgp_free(m->snapshots[i].disk_id);
    }
    acgp_free(m->snapshots);
    acgp_free(m->os_disk_id);
    acgp_image_doc_done(&m->image);
}

/* ---- the answers ---- */

/* PREFIX0, PREFIX1, ...: as many as the image has data disks. */
static void read_snapshots(struct acgp_publish *m, int64_t now_ms)
{
    size_t count = m->image.disks.count;

    m->snapshots = acgp_alloc(count + 1, sizeof m->snapshots[0]);
    if (m->snapshots == NULL) {
        acgp_work_nomem(&m->work, now_ms);
        return;
    }
    while (!m->work.ended && m->snapshot_count < count) {
        size_t i = m->snapshot_count;
        char *id = acgp_printf("%s%zu", m->spec->source.prefix, i);
        m->snapshots[i].id = id;
        m->snapshot_count++;
        acgp_work_get(&m->work, now_ms, ACGP_CALL_SNAPSHOT, i,
                      id ? acgp_resource_url(m->work.endpoint, id, ACGP_RESOURCE_SNAPSHOT) : NULL);
    }
}

static void unread(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer, const char *what,
                   const char *field)
{
    struct acg_error err;

    acgp_answer_error(answer, what, &err);
    if (answer->response != NULL)
        acgp_error_text(err.field, sizeof err.field, field);
    acgp_checks_stop(m, now_ms, &err);
}

void acgp_snapshots_on_image(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    struct acg_error err;

    if (acgp_answer_status(answer) == 404) {
        acgp_work_find(&m->work, now_ms, ACG_SEVERITY_ERROR, rule, "snapshots_of",
                       acgp_printf("the managed image does not exist: %s", m->spec->source.image_id),
                       "name an existing image, or leave it out and name the snapshots with their LUNs as "
                       "data_snapshots");
        return;
    }
    if (acgp_answer_status(answer) != 200) {
        unread(m, now_ms, answer, "reading the managed image", "snapshots_of");
        return;
    }
    if (acgp_image_doc_decode(acgp_buf_view(&answer->response->body), &m->image, &err) != ACG_OK) {
        acgp_fail_context(&err, "reading the managed image");
        acgp_checks_stop(m, now_ms, &err);
        return;
    }
    m->image_read = true;
    if (m->spec->source.prefix != NULL)
        read_snapshots(m, now_ms);
}

void acgp_snapshots_on_snapshot(struct acgp_publish *m, int64_t now_ms, size_t index,
                                const struct acgp_answer *answer)
{
    struct acgp_found_snapshot *snapshot = &m->snapshots[index];
    struct acg_error err;

    if (acgp_answer_status(answer) == 404)
        return;
    if (acgp_answer_status(answer) != 200) {
        unread(m, now_ms, answer, "reading a snapshot", "data_snapshot_prefix");
    } else if (acgp_snapshot_source(acgp_buf_view(&answer->response->body), &snapshot->disk_id, &err) !=
               ACG_OK) {
        acgp_fail_context(&err, "reading snapshot %s", snapshot->id);
        acgp_checks_stop(m, now_ms, &err);
    } else {
        snapshot->exists = true;
    }
}

void acgp_snapshots_on_os(struct acgp_publish *m, int64_t now_ms, const struct acgp_response *response)
{
    enum acgp_resource_kind kind = ACGP_RESOURCE_OTHER;
    const char *id = acgp_checks_source_id(m, &kind);
    struct acg_error err;
    enum acg_status status = ACG_OK;

    if (m->spec->source.image_id == NULL)
        return;
    if (kind == ACGP_RESOURCE_DISK) /* the disk itself, not a copy of it */
        m->os_disk_id = acgp_strdup(id);
    else
        status = acgp_snapshot_source(acgp_buf_view(&response->body), &m->os_disk_id, &err);
    if (kind == ACGP_RESOURCE_DISK && m->os_disk_id == NULL)
        acgp_work_nomem(&m->work, now_ms);
    else if (status != ACG_OK)
        acgp_checks_stop(m, now_ms, &err);
}

/* ---- the judgement ---- */

static void judge_os(struct acgp_publish *m, int64_t now_ms)
{
    const char *taken_of = m->os_disk_id, *disk = m->image.os_disk_id;

    if (!m->source_read || taken_of == NULL || disk == NULL || acgp_resource_id_equal(taken_of, disk))
        return;
    acgp_work_find(&m->work, now_ms, ACG_SEVERITY_ERROR, rule, "os_snapshot",
                   acgp_printf("the snapshot was taken of %s, but the OS disk of %s is %s", taken_of,
                               m->spec->source.image_id, disk),
                   "name the snapshot of the image's OS disk, or leave snapshots_of out");
}

/* The one snapshot that was taken of this disk. @return NULL: none, or more than one (*out_second). */
static struct acgp_found_snapshot *taken_of(struct acgp_publish *m, const char *disk_id,
                                            const struct acgp_found_snapshot **out_second)
{
    struct acgp_found_snapshot *found = NULL;

    for (size_t i = 0; disk_id != NULL && i < m->snapshot_count; i++) {
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
static void list_strays(const struct acgp_publish *m, struct acgp_buf *out)
{
    for (size_t i = 0; i < m->snapshot_count; i++) {
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
static char *unmatched(const struct acgp_publish *m, const struct acgp_image_disk *disk, bool first)
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

/* @param before errors found so far, of other things. @return false: a finding was made, or the machine has
 * ended */
static bool match(struct acgp_publish *m, int64_t now_ms, const struct acgp_image_disk *disk, size_t before,
                  struct acgp_data_source *out)
{
    const struct acgp_found_snapshot *second = NULL;
    struct acgp_found_snapshot *found = taken_of(m, disk->disk_id, &second);

    if (second != NULL)
        acgp_work_find(&m->work, now_ms, ACG_SEVERITY_ERROR, rule, "data_snapshot_prefix",
                       acgp_printf("%s and %s were both taken of the disk of LUN %" PRId64, found->id,
                                   second->id, disk->lun.value),
                       name_them);
    else if (found == NULL)
        acgp_work_find(&m->work, now_ms, ACG_SEVERITY_ERROR, rule, "data_snapshot_prefix",
                       unmatched(m, disk, acg_findings_errors(m->work.findings) == before), name_them);
    else if ((out->id = acgp_strdup(found->id)) == NULL)
        acgp_work_nomem(&m->work, now_ms);
    out->lun = (int32_t)disk->lun.value;
    return out->id != NULL;
}

static void tell_matches(struct acgp_publish *m, int64_t now_ms)
{
    const struct acgp_source_spec *source = &m->spec->source;
    struct acgp_buf b;

    acgp_buf_init(&b, TOLD_MAX);
    for (size_t i = 0; i < source->data_count; i++)
        acgp_buf_printf(&b, "%sLUN %" PRId32 " from %s", i ? ", " : "", source->data[i].lun,
                        strrchr(source->data[i].id, '/') + 1);
    if (source->data_count > 0)
        acgp_work_notice(&m->work, now_ms, acgp_buf_take(&b));
    acgp_buf_done(&b);
}

static void find_disks(struct acgp_publish *m, int64_t now_ms)
{
    const struct acgp_image_disk *disks = m->image.disks.items;
    size_t count = m->image.disks.count, before = acg_findings_errors(m->work.findings);
    struct acgp_data_source *data = acgp_alloc(count + 1, sizeof data[0]);
    bool all = data != NULL;

    if (data == NULL)
        acgp_work_nomem(&m->work, now_ms);
    /* all of them first, so that the strays of every finding are the same */
    for (size_t i = 0; data != NULL && i < count; i++) {
        const struct acgp_found_snapshot *second = NULL;
        (void)taken_of(m, disks[i].disk_id, &second);
    }
    for (size_t i = 0; data != NULL && !m->work.ended && i < count; i++)
        all = match(m, now_ms, &disks[i], before, &data[i]) && all;
    if (all && !m->work.ended) {
        acgp_publish_spec_found_disks(m->spec, data, count);
        tell_matches(m, now_ms);
        return;
    }
    for (size_t i = 0; data != NULL && i < count; i++)
        acgp_free(data[i].id);
    acgp_free(data);
}

/* Data disks that were named one by one, against those that the image has. */
static void judge_named(struct acgp_publish *m, int64_t now_ms)
{
    const struct acgp_image_disk *disks = m->image.disks.items;
    const struct acgp_source_spec *source = &m->spec->source;

    for (size_t i = 0; !m->work.ended && i < m->image.disks.count; i++) {
        size_t k = 0;
        while (k < source->data_count && source->data[k].lun != disks[i].lun.value)
            k++;
        if (k == source->data_count)
            acgp_work_find(&m->work, now_ms, ACG_SEVERITY_ERROR, rule, "data_snapshot",
                           acgp_printf("the image has a data disk at LUN %" PRId64
                                       ", and no snapshot is named for it; it would be lost",
                                       disks[i].lun.value),
                           "name its snapshot in data_snapshots, or find all by data_snapshot_prefix");
    }
}

void acgp_snapshots_judge(struct acgp_publish *m, int64_t now_ms)
{
    if (!m->image_read || m->blocked.status != ACG_OK)
        return;
    m->work.found_ms = now_ms;
    judge_os(m, now_ms);
    if (m->spec->source.prefix != NULL && !m->work.ended)
        find_disks(m, now_ms);
    else
        judge_named(m, now_ms);
}
