/* SPDX-License-Identifier: MPL-2.0 */
/* How a publish ends that failed in Azure, and the deletions that are part of a publish. */
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "publish/machine.h"

/* Is the version that was read the one that this publish made? Its tag must not say otherwise, and must say
 * so where no answer did. */
static bool ours(const struct acgp_publish *m)
{
    const char *key = acgp_version_doc_tag(&m->doc, ACGP_KEY_TAG);

    return m->doc.published != NULL && (key != NULL ? acgp_equal(key, m->key) : !m->found_only);
}

void acgp_failure_end(struct acgp_publish *m, int64_t now_ms, const struct acg_error *err)
{
    bool wanted = m->spec->on_failure == ACG_ON_FAILURE_DELETE && (m->created || m->created_before) &&
                  !acgp_equal_nocase(m->doc.provisioning_state, "Succeeded");

    if (m->work.ended)
        return;
    m->cause = *err;
    wanted = wanted && err->status != ACG_ERR_NOMEM; /* that is no failure in Azure */
    if (wanted && !ours(m))
        acgp_fail_context(&m->cause, "the version is not deleted: it could not be recognised as the one that "
                                     "this publish made");
    if (!wanted || !ours(m)) {
        acgp_work_end(&m->work, now_ms, &m->cause);
        return;
    }
    acgp_work_notice(&m->work, now_ms,
                     acgp_printf("%s; deleting the version, as on_failure says", err->message));
    if (!m->work.ended)
        acgp_clearing_begin(m, now_ms, ACGP_CLEAR_FAILED);
}

void acgp_clearing_begin(struct acgp_publish *m, int64_t now_ms, enum acgp_clearing what)
{
    m->published = acgp_strdup(m->doc.published);
    if (m->published == NULL) {
        acgp_work_nomem(&m->work, now_ms);
        return;
    }
    m->clearing = what;
    m->removing = true;
    m->accepted = false;
    m->puts = m->reads = m->missing = 0;
    m->answered_ms = now_ms;
    m->poll_at_ms = m->round_at_ms = m->put_at_ms = ACGP_NEVER;
    acgp_calls_drop_all(&m->work);
    acgp_machine_step(m, now_ms, ACGP_STEP_RECOGNISE, "reading the version before it is deleted");
    acgp_removal_look(m, now_ms);
}

static void failed_one_is_gone(struct acgp_publish *m, int64_t now_ms, const struct acg_error *err)
{
    struct acg_error end = m->cause;
    char why[256]; /* what failed is not to be pushed out by it */

    acgp_error_text(why, sizeof why, err != NULL ? err->message : "");
    if (err == NULL)
        acgp_fail_context(&end, "the version was deleted, as on_failure says");
    else if (m->accepted || m->put_in_doubt || acgp_calls_write_in_flight(&m->work))
        acgp_fail_context(&end, "the deletion of the version has not ended (%s)", why);
    else
        acgp_fail_context(&end, "the version could not be deleted (%s) and is left as it is", why);
    m->accepted = m->put_in_doubt = false;
    acgp_work_end(&m->work, now_ms, &end);
}

static void old_one_is_gone(struct acgp_publish *m, int64_t now_ms, const struct acg_error *err)
{
    if (err != NULL) {
        acgp_work_end(&m->work, now_ms, err);
        return;
    }
    m->clearing = ACGP_CLEAR_NOTHING;
    m->replaced = true;
    m->removing = m->accepted = m->put_in_doubt = false;
    m->puts = m->reads = m->missing = 0;
    m->read_at_ms = m->poll_at_ms = ACGP_NEVER;
    acgp_free(m->published);
    m->published = NULL;
    acgp_version_doc_done(&m->doc);
    m->checked_ms = now_ms;
    acgp_put_begin(m, now_ms);
}

void acgp_clearing_over(struct acgp_publish *m, int64_t now_ms, const struct acg_error *err)
{
    if (m->clearing == ACGP_CLEAR_FAILED)
        failed_one_is_gone(m, now_ms, err);
    else
        old_one_is_gone(m, now_ms, err);
}
