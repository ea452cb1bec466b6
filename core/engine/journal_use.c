/* SPDX-License-Identifier: MPL-2.0 */
#include <string.h>

#include "base/error.h"
#include "engine/publisher.h"

/* Hold the file of this key, and no other's. @param out_busy another run holds it. */
static enum acg_status hold(struct acg_publish *publish, const char *key, bool *out_busy,
                            struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    *out_busy = false;
    if (publish->journal != NULL && strcmp(publish->journal->key, key) == 0)
        return ACG_OK;
    acgp_journal_release(publish->journal);
    publish->journal = NULL;
    status = acgp_journal_take(publish->pub->journal, key, &publish->journal, err);
    *out_busy = status == ACG_OK && publish->journal == NULL;
    return status;
}

void acgp_publish_recall(struct acg_publish *publish, int64_t now_ms, const char *key)
{
    const struct acgp_journal *j = publish->pub->journal;
    struct acgp_recollection r = {.known = false};
    struct acg_error why = {.status = ACG_OK};
    enum acg_status status = ACG_OK;
    bool busy = false, running = false;

    if (j != NULL)
        status = hold(publish, key, &busy, &why);
    if (status == ACG_OK && busy)
        status = acgp_journal_look(j, key, &running, &r, &why);
    else if (status == ACG_OK && j != NULL)
        status = acgp_journal_recall(publish->journal, &r, &why);
    acgp_work_on_recalled(publish->machine, now_ms, &r, busy, status == ACG_OK ? NULL : &why);
    acgp_recollection_done(&r);
}

void acgp_publish_record(struct acg_publish *publish, int64_t now_ms, const struct acgp_record *record)
{
    struct acg_error why = {.status = ACG_OK};
    enum acg_status status = ACG_OK;
    bool busy = false, unsaid = publish->left && record->kind == ACGP_RECORD_ENDED &&
                                strcmp(record->status, acg_status_name(ACG_ERR_CANCELLED)) == 0;

    if (publish->pub->journal != NULL)
        status = hold(publish, record->key, &busy, &why);
    if (status == ACG_OK && busy)
        status = acgp_fail(&why, ACG_ERR_CONFLICT,
                           "another run of this publish is under way: it holds %s/%s.jsonl",
                           publish->pub->journal->path, record->key);
    else if (status == ACG_OK && publish->journal != NULL && !unsaid)
        status = acgp_journal_append(publish->journal, record, &why);
    acgp_work_on_recorded(publish->machine, now_ms, status == ACG_OK ? NULL : &why);
}
