/* SPDX-License-Identifier: MPL-2.0 */
/* A cloud that has no name here: its resource manager is asked once, before there is a publisher. */
#include "auth/cloud_doc.h"
#include "auth/credential.h"
#include "base/alloc.h"
#include "base/error.h"
#include "engine/loop.h"
#include "engine/transport_curl.h"
#include "http/retry.h"

/* A resource manager answers within a second; a program that starts is not to seem dead. */
enum { TIMEOUT_MS = 5 * 1000, AGAIN_MS = 500 };

/* One request, and once more where that may help. */
struct question {
    const struct acg_cloud_options *opts;
    struct acgp_transport *transport;
    char *url;
    struct acgp_loop loop;
    int64_t timeout_ms; /* with all attempts */
    unsigned attempts;
};

static enum acg_status fail_unasked(const struct question *q, const struct acg_error *why,
                                    struct acg_error *err)
{
    return acgp_fail_field(err, why->status, "metadata_host",
                           "the host could not be asked where its cloud logs in, at %s within %lld s: %s; "
                           "correct it, or set authority_host and resource_manager_endpoint",
                           q->attempts == 1 ? "one attempt" : "two attempts",
                           (long long)(q->timeout_ms + 999) / 1000, why->message);
}

static enum acg_status read_answer(const struct question *q, const struct acgp_ended *ended,
                                   struct acg_cloud **out, struct acg_error *err)
{
    const struct acgp_response *r = ended->response;
    enum acg_status status = ACG_ERR_PROTOCOL;

    if (r == NULL)
        return fail_unasked(q, &ended->failure->error, err);
    if (r->status == 200)
        return acgp_cloud_doc_read(acgp_buf_view(&r->body), q->url, q->opts->cloud_environment_name, out,
                                   err);
    if (acgp_outcome_of_status(r->status) != ACGP_OUTCOME_FINAL)
        status = ACG_ERR_TEMPORARY;
    return acgp_fail_field(err, status, "metadata_host",
                           "the host answered HTTP %d at /metadata/endpoints; set authority_host and "
                           "resource_manager_endpoint",
                           r->status);
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

static bool worth_another(const struct acgp_ended *ended)
{
    enum acgp_outcome outcome = ended->response != NULL ? acgp_outcome_of_status(ended->response->status)
                                                        : acgp_outcome_of_failure(ended->failure->kind);
    return outcome != ACGP_OUTCOME_FINAL;
}

static int64_t now_of(const struct question *q)
{
    return q->loop.clock.now_ms(NULL);
}

static enum acg_status pause_until(struct question *q, int64_t at_ms, struct acg_error *err)
{
    enum acg_status status = ACG_OK;
    struct acgp_heard heard;

    for (int64_t now_ms = now_of(q); status == ACG_OK && now_ms < at_ms; now_ms = now_of(q))
        status = acgp_loop_wait(&q->loop, -1, NULL, 0, at_ms - now_ms, &heard, err);
    return status;
}

static enum acg_status attempt(struct question *q, int64_t timeout_ms, struct acgp_ended *ended,
                               struct acg_error *err)
{
    struct acgp_request message = {.method = ACGP_GET, .url = q->url};
    struct acgp_send send = {.message = &message, .timeout_ms = timeout_ms > 0 ? timeout_ms : 1};
    struct acgp_transfer *transfer = NULL;
    enum acg_status status = q->transport->calls->start(q->transport, now_of(q), &send, &transfer, err);

    q->attempts++;
    return status == ACG_OK ? wait_for(q->transport, &q->loop, ended, err) : status;
}

/* The first attempt may take half of the time: a lost packet, or a host that is just starting. */
static enum acg_status ask(struct question *q, struct acg_cloud **out, struct acg_error *err)
{
    int64_t until_ms = now_of(q) + q->timeout_ms, left_ms = 0;
    struct acgp_ended ended = {0};
    enum acg_status status = attempt(q, (q->timeout_ms + 1) / 2, &ended, err);

    if (status == ACG_OK && worth_another(&ended)) {
        left_ms = until_ms - now_of(q);
        status = pause_until(q, now_of(q) + (left_ms / 2 < AGAIN_MS ? left_ms / 2 : AGAIN_MS), err);
        ended = (struct acgp_ended){0};
        if (status == ACG_OK)
            status = attempt(q, until_ms - now_of(q), &ended, err);
    }
    return status == ACG_OK ? read_answer(q, &ended, out, err) : status;
}

enum acg_status acg_cloud_read(const struct acg_cloud_options *opts, struct acg_cloud **out,
                               struct acg_error *err)
{
    struct question q = {.opts = opts};
    enum acg_status status = acgp_check_login_version(opts->version, ACG_CLOUD_OPTIONS_VERSION, err);

    if (status != ACG_OK)
        return status; /* nothing else of the options may be read */
    q.timeout_ms = opts->timeout_ms > 0 ? opts->timeout_ms : TIMEOUT_MS;
    status = acgp_cloud_url(opts->metadata_host, &q.url, err);
    if (status == ACG_OK)
        status = acgp_transport_curl_new(opts->ca_file, NULL, &q.transport, err);
    if (status == ACG_OK) {
        status = acgp_loop_init(&q.loop, &acgp_system_clock, err);
        if (status == ACG_OK)
            status = ask(&q, out, err);
        acgp_loop_done(&q.loop);
        q.transport->calls->free(q.transport);
    }
    acgp_free(q.url);
    return status;
}
