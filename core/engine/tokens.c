/* SPDX-License-Identifier: MPL-2.0 */
/* What the token cache wants done: requests, files, programs. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "engine/publisher.h"
#include "engine/secret_file.h"

static int64_t unix_s(const struct acg_publisher *pub)
{
    return pub->loop.clock.now_unix_s(pub->loop.clock.context);
}

/* Tell each publish that waits for the token, once. */
static void trace_token(struct acg_publisher *pub, int64_t now_ms, const struct acgp_ended *ended)
{
    struct acgp_attempt *a = &pub->token_attempt;

    for (struct acgp_attempt *w = pub->waiting; w != NULL; w = w->waiting_next) {
        struct acg_publish *publish = w->carries != NULL ? w->carries->followers->publish : w->publish;
        if (publish->token_traced == a->request)
            continue;
        publish->token_traced = a->request;
        acgp_trace_add(publish, now_ms, a, a->message, ended);
    }
}

void acgp_token_ended(struct acg_publisher *pub, int64_t now_ms, const struct acgp_ended *ended)
{
    struct acgp_attempt *a = &pub->token_attempt;

    trace_token(pub, now_ms, ended);
    a->transfer = NULL;
    if (ended->response != NULL)
        acgp_token_cache_on_response(pub->tokens, now_ms, unix_s(pub), a->request, ended->response);
    else
        acgp_token_cache_on_failure(pub->tokens, now_ms, a->request, ended->failure);
}

static void send_request(struct acg_publisher *pub, int64_t now_ms, const struct acgp_token_action *action)
{
    struct acgp_transport *transport = pub->transport;
    struct acgp_attempt *a = &pub->token_attempt;
    struct acgp_send what = {.message = action->message,
                             .form = action->form,
                             .key_name = action->ask->key_name,
                             .key = action->ask->key,
                             .header = action->ask->header,
                             .login = true,
                             .direct = action->ask->direct,
                             .timeout_ms = action->until_ms - now_ms,
                             .owner = a};
    struct acgp_failure failure = {.kind = ACGP_FAILURE_NOT_SENT};

    *a = (struct acgp_attempt){
        .pub = pub, .request = action->attempt, .message = action->message, .begun_ms = now_ms};
    if (transport->calls->start(transport, now_ms, &what, &a->transfer, &failure.error) == ACG_OK)
        return;
    if (failure.error.status == ACG_ERR_AUTH)
        failure.kind = ACGP_FAILURE_LOGIN; /* a secret that is none: again would be the same */
    acgp_token_cache_on_failure(pub->tokens, now_ms, action->attempt, &failure);
}

static void read_file(struct acg_publisher *pub, int64_t now_ms, const struct acgp_token_action *action)
{
    const struct acgp_login_ask *ask = action->ask;
    struct acgp_secret bytes = {NULL, 0};
    const char *failure = acgp_secret_file_read(ask->path, ask->max, ask->plain, &bytes);

    acgp_token_cache_on_file(pub->tokens, now_ms, unix_s(pub), action->attempt, &bytes, failure);
}

static void program_ended(struct acg_publisher *pub, int64_t now_ms, const struct acgp_run *run)
{
    acgp_token_cache_on_run(pub->tokens, now_ms, unix_s(pub), pub->program_attempt, run);
    acgp_process_free(pub->program);
    pub->program = NULL;
}

static void run_program(struct acg_publisher *pub, int64_t now_ms, const struct acgp_token_action *action)
{
    struct acgp_run run = {.end = ACGP_RUN_BROKEN, .complaint = ""};

    pub->program_attempt = action->attempt;
    pub->program_until_ms = action->until_ms;
    if (!acgp_process_start(action->ask->argv, getenv("PATH"), &pub->program, &run))
        program_ended(pub, now_ms, &run);
}

static enum acg_status set_timer(struct acg_publisher *pub, int64_t at_ms, struct acg_error *err)
{
    return acgp_timers_set(&pub->loop.timers, &pub->token_timer, at_ms) ? ACG_OK : acgp_fail_nomem(err);
}

/* @return false: it still runs. */
static bool look_at_program(struct acg_publisher *pub, int64_t now_ms)
{
    struct acgp_run run;

    if (pub->program == NULL)
        return true;
    if (!acgp_process_look(pub->program, now_ms >= pub->program_until_ms, &run))
        return false;
    program_ended(pub, now_ms, &run);
    return true;
}

/* Until the cache waits for something. @return false: it wants nothing at all. */
static bool do_what_is_due(struct acg_publisher *pub, int64_t now_ms, struct acgp_token_action *action)
{
    while (acgp_token_cache_next(pub->tokens, now_ms, unix_s(pub), action)) {
        if (action->kind == ACGP_TOKEN_WAIT)
            return true;
        if (action->kind == ACGP_TOKEN_SEND)
            send_request(pub, now_ms, action);
        else if (action->kind == ACGP_TOKEN_READ)
            read_file(pub, now_ms, action);
        else
            run_program(pub, now_ms, action);
    }
    return false;
}

enum acg_status acgp_tokens_step(struct acg_publisher *pub, int64_t now_ms, struct acg_error *err)
{
    struct acgp_token_action action;
    bool waits = false;

    if (look_at_program(pub, now_ms))
        waits = do_what_is_due(pub, now_ms, &action);
    /* A login that ended in this very step: nothing else will tell those who wait, and they may want another.
     */
    while (!waits && pub->waiting != NULL && acgp_token_cache_idle(pub->tokens)) {
        acgp_waiting_step(pub, now_ms);
        waits = do_what_is_due(pub, now_ms, &action);
    }
    if (waits)
        return set_timer(pub, action.until_ms, err);
    return pub->program != NULL ? set_timer(pub, now_ms + ACGP_PROCESS_LOOK_MS, err) : ACG_OK;
}

void acgp_login_tell(struct acg_publish *publish, int64_t now_ms)
{
    const struct acgp_token_cache *tokens = publish->pub->tokens;
    const char *text = acgp_token_cache_login(tokens);

    if (publish->login_told || publish->done || publish->machine->ended)
        return;
    publish->login_told = true;
    if (text == NULL || acgp_token_cache_plain(tokens))
        return;
    acgp_work_notice(publish->machine, now_ms, acgp_strdup(text));
    acgp_make_due(publish);
}

const char *acg_publisher_login(const struct acg_publisher *pub)
{
    return acgp_token_cache_login(pub->tokens);
}
