/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/assertion.h"

#include "sim/clock.h"
#include "sim/jose.h"
#include "sim/jsonx.h"
#include "sim/keys.h"
#include "sim/text.h"
#include "sim/token.h"
#include "sim/world.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Codes and texts are those of public reports; README.md lists which are ours. */

enum {
    LONGEST_S = 3600,      /* older clients ask for an hour; Microsoft's page says five to ten minutes */
    LATEST_S = 2147483647, /* no client writes a date beyond 2038 into an assertion */
    SKEW_S = 300           /* how far a client's clock may be ahead */
};

static const char type[] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

int64_t sim_assertion_now(const struct sim_world *w)
{
    return sim_wall_ms() / 1000 + sim_int_at(w->settings, "tokens.clock_offset_s", 0);
}

static bool refuse(const struct sim_assertion *a, int code, const char *text)
{
    bool malformed = code == 50027 || code == 5002730 || code == 70021 || code == 9002313 || code == 900144;
    sim_token_refuse(a->w, a->reply, malformed ? 400 : 401, malformed ? "invalid_request" : "invalid_client",
                     code, text);
    return false;
}

static bool refuse_owned(const struct sim_assertion *a, int code, char *text)
{
    refuse(a, code, text);
    free(text);
    return false;
}

static bool checked(const struct sim_assertion *a, const char *what)
{
    sim_login_checked(a->reply, what);
    return true;
}

/* --- the application's own certificate --- */

/* A thumbprint in the header: -1 absent, 0 another's, 1 this certificate's. */
static int thumbprint(const struct sim_jwt *jwt, const char *name, const unsigned char *digest, size_t size)
{
    const json_t *given = json_object_get(jwt->header, name);
    const char *text = json_string_value(given);
    if (!given)
        return -1;
    size_t n = 0;
    unsigned char *bytes =
        text ? sim_base64_decode(text, strlen(text), SIM_BASE64_URL | SIM_BASE64_PADDED, &n) : NULL;
    if (!bytes && text) /* one client writes standard base64 */
        bytes = sim_base64_decode(text, strlen(text), SIM_BASE64_PLAIN | SIM_BASE64_PADDED, &n);
    bool same = bytes && n == size && memcmp(bytes, digest, size) == 0;
    free(bytes);
    return same;
}

/* The application's certificate that all thumbprints of the header name. kid counts when there is no other:
 * one client writes the SHA-1 thumbprint there. */
static struct sim_app_certificate *find_certificate(const struct sim_assertion *a, const struct sim_jwt *jwt)
{
    const char *client_id = sim_text_at(a->client, "client_id");
    struct sim_app_certificate *c = a->w->keys.certificates;
    for (; c; c = c->next) {
        int old = thumbprint(jwt, "x5t", c->sha1, SIM_SHA1);
        int new = thumbprint(jwt, "x5t#S256", c->sha256, SIM_SHA256);
        int kid = old < 0 && new < 0 ? thumbprint(jwt, "kid", c->sha1, SIM_SHA1) : -1;
        if (sim_same(c->client_id, client_id) && old && new &&kid && (old > 0 || new > 0 || kid > 0))
            return c;
    }
    return NULL;
}

static X509 *decode_certificate(const json_t *given)
{
    const char *text = json_string_value(given);
    size_t n = 0;
    unsigned char *der = text ? sim_base64_decode(text, strlen(text),
                                                  SIM_BASE64_PLAIN | SIM_BASE64_PADDED | SIM_BASE64_LINES, &n)
                              : NULL;
    const unsigned char *at = der;
    X509 *out = der ? d2i_X509(NULL, &at, (long)n) : NULL;
    if (out && at != der + n) {
        X509_free(out);
        out = NULL;
    }
    free(der);
    return out;
}

/* x5c, when sent: certificates, the registered one first. */
static bool check_chain(const struct sim_assertion *a, const struct sim_jwt *jwt,
                        const struct sim_app_certificate *c)
{
    const json_t *chain = json_object_get(jwt->header, "x5c"), *each;
    bool ok = json_is_array(chain) && json_array_size(chain) > 0;
    size_t i;
    if (!chain)
        return true;
    json_array_foreach(chain, i, each)
    {
        X509 *certificate = decode_certificate(each);
        ok = ok && certificate && (i || X509_cmp(certificate, c->certificate) == 0);
        X509_free(certificate);
    }
    return ok ? checked(a, "x5c")
              : refuse(
                    a, 700027,
                    "Client assertion failed signature validation. [Reason - The certificate chain in x5c is "
                    "not that of the key.]");
}

static bool check_certificate_dates(const struct sim_assertion *a, const struct sim_app_certificate *c)
{
    time_t now = (time_t)sim_assertion_now(a->w);
    if (X509_cmp_time(X509_get0_notBefore(c->certificate), &now) < 0 &&
        X509_cmp_time(X509_get0_notAfter(c->certificate), &now) > 0)
        return checked(a, "certificate dates");
    return refuse(a, 700027,
                  "Client assertion failed signature validation. [Reason - The key used is expired.]");
}

static bool check_key(const struct sim_assertion *a, const struct sim_jwt *jwt)
{
    const char *sha1 = sim_text_at(jwt->header, "x5t"), *sha256 = sim_text_at(jwt->header, "x5t#S256");
    if (!sha1 && !sha256 && !sim_text_at(jwt->header, "kid"))
        return refuse(a, 50027, "Invalid JWT token. No certificate thumbprint specified in token header.");
    const struct sim_app_certificate *c = find_certificate(a, jwt);
    if (!c)
        return refuse_owned(
            a, 700027,
            sim_format(
                "The certificate with identifier used to sign the client assertion is not registered on "
                "application. [Reason - The key was not found., Please visit the Azure Portal, Graph "
                "Explorer or directly use MS Graph to see configured keys for app Id '%s'.]",
                sim_text_at(a->client, "client_id")));
    checked(a, sha256 ? "x5t#S256" : sha1 ? "x5t" : "kid");
    if (!check_chain(a, jwt, c) || !check_certificate_dates(a, c))
        return false;
    if (!sim_jwt_verify(jwt, X509_get0_pubkey(c->certificate)))
        return refuse(
            a, 700027,
            "Client assertion failed signature validation. [Reason - The provided signature value did "
            "not match the expected signature value.]");
    return checked(a, "signature");
}

static bool check_audience(const struct sim_assertion *a, const struct sim_jwt *jwt)
{
    const json_t *given = json_object_get(jwt->claims, "aud");
    const char *aud = json_string_value(given);
    if (!aud) /* also a list is refused (reported) */
        return refuse(a, 50027, "JWT token is invalid or malformed.");
    char *place = sim_format("%s%s", a->req->base, a->req->path);
    char *whole = sim_format("%s?%s", place, a->req->query);
    bool same = strcmp(aud, place) == 0 || (*a->req->query && strcmp(aud, whole) == 0);
    free(place);
    free(whole);
    return same ? checked(a, "aud")
                : refuse(a, 700023, "Client assertion audience claim does not match Realm issuer.");
}

static bool check_parties(const struct sim_assertion *a, const struct sim_jwt *jwt)
{
    const char *iss = sim_text_at(jwt->claims, "iss"), *sub = sim_text_at(jwt->claims, "sub");
    if (!iss || !sub || strcmp(iss, sub) != 0)
        return refuse(a, 50048, "Subject must match the issuer claim in the client assertion.");
    if (!sim_same(iss, sim_text_at(a->client, "client_id")))
        return refuse(a, 700021,
                      "Client assertion application identifier doesn't match 'client_id' parameter.");
    return checked(a, "iss") && checked(a, "sub");
}

/* A time claim in seconds, whole or not (one client writes fractions); fallback when absent. False when it
 * is no number. */
static bool time_claim(const struct sim_jwt *jwt, const char *name, double fallback, double *out)
{
    const json_t *given = json_object_get(jwt->claims, name);
    *out = json_is_number(given) ? json_number_value(given) : fallback;
    return !given || json_is_number(given);
}

static bool outside(const struct sim_assertion *a, double from, double to)
{
    char now[SIM_STAMP_SIZE], first[SIM_STAMP_SIZE], last[SIM_STAMP_SIZE];
    sim_stamp(sim_assertion_now(a->w) * 1000, now);
    sim_stamp((int64_t)from * 1000, first);
    sim_stamp((int64_t)to * 1000, last);
    return refuse_owned(a, 700024,
                        sim_format("Client assertion is not within its valid time range. Current time: %s, "
                                   "assertion valid from %s, expiry time of assertion %s.",
                                   now, first, last));
}

/* nbf and iat may be absent, exp may not. longest 0: any. */
static bool check_times(const struct sim_assertion *a, const struct sim_jwt *jwt, int64_t longest)
{
    double now = (double)sim_assertion_now(a->w), from, made, to;
    bool numbers = time_claim(jwt, "nbf", 0, &from) && time_claim(jwt, "iat", now, &made) &&
                   time_claim(jwt, "exp", -1, &to);
    if (!numbers || to < 0 || to > LATEST_S || from < 0 || from > LATEST_S)
        return refuse(a, 50027, "JWT token is invalid or malformed.");
    if (to <= now || from > now + SKEW_S || made > now + SKEW_S || to <= from)
        return outside(a, from, to);
    if (longest && to > now + (double)longest + SKEW_S)
        return outside(a, from, to);
    return checked(a, "exp");
}

static bool check_once(const struct sim_assertion *a, const struct sim_jwt *jwt)
{
    const char *jti = sim_text_at(jwt->claims, "jti"), *iss = sim_text_at(jwt->claims, "iss");
    if (!jti || !*jti)
        return refuse(a, 50027, "JWT token is invalid or malformed. The claim 'jti' is missing.");
    if (sim_rule_on(a->w, "replay") && !sim_use_once(&a->w->keys, iss, jti))
        return refuse(a, 50013, "Assertion is invalid: it was used before.");
    return checked(a, "jti");
}

static bool check_certificate(const struct sim_assertion *a, const struct sim_jwt *jwt)
{
    const char *typ = sim_text_at(jwt->header, "typ");
    sim_login_kind(a->reply, "certificate");
    if (json_object_get(jwt->header, "typ") && !sim_same(typ, "JWT"))
        return refuse(a, 50027, "JWT token is invalid or malformed.");
    return check_key(a, jwt) && check_audience(a, jwt) && check_parties(a, jwt) &&
           check_times(a, jwt, LONGEST_S) && check_once(a, jwt);
}

/* --- a token of somebody else's --- */

static bool no_match(const struct sim_assertion *a, int code, const char *what, const char *value)
{
    return refuse_owned(
        a, code,
        sim_format(
            "No matching federated identity record found for presented assertion %s '%s'. Check your "
            "federated identity credential Subject, Audience and Issuer against the presented assertion. "
            "https://learn.microsoft.com/entra/workload-id/workload-identity-federation",
            what, value));
}

/* Kubernetes writes a list of one. */
static const char *only_audience(const struct sim_jwt *jwt)
{
    const json_t *aud = json_object_get(jwt->claims, "aud");
    if (json_is_array(aud) && json_array_size(aud) == 1)
        aud = json_array_get(aud, 0);
    return json_string_value(aud);
}

/* What a federated credential wants in its cloud unless it says otherwise. */
static const char *wanted_audience(const struct sim_world *w, const json_t *credential)
{
    const char *given = sim_text_at(credential, "audience"), *cloud = sim_text_at(w->settings, "cloud");
    return given                                  ? given
           : sim_same(cloud, "AzureUSGovernment") ? "api://AzureADTokenExchangeUSGov"
           : sim_same(cloud, "AzureChinaCloud")   ? "api://AzureADTokenExchangeChina"
                                                  : "api://AzureADTokenExchange";
}

/* A credential that was just made is not known everywhere: ready_ms after the simulator's start it is. */
static bool is_known(const struct sim_world *w, const json_t *credential)
{
    return sim_now(w) - w->clock.origin_unix_ms >= sim_int_at(credential, "ready_ms", 0);
}

static bool any_known(const struct sim_assertion *a)
{
    size_t i;
    const json_t *each;
    json_array_foreach(json_object_get(a->client, "federated"), i, each)
    {
        if (is_known(a->w, each))
            return true;
    }
    return false;
}

/* How far the best of the application's credentials agrees: 0 none, 1 issuer, 2 audience too, 3 all. Compared
 * with regard to case, as the service does. */
static int agreement(const struct sim_assertion *a, const char *iss, const char *aud, const char *sub)
{
    size_t i;
    const json_t *each;
    int best = 0;
    json_array_foreach(json_object_get(a->client, "federated"), i, each)
    {
        int n = strcmp(sim_text_at(each, "issuer"), iss) != 0    ? 0
                : strcmp(wanted_audience(a->w, each), aud) != 0  ? 1
                : strcmp(sim_text_at(each, "subject"), sub) != 0 ? 2
                                                                 : 3;
        best = n > best && is_known(a->w, each) ? n : best;
    }
    return best;
}

static bool check_credential(const struct sim_assertion *a, const char *iss, const char *aud, const char *sub)
{
    if (!any_known(a))
        return refuse_owned(a, 70021,
                            sim_format("No matching federated identity record found for presented assertion. "
                                       "Assertion Issuer: '%s'. Assertion Subject: '%s'. Assertion Audience: "
                                       "'%s'.",
                                       iss, sub, aud));
    switch (agreement(a, iss, aud, sub)) {
    case 0:
        return no_match(a, 700211, "issuer", iss);
    case 1:
        return no_match(a, 700212, "audience", aud);
    case 2:
        return no_match(a, 700213, "subject", sub);
    default:
        return checked(a, "iss") && checked(a, "aud") && checked(a, "sub");
    }
}

static bool check_issuer_key(const struct sim_assertion *a, const struct sim_jwt *jwt,
                             const struct sim_issuer *issuer)
{
    const char *kid = sim_text_at(jwt->header, "kid");
    if (!issuer->key || (issuer->kid && (!kid || strcmp(kid, issuer->kid) != 0)))
        return refuse(a, 700027,
                      "Client assertion contains an invalid signature. [Reason - The key was not found.]");
    checked(a, "kid");
    if (!sim_jwt_verify(jwt, issuer->key))
        return refuse(
            a, 700027,
            "Client assertion contains an invalid signature. [Reason - The provided signature value did "
            "not match the expected signature value.]");
    return checked(a, "signature");
}

static bool check_federated(const struct sim_assertion *a, const struct sim_jwt *jwt)
{
    const char *iss = sim_text_at(jwt->claims, "iss"), *sub = sim_text_at(jwt->claims, "sub");
    const char *aud = only_audience(jwt), *alg = sim_text_at(jwt->header, "alg");
    sim_login_kind(a->reply, "federated");
    if (!iss || !sub || !aud)
        return refuse(a, 50027, "JWT token is invalid or malformed.");
    if (strcmp(alg, "RS256") != 0) /* of others' tokens only this one is taken */
        return refuse(a, 5002730, "Invalid JWT token. Unsupported key for the signing algorithm.");
    if (!check_credential(a, iss, aud, sub))
        return false;
    const struct sim_issuer *issuer = sim_issuer_of(a->w, iss);
    return check_issuer_key(a, jwt, issuer) && check_times(a, jwt, 0) &&
           (!sim_true_at(issuer->settings, "single_use") || check_once(a, jwt));
}

static bool check_jwt(const struct sim_assertion *a, const struct sim_jwt *jwt)
{
    const char *alg = sim_text_at(jwt->header, "alg"), *client_id = sim_text_at(a->client, "client_id");
    if (!alg || (strcmp(alg, "RS256") != 0 && strcmp(alg, "PS256") != 0))
        return refuse(a, 5002730, "Invalid JWT token. Unsupported key for the signing algorithm.");
    char *what = sim_format("alg %s", alg);
    checked(a, what);
    free(what);
    bool own = sim_same(sim_text_at(jwt->claims, "iss"), client_id) ||
               sim_same(sim_text_at(jwt->claims, "sub"), client_id) || json_object_get(jwt->header, "x5t") ||
               json_object_get(jwt->header, "x5t#S256");
    return own ? check_certificate(a, jwt) : check_federated(a, jwt);
}

bool sim_assertion_check(const struct sim_assertion *a)
{
    const char *kind = sim_text_at(a->fields, "client_assertion_type");
    struct sim_jwt jwt;
    if (!kind)
        return refuse(a, 900144,
                      "The request body must contain the following parameter: 'client_assertion_type'.");
    if (strcmp(kind, type) != 0)
        return refuse(a, 9002313, "Invalid request. Request is malformed or invalid.");
    if (json_object_get(a->fields, "client_secret"))
        return refuse(a, 9002313, "Invalid request. Both a client assertion and a client secret are given.");
    if (!sim_jwt_parse(sim_text_at(a->fields, "client_assertion"), &jwt))
        return refuse(a, 50027, "JWT token is invalid or malformed.");
    bool ok = check_jwt(a, &jwt);
    sim_jwt_done(&jwt);
    return ok;
}
