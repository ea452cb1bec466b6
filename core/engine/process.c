/* SPDX-License-Identifier: MPL-2.0 */
#include "engine/process.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"

extern char **environ;

struct acgp_process {
    pid_t pid; /* 0: it has ended, and was waited for */
    int output_fd, complaint_fd;
    struct acgp_buf output; /* a secret: taken at once, wiped */
    char complaint[ACGP_LOGIN_COMPLAINT_MAX];
    size_t complaint_len;
    int status; /* of waitpid; -1: not known, because somebody else waited for it */
};

static bool runs(const char *file)
{
    struct stat st;

    return stat(file, &st) == 0 && S_ISREG(st.st_mode) && access(file, X_OK) == 0;
}

/* A folder that is not absolute depends on where the host happens to stand. */
static bool look_up(const char *name, const char *path, char out[PATH_MAX])
{
    for (struct acg_span rest = acgp_span(path); rest.data != NULL;) {
        struct acg_span folder = acgp_span_cut(&rest, ':');
        int n = folder.len == 0 || folder.data[0] != '/'
                    ? 0
                    : snprintf(out, PATH_MAX, "%.*s/%s", (int)folder.len, folder.data, name);
        if (n > 0 && n < PATH_MAX && runs(out))
            return true;
    }
    return false;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Both ends close on exec; ours does not block. */
static bool open_pipe(int fds[2])
{
    fds[0] = fds[1] = -1;
    return pipe(fds) == 0 && fcntl(fds[0], F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(fds[1], F_SETFD, FD_CLOEXEC) == 0 && fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0;
}

/* Signals as a program expects them: the host may ignore some, or hold some back. */
static int set_signals(posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    int error = 0;

    sigemptyset(&none);
    sigfillset(&all);
    error = posix_spawnattr_setflags(attributes,
                                     POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (error == 0)
        error = posix_spawnattr_setpgroup(attributes, 0);
    if (error == 0)
        error = posix_spawnattr_setsigmask(attributes, &none);
    return error == 0 ? posix_spawnattr_setsigdefault(attributes, &all) : error;
}

static int set_files(posix_spawn_file_actions_t *actions, int output, int complaint)
{
    int error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

    if (error == 0)
        error = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    return error == 0 ? posix_spawn_file_actions_adddup2(actions, complaint, STDERR_FILENO) : error;
}

/* posix_spawn takes words that could be written to, and does not. */
static int spawn(pid_t *pid, const char *file, const char *const *argv, int output, int complaint)
{
    union {
        const char *const *read;
        char *const *words;
    } words = {argv};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);

    if (error != 0)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        error = set_files(&actions, output, complaint);
        if (error == 0)
            error = set_signals(&attributes);
        if (error == 0)
            error = posix_spawn(pid, file, &actions, &attributes, words.words, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static bool start(struct acgp_process *p, const char *file, const char *const *argv, struct acgp_run *run)
{
    int output[2], complaint[2];
    bool fine = open_pipe(output);
    int error = fine ? 0 : errno;

    fine = open_pipe(complaint) && fine;
    if (!fine && error == 0)
        error = errno;
    if (fine)
        error = spawn(&p->pid, file, argv, output[1], complaint[1]);
    close_fd(&output[1]);
    close_fd(&complaint[1]);
    p->output_fd = output[0];
    p->complaint_fd = complaint[0];
    if (error != 0)
        *run = (struct acgp_run){.end = ACGP_RUN_BROKEN, .complaint = strerror(error)};
    return error == 0;
}

bool acgp_process_start(const char *const *argv, const char *path, struct acgp_process **out,
                        struct acgp_run *run)
{
    char file[PATH_MAX];
    struct acgp_process *p = NULL;

    if (!look_up(argv[0], path, file)) {
        *run = (struct acgp_run){.end = ACGP_RUN_MISSING, .complaint = ""};
        return false;
    }
    *run = (struct acgp_run){.end = ACGP_RUN_BROKEN, .complaint = "out of memory"};
    p = acgp_alloc(1, sizeof *p);
    if (p == NULL)
        return false;
    p->output_fd = p->complaint_fd = -1;
    acgp_buf_init(&p->output, ACGP_LOGIN_OUTPUT_MAX);
    if (acgp_buf_reserve(&p->output, ACGP_LOGIN_OUTPUT_MAX) == NULL || !start(p, file, argv, run)) {
        p->pid = 0;
        acgp_process_free(p);
        return false;
    }
    *out = p;
    return true;
}

/* @return false: more came than there is room for. */
static bool drain_output(struct acgp_process *p)
{
    for (;;) {
        size_t room = ACGP_LOGIN_OUTPUT_MAX - p->output.len;
        char extra = 0;
        ssize_t n =
            read(p->output_fd, room > 0 ? p->output.data + p->output.len : &extra, room > 0 ? room : 1);
        if (n <= 0)
            return true;
        if (room == 0)
            return false;
        p->output.len += (size_t)n;
    }
}

/* The first lines count; the rest is read, so that the program can go on, and dropped. */
static void drain_complaint(struct acgp_process *p)
{
    char rest[1024];
    ssize_t n = 0;

    do {
        size_t room = sizeof p->complaint - 1 - p->complaint_len;
        n = read(p->complaint_fd, room > 0 ? p->complaint + p->complaint_len : rest,
                 room > 0 ? room : sizeof rest);
        if (n > 0 && room > 0)
            p->complaint_len += (size_t)n;
    } while (n > 0);
}

static bool has_ended(struct acgp_process *p)
{
    pid_t pid = waitpid(p->pid, &p->status, WNOHANG);

    if (pid < 0)
        p->status = -1; /* the host waits for every child: what was written must speak for itself */
    if (pid != 0)
        p->pid = 0;
    return pid != 0;
}

static int exit_code(const struct acgp_process *p)
{
    if (p->status == -1)
        return p->output.len != 0 ? 0 : -1;
    return WIFEXITED(p->status) ? WEXITSTATUS(p->status) : -1;
}

static void end(struct acgp_process *p)
{
    if (p->pid == 0)
        return;
    (void)kill(-p->pid, SIGKILL);
    (void)kill(p->pid, SIGKILL); /* it may not have its group yet */
    while (waitpid(p->pid, &p->status, 0) < 0 && errno == EINTR)
        continue;
    p->pid = 0;
}

bool acgp_process_look(struct acgp_process *p, bool late, struct acgp_run *out)
{
    bool ended = has_ended(p); /* first: what a process wrote before its end is then there */
    bool fits = drain_output(p);

    drain_complaint(p);
    p->complaint[p->complaint_len] = '\0';
    if (!ended && fits && !late)
        return false;
    end(p);
    *out = (struct acgp_run){.end = !fits   ? ACGP_RUN_TOO_MUCH
                                    : ended ? ACGP_RUN_ENDED
                                            : ACGP_RUN_LATE,
                             .exit_code = exit_code(p),
                             .output = acgp_buf_view(&p->output),
                             .complaint = p->complaint};
    return true;
}

void acgp_process_free(struct acgp_process *p)
{
    if (p == NULL)
        return;
    end(p);
    close_fd(&p->output_fd);
    close_fd(&p->complaint_fd);
    acgp_buf_wipe(&p->output);
    acgp_free(p);
}
