/* SPDX-License-Identifier: MPL-2.0 */
#include "preflight/facts.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "json/look.h"

void acgp_fact_reset(struct acgp_fact *fact)
{
    json_decref(fact->root);
    fact->root = NULL;
    acgp_des_doc_done(&fact->set);
    fact->state = ACGP_FACT_ASKED;
    fact->older = false;
}

static void fact_free(struct acgp_fact *fact)
{
    acgp_fact_reset(fact);
    acgp_free(fact->id);
    acgp_free(fact);
}

void acgp_facts_done(struct acgp_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++)
        fact_free(facts->items[i]);
    acgp_free(facts->items);
    *facts = (struct acgp_facts){.count = 0};
}

struct acgp_fact *acgp_facts_find(const struct acgp_facts *facts, const char *id)
{
    for (size_t i = 0; id != NULL && i < facts->count; i++)
        if (acgp_resource_id_equal(facts->items[i]->id, id))
            return facts->items[i];
    return NULL;
}

struct acgp_fact *acgp_facts_add(struct acgp_facts *facts, enum acgp_fact_kind kind, char *id)
{
    void *items = facts->items;
    struct acgp_fact *fact = id != NULL ? acgp_alloc(1, sizeof *fact) : NULL;

    if (fact == NULL || !acgp_grow(&items, &facts->capacity, facts->count + 1, ACGP_FACTS_MAX, sizeof fact)) {
        acgp_free(id);
        acgp_free(fact);
        return NULL;
    }
    facts->items = items;
    fact->kind = kind;
    fact->id = id;
    facts->items[facts->count++] = fact;
    return fact;
}

/* What every answer of a kind has. Where it is not there the rest means nothing: an empty document is no
 * vault without protection, and no list without versions. */
static bool looks_like(enum acgp_fact_kind kind, const json_t *root)
{
    switch (kind) {
    case ACGP_FACT_VERSION:
        return acgp_json_text(root, "properties.provisioningState") != NULL;
    case ACGP_FACT_SUBSCRIPTION:
        return acgp_json_text(root, "state") != NULL;
    case ACGP_FACT_PROVIDER:
        return acgp_json_text(root, "registrationState") != NULL;
    case ACGP_FACT_LOCATIONS:
    case ACGP_FACT_USAGES:
    case ACGP_FACT_VERSIONS:
        return json_is_array(acgp_json_at(root, "value"));
    default:
        return json_is_object(acgp_json_at(root, "properties"));
    }
}

enum acg_status acgp_fact_take(struct acgp_fact *fact, struct acg_span body, json_t *root,
                               struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    if (fact->kind == ACGP_FACT_SET) {
        status = root != NULL ? acgp_des_doc_read(root, &fact->set, err)
                              : acgp_des_doc_decode(body, &fact->set, err);
        fact->root = status == ACG_OK ? json_incref(fact->set.root) : NULL;
    } else if (root != NULL) {
        fact->root = json_incref(root);
    } else {
        status = acgp_json_parse(body, &fact->root, err);
    }
    if (status == ACG_OK && !looks_like(fact->kind, fact->root))
        status = acgp_fail(err, ACG_ERR_PROTOCOL, "the answer is not %s", acgp_fact_name(fact->kind));
    fact->state = status == ACG_OK ? ACGP_FACT_READ : ACGP_FACT_FAILED;
    return status;
}

const json_t *acgp_facts_root(const struct acgp_facts *facts, const char *id)
{
    const struct acgp_fact *fact = acgp_facts_find(facts, id);

    return fact != NULL && fact->state == ACGP_FACT_READ ? fact->root : NULL;
}

bool acgp_facts_absent(const struct acgp_facts *facts, const char *id)
{
    const struct acgp_fact *fact = acgp_facts_find(facts, id);

    return fact != NULL && fact->state == ACGP_FACT_ABSENT;
}

const struct acgp_fact *acgp_facts_above(const struct acgp_facts *facts, enum acgp_fact_kind kind,
                                         const char *id)
{
    for (size_t i = 0; i < facts->count; i++) {
        struct acg_span above = acgp_span(facts->items[i]->id);
        if (facts->items[i]->kind == kind && acgp_span_starts_nocase(acgp_span(id), above) &&
            id[above.len] == '/')
            return facts->items[i];
    }
    return NULL;
}

const char *acgp_fact_name(enum acgp_fact_kind kind)
{
    static const char *const names[] = {
        [ACGP_FACT_VERSION] = "the version",
        [ACGP_FACT_SOURCE] = "the source",
        [ACGP_FACT_IMAGE] = "the managed image",
        [ACGP_FACT_SNAPSHOT] = "a snapshot",
        [ACGP_FACT_SET] = "a disk encryption set",
        [ACGP_FACT_GALLERY] = "the gallery",
        [ACGP_FACT_DEFINITION] = "the image definition",
        [ACGP_FACT_SUBSCRIPTION] = "the subscription",
        [ACGP_FACT_PROVIDER] = "the provider Microsoft.Compute",
        [ACGP_FACT_LOCATIONS] = "the regions of the subscription",
        [ACGP_FACT_USAGES] = "the counters of a region",
        [ACGP_FACT_VAULT] = "a key vault",
        [ACGP_FACT_KEY] = "a key",
        [ACGP_FACT_DISK] = "a disk of the source",
        [ACGP_FACT_VERSIONS] = "the versions of the image definition",
    };

    return names[kind];
}
