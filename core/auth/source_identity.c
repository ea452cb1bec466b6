/* SPDX-License-Identifier: MPL-2.0 */
/* The identity of this machine: IMDS, App Service, Azure Arc. */
#include <string.h>

#include <jansson.h>

#include "auth/login.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "http/url.h"
#include "json/decode.h"
#include "json/look.h"

/* Facts: Microsoft Learn, "How managed identities for Azure resources work" and the pages of each host. */
static const char arc_folder[] = "/var/opt/azcmagent/tokens/", arc_ending[] = ".key";
enum { ARC_KEY_MAX = 4096 };

/* IMDS: PROBE when others could be asked instead, then TOKEN. App Service: TOKEN. Arc: CHALLENGE, KEY, TOKEN.
 */
enum step { PROBE_OR_CHALLENGE = 0, KEY, TOKEN };

static const char *version_of(enum acgp_kind kind)
{
    return kind == ACGP_KIND_IMDS          ? "2018-02-01"
           : kind == ACGP_KIND_APP_SERVICE ? "2019-08-01"
                                           : "2020-06-01";
}

static char *token_url(const struct acgp_login *l)
{
    const struct acg_credential *c = l->source;
    struct acgp_buf b;
    char *url = NULL;

    acgp_buf_init(&b, ACGP_URL_MAX);
    if (acgp_buf_printf(&b, "%s?api-version=%s&resource=", c->request_url, version_of(c->kind)) &&
        acgp_url_append_value(&b, acgp_span(l->audience)) && acgp_buf_text(&b, c->query))
        url = acgp_buf_take(&b);
    acgp_buf_done(&b);
    return url;
}

static enum acg_status ask_endpoint(struct acgp_login *l, struct acg_error *err)
{
    enum acgp_kind kind = l->source->kind;

    l->ask.want = ACGP_LOGIN_SEND;
    l->ask.direct = true;
    l->ask.message = (struct acgp_request){.method = ACGP_GET, .url = token_url(l)};
    if (l->step == PROBE_OR_CHALLENGE && kind == ACGP_KIND_IMDS)
        l->ask.within_ms = ACGP_LOGIN_PROBE_MS; /* without the header it answers all the same */
    else if (kind != ACGP_KIND_APP_SERVICE)
        l->ask.header = "Metadata: true";
    if (l->step == TOKEN && kind == ACGP_KIND_APP_SERVICE) {
        l->ask.key_name = "X-IDENTITY-HEADER: ";
        l->ask.key = &l->source->secret;
    } else if (l->step == TOKEN && kind == ACGP_KIND_ARC) {
        l->ask.key_name = "Authorization: Basic ";
        l->ask.key = &l->key;
    }
    return l->ask.message.url == NULL ? acgp_fail_nomem(err) : ACG_OK;
}

static enum acg_status ask(struct acgp_login *l, struct acg_error *err)
{
    enum acgp_kind kind = l->source->kind;

    if (kind == ACGP_KIND_ARC && l->step == KEY) {
        l->ask.want = ACGP_LOGIN_READ;
        l->ask.path = l->path;
        l->ask.max = ARC_KEY_MAX;
        l->ask.plain = true;
        return ACG_OK;
    }
    if (kind == ACGP_KIND_APP_SERVICE || (kind == ACGP_KIND_IMDS && (l->step > 0 || !l->seeking)))
        l->step = TOKEN;
    return ask_endpoint(l, err);
}

/* The file that a challenge names: in the agent's own folder, or anybody on this machine could have any file
 * read and sent. @return false: not such a file. */
static bool key_path(const char *challenge, struct acg_span *out)
{
    struct acg_span text = acgp_span(challenge), basic = acgp_span("Basic realm="), name;
    size_t folder = sizeof arc_folder - 1, ending = sizeof arc_ending - 1;

    if (!acgp_span_starts_nocase(text, basic))
        return false;
    text = acgp_span_of(text.data + basic.len, text.len - basic.len);
    if (text.len >= 2 && text.data[0] == '"' && text.data[text.len - 1] == '"')
        text = acgp_span_of(text.data + 1, text.len - 2);
    if (text.len <= folder + ending || memcmp(text.data, arc_folder, folder) != 0 ||
        memcmp(text.data + text.len - ending, arc_ending, ending) != 0)
        return false;
    name = acgp_span_of(text.data + folder, text.len - folder);
    *out = text;
    return memchr(name.data, '/', name.len) == NULL && name.data[0] != '.';
}

static enum acgp_login_next on_challenge(struct acgp_login *l, const struct acgp_response *r)
{
    const char *challenge = acgp_response_header(r, "www-authenticate");
    struct acg_span path = {0};

    if (r->status != 401 || challenge == NULL || !key_path(challenge, &path)) {
        acgp_fail(&l->error, ACG_ERR_PROTOCOL,
                  "Azure Arc's agent answered HTTP %d without naming a key file (*.key) in %s", r->status,
                  arc_folder);
        return acgp_login_fail(l, acgp_outcome_of_status(r->status));
    }
    l->path = acgp_strndup(path.data, path.len);
    if (l->path == NULL) {
        acgp_fail_nomem(&l->error);
        return acgp_login_fail(l, ACGP_OUTCOME_FINAL);
    }
    return acgp_login_step(l);
}

/* IMDS is told to be asked again after 404 and 410, while it is being updated. */
static enum acgp_outcome outcome_of(const struct acgp_login *l, int status)
{
    if (status == 410 || (status == 404 && !l->seeking))
        return ACGP_OUTCOME_SERVER;
    return acgp_outcome_of_status(status);
}

static void note_refusal(struct acgp_login *l, const struct acgp_response *r, enum acgp_outcome outcome)
{
    json_t *doc = NULL;
    const char *words = NULL;

    if (acgp_json_parse(acgp_buf_view(&r->body), &doc, NULL) == ACG_OK) {
        words = acgp_json_text(doc, "error_description");
        words = words != NULL ? words : acgp_json_text(doc, "message");
    }
    acgp_fail(&l->error, outcome == ACGP_OUTCOME_FINAL ? ACG_ERR_AUTH : ACG_ERR_TEMPORARY,
              "the identity endpoint answered HTTP %d: %.300s%s", r->status,
              words != NULL ? words : "no reason given",
              r->status == 400
                  ? "; assign an identity to this machine, or name one of its identities in client_id"
                  : "");
    l->error.http_status = r->status;
    json_decref(doc);
}

static enum acgp_login_next on_token(struct acgp_login *l, const struct acgp_response *r)
{
    static const struct acgp_token_words words = {
        "the identity endpoint", "access_token", "token_type", "expires_in", "expires_on", 3600};
    enum acgp_outcome outcome = outcome_of(l, r->status);

    if (r->status != 200)
        note_refusal(l, r, outcome);
    else if (acgp_token_read(acgp_buf_view(&r->body), &words, l->moment.unix_s, &l->token, &l->error) ==
             ACG_OK)
        return acgp_login_succeed(l);
    if (l->seeking && l->source->kind == ACGP_KIND_IMDS && outcome == ACGP_OUTCOME_FINAL &&
        l->error.status != ACG_ERR_NOMEM)
        return acgp_login_absent(l); /* other clouds have something else at this address */
    return acgp_login_fail(l, outcome);
}

static enum acgp_login_next on_response(struct acgp_login *l, const struct acgp_response *r)
{
    if (l->step == TOKEN)
        return on_token(l, r);
    return l->source->kind == ACGP_KIND_ARC ? on_challenge(l, r) : acgp_login_step(l);
}

const struct acgp_source acgp_source_identity = {ask, on_response, NULL};
