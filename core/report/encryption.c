/* SPDX-License-Identifier: MPL-2.0 */
#include "report/encryption.h"

#include <inttypes.h>
#include <string.h>

#include "arm/version_view.h"
#include "base/alloc.h"
#include "base/span.h"
#include "http/url.h"
#include "model/end_of_life.h"
#include "model/region.h"
#include "model/words.h"
#include "json/build.h"

/* ---- one disk ---- */

/* One row of the report. Texts are borrowed; NULL: none, or not known. */
struct row {
    const char *disk; /* "OS disk", "LUN 0" */
    json_t *disk_json;
    const char *set, *cvm_type, *secure_set;
    const struct acgp_set_fact *fact; /* of set, else of secure_set */
};

static const char *type_of(const struct row *r)
{
    if (r->set == NULL && r->secure_set == NULL)
        return r->cvm_type != NULL ? r->cvm_type : ACGP_PLATFORM_KEY;
    return acgp_set_fact_type(r->fact);
}

/* "https://v.vault.azure.net" of a key's URL, in a buffer of the caller; empty: no such URL. */
static const char *vault_url(const char *key_url, char *out, size_t size)
{
    struct acgp_url url;
    size_t len = 0;

    out[0] = '\0';
    if (key_url == NULL || !acgp_url_parse(acgp_span(key_url), &url))
        return out;
    len = (size_t)(url.host.data + url.host.len - key_url);
    if (len < size) {
        memcpy(out, key_url, len);
        out[len] = '\0';
    }
    return out;
}

enum { VAULT_URL_MAX = 300 }; /* a host name has at most 253 bytes */

static json_t *text_or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? json_string(text) : json_null();
}

static bool put(json_t *object, const char *name, const char *text)
{
    return acgp_json_put(object, name, text_or_null(text));
}

static json_t *disk_object(const struct row *r)
{
    const struct acgp_des_doc *d = r->fact != NULL ? &r->fact->doc : NULL;
    char vault[VAULT_URL_MAX];
    json_t *o = json_object();
    bool fine = acgp_json_put(o, "disk", r->disk_json) && put(o, "encryption_type", type_of(r)) &&
                put(o, "disk_encryption_set_id", r->set) &&
                put(o, "confidential_vm_encryption_type", r->cvm_type) &&
                put(o, "secure_vm_disk_encryption_set_id", r->secure_set) &&
                put(o, "key_url", d ? d->key_url : NULL) &&
                put(o, "vault_url", vault_url(d ? d->key_url : NULL, vault, sizeof vault)) &&
                put(o, "vault_id", d ? d->source_vault : NULL);

    if (!fine) {
        json_decref(o);
        return NULL;
    }
    return o;
}

/* The name of a set is the last part of its id. */
static const char *last_part(const char *id)
{
    const char *slash = id != NULL ? strrchr(id, '/') : NULL;

    return slash != NULL ? slash + 1 : id;
}

static void disk_row(struct acgp_page *page, const char *place, const struct row *r, const char *state)
{
    const char *key = r->fact != NULL ? r->fact->doc.key_url : NULL;
    const char *set = r->set != NULL ? r->set : r->secure_set;
    const char *type = type_of(r);
    const char *cells[6] = {place, r->disk, last_part(set), type, key, state};

    if (type == NULL)
        cells[3] = acgp_set_reading_text(r->fact != NULL ? r->fact->reading : ACGP_SET_UNREAD);
    acgp_page_row(page, cells, 6);
}

/* ---- one place ---- */

struct shown {
    const struct acgp_encryption_facts *facts;
    struct acgp_page *page;
    json_t *regions;
};

static bool put_number(json_t *object, const char *name, struct acg_optional_int value)
{
    return acgp_json_put(object, name, value.set ? json_integer(value.value) : json_null());
}

static json_t *place_object(const struct acgp_encryption_facts *f, const struct acgp_doc_place *place,
                            const char *region, json_t *disks)
{
    const struct acgp_doc_replication *r = acgp_doc_replication_of(f->doc, place);
    struct acg_optional_int percent = r != NULL ? r->percent : (struct acg_optional_int){0};
    struct acg_optional_int replicas = place->replicas.set ? place->replicas : f->doc->replica_count;
    json_t *o = json_object();
    bool fine =
        put(o, "name", region) && put(o, "display_name", place->name) && put(o, "edge_zone", place->zone) &&
        put(o, "replication_state", r ? r->state : NULL) && put_number(o, "replication_percent", percent) &&
        put(o, "replication_details", r ? r->details : NULL) && put_number(o, "replicas", replicas) &&
        put(o, "storage_account_type", place->storage_type ? place->storage_type : f->doc->storage_type);

    if (!acgp_json_put(o, "disks", disks) || !fine) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static const char *or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
}

static bool show_disk(struct shown *s, const char *place, const char *state, struct row *r, json_t *disks)
{
    r->fact = acgp_set_facts_find(s->facts->sets, r->set != NULL ? r->set : r->secure_set);
    disk_row(s->page, place, r, state);
    return acgp_json_append(disks, disk_object(r));
}

static bool show_disks(struct shown *s, const struct acgp_doc_place *place, const char *name,
                       const char *state, json_t *disks)
{
    struct row os = {.disk = "OS disk",
                     .disk_json = json_string("os"),
                     .set = or_null(place->encryption.os_set_id),
                     .cvm_type = or_null(place->encryption.cvm_type),
                     .secure_set = or_null(place->encryption.secure_vm_set_id)};
    int64_t *luns = NULL;
    size_t count = 0;
    bool fine =
        show_disk(s, name, state, &os, disks) && acgp_version_luns(s->facts->doc, place, &luns, &count);

    for (size_t i = 0; fine && i < count; i++) {
        char *lun = acgp_printf("LUN %" PRId64, luns[i]);
        struct row data = {
            .disk = lun, .disk_json = json_integer(luns[i]), .set = acgp_doc_data_set_of(place, luns[i])};
        fine = show_disk(s, name, state, &data, disks) && lun != NULL;
        acgp_free(lun);
    }
    acgp_free(luns);
    return fine;
}

static bool show_place(struct shown *s, const struct acgp_doc_place *place)
{
    const struct acgp_doc_replication *r = acgp_doc_replication_of(s->facts->doc, place);
    char region[ACGP_REGION_MAX];
    const char *short_name = place->name;
    json_t *disks = json_array();
    char *name = NULL, *state = NULL;
    bool fine = false;

    if (place->name != NULL && acgp_region_normalise(acgp_span(place->name), region))
        short_name = region;
    name = place->zone ? acgp_printf("%s@%s", place->zone, short_name ? short_name : "?")
                       : acgp_strdup(short_name ? short_name : "?");
    state = r != NULL && r->percent.set && !acgp_equal_nocase(r->state, "Completed")
                ? acgp_printf("%s %" PRId64 " %%", r->state ? r->state : "-", r->percent.value)
                : acgp_strdup(r != NULL && r->state ? r->state : "-");
    fine = name != NULL && state != NULL && show_disks(s, place, name, state, disks);
    if (!fine)
        json_decref(disks);
    else
        fine = acgp_json_append(s->regions, place_object(s->facts, place, short_name, disks));
    acgp_free(name);
    acgp_free(state);
    return fine;
}

static bool show_places(struct shown *s)
{
    static const char *const columns[] = {"Region", "Disk", "Disk encryption set",
                                          "Type",   "Key",  "Replication"};
    const struct acgp_version_doc *doc = s->facts->doc;
    bool fine = true;

    acgp_page_table(s->page, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; fine && i < doc->regions.count; i++)
        fine = show_place(s, &acgp_doc_places(&doc->regions)[i]);
    for (size_t i = 0; fine && i < doc->zones.count; i++)
        fine = show_place(s, &acgp_doc_places(&doc->zones)[i]);
    return fine;
}

/* ---- the sets ---- */

static json_t *set_object(const struct acgp_set_fact *f)
{
    const struct acgp_des_doc *d = &f->doc;
    json_t *o = json_object();
    char vault[VAULT_URL_MAX];
    json_t *rotates = d->rotates == ACG_UNSET ? json_null() : json_boolean(d->rotates == ACG_TRUE);
    bool fine = acgp_json_put(o, "follows_key_versions", rotates) && put(o, "id", f->id) &&
                put(o, "reading", acgp_set_reading_text(f->reading)) && put(o, "location", d->location) &&
                put(o, "encryption_type", acgp_set_fact_type(f)) &&
                put(o, "provisioning_state", d->provisioning_state) && put(o, "key_url", d->key_url) &&
                put(o, "key_version",
                    strstr(d->key_url ? d->key_url : "", "/keys/") ? last_part(d->key_url) : NULL) &&
                put(o, "vault_url", vault_url(d->key_url, vault, sizeof vault)) &&
                put(o, "vault_id", d->source_vault) && put(o, "identity_type", d->identity_type) &&
                put(o, "last_key_rotation", d->rotated) &&
                put(o, "key_rotation_error", d->rotation_error ? d->rotation_error : d->rotation_error_code);

    if (!fine) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static bool show_sets(struct shown *s, json_t *sets)
{
    static const char *const columns[] = {"Disk encryption set", "Region", "State", "Rotates", "Vault", "Id"};
    const struct acgp_set_facts *facts = s->facts->sets;
    bool fine = true;

    if (facts->count != 0)
        acgp_page_table(s->page, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; fine && i < facts->count; i++) {
        const struct acgp_set_fact *f = &facts->items[i];
        const struct acgp_des_doc *d = &f->doc;
        char vault[VAULT_URL_MAX];
        const char *state = f->reading != ACGP_SET_READ ? acgp_set_reading_text(f->reading)
                            : d->rotation_error_code    ? "key rotation failed"
                                                        : d->provisioning_state;
        const char *cells[6] = {last_part(f->id),
                                f->place,
                                state,
                                "-",
                                or_null(vault_url(d->key_url, vault, sizeof vault)),
                                f->id};
        if (d->rotates != ACG_UNSET)
            cells[3] = d->rotates == ACG_TRUE ? "yes" : "no";
        acgp_page_row(s->page, cells, 6);
        fine = acgp_json_append(sets, set_object(f));
    }
    return fine;
}

/* ---- findings ---- */

static const char *severity_word(const struct acg_finding *f)
{
    return f->severity == ACG_SEVERITY_ERROR ? "error" : "warning";
}

static bool show_findings(struct shown *s, json_t *list)
{
    const struct acg_finding *f = NULL;
    bool fine = true;

    if (s->facts->findings == NULL || acg_findings_count(s->facts->findings) == 0)
        return true;
    acgp_page_heading(s->page, "Findings");
    for (size_t i = 0; fine && (f = acg_findings_at(s->facts->findings, i)) != NULL; i++) {
        acgp_page_item(s->page, "%s: %s (%s). Fix: %s", severity_word(f), f->message, f->rule, f->fix);
        fine = acgp_json_append(list, json_pack("{s:s, s:s, s:s, s:s}", "severity", severity_word(f), "rule",
                                                f->rule, "message", f->message, "fix", f->fix));
    }
    return fine;
}

/* ---- the whole ---- */

static bool put_head(json_t *o, const struct acgp_encryption_facts *f)
{
    char time[ACGP_TIME_MAX] = "";

    acgp_time_text(f->read_unix_s, time);
    return put(o, "version_id", f->version_id) && put(o, "verdict", f->verdict) &&
           acgp_json_put(o, "compared", json_boolean(f->compared)) && put(o, "read_at", time) &&
           put(o, "location", f->doc->location) && put(o, "provisioning_state", f->doc->provisioning_state) &&
           put(o, "replication_state", f->doc->aggregated_state) &&
           put(o, "published_date", f->doc->published);
}

enum acg_status acgp_encryption_report(const char *kind, const struct acgp_encryption_facts *facts,
                                       struct acg_report **out, struct acg_error *err)
{
    struct acgp_page page = {0};
    struct shown s = {.facts = facts, .page = &page, .regions = json_array()};
    json_t *o = json_object(), *sets = json_array(), *findings = json_array();
    char time[ACGP_TIME_MAX] = "";
    enum acg_status status = ACG_OK;
    bool fine = put_head(o, facts);

    acgp_time_text(facts->read_unix_s, time);
    acgp_page_heading(&page, "Encryption of an image version");
    acgp_page_line(&page, "%s", facts->version_id);
    acgp_page_line(&page, "%s, read back %s: %s",
                   facts->doc->provisioning_state ? facts->doc->provisioning_state : "state unknown", time,
                   facts->verdict);
    fine = fine && show_places(&s) && show_sets(&s, sets) && show_findings(&s, findings);
    fine = acgp_json_put(o, "regions", s.regions) && fine;
    fine = acgp_json_put(o, "disk_encryption_sets", sets) && fine;
    fine = acgp_json_put(o, "findings", findings) && fine;
    if (!fine) {
        json_decref(o);
        o = NULL;
    }
    status = acgp_report_new(kind, o, &page, out, err);
    acgp_page_done(&page);
    return status;
}
