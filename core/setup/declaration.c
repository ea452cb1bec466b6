/* SPDX-License-Identifier: MPL-2.0 */
#include "setup/declaration.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "model/names.h"
#include "model/resource_id.h"
#include "model/words.h"
#include "plan/check.h"

#define CONFIDENTIAL "ConfidentialVmEncryptedWithCustomerKey"
#define REGION_WORD  "{region}"

enum {
    TEXT_MAX = 2048, /* an id with its region; five names of at most 90 characters stay far below it */
    TIMEOUT_MS = 1800000,
    TAG_NAME_MAX = 512, /* ARM's own limits, as the next */
    TAG_VALUE_MAX = 256
};

/* API description of Microsoft.Compute, diskEncryptionSetType; the short words are those of a publish. */
static const struct acgp_word type_words[] = {
    {"customer_key", ACGP_CUSTOMER_KEY},  {"double", ACGP_DOUBLE_KEYS},
    {"confidential", CONFIDENTIAL},       {ACGP_CUSTOMER_KEY, ACGP_CUSTOMER_KEY},
    {ACGP_DOUBLE_KEYS, ACGP_DOUBLE_KEYS}, {CONFIDENTIAL, CONFIDENTIAL},
};
static const struct acgp_words types = {type_words, sizeof type_words / sizeof type_words[0],
                                        "customer_key, double, confidential"};

struct check {
    const struct acg_des_create_options *opts;
    struct acg_findings *findings;
    size_t before; /* how many of them are not of this check */
    struct acgp_setup *setup;
    enum acg_status status; /* of what is no fault of the options */
    struct acg_error *err;
};

__attribute__((format(printf, 4, 5))) static void fault(struct check *c, const char *field, const char *fix,
                                                        const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (size_t i = c->before; i < acg_findings_count(c->findings); i++) {
        const struct acg_finding *f = acg_findings_at(c->findings, i);
        if (acgp_equal(f->field, field) && acgp_equal(f->message, text))
            return; /* the same name in each region */
    }
    if (c->status == ACG_OK)
        c->status = acg_findings_add(c->findings, ACG_SEVERITY_ERROR, "config", field, text, fix, c->err);
}

static char *keep(struct check *c, char *made)
{
    if (made == NULL && c->status == ACG_OK)
        c->status = acgp_fail_nomem(c->err);
    return made;
}

static bool given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* A name that must be there and follow its rule. */
static void check_name(struct check *c, const char *field, const char *name,
                       const char *(*rule)(struct acg_span name))
{
    const char *broken = given(name) ? rule(acgp_span(name)) : NULL;

    if (!given(name))
        fault(c, field, "name it", "is missing");
    else if (broken != NULL)
        fault(c, field, "write another name", "%s: %s", acgp_shown(name).text, broken);
}

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

static const char *key_fault(struct acg_span name)
{
    return name.len >= 1 && name.len <= 127 && alnum_or_hyphen(name)
               ? NULL
               : "a key name has 1 to 127 letters, digits and hyphens";
}

/* ---- regions, and what is named by them ---- */

/* The text with {region} filled in. @return owned; NULL after a fault or without memory. */
static char *fill(struct check *c, const char *field, const char *text, const char *region)
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
            fault(c, field, "write {region} for the region's name", "%s has a { that does not begin {region}",
                  acgp_shown(text).text);
            acgp_buf_done(&b);
            return NULL;
        }
        acgp_buf_text(&b, region);
        rest.data += sizeof REGION_WORD - 2;
        rest.len -= sizeof REGION_WORD - 2;
    }
    if (b.over)
        fault(c, field, "write a shorter one", "is longer than %d bytes", TEXT_MAX);
    else
        made = keep(c, acgp_buf_take(&b));
    acgp_buf_done(&b);
    return made;
}

/* Two regions may not share it. */
static bool distinct(struct check *c, const char *field, const char *why, size_t i, const char *mine,
                     size_t offset)
{
    for (size_t k = 0; k < i; k++) {
        const char *other = NULL;
        memcpy(&other, (const char *)&c->setup->regions[k] + offset, sizeof other);
        if (!acgp_resource_id_equal(mine, other))
            continue;
        fault(c, field, "put {region} into it", "is the same for %s and %s, %s", c->setup->regions[k].name,
              c->setup->regions[i].name, why);
        return false;
    }
    return true;
}

static void lay_set(struct check *c, size_t i, struct acgp_setup_region *r)
{
    char *name = fill(c, "name", c->opts->name, r->name);
    const char *broken = name != NULL ? acgp_name_fault_disk_encryption_set(acgp_span(name)) : NULL;

    if (broken != NULL)
        fault(c, "name", "write another name", "%s: %s", acgp_shown(name).text, broken);
    else if (name != NULL)
        r->set_id = keep(c, acgp_resource_id_new(acgp_span(c->opts->subscription_id),
                                                 acgp_span(c->opts->resource_group),
                                                 ACGP_RESOURCE_DISK_ENCRYPTION_SET, acgp_span(name)));
    if (r->set_id != NULL)
        distinct(c, "name", "and a set is of one region", i, r->set_id,
                 offsetof(struct acgp_setup_region, set_id));
    acgp_free(name);
}

static char *named_vault(struct check *c, const char *region)
{
    const char *group =
        given(c->opts->vault_resource_group) ? c->opts->vault_resource_group : c->opts->resource_group;
    char *name = fill(c, "vault", c->opts->vault, region), *id = NULL;
    const char *broken = name != NULL ? vault_fault(acgp_span(name)) : NULL;

    if (broken != NULL)
        fault(c, "vault", "write another name", "%s: %s", acgp_shown(name).text, broken);
    else if (name != NULL)
        id = keep(c, acgp_printf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.KeyVault/vaults/%s",
                                 c->opts->subscription_id, group ? group : "", name));
    acgp_free(name);
    return id;
}

static char *vault_by_id(struct check *c, const char *region)
{
    char *id = fill(c, "vault_id", c->opts->vault_id, region);
    struct acgp_resource_id parsed;

    if (id == NULL)
        return NULL;
    if (acgp_resource_id_parse(acgp_span(id), &parsed) && parsed.levels == 1 &&
        acgp_span_equal_nocase(parsed.provider, acgp_span("Microsoft.KeyVault")) &&
        acgp_span_equal_nocase(parsed.type[0], acgp_span("vaults")))
        return id;
    fault(c, "vault_id", "write /subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/V",
          "%s is not the full id of a key vault", acgp_shown(id).text);
    acgp_free(id);
    return NULL;
}

static void lay_vault(struct check *c, size_t i, struct acgp_setup_region *r)
{
    const char *field = given(c->opts->vault_id) ? "vault_id" : "vault";

    r->vault_id = given(c->opts->vault_id) ? vault_by_id(c, r->name) : named_vault(c, r->name);
    if (r->vault_id == NULL)
        return;
    distinct(c, field, "and a vault must be in the region of its set", i, r->vault_id,
             offsetof(struct acgp_setup_region, vault_id));
    if (c->setup->key != NULL)
        r->key_id = keep(c, acgp_printf("%s/keys/%s", r->vault_id, c->setup->key));
}

static void lay_region(struct check *c, size_t i)
{
    struct acgp_setup_region *r = &c->setup->regions[c->setup->region_count];
    const char *name = c->opts->target_regions[i];

    if (name == NULL || !acgp_region_normalise(acgp_span(name), r->name)) {
        fault(c, "target_regions", "write a region's name, as in westus", "%s is no name of a region",
              acgp_shown(name).text);
        return;
    }
    for (size_t k = 0; k < c->setup->region_count; k++)
        if (acgp_equal(r->name, c->setup->regions[k].name)) {
            fault(c, "target_regions", "name it once", "%s stands twice", acgp_shown(name).text);
            return;
        }
    size_t at = c->setup->region_count++;
    if (given(c->opts->name) && given(c->opts->subscription_id) && given(c->opts->resource_group))
        lay_set(c, at, r);
    if (given(c->opts->vault) != given(c->opts->vault_id) && given(c->opts->subscription_id))
        lay_vault(c, at, r);
}

static void lay_regions(struct check *c)
{
    size_t count = c->opts->target_region_count;

    if (count == 0 || count > ACGP_SETUP_REGIONS_MAX) {
        fault(c, "target_regions", "name the regions of the image version",
              "1 to %d regions are needed, not %zu", ACGP_SETUP_REGIONS_MAX, count);
        return;
    }
    c->setup->regions = acgp_alloc(count, sizeof *c->setup->regions);
    if (c->setup->regions == NULL)
        c->status = acgp_fail_nomem(c->err);
    for (size_t i = 0; c->status == ACG_OK && i < count; i++)
        lay_region(c, i);
}

/* ---- the rest ---- */

static char *group_of(struct check *c, const char *name)
{
    return keep(c, acgp_printf("/subscriptions/%s/resourceGroups/%s", c->opts->subscription_id, name));
}

static void check_place(struct check *c)
{
    const struct acg_des_create_options *o = c->opts;
    bool by_name = given(o->vault);

    check_name(c, "subscription_id", o->subscription_id, acgp_name_fault_subscription);
    check_name(c, "resource_group", o->resource_group, acgp_name_fault_resource_group);
    if (given(o->vault_resource_group))
        check_name(c, "vault_resource_group", o->vault_resource_group, acgp_name_fault_resource_group);
    if (given(o->vault_resource_group) && !by_name)
        fault(c, "vault_resource_group", "remove it, or name the vault with vault",
              "is of no use without vault");
    if (by_name == given(o->vault_id))
        fault(c, by_name ? "vault_id" : "vault", "name the vault by vault or by vault_id",
              by_name ? "stands beside vault" : "is missing, and so is vault_id");
    if (!given(o->name))
        fault(c, "name", "name the sets, as in acg-{region}", "is missing");
    if (c->status != ACG_OK || !given(o->subscription_id) || !given(o->resource_group))
        return;
    c->setup->subscription = keep(c, acgp_strdup(o->subscription_id));
    c->setup->group_id = group_of(c, o->resource_group);
    if (by_name && o->create_key)
        c->setup->vault_group_id =
            group_of(c, given(o->vault_resource_group) ? o->vault_resource_group : o->resource_group);
}

static void check_type(struct check *c)
{
    const char *asked = given(c->opts->encryption_type) ? c->opts->encryption_type : "customer_key";

    c->setup->encryption_type = acgp_word_find(&types, acgp_span(asked));
    if (c->setup->encryption_type == NULL)
        fault(c, "encryption_type", "write customer_key, double or confidential",
              "%s is no type of a disk encryption set, which are %s", acgp_shown(asked).text, types.list);
    else if (c->opts->create_key && acgp_setup_confidential(c->setup))
        fault(c, "create_key",
              "make it with az keyvault key create --protection hsm --exportable --default-cvm-policy, and "
              "leave create_key out",
              "a key for confidential disks needs a release policy, and is not made here");
}

static void check_key(struct check *c)
{
    int64_t size = c->opts->key_size;

    check_name(c, "key", c->opts->key, key_fault);
    if (given(c->opts->key))
        c->setup->key = keep(c, acgp_strdup(c->opts->key));
    if (size != 0 && size != 2048 && size != 3072 && size != 4096)
        fault(c, "key_size", "write 2048, 3072 or 4096", "%lld is no size that a disk encryption set can use",
              (long long)size);
    c->setup->key_size = size;
    c->setup->create_key = c->opts->create_key;
    c->setup->rotate = c->opts->rotate;
    if ((int)c->opts->rotate < ACG_UNSET || (int)c->opts->rotate > ACG_TRUE)
        fault(c, "rotate", "use ACG_UNSET, ACG_FALSE or ACG_TRUE", "is none of the three values");
}

static void check_access(struct check *c)
{
    const char *access = c->opts->access;

    if (!given(access))
        return;
    if (acgp_equal_nocase(access, "rbac") || acgp_equal_nocase(access, "policy"))
        c->setup->rbac = acgp_equal_nocase(access, "rbac") ? ACG_TRUE : ACG_FALSE;
    else
        fault(c, "access", "write rbac or policy", "%s is neither rbac nor policy", acgp_shown(access).text);
}

static void check_tags(struct check *c)
{
    size_t count = c->opts->tag_count;

    if (count > ACGP_SETUP_TAGS_MAX) {
        fault(c, "tags", "keep fewer", "%zu tags, and a key holds %d", count, ACGP_SETUP_TAGS_MAX);
        return;
    }
    c->setup->tags = count != 0 ? acgp_alloc(count, sizeof *c->setup->tags) : NULL;
    if (count != 0 && c->setup->tags == NULL)
        c->status = acgp_fail_nomem(c->err);
    for (size_t i = 0; c->status == ACG_OK && i < count; i++) {
        const struct acg_tag *tag = &c->opts->tags[i];
        if (!given(tag->name) || acgp_span(tag->name).len > TAG_NAME_MAX ||
            strpbrk(tag->name, "<>%&\\?/") != NULL || acgp_span(tag->value).len > TAG_VALUE_MAX) {
            fault(c, "tags", "write NAME=VALUE", "%s is no name of a tag, or its value is longer than %d",
                  acgp_shown(tag->name).text, TAG_VALUE_MAX);
            continue;
        }
        struct acg_tag *mine = &c->setup->tags[c->setup->tag_count++];
        mine->name = keep(c, acgp_strdup(tag->name));
        mine->value = keep(c, acgp_strdup(tag->value != NULL ? tag->value : ""));
    }
}

static void check_all(struct check *c)
{
    check_place(c);
    check_type(c);
    check_key(c);
    check_access(c);
    check_tags(c);
    if (c->opts->timeout_ms < 0)
        fault(c, "timeout_ms", "write how long it may take", "is negative");
    c->setup->timeout_ms = c->opts->timeout_ms > 0 ? c->opts->timeout_ms : TIMEOUT_MS;
    c->setup->apply = c->opts->apply;
    if (c->status == ACG_OK)
        lay_regions(c);
}

static enum acg_status verdict(const struct check *c)
{
    size_t faults = acg_findings_count(c->findings) - c->before;
    const struct acg_finding *first = acg_findings_at(c->findings, c->before);

    if (c->status != ACG_OK || faults == 0)
        return c->status;
    if (faults == 1)
        return acgp_fail_field(c->err, ACG_ERR_ARGUMENT, first->field, "%s; fix: %s", first->message,
                               first->fix);
    return acgp_fail_field(c->err, ACG_ERR_ARGUMENT, first->field, "%zu faults, the first: %s; fix: %s",
                           faults, first->message, first->fix);
}

enum acg_status acgp_setup_declare(const struct acg_des_create_options *opts, struct acg_findings *findings,
                                   struct acgp_setup **out, struct acg_error *err)
{
    struct check c = {.opts = opts, .findings = findings, .before = acg_findings_count(findings), .err = err};
    enum acg_status status = ACG_OK;

    if (opts->version == 0 || opts->version > ACG_DES_CREATE_OPTIONS_VERSION)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "version",
                               "options of version %u are not known to this library, which knows 1 to %u",
                               (unsigned)opts->version, ACG_DES_CREATE_OPTIONS_VERSION);
    c.setup = acgp_alloc(1, sizeof *c.setup);
    if (c.setup == NULL)
        return acgp_fail_nomem(err);
    check_all(&c);
    status = verdict(&c);
    if (status == ACG_OK && out != NULL)
        *out = c.setup;
    else
        acgp_setup_free(c.setup);
    return status;
}

void acgp_setup_free(struct acgp_setup *setup)
{
    if (setup == NULL)
        return;
    for (size_t i = 0; i < setup->region_count; i++) {
        acgp_free(setup->regions[i].set_id);
        acgp_free(setup->regions[i].vault_id);
        acgp_free(setup->regions[i].key_id);
    }
    for (size_t i = 0; i < setup->tag_count; i++) {
        acgp_free((void *)(uintptr_t)setup->tags[i].name);
        acgp_free((void *)(uintptr_t)setup->tags[i].value);
    }
    acgp_free(setup->regions);
    acgp_free(setup->tags);
    acgp_free(setup->subscription);
    acgp_free(setup->group_id);
    acgp_free(setup->vault_group_id);
    acgp_free(setup->key);
    acgp_free(setup);
}

bool acgp_setup_confidential(const struct acgp_setup *setup)
{
    return acgp_equal(setup->encryption_type, CONFIDENTIAL);
}

const char *acgp_last_name(const char *id)
{
    const char *slash = strrchr(id, '/');

    return slash != NULL ? slash + 1 : id;
}
