/* SPDX-License-Identifier: MPL-2.0 */
/* What the newest reading means, and what the watch ends with. */
#include <inttypes.h>
#include <stdio.h>

#include "arm/operation_doc.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "report/encryption.h"
#include "watch/machine.h"

static bool deleting(const struct acgp_watch_machine *m)
{
    return acgp_equal_nocase(m->doc.provisioning_state, "Deleting");
}

static const struct acgp_watched *home(const struct acgp_watch_machine *m)
{
    for (size_t i = 0; i < m->place_count; i++)
        if (m->places[i].home)
            return &m->places[i];
    return NULL;
}

/* While Azure works on the version a region that failed before may be mended: the version's own word counts.
 */
static enum acgp_watch_verdict judge_all(const struct acgp_watch_machine *m)
{
    bool done = true, failed = acgp_operation_failed(m->doc.aggregated_state);

    if (acgp_operation_word(m->doc.provisioning_state) == ACGP_OPERATION_RUNNING)
        return ACGP_WATCH_RUNNING;
    for (size_t i = 0; i < m->place_count; i++) {
        done = done && m->places[i].done;
        failed = failed || m->places[i].failed;
    }
    return failed ? ACGP_WATCH_FAILED : done ? ACGP_WATCH_DONE : ACGP_WATCH_RUNNING;
}

static enum acgp_watch_verdict judge_home(const struct acgp_watch_machine *m)
{
    const struct acgp_watched *h = home(m);

    if (h == NULL)
        return judge_all(m);
    if (h->done)
        return ACGP_WATCH_DONE;
    return h->failed && acgp_operation_word(m->doc.provisioning_state) != ACGP_OPERATION_RUNNING
               ? ACGP_WATCH_FAILED
               : ACGP_WATCH_RUNNING;
}

enum acgp_watch_verdict acgp_watch_judge(const struct acgp_watch_machine *m)
{
    const struct acgp_watched *h = home(m);
    bool failed = acgp_operation_failed(m->doc.provisioning_state);

    if (deleting(m))
        return ACGP_WATCH_FAILED;
    switch (m->wish.wait) {
    case ACG_WAIT_ACCEPTED:
        return failed ? ACGP_WATCH_FAILED : ACGP_WATCH_DONE;
    case ACG_WAIT_HOME:
        return failed && (h == NULL || !h->done) ? ACGP_WATCH_FAILED : judge_home(m);
    default:
        return failed ? ACGP_WATCH_FAILED : judge_all(m);
    }
}

/* Every failed region and Azure's words about it. @return how many failed */
static size_t name_regions(const struct acgp_watch_machine *m, struct acg_error *err)
{
    char text[sizeof err->message];
    size_t used = 0, failed = 0;

    text[0] = '\0';
    for (size_t i = 0; i < m->place_count && used < sizeof text - 1; i++) {
        const struct acgp_watched *w = &m->places[i];
        int n = 0;
        if (!w->failed)
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

void acgp_watch_explain(const struct acgp_watch_machine *m, struct acg_error *err)
{
    if (deleting(m)) {
        acgp_fail(err, ACG_ERR_SERVICE, "the version is being deleted: %s", m->version_id);
        return;
    }
    acgp_fail(err, ACG_ERR_SERVICE, "the version is %s in Azure",
              m->doc.provisioning_state ? m->doc.provisioning_state : "in an unknown state");
    if (name_regions(m, err) == 0 && !acgp_operation_failed(m->doc.provisioning_state))
        acgp_fail(err, ACG_ERR_SERVICE, "the replication is Failed in Azure, which names no region");
}

const char *acgp_watch_goal(const struct acgp_watch_wish *wish)
{
    switch (wish->wait) {
    case ACG_WAIT_ACCEPTED:
        return "the version is there";
    case ACG_WAIT_HOME:
        return "the home region is replicated";
    default:
        return "every region is replicated";
    }
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static const char *state_word(const struct acgp_watch_machine *m)
{
    if (m->work.error.status == ACG_OK)
        return m->wish.wait == ACG_WAIT_ACCEPTED ? "accepted" : "succeeded";
    if (m->reads == 0 || m->missing != 0)
        return "not started";
    return m->work.error.status == ACG_ERR_SERVICE ? "failed" : "running";
}

static struct acg_result_region region_of(const struct acgp_watch_machine *m, const struct acgp_watched *w)
{
    const struct acgp_doc_place *p = w->place;
    struct acg_optional_int replicas = p->replicas.set ? p->replicas : m->doc.replica_count;

    return (struct acg_result_region){.name = w->region,
                                      .display_name = or_empty(p->name),
                                      .edge_zone = p->zone,
                                      .state = w->state ? w->state : "Unknown",
                                      .percent = w->percent,
                                      .details = or_empty(w->details),
                                      .replicas = replicas.set ? replicas.value : 0,
                                      .storage_account_type =
                                          p->storage_type ? p->storage_type : or_empty(m->doc.storage_type)};
}

static bool build_regions(struct acgp_watch_machine *m)
{
    m->regions = acgp_alloc(m->place_count + 1, sizeof m->regions[0]);
    if (m->regions == NULL)
        return false;
    for (size_t i = 0; i < m->place_count; i++)
        m->regions[i] = region_of(m, &m->places[i]);
    m->work.result.regions = m->regions;
    m->work.result.region_count = m->place_count;
    return true;
}

static bool build_report(struct acgp_watch_machine *m)
{
    struct acgp_set_facts unread = {0};
    struct acgp_encryption_facts facts = {.version_id = m->version_id,
                                          .doc = &m->doc,
                                          .sets = &unread,
                                          .read_unix_s = m->read_unix_s,
                                          .verdict = m->work.error.message};

    return acgp_encryption_report("status", &facts, &m->report, NULL) == ACG_OK;
}

void acgp_watch_conclude(struct acgp_watch_machine *m, int64_t now_ms)
{
    m->work.result = (struct acg_result){.version_id = m->version_id,
                                         .location = or_empty(m->doc.location),
                                         .encryption_type = "",
                                         .provisioning_state = or_empty(m->doc.provisioning_state),
                                         .published_date = or_empty(m->doc.published),
                                         .duration_ms = acgp_work_elapsed(&m->work, now_ms)};
    if (m->reads != 0 && (!build_regions(m) || !build_report(m)))
        acgp_fail_nomem(&m->work.error);
    m->work.report = m->report;
    m->work.result.state = state_word(m);
}
