/* SPDX-License-Identifier: MPL-2.0 */
/* Runs a command and prints "wall_us cpu_us peak_kib" as the last line of stderr. A process inherits its
 * parent's peak memory across exec, so a small parent must start what is measured. */
#include <stdio.h>
#include <time.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long long now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static long long us(struct timeval t)
{
    return (long long)t.tv_sec * 1000000 + t.tv_usec;
}

int main(int argc, char **argv)
{
    struct rusage usage = {{0}};
    int status = 0;
    long long start = now_us();
    pid_t child = argc > 1 ? fork() : -1;

    if (child < 0)
        return 127;
    if (child == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (waitpid(child, &status, 0) != child || getrusage(RUSAGE_CHILDREN, &usage) != 0)
        return 127;
    fprintf(stderr, "%lld %lld %ld\n", now_us() - start, us(usage.ru_utime) + us(usage.ru_stime),
            usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
