/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/service_config.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "base/wipe.h"
#include "spec/fields.h"

/* Else any client could have the server's token sent to a host of its own. */
static enum acg_status refuse_host_field(const char *text, struct rpc_advice *advice, struct acg_error *err)
{
    const char *field = NULL;
    enum acg_status status = pkr_host_field(acgp_span(text), &field, err);

    if (status != ACG_OK || field == NULL)
        return status;
    *advice = (struct rpc_advice){"host-field", "leave it out; who runs the server sets it there"};
    return acgp_fail_field(
        err, ACG_ERR_ARGUMENT, field,
        "belongs to the server: login, endpoints and paths of files are never taken from a "
        "request");
}

/* @param text NULL: none */
static enum acg_status read(const char *text, const struct rpc_environment *environment,
                            struct pkr_config **out, struct acg_error *err)
{
    struct pkr_config *config = NULL;
    enum acg_status status = pkr_config_new(&config, err);

    if (status == ACG_OK && text != NULL)
        status = pkr_config_add_text(config, acgp_span(text), "configuration_json", err);
    if (status == ACG_OK)
        status = pkr_config_environment(config, environment->lookup, environment->context, err);
    if (status == ACG_OK)
        *out = config;
    else
        pkr_config_free(config);
    return status;
}

/* @param out_kept NULL: not wanted */
static enum acg_status take(char *text, const struct rpc_environment *environment, struct pkr_config **out,
                            char **out_kept, struct rpc_advice *advice, struct acg_error *err)
{
    char *kept = NULL;

    *advice = (struct rpc_advice){NULL, NULL};
    if (text[0] == '\0') {
        advice->fix = "send the JSON object that acg publish --file takes";
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "configuration_json", "is empty");
    }
    enum acg_status status = refuse_host_field(text, advice, err);
    if (status == ACG_OK && out_kept != NULL && (kept = acgp_strdup(text)) == NULL)
        status = acgp_fail_nomem(err);
    if (status == ACG_OK)
        status = read(text, environment, out, err);
    if (status == ACG_OK && out_kept != NULL)
        *out_kept = kept;
    else
        acgp_free(kept);
    if (status == ACG_ERR_ARGUMENT && err->field[0] == '\0')
        acgp_error_text(err->field, sizeof err->field, "configuration_json");
    acgp_wipe(text, strlen(text));
    return status;
}

enum acg_status rpc_config_read(char *text, const struct rpc_environment *environment,
                                struct pkr_config **out, struct rpc_advice *advice, struct acg_error *err)
{
    return take(text, environment, out, NULL, advice, err);
}

enum acg_status rpc_config_read_kept(char *text, const struct rpc_environment *environment,
                                     struct pkr_config **out, char **out_kept, struct rpc_advice *advice,
                                     struct acg_error *err)
{
    return take(text, environment, out, out_kept, advice, err);
}

enum acg_status rpc_config_login(const struct rpc_environment *environment, struct pkr_config **out,
                                 struct acg_error *err)
{
    return read(NULL, environment, out, err);
}
