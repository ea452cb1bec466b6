/* SPDX-License-Identifier: MPL-2.0 */
#include "app/serve_pick_up.h"

#include <acg/journal.h>

#include "app/log.h"
#include "base/span.h"

/** Digits of a key that tell it from others to people. */
#define KEY_SHOWN 12

static void tell_unknown(const struct acg_journal_entry *e, const char *why)
{
    bool named = e->version_id[0] != '\0';

    pkr_log(
        "WARN",
        "run %.*s of the journal%s%s was not picked up: %s; the same publish, begun again with this journal, "
        "goes on with it%s%s",
        KEY_SHOWN, e->key, named ? ", of " : "", e->version_id, why,
        named ? "; how far it is: acg status " : "", e->version_id);
}

/* Those that run elsewhere are left alone, and those whose end somebody was told: a client that cancelled one
 * does not want it to go on. */
static void pick_up(const struct acg_journal_entry *e, struct rpc_services *services)
{
    struct acg_error err = {.status = ACG_OK};

    if (acgp_equal(e->state, "unreadable"))
        tell_unknown(e, e->problem);
    else if (acgp_equal(e->state, "unfinished") && e->ended[0] == '\0' &&
             rpc_services_pick_up(services, e->memo, e->begun_unix_s, &err) != ACG_OK)
        tell_unknown(e, err.message);
}

void pkr_serve_pick_up(const char *journal, struct rpc_services *services)
{
    const struct acg_journal_entry *entry = NULL;
    struct acg_error err = {.status = ACG_OK};
    struct acg_journal *list = NULL;
    enum acg_status status = acg_journal_open(journal, &list, &err);

    while (status == ACG_OK && (status = acg_journal_next(list, &entry, &err)) == ACG_OK && entry != NULL)
        pick_up(entry, services);
    if (status != ACG_OK)
        pkr_log("WARN", "not all runs of the journal could be picked up: %s; start the server again",
                err.message);
    acg_journal_free(list);
}
