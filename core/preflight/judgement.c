/* SPDX-License-Identifier: MPL-2.0 */
/* Everything was read: disks, places and coverage, then every rule. */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "preflight/judge.h"
#include "json/look.h"

enum { SPREAD_TEXT_MAX = 16384 /* a line about 256 LUNs has 3 KiB */ };

/* ---- places ---- */

/* The target regions, the home region alone when none was named. @return false: no memory */
static bool fix_places(struct acgp_preflight *p)
{
    const struct acgp_publish_spec *spec = p->spec;
    bool regions = false;

    for (size_t i = 0; i < spec->place_count; i++)
        regions = regions || spec->places[i].zone == NULL;
    p->places = acgp_alloc(spec->place_count + 1, sizeof p->places[0]);
    if (p->places == NULL)
        return false;
    memcpy(p->home_field, "location", sizeof "location");
    if (!regions && p->location[0] != '\0')
        p->places[p->place_count++] =
            (struct acgp_place){.region = p->location, .given = p->location, .field = p->home_field};
    for (size_t i = 0; i < spec->place_count; i++)
        if (!spec->places[i].repeated)
            p->places[p->place_count++] = spec->places[i];
    return true;
}

/* R9, once the source has told the home region; what was written was checked before. */
static void judge_home(struct acgp_judge *j)
{
    const struct acgp_preflight *p = j->p;

    if (p->location[0] == '\0') {
        if (p->blocked.status == ACG_OK && acg_findings_errors(j->findings) == 0 && j->errors_before == 0 &&
            (p->source_read || acgp_preflight_source_id(p->spec, &(enum acgp_resource_kind){0}) == NULL))
            acgp_found(j, ACG_SEVERITY_ERROR, "R9", "location", "name the location",
                       "the home region is not named, and the source does not tell it");
        return;
    }
    for (size_t i = 0; i < p->place_count; i++) /* one that is misnamed may be meant */
        if (p->places[i].misnamed ||
            (p->places[i].zone == NULL && acgp_region_equal(p->places[i].region, p->location)))
            return;
    acgp_found(j, ACG_SEVERITY_ERROR, "R9", "location", "add the home region to the target regions",
               "the source is in %s, so that is the version's home region, and it is not among the target "
               "regions; Azure demands it there",
               p->location);
}

/* ---- disks ---- */

static void add_disk(struct acgp_preflight *p, struct acgp_source_disk d)
{
    d.body = acgp_facts_root(&p->facts, d.id);
    p->disks[p->disk_count++] = d;
}

static void add_entry(struct acgp_preflight *p, const json_t *owner, const json_t *entry,
                      struct acgp_disk disk)
{
    struct acgp_source_disk d = {
        .disk = disk, .source = p->spec->source.id, .owner = owner, .entry = entry, .id = NULL};

    d.id = acgp_json_text(entry, "managedDisk.id");
    if (d.id == NULL)
        d.id = acgp_json_text(entry, "snapshot.id");
    acgp_error_text(d.field, sizeof d.field, acgp_preflight_source_field(p->spec));
    add_disk(p, d);
}

static void add_single(struct acgp_preflight *p, const char *id, const char *field, struct acgp_disk disk)
{
    struct acgp_source_disk d = {.disk = disk, .source = id, .id = id};

    acgp_error_text(d.field, sizeof d.field, field);
    if (id != NULL)
        add_disk(p, d);
}

/* The disks that the source has, the OS disk first. @return false: no memory */
static bool find_disks(struct acgp_preflight *p)
{
    const struct acgp_source_spec *source = &p->spec->source;
    const json_t *root = acgp_facts_root(&p->facts, source->id);
    const json_t *profile = acgp_json_at(root, "properties.storageProfile");
    bool version = source->kind == ACGP_RESOURCE_IMAGE_VERSION;
    const json_t *os = acgp_json_at(profile, version ? "osDiskImage" : "osDisk");
    const json_t *data = acgp_json_at(profile, version ? "dataDiskImages" : "dataDisks");
    size_t count = source->whole_image ? json_array_size(data) : source->data_count;

    p->disks = acgp_alloc(count + 1, sizeof p->disks[0]);
    if (p->disks == NULL)
        return false;
    if (source->unclear)
        return true;
    if (!source->whole_image)
        add_single(p, source->os_id, "os_snapshot", (struct acgp_disk){.os = true});
    else if (root != NULL)
        add_entry(p, root, os, (struct acgp_disk){.os = true});
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(data, i);
        struct acgp_text field =
            source->prefix ? acgp_text("data_snapshot_prefix") : acgp_text("data_snapshot[%zu].id", i);
        if (source->whole_image)
            add_entry(p, root, entry, (struct acgp_disk){.lun = (int32_t)acgp_json_int(entry, "lun", 0)});
        else
            add_single(p, source->data[i].id, field.text, (struct acgp_disk){.lun = source->data[i].lun});
    }
    return true;
}

/* ---- coverage ---- */

/* The LUNs of the source. @return false: it was not read */
static bool source_luns(const struct acgp_preflight *p, int32_t luns[ACGP_SOURCE_LUNS_MAX], size_t *out_count)
{
    const struct acgp_source_spec *source = &p->spec->source;
    const struct acgp_image_disk *behind = p->image.disks.items;
    size_t count = 0;

    if (source->whole_image && p->source_read)
        for (; count < p->source.lun_count; count++)
            luns[count] = p->source.luns[count];
    else if (source->prefix != NULL) /* also where a snapshot is missing */
        for (; count < p->image.disks.count && count < ACGP_SOURCE_LUNS_MAX; count++)
            luns[count] = (int32_t)behind[count].lun.value;
    else
        for (; count < source->data_count && count < ACGP_SOURCE_LUNS_MAX; count++)
            luns[count] = source->data[count].lun;
    /* R12 has its own finding, and no set of such a request will be used */
    bool moot = source->kind == ACGP_RESOURCE_IMAGE_VERSION && acgp_publish_spec_encrypts(p->spec);
    *out_count = source->unclear || moot ? 0 : count;
    if (source->unclear || moot)
        return false;
    if (source->whole_image)
        return p->source_read;
    return source->prefix == NULL || p->image_read;
}

/* R5, R6, "half-encrypted". */
static void judge_coverage(struct acgp_judge *j, struct acgp_preflight *p)
{
    int32_t luns[ACGP_SOURCE_LUNS_MAX];
    size_t count = 0;
    bool known = source_luns(p, luns, &count);

    if (j->status == ACG_OK)
        j->status = acgp_coverage_make(p->spec, p->places, p->place_count, luns, count, known, j->findings,
                                       &p->coverage, &j->err);
}

/* "the OS disk, LUN 0": the disks of a place that its region-wide set covers. @return false: no data disk is
 * among them, so that nothing was spread. */
static bool list_spread(const struct acgp_covered_place *p, struct acgp_buf *b)
{
    const char *every = p->place->encryption.every_disk_id;
    bool data = false;

    for (size_t d = 0; every != NULL && d < p->disk_count; d++) {
        if (p->disks[d].set_id != every)
            continue;
        data = data || !p->disks[d].disk.os;
        acgp_buf_text(b, b->len ? ", " : "");
        if (p->disks[d].disk.os)
            acgp_buf_text(b, "the OS disk");
        else
            acgp_buf_printf(b, "LUN %" PRId32, p->disks[d].disk.lun);
    }
    return data;
}

/* A set that was named for a whole region covers disks that the configuration does not list: say which. */
static void tell_spread(const struct acgp_preflight *p, struct acgp_work *w, int64_t now_ms)
{
    for (size_t i = 0; !w->ended && i < p->coverage.place_count; i++) {
        struct acgp_buf b;

        acgp_buf_init(&b, SPREAD_TEXT_MAX);
        if (list_spread(&p->coverage.places[i], &b))
            acgp_work_notice(w, now_ms,
                             b.failed
                                 ? NULL
                                 : acgp_printf("%s: the region-wide disk encryption set covers %s",
                                               acgp_place_name(p->coverage.places[i].place).text, b.data));
        acgp_buf_done(&b);
    }
}

/* ---- all ---- */

enum acg_status acgp_preflight_append(struct acg_findings *to, const struct acg_findings *from,
                                      struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    for (size_t i = 0; from != NULL && status == ACG_OK && i < acg_findings_count(from); i++) {
        const struct acg_finding *f = acg_findings_at(from, i);
        status = acg_findings_add(to, f->severity, f->rule, f->field, f->message, f->fix, err);
    }
    return status;
}

static void undo(struct acgp_preflight *p)
{
    acgp_coverage_done(&p->coverage);
    acgp_free(p->places);
    acgp_free(p->disks);
    p->places = NULL;
    p->disks = NULL;
    p->place_count = p->disk_count = 0;
}

/* All but the snapshots, of which nothing is shared, so that they are judged once. */
static enum acg_status judge(struct acgp_preflight *p, size_t errors_before, struct acg_findings *findings,
                             struct acg_error *err)
{
    struct acgp_judge j = {.p = p, .spec = p->spec, .findings = findings, .errors_before = errors_before};

    if (!fix_places(p) || !find_disks(p))
        return acgp_fail_nomem(err);
    judge_coverage(&j, p);
    for (size_t i = 0; i < acgp_preflight_rule_count; i++)
        acgp_preflight_rules[i].judge(&j);
    if (p->spec->location == NULL && !p->spec->location_faulty)
        judge_home(&j);
    *err = j.err;
    return j.status;
}

static enum acg_status judge_snapshots(struct acgp_preflight *p, struct acgp_work *w, int64_t now_ms,
                                       struct acg_error *err)
{
    struct acgp_judge j = {.p = p, .spec = p->spec, .findings = w->findings};

    if (!p->snapshots_judged)
        acgp_snapshots_judge(&j, p, w, now_ms);
    p->snapshots_judged = true;
    *err = j.err;
    return j.status;
}

bool acgp_preflight_judge(struct acgp_preflight *p, struct acgp_work *w, int64_t now_ms)
{
    struct acg_findings *findings = NULL;
    struct acg_error err = {.status = ACG_OK};
    bool judged = true;
    enum acg_status status = judge_snapshots(p, w, now_ms, &err);

    w->found_ms = now_ms;
    if (status == ACG_OK)
        status = acg_findings_new(&findings, &err);
    if (status == ACG_OK)
        status = judge(p, acg_findings_errors(w->findings), findings, &err);
    if (status == ACG_OK && acg_findings_errors(findings) > 0 && !p->asked_again) {
        p->asked_again = true;
        judged = !acgp_preflight_ask_again(p, w, now_ms);
    }
    if (status == ACG_OK && judged)
        status = acgp_preflight_append(w->findings, findings, &err);
    acg_findings_free(findings);
    if (!judged)
        undo(p);
    else if (status != ACG_OK)
        acgp_work_end(w, now_ms, &err);
    else if (p->blocked.status == ACG_OK && acg_findings_errors(w->findings) == 0)
        tell_spread(p, w, now_ms);
    return judged;
}

bool acgp_preflight_error(const struct acg_findings *findings, const char *consequence, struct acg_error *err)
{
    const struct acg_finding *first = NULL;
    size_t errors = acg_findings_errors(findings);

    if (errors == 0)
        return false;
    for (size_t i = 0; first == NULL || first->severity != ACG_SEVERITY_ERROR; i++)
        first = acg_findings_at(findings, i);
    acgp_fail_field(err, ACG_ERR_PREFLIGHT, first->field, "%zu finding%s, %s; %s: %s; %s", errors,
                    errors == 1 ? "" : "s", consequence, first->rule, first->message, first->fix);
    return true;
}

void acgp_preflight_done(struct acgp_preflight *p)
{
    acgp_coverage_done(&p->coverage);
    acgp_free(p->places);
    acgp_free(p->disks);
    acgp_free(p->snapshot_ids);
    acgp_image_doc_done(&p->image);
    acgp_facts_done(&p->facts);
    *p = (struct acgp_preflight){.writing = false};
}
