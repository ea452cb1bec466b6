/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/deployment.h"
#include "sim/jsonx.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* From a request to resources in order. Texts of the refusals are those of public reports of template errors.
 */

static bool refuse(struct sim_deployment *d)
{
    sim_fail(d->c->reply, 400, "InvalidTemplate", "Deployment template validation failed: '%s'.",
             d->scope.error);
    return false;
}

static bool need_parts(struct sim_deployment *d, const json_t *properties)
{
    const char *mode = sim_text_at(properties, "mode");
    d->scope.template = json_object_get(properties, "template");
    d->scope.parameters = json_object_get(properties, "parameters");
    if (json_is_object(d->scope.template) && json_is_array(json_object_get(d->scope.template, "resources")) &&
        (sim_same(mode, "Incremental") || sim_same(mode, "Complete")))
        return true;
    sim_fail(d->c->reply, 400, "InvalidRequestContent",
             "The request content was invalid and could not be deserialized: a deployment needs a template "
             "with its "
             "resources, and a mode.");
    return false;
}

/* Members that change what a template makes, and that are not simulated, must not be without effect. */
static bool simulated(struct sim_deployment *d, const json_t *properties, const json_t *resource)
{
    static const char *const strange[] = {"copy",           "condition",     "scope",
                                          "subscriptionId", "resourceGroup", "resources"};
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++)
        if (json_object_get(resource, strange[i]))
            sim_template_fail(&d->scope, "The simulator does not know the member '%s' of a resource.",
                              strange[i]);
    if (!sim_same(sim_text_at(properties, "mode"), "Incremental"))
        sim_template_fail(&d->scope, "The simulator deploys in incremental mode only.");
    if (sim_same(sim_text_at(resource, "type"), "Microsoft.Resources/deployments"))
        sim_template_fail(&d->scope, "The simulator does not nest deployments.");
    return !d->scope.error;
}

static bool name_resource(struct sim_deployment *d, json_t *resource)
{
    const char *type = sim_text_at(resource, "type"), *name = sim_text_at(resource, "name");
    char *id = type && name && sim_text_at(resource, "apiVersion")
                   ? sim_template_id(d->scope.subscription, d->scope.group, type, name)
                   : NULL;
    if (id)
        json_object_set_new(resource, "id", json_string(id));
    else
        sim_template_fail(
            &d->scope,
            "The template resource '%s' of type '%s' is not valid: it needs a type, an apiVersion and a name "
            "with as many segments as its type.",
            name ? name : "", type ? type : "");
    free(id);
    return !d->scope.error;
}

bool sim_deployment_means(const json_t *resource, const char *word)
{
    const char *type = sim_text_at(resource, "type"), *name = sim_text_at(resource, "name");
    char *both = sim_format("%s/%s", type, name);
    bool same = sim_same(word, sim_text_at(resource, "id")) || sim_same(word, both) || sim_same(word, name);
    free(both);
    return same;
}

static const json_t *meant(const json_t *resources, const char *word)
{
    size_t i;
    const json_t *each;
    json_array_foreach(resources, i, each)
    {
        if (sim_deployment_means(each, word))
            return each;
    }
    return NULL;
}

/* Do all resources that this one waits for stand in the list already? */
static bool ready(struct sim_deployment *d, const json_t *all, const json_t *resource)
{
    size_t i;
    const json_t *each;
    bool ok = true;
    json_array_foreach(json_object_get(resource, "dependsOn"), i, each)
    {
        const char *word = json_string_value(each);
        if (!word || !meant(all, word))
            sim_template_fail(&d->scope,
                              "The resource '%s' is not defined in the template. Please see "
                              "https://aka.ms/arm-syntax for usage details.",
                              word ? word : "");
        else
            ok = ok && meant(d->resources, word);
    }
    return ok;
}

static bool order(struct sim_deployment *d, const json_t *all)
{
    size_t i, before;
    json_t *each;
    do {
        before = json_array_size(d->resources);
        json_array_foreach(all, i, each)
        {
            if (!meant(d->resources, sim_text_at(each, "id")) && ready(d, all, each))
                json_array_append(d->resources, each);
        }
    } while (!d->scope.error && json_array_size(d->resources) > before);
    if (json_array_size(d->resources) < json_array_size(all))
        sim_template_fail(&d->scope, "Circular dependency detected on resource of the template. Please see "
                                     "https://aka.ms/arm-syntax-resources for usage details.");
    return !d->scope.error;
}

static bool distinct(struct sim_deployment *d, const json_t *all)
{
    size_t i;
    const json_t *each;
    json_array_foreach(all, i, each)
    {
        const char *id = sim_text_at(each, "id");
        if (meant(all, id) != each)
            sim_template_fail(&d->scope,
                              "The resource '%s' at line '1' and column '1' is defined multiple times in a "
                              "template. Please see https://aka.ms/arm-syntax-resources for usage details.",
                              id);
    }
    return !d->scope.error;
}

bool sim_deployment_read(struct sim_deployment *d)
{
    struct sim_call *c = d->c;
    const json_t *properties = sim_at(c->req->json, "properties");
    struct sim_id group_id = {.subscription = c->id.subscription, .group = c->id.group};
    if (!sim_need_group(c) || !sim_need_body(c) || !need_parts(d, properties))
        return false;
    char *group_path = sim_id_text(&group_id, 0);
    const struct sim_resource *group = sim_find(c->w, group_path);
    free(group_path);
    d->scope.subscription = c->id.subscription;
    d->scope.group = sim_text_at(group->body, "name");
    d->scope.location = sim_text_at(group->body, "location");
    d->id = sim_template_id(c->id.subscription, d->scope.group, "Microsoft.Resources/deployments",
                            c->id.names[0]);
    d->resources = json_array();
    size_t i;
    json_t *each, *all = NULL;
    if (sim_template_parameters(&d->scope))
        all = sim_template_evaluate(&d->scope, json_object_get(d->scope.template, "resources"));
    json_array_foreach(all, i, each)
    {
        if (!simulated(d, properties, each) || !name_resource(d, each))
            break;
    }
    const json_t *outputs = json_object_get(d->scope.template, "outputs");
    if (!d->scope.error && distinct(d, all) && order(d, all) && outputs)
        d->outputs = sim_template_evaluate(&d->scope, outputs);
    json_decref(all);
    return !d->scope.error || refuse(d);
}

void sim_deployment_done(struct sim_deployment *d)
{
    json_decref(d->resources);
    json_decref(d->outputs);
    json_decref(d->error);
    free(d->scope.error);
    free(d->id);
}
