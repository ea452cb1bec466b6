/* SPDX-License-Identifier: MPL-2.0 */
/** A declaration of disk encryption sets, checked and laid out: what must be there in each region. */
#ifndef ACGP_DECLARATION_H
#define ACGP_DECLARATION_H

#include <acg/setup.h>

#include "model/region.h"

enum {
    ACGP_SETUP_REGIONS_MAX = 100, /* Azure has about 70 */
    ACGP_SETUP_TAGS_MAX = 15,     /* of a key; vaults and sets hold more */
    ACGP_SETUP_KEY_SIZE = 3072    /* of a new key: recommended beyond 2030, and as fast as 2048 for our use */
};

/** One region. */
struct acgp_setup_region {
    char name[ACGP_REGION_MAX];
    char *set_id, *vault_id, *key_id; /* owned */
};

/** Immutable once made. */
struct acgp_setup {
    char *subscription, *group_id; /* owned, as all texts but encryption_type */
    char *vault_group_id;          /* of vaults that may be made; NULL: none may */
    const char *encryption_type;   /* ARM's word, static */
    char *key;
    bool create_key;
    int64_t key_size;       /* 0: any */
    enum acg_tristate rbac; /* access by role, or by policy; unset: as the vault is */
    enum acg_tristate rotate;
    struct acg_tag *tags; /* owned, with their texts */
    size_t tag_count;
    bool apply;
    int64_t timeout_ms;
    struct acgp_setup_region *regions; /* owned */
    size_t region_count;
};

/** Check the options, and lay them out.
 *  @param findings borrowed; faults are appended.   @param out owned by caller (acgp_setup_free); untouched
 *  on failure; NULL: only check.   @return as acg_des_create_check. */
enum acg_status acgp_setup_declare(const struct acg_des_create_options *opts, struct acg_findings *findings,
                                   struct acgp_setup **out, struct acg_error *err);
/** NULL is fine. */
void acgp_setup_free(struct acgp_setup *setup);

/** The key's type that this encryption needs: only confidential ones ask for hardware. */
bool acgp_setup_confidential(const struct acgp_setup *setup);

/** The last part of an id: the resource's name. Lent. */
const char *acgp_last_name(const char *id);

#endif
