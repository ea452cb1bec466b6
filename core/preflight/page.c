/* SPDX-License-Identifier: MPL-2.0 */
#include "preflight/page.h"

#include <string.h>

#include "base/error.h"
#include "base/span.h"
#include "preflight/judge.h"
#include "report/report.h"
#include "json/look.h"

/* One disk of one place, ready to be shown. */
struct line {
    const struct acgp_place *place;
    struct acgp_disk disk;
    const char *set;    /* id; NULL: none */
    const char *secure; /* of the OS disk of a confidential machine; NULL: none */
    const char *cvm;    /* the same: its type */
    const char *type;   /* of the set; NULL: not known */
    const char *key;    /* URL; NULL: not known */
    const char *vault;
    const char *state; /* "Succeeded", "not read", "absent", "platform key" */
};

static const char *state_of(const struct acgp_fact *set)
{
    if (set == NULL)
        return "not read";
    switch (set->state) {
    case ACGP_FACT_READ:
        return set->set.provisioning_state != NULL ? set->set.provisioning_state : "Succeeded";
    case ACGP_FACT_ABSENT:
        return "absent";
    case ACGP_FACT_FORBIDDEN:
        return "not readable";
    default:
        return "not read";
    }
}

static struct line line_of(const struct acgp_preflight *p, const struct acgp_covered_place *place, size_t d)
{
    const struct acgp_covered_disk *disk = &place->disks[d];
    const struct acgp_place_encryption *e = &place->place->encryption;
    struct line l = {.place = place->place, .disk = disk->disk, .set = disk->set_id, .state = "platform key"};
    const struct acgp_fact *set = NULL;

    l.secure = disk->disk.os ? e->secure_vm_id : NULL;
    l.cvm = disk->disk.os ? e->cvm_type : NULL;
    if (l.set == NULL && l.secure == NULL)
        return l;
    set = acgp_facts_find(&p->facts, l.set != NULL ? l.set : l.secure);
    l.state = state_of(set);
    if (set == NULL || set->state != ACGP_FACT_READ)
        return l;
    l.type = acgp_set_type(set);
    l.key = set->set.key_url;
    l.vault = set->set.source_vault;
    return l;
}

static struct acgp_text disk_name(struct acgp_disk disk)
{
    return disk.os ? acgp_text("OS disk") : acgp_text("LUN %d", (int)disk.lun);
}

static const char *last_part(const char *id)
{
    const char *slash = id != NULL ? strrchr(id, '/') : NULL;

    return slash != NULL ? slash + 1 : id;
}

/* "vault/key" of https://vault.vault.azure.net/keys/key/version: the version says nothing to people. */
static struct acgp_text key_name(const char *url)
{
    struct acg_span rest = acgp_span(url), vault, key;
    const char *at = url != NULL ? strstr(url, "/keys/") : NULL;

    if (at == NULL || !acgp_span_starts_nocase(rest, acgp_span("https://")))
        return acgp_text("%s", url != NULL ? url : "-");
    rest = acgp_span(url + sizeof "https://" - 1);
    vault = acgp_span_cut(&rest, '.');
    rest = acgp_span(at + sizeof "/keys/" - 1);
    key = acgp_span_cut(&rest, '/');
    return acgp_text("%.*s/%.*s", (int)vault.len, vault.data, (int)key.len, key.data);
}

static void add_row(struct acgp_page *page, const struct line *l)
{
    struct acgp_text region = acgp_place_name(l->place), disk = disk_name(l->disk), key = key_name(l->key);
    const char *cells[] = {region.text,
                           disk.text,
                           last_part(l->set != NULL ? l->set : l->secure),
                           l->type != NULL ? l->type : l->cvm,
                           key.text,
                           l->state};

    acgp_page_row(page, cells, sizeof cells / sizeof cells[0]);
}

static const char *severity_word(enum acg_severity severity)
{
    return severity == ACG_SEVERITY_ERROR     ? "error"
           : severity == ACG_SEVERITY_WARNING ? "warning"
                                              : "unknown";
}

/* Errors first, what could not be checked last; each with its rule, and with Azure's own words where known.
 */
static void add_findings(struct acgp_page *page, const struct acg_findings *findings,
                         enum acg_severity severity)
{
    for (size_t i = 0; i < acg_findings_count(findings); i++) {
        const struct acg_finding *f = acg_findings_at(findings, i);
        const char *rule = acg_rule_text(f->rule), *azure = acg_rule_service_message(f->rule);
        bool error = severity == ACG_SEVERITY_ERROR;
        if (f->severity != severity)
            continue;
        acgp_page_item(page, "%s %s, %s: %s. Fix: %s", severity_word(severity), f->rule, f->field, f->message,
                       f->fix);
        if (error && rule != NULL)
            acgp_page_line(page, "  Rule: %s%s%s", rule, azure != NULL && azure[0] != '\0' ? " Azure: " : "",
                           azure != NULL ? azure : "");
    }
}

static const char *source_text(const struct acgp_publish_spec *spec, const char *id)
{
    if (spec->source.unclear)
        return "not clear";
    return id != NULL ? id : "VHD";
}

static void write_page(const struct acgp_preflight *p, const struct acg_findings *findings,
                       struct acgp_page *page)
{
    static const char *const columns[] = {"Region", "Disk", "Encryption set", "Type", "Key", "State"};
    enum acgp_resource_kind kind = ACGP_RESOURCE_OTHER;
    const char *source = acgp_preflight_source_id(p->spec, &kind), *declared = p->spec->encryption_type;

    acgp_page_heading(page, "Plan");
    acgp_page_line(page, "Version: %s", p->spec->version_id != NULL ? p->spec->version_id : "not known");
    acgp_page_line(page, "Source: %s", source_text(p->spec, source));
    acgp_page_line(page, "Home region: %s. Declared encryption: %s.",
                   p->location[0] ? p->location : "not known", declared != NULL ? declared : "none");
    acgp_page_table(page, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < p->coverage.place_count; i++)
        for (size_t d = 0; d < p->coverage.places[i].disk_count; d++) {
            struct line l = line_of(p, &p->coverage.places[i], d);
            add_row(page, &l);
        }
    if (acg_findings_count(findings) == 0) {
        acgp_page_line(page, "Nothing was found that speaks against this publish; %zu resources were read.",
                       p->facts.count);
        return;
    }
    acgp_page_heading(page, "Findings");
    add_findings(page, findings, ACG_SEVERITY_ERROR);
    add_findings(page, findings, ACG_SEVERITY_WARNING);
    add_findings(page, findings, ACG_SEVERITY_UNKNOWN);
}

/* ---- JSON: a NULL value means no memory, and makes the whole NULL ---- */

static json_t *text(const char *value)
{
    return value != NULL && value[0] != '\0' ? json_string(value) : json_null();
}

static json_t *number(int64_t value)
{
    return value > 0 ? json_integer((json_int_t)value) : json_null();
}

/* @param item given. @return false: no memory */
static bool append(json_t *list, json_t *item)
{
    return json_array_append_new(list, item) == 0;
}

static json_t *disk_object(const struct line *l)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "disk",
                     l->disk.os ? json_string("os") : json_integer(l->disk.lun), "disk_encryption_set_id",
                     text(l->set), "secure_vm_disk_encryption_set_id", text(l->secure),
                     "confidential_vm_encryption_type", text(l->cvm), "encryption_type", text(l->type),
                     "key_url", text(l->key), "key_vault_id", text(l->vault), "state", l->state);
}

static json_t *region_object(const struct acgp_preflight *p, const struct acgp_covered_place *c)
{
    const struct acgp_place *place = c->place;
    json_t *disks = json_array();
    bool fine = disks != NULL;

    for (size_t d = 0; fine && d < c->disk_count; d++) {
        struct line l = line_of(p, c, d);
        fine = append(disks, disk_object(&l));
    }
    if (!fine) {
        json_decref(disks);
        return NULL;
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", place->region, "edge_zone", text(place->zone),
                     "replicas", number(place->replicas ? place->replicas : p->spec->replica_count),
                     "storage_account_type",
                     text(place->storage_type ? place->storage_type : p->spec->storage_type), "disks", disks);
}

static json_t *region_list(const struct acgp_preflight *p)
{
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < p->coverage.place_count; i++)
        if (!append(list, region_object(p, &p->coverage.places[i]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *read_list(const struct acgp_preflight *p)
{
    static const char *const states[] = {[ACGP_FACT_ASKED] = "failed",
                                         [ACGP_FACT_READ] = "read",
                                         [ACGP_FACT_ABSENT] = "absent",
                                         [ACGP_FACT_FORBIDDEN] = "forbidden",
                                         [ACGP_FACT_FAILED] = "failed"};
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < p->facts.count; i++) {
        const struct acgp_fact *fact = p->facts.items[i];
        if (!append(list, json_pack("{s:s, s:s, s:s}", "what", acgp_fact_name(fact->kind), "id", fact->id,
                                    "state", states[fact->state]))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *finding_list(const struct acg_findings *findings, size_t counts[3])
{
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < acg_findings_count(findings); i++) {
        const struct acg_finding *f = acg_findings_at(findings, i);
        counts[f->severity]++;
        if (!append(list,
                    json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:o}", "severity", severity_word(f->severity),
                              "rule", f->rule, "field", text(f->field), "message", f->message, "fix", f->fix,
                              "rule_text", text(acg_rule_text(f->rule)), "service_message",
                              text(acg_rule_service_message(f->rule))))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *write_json(const struct acgp_preflight *p, const struct acg_findings *findings)
{
    enum acgp_resource_kind kind = ACGP_RESOURCE_OTHER;
    size_t counts[3] = {0};
    json_t *found = finding_list(findings, counts);

    return json_pack(
        "{s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:o, s:o, s:o}", "version_id", text(p->spec->version_id),
        "location", text(p->location), "encryption_type", text(p->spec->encryption_type), "source_id",
        text(acgp_preflight_source_id(p->spec, &kind)), "errors", (json_int_t)counts[ACG_SEVERITY_ERROR],
        "warnings", (json_int_t)counts[ACG_SEVERITY_WARNING], "unknown",
        (json_int_t)counts[ACG_SEVERITY_UNKNOWN], "regions", region_list(p), "read", read_list(p), "findings",
        found);
}

enum acg_status acgp_plan_report(const struct acgp_preflight *p, const struct acg_findings *findings,
                                 struct acg_report **out, struct acg_error *err)
{
    struct acgp_page page = {.count = 0};
    enum acg_status status = ACG_OK;

    write_page(p, findings, &page);
    status = acgp_report_new("plan", write_json(p, findings), &page, out, err);
    acgp_page_done(&page);
    return status;
}
