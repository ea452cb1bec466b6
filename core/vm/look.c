/* SPDX-License-Identifier: MPL-2.0 */
#include "vm/look.h"

#include <string.h>

#include "arm/requests.h"
#include "base/alloc.h"
#include "base/error.h"

/* .../images/D of .../images/D/versions/V */
static char *definition_of(const char *version_id)
{
    size_t len = strlen(version_id);

    for (int slashes = 0; len > 0; len--)
        if (version_id[len - 1] == '/' && version_id[len] != '\0' && ++slashes == 2)
            return acgp_strndup(version_id, len - 1);
    return NULL;
}

bool acgp_vm_look_init(struct acgp_vm_look *look, const struct acgp_vm_wish *wish)
{
    look->version_id = acgp_strdup(wish->version_id);
    look->definition_id = definition_of(wish->version_id);
    look->region = acgp_strdup(wish->region);
    look->subscription = acgp_strdup(wish->subscription);
    return look->version_id != NULL && look->definition_id != NULL && look->region != NULL &&
           (look->subscription != NULL || wish->subscription == NULL);
}

void acgp_vm_look_done(struct acgp_vm_look *look)
{
    acgp_version_doc_done(&look->version);
    acgp_definition_doc_done(&look->definition);
    acgp_free(look->version_id);
    acgp_free(look->definition_id);
    acgp_free(look->region);
    acgp_free(look->subscription);
}

void acgp_vm_look_begin(struct acgp_vm_look *look, struct acgp_work *w, int64_t now_ms)
{
    acgp_work_step(w, now_ms, "reading the version and its definition");
    if (!w->ended)
        acgp_work_get(w, now_ms, ACGP_VM_CALL_VERSION, 0,
                      acgp_replication_url(w->endpoint, look->version_id));
    if (!w->ended)
        acgp_work_get(w, now_ms, ACGP_VM_CALL_DEFINITION, 0,
                      acgp_resource_url(w->endpoint, look->definition_id, ACGP_RESOURCE_IMAGE_DEFINITION));
}

/* A login that fails outweighs the rest; the version's absence outweighs its definition's. */
static void refuse(struct acgp_vm_look *look, const struct acgp_call *call, const struct acg_error *err)
{
    if (look->blocked.status == ACG_OK || err->status == ACG_ERR_AUTH ||
        (call->kind == ACGP_VM_CALL_VERSION && look->blocked.status != ACG_ERR_AUTH))
        look->blocked = *err;
}

static void missing(struct acgp_vm_look *look, const struct acgp_call *call, struct acg_error *err)
{
    struct acg_error found = *err;
    bool version = call->kind == ACGP_VM_CALL_VERSION;

    acgp_fail_field(err, ACG_ERR_SERVICE, version ? "gallery_image_version" : "gallery_image_definition",
                    "there is no such %s: %s", version ? "version" : "image definition",
                    version ? look->version_id : look->definition_id);
    err->http_status = 404;
    acgp_error_text(err->arm_code, sizeof err->arm_code, found.arm_code);
    acgp_error_text(err->request_id, sizeof err->request_id, found.request_id);
}

static enum acg_status decode(struct acgp_vm_look *look, const struct acgp_call *call,
                              const struct acgp_response *response, struct acg_error *err)
{
    struct acg_span body = acgp_buf_view(&response->body);

    if (call->kind == ACGP_VM_CALL_VERSION)
        return acgp_version_doc_decode(body, &look->version, err);
    return acgp_definition_doc_decode(body, &look->definition, err);
}

bool acgp_vm_look_on_answer(struct acgp_vm_look *look, struct acgp_work *w, int64_t now_ms,
                            const struct acgp_call *call, const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);
    struct acg_error err = {.status = ACG_OK};

    if (status == 200 && decode(look, call, answer->response, &err) != ACG_OK)
        acgp_fail_context(&err, "%s", w->kind->call_name(call->kind));
    if (status != 200)
        acgp_answer_error(answer, w->kind->call_name(call->kind), &err);
    if (status == 404)
        missing(look, call, &err);
    if (err.status == ACG_ERR_NOMEM)
        acgp_work_end(w, now_ms, &err);
    else if (err.status != ACG_OK)
        refuse(look, call, &err);
    if (w->ended || acgp_calls_any(w, ACGP_VM_CALL_VERSION) || acgp_calls_any(w, ACGP_VM_CALL_DEFINITION))
        return false;
    if (look->blocked.status != ACG_OK)
        acgp_work_end(w, now_ms, &look->blocked);
    return true;
}

static void end_with_findings(struct acgp_work *w, int64_t now_ms)
{
    const struct acg_finding *first = NULL;
    struct acg_error err;
    size_t errors = acg_findings_errors(w->findings);

    for (size_t i = 0; first == NULL || first->severity != ACG_SEVERITY_ERROR; i++)
        first = acg_findings_at(w->findings, i);
    acgp_fail_field(&err, ACG_ERR_PREFLIGHT, first->field, "%zu finding%s, nothing was made; %s: %s; %s",
                    errors, errors == 1 ? "" : "s", first->rule, first->message, first->fix);
    acgp_work_end(w, now_ms, &err);
}

bool acgp_vm_look_plan(struct acgp_vm_look *look, struct acgp_work *w, int64_t now_ms, bool at_once,
                       struct acgp_vm_plan *plan)
{
    struct acgp_vm_wish wish = {look->version_id, look->region, look->subscription, at_once};
    struct acg_error err;

    w->found_ms = now_ms;
    if (acgp_vm_plan_make(&wish, &look->version, &look->definition, w->findings, plan, &err) != ACG_OK)
        acgp_work_end(w, now_ms, &err);
    else if (acg_findings_errors(w->findings) != 0)
        end_with_findings(w, now_ms);
    return !w->ended;
}
