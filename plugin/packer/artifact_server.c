/* SPDX-License-Identifier: MPL-2.0 */
#include "packer/artifact_server.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "packer/result_text.h"
#include "spec/arena.h"

/* The keys of one region's entry, in Packer's spelling. */
enum { IMAGE_ID, PROVIDER, REGION, SOURCE, LABELS, ENTRY_KEYS };
enum { LABEL_VERSION, LABEL_STORAGE, LABEL_REPLICAS, LABEL_ENCRYPTION, LABEL_KEYS };

struct pkr_artifact_server {
    char *id, *text, *source_id, *encryption_type;
    struct pkr_tree *generated;
    struct pkr_pair *passed; /* the scalars of generated */
    size_t passed_count;
    struct pkr_arena arena;     /* of what metadata points to */
    struct pkr_value *metadata; /* one map per region, as HCP's registry wants it */
    size_t region_count;
};

void pkr_artifact_server_free(struct pkr_artifact_server *server)
{
    if (server == NULL)
        return;
    pkr_arena_done(&server->arena);
    acgp_free(server->passed);
    pkr_tree_free(server->generated);
    acgp_free(server->id);
    acgp_free(server->text);
    acgp_free(server->source_id);
    acgp_free(server->encryption_type);
    acgp_free(server);
}

static char *describe(const struct acg_result *result)
{
    struct acgp_buf out;
    acgp_buf_init(&out, PKR_RESULT_TEXT_MAX);
    bool ok = acgp_buf_printf(&out, "%s\n", result->version_id) && pkr_success_text(&out, result);
    for (size_t i = 0; ok && result->proved && i < result->region_count; i++)
        ok = acgp_buf_byte(&out, '\n') && (pkr_region_missing(result, &result->regions[i])
                                               ? pkr_region_missing_text(&out, &result->regions[i])
                                               : pkr_region_text(&out, &result->regions[i]));
    char *text = ok ? acgp_buf_take(&out) : NULL;
    acgp_buf_done(&out);
    return text;
}

/* What may stand in generated_data: Packer aborts the build on lists, maps and nil in it (HCL2). */
static bool passes(const struct pkr_value *v, bool floats)
{
    switch (v->kind) {
    case PKR_VALUE_BOOL:
    case PKR_VALUE_INT:
    case PKR_VALUE_UINT:
    case PKR_VALUE_STR:
        return true;
    case PKR_VALUE_FLOAT:
        return floats;
    default:
        return false;
    }
}

static enum acg_status pass_generated(struct pkr_artifact_server *server, bool floats, struct acg_error *err)
{
    const struct pkr_value *all = pkr_tree_root(server->generated);
    if (all == NULL || all->kind != PKR_VALUE_MAP)
        return ACG_OK;
    size_t count = pkr_value_count(all);
    if (count > PKR_GENERATED_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "generated_data of the artifact has more than %u values",
                         PKR_GENERATED_MAX);
    server->passed = acgp_alloc(count + 1, sizeof *server->passed);
    if (server->passed == NULL)
        return acgp_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        const struct pkr_pair *pair = &all->as.map.pairs[i];
        struct acg_span key;
        if (!pkr_value_as_text(&pair->key, &key) || !passes(&pair->value, floats))
            continue;
        server->passed[server->passed_count].key = pkr_str(key);
        server->passed[server->passed_count++].value = pair->value;
    }
    return ACG_OK;
}

/* A label; HCP takes texts only. @param text owned by the arena or the server; NULL: no memory. */
static bool label(struct pkr_pair *out, const char *name, const char *text)
{
    *out = (struct pkr_pair){pkr_text(name), pkr_text(text)};
    return name != NULL && text != NULL;
}

/* The last part of the id: the set's name is what people look for. */
static const char *set_name(const char *id)
{
    const char *slash = id == NULL ? NULL : strrchr(id, '/');
    return slash == NULL ? id : slash + 1;
}

static bool disk_label(struct pkr_arena *arena, struct pkr_pair *out, const struct acg_result_disk *disk)
{
    const char *set = set_name(disk->disk_encryption_set_id);
    if (set == NULL)
        set = set_name(disk->secure_vm_disk_encryption_set_id);
    const char *text = pkr_arena_text(arena, acgp_span(set == NULL ? "platform key" : set));
    const char *name = disk->os
                           ? "disk_encryption_set_os"
                           : pkr_arena_printf(arena, "disk_encryption_set_lun_%lld", (long long)disk->lun);
    return label(out, name, text);
}

static bool region_labels(struct pkr_artifact_server *server, const struct acg_result_region *region,
                          struct pkr_value *out)
{
    struct pkr_arena *arena = &server->arena;
    size_t count = LABEL_KEYS + region->disk_count;
    struct pkr_pair *labels = pkr_arena_alloc(arena, count, sizeof *labels);
    const char *version = strrchr(server->id, '/');
    const char *storage = region->storage_account_type == NULL ? "" : region->storage_account_type;
    if (labels == NULL ||
        !label(&labels[LABEL_VERSION], "image_version", version == NULL ? server->id : version + 1) ||
        !label(&labels[LABEL_STORAGE], "storage_account_type", pkr_arena_text(arena, acgp_span(storage))) ||
        !label(&labels[LABEL_REPLICAS], "replicas",
               pkr_arena_printf(arena, "%lld", (long long)region->replicas)) ||
        !label(&labels[LABEL_ENCRYPTION], "encryption_type", server->encryption_type))
        return false;
    for (size_t i = 0; i < region->disk_count; i++)
        if (!disk_label(arena, &labels[LABEL_KEYS + i], &region->disks[i]))
            return false;
    *out = pkr_map(labels, count);
    return true;
}

static bool describe_region(struct pkr_artifact_server *server, const struct acg_result_region *region,
                            struct pkr_value *out)
{
    struct pkr_pair *entry = pkr_arena_alloc(&server->arena, ENTRY_KEYS, sizeof *entry);
    const char *name = pkr_arena_text(&server->arena, acgp_span(region->name));
    struct pkr_value labels;
    if (entry == NULL || name == NULL || !region_labels(server, region, &labels))
        return false;
    entry[IMAGE_ID] = (struct pkr_pair){pkr_text("ImageID"), pkr_text(server->id)};
    entry[PROVIDER] = (struct pkr_pair){pkr_text("ProviderName"), pkr_text("azure")};
    entry[REGION] = (struct pkr_pair){pkr_text("ProviderRegion"), pkr_text(name)};
    entry[SOURCE] = (struct pkr_pair){pkr_text("SourceImageID"),
                                      pkr_text(server->source_id == NULL ? "" : server->source_id)};
    entry[LABELS] = (struct pkr_pair){pkr_text("Labels"), labels};
    *out = pkr_map(entry, ENTRY_KEYS);
    return true;
}

static enum acg_status describe_regions(struct pkr_artifact_server *server, const struct acg_result *result,
                                        struct acg_error *err)
{
    if (result->region_count > PKR_METADATA_REGIONS_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "more than %u regions", PKR_METADATA_REGIONS_MAX);
    server->metadata = pkr_arena_alloc(&server->arena, result->region_count, sizeof *server->metadata);
    if (server->metadata == NULL)
        return acgp_fail_nomem(err);
    for (size_t i = 0; i < result->region_count; i++) {
        if (pkr_region_missing(result, &result->regions[i]))
            continue; /* there is no image */
        if (!describe_region(server, &result->regions[i], &server->metadata[server->region_count]))
            return acgp_fail_nomem(err);
        server->region_count++;
    }
    return ACG_OK;
}

enum acg_status pkr_artifact_server_new(const struct pkr_artifact_facts *facts,
                                        struct pkr_artifact_server **out, struct acg_error *err)
{
    const struct acg_result *result = facts->result;
    struct pkr_artifact_server *server = acgp_alloc(1, sizeof *server);
    if (server == NULL) {
        pkr_tree_free(facts->generated);
        return acgp_fail_nomem(err);
    }
    pkr_arena_init(&server->arena);
    server->generated = facts->generated;
    server->id = acgp_strdup(result->version_id);
    server->text = describe(result);
    server->source_id = acgp_strdup(facts->source_id);
    server->encryption_type = acgp_strdup(result->encryption_type == NULL ? "" : result->encryption_type);
    enum acg_status status = ACG_OK;
    if (server->id == NULL || server->text == NULL || server->encryption_type == NULL ||
        (facts->source_id != NULL && server->source_id == NULL))
        status = acgp_fail_nomem(err);
    if (status == ACG_OK)
        status = pass_generated(server, facts->floats, err);
    if (status == ACG_OK)
        status = describe_regions(server, result, err);
    if (status != ACG_OK) {
        pkr_artifact_server_free(server);
        return status;
    }
    *out = server;
    return ACG_OK;
}

static struct pkr_value state_of(const struct pkr_artifact_server *server, const struct pkr_value *key)
{
    struct acg_span name;
    if (!pkr_value_as_text(key, &name))
        return pkr_nil();
    if (acgp_span_equal(name, acgp_span("generated_data")) && server->passed != NULL)
        return pkr_map(server->passed, server->passed_count);
    if (acgp_span_equal(name, acgp_span("par.artifact.metadata")) && server->region_count > 0)
        return pkr_array(server->metadata, server->region_count);
    return pkr_nil();
}

enum acg_status pkr_artifact_server_answer(const struct pkr_artifact_server *server, struct pkr_link *link,
                                           const struct pkr_link_event *call, struct acg_error *err)
{
    struct pkr_value body;
    if (pkr_link_is(call, "Artifact.BuilderId"))
        body = pkr_text(PKR_ARTIFACT_BUILDER_NAME);
    else if (pkr_link_is(call, "Artifact.Id"))
        body = pkr_text(server->id);
    else if (pkr_link_is(call, "Artifact.String"))
        body = pkr_text(server->text);
    else if (pkr_link_is(call, "Artifact.Files"))
        body = pkr_array(NULL, 0);
    else if (pkr_link_is(call, "Artifact.State"))
        body = state_of(server, call->body);
    else if (pkr_link_is(call, "Artifact.Destroy"))
        body = pkr_nil(); /* an image version outlives the build that made it */
    else
        return pkr_link_reply_unknown(link, call->call, err);
    return pkr_link_reply(link, call->call, &body, err);
}
