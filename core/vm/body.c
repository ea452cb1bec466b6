/* SPDX-License-Identifier: MPL-2.0 */
/* What the test's writes carry (azure-arm facts: ARM's resource groups; Network's virtual network and
 * interface; Compute's virtual machine from an image version). The password is put in at the very end, so
 * that neither jansson nor a growing buffer ever holds it. */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "vm/machine.h"
#include "json/build.h"

enum { BODY_MAX = 256 * 1024 };

#define PASSWORD_MARK "@password@" /* in its place until the end; no id and no word of ARM holds it */

const char *acgp_vm_item_name(enum acgp_vm_item item)
{
    static const char *const names[] = {[ACGP_ITEM_GROUP] = "resource group",
                                        [ACGP_ITEM_NETWORK] = "virtual network",
                                        [ACGP_ITEM_INTERFACE] = "network interface",
                                        [ACGP_ITEM_VM] = "virtual machine"};

    return names[item];
}

char *acgp_vm_disk_name(const struct acgp_vm_disk *disk)
{
    return disk->os ? acgp_strdup("OS disk") : acgp_printf("LUN %" PRId64, disk->lun);
}

static json_t *base(const struct acgp_vm_test_machine *t)
{
    return json_pack("{s:s, s:{s:s}}", "location", t->plan.region, "tags", ACGP_VM_TEST_TAG, t->run_id);
}

/* ---- the network ---- */

static bool put_network(json_t *o)
{
    return acgp_json_put(o, "properties",
                         json_pack("{s:{s:[s]}, s:[{s:s, s:{s:s}}]}", "addressSpace", "addressPrefixes",
                                   "10.0.0.0/24", "subnets", "name", "vms", "properties", "addressPrefix",
                                   "10.0.0.0/24"));
}

/* No public address: nobody is to reach the machine. */
static bool put_interface(const struct acgp_vm_test_machine *t, json_t *o)
{
    char *subnet = acgp_printf("%s/subnets/vms", t->ids[ACGP_ITEM_NETWORK]);
    bool fine =
        subnet != NULL && acgp_json_put(o, "properties",
                                        json_pack("{s:[{s:s, s:{s:s, s:{s:s}}}]}", "ipConfigurations", "name",
                                                  "ip", "properties", "privateIPAllocationMethod", "Dynamic",
                                                  "subnet", "id", subnet));

    acgp_free(subnet);
    return fine;
}

/* ---- the VM ---- */

static bool put_set(json_t *o, const char *set_id)
{
    return set_id == NULL || acgp_json_put(o, "diskEncryptionSet", json_pack("{s:s}", "id", set_id));
}

static json_t *managed_disk(const struct acgp_vm_plan *plan, const struct acgp_vm_disk *d)
{
    json_t *o = json_object(), *security = json_object();
    bool confidential = d->os && plan->security_encryption_type != NULL;
    bool fine = put_set(o, d->set_id);

    if (confidential)
        fine = fine &&
               acgp_json_put_text(security, "securityEncryptionType", plan->security_encryption_type) &&
               put_set(security, plan->secure_set_id);
    if (acgp_json_put_object(o, "securityProfile", security) && fine)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *disk_object(const struct acgp_vm_plan *plan, const struct acgp_vm_disk *d)
{
    json_t *o = json_pack("{s:s, s:s}", "createOption", "FromImage", "deleteOption", "Delete");

    if ((d->os || acgp_json_put(o, "lun", json_integer(d->lun))) &&
        acgp_json_put_object(o, "managedDisk", managed_disk(plan, d)))
        return o;
    json_decref(o);
    return NULL;
}

static json_t *storage_profile(const struct acgp_vm_plan *plan)
{
    json_t *o = json_pack("{s:{s:s}}", "imageReference", "id", plan->version_id);
    json_t *data = json_array();
    bool fine = true;

    for (size_t i = 0; fine && i < plan->disk_count; i++)
        fine = plan->disks[i].os ? acgp_json_put(o, "osDisk", disk_object(plan, &plan->disks[i]))
                                 : acgp_json_append(data, disk_object(plan, &plan->disks[i]));
    if (json_array_size(data) != 0)
        fine = acgp_json_put(o, "dataDisks", json_incref(data)) && fine;
    json_decref(data);
    if (fine)
        return o;
    json_decref(o);
    return NULL;
}

static bool put_security(const struct acgp_vm_plan *plan, json_t *properties)
{
    return plan->security_type == NULL ||
           acgp_json_put(properties, "securityProfile",
                         json_pack("{s:s, s:{s:b, s:b}}", "securityType", plan->security_type, "uefiSettings",
                                   "secureBootEnabled", 1, "vTpmEnabled", 1));
}

/* R38 */
static bool put_login(const struct acgp_vm_plan *plan, json_t *properties)
{
    return plan->specialised ||
           acgp_json_put(properties, "osProfile",
                         json_pack("{s:s, s:s, s:s}", "computerName", "acgtest", "adminUsername", "acgtest",
                                   "adminPassword", PASSWORD_MARK));
}

static bool put_vm(const struct acgp_vm_test_machine *t, json_t *o)
{
    const struct acgp_vm_plan *plan = &t->plan;
    const char *size = t->vm_size != NULL ? t->vm_size : acgp_vm_plan_size(plan);
    json_t *p = json_pack("{s:{s:s}, s:{s:[{s:s}]}}", "hardwareProfile", "vmSize", size, "networkProfile",
                          "networkInterfaces", "id", t->ids[ACGP_ITEM_INTERFACE]);
    bool fine = acgp_json_put(p, "storageProfile", storage_profile(plan)) && put_security(plan, p) &&
                put_login(plan, p);

    if (fine && plan->plan_name != NULL)
        fine = acgp_json_put(o, "plan",
                             json_pack("{s:s, s:s, s:s}", "name", plan->plan_name, "publisher",
                                       plan->plan_publisher ? plan->plan_publisher : "", "product",
                                       plan->plan_product ? plan->plan_product : ""));
    return acgp_json_put(o, "properties", p) && fine;
}

/* ---- the whole ---- */

/* Text with the password in the place of its mark. @param text given. */
static char *splice(char *text, struct acg_span password)
{
    const char *mark = text != NULL ? strstr(text, PASSWORD_MARK) : NULL;
    size_t before = 0, behind = 0;
    char *made = NULL;

    if (mark == NULL)
        return text;
    before = (size_t)(mark - text);
    behind = strlen(mark) - strlen(PASSWORD_MARK);
    made = acgp_alloc(before + password.len + behind + 1, 1);
    if (made != NULL) {
        memcpy(made, text, before);
        memcpy(made + before, password.data, password.len);
        memcpy(made + before + password.len, mark + strlen(PASSWORD_MARK), behind);
    }
    acgp_free(text);
    return made;
}

char *acgp_vm_body(const struct acgp_vm_test_machine *t, enum acgp_vm_item item)
{
    json_t *o = base(t);
    char *text = NULL;
    bool fine = o != NULL && (item == ACGP_ITEM_GROUP || (item == ACGP_ITEM_NETWORK && put_network(o)) ||
                              (item == ACGP_ITEM_INTERFACE && put_interface(t, o)) ||
                              (item == ACGP_ITEM_VM && put_vm(t, o)));

    if (fine)
        text = acgp_json_dump(o, BODY_MAX);
    json_decref(o);
    return item == ACGP_ITEM_VM ? splice(text, acgp_secret_expose(&t->password)) : text;
}
