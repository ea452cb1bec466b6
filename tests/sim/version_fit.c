/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/text.h"
#include "sim/version_rules.h"

#include <stdlib.h>
#include <string.h>

/* R26: OS state, generation, OS type and purchase plan of the source are those of the definition. What a
 * source does not show is not compared. */

struct traits {
    const char *state, *generation, *system; /* NULL: not shown */
    const json_t *plan;                      /* NULL: none */
    bool plan_is_known;
};

/* A snapshot of generation V1 was recorded as the source of a version under a V2 definition, so the
 * generation of single disks is not compared. */
static struct traits of_disk(const struct sim_resource *r)
{
    const json_t *properties = sim_at(r->body, "properties");
    return (struct traits){.system = sim_text_at(properties, "osType"),
                           .plan = json_object_get(properties, "purchasePlan"),
                           .plan_is_known = true};
}

static const json_t *disk_body(const struct sim_version_put *p, const json_t *os)
{
    const char *id = sim_text_at(os, "managedDisk.id");
    const struct sim_resource *r = id ? sim_find(p->c->w, id) : NULL;
    return r ? r->body : NULL;
}

/* The plan of an image is that of its OS disk, when that still exists. */
static struct traits of_image(const struct sim_version_put *p, const struct sim_resource *r)
{
    const json_t *os = sim_at(r->body, "properties.storageProfile.osDisk"), *disk = disk_body(p, os);
    return (struct traits){.state = sim_text_at(os, "osState"),
                           .generation = sim_text_at(r->body, "properties.hyperVGeneration"),
                           .system = sim_text_at(os, "osType"),
                           .plan = sim_at(disk, "properties.purchasePlan"),
                           .plan_is_known = disk != NULL};
}

static struct traits of_machine(const struct sim_version_put *p, const struct sim_resource *r)
{
    const json_t *os = sim_at(r->body, "properties.storageProfile.osDisk"), *disk = disk_body(p, os);
    bool judged = sim_rule_on(p->c->w, "generalized");
    const char *generation = sim_text_at(r->body, "properties.instanceView.hyperVGeneration");
    return (struct traits){.state = !judged                          ? NULL
                                    : sim_vm_is_generalized(r->body) ? "Generalized"
                                                                     : "Specialized",
                           .generation =
                               generation ? generation : sim_text_at(disk, "properties.hyperVGeneration"),
                           .system = sim_text_at(os, "osType"),
                           .plan = json_object_get(r->body, "plan"),
                           .plan_is_known = true};
}

static struct traits of_definition(const json_t *body)
{
    const json_t *properties = sim_at(body, "properties");
    return (struct traits){.state = sim_text_at(properties, "osState"),
                           .generation = sim_text_at(properties, "hyperVGeneration"),
                           .system = sim_text_at(properties, "osType"),
                           .plan = json_object_get(properties, "purchasePlan"),
                           .plan_is_known = true};
}

/* A version is what its definition says. */
static struct traits of_version(const struct sim_version_put *p, const char *id)
{
    struct sim_id parsed;
    char *parent = sim_id_parse(id, &parsed) ? sim_id_text(&parsed, 2) : sim_copy("");
    const struct sim_resource *r = sim_find(p->c->w, parent);
    sim_id_done(&parsed);
    free(parent);
    return r ? of_definition(r->body) : (struct traits){0};
}

static bool same_plan(const json_t *a, const json_t *b)
{
    static const char *const members[] = {"name", "publisher", "product"};
    if (!json_object_size(a) || !json_object_size(b))
        return json_object_size(a) == json_object_size(b);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const char *mine = sim_text_at(a, members[i]), *other = sim_text_at(b, members[i]);
        if (!sim_same(mine ? mine : "", other ? other : ""))
            return false;
    }
    return true;
}

static char *plan_text(const json_t *plan)
{
    return json_object_size(plan) ? sim_dump(plan) : sim_copy("null");
}

static bool plans_match(struct sim_version_put *p, const char *id, const struct traits *source,
                        const struct traits *want)
{
    if (!source->plan_is_known || same_plan(source->plan, want->plan))
        return true;
    char *have = plan_text(source->plan), *wanted = plan_text(want->plan);
    sim_version_refuse(p, sim_storage_path,
                       "The resource with id '%s' has a different plan ['%s'] than the parent gallery image "
                       "plan ['%s'].",
                       id, have, wanted);
    free(have);
    free(wanted);
    return false;
}

static bool traits_match(struct sim_version_put *p, const char *id, const struct traits *source)
{
    struct traits want = of_definition(p->definition->body);
    if (source->state && !sim_same(source->state, want.state))
        return sim_version_refuse(
            p, sim_storage_path,
            "Cannot create Gallery Image Version from: %s since the OS State in the parent gallery "
            "image (%s) is not %s.",
            id, want.state, source->state);
    if (source->generation && !sim_same(source->generation, want.generation))
        return sim_version_refuse(
            p, sim_storage_path,
            "The resource with id '%s' has a different Hypervisor generation ['%s'] than the parent "
            "gallery image Hypervisor generation ['%s']",
            id, source->generation, want.generation);
    if (source->system && !sim_same(source->system, want.system))
        return sim_version_refuse(
            p, sim_storage_path,
            "The resource with id '%s' has a different OS type ['%s'] than the parent gallery image "
            "OS type ['%s']",
            id, source->system, want.system);
    return plans_match(p, id, source, &want);
}

bool sim_version_fits_definition(struct sim_version_put *p)
{
    const char *whole = sim_version_whole_source(p->asked);
    const char *id = whole ? whole : sim_version_disk_source(sim_at(p->asked, "storageProfile.osDiskImage"));
    const struct sim_resource *r = id ? sim_find(p->c->w, id) : NULL;
    if (!r || p->have || sim_id_of_type(id, "Microsoft.Storage/storageAccounts"))
        return true;
    struct traits source = !whole                                                    ? of_disk(r)
                           : sim_id_of_version(id)                                   ? of_version(p, id)
                           : sim_id_of_type(id, "Microsoft.Compute/virtualMachines") ? of_machine(p, r)
                                                                                     : of_image(p, r);
    return traits_match(p, id, &source);
}
