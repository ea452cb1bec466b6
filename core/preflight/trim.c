/* SPDX-License-Identifier: MPL-2.0 */
#include "preflight/trim.h"

#include "base/span.h"
#include "model/region.h"
#include "json/look.h"

typedef bool wanted(const json_t *item, const struct acgp_publish_spec *spec);

static bool is_used_type(const json_t *item, const struct acgp_publish_spec *spec)
{
    (void)spec;
    return acgp_equal_nocase(acgp_json_text(item, "resourceType"), ACGP_VERSIONS_TYPE);
}

static bool is_judged_counter(const json_t *item, const struct acgp_publish_spec *spec)
{
    const char *name = acgp_json_text(item, "name.value");

    (void)spec;
    return acgp_equal_nocase(name, ACGP_VERSION_COUNTER) || acgp_equal_nocase(name, ACGP_SNAPSHOT_COUNTER);
}

/* The home region may be known later: then every region stays. */
static bool is_named_region(const json_t *item, const struct acgp_publish_spec *spec)
{
    const char *name = acgp_json_text(item, "name");

    if (spec->location == NULL || name == NULL || acgp_region_equal(name, spec->location))
        return name != NULL;
    for (size_t i = 0; i < spec->place_count; i++)
        if (acgp_region_equal(name, spec->places[i].region) || acgp_equal_nocase(name, spec->places[i].zone))
            return true;
    return false;
}

/* An empty list is as if nothing had been told: one item stays. */
static void keep(json_t *list, wanted *is_wanted, const struct acgp_publish_spec *spec)
{
    for (size_t i = json_array_size(list); i-- > 0;)
        if (!is_wanted(json_array_get(list, i), spec) && json_array_size(list) > 1)
            (void)json_array_remove(list, i);
}

static void cut_provider(json_t *root)
{
    keep(json_object_get(root, "resourceTypes"), is_used_type, NULL);
}

static void cut_usages(json_t *root)
{
    keep(json_object_get(root, "value"), is_judged_counter, NULL);
}

struct acgp_share acgp_fact_share(enum acgp_fact_kind kind, int64_t after_ms)
{
    struct acgp_share share = {.wanted = true, .after_ms = after_ms};

    switch (kind) {
    case ACGP_FACT_PROVIDER:
        share.cut = cut_provider;
        break;
    case ACGP_FACT_USAGES:
        share.cut = cut_usages;
        break;
    case ACGP_FACT_SUBSCRIPTION:
    case ACGP_FACT_LOCATIONS:
    case ACGP_FACT_GALLERY:
    case ACGP_FACT_DEFINITION:
    case ACGP_FACT_SET:
    case ACGP_FACT_VAULT:
    case ACGP_FACT_KEY:
        break;
    default: /* the version, and what it is made of */
        share.wanted = false;
    }
    return share;
}

void acgp_fact_trim(struct acgp_fact *fact, const struct acgp_publish_spec *spec)
{
    if (fact->kind == ACGP_FACT_PROVIDER)
        keep(json_object_get(fact->root, "resourceTypes"), is_used_type, spec);
    else if (fact->kind == ACGP_FACT_LOCATIONS)
        keep(json_object_get(fact->root, "value"), is_named_region, spec);
    else if (fact->kind == ACGP_FACT_USAGES)
        keep(json_object_get(fact->root, "value"), is_judged_counter, spec);
}
