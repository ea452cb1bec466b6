/* SPDX-License-Identifier: MPL-2.0 */
/* Each allocation of a whole publish through the engine fails once: the publish still comes to an end, or the
 * call that lost it says so; nothing leaks. Meaningful in builds with fault injection (ACG_SANITIZE);
 * elsewhere the first round already passes. */
#include "unit/engine/rig.h"

#include "base/alloc.h"

enum { ROUNDS_MAX = 5000, TURNS_MAX = 400, TURN_MS = 20000 };

static void fail_at(uint64_t n)
{
#ifdef ACG_FAULT_INJECTION
    acgp_alloc_fail_at(n);
#else
    (void)n;
#endif
}

static bool reached(uint64_t n)
{
#ifdef ACG_FAULT_INJECTION
    return acgp_alloc_count() >= n;
#else
    (void)n;
    return false;
#endif
}

#define VERSIONS                                                                                             \
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/Microsoft.Compute/" \
    "galleries/Golden/images/web/versions/"

enum { BOTH = 2 };

/* What the handles ended with, ACG_ERR_NOMEM before all else. */
struct end {
    size_t count;
    enum acg_status status;
};

static void listen(struct rig *r, struct end *end)
{
    const struct acg_event *e = NULL;

    while (acg_publisher_next_event(r->pub, &e)) {
        if (e->kind != ACG_EVENT_DONE)
            continue;
        end->count++;
        if (end->status != ACG_ERR_NOMEM)
            end->status = e->error->status;
    }
}

/* Answers, time and events until the final ones; a poll that lost its memory is called again. */
static enum acg_status live(struct rig *r, size_t handles)
{
    struct end end = {0, ACG_OK};

    for (int i = 0; i < TURNS_MAX && end.count < handles; i++) {
        enum acg_status status = acg_publisher_poll(r->pub, NULL, 0, 0, &r->err);
        assert_true(status == ACG_OK || status == ACG_ERR_NOMEM);
        listen(r, &end);
        if (!rig_answer_any(r))
            rig_advance(r, TURN_MS);
    }
    assert_int_equal(end.count, handles);
    return end.status;
}

/* One publish, or two that share what they read. */
static enum acg_status publish(struct rig *r, size_t handles)
{
    struct acg_publisher_options opts = ACG_PUBLISHER_OPTIONS_INIT;
    static const char *const versions[BOTH] = {VERSIONS "1.4.0", VERSIONS "1.5.0"};
    struct acg_publish *made[BOTH] = {NULL};
    size_t count = 0;
    enum acg_status status = ACG_OK;

    opts.trace_requests = true;
    status = rig_try_begin(r, &opts);
    if (status != ACG_OK)
        return status;
    while (status == ACG_OK && count < handles) {
        struct acg_publish_options o = rig_options(versions[count]);
        status = acg_publisher_submit(r->pub, &o, &made[count], &r->err);
        count += status == ACG_OK;
    }
    if (status == ACG_OK)
        status = live(r, count);
    for (size_t i = 0; i < count; i++)
        acg_publish_free(made[i]);
    rig_end(r);
    return status;
}

static void survives(size_t handles)
{
    struct rig r;
    uint64_t n = 1, survived = 0;
    enum acg_status status = ACG_OK;

    for (bool lost = true; lost; n++) {
        assert_true(n < ROUNDS_MAX);
        fail_at(n);
        status = publish(&r, handles);
        lost = reached(n);
        fail_at(0);
        assert_true(status == ACG_OK || (lost && status == ACG_ERR_NOMEM));
        survived += lost && status == ACG_OK;
    }
    assert_int_equal(status, ACG_OK); /* the last round lost nothing */
    print_message("%d rounds, %d of them ended well all the same\n", (int)n - 1, (int)survived);
}

static void a_publish_survives_each_lost_allocation(void **st)
{
    (void)st;
    survives(1);
}

static void publishes_that_share_survive_each_lost_allocation(void **st)
{
    (void)st;
    survives(BOTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_publish_survives_each_lost_allocation),
        cmocka_unit_test(publishes_that_share_survive_each_lost_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
