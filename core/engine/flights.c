/* SPDX-License-Identifier: MPL-2.0 */
/* Reads that publishes of one publisher share. While one is on its way, everybody who asks for the same waits
 * for it; its document is kept for a while. A flight belongs to nobody: who leaves does not stop it, unless
 * no one is left. What is not a document is the outcome of the first who asked alone: the others then ask for
 * themselves, so that sharing never makes a failure of one the failure of many. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "engine/gate.h"
#include "engine/publisher.h"

static struct acgp_flight *find(const struct acg_publisher *pub, const char *url, int64_t after_ms)
{
    struct acgp_flight *f = pub->flights;

    while (f != NULL && (f->asked_ms < after_ms || strcmp(f->message.url, url) != 0))
        f = f->next;
    return f;
}

static void add_follower(struct acgp_flight *f, struct acgp_attempt *a)
{
    struct acgp_attempt **end = &f->followers;

    if (f->followers_end != NULL)
        end = &f->followers_end->following_next;
    a->following_prev = f->followers_end;
    a->following_next = NULL;
    a->follows = f;
    *end = a;
    f->followers_end = a;
}

static void remove_follower(struct acgp_flight *f, struct acgp_attempt *a)
{
    if (a->following_prev != NULL)
        a->following_prev->following_next = a->following_next;
    else
        f->followers = a->following_next;
    if (a->following_next != NULL)
        a->following_next->following_prev = a->following_prev;
    else
        f->followers_end = a->following_prev;
    if (f->first == a)
        f->first = NULL;
    a->follows = NULL;
}

static void unlink_flight(struct acgp_flight *f)
{
    struct acgp_flight **at = &f->attempt.pub->flights;

    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
}

static void free_flight(struct acgp_flight *f)
{
    acgp_request_done(&f->message);
    acgp_free(f);
}

void acgp_flight_leave(struct acgp_attempt *a)
{
    struct acgp_flight *f = a->follows;

    if (f == NULL)
        return;
    remove_follower(f, a);
    if (f->followers != NULL)
        return;
    unlink_flight(f);
    acgp_attempt_stop(&f->attempt);
    free_flight(f);
}

static struct acgp_flight *new_flight(struct acgp_attempt *a, int64_t now_ms, const struct acgp_share *share)
{
    struct acg_publisher *pub = a->pub;
    struct acgp_flight *f = acgp_alloc(1, sizeof *f);

    if (f == NULL)
        return NULL;
    f->message = (struct acgp_request){.method = ACGP_GET, .url = acgp_strdup(a->message->url)};
    memcpy(f->message.client_request_id, a->message->client_request_id, sizeof f->message.client_request_id);
    if (f->message.url == NULL) {
        free_flight(f);
        return NULL;
    }
    f->cut = share->cut;
    f->asked_ms = now_ms;
    f->attempt = (struct acgp_attempt){
        .pub = pub, .carries = f, .message = &f->message, .begun_ms = now_ms, .until_ms = a->until_ms};
    f->next = pub->flights;
    pub->flights = f;
    return f;
}

/* The document to those who wait for it, or to one who asks. */
static void deliver(struct acgp_attempt *a, int64_t now_ms, json_t *root, int64_t asked_ms)
{
    struct acg_publish *publish = a->publish;
    uint32_t request = a->request;

    acgp_attempt_forget(a);
    acgp_work_on_document(publish->machine, now_ms, request, root, asked_ms);
    acgp_make_due(publish);
}

static void begin(struct acgp_flight *f, int64_t now_ms)
{
    struct acgp_failure failure = {.kind = ACGP_FAILURE_NOT_SENT};
    struct acgp_ended ended = {&f->attempt, NULL, &failure};

    if (acgp_gate_enter(&f->attempt, now_ms) == ACG_OK)
        return;
    acgp_fail_nomem(&failure.error);
    acgp_flight_ended(f, now_ms, &ended);
}

bool acgp_flight_join(struct acgp_attempt *a, int64_t now_ms, const struct acgp_share *share)
{
    struct acg_publisher *pub = a->pub;
    int64_t asked_ms = 0;
    json_t *root = acgp_shared_find(&pub->shared, a->message->url, share->after_ms, now_ms, &asked_ms);
    struct acgp_flight *f = root == NULL ? find(pub, a->message->url, share->after_ms) : NULL;
    bool begins = root == NULL && f == NULL;

    if (root != NULL) {
        deliver(a, now_ms, root, asked_ms);
        return true;
    }
    if (begins)
        f = new_flight(a, now_ms, share);
    if (f == NULL)
        return false;
    add_follower(f, a);
    if (begins) {
        f->first = a;
        begin(f, now_ms);
    }
    return true;
}

/* @return the document, cut down, owned by caller; NULL: the answer is none that can be shared. */
static json_t *document_of(const struct acgp_flight *f, const struct acgp_ended *ended)
{
    json_t *root = NULL;

    if (ended->response == NULL || ended->response->status != 200 ||
        acgp_json_parse(acgp_buf_view(&ended->response->body), &root, NULL) != ACG_OK)
        return NULL;
    if (f->cut != NULL)
        f->cut(root);
    return root;
}

/* One of those who wait is told of the exchange. */
static void trace(const struct acgp_flight *f, int64_t now_ms, const struct acgp_ended *ended)
{
    struct acgp_attempt *told = f->first != NULL ? f->first : f->followers;

    acgp_trace_add(told->publish, now_ms, &f->attempt, &f->message, ended);
}

/* The first has the outcome, and so has who has no time left to ask; the others ask themselves. */
static void disperse(struct acgp_flight *f, int64_t now_ms, const struct acgp_ended *ended)
{
    struct acgp_attempt *first = f->first, *a = NULL;

    if (first != NULL) {
        first->token_number = f->attempt.token_number;
        first->begun_ms = f->attempt.begun_ms;
    }
    while ((a = f->followers) != NULL) {
        struct acgp_ended its = {a, ended->response, ended->failure};
        bool over = a == first || now_ms >= a->until_ms;
        remove_follower(f, a);
        if (over)
            acgp_attempt_ended(a->pub, now_ms, &its);
        else
            acgp_attempt_advance(a, now_ms);
    }
}

static void land(struct acgp_flight *f, int64_t now_ms, json_t *root)
{
    struct acgp_attempt *a = NULL;

    acgp_shared_keep(&f->attempt.pub->shared, f->message.url, f->asked_ms, root, now_ms);
    while ((a = f->followers) != NULL) {
        remove_follower(f, a);
        deliver(a, now_ms, root, f->asked_ms);
    }
}

void acgp_flight_ended(struct acgp_flight *f, int64_t now_ms, const struct acgp_ended *ended)
{
    json_t *root = document_of(f, ended);

    unlink_flight(f);
    if (root != NULL) {
        trace(f, now_ms, ended);
        land(f, now_ms, root);
    } else {
        disperse(f, now_ms, ended);
    }
    json_decref(root);
    free_flight(f);
}
