/* SPDX-License-Identifier: MPL-2.0 */
/* Reading the version with its replication status, and telling what moved. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arm/error_doc.h"
#include "arm/requests.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "model/region.h"
#include "publish/machine.h"

bool acgp_progress_init(struct acgp_publish *m, int64_t now_ms)
{
    m->watches = acgp_alloc(m->place_count, sizeof m->watches[0]);
    m->pace = acgp_alloc(m->place_count, sizeof m->pace[0]);
    if (m->watches == NULL || m->pace == NULL)
        return false;
    acgp_cadence_begin(&m->cadence, m->pace, m->place_count, acgp_work_random(&m->work), now_ms);
    for (size_t i = 0; i < m->place_count; i++) {
        struct acgp_watch *w = &m->watches[i];
        w->place = &m->places[i];
        if (w->place->zone != NULL)
            snprintf(w->name, sizeof w->name, "%.63s@%.63s", w->place->zone, w->place->region);
        else
            snprintf(w->name, sizeof w->name, "%.63s", w->place->region);
    }
    return true;
}

void acgp_progress_free(struct acgp_publish *m)
{
    for (size_t i = 0; m->watches != NULL && i < m->place_count; i++) {
        acgp_free(m->watches[i].state);
        acgp_free(m->watches[i].details);
    }
    acgp_free(m->watches);
    m->watches = NULL;
    acgp_free(m->pace);
    m->pace = NULL;
}

void acgp_progress_read(struct acgp_publish *m, int64_t now_ms)
{
    m->read_at_ms = ACGP_NEVER;
    acgp_work_get(&m->work, now_ms, ACGP_CALL_READ, 0,
                  acgp_replication_url(m->work.endpoint, m->spec->version_id));
}

void acgp_progress_plan(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    int64_t wait = answer != NULL && answer->response != NULL
                       ? acgp_retry_wait_ms(answer->response, acgp_work_unix_s(&m->work, now_ms))
                       : 0;

    m->read_at_ms = acgp_cadence_next_ms(&m->cadence, now_ms, wait);
}

/* An entry of the status about this place. An edge zone goes by its own name. */
static bool about(const struct acgp_watch *w, const struct acgp_doc_replication *r)
{
    if (r->region == NULL)
        return false;
    return w->place->zone ? acgp_equal_nocase(r->region, w->place->zone)
                          : acgp_region_equal(r->region, w->place->region);
}

static int rank(const char *state)
{
    if (acgp_equal_nocase(state, "Failed"))
        return 0;
    return acgp_equal_nocase(state, "Completed") ? 2 : 1;
}

/* Of several entries about one place the worst counts. */
static const struct acgp_doc_replication *status_of(const struct acgp_watch *w,
                                                    const struct acgp_version_doc *doc)
{
    const struct acgp_doc_replication *items = acgp_doc_replication(&doc->replication), *worst = NULL;

    for (size_t i = 0; i < doc->replication.count; i++)
        if (about(w, &items[i]) && (worst == NULL || rank(items[i].state) < rank(worst->state)))
            worst = &items[i];
    return worst;
}

static void look_up(struct acgp_watch *w, const struct acgp_version_doc *doc)
{
    const struct acgp_json_list *list = w->place->zone ? &doc->zones : &doc->regions;
    const struct acgp_doc_place *items = acgp_doc_places(list);

    w->listed = false;
    for (size_t i = 0; i < list->count; i++) {
        if (items[i].name == NULL || !acgp_region_equal(items[i].name, w->place->region) ||
            (w->place->zone != NULL && !acgp_equal_nocase(items[i].zone, w->place->zone)))
            continue;
        w->listed = true;
        acgp_error_text(w->display, sizeof w->display, items[i].name);
    }
}

static int percent_of(const struct acgp_doc_replication *r)
{
    if (rank(r->state) == 2)
        return 100;
    if (!r->percent.set || r->percent.value < 0)
        return 0;
    return r->percent.value > 100 ? 100 : (int)r->percent.value;
}

/* @return false: out of memory */
static bool report(struct acgp_publish *m, int64_t now_ms, struct acgp_watch *w,
                   const struct acgp_doc_replication *r)
{
    int percent = percent_of(r);
    const char *state = r->state ? r->state : "Unknown", *details = r->details ? r->details : "";
    char *new_state = NULL, *new_details = NULL;

    if (acgp_equal(w->state, state) && acgp_equal(w->details, details) && w->percent == percent)
        return true;
    new_state = acgp_strdup(state);
    new_details = acgp_strdup(details);
    if (new_state == NULL || new_details == NULL) {
        acgp_free(new_state);
        acgp_free(new_details);
        return false;
    }
    acgp_free(w->state);
    acgp_free(w->details);
    w->state = new_state;
    w->details = new_details;
    w->percent = percent;
    m->work.said_ms = now_ms;
    return acgp_events_region(
        &m->work.events, acgp_work_elapsed(&m->work, now_ms), w->name, state, details, percent,
        acgp_printf("%s: %s %d %%%s%s", w->name, state, percent, details[0] ? ": " : "", details));
}

void acgp_progress_look_up(struct acgp_publish *m)
{
    for (size_t i = 0; i < m->place_count; i++)
        look_up(&m->watches[i], &m->doc);
}

static bool update(struct acgp_publish *m, int64_t now_ms)
{
    acgp_progress_look_up(m);
    for (size_t i = 0; i < m->place_count; i++) {
        const struct acgp_doc_replication *r = status_of(&m->watches[i], &m->doc);
        if (r != NULL && !report(m, now_ms, &m->watches[i], r))
            return false;
        acgp_cadence_sample(&m->cadence, i, m->watches[i].percent, acgp_replication_done(&m->watches[i]),
                            now_ms);
    }
    return true;
}

enum acgp_reading acgp_progress_take(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    struct acgp_version_doc doc = {0};
    struct acg_error err;
    enum acg_status status = ACG_OK;

    if (acgp_answer_status(answer) == 404)
        return ACGP_READ_MISSING;
    if (acgp_answer_status(answer) != 200)
        return ACGP_READ_FAILED;
    status = acgp_version_doc_decode(acgp_buf_view(&answer->response->body), &doc, &err);
    if (status != ACG_OK) {
        acgp_version_doc_done(&doc);
        if (status == ACG_ERR_NOMEM)
            acgp_work_end(&m->work, now_ms, &err);
        return ACGP_READ_FAILED;
    }
    acgp_version_doc_done(&m->doc);
    m->doc = doc;
    m->read_unix_s = acgp_work_unix_s(&m->work, now_ms);
    acgp_error_text(m->doc_request_id, sizeof m->doc_request_id,
                    acgp_response_header(answer->response, "x-ms-request-id"));
    m->answered_ms = now_ms;
    m->missing = 0;
    m->reads++;
    if (!update(m, now_ms))
        acgp_work_nomem(&m->work, now_ms);
    return m->work.ended ? ACGP_READ_FAILED : ACGP_READ_OK;
}

void acgp_progress_missing(struct acgp_publish *m, int64_t now_ms)
{
    struct acg_error err;

    if (++m->missing < ACGP_MISSING_MAX || now_ms - m->answered_ms < ACGP_MISSING_MS)
        return;
    acgp_fail(&err, ACG_ERR_SERVICE, "the version has vanished: %u readings in a row answered 404 for %s",
              m->missing, m->spec->version_id);
    err.http_status = 404;
    acgp_work_end(&m->work, now_ms, &err);
}

static bool lasting(const struct acg_error *err)
{
    return err->status != ACG_ERR_TEMPORARY && err->status != ACG_ERR_TRANSPORT &&
           err->status != ACG_ERR_PROTOCOL;
}

bool acgp_progress_hopeless(const struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer,
                            const char *what, struct acg_error *err)
{
    if (acgp_answer_status(answer) == 200) /* an answer that could not be read */
        acgp_fail(err, ACG_ERR_PROTOCOL, "%s: the answer is not a version", what);
    else
        acgp_answer_error(answer, what, err);
    return lasting(err) || (answer->failure != NULL && answer->failure->kind == ACGP_FAILURE_TRUST) ||
           now_ms - m->answered_ms >= ACGP_SILENCE_MS;
}

void acgp_progress_silent(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer,
                          const char *what)
{
    struct acg_error err;

    if (m->work.ended)
        return;
    if (acgp_progress_hopeless(m, now_ms, answer, what, &err))
        acgp_work_end(&m->work, now_ms, &err);
    else
        acgp_work_notice(&m->work, now_ms,
                         acgp_printf("%s; %s", err.message,
                                     m->accepted ? "Azure goes on, and so does the watch" : "reading again"));
}

char *acgp_progress_line(const struct acgp_publish *m)
{
    struct acgp_buf b;
    char *line = NULL;
    bool ok = true;

    acgp_buf_init(&b, 64 * 1024);
    for (size_t i = 0; ok && m->watches != NULL && i < m->place_count; i++) {
        const struct acgp_watch *w = &m->watches[i];
        if (w->state == NULL)
            continue;
        ok = acgp_buf_printf(&b, "%s%s %s", b.len ? ", " : "", w->name, w->state) &&
             (rank(w->state) != 1 || acgp_buf_printf(&b, " %d %%", w->percent));
    }
    if (ok && b.len == 0 && m->doc.provisioning_state != NULL)
        ok = acgp_buf_text(&b, m->doc.provisioning_state);
    if (ok)
        line = acgp_buf_take(&b);
    acgp_buf_done(&b);
    return line;
}

size_t acgp_progress_explain(const struct acgp_publish *m, struct acg_error *err)
{
    char text[sizeof err->message];
    size_t used = 0, failed = 0;

    text[0] = '\0';
    for (size_t i = 0; m->watches != NULL && i < m->place_count && used < sizeof text - 1; i++) {
        const struct acgp_watch *w = &m->watches[i];
        int n = 0;
        if (w->state == NULL || rank(w->state) != 0)
            continue;
        failed++;
        n = snprintf(text + used, sizeof text - used, "%sregion %s failed: %s", used ? "; " : "", w->name,
                     w->details && w->details[0] ? w->details : "Azure gives no details");
        used += n > 0 ? (size_t)n : 0;
    }
    if (failed != 0)
        acgp_fail_context(err, "%s", text);
    return failed;
}
