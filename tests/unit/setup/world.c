/* SPDX-License-Identifier: MPL-2.0 */
#include "unit/setup/world.h"

#include <stdio.h>
#include <stdlib.h>

#include <acg/report.h>

#include "base/span.h"

#define SUB      "00000000-0000-0000-0000-000000000000"
#define GROUP    "/subscriptions/" SUB "/resourceGroups/rg"
#define ENDPOINT "https://management.azure.com"

enum { TURNS_MAX = 4000 };

static const char *const names[WORLD_REGIONS] = {"westus", "eastus2", "northeurope"};
static const char *const principals[WORLD_REGIONS] = {"aaaaaaaa-0000-4000-8000-000000000001",
                                                      "aaaaaaaa-0000-4000-8000-000000000002",
                                                      "aaaaaaaa-0000-4000-8000-000000000003"};

struct acg_des_create_options world_options(void)
{
    struct acg_des_create_options o = ACG_DES_CREATE_OPTIONS_INIT;

    o.subscription_id = SUB;
    o.resource_group = "rg";
    o.target_regions = names;
    o.target_region_count = WORLD_REGIONS;
    o.encryption_type = "double";
    o.name = "acg-{region}";
    o.vault = "kv-{region}";
    o.key = "images";
    o.create_key = true;
    o.apply = true;
    return o;
}

struct acgp_work *world_machine(const struct acg_des_create_options *opts)
{
    struct acgp_work_config config = {.endpoint = ENDPOINT, .seed = 3, .now_unix_s = 1790000000};
    struct acg_findings *findings = NULL;
    struct acgp_setup *setup = NULL;
    struct acgp_work *m = NULL;

    assert_int_equal(acg_findings_new(&findings, NULL), ACG_OK);
    assert_int_equal(acgp_setup_declare(opts, findings, &setup, NULL), ACG_OK);
    acg_findings_free(findings);
    assert_int_equal(acgp_des_create_new(setup, &config, &m, NULL), ACG_OK);
    return m;
}

/* ---- what Azure answers ---- */

struct reply {
    int status;
    char body[WORLD_BODY_MAX];
    char operation[256];
};

__attribute__((format(printf, 3, 4))) static void say(struct reply *r, int status, const char *format, ...)
{
    va_list args;

    r->status = status;
    va_start(args, format);
    vsnprintf(r->body, sizeof r->body, format, args);
    va_end(args);
}

static void not_found(struct reply *r)
{
    say(r, 404, "{\"error\":{\"code\":\"ResourceNotFound\",\"message\":\"was not found\"}}");
}

static size_t region_of(const char *url)
{
    for (size_t i = 0; i < WORLD_REGIONS; i++)
        if (strstr(url, names[i]) != NULL)
            return i;
    fail_msg("of no region: %s", url);
    return 0;
}

static void show_vault(const struct world *w, size_t i, struct reply *r)
{
    char policies[512] = "";

    if (w->policy && w->regions[i].there[WORLD_ACCESS])
        snprintf(policies, sizeof policies,
                 "{\"tenantId\":\"t\",\"objectId\":\"%s\",\"permissions\":{\"keys\":[\"Get\",\"WrapKey\","
                 "\"UnwrapKey\"]}}",
                 principals[i]);
    say(r, 200,
        "{\"location\":\"%s\",\"properties\":{\"tenantId\":\"t\",\"provisioningState\":\"Succeeded\","
        "\"enableSoftDelete\":true,\"enablePurgeProtection\":true,\"enableRbacAuthorization\":%s,"
        "\"accessPolicies\":[%s]}}",
        names[i], w->policy ? "false" : "true", policies);
}

static void show_key(size_t i, struct reply *r)
{
    say(r, 200,
        "{\"properties\":{\"kty\":\"RSA\",\"keySize\":3072,\"attributes\":{\"enabled\":true},"
        "\"keyUriWithVersion\":\"https://kv-%s.vault.azure.net/keys/images/0001\"}}",
        names[i]);
}

static void show_set(struct world *w, size_t i, struct reply *r)
{
    bool busy = w->creating > 0;

    w->creating -= busy;
    if (busy) /* recorded: type and identity appear with the end */
        say(r, 200,
            "{\"id\":\"%s/"
            "x\",\"name\":\"acg-%s\",\"location\":\"%s\",\"identity\":{\"type\":\"SystemAssigned\"},"
            "\"properties\":{\"provisioningState\":\"Updating\"}}",
            GROUP, names[i], names[i]);
    else
        say(r, 200,
            "{\"name\":\"acg-%s\",\"location\":\"%s\",\"identity\":{\"type\":\"SystemAssigned\","
            "\"principalId\":"
            "\"%s\"},\"properties\":{\"activeKey\":{\"keyUrl\":\"https://kv-%s.vault.azure.net/keys/images/"
            "0001\","
            "\"sourceVault\":{\"id\":\"" GROUP "/providers/Microsoft.KeyVault/vaults/kv-%s\"}},"
            "\"encryptionType\":\"EncryptionAtRestWithPlatformAndCustomerKeys\",\"provisioningState\":"
            "\"Succeeded\","
            "\"rotationToLatestKeyVersionEnabled\":true}}",
            names[i], names[i], principals[i], names[i], names[i]);
}

static void show_roles(struct world *w, size_t i, struct reply *r)
{
    bool shown = w->regions[i].there[WORLD_ACCESS] && w->hidden == 0;

    if (w->regions[i].there[WORLD_ACCESS])
        w->hidden -= w->hidden > 0;
    if (w->role_list_status != 0)
        say(r, w->role_list_status, "{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"no\"}}");
    else if (shown)
        say(r, 200,
            "{\"value\":[{\"properties\":{\"roleDefinitionId\":\"/subscriptions/" SUB
            "/providers/Microsoft.Authorization/roleDefinitions/e147488a-f6f5-4113-8e2d-b22465e65bf6\","
            "\"principalId\":\"%s\",\"scope\":\"" GROUP "/providers/Microsoft.KeyVault/vaults/kv-%s\"}}]}",
            principals[i], names[i]);
    else
        say(r, 200, "{\"value\":[]}");
}

static enum world_thing thing_of(const char *url)
{
    if (strstr(url, "/roleAssignments") != NULL || strstr(url, "/accessPolicies/") != NULL)
        return WORLD_ACCESS;
    return strstr(url, "/diskEncryptionSets/") != NULL ? WORLD_SET
           : strstr(url, "/keys/") != NULL             ? WORLD_KEY
                                                       : WORLD_VAULT;
}

static void read_thing(struct world *w, const char *url, struct reply *r)
{
    enum world_thing t = thing_of(url);
    size_t i = region_of(url);
    struct world_region *at = &w->regions[i];

    if (at->body[t] != NULL && (t == WORLD_ACCESS || at->there[t])) {
        say(r, 200, "%s", at->body[t]);
        return;
    }
    if (t == WORLD_ACCESS) {
        show_roles(w, i, r);
        return;
    }
    if (!at->there[t] || (at->made[t] > 0 && w->behind > 0)) {
        w->behind -= at->there[t];
        not_found(r);
        return;
    }
    if (t == WORLD_VAULT)
        show_vault(w, i, r);
    else if (t == WORLD_KEY)
        show_key(i, r);
    else
        show_set(w, i, r);
}

static bool role_write(struct world *w, struct world_region *at, const char *url, struct reply *r)
{
    const char *name = strstr(url, "/roleAssignments/");
    size_t len = 0;

    if (w->unknown > 0) {
        w->unknown--;
        say(r, 400,
            "{\"error\":{\"code\":\"PrincipalNotFound\",\"message\":\"does not exist in the directory\"}}");
        return false;
    }
    name += strlen("/roleAssignments/");
    len = strcspn(name, "?");
    if (at->there[WORLD_ACCESS] && (strlen(at->role) != len || strncmp(at->role, name, len) != 0)) {
        say(r, 409, "{\"error\":{\"code\":\"RoleAssignmentExists\",\"message\":\"already exists\"}}");
        return false;
    }
    snprintf(at->role, sizeof at->role, "%.*s", (int)len, name);
    say(r, at->there[WORLD_ACCESS] ? 200 : 201, "{}");
    return true;
}

/* Azure's order: what a thing stands on must be there. */
static void write_thing(struct world *w, const char *url, const char *body, struct reply *r)
{
    enum world_thing t = thing_of(url);
    size_t i = region_of(url);
    struct world_region *at = &w->regions[i];

    assert_true(t == WORLD_VAULT || at->there[WORLD_VAULT]);
    assert_true(t != WORLD_SET || at->there[WORLD_KEY]);
    assert_true(t != WORLD_ACCESS || at->there[WORLD_SET]);
    assert_null(at->body[t]); /* what differs is never written */
    free(w->last[t]);
    w->last[t] = strdup(body);
    at->sent[t]++;
    w->writes++;
    if (w->refuse_status[t] != 0 && (w->refuse_only == 0 || w->refuse_only == i + 1)) {
        say(r, w->refuse_status[t], "{\"error\":{\"code\":\"%s\",\"message\":\"refused\"}}",
            w->refuse_code[t]);
        return;
    }
    say(r, 200, "{}");
    if (t == WORLD_ACCESS && !w->policy && !role_write(w, at, url, r))
        return;
    at->made[t] += !at->there[t];
    at->there[t] = true;
    if (t != WORLD_SET)
        return;
    r->status = 202;
    snprintf(r->operation, sizeof r->operation, ENDPOINT "/operations/%s?api-version=1", names[i]);
}

static void respond(struct world *w, const struct acgp_request *q, struct reply *r)
{
    const char *url = q->url;

    if (strstr(url, "/checkNameAvailability") != NULL)
        say(r, 200,
            w->name_taken ? "{\"nameAvailable\":false,\"message\":\"in use\"}" : "{\"nameAvailable\":true}");
    else if (strstr(url, "/operations/") != NULL)
        say(r, 200, "{\"status\":\"Succeeded\"}");
    else if (strstr(url, "/providers/") == NULL && strstr(url, "/resourceGroups/") != NULL)
        say(r, w->no_group ? 404 : 200, "{}");
    else if (strstr(url, "/providers/") == NULL)
        say(r, 200, "{\"tenantId\":\"t\"}");
    else if (q->method == ACGP_GET)
        read_thing(w, url, r);
    else
        write_thing(w, url, q->body, r);
}

/* ---- driving ---- */

static void give(struct world *w, struct acgp_work *m, uint32_t number, const struct reply *r)
{
    struct acgp_response response;
    struct acgp_failure failure = {.kind = ACGP_FAILURE_LOST,
                                   .error = {.status = ACG_ERR_TRANSPORT, .message = "the connection broke"}};
    bool fine = true;

    acgp_response_init(&response);
    response.status = r->status;
    if (r->operation[0] != '\0')
        fine =
            acgp_response_header_add(&response, acgp_span("azure-asyncoperation"), acgp_span(r->operation));
    fine = acgp_buf_text(&response.body, r->body) && fine;
    if (!fine)
        failure.error.status = ACG_ERR_NOMEM; /* as the engine says it */
    if (r->status == 0 || !fine)
        acgp_work_on_failure(m, w->now_ms, number, &failure);
    else
        acgp_work_on_response(m, w->now_ms, number, &response);
    acgp_response_done(&response);
}

static void meet(struct world *w, struct acgp_work *m, const struct acgp_action *act)
{
    struct reply r = {.status = 0};
    enum world_mishap mishap = ++w->requests == w->mishap_at ? w->mishap : WORLD_FINE;
    bool heard = mishap == WORLD_FINE || mishap == WORLD_LOST_AFTER || mishap == WORLD_BUSY_AFTER ||
                 mishap == WORLD_KILLED_AFTER;

    if (heard)
        respond(w, act->message, &r);
    w->killed = mishap == WORLD_KILLED_BEFORE || mishap == WORLD_KILLED_AFTER;
    if (mishap == WORLD_LOST_AFTER || mishap == WORLD_LOST_BEFORE)
        r = (struct reply){.status = 0};
    else if (mishap == WORLD_BUSY || mishap == WORLD_BUSY_AFTER)
        say(&r, mishap == WORLD_BUSY ? 503 : 500, "{\"error\":{\"code\":\"Busy\",\"message\":\"busy\"}}");
    if (!w->killed)
        give(w, m, act->request, &r);
}

static void note(struct world *w, const struct acg_event *e)
{
    size_t had = w->told ? strlen(w->told) : 0, more = strlen(e->text) + 256;
    char *told = realloc(w->told, had + more);

    assert_non_null(told);
    snprintf(told + had, more, "%s%s%s\n", e->finding ? e->finding->rule : "", e->finding ? " " : "",
             e->text);
    w->told = told;
}

static void listen(struct world *w, struct acgp_work *m)
{
    const struct acg_event *e = NULL;

    while (acgp_work_next_event(m, &e)) {
        assert_false(w->over);
        note(w, e);
        if (e->kind != ACG_EVENT_DONE)
            continue;
        w->over = true;
        w->error = *e->error;
        w->report = e->report ? strdup(acg_report_json(e->report)) : NULL;
    }
}

void world_drive(struct world *w, struct acgp_work *m)
{
    struct acgp_action act = {0};

    for (int i = 0; i < TURNS_MAX && !w->killed; i++) {
        assert_true(acgp_work_next(m, w->now_ms, &act));
        listen(w, m);
        if (act.kind == ACGP_ACT_SEND)
            meet(w, m, &act);
        else if (act.kind == ACGP_ACT_WAIT) {
            assert_true(act.until_ms > w->now_ms);
            w->now_ms = act.until_ms;
        } else if (act.kind == ACGP_ACT_DONE)
            break;
    }
    listen(w, m);
    assert_true(w->killed || w->over);
    acgp_work_free(m);
}

void world_run(struct world *w, enum acg_status status)
{
    struct acg_des_create_options o = world_options();

    world_drive(w, world_machine(&o));
    if (w->error.status != status)
        print_error("%s\n", w->told);
    assert_string_equal(acg_status_name(w->error.status), acg_status_name(status));
}

void world_complete(const struct world *w)
{
    for (size_t i = 0; i < WORLD_REGIONS; i++)
        for (int t = 0; t < WORLD_THINGS; t++) {
            assert_true(w->regions[i].there[t]);
            assert_int_equal(w->regions[i].made[t], 1);
        }
}

void world_told(const struct world *w, const char *text)
{
    if (w->told == NULL || strstr(w->told, text) == NULL)
        fail_msg("nobody said: %s\n%s", text, w->told ? w->told : "");
}

void world_again(struct world *w)
{
    free(w->told);
    free(w->report);
    w->told = w->report = NULL;
    w->over = w->killed = false;
    w->error = (struct acg_error){.status = ACG_OK};
    w->mishap_at = w->requests = w->writes = 0;
    w->now_ms = 0;
}

void world_free(struct world *w)
{
    world_again(w);
    for (int t = 0; t < WORLD_THINGS; t++)
        free(w->last[t]);
}
