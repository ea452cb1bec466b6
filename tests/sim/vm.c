/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/vm.h"
#include "sim/arm.h"
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* Virtual machines: PUT 201 (azure-arm.md, 2.1) makes their disks; deallocate, generalize, start and powerOff
 * move the power state, which is kept where $expand=instanceView shows it. */

static json_t *statuses(const json_t *vm)
{
    return sim_at(vm, "properties.instanceView.statuses");
}

static bool has_status(const json_t *vm, const char *code)
{
    size_t i;
    const json_t *each;
    json_array_foreach(statuses(vm), i, each)
    {
        if (sim_same(sim_text_at(each, "code"), code))
            return true;
    }
    return false;
}

/* Replace the status of the same kind (PowerState/..., OSState/...). */
static void set_status(json_t *vm, const char *code)
{
    size_t i, kind = strcspn(code, "/") + 1;
    const json_t *each;
    json_t *properties = json_object_get(vm, "properties"), *list = statuses(vm);
    if (!list) {
        list = json_array();
        json_object_set_new(properties, "instanceView", json_pack("{s:o}", "statuses", list));
    }
    json_array_foreach(list, i, each)
    {
        if (sim_same_n(sim_text_at(each, "code"), code, kind))
            json_array_remove(list, i--);
    }
    char *shown = sim_format("VM %s", code + kind); /* az joins these words for its own output */
    json_array_append_new(
        list, json_pack("{s:s, s:s, s:s}", "code", code, "level", "Info", "displayStatus", shown));
    free(shown);
}

bool sim_vm_is_generalized(const json_t *vm)
{
    return has_status(vm, "OSState/generalized");
}

static bool is_running(const json_t *vm)
{
    return !has_status(vm, "PowerState/deallocated") && !has_status(vm, "PowerState/stopped");
}

void sim_vm_finish(struct sim_resource *vm)
{
    static const char *const ways[][2] = {{"PowerState/starting", "PowerState/running"},
                                          {"PowerState/stopping", "PowerState/stopped"},
                                          {"PowerState/deallocating", "PowerState/deallocated"}};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (has_status(vm->body, ways[i][0]))
            set_status(vm->body, ways[i][1]);
}

static bool need_interfaces(struct sim_call *c)
{
    size_t i;
    const json_t *each;
    json_array_foreach(sim_at(c->req->json, "properties.networkProfile.networkInterfaces"), i, each)
    {
        if (!sim_need_reference(c, sim_text_at(each, "id")))
            return false;
    }
    return true;
}

/* Text of public reports. */
static bool need_zones(struct sim_call *c, const char *region)
{
    const struct sim_region *place = sim_region_find(region);
    if (!json_array_size(json_object_get(c->req->json, "zones")) || (place && place->zones))
        return true;
    sim_fail(
        c->reply, 400, "LocationNotSupportAvailabilityZones",
        "The resource 'Microsoft.Compute/virtualMachines/%s' does not support availability zones at location "
        "'%s'.",
        sim_id_name(&c->id), region);
    return false;
}

static json_t *vm_body(struct sim_call *c, const char *region, json_t *properties,
                       const struct sim_resource *have)
{
    char guid[SIM_GUID_SIZE], stamp[SIM_STAMP_SIZE];
    const json_t *before = have ? sim_at(have->body, "properties") : NULL;
    json_t *body = sim_named_body(c->path);
    json_object_set_new(body, "location", json_string(region));
    sim_carry(body, c->req->json, "tags");
    sim_carry(body, c->req->json, "zones");
    json_object_set_new(body, "properties", properties);
    json_object_del(properties, "instanceView"); /* the service's own */
    sim_guid(guid);
    sim_stamp(sim_now(c->w), stamp);
    json_object_set_new(properties, "vmId", json_string(guid));
    json_object_set_new(properties, "timeCreated", json_string(stamp));
    sim_carry(properties, before, "vmId");
    sim_carry(properties, before, "timeCreated");
    sim_carry(properties, before, "instanceView");
    /* Written, never read back. */
    json_object_del(json_object_get(properties, "osProfile"), "adminPassword");
    json_object_del(json_object_get(properties, "osProfile"), "customData");
    sim_set_state(body, have ? "Updating" : "Creating");
    if (!have)
        set_status(body, "PowerState/starting");
    return body;
}

static void accept(struct sim_call *c, struct sim_resource *vm, unsigned status)
{
    int64_t length_ms = sim_speed(c->w, "vm_ms");
    sim_schedule(c->w, vm, SIM_WILL_FINISH, length_ms);
    sim_accept_operation(c, &(struct sim_accept){.status = status,
                                                 .kind = "operations",
                                                 .api = c->api,
                                                 .location = sim_text_at(vm->body, "location"),
                                                 .length_ms = length_ms,
                                                 .location_header = status == 202});
}

void sim_vm_put(struct sim_call *c)
{
    const char *region;
    struct sim_resource *have = sim_find(c->w, c->path);
    if (!sim_need_group(c) || !sim_need_body(c) || !sim_need_location(c, &region) ||
        !sim_need_same_place(c, have) || !need_zones(c, region) || !need_interfaces(c))
        return;
    json_t *properties = json_deep_copy(json_object_get(c->req->json, "properties"));
    json_t *profile = json_object_get(properties, "storageProfile");
    if (!json_is_object(profile)) {
        sim_fail(c->reply, 400, "InvalidParameter", "Required parameter 'storageProfile' is missing (null).");
        json_decref(properties);
        return;
    }
    if (!sim_vm_make_disks(c, properties, have)) {
        json_decref(properties);
        return;
    }
    struct sim_resource *vm = sim_store_put(&c->w->store, c->path, vm_body(c, region, properties, have));
    sim_network_power(c, vm->body, is_running(vm->body));
    sim_reply_json(c->reply, have ? 200 : 201, sim_show(c, vm));
    accept(c, vm, have ? 200 : 201);
}

void sim_vm_delete(struct sim_call *c)
{
    const struct sim_resource *vm = sim_find(c->w, c->path);
    if (vm && vm->pending != SIM_WILL_VANISH) {
        sim_network_power(c, vm->body, false);
        sim_vm_let_go(c, vm->body);
    }
    sim_delete_through(c, "operations", c->api, "vm_ms");
}

static void generalize(struct sim_call *c, struct sim_resource *vm)
{
    if (sim_rule_on(c->w, "generalized") && is_running(vm->body)) {
        /* Text of azure-docs issue 86809, code of the others. */
        sim_fail(c->reply, 409, "OperationNotAllowed",
                 "Operation 'generalize' is not allowed on VM '%s' since the VM is running.",
                 sim_id_name(&c->id));
        return;
    }
    set_status(vm->body, "OSState/generalized");
    sim_reply_empty(c->reply, 200);
}

static void power(struct sim_call *c, struct sim_resource *vm, const char *state)
{
    set_status(vm->body, state);
    sim_set_state(vm->body, "Updating");
    sim_network_power(c, vm->body, !sim_same(state, "PowerState/deallocating"));
    accept(c, vm, 202);
    sim_reply_json(c->reply, 202, NULL);
}

/* Recorded: deallocate 202, generalize 200, both without a body. */
void sim_vm_post(struct sim_call *c)
{
    struct sim_resource *vm = sim_find(c->w, c->path);
    const char *action = c->id.tail;
    if (!vm)
        sim_not_found(c);
    else if (sim_same(action, "generalize"))
        generalize(c, vm);
    else if (sim_same(action, "deallocate"))
        power(c, vm, "PowerState/deallocating");
    else if (sim_same(action, "powerOff"))
        power(c, vm, "PowerState/stopping");
    else if (!sim_same(action, "start"))
        sim_fail(c->reply, 404, "NotFound", "The action '%s' is not simulated.", action);
    else if (sim_rule_on(c->w, "generalized") &&
             sim_vm_is_generalized(vm->body)) /* azure-powershell issue 2818 */
        sim_fail(c->reply, 409, "OperationNotAllowed",
                 "Operation 'start' is not allowed on VM '%s' since the VM is generalized.",
                 sim_id_name(&c->id));
    else
        power(c, vm, "PowerState/starting");
}
