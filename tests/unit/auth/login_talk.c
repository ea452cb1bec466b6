/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <stdio.h>

#include "answer.h"
#include "base/error.h"
#include "login_talk.h"

const char TALK_TENANT[] = "11111111-2222-3333-4444-555555555555";
const char TALK_CLIENT[] = "66666666-7777-8888-9999-000000000000";
const char TALK_TOKEN_URL[] =
    "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token";

struct talk talk_begin(struct acg_credential *credential)
{
    struct talk t = {.now_ms = 1000, .unix_s = 1700000000};

    assert_int_equal(acgp_token_cache_new(credential, "https://management.azure.com", 7, &t.cache, NULL),
                     ACG_OK);
    acg_credential_free(credential); /* the cache has a hold of its own */
    return t;
}

void talk_end(struct talk *t)
{
    acgp_token_cache_free(t->cache);
}

enum acgp_token_state talk_ask(struct talk *t)
{
    return acgp_token_cache_ask(t->cache, t->now_ms, 0, &t->token, &t->err);
}

static void next(struct talk *t, enum acgp_token_action_kind kind)
{
    if (!acgp_token_cache_next(t->cache, t->now_ms, t->unix_s, &t->act)) {
        (void)talk_ask(t);
        fail_msg("nothing is wanted; the last error: %s: %s", t->err.field, t->err.message);
    }
    assert_int_equal(t->act.kind, kind);
    assert_true(t->act.until_ms > t->now_ms);
}

static void same(const char *have, const char *want)
{
    assert_int_equal(have == NULL, want == NULL);
    if (want != NULL)
        assert_string_equal(have, want);
}

void talk_wants_request(struct talk *t, enum acgp_method method, const char *url, const char *header,
                        const char *key, const char *form)
{
    char line[512];
    const struct acgp_login_ask *ask = NULL;

    next(t, ACGP_TOKEN_SEND);
    ask = t->act.ask;
    assert_string_equal(t->act.message->url, url);
    assert_int_equal(t->act.message->method, method);
    same(ask->header, header);
    same(t->act.form != NULL ? acgp_secret_expose(t->act.form).data : NULL, form);
    if (ask->key_name != NULL)
        snprintf(line, sizeof line, "%s%s", ask->key_name, acgp_secret_expose(ask->key).data);
    same(ask->key_name != NULL ? line : NULL, key);
}

void talk_wants_exchange(struct talk *t, const char *assertion)
{
    char form[1024];

    snprintf(
        form, sizeof form,
        "grant_type=client_credentials&client_id=%s&scope=https%%3A%%2F%%2Fmanagement.azure.com%%2F.default"
        "&client_assertion_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Aclient-assertion-type%%3Ajwt-bearer"
        "&client_assertion=%s",
        TALK_CLIENT, assertion);
    talk_wants_request(t, ACGP_POST, TALK_TOKEN_URL, NULL, NULL, form);
    assert_string_equal(t->act.message->content_type, "application/x-www-form-urlencoded");
}

void talk_wants_file(struct talk *t, const char *path)
{
    next(t, ACGP_TOKEN_READ);
    assert_string_equal(t->act.ask->path, path);
    assert_true(t->act.ask->max > 0);
}

void talk_wants_program(struct talk *t, const char *words)
{
    char line[512] = "";

    next(t, ACGP_TOKEN_RUN);
    for (const char *const *word = t->act.ask->argv; *word != NULL; word++)
        snprintf(line + strlen(line), sizeof line - strlen(line), "%s%s", line[0] ? " " : "", *word);
    assert_string_equal(line, words);
}

void talk_wants_nothing(struct talk *t)
{
    struct acgp_token_action act;

    assert_false(acgp_token_cache_next(t->cache, t->now_ms, t->unix_s, &act));
}

void talk_waits(struct talk *t)
{
    next(t, ACGP_TOKEN_WAIT);
    t->now_ms = t->act.until_ms;
}

void talk_answers_with(struct talk *t, int status, const char *body, const char *name, const char *value)
{
    struct acgp_response r;

    test_answer(&r, status, body);
    if (name != NULL)
        assert_true(acgp_response_header_add(&r, (struct acg_span){name, strlen(name)},
                                             (struct acg_span){value, strlen(value)}));
    acgp_token_cache_on_response(t->cache, t->now_ms, t->unix_s, t->act.attempt, &r);
    acgp_response_done(&r);
}

void talk_answers(struct talk *t, int status, const char *body)
{
    talk_answers_with(t, status, body, NULL, NULL);
}

void talk_loses(struct talk *t, enum acgp_failure_kind kind)
{
    struct acgp_failure failure = {.kind = kind};

    acgp_fail(&failure.error, ACG_ERR_TRANSPORT, "it cannot be reached");
    acgp_token_cache_on_failure(t->cache, t->now_ms, t->act.attempt, &failure);
}

void talk_gives_file(struct talk *t, const char *bytes, const char *failure)
{
    struct acgp_secret secret = {NULL, 0};

    if (failure == NULL)
        assert_true(acgp_secret_set(&secret, (struct acg_span){bytes, strlen(bytes)}));
    acgp_token_cache_on_file(t->cache, t->now_ms, t->unix_s, t->act.attempt, &secret, failure);
    assert_true(acgp_secret_empty(&secret)); /* it was given */
}

void talk_program_ends(struct talk *t, int exit_code, const char *output, const char *complaint)
{
    struct acgp_run run = {.end = ACGP_RUN_ENDED,
                           .exit_code = exit_code,
                           .output = {output, strlen(output)},
                           .complaint = complaint};

    acgp_token_cache_on_run(t->cache, t->now_ms, t->unix_s, t->act.attempt, &run);
}

void talk_has_token(struct talk *t, const char *token)
{
    if (talk_ask(t) != ACGP_TOKEN_READY)
        fail_msg("no token: %s: %s", t->err.field, t->err.message);
    assert_string_equal(acgp_secret_expose(t->token.value).data, token);
}

void talk_failed(struct talk *t, enum acg_status status, const char *field, const char *part)
{
    assert_int_equal(talk_ask(t), ACGP_TOKEN_FAILED);
    if (strstr(t->err.message, part) == NULL)
        fail_msg("\"%s\" does not hold \"%s\"", t->err.message, part);
    assert_string_equal(t->err.field, field);
    assert_int_equal(t->err.status, status);
}
