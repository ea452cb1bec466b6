/* SPDX-License-Identifier: MPL-2.0 */
/* Ids of what is read, and what a read is called. */
#include <string.h>

#include "base/alloc.h"
#include "base/span.h"
#include "preflight/preflight.h"

const char *acgp_preflight_source_id(const struct acgp_publish_spec *spec, enum acgp_resource_kind *out_kind)
{
    const struct acgp_source_spec *source = &spec->source;
    struct acgp_resource_id id;
    const char *text = source->id;

    if (!source->whole_image)
        text = source->os_id ? source->os_id : source->data_count ? source->data[0].id : NULL;
    if (text == NULL || !acgp_resource_id_parse(acgp_span(text), &id))
        return NULL;
    *out_kind = id.kind;
    return text;
}

const char *acgp_preflight_source_field(const struct acgp_publish_spec *spec)
{
    const struct acgp_source_spec *source = &spec->source;

    if (!source->whole_image)
        return source->os_id ? "os_snapshot" : "data_snapshot[0].id";
    if (source->kind == ACGP_RESOURCE_VIRTUAL_MACHINE)
        return "virtual_machine";
    return source->kind == ACGP_RESOURCE_IMAGE_VERSION ? "image_version" : "managed_image";
}

char *acgp_preflight_gallery_id(const struct acgp_publish_spec *spec)
{
    return acgp_printf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/galleries/%s",
                       spec->subscription_id, spec->resource_group, spec->gallery);
}

char *acgp_preflight_definition_id(const char *version_id)
{
    struct acgp_resource_id id;

    /* the id ends with /versions/NAME */
    if (!acgp_resource_id_parse(acgp_span(version_id), &id) || id.levels != ACGP_RESOURCE_LEVELS_MAX)
        return acgp_strdup(version_id);
    return acgp_strndup(version_id, (size_t)(id.name[1].data + id.name[1].len - version_id));
}

char *acgp_preflight_definition_of(const struct acgp_publish_spec *spec)
{
    return acgp_printf(
        "/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/galleries/%s/images/%s",
        spec->subscription_id, spec->resource_group, spec->gallery, spec->definition);
}

char *acgp_preflight_key_id(const char *vault_id, const char *key_url)
{
    const char *at = key_url != NULL ? strstr(key_url, "/keys/") : NULL;

    if (at == NULL)
        return NULL;
    at += strlen("/keys/");
    return acgp_printf("%s/keys/%.*s", vault_id, (int)strcspn(at, "/?"), at);
}

const char *acgp_preflight_call_name(int call_kind)
{
    static const char *const names[] = {
        [ACGP_FACT_VERSION] = "reading the version",
        [ACGP_FACT_SOURCE] = "reading the source",
        [ACGP_FACT_IMAGE] = "reading the managed image",
        [ACGP_FACT_SNAPSHOT] = "reading a snapshot",
        [ACGP_FACT_SET] = "reading a disk encryption set",
        [ACGP_FACT_GALLERY] = "reading the gallery",
        [ACGP_FACT_DEFINITION] = "reading the image definition",
        [ACGP_FACT_SUBSCRIPTION] = "reading the subscription",
        [ACGP_FACT_PROVIDER] = "reading the provider Microsoft.Compute",
        [ACGP_FACT_LOCATIONS] = "reading the regions of the subscription",
        [ACGP_FACT_USAGES] = "reading the counters of a region",
        [ACGP_FACT_VAULT] = "reading a key vault",
        [ACGP_FACT_KEY] = "reading a key",
        [ACGP_FACT_DISK] = "reading a disk of the source",
        [ACGP_FACT_VERSIONS] = "reading the versions of the image definition",
    };

    return names[call_kind - ACGP_PREFLIGHT_CALLS];
}
