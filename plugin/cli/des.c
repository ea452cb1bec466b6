/* SPDX-License-Identifier: MPL-2.0 */
/* acg des: what there is of disk encryption sets; making them is in des_create.c. */
#include <stdio.h>
#include <string.h>

#include <acg/acg.h>

#include "base/span.h"
#include "cli/cli.h"
#include "cli/verb.h"
#include "spec/fields.h"

static const char overview[] =
    "acg des: disk encryption sets, on which the encryption of image versions rests.\n"
    "\n"
    "  acg des list --help      all of a subscription, by region: type, key, version, rotation, state, "
    "users\n"
    "  acg des show --help      one of them, and what depends on it\n"
    "  acg des create --help    one for each target region, with vault, key and access where they are "
    "missing\n";

static const char list_head[] = "acg des list: the disk encryption sets of a subscription, by region.\n"
                                "\n"
                                "  acg des list\n"
                                "  acg des list --resource-group MyResourceGroup --output json\n"
                                "\n"
                                "Needed right: Microsoft.Compute/diskEncryptionSets/read, as in Reader.\n"
                                "\n"
                                "Options:\n";

static const char show_head[] =
    "acg des show: one disk encryption set, and what depends on it.\n"
    "\n"
    "  acg des show acg-westus --resource-group MyResourceGroup\n"
    "  acg des show /subscriptions/…/diskEncryptionSets/acg-westus --output json\n"
    "\n"
    "Options:\n";

static const struct pkr_option list_rows[] = {
    {.name = "--resource-group",
     .letter = 'g',
     .kind = PKR_OPTION_TEXT,
     .id = PKR_OPT_RESOURCE_GROUP,
     .value = "NAME",
     .help = "only those of this resource group"},
    PKR_VERB_OPTIONS,
};
static const struct pkr_option show_rows[] = {
    {.name = "--name",
     .letter = 'n',
     .kind = PKR_OPTION_TEXT,
     .id = PKR_OPT_NAME,
     .value = "NAME|ID",
     .help = "the set, where it does not stand behind show"},
    {.name = "--resource-group",
     .letter = 'g',
     .kind = PKR_OPTION_TEXT,
     .id = PKR_OPT_RESOURCE_GROUP,
     .value = "NAME",
     .help = "its resource group; not needed with an id"},
    PKR_VERB_OPTIONS,
};

static const struct pkr_option_table list_table = {"des list", list_rows,
                                                   sizeof list_rows / sizeof list_rows[0]};
static const struct pkr_option_table show_table = {"des show", show_rows,
                                                   sizeof show_rows / sizeof show_rows[0]};

static enum acg_status begin_list(const void *context, struct acg_publisher *publisher,
                                  struct acg_publish **out, struct acg_error *err)
{
    return acg_publisher_des_list(publisher, context, out, err);
}

static enum acg_status begin_show(const void *context, struct acg_publisher *publisher,
                                  struct acg_publish **out, struct acg_error *err)
{
    return acg_publisher_des_show(publisher, context, out, err);
}

static enum acg_status need(struct pkr_verb *v, bool there, const char *option, const char *fix,
                            struct acg_error *err)
{
    return there ? ACG_OK : pkr_config_add_fault(v->config, "config", option, "is missing", fix, err);
}

static enum acg_status take(struct pkr_verb *v, struct acg_des_read_options *o, struct acg_error *err)
{
    bool id = o->disk_encryption_set != NULL && o->disk_encryption_set[0] == '/';
    enum acg_status status = pkr_verb_timeout(v, &o->timeout_ms, err);

    o->subscription_id = pkr_verb_subscription(v);
    o->resource_group = pkr_verb_value(v, PKR_OPT_RESOURCE_GROUP);
    return status == ACG_OK ? need(v, id || o->subscription_id != NULL, "--subscription",
                                   "write --subscription ID, or set AZURE_SUBSCRIPTION_ID", err)
                            : status;
}

static enum acg_status prepare_list(struct pkr_verb *v, void *context, struct pkr_operation *out,
                                    struct acg_error *err)
{
    out->begin = begin_list;
    out->context = context;
    return take(v, context, err);
}

static enum acg_status prepare_show(struct pkr_verb *v, void *context, struct pkr_operation *out,
                                    struct acg_error *err)
{
    struct acg_des_read_options *o = context;
    const char *named = pkr_verb_value(v, PKR_OPT_NAME);
    enum acg_status status = ACG_OK;

    if (o->disk_encryption_set == NULL)
        o->disk_encryption_set = named;
    status = take(v, o, err);
    if (status == ACG_OK)
        status = need(v, o->disk_encryption_set != NULL, "--name", "write acg des show NAME or ID", err);
    if (status == ACG_OK && o->disk_encryption_set != NULL && o->disk_encryption_set[0] != '/')
        status = need(v, o->resource_group != NULL, "--resource-group",
                      "write it beside a name, or the set's full id", err);
    out->begin = begin_show;
    out->context = o;
    return status;
}

static int list(const char *const *words, size_t count)
{
    struct acg_des_read_options options = ACG_DES_READ_OPTIONS_INIT;

    return pkr_verb_run(&list_table, "des", list_head, prepare_list, &options, words, count);
}

static int show(const char *const *words, size_t count)
{
    struct acg_des_read_options options = ACG_DES_READ_OPTIONS_INIT;
    size_t named = count > 0 && words[0][0] != '-';

    if (named)
        options.disk_encryption_set = words[0];
    return pkr_verb_run(&show_table, "des", show_head, prepare_show, &options, words + named, count - named);
}

static const struct {
    const char *name;
    int (*run)(const char *const *words, size_t count);
} verbs[] = {{"list", list}, {"show", show}, {"create", pkr_cli_des_create}};

int pkr_cli_des(const char *const *words, size_t count)
{
    const char *names[sizeof verbs / sizeof verbs[0]];
    const char *near = NULL;

    if (count > 0 && (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0))
        return fputs(overview, stdout) >= 0 && fflush(stdout) == 0 ? 0
                                                                   : acg_status_exit_code(ACG_ERR_INTERNAL);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        names[i] = verbs[i].name;
        if (count > 0 && strcmp(words[0], verbs[i].name) == 0)
            return verbs[i].run(words + 1, count - 1);
    }
    near = count > 0 ? pkr_nearest(acgp_span(words[0]), names, sizeof names / sizeof names[0]) : NULL;
    if (count == 0)
        (void)fputs("error: acg des needs list, show or create; acg des --help says more\n", stderr);
    else if (near != NULL)
        (void)fprintf(stderr, "error: \"%.80s\" is no verb of acg des; the nearest is %s\n", words[0], near);
    else
        (void)fprintf(stderr, "error: \"%.80s\" is no verb of acg des, which are list, show and create\n",
                      words[0]);
    return acg_status_exit_code(ACG_ERR_ARGUMENT);
}
