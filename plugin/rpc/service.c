/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/service.h"

#include "acg_v1.rpc-c.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "rpc/grpc_message.h"
#include "rpc/service_calls.h"

enum acg_status rpc_services_new(const struct rpc_services_options *options, struct rpc_services **out,
                                 struct acg_error *err)
{
    struct rpc_services *services = acgp_alloc(1, sizeof *services);

    if (services == NULL)
        return acgp_fail_nomem(err);
    services->options = *options;
    rpc_registry_init(&services->registry, options->mark);
    *out = services;
    return ACG_OK;
}

void rpc_services_free(struct rpc_services *services)
{
    if (services == NULL)
        return;
    rpc_registry_done(&services->registry);
    acgp_free(services);
}

/* ---- Calls ---- */

static const struct {
    const struct rpc_service *service;
    const char *method;
    rpc_method_function *function;
} methods[] = {
    {&rpc_service_acg_v1_Publisher, "Plan", rpc_plan},
    {&rpc_service_acg_v1_Publisher, "Explain", rpc_explain},
    {&rpc_service_acg_v1_Publisher, "PlanOnline", rpc_plan_online},
    {&rpc_service_acg_v1_Publisher, "Publish", rpc_publish_call},
    {&rpc_service_acg_v1_Publisher, "Watch", rpc_watch},
    {&rpc_service_acg_v1_Publisher, "Get", rpc_get},
    {&rpc_service_acg_v1_Publisher, "List", rpc_list},
    {&rpc_service_acg_v1_Publisher, "Cancel", rpc_cancel},
    {&rpc_service_acg_v1_Publisher, "RegisterProvider", rpc_register},
    {&rpc_service_acg_v1_Publisher, "DesList", rpc_des_list},
    {&rpc_service_acg_v1_Publisher, "DesShow", rpc_des_show},
    {&rpc_service_acg_v1_Publisher, "DesCreate", rpc_des_create},
    {&rpc_service_acg_v1_Publisher, "Verify", rpc_verify},
    {&rpc_service_acg_v1_Publisher, "Wait", rpc_wait},
    {&rpc_service_acg_v1_Publisher, "Status", rpc_status},
    {&rpc_service_acg_v1_Publisher, "VmArgs", rpc_vm_args},
    {&rpc_service_acg_v1_Publisher, "VmTest", rpc_vm_test},
    {&rpc_service_acg_v1_PostProcessor, "ConfigSpec", rpc_config_spec},
    {&rpc_service_acg_v1_PostProcessor, "Configure", rpc_configure},
    {&rpc_service_acg_v1_PostProcessor, "PostProcess", rpc_post_process},
    {&rpc_service_acg_v1_PostProcessor, "Cancel", rpc_post_processor_cancel},
};

static rpc_method_function *find(const struct rpc_method *method)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (rpc_method_is(method, methods[i].service, methods[i].method))
            return methods[i].function;
    return NULL;
}

static void answer(struct rpc_services *services, struct rpc_conn *conn, const struct rpc_event *event,
                   rpc_method_function *function, int64_t unix_s)
{
    struct acg_error err = {.status = ACG_OK};
    ProtobufCMessage *message = NULL;
    enum acg_status status = rpc_decode(event->method.input, event->message, &message, &err);

    if (status == ACG_OK) {
        struct rpc_request request = {services, conn, event->call, message, &message, unix_s};
        function(&request);
        rpc_decoded_free(message);
    } else {
        (void)rpc_reply_error(conn, event->call, rpc_decode_code(status), &err, NULL);
    }
}

bool rpc_services_handle(struct rpc_services *services, struct rpc_conn *conn, const struct rpc_event *event,
                         int64_t unix_s)
{
    struct rpc_reader *reader = event->tag;
    rpc_method_function *function = event->call != 0 ? find(&event->method) : NULL;

    if (function == NULL)
        return false;
    if (event->kind == RPC_MESSAGE) {
        answer(services, conn, event, function, unix_s);
    } else if (event->kind == RPC_ENDED && reader != NULL) {
        rpc_reader_drop(reader);
    } else if (event->kind == RPC_ROOM && reader != NULL) {
        reader->waiting = false;
        rpc_reader_flush(reader);
    }
    if (event->kind != RPC_BEGAN)
        rpc_registry_sweep(&services->registry);
    return true;
}

void rpc_refuse(const struct rpc_request *request, const struct acg_error *error,
                const struct rpc_advice *advice)
{
    (void)rpc_reply_error(request->conn, request->call, rpc_code_of(error->status), error, advice);
}

bool rpc_request_config(const struct rpc_request *request, char *text, struct pkr_config **out)
{
    struct acg_error err = {.status = ACG_OK};
    struct rpc_advice advice = {NULL, NULL};

    if (rpc_config_read(text, &request->services->options.environment, out, &advice, &err) == ACG_OK)
        return true;
    rpc_refuse(request, &err, &advice);
    return false;
}

struct rpc_publish *rpc_request_publish(const struct rpc_request *request, const char *id)
{
    struct rpc_publish *p = rpc_registry_find(&request->services->registry, id);
    struct rpc_advice advice = {NULL, "Publisher.List shows those that are known"};
    struct acg_error err = {.status = ACG_OK};

    if (p != NULL)
        return p;
    (void)acgp_fail_field(&err, ACG_ERR_ARGUMENT, "publish_id",
                          "names no publish of this server, or one that was forgotten since it ended");
    (void)rpc_reply_error(request->conn, request->call, RPC_NOT_FOUND, &err, &advice);
    return NULL;
}

void rpc_ask_cancel(struct rpc_services *services, struct rpc_publish *p)
{
    p->stopped = true;
    if (!p->ended)
        rpc_registry_ask(&services->registry, &p->ask_cancel, true);
}

/* ---- The beginning of a publish ---- */

static enum acg_status add_findings(struct rpc_publish *p)
{
    const struct acg_findings *findings = pkr_config_findings(p->config);
    enum acg_status status = ACG_OK;

    for (size_t i = 0; i < acg_findings_count(findings) && status == ACG_OK; i++)
        status = rpc_publish_finding(p, acg_findings_at(findings, i));
    return status;
}

void rpc_begin(const struct rpc_request *request, const struct rpc_work *work, struct pkr_config *config,
               enum acg_status status, const struct acg_error *error)
{
    struct rpc_registry *reg = &request->services->registry;
    struct acg_error err = *error;
    struct rpc_publish *p = NULL;
    bool good = status == ACG_OK;

    if (good && request->services->draining)
        status = acgp_fail(&err, ACG_ERR_CLOSED, "the server is stopping");
    if (status == ACG_OK || status == ACG_ERR_ARGUMENT)
        status = rpc_registry_add(reg, work, config, good, request->unix_s, &p, &err);
    if (p == NULL) {
        rpc_refuse(request, &err, NULL);
        rpc_work_free(work);
        pkr_config_free(config);
        return;
    }
    rpc_reader_attach(p, request->conn, request->call, 0);
    status = add_findings(p);
    if (status != ACG_OK)
        (void)acgp_fail_nomem(&err);
    if (good && status == ACG_OK)
        rpc_registry_ask(reg, &p->ask_start, true);
    else
        rpc_publish_end(reg, p, NULL, &err, request->unix_s);
    rpc_publish_flush(p);
}

/* ---- The host ---- */

bool rpc_services_next_ask(struct rpc_services *services, struct rpc_ask *out)
{
    struct rpc_registry *reg = &services->registry;

    if (reg->asks == 0)
        return false;
    for (struct rpc_publish *p = reg->first; p != NULL; p = p->next) {
        if (p->ask_start) {
            rpc_registry_ask(reg, &p->ask_start, false);
            *out = (struct rpc_ask){.kind = RPC_ASK_START,
                                    .publish = p,
                                    .operation = p->work.name,
                                    .begin = p->work.begin,
                                    .context = p,
                                    .options = pkr_config_options(p->config),
                                    .picked_up = p->picked_up};
            return true;
        }
        if (p->ask_cancel && p->begun) {
            rpc_registry_ask(reg, &p->ask_cancel, false);
            *out = (struct rpc_ask){.kind = p->left && !p->stopped ? RPC_ASK_LEAVE : RPC_ASK_CANCEL,
                                    .publish = p,
                                    .operation = p->work.name,
                                    .handle = p->handle};
            return true;
        }
    }
    return false;
}

void rpc_services_started(struct rpc_services *services, struct rpc_publish *publish,
                          struct acg_publish *handle, const char *version_id)
{
    (void)services;
    publish->begun = true;
    publish->handle = handle;
    publish->version_id = acgp_strdup(version_id);
    rpc_publish_flush(publish);
}

void rpc_services_failed(struct rpc_services *services, struct rpc_publish *publish,
                         const struct acg_error *error, int64_t unix_s)
{
    struct rpc_registry *reg = &services->registry;

    rpc_publish_end(reg, publish, NULL, error, unix_s);
    rpc_registry_unlist(reg, publish);
    rpc_publish_flush(publish);
    rpc_registry_sweep(reg);
}

void rpc_services_on_event(struct rpc_services *services, const struct acg_event *event, int64_t unix_s)
{
    struct rpc_registry *reg = &services->registry;
    struct rpc_publish *p = rpc_registry_of_handle(reg, event->publish);

    if (p == NULL)
        return;
    if (event->kind == ACG_EVENT_DONE)
        rpc_publish_end(reg, p, event, event->error, unix_s);
    else if (rpc_publish_event(p, event) != ACG_OK)
        return; /* no memory: its number is missing, as if it had been merged */
    rpc_publish_flush(p);
    if (event->kind == ACG_EVENT_DONE)
        rpc_registry_sweep(reg);
}

void rpc_services_drain(struct rpc_services *services)
{
    services->draining = true;
    for (struct rpc_publish *p = services->registry.first; p != NULL; p = p->next) {
        p->left = !p->ended;
        if (p->left)
            rpc_registry_ask(&services->registry, &p->ask_cancel, true);
    }
}

const char *rpc_services_publish_id(const struct rpc_services *services, const struct acg_publish *handle)
{
    const struct rpc_publish *p = rpc_registry_of_handle(&services->registry, handle);

    return p != NULL ? p->id : "";
}

const char *rpc_services_operation(const struct rpc_services *services, const struct acg_publish *handle)
{
    const struct rpc_publish *p = rpc_registry_of_handle(&services->registry, handle);

    return p != NULL ? p->work.name : "";
}

struct acg_publish *rpc_services_let_go(struct rpc_services *services)
{
    for (struct rpc_publish *p = services->registry.first; p != NULL; p = p->next) {
        struct acg_publish *handle = p->handle;

        p->handle = NULL;
        if (handle != NULL)
            return handle;
    }
    return NULL;
}

size_t rpc_services_running(const struct rpc_services *services)
{
    return services->registry.running;
}
