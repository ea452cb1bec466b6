/* SPDX-License-Identifier: MPL-2.0 */
/* Runs a command and prints "wall_us cpu_us peak_kib" as the last line of stderr. A process inherits its
 * parent's peak memory across exec, so a small parent must start what is measured.
 *
 *      bench_cost COMMAND...           until it ends
 *      bench_cost --line COMMAND...    until the end of its first line of output; then it is killed */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NO_START = 127, BY_SIGNAL = 128 };

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

static pid_t start(char **command, int out)
{
    pid_t child = fork();

    if (child != 0)
        return child;
    if (out >= 0 && dup2(out, STDOUT_FILENO) < 0)
        _exit(NO_START);
    execvp(command[0], command);
    _exit(NO_START);
}

static bool read_line(int fd)
{
    char byte = '\0';

    while (byte != '\n')
        if (read(fd, &byte, 1) != 1)
            return false;
    return true;
}

static int report(pid_t child, long long wall_us, bool killed)
{
    struct rusage usage = {{0}};
    int status = 0;

    if (waitpid(child, &status, 0) != child || getrusage(RUSAGE_CHILDREN, &usage) != 0)
        return NO_START;
    fprintf(stderr, "%lld %lld %ld\n", wall_us, us(usage.ru_utime) + us(usage.ru_stime), usage.ru_maxrss);
    if (killed)
        return 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : BY_SIGNAL;
}

static int until_line(char **command)
{
    int fds[2];
    long long begin = now_us();
    pid_t child = pipe(fds) == 0 ? start(command, fds[1]) : -1;

    if (child < 0)
        return NO_START;
    close(fds[1]);
    if (!read_line(fds[0]))
        return NO_START;
    begin = now_us() - begin;
    kill(child, SIGKILL);
    return report(child, begin, true);
}

static int until_end(char **command)
{
    siginfo_t ended;
    long long begin = now_us();
    pid_t child = start(command, -1);

    if (child < 0 || waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT) != 0)
        return NO_START;
    return report(child, now_us() - begin, false);
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "--line") == 0)
        return until_line(argv + 2);
    return argc > 1 ? until_end(argv + 1) : NO_START;
}
