/* SPDX-License-Identifier: MPL-2.0 */
/* Reading everything before the first write, and the verdict. */
#include "arm/requests.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "setup/create.h"

static bool any_missing(const struct acgp_create *m)
{
    for (size_t i = 0; i < m->setup->region_count; i++)
        for (int k = 0; k < ACGP_THINGS; k++)
            if (m->sites[i].things[k].state == ACGP_THING_MISSING)
                return true;
    return false;
}

static bool new_vault(const struct acgp_create *m)
{
    for (size_t i = 0; i < m->setup->region_count; i++)
        if (m->sites[i].things[ACGP_THING_VAULT].state == ACGP_THING_MISSING)
            return true;
    return false;
}

static void end_refused(struct acgp_create *m, int64_t now_ms)
{
    size_t errors = acg_findings_errors(m->work.findings);
    struct acg_error err;

    acgp_fail(&err, m->differs ? ACG_ERR_CONFLICT : ACG_ERR_PREFLIGHT,
              m->differs ? "%zu findings: what is there and differs is never changed; nothing was written"
                         : "%zu findings; nothing was written",
              errors);
    acgp_work_end(&m->work, now_ms, &err);
}

static void end_dry(struct acgp_create *m, int64_t now_ms)
{
    struct acg_error none = {.status = ACG_OK};

    acgp_error_text(none.message, sizeof none.message,
                    any_missing(m) ? "nothing was written; the report says what would be made"
                                   : "nothing is to be made: every region has what was declared");
    acgp_work_end(&m->work, now_ms, &none);
}

static void judge(struct acgp_create *m, int64_t now_ms)
{
    for (size_t i = 0; i < m->setup->region_count && !m->work.ended; i++) {
        struct acgp_site *s = &m->sites[i];
        acgp_judge_missing(m, now_ms, s);
        if (!m->work.ended && s->things[ACGP_THING_VAULT].state >= ACGP_THING_PENDING)
            acgp_judge_vault(m, now_ms, s);
        if (!m->work.ended && s->things[ACGP_THING_KEY].state >= ACGP_THING_PENDING)
            acgp_judge_key(m, now_ms, s);
        if (!m->work.ended && s->things[ACGP_THING_SET].state >= ACGP_THING_PENDING)
            acgp_judge_set(m, now_ms, s);
    }
}

static void apply(struct acgp_create *m, int64_t now_ms)
{
    m->stage = ACGP_CREATE_APPLY;
    acgp_work_step(&m->work, now_ms,
                   any_missing(m) ? "making what is missing, all regions side by side"
                                  : "everything is there; reading what Azure still works on");
    if (!m->work.ended && new_vault(m))
        acgp_work_notice(
            &m->work, now_ms,
            acgp_strdup("new vaults have purge protection: nobody can switch it off, and a deleted "
                        "vault keeps its name until its retention time is over"));
    for (size_t i = 0; i < m->setup->region_count; i++)
        m->sites[i].at_ms = now_ms;
}

static void survey_over(struct acgp_create *m, int64_t now_ms)
{
    judge(m, now_ms);
    m->work.findings_held = false;
    if (m->work.ended)
        return;
    if (acg_findings_errors(m->work.findings) > 0)
        end_refused(m, now_ms);
    else if (m->blocked.status != ACG_OK)
        acgp_work_end(&m->work, now_ms, &m->blocked);
    else if (!m->setup->apply)
        end_dry(m, now_ms);
    else
        apply(m, now_ms);
}

/* A new vault is of the subscription's tenant. */
static void ask_tenant(struct acgp_create *m, int64_t now_ms)
{
    char *path = acgp_printf("/subscriptions/%s", m->setup->subscription);

    acgp_work_get(&m->work, now_ms, ACGP_CREATE_SUBSCRIPTION, 0,
                  path != NULL ? acgp_path_url(m->work.endpoint, path, "", ACGP_API_RESOURCES) : NULL);
    acgp_free(path);
}

static void ask_name(struct acgp_create *m, int64_t now_ms, const struct acgp_site *s)
{
    char *path = acgp_printf("/subscriptions/%s/providers/Microsoft.KeyVault/checkNameAvailability",
                             m->setup->subscription);
    char *url = path != NULL ? acgp_path_url(m->work.endpoint, path, "", ACGP_API_KEY_VAULT) : NULL;
    char *body = acgp_name_body(acgp_last_name(s->plan->vault_id));

    acgp_free(path);
    if (body != NULL) {
        acgp_work_write(&m->work, now_ms, ACGP_CREATE_NAME, acgp_site_index(m, s), url,
                        (struct acgp_write){.method = ACGP_POST, .body = body});
        return;
    }
    acgp_free(url);
    acgp_work_nomem(&m->work, now_ms);
}

/* What could only be asked once vaults and sets were read. */
static void survey_access(struct acgp_create *m, int64_t now_ms)
{
    m->stage = ACGP_CREATE_SURVEY_ACCESS;
    if (m->setup->vault_group_id != NULL && new_vault(m))
        ask_tenant(m, now_ms);
    for (size_t i = 0; i < m->setup->region_count && !m->work.ended; i++) {
        struct acgp_site *s = &m->sites[i];
        bool vault = s->things[ACGP_THING_VAULT].state >= ACGP_THING_PENDING;
        bool set = s->things[ACGP_THING_SET].state >= ACGP_THING_PENDING;
        if (!set) /* else it is read, now or once its identity is shown */
            s->things[ACGP_THING_ACCESS].state = ACGP_THING_MISSING;
        else if (vault && acgp_site_principal(s) != NULL)
            acgp_thing_read(m, now_ms, s, ACGP_THING_ACCESS);
        if (!m->work.ended && s->things[ACGP_THING_VAULT].state == ACGP_THING_MISSING &&
            m->setup->vault_group_id != NULL)
            ask_name(m, now_ms, s);
    }
}

void acgp_survey_step(struct acgp_create *m, int64_t now_ms)
{
    if (m->work.call_count != 0 || m->stage == ACGP_CREATE_APPLY)
        return;
    if (m->stage == ACGP_CREATE_SURVEY)
        survey_access(m, now_ms);
    if (!m->work.ended && m->work.call_count == 0)
        survey_over(m, now_ms);
}

void acgp_survey_begin(struct acgp_create *m, int64_t now_ms)
{
    m->work.findings_held = true;
    acgp_work_step(&m->work, now_ms, "reading what is there");
    if (!m->work.ended)
        acgp_work_get(&m->work, now_ms, ACGP_CREATE_GROUP, 0,
                      acgp_path_url(m->work.endpoint, m->setup->group_id, "", ACGP_API_RESOURCES));
    if (!m->work.ended && m->setup->vault_group_id != NULL &&
        !acgp_equal_nocase(m->setup->vault_group_id, m->setup->group_id))
        acgp_work_get(&m->work, now_ms, ACGP_CREATE_GROUP, 1,
                      acgp_path_url(m->work.endpoint, m->setup->vault_group_id, "", ACGP_API_RESOURCES));
    for (size_t i = 0; i < m->setup->region_count; i++)
        for (int k = ACGP_THING_VAULT; k <= ACGP_THING_SET && !m->work.ended; k++)
            acgp_thing_read(m, now_ms, &m->sites[i], (enum acgp_thing_kind)k);
}

static void block(struct acgp_create *m, int64_t now_ms, const struct acgp_call *call,
                  const struct acgp_answer *answer)
{
    struct acg_error err;

    acgp_answer_error(answer, acgp_create_call_name(call->kind), &err);
    if (err.status == ACG_ERR_NOMEM)
        acgp_work_end(&m->work, now_ms, &err);
    else if (m->blocked.status == ACG_OK)
        m->blocked = err;
}

static void on_group(struct acgp_create *m, int64_t now_ms, const struct acgp_call *call,
                     const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);
    const char *id = call->index == 0 ? m->setup->group_id : m->setup->vault_group_id;

    if (status == 404)
        acgp_work_find(&m->work, now_ms, ACG_SEVERITY_ERROR, "group",
                       call->index == 0 ? "resource_group" : "vault_resource_group",
                       acgp_printf("the resource group %s does not exist", acgp_last_name(id)),
                       "make it with az group create, or name one that is there");
    else if (status != 200)
        block(m, now_ms, call, answer);
}

static void on_subscription(struct acgp_create *m, int64_t now_ms, const struct acgp_call *call,
                            const struct acgp_answer *answer)
{
    json_t *root = NULL;
    struct acg_error err = {.status = ACG_OK};

    if (acgp_answer_status(answer) != 200) {
        block(m, now_ms, call, answer);
        return;
    }
    if (acgp_json_parse(acgp_buf_view(&answer->response->body), &root, &err) == ACG_OK) {
        const char *tenant = acgp_text_in(root, "tenantId", NULL);
        m->tenant_id = acgp_strdup(tenant);
        if (tenant == NULL)
            acgp_fail(&err, ACG_ERR_PROTOCOL, "reading the subscription: the answer names no tenant");
        else if (m->tenant_id == NULL)
            acgp_fail_nomem(&err);
    }
    json_decref(root);
    if (err.status == ACG_ERR_NOMEM)
        acgp_work_end(&m->work, now_ms, &err);
    else if (err.status != ACG_OK && m->blocked.status == ACG_OK)
        m->blocked = err;
}

/* A name that is taken is told before the first write; that it cannot be asked is no matter: the write tells.
 */
static void on_name(struct acgp_create *m, int64_t now_ms, struct acgp_site *s,
                    const struct acgp_answer *answer)
{
    json_t *root = NULL;
    struct acg_error err = {.status = ACG_OK};

    if (acgp_answer_status(answer) != 200 ||
        acgp_json_parse(acgp_buf_view(&answer->response->body), &root, &err) != ACG_OK) {
        if (err.status == ACG_ERR_NOMEM)
            acgp_work_end(&m->work, now_ms, &err);
        return;
    }
    const char *why = acgp_text_in(root, "message", NULL);
    if (json_is_false(json_object_get(root, "nameAvailable")))
        acgp_differs(m, now_ms, s, ACGP_THING_VAULT, "vault-name",
                     acgp_printf("the vault's name %s is taken elsewhere in Azure, or by a deleted vault: %s",
                                 acgp_last_name(s->plan->vault_id), why != NULL ? why : "no reason is given"),
                     "write another name, or bring the deleted vault back with az keyvault recover");
    json_decref(root);
}

void acgp_survey_on_answer(struct acgp_create *m, int64_t now_ms, const struct acgp_call *call,
                           const struct acgp_answer *answer)
{
    if (call->kind == ACGP_CREATE_GROUP)
        on_group(m, now_ms, call, answer);
    else if (call->kind == ACGP_CREATE_SUBSCRIPTION)
        on_subscription(m, now_ms, call, answer);
    else
        on_name(m, now_ms, &m->sites[call->index], answer);
}
