/* SPDX-License-Identifier: MPL-2.0 */
/* The one write of a publish. An answer that was lost, or a server error, is settled by looking whether the
 * version is there, never by a blind second PUT. */
#include <string.h>

#include "arm/error_doc.h"
#include "arm/requests.h"
#include "arm/version_body.h"
#include "base/alloc.h"
#include "base/error.h"
#include "publish/machine.h"

void acgp_put_begin(struct acgp_publish *m, int64_t now_ms)
{
    acgp_regions_first(m);
    acgp_machine_step(m, now_ms, ACGP_STEP_PUT, "sending the version to Azure");
    if (!m->work.ended && acgp_turn_take(m, now_ms))
        acgp_put_fresh(m, now_ms);
}

/* The checks, or the wait for the turn, may have taken their time: others may have come first. */
void acgp_put_fresh(struct acgp_publish *m, int64_t now_ms)
{
    if (now_ms - m->checked_ms > ACGP_FRESH_MS)
        acgp_work_get(&m->work, now_ms, ACGP_CALL_AGAIN, 0, acgp_version_url(m->work.endpoint, m->spec));
    else
        acgp_put_send(m, now_ms);
}

void acgp_put_on_look(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    struct acg_error err;

    if (acgp_answer_status(answer) == 404) {
        acgp_put_send(m, now_ms);
    } else if (acgp_answer_status(answer) == 200) {
        acgp_existing_appeared(m, now_ms, answer->response);
    } else {
        acgp_answer_error(answer, "reading the version", &err);
        acgp_work_end(&m->work, now_ms, &err);
    }
}

static void send(struct acgp_publish *m, int64_t now_ms)
{
    struct acgp_body_parts parts = {.left_out = m->left_out, .operation_key = m->key};
    bool update = m->spec->on_existing == ACG_ON_EXISTING_UPDATE;
    char *body = NULL;
    struct acg_error err;

    acgp_preflight_done(&m->preflight);
    m->put_at_ms = ACGP_NEVER;
    m->puts++;
    if (acgp_version_body(m->spec, m->location, &m->coverage, &parts, &body, &err) != ACG_OK)
        acgp_work_end(&m->work, now_ms, &err);
    else
        acgp_work_write(&m->work, now_ms, ACGP_CALL_PUT, 0, acgp_version_url(m->work.endpoint, m->spec),
                        (struct acgp_write){.method = ACGP_PUT,
                                            .body = body,
                                            .ask_before_again = true,
                                            .once = update,
                                            .attempt_ms = update ? ACGP_REWRITE_ATTEMPT_MS : 0});
}

void acgp_put_send(struct acgp_publish *m, int64_t now_ms)
{
    m->put_at_ms = ACGP_NEVER;
    acgp_records_send(m, now_ms, "create", send);
}

void acgp_put_accept(struct acgp_publish *m, int64_t now_ms, const struct acgp_response *response)
{
    struct acg_error none = {.status = ACG_OK};

    m->accepted = true;
    m->created = m->created || !m->rewriting;
    m->accepted_ms = m->written_ms = now_ms;
    acgp_records_accepted(m, now_ms);
    m->put_in_doubt = false;
    if (m->spec->wait == ACG_WAIT_ACCEPTED) {
        acgp_error_text(none.message, sizeof none.message, "accepted by Azure; nothing is proved yet");
        acgp_work_end(&m->work, now_ms, &none);
    } else {
        acgp_operation_begin(m, now_ms, response);
    }
}

/* Is the version that the answer shows the one that this request makes? */
static bool ours(struct acgp_publish *m, int64_t now_ms, const struct acgp_response *response,
                 struct acg_error *conflict)
{
    struct acgp_asked asked = acgp_machine_asked(m);
    struct acgp_version_doc doc = {0};
    struct acgp_differences d = {0};
    enum acg_status status = acgp_version_doc_decode(acgp_buf_view(&response->body), &doc, conflict);
    size_t count = status == ACG_OK ? acgp_compare_content(&asked, &doc, &d) : 0;

    if (status == ACG_ERR_NOMEM || d.failed)
        acgp_work_nomem(&m->work, now_ms);
    else if (status == ACG_OK && count != 0)
        acgp_fail_field(conflict, ACG_ERR_CONFLICT, "gallery_image_version",
                        "another writer made the version at the same time (%s): %s; nothing more is written",
                        doc.provisioning_state ? doc.provisioning_state : "state unknown", d.items[0].text);
    conflict->http_status = response->status;
    acgp_differences_done(&d);
    acgp_version_doc_done(&doc);
    return !m->work.ended && status == ACG_OK && count == 0;
}

/* Azure updated a version where one was to be created: somebody came in between. */
static void came_second(struct acgp_publish *m, int64_t now_ms, const struct acgp_response *response)
{
    bool chosen = m->spec->naming != ACGP_NAMING_GIVEN;
    struct acg_error err;

    if (m->spec->on_existing == ACG_ON_EXISTING_UPDATE) {
        m->rewriting = true;
        acgp_work_notice(&m->work, now_ms,
                         acgp_strdup("another writer created the version at the same time: both write it"));
        if (!m->work.ended)
            acgp_put_accept(m, now_ms, response);
        return;
    }
    acgp_fail_field(
        &err, ACG_ERR_CONFLICT, "gallery_image_version",
        "%s created the version between the check and the write (Azure answered 200 where 201 was due, so "
        "this "
        "write updated it, and regions that the other asked for and this request does not name are gone from "
        "it); nothing more is written: look at %s%s",
        chosen ? "another job took the name and" : "another writer", m->spec->version_id,
        chosen ? "; run again: it takes the next name" : "");
    err.http_status = 200;
    acgp_error_text(err.request_id, sizeof err.request_id, acgp_response_header(response, "x-ms-request-id"));
    acgp_work_end(&m->work, now_ms, &err);
}

static void accept_found(struct acgp_publish *m, int64_t now_ms, const struct acgp_response *response)
{
    m->found_only = true;
    acgp_put_accept(m, now_ms, response);
}

static void judge_200(struct acgp_publish *m, int64_t now_ms, const struct acgp_response *response)
{
    struct acg_error err;

    if (!m->put_in_doubt)
        came_second(m, now_ms, response);
    else if (ours(m, now_ms, response, &err)) /* our own first PUT may have made it */
        accept_found(m, now_ms, response);
    else
        acgp_work_end(&m->work, now_ms, &err);
}

/* May the version be there, although this answer does not say so? A refusal for another operation on it can
 * be our own first PUT at work. */
static bool in_doubt(const struct acgp_publish *m, const struct acgp_answer *answer)
{
    if (answer->response != NULL)
        return answer->response->status == 408 || answer->response->status >= 500 ||
               (answer->response->status == 409 && m->put_in_doubt);
    return answer->failure->kind == ACGP_FAILURE_LOST || answer->failure->kind == ACGP_FAILURE_TOO_LARGE;
}

static void settle(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    int64_t wait = acgp_machine_wait_ms(m, now_ms, answer);

    m->put_in_doubt = true;
    acgp_answer_error(answer, "sending the version", &m->put_error);
    if (m->put_error.status == ACG_ERR_NOMEM || m->work.deadline_ms - now_ms <= wait) {
        acgp_work_end(&m->work, now_ms, &m->put_error);
        return;
    }
    acgp_work_notice(&m->work, now_ms,
                     acgp_printf("%s; looking whether the version is there", m->put_error.message));
    if (!m->work.ended)
        acgp_work_get(&m->work, now_ms, ACGP_CALL_SETTLE, 0, acgp_version_url(m->work.endpoint, m->spec));
    if (!m->work.ended)
        m->work.calls[m->work.call_count - 1]->exchange.at_ms = now_ms + wait;
}

static void refuse(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    struct acg_error err;

    acgp_answer_error(answer, "sending the version", &err);
    if (strcmp(err.arm_code, "Conflict") == 0)
        err.status = ACG_ERR_CONFLICT; /* Azure's word for another operation on the same resource */
    acgp_work_end(&m->work, now_ms, &err);
}

/* Azure did not take the write, and would at another time. */
static bool not_heard(const struct acgp_answer *answer)
{
    if (answer->failure != NULL)
        return answer->failure->kind == ACGP_FAILURE_HELD || answer->failure->kind == ACGP_FAILURE_NOT_SENT;
    return answer->response->status == 429;
}

/* Where others may write too, a write is not repeated on an old reading: the version is looked at once more.
 */
static void look_first(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    int64_t at_ms = 0;
    struct acg_error err;

    acgp_answer_error(answer, "sending the version", &err);
    if (err.status == ACG_ERR_NOMEM || !acgp_machine_again(m, now_ms, answer, &at_ms)) {
        acgp_work_end(&m->work, now_ms, &err);
        return;
    }
    acgp_work_notice(&m->work, now_ms, acgp_printf("%s; looking at the version first", err.message));
    if (!m->work.ended)
        acgp_work_get(&m->work, now_ms, ACGP_CALL_AGAIN, 0, acgp_version_url(m->work.endpoint, m->spec));
    if (!m->work.ended)
        m->work.calls[m->work.call_count - 1]->exchange.at_ms = at_ms;
}

void acgp_put_on_answer(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);

    if (status == 201 || status == 202)
        acgp_put_accept(m, now_ms, answer->response);
    else if (status == 200)
        judge_200(m, now_ms, answer->response);
    else if (in_doubt(m, answer))
        settle(m, now_ms, answer);
    else if (m->spec->on_existing == ACG_ON_EXISTING_UPDATE && not_heard(answer))
        look_first(m, now_ms, answer);
    else
        refuse(m, now_ms, answer);
}

/* The version is not there, so the write did not arrive, or is not visible yet: a PUT of the same content is
 * safe. */
static void put_again(struct acgp_publish *m, int64_t now_ms)
{
    if (!acgp_machine_again(m, now_ms, NULL, &m->put_at_ms)) {
        acgp_work_end(&m->work, now_ms, &m->put_error);
        return;
    }
    acgp_work_notice(&m->work, now_ms, acgp_strdup("the version is not there: sending it again"));
}

void acgp_put_on_settled(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    struct acg_error err;
    int status = acgp_answer_status(answer);

    if (status == 404) {
        put_again(m, now_ms);
    } else if (status == 200) {
        if (ours(m, now_ms, answer->response, &err)) {
            acgp_work_notice(&m->work, now_ms, acgp_strdup("the version is there: the write had arrived"));
            if (!m->work.ended)
                accept_found(m, now_ms, NULL);
        } else {
            acgp_work_end(&m->work, now_ms, &err);
        }
    } else {
        acgp_answer_error(answer, "whether the write arrived is not known; looking for the version", &err);
        acgp_work_end(&m->work, now_ms, &err);
    }
}
