/* SPDX-License-Identifier: MPL-2.0 */
#include "engine/publisher.h"

#include <string.h>

#include <sys/random.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "engine/gate.h"
#include "engine/transport_curl.h"
#include "http/url.h"

static const char public_cloud[] = "https://management.azure.com";

/* Names and versions of a few programs; more is a mistake. */
enum { USER_AGENT_MAX = 256 };

void acg_publisher_options_init(struct acg_publisher_options *opts, uint32_t version)
{
    *opts = (struct acg_publisher_options)ACG_PUBLISHER_OPTIONS_INIT;
    opts->version = version;
}

char *acgp_endpoint_new(const char *text, struct acg_error *err)
{
    struct acg_span endpoint = acgp_span(text != NULL && text[0] != '\0' ? text : public_cloud);
    char *copy = NULL;

    while (endpoint.len != 0 && endpoint.data[endpoint.len - 1] == '/')
        endpoint.len--;
    if (!acgp_url_endpoint_ok(endpoint)) {
        acgp_fail_field(err, ACG_ERR_ARGUMENT, "resource_manager_endpoint",
                        "not a URL of a resource manager; write https://HOST (http is for loopback alone)");
        return NULL;
    }
    copy = acgp_strndup(endpoint.data, endpoint.len);
    if (copy == NULL)
        acgp_fail_nomem(err);
    return copy;
}

/* It becomes part of a header line. */
static bool user_agent_ok(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (*c < 0x20 || *c >= 0x7f)
            return false;
    return strlen(text) <= USER_AGENT_MAX;
}

static enum acg_status check_options(const struct acg_publisher_options *o,
                                     const struct acg_credential *credential, struct acg_error *err)
{
    if (o->version != ACG_PUBLISHER_OPTIONS_VERSION)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "version",
                               "these options have version %u; this library knows version %u",
                               (unsigned)o->version, ACG_PUBLISHER_OPTIONS_VERSION);
    if (credential == NULL)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "credential",
                               "missing; make one with acg_credential_*_new");
    if (o->audience != NULL && o->audience[0] == '\0')
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "audience", "empty; leave it out or name a resource");
    if (o->user_agent != NULL && !user_agent_ok(o->user_agent))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "user_agent", "not up to %d printable ASCII characters",
                               USER_AGENT_MAX);
    return ACG_OK;
}

static enum acg_status fill(struct acg_publisher *pub, const struct acg_publisher_options *opts,
                            struct acg_credential *credential, uint64_t seed, struct acg_error *err)
{
    struct acg_error why = {0};

    pub->trace = opts->trace_requests;
    pub->random = seed;
    if (acgp_governor_new(seed * 3, &pub->governor) != ACG_OK)
        return acgp_fail_nomem(err);
    if (opts->journal_dir != NULL) {
        enum acg_status status = acgp_journal_new(opts->journal_dir, true, &pub->journal, err);
        if (status != ACG_OK)
            return status;
        acgp_journal_sweep(pub->journal, pub->loop.clock.now_unix_s(pub->loop.clock.context));
    }
    pub->endpoint = acgp_endpoint_new(opts->resource_manager_endpoint, &why);
    if (pub->endpoint == NULL) {
        if (err != NULL)
            *err = why;
        return why.status;
    }
    return acgp_token_cache_new(credential, opts->audience != NULL ? opts->audience : pub->endpoint, ~seed,
                                &pub->tokens, err);
}

enum acg_status acgp_publisher_make(const struct acg_publisher_options *opts,
                                    struct acg_credential *credential, struct acgp_transport *transport,
                                    const struct acgp_clock *clock, uint64_t seed, struct acg_publisher **out,
                                    struct acg_error *err)
{
    struct acg_publisher *pub = NULL;
    enum acg_status status = check_options(opts, credential, err);

    if (status == ACG_OK && (pub = acgp_alloc(1, sizeof *pub)) == NULL)
        status = acgp_fail_nomem(err);
    if (status != ACG_OK) {
        transport->calls->free(transport);
        return status;
    }
    pub->transport = transport;
    status = acgp_loop_init(&pub->loop, clock, err);
    if (status == ACG_OK)
        status = fill(pub, opts, credential, seed, err);
    if (status != ACG_OK) {
        acg_publisher_free(pub);
        return status;
    }
    *out = pub;
    return ACG_OK;
}

enum acg_status acg_publisher_new(const struct acg_publisher_options *opts, struct acg_credential *credential,
                                  struct acg_publisher **out, struct acg_error *err)
{
    struct acgp_transport *transport = NULL;
    uint64_t seed = 0;
    enum acg_status status = check_options(opts, credential, err);

    if (status == ACG_OK)
        status = acgp_transport_curl_new(opts->ca_file, opts->user_agent, &transport, err);
    if (status != ACG_OK)
        return status;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        transport->calls->free(transport);
        return acgp_fail(err, ACG_ERR_INTERNAL, "the system gave no random numbers");
    }
    return acgp_publisher_make(opts, credential, transport, &acgp_system_clock, seed, out, err);
}

static int64_t read_now(const struct acg_publisher *pub)
{
    return pub->loop.clock.now_ms(pub->loop.clock.context);
}

static void unlink_due(struct acg_publish *publish)
{
    struct acg_publisher *pub = publish->pub;
    struct acg_publish *before = NULL;

    for (struct acg_publish *p = pub->due; p != NULL; before = p, p = p->due_next) {
        if (p != publish)
            continue;
        if (before != NULL)
            before->due_next = p->due_next;
        else
            pub->due = p->due_next;
        if (pub->due_end == p)
            pub->due_end = before;
        break;
    }
    publish->due = false;
}

/* Out of everything the publisher has; requests in flight are stopped. */
static void detach(struct acg_publish *publish)
{
    struct acg_publisher *pub = publish->pub;

    acgp_attempts_abandon_all(publish);
    acgp_gate_turn_over(publish);
    acgp_journal_release(publish->journal);
    publish->journal = NULL;
    acgp_timers_cancel(&pub->loop.timers, &publish->timer);
    acgp_feed_forget(publish);
    unlink_due(publish);
    if (publish->prev != NULL)
        publish->prev->next = publish->next;
    else
        pub->publishes = publish->next;
    if (publish->next != NULL)
        publish->next->prev = publish->prev;
    pub->publish_count--;
    publish->pub = NULL;
}

void acg_publisher_free(struct acg_publisher *pub)
{
    if (pub == NULL)
        return;
    pub->lent = NULL; /* its machine is not asked again */
    acgp_feed_release(pub);
    while (pub->publishes != NULL)
        detach(pub->publishes);
    acgp_shared_done(&pub->shared);
    pub->transport->calls->free(pub->transport);
    acgp_process_free(pub->program);
    acgp_token_cache_free(pub->tokens);
    acgp_governor_free(pub->governor);
    acgp_loop_done(&pub->loop);
    acgp_journal_free(pub->journal);
    acgp_free(pub->endpoint);
    acgp_free(pub);
}

static void link_publish(struct acg_publisher *pub, struct acg_publish *publish)
{
    publish->pub = pub;
    publish->next = pub->publishes;
    if (pub->publishes != NULL)
        pub->publishes->prev = publish;
    pub->publishes = publish;
    pub->publish_count++;
}

struct acgp_work_config acgp_publisher_work_config(struct acg_publisher *pub, int64_t timeout_ms)
{
    const struct acgp_clock *clock = &pub->loop.clock;

    return (struct acgp_work_config){.endpoint = pub->endpoint,
                                     .seed = pub->random += UINT64_C(0x9e3779b97f4a7c15),
                                     .now_ms = clock->now_ms(clock->context),
                                     .now_unix_s = clock->now_unix_s(clock->context),
                                     .timeout_ms = timeout_ms};
}

enum acg_status acgp_publisher_drive(struct acg_publisher *pub, struct acgp_work *machine,
                                     struct acg_publish **out, struct acg_error *err)
{
    struct acg_publish *publish = acgp_alloc(1, sizeof *publish);

    if (publish == NULL) {
        acgp_work_free(machine);
        return acgp_fail_nomem(err);
    }
    publish->machine = machine;
    publish->traces_end = &publish->traces;
    publish->timer.owner = publish;
    publish->submitted_ms = machine->begun_ms;
    if (!acgp_timers_set(&pub->loop.timers, &publish->timer, machine->begun_ms)) {
        acgp_publish_dispose(publish);
        return acgp_fail_nomem(err);
    }
    link_publish(pub, publish);
    *out = publish;
    return ACG_OK;
}

enum acg_status acgp_publisher_check_room(const struct acg_publisher *pub, struct acg_error *err)
{
    if (pub->publish_count >= ACGP_PUBLISHES_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "%d publishes run already", ACGP_PUBLISHES_MAX);
    return ACG_OK;
}

void acg_publish_cancel(struct acg_publish *publish)
{
    if (publish->pub == NULL || publish->done)
        return;
    acgp_work_cancel(publish->machine, read_now(publish->pub));
    acgp_make_due(publish);
}

void acg_publish_leave(struct acg_publish *publish)
{
    publish->left = true;
    acg_publish_cancel(publish);
}

void acg_publish_free(struct acg_publish *publish)
{
    struct acg_publisher *pub = publish != NULL ? publish->pub : NULL;
    bool lent = pub != NULL && pub->lent == publish;

    if (publish == NULL)
        return;
    if (pub != NULL)
        detach(publish);
    if (lent) { /* the caller may still look at its last event */
        pub->lent = NULL;
        pub->lent_freed = publish;
    } else {
        acgp_publish_dispose(publish);
    }
}

const char *acg_publish_version_id(const struct acg_publish *publish)
{
    return publish->machine->result.version_id;
}

/* An event is there, or may be: who was lent one has not been asked for the next. */
static bool has_event(const struct acg_publisher *pub)
{
    return pub->ready != NULL || pub->lent != NULL;
}

static int64_t time_left(const struct acg_publisher *pub, int64_t now_ms, bool limited, int64_t deadline_ms)
{
    int64_t due_ms = 0;
    bool any = acgp_turn_due(pub, &due_ms);

    if (limited && (!any || deadline_ms < due_ms))
        due_ms = deadline_ms;
    if (!any && !limited)
        return -1;
    return due_ms > now_ms ? due_ms - now_ms : 0;
}

enum acg_status acg_publisher_poll(struct acg_publisher *pub, struct acg_poll_fd *fds, size_t fd_count,
                                   int64_t max_wait_ms, struct acg_error *err)
{
    int64_t now_ms = read_now(pub);
    bool limited = max_wait_ms >= 0 && max_wait_ms < INT64_MAX - now_ms;
    int64_t deadline_ms = limited ? now_ms + max_wait_ms : 0;

    for (;;) {
        struct acgp_heard heard = {0};
        enum acg_status status = acgp_turn(pub, now_ms, err);
        bool event = has_event(pub);
        int64_t wait_ms = event ? 0 : time_left(pub, now_ms, limited, deadline_ms);

        if (status == ACG_OK)
            status = acgp_loop_wait(&pub->loop, pub->transport->calls->poll_fd(pub->transport), fds, fd_count,
                                    wait_ms, &heard, err);
        if (status != ACG_OK)
            return status;
        now_ms = read_now(pub);
        if (event || heard.host || heard.wakeup || (limited && now_ms >= deadline_ms))
            return ACG_OK;
    }
}

bool acg_publisher_next_event(struct acg_publisher *pub, const struct acg_event **out)
{
    return acgp_feed_next(pub, out);
}

void acg_publisher_wakeup(struct acg_publisher *pub)
{
    acgp_loop_wakeup(&pub->loop);
}
