/* SPDX-License-Identifier: MPL-2.0 */
/* The journal on disk: whose it is, who holds it, what a crash or a full disk leaves, and what goes away. */
#include "testlib/test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/journal.h"
#include "testlib/folder.h"

#define KEY       "5ba93c9db0cff93f52b521d7420e43f6eda2784fbf3e0c55b3d4c6e0e1d1f7aa"
#define FILE_NAME KEY ".jsonl"

enum { OTHER_USER = 12345 };

static struct acgp_journal *open_journal(const struct folder *f)
{
    struct acgp_journal *j = NULL;

    assert_int_equal(acgp_journal_new(folder_at(f, "a/b/journal"), true, &j, NULL), ACG_OK);
    return j;
}

static struct acgp_journal_file *take(struct acgp_journal *j)
{
    struct acgp_journal_file *file = NULL;

    assert_int_equal(acgp_journal_take(j, KEY, &file, NULL), ACG_OK);
    return file;
}

static enum acg_status append(struct acgp_journal_file *file, enum acgp_record_kind kind,
                              struct acg_error *err)
{
    struct acgp_record r = {
        .kind = kind, .run = "a-run", .version_id = "/v/1.0.0", .final = true, .status = "ok"};

    memcpy(r.key, file->key, sizeof r.key);
    return acgp_journal_append(file, &r, err);
}

static void finish(struct acgp_journal_file *file)
{
    assert_int_equal(append(file, ACGP_RECORD_BEGIN, NULL), ACG_OK);
    assert_int_equal(append(file, ACGP_RECORD_ENDED, NULL), ACG_OK);
    acgp_journal_release(file);
}

static void refused(enum acg_status status, const struct acg_error *err, const char *path, const char *text)
{
    assert_int_equal(status, ACG_ERR_ARGUMENT);
    assert_string_equal(err->field, "journal_dir");
    if (strstr(err->message, path) == NULL || strstr(err->message, text) == NULL)
        fail_msg("%s", err->message);
}

static void dir_is_refused(const char *dir, const char *text)
{
    struct acgp_journal *j = NULL;
    struct acg_error err = {.status = ACG_OK};

    refused(acgp_journal_new(dir, true, &j, &err), &err, dir, text);
    assert_null(j);
}

static void file_is_refused(struct acgp_journal *j, const char *text)
{
    struct acgp_journal_file *file = NULL;
    struct acgp_recollection r = {.known = false};
    struct acg_error err = {.status = ACG_OK};
    bool running = false;

    refused(acgp_journal_take(j, KEY, &file, &err), &err, FILE_NAME, text);
    assert_null(file);
    refused(acgp_journal_look(j, KEY, &running, &r, &err), &err, FILE_NAME, text);
    acgp_recollection_done(&r);
}

static void what_is_made_is_its_users_own(void **st)
{
    struct folder f = folder_make();
    mode_t mask = umask(0);
    struct acgp_journal *j = open_journal(&f);

    (void)st;
    finish(take(j));
    assert_int_equal(folder_mode(&f, "a"), 0700);
    assert_int_equal(folder_mode(&f, "a/b"), 0700);
    assert_int_equal(folder_mode(&f, "a/b/journal"), 0700);
    assert_int_equal(folder_mode(&f, "a/b/journal/" FILE_NAME), 0600);
    acgp_journal_free(j);
    umask(mask);
    j = open_journal(&f); /* what is there is taken as it is */
    acgp_journal_free(j);
    folder_remove(&f);
}

static void a_directory_that_others_may_write_to_is_refused(void **st)
{
    struct folder f = folder_make();

    (void)st;
    assert_int_equal(mkdir(folder_at(&f, "open"), 0700), 0);
    assert_int_equal(chmod(folder_at(&f, "open"), 0770), 0);
    dir_is_refused(folder_at(&f, "open"), "may be written by other users; chmod go-w");
    assert_int_equal(chmod(folder_at(&f, "open"), 0702), 0);
    dir_is_refused(folder_at(&f, "open"), "may be written by other users");
    if (geteuid() == 0) {
        assert_int_equal(chown(folder_at(&f, "open"), OTHER_USER, (gid_t)-1), 0);
        dir_is_refused(folder_at(&f, "open"), "belongs to user 12345");
    } else {
        dir_is_refused("/", "belongs to user 0");
    }
    folder_remove(&f);
}

static void what_is_no_directory_is_refused(void **st)
{
    struct folder f = folder_make();
    struct acgp_journal *j = NULL;
    struct acg_error err;

    (void)st;
    assert_int_equal(mkdir(folder_at(&f, "real"), 0700), 0);
    assert_int_equal(symlink("real", folder_at(&f, "link")), 0);
    dir_is_refused(folder_at(&f, "link"), "it is a symbolic link");
    assert_int_equal(acgp_journal_new(folder_at(&f, "link//"), true, &j, &err), ACG_ERR_ARGUMENT);
    folder_write(&f, "file", "");
    dir_is_refused(folder_at(&f, "file"), "Not a directory");
    dir_is_refused(folder_at(&f, "file/below"), "Not a directory");
    dir_is_refused("", "empty");
    assert_int_equal(acgp_journal_new(NULL, true, &j, &err), ACG_ERR_ARGUMENT);
    dir_is_refused("/proc/acg-test/journal", "cannot make the directory");
    assert_int_equal(acgp_journal_new(folder_at(&f, "absent"), false, &j, &err), ACG_OK);
    assert_null(j);
    assert_int_equal(folder_mode(&f, "absent"), 0);
    folder_remove(&f);
}

static void a_file_that_is_none_of_ours_is_refused(void **st)
{
    struct folder f = folder_make();
    struct acgp_journal *j = open_journal(&f);
    const char *name = "a/b/journal/" FILE_NAME;

    (void)st;
    folder_write(&f, "victim", "text of somebody\n");
    assert_int_equal(symlink("../../../victim", folder_at(&f, name)), 0);
    file_is_refused(j, "it is a symbolic link");
    assert_string_equal(folder_read(&f, "victim"), "text of somebody\n");
    assert_int_equal(unlink(folder_at(&f, name)), 0);
    assert_int_equal(mkfifo(folder_at(&f, name), 0600), 0);
    file_is_refused(j, "is no file");
    assert_int_equal(unlink(folder_at(&f, name)), 0);
    folder_write(&f, name, "");
    assert_int_equal(chmod(folder_at(&f, name), 0620), 0);
    file_is_refused(j, "may be written by other users");
    if (geteuid() == 0) {
        assert_int_equal(chmod(folder_at(&f, name), 0600), 0);
        assert_int_equal(chown(folder_at(&f, name), OTHER_USER, (gid_t)-1), 0);
        file_is_refused(j, "belongs to user 12345");
    }
    acgp_journal_free(j);
    folder_remove(&f);
}

static void a_file_in_which_nothing_was_written_goes_away(void **st)
{
    struct folder f = folder_make();
    struct acgp_journal *j = open_journal(&f);
    struct acgp_journal_file *file = take(j);

    (void)st;
    assert_int_equal(folder_count(&f, "a/b/journal"), 1);
    acgp_journal_release(file);
    assert_int_equal(folder_count(&f, "a/b/journal"), 0);
    acgp_journal_free(j);
    folder_remove(&f);
}

static void one_run_of_a_key_lives_at_a_time(void **st)
{
    struct folder f = folder_make();
    struct acgp_journal *j = open_journal(&f), *again = open_journal(&f);
    struct acgp_journal_file *first = take(j), *second = NULL;
    struct acgp_recollection r = {.known = false};
    bool running = false;

    (void)st;
    assert_int_equal(append(first, ACGP_RECORD_BEGIN, NULL), ACG_OK);
    assert_null(take(j));     /* of one publisher */
    assert_null(take(again)); /* of two */
    assert_int_equal(acgp_journal_look(again, KEY, &running, &r, NULL), ACG_OK);
    assert_true(running && r.known && r.unfinished);
    acgp_recollection_done(&r);
    acgp_journal_release(first);
    assert_int_equal(acgp_journal_look(again, KEY, &running, &r, NULL), ACG_OK);
    assert_false(running);
    acgp_recollection_done(&r);
    second = take(again);
    assert_non_null(second);
    acgp_journal_release(second);
    acgp_journal_free(again);
    acgp_journal_free(j);
    folder_remove(&f);
}

/* A process that holds the file and has begun; it dies when it is told to. */
static pid_t run_elsewhere(struct acgp_journal *j, int *out_tell)
{
    int ready[2], tell[2];
    char byte = 0;
    pid_t child = 0;

    assert_int_equal(pipe(ready) | pipe(tell), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct acgp_journal_file *file = NULL;
        close(tell[1]); /* else it would wait for itself */
        bool ok = acgp_journal_take(j, KEY, &file, NULL) == ACG_OK && file != NULL &&
                  append(file, ACGP_RECORD_BEGIN, NULL) == ACG_OK && write(ready[1], "x", 1) == 1 &&
                  read(tell[0], &byte, 1) == 0;
        _exit(ok ? 0 : 1);
    }
    close(ready[1]);
    close(tell[0]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    *out_tell = tell[1];
    return child;
}

static void a_run_of_another_process_is_seen_while_it_lives(void **st)
{
    struct folder f = folder_make();
    struct acgp_journal *j = open_journal(&f);
    struct acgp_journal_file *file = NULL;
    struct acgp_recollection r = {.known = false};
    int tell = -1, how = -1;
    pid_t child = run_elsewhere(j, &tell);

    (void)st;
    assert_null(take(j));
    close(tell);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    file = take(j);
    assert_non_null(file);
    assert_int_equal(acgp_journal_recall(file, &r, NULL), ACG_OK);
    assert_true(r.known && r.unfinished);
    acgp_recollection_done(&r);
    acgp_journal_release(file);
    acgp_journal_free(j);
    folder_remove(&f);
}

static void a_torn_line_is_left_behind(void **st)
{
    struct folder f = folder_make();
    struct acgp_journal *j = open_journal(&f);
    struct acgp_journal_file *file = NULL;
    struct acgp_recollection r = {.known = false};

    (void)st;
    folder_write(&f, "a/b/journal/" FILE_NAME, "{\"kind\":\"beg");
    assert_int_equal(chmod(folder_at(&f, "a/b/journal/" FILE_NAME), 0600), 0);
    file = take(j);
    assert_int_equal(append(file, ACGP_RECORD_BEGIN, NULL), ACG_OK);
    assert_int_equal(append(file, ACGP_RECORD_SENDING, NULL), ACG_OK);
    assert_int_equal(acgp_journal_recall(file, &r, NULL), ACG_OK);
    assert_true(r.known && r.sent && r.unfinished);
    assert_int_equal(r.skipped, 1);
    assert_non_null(strstr(folder_read(&f, "a/b/journal/" FILE_NAME), "beg\n{\"kind\":\"begin\","));
    acgp_recollection_done(&r);
    acgp_journal_release(file);
    acgp_journal_free(j);
    folder_remove(&f);
}

/* The disk takes so many bytes of the file. */
static void limit(rlim_t bytes)
{
    struct rlimit l;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
    l.rlim_cur = bytes < l.rlim_max ? bytes : l.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void a_full_disk_is_a_failure_and_the_next_line_is_whole(void **st)
{
    struct folder f = folder_make();
    struct acgp_journal *j = open_journal(&f);
    struct acgp_journal_file *file = take(j);
    struct acgp_recollection r = {.known = false};
    struct acg_error err = {.status = ACG_OK};
    void (*was)(int) = signal(SIGXFSZ, SIG_IGN);
    rlim_t have = 0;

    (void)st;
    assert_int_equal(append(file, ACGP_RECORD_BEGIN, NULL), ACG_OK);
    have = strlen(folder_read(&f, "a/b/journal/" FILE_NAME));
    for (rlim_t room = 0; room < 20; room += 7) {
        limit(have + room);
        refused(append(file, ACGP_RECORD_SENDING, &err), &err, FILE_NAME, "cannot write the journal");
        assert_non_null(strstr(err.message, strerror(EFBIG)));
    }
    limit(RLIM_INFINITY);
    assert_int_equal(acgp_journal_recall(file, &r, NULL), ACG_OK);
    assert_true(r.known && !r.sent);
    acgp_recollection_done(&r);
    assert_int_equal(append(file, ACGP_RECORD_SENDING, NULL), ACG_OK);
    assert_int_equal(acgp_journal_recall(file, &r, NULL), ACG_OK);
    assert_true(r.sent);
    acgp_recollection_done(&r);
    acgp_journal_release(file);
    acgp_journal_free(j);
    signal(SIGXFSZ, was);
    folder_remove(&f);
}

static void age(const struct folder *f, const char *name, time_t unix_s)
{
    struct timespec times[2] = {{.tv_sec = unix_s}, {.tv_sec = unix_s}};

    assert_int_equal(utimensat(AT_FDCWD, folder_at(f, name), times, 0), 0);
}

static void leave(struct acgp_journal *j, const struct folder *f, char first, bool finished, time_t unix_s)
{
    char key[ACGP_DIGEST_TEXT] = KEY, name[128];
    struct acgp_journal_file *file = NULL;

    key[0] = first;
    assert_int_equal(acgp_journal_take(j, key, &file, NULL), ACG_OK);
    assert_int_equal(append(file, ACGP_RECORD_BEGIN, NULL), ACG_OK);
    if (finished)
        assert_int_equal(append(file, ACGP_RECORD_ENDED, NULL), ACG_OK);
    acgp_journal_release(file);
    snprintf(name, sizeof name, "a/b/journal/%s.jsonl", key);
    age(f, name, unix_s);
}

static void old_files_of_finished_runs_go_away(void **st)
{
    const time_t now = 1790000000, month = ACGP_JOURNAL_KEPT_S;
    struct folder f = folder_make();
    struct acgp_journal *j = open_journal(&f);
    struct acgp_journal_file *held = NULL;
    char key[ACGP_DIGEST_TEXT] = KEY;

    (void)st;
    leave(j, &f, 'a', true, now - month - 10);
    leave(j, &f, 'b', true, now - month + 10);
    leave(j, &f, 'c', false, now - month - 10);
    leave(j, &f, 'd', true, now - month - 10);
    folder_write(&f, "a/b/journal/notes.txt", "not ours");
    age(&f, "a/b/journal/notes.txt", 1);
    key[0] = 'd';
    assert_int_equal(acgp_journal_take(j, key, &held, NULL), ACG_OK);
    acgp_journal_sweep(j, now);
    assert_int_equal(folder_mode(&f, "a/b/journal/a" FILE_NAME), 0);
    assert_int_equal(folder_count(&f, "a/b/journal"), 4); /* new, unfinished, held, foreign */
    acgp_journal_release(held);
    acgp_journal_sweep(j, now);
    assert_int_equal(folder_count(&f, "a/b/journal"), 3);
    acgp_journal_free(j);
    folder_remove(&f);
}

static void a_start_sweeps_a_few_dozen(void **st)
{
    struct folder f = folder_make();
    struct acgp_journal *j = open_journal(&f);
    char key[ACGP_DIGEST_TEXT] = KEY, name[128];

    (void)st;
    for (unsigned i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "%02x%s", i, KEY + 2);
        snprintf(name, sizeof name, "a/b/journal/%s.jsonl", key);
        folder_write(&f, name, "{\"kind\":\"ended\",\"run\":\"r\",\"final\":true,\"key\":\"\"}\n");
        assert_int_equal(chmod(folder_at(&f, name), 0600), 0);
        age(&f, name, 1);
    }
    acgp_journal_sweep(j, 1790000000); /* of another key: read, and kept */
    assert_int_equal(folder_count(&f, "a/b/journal"), 100);
    for (unsigned i = 0; i < 100; i++) {
        char text[256];
        snprintf(key, sizeof key, "%02x%s", i, KEY + 2);
        snprintf(name, sizeof name, "a/b/journal/%s.jsonl", key);
        snprintf(text, sizeof text, "{\"kind\":\"ended\",\"run\":\"r\",\"final\":true,\"key\":\"%s\"}\n",
                 key);
        folder_write(&f, name, text);
        age(&f, name, 1);
    }
    acgp_journal_sweep(j, 1790000000);
    assert_int_equal(folder_count(&f, "a/b/journal"), 36);
    acgp_journal_sweep(j, 1790000000);
    assert_int_equal(folder_count(&f, "a/b/journal"), 0);
    acgp_journal_free(j);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_made_is_its_users_own),
        cmocka_unit_test(a_directory_that_others_may_write_to_is_refused),
        cmocka_unit_test(what_is_no_directory_is_refused),
        cmocka_unit_test(a_file_that_is_none_of_ours_is_refused),
        cmocka_unit_test(a_file_in_which_nothing_was_written_goes_away),
        cmocka_unit_test(one_run_of_a_key_lives_at_a_time),
        cmocka_unit_test(a_run_of_another_process_is_seen_while_it_lives),
        cmocka_unit_test(a_torn_line_is_left_behind),
        cmocka_unit_test(a_full_disk_is_a_failure_and_the_next_line_is_whole),
        cmocka_unit_test(old_files_of_finished_runs_go_away),
        cmocka_unit_test(a_start_sweeps_a_few_dozen),
    };

    return cmocka_run_group_tests_name("the journal on disk", tests, NULL, NULL);
}
