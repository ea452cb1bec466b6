/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/token_request.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "base/wipe.h"
#include "http/url.h"
#include "json/decode.h"

/* RFC 6749 leaves expires_in open; this is what clients of the platform take then. A wrong guess costs one
 * 401. */
enum { LIFETIME_UNKNOWN_S = 3600 };
/* Managed identities get 24 hours, the longest there is; more than a week is taken for a week. */
enum { LIFETIME_MAX_S = 7 * 24 * 3600 };

/* What the form's names add to its values: those of an assertion are the longest. */
enum { FORM_NAMES_MAX = 256 };

/* Codes of the token service that say which field is wrong, or that another attempt may help. Causes and next
 * steps stand in report/catalogue.def. */
static const struct advice {
    int64_t code;
    enum acgp_outcome outcome; /* FINAL: as the HTTP status says */
    const char *field;
} advices[] = {
    {7000215, ACGP_OUTCOME_FINAL, "client_secret"},
    {7000222, ACGP_OUTCOME_FINAL, "client_secret"},
    {700016, ACGP_OUTCOME_FINAL, "client_id"},
    {90002, ACGP_OUTCOME_FINAL, "tenant_id"},
    {500011, ACGP_OUTCOME_FINAL, "audience"},
    {700027, ACGP_OUTCOME_FINAL, "client_cert_path"},
    {50196, ACGP_OUTCOME_FINAL, ""},
    {70021, ACGP_OUTCOME_NOT_YET, ""},
    {700211, ACGP_OUTCOME_NOT_YET, ""},
    {700213, ACGP_OUTCOME_NOT_YET, ""},
    {90033, ACGP_OUTCOME_SERVER, ""},
    {90055, ACGP_OUTCOME_SERVER, ""},
};

/* @param proof the value of the field that proves who asks. */
static void append_form(struct acgp_buf *b, const struct acg_credential *c, const char *audience,
                        const char *field, struct acg_span proof)
{
    acgp_buf_text(b, "grant_type=client_credentials&client_id=");
    acgp_url_append_value(b, acgp_span(c->client_id));
    acgp_buf_text(b, "&scope=");
    acgp_url_append_value(b, acgp_span(audience));
    acgp_url_append_value(b, acgp_span("/.default"));
    acgp_buf_text(b, field);
    acgp_url_append_value(b, proof);
}

/* All of the form's memory is taken at once: a buffer that grows would leave pieces of the secret behind. */
static bool make_form(const struct acg_credential *c, const char *audience, const char *field,
                      struct acg_span proof, struct acgp_secret *out)
{
    size_t texts = strlen(c->client_id) + strlen(audience) + proof.len;
    struct acgp_buf b;
    bool ok = false;

    acgp_buf_init(&b, 3 * texts + FORM_NAMES_MAX);
    if (acgp_buf_reserve(&b, b.max) != NULL) {
        append_form(&b, c, audience, field, proof);
        ok = !b.failed && acgp_secret_set(out, acgp_buf_view(&b));
    }
    acgp_buf_wipe(&b);
    return ok;
}

static bool visible(struct acg_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] <= 0x20 || text.data[i] >= 0x7f)
            return false;
    return text.len != 0;
}

enum acg_status acgp_token_request_make(const struct acg_credential *credential, const char *audience,
                                        const struct acgp_secret *assertion, struct acgp_request *out,
                                        struct acgp_secret *out_form, struct acg_error *err)
{
    const char *field = assertion == NULL ? "&client_secret="
                                          : "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-"
                                            "assertion-type%3Ajwt-bearer&client_assertion=";
    struct acg_span proof = acgp_secret_expose(assertion == NULL ? &credential->secret : assertion);
    char *url = NULL;

    if (assertion != NULL) {
        proof = acgp_span_trim(proof);
        if (!visible(proof))
            return acgp_fail(err, ACG_ERR_ARGUMENT,
                             "what was read is no token: one line of visible characters");
    }
    url = acgp_strdup(credential->token_url);
    if (url == NULL || !make_form(credential, audience, field, proof, out_form)) {
        acgp_free(url);
        return acgp_fail_nomem(err);
    }
    *out = (struct acgp_request){
        .method = ACGP_POST, .url = url, .content_type = "application/x-www-form-urlencoded"};
    return ACG_OK;
}

/* A token becomes part of a header line: visible ASCII only. */
static bool token_ok(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (*c <= 0x20 || *c >= 0x7f)
            return false;
    return text[0] != '\0';
}

/* A number, or the same number as text. @return false: something else stands there. */
static bool read_number(const json_t *value, int64_t otherwise, int64_t *out)
{
    *out = otherwise;
    if (json_is_integer(value))
        *out = json_integer_value(value);
    else if (json_is_string(value))
        return acgp_span_to_i64(acgp_span(json_string_value(value)), out);
    return value == NULL || json_is_integer(value) || json_is_null(value);
}

static bool read_lifetime(const json_t *doc, const struct acgp_token_words *words, int64_t now_unix_s,
                          int64_t *out_s)
{
    const json_t *lifetime = words->lifetime ? json_object_get(doc, words->lifetime) : NULL;
    const json_t *until = words->until ? json_object_get(doc, words->until) : NULL;
    int64_t s = 0;

    if (lifetime != NULL || until == NULL) {
        if (!read_number(lifetime, words->guess_s, &s))
            return false;
    } else if (!read_number(until, now_unix_s + words->guess_s, &s)) {
        s = words->guess_s; /* some hosts write a date here */
    } else {
        s -= now_unix_s;
    }
    *out_s = s > LIFETIME_MAX_S ? LIFETIME_MAX_S : s;
    return s > 0;
}

/* jansson frees its texts without wiping them. The document is ours alone, so its memory may be written. */
static void wipe_text(const json_t *value)
{
    union {
        const char *read;
        char *write;
    } text = {json_string_value(value)};

    if (text.read != NULL)
        acgp_wipe(text.write, json_string_length(value));
}

static const struct acgp_token_words oauth = {"the token service", "access_token", "token_type",
                                              "expires_in",        NULL,           LIFETIME_UNKNOWN_S};

static enum acg_status read_token(const json_t *doc, const struct acgp_token_words *words, int64_t now_unix_s,
                                  struct acgp_token *out, struct acg_error *err)
{
    const char *token = json_string_value(json_object_get(doc, words->token));
    const char *type = json_string_value(json_object_get(doc, words->type));
    int64_t lifetime_s = 0;

    if (token == NULL || !token_ok(token))
        return acgp_fail(err, ACG_ERR_PROTOCOL, "%s answered without a usable %s", words->who, words->token);
    if (type != NULL && !acgp_equal_nocase(type, "Bearer"))
        return acgp_fail(err, ACG_ERR_PROTOCOL, "%s gave a token that is not of type Bearer", words->who);
    if (!read_lifetime(doc, words, now_unix_s, &lifetime_s))
        return acgp_fail(err, ACG_ERR_PROTOCOL, "%s gave an %s that is no time in seconds", words->who,
                         words->lifetime != NULL ? words->lifetime : words->until);
    if (!acgp_secret_set(&out->value, acgp_span(token)))
        return acgp_fail_nomem(err);
    out->lifetime_ms = lifetime_s * 1000;
    return ACG_OK;
}

enum acg_status acgp_token_read(struct acg_span text, const struct acgp_token_words *words,
                                int64_t now_unix_s, struct acgp_token *out, struct acg_error *err)
{
    json_t *doc = NULL;
    enum acg_status status = acgp_json_parse(text, &doc, err);

    if (status == ACG_OK)
        status = read_token(doc, words, now_unix_s, out, err);
    else if (status != ACG_ERR_NOMEM)
        status = acgp_fail(err, ACG_ERR_PROTOCOL, "%s did not answer with JSON", words->who);
    wipe_text(json_object_get(doc, words->token));
    json_decref(doc);
    return status;
}

enum acg_status acgp_token_take(struct acg_span text, const char *member, struct acgp_secret *out)
{
    json_t *doc = NULL;
    enum acg_status status = acgp_json_parse(text, &doc, NULL);
    const char *value = json_string_value(json_object_get(doc, member));

    if (status == ACG_OK)
        status = value == NULL || !token_ok(value)        ? ACG_ERR_PROTOCOL
                 : acgp_secret_set(out, acgp_span(value)) ? ACG_OK
                                                          : ACG_ERR_NOMEM;
    wipe_text(json_object_get(doc, member));
    json_decref(doc);
    return status;
}

/* error_codes[0], else the number that the description begins with; 0: none. */
static int64_t read_code(const json_t *doc, const char *description)
{
    const json_t *first = json_array_get(json_object_get(doc, "error_codes"), 0);
    struct acg_span text = acgp_span(description), prefix = acgp_span("AADSTS");
    uint64_t code = 0;

    if (json_is_integer(first) && json_integer_value(first) > 0)
        return json_integer_value(first);
    if (!acgp_span_starts_nocase(text, prefix))
        return 0;
    text = acgp_span_of(text.data + prefix.len, text.len - prefix.len);
    return acgp_span_to_u64(acgp_span_cut(&text, ':'), &code) && code <= INT64_MAX ? (int64_t)code : 0;
}

static const struct advice *find_advice(int64_t code)
{
    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++)
        if (advices[i].code == code)
            return &advices[i];
    return NULL;
}

/* The description's own words: without the code before and the trace ids behind. */
static struct acg_span plain_words(const char *description)
{
    struct acg_span words = acgp_span(description);
    const char *trace = strstr(description, "Trace ID:");
    const char *colon = strchr(description, ':');

    if (trace != NULL)
        words.len = (size_t)(trace - description);
    if (acgp_span_starts_nocase(words, acgp_span("AADSTS")) && colon != NULL &&
        (trace == NULL || colon < trace)) {
        words.len -= (size_t)(colon + 1 - words.data);
        words.data = colon + 1;
    }
    return acgp_span_trim(words);
}

static bool repeats_secret(const struct acgp_secret *sent, const char *text)
{
    return !acgp_secret_empty(sent) && strstr(text, acgp_secret_expose(sent).data) != NULL;
}

static enum acg_status status_of(int http_status, enum acgp_outcome outcome, int64_t code)
{
    if ((outcome != ACGP_OUTCOME_FINAL && outcome != ACGP_OUTCOME_NOT_YET) || code == 50196)
        return ACG_ERR_TEMPORARY;
    return http_status >= 400 && http_status < 500 ? ACG_ERR_AUTH : ACG_ERR_PROTOCOL;
}

static enum acg_status refused(const struct acgp_secret *sent, const struct acgp_response *response,
                               const json_t *doc, enum acgp_outcome *out_outcome, struct acg_error *err)
{
    const char *word = json_string_value(json_object_get(doc, "error"));
    const char *description = json_string_value(json_object_get(doc, "error_description"));
    const char *trace = json_string_value(json_object_get(doc, "trace_id"));
    const char *id = acgp_response_header(response, "x-ms-request-id");
    int64_t code = read_code(doc, description ? description : "");
    const struct advice *advice = find_advice(code);
    enum acgp_outcome outcome = acgp_outcome_of_status(response->status);
    struct acg_span words = plain_words(description ? description : word ? word : "no reason given");
    enum acg_status status = ACG_OK;

    if (outcome == ACGP_OUTCOME_FINAL && advice != NULL)
        outcome = advice->outcome;
    if ((description && repeats_secret(sent, description)) || (word && repeats_secret(sent, word)))
        words = acgp_span("the reason is withheld, because it repeats the client secret");
    status = status_of(response->status, outcome, code);
    acgp_fail_field(err, status, advice ? advice->field : "", "the token service answered HTTP %d: %.*s",
                    response->status, (int)words.len, words.data);
    *out_outcome = outcome;
    if (err == NULL)
        return status;
    err->http_status = response->status;
    if (code != 0)
        snprintf(err->arm_code, sizeof err->arm_code, "AADSTS%lld", (long long)code);
    else if (word != NULL && !repeats_secret(sent, word))
        acgp_error_text(err->arm_code, sizeof err->arm_code, word);
    acgp_error_text(err->request_id, sizeof err->request_id, id ? id : trace);
    return status;
}

/* Not the shape of a token service: a proxy's page, or a wrong host. */
static enum acg_status not_a_token_service(const struct acgp_response *response,
                                           enum acgp_outcome *out_outcome, struct acg_error *err)
{
    const char *why = "not with the JSON of a token service; check authority_host, and any proxy between";
    enum acgp_outcome outcome = acgp_outcome_of_status(response->status);
    enum acg_status status = status_of(response->status, outcome, 0);

    if (response->status >= 300 && response->status < 400)
        why = "with a redirect, which is not followed; check authority_host";
    acgp_fail_field(err, status, "authority_host", "the token service answered HTTP %d, %s", response->status,
                    why);
    if (err != NULL)
        err->http_status = response->status;
    *out_outcome = outcome;
    return status;
}

enum acg_status acgp_token_answer_read(const struct acgp_secret *sent, const struct acgp_response *response,
                                       struct acgp_token *out, enum acgp_outcome *out_outcome,
                                       struct acg_error *err)
{
    enum acgp_outcome outcome = ACGP_OUTCOME_FINAL;
    json_t *doc = NULL;
    enum acg_status status = acgp_json_parse(acgp_buf_view(&response->body), &doc, err);

    if (status == ACG_ERR_NOMEM) {
        *out_outcome = outcome;
        return status;
    }
    if (status != ACG_OK || !json_is_object(doc))
        status = not_a_token_service(response, &outcome, err);
    else if (response->status == 200)
        status = read_token(doc, &oauth, 0, out, err);
    else
        status = refused(sent, response, doc, &outcome, err);
    wipe_text(json_object_get(doc, "access_token"));
    json_decref(doc);
    if (status != ACG_OK)
        *out_outcome = outcome;
    return status;
}
