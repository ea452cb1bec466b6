/* SPDX-License-Identifier: MPL-2.0 */
/* Hostile conversations against the plugin's real loop, which runs in a thread over a socket pair.
 *
 *      hostile_host                    10000 conversations
 *      hostile_host COUNT FIRST_SEED   so many, from this seed on
 *      hostile_host SEED               one, with its story and the plugin's log
 */
#define _GNU_SOURCE /* SOCK_CLOEXEC */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/loop.h"
#include "hostile/batch.h"
#include "wire/link.h"

enum { COUNT = 10000, BATCH = 250, DECODED_PERCENT = 50, SMALL_SOCKET = 4096 };

/* The plugin's end. */
struct plugin {
    int fd;
    int done; /* written to when the loop has returned, then closed */
    struct pkr_post_processor_options options;
    enum acg_status status;
};

static const char *lookup(void *context, const char *name)
{
    (void)context;
    if (strcmp(name, "AZURE_CLIENT_SECRET") == 0)
        return TALLY_SECRET;
    if (strcmp(name, "AZURE_TENANT_ID") == 0)
        return "11111111-2222-3333-4444-555555555555";
    return strcmp(name, "AZURE_CLIENT_ID") == 0 ? "hostile" : NULL;
}

static void *serve(void *context)
{
    struct plugin *p = context;
    struct acg_error err = {0};

    p->status = pkr_loop_run(p->fd, &p->options, &err);
    (void)close(p->fd);
    (void)close(p->done);
    return NULL;
}

static bool expected(enum acg_status status)
{
    return status == ACG_OK || status == ACG_ERR_PROTOCOL || status == ACG_ERR_LIMIT ||
           status == ACG_ERR_CLOSED;
}

static bool open_ends(const struct plan *plan, int ends[2], int done[2])
{
    int small = SMALL_SOCKET;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0 || pipe(done) != 0)
        return false;
    return plan->reads || setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0;
}

static const char *converse(const struct plan *plan, struct azure *azure, struct played *out, int64_t *out_ms)
{
    int ends[2], done[2];
    pthread_t thread;
    struct plugin plugin = {.options = {plan->protobuf, plan->old_packer, {lookup, NULL}}};
    int64_t begin_ms = play_now_ms();

    if (!open_ends(plan, ends, done))
        return "no sockets";
    plugin.fd = ends[1];
    plugin.done = done[1];
    if (pthread_create(&thread, NULL, serve, &plugin) != 0)
        return "no thread";
    play(plan, ends[0], azure, out);
    bool ended = play_await(done[0], out->closed_ms + PLAY_END_MS);
    *out_ms = play_now_ms() - begin_ms;
    if (!ended) {
        (void)fprintf(stderr, "FAULT: the plugin has not ended %d ms after the host\n", PLAY_END_MS);
        _exit(EXIT_FAILURE); /* its thread cannot be ended from here */
    }
    (void)pthread_join(thread, NULL);
    (void)close(done[0]);
    return expected(plugin.status) ? NULL : "the loop ended with another status than its header says";
}

int main(int argc, char **argv)
{
    struct batch_options options = {.count = COUNT,
                                    .size = BATCH,
                                    .run = converse,
                                    .replay = argv[0],
                                    .decoded_percent = DECODED_PERCENT};

    (void)signal(SIGPIPE, SIG_IGN);
    /* A configuration that was changed may name any host: it is asked of a proxy that is not there. */
    for (size_t i = 0; i < 4; i++) {
        static const char *const names[] = {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"};
        (void)setenv(names[i], "http://127.0.0.1:9", 1);
    }
    (void)unsetenv("no_proxy");
    (void)unsetenv("NO_PROXY");
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2)
        return batch_run_one(&options, strtoull(argv[1], NULL, 10));
    if (argc == 3) {
        options.count = strtoull(argv[1], NULL, 10);
        options.first = strtoull(argv[2], NULL, 10);
    }
    return batch_run_all(&options);
}
