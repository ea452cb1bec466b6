/* SPDX-License-Identifier: MPL-2.0 */
/* What a version that was read back is worth: against a declaration, and by itself. */
#include <inttypes.h>
#include <string.h>

#include "arm/operation_doc.h"
#include "arm/version_view.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "model/region.h"
#include "model/words.h"
#include "verify/machine.h"

#define CONFIDENTIAL "ConfidentialVmEncryptedWithCustomerKey"
#define SET_FIELD    "disk_encryption_set_id"

static void find(struct acgp_verify *v, int64_t now_ms, enum acg_severity severity, const char *rule,
                 const char *field, char *message, const char *fix)
{
    if (v->work.ended)
        acgp_free(message);
    else
        acgp_work_find(&v->work, now_ms, severity, rule, field, message, fix);
}

/* ---- the declaration ---- */

/* The declared LUNs are the source's where it lists its disks; an image is not read again: what nobody named
 * is then judged by the version's own list. */
static enum acg_status cover(struct acgp_verify *v, struct acg_findings *scratch, struct acg_error *err)
{
    const struct acgp_publish_spec *spec = v->spec;
    const struct acgp_source_spec *source = &spec->source;
    bool regions = false, known = !source->whole_image && source->prefix == NULL && source->data_count != 0;
    int32_t *luns = acgp_alloc(source->data_count + 1, sizeof *luns);
    enum acg_status status = ACG_OK;

    if (luns == NULL)
        return acgp_fail_nomem(err);
    for (size_t i = 0; i < source->data_count; i++)
        luns[i] = source->data[i].lun;
    for (size_t i = 0; i < spec->place_count; i++)
        regions = regions || spec->places[i].zone == NULL;
    v->home = (struct acgp_place){.region = v->location, .given = v->location};
    status = acgp_coverage_make(spec, regions ? spec->places : &v->home, regions ? spec->place_count : 1,
                                luns, source->data_count, known, scratch, &v->coverage, err);
    acgp_free(luns);
    return status;
}

bool acgp_verify_cover(struct acgp_verify *v, int64_t now_ms)
{
    const char *location = v->spec->location != NULL ? v->spec->location : v->doc.location;
    struct acg_findings *scratch = NULL; /* the declaration itself was judged before */
    struct acg_error err;
    enum acg_status status = ACG_OK;

    if (v->covered)
        return true;
    if (location == NULL || !acgp_region_normalise(acgp_span(location), v->location))
        memcpy(v->location, "?", 2);
    status = acg_findings_new(&scratch, &err);
    if (status == ACG_OK)
        status = cover(v, scratch, &err);
    acg_findings_free(scratch);
    v->covered = status == ACG_OK;
    if (!v->covered)
        acgp_work_end(&v->work, now_ms, &err);
    return v->covered;
}

static void judge_differences(struct acgp_verify *v, int64_t now_ms)
{
    for (size_t i = 0; i < v->differences.count; i++)
        find(v, now_ms, ACG_SEVERITY_ERROR, "proof", "", acgp_strdup(v->differences.items[i].text),
             "publish a version with what is declared, or declare what is there");
}

static void judge_type(struct acgp_verify *v, int64_t now_ms, const struct acgp_set_fact *f)
{
    const char *declared = v->spec != NULL ? v->spec->encryption_type : NULL;
    const char *type = acgp_set_fact_type(f);
    bool at_rest =
        declared != NULL && acgp_span_starts_nocase(acgp_span(declared), acgp_span("EncryptionAtRest"));

    if (f->disks && at_rest && !acgp_equal_nocase(type, declared))
        find(v, now_ms, ACG_SEVERITY_ERROR, "encryption_type", "encryption_type",
             acgp_printf("%s: encryption type: declared %s, found %s of disk encryption set %s", f->place,
                         declared, type, f->id),
             "publish with sets of the declared type, or declare what is there");
    if (f->secure && !acgp_equal_nocase(type, CONFIDENTIAL))
        find(v, now_ms, ACG_SEVERITY_ERROR, "encryption_type", "secure_vm_disk_encryption_set_id",
             acgp_printf("%s: the secure VM disk encryption set is not of type " CONFIDENTIAL " but %s: %s",
                         f->place, type, f->id),
             "publish with a set of that type");
}

/* ---- the sets ---- */

static void judge_read_set(struct acgp_verify *v, int64_t now_ms, const struct acgp_set_fact *f)
{
    const struct acgp_des_doc *d = &f->doc;

    judge_type(v, now_ms, f);
    if (d->location != NULL && !acgp_region_equal(d->location, f->region))
        find(v, now_ms, ACG_SEVERITY_ERROR, "R3", SET_FIELD,
             acgp_printf("%s: the disk encryption set is in %s: %s", f->place, d->location, f->id),
             "publish with a set of that region");
    if (d->provisioning_state != NULL && !acgp_equal_nocase(d->provisioning_state, "Succeeded"))
        find(v, now_ms, ACG_SEVERITY_WARNING, "R2", SET_FIELD,
             acgp_printf("%s: the disk encryption set is in state %s: %s", f->place, d->provisioning_state,
                         f->id),
             "wait until it is Succeeded, or mend it");
    if (d->rotation_error_code != NULL || d->rotation_error != NULL)
        find(v, now_ms, ACG_SEVERITY_WARNING, "rotation", SET_FIELD,
             acgp_printf("%s: the key of the disk encryption set is not rotated any more (%s): %s", f->place,
                         d->rotation_error_code ? d->rotation_error_code : "no code", f->id),
             "mend what Azure names as autoKeyRotationError of the set");
}

static void judge_set(struct acgp_verify *v, int64_t now_ms, const struct acgp_set_fact *f)
{
    switch (f->reading) {
    case ACGP_SET_READ:
        judge_read_set(v, now_ms, f);
        break;
    case ACGP_SET_MISSING:
        find(v, now_ms, ACG_SEVERITY_ERROR, "R2", SET_FIELD,
             acgp_printf(
                 "%s: the disk encryption set does not exist: VMs can no longer be made of the version "
                 "there: %s",
                 f->place, f->id),
             "publish a new version with a set that exists");
        break;
    default:
        find(v, now_ms, ACG_SEVERITY_WARNING, "R2", SET_FIELD,
             acgp_printf("%s: could not be checked: %s: disk encryption set %s", f->place,
                         acgp_set_reading_text(f->reading), f->id),
             "grant Microsoft.Compute/diskEncryptionSets/read on it, or try again");
        break;
    }
}

/* ---- the version by itself ---- */

/* An edge zone has no recorded entry in the status: it counts when it has one. A version whose status names
 * no region at all is judged by the word for all of them. */
static bool place_running(const struct acgp_verify *v, const struct acgp_doc_place *place)
{
    const struct acgp_doc_replication *r = acgp_doc_replication_of(&v->doc, place);

    if (r == NULL || r->state == NULL)
        return place->zone == NULL && !acgp_equal_nocase(v->doc.aggregated_state, "Completed");
    return !acgp_equal_nocase(r->state, "Completed") && !acgp_operation_failed(r->state);
}

bool acgp_verify_running(const struct acgp_verify *v)
{
    bool running = acgp_operation_word(v->doc.provisioning_state) == ACGP_OPERATION_RUNNING;

    if (acgp_operation_failed(v->doc.provisioning_state) || acgp_operation_failed(v->doc.aggregated_state))
        return false;
    for (size_t i = 0; !running && i < v->doc.regions.count; i++)
        running = place_running(v, &acgp_doc_places(&v->doc.regions)[i]);
    for (size_t i = 0; !running && i < v->doc.zones.count; i++)
        running = place_running(v, &acgp_doc_places(&v->doc.zones)[i]);
    return running;
}

static void judge_states(struct acgp_verify *v, int64_t now_ms)
{
    const struct acgp_doc_replication *r = acgp_doc_replication(&v->doc.replication);
    const char *fix = "publish the version again: regions that are finished are left alone";
    size_t failed = 0;

    if (acgp_operation_failed(v->doc.provisioning_state))
        find(v, now_ms, ACG_SEVERITY_ERROR, "replication", "gallery_image_version",
             acgp_printf("the version is %s in Azure", v->doc.provisioning_state), fix);
    for (size_t i = 0; i < v->doc.replication.count; i++) {
        if (!acgp_operation_failed(r[i].state))
            continue;
        failed++;
        find(v, now_ms, ACG_SEVERITY_ERROR, "replication", "target_region",
             acgp_printf("%s: replication is %s: %s", r[i].region ? r[i].region : "?", r[i].state,
                         r[i].details && r[i].details[0] ? r[i].details : "Azure does not say why"),
             fix);
    }
    if (failed == 0 && acgp_operation_failed(v->doc.aggregated_state))
        find(v, now_ms, ACG_SEVERITY_ERROR, "replication", "target_region",
             acgp_strdup("the replication is Failed in Azure, which names no region"), fix);
}

/* How many places have a set for this disk; a confidential OS disk's secure set is one. lun -1: the OS disk.
 */
static size_t count_sets(const struct acgp_json_list *list, int64_t lun)
{
    size_t n = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct acgp_doc_place *p = &acgp_doc_places(list)[i];
        const char *os = p->encryption.os_set_id, *secure = p->encryption.secure_vm_set_id;
        n += lun < 0 ? (os != NULL && os[0] != '\0') || (secure != NULL && secure[0] != '\0')
                     : acgp_doc_data_set_of(p, lun) != NULL;
    }
    return n;
}

/* Without a declaration nobody says that a disk may stay on platform keys: worth a word, no failure. */
static void judge_half(struct acgp_verify *v, int64_t now_ms)
{
    int64_t *luns = NULL;
    size_t count = 0, plain = 0;

    if (v->spec != NULL || v->facts.count == 0)
        return;
    if (!acgp_version_luns(&v->doc, NULL, &luns, &count)) {
        acgp_work_nomem(&v->work, now_ms);
        return;
    }
    for (size_t i = 0; i <= count; i++) {
        int64_t lun = i == 0 ? -1 : luns[i - 1];
        plain += count_sets(&v->doc.regions, lun) + count_sets(&v->doc.zones, lun) <
                 v->doc.regions.count + v->doc.zones.count;
    }
    if (plain != 0)
        find(v, now_ms, ACG_SEVERITY_WARNING, "half-encrypted", SET_FIELD,
             acgp_printf(
                 "%zu disk%s of the version %s on platform keys although others have a disk encryption "
                 "set",
                 plain, plain == 1 ? "" : "s", plain == 1 ? "is" : "are"),
             "compare the version with a declaration that names platform_key_disks");
    acgp_free(luns);
}

/* ---- the end ---- */

static void say_running(const struct acgp_verify *v, struct acg_error *err)
{
    const struct acgp_doc_replication *r = acgp_doc_replication(&v->doc.replication);
    const char *state = v->doc.provisioning_state ? v->doc.provisioning_state : "in an unknown state";

    acgp_fail(err, ACG_ERR_TIMEOUT,
              "still running: the version is %s, its replication is %s; verify it again later", state,
              v->doc.aggregated_state ? v->doc.aggregated_state : "not known");
    for (size_t i = 0; i < v->doc.replication.count; i++)
        if (r[i].region != NULL && r[i].state != NULL && !acgp_equal_nocase(r[i].state, "Completed")) {
            acgp_fail(err, ACG_ERR_TIMEOUT,
                      "still running: the version is %s, %s is %s %" PRId64 " %%; verify it again later",
                      state, r[i].region, r[i].state, r[i].percent.set ? r[i].percent.value : 0);
            return;
        }
}

static void outcome(const struct acgp_verify *v, struct acg_error *err)
{
    const struct acg_findings *findings = v->work.findings;
    size_t errors = acg_findings_errors(findings);
    const struct acg_finding *first = NULL;

    for (size_t i = 0; errors != 0 && (first == NULL || first->severity != ACG_SEVERITY_ERROR); i++)
        first = acg_findings_at(findings, i);
    *err = (struct acg_error){.status = ACG_OK};
    if (first != NULL)
        acgp_fail(err, ACG_ERR_MISMATCH, "%zu difference%s: %s", errors, errors == 1 ? "" : "s",
                  first->message);
    else if (acgp_verify_running(v))
        say_running(v, err);
    else
        acgp_error_text(err->message, sizeof err->message,
                        v->spec != NULL
                            ? "verified: every region is replicated, and the version is what is declared"
                            : "read back: every region is replicated; nothing was declared to compare with");
    acgp_error_text(err->request_id, sizeof err->request_id, v->request_id);
}

void acgp_verify_conclude(struct acgp_verify *v, int64_t now_ms)
{
    struct acgp_encryption_facts facts = {.version_id = v->version_id,
                                          .doc = &v->doc,
                                          .sets = &v->facts,
                                          .read_unix_s = v->read_unix_s,
                                          .findings = v->work.findings};
    struct acg_error err;

    judge_differences(v, now_ms);
    judge_states(v, now_ms);
    judge_half(v, now_ms);
    for (size_t i = 0; !v->work.ended && i < v->facts.count; i++)
        judge_set(v, now_ms, &v->facts.items[i]);
    if (v->work.ended)
        return;
    outcome(v, &err);
    facts.compared = v->spec != NULL && !acgp_verify_running(v);
    facts.verdict = err.message;
    if (acgp_encryption_report("verify", &facts, &v->report, &err) == ACG_OK)
        v->work.report = v->report;
    acgp_work_end(&v->work, now_ms, &err);
}
