/* SPDX-License-Identifier: MPL-2.0 */
#include "packer/rendering.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "spec/arena.h"
#include "template/template.h"

/** Fields of '.': what post-processors of Packer's own offer too. */
enum { BUILD_NAME, BUILDER_TYPE, ARTIFACT_ID, FIELDS };

struct pkr_rendering {
    struct pkr_arena arena;
    struct pkr_template_data data;
    struct pkr_template_value user, build, dot;
    struct pkr_template_entry fields[FIELDS];
    struct pkr_template_budget budget;
    uint64_t random;
};

/* ---- Packer's values as the template's; texts stay where they are. ---- */

static bool convert(struct pkr_arena *arena, const struct pkr_value *v, struct pkr_template_value *out);

static bool convert_array(struct pkr_arena *arena, const struct pkr_value *v, struct pkr_template_value *out)
{
    size_t count = pkr_value_count(v);
    struct pkr_template_value *items = pkr_arena_alloc(arena, count, sizeof *items);

    for (size_t i = 0; i < count; i++)
        if (items == NULL || !convert(arena, pkr_value_at(v, i), &items[i]))
            return false;
    out->kind = PKR_TEMPLATE_LIST;
    out->as.list.items = items;
    out->as.list.count = count;
    return items != NULL;
}

static bool convert_map(struct pkr_arena *arena, const struct pkr_value *v, struct pkr_template_value *out)
{
    size_t count = pkr_value_count(v), kept = 0;
    struct pkr_template_entry *entries = pkr_arena_alloc(arena, count, sizeof *entries);

    for (size_t i = 0; i < count; i++) {
        const struct pkr_pair *pair = &v->as.map.pairs[i];
        if (entries == NULL || !convert(arena, &pair->value, &entries[kept].value))
            return false;
        if (pkr_value_as_text(&pair->key, &entries[kept].key)) /* other keys no action can name */
            kept++;
    }
    out->kind = PKR_TEMPLATE_MAP;
    out->as.map.entries = entries;
    out->as.map.count = kept;
    return entries != NULL;
}

/* A decoded tree is at most PKR_VALUE_DEPTH_MAX deep. */
static bool convert(struct pkr_arena *arena, const struct pkr_value *v, struct pkr_template_value *out)
{
    *out = (struct pkr_template_value){.kind = PKR_TEMPLATE_NIL};
    switch (v->kind) {
    case PKR_VALUE_BOOL:
        out->kind = PKR_TEMPLATE_BOOL;
        out->as.boolean = v->as.boolean;
        return true;
    case PKR_VALUE_INT:
        out->kind = PKR_TEMPLATE_INT;
        out->as.number = v->as.i64;
        return true;
    case PKR_VALUE_UINT: /* what fits is an INT already */
    case PKR_VALUE_FLOAT:
        out->kind = PKR_TEMPLATE_FLOAT;
        out->as.real = v->kind == PKR_VALUE_FLOAT ? v->as.f64 : (double)v->as.u64;
        return true;
    case PKR_VALUE_STR:
    case PKR_VALUE_BIN:
        out->kind = PKR_TEMPLATE_TEXT;
        out->as.text = v->as.bytes;
        return true;
    case PKR_VALUE_ARRAY:
        return convert_array(arena, v, out);
    case PKR_VALUE_MAP:
        return convert_map(arena, v, out);
    default:
        return true;
    }
}

/* ---- what stands in Configs ---- */

/* The last value under a key: later elements win. */
static const struct pkr_value *find(const struct pkr_value *configs, const char *key)
{
    const struct pkr_value *found = NULL;

    for (size_t i = 0; i < pkr_value_count(configs); i++) {
        const struct pkr_value *value = pkr_value_get(pkr_value_at(configs, i), key);
        if (!pkr_value_is_nil(value))
            found = value;
    }
    return found;
}

bool pkr_configs_flag(const struct pkr_value *configs, const char *key)
{
    const struct pkr_value *value = find(configs, key);
    struct acg_span text = {NULL, 0};
    bool flag = false;

    if (pkr_value_as_bool(value, &flag))
        return flag;
    return pkr_value_as_text(value, &text) && acgp_span_equal(text, acgp_span("true"));
}

static bool copy_text(struct pkr_rendering *r, const struct pkr_value *configs, const char *key,
                      const char **out)
{
    struct acg_span text = {NULL, 0};

    if (!pkr_value_as_text(find(configs, key), &text))
        return true;
    *out = pkr_arena_text(&r->arena, text);
    return *out != NULL;
}

/* The element of a JSON template that names the build's values. */
static const struct pkr_value *placeholders(const struct pkr_value *configs)
{
    for (size_t i = 0; i < pkr_value_count(configs); i++)
        if (pkr_config_is_placeholders(pkr_value_at(configs, i)))
            return pkr_value_at(configs, i);
    return NULL;
}

static struct pkr_template_value text_value(struct acg_span text)
{
    return (struct pkr_template_value){.kind = PKR_TEMPLATE_TEXT, .as.text = text};
}

static bool gather(struct pkr_rendering *r, const struct pkr_value *configs,
                   const struct pkr_build_facts *facts)
{
    const struct pkr_value *user = find(configs, "packer_user_variables");
    const struct pkr_value *build = facts != NULL ? facts->generated : placeholders(configs);
    struct pkr_template_data *d = &r->data;

    if (!copy_text(r, configs, "packer_build_name", &d->build_name) ||
        !copy_text(r, configs, "packer_builder_type", &d->builder_type) ||
        !copy_text(r, configs, "packer_core_version", &d->packer_version) ||
        !copy_text(r, configs, "packer_template_path", &d->template_path))
        return false;
    if (user != NULL && user->kind == PKR_VALUE_MAP) {
        if (!convert(&r->arena, user, &r->user))
            return false;
        d->user = &r->user;
    }
    if (!pkr_value_is_nil(build) && build->kind == PKR_VALUE_MAP) {
        if (!convert(&r->arena, build, &r->build))
            return false;
        d->build = &r->build;
    }
    return true;
}

static void set_fields(struct pkr_rendering *r, const struct pkr_build_facts *facts)
{
    r->fields[BUILD_NAME] =
        (struct pkr_template_entry){acgp_span("BuildName"), text_value(acgp_span(r->data.build_name))};
    r->fields[BUILDER_TYPE] =
        (struct pkr_template_entry){acgp_span("BuilderType"), text_value(acgp_span(r->data.builder_type))};
    r->fields[ARTIFACT_ID] =
        (struct pkr_template_entry){.key = acgp_span("ArtifactId")}; /* nil: not known yet */
    if (facts != NULL)
        r->fields[ARTIFACT_ID].value = text_value(facts->artifact_id);
    r->dot.kind = PKR_TEMPLATE_MAP;
    r->dot.as.map.entries = r->fields;
    r->dot.as.map.count = FIELDS;
    r->data.dot = &r->dot;
}

enum acg_status pkr_rendering_new(const struct pkr_value *configs,
                                  const struct pkr_surroundings *surroundings,
                                  const struct pkr_build_facts *facts, struct pkr_rendering **out,
                                  struct acg_error *err)
{
    struct pkr_rendering *r = acgp_alloc(1, sizeof *r);

    if (r == NULL)
        return acgp_fail_nomem(err);
    pkr_arena_init(&r->arena);
    r->random = surroundings->random;
    r->data.folder = surroundings->folder;
    r->data.started_unix_s = surroundings->started_unix_s;
    r->data.started_ns = surroundings->started_ns;
    r->data.random = &r->random;
    r->budget = (struct pkr_template_budget)PKR_TEMPLATE_BUDGET_INIT;
    r->data.budget = &r->budget;
    r->data.later = facts == NULL;
    if (!gather(r, configs, facts)) {
        pkr_rendering_free(r);
        return acgp_fail_nomem(err);
    }
    set_fields(r, facts);
    *out = r;
    return ACG_OK;
}

void pkr_rendering_free(struct pkr_rendering *rendering)
{
    if (rendering == NULL)
        return;
    pkr_arena_done(&rendering->arena);
    acgp_free(rendering);
}

/* Go writes "<no value>" for a field that is not there, and post-processors in Go pass that on to Azure. */
static enum acg_status render(void *context, struct acg_span text, struct acgp_buf *out, bool *out_later,
                              struct acg_error *err)
{
    static const char missing[] = "<no value>";
    const struct pkr_rendering *r = context;
    size_t start = out->len;
    enum acg_status status = pkr_template_render(text, &r->data, out, out_later, err);

    if (status != ACG_OK || out->len == start || strstr(out->data + start, missing) == NULL ||
        strstr(text.data, missing) != NULL)
        return status;
    return acgp_fail(err, ACG_ERR_ARGUMENT,
                     "it names a value that is not there; there are .BuildName, .BuilderType and "
                     ".ArtifactId, and {{build `NAME`}}");
}

struct pkr_renderer pkr_rendering_renderer(struct pkr_rendering *rendering)
{
    return (struct pkr_renderer){render, rendering};
}
