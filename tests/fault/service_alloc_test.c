/* SPDX-License-Identifier: MPL-2.0 */
/* Each allocation of the services, from a request to the final event, fails once: an answer or an end, no
 * leak, no crash, and every publish that began ends. */
#include "testlib/test.h"

#include <stdio.h>

#include "service_rig.h"

/** More than the conversation has. */
enum { FAILURES_MAX = 20000 };

/* The calls of one client beside two publishes. What is lost for lack of memory may be missing from the
 * answers, never from the books. */
/* An operation, to its end if it begins. */
static void operate(struct rig *rig, const char *method, const ProtobufCMessage *request)
{
    size_t before = rig->handle_count;
    char path[64];

    (void)snprintf(path, sizeof path, PUBLISHER "%s", method);
    rig_call(rig, path, request);
    if (rig->handle_count > before)
        rig_done(rig, before, 1, ACG_OK);
}

static void talk(struct rig *rig)
{
    Acg__V1__ListRequest list = ACG__V1__LIST_REQUEST__INIT;
    Acg__V1__ConfigSpecRequest spec = ACG__V1__CONFIG_SPEC_REQUEST__INIT;
    Acg__V1__PlanRequest plan = ACG__V1__PLAN_REQUEST__INIT;
    Acg__V1__ExplainRequest explain = ACG__V1__EXPLAIN_REQUEST__INIT;
    Acg__V1__GetRequest get = ACG__V1__GET_REQUEST__INIT;
    Acg__V1__PlanOnlineRequest online = ACG__V1__PLAN_ONLINE_REQUEST__INIT;
    Acg__V1__RegisterProviderRequest reg = ACG__V1__REGISTER_PROVIDER_REQUEST__INIT;
    Acg__V1__DesCreateRequest create = ACG__V1__DES_CREATE_REQUEST__INIT;
    Acg__V1__VerifyRequest verify = ACG__V1__VERIFY_REQUEST__INIT;
    Acg__V1__ImageVersion version = ACG__V1__IMAGE_VERSION__INIT;
    Acg__V1__VmTestRequest wrong = ACG__V1__VM_TEST_REQUEST__INIT; /* faults alone */
    Acg__V1__WaitRequest wait = ACG__V1__WAIT_REQUEST__INIT;
    char memo[1024];

    (void)snprintf(memo, sizeof memo, "{\"publish_id\":\"0123456789abcdef-9\",\"configuration\":%s}",
                   good_config);
    wait.version = &version;
    wait.configuration_json = (char *)(uintptr_t)good_config;

    plan.configuration_json = (char *)(uintptr_t)good_config;
    explain.configuration_json = plan.configuration_json;
    online.configuration_json = plan.configuration_json;
    reg.subscription_id = (char *)(uintptr_t) "00000000-0000-0000-0000-000000000000";
    version.gallery_image_version_id = (char *)(uintptr_t)RIG_VERSION;
    verify.version = &version;
    verify.configuration_json = plan.configuration_json;
    get.publish_id = (char *)(uintptr_t) "0000000000abcdef-1";
    rig_publish(rig, good_config);
    rig_publish(rig, bad_config);
    rig_watch(rig, get.publish_id, 0);
    if (rig->handle_count > 0) {
        rig_step(rig, 0, 1, "checking");
        rig_region(rig, 0, 2, "westus", 50);
        rig_region(rig, 0, 3, "westus", 100);
        rig_done(rig, 0, 4, ACG_ERR_SERVICE);
    }
    rig_call(rig, PUBLISHER "Plan", &plan.base);
    rig_call(rig, PUBLISHER "Explain", &explain.base);
    rig_call(rig, PUBLISHER "Get", &get.base);
    rig_call(rig, PUBLISHER "List", &list.base);
    rig_call(rig, POST_PROCESSOR "ConfigSpec", &spec.base);
    operate(rig, "PlanOnline", &online.base);
    operate(rig, "RegisterProvider", &reg.base);
    operate(rig, "DesCreate", &create.base);
    operate(rig, "Verify", &verify.base);
    operate(rig, "Wait", &wait.base);
    operate(rig, "VmTest", &wrong.base);
    size_t before = rig->handle_count;
    (void)rig_pick_up(rig, memo, NULL);
    rig_run(rig);
    if (rig->handle_count > before)
        rig_done(rig, before, 1, ACG_OK);
    assert_int_equal(rpc_services_running(rig->services), 0);
}

static void the_services_survive_each_lost_allocation(void **st)
{
    struct rig rig;
    bool reached = true;
    uint64_t n = 0;

    (void)st;
    while (reached && n < FAILURES_MAX) {
        rig_begin(&rig, true);
        rig.fail_in = ++n;
        talk(&rig);
        reached = rig.fail_in == 0;
        rig_end(&rig);
    }
    assert_false(reached);
    assert_true(n > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_services_survive_each_lost_allocation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
