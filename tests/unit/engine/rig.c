/* SPDX-License-Identifier: MPL-2.0 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "testlib/healthy.h"

enum { FLIGHTS_MAX = 2 * ACGP_TRANSFERS_MAX, HEADERS_MAX = 8 };

struct acgp_transfer {
    bool used, ended, secret;
    const struct acgp_request *message;
    char *bearer, *body, *header, *key;
    void *owner;
    struct acgp_response response;
    bool answered;
    struct acgp_failure failure;
};

struct fake {
    struct acgp_transport base;
    struct acgp_transfer flights[FLIGHTS_MAX];
    struct acgp_transfer *current, *lent;
    const char *names[HEADERS_MAX], *values[HEADERS_MAX];
    size_t header_count;
    int start_fails_after;
    int64_t now_ms;
};

const char RIG_TOKEN[] = "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"first\"}";
const char RIG_OPERATION_DONE[] =
    "{\"startTime\":\"2026-11-01T10:00:00Z\",\"status\":\"Succeeded\",\"name\":\"op\"}";
const char RIG_NOT_FOUND[] = "{\"error\":{\"code\":\"ResourceNotFound\",\"message\":\"not there\"}}";
const char RIG_IMAGE_VERSION[] =
    "{\"id\":\"x\",\"location\":\"westus\",\"properties\":{\"provisioningState\":\"Succeeded\","
    "\"publishingProfile\":{\"targetRegions\":[{\"name\":\"West US\",\"regionalReplicaCount\":1,"
    "\"storageAccountType\":\"Standard_LRS\"}],\"replicaCount\":1},"
    "\"storageProfile\":{\"osDiskImage\":{\"sizeInGB\":30}},"
    "\"replicationStatus\":{\"aggregatedState\":\"Completed\",\"summary\":[{\"region\":\"West US\","
    "\"state\":\"Completed\",\"details\":\"\",\"progress\":100}]}}}";

static struct fake *fake_of(const struct rig *r)
{
    return (struct fake *)r->net;
}

static char *copy(const char *text)
{
    char *out = strdup(text ? text : "");

    assert_non_null(out);
    return out;
}

static void clear_flight(struct acgp_transfer *x)
{
    free(x->bearer);
    free(x->body);
    free(x->header);
    free(x->key);
    acgp_response_done(&x->response);
    *x = (struct acgp_transfer){0};
}

static enum acg_status start(struct acgp_transport *t, int64_t now_ms, const struct acgp_send *send,
                             struct acgp_transfer **out, struct acg_error *err)
{
    struct fake *f = (struct fake *)t;
    struct acgp_transfer *x = f->flights;

    (void)now_ms;
    if (f->start_fails_after >= 0 && f->start_fails_after-- == 0)
        return acgp_fail_nomem(err);
    while (x->used)
        assert_true(++x < f->flights + FLIGHTS_MAX);
    assert_true(send->timeout_ms > 0);
    assert_true((send->bearer == NULL) == send->login);
    assert_true(send->login || send->form == NULL);
    *x = (struct acgp_transfer){.used = true, .message = send->message, .owner = send->owner};
    acgp_response_init(&x->response);
    x->bearer = copy(send->bearer ? acgp_secret_expose(send->bearer).data : "");
    x->body = copy(send->form ? acgp_secret_expose(send->form).data : send->message->body);
    x->header = copy(send->header);
    x->key = copy(send->key_name);
    if (send->key != NULL) {
        free(x->key);
        x->key = calloc(1, strlen(send->key_name) + acgp_secret_expose(send->key).len + 1);
        assert_non_null(x->key);
        memcpy(x->key, send->key_name, strlen(send->key_name));
        memcpy(x->key + strlen(send->key_name), acgp_secret_expose(send->key).data,
               acgp_secret_expose(send->key).len);
    }
    *out = x;
    return ACG_OK;
}

static void stop(struct acgp_transport *t, struct acgp_transfer *transfer)
{
    struct fake *f = (struct fake *)t;

    assert_true(transfer->used);
    assert_ptr_not_equal(transfer, f->lent);
    if (f->current == transfer)
        f->current = NULL;
    clear_flight(transfer);
}

static enum acg_status turn(struct acgp_transport *t, int64_t now_ms, struct acg_error *err)
{
    (void)t, (void)now_ms, (void)err;
    return ACG_OK;
}

static bool next_outcome(struct acgp_transport *t, struct acgp_ended *out)
{
    struct fake *f = (struct fake *)t;

    if (f->lent != NULL)
        clear_flight(f->lent);
    f->lent = NULL;
    for (struct acgp_transfer *x = f->flights; x < f->flights + FLIGHTS_MAX; x++) {
        if (!x->used || !x->ended)
            continue;
        f->lent = x;
        *out = (struct acgp_ended){x->owner, x->answered ? &x->response : NULL,
                                   x->answered ? NULL : &x->failure};
        return true;
    }
    return false;
}

static int poll_fd(const struct acgp_transport *t)
{
    (void)t;
    return -1;
}

static bool due_ms(const struct acgp_transport *t, int64_t *out_due_ms)
{
    (void)t, (void)out_due_ms;
    return false;
}

static void free_fake(struct acgp_transport *t)
{
    struct fake *f = (struct fake *)t;

    for (struct acgp_transfer *x = f->flights; x < f->flights + FLIGHTS_MAX; x++)
        if (x->used)
            clear_flight(x);
    free(f);
}

static const struct acgp_transport_calls calls = {start,   stop,   turn,      next_outcome,
                                                  poll_fd, due_ms, free_fake, NULL};

static int64_t fake_now_ms(void *context)
{
    return ((struct fake *)context)->now_ms;
}

static int64_t fake_unix_s(void *context)
{
    return 1790000000 + ((struct fake *)context)->now_ms / 1000;
}

static enum acg_status make_credential(struct acg_credential **out, struct acg_error *err)
{
    struct acg_client_secret_options o = ACG_CLIENT_SECRET_OPTIONS_INIT;

    o.tenant_id = "11111111-2222-3333-4444-555555555555";
    o.client_id = "app";
    o.client_secret = "the-secret";
    return acg_credential_client_secret_new(&o, out, err);
}

/* @param credential given. */
static enum acg_status begin_as(struct rig *r, const struct acg_publisher_options *opts,
                                struct acg_credential *credential)
{
    struct acg_publisher_options plain = ACG_PUBLISHER_OPTIONS_INIT;
    struct fake *f = NULL;
    struct acgp_clock clock = {.now_ms = fake_now_ms, .now_unix_s = fake_unix_s};
    enum acg_status status = ACG_OK;

    f = clock.context = calloc(1, sizeof *f);
    assert_non_null(f);
    f->base.calls = &calls;
    f->now_ms = 5000;
    f->start_fails_after = -1;
    r->net = &f->base;
    status = acgp_publisher_make(opts ? opts : &plain, credential, &f->base, &clock, 7, &r->pub, &r->err);
    acg_credential_free(credential);
    return status;
}

enum acg_status rig_try_begin(struct rig *r, const struct acg_publisher_options *opts)
{
    struct acg_credential *credential = NULL;
    enum acg_status status = ACG_OK;

    *r = (struct rig){0};
    status = make_credential(&credential, &r->err);
    return status == ACG_OK ? begin_as(r, opts, credential) : status;
}

void rig_begin_as(struct rig *r, struct acg_credential *credential)
{
    *r = (struct rig){0};
    assert_int_equal(begin_as(r, NULL, credential), ACG_OK);
}

void rig_begin_with(struct rig *r, const struct acg_publisher_options *opts)
{
    assert_int_equal(rig_try_begin(r, opts), ACG_OK);
}

void rig_begin(struct rig *r)
{
    rig_begin_with(r, NULL);
}

void rig_end(struct rig *r)
{
    acg_publisher_free(r->pub);
    r->pub = NULL;
}

struct acg_publish_options rig_options(const char *version_id)
{
    struct acg_publish_options o = ACG_PUBLISH_OPTIONS_INIT;

    o.gallery_image_version_id = version_id;
    o.location = "westus";
    o.source.managed_image =
        "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/"
        "Microsoft.Compute/images/web-build";
    return o;
}

struct acg_publish *rig_submit_from(struct rig *r, unsigned subscription, const char *image,
                                    const char *version)
{
    char id[256], source[256];
    struct acg_publish_options o;
    struct acg_publish *publish = NULL;

    snprintf(id, sizeof id,
             "/subscriptions/00000000-0000-0000-0000-%012u/resourceGroups/images/providers/"
             "Microsoft.Compute/"
             "galleries/Golden/images/web/versions/%s",
             subscription, version);
    snprintf(source, sizeof source,
             "/subscriptions/00000000-0000-0000-0000-%012u/resourceGroups/images/providers/"
             "Microsoft.Compute/images/%s",
             subscription, image);
    o = rig_options(id);
    o.source.managed_image = source;
    if (acg_publisher_submit(r->pub, &o, &publish, &r->err) != ACG_OK)
        fail_msg("submit: %s: %s", r->err.field, r->err.message);
    assert_string_equal(acg_publish_version_id(publish), id);
    return publish;
}

struct acg_publish *rig_submit(struct rig *r, const char *version)
{
    return rig_submit_from(r, 1, "web-build", version);
}

/* What a publish reads beside the version: the world is healthy, and the tests are about something else. */
static const char *other_text(const struct acgp_request *message, int *out_status)
{
    bool other = message->method == ACGP_GET && strstr(message->url, "/versions/") == NULL;

    return other ? healthy_text(message->url, out_status) : NULL;
}

static bool answer_healthy(struct rig *r)
{
    struct fake *f = fake_of(r);
    bool any = false;

    for (struct acgp_transfer *x = f->flights; x < f->flights + FLIGHTS_MAX; x++) {
        int status = 0;
        const char *text = x->used && !x->ended ? other_text(x->message, &status) : NULL;
        if (text == NULL || (r->held != NULL && strstr(x->message->url, r->held) != NULL))
            continue;
        x->ended = x->answered = any = true;
        x->response.status = status;
        assert_true(acgp_buf_text(&x->response.body, text));
    }
    return any;
}

void rig_turn(struct rig *r)
{
    do
        assert_int_equal(acg_publisher_poll(r->pub, NULL, 0, 0, &r->err), ACG_OK);
    while (answer_healthy(r));
}

int64_t rig_now_ms(const struct rig *r)
{
    return fake_of(r)->now_ms;
}

void rig_advance(struct rig *r, int64_t ms)
{
    fake_of(r)->now_ms += ms;
}

void rig_pass_ms(struct rig *r, int64_t ms)
{
    rig_advance(r, ms);
    rig_turn(r);
}

void rig_listen(struct rig *r)
{
    const struct acg_event *e = NULL;

    while (acg_publisher_next_event(r->pub, &e)) {
        size_t used = strlen(r->told);
        snprintf(r->told + used, sizeof r->told - used, "%s\n", e->text);
        if (e->kind != ACG_EVENT_DONE)
            continue;
        r->over = true;
        r->outcome = *e->error;
    }
}

void rig_expect(struct rig *r, const char *method, const char *url_part)
{
    struct fake *f = fake_of(r);

    rig_turn(r);
    for (struct acgp_transfer *x = f->flights; x < f->flights + FLIGHTS_MAX; x++) {
        if (!x->used || x->ended || strcmp(acgp_method_name(x->message->method), method) != 0 ||
            strstr(x->message->url, url_part) == NULL)
            continue;
        f->current = x;
        return;
    }
    for (struct acgp_transfer *x = f->flights; x < f->flights + FLIGHTS_MAX; x++)
        if (x->used)
            print_error("in flight: %s %s\n", acgp_method_name(x->message->method), x->message->url);
    rig_listen(r);
    print_error("told: %s%s\n", r->told, r->outcome.message);
    fail_msg("no %s of %s in flight", method, url_part);
}

size_t rig_in_flight_of(const struct rig *r, const char *url_part)
{
    const struct fake *f = fake_of(r);
    size_t n = 0;

    for (const struct acgp_transfer *x = f->flights; x < f->flights + FLIGHTS_MAX; x++)
        n += x->used && !x->ended && strstr(x->message->url, url_part) != NULL;
    return n;
}

size_t rig_in_flight(const struct rig *r)
{
    const struct fake *f = fake_of(r);
    size_t n = 0;

    for (const struct acgp_transfer *x = f->flights; x < f->flights + FLIGHTS_MAX; x++)
        n += x->used && !x->ended;
    return n;
}

const char *rig_bearer(const struct rig *r)
{
    return fake_of(r)->current->bearer;
}

void rig_has_headers(const struct rig *r, const char *header, const char *key)
{
    assert_string_equal(fake_of(r)->current->header, header ? header : "");
    assert_string_equal(fake_of(r)->current->key, key ? key : "");
}

const char *rig_body(const struct rig *r)
{
    return fake_of(r)->current->body;
}

void rig_header(struct rig *r, const char *name, const char *value)
{
    struct fake *f = fake_of(r);

    assert_true(f->header_count < HEADERS_MAX);
    f->names[f->header_count] = name;
    f->values[f->header_count++] = value;
}

void rig_reply(struct rig *r, int status, const char *body)
{
    struct fake *f = fake_of(r);
    struct acgp_transfer *x = f->current;

    assert_non_null(x);
    x->ended = x->answered = true;
    x->response.status = status;
    assert_true(acgp_buf_text(&x->response.body, body));
    for (size_t i = 0; i < f->header_count; i++)
        assert_true(acgp_response_header_add(&x->response,
                                             (struct acg_span){f->names[i], strlen(f->names[i])},
                                             (struct acg_span){f->values[i], strlen(f->values[i])}));
    f->header_count = 0;
    f->current = NULL;
    rig_turn(r);
}

void rig_fail(struct rig *r, enum acgp_failure_kind kind, enum acg_status status)
{
    struct acgp_transfer *x = fake_of(r)->current;

    assert_non_null(x);
    x->ended = true;
    x->failure.kind = kind;
    acgp_fail(&x->failure.error, status, "as the test wants it");
    fake_of(r)->current = NULL;
    rig_turn(r);
}

void rig_fail_start(struct rig *r, int after)
{
    fake_of(r)->start_fails_after = after;
}

static struct acgp_transfer *first_flight(const struct rig *r)
{
    struct fake *f = fake_of(r);

    for (struct acgp_transfer *x = f->flights; x < f->flights + FLIGHTS_MAX; x++)
        if (x->used && !x->ended)
            return x;
    return NULL;
}

static bool written(const struct rig *r, const char *url)
{
    size_t length = strcspn(url, "?");

    for (size_t i = 0; i < r->put; i++)
        if (strlen(r->written[i]) == length && strncmp(r->written[i], url, length) == 0)
            return true;
    return false;
}

static void note_write(struct rig *r, const char *url)
{
    if (written(r, url))
        return;
    assert_true(r->put < RIG_WRITES_MAX);
    snprintf(r->written[r->put++], RIG_URL_MAX, "%.*s", (int)strcspn(url, "?"), url);
}

static const char *good_answer(struct rig *r, const struct acgp_request *message, int *out_status)
{
    *out_status = 200;
    if (message->method == ACGP_POST)
        return RIG_TOKEN;
    if (strstr(message->url, "/op?") != NULL)
        return RIG_OPERATION_DONE;
    if (message->method == ACGP_PUT) {
        note_write(r, message->url);
        *out_status = 201;
        return "{\"properties\":{\"provisioningState\":\"Creating\"}}";
    }
    bool there = written(r, message->url);
    *out_status = there ? 200 : 404;
    return there ? RIG_IMAGE_VERSION : RIG_NOT_FOUND;
}

bool rig_answer_any(struct rig *r)
{
    static const char name[] = "Azure-AsyncOperation",
                      url[] = "https://management.azure.com/op?api-version=1";
    struct acgp_transfer *x = first_flight(r);
    const char *body = NULL;

    if (x == NULL)
        return false;
    const char *text = other_text(x->message, &x->response.status);
    body = text != NULL ? text : good_answer(r, x->message, &x->response.status);
    x->ended = true;
    x->answered = acgp_buf_text(&x->response.body, body) &&
                  (x->message->method != ACGP_PUT ||
                   acgp_response_header_add(&x->response, (struct acg_span){name, sizeof name - 1},
                                            (struct acg_span){url, sizeof url - 1}));
    x->failure.kind = ACGP_FAILURE_LOST;
    acgp_fail_nomem(&x->failure.error);
    return true;
}

void rig_token(struct rig *r, const char *token, int lifetime_s)
{
    char body[160];

    rig_expect(r, "POST", "/oauth2/v2.0/token");
    snprintf(body, sizeof body, "{\"access_token\":\"%s\",\"expires_in\":%d}", token, lifetime_s);
    rig_reply(r, 200, body);
}

void rig_publish_well(struct rig *r, const char *version)
{
    rig_expect(r, "GET", version);
    rig_reply(r, 404, RIG_NOT_FOUND);
    rig_expect(r, "PUT", version);
    rig_header(r, "Azure-AsyncOperation", "https://management.azure.com/op?api-version=1");
    rig_reply(r, 201, "{\"properties\":{\"provisioningState\":\"Creating\"}}");
    rig_expect(r, "GET", "/op?");
    rig_reply(r, 200, RIG_OPERATION_DONE);
    rig_expect(r, "GET", version);
    rig_reply(r, 200, RIG_IMAGE_VERSION);
}
