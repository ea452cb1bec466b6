/* SPDX-License-Identifier: MPL-2.0 */
/** The machine of a plan: what a publish would ask before its write, and everything that it would find.
 * Writes nothing to Azure.
 *
 *  Its report, kind "plan": version_id, location, encryption_type, source_id; errors, warnings, unknown
 * (counts); regions[] {name, edge_zone, replicas, storage_account_type, disks[] {disk ("os" or LUN),
 *  disk_encryption_set_id, secure_vm_disk_encryption_set_id, confidential_vm_encryption_type,
 * encryption_type, key_url, key_vault_id, state}}; read[] {what, id, state}; findings[] {severity, rule,
 * field, message, fix, rule_text, service_message}. */
#ifndef ACGP_PLAN_H
#define ACGP_PLAN_H

#include "work/work.h"

struct acgp_publish_spec;

/** What a plan is made of. */
struct acgp_plan_input {
    struct acgp_publish_spec *spec; /* given, also when this fails; a draft where there are faults */
    size_t faults;                  /* of the options alone: a publish would be refused before its reads */
    const struct acg_findings *findings; /* borrowed, copied: what was found so far; NULL: nothing */
};

enum {
    ACGP_PLAN_TIMEOUT_MS = 600000, /* two waves of reads with their retries */
    ACGP_PLAN_SIDE_BY_SIDE = 64    /* a plan stands alone and is waited for; ARM takes 250 reads at once */
};

/** Make it. It ends with ACG_OK (warnings and what could not be checked stand in the report),
 * ACG_ERR_ARGUMENT (the options have faults: they alone stop a publish), ACG_ERR_PREFLIGHT (errors were
 * found), ACG_ERR_CONFLICT (they are all about a version that exists), or, where no error was found, with
 * what kept Azure from answering (ACG_ERR_AUTH for a login, ACG_ERR_TEMPORARY, ACG_ERR_TRANSPORT, ...). Of a
 * draft only that is read which it names beyond doubt; without any such thing nothing is asked at all.
 *  @param out owned by caller (acgp_work_free).  @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_plan_new(const struct acgp_plan_input *input, const struct acgp_work_config *config,
                              struct acgp_work **out, struct acg_error *err);

#endif
