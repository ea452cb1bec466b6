/* SPDX-License-Identifier: MPL-2.0 */
/* The publisher inside a host's own loop: the host's descriptors wait in acg_publisher_poll beside those of
 * the publisher, and its signal handler ends that wait. Here the host reads commands from standard input.
 *
 *      cc host_loop.c $(pkg-config --cflags --libs acg) -o host_loop
 *      ./host_loop VERSION_ID MANAGED_IMAGE REGION=SET
 *
 * "status" tells how the publish stands, "cancel" and Ctrl-C stop it. Logs in as publish_one.c does. */
#define _POSIX_C_SOURCE 200809L
#include <acg/acg.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct host {
    struct acg_publisher *publisher;
    struct acg_publish *publish;
    struct acg_poll_fd input; /* fd is -1 after its end: poll passes over it */
    char line[64];
    size_t filled;
    int64_t elapsed_ms;
    char last[256]; /* text of the last event */
};

static struct acg_publisher *interrupted; /* the handler knows no other way to it */
static volatile sig_atomic_t interrupt_seen;

static void on_interrupt(int number)
{
    (void)number;
    interrupt_seen = 1;
    acg_publisher_wakeup(interrupted);
}

static int explain(const struct acg_error *err)
{
    struct acg_remedy remedy;

    fprintf(stderr, "%s%s%s: %s\n", acg_status_name(err->status), err->field[0] ? " in " : "", err->field,
            err->message);
    if (acg_error_explain(err, &remedy))
        fprintf(stderr, "cause: %s\nnext step: %s\n", remedy.cause, remedy.next_step);
    return acg_status_exit_code(err->status);
}

static void obey(struct host *host, const char *command)
{
    if (strcmp(command, "cancel") == 0)
        acg_publish_cancel(host->publish);
    else if (strcmp(command, "status") == 0)
        printf("status: %.3f s, %s\n", (double)host->elapsed_ms / 1000, host->last);
    else
        printf("status or cancel\n");
    fflush(stdout);
}

/* What can be read without waiting; whole lines are commands, one that is too long is dropped. */
static void read_input(struct host *host)
{
    ssize_t n = read(host->input.fd, host->line + host->filled, sizeof host->line - host->filled);
    char *end = NULL;

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        host->input.fd = -1;
        return;
    }
    host->filled += (size_t)n;
    while ((end = memchr(host->line, '\n', host->filled)) != NULL) {
        *end = '\0';
        obey(host, host->line);
        host->filled -= (size_t)(end + 1 - host->line);
        memmove(host->line, end + 1, host->filled);
    }
    if (host->filled == sizeof host->line)
        host->filled = 0;
}

static void show(struct host *host, const struct acg_event *event)
{
    printf("%8.3f s  %s\n", (double)event->elapsed_ms / 1000, event->text);
    fflush(stdout);
    host->elapsed_ms = event->elapsed_ms;
    snprintf(host->last, sizeof host->last, "%s", event->text);
}

/* The host's loop: its own events first, then those of the publisher. */
static int loop(struct host *host)
{
    const struct acg_event *event = NULL;
    struct acg_error err;

    for (;;) {
        if (acg_publisher_poll(host->publisher, &host->input, 1, -1, &err) != ACG_OK)
            return explain(&err);
        if (host->input.revents != 0)
            read_input(host);
        if (interrupt_seen)
            acg_publish_cancel(host->publish);
        while (acg_publisher_next_event(host->publisher, &event)) {
            show(host, event);
            if (event->kind == ACG_EVENT_DONE)
                return event->error->status == ACG_OK ? 0 : explain(event->error);
        }
    }
}

/* The handler belongs to the host; the library never installs one. */
static void catch_interrupt(struct acg_publisher *publisher)
{
    struct sigaction action = {.sa_handler = publisher != NULL ? on_interrupt : SIG_DFL};

    if (publisher == NULL)
        sigaction(SIGINT, &action, NULL);
    interrupted = publisher;
    if (publisher != NULL)
        sigaction(SIGINT, &action, NULL);
}

static int run(struct acg_credential *credential, const struct acg_publish_options *options)
{
    struct acg_publisher_options settings = ACG_PUBLISHER_OPTIONS_INIT;
    struct host host = {.input = {.fd = STDIN_FILENO, .events = POLLIN}};
    struct acg_error err;
    int code = 0;

    settings.resource_manager_endpoint = getenv("ACG_RESOURCE_MANAGER_ENDPOINT");
    settings.ca_file = getenv("ACG_CA_FILE");
    if (acg_publisher_new(&settings, credential, &host.publisher, &err) != ACG_OK)
        return explain(&err);
    catch_interrupt(host.publisher);
    if (acg_publisher_submit(host.publisher, options, &host.publish, &err) == ACG_OK)
        code = loop(&host);
    else
        code = explain(&err);
    catch_interrupt(NULL);
    acg_publish_free(host.publish);
    acg_publisher_free(host.publisher);
    return code;
}

int main(int argc, char **argv)
{
    struct acg_client_secret_options login = ACG_CLIENT_SECRET_OPTIONS_INIT;
    struct acg_publish_options options = ACG_PUBLISH_OPTIONS_INIT;
    char *equals = argc == 4 ? strchr(argv[3], '=') : NULL;
    struct acg_target_region region = {0};
    struct acg_credential *credential = NULL;
    struct acg_error err;
    int code = 0;

    if (equals == NULL) {
        fprintf(stderr, "usage: %s VERSION_ID MANAGED_IMAGE REGION=SET\n", argv[0]);
        return acg_status_exit_code(ACG_ERR_ARGUMENT);
    }
    *equals = '\0';
    region.name = argv[3];
    region.encryption.disk_encryption_set_id = equals + 1;
    options.gallery_image_version_id = argv[1];
    options.source.managed_image = argv[2];
    options.location = region.name;
    options.target_regions = &region;
    options.target_region_count = 1;

    login.tenant_id = getenv("AZURE_TENANT_ID");
    login.client_id = getenv("AZURE_CLIENT_ID");
    login.client_secret = getenv("AZURE_CLIENT_SECRET");
    login.authority_host = getenv("AZURE_AUTHORITY_HOST");
    if (acg_credential_client_secret_new(&login, &credential, &err) != ACG_OK)
        return explain(&err);
    code = run(credential, &options);
    acg_credential_free(credential);
    return code;
}
