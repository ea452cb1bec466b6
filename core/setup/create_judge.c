/* SPDX-License-Identifier: MPL-2.0 */
/* What is there, compared with the declaration. Rules: azure-arm's constraints of disk encryption sets (key,
 * vault region, purge protection), each with a finding of its own. */
#include <inttypes.h>

#include "arm/operation_doc.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "model/resource_id.h"
#include "setup/create.h"

void acgp_differs(struct acgp_create *m, int64_t now_ms, const struct acgp_site *s, enum acgp_thing_kind kind,
                  const char *rule, char *message, const char *fix)
{
    static const char *const options[] = {
        [ACGP_THING_VAULT] = "vault",
        [ACGP_THING_KEY] = "key",
        [ACGP_THING_SET] = "name",
        [ACGP_THING_ACCESS] = "access",
    };
    char *text = message != NULL ? acgp_printf("%s: %s", s->plan->name, message) : NULL;

    m->sites[acgp_site_index(m, s)].things[kind].state = ACGP_THING_DIFFERS;
    m->differs = true;
    acgp_free(message);
    acgp_work_find(&m->work, now_ms, ACG_SEVERITY_ERROR, rule, options[kind], text, fix);
}

/* One comparison. @param message given, also when it is not needed. */
static bool agrees(bool same, struct acgp_create *m, int64_t now_ms, const struct acgp_site *s,
                   enum acgp_thing_kind kind, const char *rule, char *message, const char *fix)
{
    if (same && message != NULL)
        acgp_free(message);
    else if (!m->work.ended)
        acgp_differs(m, now_ms, s, kind, rule, message, fix);
    else
        acgp_free(message);
    return same;
}

static const char *word(const char *text)
{
    return text != NULL ? text : "nothing";
}

bool acgp_judge_vault(struct acgp_create *m, int64_t now_ms, struct acgp_site *s)
{
    const char *name = acgp_last_name(s->plan->vault_id);
    const struct acgp_vault_doc *v = &s->vault;
    bool rbac = v->rbac == ACG_TRUE, good = true;

    good &=
        agrees(acgp_region_equal(v->location, s->plan->name), m, now_ms, s, ACGP_THING_VAULT, "vault-region",
               acgp_printf("the vault %s is in %s, and a vault must be in the region of its set", name,
                           word(v->location)),
               "name a vault of this region");
    good &= agrees(
        v->purge_protection == ACG_TRUE && v->soft_delete != ACG_FALSE, m, now_ms, s, ACGP_THING_VAULT,
        "purge-protection",
        acgp_printf("the vault %s has no purge protection, without which no set may use it", name),
        "switch it on with az keyvault update --enable-purge-protection (it cannot be undone), or name "
        "another vault");
    good &= agrees(m->setup->rbac == ACG_UNSET || rbac == (m->setup->rbac == ACG_TRUE), m, now_ms, s,
                   ACGP_THING_VAULT, "vault-access",
                   acgp_printf("the vault %s decides by %s, not by %s", name,
                               rbac ? "roles" : "access policies", rbac ? "access policies" : "roles"),
                   "leave access out: the vault's own way is taken then");
    return good;
}

static bool key_in_time(const struct acgp_create *m, int64_t now_ms, const struct acgp_key_doc *k)
{
    int64_t now = acgp_work_unix_s(&m->work, now_ms);

    return k->enabled != ACG_FALSE && (!k->expires.set || k->expires.value > now) &&
           (!k->begins.set || k->begins.value <= now);
}

bool acgp_judge_key(struct acgp_create *m, int64_t now_ms, struct acgp_site *s)
{
    const char *name = acgp_last_name(s->plan->key_id);
    const struct acgp_key_doc *k = &s->key;
    bool hsm = acgp_equal_nocase(k->type, "RSA-HSM");
    bool kind = acgp_setup_confidential(m->setup) ? hsm : hsm || acgp_equal_nocase(k->type, "RSA");
    int64_t size = k->size.set ? k->size.value : 0; /* an HSM's key may show none */
    bool usable = !k->size.set || size == 2048 || size == 3072 || size == 4096;
    bool wanted = m->setup->key_size == 0 || size == m->setup->key_size, good = true;

    good &= agrees(kind, m, now_ms, s, ACGP_THING_KEY, "key-type",
                   acgp_printf("the key %s is %s, and this encryption needs %s", name, word(k->type),
                               acgp_setup_confidential(m->setup) ? "RSA-HSM" : "RSA or RSA-HSM"),
                   "name another key");
    good &= agrees(!kind || (usable && wanted), m, now_ms, s, ACGP_THING_KEY, "key-size",
                   acgp_printf("the key %s has %" PRId64 " bits, not %s", name, size,
                               usable ? "the size that was declared" : "2048, 3072 or 4096"),
                   "name another key, or leave key_size out");
    good &= agrees(key_in_time(m, now_ms, k), m, now_ms, s, ACGP_THING_KEY, "key-state",
                   acgp_printf("the key %s is disabled, expired or not yet valid", name),
                   "enable it, or name another key");
    return good;
}

/* Host of a vault's keys is its name: V.vault.azure.net. */
static bool same_key(const struct acgp_site *s)
{
    struct acgp_key_url have, want;
    const char *vault = acgp_last_name(s->plan->vault_id);

    if (!acgp_key_url_parse(s->set.key_url, &have))
        return false;
    if (acgp_key_url_parse(s->key.url, &want))
        return acgp_span_equal_nocase(have.host, want.host) && acgp_span_equal_nocase(have.name, want.name);
    struct acg_span host = have.host;
    return acgp_span_equal_nocase(acgp_span_cut(&host, '.'), acgp_span(vault)) &&
           acgp_span_equal_nocase(have.name, acgp_span(acgp_last_name(s->plan->key_id)));
}

static bool judge_set_key(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, const char *name)
{
    const struct acgp_des_doc *d = &s->set;
    bool vault = d->source_vault == NULL || acgp_resource_id_equal(d->source_vault, s->plan->vault_id);
    enum acg_tristate rotate = m->setup->rotate;
    bool rotates = d->rotates == ACG_TRUE, good = true;

    bool pending = s->things[ACGP_THING_SET].state == ACGP_THING_PENDING;

    if (pending && (d->key_url == NULL || d->rotates == ACG_UNSET)) /* not shown in full yet */
        return true;
    good &= agrees(same_key(s) && vault, m, now_ms, s, ACGP_THING_SET, "set-key",
                   acgp_printf("the set %s uses the key %s, not %s of the vault %s", name, word(d->key_url),
                               m->setup->key, acgp_last_name(s->plan->vault_id)),
                   "name that key, or another set");
    good &= agrees(
        rotate == ACG_UNSET || rotates == (rotate == ACG_TRUE), m, now_ms, s, ACGP_THING_SET, "set-rotation",
        acgp_printf("the set %s %s new versions of its key", name, rotates ? "follows" : "does not follow"),
        "leave rotate out, or change it with az disk-encryption-set update");
    good &= agrees(d->rotation_error_code == NULL, m, now_ms, s, ACGP_THING_SET, "set-rotation",
                   acgp_printf("the set %s could not follow its key: %s: %s", name,
                               word(d->rotation_error_code), word(d->rotation_error)),
                   "mend what the message says, then set the key anew");
    return good;
}

bool acgp_judge_set(struct acgp_create *m, int64_t now_ms, struct acgp_site *s)
{
    const char *name = acgp_last_name(s->plan->set_id);
    const struct acgp_des_doc *d = &s->set;
    enum acgp_operation_state state = acgp_operation_word(d->provisioning_state);
    bool pending = s->things[ACGP_THING_SET].state == ACGP_THING_PENDING, good = true;
    /* What the service fills in when it is missing. */
    const char *type = d->encryption_type != NULL ? d->encryption_type
                       : pending                  ? m->setup->encryption_type
                                                  : "EncryptionAtRestWithCustomerKey";

    good &= agrees(acgp_region_equal(d->location, s->plan->name), m, now_ms, s, ACGP_THING_SET, "set-region",
                   acgp_printf("the set %s is in %s", name, word(d->location)), "name another set");
    good &=
        agrees(acgp_equal_nocase(type, m->setup->encryption_type), m, now_ms, s, ACGP_THING_SET, "set-type",
               acgp_printf("the set %s is of the type %s, not %s", name, type, m->setup->encryption_type),
               "name another set: a set's type never changes");
    good &= judge_set_key(m, now_ms, s, name);
    good &=
        agrees(pending || acgp_site_principal(s) != NULL, m, now_ms, s, ACGP_THING_SET, "set-identity",
               acgp_printf("the set %s has no system-assigned identity (%s)", name, word(d->identity_type)),
               "give it one with az disk-encryption-set identity assign, or name another set");
    good &= agrees(state != ACGP_OPERATION_FAILED && state != ACGP_OPERATION_CANCELED &&
                       !acgp_equal_nocase(d->provisioning_state, "Deleting"),
                   m, now_ms, s, ACGP_THING_SET, "set-state",
                   acgp_printf("the set %s is %s", name, word(d->provisioning_state)),
                   "delete it, or name another set");
    return good;
}

/* @param message given. */
static void missing(struct acgp_create *m, int64_t now_ms, const struct acgp_site *s, const char *field,
                    char *message, const char *fix)
{
    char *text = message != NULL ? acgp_printf("%s: %s", s->plan->name, message) : NULL;

    acgp_free(message);
    acgp_work_find(&m->work, now_ms, ACG_SEVERITY_ERROR, "missing", field, text, fix);
}

void acgp_judge_missing(struct acgp_create *m, int64_t now_ms, struct acgp_site *s)
{
    bool vault = s->things[ACGP_THING_VAULT].state == ACGP_THING_MISSING;
    bool key = s->things[ACGP_THING_KEY].state == ACGP_THING_MISSING;
    bool set = s->things[ACGP_THING_SET].state >= ACGP_THING_PENDING;

    if (vault && m->setup->vault_group_id == NULL)
        missing(m, now_ms, s, "vault",
                acgp_printf("the vault %s does not exist", acgp_last_name(s->plan->vault_id)),
                m->setup->create_key ? "name it with vault, not by its id: it is made then"
                                     : "add create_key to make it with its key, or name one that is there");
    else if (key && !m->setup->create_key)
        missing(m, now_ms, s, "key",
                acgp_printf("the vault %s has no key %s", acgp_last_name(s->plan->vault_id), m->setup->key),
                "add create_key to make it, or name one that is there");
    else if ((vault || key) && set && !m->work.ended)
        acgp_differs(m, now_ms, s, ACGP_THING_SET, "set-key",
                     acgp_printf("the set %s is there, and its key is not", acgp_last_name(s->plan->set_id)),
                     "recover the key, or name another set");
}
