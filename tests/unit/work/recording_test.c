/* SPDX-License-Identifier: MPL-2.0 */
/* How a machine asks for its journal: what must not happen unrecorded waits. */
#include "testlib/test.h"

#include <stdio.h>

#include "base/error.h"
#include "testlib/scribe.h"

static const struct acgp_work_config config = {.endpoint = "https://management.azure.com",
                                               .seed = 7,
                                               .now_ms = 1000,
                                               .now_unix_s = 1790000000,
                                               .timeout_ms = 60000};

static struct scribe *begin(void)
{
    struct scribe *s = NULL;

    assert_int_equal(scribe_new(&config, "mine", &s, NULL), ACG_OK);
    return s;
}

static struct acgp_action expect(struct scribe *s, enum acgp_action_kind kind)
{
    struct acgp_action act = {0};

    assert_true(acgp_work_next(&s->base, 2000, &act));
    assert_int_equal(act.kind, kind);
    return act;
}

static void expect_record(struct scribe *s, enum acgp_record_kind kind)
{
    struct acgp_action act = expect(s, ACGP_ACT_RECORD);

    assert_int_equal(act.record->kind, kind);
    assert_string_equal(act.record->key, SCRIBE_KEY);
    assert_string_equal(act.record->run, s->base.request_id);
    assert_int_equal(act.record->unix_s, 1790000001);
}

static void recalled(struct scribe *s, bool busy, const struct acg_error *failure)
{
    struct acgp_recollection r = {.known = true, .sent = true};
    struct acgp_action act = expect(s, ACGP_ACT_RECALL);

    assert_string_equal(act.key, SCRIBE_KEY);
    acgp_work_on_recalled(&s->base, 2000, &r, busy, failure);
}

static bool ends(struct scribe *s, enum acg_status status, char *told, size_t size)
{
    const struct acg_event *e = NULL;
    bool over = false;

    while (acgp_work_next_event(&s->base, &e)) {
        assert_false(over);
        over = e->kind == ACG_EVENT_DONE;
        if (e->kind == ACG_EVENT_NOTICE)
            snprintf(told, size, "%s", e->text);
        if (over)
            assert_int_equal(e->error->status, status);
    }
    return over;
}

static void accept(struct scribe *s, uint32_t request)
{
    struct acgp_response r;

    acgp_response_init(&r);
    r.status = 201;
    acgp_work_on_response(&s->base, 2000, request, &r);
    acgp_response_done(&r);
}

static void a_write_is_sent_once_it_is_recorded(void **st)
{
    struct scribe *s = begin();
    struct acgp_action act;
    char told[256] = "";

    (void)st;
    recalled(s, false, NULL);
    assert_true(s->known && s->sent && !s->created && !s->busy);
    expect_record(s, ACGP_RECORD_BEGIN);
    expect_record(s, ACGP_RECORD_BEGIN); /* until it is answered */
    acgp_work_on_recorded(&s->base, 2000, NULL);
    act = expect(s, ACGP_ACT_RECORD);
    assert_int_equal(act.record->kind, ACGP_RECORD_SENDING);
    assert_string_equal(act.record->note, "create");
    acgp_work_on_recorded(&s->base, 2000, NULL);
    act = expect(s, ACGP_ACT_SEND);
    assert_int_equal(act.message->method, ACGP_PUT);
    accept(s, act.request);
    expect_record(s, ACGP_RECORD_ACCEPTED);
    acgp_work_on_recorded(&s->base, 2000, NULL);
    assert_false(ends(s, ACG_OK, told, sizeof told)); /* who sees the end may exit: its record comes first */
    act = expect(s, ACGP_ACT_RECORD);
    assert_int_equal(act.record->kind, ACGP_RECORD_ENDED);
    assert_string_equal(act.record->status, "ok");
    assert_true(act.record->final);
    acgp_work_on_recorded(&s->base, 2000, NULL);
    expect(s, ACGP_ACT_DONE);
    assert_true(ends(s, ACG_OK, told, sizeof told));
    assert_string_equal(told, "");
    assert_int_equal(s->recorded, 3);
    acgp_work_free(&s->base);
}

/* After the records that succeed one fails: nothing is sent that is not recorded. */
static void nothing_is_sent_when_a_record_fails(void **st)
{
    (void)st;
    for (unsigned good = 0; good < 2; good++) {
        struct scribe *s = begin();
        struct acg_error why;
        char told[256] = "";

        acgp_fail(&why, ACG_ERR_ARGUMENT, "no space left");
        recalled(s, false, NULL);
        for (unsigned i = 0; i < good; i++) {
            expect(s, ACGP_ACT_RECORD);
            acgp_work_on_recorded(&s->base, 2000, NULL);
        }
        expect(s, ACGP_ACT_RECORD);
        acgp_work_on_recorded(&s->base, 2000, &why);
        assert_int_equal(expect(s, ACGP_ACT_RECORD).record->kind, ACGP_RECORD_ENDED);
        acgp_work_on_recorded(&s->base, 2000, &why);
        expect(s, ACGP_ACT_DONE);
        assert_int_equal(s->base.attempts, 0);
        assert_int_equal(s->base.error.status, ACG_ERR_ARGUMENT);
        assert_true(ends(s, ACG_ERR_ARGUMENT, told, sizeof told));
        assert_string_equal(told, ""); /* the failure is told once */
        acgp_work_free(&s->base);
    }
}

static void an_end_that_is_not_recorded_is_said_before_the_end(void **st)
{
    struct scribe *s = begin();
    struct acg_error why;
    char told[256] = "";

    (void)st;
    acgp_fail(&why, ACG_ERR_ARGUMENT, "no space left");
    recalled(s, false, NULL);
    acgp_work_cancel(&s->base, 2000);
    assert_false(ends(s, ACG_ERR_CANCELLED, told, sizeof told));
    expect_record(s, ACGP_RECORD_BEGIN);
    acgp_work_on_recorded(&s->base, 2000, NULL);
    assert_false(expect(s, ACGP_ACT_RECORD).record->final);
    acgp_work_on_recorded(&s->base, 2000, &why);
    expect(s, ACGP_ACT_DONE);
    assert_true(ends(s, ACG_ERR_CANCELLED, told, sizeof told));
    assert_string_equal(told, "the end is not in the journal: no space left");
    assert_int_equal(s->recorded, 0); /* after its end the machine is told nothing */
    acgp_work_free(&s->base);
}

static void a_journal_that_is_held_or_unusable_is_the_machines_to_judge(void **st)
{
    struct scribe *s = begin();
    struct acg_error why;

    (void)st;
    recalled(s, true, NULL);
    assert_true(s->busy && s->known);
    expect(s, ACGP_ACT_DONE);
    assert_int_equal(s->base.error.status, ACG_ERR_CONFLICT);
    acgp_work_free(&s->base);

    s = begin();
    acgp_fail(&why, ACG_ERR_ARGUMENT, "belongs to another");
    recalled(s, false, &why);
    assert_true(s->failed);
    assert_string_equal(s->base.error.message, "belongs to another");
    acgp_work_free(&s->base); /* with a record that was never asked for */
}

static void an_end_takes_the_question_back(void **st)
{
    struct scribe *s = begin();
    struct acgp_recollection r = {.known = true};

    (void)st;
    expect(s, ACGP_ACT_RECALL);
    acgp_work_cancel(&s->base, 2000);
    expect_record(s, ACGP_RECORD_ENDED);
    acgp_work_on_recalled(&s->base, 2000, &r, false, NULL);
    assert_false(s->known);
    acgp_work_on_recorded(&s->base, 2000, NULL);
    acgp_work_on_recorded(&s->base, 2000, NULL); /* one too many is nothing */
    expect(s, ACGP_ACT_DONE);
    acgp_work_free(&s->base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_is_sent_once_it_is_recorded),
        cmocka_unit_test(nothing_is_sent_when_a_record_fails),
        cmocka_unit_test(an_end_that_is_not_recorded_is_said_before_the_end),
        cmocka_unit_test(a_journal_that_is_held_or_unusable_is_the_machines_to_judge),
        cmocka_unit_test(an_end_takes_the_question_back),
    };

    return cmocka_run_group_tests_name("a machine and its journal", tests, NULL, NULL);
}
