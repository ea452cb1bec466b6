/* SPDX-License-Identifier: MPL-2.0 */
/** What rules share. A rule looks at facts, the request and the coverage, and adds findings; it asks nothing
 * and changes nothing. Where a fact was not read a rule says nothing: acgp_rule_unread says that once for
 * each. */
#ifndef ACGP_JUDGE_H
#define ACGP_JUDGE_H

#include <acg/finding.h>

#include "plan/check.h"
#include "preflight/preflight.h"

struct acgp_judge {
    const struct acgp_preflight *p;
    const struct acgp_publish_spec *spec; /* of p */
    struct acg_findings *findings;
    size_t errors_before;   /* of other things, not in findings */
    enum acg_status status; /* out of memory and a full list stick: nothing is added any more */
    struct acg_error err;
};

typedef void acgp_rule(struct acgp_judge *j);

struct acgp_rule_row {
    const char *id; /* as in acg_rule_text */
    acgp_rule *judge;
};

/** Every rule that Azure's answers decide, in the order in which they are asked. */
extern const struct acgp_rule_row acgp_preflight_rules[];
extern const size_t acgp_preflight_rule_count;

/** A finding. @param fix static text or of the caller, copied. */
void acgp_found(struct acgp_judge *j, enum acg_severity severity, const char *rule, const char *field,
                const char *fix, const char *format, ...) __attribute__((format(printf, 6, 7)));

/** Documents of what there is one of; NULL: not read. */
const json_t *acgp_judge_gallery(const struct acgp_judge *j);
const json_t *acgp_judge_definition(const struct acgp_judge *j);
const json_t *acgp_judge_provider(const struct acgp_judge *j);
const json_t *acgp_judge_locations(const struct acgp_judge *j);
const json_t *acgp_judge_subscription(const struct acgp_judge *j);
const json_t *acgp_judge_version(const struct acgp_judge *j);
/** The first fact of a kind; NULL: none. */
const struct acgp_fact *acgp_judge_one(const struct acgp_judge *j, enum acgp_fact_kind kind);

/** A resource type of the provider, "galleries/images/versions"; NULL: not read or not there. */
const json_t *acgp_judge_type(const struct acgp_judge *j, const char *type);
/** The entry of a region among the locations; NULL: not read or not there. */
const json_t *acgp_judge_location(const struct acgp_judge *j, const char *region);

/** Does any place name a set whose key is the customer's? */
bool acgp_judge_encrypts(const struct acgp_judge *j);
/** The field by which a place names a set first; an empty text: it does not. */
struct acgp_text acgp_set_field(const struct acgp_place *place, const char *set_id);
/** The place that names a set first; NULL: none. */
const struct acgp_place *acgp_set_place(const struct acgp_publish_spec *spec, const char *set_id);
/** "westus", "zone@region". */
struct acgp_text acgp_place_name(const struct acgp_place *place);
/** The type of a set that was read; the service fills the single one in when none was given. */
const char *acgp_set_type(const struct acgp_fact *set);
#define ACGP_CONFIDENTIAL_SET "ConfidentialVmEncryptedWithCustomerKey"

/* ---- rules_azure.c: subscription, provider, parents, regions, room ---- */
acgp_rule acgp_rule_subscription, acgp_rule_provider, acgp_rule_api_version, acgp_rule_parents,
    acgp_rule_region_open, acgp_rule_sharing, acgp_rule_zones, acgp_rule_quota;
/* ---- rules_sets.c: sets; rules_keys.c: what stands behind them ---- */
acgp_rule acgp_rule_set_exists, acgp_rule_set_region, acgp_rule_set_ready, acgp_rule_set_type,
    acgp_rule_set_rotation;
acgp_rule acgp_rule_vault_region, acgp_rule_vault, acgp_rule_key;
/* ---- rules_source.c, rules_fit.c: what the version is made of ---- */
acgp_rule acgp_rule_source, acgp_rule_source_subscription, acgp_rule_source_encrypted, acgp_rule_source_keys,
    acgp_rule_trusted_launch, acgp_rule_machine, acgp_rule_size, acgp_rule_fit;
/* ---- rules_version.c: a version that exists ---- */
acgp_rule acgp_rule_version_lun, acgp_rule_version_encryption, acgp_rule_version_source,
    acgp_rule_version_exists;
/* ---- unread.c ---- */
acgp_rule acgp_rule_unread;

/* snapshots.c: which snapshot of the source belongs to which LUN */
/** Findings, or the data disks of the spec. @param w for the notice about what was matched; NULL: none. */
void acgp_snapshots_judge(struct acgp_judge *j, struct acgp_preflight *p, struct acgp_work *w,
                          int64_t now_ms);

#endif
