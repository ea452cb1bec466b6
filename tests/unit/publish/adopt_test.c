/* SPDX-License-Identifier: MPL-2.0 */
/* What a version that is there means: every combination that a user can meet. */
#include "testlib/test.h"

#include "publish/adopt.h"

#define FAIL    ACG_ON_EXISTING_FAIL
#define REUSE   ACG_ON_EXISTING_REUSE
#define UPDATE  ACG_ON_EXISTING_UPDATE
#define REPLACE ACG_ON_EXISTING_REPLACE
#define ALL     4

static const enum acg_on_existing every[ALL] = {FAIL, REUSE, UPDATE, REPLACE};

static void decides(struct acgp_existing e, enum acg_on_existing policy, enum acgp_adoption want)
{
    assert_int_equal(acgp_adopt_decide(&e, policy), want);
}

static void whatever_the_policy(struct acgp_existing e, enum acgp_adoption want)
{
    for (int i = 0; i < ALL; i++)
        decides(e, every[i], want);
}

static void nothing_there_is_a_start(void **st)
{
    (void)st;
    whatever_the_policy((struct acgp_existing){0}, ACGP_ADOPT_START);
}

static void our_own_running_version_is_joined(void **st)
{
    struct acgp_existing e = {.state = ACGP_EXISTING_RUNNING, .key = true, .same = true};

    (void)st;
    whatever_the_policy(e, ACGP_ADOPT_JOIN);
    e.complete = true;
    whatever_the_policy(e, ACGP_ADOPT_JOIN);
}

static void our_finished_version_needs_a_proof_of_age_or_a_journal(void **st)
{
    struct acgp_existing e = {.state = ACGP_EXISTING_SUCCEEDED, .key = true, .same = true, .complete = true};

    (void)st;
    decides(e, FAIL, ACGP_ADOPT_REFUSE); /* a managed image, rebuilt under its old name */
    decides(e, REUSE, ACGP_ADOPT_TAKE);
    decides(e, UPDATE, ACGP_ADOPT_UPDATE);
    decides(e, REPLACE, ACGP_ADOPT_REPLACE);
    e.older = true;
    whatever_the_policy(e, ACGP_ADOPT_JOIN);
    e.older = false;
    e.unfinished = true;
    whatever_the_policy(e, ACGP_ADOPT_JOIN);
}

static void the_tag_alone_is_not_enough(void **st)
{
    struct acgp_existing e = {
        .state = ACGP_EXISTING_SUCCEEDED, .key = true, .older = true, .unfinished = true};

    (void)st;
    decides(e, FAIL, ACGP_ADOPT_REFUSE);
    decides(e, REUSE, ACGP_ADOPT_REFUSE);
    decides(e, UPDATE, ACGP_ADOPT_REFUSE);
    decides(e, REPLACE, ACGP_ADOPT_REPLACE);
    e.mendable = true;
    decides(e, UPDATE, ACGP_ADOPT_UPDATE);
}

static void our_failed_version_is_gone_on_with_or_replaced(void **st)
{
    struct acgp_existing e = {.state = ACGP_EXISTING_FAILED, .key = true, .same = true, .complete = true};

    (void)st;
    decides(e, FAIL, ACGP_ADOPT_JOIN);
    decides(e, REUSE, ACGP_ADOPT_JOIN);
    decides(e, UPDATE, ACGP_ADOPT_JOIN);
    decides(e, REPLACE, ACGP_ADOPT_REPLACE);
}

static void the_same_content_of_somebody_else(void **st)
{
    struct acgp_existing e = {
        .state = ACGP_EXISTING_SUCCEEDED, .same = true, .complete = true, .older = true};

    (void)st;
    decides(e, FAIL, ACGP_ADOPT_REFUSE);
    decides(e, REUSE, ACGP_ADOPT_TAKE);
    e.complete = false;
    decides(e, REUSE, ACGP_ADOPT_REFUSE);
    decides(e, UPDATE, ACGP_ADOPT_UPDATE);
    e.complete = true;
    e.state = ACGP_EXISTING_RUNNING;
    decides(e, REUSE, ACGP_ADOPT_TAKE);
    decides(e, UPDATE, ACGP_ADOPT_UPDATE);
    decides(e, REPLACE, ACGP_ADOPT_REFUSE);
    e.state = ACGP_EXISTING_FAILED;
    decides(e, REUSE, ACGP_ADOPT_REFUSE);
    decides(e, REPLACE, ACGP_ADOPT_REPLACE);
}

static void what_is_being_deleted_is_not_taken(void **st)
{
    struct acgp_existing e = {
        .state = ACGP_EXISTING_DELETING, .key = true, .same = true, .complete = true, .unfinished = true};

    (void)st;
    decides(e, FAIL, ACGP_ADOPT_REFUSE);
    decides(e, REUSE, ACGP_ADOPT_REFUSE);
    decides(e, UPDATE, ACGP_ADOPT_REFUSE);
    decides(e, REPLACE, ACGP_ADOPT_REPLACE); /* waits until it is gone */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_there_is_a_start),
        cmocka_unit_test(our_own_running_version_is_joined),
        cmocka_unit_test(our_finished_version_needs_a_proof_of_age_or_a_journal),
        cmocka_unit_test(the_tag_alone_is_not_enough),
        cmocka_unit_test(our_failed_version_is_gone_on_with_or_replaced),
        cmocka_unit_test(the_same_content_of_somebody_else),
        cmocka_unit_test(what_is_being_deleted_is_not_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
