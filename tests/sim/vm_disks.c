/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/text.h"
#include "sim/vm.h"

#include <stdlib.h>
#include <string.h>

/* The disks of a virtual machine: each is written as if by itself, so that the disk provider's rules hold. */

/* The image's own disks, under whichever name its kind keeps them. */
json_t *sim_vm_image_disks(const struct sim_resource *image)
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
    json_array_foreach(sim_vm_image_disks(image), i, each)
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

static json_t *creation_data(const json_t *disk, const struct sim_vm_image *image)
{
    if (!sim_same(sim_text_at(disk, "createOption"), "FromImage"))
        return json_pack("{s:s}", "createOption", "Empty");
    json_t *reference = image->id ? json_pack("{s:s}", "id", image->id) : json_object();
    sim_carry(reference, disk, "lun");
    return json_pack("{s:s, s:o}", "createOption", "FromImage",
                     image->definition ? "galleryImageReference" : "imageReference", reference);
}

/* What a disk of this machine is, as a PUT of the disk by itself would say it. from: the image's disk, or
 * NULL. */
static json_t *disk_request(struct sim_call *c, const json_t *disk, const struct sim_vm_image *image,
                            const json_t *from)
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
    json_t *security = sim_vm_disk_security(c->req->json, disk);
    if (security)
        json_object_set_new(properties, "securityProfile", security);
    json_t *out = json_pack("{s:s, s:{s:s}, s:o}", "location", sim_text_at(c->req->json, "location"), "sku",
                            "name", type ? type : "Premium_LRS", "properties", properties);
    sim_carry(out, c->req->json, "zones");
    return out;
}

/* Make one disk of the machine and tie the two together. False with the answer filled. */
static bool make_disk(struct sim_call *c, json_t *disk, const struct sim_vm_image *image, const json_t *from)
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
        if (!json_object_get(disk, "deleteOption"))
            json_object_set_new(disk, "deleteOption", json_string("Detach")); /* recorded */
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

static void keep_generation(struct sim_call *c, const json_t *os, const struct sim_vm_image *image)
{
    const struct sim_resource *from = image->definition ? image->definition : image->image;
    const char *id = sim_text_at(os, "managedDisk.id");
    struct sim_resource *disk = id ? sim_find(c->w, id) : NULL;
    if (disk && from)
        sim_carry(sim_at(disk->body, "properties"), sim_at(from->body, "properties"), "hyperVGeneration");
}

/* A machine that is written again keeps its disks: the same body does not make new ones. */
static void keep_disks(json_t *profile, const struct sim_resource *have)
{
    const json_t *before = sim_at(have ? have->body : NULL, "properties.storageProfile");
    json_t *each;
    size_t i;
    json_array_foreach(json_object_get(profile, "dataDisks"), i, each)
    {
        if (!json_object_get(each, "name"))
            sim_carry(each, with_lun(json_object_get(before, "dataDisks"), json_object_get(each, "lun")),
                      "name");
    }
    json_t *os = json_object_get(profile, "osDisk");
    if (!json_object_get(os, "name"))
        sim_carry(os, json_object_get(before, "osDisk"), "name");
}

static void need_os(json_t *profile, const struct sim_vm_image *image)
{
    json_t *os = json_object_get(profile, "osDisk");
    const char *type = sim_text_at(image->definition ? image->definition->body : NULL, "properties.osType");
    if (!type)
        type =
            sim_text_at(image->image ? image->image->body : NULL, "properties.storageProfile.osDisk.osType");
    if (!os) {
        os = json_pack("{s:s}", "createOption", "FromImage");
        json_object_set_new(profile, "osDisk", os);
    }
    if (!json_object_get(os, "osType"))
        json_object_set_new(os, "osType", json_string(type ? type : "Linux"));
}

/* The image's OS disk, under whichever name its kind keeps it. */
static const json_t *image_os(const struct sim_vm_image *image)
{
    const json_t *profile = sim_at(image->image ? image->image->body : NULL, "properties.storageProfile");
    const json_t *os = json_object_get(profile, "osDisk");
    return os ? os : json_object_get(profile, "osDiskImage");
}

static bool make_all(struct sim_call *c, json_t *profile, const struct sim_vm_image *image)
{
    json_t *os = json_object_get(profile, "osDisk"), *each;
    size_t i;
    name_disk(c, os, "OsDisk_", 1);
    if (!make_disk(c, os, image, image_os(image)))
        return false;
    keep_generation(c, os, image);
    json_array_foreach(json_object_get(profile, "dataDisks"), i, each)
    {
        name_disk(c, each, "disk", i + 2);
        if (!make_disk(c, each, image,
                       with_lun(sim_vm_image_disks(image->image), json_object_get(each, "lun"))))
            return false;
    }
    return true;
}

/* A machine that is refused leaves no disk behind. */
static void take_back(struct sim_call *c)
{
    struct sim_resource *next;
    for (struct sim_resource *r = c->w->store.first; r; r = next) {
        next = r->next;
        if (sim_same(sim_text_at(r->body, "managedBy"), c->path))
            sim_store_remove(&c->w->store, r);
    }
}

bool sim_vm_make_disks(struct sim_call *c, json_t *properties, const struct sim_resource *have)
{
    json_t *profile = json_object_get(properties, "storageProfile");
    struct sim_vm_image image;
    if (!sim_vm_find_image(c, profile, &image))
        return false;
    need_os(profile, &image);
    if (!take_image_disks(c, profile, image.image) || (!have && !sim_vm_image_fits(c, properties, &image)) ||
        !sim_vm_take_sets(c, profile, &image))
        return false;
    keep_disks(profile, have);
    bool made = make_all(c, profile, &image);
    if (!made && !have)
        take_back(c);
    return made;
}

/* deleteOption Detach (recorded) leaves a disk where it is, Delete takes it along. */
static void let_go(struct sim_call *c, const char *id, const char *option)
{
    struct sim_resource *r = id ? sim_find(c->w, id) : NULL;
    if (!r)
        return;
    json_object_del(r->body, "managedBy");
    if (sim_same(r->type, "Microsoft.Compute/disks"))
        json_object_set_new(sim_at(r->body, "properties"), "diskState", json_string("Unattached"));
    if (sim_same(option, "Delete"))
        sim_schedule(c->w, r, SIM_WILL_VANISH, sim_speed(c->w, "vm_ms"));
}

void sim_vm_let_go(struct sim_call *c, const json_t *vm)
{
    const json_t *profile = sim_at(vm, "properties.storageProfile"), *each;
    size_t i;
    let_go(c, sim_text_at(profile, "osDisk.managedDisk.id"), sim_text_at(profile, "osDisk.deleteOption"));
    json_array_foreach(json_object_get(profile, "dataDisks"), i, each)
    {
        let_go(c, sim_text_at(each, "managedDisk.id"), sim_text_at(each, "deleteOption"));
    }
    json_array_foreach(sim_at(vm, "properties.networkProfile.networkInterfaces"), i, each)
    {
        let_go(c, sim_text_at(each, "id"), sim_text_at(each, "properties.deleteOption"));
    }
}
