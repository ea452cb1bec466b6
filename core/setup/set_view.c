/* SPDX-License-Identifier: MPL-2.0 */
#include "setup/set_view.h"

#include <stdio.h>

#include "base/span.h"
#include "model/region.h"
#include "model/resource_id.h"
#include "setup/docs.h"
#include "json/build.h"

enum { SHOWN = 256 };

void acgp_set_view_done(struct acgp_set_view *v)
{
    acgp_des_doc_done(&v->doc);
    json_decref(v->used_by);
    v->used_by = NULL;
}

void acgp_set_view_region(const struct acgp_set_view *v, char *out, size_t size)
{
    char name[ACGP_REGION_MAX];

    if (!acgp_region_normalise(acgp_span(v->doc.location), name))
        name[0] = '\0';
    snprintf(out, size, "%s", name);
}

/* ---- for machines: NULL is out of memory, and makes the whole NULL ---- */

static json_t *text(const char *value)
{
    return value != NULL && value[0] != '\0' ? json_string(value) : json_null();
}

static json_t *span(struct acg_span value)
{
    return value.len != 0 ? json_stringn(value.data, value.len) : json_null();
}

static json_t *key_object(const struct acgp_des_doc *d)
{
    struct acgp_key_url key;

    acgp_key_url_parse(d->key_url, &key);
    struct acg_span host = key.host;
    return json_pack("{s:o, s:o, s:o, s:o}", "url", text(d->key_url), "vault",
                     span(acgp_span_cut(&host, '.')), "name", span(key.name), "version", span(key.version));
}

static json_t *rotation_object(const struct acgp_des_doc *d)
{
    json_t *enabled = d->rotates == ACG_UNSET ? json_null() : json_boolean(d->rotates == ACG_TRUE);
    json_t *error = d->rotation_error_code == NULL && d->rotation_error == NULL
                        ? json_null()
                        : json_pack("{s:o, s:o}", "code", text(d->rotation_error_code), "message",
                                    text(d->rotation_error));

    return json_pack("{s:o, s:o, s:o}", "enabled", enabled, "last", text(d->rotated), "error", error);
}

json_t *acgp_set_view_json(const struct acgp_set_view *v)
{
    const struct acgp_des_doc *d = &v->doc;
    struct acgp_resource_id id = {.levels = 0};
    char region[ACGP_REGION_MAX];
    json_t *set = json_object();

    acgp_set_view_region(v, region, sizeof region);
    (void)(d->id != NULL && acgp_resource_id_parse(acgp_span(d->id), &id));
    if (acgp_json_put(set, "id", text(d->id)) && acgp_json_put(set, "name", text(d->name)) &&
        acgp_json_put(set, "resource_group", span(id.resource_group)) &&
        acgp_json_put(set, "region", text(region)) &&
        acgp_json_put(set, "encryption_type", text(d->encryption_type)) &&
        acgp_json_put(set, "provisioning_state", text(d->provisioning_state)) &&
        acgp_json_put(set, "key", key_object(d)) && acgp_json_put(set, "vault_id", text(d->source_vault)) &&
        acgp_json_put(
            set, "identity",
            json_pack("{s:o, s:o}", "type", text(d->identity_type), "principal_id", text(d->principal_id))) &&
        acgp_json_put(set, "rotation", rotation_object(d)) &&
        acgp_json_put(set, "used_by", v->used_by != NULL ? json_incref(v->used_by) : json_null()))
        return set;
    json_decref(set);
    return NULL;
}

/* ---- for people ---- */

/* The short words of a declaration. */
static const char *type_word(const char *type)
{
    static const char *const words[][2] = {
        {"EncryptionAtRestWithCustomerKey", "customer key"},
        {"EncryptionAtRestWithPlatformAndCustomerKeys", "double"},
        {"ConfidentialVmEncryptedWithCustomerKey", "confidential"},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (acgp_equal_nocase(type, words[i][0]))
            return words[i][1];
    return type;
}

static const char *rotation_word(const struct acgp_des_doc *d)
{
    if (d->rotation_error_code != NULL || d->rotation_error != NULL)
        return "failed";
    return d->rotates == ACG_TRUE ? "on" : "off";
}

static void used_word(const struct acgp_set_view *v, char *out, size_t size)
{
    if (v->used_by == NULL)
        snprintf(out, size, "?");
    else
        snprintf(out, size, "%zu", json_array_size(v->used_by));
}

void acgp_set_view_table(struct acgp_page *page, const struct acgp_set_view *const *views, size_t count)
{
    static const char *const columns[] = {"set", "type", "key", "version", "rotation", "state", "used by"};

    acgp_page_table(page, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < count; i++) {
        const struct acgp_des_doc *d = &views[i]->doc;
        char key[SHOWN], version[SHOWN], used[32];
        struct acgp_key_url url;
        acgp_key_url_parse(d->key_url, &url);
        struct acg_span host = url.host, vault = acgp_span_cut(&host, '.');
        snprintf(key, sizeof key, "%.*s/%.*s", (int)vault.len, vault.len ? vault.data : "", (int)url.name.len,
                 url.name.len ? url.name.data : "");
        snprintf(version, sizeof version, "%.*s", (int)url.version.len,
                 url.version.len ? url.version.data : "");
        used_word(views[i], used, sizeof used);
        const char *cells[] = {d->name,          type_word(d->encryption_type), key, version,
                               rotation_word(d), d->provisioning_state,         used};
        acgp_page_row(page, cells, sizeof cells / sizeof cells[0]);
    }
}

static const char *or_dash(const char *value)
{
    return value != NULL && value[0] != '\0' ? value : "-";
}

void acgp_set_view_page(struct acgp_page *page, const struct acgp_set_view *v)
{
    const struct acgp_des_doc *d = &v->doc;

    acgp_page_heading(page, or_dash(d->name));
    acgp_page_item(page, "id: %s", or_dash(d->id));
    acgp_page_item(page, "region: %s", or_dash(d->location));
    acgp_page_item(page, "type: %s", or_dash(d->encryption_type));
    acgp_page_item(page, "state: %s", or_dash(d->provisioning_state));
    acgp_page_item(page, "key: %s", or_dash(d->key_url));
    acgp_page_item(page, "vault: %s", or_dash(d->source_vault));
    acgp_page_item(page, "rotation: %s, last %s", rotation_word(d), or_dash(d->rotated));
    if (d->rotation_error_code != NULL || d->rotation_error != NULL)
        acgp_page_item(page, "rotation failed: %s: %s", or_dash(d->rotation_error_code),
                       or_dash(d->rotation_error));
    acgp_page_item(page, "identity: %s %s", or_dash(d->identity_type), or_dash(d->principal_id));
    if (v->used_by == NULL) {
        acgp_page_line(page, "What depends on it could not be read.");
        return;
    }
    acgp_page_line(page, "%zu resources depend on it.", json_array_size(v->used_by));
    for (size_t i = 0; i < json_array_size(v->used_by); i++)
        acgp_page_item(page, "%s", or_dash(json_string_value(json_array_get(v->used_by, i))));
}
