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

/* The caps of link.h and yamux_session.h, the host's own buffers, and room; see CMakeLists.txt. */
#define PEAK_KIB_MAX (HOSTILE_PEAK_MIB * 1024)

/* No speed: the plugin stood still, or worked without looking at its host. */
enum { STANDING_MS = PLAY_END_MS / 2 };
enum { LOG_TAIL = 6000, JOBS = 2 };

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

static const char *run_seed(const struct batch_options *options, uint64_t seed, struct azure *azure,
                            int traces, struct figures *f, struct played *played)
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
    if (fault == NULL && played->revealed)
        fault = "the plugin wrote its client secret";
    if (fault == NULL && played->broken)
        fault = "the plugin wrote something that is not yamux";
    if (fault == NULL && played->restless)
        fault = "the plugin works while nothing moves";
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
    /* What the last one left is still known to the loop's own storage: only the next one makes it a leak. */
    if (fault == NULL)
        fault = run_seed(options, first + count - 1, &azure, traces, &(struct figures){0}, &played);
    if (fault != NULL)
        (void)fprintf(stderr, "FAULT: %s\n", fault);
    azure_close(&azure);
    play_free_traces();
    return fault == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A child with its share of the conversations. */
struct job {
    pid_t child; /* 0: none */
    uint64_t first, count;
    struct figures *figures; /* shared */
    FILE *log;               /* standard error of the child */
};

static bool job_start(const struct batch_options *options, struct job *job, uint64_t first, uint64_t count)
{
    *job = (struct job){.first = first, .count = count, .figures = job->figures, .log = tmpfile()};
    *job->figures = (struct figures){.current = first};
    if (job->log == NULL)
        return false;
    (void)fflush(stdout);
    job->child = fork();
    if (job->child == 0) {
        (void)dup2(fileno(job->log), STDERR_FILENO);
        exit(run_batch(options, first, count, job->figures)); /* the leak check runs here */
    }
    return job->child > 0;
}

static void show_tail(FILE *log)
{
    static char text[LOG_TAIL + 1];
    long end = fseek(log, 0, SEEK_END) == 0 ? ftell(log) : 0;

    (void)fseek(log, end > LOG_TAIL ? end - LOG_TAIL : 0, SEEK_SET);
    text[fread(text, 1, LOG_TAIL, log)] = '\0';
    (void)fputs(text, stdout);
}

static void show_fault(const struct batch_options *options, const struct job *job, int status)
{
    unsigned long long seed = job->figures->current;

    show_tail(job->log);
    if (WIFSIGNALED(status))
        printf("seed %llu: killed by signal %d\n", seed, WTERMSIG(status));
    else
        printf("seed %llu: exit status %d\n", seed, WEXITSTATUS(status));
    printf("again: %s %llu\n", options->replay, seed);
}

/* @return whether all went well; what is shared is still there. */
static bool job_end(const struct batch_options *options, struct job *job, bool show)
{
    int status = -1;
    bool good = waitpid(job->child, &status, 0) == job->child && status == 0;

    if (!good && show)
        show_fault(options, job, status);
    (void)fclose(job->log);
    job->child = 0;
    return good;
}

/* A leak is told at the end of a child, not by the conversation that left it: one child per conversation. */
static void find_leak(const struct batch_options *options, struct job *job)
{
    uint64_t first = job->first, end = job->first + job->count;

    for (uint64_t seed = first; seed < end; seed++)
        if (!job_start(options, job, seed, 1) || !job_end(options, job, true))
            return;
    printf("no conversation of %llu to %llu fails alone\n", (unsigned long long)first,
           (unsigned long long)(end - 1));
}

static void sum(struct figures *all, const struct figures *f)
{
    all->conversations += f->conversations;
    all->decoded += f->decoded;
    all->asked += f->asked;
    all->told += f->told;
    all->results += f->results;
    all->unread += f->unread;
    all->mutations += f->mutations;
    all->sent += f->sent;
    all->received += f->received;
    all->peak_kib = f->peak_kib > all->peak_kib ? f->peak_kib : all->peak_kib;
    if (f->slowest_ms > all->slowest_ms) {
        all->slowest_ms = f->slowest_ms;
        all->slowest_seed = f->slowest_seed;
    }
}

static bool collect(const struct batch_options *options, struct job *job, struct figures *all)
{
    bool good = job_end(options, job, true);

    sum(all, job->figures);
    if (!good && job->figures->conversations == job->count)
        find_leak(options, job);
    return good;
}

/* Two children at a time: most of a conversation is waiting. */
static bool run_jobs(const struct batch_options *options, struct job jobs[JOBS], struct figures *all)
{
    uint64_t done = 0;
    bool good = true;

    for (size_t i = 0; good && done < options->count; i = (i + 1) % JOBS) {
        uint64_t left = options->count - done, n = left < options->size ? left : options->size;
        if (jobs[i].child != 0)
            good = collect(options, &jobs[i], all);
        good = good && job_start(options, &jobs[i], options->first + done, n);
        done += n;
    }
    for (size_t i = 0; i < JOBS; i++)
        if (jobs[i].child > 0)
            good &= collect(options, &jobs[i], all);
    return good;
}

static double percent(uint64_t part, uint64_t all)
{
    return all == 0 ? 0 : 100.0 * (double)part / (double)all;
}

static void print_figures(const struct figures *f)
{
    printf("%llu conversations, %.1f %% reached a decoded call, slowest %lld ms (seed %llu)\n",
           (unsigned long long)f->conversations, percent(f->decoded, f->conversations),
           (long long)f->slowest_ms, (unsigned long long)f->slowest_seed);
    printf("%llu asked for the artifact, %llu told the user something, %llu served a result, %llu were not "
           "read; "
           "%llu changes, %llu KiB in, %llu KiB out, peak %lld KiB\n",
           (unsigned long long)f->asked, (unsigned long long)f->told, (unsigned long long)f->results,
           (unsigned long long)f->unread, (unsigned long long)f->mutations,
           (unsigned long long)(f->sent / 1024), (unsigned long long)(f->received / 1024),
           (long long)f->peak_kib);
}

static bool enough(const struct batch_options *options, const struct figures *f)
{
    if (percent(f->decoded, f->conversations) < (double)options->decoded_percent)
        printf("too few reached a decoded call: at least %llu %%\n",
               (unsigned long long)options->decoded_percent);
    else if (f->peak_kib > PEAK_KIB_MAX)
        printf("too much memory: at most %d KiB\n", PEAK_KIB_MAX);
    else if (f->slowest_ms > STANDING_MS)
        printf("one took too long: at most %d ms\n", STANDING_MS);
    else if (f->asked == 0 || f->told == 0 || f->results == 0 || f->unread == 0)
        printf("some part of the plugin was not reached at all\n");
    else
        return true;
    return false;
}

int batch_run_all(const struct batch_options *options)
{
    struct figures *shared =
        mmap(NULL, JOBS * sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct figures all = {0};
    struct job jobs[JOBS] = {{0}};

    if (shared == MAP_FAILED)
        return EXIT_FAILURE;
    for (size_t i = 0; i < JOBS; i++)
        jobs[i].figures = &shared[i];
    bool good = run_jobs(options, jobs, &all);
    print_figures(&all);
    good = good && enough(options, &all);
    (void)munmap(shared, JOBS * sizeof *shared);
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
    if (fault == NULL) /* twice: see run_batch */
        fault = run_seed(options, seed, &azure, traces, &f, &played);
    printf("changes at frames: %s\n%zu bytes in, %zu out; %zu answers, %zu calls (%zu of them to the user), "
           "%zu answers of the result; %lld ms\n%s\n",
           played.story, played.sent, played.received, played.answers, played.asked, played.told,
           played.results, (long long)f.slowest_ms, fault == NULL ? "good" : fault);
    azure_close(&azure);
    play_free_traces();
    return fault == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}
