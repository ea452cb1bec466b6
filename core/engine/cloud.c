/* SPDX-License-Identifier: MPL-2.0 */
/* A cloud that has no name here: its resource manager is asked once, before there is a publisher. */
#include "auth/cloud_doc.h"
#include "auth/credential.h"
#include "base/alloc.h"
#include "base/error.h"
#include "engine/loop.h"
#include "engine/transport_curl.h"

enum { TIMEOUT_MS = 10 * 1000 };

static enum acg_status read_answer(const struct acgp_ended *ended, const struct acg_cloud_options *opts,
                                   const char *url, struct acg_cloud **out, struct acg_error *err)
{
    const struct acgp_response *r = ended->response;

    if (r == NULL) {
        if (err != NULL)
            *err = ended->failure->error;
        return ended->failure->error.status;
    }
    if (r->status == 200)
        return acgp_cloud_doc_read(acgp_buf_view(&r->body), url, opts->cloud_environment_name, out, err);
    acgp_fail_field(err, r->status >= 500 ? ACG_ERR_TEMPORARY : ACG_ERR_PROTOCOL, "metadata_host",
                    "the host answered HTTP %d at /metadata/endpoints; set authority_host and "
                    "resource_manager_endpoint",
                    r->status);
    return r->status >= 500 ? ACG_ERR_TEMPORARY : ACG_ERR_PROTOCOL;
}

/* Turn until it ended: the transfer has a deadline of its own. */
static enum acg_status wait_for(struct acgp_transport *t, struct acgp_loop *loop, struct acgp_ended *ended,
                                struct acg_error *err)
{
    for (;;) {
        struct acgp_heard heard;
        int64_t now_ms = loop->clock.now_ms(NULL), due_ms = 0;
        enum acg_status status = t->calls->turn(t, now_ms, err);

        if (status != ACG_OK || t->calls->next_outcome(t, ended))
            return status;
        if (!t->calls->due_ms(t, &due_ms))
            due_ms = now_ms + TIMEOUT_MS;
        status = acgp_loop_wait(loop, t->calls->poll_fd(t), NULL, 0, due_ms > now_ms ? due_ms - now_ms : 0,
                                &heard, err);
        if (status != ACG_OK)
            return status;
    }
}

static enum acg_status ask(const struct acg_cloud_options *opts, struct acgp_transport *t, char *url,
                           struct acg_cloud **out, struct acg_error *err)
{
    struct acgp_request message = {.method = ACGP_GET, .url = url};
    struct acgp_send send = {.message = &message,
                             .timeout_ms = opts->timeout_ms > 0 ? opts->timeout_ms : TIMEOUT_MS};
    struct acgp_transfer *transfer = NULL;
    struct acgp_ended ended = {0};
    struct acgp_loop loop;
    enum acg_status status = acgp_loop_init(&loop, &acgp_system_clock, err);

    if (status == ACG_OK)
        status = t->calls->start(t, loop.clock.now_ms(NULL), &send, &transfer, err);
    if (status == ACG_OK)
        status = wait_for(t, &loop, &ended, err);
    if (status == ACG_OK)
        status = read_answer(&ended, opts, url, out, err);
    acgp_loop_done(&loop);
    return status;
}

enum acg_status acg_cloud_read(const struct acg_cloud_options *opts, struct acg_cloud **out,
                               struct acg_error *err)
{
    struct acgp_transport *transport = NULL;
    char *url = NULL;
    enum acg_status status = acgp_check_login_version(opts->version, ACG_CLOUD_OPTIONS_VERSION, err);

    if (status == ACG_OK)
        status = acgp_cloud_url(opts->metadata_host, &url, err);
    if (status == ACG_OK)
        status = acgp_transport_curl_new(opts->ca_file, NULL, &transport, err);
    if (status == ACG_OK) {
        status = ask(opts, transport, url, out, err);
        transport->calls->free(transport);
    }
    acgp_free(url);
    return status;
}
