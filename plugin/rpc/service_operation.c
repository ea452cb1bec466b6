/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/service_operation.h"

#include "base/span.h"
#include "spec/decode.h"

void rpc_operate_on(const struct rpc_request *request, const struct rpc_operation *operation,
                    struct pkr_config *config, enum pkr_phase phase)
{
    struct rpc_work work = operation->work;
    struct acg_error err = {.status = ACG_OK};
    enum acg_status status = operation->judge(request->message, config, &err);

    if (status == ACG_OK)
        status = pkr_config_check(config, phase, &err);
    work.input = request->message;
    *request->owner = NULL;
    rpc_begin(request, &work, config, status, &err);
}

void rpc_operate(const struct rpc_request *request, const struct rpc_operation *operation)
{
    struct acg_error err = {.status = ACG_OK};
    struct pkr_config *config = NULL;

    if (rpc_config_login(&request->services->options.environment, &config, &err) == ACG_OK)
        rpc_operate_on(request, operation, config, PKR_PHASE_LOGIN);
    else
        rpc_refuse(request, &err, NULL);
}

const char *rpc_given(const char *field)
{
    return field[0] != '\0' ? field : NULL;
}

const char *rpc_subscription(const char *field, const struct pkr_config *config)
{
    return field[0] != '\0' ? field : pkr_config_subscription(config);
}

int64_t rpc_timeout_ms(const char *field)
{
    int64_t ms = 0;

    return field[0] != '\0' && pkr_duration_parse(acgp_span(field), &ms) ? ms : 0;
}

enum acg_status rpc_judge_timeout(const char *field, struct pkr_config *config, struct acg_error *err)
{
    int64_t ms = 0;

    if (field[0] == '\0' || pkr_duration_parse(acgp_span(field), &ms))
        return ACG_OK;
    return pkr_config_add_fault(config, "config", "timeout",
                                "must be a duration of hours, minutes and seconds, up to a year",
                                "write it as in 90s, 30m or 1h30m", err);
}

enum acg_status rpc_judge_there(bool there, const char *field, const char *fix, struct pkr_config *config,
                                struct acg_error *err)
{
    return there ? ACG_OK : pkr_config_add_fault(config, "config", field, "is missing", fix, err);
}

enum acg_status rpc_judge_subscription(const char *field, struct pkr_config *config, struct acg_error *err)
{
    return rpc_judge_there(rpc_subscription(field, config) != NULL, "subscription_id",
                           "name it; who runs the server may set AZURE_SUBSCRIPTION_ID", config, err);
}
