/* SPDX-License-Identifier: MPL-2.0 */
/* acg register: the provider and the feature that the how-to begins with. */
#include <acg/acg.h>

#include "base/span.h"
#include "cli/cli.h"
#include "cli/verb.h"

static const char head[] =
    "acg register: register the resource provider, and the feature that encrypted image versions once "
    "needed,\n"
    "and wait until both are Registered. What is registered already is left alone.\n"
    "\n"
    "  acg register\n"
    "  acg register --provider Microsoft.KeyVault\n"
    "\n"
    "Today encryption of image versions is generally available and needs no feature: that Azure does not "
    "know\n"
    "SIGEncryption, or does not register it, is no failure. Needed right: "
    "Microsoft.Features/providers/features/\n"
    "register/action and the provider's register/action, as in Contributor of the subscription.\n"
    "\n"
    "Options:\n";

static const struct pkr_option rows[] = {
    {.name = "--provider",
     .other = "--namespace",
     .kind = PKR_OPTION_TEXT,
     .id = PKR_OPT_PROVIDER,
     .value = "NAMESPACE",
     .help = "resource provider; default: Microsoft.Compute"},
    {.name = "--feature",
     .kind = PKR_OPTION_TEXT,
     .id = PKR_OPT_FEATURE,
     .value = "NAME",
     .help = "feature of it, none for no feature; default: SIGEncryption for Microsoft.Compute, else none"},
    {.name = "--no-wait",
     .kind = PKR_OPTION_FLAG,
     .id = PKR_OPT_NO_WAIT,
     .help = "end when Azure has taken it"},
    PKR_VERB_OPTIONS,
};

static const struct pkr_option_table table = {"register", rows, sizeof rows / sizeof rows[0]};

static enum acg_status begin(const void *context, struct acg_publisher *publisher, struct acg_publish **out,
                             struct acg_error *err)
{
    return acg_publisher_register(publisher, context, out, err);
}

static enum acg_status prepare(struct pkr_verb *v, void *context, struct pkr_operation *out,
                               struct acg_error *err)
{
    struct acg_register_options *o = context;
    const char *feature = pkr_verb_value(v, PKR_OPT_FEATURE);
    enum acg_status status = pkr_verb_timeout(v, &o->timeout_ms, err);

    o->subscription_id = pkr_verb_subscription(v);
    o->provider_namespace = pkr_verb_value(v, PKR_OPT_PROVIDER);
    o->feature = acgp_equal(feature, "none") ? "" : feature;
    o->no_wait = pkr_verb_given(v, PKR_OPT_NO_WAIT);
    out->begin = begin;
    out->context = o;
    if (status == ACG_OK && o->subscription_id == NULL)
        status = pkr_config_add_fault(v->config, "config", "--subscription", "is missing",
                                      "write --subscription ID, or set AZURE_SUBSCRIPTION_ID", err);
    return status;
}

int pkr_cli_register(const char *const *words, size_t count)
{
    struct acg_register_options options = ACG_REGISTER_OPTIONS_INIT;

    return pkr_verb_run(&table, "register", head, prepare, &options, words, count);
}
