/* SPDX-License-Identifier: MPL-2.0 */
#include "engine/curl_transfer.h"

#include <stdio.h>
#include <string.h>

#include "auth/token_request.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "base/wipe.h"
#include "http/url.h"

enum {
    CONNECT_MS = 20 * 1000, /* a region's front door answers within one second or is away */
    KEEPALIVE_S = 60, /* below the four minutes after which Azure's load balancers forget a connection */
    HEADER_LINES_MAX = 512,  /* ARM sends about 25 */
    UPLOAD_CHUNK = 16 * 1024 /* curl's smallest; our bodies are a few KiB, its default would take 64 */
};

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct acgp_transfer *t = context;
    size_t len = size * count; /* curl: size is always 1 */

    /* All at once: a buffer that grows leaves pieces of the token behind. */
    if (t->secret && t->response.body.data == NULL) {
        t->response.body.max = ACGP_TOKEN_ANSWER_MAX;
        (void)acgp_buf_reserve(&t->response.body, ACGP_TOKEN_ANSWER_MAX);
    }
    if (acgp_buf_append(&t->response.body, data, len))
        return len;
    t->overflow = t->response.body.over ? ACGP_TRANSFER_TOO_LARGE : ACGP_TRANSFER_NOMEM;
    return 0;
}

/* A status line begins the headers anew: what came before was interim (1xx). */
static bool begin_headers(struct acgp_transfer *t, struct acg_span line)
{
    if (!acgp_span_starts_nocase(line, acgp_span("HTTP/")))
        return false;
    acgp_response_done(&t->response);
    return true;
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct acgp_transfer *t = context;
    struct acg_span line = acgp_span_of(data, size * count), value = line, name;

    if (begin_headers(t, line))
        return line.len;
    name = acgp_span_cut(&value, ':');
    if (value.data == NULL)
        return line.len; /* the empty line at the end, or no header at all */
    if (t->response.header_bytes + line.len > ACGP_HEADERS_MAX ||
        t->response.header_count == HEADER_LINES_MAX) {
        t->overflow = ACGP_TRANSFER_TOO_LARGE;
        return 0;
    }
    if (acgp_response_header_add(&t->response, name, value))
        return line.len;
    t->overflow = ACGP_TRANSFER_NOMEM;
    return 0;
}

static size_t on_upload(char *out, size_t size, size_t count, void *context)
{
    struct acgp_transfer *t = context;
    size_t room = size * count, left = t->body.len - t->body_sent;
    size_t len = left < room ? left : room;

    memcpy(out, t->body.data + t->body_sent, len);
    t->body_sent += len;
    return len;
}

/* When a reused connection turns out to be dead, curl would send a request again by itself. A write of which
 * any byte left must not be sent blindly a second time: refusing to rewind makes curl report it instead. */
static int refuse_rewind(void *context, curl_off_t offset, int origin)
{
    (void)context, (void)offset, (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

static void add_line(struct acgp_transfer *t, char *line)
{
    struct curl_slist *node = &t->headers[t->header_count];

    *node = (struct curl_slist){.data = line};
    if (t->header_count != 0)
        t->headers[t->header_count - 1].next = node;
    t->header_count++;
}

static void add_header(struct acgp_transfer *t, const char *name, const char *value)
{
    char *line = t->lines[t->header_count];

    snprintf(line, ACGP_TRANSFER_LINE, "%s:%s%s", name, value[0] ? " " : "", value);
    add_line(t, line);
}

/* A line end in it would begin another header. */
static bool one_line(struct acg_span secret)
{
    for (size_t i = 0; i < secret.len; i++)
        if ((unsigned char)secret.data[i] < 0x20 || secret.data[i] == 0x7f)
            return false;
    return secret.len != 0;
}

static enum acg_status add_authorization(struct acgp_transfer *t, const char *name,
                                         const struct acgp_secret *secret, struct acg_error *err)
{
    struct acg_span value = acgp_span_trim(acgp_secret_expose(secret));
    size_t prefix = strlen(name);

    if (!one_line(value))
        return acgp_fail(err, ACG_ERR_AUTH, "the secret for %s is not one line of text", t->where);
    t->authorization_size = prefix + value.len + 1;
    t->authorization = acgp_alloc(t->authorization_size, 1);
    if (t->authorization == NULL)
        return acgp_fail_nomem(err);
    memcpy(t->authorization, name, prefix);
    memcpy(t->authorization + prefix, value.data, value.len);
    add_line(t, t->authorization);
    return ACG_OK;
}

static enum acg_status make_headers(struct acgp_transfer *t, const struct acgp_send *send,
                                    struct acg_error *err)
{
    add_header(t, "Accept", "application/json");
    if (t->body.data != NULL)
        add_header(t, "Expect", ""); /* no header at all: a round trip saved */
    if (t->body.data != NULL && send->message->content_type != NULL)
        add_header(t, "Content-Type", send->message->content_type);
    if (send->message->client_request_id[0] != '\0')
        add_header(t, "x-ms-client-request-id", send->message->client_request_id);
    if (send->header != NULL) {
        snprintf(t->lines[t->header_count], ACGP_TRANSFER_LINE, "%s", send->header);
        add_line(t, t->lines[t->header_count]);
    }
    if (send->bearer != NULL)
        return add_authorization(t, "Authorization: Bearer ", send->bearer, err);
    return send->key_name != NULL ? add_authorization(t, send->key_name, send->key, err) : ACG_OK;
}

/* Options are set one after the other; the first refusal is kept. */
struct setup {
    CURL *easy;
    CURLcode code;
};

static void set_long(struct setup *s, CURLoption option, long value)
{
    if (s->code == CURLE_OK)
        s->code = curl_easy_setopt(s->easy, option, value);
}

static void set_pointer(struct setup *s, CURLoption option, const void *value)
{
    if (s->code == CURLE_OK)
        s->code = curl_easy_setopt(s->easy, option, value);
}

static void set_size(struct setup *s, CURLoption option, size_t value)
{
    if (s->code == CURLE_OK)
        s->code = curl_easy_setopt(s->easy, option, (curl_off_t)value);
}

static void set_callbacks(struct setup *s, struct acgp_transfer *t)
{
    if (s->code == CURLE_OK)
        s->code = curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_body);
    if (s->code == CURLE_OK)
        s->code = curl_easy_setopt(s->easy, CURLOPT_HEADERFUNCTION, on_header);
    set_pointer(s, CURLOPT_WRITEDATA, t);
    set_pointer(s, CURLOPT_HEADERDATA, t);
    set_pointer(s, CURLOPT_PRIVATE, t);
    set_pointer(s, CURLOPT_ERRORBUFFER, t->curl_text);
}

static void set_upload(struct setup *s, struct acgp_transfer *t)
{
    set_long(s, CURLOPT_UPLOAD, 1);
    set_long(s, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_CHUNK);
    set_size(s, CURLOPT_INFILESIZE_LARGE, t->body.len);
    set_pointer(s, CURLOPT_READDATA, t);
    if (s->code == CURLE_OK)
        s->code = curl_easy_setopt(s->easy, CURLOPT_READFUNCTION, on_upload);
    if (s->code == CURLE_OK)
        s->code = curl_easy_setopt(s->easy, CURLOPT_SEEKFUNCTION, refuse_rewind);
}

static void set_method(struct setup *s, struct acgp_transfer *t, enum acgp_method method)
{
    if (method == ACGP_POST) {
        set_size(s, CURLOPT_POSTFIELDSIZE_LARGE, t->body.len);
        set_pointer(s, CURLOPT_POSTFIELDS, t->body.data ? t->body.data : "");
        return;
    }
    if (t->body.data != NULL)
        set_upload(s, t);
    if (method != ACGP_GET)
        set_pointer(s, CURLOPT_CUSTOMREQUEST, acgp_method_name(method));
}

static CURLcode on_ssl_context(CURL *easy, void *ssl_ctx, void *context)
{
    (void)easy;
    return acgp_bundle_attach(context, ssl_ctx) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

static void set_bundle(struct setup *s, struct acgp_bundle *bundle)
{
    set_pointer(s, CURLOPT_SSL_CTX_DATA, bundle);
    if (s->code == CURLE_OK)
        s->code = curl_easy_setopt(s->easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_context);
}

static void set_trust(struct setup *s, const struct acgp_trust *trust)
{
    const char *file = trust->bundle == NULL ? trust->file : NULL;

    set_long(s, CURLOPT_SSL_VERIFYPEER, 1);
    set_long(s, CURLOPT_SSL_VERIFYHOST, 2);
    set_long(s, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    if (trust->file == NULL && trust->dir == NULL)
        return;
    set_pointer(s, CURLOPT_CAINFO, file);
    set_pointer(s, CURLOPT_CAPATH, trust->dir);
    set_pointer(s, CURLOPT_PROXY_CAINFO, file);
    set_pointer(s, CURLOPT_PROXY_CAPATH, trust->dir);
    if (trust->bundle != NULL)
        set_bundle(s, trust->bundle);
}

static void set_connection(struct setup *s, const struct acgp_url *url, bool direct, int64_t timeout_ms)
{
    set_pointer(s, CURLOPT_PROTOCOLS_STR, url->https ? "https" : "http");
    set_long(s, CURLOPT_FOLLOWLOCATION, 0);
    set_long(s, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
    set_long(s, CURLOPT_PIPEWAIT, 1);
    set_long(s, CURLOPT_NOSIGNAL, 1);
    set_long(s, CURLOPT_QUICK_EXIT, 1); /* a stopped transfer leaves its name look-up to itself */
    set_long(s, CURLOPT_TCP_KEEPALIVE, 1);
    set_long(s, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S);
    set_long(s, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_S);
    set_long(s, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1);
    set_long(s, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    set_long(s, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    /* This machine is never reached through a proxy, whatever the environment says. */
    if (direct || acgp_url_loopback(url))
        set_pointer(s, CURLOPT_PROXY, "");
}

static enum acg_status set_options(struct acgp_transfer *t, const struct acgp_transfer_settings *settings,
                                   const struct acgp_send *send, const struct acgp_url *url,
                                   struct acg_error *err)
{
    struct setup s = {t->easy, CURLE_OK};

    set_pointer(&s, CURLOPT_URL, send->message->url);
    set_pointer(&s, CURLOPT_USERAGENT, settings->user_agent);
    set_pointer(&s, CURLOPT_HTTPHEADER, t->headers);
    set_callbacks(&s, t);
    set_method(&s, t, send->message->method);
    set_trust(&s, &settings->trust);
    set_connection(&s, url, send->direct, t->timeout_ms);
    if (s.code == CURLE_OUT_OF_MEMORY)
        return acgp_fail_nomem(err);
    if (s.code != CURLE_OK)
        return acgp_fail(err, ACG_ERR_INTERNAL, "libcurl refused an option: %s", curl_easy_strerror(s.code));
    return ACG_OK;
}

static void note_place(struct acgp_transfer *t, const struct acgp_url *url)
{
    bool v6 = memchr(url->host.data, ':', url->host.len) != NULL;

    snprintf(t->where, sizeof t->where, "%s%.*s%s:%u", v6 ? "[" : "", (int)url->host.len, url->host.data,
             v6 ? "]" : "", (unsigned)url->port);
}

static struct acg_span body_of(const struct acgp_send *send)
{
    if (send->form != NULL)
        return acgp_secret_expose(send->form);
    return acgp_span(send->message->body);
}

/* Clear text goes to this machine, and to its host where a login says so. */
static bool may_call(const struct acgp_send *send, struct acgp_url *out)
{
    return acgp_url_parse(acgp_span(send->message->url), out) &&
           (out->https || acgp_url_loopback(out) || (send->direct && acgp_url_link_local(out)));
}

enum acg_status acgp_transfer_new(const struct acgp_transfer_settings *settings, const struct acgp_send *send,
                                  struct acgp_transfer **out, struct acg_error *err)
{
    struct acgp_transfer *t = NULL;
    struct acgp_url url;
    enum acg_status status = ACG_OK;

    if (!may_call(send, &url))
        return acgp_fail(err, ACG_ERR_INTERNAL, "asked to call something else than https");
    t = acgp_alloc(1, sizeof *t);
    if (t == NULL)
        return acgp_fail_nomem(err);
    t->owner = send->owner;
    t->settings = settings;
    t->secret = send->form != NULL || send->login;
    t->timeout_ms = send->timeout_ms > 1 ? send->timeout_ms : 1;
    t->body = body_of(send);
    acgp_response_init(&t->response);
    note_place(t, &url);
    t->easy = curl_easy_init();
    status = t->easy == NULL ? acgp_fail_nomem(err) : make_headers(t, send, err);
    if (status == ACG_OK)
        status = set_options(t, settings, send, &url, err);
    if (status != ACG_OK) {
        acgp_transfer_free(t);
        return status;
    }
    *out = t;
    return ACG_OK;
}

enum acgp_failure_kind acgp_transfer_failure_kind(CURLcode code, bool sent)
{
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CRL_BADFILE:
        return ACGP_FAILURE_TRUST;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_SSL_CONNECT_ERROR:
        return ACGP_FAILURE_NOT_SENT;
    default:
        return sent ? ACGP_FAILURE_LOST : ACGP_FAILURE_NOT_SENT;
    }
}

static void explain(struct acgp_transfer *t, CURLcode code, const char *text)
{
    struct acg_error *error = &t->failure.error;

    if (t->failure.kind == ACGP_FAILURE_TRUST)
        acgp_fail_field(error, ACG_ERR_ARGUMENT, "ca_file",
                        "the certificate of %s is not trusted: %s; name the authority that signed it in "
                        "ca_file, or in the environment as ACG_CA_FILE",
                        t->where, text);
    else if (t->failure.kind == ACGP_FAILURE_TOO_LARGE)
        acgp_fail(error, ACG_ERR_PROTOCOL,
                  "the answer of %s is larger than %d KiB of headers or %d KiB of body", t->where,
                  ACGP_HEADERS_MAX / 1024, (t->secret ? ACGP_TOKEN_ANSWER_MAX : ACGP_BODY_MAX) / 1024);
    else if (code == CURLE_OUT_OF_MEMORY || t->overflow == ACGP_TRANSFER_NOMEM)
        acgp_fail_nomem(error);
    else if (code == CURLE_OPERATION_TIMEDOUT && t->failure.kind == ACGP_FAILURE_LOST)
        acgp_fail(error, ACG_ERR_TRANSPORT, "%s did not answer within %lld ms", t->where,
                  (long long)t->timeout_ms);
    else if (t->failure.kind == ACGP_FAILURE_LOST)
        acgp_fail(error, ACG_ERR_TRANSPORT, "the connection to %s broke before its answer was complete: %s",
                  t->where, text);
    else
        acgp_fail(error, ACG_ERR_TRANSPORT, "%s cannot be reached: %s", t->where, text);
}

/* The bundle could not be read: nothing was found out about the server's certificate. */
static bool note_unread_bundle(struct acgp_transfer *t)
{
    const struct acgp_bundle *bundle = t->settings->trust.bundle;
    const struct acg_error *unread = bundle == NULL ? NULL : acgp_bundle_failure(bundle);

    if (t->failure.kind != ACGP_FAILURE_TRUST || unread == NULL)
        return false;
    t->failure.kind = ACGP_FAILURE_NOT_SENT;
    t->failure.error = *unread;
    return true;
}

static void note_failure(struct acgp_transfer *t, CURLcode code)
{
    long sent = 0;

    (void)curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent);
    t->failure.kind = t->overflow == ACGP_TRANSFER_TOO_LARGE ? ACGP_FAILURE_TOO_LARGE
                                                             : acgp_transfer_failure_kind(code, sent > 0);
    if (!note_unread_bundle(t))
        explain(t, code, t->curl_text[0] ? t->curl_text : curl_easy_strerror(code));
}

static void wipe_authorization(struct acgp_transfer *t)
{
    if (t->authorization != NULL)
        acgp_wipe(t->authorization, t->authorization_size);
    acgp_free(t->authorization);
    t->authorization = NULL;
}

void acgp_transfer_end(struct acgp_transfer *transfer, CURLcode code)
{
    long status = 0;

    if (code == CURLE_OK) {
        (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        transfer->response.status = (int)status;
        transfer->answered = true;
    } else {
        note_failure(transfer, code);
    }
    curl_easy_cleanup(transfer->easy);
    transfer->easy = NULL;
    wipe_authorization(transfer);
}

void acgp_transfer_free(struct acgp_transfer *transfer)
{
    if (transfer == NULL)
        return;
    if (transfer->easy != NULL)
        curl_easy_cleanup(transfer->easy);
    wipe_authorization(transfer);
    if (transfer->secret)
        acgp_buf_wipe(&transfer->response.body);
    acgp_response_done(&transfer->response);
    acgp_free(transfer);
}
