/* SPDX-License-Identifier: MPL-2.0 */
#include "setup/declaring.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "model/names.h"
#include "model/words.h"
#include "plan/check.h"

#define CONFIDENTIAL "ConfidentialVmEncryptedWithCustomerKey"

enum {
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

void acgp_declare_fault(struct acgp_declaring *c, const char *field, const char *fix, const char *format, ...)
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

char *acgp_declare_keep(struct acgp_declaring *c, char *made)
{
    if (made == NULL && c->status == ACG_OK)
        c->status = acgp_fail_nomem(c->err);
    return made;
}

bool acgp_declare_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* A name that must be there and follow its rule. */
static void check_name(struct acgp_declaring *c, const char *field, const char *name,
                       const char *(*rule)(struct acg_span name))
{
    const char *broken = acgp_declare_given(name) ? rule(acgp_span(name)) : NULL;

    if (!acgp_declare_given(name))
        acgp_declare_fault(c, field, "name it", "is missing");
    else if (broken != NULL)
        acgp_declare_fault(c, field, "write another name", "%s: %s", acgp_shown(name).text, broken);
}

/* ---- the rest ---- */

static char *group_of(struct acgp_declaring *c, const char *name)
{
    return acgp_declare_keep(
        c, acgp_printf("/subscriptions/%s/resourceGroups/%s", c->opts->subscription_id, name));
}

static void check_place(struct acgp_declaring *c)
{
    const struct acg_des_create_options *o = c->opts;
    bool by_name = acgp_declare_given(o->vault);

    check_name(c, "subscription_id", o->subscription_id, acgp_name_fault_subscription);
    check_name(c, "resource_group", o->resource_group, acgp_name_fault_resource_group);
    if (acgp_declare_given(o->vault_resource_group))
        check_name(c, "vault_resource_group", o->vault_resource_group, acgp_name_fault_resource_group);
    if (acgp_declare_given(o->vault_resource_group) && !by_name)
        acgp_declare_fault(c, "vault_resource_group", "remove it, or name the vault with vault",
                           "is of no use without vault");
    if (by_name == acgp_declare_given(o->vault_id))
        acgp_declare_fault(c, by_name ? "vault_id" : "vault", "name the vault by vault or by vault_id",
                           by_name ? "stands beside vault" : "is missing, and so is vault_id");
    if (!acgp_declare_given(o->name))
        acgp_declare_fault(c, "name", "name the sets, as in acg-{region}", "is missing");
    if (c->status != ACG_OK || !acgp_declare_given(o->subscription_id) ||
        !acgp_declare_given(o->resource_group))
        return;
    c->setup->subscription = acgp_declare_keep(c, acgp_strdup(o->subscription_id));
    c->setup->group_id = group_of(c, o->resource_group);
    if (by_name && o->create_key)
        c->setup->vault_group_id = group_of(
            c, acgp_declare_given(o->vault_resource_group) ? o->vault_resource_group : o->resource_group);
}

static void check_type(struct acgp_declaring *c)
{
    const char *asked =
        acgp_declare_given(c->opts->encryption_type) ? c->opts->encryption_type : "customer_key";

    c->setup->encryption_type = acgp_word_find(&types, acgp_span(asked));
    if (c->setup->encryption_type == NULL)
        acgp_declare_fault(c, "encryption_type", "write customer_key, double or confidential",
                           "%s is no type of a disk encryption set, which are %s", acgp_shown(asked).text,
                           types.list);
    else if (c->opts->create_key && acgp_setup_confidential(c->setup))
        acgp_declare_fault(
            c, "create_key",
            "make it with az keyvault key create --protection hsm --exportable --default-cvm-policy, and "
            "leave create_key out",
            "a key for confidential disks needs a release policy, and is not made here");
}

static void check_key(struct acgp_declaring *c)
{
    int64_t size = c->opts->key_size;

    check_name(c, "key", c->opts->key, acgp_key_name_fault);
    if (acgp_declare_given(c->opts->key))
        c->setup->key = acgp_declare_keep(c, acgp_strdup(c->opts->key));
    if (size != 0 && size != 2048 && size != 3072 && size != 4096)
        acgp_declare_fault(c, "key_size", "write 2048, 3072 or 4096",
                           "%lld is no size that a disk encryption set can use", (long long)size);
    c->setup->key_size = size;
    c->setup->create_key = c->opts->create_key;
    c->setup->rotate = c->opts->rotate;
    if ((int)c->opts->rotate < ACG_UNSET || (int)c->opts->rotate > ACG_TRUE)
        acgp_declare_fault(c, "rotate", "use ACG_UNSET, ACG_FALSE or ACG_TRUE",
                           "is none of the three values");
}

static void check_access(struct acgp_declaring *c)
{
    const char *access = c->opts->access;

    if (!acgp_declare_given(access))
        return;
    if (acgp_equal_nocase(access, "rbac") || acgp_equal_nocase(access, "policy"))
        c->setup->rbac = acgp_equal_nocase(access, "rbac") ? ACG_TRUE : ACG_FALSE;
    else
        acgp_declare_fault(c, "access", "write rbac or policy", "%s is neither rbac nor policy",
                           acgp_shown(access).text);
}

static void check_tags(struct acgp_declaring *c)
{
    size_t count = c->opts->tag_count;

    if (count > ACGP_SETUP_TAGS_MAX) {
        acgp_declare_fault(c, "tags", "keep fewer", "%zu tags, and a key holds %d", count,
                           ACGP_SETUP_TAGS_MAX);
        return;
    }
    c->setup->tags = count != 0 ? acgp_alloc(count, sizeof *c->setup->tags) : NULL;
    if (count != 0 && c->setup->tags == NULL)
        c->status = acgp_fail_nomem(c->err);
    for (size_t i = 0; c->status == ACG_OK && i < count; i++) {
        const struct acg_tag *tag = &c->opts->tags[i];
        if (!acgp_declare_given(tag->name) || acgp_span(tag->name).len > TAG_NAME_MAX ||
            strpbrk(tag->name, "<>%&\\?/") != NULL || acgp_span(tag->value).len > TAG_VALUE_MAX) {
            acgp_declare_fault(c, "tags", "write NAME=VALUE",
                               "%s is no name of a tag, or its value is longer than %d",
                               acgp_shown(tag->name).text, TAG_VALUE_MAX);
            continue;
        }
        struct acg_tag *mine = &c->setup->tags[c->setup->tag_count++];
        mine->name = acgp_declare_keep(c, acgp_strdup(tag->name));
        mine->value = acgp_declare_keep(c, acgp_strdup(tag->value != NULL ? tag->value : ""));
    }
}

static void check_all(struct acgp_declaring *c)
{
    check_place(c);
    check_type(c);
    check_key(c);
    check_access(c);
    check_tags(c);
    if (c->opts->timeout_ms < 0)
        acgp_declare_fault(c, "timeout_ms", "write how long it may take", "is negative");
    c->setup->timeout_ms = c->opts->timeout_ms > 0 ? c->opts->timeout_ms : TIMEOUT_MS;
    c->setup->apply = c->opts->apply;
    if (c->status == ACG_OK)
        acgp_declare_regions(c);
}

static enum acg_status verdict(const struct acgp_declaring *c)
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
    struct acgp_declaring c = {
        .opts = opts, .findings = findings, .before = acg_findings_count(findings), .err = err};
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
