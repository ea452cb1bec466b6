/* SPDX-License-Identifier: MPL-2.0 */
/* Names with {region} in them, and the ids that come of them. */
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "model/names.h"
#include "model/resource_id.h"
#include "plan/check.h"
#include "setup/declaring.h"

#define REGION_WORD "{region}"

enum {
    TEXT_MAX = 2048
}; /* bytes of an id with its region; five names of at most 90 characters stay far below */

/* ---- name rules of Key Vault (Azure's page of naming rules) ---- */

static bool alnum(char c)
{
    return (c >= '0' && c <= '9') || (acgp_lower(c) >= 'a' && acgp_lower(c) <= 'z');
}

static bool alnum_or_hyphen(struct acg_span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!alnum(name.data[i]) && name.data[i] != '-')
            return false;
    return true;
}

static const char *vault_fault(struct acg_span name)
{
    bool good = name.len >= 3 && name.len <= 24 && alnum_or_hyphen(name) && acgp_lower(name.data[0]) >= 'a' &&
                name.data[name.len - 1] != '-';

    for (size_t i = 1; good && i < name.len; i++)
        good = name.data[i] != '-' || name.data[i - 1] != '-';
    return good ? NULL
                : "a vault name has 3 to 24 letters, digits and hyphens, begins with a letter, ends with a "
                  "letter or digit, has no two hyphens side by side, and is used once in all of Azure";
}

const char *acgp_key_name_fault(struct acg_span name)
{
    return name.len >= 1 && name.len <= 127 && alnum_or_hyphen(name)
               ? NULL
               : "a key name has 1 to 127 letters, digits and hyphens";
}

/* ---- regions, and what is named by them ---- */

/* The text with {region} filled in. @return owned; NULL after a fault or without memory. */
static char *fill(struct acgp_declaring *c, const char *field, const char *text, const char *region)
{
    struct acg_span rest = acgp_span(text);
    struct acgp_buf b;
    char *made = NULL;

    acgp_buf_init(&b, TEXT_MAX);
    while (rest.data != NULL) {
        struct acg_span head = acgp_span_cut(&rest, '{');
        acgp_buf_span(&b, head);
        if (rest.data == NULL)
            break;
        if (!acgp_span_starts_nocase(rest, acgp_span(REGION_WORD + 1))) {
            acgp_declare_fault(c, field, "write {region} for the region's name",
                               "%s has a { that does not begin {region}", acgp_shown(text).text);
            acgp_buf_done(&b);
            return NULL;
        }
        acgp_buf_text(&b, region);
        rest.data += sizeof REGION_WORD - 2;
        rest.len -= sizeof REGION_WORD - 2;
    }
    if (b.over)
        acgp_declare_fault(c, field, "write a shorter one", "is longer than %d bytes", TEXT_MAX);
    else
        made = acgp_declare_keep(c, acgp_buf_take(&b));
    acgp_buf_done(&b);
    return made;
}

/* Two regions may not share it. */
static bool distinct(struct acgp_declaring *c, const char *field, const char *why, size_t i, const char *mine,
                     size_t offset)
{
    for (size_t k = 0; k < i; k++) {
        const char *other = NULL;
        memcpy(&other, (const char *)&c->setup->regions[k] + offset, sizeof other);
        if (!acgp_resource_id_equal(mine, other))
            continue;
        acgp_declare_fault(c, field, "put {region} into it", "is the same for %s and %s, %s",
                           c->setup->regions[k].name, c->setup->regions[i].name, why);
        return false;
    }
    return true;
}

static void lay_set(struct acgp_declaring *c, size_t i, struct acgp_setup_region *r)
{
    char *name = fill(c, "name", c->opts->name, r->name);
    const char *broken = name != NULL ? acgp_name_fault_disk_encryption_set(acgp_span(name)) : NULL;

    if (broken != NULL)
        acgp_declare_fault(c, "name", "write another name", "%s: %s", acgp_shown(name).text, broken);
    else if (name != NULL)
        r->set_id = acgp_declare_keep(
            c, acgp_resource_id_new(acgp_span(c->opts->subscription_id), acgp_span(c->opts->resource_group),
                                    ACGP_RESOURCE_DISK_ENCRYPTION_SET, acgp_span(name)));
    if (r->set_id != NULL)
        distinct(c, "name", "and a set is of one region", i, r->set_id,
                 offsetof(struct acgp_setup_region, set_id));
    acgp_free(name);
}

static char *named_vault(struct acgp_declaring *c, const char *region)
{
    const char *group = acgp_declare_given(c->opts->vault_resource_group) ? c->opts->vault_resource_group
                                                                          : c->opts->resource_group;
    char *name = fill(c, "vault", c->opts->vault, region), *id = NULL;
    const char *broken = name != NULL ? vault_fault(acgp_span(name)) : NULL;

    if (broken != NULL)
        acgp_declare_fault(c, "vault", "write another name", "%s: %s", acgp_shown(name).text, broken);
    else if (name != NULL)
        id = acgp_declare_keep(
            c, acgp_printf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.KeyVault/vaults/%s",
                           c->opts->subscription_id, group ? group : "", name));
    acgp_free(name);
    return id;
}

static char *vault_by_id(struct acgp_declaring *c, const char *region)
{
    char *id = fill(c, "vault_id", c->opts->vault_id, region);
    struct acgp_resource_id parsed;

    if (id == NULL)
        return NULL;
    if (acgp_resource_id_parse(acgp_span(id), &parsed) && parsed.levels == 1 &&
        acgp_span_equal_nocase(parsed.provider, acgp_span("Microsoft.KeyVault")) &&
        acgp_span_equal_nocase(parsed.type[0], acgp_span("vaults")))
        return id;
    acgp_declare_fault(c, "vault_id",
                       "write /subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/V",
                       "%s is not the full id of a key vault", acgp_shown(id).text);
    acgp_free(id);
    return NULL;
}

static void lay_vault(struct acgp_declaring *c, size_t i, struct acgp_setup_region *r)
{
    const char *field = acgp_declare_given(c->opts->vault_id) ? "vault_id" : "vault";

    r->vault_id = acgp_declare_given(c->opts->vault_id) ? vault_by_id(c, r->name) : named_vault(c, r->name);
    if (r->vault_id == NULL)
        return;
    distinct(c, field, "and a vault must be in the region of its set", i, r->vault_id,
             offsetof(struct acgp_setup_region, vault_id));
    if (c->setup->key != NULL)
        r->key_id = acgp_declare_keep(c, acgp_printf("%s/keys/%s", r->vault_id, c->setup->key));
}

static void lay_region(struct acgp_declaring *c, size_t i)
{
    struct acgp_setup_region *r = &c->setup->regions[c->setup->region_count];
    const char *name = c->opts->target_regions[i];

    if (name == NULL || !acgp_region_normalise(acgp_span(name), r->name)) {
        acgp_declare_fault(c, "target_regions",
                           "write regions by name, each a word of its own, as in westus eastus2",
                           "%s is no name of a region", acgp_shown(name).text);
        return;
    }
    for (size_t k = 0; k < c->setup->region_count; k++)
        if (acgp_equal(r->name, c->setup->regions[k].name)) {
            acgp_declare_fault(c, "target_regions", "name it once", "%s stands twice", acgp_shown(name).text);
            return;
        }
    size_t at = c->setup->region_count++;
    if (acgp_declare_given(c->opts->name) && acgp_declare_given(c->opts->subscription_id) &&
        acgp_declare_given(c->opts->resource_group))
        lay_set(c, at, r);
    if (acgp_declare_given(c->opts->vault) != acgp_declare_given(c->opts->vault_id) &&
        acgp_declare_given(c->opts->subscription_id))
        lay_vault(c, at, r);
}

void acgp_declare_regions(struct acgp_declaring *c)
{
    size_t count = c->opts->target_region_count;

    if (count == 0 || count > ACGP_SETUP_REGIONS_MAX) {
        acgp_declare_fault(c, "target_regions", "name the regions of the image version",
                           "1 to %d regions are needed, not %zu", ACGP_SETUP_REGIONS_MAX, count);
        return;
    }
    c->setup->regions = acgp_alloc(count, sizeof *c->setup->regions);
    if (c->setup->regions == NULL)
        c->status = acgp_fail_nomem(c->err);
    for (size_t i = 0; c->status == ACG_OK && i < count; i++)
        lay_region(c, i);
}
