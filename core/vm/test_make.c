/* SPDX-License-Identifier: MPL-2.0 */
/* Making the resource group and what is in it, one after the other. A write is sent again only after a
 * reading has shown that it did not arrive. */
#include <inttypes.h>

#include "arm/operation_doc.h"
#include "arm/requests.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "vm/machine.h"

enum { MISSING_MAX = 10 }; /* reads in a row that may not find what Azure just took: a GET can be behind */

static const char *api_of(enum acgp_vm_item item)
{
    return item == ACGP_ITEM_GROUP ? ACGP_API_RESOURCES
           : item == ACGP_ITEM_VM  ? ACGP_API_VIRTUAL_MACHINE
                                   : ACGP_API_NETWORK;
}

static char *url_of(const struct acgp_vm_test_machine *t, enum acgp_vm_item item)
{
    return acgp_path_url(t->work.endpoint, t->ids[item], "", api_of(item));
}

/* ---- the group must be free ---- */

void acgp_vm_make_begin(struct acgp_vm_test_machine *t, int64_t now_ms)
{
    t->step = ACGP_VM_GROUP_FREE;
    acgp_work_get(&t->work, now_ms, ACGP_VM_CALL_FREE, 0, url_of(t, ACGP_ITEM_GROUP));
}

void acgp_vm_make_on_free(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);
    struct acg_error err;

    if (status == 404) {
        t->item = ACGP_ITEM_GROUP;
        t->puts = 0;
        acgp_vm_make_put(t, now_ms);
        return;
    }
    if (status == 200)
        acgp_fail(&err, ACG_ERR_CONFLICT, "the resource group exists and is left as it is: %s",
                  t->ids[ACGP_ITEM_GROUP]);
    else
        acgp_answer_error(answer, "looking whether the resource group is free", &err);
    acgp_vm_test_over(t, now_ms, &err);
}

/* ---- one item ---- */

static void failed(struct acgp_vm_test_machine *t, int64_t now_ms, struct acg_error *err)
{
    acgp_fail_context(err, "making the %s", acgp_vm_item_name(t->item));
    acgp_vm_test_over(t, now_ms, err);
}

static void say_step(struct acgp_vm_test_machine *t, int64_t now_ms)
{
    char *text = acgp_printf("making the %s", acgp_vm_item_name(t->item));

    if (text == NULL)
        acgp_work_nomem(&t->work, now_ms);
    else
        acgp_work_step(&t->work, now_ms, text);
    acgp_free(text);
}

void acgp_vm_make_put(struct acgp_vm_test_machine *t, int64_t now_ms)
{
    char *body = NULL;

    t->step = ACGP_VM_MAKE;
    t->accepted = false;
    t->put_at_ms = ACGP_NEVER;
    if (t->puts++ == 0)
        say_step(t, now_ms);
    if (t->work.ended)
        return;
    body = acgp_vm_body(t, t->item);
    if (body == NULL) {
        acgp_work_nomem(&t->work, now_ms);
        return;
    }
    acgp_work_write(
        &t->work, now_ms, ACGP_VM_CALL_PUT, (size_t)t->item, url_of(t, t->item),
        (struct acgp_write){
            .method = ACGP_PUT, .body = body, .secret = t->item == ACGP_ITEM_VM, .ask_before_again = true});
    t->tried[t->item] = !t->work.ended || t->tried[t->item];
}

static void next_item(struct acgp_vm_test_machine *t, int64_t now_ms)
{
    t->made[t->item] = true;
    t->read_at_ms = t->poll_at_ms = ACGP_NEVER;
    acgp_lro_done(&t->lro);
    if (t->item == ACGP_ITEM_VM) {
        acgp_secret_done(&t->password);
        acgp_vm_read_begin(t, now_ms);
        return;
    }
    t->item++;
    t->puts = 0;
    t->reads = 0;
    acgp_vm_make_put(t, now_ms);
}

/* A group is there at once; everything else is an operation, which its poll URL or the resource itself tells
 * of. */
static void accepted(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_response *response)
{
    struct acg_error err;

    t->reads = t->missing = 0;
    t->accepted = true;
    if (t->item == ACGP_ITEM_GROUP && response->status == 200 && t->puts == 1) {
        t->tried[ACGP_ITEM_GROUP] = false; /* nothing of ours is in it, and it is not ours to delete */
        acgp_fail(&err, ACG_ERR_CONFLICT,
                  "somebody made the resource group at the same moment; it is left as it is: %s",
                  t->ids[ACGP_ITEM_GROUP]);
        acgp_vm_test_over(t, now_ms, &err);
        return;
    }
    if (t->item == ACGP_ITEM_GROUP) {
        next_item(t, now_ms);
        return;
    }
    acgp_lro_done(&t->lro);
    if (acgp_lro_begin(&t->lro, t->work.endpoint, response, acgp_work_unix_s(&t->work, now_ms), &err) !=
        ACG_OK)
        acgp_work_end(&t->work, now_ms, &err);
    else if (t->lro.way == ACGP_LRO_RESOURCE)
        t->read_at_ms = now_ms;
    else
        t->poll_at_ms = now_ms + t->lro.wait_ms;
}

/* Nobody knows whether it arrived. */
static bool in_doubt(const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);

    if (answer->failure != NULL)
        return answer->failure->kind == ACGP_FAILURE_LOST || answer->failure->kind == ACGP_FAILURE_TOO_LARGE;
    return status == 408 || status >= 500;
}

void acgp_vm_make_on_put(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);

    if (status == 200 || status == 201 || status == 202) {
        accepted(t, now_ms, answer->response);
        return;
    }
    acgp_answer_error(answer, "the request", &t->put_error);
    if (in_doubt(answer)) {
        acgp_work_notice(&t->work, now_ms,
                         acgp_printf("making the %s: %s; looking whether it is there",
                                     acgp_vm_item_name(t->item), t->put_error.message));
        if (!t->work.ended)
            acgp_vm_make_look(t, now_ms);
        return;
    }
    if (t->puts == 1 && t->item == ACGP_ITEM_GROUP)
        t->tried[ACGP_ITEM_GROUP] = false; /* refused: there is no group */
    if (t->put_error.status == ACG_ERR_NOMEM)
        acgp_work_end(&t->work, now_ms, &t->put_error);
    else
        failed(t, now_ms, &t->put_error);
}

/* ---- the operation ---- */

void acgp_vm_make_poll(struct acgp_vm_test_machine *t, int64_t now_ms)
{
    t->poll_at_ms = ACGP_NEVER;
    acgp_work_get(&t->work, now_ms, ACGP_VM_CALL_POLL, 0, acgp_strdup(t->lro.url));
}

void acgp_vm_make_on_poll(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_answer *answer)
{
    enum acgp_lro_state state = ACGP_LRO_RUNNING;
    struct acg_error err, failure;

    if (answer->response == NULL || acgp_outcome_of_status(answer->response->status) != ACGP_OUTCOME_FINAL) {
        t->read_at_ms = now_ms; /* the URL does not answer: the resource tells as well */
        return;
    }
    if (acgp_lro_on_response(&t->lro, answer->response, acgp_work_unix_s(&t->work, now_ms), &state, &failure,
                             &err) != ACG_OK)
        acgp_work_end(&t->work, now_ms, &err);
    else if (state == ACGP_LRO_FAILED)
        failed(t, now_ms, &failure);
    else if (state == ACGP_LRO_RUNNING)
        t->poll_at_ms = now_ms + t->lro.wait_ms;
    else
        t->read_at_ms = now_ms;
}

/* ---- the item itself ---- */

void acgp_vm_make_look(struct acgp_vm_test_machine *t, int64_t now_ms)
{
    t->read_at_ms = ACGP_NEVER;
    acgp_work_get(&t->work, now_ms, ACGP_VM_CALL_ITEM, (size_t)t->item, url_of(t, t->item));
}

/* The write did not arrive. */
static void put_again(struct acgp_vm_test_machine *t, int64_t now_ms)
{
    struct acgp_retry_facts facts = {.attempt = t->puts,
                                     .outcome = ACGP_OUTCOME_SERVER,
                                     .now_ms = now_ms,
                                     .deadline_ms = t->work.deadline_ms,
                                     .random = acgp_work_random(&t->work)};
    struct acgp_retry_decision d = acgp_retry_decide(&facts);

    if (d.again)
        t->put_at_ms = d.at_ms;
    else
        failed(t, now_ms, &t->put_error);
}

static void on_missing(struct acgp_vm_test_machine *t, int64_t now_ms)
{
    struct acg_error err;

    if (!t->accepted) {
        put_again(t, now_ms);
    } else if (++t->missing < MISSING_MAX) {
        t->read_at_ms = now_ms + acgp_lro_interval_ms(++t->reads, 0);
    } else {
        acgp_fail(&err, ACG_ERR_SERVICE, "Azure took the request, and %d readings in a row did not find it",
                  MISSING_MAX);
        failed(t, now_ms, &err);
    }
}

static void judge_item(struct acgp_vm_test_machine *t, int64_t now_ms, const char *state, const char *tag)
{
    enum acgp_operation_state word = acgp_operation_word(state[0] != '\0' ? state : NULL);
    struct acg_error err;

    if (t->item == ACGP_ITEM_GROUP && !acgp_equal(tag, t->run_id)) {
        t->tried[ACGP_ITEM_GROUP] = false;
        acgp_fail(&err, ACG_ERR_CONFLICT, "the resource group is somebody else's, and is left as it is: %s",
                  t->ids[ACGP_ITEM_GROUP]);
        acgp_vm_test_over(t, now_ms, &err);
    } else if (word == ACGP_OPERATION_FAILED || word == ACGP_OPERATION_CANCELED) {
        acgp_fail(&err, ACG_ERR_SERVICE, "it is %s in Azure", state);
        failed(t, now_ms, &err);
    } else if (word == ACGP_OPERATION_RUNNING) {
        t->read_at_ms = now_ms + acgp_lro_interval_ms(++t->reads, 0);
    } else {
        next_item(t, now_ms);
    }
}

void acgp_vm_make_on_item(struct acgp_vm_test_machine *t, int64_t now_ms, const struct acgp_answer *answer)
{
    char state[32] = "", tag[64] = "";
    int status = acgp_answer_status(answer);
    struct acg_error err;

    if (status == 404) {
        on_missing(t, now_ms);
        return;
    }
    if (status != 200) {
        acgp_answer_error(answer, "reading it back", &err);
        failed(t, now_ms, &err);
        return;
    }
    if (acgp_resource_state(acgp_buf_view(&answer->response->body), ACGP_VM_TEST_TAG, state, tag, &err) !=
        ACG_OK)
        failed(t, now_ms, &err);
    else
        judge_item(t, now_ms, state, tag);
}
