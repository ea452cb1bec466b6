/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "spec/look.h"

static void expect(const char *id, const char *text)
{
    struct acgp_buf out;

    acgp_buf_init(&out, 4096);
    assert_true(pkr_look_text(&out, id));
    assert_string_equal(out.data, text);
    acgp_buf_done(&out);
}

static void the_command_names_each_part_as_az_wants_it(void **st)
{
    (void)st;
    expect("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/galleries/Golden/images/web/"
           "versions/1.0.0",
           "az sig image-version show --subscription s -g rg -r Golden -i web -e 1.0.0 --expand "
           "ReplicationStatus");
}

static void another_id_is_given_whole(void **st)
{
    (void)st;
    expect("/v/1.0.0", "az sig image-version show --ids /v/1.0.0 --expand ReplicationStatus");
    expect("", "az sig image-version show --ids  --expand ReplicationStatus");
    expect("/1/2/3/4/5/6/7/8/9/10/11/12/13",
           "az sig image-version show --ids /1/2/3/4/5/6/7/8/9/10/11/12/13 --expand ReplicationStatus");
}

static void a_full_buffer_is_said(void **st)
{
    struct acgp_buf out;

    (void)st;
    acgp_buf_init(&out, 40);
    assert_false(pkr_look_text(&out, "/v/1.0.0"));
    acgp_buf_done(&out);
}

static void azure_goes_on_unless_it_ended_or_never_began(void **st)
{
    static const struct {
        const char *state;
        bool on;
    } rows[] = {{"running", true},    {"accepted", true},           {"failed", false},
                {"succeeded", false}, {"succeeded in part", false}, {"not started", false}};

    (void)st;
    assert_false(pkr_goes_on(NULL));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(pkr_goes_on(&(struct acg_result){.state = rows[i].state}), rows[i].on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_command_names_each_part_as_az_wants_it),
        cmocka_unit_test(another_id_is_given_whole),
        cmocka_unit_test(a_full_buffer_is_said),
        cmocka_unit_test(azure_goes_on_unless_it_ended_or_never_began),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
