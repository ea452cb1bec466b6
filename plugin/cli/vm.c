/* SPDX-License-Identifier: MPL-2.0 */
/* acg vm-args and acg vm-test: VMs of a version, each disk with its region's set. */
#include <acg/vm.h>

#include "base/alloc.h"
#include "base/span.h"
#include "cli/cli.h"
#include "cli/version_option.h"

#define REGION_OPTION                                                                                        \
    {                                                                                                        \
        .name = "--region", .other = "--location", .letter = 'l', .kind = PKR_OPTION_TEXT,                   \
        .id = PKR_OPT_REGION, .value = "REGION", .help = "where the VM is to be: a region of the version"    \
    }
#define CONSUMER_OPTION                                                                                      \
    {                                                                                                        \
        .name = "--consumer-subscription", .kind = PKR_OPTION_TEXT, .id = PKR_OPT_CONSUMER, .value = "ID",   \
        .help = "subscription of the VM; default: that of the version"                                       \
    }

static const struct pkr_option args_rows[] = {
    PKR_VERSION_OPTIONS,
    REGION_OPTION,
    CONSUMER_OPTION,
    {.name = "--format",
     .kind = PKR_OPTION_TEXT,
     .id = PKR_OPT_FORMAT,
     .value = "az|powershell|bicep|all",
     .help = "which of the three to print, alone; default: all"},
    PKR_VERB_OPTIONS,
};
static const struct pkr_option_table args_table = {
    .verb = "vm-args", .rows = args_rows, .count = sizeof args_rows / sizeof args_rows[0]};

static const struct pkr_option test_rows[] = {
    PKR_VERSION_OPTIONS,
    REGION_OPTION,
    CONSUMER_OPTION,
    {.name = "--size",
     .kind = PKR_OPTION_TEXT,
     .id = PKR_OPT_SIZE,
     .value = "SIZE",
     .help = "VM size; default: Standard_D2s_v5, Standard_D2ps_v5 for Arm64, Standard_DC2as_v5 for "
             "confidential VMs"},
    {.name = "--yes",
     .letter = 'y',
     .kind = PKR_OPTION_FLAG,
     .id = PKR_OPT_YES,
     .help = "make the VM; without it nothing is made, and what would be is said"},
    PKR_VERB_OPTIONS,
};
static const struct pkr_option_table test_table = {
    .verb = "vm-test", .rows = test_rows, .count = sizeof test_rows / sizeof test_rows[0]};

static const char args_head[] =
    "acg vm-args: write down how a VM is made of an image version in one region, with the right disk "
    "encryption set\n"
    "for each disk: a line for the Azure CLI, a PowerShell script, a Bicep resource. Nothing is written to "
    "Azure.\n"
    "\n"
    "  acg vm-args /subscriptions/S/resourceGroups/G/.../versions/1.0.0 --region eastus2\n"
    "  acg vm-args /subscriptions/S/resourceGroups/G/.../versions/1.0.0 --region eastus2 --format az > "
    "vm.sh\n"
    "\n"
    "A VM in another subscription cannot use the version's sets: with --consumer-subscription the pieces "
    "name sets to\n"
    "be filled in. Exit code 3: the version is not published to that region.\n"
    "\n"
    "Options:\n";

static const char test_head[] =
    "acg vm-test: make a VM of an image version with encrypted disks, wait for it, read its disks' "
    "encryption back,\n"
    "and delete everything again. All of it is in one new resource group, acg-vm-test-RUN, that must not "
    "exist before\n"
    "and is deleted only while it carries the tag acg-run=RUN. Also after a failure, a signal or the time's "
    "end.\n"
    "\n"
    "  acg vm-test /subscriptions/S/resourceGroups/G/.../versions/1.0.0 --region eastus2\n"
    "  acg vm-test /subscriptions/S/resourceGroups/G/.../versions/1.0.0 --region eastus2 --yes\n"
    "\n"
    "Without --yes nothing is made. Exit code 7: a disk is not encrypted as the version says. When something "
    "is left\n"
    "in Azure, the message ends with the command that deletes it.\n"
    "\n"
    "Options:\n";

/* One run. */
struct run {
    char *version_id; /* owned */
    const char *region, *subscription, *size;
    bool create;
    int64_t timeout_ms;
};

static enum acg_status begin_args(const void *context, struct acg_publisher *publisher,
                                  struct acg_publish **out, struct acg_error *err)
{
    const struct run *r = context;
    struct acg_vm_args_options options = ACG_VM_ARGS_OPTIONS_INIT;

    options.gallery_image_version_id = r->version_id;
    options.region = r->region;
    options.subscription_id = r->subscription;
    options.timeout_ms = r->timeout_ms;
    return acg_publisher_vm_args(publisher, &options, out, err);
}

static enum acg_status begin_test(const void *context, struct acg_publisher *publisher,
                                  struct acg_publish **out, struct acg_error *err)
{
    const struct run *r = context;
    struct acg_vm_test_options options = ACG_VM_TEST_OPTIONS_INIT;

    options.gallery_image_version_id = r->version_id;
    options.region = r->region;
    options.subscription_id = r->subscription;
    options.vm_size = r->size;
    options.create = r->create;
    options.timeout_ms = r->timeout_ms;
    return acg_publisher_vm_test(publisher, &options, out, err);
}

static enum acg_status prepare(struct pkr_verb *v, struct run *r, struct acg_error *err)
{
    enum acg_status status = pkr_version_option(v, false, &r->version_id, err);

    r->region = pkr_verb_value(v, PKR_OPT_REGION);
    r->subscription = pkr_verb_value(v, PKR_OPT_CONSUMER);
    if (status == ACG_OK && r->region == NULL)
        status = pkr_config_add_fault(v->config, "config", "--region", "is missing",
                                      "name the region where the VM is to be", err);
    return status == ACG_OK ? pkr_verb_timeout(v, &r->timeout_ms, err) : status;
}

/* @param out the member of the report that --format names; NULL: all. */
static enum acg_status take_format(struct pkr_verb *v, const char **out, struct acg_error *err)
{
    const char *form = pkr_verb_value(v, PKR_OPT_FORMAT);

    if (form == NULL || acgp_equal(form, "all"))
        return ACG_OK;
    *out = form;
    if (acgp_equal(form, "az") || acgp_equal(form, "powershell") || acgp_equal(form, "bicep"))
        return ACG_OK;
    return pkr_config_add_fault(v->config, "config", "--format", "is none of az, powershell, bicep and all",
                                "write --format az", err);
}

static enum acg_status prepare_args(struct pkr_verb *v, void *context, struct pkr_operation *out,
                                    struct acg_error *err)
{
    enum acg_status status = take_format(v, &out->only, err);

    out->begin = begin_args;
    out->context = context;
    return status == ACG_OK ? prepare(v, context, err) : status;
}

static enum acg_status prepare_test(struct pkr_verb *v, void *context, struct pkr_operation *out,
                                    struct acg_error *err)
{
    struct run *r = context;

    r->size = pkr_verb_value(v, PKR_OPT_SIZE);
    r->create = pkr_verb_given(v, PKR_OPT_YES);
    out->begin = begin_test;
    out->context = r;
    out->advice = r->create ? NULL : "to make it: the same command with --yes";
    out->stopping = "stopping: what was made is deleted first; a second signal leaves it behind";
    return prepare(v, r, err);
}

int pkr_cli_vm_args(const char *const *words, size_t count)
{
    struct run r = {.version_id = NULL};
    int exit_code = pkr_version_verb_run(&args_table, "vm_args", args_head, prepare_args, &r, words, count);

    acgp_free(r.version_id);
    return exit_code;
}

int pkr_cli_vm_test(const char *const *words, size_t count)
{
    struct run r = {.version_id = NULL};
    int exit_code = pkr_version_verb_run(&test_table, "vm_test", test_head, prepare_test, &r, words, count);

    acgp_free(r.version_id);
    return exit_code;
}
