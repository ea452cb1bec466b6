/* SPDX-License-Identifier: MPL-2.0 */
/* Deleting the resource group: it is read before each attempt, and deleted only while it carries our tag. Its
 * end is seen by reading. */
#include <inttypes.h>

#include "arm/requests.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "vm/machine.h"

enum { GONE_READS = 3 }; /* so many in a row must not find a group whose making nobody has confirmed */

static char *group_url(const struct acgp_vm_test_machine *t)
{
    return acgp_path_url(t->work.endpoint, t->ids[ACGP_ITEM_GROUP], "", ACGP_API_RESOURCES);
}

void acgp_vm_clean_look(struct acgp_vm_test_machine *t, int64_t now_ms)
{
    t->read_at_ms = ACGP_NEVER;
    acgp_work_get(&t->work, now_ms, ACGP_VM_CALL_GROUP, 0, group_url(t));
}

void acgp_vm_clean_begin(struct acgp_vm_test_machine *t, int64_t now_ms)
{
    t->step = ACGP_VM_CLEAN;
    t->cleaning = true;
    t->reads = t->missing = 0;
    t->put_at_ms = t->poll_at_ms = t->read_at_ms = ACGP_NEVER;
    t->work.deadline_ms = now_ms + ACGP_VM_TEST_CLEAN_MS;
    acgp_secret_done(&t->password);
    acgp_calls_drop_all(&t->work);
    acgp_work_step(&t->work, now_ms, "deleting the resource group and all that is in it");
    if (!t->work.ended)
        acgp_vm_clean_look(t, now_ms);
}

static void look_later(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_answer *answer)
{
    int64_t wait = answer->response != NULL
                       ? acgp_retry_wait_ms(answer->response, acgp_work_unix_s(&t->work, now_ms))
                       : 0;

    t->read_at_ms = now_ms + acgp_lro_interval_ms(++t->reads, wait);
}

static void gone(struct acgp_vm_test_machine *t, int64_t now_ms)
{
    t->deleted = true;
    acgp_vm_test_end(t, now_ms, NULL);
}

/* A group that was made and is gone is gone. One whose making was lost may still come to be. */
static void on_missing(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_answer *answer)
{
    bool sure = t->made[ACGP_ITEM_GROUP] || t->group_seen;

    if (sure || ++t->missing >= GONE_READS)
        gone(t, now_ms);
    else
        look_later(t, now_ms, answer);
}

static void on_there(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_answer *answer)
{
    char state[32] = "", tag[64] = "";
    struct acg_error err;

    t->missing = 0;
    if (acgp_resource_state(acgp_buf_view(&answer->response->body), ACGP_VM_TEST_TAG, state, tag, &err) !=
        ACG_OK) {
        if (err.status == ACG_ERR_NOMEM)
            acgp_work_end(&t->work, now_ms, &err);
        else
            look_later(t, now_ms, answer);
        return;
    }
    if (!acgp_equal(tag, t->run_id)) {
        acgp_fail(&err, ACG_ERR_CONFLICT,
                  "the resource group does not carry the tag %s=%s any more, so it is not "
                  "deleted",
                  ACGP_VM_TEST_TAG, t->run_id);
        acgp_vm_test_end(t, now_ms, &err);
        return;
    }
    t->group_seen = true;
    if (acgp_equal_nocase(state, "Deleting"))
        look_later(t, now_ms, answer);
    else
        acgp_work_write(
            &t->work, now_ms, ACGP_VM_CALL_DELETE, 0, group_url(t),
            (struct acgp_write){.method = ACGP_DELETE, .once = true, .attempt_ms = ACGP_PUT_ATTEMPT_MS});
}

void acgp_vm_clean_on_group(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);
    struct acg_error err;

    if (status == 404) {
        on_missing(t, now_ms, answer);
    } else if (status == 200) {
        on_there(t, now_ms, answer);
    } else {
        acgp_answer_error(answer, "reading the resource group before it is deleted", &err);
        acgp_vm_test_end(t, now_ms, &err);
    }
}

/* Azure is busy, or nobody knows whether it heard: the next attempt begins with reading. */
static bool again(const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);

    if (answer->failure != NULL)
        return answer->failure->kind == ACGP_FAILURE_NOT_SENT || answer->failure->kind == ACGP_FAILURE_HELD ||
               answer->failure->kind == ACGP_FAILURE_LOST || answer->failure->kind == ACGP_FAILURE_TOO_LARGE;
    return status == 408 || status == 409 || status == 429 || status >= 500;
}

void acgp_vm_clean_on_delete(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);
    struct acg_error err;

    if (status == 404) {
        gone(t, now_ms);
    } else if (status == 200 || status == 202 || status == 204 || again(answer)) {
        look_later(t, now_ms, answer);
    } else {
        acgp_answer_error(answer, "deleting the resource group", &err);
        acgp_vm_test_end(t, now_ms, &err);
    }
}
