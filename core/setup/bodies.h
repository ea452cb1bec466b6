/* SPDX-License-Identifier: MPL-2.0 */
/** Addresses and bodies of the writes of a set-up. All are owned by the caller (acgp_free); NULL without
 * memory. */
#ifndef ACGP_SETUP_BODIES_H
#define ACGP_SETUP_BODIES_H

#include "setup/declaration.h"
#include "setup/docs.h"

/** A vault with purge protection, without which no disk encryption set may use it. @param tenant_id of the
 * subscription. */
char *acgp_vault_body(const struct acgp_setup *setup, const char *region, const char *tenant_id);
/** An RSA key. ARM creates with it, and answers the key that is there otherwise: it never makes a second
 * version (Microsoft.KeyVault, Keys - Create If Not Exist). */
char *acgp_key_body(const struct acgp_setup *setup);
/** @param vault_id left out of the body when the vault is in another subscription, as the service wants it.
 */
char *acgp_set_body(const struct acgp_setup *setup, const char *region, const char *vault_id,
                    const char *key_url);

/** The role assignment of a principal at a vault. Its name is made of scope, role and principal, so that a
 * repeat is the same assignment: a UUID of version 8 (RFC 9562, 5.8). */
char *acgp_role_id(const char *vault_id, const char *principal_id);
char *acgp_role_body(const char *vault_id, const char *principal_id);
/** The role assignments of a principal at, above and below a vault. */
char *acgp_roles_url(const char *endpoint, const char *vault_id, const char *principal_id);

/** An access policy to be added: get, wrapKey, unwrapKey. */
char *acgp_policy_body(const char *tenant_id, const char *principal_id);

/** Is that name of a vault free? */
char *acgp_name_body(const char *vault_name);

#endif
