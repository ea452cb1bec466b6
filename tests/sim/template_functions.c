/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/template.h"
#include "sim/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The functions of the template language, by name. */

static const char *one_text(struct sim_scope *scope, const char *function, const json_t *arguments)
{
    const char *text = json_string_value(json_array_get(arguments, 0));
    if (text && json_array_size(arguments) == 1)
        return text;
    sim_template_fail(scope, "The template function '%s' expects one text.", function);
    return NULL;
}

static json_t *call_parameters(struct sim_scope *scope, const json_t *arguments)
{
    const char *name = one_text(scope, "parameters", arguments);
    if (!name)
        return NULL;
    const json_t *declared = sim_template_member(json_object_get(scope->template, "parameters"), name);
    if (!declared)
        return sim_template_fail(scope,
                                 "The template parameter '%s' is not found. Please see "
                                 "https://aka.ms/arm-syntax-parameters for usage details.",
                                 name);
    const json_t *value = json_object_get(sim_template_member(scope->parameters, name), "value");
    return value ? json_deep_copy(value)
                 : sim_template_evaluate(scope, json_object_get(declared, "defaultValue"));
}

static json_t *call_variables(struct sim_scope *scope, const json_t *arguments)
{
    const char *name = one_text(scope, "variables", arguments);
    if (!name)
        return NULL;
    const json_t *value = sim_template_member(json_object_get(scope->template, "variables"), name);
    if (!value)
        return sim_template_fail(scope,
                                 "The template variable '%s' is not found. Please see "
                                 "https://aka.ms/arm-syntax-variables for usage details.",
                                 name);
    return sim_template_evaluate(scope, value);
}

static json_t *call_concat(struct sim_scope *scope, const json_t *arguments)
{
    struct sim_str s = {0};
    size_t i;
    const json_t *each;
    sim_str_text(&s, "");
    json_array_foreach(arguments, i, each)
    {
        char number[24];
        snprintf(number, sizeof number, "%" PRId64, (int64_t)json_integer_value(each));
        if (!json_is_string(each) && !json_is_integer(each))
            sim_template_fail(scope, "The template function 'concat' joins texts and whole numbers here.");
        else
            sim_str_text(&s, json_is_string(each) ? json_string_value(each) : number);
    }
    json_t *out = scope->error ? NULL : json_stringn(s.data, s.length);
    free(s.data);
    return out;
}

char *sim_template_id(const char *subscription, const char *group, const char *type, const char *name)
{
    struct sim_str s = {0};
    size_t space = strcspn(type, "/");
    char *head = sim_format("/subscriptions/%s/resourceGroups/%s/providers/%.*s", subscription, group,
                            (int)space, type);
    sim_str_text(&s, head);
    free(head);
    for (type += space; *type == '/' && *name;) {
        size_t t = strcspn(type + 1, "/") + 1, n = strcspn(name, "/");
        sim_str_add(&s, type, t);
        sim_str_text(&s, "/");
        sim_str_add(&s, name, n);
        type += t;
        name += n + (name[n] == '/');
    }
    if (!*type && !*name)
        return s.data;
    free(s.data);
    return NULL;
}

/* resourceId([subscription,] [group,] type, name...) */
static json_t *call_resource_id(struct sim_scope *scope, const json_t *arguments)
{
    const char *before[2] = {scope->group, scope->subscription}, *type = NULL;
    struct sim_str name = {0};
    size_t i, places = 0;
    const json_t *each;
    json_array_foreach(arguments, i, each)
    {
        const char *text = json_string_value(each);
        if (!text || (!type && !strchr(text, '/') && places == 2))
            break;
        if (type) {
            sim_str_text(&name, name.length ? "/" : "");
            sim_str_text(&name, text);
        } else if (strchr(text, '/')) {
            type = text;
        } else {
            before[1] = places ? before[0] : before[1];
            before[0] = text;
            places++;
        }
    }
    char *id = type && name.length && i == json_array_size(arguments)
                   ? sim_template_id(before[1], before[0], type, name.data)
                   : NULL;
    json_t *out =
        id ? json_string(id)
           : sim_template_fail(scope,
                               "Unable to evaluate template language function 'resourceId': the type "
                               "'%s' and the number of names do not match.",
                               type ? type : "");
    free(id);
    free(name.data);
    return out;
}

static json_t *call_group(struct sim_scope *scope, const json_t *arguments)
{
    (void)arguments;
    char *id = sim_format("/subscriptions/%s/resourceGroups/%s", scope->subscription, scope->group);
    json_t *out = json_pack("{s:s, s:s, s:s}", "id", id, "name", scope->group, "location", scope->location);
    free(id);
    return out;
}

static json_t *call_subscription(struct sim_scope *scope, const json_t *arguments)
{
    (void)arguments;
    char *id = sim_format("/subscriptions/%s", scope->subscription);
    json_t *out = json_pack("{s:s, s:s}", "id", id, "subscriptionId", scope->subscription);
    free(id);
    return out;
}

json_t *sim_template_call(struct sim_scope *scope, const char *name, const json_t *arguments)
{
    static const struct {
        const char *name;
        json_t *(*function)(struct sim_scope *, const json_t *);
    } functions[] = {
        {"parameters", call_parameters},  {"variables", call_variables}, {"concat", call_concat},
        {"resourceId", call_resource_id}, {"resourceGroup", call_group}, {"subscription", call_subscription},
    };
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (sim_same(functions[i].name, name))
            return functions[i].function(scope, arguments);
    return sim_template_fail(
        scope,
        "The template function '%s' is not valid. Please see https://aka.ms/arm-functions for usage details.",
        name);
}
