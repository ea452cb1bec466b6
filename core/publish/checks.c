/* SPDX-License-Identifier: MPL-2.0 */
/* The round of GETs before the write: the same as a plan's. Nothing is written while an error stands; what
 * could not be checked is told and stops nothing, unless the write needs it. */
#include <string.h>

#include "base/error.h"
#include "publish/machine.h"

void acgp_checks_begin(struct acgp_publish *m, int64_t now_ms)
{
    m->preflight.spec = m->spec;
    m->preflight.writing = true;
    m->work.side_by_side = ACGP_CHECKS_SIDE_BY_SIDE;
    m->preflight.now_unix_s = m->work.begun_unix_s;
    acgp_machine_step(m, now_ms, ACGP_STEP_CHECKS, acgp_preflight_step(&m->preflight));
    if (!m->work.ended)
        acgp_preflight_begin(&m->preflight, &m->work, now_ms);
}

/* What the rest of the publish needs of it; the facts stay until the version that is there was judged. */
static void take_over(struct acgp_publish *m)
{
    struct acgp_preflight *p = &m->preflight;

    memcpy(m->location, p->location, sizeof m->location);
    memcpy(m->home_field, p->home_field, sizeof m->home_field);
    m->places = p->places;
    m->place_count = p->place_count;
    m->coverage = p->coverage;
    p->places = NULL;
    p->coverage = (struct acgp_coverage){.places = NULL};
    for (size_t i = 0; i < m->place_count; i++) /* the home region alone stands in the machine itself */
        if (m->places[i].field == p->home_field) {
            m->places[i].field = m->home_field;
            m->places[i].region = m->places[i].given = m->location;
        }
}

static void go_on(struct acgp_publish *m, int64_t now_ms, enum acgp_adoption adoption)
{
    if (adoption == ACGP_ADOPT_START)
        acgp_put_begin(m, now_ms);
    else
        acgp_existing_go_on(m, now_ms, adoption);
}

static void conclude(struct acgp_publish *m, int64_t now_ms)
{
    if (!acgp_preflight_judge(&m->preflight, &m->work, now_ms))
        return;
    if (!m->work.ended && !acgp_operation_key(&m->preflight, m->key))
        acgp_work_nomem(&m->work, now_ms);
    if (m->work.ended)
        return;
    take_over(m);
    if (!acgp_regions_init(m, now_ms))
        acgp_work_nomem(&m->work, now_ms);
    else
        acgp_records_recall(m, now_ms);
}

void acgp_checks_decide(struct acgp_publish *m, int64_t now_ms)
{
    struct acg_error err = {.status = ACG_OK}, blocked = m->preflight.blocked;
    enum acgp_adoption adoption = acgp_existing_judge(m, now_ms, &err);

    if (m->work.ended)
        return;
    if (adoption == ACGP_ADOPT_REFUSE && blocked.status != ACG_ERR_AUTH)
        blocked = err;
    if (blocked.status != ACG_OK)
        acgp_work_end(&m->work, now_ms, &blocked);
    else if (acgp_preflight_error(m->work.findings, "nothing was written", &err))
        acgp_work_end(&m->work, now_ms, &err);
    else
        go_on(m, now_ms, adoption);
}

void acgp_checks_on_answer(struct acgp_publish *m, int64_t now_ms, const struct acgp_call *call,
                           const struct acgp_answer *answer)
{
    int kind = call->kind - ACGP_PREFLIGHT_CALLS;

    if (kind == ACGP_FACT_VERSION || kind == ACGP_FACT_VERSIONS)
        m->checked_ms = now_ms;
    acgp_preflight_on_answer(&m->preflight, &m->work, now_ms, call, answer);
    if (!m->work.ended && m->work.call_count == 0)
        conclude(m, now_ms);
}
