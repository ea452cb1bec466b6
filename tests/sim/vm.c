/* SPDX-License-Identifier: MPL-2.0 */
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
    json_array_append_new(list, json_pack("{s:s, s:s}", "code", code, "level", "Info"));
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

/* The image's own disks, under whichever name its kind keeps them. */
static json_t *image_data_disks(const struct sim_resource *image)
{
    json_t *disks = sim_at(image ? image->body : NULL, "properties.storageProfile.dataDisks");
    return disks ? disks : sim_at(image ? image->body : NULL, "properties.storageProfile.dataDiskImages");
}

static const json_t *with_lun(const json_t *disks, const json_t *lun)
{
    size_t i;
    const json_t *each;
    json_array_foreach(disks, i, each)
    {
        if (json_equal(json_object_get(each, "lun"), lun))
            return each;
    }
    return NULL;
}

/* A machine gets the data disks of its image by itself. One that names any has to name those (public reports,
 * such as terraform-provider-azurerm issue 12877). */
static bool take_image_disks(struct sim_call *c, json_t *profile, const struct sim_resource *image)
{
    size_t i;
    const json_t *each;
    json_t *have = json_object_get(profile, "dataDisks");
    bool named = have != NULL;
    if (!named) {
        have = json_array();
        json_object_set_new(profile, "dataDisks", have);
    }
    json_array_foreach(image_data_disks(image), i, each)
    {
        const json_t *lun = json_object_get(each, "lun"), *same = with_lun(have, lun);
        if (named && !sim_same(sim_text_at(same, "createOption"), "FromImage")) {
            sim_fail(
                c->reply, 400, "InvalidParameter",
                "StorageProfile.dataDisks.lun does not have required value(s) for image specified in storage "
                "profile.");
            sim_fail_target(c->reply, "storageProfile");
            return false;
        }
        if (!named)
            json_array_append_new(have, json_pack("{s:O, s:s, s:s}", "lun", lun, "createOption", "FromImage",
                                                  "caching", "None"));
    }
    return true;
}

/* The name that Azure makes up: {vm}_OsDisk_1_{32 digits} (recorded). */
static void name_disk(struct sim_call *c, json_t *disk, const char *word, size_t number)
{
    char guid[SIM_GUID_SIZE], *to = guid;
    if (json_object_get(disk, "name"))
        return;
    sim_guid(guid);
    for (const char *from = guid; *from; from++)
        if (*from != '-')
            *to++ = *from;
    *to = '\0';
    char *name = sim_format("%s_%s%zu_%s", sim_id_name(&c->id), word, number, guid);
    json_object_set_new(disk, "name", json_string(name));
    free(name);
}

static json_t *creation_data(const json_t *disk, const char *image)
{
    if (!sim_same(sim_text_at(disk, "createOption"), "FromImage"))
        return json_pack("{s:s}", "createOption", "Empty");
    json_t *reference = image ? json_pack("{s:s}", "id", image) : json_object();
    if (json_object_get(disk, "lun"))
        sim_carry(reference, disk, "lun");
    return json_pack("{s:s, s:o}", "createOption", "FromImage", "imageReference", reference);
}

/* What a disk of this machine is, as a PUT of the disk by itself would say it. from: the image's disk, or
 * NULL. */
static json_t *disk_request(struct sim_call *c, const json_t *disk, const char *image, const json_t *from)
{
    const char *type = sim_text_at(disk, "managedDisk.storageAccountType");
    const char *set = sim_text_at(disk, "managedDisk.diskEncryptionSet.id");
    json_t *properties = json_pack("{s:o}", "creationData", creation_data(disk, image));
    sim_carry(properties, from, "osType");
    sim_carry(properties, disk, "osType");
    sim_carry(properties, from, "diskSizeGB");
    sim_carry(properties, disk, "diskSizeGB");
    if (!json_object_get(properties, "diskSizeGB"))
        json_object_set_new(properties, "diskSizeGB", json_integer(sim_int_at(from, "sizeInGB", 30)));
    if (set)
        json_object_set_new(properties, "encryption", json_pack("{s:s}", "diskEncryptionSetId", set));
    return json_pack("{s:s, s:{s:s}, s:o}", "location", sim_text_at(c->req->json, "location"), "sku", "name",
                     type ? type : "Premium_LRS", "properties", properties);
}

/* Make one disk of the machine and tie the two together. False with the answer filled. */
static bool make_disk(struct sim_call *c, json_t *disk, const char *image, const json_t *from)
{
    const char *attached = sim_text_at(disk, "managedDisk.id");
    if (attached)
        return sim_need_reference(c, attached);
    char *id = sim_format("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/disks/%s",
                          c->id.subscription, c->id.group, sim_text_at(disk, "name"));
    struct sim_reply reply = {.truncate_at = -1};
    json_t *asked = disk_request(c, disk, image, from);
    struct sim_resource *r = sim_find(c->w, id);
    if (!r) {
        sim_arm_put(c, id, c->api, asked, &reply);
        r = reply.status < 300 ? sim_find(c->w, id) : NULL;
    }
    if (r) {
        json_t *managed = json_object_get(disk, "managedDisk");
        if (!managed)
            managed = json_object();
        else
            json_incref(managed);
        json_object_set_new(managed, "id", json_string(id));
        json_object_set_new(disk, "managedDisk", managed);
        json_object_set_new(r->body, "managedBy", json_string(c->path));
        json_object_set_new(sim_at(r->body, "properties"), "diskState", json_string("Attached"));
    } else {
        sim_reply_json(c->reply, reply.status, json_incref(reply.body));
    }
    sim_reply_clear(&reply);
    json_decref(asked);
    free(id);
    return r != NULL;
}

/* A managed image serves its own region; a version serves those that it is replicated to, which is not looked
 * at. */
static bool is_near(const struct sim_call *c, const struct sim_resource *image)
{
    return !sim_same(image->type, "Microsoft.Compute/images") ||
           sim_region_same(sim_text_at(image->body, "location"), sim_text_at(c->req->json, "location"));
}

static void keep_generation(struct sim_call *c, const json_t *os, const struct sim_resource *image)
{
    const char *id = sim_text_at(os, "managedDisk.id");
    struct sim_resource *disk = id ? sim_find(c->w, id) : NULL;
    if (disk && image)
        sim_carry(sim_at(disk->body, "properties"), sim_at(image->body, "properties"), "hyperVGeneration");
}

static bool make_disks(struct sim_call *c, json_t *profile)
{
    const char *image_id = sim_text_at(profile, "imageReference.id");
    const struct sim_resource *image = image_id ? sim_find(c->w, image_id) : NULL;
    json_t *os = json_object_get(profile, "osDisk"), *each;
    size_t i;
    if (image_id && (!image || !is_near(c, image))) {
        sim_fail(c->reply, 404, "ImageNotFound", "The Image '%s' cannot be found in '%s' region.", image_id,
                 sim_text_at(c->req->json, "location"));
        return false;
    }
    if (!os) {
        os = json_pack("{s:s}", "createOption", "FromImage");
        json_object_set_new(profile, "osDisk", os);
    }
    const json_t *from = sim_at(image ? image->body : NULL, "properties.storageProfile.osDisk");
    if (!json_object_get(os, "osType"))
        json_object_set_new(os, "osType",
                            json_string(sim_text_at(from, "osType") ? sim_text_at(from, "osType") : "Linux"));
    if (!take_image_disks(c, profile, image))
        return false;
    name_disk(c, os, "OsDisk_", 1);
    if (!make_disk(c, os, image_id,
                   from ? from : sim_at(image ? image->body : NULL, "properties.storageProfile.osDiskImage")))
        return false;
    keep_generation(c, os, image);
    json_array_foreach(json_object_get(profile, "dataDisks"), i, each)
    {
        name_disk(c, each, "disk", i + 2);
        if (!make_disk(c, each, image_id, with_lun(image_data_disks(image), json_object_get(each, "lun"))))
            return false;
    }
    return true;
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

static json_t *vm_body(struct sim_call *c, const char *region, json_t *properties,
                       const struct sim_resource *have)
{
    char guid[SIM_GUID_SIZE], stamp[SIM_STAMP_SIZE];
    const json_t *before = have ? sim_at(have->body, "properties") : NULL;
    json_t *body = sim_named_body(c->path);
    json_object_set_new(body, "location", json_string(region));
    sim_carry(body, c->req->json, "tags");
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
        !sim_need_same_place(c, have) || !need_interfaces(c))
        return;
    json_t *properties = json_deep_copy(json_object_get(c->req->json, "properties"));
    json_t *profile = json_object_get(properties, "storageProfile");
    if (!json_is_object(profile)) {
        sim_fail(c->reply, 400, "InvalidParameter", "Required parameter 'storageProfile' is missing (null).");
        json_decref(properties);
        return;
    }
    if (!make_disks(c, profile)) {
        json_decref(properties);
        return;
    }
    struct sim_resource *vm = sim_store_put(&c->w->store, c->path, vm_body(c, region, properties, have));
    sim_network_power(c, vm->body, is_running(vm->body));
    sim_reply_json(c->reply, have ? 200 : 201, sim_show(c, vm));
    accept(c, vm, have ? 200 : 201);
}

static void let_go(struct sim_call *c, const json_t *disk)
{
    const char *id = sim_text_at(disk, "managedDisk.id");
    struct sim_resource *r = id ? sim_find(c->w, id) : NULL;
    if (!r)
        return;
    json_object_del(r->body, "managedBy");
    json_object_set_new(sim_at(r->body, "properties"), "diskState", json_string("Unattached"));
}

/* The disks stay (recorded: deleteOption Detach). */
void sim_vm_delete(struct sim_call *c)
{
    const struct sim_resource *vm = sim_find(c->w, c->path);
    const json_t *profile = vm ? sim_at(vm->body, "properties.storageProfile") : NULL, *each;
    size_t i;
    let_go(c, json_object_get(profile, "osDisk"));
    json_array_foreach(json_object_get(profile, "dataDisks"), i, each)
    {
        let_go(c, each);
    }
    if (vm)
        sim_network_power(c, vm->body, false);
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
