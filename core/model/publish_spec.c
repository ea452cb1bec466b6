/* SPDX-License-Identifier: MPL-2.0 */
#include "model/publish_spec.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"

static void encryption_done(struct acgp_place_encryption *e)
{
    acgp_free(e->every_disk_id);
    acgp_free(e->os_id);
    acgp_free(e->cvm_type);
    acgp_free(e->secure_vm_id);
    for (size_t i = 0; i < e->data_count; i++)
        acgp_free(e->data[i].id);
    acgp_free(e->data);
}

static void place_done(struct acgp_place *p)
{
    acgp_free(p->region);
    acgp_free(p->given);
    acgp_free(p->zone);
    acgp_free(p->storage_type);
    acgp_free(p->field);
    encryption_done(&p->encryption);
}

static void data_done(struct acgp_source_spec *s)
{
    for (size_t i = 0; i < s->data_count; i++) {
        acgp_free(s->data[i].id);
        acgp_free(s->data[i].vhd_uri);
        acgp_free(s->data[i].vhd_account);
    }
    acgp_free(s->data);
}

static void source_done(struct acgp_source_spec *s)
{
    acgp_free(s->id);
    acgp_free(s->os_id);
    acgp_free(s->os_vhd_uri);
    acgp_free(s->os_vhd_account);
    acgp_free(s->image_id);
    acgp_free(s->prefix);
    data_done(s);
}

/* struct acg_tag is public and therefore const, but a spec owns the texts. */
static void tag_done(struct acg_tag *tag)
{
    acgp_free((void *)(uintptr_t)tag->name);
    acgp_free((void *)(uintptr_t)tag->value);
}

static void names_done(struct acgp_publish_spec *spec)
{
    acgp_free(spec->version_id);
    acgp_free(spec->subscription_id);
    acgp_free(spec->resource_group);
    acgp_free(spec->gallery);
    acgp_free(spec->definition);
    acgp_free(spec->version);
    acgp_free(spec->version_given);
    acgp_free(spec->id_before);
    acgp_free(spec->location);
}

void acgp_publish_spec_free(struct acgp_publish_spec *spec)
{
    if (spec == NULL)
        return;
    names_done(spec);
    source_done(&spec->source);
    for (size_t i = 0; i < spec->place_count; i++)
        place_done(&spec->places[i]);
    acgp_free(spec->places);
    acgp_free(spec->encryption_type);
    acgp_free(spec->platform_key_disks);
    acgp_free(spec->storage_type);
    acgp_free(spec->end_of_life);
    acgp_free(spec->replication_mode);
    for (size_t i = 0; i < spec->tag_count; i++)
        tag_done(&spec->tags[i]);
    acgp_free(spec->tags);
    acgp_free(spec->memo);
    acgp_free(spec);
}

bool acgp_publish_spec_name(struct acgp_publish_spec *spec, const char *version)
{
    char *copy = acgp_strdup(version);
    char *id =
        acgp_printf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/galleries/%s/"
                    "images/%s/versions/%s",
                    spec->subscription_id, spec->resource_group, spec->gallery, spec->definition, version);

    if (copy == NULL || id == NULL) {
        acgp_free(copy);
        acgp_free(id);
        return false;
    }
    acgp_free(spec->version);
    if (spec->id_before == NULL)
        spec->id_before = spec->version_id;
    else
        acgp_free(spec->version_id);
    spec->version = copy;
    spec->version_id = id;
    return true;
}

static int by_lun(const void *a, const void *b)
{
    const struct acgp_data_source *x = a, *y = b;

    return (x->lun > y->lun) - (x->lun < y->lun);
}

void acgp_publish_spec_found_disks(struct acgp_publish_spec *spec, struct acgp_data_source *data,
                                   size_t data_count)
{
    data_done(&spec->source);
    spec->source.data = data;
    spec->source.data_count = data_count;
    acgp_publish_spec_sort_disks(spec);
}

void acgp_publish_spec_sort_disks(struct acgp_publish_spec *spec)
{
    struct acgp_source_spec *source = &spec->source;

    if (source->data_count > 0)
        qsort(source->data, source->data_count, sizeof *source->data, by_lun);
}

static bool encrypts(const struct acgp_place_encryption *e)
{
    if (e->every_disk_id != NULL || e->os_id != NULL || e->secure_vm_id != NULL)
        return true;
    for (size_t i = 0; i < e->data_count; i++) {
        if (e->data[i].id != NULL)
            return true;
    }
    return false;
}

bool acgp_publish_spec_encrypts(const struct acgp_publish_spec *spec)
{
    for (size_t i = 0; i < spec->place_count; i++) {
        if (encrypts(&spec->places[i].encryption))
            return true;
    }
    return false;
}
