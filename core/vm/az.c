/* SPDX-License-Identifier: MPL-2.0 */
#include <stddef.h>

#include "vm/quote.h"
#include "vm/render.h"

/* A line of its own for each option, behind a backslash. */
static bool option(struct acgp_buf *out, const char *name, const char *value)
{
    return acgp_buf_printf(out, " \\\n  %s", name) &&
           (value == NULL || (acgp_buf_text(out, " ") && acgp_quote_shell(out, value)));
}

static size_t data_sets(const struct acgp_vm_plan *plan)
{
    size_t n = 0;

    for (size_t i = 0; i < plan->disk_count; i++)
        n += !plan->disks[i].os && plan->disks[i].set_id != NULL;
    return n;
}

static size_t data_disks(const struct acgp_vm_plan *plan)
{
    size_t n = 0;

    for (size_t i = 0; i < plan->disk_count; i++)
        n += !plan->disks[i].os;
    return n;
}

/* az pairs sets with data disks by ascending LUN, whatever the order in the version (normalize_disk_info of
 * its _vm_utils.py), and takes a set for each of them or for none. */
static bool sets(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    bool fine = true;

    for (size_t i = 0; fine && i < plan->disk_count; i++)
        if (plan->disks[i].os && plan->disks[i].set_id != NULL)
            fine = option(out, "--os-disk-encryption-set", plan->disks[i].set_id);
    if (data_sets(plan) == 0 || data_sets(plan) != data_disks(plan))
        return fine;
    fine = fine && option(out, "--data-disk-encryption-sets", NULL);
    for (size_t i = 0; fine && i < plan->disk_count; i++)
        if (!plan->disks[i].os)
            fine = acgp_buf_text(out, " ") && acgp_quote_shell(out, plan->disks[i].set_id);
    return fine;
}

static bool note_login(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    return !plan->specialised ||
           acgp_buf_text(
               out, "# az may ask for a key or a password all the same: a specialised image takes neither\n");
}

static bool note(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    if (data_sets(plan) == 0 || data_sets(plan) == data_disks(plan))
        return true;
    return acgp_buf_text(
        out, plan->own_sets
                 ? "# az takes a set for every data disk or for none: sets of one's own beside "
                   "platform keys need Bicep\n"
                 : "# az takes a set for every data disk or for none: left out, Azure gives each data "
                   "disk the version's own\n");
}

static bool security(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    if (plan->security_type == NULL)
        return true;
    return option(out, "--security-type", plan->security_type) &&
           (plan->security_encryption_type == NULL ||
            option(out, "--os-disk-security-encryption-type", plan->security_encryption_type)) &&
           (plan->secure_set_id == NULL ||
            option(out, "--os-disk-secure-vm-disk-encryption-set", plan->secure_set_id)) &&
           option(out, "--enable-vtpm", "true") && option(out, "--enable-secure-boot", "true");
}

/* R38: who may log in is said for a generalised image alone. */
static bool login(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    if (plan->specialised)
        return option(out, "--specialized", NULL) &&
               (plan->windows ||
                option(out, "--generate-ssh-keys", NULL)); /* az asks for a key all the same */
    if (!plan->windows)
        return option(out, "--admin-username", "azureuser") && option(out, "--generate-ssh-keys", NULL);
    return option(out, "--admin-username", "azureuser") &&
           acgp_buf_text(out, " \\\n  --admin-password \"$ADMIN_PASSWORD\"");
}

static bool purchase(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    return (plan->plan_name == NULL || option(out, "--plan-name", plan->plan_name)) &&
           (plan->plan_publisher == NULL || option(out, "--plan-publisher", plan->plan_publisher)) &&
           (plan->plan_product == NULL || option(out, "--plan-product", plan->plan_product));
}

bool acgp_vm_az(const struct acgp_vm_plan *plan, struct acgp_buf *out)
{
    return note_login(plan, out) && note(plan, out) && acgp_buf_text(out, "az vm create") &&
           option(out, "--subscription", plan->subscription) &&
           option(out, "--resource-group", "myResourceGroup") && option(out, "--name", "myVM") &&
           option(out, "--location", plan->region) && option(out, "--image", plan->version_id) &&
           option(out, "--size", acgp_vm_plan_size(plan)) && sets(plan, out) && security(plan, out) &&
           purchase(plan, out) && login(plan, out);
}
