/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/help.h"

#include "cli/options.h"
#include "spec/fields.h"

static const char overview[] =
    "acg publishes image versions in Azure Compute Gallery, each disk encrypted in each region with its own\n"
    "disk encryption set, and proves it.\n"
    "\n"
    "  acg publish --help      publish one image version\n"
    "  acg plan --help         check a publish against Azure, and write nothing\n"
    "  acg explain --help      print a publish as requests of az, PowerShell and REST\n"
    "  acg verify --help       read a version back, and compare it with a declaration\n"
    "  acg wait --help         wait until a version is replicated, whoever publishes it\n"
    "  acg status --help       how far a version is, read once\n"
    "  acg vm-args --help      how to make a VM of a version, each disk with its set\n"
    "  acg vm-test --help      make such a VM, look at its disks, delete it again\n"
    "  acg register --help     register the provider and the feature of encrypted image versions\n"
    "  acg des --help          list, show and create disk encryption sets for the target regions\n"
    "  acg serve --help        publish for other programs, over gRPC\n"
    "  acg fields              the fields of a configuration; --markdown for README, --json for programs\n"
    "  acg --version           versions of acg and of what it runs with\n"
    "\n"
    "Exit codes: 0 done and proved (--no-wait: accepted), 1 internal, 2 usage or configuration, 3 a check\n"
    "against Azure failed before the first write, 4 login or permission, 5 conflict (the version exists, or\n"
    "another writer came in between), 6 refused or failed in Azure, 7 read back and not what was asked, 10\n"
    "still running when the time ended, 11 quorum met but regions missing, 75 temporary, 130 and 143\n"
    "interrupted.\n";

static const char publish_head[] =
    "acg publish: publish one image version. Options as in `az sig image-version create`:\n"
    "\n"
    "  acg publish -g MyResourceGroup --gallery-name MyGallery --gallery-image-definition MyImage \\\n"
    "    --gallery-image-version 1.0.0 --location westus --target-regions westus=2=standard_lrs eastus2 \\\n"
    "    --target-region-encryption west-os,0,west-data0 east-os,0,east-data0 --managed-image myImage\n"
    "  acg publish --file publish.json\n"
    "\n"
    "Beside --file the options from --no-wait on may stand; they win over the file.\n"
    "What Ctrl-C, a time-out or a lost machine cut off, the same command goes on with.\n"
    "Login: environment variables AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or the fields\n"
    "tenant_id, client_id and client_secret of --file. Also a certificate (AZURE_CLIENT_CERTIFICATE_PATH),\n"
    "a token file (AZURE_FEDERATED_TOKEN_FILE), GitHub Actions, Azure DevOps, a managed identity\n"
    "(ARM_USE_MSI=true) and the Azure CLI (ARM_USE_CLI=true); `acg fields` has all, with the ARM_... names.\n"
    "With no login named: the managed identity of this machine, else the Azure CLI.\n"
    "Also from the environment: AZURE_SUBSCRIPTION_ID, and for other clouds and simulators\n"
    "AZURE_AUTHORITY_HOST, ACG_RESOURCE_MANAGER_ENDPOINT, ACG_AUDIENCE and ACG_CA_FILE (PEM file of the\n"
    "only authorities to trust).\n"
    "Progress goes to standard error, the result to standard output.\n"
    "\n"
    "Options:\n";

static const char plan_head[] =
    "acg plan: check a publish against Azure, and write nothing. Options as of `acg publish`:\n"
    "\n"
    "  acg plan -g MyResourceGroup --gallery-name MyGallery --gallery-image-definition MyImage \\\n"
    "    --gallery-image-version 1.0.0 --target-regions westus eastus2 --managed-image myImage \\\n"
    "    --target-region-encryption west-os,0,west-data0 east-os,0,east-data0\n"
    "  acg plan --file publish.json --output json\n"
    "\n"
    "One round of reads: subscription, provider, regions, gallery, definition, version, source and its "
    "disks, each\n"
    "disk encryption set with its vault and key, room for more. Then every finding at once, each with its "
    "rule,\n"
    "its field and what mends it; also what the configuration itself breaks, while the rest of it is read. "
    "What\n"
    "may not be read is \"unknown\": never a pass, and no error by itself.\n"
    "\n"
    "Exit codes: 0 no errors were found, also when there are warnings or unknowns; 2 usage or "
    "configuration;\n"
    "3 errors were found; 4 login; 5 nothing speaks against it but that the version exists; 75 Azure did "
    "not\n"
    "answer well enough and nothing else was found.\n"
    "A version that exists is judged by --on-existing: an error, or a warning that says what a publish "
    "would\n"
    "do.\n"
    "Login and environment as of `acg publish`; beside --file the options from --no-wait on may stand.\n"
    "--timeout ends a plan too, after 10 minutes at most.\n"
    "\n"
    "Options:\n";

static const char explain_head[] =
    "acg explain: print the request of a publish as other tools send it: a line of az for a shell, a script "
    "of\n"
    "PowerShell, and the REST request. Nothing is sent, no login is needed. Options as of acg publish:\n"
    "\n"
    "  acg explain --file publish.json\n"
    "  acg explain --file publish.json --format az > publish.sh\n"
    "\n"
    "Where az or PowerShell has no option for what is asked, it is made to send the REST request, and a "
    "note\n"
    "says why. With --format of one tool its text alone goes to standard output, the notes to standard "
    "error.\n"
    "The home region must be named with --location, and all snapshots with their LUNs.\n"
    "\n"
    "Options:\n";

static const char publish_fields[] =
    "\nFields of --file (nested fields are objects, lists of objects where several "
    "may stand):\n";

static bool add_option(struct acgp_buf *out, const struct pkr_option *o)
{
    bool fine = o->letter != '\0' ? acgp_buf_printf(out, "  -%c, %s", o->letter, o->name)
                                  : acgp_buf_printf(out, "  %s", o->name);

    if (fine && o->other != NULL)
        fine = acgp_buf_printf(out, ", %s", o->other);
    if (fine && o->value != NULL)
        fine = acgp_buf_printf(out, " %s", o->value);
    return fine && acgp_buf_printf(out, "\n        %s\n", o->help);
}

bool pkr_help_all(struct acgp_buf *out)
{
    return acgp_buf_text(out, overview);
}

bool pkr_help_options(const struct pkr_option_table *table, struct acgp_buf *out)
{
    bool fine = true;

    for (size_t i = 0; i < table->count && fine; i++)
        if (table->rows[i].help != NULL)
            fine = add_option(out, &table->rows[i]);
    return fine;
}

bool pkr_help_publish(struct acgp_buf *out)
{
    return acgp_buf_text(out, publish_head) && pkr_help_options(&pkr_publish_options, out) &&
           acgp_buf_text(out, publish_fields) && pkr_fields_help(out);
}

bool pkr_help_plan(struct acgp_buf *out)
{
    return acgp_buf_text(out, plan_head) && pkr_help_options(&pkr_plan_options, out);
}

bool pkr_help_explain(struct acgp_buf *out)
{
    return acgp_buf_text(out, explain_head) && pkr_help_options(&pkr_explain_options, out) &&
           acgp_buf_text(out, "\nFields of --file: acg publish --help lists them.\n");
}
