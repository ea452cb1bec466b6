/* SPDX-License-Identifier: MPL-2.0 */
/** A plan as something to copy: a line for the Azure CLI, a PowerShell script, a Bicep resource. Names that
 * the reader chooses are myVM and myResourceGroup. Syntax: `az vm create` of release 2.45 and newer;
 * Az.Compute's cmdlets; Bicep with Microsoft.Compute/virtualMachines at the api-version that our own requests
 * use. */
#ifndef ACGP_VM_RENDER_H
#define ACGP_VM_RENDER_H

#include "base/buf.h"
#include "vm/plan.h"

/** As acgp_buf_append; no line end behind the last line. */
bool acgp_vm_az(const struct acgp_vm_plan *plan, struct acgp_buf *out);
bool acgp_vm_powershell(const struct acgp_vm_plan *plan, struct acgp_buf *out);
bool acgp_vm_bicep(const struct acgp_vm_plan *plan, struct acgp_buf *out);

#endif
