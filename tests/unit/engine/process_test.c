/* SPDX-License-Identifier: MPL-2.0 */
/* Programs beside the loop, and files with secrets. */
#include "testlib/test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/process.h"
#include "engine/secret_file.h"

static char folder[] = "/tmp/acg-process-XXXXXX";
static char search[512];

static void write_file(const char *name, const char *text, mode_t mode)
{
    char path[256];
    FILE *f = NULL;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static int set_up(void **st)
{
    (void)st;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(search, sizeof search, "relative::%s", folder);
    return 0;
}

static int tear_down(void **st)
{
    static const char *const names[] = {"az", "plain", "here", "torn", "token", "none", "link", "pipe"};
    char path[256];

    (void)st;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

static struct acgp_process *started(const char *const *argv)
{
    struct acgp_process *p = NULL;
    struct acgp_run run = {.complaint = ""};

    if (!acgp_process_start(argv, search, &p, &run))
        fail_msg("%s", run.complaint);
    return p;
}

/* Look until it ends; each look waits for nothing, the test does. */
static struct acgp_run ended(struct acgp_process *p)
{
    struct acgp_run run = {.complaint = ""};

    while (!acgp_process_look(p, false, &run))
        (void)poll(NULL, 0, 1);
    return run;
}

static void output_words_and_exit_code_are_told(void **st)
{
    (void)st;
    static const char *const argv[] = {"az", "one", "two words", "$(x)", NULL};
    struct acgp_process *p = NULL;
    struct acgp_run run;

    write_file("az", "#!/bin/sh\nprintf '%s|' \"$@\"\necho complaint >&2\nexit 7\n", 0755);
    p = started(argv);
    run = ended(p);
    assert_int_equal(run.end, ACGP_RUN_ENDED);
    assert_int_equal(run.exit_code, 7);
    assert_int_equal(run.output.len, strlen("one|two words|$(x)|"));
    assert_memory_equal(run.output.data, "one|two words|$(x)|", run.output.len);
    assert_string_equal(run.complaint, "complaint\n");
    acgp_process_free(p);
}

/* Descriptors that go along with a program, because this one was started with them. */
static int inherited(void)
{
    int n = 0;

    for (int fd = 0; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);
        n += flags >= 0 && (flags & FD_CLOEXEC) == 0;
    }
    return n;
}

static void there_is_nothing_to_read_and_no_descriptor_of_ours(void **st)
{
    (void)st;
    static const char *const argv[] = {"az", NULL};
    struct acgp_process *p = NULL;
    struct acgp_run run;
    int before = inherited();

    write_file("az", "#!/bin/sh\ncat\nls /proc/self/fd | wc -l\n", 0755);
    p = started(argv);
    assert_int_equal(inherited(), before);
    run = ended(p);
    assert_int_equal(run.exit_code, 0);
    assert_int_equal(strtol(run.output.data, NULL, 10), before + 1); /* one of ls itself */
    acgp_process_free(p);
}

static void signals_are_as_a_program_expects_them(void **st)
{
    (void)st;
    static const char *const argv[] = {"az", NULL};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigset_t block, old;
    struct acgp_process *p = NULL;
    struct acgp_run run;
    char *rest = NULL;

    write_file("az", "#!/bin/sh\nsed -n 's/Sig\\(Blk\\|Ign\\)://p' /proc/self/status\n", 0755);
    sigemptyset(&block);
    sigaddset(&block, SIGTERM);
    assert_int_equal(sigaction(SIGINT, &ignore, &before), 0);
    assert_int_equal(sigprocmask(SIG_BLOCK, &block, &old), 0);
    p = started(argv);
    assert_int_equal(sigprocmask(SIG_SETMASK, &old, NULL), 0);
    assert_int_equal(sigaction(SIGINT, &before, NULL), 0);
    run = ended(p);
    assert_int_equal(run.output.len, 2 * (1 + 16 + 1));
    assert_int_equal(strtoull(run.output.data, &rest, 16), 0);
    assert_int_equal(strtoull(rest, NULL, 16) & 0x7fffffff, 0); /* above are those of the C library */
    acgp_process_free(p);
}

static void what_is_not_on_the_path_is_missing(void **st)
{
    (void)st;
    static const char *const argv[] = {"no-such-az", NULL}, *const plain[] = {"plain", NULL};
    struct acgp_process *p = NULL;
    struct acgp_run run;

    write_file("plain", "not a program", 0644);
    assert_false(acgp_process_start(argv, search, &p, &run));
    assert_int_equal(run.end, ACGP_RUN_MISSING);
    assert_false(acgp_process_start(plain, search, &p, &run));
    assert_int_equal(run.end, ACGP_RUN_MISSING);
    assert_false(acgp_process_start(argv, NULL, &p, &run));
    assert_int_equal(run.end, ACGP_RUN_MISSING);
    assert_null(p);
}

static void the_present_folder_is_not_searched(void **st)
{
    (void)st;
    static const char *const argv[] = {"here", NULL};
    struct acgp_process *p = NULL;
    struct acgp_run run;

    write_file("here", "#!/bin/sh\n", 0755);
    assert_int_equal(chdir(folder), 0);
    assert_false(acgp_process_start(argv, ".:", &p, &run));
    assert_int_equal(run.end, ACGP_RUN_MISSING);
}

static void what_cannot_be_started_says_why(void **st)
{
    (void)st;
    static const char *const argv[] = {"torn", NULL};
    struct acgp_process *p = NULL;
    struct acgp_run run;

    write_file("torn", "#!/no/such/interpreter\n", 0755);
    assert_false(acgp_process_start(argv, search, &p, &run));
    assert_int_equal(run.end, ACGP_RUN_BROKEN);
    assert_string_equal(run.complaint, "No such file or directory");
}

static void a_program_that_hangs_is_ended_with_its_children(void **st)
{
    (void)st;
    static const char *const argv[] = {"az", NULL};
    struct acgp_process *p = NULL;
    struct acgp_run run;
    int ready[2];
    char byte = 0;

    /* Both hold the pipe; it reads as ended once both are gone. */
    assert_int_equal(pipe(ready), 0);
    write_file("az", "#!/bin/sh\ntrap '' TERM INT\nsleep 1000 &\necho >&9\nwait\n", 0755);
    assert_int_equal(dup2(ready[1], 9), 9);
    close(ready[1]);
    p = started(argv);
    close(9);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_false(acgp_process_look(p, false, &run));
    assert_true(acgp_process_look(p, true, &run));
    assert_int_equal(run.end, ACGP_RUN_LATE);
    acgp_process_free(p);
    assert_int_equal(read(ready[0], &byte, 1), 0);
    close(ready[0]);
}

static void a_child_that_stays_behind_holds_nobody_up(void **st)
{
    (void)st;
    static const char *const argv[] = {"az", NULL};
    struct acgp_process *p = NULL;
    struct acgp_run run;

    write_file("az", "#!/bin/sh\nsleep 20 &\necho done\n", 0755); /* it keeps the pipes open */
    p = started(argv);
    run = ended(p);
    assert_int_equal(run.end, ACGP_RUN_ENDED);
    assert_memory_equal(run.output.data, "done\n", 5);
    acgp_process_free(p);
}

static void too_much_output_ends_it(void **st)
{
    (void)st;
    static const char *const argv[] = {"az", NULL};
    struct acgp_process *p = NULL;
    struct acgp_run run;

    write_file("az", "#!/bin/sh\nexec cat /dev/zero\n", 0755);
    p = started(argv);
    run = ended(p);
    assert_int_equal(run.end, ACGP_RUN_TOO_MUCH);
    acgp_process_free(p);
}

static void as_much_as_fits_is_taken(void **st)
{
    (void)st;
    static const char *const argv[] = {"az", NULL};
    struct acgp_process *p = NULL;
    struct acgp_run run;

    write_file("az", "#!/bin/sh\nhead -c 65536 /dev/zero\nhead -c 1000000 /dev/zero >&2\n", 0755);
    p = started(argv);
    run = ended(p);
    assert_int_equal(run.end, ACGP_RUN_ENDED);
    assert_int_equal(run.output.len, 65536);
    acgp_process_free(p);
}

static void freeing_ends_it(void **st)
{
    (void)st;
    static const char *const argv[] = {"az", NULL};

    write_file("az", "#!/bin/sh\nexec sleep 1000\n", 0755);
    acgp_process_free(started(argv));
    acgp_process_free(NULL);
}

static void a_host_that_waits_for_everything_loses_nothing(void **st)
{
    (void)st;
    static const char *const argv[] = {"az", NULL};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    struct acgp_process *p = NULL;
    struct acgp_run run;

    write_file("az", "#!/bin/sh\necho token\n", 0755);
    assert_int_equal(sigaction(SIGCHLD, &ignore, &before), 0); /* the kernel reaps */
    p = started(argv);
    run = ended(p);
    assert_int_equal(sigaction(SIGCHLD, &before, NULL), 0);
    assert_int_equal(run.end, ACGP_RUN_ENDED);
    assert_int_equal(run.exit_code, 0);
    assert_memory_equal(run.output.data, "token\n", 6);
    acgp_process_free(p);
}

static const char *read_one(const char *name, size_t max, bool plain, struct acgp_secret *out)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return acgp_secret_file_read(path, max, plain, out);
}

static void a_file_is_read_whole_or_not_at_all(void **st)
{
    (void)st;
    struct acgp_secret s = {NULL, 0};
    char link[256];

    write_file("token", "12345678", 0600);
    write_file("none", "", 0600);
    assert_null(read_one("token", 8, true, &s));
    assert_string_equal(acgp_secret_expose(&s).data, "12345678");
    acgp_secret_done(&s);
    assert_string_equal(read_one("token", 7, true, &s), "is too long for what it should hold");
    assert_string_equal(read_one("none", 7, true, &s), "is empty");
    assert_string_equal(read_one("absent", 7, true, &s), "cannot be read: there is no such file");
    assert_string_equal(read_one(".", 7, true, &s), "is no regular file");
    snprintf(link, sizeof link, "%s/link", folder);
    assert_int_equal(symlink("token", link), 0);
    assert_string_equal(read_one("link", 8, true, &s), "is a link, which is not followed here");
    assert_true(acgp_secret_empty(&s));
    assert_null(read_one("link", 8, false, &s));
    acgp_secret_done(&s);
    snprintf(link, sizeof link, "%s/pipe", folder);
    assert_int_equal(mkfifo(link, 0600), 0);
    assert_string_equal(read_one("pipe", 8, false, &s), "is no regular file"); /* nobody waits for a writer */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_words_and_exit_code_are_told),
        cmocka_unit_test(there_is_nothing_to_read_and_no_descriptor_of_ours),
        cmocka_unit_test(signals_are_as_a_program_expects_them),
        cmocka_unit_test(what_is_not_on_the_path_is_missing),
        cmocka_unit_test(the_present_folder_is_not_searched),
        cmocka_unit_test(what_cannot_be_started_says_why),
        cmocka_unit_test(a_program_that_hangs_is_ended_with_its_children),
        cmocka_unit_test(a_child_that_stays_behind_holds_nobody_up),
        cmocka_unit_test(too_much_output_ends_it),
        cmocka_unit_test(as_much_as_fits_is_taken),
        cmocka_unit_test(freeing_ends_it),
        cmocka_unit_test(a_host_that_waits_for_everything_loses_nothing),
        cmocka_unit_test(a_file_is_read_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
