/* SPDX-License-Identifier: MPL-2.0 */
/* acg verify: an existing version, read back and compared with a declaration. */
#include <acg/verify.h>

#include "base/alloc.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/file.h"
#include "cli/version_option.h"

static const struct pkr_option rows[] = {
    PKR_VERSION_OPTIONS,
    {.name = "--file",
     .kind = PKR_OPTION_TEXT,
     .id = PKR_OPT_FILE,
     .value = "PATH",
     .help = "declaration: the JSON file of acg publish --file; its source may be left out, and its version "
             "where it is "
             "named here; - is standard input"},
    PKR_VERB_OPTIONS,
};
static const struct pkr_option_table table = {
    .verb = "verify", .rows = rows, .count = sizeof rows / sizeof rows[0]};

static const char head[] =
    "acg verify: read an image version back: what each region's each disk is encrypted with (disk encryption "
    "set,\n"
    "its type, key with version, vault), and whether every region is replicated. Nothing is written.\n"
    "\n"
    "  acg verify /subscriptions/S/resourceGroups/G/.../versions/1.0.0\n"
    "  acg verify -g MyResourceGroup --gallery-name MyGallery --gallery-image-definition MyImage \\\n"
    "    --gallery-image-version 1.0.0 --file declaration.json --output markdown\n"
    "\n"
    "With --file the version is compared with what the file declares, by the rules that prove a publish: "
    "exit code 7\n"
    "names every difference. 10: Azure is still replicating. 6: there is no such version.\n"
    "\n"
    "Options:\n";

/* One run. */
struct run {
    const struct pkr_config *config;
    char *version_id; /* owned; NULL: the declaration's */
    bool declared;
    int64_t timeout_ms;
};

static enum acg_status begin(const void *context, struct acg_publisher *publisher, struct acg_publish **out,
                             struct acg_error *err)
{
    const struct run *r = context;
    struct acg_verify_options options = ACG_VERIFY_OPTIONS_INIT;

    options.gallery_image_version_id = r->version_id;
    options.declaration = r->declared ? pkr_config_options(r->config) : NULL;
    options.timeout_ms = r->timeout_ms;
    return acg_publisher_verify(publisher, &options, out, err);
}

/* A declaration without a version of its own is one for the version that is named here. */
static enum acg_status complete(struct pkr_verb *v, const char *version_id, struct acg_error *err)
{
    json_t *root = NULL;
    enum acg_status status = ACG_OK;

    if (version_id == NULL || pkr_config_names_version(v->config))
        return ACG_OK;
    root = json_pack("{s:s}", "gallery_image_version_id", version_id);
    status =
        root != NULL ? pkr_config_add_json(v->config, root, PKR_CONFIG_STRICT, err) : acgp_fail_nomem(err);
    json_decref(root);
    return status;
}

static enum acg_status prepare(struct pkr_verb *v, void *context, struct pkr_operation *out,
                               struct acg_error *err)
{
    struct run *r = context;
    const char *file = pkr_verb_value(v, PKR_OPT_FILE);
    enum acg_status status = pkr_version_option(v, file != NULL, &r->version_id, err);

    if (status == ACG_OK)
        status = pkr_verb_timeout(v, &r->timeout_ms, err);
    if (status == ACG_OK && file != NULL)
        status = pkr_file_add(v->config, file, err);
    if (status == ACG_OK && file != NULL)
        status = complete(v, r->version_id, err);
    if (status != ACG_OK)
        return status;
    r->config = v->config;
    r->declared = file != NULL;
    v->phase = r->declared ? PKR_PHASE_DECLARED : PKR_PHASE_LOGIN;
    out->begin = begin;
    out->context = r;
    return ACG_OK;
}

int pkr_cli_verify(const char *const *words, size_t count)
{
    struct run r = {.config = NULL};
    int exit_code = pkr_version_verb_run(&table, "verify", head, prepare, &r, words, count);

    acgp_free(r.version_id);
    return exit_code;
}
