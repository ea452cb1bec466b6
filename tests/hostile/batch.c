/* SPDX-License-Identifier: MPL-2.0 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "hostile/batch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOG_TAIL = 6000 };

static size_t open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t n = 0;

    if (folder == NULL)
        return 0;
    while (readdir(folder) != NULL)
        n++;
    (void)closedir(folder);
    return n;
}

static void add(struct figures *f, const struct plan *plan, const struct played *played, int64_t ms)
{
    struct rusage usage;

    f->conversations++;
    f->decoded += played->answers > 0 || played->asked > 0 || played->results > 0;
    f->asked += played->asked > 0;
    f->told += played->told > 0;
    f->results += played->results > 0;
    f->unread += !plan->reads;
    f->mutations += played->mutations;
    f->sent += played->sent;
    f->received += played->received;
    if (ms > f->slowest_ms) {
        f->slowest_ms = ms;
        f->slowest_seed = plan->seed;
    }
    if (getrusage(RUSAGE_SELF, &usage) == 0 && usage.ru_maxrss > f->peak_kib)
        f->peak_kib = usage.ru_maxrss;
}

static const char *run_seed(const struct batch_options *options, uint64_t seed, struct azure *azure, int traces,
                            struct figures *f, struct played *played)
{
    struct plan plan;
    int64_t ms = 0;
    size_t before = open_descriptors();

    f->current = seed;
    plan_make(seed, traces, &plan);
    const char *fault = options->run(&plan, azure, played, &ms);
    add(f, &plan, played, ms);
    if (fault == NULL && played->mutations == 0 && plan.close_at == PLAN_NEVER)
        fault = "nothing was changed";
    if (fault == NULL && open_descriptors() != before)
        fault = "a descriptor is left open";
    return fault;
}

/* In the child: standard error goes to the log. */
static int run_batch(const struct batch_options *options, uint64_t first, uint64_t count, struct figures *f)
{
    struct azure azure;
    struct played played;
    int traces = play_load_traces();
    const char *fault = azure_open(&azure) && traces > 0 ? NULL : "the traces or a port are not there";

    for (uint64_t i = 0; i < count && fault == NULL; i++)
        fault = run_seed(options, first + i, &azure, traces, f, &played);
    if (fault != NULL)
        (void)fprintf(stderr, "FAULT: %s\n", fault);
    azure_close(&azure);
    play_free_traces();
    return fault == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int start_batch(const struct batch_options *options, uint64_t first, uint64_t count, struct figures *f,
                       FILE *log)
{
    int status = 0;

    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        (void)dup2(fileno(log), STDERR_FILENO);
        exit(run_batch(options, first, count, f)); /* the leak check runs here */
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return status;
}

static void show_tail(FILE *log)
{
    static char text[LOG_TAIL + 1];
    long end = fseek(log, 0, SEEK_END) == 0 ? ftell(log) : 0;

    (void)fseek(log, end > LOG_TAIL ? end - LOG_TAIL : 0, SEEK_SET);
    text[fread(text, 1, LOG_TAIL, log)] = '\0';
    (void)fputs(text, stdout);
}

static void show_fault(const struct batch_options *options, uint64_t seed, int status, FILE *log)
{
    show_tail(log);
    if (WIFSIGNALED(status))
        printf("seed %llu: killed by signal %d\n", (unsigned long long)seed, WTERMSIG(status));
    else
        printf("seed %llu: exit status %d\n", (unsigned long long)seed, WEXITSTATUS(status));
    printf("again: %s %llu\n", options->replay, (unsigned long long)seed);
}

/* A leak is told at the end of a child, not by the conversation that left it: one child per conversation. */
static void find_leak(const struct batch_options *options, uint64_t first, uint64_t count)
{
    struct figures f = {0};

    for (uint64_t seed = first; seed < first + count; seed++) {
        FILE *log = tmpfile();
        int status = log == NULL ? -1 : start_batch(options, seed, 1, &f, log);
        if (status != 0 && log != NULL) {
            show_fault(options, seed, status, log);
            (void)fclose(log);
            return;
        }
        if (log != NULL)
            (void)fclose(log);
    }
    printf("no conversation of %llu to %llu fails alone\n", (unsigned long long)first,
           (unsigned long long)(first + count - 1));
}

static bool run_and_judge(const struct batch_options *options, uint64_t first, uint64_t count, struct figures *f)
{
    FILE *log = tmpfile();
    uint64_t before = f->conversations;
    int status = log == NULL ? -1 : start_batch(options, first, count, f, log);

    if (status != 0 && log != NULL) {
        show_fault(options, f->current, status, log);
        if (f->conversations - before == count)
            find_leak(options, first, count);
    }
    if (log != NULL)
        (void)fclose(log);
    return status == 0;
}

static double percent(uint64_t part, uint64_t all)
{
    return all == 0 ? 0 : 100.0 * (double)part / (double)all;
}

static void print_figures(const struct figures *f)
{
    printf("%llu conversations, %.1f %% reached a decoded call, slowest %lld ms (seed %llu)\n",
           (unsigned long long)f->conversations, percent(f->decoded, f->conversations), (long long)f->slowest_ms,
           (unsigned long long)f->slowest_seed);
    printf("%llu asked for the artifact, %llu told the user something, %llu served a result, %llu were not read; "
           "%llu changes, %llu KiB in, %llu KiB out, peak %lld KiB\n",
           (unsigned long long)f->asked, (unsigned long long)f->told, (unsigned long long)f->results,
           (unsigned long long)f->unread, (unsigned long long)f->mutations, (unsigned long long)(f->sent / 1024),
           (unsigned long long)(f->received / 1024), (long long)f->peak_kib);
}

int batch_run_all(const struct batch_options *options)
{
    struct figures *f = mmap(NULL, sizeof *f, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool good = f != MAP_FAILED;

    for (uint64_t done = 0; good && done < options->count; done += options->size) {
        uint64_t left = options->count - done;
        good = run_and_judge(options, options->first + done, left < options->size ? left : options->size, f);
    }
    if (f == MAP_FAILED)
        return EXIT_FAILURE;
    print_figures(f);
    if (good && percent(f->decoded, f->conversations) < (double)options->decoded_percent) {
        printf("too few reached a decoded call: at least %llu %%\n", (unsigned long long)options->decoded_percent);
        good = false;
    }
    (void)munmap(f, sizeof *f);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int batch_run_one(const struct batch_options *options, uint64_t seed)
{
    struct figures f = {0};
    struct azure azure;
    struct played played;
    struct plan plan;
    int traces = play_load_traces();

    if (!azure_open(&azure) || traces == 0) {
        perror("azure or traces");
        return EXIT_FAILURE;
    }
    plan_make(seed, traces, &plan);
    plan_print(&plan);
    (void)fflush(stdout);
    const char *fault = run_seed(options, seed, &azure, traces, &f, &played);
    printf("changes at frames: %s\n%zu bytes in, %zu out; %zu answers, %zu calls (%zu of them to the user), "
           "%zu answers of the result; %lld ms\n%s\n",
           played.story, played.sent, played.received, played.answers, played.asked, played.told, played.results,
           (long long)f.slowest_ms, fault == NULL ? "good" : fault);
    azure_close(&azure);
    play_free_traces();
    return fault == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}
