/* SPDX-License-Identifier: MPL-2.0 */
#include "spec/config.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "spec/fields.h"
#include "spec/state.h"

static void notes_init(struct pkr_notes *notes)
{
    *notes = (struct pkr_notes){.marks = NULL};
    pkr_arena_init(&notes->arena);
}

static void notes_done(struct pkr_notes *notes)
{
    pkr_arena_done(&notes->arena);
    acg_findings_free(notes->findings);
    notes_init(notes);
}

enum acg_status pkr_config_new(struct pkr_config **out, struct acg_error *err)
{
    struct pkr_config *config = acgp_alloc(1, sizeof *config);

    if (config == NULL)
        return acgp_fail_nomem(err);
    acg_publish_options_init(&config->set.options, ACG_PUBLISH_OPTIONS_VERSION);
    acg_publish_options_init(&config->options, ACG_PUBLISH_OPTIONS_VERSION);
    notes_init(&config->read);
    notes_init(&config->made);
    enum acg_status status = acg_findings_new(&config->read.findings, err);
    if (status == ACG_OK)
        *out = config;
    else
        pkr_config_free(config);
    return status;
}

void pkr_config_free(struct pkr_config *config)
{
    if (config == NULL)
        return;
    acgp_secret_done(&config->set.client_secret);
    acgp_secret_done(&config->set.client_cert_password);
    acgp_secret_done(&config->set.client_jwt);
    acgp_secret_done(&config->set.oidc_request_token);
    for (size_t i = 0; i < PKR_LOGIN_VARIABLES_MAX; i++)
        acgp_secret_done(&config->login[i]);
    notes_done(&config->read);
    notes_done(&config->made);
    acgp_free(config);
}

/* ---- reading ---- */

void pkr_config_set_renderer(struct pkr_config *config, const struct pkr_renderer *renderer)
{
    config->renderer = *renderer;
}

enum acg_status pkr_config_add_json(struct pkr_config *config, json_t *object, enum pkr_config_mode mode,
                                    struct acg_error *err)
{
    return pkr_decode(config, object, mode, err);
}

/* Parse, and hand over the object. A number of any length becomes a double, so that a long one is a fault of
 * its field instead of the whole text. */
static enum acg_status parse_object(struct acg_span text, const char *name, json_t **out,
                                    struct acg_error *err)
{
    json_error_t why = {.line = 0};

    if (text.len > PKR_CONFIG_BYTES_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "%s is longer than %zu bytes", name, PKR_CONFIG_BYTES_MAX);
    json_t *root = json_loadb(text.len > 0 ? text.data : "", text.len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &why);
    if (root == NULL)
        return json_error_code(&why) == json_error_out_of_memory
                   ? acgp_fail_nomem(err)
                   : acgp_fail(err, ACG_ERR_ARGUMENT, "%s is not JSON: line %d, column %d: %s", name,
                               why.line, why.column,
                               json_error_code(&why) == json_error_duplicate_key ? "the key stands twice"
                                                                                 : "cannot be read");
    if (!json_is_object(root)) {
        pkr_json_wipe(root);
        json_decref(root);
        return acgp_fail(err, ACG_ERR_ARGUMENT, "%s holds no JSON object; write { \"field\": value, ... }",
                         name);
    }
    *out = root;
    return ACG_OK;
}

static void wipe_and_free(json_t *root)
{
    pkr_json_wipe(root);
    json_decref(root);
}

enum acg_status pkr_config_add_text(struct pkr_config *config, struct acg_span text, const char *name,
                                    struct acg_error *err)
{
    json_t *root = NULL;
    enum acg_status status = parse_object(text, name, &root, err);

    if (status != ACG_OK)
        return status;
    status = pkr_decode(config, root, PKR_CONFIG_STRICT, err);
    wipe_and_free(root);
    return status;
}

/* cty: {"value": V, "type": T}; the type mirrors our own spec and tells nothing new. */
static enum acg_status add_cty(struct pkr_config *config, struct acg_span text, struct acg_error *err)
{
    json_t *root = NULL;
    enum acg_status status = parse_object(text, "the configuration from Packer", &root, err);

    if (status != ACG_OK)
        return status == ACG_ERR_ARGUMENT
                   ? acgp_fail(err, ACG_ERR_PROTOCOL, "the configuration from Packer is no JSON object")
                   : status;
    json_t *value = json_object_get(root, "value");
    if (json_is_object(value))
        status = pkr_decode(config, value, PKR_CONFIG_STRICT, err);
    else if (!json_is_null(value))
        status = acgp_fail(err, ACG_ERR_PROTOCOL, "the configuration from Packer has no value");
    wipe_and_free(root);
    return status;
}

bool pkr_config_is_placeholders(const struct pkr_value *map)
{
    static const char mark[] = "Build_PackerRunUUID.";
    struct acg_span text = {NULL, 0};

    return pkr_value_as_text(pkr_value_get(map, "PackerRunUUID"), &text) && text.len >= sizeof mark - 1 &&
           memcmp(text.data, mark, sizeof mark - 1) == 0;
}

enum acg_status pkr_config_add_element(struct pkr_config *config, const struct pkr_value *element,
                                       struct acg_error *err)
{
    struct acg_span text = {NULL, 0};
    json_t *object = NULL;

    if (pkr_value_is_nil(element))
        return ACG_OK;
    if (pkr_value_as_text(element, &text))
        return add_cty(config, text, err);
    if (element->kind != PKR_VALUE_MAP)
        return acgp_fail(err, ACG_ERR_PROTOCOL, "Packer sent a configuration that is neither a map nor JSON");
    if (pkr_config_is_placeholders(element))
        return ACG_OK;
    enum acg_status status = pkr_json_of_value(element, &object, err);
    if (status != ACG_OK)
        return status;
    status = pkr_decode(config, object, PKR_CONFIG_WEAK, err);
    wipe_and_free(object);
    return status;
}

/* Rows with a variable that is not one of the login's are texts. */
static const char **text_place(struct pkr_config *config, const struct pkr_field *row)
{
    return (const char **)(void *)((char *)&config->set + row->place);
}

/* The first variable of a row that is set. */
static const char *find_variable(const struct pkr_field *row,
                                 const char *(*lookup)(void *context, const char *name), void *context)
{
    const char *value = lookup(context, row->variable);
    char name[64];

    for (struct acg_span rest = acgp_span(row->more);
         rest.data != NULL && (value == NULL || value[0] == '\0');) {
        struct acg_span word = acgp_span_cut(&rest, ' ');
        if (word.len == 0 || word.len >= sizeof name)
            continue;
        memcpy(name, word.data, word.len);
        name[word.len] = '\0';
        value = lookup(context, name);
    }
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* The id holds its own subscription: the environment must not contradict it. */
static bool stands_in(const struct pkr_config *config, const struct pkr_field *row)
{
    return row->place != offsetof(struct pkr_settings, options.subscription_id) ||
           config->set.options.gallery_image_version_id == NULL;
}

enum acg_status pkr_config_environment(struct pkr_config *config,
                                       const char *(*lookup)(void *context, const char *name), void *context,
                                       struct acg_error *err)
{
    const struct pkr_field_group *top = pkr_fields();

    for (size_t i = 0; i < top->count; i++) {
        const struct pkr_field *row = &top->rows[i];
        const char *value = NULL;
        if (row->variable == NULL || (row->flags & PKR_LOGIN) != 0 || *text_place(config, row) != NULL ||
            !stands_in(config, row) || pkr_notes_cover(&config->read, row->name))
            continue;
        value = find_variable(row, lookup, context);
        if (value != NULL &&
            (*text_place(config, row) = pkr_arena_text(&config->read.arena, acgp_span(value))) == NULL)
            return acgp_fail_nomem(err);
    }
    if (!pkr_login_environment(config, lookup, context))
        return acgp_fail_nomem(err);
    return pkr_journal_stand_in(config, lookup, context, err);
}

enum acg_status pkr_config_rename(struct pkr_config *config, const char *ours, const char *theirs,
                                  struct acg_error *err)
{
    return pkr_note_rename(&config->read, ours, err, "%s", theirs);
}

enum acg_status pkr_config_add_fault(struct pkr_config *config, const char *rule, const char *field,
                                     const char *message, const char *fix, struct acg_error *err)
{
    struct acg_span head = acgp_span_of(field, strcspn(field, ".["));
    const struct pkr_field *row = pkr_field_find(pkr_fields(), head, false);
    enum acg_status status =
        acg_findings_add(config->read.findings, ACG_SEVERITY_ERROR, rule, field, message, fix, err);

    if (status != ACG_OK)
        return status;
    return pkr_note_mark(&config->read, field, false, row != NULL ? row->flags & PKR_ABOUT_ANY : 0, err);
}

/* ---- the source ---- */

bool pkr_config_names_version(const struct pkr_config *config)
{
    const struct acg_publish_options *o = &config->set.options;

    return o->gallery_image_version != NULL || o->gallery_image_version_id != NULL;
}

bool pkr_config_names_source(const struct pkr_config *config)
{
    const struct acg_source *s = &config->set.options.source;

    return s->managed_image != NULL || s->virtual_machine != NULL || s->image_version != NULL ||
           s->os_snapshot != NULL || s->snapshots_of != NULL || s->data_snapshot_prefix != NULL ||
           s->os_vhd_uri != NULL || s->os_vhd_storage_account != NULL ||
           config->set.data_snapshot_count > 0 || config->set.snapshot_count > 0 ||
           config->set.artifact_disk_count > 0 || config->set.data_vhd_count > 0;
}

static const char *const choices[] = {
    [PKR_ARTIFACT_MANAGED_IMAGE] = "managed_image",
    [PKR_ARTIFACT_SNAPSHOTS] = "snapshots",
    [PKR_ARTIFACT_IMAGE_VERSION] = "image_version",
    [PKR_ARTIFACT_DISKS] = "disks",
};

enum pkr_artifact_choice pkr_config_artifact_choice(const struct pkr_config *config)
{
    for (size_t i = 1; i < sizeof choices / sizeof choices[0]; i++)
        if (acgp_equal(config->set.artifact_source, choices[i]))
            return (enum pkr_artifact_choice)i;
    return PKR_ARTIFACT_ANY;
}

bool pkr_config_deletes_on_destroy(const struct pkr_config *config)
{
    return config->set.delete_on_destroy == ACG_TRUE;
}

static bool copy_text(struct pkr_config *config, const char **text)
{
    if (*text == NULL)
        return true;
    *text = pkr_arena_text(&config->read.arena, acgp_span(*text));
    return *text != NULL;
}

static bool copy_disks(struct pkr_config *config, const struct acg_source *source)
{
    size_t count = source->data_disk_count;
    struct acg_data_disk_source *disks = pkr_arena_alloc(&config->read.arena, count, sizeof *disks);

    for (size_t i = 0; disks != NULL && i < count; i++) {
        disks[i] = source->data_disks[i];
        if (!copy_text(config, &disks[i].id))
            return false;
    }
    config->set.artifact_disks = disks;
    config->set.artifact_disk_count = count;
    return disks != NULL;
}

/* The user wrote artifact_source, and none of the fields that it stands for. */
static enum acg_status rename_found(struct pkr_config *config, struct acg_error *err)
{
    static const char *const fields[] = {"os_snapshot", "data_snapshot_prefix", "snapshots_of",
                                         "managed_image", "image_version"};
    enum acg_status status = ACG_OK;

    if (config->set.artifact_source == NULL)
        return ACG_OK;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && status == ACG_OK; i++)
        status = pkr_config_rename(config, fields[i], "artifact_source", err);
    return status;
}

enum acg_status pkr_config_set_source(struct pkr_config *config, const struct acg_source *source,
                                      struct acg_error *err)
{
    struct acg_source copy = *source;

    copy.data_disks = NULL; /* they join those of blocks and of the compact form */
    copy.data_disk_count = 0;
    if (!copy_text(config, &copy.managed_image) || !copy_text(config, &copy.image_version) ||
        !copy_text(config, &copy.os_snapshot) || !copy_text(config, &copy.snapshots_of) ||
        !copy_text(config, &copy.data_snapshot_prefix) || !copy_disks(config, source))
        return acgp_fail_nomem(err);
    enum acg_status status = rename_found(config, err);
    config->set.options.source = copy;
    config->set.artifact_source = NULL; /* answered */
    return status;
}

/* ---- results ---- */

const struct acg_findings *pkr_config_findings(const struct pkr_config *config)
{
    return config->made.findings;
}

const struct acg_publish_options *pkr_config_options(const struct pkr_config *config)
{
    return &config->options;
}
