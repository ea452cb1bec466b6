/* SPDX-License-Identifier: MPL-2.0 */
#include "publish/adopt.h"

/* Is the version beyond doubt the work of this publish? One that is finished might be of an older source
 * under the same name: then the source's age or the journal must tell. */
static bool ours(const struct acgp_existing *e)
{
    bool finished = e->state == ACGP_EXISTING_SUCCEEDED;

    return e->key && e->same && e->state != ACGP_EXISTING_DELETING &&
           (!finished || e->older || e->unfinished);
}

static enum acgp_adoption reuse(const struct acgp_existing *e)
{
    bool fit = e->same && e->complete;

    return fit && (e->state == ACGP_EXISTING_SUCCEEDED || e->state == ACGP_EXISTING_RUNNING)
               ? ACGP_ADOPT_TAKE
               : ACGP_ADOPT_REFUSE;
}

static enum acgp_adoption update(const struct acgp_existing *e)
{
    if (e->state == ACGP_EXISTING_DELETING || !(e->same || e->mendable))
        return ACGP_ADOPT_REFUSE;
    return ACGP_ADOPT_UPDATE;
}

enum acgp_adoption acgp_adopt_decide(const struct acgp_existing *e, enum acg_on_existing policy)
{
    if (e->state == ACGP_EXISTING_NONE)
        return ACGP_ADOPT_START;
    if (ours(e) && !(e->state == ACGP_EXISTING_FAILED && policy == ACG_ON_EXISTING_REPLACE))
        return ACGP_ADOPT_JOIN;
    switch (policy) {
    case ACG_ON_EXISTING_REUSE:
        return reuse(e);
    case ACG_ON_EXISTING_UPDATE:
        return update(e);
    case ACG_ON_EXISTING_REPLACE: /* what another writer is at is not torn from under it */
        return e->state == ACGP_EXISTING_RUNNING ? ACGP_ADOPT_REFUSE : ACGP_ADOPT_REPLACE;
    default:
        return ACGP_ADOPT_REFUSE;
    }
}
