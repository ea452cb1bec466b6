/* SPDX-License-Identifier: MPL-2.0 */
/** packer-plugin-acg: the post-processor acg-publish of Packer. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <acg/acg.h>

#include "app/arguments.h"
#include "app/describe.h"
#include "app/handshake.h"
#include "app/log.h"
#include "app/loop.h"
#include "app/parent.h"
#include "app/surroundings.h"
#include "base/span.h"

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

static void on_signal(int signal_number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(signal_number, &action, NULL);
}

static int say(bool (*make)(struct acgp_buf *out, const char *version, const char *runtime))
{
    struct acgp_buf out;
    acgp_buf_init(&out, 4096);
    bool ok = make(&out, acg_version(), acg_runtime()) && fputs(out.data, stdout) >= 0 && fflush(stdout) == 0;
    acgp_buf_done(&out);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Packer before 1.7 reads three fields. The start tells, except for `start` without --protobuf: that may be
 * 1.6, or 1.7 to 1.11. A setting decides; else the parent, when it is a packer, is asked; else it is new. */
static bool is_old_packer(const struct pkr_arguments *arguments)
{
    bool old = arguments->start == PKR_START_SINGLE;
    const char *setting = getenv("ACG_PACKER_VERSION");
    if (arguments->protobuf)
        return false;
    if (setting != NULL && setting[0] != '\0') {
        if (!pkr_version_is_old(acgp_span(setting), &old))
            pkr_log("WARN", "ACG_PACKER_VERSION is no version like 1.6.6: ignored");
    } else if (arguments->start == PKR_START_COMPONENT && !pkr_parent_is_old(&old)) {
        old = false;
    }
    return old;
}

static const char *lookup(void *context, const char *name)
{
    (void)context;
    return getenv(name);
}

static enum acg_status connect_to_packer(bool old_packer, int *out_fd, struct acg_error *err)
{
    struct pkr_listener listener = {.fd = -1};
    enum acg_status status = pkr_listener_open(getenv("TMPDIR"), &listener, err);
    if (status != ACG_OK)
        return status;
    on_signal(SIGINT, stop);
    on_signal(SIGTERM, stop);
    if (pkr_print_address(&listener, old_packer)) {
        status = pkr_listener_accept(&listener, PKR_ACCEPT_WAIT_MS, &stopped, out_fd, err);
    } else {
        err->status = status = ACG_ERR_TRANSPORT;
        (void)snprintf(err->message, sizeof err->message, "stdout is gone");
    }
    pkr_listener_close(&listener);
    /* From here on Packer decides: Ctrl-C reaches us too, but what counts is its Cancel. */
    on_signal(SIGINT, SIG_IGN);
    on_signal(SIGTERM, SIG_IGN);
    return status;
}

static int serve(const struct pkr_arguments *arguments, const struct pkr_surroundings *surroundings)
{
    struct acg_error err = {0};
    struct pkr_post_processor_options options = {
        .protobuf = arguments->protobuf,
        .old_packer = is_old_packer(arguments),
        .environment = {lookup, NULL, *surroundings},
    };
    int fd = -1;
    pkr_log("INFO", "packer-plugin-acg %s, pid %ld, spec as %s, %s", acg_version(), (long)getpid(),
            options.protobuf     ? "protobuf"
            : options.old_packer ? "gob without blocks"
                                 : "gob",
            acg_runtime());
    enum acg_status status = connect_to_packer(options.old_packer, &fd, &err);
    if (status == ACG_OK) {
        status = pkr_loop_run(fd, &options, &err);
        (void)close(fd);
    }
    if (status != ACG_OK)
        pkr_log("ERR", "%s", err.message);
    return status == ACG_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct acg_error err = {0};
    struct pkr_arguments arguments;
    struct pkr_surroundings surroundings = pkr_surroundings_read();
    on_signal(SIGPIPE, SIG_IGN);
    if (pkr_arguments_parse(argc, (const char *const *)argv, &arguments, &err) != ACG_OK) {
        (void)fprintf(stderr, "packer-plugin-acg: %s\n", err.message);
        return EXIT_FAILURE;
    }
    if (arguments.start == PKR_START_DESCRIBE)
        return say(pkr_describe);
    if (arguments.start == PKR_START_VERSION)
        return say(pkr_describe_version);
    if (!pkr_cookie_is_right(getenv("PACKER_PLUGIN_MAGIC_COOKIE"))) {
        (void)fputs(
            "packer-plugin-acg: this is a plugin of Packer and cannot be run by hand. Put it where Packer "
            "finds it, and use it in a template as post-processor \"acg-publish\".\n",
            stderr);
        return EXIT_FAILURE;
    }
    return serve(&arguments, &surroundings);
}
