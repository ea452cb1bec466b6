/* SPDX-License-Identifier: MPL-2.0 */
/* Names and ids of resources: a name is completed, an id is taken apart. */
#include <string.h>

#include "base/span.h"
#include "plan/check.h"

static bool allowed(const struct acgp_id_rule *rule, enum acgp_resource_kind kind)
{
    for (size_t i = 0; i < sizeof rule->kinds / sizeof rule->kinds[0]; i++) {
        if (rule->kinds[i] != ACGP_RESOURCE_OTHER && rule->kinds[i] == kind)
            return true;
    }
    return false;
}

static void fault_form(struct acgp_check *c, const struct acgp_id_rule *rule, const char *field,
                       const char *text)
{
    struct acgp_resource_id id;
    struct acgp_text with_slash = acgp_text("/%s", text);
    struct acg_span cut = acgp_span_of(text, strlen(text) - 1);

    if (acgp_resource_id_parse(acgp_span(with_slash.text), &id)) {
        acgp_fault(c, rule->rule, field, "put a '/' before subscriptions",
                   "%s lacks the leading slash of a resource id", acgp_shown(text).text);
    } else if (text[cut.len] == '/' && acgp_resource_id_parse(cut, &id)) {
        acgp_fault(c, rule->rule, field, "drop the slash at the end",
                   "%s ends with a slash, which no resource id does", acgp_shown(text).text);
    } else {
        acgp_fault(
            c, rule->rule, field,
            acgp_text("write /subscriptions/S/resourceGroups/G/providers/P/TYPE/NAME of %s", rule->expects)
                .text,
            "%s is not a resource id", acgp_shown(text).text);
    }
}

static bool is_singular_set(const struct acgp_resource_id *id)
{
    return id->levels == 1 && acgp_span_equal_nocase(id->type[0], acgp_span("diskEncryptionSet"));
}

static void fault_kind(struct acgp_check *c, const struct acgp_id_rule *rule, const char *field,
                       const char *text, const struct acgp_resource_id *id)
{
    struct acgp_text type = acgp_text("%.*s/%.*s", (int)id->provider.len, id->provider.data,
                                      (int)id->type[id->levels - 1].len, id->type[id->levels - 1].data);

    if (is_singular_set(id) && allowed(rule, ACGP_RESOURCE_DISK_ENCRYPTION_SET))
        acgp_fault(c, rule->rule, field, "write diskEncryptionSets, with s",
                   "%s has the resource type diskEncryptionSet, which does not exist", acgp_shown(text).text);
    else if (id->kind == ACGP_RESOURCE_OTHER)
        acgp_fault(c, rule->rule, field, acgp_text("write the id of %s", rule->expects).text,
                   "%s is of the type %s, not %s", acgp_shown(text).text, acgp_shown(type.text).text,
                   rule->expects);
    else
        acgp_fault(c, rule->rule, field, acgp_text("write the id of %s", rule->expects).text,
                   "%s is a %s, not %s", acgp_shown(text).text, acgp_resource_kind_name(id->kind),
                   rule->expects);
}

static char *complete(struct acgp_check *c, const struct acgp_id_rule *rule, const char *text,
                      const char *resource_group)
{
    const char *group = resource_group != NULL ? resource_group : c->spec->resource_group;
    char *id = NULL;

    if (!c->completes)
        return acgp_check_copy(c, text); /* what is missing for it has its own finding */
    id = acgp_resource_id_new(acgp_span(c->spec->subscription_id), acgp_span(group), rule->name_kind,
                              acgp_span(text));
    if (id == NULL)
        acgp_check_nomem(c);
    return id;
}

static char *from_name(struct acgp_check *c, const struct acgp_id_rule *rule, const char *field,
                       const char *text, const char *resource_group, bool *out_ok)
{
    const char *fault = NULL;

    *out_ok = false;
    if (rule->name_kind == ACGP_RESOURCE_OTHER) {
        acgp_fault(c, rule->rule, field, acgp_text("write the full id of %s", rule->expects).text,
                   "%s is a name; only a full resource id is taken here", acgp_shown(text).text);
        return acgp_check_copy(c, text);
    }
    fault = rule->name_fault(acgp_span(text));
    if (fault != NULL) {
        acgp_fault(c, rule->rule, field, acgp_text("write the name or the full id of %s", rule->expects).text,
                   "%s is neither a name nor a resource id: %s", acgp_shown(text).text, fault);
        return acgp_check_copy(c, text);
    }
    *out_ok = c->completes;
    return complete(c, rule, text, resource_group);
}

static char *from_id(struct acgp_check *c, const struct acgp_id_rule *rule, const char *field,
                     const char *text, bool *out_ok)
{
    struct acgp_resource_id id;

    *out_ok = false;
    if (!acgp_resource_id_parse(acgp_span(text), &id))
        fault_form(c, rule, field, text);
    else if (!allowed(rule, id.kind))
        fault_kind(c, rule, field, text, &id);
    else
        *out_ok = true;
    return acgp_check_copy(c, text);
}

static char *refuse_empty(struct acgp_check *c, const struct acgp_id_rule *rule, const char *field)
{
    acgp_fault(c, rule->rule, field, acgp_text("name %s, or leave the field out", rule->expects).text,
               "the value is empty");
    return acgp_check_copy(c, "");
}

char *acgp_check_id(struct acgp_check *c, const struct acgp_id_rule *rule, const char *field,
                    const char *text, const char *resource_group, struct acgp_resource_id *out_id,
                    bool *out_ok)
{
    char *id = NULL;
    bool ok = false;

    if (text[0] == '\0')
        id = refuse_empty(c, rule, field);
    else if (strchr(text, '/') == NULL)
        id = from_name(c, rule, field, text, resource_group, &ok);
    else
        id = from_id(c, rule, field, text, &ok);
    *out_ok = ok && id != NULL;
    if (*out_ok && out_id != NULL)
        acgp_resource_id_parse(acgp_span(id), out_id);
    return id;
}
