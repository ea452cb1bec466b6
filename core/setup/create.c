/* SPDX-License-Identifier: MPL-2.0 */
#include "setup/create.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"

/* A machine lives in its base, which is its first member. */
static struct acgp_create *machine_of(struct acgp_work *w)
{
    return (struct acgp_create *)w;
}

const char *acgp_thing_word(enum acgp_thing_kind kind)
{
    static const char *const words[] = {
        [ACGP_THING_VAULT] = "vault",
        [ACGP_THING_KEY] = "key",
        [ACGP_THING_SET] = "disk_encryption_set",
        [ACGP_THING_ACCESS] = "access",
    };

    return words[kind];
}

const char *acgp_create_call_name(int call_kind)
{
    static const char *const names[] = {
        [ACGP_CREATE_READ + ACGP_THING_VAULT] = "reading the vault",
        [ACGP_CREATE_READ + ACGP_THING_KEY] = "reading the key",
        [ACGP_CREATE_READ + ACGP_THING_SET] = "reading the disk encryption set",
        [ACGP_CREATE_READ + ACGP_THING_ACCESS] = "reading who may use the key",
        [ACGP_CREATE_WRITE + ACGP_THING_VAULT] = "making the vault",
        [ACGP_CREATE_WRITE + ACGP_THING_KEY] = "making the key",
        [ACGP_CREATE_WRITE + ACGP_THING_SET] = "making the disk encryption set",
        [ACGP_CREATE_WRITE + ACGP_THING_ACCESS] = "letting the set's identity use the key",
        [ACGP_CREATE_POLL] = "reading the operation",
        [ACGP_CREATE_NAME] = "asking whether the vault's name is free",
        [ACGP_CREATE_GROUP] = "reading the resource group",
        [ACGP_CREATE_SUBSCRIPTION] = "reading the subscription",
    };

    return names[call_kind];
}

size_t acgp_site_index(const struct acgp_create *m, const struct acgp_site *s)
{
    return (size_t)(s - m->sites);
}

void acgp_site_say(struct acgp_create *m, int64_t now_ms, const struct acgp_site *s, char *text)
{
    char *line = text != NULL ? acgp_printf("%s: %s", s->plan->name, text) : NULL;

    acgp_free(text);
    if (!m->work.ended)
        acgp_work_notice(&m->work, now_ms, line);
    else
        acgp_free(line);
}

void acgp_site_fail(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, const struct acg_error *err)
{
    if (err->status == ACG_ERR_NOMEM) {
        acgp_work_end(&m->work, now_ms, err);
        return;
    }
    if (s->over)
        return;
    s->over = true;
    s->at_ms = ACGP_NEVER;
    s->error = *err;
    acgp_fail_context(&s->error, "%s", s->plan->name);
    if (m->setup->region_count > 1)
        acgp_work_notice(&m->work, now_ms, acgp_strdup(s->error.message));
}

void acgp_site_later(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind,
                     const struct acgp_answer *answer)
{
    int64_t wait = answer != NULL && answer->response != NULL
                       ? acgp_retry_wait_ms(answer->response, acgp_work_unix_s(&m->work, now_ms))
                       : 0;

    s->at_ms = now_ms + acgp_lro_interval_ms(++s->things[kind].waits, wait);
}

/* ---- the end ---- */

static const char going_on[] = "what was made stays, and the same command goes on from there";

static const struct acgp_site *first_failed(const struct acgp_create *m, size_t *out_count)
{
    const struct acgp_site *first = NULL;

    *out_count = 0;
    for (size_t i = 0; i < m->setup->region_count; i++) {
        if (m->sites[i].error.status == ACG_OK)
            continue;
        first = first != NULL ? first : &m->sites[i];
        ++*out_count;
    }
    return first;
}

/* Every region came to its end. */
static void conclude(struct acgp_create *m, int64_t now_ms)
{
    size_t failed = 0;
    const struct acgp_site *first = first_failed(m, &failed);
    struct acg_error err = {.status = ACG_OK};

    if (first == NULL) {
        acgp_error_text(err.message, sizeof err.message,
                        "every region has its disk encryption set, and its identity may use the key");
    } else {
        err = first->error;
        if (failed > 1)
            acgp_fail_context(&err, "%zu of %zu regions failed, the first", failed, m->setup->region_count);
    }
    acgp_work_end(&m->work, now_ms, &err);
}

/* ---- applying ---- */

/* The first thing that is not in order yet. */
static void site_step(struct acgp_create *m, int64_t now_ms, struct acgp_site *s)
{
    s->at_ms = ACGP_NEVER;
    for (int k = 0; k < ACGP_THINGS; k++) {
        enum acgp_thing_kind kind = (enum acgp_thing_kind)k;
        const struct acgp_thing *t = &s->things[k];
        if (t->state == ACGP_THING_THERE)
            continue;
        if (t->state == ACGP_THING_MISSING)
            acgp_thing_write(m, now_ms, s, kind);
        else if (kind == ACGP_THING_SET && t->state == ACGP_THING_PENDING && s->lro.way != ACGP_LRO_RESOURCE)
            acgp_set_poll(m, now_ms, s);
        else
            acgp_thing_read(m, now_ms, s, kind);
        return;
    }
    s->over = true;
    acgp_site_say(m, now_ms, s, acgp_printf("ready: %s", acgp_last_name(s->plan->set_id)));
}

static bool all_over(const struct acgp_create *m)
{
    for (size_t i = 0; i < m->setup->region_count; i++)
        if (!m->sites[i].over)
            return false;
    return true;
}

static void turn(struct acgp_work *w, int64_t now_ms)
{
    struct acgp_create *m = machine_of(w);

    acgp_survey_step(m, now_ms);
    if (m->work.ended || m->stage != ACGP_CREATE_APPLY)
        return;
    for (size_t i = 0; i < m->setup->region_count && !m->work.ended; i++)
        if (!m->sites[i].over && now_ms >= m->sites[i].at_ms)
            site_step(m, now_ms, &m->sites[i]);
    if (!m->work.ended && all_over(m))
        conclude(m, now_ms);
}

static int64_t due_ms(const struct acgp_work *w)
{
    const struct acgp_create *m = (const struct acgp_create *)w;
    int64_t at = ACGP_NEVER;

    for (size_t i = 0; m->stage == ACGP_CREATE_APPLY && i < m->setup->region_count; i++)
        if (!m->sites[i].over && m->sites[i].at_ms < at)
            at = m->sites[i].at_ms;
    return at;
}

static void on_answer(struct acgp_work *w, int64_t now_ms, const struct acgp_call *call,
                      const struct acgp_answer *answer)
{
    struct acgp_create *m = machine_of(w);
    struct acgp_site *s = &m->sites[call->index];

    if (call->kind >= ACGP_CREATE_NAME)
        acgp_survey_on_answer(m, now_ms, call, answer);
    else if (call->kind == ACGP_CREATE_POLL)
        acgp_set_on_poll(m, now_ms, s, answer);
    else if (call->kind >= ACGP_CREATE_WRITE)
        acgp_thing_on_write(m, now_ms, s, (enum acgp_thing_kind)(call->kind - ACGP_CREATE_WRITE), answer);
    else
        acgp_thing_on_read(m, now_ms, s, (enum acgp_thing_kind)(call->kind - ACGP_CREATE_READ), answer);
}

static void on_deadline(struct acgp_work *w, int64_t now_ms)
{
    struct acgp_create *m = machine_of(w);
    struct acg_error err;

    acgp_fail(&err, ACG_ERR_TIMEOUT, "out of time after %" PRId64 " s; %s", m->setup->timeout_ms / 1000,
              m->stage == ACGP_CREATE_APPLY ? going_on : "nothing was written");
    acgp_work_end(&m->work, now_ms, &err);
}

static void on_cancel(struct acgp_work *w, int64_t now_ms)
{
    struct acgp_create *m = machine_of(w);
    struct acg_error err;

    acgp_fail(&err, ACG_ERR_CANCELLED, "stopped as asked; %s",
              m->stage == ACGP_CREATE_APPLY ? going_on : "nothing was written");
    acgp_work_end(&m->work, now_ms, &err);
}

static char *heartbeat(struct acgp_work *w, int64_t minutes)
{
    const struct acgp_create *m = machine_of(w);
    size_t ready = 0, kind = 0;
    const struct acgp_site *late = NULL; /* the first that is not done */

    for (size_t i = m->setup->region_count; i-- > 0;) {
        ready += m->sites[i].over;
        late = m->sites[i].over ? late : &m->sites[i];
    }
    while (late != NULL && kind + 1 < ACGP_THINGS && late->things[kind].state == ACGP_THING_THERE)
        kind++;
    if (m->stage != ACGP_CREATE_APPLY || late == NULL)
        return acgp_printf("reading for %" PRId64 " min: %zu of %zu regions are done", minutes, ready,
                           m->setup->region_count);
    return acgp_printf("setting up for %" PRId64 " min: %zu of %zu regions are done; %s waits for %s",
                       minutes, ready, m->setup->region_count, late->plan->name, acgp_thing_name(kind));
}

static void on_end(struct acgp_work *w, int64_t now_ms)
{
    struct acgp_create *m = machine_of(w);
    struct acg_error err;

    (void)now_ms;
    if (w->error.status == ACG_ERR_NOMEM)
        return;
    if (acgp_create_report(m, &m->report, &err) != ACG_OK)
        w->error = err;
    w->report = m->report;
}

static void done(struct acgp_work *w)
{
    struct acgp_create *m = machine_of(w);

    for (size_t i = 0; m->sites != NULL && i < m->setup->region_count; i++) {
        acgp_vault_doc_done(&m->sites[i].vault);
        acgp_key_doc_done(&m->sites[i].key);
        acgp_des_doc_done(&m->sites[i].set);
        acgp_lro_done(&m->sites[i].lro);
    }
    acgp_report_free(m->report);
    acgp_free(m->sites);
    acgp_free(m->tenant_id);
    acgp_setup_free(m->setup);
}

static const struct acgp_work_kind create_kind = {
    .call_name = acgp_create_call_name,
    .on_answer = on_answer,
    .on_deadline = on_deadline,
    .on_cancel = on_cancel,
    .turn = turn,
    .due_ms = due_ms,
    .heartbeat = heartbeat,
    .on_end = on_end,
    .done = done,
};

enum acg_status acgp_des_create_new(struct acgp_setup *setup, const struct acgp_work_config *config,
                                    struct acgp_work **out, struct acg_error *err)
{
    struct acgp_create *m = acgp_alloc(1, sizeof *m);
    struct acgp_work_config own = *config;

    if (m == NULL) {
        acgp_setup_free(setup);
        return acgp_fail_nomem(err);
    }
    own.timeout_ms = setup->timeout_ms;
    m->setup = setup;
    m->sites = acgp_alloc(setup->region_count, sizeof *m->sites);
    if (acgp_work_init(&m->work, &create_kind, &own, err) != ACG_OK || m->sites == NULL) {
        acgp_work_free(&m->work);
        return acgp_fail_nomem(err);
    }
    for (size_t i = 0; i < setup->region_count; i++) {
        m->sites[i].plan = &setup->regions[i];
        m->sites[i].at_ms = ACGP_NEVER;
    }
    acgp_survey_begin(m, config->now_ms);
    *out = &m->work;
    return ACG_OK;
}
