/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/arm.h"
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* Resource providers: their registration, and which types they serve where and at which api-versions. */

/* What the scenario says about a type: resource_types.TYPE {locations, apiVersions}. NULL: nothing. */
static const json_t *seeded_type(const struct sim_world *w, const char *type, const char *member)
{
    const char *name;
    json_t *each;
    json_object_foreach(sim_at(w->settings, "resource_types"), name, each)
    {
        if (sim_same(name, type) && json_is_array(json_object_get(each, member)))
            return json_object_get(each, member);
    }
    return NULL;
}

bool sim_type_has_region(const struct sim_world *w, const char *type, const char *region)
{
    const json_t *seed = seeded_type(w, type, "locations"), *each;
    size_t i;
    json_array_foreach(seed, i, each)
    {
        if (sim_region_same(json_string_value(each), region))
            return true;
    }
    return !seed && sim_region_find(region) != NULL;
}

char *sim_type_regions(const struct sim_world *w, const char *type)
{
    struct sim_str out = {0};
    for (size_t i = 0; i < sim_region_count; i++) {
        if (!sim_type_has_region(w, type, sim_regions[i].name))
            continue;
        sim_str_text(&out, out.length ? "," : "");
        sim_str_text(&out, sim_regions[i].name);
    }
    return out.data ? out.data : sim_copy("");
}

json_t *sim_type_apis(const struct sim_world *w, const struct sim_type *type)
{
    const json_t *seed = seeded_type(w, type->name, "apiVersions");
    if (seed)
        return json_deep_copy(seed);
    if (!type->apis)
        return NULL;
    json_t *apis = json_array();
    for (const char *const *a = type->apis; *a; a++)
        json_array_append_new(apis, json_string(*a));
    return apis;
}

/* Newest first, as the service lists them. */
static json_t *apis_shown(const struct sim_world *w, const struct sim_type *type)
{
    json_t *apis = sim_type_apis(w, type), *out = json_array();
    for (size_t i = json_array_size(apis); i > 0; i--)
        json_array_append(out, json_array_get(apis, i - 1));
    if (!apis)
        json_array_append_new(out, json_string("2023-10-02"));
    json_decref(apis);
    return out;
}

static json_t *resource_type(const struct sim_world *w, const struct sim_type *type)
{
    json_t *apis = apis_shown(w, type), *places = json_array();
    for (size_t i = 0; i < sim_region_count; i++)
        if (sim_type_has_region(w, type->name, sim_regions[i].name))
            json_array_append_new(places, json_string(sim_regions[i].display));
    return json_pack("{s:s, s:o, s:o, s:s}", "resourceType", strchr(type->name, '/') + 1, "locations", places,
                     "apiVersions", apis, "capabilities", "SupportsTags, SupportsLocation");
}

static json_t *provider(const struct sim_call *c, const char *space, const char *state)
{
    json_t *types = json_array();
    size_t n = strlen(space);
    for (size_t i = 0; i < sim_type_count; i++)
        if (sim_same_n(sim_types[i].name, space, n) && sim_types[i].name[n] == '/')
            json_array_append_new(types, resource_type(c->w, &sim_types[i]));
    char *id = sim_format("/subscriptions/%s/providers/%s", c->id.subscription, space);
    json_t *out = json_pack("{s:s, s:s, s:o, s:s, s:s}", "id", id, "namespace", space, "resourceTypes", types,
                            "registrationState", state, "registrationPolicy", "RegistrationRequired");
    free(id);
    return out;
}

/* A registration is under way until the scenario's provider_ms have passed: {"now": state, "to": state, "at":
 * time}. */
static const char *state_now(const struct sim_world *w, const json_t *seed)
{
    if (json_is_string(seed))
        return json_string_value(seed);
    return sim_text_at(seed, sim_now(w) >= sim_int_at(seed, "at", 0) ? "to" : "now");
}

/* The scenario's own spelling of a provider's name; NULL when it does not know it. Borrowed. */
static const char *provider_name(const struct sim_world *w, const char *space)
{
    const char *name;
    json_t *each;
    json_object_foreach(sim_at(w->settings, "providers"), name, each)
    {
        if (sim_same(name, space))
            return name;
    }
    return NULL;
}

const char *sim_provider_state(const struct sim_world *w, const char *space)
{
    const char *name = provider_name(w, space);
    return name ? state_now(w, json_object_get(sim_at(w->settings, "providers"), name)) : NULL;
}

/* A registration that is there or on its way is left alone. */
static const char *change_provider(struct sim_call *c, const char *state, bool in)
{
    const char *now = in ? "Registering" : "Unregistering", *to = in ? "Registered" : "Unregistered";
    if (sim_same(state, to) || sim_same(state, now) || (!in && sim_same(state, "NotRegistered")))
        return state;
    json_object_set_new(sim_at(c->w->settings, "providers"), provider_name(c->w, c->id.provider),
                        json_pack("{s:s, s:s, s:I}", "now", now, "to", to, "at",
                                  (json_int_t)(sim_now(c->w) + sim_speed(c->w, "provider_ms"))));
    return now;
}

void sim_provider_answer(struct sim_call *c)
{
    const char *state = sim_provider_state(c->w, c->id.provider);
    bool in = sim_same(c->id.tail, "register"), out = sim_same(c->id.tail, "unregister");
    if (!state) {
        sim_fail(c->reply, 404, "InvalidResourceNamespace", "The resource namespace '%s' is invalid.",
                 c->id.provider);
        return;
    }
    if (strcmp(c->req->method, "POST") == 0 && (in || out)) {
        state = change_provider(c, state, in);
    } else if (strcmp(c->req->method, "GET") != 0 || c->id.tail) {
        sim_fail(c->reply, 405, "MethodNotAllowed",
                 "The requested resource does not support http method '%s'.", c->req->method);
        return;
    }
    sim_reply_json(c->reply, 200, provider(c, provider_name(c->w, c->id.provider), state));
}

void sim_provider_list(struct sim_call *c)
{
    json_t *value = json_array();
    const char *name;
    json_t *each;
    json_object_foreach(sim_at(c->w->settings, "providers"), name, each)
    {
        json_array_append_new(value, provider(c, name, state_now(c->w, each)));
    }
    sim_reply_json(c->reply, 200, json_pack("{s:o}", "value", value));
}
