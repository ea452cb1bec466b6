/* SPDX-License-Identifier: MPL-2.0 */
/* The rules about threads, under ThreadSanitizer: each thread has a publisher of its own, and only
 * acg_publisher_wakeup is called from another one.
 *
 *      threads          several publishers in parallel, at two places, woken all the time
 *      threads shared   one publisher handed from thread to thread without any order between them: against
 * the rules, so the sanitizer must object, or this test could not see anything */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "contract/guest/one.h"

enum { THREADS = 4, PUBLISHES = 3 };

struct worker {
    pthread_t thread;
    struct guest_place place;
    int number;
    struct acg_publisher *publisher; /* read by the waker between the two barriers */
    bool woken;
    int statuses[PUBLISHES];
};

static struct worker workers[THREADS];
static pthread_barrier_t made, finished;
static atomic_int working = THREADS;

static void *work(void *context)
{
    struct worker *w = context;
    const struct acg_event *event = NULL;
    struct acg_error err;

    w->publisher = guest_publisher(w->place, w->place.ca_file);
    pthread_barrier_wait(&made);
    /* with nothing to do, only the wakeup of the other thread can end this wait */
    w->woken = w->publisher != NULL && acg_publisher_poll(w->publisher, NULL, 0, -1, &err) == ACG_OK &&
               !acg_publisher_next_event(w->publisher, &event);
    for (int i = 0; w->woken && i < PUBLISHES; i++)
        w->statuses[i] = guest_publish(w->publisher, w->number + 1, i, NULL, NULL);
    atomic_fetch_sub(&working, 1);
    pthread_barrier_wait(&finished);
    acg_publisher_free(w->publisher);
    return NULL;
}

static void wake_all(void)
{
    pthread_barrier_wait(&made);
    while (atomic_load(&working) != 0) {
        for (int i = 0; i < THREADS; i++)
            if (workers[i].publisher != NULL)
                acg_publisher_wakeup(workers[i].publisher);
        sched_yield();
    }
    pthread_barrier_wait(&finished);
}

static int run_in_parallel(void)
{
    const struct guest_place places[] = {guest_place("ACG_RESOURCE_MANAGER_ENDPOINT", "ACG_CA_FILE"),
                                         guest_place("ACG_OTHER_ENDPOINT", "ACG_OTHER_CA_FILE")};
    int failed = 0;

    pthread_barrier_init(&made, NULL, THREADS + 1);
    pthread_barrier_init(&finished, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++) {
        workers[i].number = i;
        workers[i].place = places[i % 2];
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return 1;
    }
    wake_all();
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        for (int j = 0; j < PUBLISHES; j++)
            failed += !workers[i].woken || workers[i].statuses[j] != ACG_OK;
    }
    printf("%d of %d published\n", THREADS * PUBLISHES - failed, THREADS * PUBLISHES);
    return failed == 0 ? 0 : 1;
}

static atomic_int turn; /* relaxed: tells whose turn it is and orders nothing else */

static void *use_in_turn(void *publisher)
{
    struct acg_error err;

    while (atomic_load_explicit(&turn, memory_order_relaxed) == 0)
        sched_yield();
    return acg_publisher_poll(publisher, NULL, 0, 0, &err) == ACG_OK ? NULL : publisher;
}

static int run_shared(void)
{
    struct guest_place place = guest_place("ACG_RESOURCE_MANAGER_ENDPOINT", "ACG_CA_FILE");
    struct acg_publisher *publisher = guest_publisher(place, place.ca_file);
    pthread_t other;
    struct acg_error err;
    int failed = 1;

    if (publisher != NULL && pthread_create(&other, NULL, use_in_turn, publisher) == 0) {
        failed = acg_publisher_poll(publisher, NULL, 0, 0, &err) != ACG_OK;
        atomic_store_explicit(&turn, 1, memory_order_relaxed);
        pthread_join(other, NULL);
    }
    acg_publisher_free(publisher);
    return failed;
}

int main(int argc, char **argv)
{
    return argc == 2 && strcmp(argv[1], "shared") == 0 ? run_shared() : run_in_parallel();
}
