/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/arm.h"
#include "sim/jsonx.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* As much of the network provider as a virtual machine needs: public addresses, interfaces, networks,
 * security groups. Every public address is this machine (real-clients.md, 2): whoever connects stays on it.
 */

static const char here[] = "127.0.0.1";
static const char inside[] = "10.0.0.4"; /* the first address that Azure gives away in 10.0.0.0/24 */

static bool is(const struct sim_call *c, const char *type)
{
    return c->id.depth == 1 && sim_same(c->id.types[0], type);
}

/* A part of a resource (a subnet, a configuration of an interface) has an id, too. */
static void name_parts(const struct sim_call *c, json_t *properties, const char *list)
{
    size_t i;
    json_t *each;
    json_array_foreach(json_object_get(properties, list), i, each)
    {
        char *id = sim_format("%s/%s/%s", c->path, list, sim_text_at(each, "name"));
        json_object_set_new(each, "id", json_string(id));
        sim_set_state(each, "Succeeded");
        free(id);
    }
}

static void complete_address(struct sim_call *c, json_t *properties, const struct sim_resource *have)
{
    const char *region = sim_text_at(c->req->json, "location");
    const char *label = sim_text_at(properties, "dnsSettings.domainNameLabel");
    if (!json_object_get(properties, "publicIPAllocationMethod"))
        json_object_set_new(properties, "publicIPAllocationMethod", json_string("Dynamic"));
    json_object_set_new(properties, "publicIPAddressVersion", json_string("IPv4"));
    if (sim_same(sim_text_at(properties, "publicIPAllocationMethod"), "Static"))
        json_object_set_new(properties, "ipAddress", json_string(here));
    else
        sim_carry(properties, have ? sim_at(have->body, "properties") : NULL, "ipAddress");
    if (label) {
        char *name = sim_format("%s.%s.cloudapp.azure.com", label, region);
        json_object_set_new(sim_at(properties, "dnsSettings"), "fqdn", json_string(name));
        free(name);
    }
}

/* A subnet is a part of its network, which is what must exist. */
static bool need_subnet(struct sim_call *c, const char *id)
{
    const char *part = id ? strstr(id, "/subnets/") : NULL;
    size_t i;
    const json_t *each;
    if (!part)
        return sim_need_reference(c, id);
    char *network = sim_copy_n(id, (size_t)(part - id));
    const struct sim_resource *r = sim_find(c->w, network);
    free(network);
    json_array_foreach(sim_at(r ? r->body : NULL, "properties.subnets"), i, each)
    {
        if (sim_same(sim_text_at(each, "id"), id))
            return true;
    }
    return sim_need_reference(c, id); /* no subnet is stored by itself: this is the refusal */
}

static bool complete_interface(struct sim_call *c, json_t *properties)
{
    size_t i;
    json_t *each;
    if (!sim_need_reference(c, sim_text_at(properties, "networkSecurityGroup.id")))
        return false;
    json_array_foreach(json_object_get(properties, "ipConfigurations"), i, each)
    {
        json_t *inner = json_object_get(each, "properties");
        if (!need_subnet(c, sim_text_at(inner, "subnet.id")) ||
            !sim_need_reference(c, sim_text_at(inner, "publicIPAddress.id")))
            return false;
        if (!json_object_get(inner, "privateIPAddress"))
            json_object_set_new(inner, "privateIPAddress", json_string(inside));
    }
    name_parts(c, properties, "ipConfigurations");
    json_object_set_new(properties, "macAddress", json_string("00-0D-3A-00-00-01")); /* az prints it */
    return true;
}

void sim_network_put(struct sim_call *c)
{
    const char *region;
    struct sim_resource *have = sim_find(c->w, c->path);
    if (!sim_need_group(c) || !sim_need_body(c) || !sim_need_location(c, &region) ||
        !sim_need_same_place(c, have))
        return;
    json_t *asked = json_object_get(c->req->json, "properties");
    json_t *properties = asked ? json_deep_copy(asked) : json_object();
    if (is(c, "networkInterfaces") && !complete_interface(c, properties)) {
        json_decref(properties);
        return;
    }
    if (is(c, "publicIPAddresses"))
        complete_address(c, properties, have);
    if (is(c, "virtualNetworks"))
        name_parts(c, properties, "subnets");
    json_t *body = sim_named_body(c->path);
    json_object_set_new(body, "location", json_string(region));
    sim_carry(body, c->req->json, "tags");
    sim_carry(body, c->req->json, "sku");
    json_object_set_new(body, "properties", properties);
    sim_set_state(body, "Updating");
    struct sim_resource *r = sim_store_put(&c->w->store, c->path, body);
    sim_schedule(c->w, r, SIM_WILL_FINISH, sim_speed(c->w, "network_ms"));
    sim_reply_json(c->reply, have ? 200 : 201, json_deep_copy(body));
    sim_accept_operation(c, &(struct sim_accept){.status = have ? 200 : 201,
                                                 .kind = "operations",
                                                 .api = c->api,
                                                 .location = region,
                                                 .length_ms = sim_speed(c->w, "network_ms")});
}

void sim_network_delete(struct sim_call *c)
{
    sim_delete_through(c, "operations", c->api, "network_ms");
}

static void power_address(struct sim_call *c, const char *id, bool on)
{
    struct sim_resource *r = id ? sim_find(c->w, id) : NULL;
    json_t *properties = sim_at(r ? r->body : NULL, "properties");
    if (!properties || sim_same(sim_text_at(properties, "publicIPAllocationMethod"), "Static"))
        return;
    if (on)
        json_object_set_new(properties, "ipAddress", json_string(here));
    else
        json_object_del(properties, "ipAddress");
}

void sim_network_power(struct sim_call *c, const json_t *vm, bool on)
{
    size_t i, k;
    const json_t *used, *each;
    json_array_foreach(sim_at(vm, "properties.networkProfile.networkInterfaces"), i, used)
    {
        const char *id = sim_text_at(used, "id");
        const struct sim_resource *r = id ? sim_find(c->w, id) : NULL;
        json_array_foreach(sim_at(r ? r->body : NULL, "properties.ipConfigurations"), k, each)
        {
            power_address(c, sim_text_at(each, "properties.publicIPAddress.id"), on);
        }
    }
}
