/* SPDX-License-Identifier: MPL-2.0 */
/* Logins at the token service: the proof is at hand, is read or signed, or is made by a build service. */
#include <string.h>

#include "auth/assertion.h"
#include "auth/login.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "http/url.h"

static bool build_service(enum acgp_kind kind)
{
    return kind == ACGP_KIND_GITHUB || kind == ACGP_KIND_DEVOPS;
}

/* The proof is not at hand: one step before the exchange brings it. */
static bool fetches(const struct acgp_login *l)
{
    enum acgp_kind kind = l->source->kind;

    return l->step == 0 &&
           (build_service(kind) || kind == ACGP_KIND_CERTIFICATE || kind == ACGP_KIND_TOKEN_FILE);
}

static enum acg_status ask_file(struct acgp_login *l)
{
    l->ask.want = ACGP_LOGIN_READ;
    l->ask.path = l->source->path;
    l->ask.max = ACGP_LOGIN_FILE_MAX;
    return ACG_OK;
}

/* "URL?api-version=7.1&serviceConnectionId=ID", "URL&audience=NAME". */
static char *mint_url(const struct acg_credential *c)
{
    const char *name = c->kind == ACGP_KIND_GITHUB ? "audience=" : "api-version=7.1&serviceConnectionId=";
    struct acgp_buf b;
    char *url = NULL;

    acgp_buf_init(&b, ACGP_URL_MAX);
    if (acgp_buf_text(&b, c->request_url) &&
        acgp_buf_printf(&b, "%s%s", strchr(c->request_url, '?') != NULL ? "&" : "?", name) &&
        acgp_url_append_value(&b, acgp_span(c->query)))
        url = acgp_buf_take(&b);
    acgp_buf_done(&b);
    return url;
}

static enum acg_status ask_build_service(struct acgp_login *l, struct acg_error *err)
{
    const struct acg_credential *c = l->source;
    bool github = c->kind == ACGP_KIND_GITHUB;
    char *url = mint_url(c), *empty = github ? NULL : acgp_strdup("");

    l->ask.want = ACGP_LOGIN_SEND;
    l->ask.message = (struct acgp_request){.method = github ? ACGP_GET : ACGP_POST,
                                           .url = url,
                                           .body = empty,
                                           .content_type = github ? NULL : "application/json"};
    l->ask.key_name = "Authorization: Bearer ";
    l->ask.key = &c->secret;
    l->ask.header = github ? NULL : "X-TFS-FedAuthRedirect: Suppress";
    return url == NULL || (!github && empty == NULL) ? acgp_fail_nomem(err) : ACG_OK;
}

static enum acg_status sign(struct acgp_login *l, struct acg_error *err)
{
    const struct acg_credential *c = l->source;
    struct acgp_assertion_facts facts = {.client_id = c->client_id,
                                         .audience = c->token_url,
                                         .now_unix_s = l->moment.unix_s,
                                         .random = {l->moment.random[0], l->moment.random[1]},
                                         .rs256 = c->rs256,
                                         .send_chain = c->send_chain};
    struct acgp_secret assertion = {NULL, 0};
    enum acg_status status = acgp_assertion_make(&l->key, &c->password, &facts, &assertion, err);

    if (status == ACG_OK)
        acgp_secret_move(&l->key, &assertion);
    return status;
}

/* What proves who asks; NULL: the client secret. */
static const struct acgp_secret *proof_of(const struct acgp_login *l)
{
    switch (l->source->kind) {
    case ACGP_KIND_SECRET:
        return NULL;
    case ACGP_KIND_JWT:
        return &l->source->secret;
    default:
        return &l->key;
    }
}

static enum acg_status ask_token(struct acgp_login *l, struct acg_error *err)
{
    enum acg_status status = l->source->kind == ACGP_KIND_CERTIFICATE ? sign(l, err) : ACG_OK;

    if (status == ACG_OK)
        status =
            acgp_token_request_make(l->source, l->audience, proof_of(l), &l->ask.message, &l->ask.form, err);
    if (status == ACG_ERR_ARGUMENT && l->source->kind == ACGP_KIND_TOKEN_FILE)
        return acgp_fail_field(err, status, "oidc_token_file_path", "%s holds no token", l->source->path);
    l->ask.want = ACGP_LOGIN_SEND;
    return status;
}

static enum acg_status ask(struct acgp_login *l, struct acg_error *err)
{
    if (!fetches(l))
        return ask_token(l, err);
    return build_service(l->source->kind) ? ask_build_service(l, err) : ask_file(l);
}

static const char *mint_advice(const struct acgp_login *l, int status)
{
    if (l->source->kind == ACGP_KIND_DEVOPS)
        return status == 404 ? "check service_connection_id"
                             : "let the pipeline use the service connection, and map its token: env: "
                               "SYSTEM_ACCESSTOKEN: $(System.AccessToken)";
    return "the job needs `permissions: id-token: write`, and the request token is good only while it runs";
}

static enum acgp_login_next on_minted(struct acgp_login *l, const struct acgp_response *r)
{
    bool github = l->source->kind == ACGP_KIND_GITHUB;
    enum acgp_outcome outcome = acgp_outcome_of_status(r->status);
    enum acg_status status = ACG_ERR_AUTH;

    if (r->status == 200) {
        status = acgp_token_take(acgp_buf_view(&r->body), github ? "value" : "oidcToken", &l->key);
        if (status == ACG_OK)
            return acgp_login_step(l);
    } else if (outcome != ACGP_OUTCOME_FINAL) {
        status = ACG_ERR_TEMPORARY;
    }
    if (status == ACG_ERR_NOMEM)
        acgp_fail_nomem(&l->error);
    else
        acgp_fail_field(&l->error, status, "oidc_request_url", "%s gave no token for the login (HTTP %d); %s",
                        github ? "GitHub" : "Azure DevOps", r->status, mint_advice(l, r->status));
    l->error.http_status = r->status;
    return acgp_login_fail(l, outcome);
}

/* What a field of the error is called where the proof is no client secret. */
static void point_at_proof(struct acgp_login *l)
{
    if (l->source->kind == ACGP_KIND_CERTIFICATE && acgp_equal(l->error.field, "client_secret"))
        acgp_error_text(l->error.field, sizeof l->error.field, "client_cert_path");
}

static enum acgp_login_next on_response(struct acgp_login *l, const struct acgp_response *r)
{
    const struct acgp_secret *proof = proof_of(l);
    enum acgp_outcome outcome = ACGP_OUTCOME_FINAL;

    if (fetches(l))
        return on_minted(l, r);
    if (acgp_token_answer_read(proof != NULL ? proof : &l->source->secret, r, &l->token, &outcome,
                               &l->error) == ACG_OK)
        return acgp_login_succeed(l);
    point_at_proof(l);
    return acgp_login_fail(l, outcome);
}

const struct acgp_source acgp_source_principal = {ask, on_response, NULL};
