/* SPDX-License-Identifier: MPL-2.0 */
/* The rules that Azure's answers decide; what the request alone decides is plan/validate's. R5 and R6 come
 * from the coverage, R9 from the home region, "snapshots" from the matching: they are asked before these. */
#include "preflight/judge.h"

const struct acgp_rule_row acgp_preflight_rules[] = {
    {"subscription", acgp_rule_subscription},
    {"provider", acgp_rule_provider},
    {"api-version", acgp_rule_api_version},
    {"R36", acgp_rule_parents},
    {"R36", acgp_rule_region_open},
    {"R16", acgp_rule_sharing},
    {"R10", acgp_rule_version_lun},
    {"R11", acgp_rule_version_encryption},
    {"R30", acgp_rule_version_source},
    {"version-exists", acgp_rule_version_exists},
    {"R22", acgp_rule_source},
    {"R13", acgp_rule_source_subscription},
    {"R14", acgp_rule_source_encrypted},
    {"R15", acgp_rule_trusted_launch},
    {"source-keys", acgp_rule_source_keys}, /* behind the errors about the same keys */
    {"R26", acgp_rule_fit},
    {"R27", acgp_rule_machine},
    {"R28", acgp_rule_size},
    {"R29", acgp_rule_zones},
    {"R2", acgp_rule_set_exists},
    {"R3", acgp_rule_set_region},
    {"R2", acgp_rule_set_ready}, /* also "set-identity" */
    {"encryption_type", acgp_rule_set_type},
    {"set-rotation", acgp_rule_set_rotation},
    {"R32", acgp_rule_vault_region},
    {"key-vault", acgp_rule_vault},
    {"key", acgp_rule_key},
    {"quota", acgp_rule_quota},
    {"unread", acgp_rule_unread},
};
const size_t acgp_preflight_rule_count = sizeof acgp_preflight_rules / sizeof acgp_preflight_rules[0];
