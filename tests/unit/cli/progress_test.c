/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "cli/output.h"
#include "cli/progress.h"

static struct pkr_progress *begin(struct pkr_config **config)
{
    struct pkr_progress *p = NULL;

    assert_int_equal(pkr_config_new(config, NULL), ACG_OK);
    assert_int_equal(pkr_progress_new(PKR_CHATTER_PLAIN, *config, 1000, &p, NULL), ACG_OK);
    return p;
}

static void silence_ends_after_a_minute(void **st)
{
    (void)st;
    struct pkr_config *config = NULL;
    struct pkr_progress *p = begin(&config);
    struct acg_event event = {
        .kind = ACG_EVENT_REGION, .text = "westus: 40 %", .region = "westus", .percent = 40};

    assert_int_equal(pkr_progress_wait_ms(p, 1000), PKR_HEARTBEAT_MS);
    assert_int_equal(pkr_progress_wait_ms(p, 31000), 30000);
    assert_int_equal(pkr_progress_event(p, &event, 41000, NULL), ACG_OK);
    assert_int_equal(pkr_progress_wait_ms(p, 41000), PKR_HEARTBEAT_MS); /* a line starts the minute anew */
    assert_int_equal(pkr_progress_wait_ms(p, 200000), 0);
    pkr_progress_tick(p, 200000);
    assert_int_equal(pkr_progress_wait_ms(p, 200000), PKR_HEARTBEAT_MS);
    pkr_progress_free(p);
    pkr_config_free(config);
}

static void requests_are_for_debugging_only(void **st)
{
    (void)st;
    struct pkr_config *config = NULL;
    struct pkr_progress *p = begin(&config);
    struct acg_event event = {.kind = ACG_EVENT_REQUEST, .text = "GET ... 200"};

    assert_int_equal(pkr_progress_event(p, &event, 31000, NULL), ACG_OK);
    assert_int_equal(pkr_progress_wait_ms(p, 31000), 30000); /* nothing was said */
    pkr_progress_free(p);
    pkr_config_free(config);
}

static void forms_of_output_have_names(void **st)
{
    (void)st;
    enum pkr_output form = PKR_OUTPUT_NONE;

    assert_true(pkr_output_parse("json", &form));
    assert_int_equal(form, PKR_OUTPUT_JSON);
    assert_true(pkr_output_parse("tsv", &form));
    assert_int_equal(form, PKR_OUTPUT_TSV);
    assert_true(pkr_output_parse("none", &form));
    assert_int_equal(form, PKR_OUTPUT_NONE);
    assert_false(pkr_output_parse("yaml", &form));
    assert_int_equal(form, PKR_OUTPUT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_ends_after_a_minute),
        cmocka_unit_test(requests_are_for_debugging_only),
        cmocka_unit_test(forms_of_output_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
