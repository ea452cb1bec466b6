/* SPDX-License-Identifier: MPL-2.0 */
/* The methods of acg.v1.Publisher for what must be in place before a publish: RegisterProvider, DesList,
 * DesShow, DesCreate. */
#include "acg/v1/publisher.pb-c.h"

#include <acg/setup.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "rpc/service_operation.h"

/* ---- RegisterProvider ---- */

static enum acg_status begin_register(const void *context, struct acg_publisher *publisher,
                                      struct acg_publish **out, struct acg_error *err)
{
    const struct rpc_publish *p = context;
    const Acg__V1__RegisterProviderRequest *in = (const Acg__V1__RegisterProviderRequest *)p->work.input;
    struct acg_register_options o = ACG_REGISTER_OPTIONS_INIT;

    o.subscription_id = rpc_subscription(in->subscription_id, p->config);
    o.provider_namespace = rpc_given(in->provider);
    o.feature = acgp_equal(in->feature, "none") ? "" : rpc_given(in->feature);
    o.no_wait = in->no_wait;
    o.timeout_ms = rpc_timeout_ms(in->timeout);
    return acg_publisher_register(publisher, &o, out, err);
}

static enum acg_status judge_register(const ProtobufCMessage *message, struct pkr_config *config,
                                      struct acg_error *err)
{
    const Acg__V1__RegisterProviderRequest *in = (const Acg__V1__RegisterProviderRequest *)message;
    enum acg_status status = pkr_config_rename(config, "provider_namespace", "provider", err);

    if (status == ACG_OK)
        status = rpc_judge_subscription(in->subscription_id, config, err);
    return status == ACG_OK ? rpc_judge_timeout(in->timeout, config, err) : status;
}

void rpc_register(const struct rpc_request *request)
{
    static const struct rpc_operation operation = {{.name = "register", .begin = begin_register},
                                                   judge_register};

    rpc_operate(request, &operation);
}

/* ---- DesList, DesShow ---- */

static enum acg_status begin_list(const void *context, struct acg_publisher *publisher,
                                  struct acg_publish **out, struct acg_error *err)
{
    const struct rpc_publish *p = context;
    const Acg__V1__DesListRequest *in = (const Acg__V1__DesListRequest *)p->work.input;
    struct acg_des_read_options o = ACG_DES_READ_OPTIONS_INIT;

    o.subscription_id = rpc_subscription(in->subscription_id, p->config);
    o.resource_group = rpc_given(in->resource_group);
    o.timeout_ms = rpc_timeout_ms(in->timeout);
    return acg_publisher_des_list(publisher, &o, out, err);
}

static enum acg_status judge_list(const ProtobufCMessage *message, struct pkr_config *config,
                                  struct acg_error *err)
{
    const Acg__V1__DesListRequest *in = (const Acg__V1__DesListRequest *)message;
    enum acg_status status = rpc_judge_subscription(in->subscription_id, config, err);

    return status == ACG_OK ? rpc_judge_timeout(in->timeout, config, err) : status;
}

void rpc_des_list(const struct rpc_request *request)
{
    static const struct rpc_operation operation = {{.name = "des list", .begin = begin_list}, judge_list};

    rpc_operate(request, &operation);
}

static enum acg_status begin_show(const void *context, struct acg_publisher *publisher,
                                  struct acg_publish **out, struct acg_error *err)
{
    const struct rpc_publish *p = context;
    const Acg__V1__DesShowRequest *in = (const Acg__V1__DesShowRequest *)p->work.input;
    struct acg_des_read_options o = ACG_DES_READ_OPTIONS_INIT;

    o.disk_encryption_set = in->name;
    o.subscription_id = rpc_subscription(in->subscription_id, p->config);
    o.resource_group = rpc_given(in->resource_group);
    o.timeout_ms = rpc_timeout_ms(in->timeout);
    return acg_publisher_des_show(publisher, &o, out, err);
}

static enum acg_status judge_show(const ProtobufCMessage *message, struct pkr_config *config,
                                  struct acg_error *err)
{
    const Acg__V1__DesShowRequest *in = (const Acg__V1__DesShowRequest *)message;
    bool id = in->name[0] == '/';
    enum acg_status status = pkr_config_rename(config, "disk_encryption_set", "name", err);

    if (status == ACG_OK && !id)
        status = rpc_judge_subscription(in->subscription_id, config, err);
    if (status == ACG_OK)
        status =
            rpc_judge_there(in->name[0] != '\0', "name", "give the name or the id of the set", config, err);
    if (status == ACG_OK && !id)
        status = rpc_judge_there(in->resource_group[0] != '\0', "resource_group",
                                 "give it beside a name, or the set's full id", config, err);
    return status == ACG_OK ? rpc_judge_timeout(in->timeout, config, err) : status;
}

void rpc_des_show(const struct rpc_request *request)
{
    static const struct rpc_operation operation = {{.name = "des show", .begin = begin_show}, judge_show};

    rpc_operate(request, &operation);
}

/* ---- DesCreate ---- */

/* @param out borrows from the request and the configuration. @param tags room for all tags */
static void read_create(const Acg__V1__DesCreateRequest *in, const struct pkr_config *config,
                        struct acg_tag *tags, struct acg_des_create_options *out)
{
    acg_des_create_options_init(out, ACG_DES_CREATE_OPTIONS_VERSION);
    out->subscription_id = rpc_subscription(in->subscription_id, config);
    out->resource_group = rpc_given(in->resource_group);
    out->target_regions = (const char *const *)in->target_regions;
    out->target_region_count = in->n_target_regions;
    out->encryption_type = rpc_given(in->encryption_type);
    out->name = rpc_given(in->name);
    out->vault = rpc_given(in->vault);
    out->vault_resource_group = rpc_given(in->vault_resource_group);
    out->vault_id = rpc_given(in->vault_id);
    out->key = rpc_given(in->key);
    out->create_key = in->create_key;
    out->key_size = in->key_size;
    out->access = rpc_given(in->access);
    if (in->rotation_case == ACG__V1__DES_CREATE_REQUEST__ROTATION_ROTATE)
        out->rotate = in->rotate ? ACG_TRUE : ACG_FALSE;
    for (size_t i = 0; i < in->n_tags; i++)
        tags[i] = (struct acg_tag){in->tags[i]->key, in->tags[i]->value};
    out->tags = tags;
    out->tag_count = in->n_tags;
    out->apply = in->yes;
    out->timeout_ms = rpc_timeout_ms(in->timeout);
}

static enum acg_status begin_create(const void *context, struct acg_publisher *publisher,
                                    struct acg_publish **out, struct acg_error *err)
{
    const struct rpc_publish *p = context;
    const Acg__V1__DesCreateRequest *in = (const Acg__V1__DesCreateRequest *)p->work.input;
    struct acg_tag *tags = acgp_alloc(in->n_tags + 1, sizeof *tags);
    struct acg_des_create_options o;

    if (tags == NULL)
        return acgp_fail_nomem(err);
    read_create(in, p->config, tags, &o);
    enum acg_status status = acg_publisher_des_create(publisher, &o, out, err);
    acgp_free(tags);
    return status;
}

/* Every fault that the library finds, as one of the configuration. */
static enum acg_status check_create(const struct acg_des_create_options *o, struct acg_findings *findings,
                                    struct pkr_config *config, struct acg_error *err)
{
    enum acg_status status = acg_des_create_check(o, findings, err);

    if (status == ACG_ERR_ARGUMENT && acg_findings_count(findings) > 0)
        status = ACG_OK;
    for (size_t i = 0; status == ACG_OK && i < acg_findings_count(findings); i++) {
        const struct acg_finding *f = acg_findings_at(findings, i);
        status = pkr_config_add_fault(config, f->rule, f->field, f->message, f->fix, err);
    }
    return status;
}

static enum acg_status judge_create(const ProtobufCMessage *message, struct pkr_config *config,
                                    struct acg_error *err)
{
    const Acg__V1__DesCreateRequest *in = (const Acg__V1__DesCreateRequest *)message;
    struct acg_tag *tags = acgp_alloc(in->n_tags + 1, sizeof *tags);
    struct acg_findings *findings = NULL;
    struct acg_des_create_options o;
    enum acg_status status = tags != NULL ? acg_findings_new(&findings, err) : acgp_fail_nomem(err);

    if (status == ACG_OK) {
        read_create(in, config, tags, &o);
        status = check_create(&o, findings, config, err);
    }
    if (status == ACG_OK)
        status = rpc_judge_timeout(in->timeout, config, err);
    acg_findings_free(findings);
    acgp_free(tags);
    return status;
}

void rpc_des_create(const struct rpc_request *request)
{
    static const struct rpc_operation operation = {{.name = "des create", .begin = begin_create},
                                                   judge_create};

    rpc_operate(request, &operation);
}
