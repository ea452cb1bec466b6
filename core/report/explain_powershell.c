/* SPDX-License-Identifier: MPL-2.0 */
/* New-AzGalleryImageVersion, with its hashtables in variables as in Microsoft's how-to. */
#include <string.h>

#include "report/explain_parts.h"

/* ---- texts ---- */

/* Bytes at text that PowerShell reads as a single quote: typographic ones (U+2018 to U+201B) too. */
static size_t quote_length(const char *text)
{
    if (*text == '\'')
        return 1;
    return strncmp(text, "\xe2\x80", 2) == 0 && text[2] >= '\x98' && text[2] <= '\x9b' ? 3 : 0;
}

/* Between single quotes only a quote means something, and two of them mean one. */
static void put_quoted(struct acgp_buf *out, const char *text, size_t len)
{
    const char *end = text + len;

    acgp_buf_append(out, "'", 1);
    while (text < end) {
        size_t quote = quote_length(text);
        acgp_buf_append(out, text, quote);
        acgp_buf_append(out, text, quote > 0 ? quote : 1);
        text += quote > 0 ? quote : 1;
    }
    acgp_buf_append(out, "'", 1);
}

/* Control characters stand by number, so that a terminal shows them: ('a' + [char]10 + 'b'). */
static void put_text(struct acgp_buf *out, const char *text)
{
    bool whole = strpbrk(text, acgp_explain_controls) == NULL;

    if (whole) {
        put_quoted(out, text, strlen(text));
        return;
    }
    acgp_buf_append(out, "(", 1);
    for (;;) {
        size_t len = strcspn(text, acgp_explain_controls);
        put_quoted(out, text, len);
        text += len;
        if (*text == '\0')
            break;
        acgp_buf_printf(out, " + [char]%d + ", (int)(unsigned char)*text++);
    }
    acgp_buf_append(out, ")", 1);
}

/* ---- hashtables ---- */

/* One @{...} at work. */
struct table {
    struct acgp_buf *out;
    bool any;
};

static struct table table_begin(struct acgp_buf *out)
{
    acgp_buf_text(out, "@{");
    return (struct table){.out = out};
}

static void table_end(const struct table *t)
{
    acgp_buf_append(t->out, "}", 1);
}

static void key(struct table *t, const char *name)
{
    acgp_buf_printf(t->out, "%s%s=", t->any ? "; " : "", name);
    t->any = true;
}

static void text(struct table *t, const char *name, const char *value)
{
    if (value == NULL)
        return;
    key(t, name);
    put_text(t->out, value);
}

static void number(struct table *t, const char *name, int value)
{
    key(t, name);
    acgp_buf_printf(t->out, "%d", value);
}

/* ---- places: $osDisk1, $dataDisks1, $encryption1, $region1 ---- */

static bool has_os(const struct acgp_covered_place *c)
{
    const struct acgp_place_encryption *e = &c->place->encryption;

    return acgp_explain_os_set(c) != NULL || e->cvm_type != NULL || e->secure_vm_id != NULL;
}

static void os_disk(struct acgp_buf *out, const struct acgp_covered_place *c, size_t n)
{
    acgp_buf_printf(out, "$osDisk%zu = ", n);
    struct table t = table_begin(out);
    text(&t, "DiskEncryptionSetId", acgp_explain_os_set(c));
    text(&t, "CVMEncryptionType", c->place->encryption.cvm_type);
    text(&t, "CVMDiskEncryptionSetID", c->place->encryption.secure_vm_id);
    table_end(&t);
    acgp_buf_text(out, "\n");
}

/* @return whether there is one. */
static bool data_disks(struct acgp_buf *out, const struct acgp_covered_place *c, size_t n)
{
    bool any = false;

    for (size_t i = 0; i < c->disk_count; i++) {
        if (c->disks[i].disk.os || c->disks[i].set_id == NULL)
            continue;
        if (any)
            acgp_buf_text(out, ", ");
        else
            acgp_buf_printf(out, "$dataDisks%zu = @(", n);
        any = true;
        struct table t = table_begin(out);
        text(&t, "DiskEncryptionSetId", c->disks[i].set_id);
        number(&t, "Lun", (int)c->disks[i].disk.lun);
        table_end(&t);
    }
    if (any)
        acgp_buf_text(out, ")\n");
    return any;
}

/* @return whether there is any. */
static bool encryption(struct acgp_buf *out, const struct acgp_covered_place *c, size_t n)
{
    bool os = has_os(c);

    if (os)
        os_disk(out, c, n);
    bool data = data_disks(out, c, n);
    if (os && data)
        acgp_buf_printf(out, "$encryption%zu = @{OSDiskImage=$osDisk%zu; DataDiskImages=$dataDisks%zu}\n", n,
                        n, n);
    else if (os)
        acgp_buf_printf(out, "$encryption%zu = @{OSDiskImage=$osDisk%zu}\n", n, n);
    else if (data)
        acgp_buf_printf(out, "$encryption%zu = @{DataDiskImages=$dataDisks%zu}\n", n, n);
    return os || data;
}

static void extended_location(struct table *t, const char *zone)
{
    key(t, "ExtendedLocation");
    struct table inner = table_begin(t->out);
    text(&inner, "Name", zone);
    text(&inner, "Type", "EdgeZone");
    table_end(&inner);
}

static void place(struct acgp_buf *out, const struct acgp_covered_place *c, size_t n)
{
    const struct acgp_place *p = c->place;
    bool encrypted = encryption(out, c, n);

    acgp_buf_printf(out, "$%s%zu = ", p->zone != NULL ? "zone" : "region", n);
    struct table t = table_begin(out);
    text(&t, "Name", p->given);
    if (p->zone != NULL)
        extended_location(&t, p->zone);
    if (p->replicas != 0)
        number(&t, "ReplicaCount", (int)p->replicas);
    text(&t, "StorageAccountType", p->storage_type);
    if (p->exclude_from_latest != ACG_UNSET) {
        key(&t, "ExcludeFromLatest");
        acgp_buf_text(out, p->exclude_from_latest == ACG_TRUE ? "$true" : "$false");
    }
    if (encrypted) {
        key(&t, "Encryption");
        acgp_buf_printf(out, "$encryption%zu", n);
    }
    table_end(&t);
    acgp_buf_text(out, "\n");
}

static bool has_place(const struct acgp_coverage *c, bool zones)
{
    for (size_t i = 0; i < c->place_count; i++)
        if ((c->places[i].place->zone != NULL) == zones)
            return true;
    return false;
}

/* $NAME = @($region1, $region2) */
static void place_list(struct acgp_buf *out, const struct acgp_coverage *c, const char *name, bool zones)
{
    bool any = false;

    if (!has_place(c, zones))
        return;
    acgp_buf_printf(out, "$%s = @(", name);
    for (size_t i = 0; i < c->place_count; i++) {
        if ((c->places[i].place->zone != NULL) != zones)
            continue;
        acgp_buf_printf(out, "%s$%s%zu", any ? ", " : "", zones ? "zone" : "region", i + 1);
        any = true;
    }
    acgp_buf_text(out, ")\n");
}

/* ---- the command ---- */

static void parameter(struct acgp_buf *out, const char *name, const char *value)
{
    if (value == NULL)
        return;
    acgp_buf_printf(out, " `\n    -%s ", name);
    put_text(out, value);
}

static void disk_source(struct acgp_buf *out, const char *id, const char *uri, const char *account)
{
    acgp_buf_text(out, "Source=");
    struct table t = table_begin(out);
    text(&t, "Id", id);
    text(&t, "Uri", uri);
    text(&t, "StorageAccountId", account);
    table_end(&t);
}

static void disks(struct acgp_buf *out, const struct acgp_source_spec *s)
{
    if (s->os_id != NULL || s->os_vhd_uri != NULL) {
        acgp_buf_text(out, " `\n    -OSDiskImage @{");
        disk_source(out, s->os_id, s->os_vhd_uri, s->os_vhd_account);
        acgp_buf_text(out, "}");
    }
    for (size_t i = 0; i < s->data_count; i++) {
        acgp_buf_printf(out, "%s@{Lun=%d; ", i == 0 ? " `\n    -DataDiskImage @(" : ", ",
                        (int)s->data[i].lun);
        disk_source(out, s->data[i].id, s->data[i].vhd_uri, s->data[i].vhd_account);
        acgp_buf_text(out, "}");
    }
    if (s->data_count > 0)
        acgp_buf_text(out, ")");
}

static void source(struct acgp_buf *out, const struct acgp_source_spec *s)
{
    if (s->whole_image)
        parameter(out, s->kind == ACGP_RESOURCE_VIRTUAL_MACHINE ? "SourceImageVMId" : "SourceImageId", s->id);
    else
        disks(out, s);
}

static void tags(struct acgp_buf *out, const struct acgp_publish_spec *s)
{
    for (size_t i = 0; i < s->tag_count; i++) {
        acgp_buf_text(out, i == 0 ? " `\n    -Tag @{" : "; ");
        put_text(out, s->tags[i].name);
        acgp_buf_append(out, "=", 1);
        put_text(out, s->tags[i].value);
    }
    if (s->tag_count > 0)
        acgp_buf_text(out, "}");
}

static void values(struct acgp_buf *out, const struct acgp_publish_spec *s, const struct acgp_coverage *c)
{
    if (s->replica_count != 0)
        acgp_buf_printf(out, " `\n    -ReplicaCount %d", (int)s->replica_count);
    parameter(out, "StorageAccountType", s->storage_type);
    parameter(out, "PublishingProfileEndOfLifeDate", s->end_of_life);
    if (s->exclude_from_latest != ACG_UNSET)
        acgp_buf_printf(out, " `\n    -PublishingProfileExcludeFromLatest%s",
                        s->exclude_from_latest == ACG_TRUE ? "" : ":$false");
    tags(out, s);
    if (has_place(c, false))
        acgp_buf_text(out, " `\n    -TargetRegion $targetRegion");
    if (has_place(c, true))
        acgp_buf_text(out, " `\n    -TargetExtendedLocation $targetExtendedLocation");
    if (s->wait == ACG_WAIT_ACCEPTED)
        acgp_buf_text(out, " `\n    -AsJob");
}

static void create(const struct acgp_explain *in, struct acgp_buf *out)
{
    const struct acgp_publish_spec *s = in->spec;

    for (size_t i = 0; i < in->coverage->place_count; i++)
        place(out, &in->coverage->places[i], i + 1);
    place_list(out, in->coverage, "targetRegion", false);
    place_list(out, in->coverage, "targetExtendedLocation", true);
    acgp_buf_text(out, "\nNew-AzGalleryImageVersion");
    parameter(out, "ResourceGroupName", s->resource_group);
    parameter(out, "GalleryName", s->gallery);
    parameter(out, "GalleryImageDefinitionName", s->definition);
    parameter(out, "Name", s->version);
    parameter(out, "Location", s->location);
    source(out, &s->source);
    values(out, s, in->coverage);
}

static const char *lacking(const struct acgp_publish_spec *s)
{
    if (s->replication_mode != NULL)
        return "a replication mode";
    if (s->allow_deletion_of_replicated_locations != ACG_UNSET)
        return "a safety profile";
    return NULL;
}

const char *acgp_explain_powershell(const struct acgp_explained *e, struct acgp_buf *out)
{
    const char *lacks = lacking(e->in->spec);

    if (lacks != NULL) {
        acgp_buf_text(out, "Invoke-AzRestMethod -Method PUT");
        parameter(out, "Path", e->url + strlen(e->in->endpoint));
        parameter(out, "Payload", e->body);
        return lacks;
    }
    acgp_buf_text(out, "Set-AzContext -Subscription ");
    put_text(out, e->in->spec->subscription_id);
    acgp_buf_text(out, " | Out-Null\n\n");
    create(e->in, out);
    return NULL;
}
