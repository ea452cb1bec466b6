/* SPDX-License-Identifier: MPL-2.0 */
/* A whole conversation with Packer, again and again: allocation 1 fails, then 2, then 3, until none is left
 * that could. Every failure must be told, nothing may leak (the sanitizers watch), and nothing may wait for
 * ever. */
#include "testlib/test.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"
#include "wire/gob.h"
#include "wire/link.h"
#include "wire/spec_proto.h"
#include "wire/yamux_session.h"

enum { FAILURES_MAX = 5000 };

/* The outcome of one run: how far it came and what it was told. */
struct outcome {
    bool finished;           /* the last answer of the conversation arrived */
    enum acg_status failure; /* the first status that was not ACG_OK */
};

static bool passed(struct outcome *o, enum acg_status status, const struct acg_error *err)
{
    if (status == ACG_OK)
        return true;
    if (o->failure == ACG_OK) {
        o->failure = status;
        assert_int_equal(err->status, status);
        assert_true(err->message[0] != '\0');
    }
    return false;
}

/* ---- Two sessions ---- */

static bool pump(struct outcome *o, struct pkr_yamux_session *from, struct pkr_yamux_session *to,
                 size_t *received)
{
    struct acg_span out = pkr_yamux_drain(from);
    struct acg_error err = {0};
    struct pkr_yamux_event ev;
    size_t used = 0;
    bool ok = true;

    for (; ok && out.len != 0; out = pkr_yamux_drain(from)) {
        ok = passed(o, pkr_yamux_feed(to, out, &used, &err), &err);
        while (pkr_yamux_next_event(to, &ev)) {
            if (ev.kind == PKR_YAMUX_DATA) {
                *received += ev.data.len;
                pkr_yamux_consumed(to, ev.stream, ev.data.len);
            }
        }
        pkr_yamux_drained(from, used);
    }
    return ok;
}

static void run_sessions(struct outcome *o)
{
    static char big[300000];
    struct pkr_yamux_session *server = NULL, *client = NULL;
    struct acg_error err = {0};
    size_t there = 0, back = 0;
    uint32_t id = 0;

    if (!passed(o, pkr_yamux_new(PKR_YAMUX_SERVER, &server, &err), &err) ||
        !passed(o, pkr_yamux_new(PKR_YAMUX_CLIENT, &client, &err), &err) ||
        !passed(o, pkr_yamux_open(client, &id, &err), &err) ||
        !passed(o, pkr_yamux_send(client, id, acgp_span_of(big, sizeof big), &err), &err) ||
        !passed(o, pkr_yamux_send(client, id, acgp_span("end"), &err), &err))
        goto out;
    pkr_yamux_finish(client, id);
    for (int turn = 0; turn < 8; turn++)
        if (!pump(o, client, server, &there) || !pump(o, server, client, &back))
            goto out;
    if (!passed(o, pkr_yamux_send(server, id, acgp_span("answer"), &err), &err) ||
        !pump(o, server, client, &back))
        goto out;
    o->finished = there == sizeof big + 3 && back == 6;
out:
    pkr_yamux_free(server);
    pkr_yamux_free(client);
}

/* ---- Two links: configure, publish, an artifact read back ---- */

struct conversation {
    struct outcome *o;
    struct pkr_link *plugin, *core;
    int64_t now_ms;
    uint32_t control, input, result;
    uint64_t work; /* Packer's PostProcess, at the plugin's side */
    uint64_t last; /* Packer's last call */
};

/* A talk or link that ended with an error has told. */
static void note_end(struct conversation *c, const struct pkr_link_event *ev)
{
    bool ended = ev->kind == PKR_LINK_ENDED || ev->kind == PKR_LINK_CLOSED;

    if (ended && ev->status != ACG_OK && c->o->failure == ACG_OK)
        c->o->failure = ev->status;
}

static bool answer_core(struct conversation *c, const struct pkr_link_event *ev)
{
    struct pkr_value id = pkr_text("/subscriptions/s/images/i");
    struct acg_error err = {0};

    return passed(c->o, pkr_link_reply(c->core, ev->call, &id, &err), &err);
}

static bool on_core(struct conversation *c, const struct pkr_link_event *ev)
{
    struct pkr_value number = pkr_nil();
    struct acg_error err = {0};
    uint64_t stream = 0, call = 0;
    uint32_t served = 0;

    note_end(c, ev);
    if (ev->kind == PKR_LINK_CALL)
        return answer_core(c, ev);
    if (ev->kind != PKR_LINK_REPLY || ev->outcome != PKR_LINK_RETURNED)
        return true;
    if (ev->call == c->last) {
        c->o->finished = true;
        return true;
    }
    if (ev->talk == c->control && pkr_value_is_nil(ev->body)) { /* Configure is done */
        if (!passed(c->o, pkr_link_serve(c->core, &served, &err), &err))
            return false;
        number = pkr_uint(served);
        return passed(c->o,
                      pkr_link_call(c->core, c->control, "PostProcessor.PostProcess", &number, &call, &err),
                      &err);
    }
    if (!pkr_value_as_u64(pkr_value_get(ev->body, "StreamId"), &stream))
        return true;
    return passed(c->o, pkr_link_dial(c->core, c->now_ms, (uint32_t)stream, &c->result, &err), &err) &&
           passed(c->o, pkr_link_call(c->core, c->result, "Artifact.Id", NULL, &c->last, &err), &err);
}

static bool begin_work(struct conversation *c, const struct pkr_link_event *ev)
{
    struct pkr_value line = pkr_text("publishing");
    struct acg_error err = {0};
    uint64_t number = 0, call = 0;

    c->work = ev->call;
    assert_true(pkr_value_as_u64(ev->body, &number));
    return passed(c->o, pkr_link_dial(c->plugin, c->now_ms, (uint32_t)number, &c->input, &err), &err) &&
           passed(c->o, pkr_link_call(c->plugin, c->input, "Ui.Say", &line, &call, &err), &err);
}

static bool end_work(struct conversation *c)
{
    uint32_t number = 0;
    struct acg_error err = {0};

    if (!passed(c->o, pkr_link_serve(c->plugin, &number, &err), &err))
        return false;
    struct pkr_pair pairs[] = {{pkr_text("Err"), pkr_nil()},
                               {pkr_text("Keep"), pkr_bool(true)},
                               {pkr_text("StreamId"), pkr_uint(number)}};
    struct pkr_value body = pkr_map(pairs, 3);
    pkr_link_hang_up(c->plugin, c->input);
    return passed(c->o, pkr_link_reply(c->plugin, c->work, &body, &err), &err);
}

static bool on_plugin(struct conversation *c, const struct pkr_link_event *ev)
{
    struct pkr_tree *kept = NULL, *copy = NULL;
    struct acg_error err = {0};
    bool ok = true;

    note_end(c, ev);
    if (ev->kind == PKR_LINK_REPLY && ev->outcome == PKR_LINK_RETURNED)
        return end_work(c);
    if (ev->kind != PKR_LINK_CALL)
        return true;
    if (pkr_link_is(ev, "PostProcessor.PostProcess"))
        return begin_work(c, ev);
    if (pkr_link_is(ev, "PostProcessor.Configure")) {
        kept = pkr_link_take_body(c->plugin);
        ok = passed(c->o, pkr_tree_copy(pkr_tree_root(kept), &copy, &err), &err);
        pkr_tree_free(kept);
        pkr_tree_free(copy);
    }
    return ok && passed(c->o, pkr_link_reply(c->plugin, ev->call, NULL, &err), &err);
}

/* @return whether bytes moved. */
static bool move(struct conversation *c, struct pkr_link *from, struct pkr_link *to, bool *ok)
{
    struct acg_span out = pkr_link_drain(from);
    struct acg_error err = {0};
    size_t used = 0;

    if (out.len == 0)
        return false;
    *ok = passed(c->o, pkr_link_feed(to, c->now_ms, out, &used, &err), &err);
    pkr_link_drained(from, used);
    return true;
}

static bool look(struct conversation *c)
{
    struct pkr_link_event ev;
    bool ok = true;

    while (ok && pkr_link_next_event(c->core, &ev))
        ok = on_core(c, &ev);
    while (ok && pkr_link_next_event(c->plugin, &ev))
        ok = on_plugin(c, &ev);
    return ok;
}

static void run_links(struct outcome *o)
{
    static char secret[200000];
    struct conversation c = {.o = o, .now_ms = 1000};
    struct pkr_pair pairs[] = {{pkr_text("client_secret"), pkr_bin(acgp_span_of(secret, sizeof secret))}};
    struct pkr_value map = pkr_map(pairs, 1);
    struct acg_error err = {0};
    uint64_t call = 0;
    bool ok = true, moved = true;

    if (!passed(o, pkr_link_new(PKR_LINK_PLUGIN, &c.plugin, &err), &err) ||
        !passed(o, pkr_link_new(PKR_LINK_CORE, &c.core, &err), &err) ||
        !passed(o, pkr_link_dial(c.core, c.now_ms, 0, &c.control, &err), &err) ||
        !passed(o, pkr_link_call(c.core, c.control, "PostProcessor.Configure", &map, &call, &err), &err))
        goto out;
    while (ok && moved) {
        moved = move(&c, c.core, c.plugin, &ok);
        moved |= ok && move(&c, c.plugin, c.core, &ok);
        ok = look(&c) && ok;
    }
    if (!o->finished) { /* whatever was lost shows now at the latest */
        pkr_link_eof(c.plugin);
        pkr_link_eof(c.core);
        look(&c);
    }
out:
    pkr_link_free(c.plugin);
    pkr_link_free(c.core);
}

/* ---- The encoders ---- */

static const struct pkr_spec_entry inner[] = {
    {.kind = PKR_SPEC_ATTR, .name = "lun", .type = &pkr_type_number}};
static const struct pkr_spec_object block = {inner, 1};
static const struct pkr_spec_entry entries[] = {
    {.kind = PKR_SPEC_ATTR, .name = "tags", .type = &pkr_type_map_string},
    {.kind = PKR_SPEC_ATTR, .name = "maps", .type = &pkr_type_list_map_string},
    {.kind = PKR_SPEC_BLOCK, .name = "os_disk", .nested = &block},
    {.kind = PKR_SPEC_BLOCK_LIST, .name = "data_disk", .nested = &block},
};
static const struct pkr_spec_object spec = {entries, 4};

static void run_encoders(struct outcome *o)
{
    struct acgp_buf out;
    struct acg_error err = {0};

    acgp_buf_init(&out, PKR_SPEC_BYTES_MAX);
    if (passed(o, pkr_gob_encode_spec(&spec, &out, &err), &err) &&
        passed(o, pkr_spec_proto_encode(&spec, &out, &err), &err))
        o->finished = true;
    else
        assert_false(out.failed);
    acgp_buf_done(&out);
}

/* ---- Each allocation fails once ---- */

static void fail_each(void (*run)(struct outcome *))
{
    struct outcome o = {0};
    uint64_t n = 0;

    while (!o.finished) {
        assert_true(++n < FAILURES_MAX);
        o = (struct outcome){0};
        acgp_alloc_fail_at(n);
        run(&o);
        acgp_alloc_fail_at(0);
        if (!o.finished)
            assert_true(o.failure == ACG_ERR_NOMEM || o.failure == ACG_ERR_CLOSED);
    }
    assert_true(n > 5); /* it did meet failures on the way */
    print_message("%llu allocations failed in turn\n", (unsigned long long)n - 1);
}

static void a_session_survives_each_failed_allocation(void **st)
{
    (void)st;
    struct outcome o = {0};

    for (uint64_t n = 1; n <= 5; n++) {
        o = (struct outcome){0};
        acgp_alloc_fail_at(n);
        run_sessions(&o);
        acgp_alloc_fail_at(0);
        assert_false(o.finished);
        assert_int_equal(o.failure, ACG_ERR_NOMEM);
    }
    o = (struct outcome){0};
    run_sessions(&o);
    assert_true(o.finished);
}

static void a_conversation_survives_each_failed_allocation(void **st)
{
    (void)st;
    fail_each(run_links);
}

static void the_spec_encoders_survive_each_failed_allocation(void **st)
{
    (void)st;
    fail_each(run_encoders);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_survives_each_failed_allocation),
        cmocka_unit_test(a_conversation_survives_each_failed_allocation),
        cmocka_unit_test(the_spec_encoders_survive_each_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
