/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"
#include "sim/vm.h"

#include <stdlib.h>
#include <string.h>

/* The image of a virtual machine, and what a version's encryption means for it (azure-arm.md, 7; R33, R34,
 * R38). Texts are the documented ones; codes are those of public reports or, where marked, guesses. */

static const char version_type[] = "Microsoft.Compute/galleries/images/versions";

static const char *region_of(const struct sim_call *c)
{
    return sim_text_at(c->req->json, "location");
}

/* The version's entry for the machine's region; NULL when it is not replicated there. */
static const json_t *target(const struct sim_call *c, const struct sim_resource *version)
{
    size_t i;
    const json_t *each;
    json_array_foreach(sim_at(version->body, "properties.publishingProfile.targetRegions"), i, each)
    {
        if (sim_region_same(sim_text_at(each, "name"), region_of(c)))
            return each;
    }
    return NULL;
}

/* A region that still replicates, or failed to, has nothing to make a machine from. */
static bool replicated(const struct sim_call *c, const struct sim_resource *version)
{
    const char *name;
    json_t *each;
    if (!target(c, version))
        return false;
    json_object_foreach(version->replication, name, each)
    {
        if (sim_region_same(name, region_of(c)) &&
            (sim_int_at(each, "end", 0) > sim_now(c->w) || json_object_get(each, "fail") ||
             json_object_get(each, "stop_at")))
            return false;
    }
    return true;
}

static bool excluded(const struct sim_call *c, const struct sim_resource *version)
{
    return sim_true_at(version->body, "properties.publishingProfile.excludeFromLatest") ||
           sim_true_at(target(c, version), "excludeFromLatest");
}

/* Is the version named a newer than the one named b? Both are Major.Minor.Patch. */
static bool newer(const char *a, const char *b)
{
    for (int part = 0; part < 3; part++) {
        char *left_end, *right_end;
        unsigned long left = strtoul(a, &left_end, 10), right = strtoul(b, &right_end, 10);
        if (left != right)
            return left > right;
        a = left_end + (*left_end == '.');
        b = right_end + (*right_end == '.');
    }
    return false;
}

static bool not_in_region(struct sim_call *c, const char *id)
{
    sim_fail(
        c->reply, 404, "GalleryImageNotFound",
        "The gallery image %s is not available in %s region. Please contact image owner to replicate to this "
        "region, or change your requested region.",
        id, region_of(c));
    return false;
}

/* The newest version of the definition that counts as latest. One that is not in the region is passed over.
 */
static bool find_latest(struct sim_call *c, const struct sim_resource *definition, struct sim_vm_image *out)
{
    bool any = false;
    for (const struct sim_resource *r = c->w->store.first; r; r = r->next) {
        if (!sim_same(r->type, version_type) || !sim_resource_below(r, definition->key) || excluded(c, r))
            continue;
        any = true;
        if (replicated(c, r) &&
            (!out->image || newer(sim_text_at(r->body, "name"), sim_text_at(out->image->body, "name"))))
            out->image = r;
    }
    if (out->image)
        return true;
    const char *id = sim_text_at(definition->body, "id");
    if (any)
        return not_in_region(c, id);
    sim_fail(c->reply, 404, "GalleryImageNotFound", "There is no latest image version exists for \"%s\"", id);
    return false;
}

static bool find_definition(struct sim_call *c, struct sim_vm_image *out)
{
    const char *id = sim_text_at(out->image->body, "id"), *end = strstr(id, "/versions/");
    char *definition = sim_copy_n(id, end ? (size_t)(end - id) : strlen(id));
    out->definition = sim_find(c->w, definition);
    free(definition);
    if (sim_rule_on(c->w, "R34") && !replicated(c, out->image))
        return not_in_region(c, id);
    return true;
}

static bool not_found(struct sim_call *c, const char *id)
{
    sim_fail(c->reply, 404, "ImageNotFound", "The Image '%s' cannot be found in '%s' region.", id,
             region_of(c));
    return false;
}

bool sim_vm_find_image(struct sim_call *c, json_t *profile, struct sim_vm_image *out)
{
    const char *id = sim_text_at(profile, "imageReference.id");
    struct sim_resource *found = id ? sim_find(c->w, id) : NULL;
    bool managed = found && sim_same(found->type, "Microsoft.Compute/images");
    *out = (struct sim_vm_image){0};
    if (!id)
        return true;
    if (!found || (managed && !sim_region_same(sim_text_at(found->body, "location"), region_of(c))))
        return not_found(c, id);
    if (sim_same(found->type, "Microsoft.Compute/galleries/images")) {
        if (!find_latest(c, found, out))
            return false;
    } else {
        out->image = found;
    }
    out->id = sim_text_at(out->image->body, "id");
    if (!sim_same(out->image->type, version_type))
        return managed || not_found(c, id);
    json_object_set(json_object_get(profile, "imageReference"), "exactVersion",
                    json_object_get(out->image->body, "name"));
    return find_definition(c, out);
}

static bool refuse(struct sim_call *c, const char *target_name, const char *text)
{
    sim_fail(c->reply, 400, "InvalidParameter", "%s", text);
    sim_fail_target(c->reply, target_name);
    return false;
}

static bool profile_fits(struct sim_call *c, const json_t *properties, const struct sim_vm_image *image)
{
    const char *state = sim_text_at(image->definition ? image->definition->body : NULL, "properties.osState");
    bool given = json_object_get(properties, "osProfile") != NULL;
    if (!state || !sim_rule_on(c->w, "R38"))
        return true;
    if (given && sim_same(state, "Specialized"))
        return refuse(c, "osProfile", "Parameter 'osProfile' is not allowed.");
    if (!given && sim_same(state, "Generalized"))
        return refuse(c, "osProfile", "Required parameter 'osProfile' is missing (null).");
    return true;
}

static bool is_confidential_image(const struct sim_vm_image *image)
{
    size_t i;
    const json_t *each;
    json_array_foreach(sim_at(image->definition ? image->definition->body : NULL, "properties.features"), i,
                       each)
    {
        if (sim_same(sim_text_at(each, "name"), "SecurityType") &&
            sim_same(sim_text_at(each, "value"), "ConfidentialVM"))
            return true;
    }
    return false;
}

/* What a confidential machine says twice must agree (texts are guesses). */
static bool security_fits(struct sim_call *c, const json_t *properties, const struct sim_vm_image *image)
{
    const char *kind =
        sim_text_at(properties, "storageProfile.osDisk.managedDisk.securityProfile.securityEncryptionType");
    bool confidential = sim_same(sim_text_at(properties, "securityProfile.securityType"), "ConfidentialVM");
    if (!confidential && kind)
        return refuse(c, "securityProfile",
                      "securityEncryptionType of the OS disk needs securityType 'ConfidentialVM'.");
    if (!confidential && is_confidential_image(image))
        return refuse(
            c, "securityProfile",
            "The security type of the image is 'ConfidentialVM'; the virtual machine needs the same.");
    if (confidential && !kind)
        return refuse(c, "osDisk.managedDisk.securityProfile",
                      "Required parameter 'securityEncryptionType' is missing (null).");
    if (kind && !sim_same(kind, "DiskWithVMGuestState") && !sim_same(kind, "VMGuestStateOnly") &&
        !sim_same(kind, "NonPersistedTPM"))
        return refuse(c, "osDisk.managedDisk.securityProfile",
                      "The value of securityEncryptionType is invalid.");
    return true;
}

bool sim_vm_image_fits(struct sim_call *c, const json_t *properties, const struct sim_vm_image *image)
{
    return profile_fits(c, properties, image) && security_fits(c, properties, image);
}

/* R33: a version's own set stays in its subscription. */
static bool own_set(struct sim_call *c, const char *set, const struct sim_vm_image *image)
{
    struct sim_id id;
    sim_id_parse(set, &id);
    bool own = sim_same(id.subscription, c->id.subscription) || !sim_rule_on(c->w, "R33");
    if (!own)
        sim_fail(c->reply, 409, "OperationNotAllowed",
                 "Disk encryption set %s in shared image gallery %s belongs to subscription %s and cannot be "
                 "used with "
                 "resource '' in subscription %s",
                 set, image->id, id.subscription, c->id.subscription);
    sim_id_done(&id);
    return own;
}

/* Put the set at managedDisk.diskEncryptionSet (or below its securityProfile) when none is named there. */
static bool take_set(struct sim_call *c, json_t *disk, bool secure, const char *set,
                     const struct sim_vm_image *image)
{
    json_t *place = json_object_get(disk, "managedDisk");
    if (!set || !sim_same(sim_text_at(disk, "createOption"), "FromImage"))
        return true;
    if (!place) {
        place = json_object();
        json_object_set_new(disk, "managedDisk", place);
    }
    if (secure)
        place = json_object_get(place, "securityProfile");
    if (!place || sim_text_at(place, "diskEncryptionSet.id") || json_object_get(disk, "id"))
        return true;
    json_object_set_new(place, "diskEncryptionSet", json_pack("{s:s}", "id", set));
    return own_set(c, set, image);
}

static const char *lun_set(const json_t *encryption, const json_t *lun)
{
    size_t i;
    const json_t *each;
    json_array_foreach(json_object_get(encryption, "dataDiskImages"), i, each)
    {
        if (json_equal(json_object_get(each, "lun"), lun))
            return sim_text_at(each, "diskEncryptionSetId");
    }
    return NULL;
}

/* Recorded: a machine without any set of its own gets the version's regional ones on all disks. */
bool sim_vm_take_sets(struct sim_call *c, json_t *profile, const struct sim_vm_image *image)
{
    const json_t *encryption =
        image->definition ? json_object_get(target(c, image->image), "encryption") : NULL;
    json_t *os = json_object_get(profile, "osDisk"), *each;
    size_t i;
    if (!encryption)
        return true;
    if (!take_set(c, os, false, sim_text_at(encryption, "osDiskImage.diskEncryptionSetId"), image) ||
        !take_set(c, os, true,
                  sim_text_at(encryption, "osDiskImage.securityProfile.secureVMDiskEncryptionSetId"), image))
        return false;
    json_array_foreach(json_object_get(profile, "dataDisks"), i, each)
    {
        if (!take_set(c, each, false, lun_set(encryption, json_object_get(each, "lun")), image))
            return false;
    }
    return true;
}

/* azure-arm.md, 6.2: the words of a disk for what the machine's words make of it. */
json_t *sim_vm_disk_security(const json_t *vm, const json_t *disk)
{
    const char *type = sim_text_at(vm, "properties.securityProfile.securityType");
    const char *kind = sim_text_at(disk, "managedDisk.securityProfile.securityEncryptionType");
    const char *set = sim_text_at(disk, "managedDisk.securityProfile.diskEncryptionSet.id");
    if (json_object_get(disk, "lun") ||
        (!sim_same(type, "ConfidentialVM") && !sim_same(type, "TrustedLaunch")))
        return NULL;
    if (sim_same(type, "TrustedLaunch"))
        return json_pack("{s:s}", "securityType", "TrustedLaunch");
    if (sim_same(kind, "VMGuestStateOnly"))
        return json_pack("{s:s}", "securityType", "ConfidentialVM_VMGuestStateOnlyEncryptedWithPlatformKey");
    if (sim_same(kind, "NonPersistedTPM"))
        return json_pack("{s:s}", "securityType", "ConfidentialVM_NonPersistedTPM");
    if (!set)
        return json_pack("{s:s}", "securityType", "ConfidentialVM_DiskEncryptedWithPlatformKey");
    return json_pack("{s:s, s:s}", "securityType", "ConfidentialVM_DiskEncryptedWithCustomerKey",
                     "secureVMDiskEncryptionSetId", set);
}
