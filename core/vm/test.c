/* SPDX-License-Identifier: MPL-2.0 */
/* The life of the test: its steps, and the one way out, which leads through the deletion. */
#include "vm/test.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"
#include "vm/machine.h"

/* A machine lives in its base, which is its first member. */
static struct acgp_vm_test_machine *machine_of(struct acgp_work *w)
{
    return (struct acgp_vm_test_machine *)w;
}

/* ---- the way out ---- */

/* What stays, and how it goes: the end of every message while the group may be there. */
static void tell_left(struct acgp_vm_test_machine *t, const struct acg_error *left, struct acg_error *err)
{
    struct acg_error told = *err, why = *left;
    bool both = told.message[0] != '\0' && why.message[0] != '\0';

    if (told.status != ACG_OK)
        why = told;
    acgp_fail(err, why.status,
              "%.900s%s%.600s; left in Azure: %s; delete it with: az group delete --subscription %.64s "
              "--name %s --yes",
              told.message, both ? "; " : "", left->message, t->ids[ACGP_ITEM_GROUP], t->plan.subscription,
              t->group);
    err->http_status = why.http_status;
    acgp_error_text(err->arm_code, sizeof err->arm_code, why.arm_code);
    acgp_error_text(err->request_id, sizeof err->request_id, why.request_id);
    acgp_error_text(err->field, sizeof err->field, why.field);
    t->left_told = true;
}

void acgp_vm_test_end(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acg_error *left)
{
    struct acg_error err = t->verdict;

    if (left != NULL)
        tell_left(t, left, &err);
    if (t->planned && !acgp_vm_test_report(t, left != NULL)) {
        acgp_fail_nomem(&err);
        t->left_told = left == NULL;
    }
    t->work.report = t->report;
    acgp_work_end(&t->work, now_ms, &err);
}

/* Out of memory ends a machine wherever it is: what is left is said then too. */
static void on_end(struct acgp_work *w, int64_t now_ms)
{
    struct acgp_vm_test_machine *t = machine_of(w);
    struct acg_error nothing = {.status = ACG_OK};

    (void)now_ms;
    if (t->tried[ACGP_ITEM_GROUP] && !t->deleted && !t->left_told)
        tell_left(t, &nothing, &w->error);
}

void acgp_vm_test_over(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acg_error *err)
{
    t->verdict = *err;
    if (t->tried[ACGP_ITEM_GROUP])
        acgp_vm_clean_begin(t, now_ms);
    else
        acgp_vm_test_end(t, now_ms, NULL);
}

static void on_deadline(struct acgp_work *w, int64_t now_ms)
{
    struct acgp_vm_test_machine *t = machine_of(w);
    struct acg_error err;

    acgp_fail(&err, ACG_ERR_TIMEOUT,
              t->cleaning ? "the deletion was not over after %" PRId64 " s"
                          : "the test was not over after %" PRId64 " s",
              (t->cleaning ? ACGP_VM_TEST_CLEAN_MS : acgp_work_elapsed(w, now_ms)) / 1000);
    if (t->cleaning)
        acgp_vm_test_end(t, now_ms, &err);
    else
        acgp_vm_test_over(t, now_ms, &err);
}

static void on_cancel(struct acgp_work *w, int64_t now_ms)
{
    struct acgp_vm_test_machine *t = machine_of(w);
    bool again = t->stopped;
    struct acg_error err;

    t->stopped = true;
    acgp_fail(&err, ACG_ERR_CANCELLED, again ? "stopped while deleting" : "stopped as asked");
    if (again && t->cleaning)
        acgp_vm_test_end(t, now_ms, &err);
    else if (t->cleaning)
        acgp_work_notice(w, now_ms, acgp_strdup("the deletion goes on; stop again to leave it"));
    else
        acgp_vm_test_over(t, now_ms, &err);
}

/* ---- in between ---- */

static void plan(struct acgp_vm_test_machine *t, int64_t now_ms)
{
    if (!acgp_vm_look_plan(&t->look, &t->work, now_ms, true, &t->plan))
        return;
    t->checks = acgp_alloc(t->plan.disk_count, sizeof t->checks[0]);
    t->ids[ACGP_ITEM_GROUP] =
        acgp_printf("/subscriptions/%s/resourceGroups/%s", t->plan.subscription, t->group);
    t->ids[ACGP_ITEM_NETWORK] =
        acgp_printf("%s/providers/Microsoft.Network/virtualNetworks/acgtest", t->ids[ACGP_ITEM_GROUP]);
    t->ids[ACGP_ITEM_INTERFACE] =
        acgp_printf("%s/providers/Microsoft.Network/networkInterfaces/acgtest", t->ids[ACGP_ITEM_GROUP]);
    t->ids[ACGP_ITEM_VM] =
        acgp_printf("%s/providers/Microsoft.Compute/virtualMachines/acgtest", t->ids[ACGP_ITEM_GROUP]);
    t->planned = t->checks != NULL;
    for (int i = 0; i < ACGP_ITEMS; i++)
        t->planned = t->planned && t->ids[i] != NULL;
    if (t->planned)
        acgp_vm_read_sets(t, now_ms);
    else
        acgp_work_nomem(&t->work, now_ms);
}

static void on_answer(struct acgp_work *w, int64_t now_ms, const struct acgp_call *call,
                      const struct acgp_answer *answer)
{
    struct acgp_vm_test_machine *t = machine_of(w);

    switch (call->kind) {
    case ACGP_VM_CALL_VERSION:
    case ACGP_VM_CALL_DEFINITION:
        if (acgp_vm_look_on_answer(&t->look, w, now_ms, call, answer) && !w->ended)
            plan(t, now_ms);
        break;
    case ACGP_VM_CALL_SET:
        acgp_vm_read_on_set(t, now_ms, call->index, answer);
        break;
    case ACGP_VM_CALL_FREE:
        acgp_vm_make_on_free(t, now_ms, answer);
        break;
    case ACGP_VM_CALL_PUT:
        acgp_vm_make_on_put(t, now_ms, answer);
        break;
    case ACGP_VM_CALL_POLL:
        acgp_vm_make_on_poll(t, now_ms, answer);
        break;
    case ACGP_VM_CALL_ITEM:
        acgp_vm_make_on_item(t, now_ms, answer);
        break;
    case ACGP_VM_CALL_VM:
        acgp_vm_read_on_vm(t, now_ms, answer);
        break;
    case ACGP_VM_CALL_DISK:
        acgp_vm_read_on_disk(t, now_ms, call->index, answer);
        break;
    case ACGP_VM_CALL_GROUP:
        acgp_vm_clean_on_group(t, now_ms, answer);
        break;
    default:
        acgp_vm_clean_on_delete(t, now_ms, answer);
        break;
    }
}

static const char *call_name(int call_kind)
{
    static const char *const names[] = {
        [ACGP_VM_CALL_VERSION] = "reading the version",
        [ACGP_VM_CALL_DEFINITION] = "reading the image definition",
        [ACGP_VM_CALL_SET] = "reading a disk encryption set",
        [ACGP_VM_CALL_FREE] = "looking whether the resource group is free",
        [ACGP_VM_CALL_PUT] = "making a resource",
        [ACGP_VM_CALL_POLL] = "reading the operation",
        [ACGP_VM_CALL_ITEM] = "reading a resource",
        [ACGP_VM_CALL_VM] = "reading the virtual machine",
        [ACGP_VM_CALL_DISK] = "reading a disk",
        [ACGP_VM_CALL_GROUP] = "reading the resource group",
        [ACGP_VM_CALL_DELETE] = "deleting the resource group",
    };

    return names[call_kind];
}

static void turn(struct acgp_work *w, int64_t now_ms)
{
    struct acgp_vm_test_machine *t = machine_of(w);

    if (now_ms >= t->put_at_ms)
        acgp_vm_make_put(t, now_ms);
    if (!w->ended && now_ms >= t->poll_at_ms)
        acgp_vm_make_poll(t, now_ms);
    if (!w->ended && now_ms >= t->read_at_ms && t->cleaning)
        acgp_vm_clean_look(t, now_ms);
    else if (!w->ended && now_ms >= t->read_at_ms)
        acgp_vm_make_look(t, now_ms);
}

static int64_t due_ms(const struct acgp_work *w)
{
    const struct acgp_vm_test_machine *t = (const struct acgp_vm_test_machine *)w;
    int64_t at = t->put_at_ms < t->poll_at_ms ? t->put_at_ms : t->poll_at_ms;

    return t->read_at_ms < at ? t->read_at_ms : at;
}

static char *heartbeat(struct acgp_work *w, int64_t minutes)
{
    const struct acgp_vm_test_machine *t = machine_of(w);

    if (t->step == ACGP_VM_MAKE)
        return acgp_printf("making the %s; %" PRId64 " min so far", acgp_vm_item_name(t->item), minutes);
    return acgp_printf("%s; %" PRId64 " min so far",
                       t->step == ACGP_VM_CLEAN ? "deleting the resource group" : "reading", minutes);
}

static void done(struct acgp_work *w)
{
    struct acgp_vm_test_machine *t = machine_of(w);

    for (size_t i = 0; t->checks != NULL && i < t->plan.disk_count; i++) {
        acgp_free(t->checks[i].disk_id);
        acgp_free(t->checks[i].found_type);
        acgp_free(t->checks[i].found_set);
        acgp_free(t->checks[i].found_secure);
    }
    acgp_free(t->checks);
    for (int i = 0; i < ACGP_ITEMS; i++)
        acgp_free(t->ids[i]);
    acgp_free(t->group);
    acgp_free(t->vm_size);
    acgp_secret_done(&t->password);
    acgp_lro_done(&t->lro);
    acgp_report_free(t->report);
    acgp_vm_plan_done(&t->plan);
    acgp_vm_look_done(&t->look);
}

static const struct acgp_work_kind test_kind = {
    .call_name = call_name,
    .on_answer = on_answer,
    .on_deadline = on_deadline,
    .on_cancel = on_cancel,
    .turn = turn,
    .due_ms = due_ms,
    .heartbeat = heartbeat,
    .on_end = on_end,
    .done = done,
};

static bool copy(struct acgp_vm_test_machine *t, const struct acgp_vm_test *what)
{
    t->create = what->create;
    acgp_work_uuid(&t->work, t->run_id);
    t->group = acgp_printf("acg-vm-test-%s", t->run_id);
    t->vm_size = acgp_strdup(what->vm_size);
    return acgp_vm_look_init(&t->look, &what->wish) && t->group != NULL &&
           (t->vm_size != NULL || what->vm_size == NULL);
}

enum acg_status acgp_vm_test_new(const struct acgp_vm_test *what, const struct acgp_work_config *config,
                                 struct acgp_work **out, struct acg_error *err)
{
    struct acgp_vm_test_machine *t = acgp_alloc(1, sizeof *t);

    if (t == NULL)
        return acgp_fail_nomem(err);
    acgp_secret_init(&t->password);
    acgp_secret_move(&t->password, what->password);
    t->put_at_ms = t->poll_at_ms = t->read_at_ms = ACGP_NEVER;
    if (acgp_work_init(&t->work, &test_kind, config, err) != ACG_OK || !copy(t, what)) {
        acgp_work_free(&t->work);
        return acgp_fail_nomem(err);
    }
    t->work.result.version_id = t->look.version_id;
    acgp_vm_look_begin(&t->look, &t->work, config->now_ms);
    *out = &t->work;
    return ACG_OK;
}
