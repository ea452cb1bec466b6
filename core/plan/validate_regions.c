/* SPDX-License-Identifier: MPL-2.0 */
/* Target regions and edge zones: names (R8, R9), replica counts (R18), storage account types. */
#include "base/span.h"
#include "model/names.h"
#include "model/region.h"
#include "plan/check.h"

enum { REPLICAS_MAX = 100 }; /* per version, over all its regions: Azure's limit */

/* Zero after a fault and when it is not set. */
static int32_t replicas(struct acgp_check *c, const char *field, struct acg_optional_int given)
{
    if (!given.set)
        return 0;
    if (given.value >= 1 && given.value <= REPLICAS_MAX)
        return (int32_t)given.value;
    acgp_fault(c, "R18", field, acgp_text("write a number from 1 to %d", REPLICAS_MAX).text,
               "%lld replicas are out of range: a region keeps 1 to %d", (long long)given.value,
               REPLICAS_MAX);
    return 0;
}

/* Normalise the region of place i; as written where it is no region name. */
static void name_region(struct acgp_check *c, size_t i, const char *field, const char *name)
{
    struct acgp_place *place = &c->spec->places[i];
    char region[ACGP_REGION_MAX];
    bool named = name != NULL && acgp_region_normalise(acgp_span(name), region);

    if (name == NULL)
        acgp_fault(c, "config", field, "write the region's name, for example westus2",
                   "the region is missing");
    else if (!named)
        acgp_fault(c, "names", field, "write the region's name, for example westus2 or \"West US 2\"",
                   "%s is not the name of a region: those have letters, digits and spaces",
                   acgp_shown(name).text);
    place->misnamed = !named;
    place->given = acgp_check_copy(c, name != NULL ? name : "");
    place->region = acgp_check_copy(c, named ? region : place->given);
}

static void name_zone(struct acgp_check *c, size_t i, const char *field, const char *name)
{
    const char *fault = name != NULL ? acgp_name_fault_edge_zone(acgp_span(name)) : NULL;

    if (name == NULL)
        acgp_fault(c, "config", field, "write the zone's name, for example microsoftlosangeles1",
                   "the edge zone is missing");
    else if (fault != NULL)
        acgp_fault(c, "names", field, "write the zone's name, for example microsoftlosangeles1", "%s: %s",
                   acgp_shown(name).text, fault);
    if (name == NULL || fault != NULL)
        c->spec->places[i].misnamed = true; /* no comparison with other places */
    c->spec->places[i].zone = acgp_check_copy(c, name != NULL ? name : "");
}

static bool same_place(const struct acgp_place *a, const struct acgp_place *b)
{
    return acgp_equal(a->region, b->region) && acgp_equal_nocase(a->zone, b->zone);
}

/* R8: the service compares normalised names too. */
static void check_repeated(struct acgp_check *c, size_t i, const char *field)
{
    struct acgp_place *place = &c->spec->places[i];

    for (size_t k = 0; k < i && !place->misnamed; k++) {
        const struct acgp_place *earlier = &c->spec->places[k];

        if (earlier->misnamed || !same_place(place, earlier))
            continue;
        place->repeated = true;
        acgp_fault(c, "R8", field, "keep one of the two",
                   "%s is the same %s as %s in %s; each may be named once",
                   acgp_shown(place->zone != NULL ? place->zone : place->given).text,
                   place->zone != NULL ? "edge zone" : "region",
                   acgp_shown(earlier->zone != NULL ? earlier->zone : earlier->given).text, earlier->field);
        return;
    }
}

static void add_region(struct acgp_check *c, size_t i)
{
    const struct acg_target_region *given = &c->opts->target_regions[i];
    struct acgp_place *place = &c->spec->places[i];
    struct acgp_text prefix = acgp_text("target_region[%zu]", i);
    struct acgp_text name_field = acgp_text("%s.name", prefix.text);

    place->field = acgp_check_copy(c, prefix.text);
    name_region(c, i, name_field.text, given->name);
    check_repeated(c, i, name_field.text);
    place->replicas = replicas(c, acgp_text("%s.replicas", prefix.text).text, given->replicas);
    place->storage_type =
        acgp_check_word(c, &acgp_words_storage_type, acgp_text("%s.storage_account_type", prefix.text).text,
                        given->storage_account_type);
    place->exclude_from_latest = acgp_check_tristate(c, acgp_text("%s.exclude_from_latest", prefix.text).text,
                                                     given->exclude_from_latest);
}

static void add_zone(struct acgp_check *c, size_t place_index, size_t i)
{
    const struct acg_edge_zone *given = &c->opts->edge_zones[i];
    struct acgp_place *place = &c->spec->places[place_index];
    struct acgp_text prefix = acgp_text("edge_zone[%zu]", i);
    struct acgp_text name_field = acgp_text("%s.name", prefix.text);

    place->field = acgp_check_copy(c, prefix.text);
    name_region(c, place_index, acgp_text("%s.region", prefix.text).text, given->region);
    name_zone(c, place_index, name_field.text, given->name);
    check_repeated(c, place_index, name_field.text);
    place->replicas = replicas(c, acgp_text("%s.replicas", prefix.text).text, given->replicas);
    place->storage_type =
        acgp_check_word(c, &acgp_words_edge_storage_type,
                        acgp_text("%s.storage_account_type", prefix.text).text, given->storage_account_type);
}

/* No target region was named: the version lives in its home region alone. */
static void add_home(struct acgp_check *c)
{
    struct acgp_place *place = &c->spec->places[0];

    place->field = acgp_check_copy(c, "location");
    place->given = acgp_check_copy(c, c->opts->location);
    place->region = acgp_check_copy(c, c->spec->location != NULL ? c->spec->location : c->opts->location);
    place->misnamed = c->spec->location_faulty;
}

/* R9. Silent while a region's name is faulty: that one may be the home region. */
static void check_home(struct acgp_check *c)
{
    const struct acg_publish_options *o = c->opts;

    if (c->spec->location == NULL || o->target_region_count == 0)
        return;
    for (size_t i = 0; i < o->target_region_count; i++) {
        if (c->spec->places[i].misnamed || acgp_equal(c->spec->places[i].region, c->spec->location))
            return;
    }
    acgp_fault(c, "R9", "location",
               acgp_text("add a target_region named %s, or set location to one of the target regions",
                         c->spec->location)
                   .text,
               "the home region %s is not among the target regions; it must be",
               acgp_shown(o->location).text);
}

/* R18 over all regions. Silent while a single count is faulty. */
static void check_sum(struct acgp_check *c, int32_t standard)
{
    const struct acg_publish_options *o = c->opts;
    int64_t sum = 0;

    if (o->replica_count.set && standard == 0)
        return;
    for (size_t i = 0; i < o->target_region_count; i++) {
        int32_t own = c->spec->places[i].replicas;

        if (o->target_regions[i].replicas.set && own == 0)
            return;
        if (!c->spec->places[i].repeated)
            sum += own != 0 ? own : standard != 0 ? standard : 1;
    }
    if (sum > REPLICAS_MAX)
        acgp_fault(c, "R18", "target_region", "lower the replicas of some regions",
                   "all target regions together keep %lld replicas; a version has at most %d", (long long)sum,
                   REPLICAS_MAX);
}

void acgp_check_regions(struct acgp_check *c)
{
    const struct acg_publish_options *o = c->opts;
    size_t regions = o->target_region_count;
    size_t home = regions == 0 && o->location != NULL;
    size_t count = regions + home + o->edge_zone_count;

    c->spec->places = acgp_check_alloc(c, count, sizeof *c->spec->places);
    c->places = acgp_check_alloc(c, count, sizeof *c->places);
    if (c->spec->places == NULL || c->places == NULL)
        return;
    c->spec->place_count = count;
    for (size_t i = 0; i < regions; i++)
        add_region(c, i);
    if (home)
        add_home(c);
    for (size_t i = 0; i < o->edge_zone_count; i++)
        add_zone(c, regions + home + i, i);
    if (regions + home == 0 && o->edge_zone_count > 0)
        acgp_fault(c, "config", "target_region", "add a target_region, or set location",
                   "edge zones are named, but neither a target region nor the home region");
    c->spec->replica_count = replicas(c, "replica_count", o->replica_count);
    check_home(c);
    check_sum(c, c->spec->replica_count);
}
