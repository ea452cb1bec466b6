/* SPDX-License-Identifier: MPL-2.0 */
/* acg des create: a declaration by options or by a JSON file with the same fields. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include <acg/acg.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "cli/cli.h"
#include "cli/verb.h"
#include "spec/fields.h"

static const char head[] =
    "acg des create: a disk encryption set in each target region, on a key that is there or, with "
    "--create-key,\n"
    "on one that is made together with its vault, and the right of the set's identity to use it.\n"
    "\n"
    "  acg des create --regions westus eastus2 --encryption-type double --resource-group MyResourceGroup \\\n"
    "    --name 'acg-{region}' --vault 'kv-mycompany-{region}' --key images --create-key\n"
    "\n"
    "This only reads, and says what would be made. With --yes it is made, all regions side by side. "
    "{region}\n"
    "stands for the region's name. What is there as declared is left alone, so that the same command goes "
    "on\n"
    "after an interruption; what is there and differs is refused and never changed. New vaults have purge\n"
    "protection, which cannot be undone.\n"
    "\n"
    "Needed rights: Reader; Key Vault Contributor for vaults, keys and access policies; write of\n"
    "Microsoft.Compute/diskEncryptionSets; Role Based Access Control Administrator for roles.\n"
    "\n"
    "Options:\n";

#define OPTION(long_name, option_kind, option_id, name_of_field, what, text)                                 \
    {                                                                                                        \
        .name = long_name, .kind = option_kind, .id = option_id, .field = name_of_field, .value = what,      \
        .help = text                                                                                         \
    }

static const struct pkr_option rows[] = {
    {.name = "--regions",
     .other = "--target-regions",
     .kind = PKR_OPTION_MANY,
     .id = PKR_OPT_TARGET_REGIONS,
     .value = "REGION...",
     .help = "target regions of the image version"},
    OPTION("--encryption-type", PKR_OPTION_TEXT, PKR_OPT_ENCRYPTION_TYPE, NULL, "TYPE",
           "customer_key (default), double or confidential"),
    {.name = "--resource-group",
     .letter = 'g',
     .kind = PKR_OPTION_TEXT,
     .id = PKR_OPT_RESOURCE_GROUP,
     .value = "NAME",
     .help = "resource group of the sets; it must exist"},
    {.name = "--name",
     .letter = 'n',
     .kind = PKR_OPTION_TEXT,
     .id = PKR_OPT_NAME,
     .value = "NAME",
     .help = "of the sets, as in acg-{region}"},
    OPTION("--vault", PKR_OPTION_TEXT, PKR_OPT_VAULT, NULL, "NAME",
           "of the vaults, as in kv-mycompany-{region}; made with --create-key where missing"),
    OPTION("--vault-resource-group", PKR_OPTION_TEXT, PKR_OPT_VAULT_RESOURCE_GROUP, NULL, "NAME",
           "of --vault; default: --resource-group"),
    OPTION("--vault-id", PKR_OPTION_TEXT, PKR_OPT_VAULT_ID, NULL, "ID",
           "vaults by their full id, in place of --vault; never made"),
    OPTION("--key", PKR_OPTION_TEXT, PKR_OPT_KEY, NULL, "NAME", "key in the vault"),
    OPTION("--create-key", PKR_OPTION_FLAG, PKR_OPT_CREATE_KEY, NULL, NULL,
           "make the key, and its vault, where they are missing"),
    OPTION("--key-size", PKR_OPTION_NUMBER, PKR_OPT_KEY_SIZE, NULL, "BITS",
           "2048, 3072 or 4096; default: 3072 for a new key, any for one that is there"),
    OPTION("--access", PKR_OPTION_TEXT, PKR_OPT_ACCESS, NULL, "rbac|policy",
           "how the set's identity may use the key; default: as the vault is, rbac for a new one"),
    OPTION("--rotate", PKR_OPTION_BOOL, PKR_OPT_ROTATE, NULL, "true|false",
           "follow new versions of the key; default: true for a new set, any for one that is there"),
    OPTION("--tags", PKR_OPTION_MANY, PKR_OPT_TAGS, NULL, "NAME=VALUE...", "of what is made"),
    {.name = "--yes",
     .letter = 'y',
     .kind = PKR_OPTION_FLAG,
     .id = PKR_OPT_YES,
     .beside_file = true,
     .help = "make it; without this nothing is written"},
    {.name = "--file",
     .kind = PKR_OPTION_TEXT,
     .id = PKR_OPT_FILE,
     .value = "PATH",
     .beside_file = true,
     .help = "JSON with target_regions and the other options, '_' in place of '-'"},
    PKR_VERB_OPTIONS,
};

static const struct pkr_option_table table = {"des create", rows, sizeof rows / sizeof rows[0]};

/* What the options point to. */
struct declaration {
    struct acg_des_create_options options;
    json_t *file;         /* owned; NULL: by options */
    const char **regions; /* owned, of a file */
    struct acg_tag *tags; /* owned */
    char **names;         /* owned, with their texts: tags of the command line */
    size_t name_count;
};

static void declaration_done(struct declaration *d)
{
    for (size_t i = 0; i < d->name_count; i++)
        acgp_free(d->names[i]);
    acgp_free(d->names);
    acgp_free(d->tags);
    acgp_free(d->regions);
    json_decref(d->file);
}

/* ---- the fields: one table for options and file ---- */

#define AT(member) offsetof(struct acg_des_create_options, member)
static const struct {
    const char *field;
    enum pkr_option_id id;
    size_t offset;
} texts[] = {
    {"encryption_type", PKR_OPT_ENCRYPTION_TYPE, AT(encryption_type)},
    {"resource_group", PKR_OPT_RESOURCE_GROUP, AT(resource_group)},
    {"name", PKR_OPT_NAME, AT(name)},
    {"vault", PKR_OPT_VAULT, AT(vault)},
    {"vault_resource_group", PKR_OPT_VAULT_RESOURCE_GROUP, AT(vault_resource_group)},
    {"vault_id", PKR_OPT_VAULT_ID, AT(vault_id)},
    {"key", PKR_OPT_KEY, AT(key)},
    {"access", PKR_OPT_ACCESS, AT(access)},
    {"subscription_id", PKR_OPT_SUBSCRIPTION, AT(subscription_id)},
};
enum { TEXTS = sizeof texts / sizeof texts[0] };

static void set_text(struct acg_des_create_options *o, size_t offset, const char *value)
{
    memcpy((char *)o + offset, &value, sizeof value);
}

static enum acg_status fault(struct pkr_verb *v, const char *field, const char *message, const char *fix,
                             struct acg_error *err)
{
    return pkr_config_add_fault(v->config, "config", field, message, fix, err);
}

/* ---- by options ---- */

static enum acg_status take_tag(struct pkr_verb *v, struct declaration *d, const char *word,
                                struct acg_error *err)
{
    const char *equals = strchr(word, '=');

    if (equals == NULL || equals == word)
        return fault(v, "--tags", "has a word without a name", "write NAME=VALUE", err);
    char *name = acgp_strndup(word, (size_t)(equals - word));
    if (name == NULL)
        return acgp_fail_nomem(err);
    d->names[d->name_count++] = name;
    d->tags[d->options.tag_count++] = (struct acg_tag){name, equals + 1};
    return ACG_OK;
}

static enum acg_status take_tags(struct pkr_verb *v, struct declaration *d, struct acg_error *err)
{
    const struct pkr_given *given = pkr_words_find(&v->words, PKR_OPT_TAGS);
    enum acg_status status = ACG_OK;

    if (given == NULL)
        return ACG_OK;
    d->tags = acgp_alloc(given->count + 1, sizeof *d->tags);
    d->names = acgp_alloc(given->count + 1, sizeof *d->names);
    if (d->tags == NULL || d->names == NULL)
        return acgp_fail_nomem(err);
    d->options.tags = d->tags;
    for (size_t i = 0; i < given->count && status == ACG_OK; i++)
        status = take_tag(v, d, given->values[i], err);
    return status;
}

static enum acg_status take_size(struct pkr_verb *v, struct declaration *d, struct acg_error *err)
{
    const char *size = pkr_verb_value(v, PKR_OPT_KEY_SIZE);

    if (size == NULL || acgp_span_to_i64(acgp_span(size), &d->options.key_size))
        return ACG_OK;
    return fault(v, "--key-size", "is no whole number", "write 2048, 3072 or 4096", err);
}

static enum acg_status by_options(struct pkr_verb *v, struct declaration *d, struct acg_error *err)
{
    const struct pkr_given *regions = pkr_words_find(&v->words, PKR_OPT_TARGET_REGIONS);
    const struct pkr_given *rotate = pkr_words_find(&v->words, PKR_OPT_ROTATE);
    enum acg_status status = take_tags(v, d, err);

    for (size_t i = 0; i < TEXTS; i++)
        set_text(&d->options, texts[i].offset, pkr_verb_value(v, texts[i].id));
    d->options.subscription_id = pkr_verb_subscription(v);
    d->options.create_key = pkr_verb_given(v, PKR_OPT_CREATE_KEY);
    if (rotate != NULL)
        d->options.rotate =
            rotate->count == 0 || acgp_equal_nocase(rotate->values[0], "true") ? ACG_TRUE : ACG_FALSE;
    if (regions != NULL) {
        d->options.target_regions = regions->values;
        d->options.target_region_count = regions->count;
    }
    return status == ACG_OK ? take_size(v, d, err) : status;
}

/* ---- by file ---- */

static bool take_file_text(struct declaration *d, const char *name, const json_t *value)
{
    for (size_t i = 0; i < TEXTS; i++)
        if (strcmp(name, texts[i].field) == 0 && json_is_string(value)) {
            set_text(&d->options, texts[i].offset, json_string_value(value));
            return true;
        }
    return false;
}

static bool take_file_list(struct declaration *d, const json_t *value)
{
    d->regions = json_is_array(value) ? acgp_alloc(json_array_size(value) + 1, sizeof *d->regions) : NULL;
    for (size_t i = 0; d->regions != NULL && i < json_array_size(value); i++)
        d->regions[i] = json_string_value(json_array_get(value, i));
    d->options.target_regions = d->regions;
    d->options.target_region_count = json_array_size(value);
    return d->regions != NULL;
}

static bool take_file_tags(struct declaration *d, json_t *value)
{
    const char *name = NULL;
    json_t *each = NULL;

    d->tags = json_is_object(value) ? acgp_alloc(json_object_size(value) + 1, sizeof *d->tags) : NULL;
    if (d->tags == NULL)
        return false;
    d->options.tags = d->tags;
    json_object_foreach(value, name, each)
    {
        if (!json_is_string(each))
            return false;
        d->tags[d->options.tag_count++] = (struct acg_tag){name, json_string_value(each)};
    }
    return true;
}

static bool take_file_field(struct declaration *d, const char *name, json_t *value)
{
    if (take_file_text(d, name, value))
        return true;
    if (strcmp(name, "target_regions") == 0)
        return take_file_list(d, value);
    if (strcmp(name, "tags") == 0)
        return take_file_tags(d, value);
    if (strcmp(name, "create_key") == 0 && json_is_boolean(value))
        d->options.create_key = json_is_true(value);
    else if (strcmp(name, "rotate") == 0 && json_is_boolean(value))
        d->options.rotate = json_is_true(value) ? ACG_TRUE : ACG_FALSE;
    else if (strcmp(name, "key_size") == 0 && json_is_integer(value))
        d->options.key_size = json_integer_value(value);
    else
        return false;
    return true;
}

static const char *hint(const char *name)
{
    static const char *const others[] = {"target_regions", "tags", "create_key", "rotate", "key_size"};
    const char *names[TEXTS + sizeof others / sizeof others[0]];
    size_t count = 0;

    for (size_t i = 0; i < TEXTS; i++)
        names[count++] = texts[i].field;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        names[count++] = others[i];
    return pkr_nearest(acgp_span(name), names, count);
}

static bool of_declaration(enum pkr_option_id id)
{
    return id >= PKR_OPT_RESOURCE_GROUP || id == PKR_OPT_TARGET_REGIONS || id == PKR_OPT_TAGS;
}

static enum acg_status by_file(struct pkr_verb *v, struct declaration *d, const char *path,
                               struct acg_error *err)
{
    json_error_t why;
    const char *name = NULL;
    json_t *value = NULL;
    enum acg_status status = ACG_OK;

    d->file = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!json_is_object(d->file))
        return acgp_fail(err, ACG_ERR_ARGUMENT, "%s: %s", path,
                         d->file == NULL ? why.text : "is no JSON object");
    for (size_t i = 0; i < table.count && status == ACG_OK; i++)
        if (v->words.given[i].option != NULL && !rows[i].beside_file && of_declaration(rows[i].id))
            status = fault(v, rows[i].name, "stands beside --file", "write it into the file", err);
    json_object_foreach(d->file, name, value)
    {
        if (status != ACG_OK || json_is_null(value) || take_file_field(d, name, value))
            continue;
        const char *near = hint(name);
        char *fix = near != NULL ? acgp_printf("write %s, as acg des create --help says", near)
                                 : acgp_strdup("remove it");
        status = fix != NULL ? fault(v, name, "is no field of a declaration, or of another type", fix, err)
                             : acgp_fail_nomem(err);
        acgp_free(fix);
    }
    if (d->options.subscription_id == NULL)
        d->options.subscription_id = pkr_verb_subscription(v);
    return status;
}

/* ---- together ---- */

/* The library speaks of fields; who wrote options reads options. */
static enum acg_status rename_fields(struct pkr_verb *v, struct acg_error *err)
{
    static const char *const names[][2] = {
        {"target_regions", "--regions"},
        {"encryption_type", "--encryption-type"},
        {"resource_group", "--resource-group"},
        {"name", "--name"},
        {"vault", "--vault"},
        {"vault_resource_group", "--vault-resource-group"},
        {"vault_id", "--vault-id"},
        {"key", "--key"},
        {"create_key", "--create-key"},
        {"key_size", "--key-size"},
        {"access", "--access"},
        {"rotate", "--rotate"},
        {"tags", "--tags"},
    };
    enum acg_status status = ACG_OK;

    for (size_t i = 0; i < sizeof names / sizeof names[0] && status == ACG_OK; i++)
        status = pkr_config_rename(v->config, names[i][0], names[i][1], err);
    return status;
}

static enum acg_status check(struct pkr_verb *v, const struct declaration *d, struct acg_error *err)
{
    struct acg_findings *findings = NULL;
    enum acg_status status = acg_findings_new(&findings, err);

    if (status == ACG_OK)
        status = acg_des_create_check(&d->options, findings, err);
    if (status == ACG_ERR_ARGUMENT && acg_findings_count(findings) > 0)
        status = ACG_OK;
    for (size_t i = 0; status == ACG_OK && i < acg_findings_count(findings); i++) {
        const struct acg_finding *f = acg_findings_at(findings, i);
        bool subscription = strcmp(f->field, "subscription_id") == 0 && d->file == NULL;
        char *field = pkr_config_field(v->config, subscription ? "--subscription" : f->field);
        status = field != NULL ? pkr_config_add_fault(v->config, f->rule, field, f->message, f->fix, err)
                               : acgp_fail_nomem(err);
        acgp_free(field);
    }
    acg_findings_free(findings);
    return status;
}

static enum acg_status begin(const void *context, struct acg_publisher *publisher, struct acg_publish **out,
                             struct acg_error *err)
{
    const struct declaration *d = context;

    return acg_publisher_des_create(publisher, &d->options, out, err);
}

static enum acg_status prepare(struct pkr_verb *v, void *context, struct pkr_operation *out,
                               struct acg_error *err)
{
    struct declaration *d = context;
    const char *path = pkr_verb_value(v, PKR_OPT_FILE);
    enum acg_status status = pkr_verb_timeout(v, &d->options.timeout_ms, err);

    d->options.apply = pkr_verb_given(v, PKR_OPT_YES);
    if (status == ACG_OK && path == NULL)
        status = rename_fields(v, err);
    if (status == ACG_OK)
        status = path != NULL ? by_file(v, d, path, err) : by_options(v, d, err);
    out->begin = begin;
    out->context = d;
    out->advice = d->options.apply ? NULL : "what is missing is made by the same command with --yes";
    return status == ACG_OK ? check(v, d, err) : status;
}

int pkr_cli_des_create(const char *const *words, size_t count)
{
    struct declaration d = {.options = ACG_DES_CREATE_OPTIONS_INIT};
    int exit_code = pkr_verb_run(&table, "des", head, prepare, &d, words, count);

    declaration_done(&d);
    return exit_code;
}
