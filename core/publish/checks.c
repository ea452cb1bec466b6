/* SPDX-License-Identifier: MPL-2.0 */
/* The round of GETs before the write: the same as a plan's. Nothing is written while an error stands; what
 * could not be checked is told and stops nothing, unless the write needs it. */
#include <string.h>

#include "base/error.h"
#include "publish/machine.h"
#include "json/look.h"

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

/* The version is there already: say what it is. */
static bool version_exists(const struct acgp_publish *m, struct acg_error *err)
{
    const struct acgp_fact *fact = acgp_facts_find(&m->preflight.facts, m->spec->version_id);
    const char *state = NULL, *published = NULL;

    if (fact == NULL || fact->state != ACGP_FACT_READ)
        return false;
    state = acgp_json_text(fact->root, "properties.provisioningState");
    published = acgp_json_text(fact->root, "properties.publishingProfile.publishedDate");
    acgp_fail_field(err, ACG_ERR_CONFLICT, "gallery_image_version",
                    "the version exists (%s%s%s) and is left as it is; name another version: %s",
                    state ? state : "state unknown", published ? ", published " : "",
                    published ? published : "", m->spec->version_id);
    err->http_status = 200;
    return true;
}

/* What the rest of the publish needs of it; the facts go. */
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
    acgp_preflight_done(p);
}

static void conclude(struct acgp_publish *m, int64_t now_ms)
{
    struct acg_error err = {.status = ACG_OK}, blocked;

    if (version_exists(m, &err) && m->preflight.blocked.status != ACG_ERR_AUTH)
        m->preflight.blocked = err;
    blocked = m->preflight.blocked;
    if (!acgp_preflight_judge(&m->preflight, &m->work, now_ms))
        return;
    take_over(m);
    if (m->work.ended)
        return;
    if (blocked.status != ACG_OK)
        acgp_work_end(&m->work, now_ms, &blocked);
    else if (acgp_preflight_error(m->work.findings, "nothing was written", &err))
        acgp_work_end(&m->work, now_ms, &err);
    else
        acgp_put_begin(m, now_ms);
}

void acgp_checks_on_answer(struct acgp_publish *m, int64_t now_ms, const struct acgp_call *call,
                           const struct acgp_answer *answer)
{
    acgp_preflight_on_answer(&m->preflight, &m->work, now_ms, call, answer);
    if (!m->work.ended && m->work.call_count == 0)
        conclude(m, now_ms);
}
