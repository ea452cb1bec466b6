/* SPDX-License-Identifier: MPL-2.0 */
/** Watching a long-running operation, by ARM's rules: the Azure-AsyncOperation URL wins, else Location, else
 * the resource's own provisioningState. Pure: it is told answers and says what they mean and when to ask
 * again. */
#ifndef ACGP_LRO_H
#define ACGP_LRO_H

#include <stdbool.h>
#include <stdint.h>

#include "http/message.h"

enum acgp_lro_way {
    ACGP_LRO_RESOURCE = 0, /* no poll URL, or it was lost: the resource is read */
    ACGP_LRO_OPERATION,    /* Azure-AsyncOperation: a body with a status word */
    ACGP_LRO_LOCATION      /* Location: 202 running; 200, 201, 204 done */
};

enum acgp_lro_state { ACGP_LRO_RUNNING = 0, ACGP_LRO_SUCCEEDED, ACGP_LRO_FAILED, ACGP_LRO_LOST };

struct acgp_lro {
    enum acgp_lro_way way;
    char *url;       /* owned; carries a signature: never shown. NULL when way is RESOURCE */
    bool foreign;    /* the poll URL was elsewhere than the endpoint or a host below it, and is not called */
    unsigned polls;  /* answers so far */
    int64_t wait_ms; /* until the next poll */
};

/** Begin with the answer to the write.
 *  @param endpoint what the token is for.   @param lro zeroed by caller; acgp_lro_done also after a failure.
 *  @return ACG_OK | ACG_ERR_NOMEM. The first poll is due at once, unless the answer says when. */
enum acg_status acgp_lro_begin(struct acgp_lro *lro, const char *endpoint,
                               const struct acgp_response *response, int64_t now_unix_s,
                               struct acg_error *err);
void acgp_lro_done(struct acgp_lro *lro);

/** The answer to a poll of lro->url, whatever its status.
 *  FAILED: *failure says why (the operation's code and message). LOST: the URL does not answer as a poll URL
 * any more (404, 410, another refusal, no status word); way is RESOURCE from now on.
 *  @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_lro_on_response(struct acgp_lro *lro, const struct acgp_response *response,
                                     int64_t now_unix_s, enum acgp_lro_state *out, struct acg_error *failure,
                                     struct acg_error *err);

/** How long to wait before asking for the nth time again (n counted from 1) when the service does not say:
 * short at first, since a small operation ends within seconds, then up to half a minute. wait_ms: what the
 * answer asked for, 0 when nothing. */
int64_t acgp_lro_interval_ms(unsigned n, int64_t wait_ms);

#endif
