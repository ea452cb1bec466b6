/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/fast_clock.h"

#include <time.h>

#include "base/alloc.h"
#include "base/error.h"
#include "engine/publisher.h"
#include "engine/transport_curl.h"

enum { FLOOR_MS = 1000 };

static struct {
    unsigned factor;
    int64_t real_ms, unix_s; /* when it began to run */
} fast;

static int64_t real_ms(void)
{
    return acgp_system_clock.now_ms(acgp_system_clock.context);
}

static int64_t now_ms(void *unused)
{
    (void)unused;
    return fast.real_ms + (real_ms() - fast.real_ms) * fast.factor;
}

static int64_t now_unix_s(void *unused)
{
    return fast.unix_s + (now_ms(unused) - fast.real_ms) / 1000;
}

/* curl lives in real time: what it is told and what it says is translated. */
struct slow {
    struct acgp_transport base;
    struct acgp_transport *curl;
};

static struct acgp_transport *curl_of(const struct acgp_transport *t)
{
    return ((const struct slow *)t)->curl;
}

static enum acg_status start(struct acgp_transport *t, int64_t now, const struct acgp_send *send,
                             struct acgp_transfer **out, struct acg_error *err)
{
    struct acgp_send real = *send;

    (void)now; /* a busy machine is no faster than it is: real time has a floor */
    real.timeout_ms = send->timeout_ms / fast.factor > FLOOR_MS ? send->timeout_ms / fast.factor : FLOOR_MS;
    return curl_of(t)->calls->start(curl_of(t), real_ms(), &real, out, err);
}

static void stop(struct acgp_transport *t, struct acgp_transfer *transfer)
{
    curl_of(t)->calls->stop(curl_of(t), transfer);
}

static enum acg_status turn(struct acgp_transport *t, int64_t now, struct acg_error *err)
{
    (void)now;
    return curl_of(t)->calls->turn(curl_of(t), real_ms(), err);
}

static bool next_outcome(struct acgp_transport *t, struct acgp_ended *out)
{
    return curl_of(t)->calls->next_outcome(curl_of(t), out);
}

static int poll_fd(const struct acgp_transport *t)
{
    return curl_of(t)->calls->poll_fd(curl_of(t));
}

static bool due_ms(const struct acgp_transport *t, int64_t *out)
{
    if (!curl_of(t)->calls->due_ms(curl_of(t), out))
        return false;
    *out = now_ms(NULL) + (*out - real_ms()) * fast.factor;
    return true;
}

static void done(struct acgp_transport *t)
{
    curl_of(t)->calls->free(curl_of(t));
    acgp_free(t);
}

static void widen(struct acgp_transport *t, unsigned connections)
{
    if (curl_of(t)->calls->widen != NULL)
        curl_of(t)->calls->widen(curl_of(t), connections);
}

static const struct acgp_transport_calls calls = {.start = start,
                                                  .stop = stop,
                                                  .turn = turn,
                                                  .next_outcome = next_outcome,
                                                  .poll_fd = poll_fd,
                                                  .due_ms = due_ms,
                                                  .free = done,
                                                  .widen = widen};

enum acg_status fast_publisher_new(const struct acg_publisher_options *opts,
                                   struct acg_credential *credential, unsigned factor, uint64_t seed,
                                   struct acg_publisher **out, struct acg_error *err)
{
    struct acgp_clock clock = {.now_ms = now_ms, .now_unix_s = now_unix_s, .factor = factor};
    struct slow *t = acgp_alloc(1, sizeof *t);
    enum acg_status status = t != NULL ? ACG_OK : acgp_fail_nomem(err);

    if (fast.factor == 0) {
        fast.factor = factor;
        fast.real_ms = real_ms();
        fast.unix_s = acgp_system_clock.now_unix_s(acgp_system_clock.context);
    }
    if (status == ACG_OK)
        status = acgp_transport_curl_new(opts->ca_file, opts->user_agent, &t->curl, err);
    if (status != ACG_OK) {
        acgp_free(t);
        return status;
    }
    t->base.calls = &calls;
    return acgp_publisher_make(opts, credential, &t->base, &clock, seed, out, err);
}
