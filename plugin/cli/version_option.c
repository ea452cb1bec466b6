/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/version_option.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"

int pkr_version_verb_run(const struct pkr_option_table *table, const char *report, const char *head,
                         pkr_verb_prepare *prepare, void *context, const char *const *words, size_t count)
{
    const char **named = NULL;
    struct acg_error err;
    int exit_code = 0;

    if (count == 0 || words[0][0] == '-')
        return pkr_verb_run(table, report, head, prepare, context, words, count);
    named = acgp_alloc(count + 1, sizeof named[0]);
    if (named == NULL) {
        acgp_fail_nomem(&err);
        return pkr_end_early_report(NULL, report, PKR_OUTPUT_TEXT, NULL, &err);
    }
    named[0] = "--gallery-image-version-id";
    for (size_t i = 0; i < count; i++)
        named[i + 1] = words[i];
    exit_code = pkr_verb_run(table, report, head, prepare, context, named, count + 1);
    acgp_free(named);
    return exit_code;
}

static enum acg_status id_of_names(struct pkr_verb *v, const char *const names[4], char **out,
                                   struct acg_error *err)
{
    static const char *const options[] = {"--resource-group", "--gallery-name", "--gallery-image-definition",
                                          "--gallery-image-version"};
    const char *subscription = pkr_verb_subscription(v);
    enum acg_status status = ACG_OK;
    bool whole = subscription != NULL;

    for (size_t i = 0; i < 4 && status == ACG_OK; i++) {
        if (names[i] != NULL)
            continue;
        whole = false;
        status = pkr_config_add_fault(v->config, "config", options[i], "is missing",
                                      "name it, or give the version's full id as the first word", err);
    }
    if (status == ACG_OK && subscription == NULL)
        status = pkr_config_add_fault(v->config, "config", "--subscription", "is missing",
                                      "name it, or set AZURE_SUBSCRIPTION_ID", err);
    if (status != ACG_OK || !whole)
        return status;
    *out =
        acgp_printf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/galleries/%s/images/%s/"
                    "versions/%s",
                    subscription, names[0], names[1], names[2], names[3]);
    return *out != NULL ? ACG_OK : acgp_fail_nomem(err);
}

enum acg_status pkr_version_option(struct pkr_verb *v, bool optional, char **out, struct acg_error *err)
{
    const char *id = pkr_verb_value(v, PKR_OPT_VERSION_ID);
    const char *const names[] = {pkr_verb_value(v, PKR_OPT_GROUP), pkr_verb_value(v, PKR_OPT_GALLERY),
                                 pkr_verb_value(v, PKR_OPT_DEFINITION), pkr_verb_value(v, PKR_OPT_VERSION)};
    bool any = names[0] != NULL || names[1] != NULL || names[2] != NULL || names[3] != NULL;

    *out = NULL;
    if (id != NULL && any)
        return pkr_config_add_fault(v->config, "config", "--gallery-image-version-id",
                                    "stands beside names of the same version", "keep the id or the names",
                                    err);
    if (id != NULL) {
        *out = acgp_strdup(id);
        return *out != NULL ? ACG_OK : acgp_fail_nomem(err);
    }
    return any || !optional ? id_of_names(v, names, out, err) : ACG_OK;
}
