/* SPDX-License-Identifier: MPL-2.0 */
#include <inttypes.h>
#include <stddef.h>

#include "arm/requests.h"
#include "vm/quote.h"
#include "vm/render.h"

/* name: 'value', so deep; nothing for NULL. */
static bool member(struct acgp_buf *out, int depth, const char *name, const char *value)
{
    return value == NULL ||
           (acgp_buf_printf(out, "\n%*s%s: ", 2 * depth, "", name) && acgp_quote_bicep(out, value));
}

static bool line(struct acgp_buf *out, int depth, const char *text)
{
    return acgp_buf_printf(out, "\n%*s%s", 2 * depth, "", text);
}

static bool set(struct acgp_buf *out, int depth, const char *id)
{
    return id == NULL || (line(out, depth, "diskEncryptionSet: {") && member(out, depth + 1, "id", id) &&
                          line(out, depth, "}"));
}

static bool managed_disk(const struct acgp_vm_plan *plan, const struct acgp_vm_disk *d, int depth,
                         struct acgp_buf *out)
{
    bool confidential = d->os && plan->security_encryption_type != NULL;
    bool fine = true;

    if (d->set_id == NULL && !confidential)
        return true;
    fine = line(out, depth, "managedDisk: {") && set(out, depth + 1, d->set_id);
    if (fine && confidential)
        fine = line(out, depth + 1, "securityProfile: {") &&
               member(out, depth + 2, "securityEncryptionType", plan->security_encryption_type) &&
               set(out, depth + 2, plan->secure_set_id) && line(out, depth + 1, "}");
    return fine && line(out, depth, "}");
}

static bool os_disk(const struct acgp_vm_plan *plan, const struct acgp_vm_disk *d, struct acgp_buf *out)
{
    return line(out, 3, "osDisk: {") && member(out, 4, "name", "myVM_OSDisk") &&
           member(out, 4, "createOption", "FromImage") && managed_disk(plan, d, 4, out) && line(out, 3, "}");
}

static bool data_disk(const struct acgp_vm_plan *plan, const struct acgp_vm_disk *d, struct acgp_buf *out)
{
    return line(out, 4, "{") && acgp_buf_printf(out, "\n%*slun: %" PRId64, 10, "", d->lun) &&
           member(out, 5, "createOption", "FromImage") && managed_disk(plan, d, 5, out) && line(out, 4, "}");
}

static bool storage(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    size_t data = 0;
    bool fine = line(out, 2, "storageProfile: {") && line(out, 3, "imageReference: {") &&
                member(out, 4, "id", plan->version_id) && line(out, 3, "}");

    for (size_t i = 0; fine && i < plan->disk_count; i++)
        if (plan->disks[i].os)
            fine = os_disk(plan, &plan->disks[i], out);
    for (size_t i = 0; fine && i < plan->disk_count; i++)
        if (!plan->disks[i].os)
            fine = (data++ != 0 || line(out, 3, "dataDisks: [")) && data_disk(plan, &plan->disks[i], out);
    return fine && (data == 0 || line(out, 3, "]")) && line(out, 2, "}");
}

static bool security(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    if (plan->security_type == NULL)
        return true;
    return line(out, 2, "securityProfile: {") && member(out, 3, "securityType", plan->security_type) &&
           line(out, 3, "uefiSettings: {") && line(out, 4, "secureBootEnabled: true") &&
           line(out, 4, "vTpmEnabled: true") && line(out, 3, "}") && line(out, 2, "}");
}

/* R38 */
static bool login(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    if (plan->specialised)
        return true;
    return line(out, 2, "osProfile: {") && member(out, 3, "computerName", "myVM") &&
           line(out, 3, "adminUsername: adminUsername") && line(out, 3, "adminPassword: adminPassword") &&
           line(out, 2, "}");
}

static bool purchase(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    if (plan->plan_name == NULL)
        return true;
    return line(out, 1, "plan: {") && member(out, 2, "name", plan->plan_name) &&
           member(out, 2, "publisher", plan->plan_publisher) &&
           member(out, 2, "product", plan->plan_product) && line(out, 1, "}");
}

bool acgp_vm_bicep(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    return acgp_buf_text(out, "param networkInterfaceId string") &&
           (plan->specialised ||
            acgp_buf_text(out, "\nparam adminUsername string\n@secure()\nparam adminPassword string")) &&
           acgp_buf_printf(out, "\n\nresource vm 'Microsoft.Compute/virtualMachines@%s' = {",
                           ACGP_API_VIRTUAL_MACHINE) &&
           member(out, 1, "name", "myVM") && member(out, 1, "location", plan->region) &&
           purchase(plan, out) && line(out, 1, "properties: {") && line(out, 2, "hardwareProfile: {") &&
           member(out, 3, "vmSize", acgp_vm_plan_size(plan)) && line(out, 2, "}") && storage(plan, out) &&
           security(plan, out) && login(plan, out) && line(out, 2, "networkProfile: {") &&
           line(out, 3, "networkInterfaces: [") && line(out, 4, "{") &&
           line(out, 5, "id: networkInterfaceId") && line(out, 4, "}") && line(out, 3, "]") &&
           line(out, 2, "}") && line(out, 1, "}") && acgp_buf_text(out, "\n}");
}
