/* SPDX-License-Identifier: MPL-2.0 */
#include "app/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include <acg/acg.h>

#include "app/log.h"
#include "app/serve_host.h"
#include "app/serve_loop.h"
#include "app/serve_options.h"
#include "app/serve_pick_up.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "cli/stop.h"
#include "spec/config.h"

/* One server from its start to its end. */
struct serve {
    struct pkr_serve_options options;
    struct pkr_serve_socket sockets[PKR_LISTEN_MAX];
    struct pkr_server server;
    struct pkr_host host; /* with --go-plugin */
};

static const char *lookup(void *context, const char *name)
{
    (void)context;
    return getenv(name);
}

/* A host with go-plugin shows lines of its child by their level; one without a level is of use for debugging.
 */
static int explain(const struct acg_error *err, bool hosted)
{
    struct acg_remedy remedy;
    const char *text = err->message[0] != '\0' ? err->message : acg_status_name(err->status);
    const char *colon = err->field[0] != '\0' ? ": " : "";

    if (hosted)
        pkr_log("ERROR", "%s%s%s", err->field, colon, text);
    else
        (void)fprintf(stderr, "error: %s%s%s\n", err->field, colon, text);
    if (acg_error_explain(err, &remedy) && hosted)
        pkr_log("ERROR", "cause: %s; next step: %s", remedy.cause, remedy.next_step);
    else if (remedy.cause[0] != '\0')
        (void)fprintf(stderr, "cause: %s\nnext step: %s\n", remedy.cause, remedy.next_step);
    return acg_status_exit_code(err->status);
}

/* The login and the endpoints, from the environment alone. */
static enum acg_status open_publisher(struct serve *s, struct acg_error *err)
{
    struct pkr_publisher_wish wish = {.user_agent = "acg-serve", .journal_dir = s->options.journal};
    struct pkr_config *config = NULL;
    enum acg_status status = pkr_config_new(&config, err);

    if (status == ACG_OK)
        status = pkr_config_environment(config, lookup, NULL, err);
    if (status == ACG_OK)
        status = pkr_config_publisher_new(config, &wish, &s->server.publisher, NULL, err);
    pkr_config_free(config);
    if (status == ACG_ERR_ARGUMENT && acgp_equal(err->field, "journal_dir"))
        acgp_error_text(err->field, sizeof err->field, "--journal");
    else if (status == ACG_ERR_ARGUMENT)
        (void)acgp_fail_context(err, "the server's environment");
    return status;
}

static enum acg_status open_services(struct serve *s, struct acg_error *err)
{
    struct rpc_services_options options = {.environment = {lookup, NULL},
                                           .journal = s->options.journal != NULL};

    if (getrandom(&options.mark, sizeof options.mark, 0) != (ssize_t)sizeof options.mark)
        return acgp_fail(err, ACG_ERR_INTERNAL, "no random numbers");
    return rpc_services_new(&options, &s->server.services, err);
}

/* A certificate as DER: ours has some 400 bytes. */
enum { CERTIFICATE_MAX = 4096 };

static enum acg_status meet_host(struct serve *s, struct acg_error *err)
{
    enum acg_status status = pkr_host_read(lookup, NULL, &s->host, err);

    if (status != ACG_OK)
        return status;
    status = pkr_host_open(&s->host, err);
    s->options.listen[0] = (struct pkr_listen){.path = s->host.path};
    s->options.listen_count = 1;
    s->server.has_host = true;
    s->server.host_fd = s->host.alive_fd;
    if (status == ACG_OK && s->host.client_cert != NULL)
        status = pkr_tls_server_for_host(s->host.client_cert, &s->server.tls, err);
    return status;
}

static enum acg_status tell_host(const struct serve *s, struct acg_error *err)
{
    struct acgp_buf der;
    enum acg_status status = ACG_OK;

    acgp_buf_init(&der, CERTIFICATE_MAX);
    if (s->server.tls != NULL && !pkr_tls_server_certificate(s->server.tls, &der))
        status = acgp_fail_nomem(err);
    if (status == ACG_OK)
        status = pkr_host_tell(&s->host, acgp_span_of(der.data, der.len), err);
    acgp_buf_done(&der);
    return status;
}

static enum acg_status open_sockets(struct serve *s, struct acg_error *err)
{
    const struct pkr_serve_options *o = &s->options;
    enum acg_status status = ACG_OK;

    if (o->tls_cert != NULL)
        status = pkr_tls_server_new(o->tls_cert, o->tls_key, o->tls_client_ca, &s->server.tls, err);
    for (size_t i = 0; i < o->listen_count && status == ACG_OK; i++) {
        status = pkr_serve_socket_open(&o->listen[i], &s->sockets[i], err);
        s->server.socket_count += status == ACG_OK ? 1u : 0u;
    }
    return status;
}

static enum acg_status announce(const struct serve *s, struct acg_error *err)
{
    for (size_t i = 0; i < s->server.socket_count && !s->server.has_host; i++)
        if (printf("listening %s\n", s->sockets[i].name) < 0)
            return acgp_fail(err, ACG_ERR_INTERNAL, "standard output is gone");
    if (fflush(stdout) != 0)
        return acgp_fail(err, ACG_ERR_INTERNAL, "standard output is gone");
    if (s->server.has_host && tell_host(s, err) != ACG_OK)
        return err->status;
    pkr_log("INFO", "acg serve %s, %s", acg_version(), acg_runtime());
    return ACG_OK;
}

static enum acg_status run(struct serve *s, struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    s->server.sockets = s->sockets;
    s->server.host_fd = s->host.alive_fd = -1;
    if (s->options.go_plugin)
        status = meet_host(s, err);
    if (status == ACG_OK)
        status = open_publisher(s, err);
    if (status == ACG_OK)
        status = open_services(s, err);
    if (status == ACG_OK)
        status = pkr_stop_init(&s->server.stop_fd, err);
    if (status == ACG_OK && s->server.has_host)
        pkr_stop_ignore_interrupt();
    if (status == ACG_OK)
        status = open_sockets(s, err);
    if (status == ACG_OK && s->options.journal != NULL)
        pkr_serve_pick_up(s->options.journal, s->server.services);
    if (status == ACG_OK)
        status = announce(s, err);
    if (status == ACG_OK)
        status = pkr_serve_loop(&s->server, err);
    for (size_t i = 0; i < s->server.socket_count; i++)
        pkr_serve_socket_close(&s->sockets[i]);
    pkr_host_close(&s->host);
    rpc_services_free(s->server.services);
    acg_publisher_free(s->server.publisher);
    pkr_tls_server_free(s->server.tls);
    pkr_stop_done();
    return status;
}

int pkr_serve(const char *const *words, size_t count)
{
    static struct serve storage; /* large; one server per process */
    struct serve *s = &storage;
    struct acg_error err = {.status = ACG_OK};
    enum acg_status status = pkr_serve_options_read(words, count, lookup, NULL, &s->options, &err);

    if (status == ACG_OK && s->options.help)
        return fputs(pkr_serve_help, stdout) >= 0 && fflush(stdout) == 0
                   ? 0
                   : acg_status_exit_code(ACG_ERR_INTERNAL);
    if (status == ACG_OK)
        status = run(s, &err);
    return status == ACG_OK ? 0 : explain(&err, s->options.go_plugin);
}
