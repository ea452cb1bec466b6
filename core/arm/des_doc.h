/* SPDX-License-Identifier: MPL-2.0 */
/** A disk encryption set as ARM answers it. */
#ifndef ACGP_DES_DOC_H
#define ACGP_DES_DOC_H

#include <acg/error.h>
#include <acg/options.h>
#include <acg/span.h>

#include "json/decode.h"

/** Texts live in the document; any may be NULL. */
struct acgp_des_doc {
    json_t *root; /* owned */
    const char *id;
    const char *location;
    const char *encryption_type; /* decides whether a disk is encrypted once or twice */
    const char *provisioning_state;
    const char *name;
    const char *key_url;             /* with the key's version */
    const char *source_vault;        /* id; NULL: not named, as for a vault in another subscription */
    const char *identity_type;       /* "SystemAssigned", ...; NULL: none */
    const char *principal_id;        /* of a system-assigned identity */
    enum acg_tristate rotates;       /* follows new versions of its key */
    const char *rotated;             /* when it last did */
    const char *rotation_error_code; /* while there is one, no further rotation is tried */
    const char *rotation_error;
};

/** Decode. @param out zeroed by caller; acgp_des_doc_done also after a failure.
 *  @return ACG_OK | ACG_ERR_PROTOCOL | ACG_ERR_NOMEM. */
enum acg_status acgp_des_doc_decode(struct acg_span text, struct acgp_des_doc *out, struct acg_error *err);
/** The same from one item of a list. @param value borrowed: the document keeps a hold of its own. */
enum acg_status acgp_des_doc_read(json_t *value, struct acgp_des_doc *out, struct acg_error *err);
void acgp_des_doc_done(struct acgp_des_doc *doc);

#endif
