/* SPDX-License-Identifier: MPL-2.0 */
/* The methods of acg.v1.Publisher that need no network: Plan and Explain. */
#include "acg/v1/publisher.pb-c.h"

#include <acg/publisher.h>

#include "base/error.h"
#include "rpc/service_calls.h"
#include "rpc/service_reply.h"
#include "rpc/service_words.h"

/** What a method makes of a configuration: one of these. */
union product {
    struct acg_preview *preview;
    struct acg_report *report;
};

/** Findings as a message lists them. */
struct found {
    size_t count;
    Acg__V1__Finding **items;
};

/** One method. */
struct offline {
    enum acg_status (*make)(const struct pkr_config *config, struct acg_findings *findings,
                            union product *out, struct acg_error *err);
    /** Answer, unless the scribe failed. @param product NULL: a finding is an error. */
    void (*answer)(const struct rpc_request *request, struct rpc_scribe *s, const struct found *found,
                   const union product *product);
    void (*release)(union product *product);
};

static void reply(const struct rpc_request *request, const struct offline *method, struct pkr_config *config,
                  const struct acg_findings *findings, const union product *product)
{
    struct acg_error err = {.status = ACG_OK};
    struct found found = {.count = 0};
    struct rpc_scribe s;

    rpc_scribe_init(&s, config);
    found.count = rpc_findings_message(&s, findings, &found.items);
    method->answer(request, &s, &found, product);
    if (s.failed && acgp_fail_nomem(&err) != ACG_OK)
        rpc_refuse(request, &err, NULL);
    rpc_scribe_done(&s);
}

/* A configuration that the library itself faults although its check passed has no findings but these. */
static void make(const struct rpc_request *request, const struct offline *method, struct pkr_config *config)
{
    struct acg_error err = {.status = ACG_OK};
    struct acg_findings *findings = NULL;
    union product product = {.preview = NULL};
    enum acg_status status = acg_findings_new(&findings, &err);

    if (status == ACG_OK)
        status = method->make(config, findings, &product, &err);
    if (status == ACG_OK)
        reply(request, method, config, pkr_config_findings(config), &product);
    else if (status == ACG_ERR_ARGUMENT)
        reply(request, method, config, findings, NULL);
    else
        rpc_refuse(request, &err, NULL);
    method->release(&product);
    acg_findings_free(findings);
}

static void run(const struct rpc_request *request, const struct offline *method, char *configuration_json)
{
    struct acg_error err = {.status = ACG_OK};
    struct pkr_config *config = NULL;

    if (!rpc_request_config(request, configuration_json, &config))
        return;
    enum acg_status status = pkr_config_check(config, PKR_PHASE_PREVIEW, &err);
    if (status == ACG_OK)
        make(request, method, config);
    else if (status == ACG_ERR_ARGUMENT)
        reply(request, method, config, pkr_config_findings(config), NULL);
    else
        rpc_refuse(request, &err, NULL);
    pkr_config_free(config);
}

/* ---- Plan ---- */

static enum acg_status make_preview(const struct pkr_config *config, struct acg_findings *findings,
                                    union product *out, struct acg_error *err)
{
    return acg_preview_new(pkr_config_endpoint(config), pkr_config_options(config), findings, &out->preview,
                           err);
}

static void free_preview(union product *product)
{
    acg_preview_free(product->preview);
}

static void add_notes(struct rpc_scribe *s, const struct acg_preview *preview, Acg__V1__PlanResponse *out)
{
    size_t count = 0;

    while (acg_preview_note(preview, count) != NULL)
        count++;
    out->notes = rpc_scribe_alloc(s, count, sizeof *out->notes);
    for (size_t i = 0; !s->failed && i < count; i++)
        out->notes[i] = rpc_scribe_text(s, acg_preview_note(preview, i));
    out->n_notes = s->failed ? 0 : count;
}

static void answer_plan(const struct rpc_request *request, struct rpc_scribe *s, const struct found *found,
                        const union product *product)
{
    Acg__V1__PlanResponse response = ACG__V1__PLAN_RESPONSE__INIT;
    Acg__V1__PlannedRequest planned = ACG__V1__PLANNED_REQUEST__INIT;

    response.n_findings = found->count;
    response.findings = found->items;
    if (product != NULL) {
        planned.method = rpc_scribe_text(s, acg_preview_method(product->preview));
        planned.url = rpc_scribe_text(s, acg_preview_url(product->preview));
        planned.body = rpc_scribe_text(s, acg_preview_body(product->preview));
        response.request = &planned;
        add_notes(s, product->preview, &response);
    }
    if (!s->failed)
        rpc_reply(request->conn, request->call, &response.base);
}

void rpc_plan(const struct rpc_request *request)
{
    static const struct offline plan = {make_preview, answer_plan, free_preview};
    const Acg__V1__PlanRequest *in = (const Acg__V1__PlanRequest *)request->message;

    run(request, &plan, in->configuration_json);
}

/* ---- Explain ---- */

static enum acg_status make_report(const struct pkr_config *config, struct acg_findings *findings,
                                   union product *out, struct acg_error *err)
{
    return acg_explain_new(pkr_config_endpoint(config), pkr_config_options(config), findings, &out->report,
                           err);
}

static void free_report(union product *product)
{
    acg_report_free(product->report);
}

static void answer_explain(const struct rpc_request *request, struct rpc_scribe *s, const struct found *found,
                           const union product *product)
{
    Acg__V1__ExplainResponse response = ACG__V1__EXPLAIN_RESPONSE__INIT;

    response.n_findings = found->count;
    response.findings = found->items;
    if (product != NULL)
        response.report = rpc_report_message(s, product->report);
    if (!s->failed)
        rpc_reply(request->conn, request->call, &response.base);
}

void rpc_explain(const struct rpc_request *request)
{
    static const struct offline explain = {make_report, answer_explain, free_report};
    const Acg__V1__ExplainRequest *in = (const Acg__V1__ExplainRequest *)request->message;

    run(request, &explain, in->configuration_json);
}
