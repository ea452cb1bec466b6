/* SPDX-License-Identifier: MPL-2.0 */
/* The name of a version that is configured as "auto" or "date". */
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "preflight/preflight.h"
#include "json/look.h"

/* Calls each for every version of every page. @return false: it did. */
typedef bool visit(void *context, const json_t *version);

static bool every_version(const struct acgp_preflight *p, visit *each, void *context)
{
    for (size_t i = 0; i < p->facts.count; i++) {
        const struct acgp_fact *fact = p->facts.items[i];
        const json_t *list = fact->kind == ACGP_FACT_VERSIONS ? acgp_json_at(fact->root, "value") : NULL;
        for (size_t k = 0; k < json_array_size(list); k++)
            if (!each(context, json_array_get(list, k)))
                return false;
    }
    return true;
}

/* The name is the last part of the id: a list may leave `name` out. */
static bool parse_name(const json_t *version, struct acgp_image_version *out)
{
    const char *name = acgp_json_text(version, "name"), *id = acgp_json_text(version, "id");
    struct acgp_resource_id parsed;

    if (name != NULL && acgp_image_version_parse(acgp_span(name), out))
        return true;
    return id != NULL && acgp_resource_id_parse(acgp_span(id), &parsed) &&
           parsed.kind == ACGP_RESOURCE_IMAGE_VERSION && acgp_image_version_parse(parsed.name[2], out);
}

struct there {
    struct acgp_image_version *items;
    size_t count, capacity;
    bool failed;
};

static bool note_name(void *context, const json_t *version)
{
    struct there *t = context;
    struct acgp_image_version v;
    void *items = t->items;

    if (!parse_name(version, &v))
        return true;
    if (!acgp_grow(&items, &t->capacity, t->count + 1, ACGP_VERSIONS_MAX, sizeof v)) {
        t->failed = true;
        return false;
    }
    t->items = items;
    t->items[t->count++] = v;
    return true;
}

enum acg_status acgp_preflight_choose(const struct acgp_preflight *p, char out[ACGP_VERSION_NAME_MAX],
                                      struct acg_error *err)
{
    struct there t = {.items = NULL};
    enum acg_status status = ACG_OK;

    (void)every_version(p, note_name, &t);
    if (t.failed)
        status = acgp_fail_nomem(err);
    else if (!acgp_version_next(p->spec->naming, t.items, t.count, p->now_unix_s, out))
        status =
            acgp_fail_field(err, ACG_ERR_ARGUMENT, "gallery_image_version",
                            "%s finds no next name: a part of the highest version is 2147483647; name the "
                            "version yourself",
                            p->spec->version_given);
    acgp_free(t.items);
    return status;
}

struct search {
    const char *name, *value;
    struct acgp_image_version best;
    const json_t *found;
};

const char *acgp_preflight_tag(const json_t *version, const char *name)
{
    const json_t *tags = acgp_json_at(version, "tags");
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach((json_t *)(uintptr_t)tags, key,
                        value) if (acgp_equal_nocase(key, name)) return json_string_value(value);
    return NULL;
}

static bool note_tagged(void *context, const json_t *version)
{
    struct search *s = context;
    struct acgp_image_version v;

    if (!acgp_equal(acgp_preflight_tag(version, s->name), s->value) || !parse_name(version, &v))
        return true;
    if (s->found == NULL || acgp_image_version_compare(v, s->best) > 0) {
        s->found = version;
        s->best = v;
    }
    return true;
}

const json_t *acgp_preflight_tagged(const struct acgp_preflight *p, const char *name, const char *value,
                                    struct acgp_image_version *out)
{
    struct search s = {.name = name, .value = value};

    (void)every_version(p, note_tagged, &s);
    if (s.found != NULL)
        *out = s.best;
    return s.found;
}
