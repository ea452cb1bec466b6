/* SPDX-License-Identifier: MPL-2.0 */
/* What could not be read could not be checked: one line for each, which says what stays open. Never a pass,
 * and never an error by itself. */
#include "base/span.h"
#include "preflight/judge.h"
#include "json/look.h"

/* What depends on a fact. */
struct open {
    const char *rule; /* the finding's */
    const char *rules;
    const char *action; /* permission to read it; NULL: its kind is told by the id */
};

static const struct open opens[] = {
    [ACGP_FACT_VERSION] = {"version-exists", "whether it exists, R10, R11, R30",
                           "Microsoft.Compute/galleries/images/versions/read"},
    [ACGP_FACT_SOURCE] = {"R22", "R6, R13, R14, R15, R22, R26, R27, R28", NULL},
    [ACGP_FACT_IMAGE] = {"snapshots", "which snapshot is of which disk", "Microsoft.Compute/images/read"},
    [ACGP_FACT_SNAPSHOT] = {"snapshots", "of which disk it was taken", "Microsoft.Compute/snapshots/read"},
    [ACGP_FACT_SET] = {"R3", "R2, R3, R32, its type, its key", "Microsoft.Compute/diskEncryptionSets/read"},
    [ACGP_FACT_GALLERY] = {"R16", "R16, R36", "Microsoft.Compute/galleries/read"},
    [ACGP_FACT_DEFINITION] = {"R26", "R26, R36", "Microsoft.Compute/galleries/images/read"},
    [ACGP_FACT_SUBSCRIPTION] = {"subscription", "its state", "Microsoft.Resources/subscriptions/read"},
    [ACGP_FACT_PROVIDER] = {"provider", "R36, its registration and api-versions",
                            "Microsoft.Resources/subscriptions/providers/read"},
    [ACGP_FACT_LOCATIONS] = {"R29", "R29, R36", "Microsoft.Resources/subscriptions/locations/read"},
    [ACGP_FACT_USAGES] = {"quota", "room for more", "Microsoft.Compute/locations/usages/read"},
    [ACGP_FACT_VAULT] = {"R32", "R32, soft delete and purge protection", "Microsoft.KeyVault/vaults/read"},
    [ACGP_FACT_KEY] = {"key", "whether the key may be used", "Microsoft.KeyVault/vaults/keys/read"},
    [ACGP_FACT_DISK] = {"R28", "R13, R15, R26, R28 of this disk", NULL},
    [ACGP_FACT_VERSIONS] = {"version-exists", "which name is free",
                            "Microsoft.Compute/galleries/images/versions/read"},
};

static const char *action_of(const struct acgp_fact *fact)
{
    struct acgp_resource_id id = {.kind = ACGP_RESOURCE_OTHER};

    if (opens[fact->kind].action != NULL)
        return opens[fact->kind].action;
    (void)acgp_resource_id_parse(acgp_span(fact->id), &id);
    switch (id.kind) {
    case ACGP_RESOURCE_MANAGED_IMAGE:
        return "Microsoft.Compute/images/read";
    case ACGP_RESOURCE_VIRTUAL_MACHINE:
        return "Microsoft.Compute/virtualMachines/read";
    case ACGP_RESOURCE_IMAGE_VERSION:
        return "Microsoft.Compute/galleries/images/versions/read";
    case ACGP_RESOURCE_SNAPSHOT:
        return "Microsoft.Compute/snapshots/read";
    default:
        return "Microsoft.Compute/disks/read";
    }
}

static struct acgp_text place_of(const struct acgp_judge *j, const struct acgp_fact *fact)
{
    const struct acgp_place *place = fact->kind == ACGP_FACT_SET ? acgp_set_place(j->spec, fact->id) : NULL;

    return place != NULL ? acgp_text("%s: ", acgp_place_name(place).text) : acgp_text("%s", "");
}

static void judge_fact(struct acgp_judge *j, const struct acgp_fact *fact)
{
    const struct open *open = &opens[fact->kind];

    if (fact->state == ACGP_FACT_FORBIDDEN)
        acgp_found(j, ACG_SEVERITY_UNKNOWN, open->rule, fact->field,
                   acgp_text("grant %s on it", action_of(fact)).text,
                   "%scould not be checked (%s): no permission to read %s %s", place_of(j, fact).text,
                   open->rules, acgp_fact_name(fact->kind), fact->id);
    if (fact->state == ACGP_FACT_FAILED)
        acgp_found(j, ACG_SEVERITY_UNKNOWN, open->rule, fact->field, "try again later",
                   "%scould not be checked (%s): Azure gave no usable answer about %s %s",
                   place_of(j, fact).text, open->rules, acgp_fact_name(fact->kind), fact->id);
    /* left out when the vault is in another subscription, or a managed HSM: nobody sees it from here */
    if (fact->kind == ACGP_FACT_SET && fact->state == ACGP_FACT_READ && fact->set.source_vault == NULL &&
        !j->p->writing)
        acgp_found(
            j, ACG_SEVERITY_UNKNOWN, "R32", fact->field,
            "look whether its vault is in the set's region, protected, and its key enabled",
            "%scould not be checked (R32, its key): the disk encryption set does not name its vault: %s",
            place_of(j, fact).text, fact->id);
}

void acgp_rule_unread(struct acgp_judge *j)
{
    for (size_t i = 0; i < j->p->facts.count; i++)
        judge_fact(j, j->p->facts.items[i]);
}
