/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/login_dir.h"
#include "sim/scenario.h"
#include "sim/server.h"
#include "sim/text.h"
#include "sim/tls.h"

#include <getopt.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { CHANGES_MAX = 64 /* a command line with more belongs in a file */ };

struct options {
    uint16_t port;
    bool tls, with_parent;
    const char *tls_dir, *login_dir, *scenario, *log;
    const char *changes[CHANGES_MAX];
    size_t change_count;
};

static const char usage[] =
    "acg-sim: a simulator of Azure's token endpoint, Resource Manager and compute galleries on this machine\n"
    "\n"
    "usage: acg-sim [options]\n"
    "  --port N             port on loopback; 0 (the default) takes a free one\n"
    "  --tls                https, with a certificate authority made at every start\n"
    "  --tls-dir DIR        where ca.pem is written (default: the current folder)\n"
    "  --login-dir DIR      write what clients log in with: certificates, a federated token, key files\n"
    "  --scenario FILE      JSON: resources, speeds, faults (SCENARIO.md)\n"
    "  --set PLACE=JSON     change one member of the scenario, e.g. speeds.version_ms=0; may be given again\n"
    "  --log FILE           one JSON line per request, without secrets\n"
    "  --exit-with-parent   end when the process that started it ends\n"
    "  --print-scenario     print the built-in scenario and exit\n"
    "  --version, --help\n"
    "\n"
    "The first line on standard output says where it listens: listening https://localhost:PORT "
    "ca=DIR/ca.pem\n"
    "GET /_sim/log shows the requests so far, GET /_sim/stats counts them. SIGTERM and SIGINT stop it.\n";

static bool parse_port(const char *text, uint16_t *out)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (!*text || *end || n > UINT16_MAX) {
        fprintf(stderr, "acg-sim: --port %s: must be 0 to 65535\n", text);
        return false;
    }
    *out = (uint16_t)n;
    return true;
}

static bool take_option(struct options *o, int option)
{
    switch (option) {
    case 'p':
        return parse_port(optarg, &o->port);
    case 't':
        o->tls = true;
        return true;
    case 'd':
        o->tls_dir = optarg;
        return true;
    case 'k':
        o->login_dir = optarg;
        return true;
    case 's':
        o->scenario = optarg;
        return true;
    case 'l':
        o->log = optarg;
        return true;
    case 'e':
        o->with_parent = true;
        return true;
    case 'c':
        if (o->change_count == CHANGES_MAX) {
            fprintf(stderr, "acg-sim: more than %d --set; write a scenario file\n", CHANGES_MAX);
            return false;
        }
        o->changes[o->change_count++] = optarg;
        return true;
    default:
        return false;
    }
}

/* 0: go on; otherwise exit with that code less one. */
static int parse(int argc, char **argv, struct options *o)
{
    static const struct option names[] = {
        {"port", required_argument, NULL, 'p'},     {"tls", no_argument, NULL, 't'},
        {"tls-dir", required_argument, NULL, 'd'},  {"login-dir", required_argument, NULL, 'k'},
        {"scenario", required_argument, NULL, 's'}, {"set", required_argument, NULL, 'c'},
        {"log", required_argument, NULL, 'l'},      {"exit-with-parent", no_argument, NULL, 'e'},
        {"print-scenario", no_argument, NULL, 'P'}, {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (option == 'h' || option == 'P') {
            fputs(option == 'h' ? usage : sim_default_scenario, stdout);
            return 1;
        }
        if (option == 'v') {
            printf("acg-sim %s (libmicrohttpd %s)\n", SIM_VERSION, MHD_get_version());
            return 1;
        }
        if (!take_option(o, option))
            return 3;
    }
    if (optind < argc) {
        fprintf(stderr, "acg-sim: unexpected argument: %s\n", argv[optind]);
        return 3;
    }
    return 0;
}

static bool open_log(struct sim_world *w, const char *path)
{
    if (!path)
        return true;
    w->log.file = fopen(path, "w");
    if (!w->log.file)
        perror(path);
    return w->log.file != NULL;
}

/* Sockets are the only thing that there may be many of. */
static void raise_limits(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void announce(const struct sim_server *s, const char *ca)
{
    printf("listening %s://localhost:%u", ca ? "https" : "http", sim_server_port(s));
    if (ca)
        printf(" ca=%s", ca);
    printf("\n");
    fflush(stdout);
}

/* After the server has its port and before anybody is told of it. */
static bool write_logins(struct sim_world *w, const struct options *o, const struct sim_server *s)
{
    if (!o->login_dir)
        return true;
    char *base = sim_format("%s://localhost:%u", o->tls ? "https" : "http", sim_server_port(s));
    bool ok = sim_login_dir_write(w, o->login_dir, base);
    free(base);
    return ok;
}

static int serve(struct sim_world *w, const struct options *o)
{
    struct sim_tls tls = {0};
    char *ca = NULL;
    struct sim_server *s = NULL;
    bool ok = !o->tls || (sim_tls_make(&tls) && (ca = sim_tls_write_ca(&tls, o->tls_dir)));
    if (ok)
        s = sim_server_new(w, o->port, o->tls ? &tls : NULL);
    ok = s && write_logins(w, o, s);
    if (ok) {
        announce(s, ca);
        ok = sim_server_run(s);
    }
    sim_server_free(s);
    free(ca);
    sim_tls_done(&tls);
    return s && ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct options o = {.tls_dir = "."};
    pid_t parent = getppid();
    int early = parse(argc, argv, &o);
    if (early)
        return early - 1;
    if (o.with_parent && (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent))
        return 1;
    signal(SIGPIPE, SIG_IGN);
    raise_limits();
    struct sim_world *w = sim_alloc(sizeof *w);
    int code =
        open_log(w, o.log) && sim_scenario_load(w, o.scenario, o.changes, o.change_count) ? serve(w, &o) : 2;
    sim_world_done(w);
    free(w);
    return code;
}
