/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/options_json.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <acg/finding.h>

#include "plan/validate.h"
#include "testlib/test.h"

enum { BLOCKS_MAX = 256 };

struct options_json {
    struct acg_publish_options options;
    json_t *root;
    void *blocks[BLOCKS_MAX]; /* arrays made for the options */
    size_t block_count;
};

static void *block(struct options_json *o, size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size);

    assert_non_null(p);
    assert_true(o->block_count < BLOCKS_MAX);
    o->blocks[o->block_count++] = p;
    return p;
}

static const char *text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static struct acg_optional_int number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return (struct acg_optional_int){value != NULL, json_integer_value(value)};
}

static enum acg_tristate truth(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return value == NULL ? ACG_UNSET : json_is_true(value) ? ACG_TRUE : ACG_FALSE;
}

static void read_encryption(struct options_json *o, const json_t *json, struct acg_encryption *e)
{
    const json_t *list = json_object_get(json, "data_disks");
    struct acg_data_disk_encryption *disks = block(o, json_array_size(list), sizeof *disks);

    e->disk_encryption_set_id = text(json, "disk_encryption_set_id");
    e->os_disk_encryption_set_id = text(json, "os_disk_encryption_set_id");
    e->confidential_vm_encryption_type = text(json, "confidential_vm_encryption_type");
    e->secure_vm_disk_encryption_set_id = text(json, "secure_vm_disk_encryption_set_id");
    e->data_disks = disks;
    e->data_disk_count = json_array_size(list);
    for (size_t i = 0; i < e->data_disk_count; i++) {
        disks[i].lun = number(json_array_get(list, i), "lun");
        disks[i].disk_encryption_set_id = text(json_array_get(list, i), "disk_encryption_set_id");
    }
}

static void read_regions(struct options_json *o)
{
    const json_t *list = json_object_get(o->root, "target_regions");
    struct acg_target_region *regions = block(o, json_array_size(list), sizeof *regions);

    o->options.target_regions = regions;
    o->options.target_region_count = json_array_size(list);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *json = json_array_get(list, i);
        regions[i].name = text(json, "name");
        regions[i].replicas = number(json, "replicas");
        regions[i].storage_account_type = text(json, "storage_account_type");
        regions[i].exclude_from_latest = truth(json, "exclude_from_latest");
        read_encryption(o, json, &regions[i].encryption);
    }
}

static void read_zones(struct options_json *o)
{
    const json_t *list = json_object_get(o->root, "edge_zones");
    struct acg_edge_zone *zones = block(o, json_array_size(list), sizeof *zones);

    o->options.edge_zones = zones;
    o->options.edge_zone_count = json_array_size(list);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *json = json_array_get(list, i);
        zones[i].region = text(json, "region");
        zones[i].name = text(json, "name");
        zones[i].replicas = number(json, "replicas");
        zones[i].storage_account_type = text(json, "storage_account_type");
        read_encryption(o, json, &zones[i].encryption);
    }
}

static void read_source(struct options_json *o)
{
    const json_t *list = json_object_get(o->root, "data_disks");
    struct acg_data_disk_source *disks = block(o, json_array_size(list), sizeof *disks);
    struct acg_source *source = &o->options.source;

    source->managed_image = text(o->root, "managed_image");
    source->virtual_machine = text(o->root, "virtual_machine");
    source->image_version = text(o->root, "image_version");
    source->os_snapshot = text(o->root, "os_snapshot");
    source->snapshots_of = text(o->root, "snapshots_of");
    source->data_snapshot_prefix = text(o->root, "data_snapshot_prefix");
    source->os_vhd_uri = text(o->root, "os_vhd_uri");
    source->os_vhd_storage_account = text(o->root, "os_vhd_storage_account");
    source->data_disks = disks;
    source->data_disk_count = json_array_size(list);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *json = json_array_get(list, i);
        disks[i].lun = number(json, "lun");
        disks[i].id = text(json, "id");
        disks[i].vhd_uri = text(json, "vhd_uri");
        disks[i].vhd_storage_account = text(json, "vhd_storage_account");
    }
}

static void read_platform_disks(struct options_json *o)
{
    const json_t *list = json_object_get(o->root, "platform_key_disks");
    const char **disks = block(o, json_array_size(list), sizeof *disks);

    o->options.platform_key_disks = disks;
    o->options.platform_key_disk_count = json_array_size(list);
    for (size_t i = 0; i < json_array_size(list); i++)
        disks[i] = json_string_value(json_array_get(list, i));
}

static void read_tags(struct options_json *o)
{
    json_t *object = json_object_get(o->root, "tags");
    struct acg_tag *tags = block(o, json_object_size(object), sizeof *tags);
    size_t n = 0;

    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at))
        tags[n++] = (struct acg_tag){json_object_iter_key(at), json_string_value(json_object_iter_value(at))};
    o->options.tags = tags;
    o->options.tag_count = n;
}

static int word(const json_t *object, const char *name, const char *const *words)
{
    const char *given = text(object, name);

    for (int i = 0; given != NULL && words[i] != NULL; i++)
        if (strcmp(given, words[i]) == 0)
            return i;
    if (given != NULL)
        fail_msg("%s: '%s' is no word for it", name, given);
    return 0;
}

static void read_watch(struct options_json *o)
{
    static const char *const waits[] = {"all", "accepted", "home", NULL};
    static const char *const existing[] = {"fail", "reuse", "update", "replace", NULL};
    static const char *const failure[] = {"keep", "delete", "repair", NULL};
    struct acg_publish_options *opts = &o->options;
    json_t *optional = json_object_get(o->root, "optional_regions");
    const char **regions = block(o, json_array_size(optional), sizeof *regions);

    opts->wait = (enum acg_wait)word(o->root, "wait", waits);
    if (truth(o->root, "wait_accepted") == ACG_TRUE)
        opts->wait = ACG_WAIT_ACCEPTED;
    opts->timeout_ms = number(o->root, "timeout_ms").value;
    opts->accept_timeout_ms = number(o->root, "accept_timeout_ms").value;
    opts->home_timeout_ms = number(o->root, "home_timeout_ms").value;
    opts->on_existing = (enum acg_on_existing)word(o->root, "on_existing", existing);
    opts->on_failure = (enum acg_on_failure)word(o->root, "on_failure", failure);
    opts->repair_attempts = number(o->root, "repair_attempts");
    opts->wave_size = number(o->root, "wave_size");
    opts->quorum = number(o->root, "quorum");
    opts->optional_regions = regions;
    opts->optional_region_count = json_array_size(optional);
    for (size_t i = 0; i < json_array_size(optional); i++)
        regions[i] = json_string_value(json_array_get(optional, i));
}

static void read_all(struct options_json *o)
{
    struct acg_publish_options *opts = &o->options;

    opts->gallery_image_version_id = text(o->root, "gallery_image_version_id");
    opts->location = text(o->root, "location");
    opts->encryption_type = text(o->root, "encryption_type");
    opts->disk_encryption_set_resource_group = text(o->root, "disk_encryption_set_resource_group");
    opts->replica_count = number(o->root, "replica_count");
    opts->storage_account_type = text(o->root, "storage_account_type");
    opts->end_of_life_date = text(o->root, "end_of_life_date");
    opts->exclude_from_latest = truth(o->root, "exclude_from_latest");
    opts->replication_mode = text(o->root, "replication_mode");
    opts->allow_deletion_of_replicated_locations = truth(o->root, "allow_deletion_of_replicated_locations");
    opts->gallery_image_version = text(o->root, "gallery_image_version");
    read_watch(o);
    read_source(o);
    read_regions(o);
    read_zones(o);
    read_platform_disks(o);
    read_tags(o);
}

struct options_json *options_json_read(const char *path)
{
    struct options_json *o = calloc(1, sizeof *o);
    json_error_t why;

    assert_non_null(o);
    o->options = (struct acg_publish_options)ACG_PUBLISH_OPTIONS_INIT;
    o->root = json_load_file(path, 0, &why);
    if (o->root == NULL)
        fail_msg("%s: line %d: %s", path, why.line, why.text);
    read_all(o);
    return o;
}

const struct acg_publish_options *options_json_view(const struct options_json *o)
{
    return &o->options;
}

void options_json_free(struct options_json *o)
{
    for (size_t i = 0; i < o->block_count; i++)
        free(o->blocks[i]);
    json_decref(o->root);
    free(o);
}

struct acgp_publish_spec *options_json_spec(const char *path, int64_t now_unix_s)
{
    struct options_json *o = options_json_read(path);
    struct acg_findings *findings = NULL;
    struct acgp_publish_spec *spec = NULL;
    struct acg_error err = {0};

    assert_int_equal(acg_findings_new(&findings, &err), ACG_OK);
    if (acgp_validate(options_json_view(o), now_unix_s, findings, &spec, &err) != ACG_OK)
        fail_msg("%s: %s: %s", path, err.field, err.message);
    acg_findings_free(findings);
    options_json_free(o);
    return spec;
}
