/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/login.h"

#include <string.h>

#include "auth/assertion.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"

/* Eight sources with a sentence each. */
enum { TRIED_MAX = 1500 };

static const struct acgp_source *source_of(const struct acgp_login *l)
{
    if (acgp_kind_principal(l->source->kind))
        return &acgp_source_principal;
    return l->source->kind == ACGP_KIND_CLI ? &acgp_source_cli : &acgp_source_identity;
}

static void end_ask(struct acgp_login *l)
{
    acgp_request_done(&l->ask.message);
    acgp_secret_done(&l->ask.form);
    l->ask = (struct acgp_login_ask){.want = 0};
}

void acgp_login_init(struct acgp_login *l, const struct acg_credential *credential, const char *audience)
{
    *l = (struct acgp_login){.top = credential, .source = credential, .audience = audience};
    acgp_buf_init(&l->tried, TRIED_MAX);
}

static void clear(struct acgp_login *l)
{
    end_ask(l);
    acgp_secret_done(&l->key);
    acgp_secret_done(&l->token.value);
    acgp_free(l->path);
    l->path = NULL;
    l->step = 0;
    l->absent = false;
    l->wait_ms = 0;
}

void acgp_login_done(struct acgp_login *l)
{
    clear(l);
    acgp_buf_done(&l->tried);
}

/* Fill the next ask. */
static enum acg_status ask(struct acgp_login *l)
{
    end_ask(l);
    l->outcome = ACGP_OUTCOME_FINAL;
    l->absent = false;
    return source_of(l)->ask(l, &l->error);
}

static void take_link(struct acgp_login *l, size_t link)
{
    clear(l);
    l->link = link;
    l->source = l->top->kind == ACGP_KIND_CHAIN ? l->top->links[link] : l->top;
    l->seeking = l->top->kind == ACGP_KIND_CHAIN && !l->pinned;
}

enum acg_status acgp_login_begin(struct acgp_login *l, const struct acgp_login_moment *moment,
                                 struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    l->moment = *moment;
    acgp_buf_clear(&l->tried);
    take_link(l, l->pinned ? l->link : 0);
    status = ask(l);
    if (status != ACG_OK && err != NULL)
        *err = l->error;
    return status;
}

enum acgp_login_next acgp_login_fail(struct acgp_login *l, enum acgp_outcome outcome)
{
    l->outcome = outcome;
    return ACGP_LOGIN_FAILED;
}

enum acgp_login_next acgp_login_absent(struct acgp_login *l)
{
    l->absent = true;
    return ACGP_LOGIN_FAILED;
}

enum acgp_login_next acgp_login_succeed(struct acgp_login *l)
{
    end_ask(l);
    acgp_secret_done(&l->key);
    l->pinned = true;
    return ACGP_LOGIN_TOKEN;
}

enum acgp_login_next acgp_login_step(struct acgp_login *l)
{
    l->step++;
    return ask(l) == ACG_OK ? ACGP_LOGIN_MORE : ACGP_LOGIN_FAILED;
}

/* All sources were passed over: say of each why. */
static enum acgp_login_next none_left(struct acgp_login *l)
{
    acgp_fail(&l->error, ACG_ERR_AUTH,
              "nothing to log in with was found: %s; set AZURE_TENANT_ID, AZURE_CLIENT_ID and "
              "AZURE_CLIENT_SECRET, or run `az login`",
              l->tried.len != 0 ? l->tried.data : "no source");
    l->absent = false;
    return acgp_login_fail(l, ACGP_OUTCOME_FINAL);
}

/* A source of a chain that is not there gives way to the next. */
static enum acgp_login_next settle(struct acgp_login *l, enum acgp_login_next next)
{
    while (next == ACGP_LOGIN_FAILED && l->absent && l->seeking) {
        (void)acgp_buf_printf(&l->tried, "%s%s: %s", l->tried.len != 0 ? "; " : "",
                              acgp_kind_name(l->source->kind), l->error.message);
        if (l->link + 1 == l->top->link_count)
            return none_left(l);
        take_link(l, l->link + 1);
        next = ask(l) == ACG_OK ? ACGP_LOGIN_MORE : ACGP_LOGIN_FAILED;
    }
    return next;
}

enum acgp_login_next acgp_login_on_response(struct acgp_login *l, int64_t now_unix_s,
                                            const struct acgp_response *response)
{
    l->moment.unix_s = now_unix_s;
    l->wait_ms = acgp_retry_wait_ms(response, now_unix_s);
    return settle(l, source_of(l)->on_response(l, response));
}

/* The endpoint of this machine's identity; anything else that cannot be reached is down, not absent. */
static bool is_elsewhere(const struct acgp_login *l, const struct acgp_failure *failure)
{
    return l->source->kind == ACGP_KIND_IMDS && l->seeking &&
           (failure->kind == ACGP_FAILURE_NOT_SENT || failure->kind == ACGP_FAILURE_LOST) &&
           failure->error.status != ACG_ERR_NOMEM;
}

enum acgp_login_next acgp_login_on_failure(struct acgp_login *l, const struct acgp_failure *failure)
{
    l->error = failure->error;
    l->wait_ms = 0;
    if (is_elsewhere(l, failure))
        return settle(l, acgp_login_absent(l));
    return acgp_login_fail(l, acgp_outcome_of_failure(failure->kind));
}

enum acgp_login_next acgp_login_on_file(struct acgp_login *l, int64_t now_unix_s, struct acgp_secret *bytes,
                                        const char *failure)
{
    const char *field = l->source->kind == ACGP_KIND_CERTIFICATE  ? "client_cert_path"
                        : l->source->kind == ACGP_KIND_TOKEN_FILE ? "oidc_token_file_path"
                                                                  : "";
    l->moment.unix_s = now_unix_s;
    if (failure != NULL) {
        acgp_fail_field(&l->error, ACG_ERR_ARGUMENT, field, "%s %s", l->ask.path, failure);
        return acgp_login_fail(l, ACGP_OUTCOME_FINAL);
    }
    acgp_secret_move(&l->key, bytes);
    return acgp_login_step(l);
}

/* The first line of what a program said. */
static int first_line(const char *text)
{
    size_t n = strcspn(text, "\r\n");

    return n > 300 ? 300 : (int)n;
}

enum acgp_login_next acgp_login_on_run(struct acgp_login *l, int64_t now_unix_s, const struct acgp_run *run)
{
    const char *name = l->ask.argv[0];

    l->moment.unix_s = now_unix_s;
    if (run->end == ACGP_RUN_ENDED && run->exit_code == 0)
        return settle(l, source_of(l)->on_output(l, run->output));
    switch (run->end) {
    case ACGP_RUN_MISSING:
        acgp_fail(&l->error, ACG_ERR_AUTH, "%s is in no absolute folder of PATH", name);
        break;
    case ACGP_RUN_LATE:
        acgp_fail(&l->error, ACG_ERR_AUTH, "%s did not answer in time, and was ended", name);
        break;
    case ACGP_RUN_TOO_MUCH:
        acgp_fail(&l->error, ACG_ERR_PROTOCOL, "%s wrote more than %d KiB, and was ended", name,
                  ACGP_LOGIN_OUTPUT_MAX / 1024);
        break;
    case ACGP_RUN_ENDED:
        acgp_fail(&l->error, ACG_ERR_AUTH, "%s ended with %d: %.*s", name, run->exit_code,
                  first_line(run->complaint), run->complaint);
        break;
    case ACGP_RUN_BROKEN:
        acgp_fail(&l->error, ACG_ERR_INTERNAL, "%s could not be started: %s", name, run->complaint);
        break;
    }
    return settle(l, acgp_login_absent(l));
}

static char *jwt_text(const struct acgp_login *l, const char *from)
{
    int64_t until_s = 0;

    if (!acgp_jwt_expiry(&l->source->secret, &until_s) || until_s <= l->moment.unix_s)
        return acgp_printf("login: federated token%s; it cannot be renewed once that token has expired",
                           from);
    return acgp_printf("login: federated token%s; it can be renewed for %lld more minutes, until that token "
                       "expires",
                       from, (long long)(until_s - l->moment.unix_s) / 60);
}

static const char *prospect(enum acgp_kind kind)
{
    switch (kind) {
    case ACGP_KIND_CERTIFICATE:
        return "; it renews itself, with the file as it is then";
    case ACGP_KIND_TOKEN_FILE:
        return "; it renews itself, and reads the token file each time";
    case ACGP_KIND_GITHUB:
    case ACGP_KIND_DEVOPS:
        return "; it renews itself while the job runs, with a new token each time";
    case ACGP_KIND_CLI:
        return "; how often az can renew it depends on its own login";
    default:
        return "; it renews itself";
    }
}

char *acgp_login_text(const struct acgp_login *l, int64_t lifetime_ms)
{
    const char *variable = l->source->variable;
    char from[80] = "";

    if (variable != NULL && strlen(variable) < 70) {
        memcpy(from, " of ", 4);
        memcpy(from + 4, variable, strlen(variable) + 1);
    }
    if (l->source->kind == ACGP_KIND_JWT)
        return jwt_text(l, from);
    if (l->source->kind == ACGP_KIND_CLI)
        return acgp_printf("login: Azure CLI%s; this token lasts %lld minutes%s", from,
                           (long long)lifetime_ms / 60000, prospect(ACGP_KIND_CLI));
    return acgp_printf("login: %s%s%s", acgp_kind_name(l->source->kind), from, prospect(l->source->kind));
}
