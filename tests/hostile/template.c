/* SPDX-License-Identifier: MPL-2.0 */
#include "hostile/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GALLERY                                                                                              \
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/Microsoft.Compute/" \
    "galleries/Golden/images/web/versions/1.4.0"
enum { HEAVY_TAGS = 40 };

#define SETS "disk_encryption_set_id"

/* As tests/unit/publish/data answers it. */
static const char blocks[] =
    "{\"gallery_image_version_id\":\"" GALLERY "\",\"location\":\"westus\",\"replica_count\":1,"
    "\"end_of_life_date\":\"2028-01-31T00:00:00Z\",\"exclude_from_latest\":true,\"tags\":{\"commit\":"
    "\"4f1c2\"},"
    "\"target_region\":[{\"name\":\"West US\",\"replicas\":2,\"storage_account_type\":\"standard_zrs\","
    "\"os_disk\":{\"" SETS "\":\"westus-os\"},\"data_disk\":[{\"lun\":0,\"" SETS "\":\"westus-data\"}]},"
    "{\"name\":\"eastus2\",\"exclude_from_latest\":true,\"os_disk\":{\"" SETS "\":\"eastus2-all\"},"
    "\"data_disk\":[{\"lun\":0,\"" SETS "\":\"eastus2-all\"}]}]}";
static const char compact[] =
    "{\"gallery_image_version_id\":\"" GALLERY "\",\"location\":\"westus\",\"wait\":\"accepted\","
    "\"target_regions\":[\"westus=2=standard_zrs\",\"eastus2\"],\"data_snapshots\":null,"
    "\"disk_encryption_sets\":{\"westus/os\":\"westus-os\",\"westus/"
    "0\":\"westus-data\",\"eastus2\":\"eastus2-all\"}}";

static void set_text(json_t *object, const char *key, const char *text)
{
    if (json_object_set_new(object, key, json_string(text)) != 0)
        abort();
}

/* A value that this field hardly expects. */
static json_t *odd_value(struct dice *d)
{
    static const char *const texts[] = {"",   "<unknown>", "{{ .ID }}",    "{{",
                                        "-1", "1e400",     "\xc3\xa9\n\t", "/"};
    static char endless[5000];

    switch (dice_below(d, 8)) {
    case 0:
        return json_null();
    case 1:
        return json_integer((json_int_t)dice_roll(d));
    case 2:
        return json_real(-0.5);
    case 3:
        return json_boolean(dice_chance(d, 50));
    case 4:
        return json_pack("[s,[],{}]", "x");
    case 5:
        return json_pack("{s:s,s:n}", "", "x", "name");
    case 6:
        memset(endless, '/', sizeof endless - 1);
        return json_string(endless);
    default:
        return json_string(texts[dice_below(d, sizeof texts / sizeof texts[0])]);
    }
}

/* One field is of another kind, or gone, or new. */
static void make_odd(json_t *object, struct dice *d)
{
    size_t n = dice_below(d, json_object_size(object) + 1);
    void *at = json_object_iter(object);

    for (; at != NULL && n > 0; n--)
        at = json_object_iter_next(object, at);
    const char *key = at == NULL ? "galery_name" : json_object_iter_key(at);
    if (at != NULL && dice_chance(d, 20))
        (void)json_object_del(object, key);
    else
        (void)json_object_set_new(object, key, odd_value(d));
}

static const char *const heavy_texts[] = {
    "{{range $i := 60}}{{$x := printf \"%250000d\" 1}}{{end}}",
    "{{range $i := 1000000000}}{{range $j := 1000000000}}{{$x := $j}}{{end}}{{end}}",
    "{{define \"a\"}}{{template \"a\"}}{{end}}{{template \"a\"}}",
    "{{ printf \"%9999999d\" 1 | replace_all \" \" \"        \" | upper }}",
};

/* Every tag is such a template, so that one configuration holds many of them. */
static void make_heavy(json_t *object, struct dice *d)
{
    json_t *tags = json_object();
    char key[] = "tag-00";

    for (size_t i = 0; i < HEAVY_TAGS; i++) {
        key[4] = (char)('0' + i / 10);
        key[5] = (char)('0' + i % 10);
        set_text(tags, key, heavy_texts[dice_below(d, sizeof heavy_texts / sizeof heavy_texts[0])]);
    }
    if (json_object_set_new(object, "tags", tags) != 0)
        abort();
}

/* ---- From JSON to values. ---- */

static struct pkr_value convert(struct template *t, const json_t *json);

static struct pkr_value convert_array(struct template *t, const json_t *json)
{
    size_t first = t->item_count, n = json_array_size(json);

    t->item_count += n;
    if (t->item_count > TEMPLATE_VALUES)
        abort();
    for (size_t i = 0; i < n; i++)
        t->items[first + i] = convert(t, json_array_get(json, i));
    return pkr_array(t->items + first, n);
}

static struct pkr_value convert_object(struct template *t, const json_t *json)
{
    size_t first = t->pair_count, i = 0;
    json_t *object = (json_t *)(uintptr_t)json;

    t->pair_count += json_object_size(json);
    if (t->pair_count > TEMPLATE_VALUES)
        abort();
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at), i++) {
        struct pkr_value value = convert(t, json_object_iter_value(at));
        t->pairs[first + i] = (struct pkr_pair){pkr_text(json_object_iter_key(at)), value};
    }
    return pkr_map(t->pairs + first, i);
}

static struct pkr_value convert(struct template *t, const json_t *json)
{
    if (json_is_object(json))
        return convert_object(t, json);
    if (json_is_array(json))
        return convert_array(t, json);
    if (json_is_boolean(json))
        return pkr_bool(json_is_true(json));
    if (json_is_number(json))
        return pkr_float(json_number_value(json)); /* as Packer sends numbers of JSON templates */
    return pkr_text(json_string_value(json));
}

/* ---- The two forms. ---- */

static size_t make_json(struct template *t)
{
    json_t *common = json_pack("{s:s,s:s,s:b,s:{s:s}}", "packer_build_name", "golden", "packer_builder_type",
                               "azure-arm", "packer_debug", 0, "packer_user_variables", "", "");
    json_t *placeholders = json_pack("{s:s}", "PackerRunUUID", "Build_PackerRunUUID. To set this ...");
    json_t *all = json_pack("[O,o,o]", t->json, common, placeholders);

    if (all == NULL)
        abort();
    json_decref(t->json);
    t->json = all;
    for (size_t i = 0; i < 3; i++)
        t->elements[i] = convert(t, json_array_get(all, i));
    return 3;
}

static size_t make_hcl(struct template *t)
{
    json_t *cty = json_pack("{s:o,s:s}", "value", t->json, "type", "dynamic");

    t->json = cty;
    t->text = json_dumps(cty, JSON_COMPACT);
    if (t->text == NULL)
        abort();
    t->pairs[0] = (struct pkr_pair){pkr_text("packer_build_name"), pkr_text("golden")};
    t->elements[0] = pkr_map(t->pairs, 1);
    t->elements[1] = pkr_bin((struct acg_span){t->text, strlen(t->text)});
    return 2;
}

void template_make(const struct plan *plan, const char *endpoint, struct dice *dice, struct template *out)
{
    static const char *const kinds[] = {"managed_image", "snapshots", "image_version", "disks"};
    size_t count = 0;

    *out = (struct template){.json = json_loads(plan->blocks ? blocks : compact, 0, NULL)};
    if (out->json == NULL)
        abort();
    set_text(out->json, "resource_manager_endpoint", endpoint);
    set_text(out->json, "authority_host", endpoint);
    if (plan->source)
        set_text(out->json, "managed_image", TEMPLATE_IMAGE);
    if (plan->deletes && json_object_set_new(out->json, "delete_version_on_destroy", json_true()) != 0)
        abort();
    if (plan->kind)
        set_text(out->json, "artifact_source", kinds[dice_below(dice, sizeof kinds / sizeof kinds[0])]);
    if (plan->heavy)
        make_heavy(out->json, dice);
    if (plan->odd_config)
        make_odd(out->json, dice);
    count = plan->form == FORM_JSON ? make_json(out) : make_hcl(out);
    out->configs[0] = (struct pkr_pair){pkr_text("Configs"), pkr_array(out->elements, count)};
    out->body = pkr_map(out->configs, 1);
}

void template_done(struct template *t)
{
    json_decref(t->json);
    free(t->text);
}
