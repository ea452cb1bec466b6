/* SPDX-License-Identifier: MPL-2.0 */
/* Writing a version that is there: read, merge, write, read again. Azure replaces the list of places as a
 * whole and has no ETag, so the write follows its reading at once, names every place with its encryption, and
 * what it left is looked at afterwards. */
#include <inttypes.h>

#include "arm/error_doc.h"
#include "arm/operation_doc.h"
#include "arm/version_body.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "publish/machine.h"

enum { BUSY_AGAIN_MS = 15 * 1000, BUSY_SPREAD_MS = 15 * 1000 };

void acgp_rewrite_begin(struct acgp_publish *m, int64_t now_ms, const char *why)
{
    m->rewriting = true;
    m->puts = 0;
    m->round_at_ms = m->poll_at_ms = ACGP_NEVER;
    acgp_differences_done(&m->differences); /* what is written may mend them */
    acgp_calls_drop(&m->work, ACGP_CALL_READ);
    acgp_machine_step(m, now_ms, ACGP_STEP_REREAD, why);
    if (!m->work.ended)
        acgp_progress_read(m, now_ms);
}

/* What this write changes begins anew: places that are not there, or every one where values differ. */
static void begin_anew(struct acgp_publish *m)
{
    for (size_t i = 0; i < m->place_count; i++)
        if (m->fates[i].in && (m->must_write || !m->watches[i].listed))
            m->fates[i].phase = ACGP_PHASE_SENT;
}

/* The places that are written have no state of this write yet; how they ended before says nothing. */
static void forget_states(struct acgp_publish *m)
{
    for (size_t i = 0; i < m->place_count; i++) {
        if (m->fates[i].phase != ACGP_PHASE_SENT)
            continue;
        acgp_free(m->watches[i].state);
        m->watches[i].state = NULL;
        m->watches[i].percent = 0;
    }
}

static bool home_failed(const struct acgp_publish *m)
{
    for (size_t i = 0; i < m->place_count; i++)
        if (m->fates[i].home)
            return m->fates[i].failures != 0 && !m->home_done;
    return false;
}

static void send_now(struct acgp_publish *m, int64_t now_ms)
{
    struct acgp_body_parts parts = {.left_out = m->left_out,
                                    .operation_key = m->key,
                                    .there = m->doc.root,
                                    .with_source = home_failed(m)};
    char *body = NULL;
    struct acg_error err;

    m->puts++;
    m->step = ACGP_STEP_PUT;
    begin_anew(m);
    if (acgp_version_body(m->spec, m->location, &m->coverage, &parts, &body, &err) != ACG_OK)
        acgp_work_end(&m->work, now_ms, &err);
    else
        acgp_work_write(
            &m->work, now_ms, ACGP_CALL_PUT, 0, acgp_version_url(m->work.endpoint, m->spec),
            (struct acgp_write){
                .method = ACGP_PUT, .body = body, .once = true, .attempt_ms = ACGP_REWRITE_ATTEMPT_MS});
}

static void send(struct acgp_publish *m, int64_t now_ms)
{
    acgp_records_send(m, now_ms, "update", send_now);
}

/* Did a write whose answer was lost arrive? Then every place of it is there, and no other of ours. A version
 * that is failed still shows none: the home region is sent again without any change of its places. */
static bool arrived(const struct acgp_publish *m)
{
    if (acgp_operation_failed(m->doc.provisioning_state))
        return false;
    for (size_t i = 0; i < m->place_count; i++)
        if (m->watches[i].listed != m->fates[i].in)
            return false;
    return true;
}

static void read_later(struct acgp_publish *m, int64_t now_ms, int64_t wait_ms)
{
    int64_t own = BUSY_AGAIN_MS + (int64_t)(acgp_work_random(&m->work) % BUSY_SPREAD_MS);

    m->step = ACGP_STEP_REREAD;
    m->read_at_ms = now_ms + (wait_ms > own ? wait_ms : own);
}

static void busy(struct acgp_publish *m, int64_t now_ms, int64_t wait_ms)
{
    if (!m->told_busy)
        acgp_work_notice(&m->work, now_ms,
                         acgp_strdup("another write is at work on the version: waiting for its end"));
    m->told_busy = true;
    read_later(m, now_ms, wait_ms);
}

/* What is there and was asked for must be what was asked, before it is written over: another writer may have
 * made a place, or the version, anew. A reading without the home region, which every version has, is none to
 * build a list of places on. @return false: the machine has ended. */
static bool untouched(struct acgp_publish *m, int64_t now_ms)
{
    struct acgp_asked asked = acgp_machine_asked(m);
    struct acgp_differences d = {0};
    bool *absent = acgp_alloc(m->place_count, sizeof *absent);
    struct acg_error err;

    for (size_t i = 0; absent != NULL && i < m->place_count; i++)
        absent[i] = !m->watches[i].listed && !m->fates[i].home;
    asked.left_out = absent;
    asked.lasting_only = asked.others_stay = asked.adopted = true;
    if (absent == NULL || (acgp_compare_existing(&asked, &m->doc, &d) != 0 && d.failed)) {
        acgp_work_nomem(&m->work, now_ms);
    } else if (d.count != 0) {
        acgp_fail_field(&err, ACG_ERR_CONFLICT, "gallery_image_version",
                        "another writer has written the version since: %s; nothing more is written: %s",
                        d.items[0].text, m->spec->version_id);
        acgp_work_end(&m->work, now_ms, &err);
    }
    acgp_differences_done(&d);
    acgp_free(absent);
    return !m->work.ended;
}

static void judge_reading(struct acgp_publish *m, int64_t now_ms)
{
    struct acg_error err;

    if (acgp_equal_nocase(m->doc.provisioning_state, "Deleting")) {
        acgp_fail_field(&err, ACG_ERR_CONFLICT, "gallery_image_version",
                        "somebody deletes the version; nothing more is written: %s", m->spec->version_id);
        acgp_work_end(&m->work, now_ms, &err);
    } else if (m->settling && !m->must_write && arrived(m)) {
        acgp_work_notice(&m->work, now_ms, acgp_strdup("the write had arrived"));
        if (!m->work.ended)
            acgp_put_accept(m, now_ms, NULL);
    } else if (acgp_operation_word(m->doc.provisioning_state) == ACGP_OPERATION_RUNNING) {
        busy(m, now_ms, 0);
    } else if (untouched(m, now_ms)) {
        send(m, now_ms);
    }
}

void acgp_rewrite_on_read(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    enum acgp_reading reading = acgp_progress_take(m, now_ms, answer);

    if (m->work.ended)
        return;
    if (reading == ACGP_READ_OK) {
        judge_reading(m, now_ms);
        return;
    }
    if (reading == ACGP_READ_MISSING)
        acgp_progress_missing(m, now_ms);
    else
        acgp_progress_silent(m, now_ms, answer, "reading the version");
    acgp_progress_plan(m, now_ms, answer);
}

/* May it have been carried out, although this answer does not say so? */
static bool in_doubt(const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);

    if (answer->failure != NULL)
        return answer->failure->kind == ACGP_FAILURE_LOST || answer->failure->kind == ACGP_FAILURE_TOO_LARGE;
    return status == 408 || status >= 500;
}

/* It was not, and may be later: after a new reading, since others may write meanwhile. */
static bool put_off(const struct acgp_answer *answer)
{
    return acgp_answer_status(answer) == 429 ||
           (answer->failure != NULL && answer->failure->kind == ACGP_FAILURE_NOT_SENT);
}

static void read_again(struct acgp_publish *m, int64_t now_ms, const char *why, bool doubt)
{
    m->step = ACGP_STEP_REREAD;
    m->settling = m->settling || doubt;
    acgp_work_notice(
        &m->work, now_ms,
        doubt ? acgp_printf("%s; looking whether the write arrived", why)
              : acgp_printf("%s; again in %" PRId64 " s", why, (m->read_at_ms - now_ms + 999) / 1000));
}

void acgp_rewrite_on_answer(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);
    struct acg_error err;

    if (status == 200 || status == 201 || status == 202) {
        forget_states(m);
        m->settling = m->told_busy = m->must_write = false;
        acgp_put_accept(m, now_ms, answer->response);
        return;
    }
    acgp_answer_error(answer, "writing the version again", &err);
    if (err.status == ACG_ERR_NOMEM)
        acgp_work_end(&m->work, now_ms, &err);
    else if (status == 409)
        busy(m, now_ms, acgp_machine_wait_ms(m, now_ms, answer));
    else if (answer->failure != NULL && answer->failure->kind == ACGP_FAILURE_HELD)
        read_later(m, now_ms, 0); /* nothing was tried */
    else if ((in_doubt(answer) || put_off(answer)) && acgp_machine_again(m, now_ms, answer, &m->read_at_ms))
        read_again(m, now_ms, err.message, in_doubt(answer));
    else
        acgp_failure_end(m, now_ms, &err);
}
