/* SPDX-License-Identifier: MPL-2.0 */
#include "vm/plan.h"

#include <inttypes.h>

#include "arm/version_view.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "model/resource_id.h"

enum { REGIONS_TEXT_MAX = 4096 }; /* a hundred names */

/* The work. */
struct planning {
    const struct acgp_vm_wish *wish;
    const struct acgp_version_doc *version;
    struct acg_findings *findings;
    struct acgp_vm_plan *out;
    struct acg_error *err;
};

void acgp_vm_plan_done(struct acgp_vm_plan *plan)
{
    for (size_t i = 0; i < plan->disk_count; i++)
        acgp_free(plan->disks[i].set_id);
    acgp_free(plan->disks);
    acgp_free(plan->version_id);
    acgp_free(plan->subscription);
    acgp_free(plan->security_type);
    acgp_free(plan->cvm_type);
    acgp_free(plan->secure_set_id);
    acgp_free(plan->plan_name);
    acgp_free(plan->plan_publisher);
    acgp_free(plan->plan_product);
    *plan = (struct acgp_vm_plan){.version_id = NULL};
}

const char *acgp_vm_plan_size(const struct acgp_vm_plan *plan)
{
    if (acgp_equal_nocase(plan->security_type, "ConfidentialVM"))
        return "Standard_DC2as_v5";
    return plan->arm64 ? "Standard_D2ps_v5" : "Standard_D2s_v5";
}

json_t *acgp_vm_disk_json(const struct acgp_vm_disk *disk)
{
    return disk->os ? json_string("os") : json_integer(disk->lun);
}

/* @param message given; NULL is out of memory */
static enum acg_status find(struct planning *p, enum acg_severity severity, const char *rule,
                            const char *field, char *message, const char *fix)
{
    enum acg_status status = message == NULL
                                 ? acgp_fail_nomem(p->err)
                                 : acg_findings_add(p->findings, severity, rule, field, message, fix, p->err);

    acgp_free(message);
    return status;
}

/* ---- the region (R34) ---- */

static const struct acgp_doc_place *find_place(const struct planning *p)
{
    const struct acgp_doc_place *items = acgp_doc_places(&p->version->regions);

    for (size_t i = 0; i < p->version->regions.count; i++)
        if (items[i].name != NULL && acgp_region_equal(items[i].name, p->wish->region))
            return &items[i];
    return NULL;
}

static enum acg_status region_missing(struct planning *p)
{
    const struct acgp_doc_place *items = acgp_doc_places(&p->version->regions);
    struct acgp_buf list;
    enum acg_status status = ACG_OK;

    acgp_buf_init(&list, REGIONS_TEXT_MAX);
    for (size_t i = 0; i < p->version->regions.count; i++)
        acgp_buf_printf(&list, "%s%s", i == 0 ? "" : ", ", items[i].name ? items[i].name : "?");
    status =
        find(p, ACG_SEVERITY_ERROR, "R34", "region",
             acgp_printf("%.64s is not among the regions of the version (%s): Azure answers there that the "
                         "image is not available",
                         p->wish->region, list.data != NULL ? list.data : "none"),
             "publish the version to that region too, or make the VM in one of those");
    acgp_buf_done(&list);
    return status;
}

static enum acg_status check_replication(struct planning *p, const struct acgp_doc_place *place)
{
    const struct acgp_doc_replication *r = acgp_doc_replication_of(p->version, place);
    const char *state = r != NULL && r->state != NULL ? r->state : p->version->aggregated_state;

    if (acgp_equal_nocase(state, "Completed"))
        return ACG_OK;
    return find(p, p->wish->at_once ? ACG_SEVERITY_ERROR : ACG_SEVERITY_WARNING, "R34", "region",
                acgp_printf("%s: the version is not there yet: its replication is %s", p->out->region,
                            state ? state : "not known"),
                "wait until the region is Completed");
}

/* ---- the disks ---- */

static bool has_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static bool add_disk(struct acgp_vm_plan *out, bool os, int64_t lun, const char *set_id)
{
    struct acgp_vm_disk *d = &out->disks[out->disk_count++];

    *d = (struct acgp_vm_disk){.os = os, .lun = lun};
    if (!has_text(set_id))
        return true;
    out->encrypts = true;
    d->set_id = acgp_strdup(set_id);
    return d->set_id != NULL;
}

static bool listed(const struct acgp_version_doc *version, int64_t lun)
{
    const struct acgp_doc_data_disk *disks = acgp_doc_data_disks(&version->data_disks);

    for (size_t i = 0; i < version->data_disks.count; i++)
        if (disks[i].lun.set && disks[i].lun.value == lun)
            return true;
    return version->data_disks.count == 0;
}

/* The data disks that the version lists; where it lists none, those that its sets name. */
static enum acg_status add_disks(struct planning *p, const struct acgp_doc_place *place)
{
    struct acgp_vm_plan *out = p->out;
    int64_t *luns = NULL;
    size_t count = 0;
    bool fine = acgp_version_luns(p->version, place, &luns, &count);

    out->disks = fine ? acgp_alloc(count + 1, sizeof *out->disks) : NULL;
    fine = out->disks != NULL && add_disk(out, true, 0, place->encryption.os_set_id);
    for (size_t i = 0; fine && i < count; i++)
        if (listed(p->version, luns[i]))
            fine = add_disk(out, false, luns[i], acgp_doc_data_set_of(place, luns[i]));
    if (fine && has_text(place->encryption.secure_vm_set_id)) {
        out->encrypts = true;
        out->secure_set_id = acgp_strdup(place->encryption.secure_vm_set_id);
        fine = out->secure_set_id != NULL;
    }
    acgp_free(luns);
    return fine ? ACG_OK : acgp_fail_nomem(p->err);
}

/* ---- the sets' subscription (R33) ---- */

static bool foreign(const struct acgp_vm_plan *plan, const char *set_id)
{
    struct acgp_resource_id id;

    return set_id != NULL && acgp_resource_id_parse(acgp_span(set_id), &id) &&
           !acgp_span_equal_nocase(id.subscription, acgp_span(plan->subscription));
}

static char *to_fill_in(const struct acgp_vm_plan *plan, const char *name)
{
    return acgp_printf("/subscriptions/%s/resourceGroups/YOUR-GROUP/providers/Microsoft.Compute/"
                       "diskEncryptionSets/YOUR-%s-SET",
                       plan->subscription, name);
}

static bool replace(const struct acgp_vm_plan *plan, char **set_id, const char *name)
{
    char *own = NULL;

    if (!foreign(plan, *set_id))
        return true;
    own = to_fill_in(plan, name);
    acgp_free(*set_id);
    *set_id = own;
    return own != NULL;
}

static bool replace_all(struct acgp_vm_plan *plan)
{
    bool fine = replace(plan, &plan->secure_set_id, "SECURE-VM");

    for (size_t i = 0; fine && i < plan->disk_count; i++) {
        char *name = plan->disks[i].os ? acgp_strdup("OS") : acgp_printf("LUN-%" PRId64, plan->disks[i].lun);
        fine = name != NULL && replace(plan, &plan->disks[i].set_id, name);
        acgp_free(name);
    }
    return fine;
}

static enum acg_status check_subscription(struct planning *p)
{
    struct acgp_vm_plan *out = p->out;
    const char *first = foreign(out, out->secure_set_id) ? out->secure_set_id : NULL;

    for (size_t i = 0; first == NULL && i < out->disk_count; i++)
        if (foreign(out, out->disks[i].set_id))
            first = out->disks[i].set_id;
    if (first == NULL)
        return ACG_OK;
    enum acg_status status = find(
        p, p->wish->at_once ? ACG_SEVERITY_ERROR : ACG_SEVERITY_WARNING, "R33", "subscription_id",
        acgp_printf(
            "a disk encryption set can be used in its own subscription only; %s is not of subscription "
            "%s",
            first, out->subscription),
        "name disk encryption sets of that subscription, in the VM's region, for every disk that has one");
    if (status != ACG_OK)
        return status;
    out->own_sets = true;
    return replace_all(out) ? ACG_OK : acgp_fail_nomem(p->err);
}

/* ---- the VM ---- */

static const char *security_encryption(const char *cvm_type)
{
    if (!has_text(cvm_type))
        return NULL;
    if (acgp_equal_nocase(cvm_type, "NonPersistedTPM"))
        return "NonPersistedTPM";
    return acgp_equal_nocase(cvm_type, "EncryptedVMGuestStateOnlyWithPmk") ? "VMGuestStateOnly"
                                                                           : "DiskWithVMGuestState";
}

/* A version with a confidential type makes confidential VMs; else the definition says what its VMs must be.
 * "...Supported" leaves the choice, and we make the simple one. */
static const char *security_type(const struct acgp_definition_doc *definition, const char *cvm_type)
{
    const char *feature = acgp_definition_feature(definition, "SecurityType");

    if (has_text(cvm_type) || acgp_equal_nocase(feature, "ConfidentialVM"))
        return "ConfidentialVM";
    return acgp_equal_nocase(feature, "TrustedLaunch") ? "TrustedLaunch" : NULL;
}

static bool copy(char **out, const char *text)
{
    *out = has_text(text) ? acgp_strdup(text) : NULL;
    return *out != NULL || !has_text(text);
}

static bool describe(struct planning *p, const struct acgp_definition_doc *d,
                     const struct acgp_doc_place *place)
{
    struct acgp_vm_plan *out = p->out;
    const char *cvm = place != NULL ? place->encryption.cvm_type : NULL;

    out->windows = acgp_equal_nocase(d->os_type, "Windows");
    out->specialised = acgp_equal_nocase(d->os_state, "Specialized");
    out->arm64 = acgp_equal_nocase(d->architecture, "Arm64");
    out->security_encryption_type = security_encryption(cvm);
    /* a definition for confidential VMs without a word of the version: the guest's state alone, by platform
     * keys */
    if (out->security_encryption_type == NULL && acgp_equal_nocase(security_type(d, cvm), "ConfidentialVM"))
        out->security_encryption_type = "VMGuestStateOnly";
    return copy(&out->security_type, security_type(d, cvm)) && copy(&out->cvm_type, cvm) &&
           copy(&out->plan_name, d->plan_name) && copy(&out->plan_publisher, d->plan_publisher) &&
           copy(&out->plan_product, d->plan_product);
}

static bool begin(struct planning *p)
{
    struct acgp_resource_id id;
    struct acg_span subscription = acgp_span(p->wish->subscription);

    if (subscription.len == 0 && acgp_resource_id_parse(acgp_span(p->wish->version_id), &id))
        subscription = id.subscription;
    if (!acgp_region_normalise(acgp_span(p->wish->region), p->out->region))
        p->out->region[0] = '\0';
    p->out->version_id = acgp_strdup(p->wish->version_id);
    p->out->subscription = acgp_strndup(subscription.data, subscription.len);
    return p->out->version_id != NULL && p->out->subscription != NULL;
}

enum acg_status acgp_vm_plan_make(const struct acgp_vm_wish *wish, const struct acgp_version_doc *version,
                                  const struct acgp_definition_doc *definition, struct acg_findings *findings,
                                  struct acgp_vm_plan *out, struct acg_error *err)
{
    struct planning p = {wish, version, findings, out, err};
    const struct acgp_doc_place *place = find_place(&p);
    enum acg_status status = ACG_OK;

    if (!begin(&p) || !describe(&p, definition, place))
        return acgp_fail_nomem(err);
    if (place == NULL)
        return region_missing(&p);
    status = check_replication(&p, place);
    if (status == ACG_OK)
        status = add_disks(&p, place);
    return status == ACG_OK ? check_subscription(&p) : status;
}
