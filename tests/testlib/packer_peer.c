/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/packer_peer.h"

#include "testlib/test.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"

enum { SAID_MAX = 16 * 1024 * 1024 };

struct answer {
    struct answer *next;
    char *method;
    char *key; /* of Artifact.State; NULL: any */
    struct pkr_tree *body;
};

struct packer_peer {
    struct pkr_link *core, *plugin;
    void (*turn)(void *context);
    void *context;
    int64_t now_ms;
    uint32_t control;
    bool dead, stalled;
    unsigned cut; /* place in the row of piece sizes */
    struct answer *answers;
    struct packer_seen *first, **last;
    struct packer_seen *shown; /* lent to the test */
    struct acgp_buf said;
};

/* Headers are 12 bytes, numbers 4: these sizes meet every boundary sooner or later. */
static const size_t cuts[] = {1, 7, 3, 64, 11, 2, 5000, 13, 17, 100000};

static size_t next_cut(struct packer_peer *p)
{
    return cuts[p->cut++ % (sizeof cuts / sizeof cuts[0])];
}

static void free_seen(struct packer_seen *seen)
{
    if (seen == NULL)
        return;
    pkr_tree_free(seen->tree);
    acgp_free(seen->method);
    acgp_free(seen->text);
    acgp_free(seen);
}

struct packer_peer *packer_peer_new(struct pkr_link *plugin, void (*turn)(void *context), void *context)
{
    struct packer_peer *p = acgp_alloc(1, sizeof *p);

    assert_non_null(p);
    p->plugin = plugin;
    p->turn = turn;
    p->context = context;
    p->now_ms = 1000;
    p->last = &p->first;
    acgp_buf_init(&p->said, SAID_MAX);
    assert_int_equal(pkr_link_new(PKR_LINK_CORE, &p->core, NULL), ACG_OK);
    assert_int_equal(pkr_link_dial(p->core, p->now_ms, 0, &p->control, NULL), ACG_OK);
    packer_peer_answers(p, "Ui.Say", NULL);
    packer_peer_answers(p, "Ui.Message", NULL);
    packer_peer_answers(p, "Ui.Error", NULL);
    packer_peer_answers(p, "Ui.Machine", NULL);
    return p;
}

void packer_peer_free(struct packer_peer *p)
{
    while (p->first != NULL) {
        struct packer_seen *seen = p->first;
        p->first = seen->next;
        free_seen(seen);
    }
    free_seen(p->shown);
    while (p->answers != NULL) {
        struct answer *a = p->answers;
        p->answers = a->next;
        pkr_tree_free(a->body);
        acgp_free(a->method);
        acgp_free(a->key);
        acgp_free(a);
    }
    acgp_buf_done(&p->said);
    pkr_link_free(p->core);
    acgp_free(p);
}

/* ---- Answering by itself ---- */

static void add_answer(struct packer_peer *p, const char *method, const char *key,
                       const struct pkr_value *body)
{
    struct answer *a = acgp_alloc(1, sizeof *a);
    struct pkr_value nil = pkr_nil();

    assert_non_null(a);
    a->method = acgp_strdup(method);
    a->key = acgp_strdup(key);
    assert_int_equal(pkr_tree_copy(body ? body : &nil, &a->body, NULL), ACG_OK);
    a->next = p->answers;
    p->answers = a;
}

void packer_peer_answers(struct packer_peer *p, const char *method, const struct pkr_value *body)
{
    add_answer(p, method, NULL, body);
}

void packer_peer_answers_state(struct packer_peer *p, const char *key, const struct pkr_value *body)
{
    if (p->answers == NULL || p->answers->key == NULL)
        add_answer(p, "Artifact.State", NULL, NULL);
    add_answer(p, "Artifact.State", key, body);
}

static const struct answer *find_answer(const struct packer_peer *p, const struct pkr_link_event *ev)
{
    struct acg_span key = {0};

    for (const struct answer *a = p->answers; a != NULL; a = a->next) {
        if (!pkr_link_is(ev, a->method))
            continue;
        if (a->key == NULL || (pkr_value_as_text(ev->body, &key) && acgp_span_equal(key, acgp_span(a->key))))
            return a;
    }
    return NULL;
}

static void note_said(struct packer_peer *p, const struct pkr_link_event *ev)
{
    struct acg_span text = {0};
    const char *kind = pkr_link_is(ev, "Ui.Say")       ? "say: "
                       : pkr_link_is(ev, "Ui.Message") ? "message: "
                       : pkr_link_is(ev, "Ui.Error")   ? "error: "
                                                       : NULL;

    if (kind == NULL || !pkr_value_as_text(ev->body, &text))
        return;
    acgp_buf_text(&p->said, kind);
    acgp_buf_span(&p->said, text);
    assert_true(acgp_buf_byte(&p->said, '\n'));
}

static void note_seen(struct packer_peer *p, const struct pkr_link_event *ev)
{
    struct packer_seen *seen = acgp_alloc(1, sizeof *seen);

    assert_non_null(seen);
    *seen = (struct packer_seen){.kind = ev->kind,
                                 .talk = ev->talk,
                                 .number = ev->number,
                                 .dialed = ev->dialed,
                                 .call = ev->call,
                                 .outcome = ev->outcome,
                                 .status = ev->status};
    seen->method = acgp_strndup(ev->method.data, ev->method.len);
    seen->text = acgp_strndup(ev->text.data, ev->text.len);
    seen->tree = pkr_link_take_body(p->core);
    *p->last = seen;
    p->last = &seen->next;
}

static bool look(struct packer_peer *p)
{
    struct pkr_link_event ev;
    bool any = false;

    while (pkr_link_next_event(p->core, &ev)) {
        const struct answer *a = ev.kind == PKR_LINK_CALL ? find_answer(p, &ev) : NULL;

        any = true;
        if (a != NULL) {
            note_said(p, &ev);
            assert_int_equal(pkr_link_reply(p->core, ev.call, pkr_tree_root(a->body), NULL), ACG_OK);
        } else if (ev.kind != PKR_LINK_OPENED) {
            note_seen(p, &ev);
        }
    }
    return any;
}

const char *packer_peer_said(const struct packer_peer *p)
{
    return p->said.data ? p->said.data : "";
}

/* ---- Moving bytes ---- */

static void turn(struct packer_peer *p)
{
    if (p->turn != NULL)
        p->turn(p->context);
}

/* One piece from one side to the other. @return whether anything moved. */
static bool move(struct packer_peer *p, struct pkr_link *from, struct pkr_link *to)
{
    struct acg_span bytes = pkr_link_drain(from);
    size_t n = next_cut(p), used = 0;

    n = n < bytes.len ? n : bytes.len;
    if (n == 0)
        return false;
    /* A failure shows in the events of the side that failed. Nothing used: waiting for its own output to go.
     */
    if (pkr_link_feed(to, p->now_ms, acgp_span_of(bytes.data, n), &used, NULL) != ACG_OK || used == 0)
        return false;
    pkr_link_drained(from, used);
    return true;
}

void packer_peer_run(struct packer_peer *p)
{
    bool moved = true;

    turn(p);
    while (moved && !p->dead) {
        moved = look(p);
        moved |= move(p, p->core, p->plugin);
        turn(p);
        if (!p->stalled)
            moved |= move(p, p->plugin, p->core);
    }
}

void packer_peer_pass_ms(struct packer_peer *p, int64_t ms)
{
    packer_peer_run(p);
    p->now_ms += ms;
    pkr_link_tick(p->core, p->now_ms);
    pkr_link_tick(p->plugin, p->now_ms);
    packer_peer_run(p);
}

int64_t packer_peer_now_ms(const struct packer_peer *p)
{
    return p->now_ms;
}

void packer_peer_die(struct packer_peer *p)
{
    p->dead = true;
    pkr_link_eof(p->plugin);
    turn(p);
}

void packer_peer_stall(struct packer_peer *p, bool stalled)
{
    p->stalled = stalled;
}

/* ---- Packer's own moves ---- */

uint64_t packer_peer_call_on(struct packer_peer *p, uint32_t talk, const char *method,
                             const struct pkr_value *body)
{
    uint64_t call = 0;

    assert_int_equal(pkr_link_call(p->core, talk, method, body, &call, NULL), ACG_OK);
    packer_peer_run(p);
    return call;
}

uint64_t packer_peer_call(struct packer_peer *p, const char *method, const struct pkr_value *body)
{
    return packer_peer_call_on(p, p->control, method, body);
}

uint32_t packer_peer_dial(struct packer_peer *p, uint32_t number)
{
    uint32_t talk = 0;

    assert_int_equal(pkr_link_dial(p->core, p->now_ms, number, &talk, NULL), ACG_OK);
    packer_peer_run(p);
    return talk;
}

uint32_t packer_peer_serve(struct packer_peer *p)
{
    uint32_t number = 0;

    assert_int_equal(pkr_link_serve(p->core, &number, NULL), ACG_OK);
    return number;
}

void packer_peer_hang_up(struct packer_peer *p, uint32_t talk)
{
    pkr_link_hang_up(p->core, talk);
    packer_peer_run(p);
}

void packer_peer_reply(struct packer_peer *p, uint64_t call, const struct pkr_value *body)
{
    assert_int_equal(pkr_link_reply(p->core, call, body, NULL), ACG_OK);
    packer_peer_run(p);
}

void packer_peer_reply_error(struct packer_peer *p, uint64_t call, const char *text)
{
    assert_int_equal(pkr_link_reply_error(p->core, call, text, NULL), ACG_OK);
    packer_peer_run(p);
}

/* ---- Expectations ---- */

/* Take an event out of the line and lend it. */
static struct packer_seen *show(struct packer_peer *p, struct packer_seen **at)
{
    struct packer_seen *seen = *at;

    free_seen(p->shown);
    p->shown = seen;
    if (seen == NULL)
        return NULL;
    *at = seen->next;
    if (p->last == &seen->next)
        p->last = at;
    seen->next = NULL;
    return seen;
}

const struct packer_seen *packer_peer_next(struct packer_peer *p)
{
    packer_peer_run(p);
    return show(p, &p->first);
}

const struct pkr_value *packer_seen_body(const struct packer_seen *seen)
{
    return pkr_tree_root(seen->tree);
}

const struct packer_seen *packer_peer_expect_call(struct packer_peer *p, const char *method)
{
    const struct packer_seen *seen = packer_peer_next(p);

    assert_non_null(seen);
    assert_int_equal(seen->kind, PKR_LINK_CALL);
    assert_string_equal(seen->method, method);
    return seen;
}

static struct packer_seen *expect_reply(struct packer_peer *p, uint64_t call)
{
    packer_peer_run(p);
    for (struct packer_seen **at = &p->first; *at != NULL; at = &(*at)->next)
        if ((*at)->kind == PKR_LINK_REPLY && (*at)->call == call)
            return show(p, at);
    fail_msg("call %llu has no reply", (unsigned long long)call);
    return NULL;
}

const struct pkr_value *packer_peer_expect_returned(struct packer_peer *p, uint64_t call)
{
    const struct packer_seen *seen = expect_reply(p, call);

    if (seen->outcome != PKR_LINK_RETURNED)
        fail_msg("call failed: %s", seen->text);
    return pkr_tree_root(seen->tree);
}

const char *packer_peer_expect_failed(struct packer_peer *p, uint64_t call, const char *text)
{
    const struct packer_seen *seen = expect_reply(p, call);

    assert_int_equal(seen->outcome, PKR_LINK_FAILED);
    if (text != NULL)
        assert_string_equal(seen->text, text);
    return seen->text;
}

void packer_peer_expect_pending(struct packer_peer *p, uint64_t call)
{
    packer_peer_run(p);
    for (const struct packer_seen *seen = p->first; seen != NULL; seen = seen->next)
        assert_false(seen->kind == PKR_LINK_REPLY && seen->call == call);
}

void packer_peer_expect_nothing(struct packer_peer *p)
{
    packer_peer_run(p);
    if (p->first != NULL)
        fail_msg("an event of kind %d is left: %s %s", (int)p->first->kind, p->first->method, p->first->text);
}
