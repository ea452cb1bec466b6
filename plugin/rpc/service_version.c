/* SPDX-License-Identifier: MPL-2.0 */
/* The methods of acg.v1.Publisher about a version: PlanOnline for one that shall be, Verify, VmArgs and
 * VmTest for one that is. */
#include "rpc/service_version.h"

#include <acg/publisher.h>
#include <acg/verify.h>
#include <acg/vm.h>

#include "base/alloc.h"
#include "base/error.h"
#include "rpc/service_operation.h"

/* ---- PlanOnline ---- */

static enum acg_status begin_plan(const void *context, struct acg_publisher *publisher,
                                  struct acg_publish **out, struct acg_error *err)
{
    const struct rpc_publish *p = context;

    return acg_publisher_plan(publisher, pkr_config_options(p->config), out, err);
}

/* The plan finds the faults of the rules itself, beside what Azure's answers show. A fault of form lets none
 * begin: then everything that needs no network is told at once. */
void rpc_plan_online(const struct rpc_request *request)
{
    static const struct rpc_work work = {.name = "plan", .begin = begin_plan};
    const Acg__V1__PlanOnlineRequest *in = (const Acg__V1__PlanOnlineRequest *)request->message;
    struct acg_error err = {.status = ACG_OK};
    struct pkr_config *config = NULL;

    if (!rpc_request_config(request, in->configuration_json, &config))
        return;
    enum acg_status status = pkr_config_check(config, PKR_PHASE_PLAN, &err);
    if (status == ACG_ERR_ARGUMENT)
        status = pkr_config_check(config, PKR_PHASE_PUBLISH, &err);
    rpc_begin(request, &work, config, status, &err);
}

/* ---- A version that is named ---- */

static const Acg__V1__ImageVersion no_version = ACG__V1__IMAGE_VERSION__INIT;

static bool any_name(const Acg__V1__ImageVersion *v)
{
    return v->resource_group[0] != '\0' || v->gallery_name[0] != '\0' ||
           v->gallery_image_definition[0] != '\0' || v->gallery_image_version[0] != '\0';
}

static enum acg_status judge_names(const Acg__V1__ImageVersion *v, struct pkr_config *config,
                                   struct acg_error *err)
{
    const struct {
        const char *field, *value;
    } names[] = {{"resource_group", v->resource_group},
                 {"gallery_name", v->gallery_name},
                 {"gallery_image_definition", v->gallery_image_definition},
                 {"gallery_image_version", v->gallery_image_version}};
    enum acg_status status = rpc_judge_subscription(v->subscription_id, config, err);

    for (size_t i = 0; i < sizeof names / sizeof names[0] && status == ACG_OK; i++)
        status = rpc_judge_there(names[i].value[0] != '\0', names[i].field,
                                 "name it, or give gallery_image_version_id", config, err);
    return status;
}

enum acg_status rpc_judge_version(const Acg__V1__ImageVersion *v, bool optional, struct pkr_config *config,
                                  struct acg_error *err)
{
    bool id = v != NULL && v->gallery_image_version_id[0] != '\0', names = v != NULL && any_name(v);

    if (id && names)
        return pkr_config_add_fault(config, "config", "gallery_image_version_id",
                                    "stands beside names of the same version", "keep the id or the names",
                                    err);
    if (names)
        return judge_names(v, config, err);
    return rpc_judge_there(id || optional, "gallery_image_version_id", "give the version's full id", config,
                           err);
}

enum acg_status rpc_version_id(const Acg__V1__ImageVersion *v, const struct pkr_config *config, char **out,
                               struct acg_error *err)
{
    *out = NULL;
    if (v == NULL)
        v = &no_version;
    if (v->gallery_image_version_id[0] == '\0' && !any_name(v))
        return ACG_OK;
    if (v->gallery_image_version_id[0] != '\0') {
        *out = acgp_strdup(v->gallery_image_version_id);
    } else {
        const char *subscription = rpc_subscription(v->subscription_id, config);
        *out = acgp_printf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/galleries/%s/"
                           "images/%s/versions/%s",
                           subscription != NULL ? subscription : "", v->resource_group, v->gallery_name,
                           v->gallery_image_definition, v->gallery_image_version);
    }
    return *out != NULL ? ACG_OK : acgp_fail_nomem(err);
}

/* ---- Verify ---- */

static enum acg_status begin_verify(const struct rpc_publish *p, bool declared,
                                    struct acg_publisher *publisher, struct acg_publish **out,
                                    struct acg_error *err)
{
    const Acg__V1__VerifyRequest *in = (const Acg__V1__VerifyRequest *)p->work.input;
    struct acg_verify_options o = ACG_VERIFY_OPTIONS_INIT;
    char *id = NULL;
    enum acg_status status = rpc_version_id(in->version, p->config, &id, err);

    o.gallery_image_version_id = id;
    o.declaration = declared ? pkr_config_options(p->config) : NULL;
    o.timeout_ms = rpc_timeout_ms(in->timeout);
    if (status == ACG_OK)
        status = acg_publisher_verify(publisher, &o, out, err);
    acgp_free(id);
    return status;
}

static enum acg_status begin_read(const void *context, struct acg_publisher *publisher,
                                  struct acg_publish **out, struct acg_error *err)
{
    return begin_verify(context, false, publisher, out, err);
}

static enum acg_status begin_compare(const void *context, struct acg_publisher *publisher,
                                     struct acg_publish **out, struct acg_error *err)
{
    return begin_verify(context, true, publisher, out, err);
}

static enum acg_status judge_read(const ProtobufCMessage *message, struct pkr_config *config,
                                  struct acg_error *err)
{
    const Acg__V1__VerifyRequest *in = (const Acg__V1__VerifyRequest *)message;
    enum acg_status status = rpc_judge_version(in->version, false, config, err);

    return status == ACG_OK ? rpc_judge_timeout(in->timeout, config, err) : status;
}

/* A declaration without a version of its own is one for the version that is named beside it. */
static enum acg_status complete(struct pkr_config *config, const char *id, struct acg_error *err)
{
    json_t *root = NULL;
    enum acg_status status = ACG_OK;

    if (id == NULL || pkr_config_names_version(config))
        return ACG_OK;
    root = json_pack("{s:s}", "gallery_image_version_id", id);
    status = root != NULL ? pkr_config_add_json(config, root, PKR_CONFIG_STRICT, err) : acgp_fail_nomem(err);
    json_decref(root);
    return status;
}

static enum acg_status judge_compare(const ProtobufCMessage *message, struct pkr_config *config,
                                     struct acg_error *err)
{
    const Acg__V1__VerifyRequest *in = (const Acg__V1__VerifyRequest *)message;
    char *id = NULL;
    enum acg_status status = rpc_judge_version(in->version, true, config, err);

    if (status == ACG_OK)
        status = rpc_version_id(in->version, config, &id, err);
    if (status == ACG_OK)
        status = complete(config, id, err);
    acgp_free(id);
    return status == ACG_OK ? rpc_judge_timeout(in->timeout, config, err) : status;
}

void rpc_verify(const struct rpc_request *request)
{
    static const struct rpc_operation read = {{.name = "verify", .begin = begin_read}, judge_read};
    static const struct rpc_operation compare = {{.name = "verify", .begin = begin_compare}, judge_compare};
    const Acg__V1__VerifyRequest *in = (const Acg__V1__VerifyRequest *)request->message;
    struct pkr_config *config = NULL;

    if (in->configuration_json[0] == '\0')
        rpc_operate(request, &read);
    else if (rpc_request_config(request, in->configuration_json, &config))
        rpc_operate_on(request, &compare, config, PKR_PHASE_DECLARED);
}

/* ---- VmArgs, VmTest ---- */

static enum acg_status judge_vm(const Acg__V1__ImageVersion *version, const char *region, const char *timeout,
                                struct pkr_config *config, struct acg_error *err)
{
    enum acg_status status = rpc_judge_version(version, false, config, err);

    if (status == ACG_OK)
        status = pkr_config_rename(config, "subscription_id", "consumer_subscription", err);
    if (status == ACG_OK)
        status = pkr_config_rename(config, "vm_size", "size", err);
    if (status == ACG_OK)
        status = rpc_judge_there(region[0] != '\0', "region", "name the region where the VM is to be", config,
                                 err);
    if (status == ACG_OK)
        status = rpc_judge_timeout(timeout, config, err);
    return status;
}

static enum acg_status begin_args(const void *context, struct acg_publisher *publisher,
                                  struct acg_publish **out, struct acg_error *err)
{
    const struct rpc_publish *p = context;
    const Acg__V1__VmArgsRequest *in = (const Acg__V1__VmArgsRequest *)p->work.input;
    struct acg_vm_args_options o = ACG_VM_ARGS_OPTIONS_INIT;
    char *id = NULL;
    enum acg_status status = rpc_version_id(in->version, p->config, &id, err);

    o.gallery_image_version_id = id;
    o.region = in->region;
    o.subscription_id = rpc_given(in->consumer_subscription);
    o.timeout_ms = rpc_timeout_ms(in->timeout);
    if (status == ACG_OK)
        status = acg_publisher_vm_args(publisher, &o, out, err);
    acgp_free(id);
    return status;
}

static enum acg_status judge_args(const ProtobufCMessage *message, struct pkr_config *config,
                                  struct acg_error *err)
{
    const Acg__V1__VmArgsRequest *in = (const Acg__V1__VmArgsRequest *)message;

    return judge_vm(in->version, in->region, in->timeout, config, err);
}

void rpc_vm_args(const struct rpc_request *request)
{
    static const struct rpc_operation operation = {{.name = "vm-args", .begin = begin_args}, judge_args};

    rpc_operate(request, &operation);
}

static enum acg_status begin_test(const void *context, struct acg_publisher *publisher,
                                  struct acg_publish **out, struct acg_error *err)
{
    const struct rpc_publish *p = context;
    const Acg__V1__VmTestRequest *in = (const Acg__V1__VmTestRequest *)p->work.input;
    struct acg_vm_test_options o = ACG_VM_TEST_OPTIONS_INIT;
    char *id = NULL;
    enum acg_status status = rpc_version_id(in->version, p->config, &id, err);

    o.gallery_image_version_id = id;
    o.region = in->region;
    o.subscription_id = rpc_given(in->consumer_subscription);
    o.vm_size = rpc_given(in->size);
    o.create = in->yes;
    o.timeout_ms = rpc_timeout_ms(in->timeout);
    if (status == ACG_OK)
        status = acg_publisher_vm_test(publisher, &o, out, err);
    acgp_free(id);
    return status;
}

static enum acg_status judge_test(const ProtobufCMessage *message, struct pkr_config *config,
                                  struct acg_error *err)
{
    const Acg__V1__VmTestRequest *in = (const Acg__V1__VmTestRequest *)message;

    return judge_vm(in->version, in->region, in->timeout, config, err);
}

void rpc_vm_test(const struct rpc_request *request)
{
    static const struct rpc_operation operation = {{.name = "vm-test", .begin = begin_test}, judge_test};

    rpc_operate(request, &operation);
}
