/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/setup.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* Role assignments at any scope (a subscription, a group, a resource) and the built-in roles that matter
 * here. PUT 201 as recorded; texts of the refusals are those of public reports. */

static const char type_name[] = "Microsoft.Authorization/roleAssignments";

static const struct role {
    const char *id, *name, *description;
} roles[] = {
    {SIM_ROLE_KEY_USER, "Key Vault Crypto Service Encryption User",
     "Read metadata of keys and perform wrap/unwrap operations."},
    {"acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "View all resources."},
    {"b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", "Manage all resources, without access to them."},
    {"8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", "Manage all resources and access to them."},
    {"14b46e9e-c2b7-41b4-b07b-48a6ebf60603", "Key Vault Crypto Officer", "Perform any action on keys."},
    {"00482a5a-887f-4fb3-b363-3b7fe8e74483", "Key Vault Administrator", "Perform all data plane operations."},
};

static const char *last_segment(const char *text)
{
    const char *slash = text ? strrchr(text, '/') : NULL;
    return slash ? slash + 1 : text;
}

static const struct role *find_role(const char *id)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (sim_same(roles[i].id, last_segment(id)))
            return &roles[i];
    return NULL;
}

/* What stands before /providers/Microsoft.Authorization; owned by the caller. */
static char *scope_of(const struct sim_id *id)
{
    size_t n = 0;
    if (!sim_same(id->provider, "Microsoft.Authorization"))
        while (n < id->depth && !sim_same(id->types[n], "providers"))
            n++;
    return sim_id_text(id, n);
}

static bool at_or_below(const char *place, const char *scope)
{
    size_t n = strlen(scope);
    return sim_same_n(place, scope, n) && (place[n] == '\0' || place[n] == '/');
}

bool sim_has_role(const struct sim_world *w, const char *principal, const char *role, const char *scope)
{
    for (const struct sim_resource *r = w->store.first; r; r = r->next) {
        const char *at = sim_same(r->type, type_name) ? sim_text_at(r->body, "properties.scope") : NULL;
        if (at && sim_same(sim_text_at(r->body, "properties.principalId"), principal) &&
            sim_same(last_segment(sim_text_at(r->body, "properties.roleDefinitionId")), role) &&
            at_or_below(scope, at) && r->effective_ms <= w->now_ms)
            return true;
    }
    return false;
}

bool sim_principal_known(const struct sim_world *w, const char *principal)
{
    size_t i;
    const json_t *each;
    const char *name;
    json_t *user;
    json_array_foreach(json_object_get(w->settings, "principals"), i, each)
    {
        if (sim_same(json_string_value(each), principal))
            return true;
    }
    for (const struct sim_resource *r = w->store.first; r; r = r->next) {
        if (r->effective_ms <= w->now_ms &&
            (sim_same(sim_text_at(r->body, "identity.principalId"), principal) ||
             sim_same(sim_text_at(r->body, "properties.principalId"), principal)) &&
            !sim_same(r->type, type_name))
            return true;
        json_object_foreach(sim_at(r->body, "identity.userAssignedIdentities"), name, user)
        {
            if (sim_same(sim_text_at(user, "principalId"), principal))
                return true;
        }
    }
    return false;
}

static bool need_scope(struct sim_call *c, const char *scope)
{
    struct sim_id parsed;
    bool there = sim_id_parse(scope, &parsed) && ((!parsed.group && !parsed.depth) || sim_find(c->w, scope));
    const char *name = sim_id_name(&parsed) ? sim_id_name(&parsed) : parsed.group;
    if (!there)
        sim_fail(c->reply, 404, parsed.depth ? "ResourceNotFound" : "ResourceGroupNotFound",
                 "The resource '%s' of the scope '%s' was not found.", name ? name : "", scope);
    sim_id_done(&parsed);
    return there;
}

static bool need_role(struct sim_call *c, const char *role)
{
    const char *principal = sim_text_at(c->req->json, "properties.principalId");
    if (!principal || !role) {
        sim_fail(c->reply, 400, "InvalidCreateRoleAssignmentRequest",
                 "The request to create role assignment is not valid. Role definition and principal are "
                 "required.");
        return false;
    }
    if (find_role(role))
        return true;
    sim_fail(c->reply, 404, "RoleDefinitionDoesNotExist",
             "The specified role definition with ID '%s' does not exist.", last_segment(role));
    return false;
}

/* An identity that was made a moment ago is not known everywhere yet. */
static bool need_principal(struct sim_call *c, const char *principal)
{
    if (sim_principal_known(c->w, principal) || !sim_rule_on(c->w, "principals"))
        return true;
    char *plain = sim_copy(principal), *to = plain;
    for (const char *from = principal; *from; from++)
        if (*from != '-')
            *to++ = *from;
    *to = '\0';
    sim_fail(
        c->reply, 400, "PrincipalNotFound",
        "Principal %s does not exist in the directory %s. Check that you have the correct principal ID. If "
        "you are "
        "creating this principal and then immediately assigning a role, this error might be related to a "
        "replication delay. In this case, set the role assignment principalType property to a value, such as "
        "ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
        plain, json_string_value(json_array_get(sim_at(c->w->settings, "tokens.tenants"), 0)));
    free(plain);
    return false;
}

static const struct sim_resource *same_assignment(const struct sim_call *c, const char *scope,
                                                  const char *role, const char *principal)
{
    for (const struct sim_resource *r = c->w->store.first; r; r = r->next)
        if (sim_same(r->type, type_name) && sim_same(sim_text_at(r->body, "properties.scope"), scope) &&
            sim_same(last_segment(sim_text_at(r->body, "properties.roleDefinitionId")), last_segment(role)) &&
            sim_same(sim_text_at(r->body, "properties.principalId"), principal))
            return r;
    return NULL;
}

/* Members as recorded. */
static json_t *assignment(struct sim_call *c, const char *scope, const char *role, const char *principal)
{
    const char *type = sim_text_at(c->req->json, "properties.principalType");
    char stamp[SIM_STAMP_SIZE];
    sim_stamp(sim_now(c->w), stamp);
    return json_pack("{s:{s:s, s:s, s:s, s:s, s:n, s:n, s:s, s:s, s:n, s:s, s:n, s:n}, s:s, s:s, s:s}",
                     "properties", "roleDefinitionId", role, "principalId", principal, "principalType",
                     type ? type : "ServicePrincipal", "scope", scope, "condition", "conditionVersion",
                     "createdOn", stamp, "updatedOn", stamp, "createdBy", "updatedBy", "sp",
                     "delegatedManagedIdentityResourceId", "description", "id", c->path, "type", type_name,
                     "name", sim_id_name(&c->id));
}

static void create(struct sim_call *c, const char *scope)
{
    const char *role = sim_text_at(c->req->json, "properties.roleDefinitionId");
    const char *principal = sim_text_at(c->req->json, "properties.principalId");
    struct sim_resource *have = sim_find(c->w, c->path);
    if (!need_scope(c, scope) || !need_role(c, role) || !need_principal(c, principal))
        return;
    const struct sim_resource *same = same_assignment(c, scope, role, principal);
    if (same && same != have) {
        sim_fail(c->reply, 409, "RoleAssignmentExists", "The role assignment already exists.");
    } else if (have && !same) {
        /* 400: templates that hit it fail with BadRequest (Azure-Landing-Zones issue 2040). */
        sim_fail(c->reply, 400, "RoleAssignmentUpdateNotPermitted",
                 "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.");
    } else if (have) {
        sim_reply_json(c->reply, 200, json_deep_copy(have->body));
    } else {
        have = sim_store_put(&c->w->store, c->path, assignment(c, scope, role, principal));
        have->effective_ms = sim_now(c->w) + sim_speed(c->w, "access_ms");
        sim_reply_json(c->reply, 201, json_deep_copy(have->body));
    }
}

static bool is_guid(const char *text)
{
    static const char form[] = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
    size_t i = 0;
    while (form[i] && text[i] &&
           (form[i] == '-' ? text[i] == '-' : strchr("0123456789abcdefABCDEF", text[i]) != NULL))
        i++;
    return !form[i] && !text[i];
}

void sim_role_put(struct sim_call *c)
{
    if (!sim_need_body(c))
        return;
    if (!is_guid(sim_id_name(&c->id))) {
        sim_fail(c->reply, 400, "InvalidRoleAssignmentId",
                 "The role assignment ID '%s' is not valid. The role "
                 "assignment ID must be a GUID.",
                 sim_id_name(&c->id));
        return;
    }
    char *scope = scope_of(&c->id);
    create(c, scope);
    free(scope);
}

static void assignment_missing(struct sim_call *c)
{
    sim_fail(c->reply, 404, "RoleAssignmentNotFound", "The role assignment '%s' is not found.",
             sim_id_name(&c->id));
}

void sim_role_get(struct sim_call *c)
{
    const struct sim_resource *have = sim_find(c->w, c->path);
    if (have)
        sim_reply_json(c->reply, 200, json_deep_copy(have->body));
    else
        assignment_missing(c);
}

/* 200 with what is gone, 204 when nothing was there (specification). */
void sim_role_delete(struct sim_call *c)
{
    struct sim_resource *have = sim_find(c->w, c->path);
    if (!have) {
        sim_reply_empty(c->reply, 204);
        return;
    }
    sim_reply_json(c->reply, 200, json_deep_copy(have->body));
    sim_store_remove(&c->w->store, have);
}

/* The quoted value behind a word of the filter, as in principalId eq '...'; owned, NULL when it is not there.
 */
static char *filter_value(const char *filter, const char *word)
{
    const char *at = filter ? strstr(filter, word) : NULL;
    const char *quote = at ? strchr(at, '\'') : NULL;
    return quote ? sim_copy_n(quote + 1, strcspn(quote + 1, "'")) : NULL;
}

/* Without a filter: at the scope, above and below it; atScope(): at and above; principalId, assignedTo: of
 * that principal, at any of them. */
void sim_role_list(struct sim_call *c)
{
    char *scope = scope_of(&c->id);
    const char *filter = sim_arg(c->req, "$filter");
    char *principal = filter_value(filter, "principalId");
    if (!principal)
        principal = filter_value(filter, "assignedTo");
    bool above_only = filter && strstr(filter, "atScope()");
    json_t *value = json_array();
    if (need_scope(c, scope)) {
        for (const struct sim_resource *r = c->w->store.first; r; r = r->next) {
            const char *at = sim_same(r->type, type_name) ? sim_text_at(r->body, "properties.scope") : NULL;
            if (at && (at_or_below(scope, at) || (!above_only && at_or_below(at, scope))) &&
                (!principal || sim_same(principal, sim_text_at(r->body, "properties.principalId"))))
                json_array_append_new(value, json_deep_copy(r->body));
        }
        sim_reply_json(c->reply, 200, json_pack("{s:O}", "value", value));
    }
    json_decref(value);
    free(principal);
    free(scope);
}

static json_t *definition(const struct sim_call *c, const struct role *role)
{
    char *id = sim_format("/subscriptions/%s/providers/Microsoft.Authorization/roleDefinitions/%s",
                          c->id.subscription, role->id);
    json_t *out = json_pack("{s:{s:s, s:s, s:s, s:[s], s:[]}, s:s, s:s, s:s}", "properties", "roleName",
                            role->name, "type", "BuiltInRole", "description", role->description,
                            "assignableScopes", "/", "permissions", "id", id, "type",
                            "Microsoft.Authorization/roleDefinitions", "name", role->id);
    free(id);
    return out;
}

void sim_role_definition_get(struct sim_call *c)
{
    const struct role *role = find_role(sim_id_name(&c->id));
    if (role)
        sim_reply_json(c->reply, 200, definition(c, role));
    else
        sim_fail(c->reply, 404, "RoleDefinitionDoesNotExist",
                 "The specified role definition with ID '%s' does not exist.", sim_id_name(&c->id));
}

void sim_role_definition_list(struct sim_call *c)
{
    char *name = filter_value(sim_arg(c->req, "$filter"), "roleName");
    json_t *value = json_array();
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (!name || sim_same(name, roles[i].name))
            json_array_append_new(value, definition(c, &roles[i]));
    sim_reply_json(c->reply, 200, json_pack("{s:o}", "value", value));
    free(name);
}
