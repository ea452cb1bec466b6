/* SPDX-License-Identifier: MPL-2.0 */
/** What a credential is inside the library. Holds are counted without locks: a credential belongs to one
 * thread. */
#ifndef ACGP_CREDENTIAL_H
#define ACGP_CREDENTIAL_H

#include <acg/credential.h>

#include "base/secret.h"

struct acg_credential {
    size_t holds;
    char *token_url; /* where tokens are asked for; checked: https, or http on loopback */
    char *client_id;
    struct acgp_secret secret;
};

/** Take one more hold; acg_credential_free lets go of it. @return the same credential. */
struct acg_credential *acgp_credential_hold(struct acg_credential *credential);

#endif
