/* SPDX-License-Identifier: MPL-2.0 */
#define _GNU_SOURCE /* syscall */
#include "app/serve_host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "rpc/grpc_text.h"

#define NAME   "/acg-XXXXXX" /* of the folder */
#define SOCKET "/plugin"
/* A certificate as base64: ours has some 600 bytes. */
enum { CERTIFICATE_TEXT_MAX = 8192 };

/* ---- its environment ---- */

static const char *set_or_null(const char *value)
{
    return value != NULL && value[0] != '\0' ? value : NULL;
}

enum acg_status pkr_host_read(const char *(*lookup)(void *context, const char *name), void *context,
                              struct pkr_host *out, struct acg_error *err)
{
    struct pkr_host host = {.alive_fd = -1};
    const char *cookie = lookup(context, PKR_HOST_COOKIE_KEY);

    if (cookie == NULL || !acgp_equal(cookie, PKR_HOST_COOKIE_VALUE))
        return acgp_fail_field(
            err, ACG_ERR_ARGUMENT, PKR_HOST_COOKIE_KEY,
            "is not the cookie of acg: --go-plugin is for programs that start acg serve with "
            "hashicorp/go-plugin; elsewhere use --listen");
    if (set_or_null(lookup(context, "PLUGIN_UNIX_SOCKET_GROUP")) != NULL)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "PLUGIN_UNIX_SOCKET_GROUP",
                               "is not supported: the socket is for one user");
    host.folder_parent = set_or_null(lookup(context, "PLUGIN_UNIX_SOCKET_DIR"));
    host.own_parent = host.folder_parent != NULL;
    if (!host.own_parent)
        host.folder_parent = set_or_null(lookup(context, "TMPDIR"));
    if (host.folder_parent == NULL)
        host.folder_parent = "/tmp";
    host.client_cert = set_or_null(lookup(context, "PLUGIN_CLIENT_CERT"));
    host.multiplex = set_or_null(lookup(context, "PLUGIN_MULTIPLEX_GRPC")) != NULL;
    *out = host;
    return ACG_OK;
}

/* ---- the socket's folder ---- */

/* Goes by process and not by PR_SET_PDEATHSIG, which comes when the thread ends that started us: Go ends
 * threads. */
static int watch_parent(void)
{
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, getppid(), 0);
#else
    return -1;
#endif
}

static bool name_folder(struct pkr_host *host, const char *parent)
{
    size_t room = sizeof host->folder - strlen(SOCKET);
    int n = snprintf(host->folder, sizeof host->folder, "%s%s", parent, NAME);

    return n > 0 && (size_t)n < room;
}

enum acg_status pkr_host_open(struct pkr_host *host, struct acg_error *err)
{
    bool fits = name_folder(host, host->folder_parent) || (!host->own_parent && name_folder(host, "/tmp"));

    if (!fits || mkdtemp(host->folder) == NULL) {
        host->folder[0] = '\0';
        return acgp_fail(err, ACG_ERR_TRANSPORT, "no folder for a socket in %s: %s", host->folder_parent,
                         fits ? strerror(errno) : "its path is too long");
    }
    size_t len = strlen(host->folder);
    memcpy(host->path, host->folder, len);
    memcpy(host->path + len, SOCKET, sizeof SOCKET);
    host->alive_fd = watch_parent();
    return ACG_OK;
}

void pkr_host_close(struct pkr_host *host)
{
    char lock[PKR_HOST_PATH_MAX + sizeof ".lock"];

    if (host->folder[0] != '\0') {
        (void)snprintf(lock, sizeof lock, "%s.lock", host->path);
        (void)unlink(lock); /* nobody else comes into this folder */
        (void)rmdir(host->folder);
    }
    if (host->alive_fd >= 0)
        (void)close(host->alive_fd);
    host->folder[0] = '\0';
    host->alive_fd = -1;
}

/* ---- the line ---- */

enum acg_status pkr_host_tell(const struct pkr_host *host, struct acg_span certificate, struct acg_error *err)
{
    struct acgp_buf text;
    enum acg_status status = ACG_OK;

    acgp_buf_init(&text, CERTIFICATE_TEXT_MAX);
    if (!rpc_base64_append(&text, certificate))
        status = acgp_fail_nomem(err);
    /* Protocol of go-plugin, protocol of acg, network, address, kind, certificate; whether one connection may
     * carry those that a plugin opens: we open none. */
    else if (printf("1|1|unix|%s|grpc|%.*s%s\n", host->path, (int)text.len,
                    text.len > 0 ? (const char *)text.data : "", host->multiplex ? "|false" : "") < 0 ||
             fflush(stdout) != 0)
        status = acgp_fail(err, ACG_ERR_INTERNAL, "standard output is gone");
    acgp_buf_done(&text);
    return status;
}
