/* SPDX-License-Identifier: MPL-2.0 */
/* The round of GETs before the write: version, source and disk encryption sets side by side. Everything it
 * finds is reported together, and nothing is written while a finding stands. */
#include <inttypes.h>
#include <string.h>

#include "arm/error_doc.h"
#include "arm/requests.h"
#include "arm/version_body.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "model/region.h"
#include "publish/machine.h"

enum {
    SETS_MAX = 4000,        /* a little below what the list of calls holds */
    SPREAD_TEXT_MAX = 16384 /* a line about 256 LUNs has 3 KiB */
};

void acgp_checks_stop(struct acgp_publish *m, int64_t now_ms, const struct acg_error *err)
{
    if (err->status == ACG_ERR_NOMEM)
        acgp_work_end(&m->work, now_ms, err);
    else if (m->blocked.status == ACG_OK ||
             (err->status == ACG_ERR_AUTH && m->blocked.status != ACG_ERR_AUTH))
        m->blocked = *err; /* a login that fails outweighs the rest */
}

const char *acgp_checks_source_id(const struct acgp_publish *m, enum acgp_resource_kind *out_kind)
{
    const struct acgp_source_spec *source = &m->spec->source;
    struct acgp_resource_id id;
    const char *text = source->id;

    if (!source->whole_image)
        text = source->os_id ? source->os_id : source->data_count ? source->data[0].id : NULL;
    if (text == NULL || !acgp_resource_id_parse(acgp_span(text), &id))
        return NULL;
    *out_kind = id.kind;
    return text;
}

const char *acgp_checks_source_field(const struct acgp_publish *m)
{
    const struct acgp_source_spec *source = &m->spec->source;

    if (!source->whole_image)
        return source->os_id ? "os_snapshot" : "data_snapshot[0].id";
    if (source->kind == ACGP_RESOURCE_VIRTUAL_MACHINE)
        return "virtual_machine";
    return source->kind == ACGP_RESOURCE_IMAGE_VERSION ? "image_version" : "managed_image";
}

static bool use_set(struct acgp_publish *m, size_t *capacity, const char *id, bool secure)
{
    void *sets = m->sets;
    struct acgp_set_use *use = NULL;

    if (id == NULL)
        return true;
    for (size_t i = 0; i < m->set_count && use == NULL; i++)
        if (acgp_resource_id_equal(m->sets[i].id, id))
            use = &m->sets[i];
    if (use == NULL) {
        if (!acgp_grow(&sets, capacity, m->set_count + 1, SETS_MAX, sizeof *use))
            return false;
        m->sets = sets;
        use = &m->sets[m->set_count++];
        *use = (struct acgp_set_use){.id = id};
    }
    use->secure |= secure;
    use->disks |= !secure;
    return true;
}

/* Every distinct set that the request names. */
static bool collect_sets(struct acgp_publish *m)
{
    size_t capacity = 0;
    bool ok = true;

    for (size_t i = 0; ok && i < m->spec->place_count; i++) {
        const struct acgp_place *place = &m->spec->places[i];
        const struct acgp_place_encryption *e = &place->encryption;
        ok = use_set(m, &capacity, e->every_disk_id, false) && use_set(m, &capacity, e->os_id, false) &&
             use_set(m, &capacity, e->secure_vm_id, true);
        for (size_t d = 0; ok && d < e->data_count; d++)
            ok = use_set(m, &capacity, e->data[d].id, false);
    }
    return ok;
}

static bool source_wanted(const struct acgp_publish *m)
{
    const struct acgp_source_spec *source = &m->spec->source;
    bool luns = source->whole_image && source->kind != ACGP_RESOURCE_IMAGE_VERSION &&
                acgp_publish_spec_encrypts(m->spec);

    return luns || m->spec->location == NULL || source->image_id != NULL;
}

/* Says no more than what is read. */
static const char *step_text(const struct acgp_publish *m, bool source)
{
    bool sets = m->spec->encryption_type != NULL && acgp_publish_spec_encrypts(m->spec);

    if (source)
        return sets ? "checking the version, the source and the disk encryption sets"
                    : "checking the version and the source";
    return sets ? "checking the version and the disk encryption sets" : "checking the version";
}

void acgp_checks_begin(struct acgp_publish *m, int64_t now_ms)
{
    enum acgp_resource_kind kind = ACGP_RESOURCE_OTHER;
    const char *source = acgp_checks_source_id(m, &kind);

    acgp_machine_step(m, now_ms, ACGP_STEP_CHECKS, step_text(m, source != NULL && source_wanted(m)));
    if (m->spec->location != NULL)
        acgp_region_normalise(acgp_span(m->spec->location), m->location);
    acgp_work_get(&m->work, now_ms, ACGP_CALL_VERSION, 0, acgp_version_url(m->work.endpoint, m->spec));
    if (!m->work.ended && source != NULL && source_wanted(m))
        acgp_work_get(&m->work, now_ms, ACGP_CALL_SOURCE, 0,
                      acgp_resource_url(m->work.endpoint, source, kind));
    if (!m->work.ended)
        acgp_snapshots_begin(m, now_ms);
    if (m->work.ended || m->spec->encryption_type == NULL)
        return;
    if (!collect_sets(m)) {
        acgp_work_nomem(&m->work, now_ms);
        return;
    }
    for (size_t i = 0; !m->work.ended && i < m->set_count; i++)
        acgp_work_get(&m->work, now_ms, ACGP_CALL_SET, i,
                      acgp_resource_url(m->work.endpoint, m->sets[i].id, ACGP_RESOURCE_DISK_ENCRYPTION_SET));
}

/* The version is there already: say what it is. */
static void version_exists(struct acgp_publish *m, const struct acgp_response *response,
                           struct acg_error *err)
{
    struct acgp_version_doc doc = {0};
    const char *state = NULL, *published = NULL;

    if (acgp_version_doc_decode(acgp_buf_view(&response->body), &doc, NULL) == ACG_OK) {
        state = doc.provisioning_state;
        published = doc.published;
    }
    acgp_fail_field(err, ACG_ERR_CONFLICT, "gallery_image_version",
                    "the version exists (%s%s%s) and is left as it is; name another version: %s",
                    state ? state : "state unknown", published ? ", published " : "",
                    published ? published : "", m->spec->version_id);
    err->http_status = response->status;
    acgp_version_doc_done(&doc);
}

static void judge_version(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    struct acg_error err;
    int status = acgp_answer_status(answer);

    if (status == 404)
        return;
    if (status == 200)
        version_exists(m, answer->response, &err);
    else
        acgp_answer_error(answer, "reading the version", &err);
    acgp_checks_stop(m, now_ms, &err);
}

/* The target regions, the home region alone when none was named. */
static bool fix_places(struct acgp_publish *m)
{
    const struct acgp_publish_spec *spec = m->spec;
    bool regions = false;

    for (size_t i = 0; i < spec->place_count; i++)
        regions = regions || spec->places[i].zone == NULL;
    m->places = acgp_alloc(spec->place_count + 1, sizeof m->places[0]);
    if (m->places == NULL)
        return false;
    memcpy(m->home_field, "location", sizeof "location");
    if (!regions)
        m->places[m->place_count++] =
            (struct acgp_place){.region = m->location, .given = m->location, .field = m->home_field};
    for (size_t i = 0; i < spec->place_count; i++)
        m->places[m->place_count++] = spec->places[i];
    return true;
}

/* R9, once the source has told the home region. */
static void judge_home(struct acgp_publish *m, int64_t now_ms)
{
    if (m->spec->location != NULL)
        return;
    for (size_t i = 0; i < m->place_count; i++)
        if (m->places[i].zone == NULL && acgp_region_equal(m->places[i].region, m->location))
            return;
    acgp_work_find(
        &m->work, now_ms, ACG_SEVERITY_ERROR, "R9", "location",
        acgp_printf("the source is in %s, so that is the version's home region, and it is not among the "
                    "target regions; Azure demands it there",
                    m->location),
        "add the home region to the target regions");
}

/* The LUNs of the source. @return false: it was not read */
static bool source_luns(const struct acgp_publish *m, int32_t luns[ACGP_SOURCE_LUNS_MAX], size_t *out_count)
{
    const struct acgp_source_spec *source = &m->spec->source;
    const struct acgp_image_disk *behind = m->image.disks.items;
    size_t count = 0;

    if (source->whole_image && m->source_read)
        while (count < m->source.lun_count) {
            luns[count] = m->source.luns[count];
            count++;
        }
    else if (source->prefix != NULL) /* also where a snapshot is missing */
        for (; count < m->image.disks.count && count < ACGP_SOURCE_LUNS_MAX; count++)
            luns[count] = (int32_t)behind[count].lun.value;
    else
        for (; count < source->data_count && count < ACGP_SOURCE_LUNS_MAX; count++)
            luns[count] = source->data[count].lun;
    *out_count = count;
    if (source->whole_image)
        return m->source_read;
    return source->prefix == NULL || m->image_read;
}

static void judge_coverage(struct acgp_publish *m, int64_t now_ms)
{
    struct acg_error err;
    int32_t luns[ACGP_SOURCE_LUNS_MAX];
    size_t count = 0;
    bool known = source_luns(m, luns, &count);

    m->work.found_ms = now_ms;
    if (acgp_coverage_make(m->spec, m->places, m->place_count, luns, count, known, m->work.findings,
                           &m->coverage, &err) != ACG_OK)
        acgp_work_end(&m->work, now_ms, &err);
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
static void tell_spread(struct acgp_publish *m, int64_t now_ms)
{
    for (size_t i = 0; !m->work.ended && i < m->coverage.place_count; i++) {
        const struct acgp_place *place = m->coverage.places[i].place;
        const char *zone = place->zone;
        struct acgp_buf b;

        acgp_buf_init(&b, SPREAD_TEXT_MAX);
        if (list_spread(&m->coverage.places[i], &b))
            acgp_work_notice(&m->work, now_ms,
                             b.failed
                                 ? NULL
                                 : acgp_printf("%s%s%s: the region-wide disk encryption set covers %s",
                                               zone ? zone : "", zone ? "@" : "", place->region, b.data));
        acgp_buf_done(&b);
    }
}

static void end_with_findings(struct acgp_publish *m, int64_t now_ms)
{
    const struct acg_finding *first = NULL;
    struct acg_error err;
    size_t errors = acg_findings_errors(m->work.findings);

    for (size_t i = 0; first == NULL || first->severity != ACG_SEVERITY_ERROR; i++)
        first = acg_findings_at(m->work.findings, i);
    acgp_fail_field(&err, ACG_ERR_PREFLIGHT, first->field, "%zu finding%s, nothing was written; %s: %s; %s",
                    errors, errors == 1 ? "" : "s", first->rule, first->message, first->fix);
    acgp_work_end(&m->work, now_ms, &err);
}

static void conclude(struct acgp_publish *m, int64_t now_ms)
{
    bool located = m->location[0] != '\0';

    if (!m->work.ended)
        acgp_snapshots_judge(m, now_ms);
    if (!m->work.ended)
        acgp_checks_judge_sets(m, now_ms);
    if (!m->work.ended && !located && m->blocked.status == ACG_OK &&
        acg_findings_errors(m->work.findings) == 0)
        acgp_work_find(&m->work, now_ms, ACG_SEVERITY_ERROR, "R9", "location",
                       acgp_strdup("the home region is not named, and the source does not tell it"),
                       "name the location");
    if (!m->work.ended && located) {
        if (!fix_places(m)) {
            acgp_work_nomem(&m->work, now_ms);
            return;
        }
        judge_home(m, now_ms);
        if (!m->work.ended)
            judge_coverage(m, now_ms);
    }
    if (m->work.ended)
        return;
    if (m->blocked.status != ACG_OK)
        acgp_work_end(&m->work, now_ms, &m->blocked);
    else if (acg_findings_errors(m->work.findings) != 0)
        end_with_findings(m, now_ms);
    else
        tell_spread(m, now_ms);
    if (!m->work.ended)
        acgp_put_begin(m, now_ms);
}

void acgp_checks_on_answer(struct acgp_publish *m, int64_t now_ms, const struct acgp_call *call,
                           const struct acgp_answer *answer)
{
    if (call->kind == ACGP_CALL_VERSION)
        judge_version(m, now_ms, answer);
    else if (call->kind == ACGP_CALL_SOURCE)
        acgp_checks_judge_source(m, now_ms, answer);
    else if (call->kind == ACGP_CALL_IMAGE)
        acgp_snapshots_on_image(m, now_ms, answer);
    else if (call->kind == ACGP_CALL_SNAPSHOT)
        acgp_snapshots_on_snapshot(m, now_ms, call->index, answer);
    else
        acgp_checks_take_set(m, now_ms, &m->sets[call->index], answer);
    if (!m->work.ended && m->work.call_count == 0)
        conclude(m, now_ms);
}
