/* SPDX-License-Identifier: MPL-2.0 */
/* The library as a guest of a process: while it publishes, fails and is refused, it changes nothing that
 * belongs to its host. Says on standard output what it found changed; nothing else may appear there.
 *
 * The calls that would change something are this program's own below: the loader gives them to every library
 * of the process, so that a change is seen even when it is taken back at once. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dirent.h>
#include <dlfcn.h>
#include <fenv.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "contract/guest/one.h"

extern char **environ;

enum { SIGNALS = 65, TEXT_MAX = 65536 };

static int faults;

static void complain(const char *what)
{
    faults++;
    printf("%s\n", what);
}

/* Refused, and told: the library must never come here. */
#define TABOO(type, name, ...)                                                                               \
    type name(__VA_ARGS__);                                                                                  \
    type name(__VA_ARGS__)                                                                                   \
    {                                                                                                        \
        complain(#name " was called");                                                                       \
        return (type)0;                                                                                      \
    }

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
TABOO(int, sigaction, int number, const struct sigaction *act, struct sigaction *old)
TABOO(sighandler_t, signal, int number, sighandler_t handler)
TABOO(int, setenv, const char *name, const char *value, int replace)
TABOO(int, unsetenv, const char *name)
TABOO(int, putenv, char *text)
TABOO(int, clearenv, void)
TABOO(char *, setlocale, int category, const char *locale)
TABOO(int, chdir, const char *path)
TABOO(mode_t, umask, mode_t mask)
TABOO(unsigned, alarm, unsigned seconds)
TABOO(pid_t, fork, void)
TABOO(int, system, const char *command)
#pragma GCC diagnostic pop

struct belongings {
    struct sigaction actions[SIGNALS];
    sigset_t blocked;
    char environment[TEXT_MAX];
    int rounding;
    int descriptors, threads;
};

static int (*real_sigaction)(int, const struct sigaction *, struct sigaction *);

static int count(const char *path)
{
    DIR *folder = opendir(path);
    int n = 0;

    while (folder != NULL && readdir(folder) != NULL)
        n++;
    if (folder != NULL)
        closedir(folder);
    return n;
}

static void take_stock(struct belongings *b)
{
    size_t used = 0;

    memset(b, 0, sizeof *b);
    for (int i = 1; i < SIGNALS; i++)
        (void)real_sigaction(i, NULL, &b->actions[i]);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &b->blocked);
    for (char **e = environ; *e != NULL && used < TEXT_MAX; e++)
        used += (size_t)snprintf(b->environment + used, TEXT_MAX - used, "%p=%s\n", (void *)*e, *e);
    b->rounding = fegetround();
    b->descriptors = count("/proc/self/fd");
    b->threads = count("/proc/self/task");
}

/* Member by member: the C library leaves the unused end of a mask as it finds it. */
static bool same_action(const struct sigaction *a, const struct sigaction *b)
{
    bool same = a->sa_flags == b->sa_flags && a->sa_handler == b->sa_handler;

    for (int i = 1; i < SIGNALS; i++)
        same = same && sigismember(&a->sa_mask, i) == sigismember(&b->sa_mask, i);
    return same;
}

static bool same_signals(const struct belongings *a, const struct belongings *b)
{
    bool same = true;

    for (int i = 1; i < SIGNALS; i++)
        same = same && same_action(&a->actions[i], &b->actions[i]) &&
               sigismember(&a->blocked, i) == sigismember(&b->blocked, i);
    return same;
}

/* What must hold at every moment. */
static void look(void *context)
{
    static struct belongings now;
    const struct belongings *before = context;

    take_stock(&now);
    if (!same_signals(&now, before))
        complain("the action of a signal, or the mask of signals, changed");
    if (strcmp(now.environment, before->environment) != 0)
        complain("the environment changed");
    if (now.rounding != before->rounding)
        complain("the rounding of numbers changed");
}

/* What must hold when everything was freed. */
static void look_at_the_end(struct belongings *before)
{
    static struct belongings now;

    look(before);
    take_stock(&now);
    if (now.descriptors != before->descriptors)
        complain("a descriptor stayed open");
    if (now.threads != before->threads)
        complain("a thread stayed");
}

static void expect(int have, enum acg_status want)
{
    if (have != (int)want)
        complain(have < 0 ? "no final event" : acg_status_name((enum acg_status)have));
}

int main(void)
{
    struct guest_place place = guest_place("ACG_RESOURCE_MANAGER_ENDPOINT", "ACG_CA_FILE");
    struct guest_place other = guest_place("ACG_OTHER_ENDPOINT", "ACG_OTHER_CA_FILE");
    struct acg_publisher *right = NULL, *wrong = NULL;
    int (*own_sigaction)(int, const struct sigaction *, struct sigaction *) = sigaction;
    static struct belongings before;

    *(void **)&real_sigaction = dlsym(RTLD_NEXT, "sigaction");
    if (dlsym(RTLD_DEFAULT, "sigaction") != *(void **)&own_sigaction)
        complain("a library's calls would not be seen");
    take_stock(&before);
    right = guest_publisher(place, place.ca_file);
    wrong = guest_publisher(other, place.ca_file);
    if (right == NULL || wrong == NULL)
        return 1;
    look(&before);
    expect(guest_publish(right, 8, 0, look, &before), ACG_OK);
    expect(guest_publish(right, 8, 0, look, &before), ACG_ERR_CONFLICT);
    expect(guest_publish(wrong, 8, 1, look, &before), ACG_ERR_ARGUMENT);
    expect(guest_publish(right, 8, 2, look, &before), ACG_OK);
    acg_publisher_free(wrong);
    acg_publisher_free(right);
    look_at_the_end(&before);
    return faults == 0 ? 0 : 1;
}
