/* SPDX-License-Identifier: MPL-2.0 */
/* Each allocation of reading a version back, of writing down how a VM is made, and of making one fails once,
 * ours and jansson's alike: one final event says "out of memory", and nothing leaks. When a group had been
 * made by then, it also says what is left. */
#include "testlib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/secret.h"
#include "base/span.h"
#include "testlib/talk.h"
#include "verify/verify.h"
#include "vm/args.h"
#include "vm/test.h"
#include "watch/watch.h"

#define SUB "/subscriptions/00000000-0000-0000-0000-000000000001"
#define ID  SUB "/resourceGroups/images/providers/Microsoft.Compute/galleries/Golden/images/web/versions/1.4.0"

enum { ROUNDS_MAX = 20000, TURNS_MAX = 1000, TEXT_MAX = 65536 };

struct round {
    struct acgp_work *w;
    int64_t now_ms;
    bool made, deleted; /* the group */
    unsigned done_events;
    struct acg_error error;
};

/* As in publish_alloc_test.c: sizes of jansson's token buffer are let through. */
static void *fail_or_alloc(size_t size)
{
    bool token_buffer = size >= 32 && (size & (size - 1)) == 0;

    return token_buffer ? calloc(1, size) : acgp_alloc(1, size);
}

static void release(void *p)
{
    acgp_free(p);
}

static bool file(char *text, const char *name)
{
    char path[512];
    FILE *f = NULL;
    size_t n = 0;

    snprintf(path, sizeof path, "%s/unit/publish/data/%s", ACG_TESTS, name);
    f = fopen(path, "r");
    assert_non_null(f);
    n = fread(text, 1, TEXT_MAX - 1, f);
    fclose(f);
    text[n] = '\0';
    return n > 0;
}

/* Azure, as far as these machines ask it. @return status; text: the body */
static int azure(struct round *r, const struct acgp_request *q, char *text)
{
    const char *group = strstr(q->url, "/resourceGroups/acg-vm-test-");
    bool whole_group = group != NULL && strstr(q->url, "/providers/") == NULL;

    text[0] = '\0';
    if (whole_group && q->method == ACGP_PUT)
        r->made = true;
    if (whole_group && q->method == ACGP_DELETE)
        r->deleted = true;
    if (whole_group && q->method == ACGP_GET && (!r->made || r->deleted))
        return file(text, "error-not-found.json") ? 404 : 0;
    if (whole_group)
        snprintf(text, TEXT_MAX, "{\"tags\": {\"acg-run\": \"%.36s\"}}",
                 group + strlen("/resourceGroups/acg-vm-test-"));
    if (whole_group)
        return q->method == ACGP_PUT ? 201 : q->method == ACGP_DELETE ? 202 : 200;
    if (strstr(q->url, "/virtualMachines/") != NULL && q->method == ACGP_GET)
        snprintf(text, TEXT_MAX,
                 "{\"properties\": {\"provisioningState\": \"Succeeded\", \"storageProfile\": {\"osDisk\": "
                 "{\"managedDisk\": {\"id\": \"" SUB
                 "/resourceGroups/x/providers/Microsoft.Compute/disks/os\"}}}}}");
    else if (strstr(q->url, "/disks/") != NULL)
        snprintf(text, TEXT_MAX,
                 "{\"properties\": {\"encryption\": {\"type\": \"%s\", \"diskEncryptionSetId\": \"x\"}}}",
                 "EncryptionAtRestWithCustomerKey");
    else if (strstr(q->url, "/versions/") != NULL)
        file(text, "succeeded.json");
    else if (strstr(q->url, "/images/web?") != NULL)
        snprintf(text, TEXT_MAX,
                 "{\"properties\": {\"osType\": \"Linux\", \"osState\": \"Generalized\", \"features\": "
                 "[{\"name\": \"SecurityType\", \"value\": \"TrustedLaunch\"}]}}");
    else if (q->method == ACGP_GET && group == NULL)
        file(text, "set.json");
    else
        snprintf(text, TEXT_MAX, "{\"properties\": {\"provisioningState\": \"Succeeded\"}}");
    return q->method == ACGP_PUT ? 201 : 200;
}

static void answer(struct round *r, const struct acgp_action *act)
{
    static char text[TEXT_MAX];
    struct acgp_failure failure = {.kind = ACGP_FAILURE_LOST, .error = {.status = ACG_ERR_NOMEM}};
    struct acgp_response response;

    acgp_response_init(&response);
    response.status = azure(r, act->message, text);
    if (acgp_buf_text(&response.body, text))
        acgp_work_on_response(r->w, r->now_ms, act->request, &response);
    else
        acgp_work_on_failure(r->w, r->now_ms, act->request, &failure);
    acgp_response_done(&response);
}

static void listen(struct round *r)
{
    const struct acg_event *e = NULL;

    while (acgp_work_next_event(r->w, &e)) {
        assert_int_equal(r->done_events, 0);
        if (e->kind != ACG_EVENT_DONE)
            continue;
        r->done_events++;
        r->error = *e->error;
    }
}

static void converse(struct round *r)
{
    struct acgp_action act = {0};

    for (int i = 0; i < TURNS_MAX && act.kind != ACGP_ACT_DONE; i++) {
        assert_true(acgp_work_next(r->w, r->now_ms, &act));
        if (act.kind == ACGP_ACT_SEND)
            answer(r, &act);
        else if (act.kind == ACGP_ACT_WAIT)
            r->now_ms = act.until_ms;
        if (i % 3 == 0)
            listen(r);
    }
    assert_int_equal(act.kind, ACGP_ACT_DONE);
    listen(r);
    assert_int_equal(r->done_events, 1);
}

typedef enum acg_status maker(struct acgp_work **out, struct acg_error *err);

static struct acgp_work_config config_for(int64_t timeout_ms)
{
    struct acgp_work_config config = *talk_config();

    config.timeout_ms = timeout_ms;
    return config;
}

static struct acgp_publish_spec *spec; /* made before anything fails */

static enum acg_status make_verify(struct acgp_work **out, struct acg_error *err)
{
    struct acgp_work_config config = config_for(300000);
    struct acgp_publish_spec *given = spec;

    spec = NULL;
    return acgp_verify_new(ID, given, &config, out, err);
}

static enum acg_status make_watch(struct acgp_work **out, struct acg_error *err)
{
    struct acgp_work_config config = config_for(300000);
    struct acgp_watch_wish wish = {.version_id = ID, .wait = ACG_WAIT_ALL};

    return acgp_watch_new(&wish, &config, out, err);
}

static enum acg_status make_args(struct acgp_work **out, struct acg_error *err)
{
    struct acgp_work_config config = config_for(300000);
    struct acgp_vm_wish wish = {.version_id = ID, .region = "westus", .subscription = "another"};

    return acgp_vm_args_new(&wish, &config, out, err);
}

static enum acg_status make_test(struct acgp_work **out, struct acg_error *err)
{
    struct acgp_work_config config = config_for(ACGP_VM_TEST_TIMEOUT_MS);
    struct acgp_secret password;
    struct acgp_vm_test what = {.wish = {.version_id = ID, .region = "westus"},
                                .vm_size = "Size",
                                .create = true,
                                .password = &password};
    enum acg_status status = ACG_OK;

    acgp_secret_init(&password);
    if (acgp_secret_set(&password, acgp_span("Aa1-xxxxxxxx")))
        status = acgp_vm_test_new(&what, &config, out, err);
    else
        err->status = status = ACG_ERR_NOMEM;
    acgp_secret_done(&password);
    return status;
}

/* @return how it ended with allocation number n failing */
static enum acg_status run(maker *make, uint64_t n)
{
    struct round r = {.w = NULL};
    struct acg_error err = {0};
    bool told = false;

    acgp_alloc_fail_at(0);
    spec = talk_spec("image-cmk", "encryption_type", "\"customer_key\"");
    acgp_alloc_fail_at(n);
    r.error.status = make(&r.w, &err);
    if (r.error.status == ACG_OK)
        converse(&r);
    else
        assert_int_equal(err.status, ACG_ERR_NOMEM);
    told = strstr(r.error.message, "left in Azure: ") != NULL;
    assert_true(!r.made || r.deleted || told); /* never silently left behind */
    acgp_work_free(r.w);
    acgp_publish_spec_free(spec);
    spec = NULL;
    return r.error.status;
}

static void every_failure_is_clean(maker *make, enum acg_status end)
{
    uint64_t n = 1;

    assert_int_equal(run(make, 0), end);
    for (; n < ROUNDS_MAX; n++) {
        enum acg_status status = run(make, n);
        if (acgp_alloc_count() < n) {
            assert_int_equal(status, end);
            break;
        }
        assert_int_equal(status, ACG_ERR_NOMEM); /* none is swallowed */
    }
    acgp_alloc_fail_at(0);
    assert_true(n > 50 && n < ROUNDS_MAX);
}

static void reading_a_version_back(void **st)
{
    (void)st;
    every_failure_is_clean(make_verify, ACG_ERR_MISMATCH); /* set.json is in one region, the version in two */
}

static void watching_a_version(void **st)
{
    (void)st;
    every_failure_is_clean(make_watch, ACG_OK);
}

static void writing_down_how_a_vm_is_made(void **st)
{
    (void)st;
    every_failure_is_clean(make_args, ACG_OK);
}

static void making_a_vm(void **st)
{
    (void)st;
    every_failure_is_clean(make_test, ACG_ERR_MISMATCH); /* the VM has another set, and no data disk */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_a_version_back),
        cmocka_unit_test(watching_a_version),
        cmocka_unit_test(writing_down_how_a_vm_is_made),
        cmocka_unit_test(making_a_vm),
    };

    json_set_alloc_funcs(fail_or_alloc,
                         release); /* the test process owns jansson's hooks; the library never sets them */
    return cmocka_run_group_tests_name("verify and VMs, each allocation failing", tests, NULL, NULL);
}
