/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/bearer.h"

#include "sim/jose.h"
#include "sim/jsonx.h"
#include "sim/text.h"
#include "sim/world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void forget_oldest(struct sim_tokens *t)
{
    struct sim_token *old = t->oldest;
    t->oldest = old->next;
    if (!t->oldest)
        t->newest = NULL;
    t->count--;
    sim_map_take(&t->by_text, old->text);
    free(old->text);
    free(old->owner);
    free(old);
}

const struct sim_token *sim_token_issue(struct sim_world *w, const json_t *owner, bool for_arm,
                                        int64_t lifetime_s)
{
    struct sim_tokens *t = &w->tokens;
    if (t->count == SIM_TOKENS_MAX)
        forget_oldest(t);
    int64_t length = sim_int_at(w->settings, "tokens.length", 1400);
    const char *id = sim_text_at(owner, "client_id");
    struct sim_token *token = sim_alloc(sizeof *token);
    *token = (struct sim_token){.text = sim_alloc((size_t)length + 1),
                                .owner = sim_copy(id ? id : ""),
                                .for_arm = for_arm,
                                .expires_ms = sim_now(w) + sim_int_at(owner, "lifetime_s", lifetime_s) * 1000,
                                .uses_left = sim_int_at(owner, "uses", -1)};
    sim_random_text(token->text, (size_t)length);
    *(t->newest ? &t->newest->next : &t->oldest) = token;
    t->newest = token;
    t->count++;
    t->issued++;
    sim_map_put(&t->by_text, token->text, token);
    return token;
}

size_t sim_tokens_revoke(struct sim_world *w, const char *owner, bool with_claims)
{
    size_t n = 0;
    for (struct sim_token *t = w->tokens.oldest; t; t = t->next)
        if (!t->revoked && (!owner || sim_same(t->owner, owner))) {
            t->revoked = true;
            t->with_claims = with_claims;
            n++;
        }
    return n;
}

/* ARM's 401: the shape of the header is what clients without a tenant read it from. */
static bool challenge(const struct sim_world *w, const struct sim_request *req, struct sim_reply *reply,
                      const char *code, const char *text)
{
    const char *tenant = json_string_value(json_array_get(sim_at(w->settings, "tokens.tenants"), 0));
    char *value =
        sim_format("Bearer authorization_uri=\"%s/%s\", error=\"invalid_token\", error_description=\"%s\"",
                   req->base, tenant ? tenant : "common", text);
    sim_fail(reply, 401, code, "%s", text);
    sim_reply_header(reply, "WWW-Authenticate", value);
    sim_reply_header(reply, "x-ms-failure-cause", "gateway");
    free(value);
    return false;
}

/* Continuous access evaluation: only a token asked for with these claims is newer than the revocation. */
static bool claims_challenge(const struct sim_world *w, const struct sim_request *req,
                             struct sim_reply *reply)
{
    char *claims = sim_format("{\"access_token\":{\"nbf\":{\"essential\":true,\"value\":\"%" PRId64 "\"}}}",
                              sim_now(w) / 1000);
    char *encoded = sim_base64url(claims, strlen(claims));
    challenge(w, req, reply, "TokenCreatedWithOutdatedPolicies",
              "The access token has been revoked. A token with the claims of the challenge is needed.");
    const char *tenant = json_string_value(json_array_get(sim_at(w->settings, "tokens.tenants"), 0));
    char *value = sim_format(
        "Bearer realm=\"\", authorization_uri=\"%s/%s\", error=\"insufficient_claims\", claims=\"%s\"",
        req->base, tenant ? tenant : "common", encoded);
    sim_reply_header(reply, "WWW-Authenticate", value);
    free(value);
    free(encoded);
    free(claims);
    return false;
}

static bool use(const struct sim_world *w, const struct sim_request *req, struct sim_token *token,
                struct sim_reply *reply)
{
    if (token->uses_left == 0)
        token->revoked = true;
    if (token->revoked)
        return token->with_claims ? claims_challenge(w, req, reply)
                                  : challenge(w, req, reply, "InvalidAuthenticationToken",
                                              "The access token has been revoked.");
    if (token->uses_left > 0)
        token->uses_left--;
    return true;
}

bool sim_token_accepts(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply)
{
    if (!req->authorization)
        return challenge(w, req, reply, "AuthenticationFailed",
                         "Authentication failed. The 'Authorization' header is missing.");
    if (!sim_starts(req->authorization, "Bearer "))
        return challenge(
            w, req, reply, "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is provided in an invalid format.");
    struct sim_token *token = sim_map_get(&w->tokens.by_text, req->authorization + 7);
    if (!token)
        return challenge(w, req, reply, "InvalidAuthenticationToken", "The access token is invalid.");
    if (!token->for_arm)
        return challenge(w, req, reply, "InvalidAuthenticationTokenAudience",
                         "The access token has been obtained for the wrong audience or resource.");
    if (token->expires_ms <= sim_now(w))
        return challenge(w, req, reply, "ExpiredAuthenticationToken",
                         "The access token expiry is earlier than the current time.");
    return use(w, req, token, reply);
}

void sim_tokens_done(struct sim_tokens *t)
{
    while (t->oldest)
        forget_oldest(t);
    sim_map_done(&t->by_text);
}
