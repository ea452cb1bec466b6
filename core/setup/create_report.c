/* SPDX-License-Identifier: MPL-2.0 */
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "setup/create.h"
#include "json/build.h"

static const char *step_state(const struct acgp_thing *t)
{
    switch (t->state) {
    case ACGP_THING_MISSING:
        return "planned";
    case ACGP_THING_DIFFERS:
        return "conflict";
    case ACGP_THING_UNREAD:
        return t->made ? "made" : "unknown";
    default:
        return t->made ? "made" : "exists";
    }
}

static bool any(const struct acgp_site *s, enum acgp_thing_state state)
{
    for (int k = 0; k < ACGP_THINGS; k++)
        if (s->things[k].state == state)
            return true;
    return false;
}

static const char *site_state(const struct acgp_create *m, const struct acgp_site *s)
{
    if (any(s, ACGP_THING_DIFFERS) || s->error.status == ACG_ERR_CONFLICT)
        return "conflict";
    if (s->error.status != ACG_OK)
        return "failed";
    if (m->stage == ACGP_CREATE_APPLY)
        return s->over ? "ready" : "running";
    if (any(s, ACGP_THING_UNREAD))
        return "unknown";
    return any(s, ACGP_THING_MISSING) ? "planned" : any(s, ACGP_THING_PENDING) ? "running" : "ready";
}

/* The id of what a step is about; owned by caller, NULL without memory. */
static char *step_id(const struct acgp_create *m, const struct acgp_site *s, enum acgp_thing_kind kind)
{
    const char *principal = acgp_site_principal(s);

    if (kind == ACGP_THING_VAULT || (kind == ACGP_THING_ACCESS && !acgp_site_rbac(m, s)) ||
        (kind == ACGP_THING_ACCESS && principal == NULL))
        return acgp_strdup(s->plan->vault_id);
    if (kind == ACGP_THING_ACCESS)
        return acgp_role_id(s->plan->vault_id, principal);
    return acgp_strdup(kind == ACGP_THING_KEY ? s->plan->key_id : s->plan->set_id);
}

static json_t *steps(const struct acgp_create *m, const struct acgp_site *s)
{
    json_t *list = json_array();

    for (int k = 0; k < ACGP_THINGS; k++) {
        char *id = step_id(m, s, (enum acgp_thing_kind)k);
        json_t *step = id != NULL
                           ? json_pack("{s:s, s:s, s:s}", "do", acgp_thing_word((enum acgp_thing_kind)k),
                                       "id", id, "state", step_state(&s->things[k]))
                           : NULL;
        acgp_free(id);
        if (!acgp_json_append(list, step)) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *text_or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *error_of(const struct acgp_site *s)
{
    const struct acg_error *e = &s->error;

    if (e->status == ACG_OK)
        return json_null();
    return json_pack("{s:s, s:o, s:o, s:s}", "status", acg_status_name(e->status), "arm_code",
                     text_or_null(e->arm_code), "request_id", text_or_null(e->request_id), "message",
                     e->message);
}

/* The key that the set uses, or will. */
static const char *key_url(const struct acgp_site *s)
{
    return s->set.key_url != NULL ? s->set.key_url : s->key.url;
}

static bool put_site(json_t *list, const struct acgp_create *m, const struct acgp_site *s)
{
    json_t *site = json_object();
    bool fine = acgp_json_put_text(site, "region", s->plan->name) &&
                acgp_json_put_text(site, "state", site_state(m, s)) &&
                acgp_json_put(site, "steps", steps(m, s)) &&
                acgp_json_put_text(site, "disk_encryption_set_id", s->plan->set_id) &&
                acgp_json_put_text(site, "vault_id", s->plan->vault_id) &&
                acgp_json_put(site, "key_url", text_or_null(key_url(s))) &&
                acgp_json_put(site, "principal_id", text_or_null(acgp_site_principal(s))) &&
                acgp_json_put_text(site, "access", acgp_site_rbac(m, s) ? "rbac" : "policy") &&
                acgp_json_put(site, "error", error_of(s));

    if (!fine) {
        json_decref(site);
        return false;
    }
    return acgp_json_append(list, site);
}

static json_t *document(const struct acgp_create *m)
{
    json_t *regions = json_array(), *root = json_object();
    bool fine = regions != NULL;

    for (size_t i = 0; fine && i < m->setup->region_count; i++)
        fine = put_site(regions, m, &m->sites[i]);
    fine = acgp_json_put(root, "regions", regions) && fine;
    fine = fine && acgp_json_put(root, "applied", json_boolean(m->setup->apply)) &&
           acgp_json_put_text(root, "encryption_type", m->setup->encryption_type);
    if (!fine) {
        json_decref(root);
        return NULL;
    }
    return root;
}

/* ---- for people ---- */

static void table(const struct acgp_create *m, struct acgp_page *page)
{
    static const char *const columns[] = {"region", "state", "vault", "key", "set", "access"};

    acgp_page_table(page, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < m->setup->region_count; i++) {
        const struct acgp_site *s = &m->sites[i];
        const char *cells[] = {s->plan->name, site_state(m, s), NULL, NULL, NULL, NULL};
        for (int k = 0; k < ACGP_THINGS; k++)
            cells[k + 2] = step_state(&s->things[k]);
        acgp_page_row(page, cells, sizeof cells / sizeof cells[0]);
    }
}

static void items(const struct acgp_create *m, const struct acgp_site *s, struct acgp_page *page)
{
    bool rbac = acgp_site_rbac(m, s);
    const char *vault = acgp_last_name(s->plan->vault_id), *set = acgp_last_name(s->plan->set_id);

    if (s->things[ACGP_THING_VAULT].state == ACGP_THING_MISSING)
        acgp_page_item(page, "%s: make the vault %s, with purge protection", s->plan->name, vault);
    if (s->things[ACGP_THING_KEY].state == ACGP_THING_MISSING)
        acgp_page_item(page, "%s: make the key %s in %s, RSA %d bits", s->plan->name, m->setup->key, vault,
                       m->setup->key_size != 0 ? (int)m->setup->key_size : ACGP_SETUP_KEY_SIZE);
    if (s->things[ACGP_THING_SET].state == ACGP_THING_MISSING)
        acgp_page_item(page, "%s: make the disk encryption set %s, %s, %s", s->plan->name, set,
                       m->setup->encryption_type,
                       m->setup->rotate != ACG_FALSE ? "following new versions of its key"
                                                     : "on this version of its key");
    if (s->things[ACGP_THING_ACCESS].state == ACGP_THING_MISSING)
        acgp_page_item(page, "%s: let the identity of %s use the keys of %s, by %s", s->plan->name, set,
                       vault,
                       rbac ? "the role Key Vault Crypto Service Encryption User" : "an access policy");
}

static void plan(const struct acgp_create *m, struct acgp_page *page)
{
    bool vault = false, some = false;

    for (size_t i = 0; i < m->setup->region_count; i++) {
        vault = vault || m->sites[i].things[ACGP_THING_VAULT].state == ACGP_THING_MISSING;
        some = some || any(&m->sites[i], ACGP_THING_MISSING);
    }
    if (!some)
        return;
    acgp_page_heading(page, "What would be made, in this order, all regions side by side");
    for (size_t i = 0; i < m->setup->region_count; i++)
        items(m, &m->sites[i], page);
    if (vault)
        acgp_page_line(
            page, "Purge protection cannot be undone: a deleted vault keeps its name and its keys until its "
                  "retention time, 90 days, is over.");
}

static void results(const struct acgp_create *m, struct acgp_page *page)
{
    static const char *const columns[] = {"region", "disk encryption set", "key"};

    acgp_page_table(page, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < m->setup->region_count; i++) {
        const char *cells[] = {m->sites[i].plan->name, m->sites[i].plan->set_id, key_url(&m->sites[i])};
        acgp_page_row(page, cells, sizeof cells / sizeof cells[0]);
    }
    acgp_page_line(page,
                   "Azure may take up to ten minutes to obey a new role assignment; nothing that can be read "
                   "shows when.");
}

enum acg_status acgp_create_report(const struct acgp_create *m, struct acg_report **out,
                                   struct acg_error *err)
{
    struct acgp_page page = {0};
    enum acg_status status = ACG_OK;

    acgp_page_heading(&page, "Disk encryption sets");
    table(m, &page);
    if (m->stage == ACGP_CREATE_APPLY)
        results(m, &page);
    else
        plan(m, &page);
    if (acgp_setup_confidential(m->setup))
        acgp_page_line(
            &page, "Confidential disks need one thing more, which is not checked here: the service principal "
                   "Confidential VM Orchestrator must be allowed get and release on each key.");
    status = acgp_report_new("des", document(m), &page, out, err);
    acgp_page_done(&page);
    return status;
}
