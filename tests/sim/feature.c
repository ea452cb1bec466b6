/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/arm.h"
#include "sim/jsonx.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* Microsoft.Features in its old form (register, unregister) and its new one
 * (subscriptionFeatureRegistrations). In the scenario a feature is a state, or an object: {"state",
 * "approvalType", "approve_ms", "refuses"}. One that is changing has "to" and "at" beside its state. */

static json_t *find_feature(struct sim_call *c, const char *full_name)
{
    const char *name;
    json_t *each, *all = sim_at(c->w->settings, "features");
    json_object_foreach(all, name, each)
    {
        if (!sim_same(name, full_name))
            continue;
        if (!json_is_string(each))
            return each;
        each = json_pack("{s:O}", "state", each);
        json_object_set_new(all, name, each);
        return each;
    }
    return NULL;
}

static const char *state_of(struct sim_call *c, const json_t *feature)
{
    bool changed = json_object_get(feature, "to") && sim_now(c->w) >= sim_int_at(feature, "at", 0);
    return sim_text_at(feature, changed ? "to" : "state");
}

static bool is_any(const char *state, const char *const *words)
{
    for (; *words; words++)
        if (sim_same(state, *words))
            return true;
    return false;
}

/* Returns the state on the way, which the answer shows even when the change takes no time. */
static const char *change(struct sim_call *c, json_t *feature, const char *now, const char *to,
                          int64_t length_ms)
{
    json_object_set_new(feature, "state", json_string(now));
    json_object_set_new(feature, "to", json_string(to));
    json_object_set_new(feature, "at", json_integer((json_int_t)(sim_now(c->w) + length_ms)));
    return now;
}

/* Somebody at the provider has to approve: Pending until approve_ms have passed, or for ever. */
static const char *ask_for_approval(struct sim_call *c, json_t *feature)
{
    int64_t length_ms = sim_int_at(feature, "approve_ms", -1);
    if (length_ms >= 0)
        return change(c, feature, "Pending", "Registered", length_ms);
    json_object_del(feature, "to");
    json_object_set_new(feature, "state", json_string("Pending"));
    return "Pending";
}

/* A registration that is there, or on its way, is left alone. */
static const char *register_feature(struct sim_call *c, json_t *feature)
{
    static const char *const settled[] = {"Registered", "Registering", "Pending", NULL};
    const char *state = state_of(c, feature);
    if (is_any(state, settled))
        return state;
    if (sim_same(sim_text_at(feature, "approvalType"), "ApprovalRequired"))
        return ask_for_approval(c, feature);
    return change(c, feature, "Registering", "Registered", sim_speed(c->w, "feature_ms"));
}

static const char *unregister_feature(struct sim_call *c, json_t *feature)
{
    static const char *const settled[] = {"NotRegistered", "Unregistered", "Unregistering", "NotSpecified",
                                          NULL};
    const char *state = state_of(c, feature);
    if (is_any(state, settled))
        return state;
    return change(c, feature, "Unregistering", "Unregistered", sim_speed(c->w, "feature_ms"));
}

static json_t *feature_body(const struct sim_call *c, const char *space, const char *feature,
                            const char *state)
{
    char *id = sim_format("/subscriptions/%s/providers/Microsoft.Features/providers/%s/features/%s",
                          c->id.subscription, space, feature);
    char *name = sim_format("%s/%s", space, feature);
    json_t *out = json_pack("{s:{s:s}, s:s, s:s, s:s}", "properties", "state", state, "id", id, "type",
                            "Microsoft.Features/providers/features", "name", name);
    free(id);
    free(name);
    return out;
}

static json_t *registration_body(const struct sim_call *c, const json_t *feature, const char *state)
{
    const char *space = c->id.names[0], *name = c->id.names[1],
               *approval = sim_text_at(feature, "approvalType");
    char stamp[SIM_STAMP_SIZE];
    if (!approval)
        approval = sim_same(state, "Pending") ? "ApprovalRequired" : "AutoApproval";
    sim_stamp(sim_now(c->w), stamp);
    return json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}}", "id", c->path, "name",
                     name, "type", "microsoft.features/featureproviders/subscriptionfeatureregistrations",
                     "properties", "subscriptionId", c->id.subscription, "featureName", name,
                     "providerNamespace", space, "state", state, "releaseDate", "2020-11-01T00:00:00Z",
                     "approvalType", approval, "registrationDate", stamp, "shouldFeatureDisplayInPortal", 0);
}

static void feature_list(struct sim_call *c, const char *space)
{
    json_t *value = json_array();
    const char *name;
    json_t *each;
    void *next;
    json_object_foreach_safe(sim_at(c->w->settings, "features"), next, name, each)
    {
        const char *slash = strchr(name, '/');
        if (!slash || (space && !(sim_starts(name, space) && name[strlen(space)] == '/')))
            continue;
        char *its_space = sim_copy_n(name, (size_t)(slash - name));
        json_array_append_new(value,
                              feature_body(c, its_space, slash + 1, state_of(c, find_feature(c, name))));
        free(its_space);
    }
    sim_reply_json(c->reply, 200, json_pack("{s:o}", "value", value));
}

/* What the request wants of a feature: -1 unregister, 0 read, 1 register; false when it is none of these. */
static bool read_wish(const struct sim_call *c, bool registration, int *wish)
{
    const char *method = c->req->method, *tail = c->id.tail;
    *wish = strcmp(method, "PUT") == 0 || sim_same(tail, "register")        ? 1
            : strcmp(method, "DELETE") == 0 || sim_same(tail, "unregister") ? -1
                                                                            : 0;
    if (strcmp(method, "GET") == 0)
        return !tail;
    return registration ? !tail && *wish : strcmp(method, "POST") == 0 && tail && *wish;
}

static void one_feature(struct sim_call *c, bool registration)
{
    const char *space = c->id.names[0], *name = c->id.names[1];
    char *full_name = sim_format("%s/%s", space, name);
    json_t *feature = find_feature(c, full_name);
    int wish;
    free(full_name);
    if (!read_wish(c, registration, &wish)) {
        sim_fail(c->reply, 405, "MethodNotAllowed",
                 "The requested resource does not support http method '%s'.", c->req->method);
    } else if (!feature) {
        sim_fail(c->reply, 404, "FeatureNotFound", "The feature '%s' could not be found.", name);
    } else if (wish > 0 && sim_true_at(feature, "refuses")) {
        /* Text of azure-docs issue 73146; code and status are guesses. */
        sim_fail(c->reply, 400, "FeatureRegistrationUnsupported",
                 "The feature '%s' does not support registration.", name);
    } else {
        const char *state = wish > 0   ? register_feature(c, feature)
                            : wish < 0 ? unregister_feature(c, feature)
                                       : state_of(c, feature);
        sim_reply_json(c->reply, 200,
                       registration ? registration_body(c, feature, state)
                                    : feature_body(c, space, name, state));
    }
}

bool sim_feature_answer(struct sim_call *c)
{
    const struct sim_id *id = &c->id;
    if (!sim_same(id->provider, "Microsoft.Features"))
        return false;
    if (!id->depth && sim_same(id->tail, "features"))
        feature_list(c, NULL);
    else if (id->depth == 1 && sim_same(id->types[0], "providers") && sim_same(id->tail, "features"))
        feature_list(c, id->names[0]);
    else if (id->depth == 2 && sim_same(id->types[1], "features"))
        one_feature(c, false);
    else if (id->depth == 2 && sim_same(id->types[1], "subscriptionFeatureRegistrations"))
        one_feature(c, true);
    else
        return false;
    return true;
}
