/* SPDX-License-Identifier: MPL-2.0 */
/* A machine that keeps a journal, through the engine: what the next run learns, and that nothing is sent
 * which could not be written down. */
#include "rig.h"

#include <signal.h>
#include <stdio.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <acg/journal.h>

#include "testlib/folder.h"
#include "testlib/scribe.h"

#define FILE_NAME "journal/" SCRIBE_KEY ".jsonl"

static void begin(struct rig *r, const struct folder *f)
{
    struct acg_publisher_options o = ACG_PUBLISHER_OPTIONS_INIT;

    o.journal_dir = f != NULL ? folder_at(f, "journal") : NULL;
    rig_begin_with(r, &o);
}

static struct scribe *start(struct rig *r, struct acg_publish **out)
{
    struct acgp_work_config config = acgp_publisher_work_config(r->pub, 60000);
    struct scribe *s = NULL;

    assert_int_equal(scribe_new(&config, "what to do", &s, NULL), ACG_OK);
    assert_int_equal(acgp_publisher_drive(r->pub, &s->base, out, NULL), ACG_OK);
    rig_turn(r);
    return s;
}

static unsigned lines(const struct folder *f)
{
    unsigned n = 0;

    for (const char *c = folder_read(f, FILE_NAME); *c != '\0'; c++)
        n += *c == '\n';
    return n;
}

/* @param ended the word of an unfinished run; "": none */
static void listed_as(const struct folder *f, const char *state, const char *ended)
{
    struct acg_journal *j = NULL;
    const struct acg_journal_entry *e = NULL;

    assert_int_equal(acg_journal_open(folder_at(f, "journal"), &j, NULL), ACG_OK);
    assert_int_equal(acg_journal_next(j, &e, NULL), ACG_OK);
    assert_non_null(e);
    assert_string_equal(e->key, SCRIBE_KEY);
    assert_string_equal(e->state, state);
    assert_string_equal(e->ended, ended);
    assert_string_equal(e->version_id, SCRIBE_VERSION);
    assert_string_equal(e->memo, "what to do");
    assert_string_equal(e->problem, "");
    assert_true(e->begun_unix_s >= 1790000000 && e->last_unix_s >= e->begun_unix_s);
    assert_int_equal(e->lines_skipped, 0);
    assert_int_equal(acg_journal_next(j, &e, NULL), ACG_OK);
    assert_null(e);
    acg_journal_free(j);
}

static void listed(const struct folder *f, const char *state)
{
    listed_as(f, state, "");
}

static void accept(struct rig *r)
{
    rig_token(r, "token", 3600);
    rig_expect(r, "PUT", "/versions/1.0.0");
    rig_reply(r, 201, "{}");
    rig_listen(r);
}

static void a_whole_run_is_written_down(void **st)
{
    struct folder f = folder_make();
    struct rig r;
    struct acg_publish *publish = NULL, *again = NULL;
    struct scribe *s = NULL;

    (void)st;
    begin(&r, &f);
    s = start(&r, &publish);
    assert_false(s->known);
    assert_int_equal(lines(&f), 2); /* begin and sending, before the PUT */
    listed(&f, "running");
    accept(&r);
    assert_true(r.over);
    assert_int_equal(r.outcome.status, ACG_OK);
    assert_int_equal(lines(&f), 4);
    listed(&f, "ok"); /* let go of, although the handle lives */

    s = start(&r, &again);
    assert_true(s->known && s->created && !s->unfinished && !s->busy);
    acg_publish_free(again);
    acg_publish_free(publish);
    rig_end(&r);
    folder_remove(&f);
}

static void a_run_that_ended_without_a_word_is_found(void **st)
{
    struct folder f = folder_make();
    struct rig r;
    struct acg_publish *publish = NULL;
    struct scribe *s = NULL;

    (void)st;
    begin(&r, &f);
    start(&r, &publish);
    acg_publish_free(publish); /* as a crash would: no end is recorded */
    rig_end(&r);
    listed(&f, "unfinished");
    begin(&r, &f);
    s = start(&r, &publish);
    assert_true(s->known && s->unfinished && s->sent && !s->created);
    acg_publish_free(publish);
    rig_end(&r);
    folder_remove(&f);
}

static void a_cancelled_run_stays_unfinished_with_its_word(void **st)
{
    struct folder f = folder_make();
    struct rig r;
    struct acg_publish *publish = NULL;

    (void)st;
    begin(&r, &f);
    start(&r, &publish);
    acg_publish_cancel(publish);
    rig_listen(&r); /* before any turn: the end may not be seen yet */
    assert_false(r.over);
    rig_turn(&r);
    rig_listen(&r);
    assert_true(r.over);
    assert_int_equal(lines(&f), 3);
    assert_non_null(strstr(folder_read(&f, FILE_NAME), "\"status\":\"cancelled\",\"final\":false"));
    listed_as(&f, "unfinished", "cancelled");
    acg_publish_free(publish);
    rig_end(&r);
    folder_remove(&f);
}

static void a_run_that_is_left_stays_unfinished_without_a_word(void **st)
{
    struct folder f = folder_make();
    struct rig r;
    struct acg_publish *publish = NULL;

    (void)st;
    begin(&r, &f);
    start(&r, &publish);
    acg_publish_leave(publish);
    rig_turn(&r);
    rig_listen(&r);
    assert_true(r.over);
    assert_int_equal(r.outcome.status, ACG_ERR_CANCELLED);
    assert_int_equal(lines(&f), 2);
    listed(&f, "unfinished");
    acg_publish_free(publish);

    start(&r, &publish); /* another end than that is told */
    accept(&r);
    acg_publish_leave(publish);
    assert_int_equal(r.outcome.status, ACG_OK);
    listed(&f, "ok");
    acg_publish_free(publish);
    rig_end(&r);
    folder_remove(&f);
}

static void the_second_of_two_runs_is_told_that_it_is(void **st)
{
    struct folder f = folder_make();
    struct rig r, other;
    struct acg_publish *publish = NULL, *second = NULL, *third = NULL;
    struct scribe *s = NULL;

    (void)st;
    begin(&r, &f);
    begin(&other, &f);
    start(&r, &publish);
    s = start(&r, &second); /* of the same publisher */
    assert_true(s->busy && s->known && s->sent);
    s = start(&other, &third);
    assert_true(s->busy);
    rig_listen(&other);
    assert_int_equal(other.outcome.status, ACG_ERR_CONFLICT);
    assert_int_equal(lines(&f), 2); /* neither has left a trace */
    accept(&r);
    assert_int_equal(lines(&f), 4);
    acg_publish_free(third);
    acg_publish_free(second);
    acg_publish_free(publish);
    rig_end(&other);
    rig_end(&r);
    folder_remove(&f);
}

static void without_a_journal_nothing_is_known_and_all_goes_on(void **st)
{
    struct rig r;
    struct acg_publish *publish = NULL;
    struct scribe *s = NULL;

    (void)st;
    begin(&r, NULL);
    s = start(&r, &publish);
    assert_false(s->known || s->busy || s->failed);
    accept(&r);
    assert_int_equal(r.outcome.status, ACG_OK);
    assert_int_equal(s->recorded, 3);
    acg_publish_free(publish);
    rig_end(&r);
}

static void limit(rlim_t bytes)
{
    struct rlimit l;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
    l.rlim_cur = bytes < l.rlim_max ? bytes : l.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

/* Whichever record does not fit, no request has left. */
static void what_cannot_be_written_down_is_not_sent(void **st)
{
    void (*was)(int) = signal(SIGXFSZ, SIG_IGN);

    (void)st;
    for (rlim_t room = 0; room < 400; room += 133) {
        struct folder f = folder_make();
        struct rig r;
        struct acg_publish *publish = NULL;
        begin(&r, &f);
        limit(room);
        start(&r, &publish);
        limit(RLIM_INFINITY);
        rig_listen(&r);
        assert_true(r.over);
        assert_int_equal(r.outcome.status, ACG_ERR_ARGUMENT);
        assert_string_equal(r.outcome.field, "journal_dir");
        assert_non_null(strstr(r.outcome.message, SCRIBE_KEY ".jsonl: "));
        assert_int_equal(rig_in_flight(&r), 0);
        acg_publish_free(publish);
        rig_end(&r);
        folder_remove(&f);
    }
    signal(SIGXFSZ, was);
}

static void a_journal_that_cannot_be_read_is_the_machines_to_judge(void **st)
{
    struct folder f = folder_make();
    struct rig r;
    struct acg_publish *publish = NULL;
    struct acg_journal *j = NULL;
    const struct acg_journal_entry *e = NULL;
    struct scribe *s = NULL;

    (void)st;
    begin(&r, &f);
    assert_int_equal(symlink("elsewhere", folder_at(&f, FILE_NAME)), 0);
    s = start(&r, &publish);
    assert_true(s->failed);
    rig_listen(&r);
    assert_string_equal(r.outcome.field, "journal_dir");
    assert_int_equal(rig_in_flight(&r), 0);
    assert_int_equal(acg_journal_open(folder_at(&f, "journal"), &j, NULL), ACG_OK);
    assert_int_equal(acg_journal_next(j, &e, NULL), ACG_OK);
    assert_string_equal(e->state, "unreadable");
    assert_non_null(strstr(e->problem, "it is a symbolic link"));
    acg_journal_free(j);
    acg_publish_free(publish);
    rig_end(&r);
    folder_remove(&f);
}

static void a_list_shows_keys_alone(void **st)
{
    struct folder f = folder_make();
    struct acg_journal *j = NULL;
    const struct acg_journal_entry *e = NULL;
    struct acg_error err = {.status = ACG_OK};

    (void)st;
    assert_int_equal(acg_journal_open(folder_at(&f, "journal"), &j, NULL), ACG_OK);
    assert_int_equal(acg_journal_next(j, &e, NULL), ACG_OK);
    assert_null(e);
    acg_journal_free(j);
    assert_int_equal(folder_count(&f, ""), 0); /* asking makes nothing */
    assert_int_equal(mkdir(folder_at(&f, "journal"), 0700), 0);
    folder_write(&f, "journal/notes.txt", "");
    folder_write(&f, "journal/" SCRIBE_KEY, "");
    folder_write(&f, FILE_NAME "x", "");
    folder_write(&f, FILE_NAME, "");
    assert_int_equal(chmod(folder_at(&f, FILE_NAME), 0600), 0);
    assert_int_equal(acg_journal_open(folder_at(&f, "journal"), &j, NULL), ACG_OK);
    assert_int_equal(acg_journal_next(j, &e, NULL), ACG_OK);
    assert_null(e);
    acg_journal_free(j);
    folder_write(&f, FILE_NAME, "garbage\n");
    assert_int_equal(acg_journal_open(folder_at(&f, "journal"), &j, NULL), ACG_OK);
    assert_int_equal(acg_journal_next(j, &e, NULL), ACG_OK);
    assert_string_equal(e->state, "unreadable");
    assert_int_equal(e->lines_skipped, 1);
    acg_journal_free(j);
    acg_journal_free(NULL);
    assert_int_equal(acg_journal_open(folder_at(&f, FILE_NAME), &j, &err), ACG_ERR_ARGUMENT);
    assert_string_equal(err.field, "journal_dir");
    folder_remove(&f);
}

static void a_publisher_with_a_journal_that_cannot_be_is_refused(void **st)
{
    struct acg_publisher_options o = ACG_PUBLISHER_OPTIONS_INIT;
    struct folder f = folder_make();
    struct rig r;

    (void)st;
    folder_write(&f, "file", "");
    o.journal_dir = folder_at(&f, "file");
    assert_int_equal(rig_try_begin(&r, &o), ACG_ERR_ARGUMENT);
    assert_string_equal(r.err.field, "journal_dir");
    o.journal_dir = "";
    assert_int_equal(rig_try_begin(&r, &o), ACG_ERR_ARGUMENT);
    assert_string_equal(r.err.field, "journal_dir");
    folder_remove(&f);
}

static void a_publisher_sweeps_when_it_is_made(void **st)
{
    struct folder f = folder_make();
    struct rig r;
    struct acg_publish *publish = NULL;
    struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

    (void)st;
    begin(&r, &f);
    start(&r, &publish);
    accept(&r);
    acg_publish_free(publish);
    rig_end(&r);
    assert_int_equal(utimensat(AT_FDCWD, folder_at(&f, FILE_NAME), times, 0), 0);
    begin(&r, &f);
    assert_int_equal(folder_count(&f, "journal"), 0);
    rig_end(&r);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_run_is_written_down),
        cmocka_unit_test(a_run_that_ended_without_a_word_is_found),
        cmocka_unit_test(a_cancelled_run_stays_unfinished_with_its_word),
        cmocka_unit_test(a_run_that_is_left_stays_unfinished_without_a_word),
        cmocka_unit_test(the_second_of_two_runs_is_told_that_it_is),
        cmocka_unit_test(without_a_journal_nothing_is_known_and_all_goes_on),
        cmocka_unit_test(what_cannot_be_written_down_is_not_sent),
        cmocka_unit_test(a_journal_that_cannot_be_read_is_the_machines_to_judge),
        cmocka_unit_test(a_list_shows_keys_alone),
        cmocka_unit_test(a_publisher_with_a_journal_that_cannot_be_is_refused),
        cmocka_unit_test(a_publisher_sweeps_when_it_is_made),
    };

    return cmocka_run_group_tests_name("runs with a journal", tests, NULL, NULL);
}
