/* SPDX-License-Identifier: MPL-2.0 */
/* What the disks must be encrypted with, and what they are. */
#include <string.h>

#include "arm/des_doc.h"
#include "arm/requests.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "model/words.h"
#include "vm/machine.h"

/* ---- expected: by the sets' types ---- */

static const struct acgp_vm_disk *disk_at(const struct acgp_vm_test_machine *t, size_t i)
{
    return &t->plan.disks[i];
}

/* The first disk with this set. */
static size_t first_with(const struct acgp_vm_test_machine *t, const char *set_id)
{
    size_t i = 0;

    while (!acgp_resource_id_equal(disk_at(t, i)->set_id, set_id))
        i++;
    return i;
}

static void would_make(struct acgp_vm_test_machine *t, int64_t now_ms)
{
    struct acg_error none = {.status = ACG_OK};

    acgp_error_text(none.message, sizeof none.message,
                    "nothing was made: the report says what would be, and be deleted again");
    acgp_vm_test_over(t, now_ms, &none);
}

static void sets_read(struct acgp_vm_test_machine *t, int64_t now_ms)
{
    const struct acg_finding *first = NULL;
    struct acg_error err;

    if (acg_findings_errors(t->work.findings) != 0) {
        for (size_t i = 0; first == NULL || first->severity != ACG_SEVERITY_ERROR; i++)
            first = acg_findings_at(t->work.findings, i);
        acgp_fail_field(&err, ACG_ERR_PREFLIGHT, first->field, "nothing was made; %s: %s", first->rule,
                        first->message);
        acgp_vm_test_over(t, now_ms, &err);
    } else if (t->create) {
        acgp_vm_make_begin(t, now_ms);
    } else {
        would_make(t, now_ms);
    }
}

void acgp_vm_read_sets(struct acgp_vm_test_machine *t, int64_t now_ms)
{
    bool any = false;

    t->step = ACGP_VM_SETS;
    for (size_t i = 0; !t->work.ended && i < t->plan.disk_count; i++) {
        const struct acgp_vm_disk *d = disk_at(t, i);
        /* of a confidential OS disk with a set of its own kind no recording shows the type */
        if (d->set_id == NULL && !(d->os && t->plan.cvm_type != NULL))
            acgp_error_text(t->checks[i].type, sizeof t->checks[i].type, ACGP_PLATFORM_KEY);
        if (d->set_id == NULL || first_with(t, d->set_id) != i)
            continue;
        any = true;
        acgp_work_get(&t->work, now_ms, ACGP_VM_CALL_SET, i,
                      acgp_resource_url(t->work.endpoint, d->set_id, ACGP_RESOURCE_DISK_ENCRYPTION_SET));
    }
    if (!t->work.ended && !any)
        sets_read(t, now_ms);
}

static enum acg_status take_set(struct acgp_vm_test_machine *t, size_t disk,
                                const struct acgp_response *response)
{
    struct acgp_des_doc doc = {0};
    enum acg_status status = acgp_des_doc_decode(acgp_buf_view(&response->body), &doc, NULL);

    for (size_t i = disk; status == ACG_OK && i < t->plan.disk_count; i++)
        if (acgp_resource_id_equal(disk_at(t, i)->set_id, disk_at(t, disk)->set_id))
            acgp_error_text(t->checks[i].type, sizeof t->checks[i].type,
                            doc.encryption_type ? doc.encryption_type : ACGP_CUSTOMER_KEY);
    acgp_des_doc_done(&doc);
    return status;
}

void acgp_vm_read_on_set(struct acgp_vm_test_machine *t, int64_t now_ms, size_t disk,
                         const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);
    const char *set_id = disk_at(t, disk)->set_id;
    enum acg_status taken = status == 200 ? take_set(t, disk, answer->response) : ACG_ERR_SERVICE;

    if (taken == ACG_ERR_NOMEM)
        acgp_work_nomem(&t->work, now_ms);
    else if (status == 404)
        acgp_work_find(&t->work, now_ms, ACG_SEVERITY_ERROR, "R2", "disk_encryption_set_id",
                       acgp_printf("the disk encryption set does not exist, no VM can be made: %s", set_id),
                       "publish a new version with a set that exists");
    else if (taken != ACG_OK)
        acgp_work_find(&t->work, now_ms, ACG_SEVERITY_WARNING, "R2", "disk_encryption_set_id",
                       acgp_printf("could not be checked: the type of disk encryption set %s", set_id),
                       "grant Microsoft.Compute/diskEncryptionSets/read on it");
    if (!t->work.ended && !acgp_calls_any(&t->work, ACGP_VM_CALL_SET))
        sets_read(t, now_ms);
}

/* ---- found ---- */

void acgp_vm_read_begin(struct acgp_vm_test_machine *t, int64_t now_ms)
{
    t->step = ACGP_VM_READ;
    acgp_work_step(&t->work, now_ms, "reading the encryption of the virtual machine's disks");
    if (!t->work.ended)
        acgp_work_get(
            &t->work, now_ms, ACGP_VM_CALL_VM, 0,
            acgp_resource_url(t->work.endpoint, t->ids[ACGP_ITEM_VM], ACGP_RESOURCE_VIRTUAL_MACHINE));
}

static void find(struct acgp_vm_test_machine *t, int64_t now_ms, char *message)
{
    if (t->work.ended)
        acgp_free(message);
    else
        acgp_work_find(&t->work, now_ms, ACG_SEVERITY_ERROR, "proof", "", message,
                       "do not use this version: find out why its disks are encrypted otherwise");
}

static void differ(struct acgp_vm_test_machine *t, int64_t now_ms, size_t i, const char *what,
                   const char *asked, const char *found)
{
    char *disk = acgp_vm_disk_name(disk_at(t, i));

    t->checks[i].same = false;
    find(t, now_ms,
         disk ? acgp_printf("%s, %s: asked %s, found %s", disk, what, asked ? asked : "none",
                            found ? found : "none")
              : NULL);
    acgp_free(disk);
}

static void judge_disk(struct acgp_vm_test_machine *t, int64_t now_ms, size_t i)
{
    struct acgp_vm_check *c = &t->checks[i];
    const struct acgp_vm_disk *d = disk_at(t, i);
    const char *secure = d->os ? t->plan.secure_set_id : NULL;

    c->same = true;
    if (c->disk_id == NULL) {
        differ(t, now_ms, i, "managed disk", "one", NULL);
        return;
    }
    if (!acgp_resource_id_equal(d->set_id, c->found_set))
        differ(t, now_ms, i, "disk encryption set", d->set_id, c->found_set);
    if (c->type[0] != '\0' && !acgp_equal_nocase(c->type, c->found_type))
        differ(t, now_ms, i, "encryption type", c->type, c->found_type);
    if (!acgp_resource_id_equal(secure, c->found_secure))
        differ(t, now_ms, i, "secure VM disk encryption set", secure, c->found_secure);
}

static void judge(struct acgp_vm_test_machine *t, int64_t now_ms)
{
    const struct acg_finding *first = NULL;
    struct acg_error err = {.status = ACG_OK};
    size_t errors = 0;

    for (size_t i = 0; !t->work.ended && i < t->plan.disk_count; i++)
        judge_disk(t, now_ms, i);
    if (t->work.ended)
        return;
    errors = acg_findings_errors(t->work.findings);
    for (size_t i = 0; errors != 0 && (first == NULL || first->severity != ACG_SEVERITY_ERROR); i++)
        first = acg_findings_at(t->work.findings, i);
    if (first != NULL)
        acgp_fail(&err, ACG_ERR_MISMATCH, "%zu difference%s: %s", errors, errors == 1 ? "" : "s",
                  first->message);
    else
        acgp_error_text(
            err.message, sizeof err.message,
            t->plan.encrypts
                ? "tested: a virtual machine was made, and every disk is encrypted as the version says"
                : "tested: a virtual machine was made; the version has no disk encryption set here");
    acgp_vm_test_over(t, now_ms, &err);
}

/* What is not found here is found by the comparison: a VM without one of the disks has no id for it. */
static void read_disks(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_vm_doc *vm)
{
    bool any = false;

    for (size_t i = 0; !t->work.ended && i < t->plan.disk_count; i++) {
        const struct acgp_vm_disk *d = disk_at(t, i);
        const char *id = d->os ? vm->os_disk_id : acgp_vm_doc_data_disk(vm, d->lun);
        if (id == NULL)
            continue;
        any = true;
        t->checks[i].disk_id = acgp_strdup(id);
        if (t->checks[i].disk_id == NULL)
            acgp_work_nomem(&t->work, now_ms);
        else
            acgp_work_get(&t->work, now_ms, ACGP_VM_CALL_DISK, i,
                          acgp_resource_url(t->work.endpoint, id, ACGP_RESOURCE_DISK));
    }
    if (!t->work.ended && !any)
        judge(t, now_ms);
}

void acgp_vm_read_on_vm(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_answer *answer)
{
    struct acgp_vm_doc vm = {.root = NULL};
    struct acg_error err;
    bool there = acgp_answer_status(answer) == 200;

    if (!there)
        acgp_answer_error(answer, "reading the virtual machine", &err);
    else if (acgp_vm_doc_decode(acgp_buf_view(&answer->response->body), &vm, &err) == ACG_OK)
        err.status = ACG_OK;
    if (err.status == ACG_OK)
        read_disks(t, now_ms, &vm);
    else
        acgp_vm_test_over(t, now_ms, &err);
    acgp_vm_doc_done(&vm);
}

static bool copy(char **out, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return true;
    *out = acgp_strdup(text);
    return *out != NULL;
}

static enum acg_status take_disk(struct acgp_vm_check *c, const struct acgp_response *response,
                                 struct acg_error *err)
{
    struct acgp_disk_state_doc doc = {.root = NULL};
    enum acg_status status = acgp_disk_state_decode(acgp_buf_view(&response->body), &doc, err);

    if (status == ACG_OK && !(copy(&c->found_type, doc.encryption_type) && copy(&c->found_set, doc.set_id) &&
                              copy(&c->found_secure, doc.secure_set_id)))
        status = acgp_fail_nomem(err);
    c->read = status == ACG_OK;
    acgp_disk_state_done(&doc);
    return status;
}

void acgp_vm_read_on_disk(struct acgp_vm_test_machine *t, int64_t now_ms, size_t disk,
                          const struct acgp_answer *answer)
{
    struct acg_error err = {.status = ACG_OK};

    if (acgp_answer_status(answer) != 200)
        acgp_answer_error(answer, "reading a disk", &err);
    else
        (void)take_disk(&t->checks[disk], answer->response, &err);
    if (err.status != ACG_OK)
        acgp_vm_test_over(t, now_ms, &err);
    else if (!acgp_calls_any(&t->work, ACGP_VM_CALL_DISK))
        judge(t, now_ms);
}
