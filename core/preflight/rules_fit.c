/* SPDX-License-Identifier: MPL-2.0 */
/* R26: OS state, generation, OS type and purchase plan of the source are those of the definition. What a
 * source does not show is not compared. Source: azure-arm.md 4.2, 6.1 to 6.4. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "preflight/judge.h"
#include "json/look.h"

enum { PLAN_TEXT_MAX = 8192 };

struct traits {
    const char *state, *generation, *system, *architecture; /* NULL: not shown */
    const json_t *plan;                                     /* NULL: none */
    bool plan_is_known;
};

static struct traits of_definition(const json_t *root)
{
    const json_t *properties = acgp_json_at(root, "properties");

    return (struct traits){.state = acgp_json_text(properties, "osState"),
                           .generation = acgp_json_text(properties, "hyperVGeneration"),
                           .system = acgp_json_text(properties, "osType"),
                           .architecture = acgp_json_text(properties, "architecture"),
                           .plan = acgp_json_at(properties, "purchasePlan"),
                           .plan_is_known = root != NULL};
}

/* A snapshot of generation V1 was recorded as the source of a version under a V2 definition: the generation
 * of single disks is not compared. */
static struct traits of_disk(const json_t *root)
{
    const json_t *properties = acgp_json_at(root, "properties");

    return (struct traits){.system = acgp_json_text(properties, "osType"),
                           .architecture = acgp_json_text(properties, "supportedCapabilities.architecture"),
                           .plan = acgp_json_at(properties, "purchasePlan"),
                           .plan_is_known = root != NULL};
}

/* An image does not show a plan; its OS disk does, while that exists. */
static struct traits of_image(const struct acgp_source_disk *os, const json_t *root)
{
    return (struct traits){.state = acgp_json_text(os->entry, "osState"),
                           .generation = acgp_json_text(root, "properties.hyperVGeneration"),
                           .system = acgp_json_text(os->entry, "osType"),
                           .architecture =
                               acgp_json_text(os->body, "properties.supportedCapabilities.architecture"),
                           .plan = acgp_json_at(os->body, "properties.purchasePlan"),
                           .plan_is_known = os->body != NULL};
}

static bool generalised(const json_t *statuses)
{
    for (size_t i = 0; i < json_array_size(statuses); i++)
        if (acgp_equal_nocase(acgp_json_text(json_array_get(statuses, i), "code"), "OSState/generalized"))
            return true;
    return false;
}

static struct traits of_machine(const struct acgp_source_disk *os, const json_t *root)
{
    const json_t *view = acgp_json_at(root, "properties.instanceView");
    const json_t *statuses = acgp_json_at(view, "statuses");
    const char *generation = acgp_json_text(view, "hyperVGeneration");

    return (struct traits){
        .state = statuses == NULL        ? NULL
                 : generalised(statuses) ? "Generalized"
                                         : "Specialized",
        .generation =
            generation != NULL ? generation : acgp_json_text(os->body, "properties.hyperVGeneration"),
        .system = acgp_json_text(os->entry, "osType"),
        .architecture = acgp_json_text(os->body, "properties.supportedCapabilities.architecture"),
        .plan = acgp_json_at(root, "plan"),
        .plan_is_known = true};
}

/* ---- purchase plans ---- */

static const char *const members[] = {"name", "publisher", "product"};

static bool same_plan(const json_t *a, const json_t *b)
{
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const char *mine = acgp_json_text(a, members[i]), *other = acgp_json_text(b, members[i]);
        if (!acgp_equal_nocase(mine ? mine : "", other ? other : ""))
            return false;
    }
    return true;
}

static bool is_plan(const json_t *plan)
{
    return acgp_json_text(plan, "name") != NULL || acgp_json_text(plan, "product") != NULL;
}

static const char *part(const json_t *plan, const char *member)
{
    const char *text = acgp_json_text(plan, member);

    return text != NULL ? text : "";
}

static struct acgp_text plan_text(const json_t *plan)
{
    return is_plan(plan) ? acgp_text("name %s, publisher %s, product %s", part(plan, "name"),
                                     part(plan, "publisher"), part(plan, "product"))
                         : acgp_text("none");
}

/* A word of a command line that a shell takes as it stands. */
static void add_word(struct acgp_buf *b, const char *option, const char *text)
{
    acgp_buf_printf(b, " %s '", option);
    for (const char *c = text; *c != '\0'; c++)
        acgp_buf_text(b, *c == '\'' ? "'\\''" : (char[]){*c, '\0'});
    acgp_buf_text(b, "'");
}

/* A definition's plan is set when it is made, so a new definition is what mends it. */
static void add_command(const struct acgp_judge *j, const json_t *source_plan, struct acgp_buf *b)
{
    const json_t *properties = acgp_json_at(acgp_judge_definition(j), "properties");

    acgp_buf_text(b, "a definition's plan cannot be changed; make a definition with the source's plan: "
                     "az sig image-definition create");
    add_word(b, "-g", j->spec->resource_group);
    add_word(b, "-r", j->spec->gallery);
    acgp_buf_text(b, " -i NEW_NAME --publisher PUBLISHER --offer OFFER --sku SKU");
    add_word(b, "--os-type", part(properties, "osType"));
    add_word(b, "--os-state", part(properties, "osState"));
    add_word(b, "--hyper-v-generation", part(properties, "hyperVGeneration"));
    if (is_plan(source_plan)) {
        add_word(b, "--plan-name", part(source_plan, "name"));
        add_word(b, "--plan-publisher", part(source_plan, "publisher"));
        add_word(b, "--plan-product", part(source_plan, "product"));
    } else {
        acgp_buf_text(b, " (without --plan-name, --plan-publisher and --plan-product)");
    }
}

static void judge_plans(struct acgp_judge *j, const char *field, const char *id, const struct traits *source,
                        const struct traits *want)
{
    struct acgp_buf fix;

    if (!source->plan_is_known || !want->plan_is_known || same_plan(source->plan, want->plan))
        return;
    acgp_buf_init(&fix, PLAN_TEXT_MAX);
    add_command(j, source->plan, &fix);
    if (fix.failed && !fix.over)
        j->status = acgp_fail_nomem(&j->err);
    acgp_found(j, ACG_SEVERITY_ERROR, "R26", field, fix.data ? fix.data : "",
               "the purchase plans differ: source %s; definition %s: %s", plan_text(source->plan).text,
               plan_text(want->plan).text, id);
    acgp_buf_done(&fix);
}

/* ---- all four ---- */

static void judge_word(struct acgp_judge *j, const char *field, const char *id, const char *what,
                       const char *source, const char *want)
{
    if (source != NULL && want != NULL && !acgp_equal_nocase(source, want))
        acgp_found(j, ACG_SEVERITY_ERROR, "R26", field,
                   "publish to a definition of the source's kind, or name another source",
                   "%s: the source has %s, the image definition %s: %s", what, source, want, id);
}

/* What is compared: the whole source, or the OS disk. */
static struct traits of_source(const struct acgp_judge *j, const struct acgp_source_disk *os)
{
    const struct acgp_source_spec *source = &j->spec->source;
    const struct acgp_fact *above = acgp_facts_above(&j->p->facts, ACGP_FACT_DEFINITION, os->source);

    if (!source->whole_image)
        return of_disk(os->body);
    if (source->kind == ACGP_RESOURCE_VIRTUAL_MACHINE)
        return of_machine(os, os->owner);
    if (source->kind == ACGP_RESOURCE_IMAGE_VERSION) /* a version is what its definition says */
        return above != NULL && above->state == ACGP_FACT_READ ? of_definition(above->root)
                                                               : (struct traits){0};
    return of_image(os, os->owner);
}

void acgp_rule_fit(struct acgp_judge *j)
{
    const struct acgp_source_disk *os = j->p->disk_count > 0 ? &j->p->disks[0] : NULL;
    const json_t *definition = acgp_judge_definition(j);

    if (os == NULL || !os->disk.os || definition == NULL)
        return;
    struct traits source = of_source(j, os), want = of_definition(definition);
    judge_word(j, os->field, os->source, "OS state", source.state, want.state);
    judge_word(j, os->field, os->source, "Hyper-V generation", source.generation, want.generation);
    judge_word(j, os->field, os->source, "OS type", source.system, want.system);
    judge_word(j, os->field, os->source, "architecture", source.architecture, want.architecture);
    judge_plans(j, os->field, os->source, &source, &want);
}
