/* SPDX-License-Identifier: MPL-2.0 */
/* acg.v1.Publisher/Explain. */
#include "acg/v1/publisher.pb-c.h"

#include <acg/publisher.h>

#include "base/error.h"
#include "rpc/service_calls.h"
#include "rpc/service_reply.h"
#include "rpc/service_words.h"

/* @param report NULL: a finding is an error */
static void reply(const struct rpc_request *request, struct pkr_config *config,
                  const struct acg_findings *findings, const struct acg_report *report)
{
    Acg__V1__ExplainResponse response = ACG__V1__EXPLAIN_RESPONSE__INIT;
    struct acg_error err = {.status = ACG_OK};
    struct rpc_scribe s;

    rpc_scribe_init(&s, config);
    response.n_findings = rpc_findings_message(&s, findings, &response.findings);
    if (report != NULL)
        response.report = rpc_report_message(&s, report);
    if (!s.failed)
        rpc_reply(request->conn, request->call, &response.base);
    else if (acgp_fail_nomem(&err) != ACG_OK)
        rpc_refuse(request, &err, NULL);
    rpc_scribe_done(&s);
}

/* As of Plan: what the library itself faults although the check passed are all the findings then. */
static void explain(const struct rpc_request *request, struct pkr_config *config)
{
    struct acg_error err = {.status = ACG_OK};
    struct acg_findings *findings = NULL;
    struct acg_report *report = NULL;
    enum acg_status status = acg_findings_new(&findings, &err);

    if (status == ACG_OK)
        status =
            acg_explain_new(pkr_config_endpoint(config), pkr_config_options(config), findings, &report, &err);
    if (status == ACG_OK)
        reply(request, config, pkr_config_findings(config), report);
    else if (status == ACG_ERR_ARGUMENT)
        reply(request, config, findings, NULL);
    else
        rpc_refuse(request, &err, NULL);
    acg_report_free(report);
    acg_findings_free(findings);
}

void rpc_explain(const struct rpc_request *request)
{
    Acg__V1__ExplainRequest *in = (Acg__V1__ExplainRequest *)request->message;
    struct acg_error err = {.status = ACG_OK};
    struct pkr_config *config = NULL;

    if (!rpc_request_config(request, in->configuration_json, &config))
        return;
    enum acg_status status = pkr_config_check(config, PKR_PHASE_PREVIEW, &err);
    if (status == ACG_OK)
        explain(request, config);
    else if (status == ACG_ERR_ARGUMENT)
        reply(request, config, pkr_config_findings(config), NULL);
    else
        rpc_refuse(request, &err, NULL);
    pkr_config_free(config);
}
