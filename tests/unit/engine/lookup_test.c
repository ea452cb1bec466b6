/* SPDX-License-Identifier: MPL-2.0 */
/* A name server that does not answer: the lookup goes on in a thread of libcurl's, and nobody waits for it.
 */
#define _GNU_SOURCE /* sem_clockwait */
#include "testlib/test.h"

#include <netdb.h>
#include <poll.h>
#include <semaphore.h>
#include <time.h>

#include "base/alloc.h"
#include "engine/loop.h"
#include "engine/transport_curl.h"

enum { PATIENCE_S = 10, PROMPT_MS = 1000 };

static sem_t asked, let_go, gone;

static bool await(sem_t *what)
{
    struct timespec until;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &until), 0);
    until.tv_sec += PATIENCE_S;
    return sem_clockwait(what, CLOCK_MONOTONIC, &until) == 0;
}

/* In place of the C library's, for libcurl too. */
__attribute__((visibility("default"))) int getaddrinfo(const char *node, const char *service,
                                                       const struct addrinfo *hints, struct addrinfo **out)
{
    (void)node;
    (void)service;
    (void)hints;
    *out = NULL;
    (void)sem_post(&asked);
    (void)await(&let_go);
    (void)sem_post(&gone);
    return EAI_AGAIN;
}

static int64_t now(void)
{
    return acgp_system_clock.now_ms(NULL);
}

static void a_lookup_that_hangs_holds_nobody_up(void **st)
{
    (void)st;
    struct acgp_transport *net = NULL;
    struct acgp_transfer *transfer = NULL;
    struct acgp_request get = {.method = ACGP_GET, .url = acgp_strdup("https://hangs.example/a")};
    struct acgp_send send = {.message = &get, .timeout_ms = 60000, .owner = &get};

    assert_int_equal(acgp_transport_curl_new(NULL, "host-test/1", &net, NULL), ACG_OK);
    assert_int_equal(net->calls->start(net, now(), &send, &transfer, NULL), ACG_OK);
    assert_int_equal(net->calls->turn(net, now(), NULL), ACG_OK);
    assert_true(await(&asked));
    int64_t begin_ms = now();
    net->calls->stop(net, transfer);
    net->calls->free(net);
    assert_true(now() - begin_ms < PROMPT_MS);
    (void)sem_post(&let_go);
    assert_true(await(&gone));
    acgp_request_done(&get);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_lookup_that_hangs_holds_nobody_up)};

    if (sem_init(&asked, 0, 0) != 0 || sem_init(&let_go, 0, 0) != 0 || sem_init(&gone, 0, 0) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
