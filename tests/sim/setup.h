/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_SETUP_H
#define SIM_SETUP_H

#include "sim/arm.h"

/* Vaults, keys, identities and roles: what must be in place before a disk encryption set works. */

#define SIM_ROLE_KEY_USER                                                                                    \
    "e147488a-f6f5-4113-8e2d-b22465e65bf6" /* Key Vault Crypto Service Encryption User */

/* Why a set cannot encrypt a disk. */
struct sim_set_fault {
    unsigned status;
    const char *code;
    char *text; /* owned; NULL: it can */
};
/** Can this set encrypt a disk in that region and subscription now? What cannot be decided (a vault that the
 *  scenario does not know) counts as yes. Fills *fault; release its text with free.
 *  @return true when it can. */
bool sim_set_usable(const struct sim_world *w, const char *set_id, const char *region,
                    const char *subscription, struct sim_set_fault *fault);
/** The same without a look at where it is used: its own region and subscription. It must exist. */
bool sim_set_works(const struct sim_world *w, const char *set_id, struct sim_set_fault *fault);
/** sim_set_usable for the request that names it: otherwise the answer is the refusal. */
bool sim_need_usable_set(struct sim_call *c, const char *set_id, const char *region);

/** Does somebody of that object id exist in the directory by now? */
bool sim_principal_known(const struct sim_world *w, const char *principal);
/** Has it that role at the scope or above it, and does that count by now? */
bool sim_has_role(const struct sim_world *w, const char *principal, const char *role, const char *scope);

/** The vault of that name, wherever it is; NULL when there is none. */
struct sim_resource *sim_vault_named(const struct sim_world *w, const char *name);
/** The vault goes: it is kept as a deleted one, with its keys, and its name stays taken. */
void sim_vault_gone(struct sim_world *w, struct sim_resource *vault);
/** checkNameAvailability, deletedVaults: true when the path was one of them. */
bool sim_vault_answer(struct sim_call *c);
void sim_list_deleted_vaults(struct sim_call *c);

void sim_vault_put(struct sim_call *c);
void sim_vault_patch(struct sim_call *c);
void sim_vault_delete(struct sim_call *c);
void sim_policies_put(struct sim_call *c);
void sim_key_put(struct sim_call *c);
void sim_key_versions(struct sim_call *c);
void sim_key_version_get(struct sim_call *c);
void sim_role_put(struct sim_call *c);
void sim_role_get(struct sim_call *c);
void sim_role_delete(struct sim_call *c);
void sim_role_list(struct sim_call *c);
void sim_role_definition_get(struct sim_call *c);
void sim_role_definition_list(struct sim_call *c);
void sim_des_delete(struct sim_call *c);
void sim_des_associated(struct sim_call *c);
/** Answer 202 as the disk provider does, and let the resource finish after that speed. */
void sim_disk_accept(struct sim_call *c, struct sim_resource *r, const char *speed);

#endif
