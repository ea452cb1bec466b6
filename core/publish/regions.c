/* SPDX-License-Identifier: MPL-2.0 */
/* The fates of the places within the machine: what a reading says of them, and what is done about it. */
#include <inttypes.h>

#include "arm/operation_doc.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "model/region.h"
#include "publish/machine.h"

bool acgp_regions_init(struct acgp_publish *m, int64_t now_ms)
{
    m->fates = acgp_alloc(m->place_count, sizeof m->fates[0]);
    m->left_out = acgp_alloc(m->place_count, sizeof m->left_out[0]);
    if (m->fates == NULL || m->left_out == NULL || !acgp_progress_init(m, now_ms))
        return false;
    for (size_t i = 0; i < m->place_count; i++) {
        const struct acgp_place *place = &m->places[i];
        m->fates[i].home = place->zone == NULL && acgp_region_equal(place->region, m->location);
        m->fates[i].optional = place->optional;
    }
    return true;
}

static struct acgp_round_policy policy_of(const struct acgp_publish *m)
{
    const struct acgp_publish_spec *s = m->spec;

    return (struct acgp_round_policy){.repair = s->on_failure == ACG_ON_FAILURE_REPAIR,
                                      .attempts = s->repair_attempts,
                                      .wave_size = s->wave_size,
                                      .quorum = s->quorum,
                                      .until_ms = m->work.deadline_ms};
}

static void mark_left_out(struct acgp_publish *m)
{
    for (size_t i = 0; i < m->place_count; i++)
        m->left_out[i] = !m->fates[i].in;
}

void acgp_regions_first(struct acgp_publish *m)
{
    struct acgp_round_policy policy = policy_of(m);

    acgp_rounds_begin(m->fates, m->place_count, &policy);
    mark_left_out(m);
}

void acgp_regions_adopt(struct acgp_publish *m)
{
    for (size_t i = 0; i < m->place_count; i++) {
        m->fates[i].in = m->watches[i].listed;
        m->fates[i].phase = m->fates[i].in ? ACGP_PHASE_SENT : ACGP_PHASE_WAITING;
    }
    mark_left_out(m);
}

static bool says(const struct acgp_watch *w, const char *state)
{
    return acgp_equal_nocase(w->state, state);
}

static void take_place(struct acgp_fate *f, const struct acgp_watch *w)
{
    bool open = f->phase == ACGP_PHASE_SENT || f->phase == ACGP_PHASE_COMPLETED;

    if (!open)
        return;
    if (w->listed && says(w, "Failed")) {
        f->phase = ACGP_PHASE_FAILED;
        f->failures++;
    } else {
        f->phase = acgp_replication_done(w) ? ACGP_PHASE_COMPLETED : ACGP_PHASE_SENT;
    }
}

bool acgp_regions_take(struct acgp_publish *m)
{
    bool finished = true;

    for (size_t i = 0; i < m->place_count; i++) {
        take_place(&m->fates[i], &m->watches[i]);
        finished = finished && (!m->fates[i].in || m->fates[i].phase == ACGP_PHASE_COMPLETED);
    }
    return finished;
}

static bool trouble(enum acgp_phase phase)
{
    return phase == ACGP_PHASE_FAILED || phase == ACGP_PHASE_OUT || phase == ACGP_PHASE_GIVEN_UP;
}

/* Has the version as a whole failed, and no place of it says why? That it reads as failed says nothing after
 * an operation that ended well and took a failed place out: the reading is behind. */
static bool failed_as_a_whole(const struct acgp_publish *m)
{
    bool told = m->failure.status != ACG_OK;
    bool seen = acgp_operation_failed(m->doc.provisioning_state) ||
                acgp_equal_nocase(m->doc.aggregated_state, "Failed");

    for (size_t i = 0; i < m->place_count; i++)
        if (trouble(m->fates[i].phase) && (m->fates[i].in || !told))
            return false;
    return told || seen;
}

static void blame(struct acgp_fate *f)
{
    f->phase = ACGP_PHASE_FAILED;
    f->failures++;
}

/* A failure that no place explains is that of the places which were written and are not there; without any
 * it is the home region's business. */
static void take_whole(struct acgp_publish *m)
{
    bool found = false;

    if (!failed_as_a_whole(m))
        return;
    for (size_t i = 0; m->failure.status != ACG_OK && i < m->place_count; i++)
        if (m->fates[i].in && !m->fates[i].home && !m->watches[i].listed) {
            blame(&m->fates[i]);
            found = true;
        }
    for (size_t i = 0; !found && i < m->place_count; i++)
        if (m->fates[i].home)
            blame(&m->fates[i]);
}

bool acgp_regions_forgive(const struct acgp_publish *m)
{
    for (size_t i = 0; i < m->place_count; i++)
        if (m->places[i].optional)
            return true;
    return m->spec->on_failure == ACG_ON_FAILURE_REPAIR || m->spec->quorum != 0;
}

/* Was a place given up although it might have been repaired once more? */
static bool out_of_time(const struct acgp_publish *m)
{
    for (size_t i = 0; i < m->place_count; i++)
        if (m->fates[i].phase == ACGP_PHASE_GIVEN_UP && m->fates[i].failures <= m->spec->repair_attempts)
            return m->spec->on_failure == ACG_ON_FAILURE_REPAIR;
    return false;
}

static void fail(struct acgp_publish *m, int64_t now_ms)
{
    struct acg_error err = m->failure;

    if (err.status == ACG_OK)
        acgp_fail(&err, ACG_ERR_SERVICE, "the version is %s in Azure",
                  m->doc.provisioning_state ? m->doc.provisioning_state : "in an unknown state");
    if (acgp_progress_explain(m, &err) == 0 && m->failure.status == ACG_OK &&
        !acgp_operation_failed(m->doc.provisioning_state))
        acgp_fail(&err, ACG_ERR_SERVICE, "the replication is Failed in Azure, which names no region");
    if (out_of_time(m))
        acgp_fail_context(&err, "no time is left for another repair (timeout)");
    if (err.request_id[0] == '\0')
        acgp_error_text(err.request_id, sizeof err.request_id, m->doc_request_id);
    acgp_failure_end(m, now_ms, &err);
}

typedef bool pick(const struct acgp_publish *m, size_t place);

static bool taken_out(const struct acgp_publish *m, size_t place)
{
    return m->fates[place].phase == ACGP_PHASE_OUT;
}

static bool sent(const struct acgp_publish *m, size_t place)
{
    return m->fates[place].phase == ACGP_PHASE_SENT;
}

static bool given_up(const struct acgp_publish *m, size_t place)
{
    return m->fates[place].phase == ACGP_PHASE_GIVEN_UP;
}

static bool gone(const struct acgp_publish *m, size_t place)
{
    return m->fates[place].in && !m->watches[place].listed;
}

/* "eastus2, westus". @param out owned by caller; NULL: none. @return false: out of memory */
static bool names(const struct acgp_publish *m, pick *which, char **out)
{
    char *list = NULL;

    for (size_t i = 0; m->fates != NULL && i < m->place_count; i++) {
        char *more = NULL;
        if (!which(m, i))
            continue;
        more = acgp_printf("%s%s%s", list ? list : "", list ? ", " : "", m->watches[i].name);
        acgp_free(list);
        list = more;
        if (list == NULL)
            return false;
    }
    *out = list;
    return true;
}

bool acgp_regions_gone(const struct acgp_publish *m, char **out)
{
    return names(m, gone, out);
}

bool acgp_regions_missing(const struct acgp_publish *m, char **out)
{
    return names(m, given_up, out);
}

bool acgp_regions_foreign(const struct acgp_publish *m)
{
    size_t asked = 0;

    for (size_t i = 0; i < m->place_count; i++)
        asked += m->watches[i].listed;
    return m->doc.regions.count + m->doc.zones.count > asked;
}

static void write_again(struct acgp_publish *m, int64_t now_ms)
{
    char *out = NULL, *in = NULL, *why = NULL;

    if (names(m, taken_out, &out) && names(m, sent, &in))
        why = acgp_printf("writing the version again%s%s%s%s", in ? ": with " : "", in ? in : "",
                          out ? ", without " : "", out ? out : "");

    mark_left_out(m);
    if (why == NULL)
        acgp_work_nomem(&m->work, now_ms);
    else
        acgp_rewrite_begin(m, now_ms, why);
    acgp_free(why);
    acgp_free(out);
    acgp_free(in);
}

static void sleep_until(struct acgp_publish *m, int64_t now_ms, int64_t at_ms)
{
    char *out = NULL;

    m->round_at_ms = at_ms;
    if (names(m, taken_out, &out))
        acgp_work_notice(&m->work, now_ms,
                         acgp_printf("%s failed and is sent again in %" PRId64 " s", out ? out : "a region",
                                     (at_ms - now_ms + 999) / 1000));
    else
        acgp_work_nomem(&m->work, now_ms);
    acgp_free(out);
}

void acgp_regions_judge(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    struct acgp_round_policy policy = policy_of(m);
    bool busy = acgp_operation_word(m->doc.provisioning_state) == ACGP_OPERATION_RUNNING;
    int64_t at_ms = 0;
    enum acgp_round round = ACGP_ROUND_WATCH;

    acgp_regions_home(m, now_ms);
    if (m->work.ended)
        return;
    (void)acgp_regions_take(m);
    take_whole(m);
    round =
        acgp_rounds_next(m->fates, m->place_count, &policy, busy, now_ms, acgp_work_random(&m->work), &at_ms);
    if (round == ACGP_ROUND_FAIL)
        fail(m, now_ms);
    else if (round == ACGP_ROUND_WATCH)
        acgp_progress_plan(m, now_ms, answer);
    else if (round == ACGP_ROUND_WRITE || (round == ACGP_ROUND_PROVE && m->must_write))
        write_again(m, now_ms);
    else if (round == ACGP_ROUND_SLEEP)
        sleep_until(m, now_ms, at_ms);
    else
        acgp_proof_judge(m, now_ms);
}

bool acgp_regions_to_come(const struct acgp_publish *m)
{
    for (size_t i = 0; m->fates != NULL && i < m->place_count; i++)
        if (!m->fates[i].in && m->fates[i].phase != ACGP_PHASE_GIVEN_UP)
            return true;
    return false;
}

static void note_home(struct acgp_publish *m)
{
    for (size_t i = 0; i < m->place_count; i++)
        if (m->fates[i].home && m->watches[i].listed && says(&m->watches[i], "Completed"))
            m->home_done = true;
}

/* Nothing is left to be written, and nothing has failed: Azure goes on alone. */
static bool all_sent(const struct acgp_publish *m)
{
    for (size_t i = 0; i < m->place_count; i++)
        if (!m->fates[i].in || says(&m->watches[i], "Failed"))
            return false;
    return !m->must_write;
}

/* Is the version what was asked for, as far as one in the making tells? It need not list its disks. */
static bool as_asked(struct acgp_publish *m, int64_t now_ms)
{
    struct acgp_asked asked = acgp_machine_asked(m);
    struct acgp_differences d = {0};
    size_t count = acgp_compare_content(&asked, &m->doc, &d);

    if (d.failed)
        acgp_work_nomem(&m->work, now_ms);
    acgp_differences_done(&d);
    return !m->work.ended && count == 0;
}

void acgp_regions_home(struct acgp_publish *m, int64_t now_ms)
{
    bool home = m->spec->wait == ACG_WAIT_HOME;
    struct acg_error none = {.status = ACG_OK};

    note_home(m);
    if (m->spec->wait == ACG_WAIT_ALL || !all_sent(m) || (home && !m->home_done))
        return;
    if (home && !as_asked(m, now_ms))
        return; /* a reading can be behind; what stays is the proof's business */
    acgp_error_text(none.message, sizeof none.message,
                    home ? "the home region is replicated, and the encryption read back is what was asked; "
                           "Azure goes on with the others"
                         : "accepted by Azure; nothing is proved yet");
    acgp_work_end(&m->work, now_ms, &none);
}
