/* SPDX-License-Identifier: MPL-2.0 */
/* Wait and Status of acg.v1.Publisher: a version that somebody publishes, watched to its end or looked at
 * once. */
#include <acg/watch.h>

#include "base/alloc.h"
#include "base/span.h"
#include "rpc/service_version.h"

/* What both requests hold. Lent by them. */
struct wish {
    const Acg__V1__ImageVersion *version;
    const char *wait_for, *timeout;
    bool once;
};

static struct wish wish_of(const ProtobufCMessage *message)
{
    const Acg__V1__WaitRequest *wait = (const Acg__V1__WaitRequest *)message;
    const Acg__V1__StatusRequest *status = (const Acg__V1__StatusRequest *)message;

    return message->descriptor == &acg__v1__wait_request__descriptor
               ? (struct wish){wait->version, wait->wait_for, wait->timeout, false}
               : (struct wish){status->version, "", status->timeout, true};
}

static bool take_for(const char *word, enum acg_wait *out)
{
    static const char *const words[] = {
        [ACG_WAIT_ALL] = "all", [ACG_WAIT_ACCEPTED] = "accepted", [ACG_WAIT_HOME] = "home"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (acgp_equal(word, words[i])) {
            *out = (enum acg_wait)i;
            return true;
        }
    return false;
}

static enum acg_status begin(const void *context, struct acg_publisher *publisher, struct acg_publish **out,
                             struct acg_error *err)
{
    const struct rpc_publish *p = context;
    struct wish wish = wish_of(p->work.input);
    struct acg_watch_options o = ACG_WATCH_OPTIONS_INIT;
    char *id = NULL;
    enum acg_status status = rpc_version_id(wish.version, p->config, &id, err);

    o.gallery_image_version_id = id;
    o.declaration = id == NULL ? pkr_config_options(p->config) : NULL;
    (void)take_for(wish.wait_for, &o.wait);
    o.once = wish.once;
    o.timeout_ms = rpc_timeout_ms(wish.timeout);
    if (status == ACG_OK)
        status = acg_publisher_watch(publisher, &o, out, err);
    acgp_free(id);
    return status;
}

/* @param declared whether a declaration may name the version */
static enum acg_status judge(const ProtobufCMessage *message, bool declared, struct pkr_config *config,
                             struct acg_error *err)
{
    struct wish wish = wish_of(message);
    enum acg_wait wait = ACG_WAIT_ALL;
    enum acg_status status = rpc_judge_version(wish.version, declared, config, err);

    if (status == ACG_OK)
        status = rpc_judge_timeout(wish.timeout, config, err);
    if (status == ACG_OK && wish.wait_for[0] != '\0' && !take_for(wish.wait_for, &wait))
        status = pkr_config_add_fault(config, "config", "wait_for", "is none of all, home and accepted",
                                      "write \"home\"", err);
    return status;
}

static enum acg_status judge_named(const ProtobufCMessage *message, struct pkr_config *config,
                                   struct acg_error *err)
{
    return judge(message, false, config, err);
}

static enum acg_status judge_declared(const ProtobufCMessage *message, struct pkr_config *config,
                                      struct acg_error *err)
{
    return judge(message, true, config, err);
}

/* With a version beside it, nothing of a declaration is needed but that it can be read. */
static bool is_named(const Acg__V1__ImageVersion *v, const struct pkr_config *config)
{
    char *id = NULL;
    bool named = rpc_version_id(v, config, &id, NULL) == ACG_OK && id != NULL;

    acgp_free(id);
    return named;
}

static void operate(const struct rpc_request *request, const char *verb, const Acg__V1__ImageVersion *version,
                    char *configuration_json)
{
    const struct rpc_operation named = {{.name = verb, .begin = begin}, judge_named};
    const struct rpc_operation declared = {{.name = verb, .begin = begin}, judge_declared};
    struct pkr_config *config = NULL;

    if (configuration_json[0] == '\0')
        rpc_operate(request, &named);
    else if (rpc_request_config(request, configuration_json, &config))
        rpc_operate_on(request, &declared, config,
                       is_named(version, config) ? PKR_PHASE_LOGIN : PKR_PHASE_DECLARED);
}

void rpc_wait(const struct rpc_request *request)
{
    const Acg__V1__WaitRequest *in = (const Acg__V1__WaitRequest *)request->message;

    operate(request, "wait", in->version, in->configuration_json);
}

void rpc_status(const struct rpc_request *request)
{
    const Acg__V1__StatusRequest *in = (const Acg__V1__StatusRequest *)request->message;

    operate(request, "status", in->version, in->configuration_json);
}
