/* SPDX-License-Identifier: MPL-2.0 */
/* The options of `az sig image-version create` and their traps: az 2.45 (Debian 12) is the yardstick. */
#include <string.h>

#include "base/alloc.h"
#include "base/span.h"
#include "report/explain_parts.h"

enum { ITEM_MAX = 64 * 1024 }; /* bytes of one word: 64 disks with their sets are a fifth */

/* One line at work. */
struct az {
    const struct acgp_explain *in;
    struct acgp_buf *out;
    struct acgp_buf item; /* a word that is being put together */
    const char *lacks;    /* the first thing that the command has no words for; NULL: none */
};

static void lack(struct az *az, const char *what)
{
    if (az->lacks == NULL)
        az->lacks = what;
}

/* ---- words ---- */

static bool is_plain(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:@%+";

    return text[0] != '\0' && strspn(text, plain) == strlen(text);
}

/* Within single quotes a shell reads everything as it stands, and only a single quote ends them. */
static void put_shell_word(struct acgp_buf *out, const char *text)
{
    if (is_plain(text)) {
        acgp_buf_text(out, text);
        return;
    }
    acgp_buf_append(out, "'", 1);
    for (; *text != '\0'; text++)
        if (*text == '\'')
            acgp_buf_text(out, "'\\''");
        else
            acgp_buf_append(out, text, 1);
    acgp_buf_append(out, "'", 1);
}

/* az takes a word with "-" in front for an option, and reads a file where "@" stands in front or behind the
 * first "=". */
static void word(struct az *az, const char *text)
{
    const char *equals = strchr(text, '=');

    if (text[0] == '-')
        lack(az, "a value that begins with \"-\"");
    if (text[0] == '@' || (equals != NULL && equals[1] == '@'))
        lack(az, "a value that begins with \"@\"");
    if (strpbrk(text, acgp_explain_controls) != NULL)
        lack(az, "a line end or another control character that a terminal would show as something else");
    acgp_buf_append(az->out, " ", 1);
    put_shell_word(az->out, text);
}

static void name(struct az *az, const char *option)
{
    acgp_buf_printf(az->out, " \\\n  %s", option);
}

static void option(struct az *az, const char *option_name, const char *value)
{
    if (value == NULL)
        return;
    name(az, option_name);
    word(az, value);
}

static void option_bool(struct az *az, const char *option_name, enum acg_tristate value)
{
    option(az, option_name, value == ACG_UNSET ? NULL : value == ACG_TRUE ? "true" : "false");
}

/* The word in az->item, which is empty again afterwards. */
static void item_word(struct az *az)
{
    if (az->item.failed)
        az->out->failed = true;
    else
        word(az, az->item.data);
    acgp_buf_clear(&az->item);
}

/* ---- places ---- */

/* In lower case: az takes no other where a count stands before it. */
static void put_lower(struct acgp_buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        char c = acgp_lower(*text);
        acgp_buf_append(out, &c, 1);
    }
}

/* REGION[=ZONE][=REPLICAS][=TYPE] */
static void place(struct az *az, const struct acgp_place *p)
{
    acgp_buf_text(&az->item, p->given);
    if (p->zone != NULL)
        acgp_buf_printf(&az->item, "=%s", p->zone);
    if (p->replicas != 0)
        acgp_buf_printf(&az->item, "=%d", (int)p->replicas);
    if (p->storage_type != NULL) {
        acgp_buf_append(&az->item, "=", 1);
        put_lower(&az->item, p->storage_type);
    }
    if (p->exclude_from_latest != ACG_UNSET)
        lack(az, "a region of its own to leave out of \"latest\"");
    item_word(az);
}

/* [ZONE,]OS_SET[,LUN,SET]...; null is a word for the OS disk only: a data disk is left out. */
static void sets(struct az *az, const struct acgp_covered_place *covered)
{
    const char *os = acgp_explain_os_set(covered);

    if (covered->place->zone != NULL)
        acgp_buf_printf(&az->item, "%s,", covered->place->zone);
    acgp_buf_text(&az->item, os != NULL ? os : "null");
    for (size_t i = 0; i < covered->disk_count; i++)
        if (!covered->disks[i].disk.os && covered->disks[i].set_id != NULL)
            acgp_buf_printf(&az->item, ",%d,%s", (int)covered->disks[i].disk.lun, covered->disks[i].set_id);
    item_word(az);
}

/* TYPE,[SET] */
static void confidential(struct az *az, const struct acgp_covered_place *covered)
{
    const struct acgp_place_encryption *e = &covered->place->encryption;

    if (e->cvm_type == NULL)
        lack(az, "confidential VM encryption in some regions only");
    else if (acgp_equal(e->cvm_type, "NonPersistedTPM"))
        lack(az, "the confidential VM encryption type NonPersistedTPM");
    acgp_buf_printf(&az->item, "%s,%s", e->cvm_type != NULL ? e->cvm_type : "",
                    e->secure_vm_id != NULL ? e->secure_vm_id : "");
    item_word(az);
}

static bool is_confidential(const struct acgp_covered_place *covered)
{
    return covered->place->encryption.cvm_type != NULL || covered->place->encryption.secure_vm_id != NULL;
}

static bool any(const struct acgp_coverage *c, bool zones, bool (*is)(const struct acgp_covered_place *))
{
    for (size_t i = 0; i < c->place_count; i++)
        if ((c->places[i].place->zone != NULL) == zones && (is == NULL || is(&c->places[i])))
            return true;
    return false;
}

static void each(struct az *az, const char *option_name, bool zones,
                 void (*put)(struct az *, const struct acgp_covered_place *))
{
    const struct acgp_coverage *c = az->in->coverage;

    name(az, option_name);
    for (size_t i = 0; i < c->place_count; i++)
        if ((c->places[i].place->zone != NULL) == zones)
            put(az, &c->places[i]);
}

static void covered_place(struct az *az, const struct acgp_covered_place *covered)
{
    place(az, covered->place);
}

/* Items of encryption match places by position: one for each, or none at all. */
static void places(struct az *az)
{
    const struct acgp_coverage *c = az->in->coverage;

    if (any(c, false, NULL))
        each(az, "--target-regions", false, covered_place);
    if (any(c, false, acgp_explain_has_set))
        each(az, "--target-region-encryption", false, sets);
    if (any(c, false, is_confidential))
        each(az, "--target-region-cvm-encryption", false, confidential);
    if (any(c, true, NULL))
        each(az, "--target-edge-zones", true, covered_place);
    if (any(c, true, acgp_explain_has_set))
        each(az, "--target-edge-zone-encryption", true, sets);
    if (any(c, true, is_confidential))
        lack(az, "the confidential VM encryption of an edge zone");
}

/* ---- source ---- */

static void lun(struct az *az, const struct acgp_data_source *disk)
{
    acgp_buf_printf(az->out, " %d", (int)disk->lun);
}

static void disk_id(struct az *az, const struct acgp_data_source *disk)
{
    word(az, disk->id);
}

static void vhd_uri(struct az *az, const struct acgp_data_source *disk)
{
    word(az, disk->vhd_uri);
}

static void vhd_account(struct az *az, const struct acgp_data_source *disk)
{
    word(az, disk->vhd_account);
}

/* Of the data disks that are VHDs, or of those that are not; nothing when there is none. */
static void data_disks(struct az *az, const char *option_name, bool vhds,
                       void (*put)(struct az *, const struct acgp_data_source *))
{
    const struct acgp_source_spec *s = &az->in->spec->source;
    bool begun = false;

    for (size_t i = 0; i < s->data_count; i++) {
        if ((s->data[i].vhd_uri != NULL) != vhds)
            continue;
        if (!begun)
            name(az, option_name);
        begun = true;
        put(az, &s->data[i]);
    }
}

static void disks(struct az *az)
{
    const struct acgp_source_spec *s = &az->in->spec->source;

    if (s->os_id == NULL && s->os_vhd_uri == NULL)
        lack(az, "data disks without an OS disk");
    option(az, "--os-snapshot", s->os_id);
    data_disks(az, "--data-snapshots", false, disk_id);
    data_disks(az, "--data-snapshot-luns", false, lun);
    option(az, "--os-vhd-uri", s->os_vhd_uri);
    option(az, "--os-vhd-storage-account", s->os_vhd_account);
    data_disks(az, "--data-vhds-uris", true, vhd_uri);
    data_disks(az, "--data-vhds-luns", true, lun);
    data_disks(az, "--data-vhds-storage-accounts", true, vhd_account);
}

static void source(struct az *az)
{
    const struct acgp_source_spec *s = &az->in->spec->source;

    if (!s->whole_image)
        disks(az);
    else if (s->kind == ACGP_RESOURCE_VIRTUAL_MACHINE)
        option(az, "--virtual-machine", s->id);
    else if (s->kind == ACGP_RESOURCE_IMAGE_VERSION)
        option(az, "--image-version", s->id);
    else
        option(az, "--managed-image", s->id);
}

/* ---- the version ---- */

static void tags(struct az *az)
{
    const struct acgp_publish_spec *s = az->in->spec;

    if (s->tag_count > 0)
        name(az, "--tags");
    for (size_t i = 0; i < s->tag_count; i++) {
        if (strchr(s->tags[i].name, '=') != NULL)
            lack(az, "a tag with \"=\" in its name");
        acgp_buf_printf(&az->item, "%s=%s", s->tags[i].name, s->tags[i].value);
        item_word(az);
    }
}

/* az counts time in microseconds. */
static void end_of_life(struct az *az)
{
    const char *date = az->in->spec->end_of_life;

    if (date != NULL && strlen(date) > strlen("2031-01-31T12:59:59.000000Z"))
        lack(az, "an end of life with parts of a microsecond");
    option(az, "--end-of-life-date", date);
}

static void values(struct az *az)
{
    const struct acgp_publish_spec *s = az->in->spec;

    if (s->replica_count != 0) {
        name(az, "--replica-count");
        acgp_buf_printf(az->out, " %d", (int)s->replica_count);
    }
    option(az, "--storage-account-type", s->storage_type);
    option(az, "--replication-mode", s->replication_mode);
    end_of_life(az);
    option_bool(az, "--exclude-from-latest", s->exclude_from_latest);
    option_bool(az, "--allow-replicated-location-deletion", s->allow_deletion_of_replicated_locations);
    tags(az);
    if (s->wait == ACG_WAIT_ACCEPTED)
        name(az, "--no-wait");
}

static void create(struct az *az)
{
    const struct acgp_publish_spec *s = az->in->spec;

    acgp_buf_text(az->out, "az sig image-version create");
    option(az, "--subscription", s->subscription_id);
    option(az, "--resource-group", s->resource_group);
    option(az, "--gallery-name", s->gallery);
    option(az, "--gallery-image-definition", s->definition);
    option(az, "--gallery-image-version", s->version);
    option(az, "--location", s->location);
    places(az);
    source(az);
    values(az);
}

/* ---- az rest ---- */

/* "=@" would make az read a file here too: JSON has another spelling of "@". */
static void rest(struct acgp_buf *out, struct acgp_buf *body, const struct acgp_explained *e)
{
    for (const char *c = e->body; *c != '\0'; c++)
        if (*c == '@' && c > e->body && c[-1] == '=')
            acgp_buf_text(body, "\\u0040");
        else
            acgp_buf_append(body, c, 1);
    acgp_buf_text(out, "az rest --method put \\\n  --url ");
    put_shell_word(out, e->url);
    acgp_buf_text(out, " \\\n  --body ");
    if (body->failed)
        out->failed = true;
    else
        put_shell_word(out, body->data);
}

const char *acgp_explain_az(const struct acgp_explained *e, struct acgp_buf *out)
{
    struct az az = {.in = e->in, .out = out};
    struct acgp_buf body;

    acgp_buf_init(&az.item, ITEM_MAX);
    create(&az);
    acgp_buf_done(&az.item);
    if (az.lacks == NULL || out->failed)
        return az.lacks;
    acgp_buf_clear(out);
    acgp_buf_init(&body, ACGP_EXPLAIN_TEXT_MAX);
    rest(out, &body, e);
    acgp_buf_done(&body);
    return az.lacks;
}
