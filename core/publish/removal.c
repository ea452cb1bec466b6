/* SPDX-License-Identifier: MPL-2.0 */
/* Deleting a version that a publish made: it is read first, and left alone when it is not that version any
 * more. Its end is seen by reading: a GET can be behind a delete, in both directions. */
#include "publish/removal.h"

#include <inttypes.h>
#include <string.h>

#include "arm/operation_doc.h"
#include "arm/requests.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "publish/machine.h"

enum { GONE_READS = 3 }; /* so many readings in a row must not find it */

enum acg_status acgp_removal_new(const struct acgp_removal *removal, const struct acgp_work_config *config,
                                 struct acgp_work **out, struct acg_error *err)
{
    struct acgp_publish_spec *spec = acgp_alloc(1, sizeof *spec);
    struct acgp_publish *m = NULL;
    enum acg_status status = ACG_OK;

    if (spec == NULL)
        return acgp_fail_nomem(err);
    spec->timeout_ms = removal->timeout_ms;
    spec->version_id = acgp_strdup(removal->version_id);
    status = acgp_machine_new(spec, config, &m, err);
    if (status != ACG_OK)
        return status;
    m->removing = true;
    m->published = acgp_strdup(removal->published_date);
    if (m->spec->version_id == NULL || m->published == NULL) {
        acgp_work_free(&m->work);
        return acgp_fail_nomem(err);
    }
    m->answered_ms = config->now_ms;
    acgp_machine_step(m, config->now_ms, ACGP_STEP_RECOGNISE, "reading the version before it is deleted");
    acgp_removal_look(m, config->now_ms);
    *out = &m->work;
    return ACG_OK;
}

void acgp_removal_look(struct acgp_publish *m, int64_t now_ms)
{
    m->read_at_ms = ACGP_NEVER;
    if (!m->work.ended)
        acgp_work_get(&m->work, now_ms, ACGP_CALL_LOOK, 0,
                      acgp_resource_url(m->work.endpoint, m->spec->version_id, ACGP_RESOURCE_IMAGE_VERSION));
}

static void deleted(struct acgp_publish *m, int64_t now_ms, const char *text)
{
    struct acg_error none = {.status = ACG_OK};

    acgp_error_text(none.message, sizeof none.message, text);
    if (m->clearing != ACGP_CLEAR_NOTHING)
        acgp_clearing_over(m, now_ms, NULL);
    else
        acgp_work_end(&m->work, now_ms, &none);
}

static void not_deleted(struct acgp_publish *m, int64_t now_ms, const struct acg_error *err)
{
    if (m->clearing != ACGP_CLEAR_NOTHING && err->status != ACG_ERR_NOMEM)
        acgp_clearing_over(m, now_ms, err);
    else
        acgp_work_end(&m->work, now_ms, err);
}

static void delete_now(struct acgp_publish *m, int64_t now_ms)
{
    if (m->puts++ == 0)
        acgp_machine_step(m, now_ms, ACGP_STEP_DELETE, "deleting the version");
    m->step = ACGP_STEP_DELETE;
    m->put_in_doubt = true;
    if (!m->work.ended)
        acgp_work_write(
            &m->work, now_ms, ACGP_CALL_DELETE, 0,
            acgp_resource_url(m->work.endpoint, m->spec->version_id, ACGP_RESOURCE_IMAGE_VERSION),
            (struct acgp_write){.method = ACGP_DELETE, .once = true, .attempt_ms = ACGP_PUT_ATTEMPT_MS});
}

static void send_delete(struct acgp_publish *m, int64_t now_ms)
{
    acgp_records_send(m, now_ms, m->clearing == ACGP_CLEAR_OLD ? "replace" : "delete", delete_now);
}

/* Look again later: when the answer asks for it, else by the schedule of short and then longer waits. */
static void look_later(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    m->read_at_ms = now_ms + acgp_lro_interval_ms(++m->reads, acgp_machine_wait_ms(m, now_ms, answer));
}

/* A read or poll that brought nothing. */
static void silent(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer, const char *what)
{
    struct acg_error err;

    if (acgp_progress_hopeless(m, now_ms, answer, what, &err))
        not_deleted(m, now_ms, &err);
    else
        acgp_work_notice(&m->work, now_ms, acgp_printf("%s; reading again", err.message));
}

/* ---- reading ---- */

static void other_version(struct acgp_publish *m, int64_t now_ms)
{
    const char *found = m->doc.published ? m->doc.published : "at a time that Azure does not tell";
    struct acg_error err;

    acgp_fail_field(
        &err, ACG_ERR_CONFLICT, "gallery_image_version",
        "the version is not the one that was to be deleted (published %s, not %s): it is left as it is: %s",
        found, m->published, m->spec->version_id);
    not_deleted(m, now_ms, &err);
}

/* The new one of this publish would be written over it. */
static void other_came(struct acgp_publish *m, int64_t now_ms)
{
    struct acg_error err;

    acgp_fail_field(&err, ACG_ERR_CONFLICT, "gallery_image_version",
                    "the version that was to be replaced was deleted, and another version has been made "
                    "under its name meanwhile: it is left as it is: %s",
                    m->spec->version_id);
    m->accepted = m->put_in_doubt = false;
    not_deleted(m, now_ms, &err);
}

/* The very version that was published, or another under its name? */
static void recognise(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    bool same = acgp_equal(m->doc.published, m->published);
    bool deleting = acgp_equal_nocase(m->doc.provisioning_state, "Deleting"); /* ours, when it seemed lost */

    if (!same && m->puts > 0 && m->clearing == ACGP_CLEAR_OLD)
        other_came(m, now_ms);
    else if (!same && m->puts > 0)
        deleted(m, now_ms, "deleted; another version has been made under its name");
    else if (!same)
        other_version(m, now_ms);
    else if (m->step == ACGP_STEP_RECOGNISE && !deleting)
        send_delete(m, now_ms);
    else
        look_later(m, now_ms, answer);
}

static void on_found(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    struct acgp_version_doc doc = {0};
    struct acg_error err;
    enum acg_status status = acgp_version_doc_decode(acgp_buf_view(&answer->response->body), &doc, &err);

    if (status != ACG_OK) {
        acgp_version_doc_done(&doc);
        if (status == ACG_ERR_NOMEM)
            acgp_work_end(&m->work, now_ms, &err);
        else
            silent(m, now_ms, answer, "reading the version");
        look_later(m, now_ms, answer);
        return;
    }
    acgp_version_doc_done(&m->doc);
    m->doc = doc;
    m->answered_ms = now_ms;
    m->missing = 0;
    recognise(m, now_ms, answer);
}

static void on_missing(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    m->answered_ms = now_ms;
    if (++m->missing < GONE_READS)
        look_later(m, now_ms, answer);
    else
        deleted(m, now_ms, m->puts == 0 ? "the version was gone already" : "deleted");
}

void acgp_removal_on_look(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);

    if (status == 200) {
        on_found(m, now_ms, answer);
    } else if (status == 404) {
        on_missing(m, now_ms, answer);
    } else {
        silent(m, now_ms, answer, "reading the version");
        look_later(m, now_ms, answer);
    }
}

/* ---- deleting ---- */

/* Azure is still busy with the version (409, 429), or nobody knows whether it heard (5xx, a lost answer). The
 * next attempt begins with reading: somebody may have published anew under the name. */
static void delete_again(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);
    struct acg_error err;

    if (status == 409 || status == 429 ||
        (answer->failure &&
         (answer->failure->kind == ACGP_FAILURE_NOT_SENT || answer->failure->kind == ACGP_FAILURE_HELD)))
        m->put_in_doubt = false;
    acgp_answer_error(answer, "deleting the version", &err);
    if (err.status == ACG_ERR_NOMEM || !acgp_machine_again(m, now_ms, answer, &m->read_at_ms)) {
        not_deleted(m, now_ms, &err);
        return;
    }
    m->step = ACGP_STEP_RECOGNISE;
    acgp_work_notice(
        &m->work, now_ms,
        acgp_printf("%s; again in %" PRId64 " s", err.message, (m->read_at_ms - now_ms + 999) / 1000));
}

static void watch(struct acgp_publish *m, int64_t now_ms, const struct acgp_response *response)
{
    struct acg_error err;

    m->accepted = true;
    m->answered_ms = now_ms;
    acgp_lro_done(&m->lro);
    if (acgp_lro_begin(&m->lro, m->work.endpoint, response, acgp_work_unix_s(&m->work, now_ms), &err) !=
        ACG_OK)
        acgp_work_end(&m->work, now_ms, &err);
    else if (m->lro.way == ACGP_LRO_RESOURCE)
        m->read_at_ms = now_ms + m->lro.wait_ms;
    else
        m->poll_at_ms = now_ms + m->lro.wait_ms;
}

static bool again(const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);

    if (answer->failure != NULL)
        return answer->failure->kind == ACGP_FAILURE_NOT_SENT || answer->failure->kind == ACGP_FAILURE_HELD ||
               answer->failure->kind == ACGP_FAILURE_LOST || answer->failure->kind == ACGP_FAILURE_TOO_LARGE;
    return status == 408 || status == 409 || status == 429 || status >= 500;
}

void acgp_removal_on_delete(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);
    struct acg_error err;

    if (status == 200 || status == 202) {
        watch(m, now_ms, answer->response);
    } else if (status == 204 || status == 404) {
        m->accepted = true;
        acgp_removal_look(m, now_ms);
    } else if (again(answer)) {
        delete_again(m, now_ms, answer);
    } else {
        m->put_in_doubt = false;
        acgp_answer_error(answer, "deleting the version", &err);
        not_deleted(m, now_ms, &err);
    }
}

static void failed(struct acgp_publish *m, int64_t now_ms)
{
    m->accepted = m->put_in_doubt = false;
    not_deleted(m, now_ms, &m->failure);
}

void acgp_removal_on_poll(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    enum acgp_lro_state state = ACGP_LRO_RUNNING;
    struct acg_error err;

    if (answer->response == NULL || acgp_outcome_of_status(answer->response->status) != ACGP_OUTCOME_FINAL) {
        silent(m, now_ms, answer, "reading the deletion");
        m->poll_at_ms = now_ms + acgp_lro_interval_ms(m->lro.polls + 1, 0);
        return;
    }
    m->answered_ms = now_ms;
    if (acgp_lro_on_response(&m->lro, answer->response, acgp_work_unix_s(&m->work, now_ms), &state,
                             &m->failure, &err) != ACG_OK)
        acgp_work_end(&m->work, now_ms, &err);
    else if (state == ACGP_LRO_FAILED)
        failed(m, now_ms);
    else if (state == ACGP_LRO_RUNNING)
        m->poll_at_ms = now_ms + m->lro.wait_ms;
    else
        acgp_removal_look(m, now_ms);
}
