/* SPDX-License-Identifier: MPL-2.0 */
#include <inttypes.h>
#include <stddef.h>

#include "vm/quote.h"
#include "vm/render.h"

static bool argument(struct acgp_buf *out, const char *name, const char *value)
{
    return value == NULL || (acgp_buf_printf(out, " %s ", name) && acgp_quote_powershell(out, value));
}

static bool begin(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    return acgp_buf_text(out, "Set-AzContext") && argument(out, "-Subscription", plan->subscription) &&
           acgp_buf_text(out, "\n$vm = New-AzVMConfig -VMName 'myVM'") &&
           argument(out, "-VMSize", acgp_vm_plan_size(plan)) &&
           argument(out, "-SecurityType", plan->security_type) &&
           acgp_buf_text(out, "\n$vm = Set-AzVMSourceImage -VM $vm") &&
           argument(out, "-Id", plan->version_id);
}

static bool disks(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    bool fine = true;

    for (size_t i = 0; fine && i < plan->disk_count; i++) {
        const struct acgp_vm_disk *d = &plan->disks[i];
        if (d->os)
            fine = acgp_buf_text(out, "\n$vm = Set-AzVMOSDisk -VM $vm -Name 'myVM_OSDisk'") &&
                   argument(out, "-DiskEncryptionSetId", d->set_id) &&
                   argument(out, "-SecurityEncryptionType", plan->security_encryption_type) &&
                   argument(out, "-SecureVMDiskEncryptionSet", plan->secure_set_id) &&
                   acgp_buf_printf(out, " -CreateOption FromImage -%s", plan->windows ? "Windows" : "Linux");
        else
            fine = acgp_buf_printf(
                       out, "\n$vm = Add-AzVMDataDisk -VM $vm -Name 'myVM_DataDisk%" PRId64 "' -Lun %" PRId64,
                       d->lun, d->lun) &&
                   argument(out, "-DiskEncryptionSetId", d->set_id) &&
                   acgp_buf_text(out, " -CreateOption FromImage");
    }
    return fine;
}

static bool security(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    return plan->security_type == NULL ||
           acgp_buf_text(out, "\n$vm = Set-AzVMUefi -VM $vm -EnableVtpm $true -EnableSecureBoot $true");
}

static bool purchase(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    if (plan->plan_name == NULL)
        return true;
    return acgp_buf_text(out, "\n$vm = Set-AzVMPlan -VM $vm") && argument(out, "-Name", plan->plan_name) &&
           argument(out, "-Product", plan->plan_product) && argument(out, "-Publisher", plan->plan_publisher);
}

/* R38 */
static bool login(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    return plan->specialised ||
           acgp_buf_printf(out,
                           "\n$vm = Set-AzVMOperatingSystem -VM $vm -%s -ComputerName 'myVM' -Credential "
                           "(Get-Credential)",
                           plan->windows ? "Windows" : "Linux");
}

bool acgp_vm_powershell(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    return begin(plan, out) && disks(plan, out) && security(plan, out) && purchase(plan, out) &&
           login(plan, out) &&
           acgp_buf_text(out, "\n$vm = Add-AzVMNetworkInterface -VM $vm -Id $nic.Id"
                              "\nNew-AzVM -ResourceGroupName 'myResourceGroup'") &&
           argument(out, "-Location", plan->region) && acgp_buf_text(out, " -VM $vm");
}
