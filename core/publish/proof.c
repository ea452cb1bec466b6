/* SPDX-License-Identifier: MPL-2.0 */
/* The version that is there, compared with the one that was asked for. A reading can be behind the write, so
 * a difference counts when several readings in a row show it. */
#include "arm/operation_doc.h"
#include "arm/requests.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "preflight/trim.h"
#include "publish/machine.h"

/* Places are missing that may be missing. */
static void conclude_in_part(struct acgp_publish *m, int64_t now_ms)
{
    struct acg_error err;
    char *missing = NULL;

    if (!acgp_regions_missing(m, &missing)) {
        acgp_work_nomem(&m->work, now_ms);
        return;
    }
    acgp_fail(
        &err, ACG_ERR_PARTIAL,
        "published without %s; the other regions are replicated, and what was read back of them is what was "
        "asked",
        missing ? missing : "some regions");
    acgp_free(missing);
    acgp_work_end(&m->work, now_ms, &err);
}

void acgp_proof_conclude(struct acgp_publish *m, int64_t now_ms)
{
    struct acg_error none = {.status = ACG_OK};

    if (acgp_rounds_partial(m->fates, m->place_count)) {
        conclude_in_part(m, now_ms);
        return;
    }

    acgp_error_text(
        none.message, sizeof none.message,
        acgp_publish_spec_encrypts(m->spec)
            ? "published: every region is replicated, and the encryption read back is what was asked"
            : "published: every region is replicated, and the version read back is what was asked");
    acgp_work_end(&m->work, now_ms, &none);
}

/* Proved. For the report each distinct set is read once more, since the write: what another publish asked for
 * after that is good enough. Nothing that comes of it can fail the publish. */
static void succeed(struct acgp_publish *m, int64_t now_ms)
{
    m->step = ACGP_STEP_REPORT;
    m->report_until_ms = now_ms + ACGP_REPORT_MS;
    m->read_at_ms = m->poll_at_ms = ACGP_NEVER;
    if (!acgp_set_facts_collect(&m->doc, &m->facts)) {
        acgp_work_nomem(&m->work, now_ms);
        return;
    }
    for (size_t i = 0; !m->work.ended && i < m->facts.count; i++)
        acgp_work_write(
            &m->work, now_ms, ACGP_CALL_FACT, i,
            acgp_resource_url(m->work.endpoint, m->facts.items[i].id, ACGP_RESOURCE_DISK_ENCRYPTION_SET),
            (struct acgp_write){.method = ACGP_GET, .share = acgp_fact_share(ACGP_FACT_SET, m->accepted_ms)});
    if (m->facts.count == 0)
        acgp_proof_conclude(m, now_ms);
}

void acgp_proof_on_fact(struct acgp_publish *m, int64_t now_ms, const struct acgp_call *call,
                        const struct acgp_answer *answer)
{
    if (acgp_set_fact_take(&m->facts.items[call->index], answer->response, answer->root) != ACG_OK)
        acgp_work_nomem(&m->work, now_ms);
    else if (!acgp_calls_any(&m->work, ACGP_CALL_FACT))
        acgp_proof_conclude(m, now_ms);
}

static void say_overwritten(struct acgp_publish *m, int64_t now_ms, const char *gone)
{
    struct acg_error err;

    if (gone != NULL)
        acgp_fail_field(&err, ACG_ERR_CONFLICT, "target_region",
                        "another writer has written the version since: %s gone from it; nothing more is "
                        "written: %s",
                        gone, m->spec->version_id);
    else
        acgp_fail_field(&err, ACG_ERR_CONFLICT, "gallery_image_version",
                        "another writer has written the version since: %s; nothing more is written: %s",
                        m->differences.items[0].text, m->spec->version_id);
    acgp_error_text(err.request_id, sizeof err.request_id, m->doc_request_id);
    acgp_work_end(&m->work, now_ms, &err);
}

/* Somebody else wrote the version after us: its tag says so, or regions that are gone while others are there.
 * @return true: dealt with. */
static bool overwritten(struct acgp_publish *m, int64_t now_ms)
{
    const char *key = acgp_version_doc_tag(&m->doc, ACGP_KEY_TAG);
    bool theirs = key != NULL && !acgp_equal(key, m->key);
    bool update = m->spec->on_existing == ACG_ON_EXISTING_UPDATE;
    char *gone = NULL;

    if (!acgp_regions_gone(m, &gone)) {
        acgp_work_nomem(&m->work, now_ms);
        return true;
    }
    if (gone == NULL ? !theirs || update : !theirs && !m->rewriting && !acgp_regions_foreign(m)) {
        acgp_free(gone);
        return false;
    }
    if (gone != NULL && update && m->lost++ < ACGP_LOST_MAX) {
        acgp_work_notice(&m->work, now_ms,
                         acgp_printf("another writer has taken out %s: putting it in again", gone));
        if (!m->work.ended)
            acgp_rewrite_begin(m, now_ms, "reading the version, to put back what another writer took out");
    } else {
        say_overwritten(m, now_ms, gone);
    }
    acgp_free(gone);
    return true;
}

static void mismatch(struct acgp_publish *m, int64_t now_ms, unsigned seen)
{
    const struct acgp_differences *d = &m->differences;
    struct acg_error err = {.status = ACG_OK};
    size_t count = 0;

    for (size_t i = 0; i < d->count; i++)
        count += d->items[i].seen >= seen;
    for (size_t i = 0; !m->work.ended && i < d->count; i++) {
        if (d->items[i].seen < seen)
            continue;
        if (err.status == ACG_OK)
            acgp_fail(&err, ACG_ERR_MISMATCH, "%s (%zu difference%s in all)", d->items[i].text, count,
                      count == 1 ? "" : "s");
        else
            acgp_work_find(&m->work, now_ms, ACG_SEVERITY_ERROR, "proof", "", acgp_strdup(d->items[i].text),
                           "do not use this version: delete it, mend the cause and publish it again");
    }
    acgp_error_text(err.request_id, sizeof err.request_id, m->doc_request_id);
    acgp_work_end(&m->work, now_ms, &err);
}

/* A version that others may write too counts when some time after the write all is still there. */
static bool linger(struct acgp_publish *m, int64_t now_ms)
{
    int64_t until = m->written_ms + ACGP_LINGER_MS;

    if (m->spec->on_existing != ACG_ON_EXISTING_UPDATE || m->written_ms < 0 || now_ms >= until)
        return false;
    m->step = ACGP_STEP_PROOF;
    m->reads = 0;
    m->read_at_ms = until;
    return true;
}

void acgp_proof_judge(struct acgp_publish *m, int64_t now_ms)
{
    struct acgp_asked asked = acgp_machine_asked(m);
    size_t count = acgp_compare_proof(&asked, &m->doc, &m->differences);
    unsigned longest = 0;

    if (m->differences.failed) {
        acgp_work_nomem(&m->work, now_ms);
        return;
    }
    if (count == 0) {
        if (!linger(m, now_ms))
            succeed(m, now_ms);
        return;
    }
    if (m->step != ACGP_STEP_PROOF) {
        m->reads = 1;
        acgp_machine_step(m, now_ms, ACGP_STEP_PROOF,
                          "the version read back is not what was asked: reading it again");
    }
    for (size_t i = 0; i < count; i++)
        longest = m->differences.items[i].seen > longest ? m->differences.items[i].seen : longest;
    if (m->work.ended)
        return;
    if ((longest >= ACGP_PROOF_READS || m->reads >= ACGP_PROOF_READS_MAX) && overwritten(m, now_ms))
        return;
    if (longest >= ACGP_PROOF_READS)
        mismatch(m, now_ms, ACGP_PROOF_READS);
    else if (m->reads >= ACGP_PROOF_READS_MAX)
        mismatch(m, now_ms, 1);
    else
        m->read_at_ms = now_ms + ACGP_PROOF_EVERY_MS;
}

/* Is the version at rest? A reading behind the write can have looked finished, and others may write it or
 * delete it meanwhile. */
static bool at_rest(struct acgp_publish *m)
{
    enum acgp_operation_state state = acgp_operation_word(m->doc.provisioning_state);

    return acgp_regions_take(m) && (state == ACGP_OPERATION_SUCCEEDED || state == ACGP_OPERATION_UNSAID);
}

void acgp_proof_on_read(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    enum acgp_reading reading = acgp_progress_take(m, now_ms, answer);

    if (m->work.ended)
        return;
    if (reading == ACGP_READ_OK && !at_rest(m)) {
        m->step = ACGP_STEP_REPLICATION;
        acgp_regions_judge(m, now_ms, answer);
        return;
    }
    if (reading == ACGP_READ_OK) {
        acgp_proof_judge(m, now_ms);
        return;
    }
    if (reading == ACGP_READ_MISSING)
        acgp_progress_missing(m, now_ms);
    else
        acgp_progress_silent(m, now_ms, answer, "reading the version back");
    m->read_at_ms = now_ms + ACGP_PROOF_EVERY_MS;
}
