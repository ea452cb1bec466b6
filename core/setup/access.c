/* SPDX-License-Identifier: MPL-2.0 */
/* The set's identity and the key: by role, or by access policy. */
#include "arm/error_doc.h"
#include "arm/requests.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "http/url.h"
#include "model/names.h"
#include "setup/create.h"

const char *acgp_site_principal(const struct acgp_site *s)
{
    const char *id = s->set.principal_id;

    /* It becomes part of an address. */
    return id != NULL && acgp_name_fault_subscription(acgp_span(id)) == NULL ? id : NULL;
}

bool acgp_site_rbac(const struct acgp_create *m, const struct acgp_site *s)
{
    return s->vault.root != NULL ? s->vault.rbac == ACG_TRUE : m->setup->rbac != ACG_FALSE;
}

char *acgp_access_read_url(const struct acgp_create *m, const struct acgp_site *s)
{
    return acgp_site_rbac(m, s) ? acgp_roles_url(m->work.endpoint, s->plan->vault_id, acgp_site_principal(s))
                                : acgp_path_url(m->work.endpoint, s->plan->vault_id, "", ACGP_API_KEY_VAULT);
}

char *acgp_access_write(const struct acgp_create *m, const struct acgp_site *s, char **out_body)
{
    const char *principal = acgp_site_principal(s);
    bool rbac = acgp_site_rbac(m, s);
    char *path = rbac ? acgp_role_id(s->plan->vault_id, principal)
                      : acgp_printf("%s/accessPolicies/add", s->plan->vault_id);
    char *url = path != NULL ? acgp_path_url(m->work.endpoint, path, "",
                                             rbac ? ACGP_API_AUTHORIZATION : ACGP_API_KEY_VAULT)
                             : NULL;

    acgp_free(path);
    *out_body = rbac ? acgp_role_body(s->plan->vault_id, principal)
                     : acgp_policy_body(s->vault.tenant_id != NULL ? s->vault.tenant_id : "", principal);
    return url;
}

static void judge(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_grant grant,
                  const struct acgp_answer *answer)
{
    struct acg_error err;

    if (grant == ACGP_GRANT_FULL) {
        acgp_thing_found(m, now_ms, s, ACGP_THING_ACCESS, ACGP_THING_THERE);
    } else if (grant == ACGP_GRANT_NONE) {
        acgp_thing_unfound(m, now_ms, s, ACGP_THING_ACCESS, answer);
    } else {
        bool rbac = acgp_site_rbac(m, s);
        acgp_differs(m, now_ms, s, ACGP_THING_ACCESS, rbac ? "role" : "policy",
                     acgp_printf("%s of the identity %s on the vault %s %s",
                                 rbac ? "the role assignment" : "the access policy", acgp_site_principal(s),
                                 acgp_last_name(s->plan->vault_id),
                                 rbac ? "has a condition" : "lacks one of get, wrapKey and unwrapKey"),
                     rbac ? "remove it, or its condition, and run again"
                          : "add what it lacks, or remove it, and run again");
        if (m->stage != ACGP_CREATE_APPLY || m->work.ended)
            return;
        acgp_fail(&err, ACG_ERR_CONFLICT, "the access of the set's identity is there and differs");
        acgp_site_fail(m, now_ms, s, &err);
    }
}

static void on_vault(struct acgp_create *m, int64_t now_ms, struct acgp_site *s,
                     const struct acgp_answer *answer)
{
    struct acgp_vault_doc doc = {0};
    struct acg_error err;
    enum acg_status status = acgp_vault_doc_decode(acgp_buf_view(&answer->response->body), &doc, &err);

    if (status == ACG_OK)
        judge(m, now_ms, s, acgp_vault_grants(&doc, acgp_site_principal(s)), answer);
    else
        acgp_site_fail(m, now_ms, s, &err);
    acgp_vault_doc_done(&doc);
}

/* @return whether a further page is asked for. */
static bool next_page(struct acgp_create *m, int64_t now_ms, const struct acgp_site *s, const json_t *page)
{
    const char *next = acgp_page_next(page);

    if (next == NULL || !acgp_url_trusted(acgp_span(next), acgp_span(m->work.endpoint)))
        return false;
    acgp_work_get(&m->work, now_ms, ACGP_CREATE_READ + ACGP_THING_ACCESS, acgp_site_index(m, s),
                  acgp_strdup(next));
    return true;
}

static void on_roles(struct acgp_create *m, int64_t now_ms, struct acgp_site *s,
                     const struct acgp_answer *answer)
{
    json_t *page = NULL;
    struct acg_error err;
    enum acg_status status = acgp_json_parse(acgp_buf_view(&answer->response->body), &page, &err);

    if (status == ACG_OK) {
        enum acgp_grant grant = acgp_roles_grant(page, acgp_site_principal(s), s->plan->vault_id);
        if (grant != ACGP_GRANT_NONE || !next_page(m, now_ms, s, page))
            judge(m, now_ms, s, grant, answer);
    } else {
        acgp_site_fail(m, now_ms, s, &err);
    }
    json_decref(page);
}

/* Who may write role assignments can read them; who may not read them can still be told of success. */
static void on_forbidden(struct acgp_create *m, int64_t now_ms, struct acgp_site *s)
{
    struct acgp_thing *t = &s->things[ACGP_THING_ACCESS];

    if (!s->access_unreadable)
        acgp_site_say(
            m, now_ms, s,
            acgp_strdup("who may use the key cannot be read with this login; the assignment is sent, "
                        "and Azure's answer taken for it"));
    s->access_unreadable = true;
    t->state = t->made ? ACGP_THING_THERE : ACGP_THING_MISSING;
    t->doubt = false;
    if (m->stage == ACGP_CREATE_APPLY)
        s->at_ms = now_ms;
}

void acgp_access_on_read(struct acgp_create *m, int64_t now_ms, struct acgp_site *s,
                         const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);
    struct acg_error err;

    if (status == 200 && acgp_site_rbac(m, s)) {
        on_roles(m, now_ms, s, answer);
    } else if (status == 200) {
        on_vault(m, now_ms, s, answer);
    } else if (status == 403 && acgp_site_rbac(m, s)) {
        on_forbidden(m, now_ms, s);
    } else {
        acgp_answer_error(answer, acgp_create_call_name(ACGP_CREATE_READ + ACGP_THING_ACCESS), &err);
        if (m->stage == ACGP_CREATE_APPLY || err.status == ACG_ERR_NOMEM)
            acgp_site_fail(m, now_ms, s, &err);
        else if (m->blocked.status == ACG_OK)
            m->blocked = err;
    }
}

/* A principal that was made a moment ago is not known everywhere yet (azure-arm, 2.8: a minute or more). */
static bool unknown_yet(const struct acg_error *err)
{
    return err->http_status == 400 && acgp_equal(err->arm_code, "PrincipalNotFound");
}

bool acgp_access_excused(struct acgp_create *m, int64_t now_ms, struct acgp_site *s,
                         const struct acgp_answer *answer)
{
    struct acgp_thing *t = &s->things[ACGP_THING_ACCESS];
    struct acg_error err;

    acgp_answer_error(answer, acgp_create_call_name(ACGP_CREATE_WRITE + ACGP_THING_ACCESS), &err);
    if (err.status == ACG_ERR_NOMEM) {
        acgp_work_end(&m->work, now_ms, &err);
        return true;
    }
    if (unknown_yet(&err)) {
        t->state = ACGP_THING_MISSING;
        acgp_site_later(m, now_ms, s, ACGP_THING_ACCESS, answer);
        if (!s->principal_told)
            acgp_site_say(
                m, now_ms, s,
                acgp_strdup(
                    "the directory does not know the set's identity yet; trying again until it does"));
        s->principal_told = true;
        return true;
    }
    if (err.http_status == 409 && acgp_equal(err.arm_code, "RoleAssignmentExists")) {
        /* Somebody made it meanwhile; the list may be behind. */
        t->state = s->access_unreadable ? ACGP_THING_THERE : ACGP_THING_UNREAD;
        t->made = true;
        acgp_site_later(m, now_ms, s, ACGP_THING_ACCESS, answer);
        return true;
    }
    return false;
}
