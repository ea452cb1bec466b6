/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <stdio.h>

#include "packer/progress.h"

struct talk {
    struct pkr_progress progress;
    struct acgp_buf out;
    bool failed;
};

static void begin(struct talk *t)
{
    pkr_progress_init(&t->progress, 0);
    acgp_buf_init(&t->out, 65536);
    t->failed = false;
}

static void end(struct talk *t)
{
    pkr_progress_done(&t->progress);
    acgp_buf_done(&t->out);
}

static void expect(struct talk *t, int64_t now_ms, const char *region, const char *state, int percent,
                   const char *line)
{
    struct acg_event event = {.kind = ACG_EVENT_REGION, .region = region, .state = state, .percent = percent};
    acgp_buf_clear(&t->out);
    assert_int_equal(pkr_progress_region(&t->progress, now_ms, &event, &t->out, &t->failed, NULL), ACG_OK);
    if (line == NULL)
        assert_int_equal(t->out.len, 0);
    else
        assert_string_equal(t->out.data, line);
}

static void a_region_is_told_by_ten_percent_or_after_ten_seconds(void **st)
{
    struct talk t;
    (void)st;
    begin(&t);
    expect(&t, 0, "westus", "Replicating", 3, "westus: Replicating, 3 %");
    expect(&t, 100, "westus", "Replicating", 5, NULL);
    expect(&t, 200, "westus", "Replicating", 13, "westus: Replicating, 13 %");
    expect(&t, 300, "westus", "Replicating", 14, NULL);
    expect(&t, 10200, "westus", "Replicating", 14, "westus: Replicating, 14 %");
    expect(&t, 90000, "westus", "Replicating", 14, NULL); /* it did not move: the heartbeat's business */
    end(&t);
}

static void a_new_state_is_told_at_once(void **st)
{
    struct talk t;
    (void)st;
    begin(&t);
    expect(&t, 0, "westus", "Replicating", 3, "westus: Replicating, 3 %");
    expect(&t, 1, "westus", "Completed", 3, "westus: Completed, 3 %");
    assert_false(t.failed);
    expect(&t, 2, "eastus2", "Failed", 50, "eastus2: Failed, 50 %");
    assert_true(t.failed);
    end(&t);
}

static void what_azure_says_of_a_region_comes_with_its_cause(void **st)
{
    struct acg_event event = {.kind = ACG_EVENT_REGION,
                              .region = "westus",
                              .state = "Failed",
                              .details = "ZRS storage account type is not supported in this region.",
                              .percent = 1};
    struct talk t;
    (void)st;
    begin(&t);
    assert_int_equal(pkr_progress_region(&t.progress, 0, &event, &t.out, &t.failed, NULL), ACG_OK);
    assert_string_equal(
        t.out.data,
        "westus: Failed, 1 %; ZRS storage account type is not supported in this region.; cause: the "
        "region has no availability zones, so it keeps no Standard_ZRS replicas; next step: use "
        "Standard_LRS in this region");
    end(&t);
}

static void a_heartbeat_names_who_is_missing(void **st)
{
    struct talk t;
    (void)st;
    begin(&t);
    assert_int_equal(pkr_progress_step(&t.progress, "Creating the version", NULL), ACG_OK);
    assert_int_equal(pkr_progress_due(&t.progress), PKR_PROGRESS_HEARTBEAT_MS);
    assert_true(PKR_PROGRESS_HEARTBEAT_MS < 60000);
    assert_true(pkr_progress_heartbeat(&t.progress, 61000, &t.out));
    assert_string_equal(t.out.data, "Still at it after 1 min 1 s: Creating the version");
    expect(&t, 0, "westus", "Completed", 100, "westus: Completed, 100 %");
    expect(&t, 0, "eastus2", "Replicating", 7, "eastus2: Replicating, 7 %");
    acgp_buf_clear(&t.out);
    assert_true(pkr_progress_heartbeat(&t.progress, 3600000, &t.out));
    assert_string_equal(t.out.data,
                        "Still at it after 1 h 0 min: eastus2 Replicating 7 % (1 of 2 regions completed)");
    end(&t);
}

static void a_heartbeat_of_many_regions_stays_short(void **st)
{
    struct talk t;
    char name[16];
    (void)st;
    begin(&t);
    for (int i = 0; i < 40; i++) {
        struct acg_event event = {.kind = ACG_EVENT_REGION, .region = name, .state = "Replicating"};
        (void)snprintf(name, sizeof name, "r%d", i);
        acgp_buf_clear(&t.out);
        assert_int_equal(pkr_progress_region(&t.progress, 0, &event, &t.out, &t.failed, NULL), ACG_OK);
    }
    acgp_buf_clear(&t.out);
    assert_true(pkr_progress_heartbeat(&t.progress, 60000, &t.out));
    assert_non_null(strstr(t.out.data, "and 34 more (0 of 40 regions completed)"));
    end(&t);
}

static void regions_beyond_the_cap_are_refused(void **st)
{
    struct talk t;
    char name[16];
    struct acg_event event = {.kind = ACG_EVENT_REGION, .region = name, .state = "Replicating"};
    (void)st;
    begin(&t);
    t.out.max = 1024 * 1024;
    for (unsigned i = 0; i <= PKR_PROGRESS_REGIONS_MAX; i++) {
        (void)snprintf(name, sizeof name, "r%u", i);
        assert_int_equal(pkr_progress_region(&t.progress, 0, &event, &t.out, &t.failed, NULL),
                         i < PKR_PROGRESS_REGIONS_MAX ? ACG_OK : ACG_ERR_LIMIT);
    }
    end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_region_is_told_by_ten_percent_or_after_ten_seconds),
        cmocka_unit_test(a_new_state_is_told_at_once),
        cmocka_unit_test(what_azure_says_of_a_region_comes_with_its_cause),
        cmocka_unit_test(a_heartbeat_names_who_is_missing),
        cmocka_unit_test(a_heartbeat_of_many_regions_stays_short),
        cmocka_unit_test(regions_beyond_the_cap_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
