/* SPDX-License-Identifier: MPL-2.0 */
/* Each allocation of a set-up fails once, ours and jansson's alike: it ends with one final event that says
 * "out of memory", and nothing leaks. */
#include <stdlib.h>

#include <jansson.h>

#include "base/alloc.h"
#include "unit/setup/world.h"

enum { ROUNDS_MAX = 20000, BEGUN = 10 };

/* jansson's lexer (2.14) ignores that its token buffer could not grow, and then reads past its end: the sizes
 * of that buffer are let through. */
static void *fail_or_alloc(size_t size)
{
    bool token_buffer = size >= 32 && (size & (size - 1)) == 0;

    return token_buffer ? calloc(1, size) : acgp_alloc(1, size);
}

static void release(void *p)
{
    acgp_free(p);
}

/* @return the machine; NULL: it could not be made, err says why */
typedef struct acgp_work *make(struct acg_error *err);

static const struct acgp_work_config config = {
    .endpoint = "https://management.azure.com", .seed = 1, .now_unix_s = 1790000000};

static struct acgp_work *create_with(const struct acg_des_create_options *o, struct acg_error *err)
{
    struct acg_findings *findings = NULL;
    struct acgp_setup *setup = NULL;
    struct acgp_work *m = NULL;
    enum acg_status status = acg_findings_new(&findings, err);

    if (status == ACG_OK)
        status = acgp_setup_declare(o, findings, &setup, err);
    acg_findings_free(findings);
    if (status == ACG_OK)
        (void)acgp_des_create_new(setup, &config, &m, err);
    return m;
}

static struct acgp_work *create_roles(struct acg_error *err)
{
    static const struct acg_tag tags[] = {{"team", "images"}};
    struct acg_des_create_options o = world_options();

    o.tags = tags;
    o.tag_count = 1;
    return create_with(&o, err);
}

static struct acgp_work *create_policies(struct acg_error *err)
{
    struct acg_des_create_options o = world_options();

    o.access = "policy";
    return create_with(&o, err);
}

static struct acgp_work *plan(struct acg_error *err)
{
    struct acg_des_create_options o = world_options();

    o.apply = false;
    return create_with(&o, err);
}

static enum acg_status run(make *begin, const struct world *start, uint64_t n)
{
    struct acg_error err = {.status = ACG_OK};
    struct world w = *start;
    enum acg_status status = ACG_OK;

    acgp_alloc_fail_at(n);
    struct acgp_work *m = begin(&err);
    if (m != NULL)
        world_drive(&w, m);
    status = m != NULL ? w.error.status : err.status;
    world_free(&w);
    return status;
}

static void every_failure_is_clean(make *begin, const struct world *start, enum acg_status end)
{
    uint64_t n = 1;
    size_t nomem = 0;

    assert_int_equal(run(begin, start, 0), end);
    for (; n < ROUNDS_MAX; n++) {
        enum acg_status status = run(begin, start, n);
        bool reached = acgp_alloc_count() >= n;
        nomem += status == ACG_ERR_NOMEM;
        if (!reached) {
            assert_int_equal(status, end);
            break;
        }
        if (status != ACG_ERR_NOMEM)
            print_error("allocation %zu: %s\n", (size_t)n, acg_status_name(status));
    }
    acgp_alloc_fail_at(0);
    assert_true(n > BEGUN && n < ROUNDS_MAX);
    print_message("%zu of %zu failures ended it\n", nomem, (size_t)n - 1);
    assert_int_equal(nomem, n - 1); /* none is swallowed */
}

static void making_everything_by_roles(void **st)
{
    struct world start = {.unknown = 1, .hidden = 1, .creating = 1};

    (void)st;
    every_failure_is_clean(create_roles, &start, ACG_OK);
}

static void making_everything_by_policies(void **st)
{
    struct world start = {.policy = true};

    (void)st;
    every_failure_is_clean(create_policies, &start, ACG_OK);
}

static void a_lost_answer_and_a_server_error(void **st)
{
    struct world start = {.mishap_at = 22, .mishap = WORLD_LOST_AFTER};

    (void)st;
    every_failure_is_clean(create_roles, &start, ACG_OK);
    start.mishap_at = 24;
    start.mishap = WORLD_BUSY;
    every_failure_is_clean(create_roles, &start, ACG_OK);
}

static void a_dry_run(void **st)
{
    struct world start = {0};

    (void)st;
    every_failure_is_clean(plan, &start, ACG_OK);
}

static void differences(void **st)
{
    struct world start = {.name_taken = true, .no_group = true};

    (void)st;
    start.regions[0].there[WORLD_VAULT] = true;
    start.regions[0].body[WORLD_VAULT] = "{\"location\":\"eastus\",\"properties\":{}}";
    every_failure_is_clean(create_roles, &start, ACG_ERR_CONFLICT);
}

static void refusals(void **st)
{
    struct world start = {.refuse_status = {[WORLD_SET] = 403},
                          .refuse_code = {[WORLD_SET] = "AuthorizationFailed"}};

    (void)st;
    every_failure_is_clean(create_roles, &start, ACG_ERR_AUTH);
}

/* ---- reading and registering: one kind of answer each ---- */

static const char *read_answer(const char *url)
{
    if (strstr(url, "/associatedResources") != NULL)
        return "{\"value\":[\"/d\"]}";
    if (strstr(url, "/features/") != NULL)
        return strstr(url, "/register") != NULL ? "{\"properties\":{\"state\":\"Registered\"}}"
                                                : "{\"properties\":{\"state\":\"NotRegistered\"}}";
    if (strstr(url, "/diskEncryptionSets?") == NULL)
        return "{\"registrationState\":\"Registered\"}";
    return "{\"value\":[{\"id\":\"/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/"
           "diskEncryptionSets/"
           "a\",\"name\":\"a\",\"location\":\"westus\",\"properties\":{\"activeKey\":{\"keyUrl\":"
           "\"https://v.vault.azure.net/keys/k/1\"}}}]}";
}

static enum acg_status converse(struct acgp_work *m)
{
    struct acgp_action act = {0};
    const struct acg_event *e = NULL;
    enum acg_status status = ACG_ERR_INTERNAL;
    int64_t now_ms = 0;

    for (int i = 0; i < 100 && acgp_work_next(m, now_ms, &act) && act.kind != ACGP_ACT_DONE; i++) {
        struct acgp_response r = {.status = 200};
        struct acgp_failure failure = {.kind = ACGP_FAILURE_LOST, .error = {.status = ACG_ERR_NOMEM}};
        if (act.kind == ACGP_ACT_WAIT)
            now_ms = act.until_ms;
        if (act.kind != ACGP_ACT_SEND)
            continue;
        acgp_response_init(&r);
        r.status = 200;
        if (acgp_buf_text(&r.body, read_answer(act.message->url)))
            acgp_work_on_response(m, now_ms, act.request, &r);
        else
            acgp_work_on_failure(m, now_ms, act.request, &failure);
        acgp_response_done(&r);
    }
    while (acgp_work_next_event(m, &e))
        if (e->kind == ACG_EVENT_DONE)
            status = e->error->status;
    acgp_work_free(m);
    return status;
}

static enum acg_status list_or_register(bool list, uint64_t n)
{
    struct acg_des_read_options read = ACG_DES_READ_OPTIONS_INIT;
    struct acg_register_options reg = ACG_REGISTER_OPTIONS_INIT;
    struct acgp_work *m = NULL;
    struct acg_error err = {.status = ACG_OK};

    read.subscription_id = reg.subscription_id = "00000000-0000-0000-0000-000000000000";
    acgp_alloc_fail_at(n);
    enum acg_status status =
        list ? acgp_des_list_new(&read, &config, &m, &err) : acgp_register_new(&reg, &config, &m, &err);
    return status == ACG_OK ? converse(m) : status;
}

static void listing_and_registering(void **st)
{
    (void)st;
    for (int list = 0; list < 2; list++) {
        uint64_t n = 1;
        assert_int_equal(list_or_register(list != 0, 0), ACG_OK);
        for (; n < ROUNDS_MAX; n++) {
            enum acg_status status = list_or_register(list != 0, n);
            if (acgp_alloc_count() < n)
                break;
            if (status != ACG_ERR_NOMEM)
                fail_msg("allocation %zu: %s", (size_t)n, acg_status_name(status));
        }
        acgp_alloc_fail_at(0);
        assert_true(n > BEGUN && n < ROUNDS_MAX);
        print_message("%zu failures\n", (size_t)n - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(making_everything_by_roles),
        cmocka_unit_test(making_everything_by_policies),
        cmocka_unit_test(a_lost_answer_and_a_server_error),
        cmocka_unit_test(a_dry_run),
        cmocka_unit_test(differences),
        cmocka_unit_test(refusals),
        cmocka_unit_test(listing_and_registering),
    };

    json_set_alloc_funcs(fail_or_alloc, release); /* the process's own hooks; the library never sets them */
    return cmocka_run_group_tests_name("set-up, each allocation failing", tests, NULL, NULL);
}
