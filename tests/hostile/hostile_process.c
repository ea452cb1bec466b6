/* SPDX-License-Identifier: MPL-2.0 */
/* Hostile conversations against the executable, started as Packer starts it: cookie, address line, socket.
 *
 *      hostile_process PLUGIN                    200 conversations
 *      hostile_process PLUGIN COUNT FIRST_SEED   so many, from this seed on
 *      hostile_process PLUGIN SEED               one, with its story and the plugin's log
 */
#define _GNU_SOURCE /* pipe2 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "hostile/batch.h"
#include "wire/yamux_frame.h"

enum { COUNT = 200, BATCH = 50, DECODED_PERCENT = 50, START_MS = 30000, LINE_BYTES = 256 };

#define COOKIE "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
/* A configuration that was changed may name any host: it is asked of a proxy that is not there. */
#define NOWHERE "http://127.0.0.1:9"

static const char *program;

struct process {
    pid_t pid;
    int out; /* its standard output */
    char folder[32];
    char line[LINE_BYTES];
};

/* @return a text for execve, which takes no constants. */
static char *text(const char *name, const char *value)
{
    char *out = acgp_printf("%s%s", name, value == NULL ? "" : value);

    if (out == NULL)
        _exit(127);
    return out;
}

static void become_plugin(const struct plan *plan, const char *folder, int out)
{
    char *environment[] = {text("PACKER_PLUGIN_MAGIC_COOKIE=", COOKIE),
                           text("TMPDIR=", folder),
                           text("AZURE_TENANT_ID=", "11111111-2222-3333-4444-555555555555"),
                           text("AZURE_CLIENT_ID=", "hostile"),
                           text("AZURE_CLIENT_SECRET=", TALLY_SECRET),
                           text("http_proxy=", NOWHERE),
                           text("https_proxy=", NOWHERE),
                           text("ALL_PROXY=", NOWHERE),
                           text("ACG_PACKER_VERSION=", plan->old_packer ? "1.6.6" : "1.16.0"),
                           text("ASAN_OPTIONS=exitcode=99:", getenv("ASAN_OPTIONS")),
                           text("UBSAN_OPTIONS=exitcode=99:", getenv("UBSAN_OPTIONS")),
                           NULL};
    char *arguments[] = {text("packer-plugin-acg", NULL),
                         text("start", NULL),
                         text("post-processor", NULL),
                         text("publish", NULL),
                         plan->protobuf ? text("--protobuf", NULL) : NULL,
                         NULL};

    if (dup2(out, STDOUT_FILENO) >= 0)
        (void)execve(program, arguments, environment);
    _exit(127);
}

static bool start(const struct plan *plan, struct process *p)
{
    int out[2];

    (void)snprintf(p->folder, sizeof p->folder, "/tmp/acg-hostile-XXXXXX");
    if (mkdtemp(p->folder) == NULL || pipe2(out, O_CLOEXEC) != 0)
        return false;
    p->out = out[0];
    p->pid = fork();
    if (p->pid == 0)
        become_plugin(plan, p->folder, out[1]);
    (void)close(out[1]);
    return p->pid > 0;
}

static bool read_line(struct process *p)
{
    int64_t until_ms = play_now_ms() + START_MS;

    for (size_t n = 0; n + 1 < sizeof p->line && play_await(p->out, until_ms); n++) {
        if (read(p->out, p->line + n, 1) != 1)
            return false;
        if (p->line[n] == '\n') {
            p->line[n] = '\0';
            return true;
        }
    }
    return false;
}

/* One ping, as it should be: afterwards the plugin is up, and waits for nothing but us. */
static bool greet(int fd)
{
    struct pkr_frame ping = {PKR_FRAME_PING, PKR_FRAME_SYN, 0, 1};
    int64_t until_ms = play_now_ms() + START_MS;
    uint8_t bytes[PKR_FRAME_HEADER];
    size_t n = 0;

    pkr_frame_encode(&ping, bytes);
    if (send(fd, bytes, sizeof bytes, MSG_NOSIGNAL) != (ssize_t)sizeof bytes)
        return false;
    while (n < sizeof bytes && play_await(fd, until_ms)) {
        ssize_t got = recv(fd, bytes + n, sizeof bytes - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
    }
    return n == sizeof bytes;
}

/* @return the socket, or -1. */
static int connect_to(const struct process *p, bool old_packer)
{
    const char *head = old_packer ? "5|unix|" : "5|0|unix|";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || strncmp(p->line, head, strlen(head)) != 0)
        return -1;
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", p->line + strlen(head));
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 && greet(fd))
        return fd;
    (void)close(fd);
    return -1;
}

static bool is_empty(const char *folder)
{
    DIR *opened = opendir(folder);
    size_t n = 0;

    while (opened != NULL && readdir(opened) != NULL)
        n++;
    if (opened != NULL)
        (void)closedir(opened);
    return n == 2;
}

/* The end of its output is the end of the process. */
static const char *judge_end(struct process *p, int64_t closed_ms)
{
    int status = 0;
    char byte;

    if (!play_await(p->out, closed_ms + PLAY_END_MS)) {
        (void)kill(p->pid, SIGKILL);
        (void)waitpid(p->pid, &status, 0);
        return "the plugin has not ended a second after the host";
    }
    ssize_t more = read(p->out, &byte, 1);
    if (waitpid(p->pid, &status, 0) != p->pid || !WIFEXITED(status))
        return "the plugin was killed by a signal";
    if (WEXITSTATUS(status) != EXIT_SUCCESS && WEXITSTATUS(status) != EXIT_FAILURE)
        return "the plugin ended with a strange exit status";
    if (more != 0)
        return "something was printed after the address line";
    return is_empty(p->folder) ? NULL : "a file was left in the temporary folder";
}

static const char *converse(const struct plan *plan, struct azure *azure, struct played *out, int64_t *out_ms)
{
    struct process p = {.out = -1};
    const char *fault = "the plugin could not be started";
    int fd = -1;

    *out = (struct played){.closed_ms = play_now_ms()};
    if (start(plan, &p)) {
        fd = read_line(&p) ? connect_to(&p, plan->old_packer) : -1;
        /* Without the start: OpenLDAP under Debian's libcurl looks up this machine's own name while it is
         * loaded. */
        int64_t begin_ms = play_now_ms();
        if (fd >= 0)
            play(plan, fd, azure, out);
        fault = judge_end(&p, fd >= 0 ? out->closed_ms : play_now_ms());
        *out_ms = play_now_ms() - begin_ms;
        if (fault == NULL && fd < 0)
            fault = "the address line leads nowhere";
    }
    (void)close(p.out);
    (void)rmdir(p.folder);
    return fault;
}

int main(int argc, char **argv)
{
    char replay[1024];
    struct batch_options options = {
        .count = COUNT, .size = BATCH, .run = converse, .replay = replay, .decoded_percent = DECODED_PERCENT};

    if (argc < 2) {
        (void)fprintf(stderr, "usage: %s PLUGIN [SEED | COUNT FIRST_SEED]\n", argv[0]);
        return 2;
    }
    program = argv[1];
    (void)snprintf(replay, sizeof replay, "%s %s", argv[0], program);
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc == 3)
        return batch_run_one(&options, strtoull(argv[2], NULL, 10));
    if (argc == 4) {
        options.count = strtoull(argv[2], NULL, 10);
        options.first = strtoull(argv[3], NULL, 10);
    }
    return batch_run_all(&options);
}
