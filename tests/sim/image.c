/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/arm.h"
#include "sim/jsonx.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

/* Managed images: PUT 201 with Azure-AsyncOperation, as recorded. */

static int64_t disk_size(struct sim_call *c, const json_t *disk)
{
    const char *id = sim_text_at(disk, "managedDisk.id");
    const struct sim_resource *r = id ? sim_find(c->w, id) : NULL;
    return r ? sim_int_at(r->body, "properties.diskSizeGB", 30) : sim_int_at(disk, "diskSizeGB", 30);
}

static json_t *image_disk(struct sim_call *c, const json_t *disk)
{
    const char *id = sim_text_at(disk, "managedDisk.id");
    const struct sim_resource *r = id ? sim_find(c->w, id) : NULL;
    const char *type = r ? sim_text_at(r->body, "sku.name") : NULL;
    json_t *out = json_object();
    sim_carry(out, disk, "lun");
    sim_carry(out, disk, "osType");
    const json_t *managed = json_object_get(disk, "managedDisk");
    if (managed)
        json_object_set_new(out, "managedDisk", json_pack("{s:s}", "id", sim_text_at(managed, "id")));
    sim_carry(out, disk, "caching");
    json_object_set_new(out, "storageAccountType", json_string(type ? type : "Premium_LRS"));
    return out;
}

/* The disks of the VM that is captured. */
static json_t *captured(struct sim_call *c, const json_t *vm)
{
    json_t *os = image_disk(c, sim_at(vm, "properties.storageProfile.osDisk"));
    json_object_set_new(os, "osState", json_string("Generalized"));
    json_t *data = json_array();
    size_t i;
    const json_t *each;
    json_array_foreach(sim_at(vm, "properties.storageProfile.dataDisks"), i, each)
    {
        json_array_append_new(data, image_disk(c, each));
    }
    return json_pack("{s:o, s:o}", "osDisk", os, "dataDisks", data);
}

static void name_type(json_t *disk)
{
    if (disk && !json_object_get(disk, "storageAccountType"))
        json_object_set_new(disk, "storageAccountType", json_string("Standard_LRS"));
}

/* Recorded for blobs: disks without a type get Standard_LRS. */
static void name_types(json_t *profile)
{
    size_t i;
    json_t *each;
    name_type(json_object_get(profile, "osDisk"));
    json_array_foreach(json_object_get(profile, "dataDisks"), i, each)
    {
        name_type(each);
    }
}

/* Texts of ansible issue 37158 and of azure-cli issue 31191. */
static bool may_capture(struct sim_call *c, const struct sim_resource *vm)
{
    bool launch = sim_same(sim_text_at(vm->body, "properties.securityProfile.securityType"), "TrustedLaunch");
    if (launch && sim_rule_on(c->w, "generalized"))
        sim_fail(c->reply, 409, "OperationNotAllowed",
                 "Creation of managed images are not supported for virtual machine with TrustedLaunch "
                 "security type.");
    else if (!sim_vm_is_generalized(vm->body) && sim_rule_on(c->w, "generalized"))
        sim_fail(c->reply, 409, "OperationNotAllowed",
                 "The operation 'Create Image' requires the Virtual Machine '%s' to be Generalized.",
                 sim_text_at(vm->body, "name"));
    else
        return true;
    return false;
}

static json_t *image_properties(struct sim_call *c)
{
    const json_t *asked = sim_at(c->req->json, "properties");
    const char *vm_id = sim_text_at(asked, "sourceVirtualMachine.id");
    json_t *out = json_object();
    if (vm_id) {
        const struct sim_resource *vm = sim_find(c->w, vm_id);
        if (!vm) {
            json_decref(out);
            sim_fail(c->reply, 404, "NotFound", "Source virtual machine %s was not found.", vm_id);
            return NULL;
        }
        if (!may_capture(c, vm)) {
            json_decref(out);
            return NULL;
        }
        sim_carry(out, asked, "sourceVirtualMachine");
        json_t *profile = captured(c, vm->body);
        sim_carry(profile, sim_at(asked, "storageProfile"), "zoneResilient");
        json_object_set_new(out, "storageProfile", profile);
    } else {
        sim_carry(out, asked, "storageProfile");
        name_types(sim_at(out, "storageProfile"));
    }
    if (!sim_at(out, "storageProfile.osDisk")) {
        json_decref(out);
        sim_fail(c->reply, 400, "InvalidParameter",
                 "Required parameter 'storageProfile.osDisk' is missing (null).");
        return NULL;
    }
    json_object_set_new(out, "provisioningState", json_string("Creating"));
    const char *os_id = sim_text_at(out, "storageProfile.osDisk.managedDisk.id");
    const struct sim_resource *os = os_id ? sim_find(c->w, os_id) : NULL;
    json_object_set_new(out, "hyperVGeneration", json_string("V1"));
    sim_carry(out, os ? sim_at(os->body, "properties") : NULL, "hyperVGeneration");
    sim_carry(out, asked, "hyperVGeneration");
    return out;
}

static void add_size(struct sim_call *c, json_t *disk)
{
    if (disk && !json_object_get(disk, "diskSizeGB"))
        json_object_set_new(disk, "diskSizeGB", json_integer((json_int_t)disk_size(c, disk)));
}

/* Recorded: sizes that the request lacks are read from the disks later; the answer to the PUT has none yet.
 */
static void add_sizes(struct sim_call *c, json_t *profile)
{
    size_t i;
    json_t *each;
    add_size(c, json_object_get(profile, "osDisk"));
    json_array_foreach(json_object_get(profile, "dataDisks"), i, each)
    {
        add_size(c, each);
    }
}

void sim_image_put(struct sim_call *c)
{
    const char *region;
    struct sim_resource *have = sim_find(c->w, c->path);
    if (!sim_need_group(c) || !sim_need_body(c) || !sim_need_location(c, &region) ||
        !sim_need_same_place(c, have))
        return;
    json_t *properties = image_properties(c);
    if (!properties)
        return;
    json_t *body = sim_named_body(c->path);
    json_object_set_new(body, "location", json_string(region));
    sim_carry(body, c->req->json, "tags");
    json_object_set_new(body, "properties", properties);
    unsigned status = have ? 200 : 201;
    struct sim_resource *r = sim_store_put(&c->w->store, c->path, body);
    sim_schedule(c->w, r, SIM_WILL_FINISH, sim_speed(c->w, "image_ms"));
    sim_reply_json(c->reply, status, json_deep_copy(body));
    add_sizes(c, sim_at(body, "properties.storageProfile"));
    sim_accept_operation(c, &(struct sim_accept){.status = status,
                                                 .kind = "operations",
                                                 .api = c->api,
                                                 .location = region,
                                                 .length_ms = sim_speed(c->w, "image_ms")});
}

void sim_image_delete(struct sim_call *c)
{
    sim_delete_through(c, "operations", c->api, "image_ms");
}
