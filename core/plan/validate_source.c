/* SPDX-License-Identifier: MPL-2.0 */
/* Where the disks come from: exactly one style (R21), the right types (R12, R23, R24), nothing twice (R25).
 */
#include <string.h>

#include "base/alloc.h"
#include "base/span.h"
#include "model/names.h"
#include "plan/check.h"

static const struct acgp_id_rule managed_image_rule = {
    .rule = "R23",
    /* The Azure CLI takes ids of all three here, and so does the service. */
    .kinds = {ACGP_RESOURCE_MANAGED_IMAGE, ACGP_RESOURCE_VIRTUAL_MACHINE, ACGP_RESOURCE_IMAGE_VERSION},
    .name_kind = ACGP_RESOURCE_MANAGED_IMAGE,
    .name_fault = acgp_name_fault_compute,
    .expects = "a managed image",
};
static const struct acgp_id_rule virtual_machine_rule = {
    .rule = "R23", .kinds = {ACGP_RESOURCE_VIRTUAL_MACHINE}, .expects = "a virtual machine"};
static const struct acgp_id_rule image_version_rule = {
    .rule = "R23", .kinds = {ACGP_RESOURCE_IMAGE_VERSION}, .expects = "a gallery image version"};
static const struct acgp_id_rule disk_rule = {
    .rule = "R24",
    .kinds = {ACGP_RESOURCE_SNAPSHOT, ACGP_RESOURCE_DISK},
    .name_kind = ACGP_RESOURCE_SNAPSHOT,
    .name_fault = acgp_name_fault_compute,
    .expects = "a snapshot or a managed disk",
};
static const struct acgp_id_rule snapshots_of_rule = {
    .rule = "snapshots",
    .kinds = {ACGP_RESOURCE_MANAGED_IMAGE},
    .name_kind = ACGP_RESOURCE_MANAGED_IMAGE,
    .name_fault = acgp_name_fault_compute,
    .expects = "a managed image",
};
static const struct acgp_id_rule prefix_rule = {
    .rule = "snapshots",
    .kinds = {ACGP_RESOURCE_SNAPSHOT},
    .name_kind = ACGP_RESOURCE_SNAPSHOT,
    .name_fault = acgp_name_fault_compute,
    .expects = "a snapshot",
};
static const struct acgp_id_rule account_rule = {
    .rule = "config",
    .kinds = {ACGP_RESOURCE_STORAGE_ACCOUNT},
    .name_kind = ACGP_RESOURCE_STORAGE_ACCOUNT,
    .name_fault = acgp_name_fault_storage_account,
    .expects = "a storage account",
};

/* A disk or blob that was named and is well-formed, for R25. */
struct origin {
    const char *what; /* borrowed from the spec */
    bool blob;
    struct acgp_text field;
};

/* What the per-disk part collects. */
struct origins {
    struct origin *items;
    size_t count;
};

static void add_origin(struct origins *list, const char *what, bool blob, const char *field)
{
    list->items[list->count++] = (struct origin){what, blob, acgp_text("%s", field)};
}

static void whole_image(struct acgp_check *c, const char *field, const char *text,
                        const struct acgp_id_rule *rule)
{
    struct acgp_source_spec *s = &c->spec->source;
    struct acgp_resource_id id;
    char *copy = NULL;
    bool ok = false;

    if (text == NULL)
        return;
    copy = acgp_check_id(c, rule, field, text, NULL, &id, &ok);
    s->whole_image = true;
    if (s->id != NULL) { /* a second one: R21 is found elsewhere */
        acgp_free(copy);
        return;
    }
    s->id = copy;
    s->kind = ok ? id.kind : ACGP_RESOURCE_OTHER;
    c->source_field = field;
}

static const char *url_fault(const char *url)
{
    struct acg_span rest = acgp_span(url);
    struct acg_span host = {0};

    for (size_t i = 0; i < rest.len; i++) {
        if ((unsigned char)rest.data[i] <= 0x20 || (unsigned char)rest.data[i] >= 0x7f)
            return "holds a character that no URL has";
    }
    if (!acgp_span_starts_nocase(rest, acgp_span("https://")))
        return "does not begin with https://";
    rest = acgp_span_of(url + 8, rest.len - 8);
    host = acgp_span_cut(&rest, '/');
    if (host.len == 0 || rest.len == 0)
        return "names no blob";
    if (strchr(url, '@') != NULL || strchr(url, '?') != NULL || strchr(url, '#') != NULL)
        return "holds more than the address of the blob; a signed URL is a secret, and Azure needs none, "
               "since "
               "the storage account is named";
    return NULL;
}

/* A VHD needs both its URL and its account. */
static void vhd(struct acgp_check *c, const char *prefix, const char *uri, const char *account,
                char **out_uri, char **out_account, struct origins *origins)
{
    struct acgp_text uri_field = acgp_text("%svhd_uri", prefix);
    struct acgp_text account_field = acgp_text("%svhd_storage_account", prefix);
    const char *fault = uri != NULL ? url_fault(uri) : NULL;
    bool ok = false;

    if (uri == NULL)
        acgp_fault(c, "config", uri_field.text, "write the https URL of the page blob",
                   "a storage account is named without the VHD in it");
    if (account == NULL)
        acgp_fault(c, "config", account_field.text, "write the name or id of the storage account of the blob",
                   "a VHD is named without its storage account");
    if (fault != NULL)
        acgp_fault(c, "config", uri_field.text,
                   "write https://ACCOUNT.blob.core.windows.net/CONTAINER/NAME.vhd", "%s %s",
                   acgp_shown(uri).text, fault);
    *out_uri = acgp_check_copy(c, uri);
    if (account != NULL)
        *out_account = acgp_check_id(c, &account_rule, account_field.text, account, NULL, NULL, &ok);
    if (uri != NULL && fault == NULL && *out_uri != NULL)
        add_origin(origins, *out_uri, true, uri_field.text);
}

static void os_disk(struct acgp_check *c, struct origins *origins)
{
    const struct acg_source *given = &c->opts->source;
    struct acgp_source_spec *s = &c->spec->source;
    bool ok = false;

    if (given->os_snapshot != NULL) {
        s->os_id = acgp_check_id(c, &disk_rule, "os_snapshot", given->os_snapshot, NULL, NULL, &ok);
        if (ok)
            add_origin(origins, s->os_id, false, "os_snapshot");
    }
    if (given->os_vhd_uri != NULL || given->os_vhd_storage_account != NULL)
        vhd(c, "os_", given->os_vhd_uri, given->os_vhd_storage_account, &s->os_vhd_uri, &s->os_vhd_account,
            origins);
    if (given->os_snapshot != NULL && given->os_vhd_uri != NULL)
        acgp_fault(c, "R21", "os_vhd_uri", "leave os_snapshot or the VHD out",
                   "the OS disk has two sources, os_snapshot and os_vhd_uri");
}

static void data_disk(struct acgp_check *c, size_t i, struct acgp_data_source *out, struct origins *origins)
{
    const struct acg_data_disk_source *given = &c->opts->source.data_disks[i];
    struct acgp_text prefix = acgp_text("data_snapshot[%zu].", i);
    struct acgp_text id_field = acgp_text("%sid", prefix.text);
    bool is_vhd = given->vhd_uri != NULL || given->vhd_storage_account != NULL;
    bool ok = false;

    if (!acgp_check_lun(c, acgp_text("%slun", prefix.text).text, given->lun, &out->lun))
        c->source_clear = false;
    if (given->id != NULL) {
        out->id = acgp_check_id(c, &disk_rule, id_field.text, given->id, NULL, NULL, &ok);
        if (ok)
            add_origin(origins, out->id, false, id_field.text);
    }
    if (is_vhd)
        vhd(c, prefix.text, given->vhd_uri, given->vhd_storage_account, &out->vhd_uri, &out->vhd_account,
            origins);
    if (given->id != NULL && is_vhd)
        acgp_fault(c, "R21", id_field.text, "leave the id or the VHD out",
                   "the data disk has two sources, an id and a VHD");
    if (given->id == NULL && !is_vhd)
        acgp_fault(c, "config", id_field.text, "write the name or id of its snapshot, or the id of its disk",
                   "the data disk has no source");
}

static bool same_origin(const struct origin *a, const struct origin *b)
{
    if (a->blob != b->blob)
        return false;
    return a->blob ? strcmp(a->what, b->what) == 0 : acgp_resource_id_equal(a->what, b->what);
}

static void check_distinct(struct acgp_check *c, const struct origins *list)
{
    for (size_t i = 1; i < list->count; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct origin *a = &list->items[k];
            const struct origin *b = &list->items[i];

            if (!same_origin(a, b))
                continue;
            acgp_fault(c, "R25", b->field.text, "name each disk's own source",
                       "%s is named for two disks, here and in %s; each disk has a source of its own",
                       acgp_shown(b->what).text, a->field.text);
            break;
        }
    }
}

/* LUNs of good entries, each once. */
static void check_luns(struct acgp_check *c)
{
    const struct acg_source *given = &c->opts->source;
    bool seen[ACGP_LUN_MAX + 1] = {false};

    for (size_t i = 0; i < given->data_disk_count; i++) {
        struct acg_optional_int lun = given->data_disks[i].lun;

        if (!lun.set || lun.value < 0 || lun.value > ACGP_LUN_MAX)
            continue;
        if (seen[lun.value]) {
            c->source_clear = false;
            acgp_fault(c, "R25", acgp_text("data_snapshot[%zu].lun", i).text,
                       "give each data disk the LUN that it has in the source",
                       "LUN %d is given to two data disks", (int)lun.value);
        }
        seen[lun.value] = true;
    }
}

static void per_disk(struct acgp_check *c)
{
    const struct acg_source *given = &c->opts->source;
    struct acgp_source_spec *s = &c->spec->source;
    struct origins origins = {0};

    /* each disk may wrongly name both an id and a VHD */
    origins.items = acgp_check_alloc(c, 2 * (given->data_disk_count + 1), sizeof *origins.items);
    s->data = acgp_check_alloc(c, given->data_disk_count, sizeof *s->data);
    if (origins.items == NULL || s->data == NULL)
        goto out;
    s->data_count = given->data_disk_count;
    os_disk(c, &origins);
    for (size_t i = 0; i < s->data_count; i++)
        data_disk(c, i, &s->data[i], &origins);
    check_luns(c);
    check_distinct(c, &origins);
    acgp_publish_spec_sort_disks(c->spec);
out:
    acgp_free(origins.items);
}

/* The image behind the snapshots, and the beginning of their names. */
static void snapshots(struct acgp_check *c)
{
    const struct acg_source *given = &c->opts->source;
    struct acgp_source_spec *s = &c->spec->source;
    bool ok = false;

    if (given->snapshots_of != NULL)
        s->image_id =
            acgp_check_id(c, &snapshots_of_rule, "snapshots_of", given->snapshots_of, NULL, NULL, &ok);
    if (given->data_snapshot_prefix != NULL)
        s->prefix = acgp_check_id(c, &prefix_rule, "data_snapshot_prefix", given->data_snapshot_prefix, NULL,
                                  NULL, &ok);
    if (given->snapshots_of != NULL && given->os_snapshot == NULL)
        acgp_fault(
            c, "snapshots", "snapshots_of",
            "name the snapshot of the image's OS disk as os_snapshot; to publish the image itself, name "
            "it as managed_image",
            "names the image whose disks were copied, but no copy is named");
    if (given->data_snapshot_prefix != NULL && given->snapshots_of == NULL)
        acgp_fault(
            c, "snapshots", "data_snapshot_prefix",
            "name the managed image as snapshots_of, or the snapshots with their LUNs as data_snapshots",
            "the order of snapshots does not tell their LUNs; the image that they were taken beside does");
    if (given->data_snapshot_prefix != NULL && given->data_disk_count > 0)
        acgp_fault(c, "snapshots", "data_snapshot_prefix", "keep one of the two",
                   "stands beside data disks that are named one by one");
}

static bool names_os(const struct acg_source *s)
{
    return s->os_snapshot != NULL || s->os_vhd_uri != NULL || s->os_vhd_storage_account != NULL;
}

/* "managed_image, single disks" */
static struct acgp_text styles_named(const struct acg_source *s)
{
    struct acgp_text list =
        acgp_text("%s%s%s%s", s->managed_image ? ", managed_image" : "",
                  s->virtual_machine ? ", virtual_machine" : "", s->image_version ? ", image_version" : "",
                  names_os(s) || s->data_disk_count > 0 ? ", single disks" : "");

    return acgp_text("%s", list.text + 2);
}

/* R21. @return is it exactly one style, so that the disks of the source can be judged? */
static bool one_style(struct acgp_check *c)
{
    const struct acg_source *s = &c->opts->source;
    bool disks = names_os(s) || s->data_disk_count > 0;
    int styles =
        (s->managed_image != NULL) + (s->virtual_machine != NULL) + (s->image_version != NULL) + disks;

    if (styles == 0) {
        acgp_fault(c, "R21", "source",
                   "set managed_image, virtual_machine, image_version, or os_snapshot with its data disks",
                   "no source is named");
    } else if (styles > 1) {
        acgp_fault(
            c, "R21", "source", "keep one of them",
            "%d kinds of source are named (%s); exactly one is allowed: a whole image, or single disks",
            styles, styles_named(s).text);
    } else if (disks && !names_os(s)) {
        acgp_fault(c, "R21", "os_snapshot", "name the snapshot or disk of the OS too",
                   "data disks are named, but no OS disk; an image has one");
        return false;
    }
    return styles == 1;
}

void acgp_check_source(struct acgp_check *c)
{
    const struct acg_source *s = &c->opts->source;

    c->spec->source.unclear = s->known_later;
    if (s->known_later)
        return;
    c->source_clear = one_style(c);
    whole_image(c, "managed_image", s->managed_image, &managed_image_rule);
    whole_image(c, "virtual_machine", s->virtual_machine, &virtual_machine_rule);
    whole_image(c, "image_version", s->image_version, &image_version_rule);
    if (names_os(s) || s->data_disk_count > 0)
        per_disk(c);
    snapshots(c);
    c->spec->source.unclear =
        !c->source_clear || (c->spec->source.whole_image && c->spec->source.kind == ACGP_RESOURCE_OTHER);
}
