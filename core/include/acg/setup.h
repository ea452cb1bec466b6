/* SPDX-License-Identifier: MPL-2.0 */
/** What must be in place before a publish: the registration of provider and feature, and for each target
 * region a disk encryption set on a key that its identity may use.
 *
 *  Each operation here is begun like a publish and has a handle like one: its events are steps, notices,
 *  findings and one final event, whose report (report.h) tells what was found and done, also after a
 *  failure. acg_publish_cancel stops it; what was made in Azure stays, and the same call goes on from there.
 *  Everything goes through the resource manager, so that its token alone is needed. */
#ifndef ACG_SETUP_H
#define ACG_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/finding.h>
#include <acg/options.h>

ACG_BEGIN_DECLS

struct acg_publisher;
struct acg_publish;

/** What to register; start from ACG_REGISTER_OPTIONS_INIT. Grows at the end only. */
struct acg_register_options {
    uint32_t version;               /* ACG_REGISTER_OPTIONS_VERSION */
    const char *subscription_id;    /* required */
    const char *provider_namespace; /* NULL: Microsoft.Compute */
    const char *feature; /* NULL: SIGEncryption of Microsoft.Compute, none of another; empty: none */
    bool no_wait;        /* end when Azure has taken it */
    int64_t timeout_ms;  /* 0: 45 minutes; the documentation speaks of 30 */
};

#define ACG_REGISTER_OPTIONS_VERSION 1u
#define ACG_REGISTER_OPTIONS_INIT                                                                            \
    {                                                                                                        \
        .version = ACG_REGISTER_OPTIONS_VERSION                                                              \
    }
ACG_API void acg_register_options_init(struct acg_register_options *opts, uint32_t version);

/** Register a provider and a feature of it, and wait until both are Registered. What is Registered already is
 * left alone. After the feature the provider is registered once more, so that it takes notice. That Azure
 * does not know SIGEncryption of Microsoft.Compute, or does not register it, is no failure: encryption of
 * image versions is generally available and needs none. Any other feature that is unknown is ACG_ERR_SERVICE.
 *
 *  Report of kind "register": {"subscription_id", "provider": {"name", "before", "state", "asked"},
 *  "feature": null or {"name", "before", "state", "asked", "needed", "form"}}. States are ARM's words,
 *  null when never read, "Unknown" for a feature that Azure does not know, "NotRegistrable" for one that it
 *  does not register; asked: this run sent a registration; needed: false
 *  for SIGEncryption, else null; form: "features" or "featureProviders".
 *
 *  @param opts borrowed for the call; copied.   @param out owned by caller (acg_publish_free).
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field) | ACG_ERR_NOMEM | ACG_ERR_LIMIT. Never blocks.
 *  Final statuses: ACG_OK | ACG_ERR_TIMEOUT (it goes on in Azure, or waits for an approval there) | as of a
 *  publish. */
ACG_API ACG_NODISCARD enum acg_status acg_publisher_register(struct acg_publisher *pub,
                                                             const struct acg_register_options *opts,
                                                             struct acg_publish **out, struct acg_error *err);

/** Which disk encryption sets to read; start from ACG_DES_READ_OPTIONS_INIT. Grows at the end only. */
struct acg_des_read_options {
    uint32_t version;            /* ACG_DES_READ_OPTIONS_VERSION */
    const char *subscription_id; /* required unless disk_encryption_set is an id */
    const char *resource_group; /* of a list: only there, NULL: the whole subscription; of a name: required */
    const char *disk_encryption_set; /* of show: name or id */
    int64_t timeout_ms;              /* 0: ten minutes */
};

#define ACG_DES_READ_OPTIONS_VERSION 1u
#define ACG_DES_READ_OPTIONS_INIT                                                                            \
    {                                                                                                        \
        .version = ACG_DES_READ_OPTIONS_VERSION                                                              \
    }
ACG_API void acg_des_read_options_init(struct acg_des_read_options *opts, uint32_t version);

/** Read all disk encryption sets of a subscription, and what depends on each.
 *
 *  Report of kind "des": {"subscription_id", "regions": [{"name", "disk_encryption_sets": [SET]}]}, regions
 *  and sets in the order of their names. SET: {"id", "name", "resource_group", "region", "encryption_type",
 *  "provisioning_state", "key": {"url", "vault", "name", "version"}, "vault_id", "identity": {"type",
 *  "principal_id"}, "rotation": {"enabled", "last", "error"}, "used_by": [id] or null when that could not be
 *  read}. What Azure does not tell is null.
 *
 *  @param opts borrowed for the call; copied.   @param out owned by caller (acg_publish_free).
 *  @return as acg_publisher_register. */
ACG_API ACG_NODISCARD enum acg_status acg_publisher_des_list(struct acg_publisher *pub,
                                                             const struct acg_des_read_options *opts,
                                                             struct acg_publish **out, struct acg_error *err);

/** The same for one set. Report of kind "des": {"disk_encryption_set": SET}. A set that is not there is
 * ACG_ERR_SERVICE with HTTP status 404. */
ACG_API ACG_NODISCARD enum acg_status acg_publisher_des_show(struct acg_publisher *pub,
                                                             const struct acg_des_read_options *opts,
                                                             struct acg_publish **out, struct acg_error *err);

/** Disk encryption sets for target regions; start from ACG_DES_CREATE_OPTIONS_INIT. Grows at the end only.
 *  In name, vault and vault_id the word {region} stands for each region's name, "westus". */
struct acg_des_create_options {
    uint32_t version;                  /* ACG_DES_CREATE_OPTIONS_VERSION */
    const char *subscription_id;       /* of sets and of vaults named by name; required */
    const char *resource_group;        /* of the sets; must exist; required */
    const char *const *target_regions; /* required */
    size_t target_region_count;
    const char *encryption_type; /* "customer_key" (also for NULL), "double", "confidential", or ARM's word */
    const char *name;            /* of the sets; required */
    const char *vault;           /* name; made with create_key where it is missing. This or vault_id */
    const char *vault_resource_group; /* of vault, NULL: resource_group; must exist */
    const char *vault_id;             /* full id of a vault, which is never made */
    const char *key;                  /* name; required */
    bool create_key;                  /* make the key, and a vault named by name, where they are missing */
    int64_t key_size;                 /* 2048, 3072, 4096; 0: 3072 for a new key, any for one that is there */
    const char *access;               /* "rbac" or "policy"; NULL: as the vault is, rbac for a new one */
    enum acg_tristate rotate;   /* follow new versions of the key; unset: true for a new set, any for one that
                                   is there */
    const struct acg_tag *tags; /* of what is made; what is there keeps its own */
    size_t tag_count;
    bool apply;         /* false: read, and report what would be made; nothing is written */
    int64_t timeout_ms; /* 0: half an hour */
};

#define ACG_DES_CREATE_OPTIONS_VERSION 1u
#define ACG_DES_CREATE_OPTIONS_INIT                                                                          \
    {                                                                                                        \
        .version = ACG_DES_CREATE_OPTIONS_VERSION                                                            \
    }
ACG_API void acg_des_create_options_init(struct acg_des_create_options *opts, uint32_t version);

/** Check a declaration without network, and report every fault at once.
 *  @param findings borrowed; faults are appended, their field is the option's name.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err says how many faults and repeats the first) | ACG_ERR_NOMEM |
 * ACG_ERR_LIMIT. */
ACG_API ACG_NODISCARD enum acg_status acg_des_create_check(const struct acg_des_create_options *opts,
                                                           struct acg_findings *findings,
                                                           struct acg_error *err);

/** Make a disk encryption set in every target region, on a key that is there or, with create_key, on one that
 * is made with its vault: vault (purge protection, which nobody can take back), key, set, access of the set's
 * identity, in this order, all regions side by side. Everything is read first. What is there and is as
 * declared is left alone; what is there and differs is a finding, and then nothing is written in any region.
 * A write whose answer was lost is settled by reading. Interrupted at any point, the same call goes on.
 *
 *  Ready means: the set is Succeeded, and an access policy or role assignment of its identity on the vault
 *  can be read. Azure may take up to ten minutes more to obey a new role assignment; nothing that can be
 *  read shows when.
 *
 *  Report of kind "des": {"applied", "encryption_type", "regions": [{"region", "state", "steps": [{"do",
 *  "id", "state"}], "disk_encryption_set_id", "vault_id", "key_url", "principal_id", "access", "error"}]}.
 *  A region's state: "ready", "planned" (something would be made), "conflict", "failed", "running" (the end
 *  came before its end) or "unknown" (not read). do: "vault", "key", "disk_encryption_set", "access"; a
 *  step's state: "exists", "planned", "made", "conflict" or "unknown". error: null or {"status",
 *  "arm_code", "request_id", "message"}.
 *
 *  @param opts borrowed for the call; copied.   @param out owned by caller (acg_publish_free).
 *  @return as acg_des_create_check. Never blocks.
 *  Final statuses: ACG_OK | ACG_ERR_CONFLICT (findings name all differences) | ACG_ERR_PREFLIGHT (something
 *  is missing that would not be made; findings) | of the first region that failed, while the others went on
 *  to their end | ACG_ERR_TIMEOUT | ACG_ERR_CANCELLED. */
ACG_API ACG_NODISCARD enum acg_status acg_publisher_des_create(struct acg_publisher *pub,
                                                               const struct acg_des_create_options *opts,
                                                               struct acg_publish **out,
                                                               struct acg_error *err);

ACG_END_DECLS

#endif
