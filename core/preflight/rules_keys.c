/* SPDX-License-Identifier: MPL-2.0 */
/* Vault and key behind a set: it can be Succeeded and useless, since its key is tried at the first use only.
 * Source: azure-arm.md 3.4. A key through ARM: properties.attributes{enabled, exp, nbf}, kty, keySize. */
#include <inttypes.h>

#include "base/span.h"
#include "preflight/judge.h"
#include "json/look.h"

static const struct acgp_fact *next_fact(const struct acgp_judge *j, enum acgp_fact_kind kind, size_t *at)
{
    while (*at < j->p->facts.count) {
        const struct acgp_fact *fact = j->p->facts.items[(*at)++];
        if (fact->kind == kind)
            return fact;
    }
    return NULL;
}

/* R32: vault and set in one region, for each set that names the vault. */
void acgp_rule_vault_region(struct acgp_judge *j)
{
    const struct acgp_fact *set = NULL;

    for (size_t at = 0; (set = next_fact(j, ACGP_FACT_SET, &at)) != NULL;) {
        const json_t *vault = acgp_facts_root(&j->p->facts, set->set.source_vault);
        const char *where = acgp_json_text(vault, "location"), *want = set->set.location;
        if (set->state != ACGP_FACT_READ || where == NULL || want == NULL || acgp_region_equal(where, want))
            continue;
        acgp_found(j, ACG_SEVERITY_ERROR, "R32", set->field,
                   "make the set again with a key of a vault in its own region",
                   "the key vault %s is in %s, the disk encryption set that uses it in %s: %s",
                   set->set.source_vault, where, want, set->id);
    }
}

/* Without both protections a key that is deleted takes every disk with it; a set refuses such a vault. */
void acgp_rule_vault(struct acgp_judge *j)
{
    const struct acgp_fact *vault = NULL;

    for (size_t at = 0; (vault = next_fact(j, ACGP_FACT_VAULT, &at)) != NULL;) {
        const json_t *properties = acgp_json_at(vault->root, "properties");
        if (vault->state == ACGP_FACT_ABSENT)
            acgp_found(j, ACG_SEVERITY_ERROR, "key-vault", vault->field,
                       "recover the vault (az keyvault recover), or name another disk encryption set",
                       "the key vault of disk encryption set %s does not exist: %s", vault->group, vault->id);
        if (vault->state != ACGP_FACT_READ)
            continue;
        if (!acgp_json_true(properties, "enablePurgeProtection"))
            acgp_found(j, ACG_SEVERITY_ERROR, "key-vault", vault->field,
                       "az keyvault update --enable-purge-protection true",
                       "purge protection of the key vault is off, and a disk encryption set needs it: %s",
                       vault->id);
        if (acgp_json_false(properties, "enableSoftDelete"))
            acgp_found(j, ACG_SEVERITY_ERROR, "key-vault", vault->field,
                       "az keyvault update --enable-soft-delete true",
                       "soft delete of the key vault is off, and a disk encryption set needs it: %s",
                       vault->id);
    }
}

static void judge_life(struct acgp_judge *j, const struct acgp_fact *key, const json_t *attributes)
{
    int64_t now = j->p->now_unix_s, ends = acgp_json_int(attributes, "exp", INT64_MAX);
    int64_t begins = acgp_json_int(attributes, "nbf", INT64_MIN);

    if (acgp_json_false(attributes, "enabled"))
        acgp_found(j, ACG_SEVERITY_ERROR, "key", key->field,
                   "enable the key, or move the set to another (az disk-encryption-set update --key-url)",
                   "the key of disk encryption set %s is disabled: %s", key->group, key->id);
    if (ends <= now)
        acgp_found(j, ACG_SEVERITY_ERROR, "key", key->field,
                   "extend the key, or move the set to another (az disk-encryption-set update --key-url)",
                   "the key of disk encryption set %s expired %" PRId64 " s ago: %s", key->group, now - ends,
                   key->id);
    if (begins > now)
        acgp_found(j, ACG_SEVERITY_ERROR, "key", key->field, "wait, or make the key valid from now on",
                   "the key of disk encryption set %s is not valid yet, for %" PRId64 " s: %s", key->group,
                   begins - now, key->id);
}

static void judge_kind(struct acgp_judge *j, const struct acgp_fact *key, const json_t *properties)
{
    const char *type = acgp_json_text(properties, "kty");
    int64_t size = acgp_json_int(properties, "keySize", 2048);
    bool rsa = type == NULL || acgp_equal_nocase(type, "RSA") || acgp_equal_nocase(type, "RSA-HSM");

    if (!rsa || (size != 2048 && size != 3072 && size != 4096))
        acgp_found(j, ACG_SEVERITY_ERROR, "key", key->field,
                   "move the set to an RSA key of 2048, 3072 or 4096 bits",
                   "the key of disk encryption set %s is %s of %" PRId64
                   " bits, and disks take RSA of 2048, 3072 or 4096 alone: %s",
                   key->group, type ? type : "RSA", size, key->id);
}

void acgp_rule_key(struct acgp_judge *j)
{
    const struct acgp_fact *key = NULL;

    for (size_t at = 0; (key = next_fact(j, ACGP_FACT_KEY, &at)) != NULL;) {
        const json_t *properties = acgp_json_at(key->root, "properties");
        const struct acgp_fact *vault = acgp_facts_above(&j->p->facts, ACGP_FACT_VAULT, key->id);
        bool gone = vault != NULL && vault->state == ACGP_FACT_ABSENT; /* that has its own finding */
        if (key->state == ACGP_FACT_ABSENT && !gone)
            acgp_found(
                j, ACG_SEVERITY_ERROR, "key", key->field,
                "recover the key, or move the set to another (az disk-encryption-set update --key-url)",
                "the key of disk encryption set %s does not exist: %s", key->group, key->id);
        if (key->state != ACGP_FACT_READ)
            continue;
        judge_life(j, key, acgp_json_at(properties, "attributes"));
        judge_kind(j, key, properties);
    }
}
