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

/* Answers, time and events until the final one; a poll that lost its memory is called again. */
static void live(struct rig *r)
{
    for (int i = 0; i < TURNS_MAX && !r->over; i++) {
        enum acg_status status = acg_publisher_poll(r->pub, NULL, 0, 0, &r->err);
        assert_true(status == ACG_OK || status == ACG_ERR_NOMEM);
        rig_listen(r);
        if (!rig_answer_any(r))
            rig_advance(r, TURN_MS);
    }
    assert_true(r->over);
}

static enum acg_status one_publish(struct rig *r)
{
    struct acg_publisher_options opts = ACG_PUBLISHER_OPTIONS_INIT;
    struct acg_publish_options o =
        rig_options("/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/"
                    "Microsoft.Compute/galleries/Golden/images/web/versions/1.4.0");
    struct acg_publish *publish = NULL;
    enum acg_status status = ACG_OK;

    opts.trace_requests = true;
    status = rig_try_begin(r, &opts);
    if (status != ACG_OK)
        return status;
    status = acg_publisher_submit(r->pub, &o, &publish, &r->err);
    if (status == ACG_OK) {
        live(r);
        status = r->outcome.status;
    }
    acg_publish_free(publish);
    rig_end(r);
    return status;
}

static void a_publish_survives_each_lost_allocation(void **st)
{
    (void)st;
    struct rig r;
    uint64_t n = 1, survived = 0;
    enum acg_status status = ACG_OK;

    for (bool lost = true; lost; n++) {
        assert_true(n < ROUNDS_MAX);
        fail_at(n);
        status = one_publish(&r);
        lost = reached(n);
        fail_at(0);
        assert_true(status == ACG_OK || (lost && status == ACG_ERR_NOMEM));
        survived += lost && status == ACG_OK;
    }
    assert_int_equal(status, ACG_OK); /* the last round lost nothing */
    print_message("%d rounds, %d of them ended well all the same\n", (int)n - 1, (int)survived);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_publish_survives_each_lost_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
