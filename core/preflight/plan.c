/* SPDX-License-Identifier: MPL-2.0 */
#include "preflight/plan.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "preflight/page.h"
#include "preflight/preflight.h"
#include "report/report.h"

struct plan {
    struct acgp_work work;          /* first: the machine lives in it */
    struct acgp_publish_spec *spec; /* owned */
    size_t faults;                  /* of the options alone */
    struct acgp_preflight preflight;
    bool judged;
    struct acg_report *report; /* owned */
};

static struct plan *plan_of(struct acgp_work *w)
{
    return (struct plan *)w;
}

/* Errors that are all about a version that exists are the conflict that a publish would end with. */
static bool all_about_the_version(const struct acg_findings *findings)
{
    static const char *const rules[] = {"version-exists", "R10", "R11", "R30"};

    for (size_t i = 0; i < acg_findings_count(findings); i++) {
        const struct acg_finding *f = acg_findings_at(findings, i);
        bool about = f->severity != ACG_SEVERITY_ERROR;
        for (size_t k = 0; k < sizeof rules / sizeof rules[0]; k++)
            about = about || acgp_equal(f->rule, rules[k]);
        if (!about)
            return false;
    }
    return true;
}

static size_t count_of(const struct acg_findings *findings, enum acg_severity severity)
{
    size_t n = 0;

    for (size_t i = 0; i < acg_findings_count(findings); i++)
        n += acg_findings_at(findings, i)->severity == severity;
    return n;
}

/* A result has no NULL; a draft may have no version. */
static const char *version_of(const struct plan *m)
{
    return m->spec->version_id != NULL ? m->spec->version_id : "";
}

/* A publish that begins now would take this name. */
static void choose_name(struct plan *m, int64_t now_ms)
{
    char name[ACGP_VERSION_NAME_MAX];
    struct acg_error err;

    if (m->spec->naming == ACGP_NAMING_GIVEN || m->spec->version_id == NULL ||
        m->preflight.blocked.status != ACG_OK)
        return;
    if (acgp_preflight_choose(&m->preflight, name, &err) != ACG_OK)
        acgp_work_end(&m->work, now_ms, &err);
    else if (!acgp_publish_spec_name(m->spec, name))
        acgp_work_nomem(&m->work, now_ms);
    else
        acgp_work_notice(&m->work, now_ms,
                         acgp_printf("%s: the version would be %s", m->spec->version_given, name));
    if (!m->work.ended)
        m->work.result.version_id = m->spec->version_id;
}

static void conclude(struct plan *m, int64_t now_ms)
{
    struct acgp_work *w = &m->work;
    struct acg_error err = {.status = ACG_OK};

    choose_name(m, now_ms);
    if (w->ended)
        return;
    if (!acgp_preflight_judge(&m->preflight, w, now_ms) || w->ended)
        return;
    m->judged = true;
    if (acgp_preflight_error(w->findings, "a publish would be refused", &err)) {
        if (m->faults > 0)
            err.status = ACG_ERR_ARGUMENT;
        else if (all_about_the_version(w->findings))
            err.status = ACG_ERR_CONFLICT;
    } else if (m->preflight.blocked.status != ACG_OK) {
        err = m->preflight.blocked;
    } else {
        char text[160];
        (void)snprintf(
            text, sizeof text, "nothing speaks against this publish: %zu warnings, %zu could not be checked",
            count_of(w->findings, ACG_SEVERITY_WARNING), count_of(w->findings, ACG_SEVERITY_UNKNOWN));
        acgp_error_text(err.message, sizeof err.message, text);
    }
    acgp_work_end(w, now_ms, &err);
}

static void on_answer(struct acgp_work *w, int64_t now_ms, const struct acgp_call *call,
                      const struct acgp_answer *answer)
{
    struct plan *m = plan_of(w);

    acgp_preflight_on_answer(&m->preflight, w, now_ms, call, answer);
    if (!w->ended && w->call_count == 0)
        conclude(m, now_ms);
}

static void on_deadline(struct acgp_work *w, int64_t now_ms)
{
    struct acg_error err;

    acgp_fail(&err, ACG_ERR_TIMEOUT, "out of time after %" PRId64 " s; nothing was checked to the end",
              acgp_work_elapsed(w, now_ms) / 1000);
    acgp_work_end(w, now_ms, &err);
}

static void on_cancel(struct acgp_work *w, int64_t now_ms)
{
    struct acg_error err;

    acgp_fail(&err, ACG_ERR_CANCELLED, "stopped as asked; nothing was checked to the end");
    acgp_work_end(w, now_ms, &err);
}

static char *heartbeat(struct acgp_work *w, int64_t minutes)
{
    return acgp_printf("checking for %" PRId64 " min: %zu answers are missing", minutes, w->call_count);
}

static void on_end(struct acgp_work *w, int64_t now_ms)
{
    struct plan *m = plan_of(w);

    if (m->judged && acgp_plan_report(&m->preflight, w->findings, &m->report, &w->error) != ACG_OK)
        acgp_fail_nomem(&w->error);
    w->report = m->report;
    w->result.version_id = version_of(m);
    w->result.state = "not started";
    w->result.location = m->preflight.location;
    w->result.duration_ms = acgp_work_elapsed(w, now_ms);
}

static void done(struct acgp_work *w)
{
    struct plan *m = plan_of(w);

    acgp_report_free(m->report);
    acgp_preflight_done(&m->preflight);
    acgp_publish_spec_free(m->spec);
}

static const struct acgp_work_kind plan_kind = {
    .call_name = acgp_preflight_call_name,
    .on_answer = on_answer,
    .on_deadline = on_deadline,
    .on_cancel = on_cancel,
    .heartbeat = heartbeat,
    .on_end = on_end,
    .done = done,
};

static void begin(struct plan *m, const struct acgp_work_config *config)
{
    struct acgp_work *w = &m->work;

    w->findings_held = true;
    w->side_by_side = ACGP_PLAN_SIDE_BY_SIDE;
    w->result.version_id = version_of(m);
    m->preflight.spec = m->spec;
    m->preflight.now_unix_s = config->now_unix_s;
    acgp_work_step(w, config->now_ms, acgp_preflight_step(&m->preflight));
    if (!w->ended)
        acgp_preflight_begin(&m->preflight, w, config->now_ms);
    if (!w->ended && w->call_count == 0)
        conclude(m, config->now_ms);
}

enum acg_status acgp_plan_new(const struct acgp_plan_input *input, const struct acgp_work_config *config,
                              struct acgp_work **out, struct acg_error *err)
{
    struct plan *m = acgp_alloc(1, sizeof *m);
    struct acgp_work_config own = *config;
    const struct acgp_publish_spec *spec = input->spec;

    if (m == NULL) {
        acgp_publish_spec_free(input->spec);
        return acgp_fail_nomem(err);
    }
    m->spec = input->spec;
    m->faults = input->faults;
    own.timeout_ms = spec->timeout_ms < ACGP_PLAN_TIMEOUT_MS ? spec->timeout_ms : ACGP_PLAN_TIMEOUT_MS;
    enum acg_status status = acgp_work_init(&m->work, &plan_kind, &own, err);
    if (status == ACG_OK)
        status = acgp_preflight_append(m->work.findings, input->findings, err);
    if (status != ACG_OK) {
        acgp_work_free(&m->work);
        return status;
    }
    begin(m, config);
    *out = &m->work;
    return ACG_OK;
}
