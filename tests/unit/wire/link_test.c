/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/alloc.h"
#include "base/span.h"
#include "testlib/hex.h"
#include "testlib/packer_peer.h"
#include "wire/link.h"

/* A plugin without a room: the test pulls its events by hand. */
struct talk {
    struct pkr_link *plugin;
    struct packer_peer *packer;
    struct pkr_link_event ev;
};

static struct talk begin(void)
{
    struct talk t = {0};

    assert_int_equal(pkr_link_new(PKR_LINK_PLUGIN, &t.plugin, NULL), ACG_OK);
    t.packer = packer_peer_new(t.plugin, NULL, NULL);
    packer_peer_run(t.packer);
    return t;
}

static void end(struct talk *t)
{
    packer_peer_free(t->packer);
    pkr_link_free(t->plugin);
}

static void expect(struct talk *t, enum pkr_link_event_kind kind)
{
    packer_peer_run(t->packer);
    assert_true(pkr_link_next_event(t->plugin, &t->ev));
    assert_int_equal(t->ev.kind, kind);
}

static void expect_nothing(struct talk *t)
{
    packer_peer_run(t->packer);
    assert_false(pkr_link_next_event(t->plugin, &t->ev));
}

static bool text_is(const struct pkr_value *v, const char *text)
{
    struct acg_span got = {0};

    return pkr_value_as_text(v, &got) && acgp_span_equal(got, acgp_span(text));
}

static void packer_calls_and_is_answered(void **st)
{
    (void)st;
    struct talk t = begin();
    struct pkr_value name = pkr_text("acg.publish");
    uint64_t call = packer_peer_call(t.packer, "PostProcessor.ConfigSpec", NULL);

    expect(&t, PKR_LINK_OPENED);
    assert_int_equal(t.ev.number, 0);
    assert_false(t.ev.dialed);
    expect(&t, PKR_LINK_CALL);
    assert_true(pkr_link_is(&t.ev, "PostProcessor.ConfigSpec"));
    assert_false(pkr_link_is(&t.ev, "PostProcessor.Config"));
    assert_true(pkr_value_is_nil(t.ev.body));
    packer_peer_expect_pending(t.packer, call);
    assert_int_equal(pkr_link_reply(t.plugin, t.ev.call, &name, NULL), ACG_OK);
    assert_true(text_is(packer_peer_expect_returned(t.packer, call), "acg.publish"));
    assert_int_equal(pkr_link_reply(t.plugin, t.ev.call, &name, NULL), ACG_ERR_CLOSED);
    end(&t);
}

static void errors_and_unknown_methods_are_answered_in_words(void **st)
{
    (void)st;
    struct talk t = begin();
    uint64_t bad = packer_peer_call(t.packer, "PostProcessor.Configure", NULL);
    uint64_t none = packer_peer_call(t.packer, "PostProcessor.Nope", NULL);
    uint64_t silent = packer_peer_call(t.packer, "PostProcessor.Cancel", NULL);

    expect(&t, PKR_LINK_OPENED);
    expect(&t, PKR_LINK_CALL);
    assert_int_equal(pkr_link_reply_error(t.plugin, t.ev.call, "location: missing", NULL), ACG_OK);
    expect(&t, PKR_LINK_CALL);
    assert_int_equal(pkr_link_reply_unknown(t.plugin, t.ev.call, NULL), ACG_OK);
    expect(&t, PKR_LINK_CALL);
    assert_int_equal(pkr_link_reply_error(t.plugin, t.ev.call, "", NULL), ACG_OK);
    packer_peer_expect_failed(t.packer, none, "rpc: can't find method PostProcessor.Nope");
    packer_peer_expect_failed(t.packer, bad, "location: missing");
    packer_peer_expect_failed(t.packer, silent, "failed");
    end(&t);
}

static void cancel_comes_while_post_process_is_open(void **st)
{
    (void)st;
    struct talk t = begin();
    struct pkr_value number = pkr_uint(1);
    uint64_t work = packer_peer_call(t.packer, "PostProcessor.PostProcess", &number);
    uint64_t cancel = packer_peer_call(t.packer, "PostProcessor.Cancel", NULL), work_here = 0;

    expect(&t, PKR_LINK_OPENED);
    expect(&t, PKR_LINK_CALL);
    work_here = t.ev.call;
    expect(&t, PKR_LINK_CALL);
    assert_true(pkr_link_is(&t.ev, "PostProcessor.Cancel"));
    assert_int_equal(pkr_link_reply(t.plugin, t.ev.call, NULL, NULL), ACG_OK);
    assert_true(pkr_value_is_nil(packer_peer_expect_returned(t.packer, cancel)));
    packer_peer_expect_pending(t.packer, work);
    assert_int_equal(pkr_link_reply_error(t.plugin, work_here, "cancelled", NULL), ACG_OK);
    packer_peer_expect_failed(t.packer, work, "cancelled");
    end(&t);
}

static uint32_t dial(struct talk *t, uint32_t number)
{
    uint32_t talk = 0;

    assert_int_equal(pkr_link_dial(t->plugin, packer_peer_now_ms(t->packer), number, &talk, NULL), ACG_OK);
    return talk;
}

static uint64_t call(struct talk *t, uint32_t talk, const char *method, const struct pkr_value *body)
{
    uint64_t made = 0;

    assert_int_equal(pkr_link_call(t->plugin, talk, method, body, &made, NULL), ACG_OK);
    return made;
}

static void calls_made_before_the_echo_are_sent_behind_it(void **st)
{
    (void)st;
    struct talk t = begin();
    uint32_t number = packer_peer_serve(t.packer), talk = dial(&t, number);
    struct pkr_value hello = pkr_text("hello"), id = pkr_text("/subscriptions/s");
    uint64_t say = call(&t, talk, "Ui.Say", &hello), ask = call(&t, talk, "Artifact.Id", NULL);

    packer_peer_answers(t.packer, "Artifact.Id", &id);
    assert_int_equal(pkr_link_open_calls(t.plugin, talk), 2);
    expect(&t, PKR_LINK_OPENED); /* the control stream, or ours: each once */
    expect(&t, PKR_LINK_OPENED);
    expect(&t, PKR_LINK_REPLY);
    assert_int_equal(t.ev.call, say);
    assert_int_equal(t.ev.outcome, PKR_LINK_RETURNED);
    assert_true(pkr_value_is_nil(t.ev.body));
    expect(&t, PKR_LINK_REPLY);
    assert_int_equal(t.ev.call, ask);
    assert_int_equal(t.ev.talk, talk);
    assert_int_equal(t.ev.number, number);
    assert_true(text_is(t.ev.body, "/subscriptions/s"));
    assert_string_equal(packer_peer_said(t.packer), "say: hello\n");
    end(&t);
}

static void an_error_of_packer_is_a_failed_call(void **st)
{
    (void)st;
    struct talk t = begin();
    uint32_t talk = dial(&t, packer_peer_serve(t.packer));
    uint64_t ask = call(&t, talk, "Ui.Ask", NULL);

    packer_peer_reply_error(t.packer, packer_peer_expect_call(t.packer, "Ui.Ask")->call, "no available tty");
    expect(&t, PKR_LINK_OPENED);
    expect(&t, PKR_LINK_OPENED);
    expect(&t, PKR_LINK_REPLY);
    assert_int_equal(t.ev.call, ask);
    assert_int_equal(t.ev.outcome, PKR_LINK_FAILED);
    assert_null(t.ev.body);
    assert_true(acgp_span_equal(t.ev.text, acgp_span("no available tty")));
    end(&t);
}

static void a_number_that_nobody_awaits_times_out(void **st)
{
    (void)st;
    struct talk t = begin();
    uint32_t talk = dial(&t, 99);
    uint64_t ask = call(&t, talk, "Artifact.Id", NULL);
    int64_t due = 0;

    expect(&t, PKR_LINK_OPENED);
    assert_int_equal(t.ev.number, 0);
    expect_nothing(&t);
    assert_true(pkr_link_deadline(t.plugin, &due));
    assert_int_equal(due, packer_peer_now_ms(t.packer) + PKR_LINK_DIAL_MS);
    packer_peer_pass_ms(t.packer, PKR_LINK_DIAL_MS - 1);
    expect_nothing(&t);
    packer_peer_pass_ms(t.packer, 1);
    expect(&t, PKR_LINK_REPLY);
    assert_int_equal(t.ev.call, ask);
    assert_int_equal(t.ev.outcome, PKR_LINK_LOST);
    expect(&t, PKR_LINK_ENDED);
    assert_int_equal(t.ev.talk, talk);
    assert_int_equal(t.ev.status, ACG_ERR_TIMEOUT);
    expect_nothing(&t);
    end(&t);
}

static void a_served_number_becomes_a_talk_on_which_packer_calls(void **st)
{
    (void)st;
    struct talk t = begin();
    struct pkr_value id = pkr_text("the id");
    uint32_t number = 0, talk = 0;
    uint64_t made = 0;

    assert_int_equal(pkr_link_serve(t.plugin, &number, NULL), ACG_OK);
    assert_int_equal(number, 1);
    talk = packer_peer_dial(t.packer, number);
    made = packer_peer_call_on(t.packer, talk, "Artifact.Id", NULL);
    expect(&t, PKR_LINK_OPENED);
    expect(&t, PKR_LINK_OPENED);
    expect(&t, PKR_LINK_CALL);
    assert_int_equal(t.ev.number, number);
    assert_int_equal(pkr_link_reply(t.plugin, t.ev.call, &id, NULL), ACG_OK);
    assert_true(text_is(packer_peer_expect_returned(t.packer, made), "the id"));
    assert_int_equal(pkr_link_call(t.plugin, t.ev.talk, "X.Y", NULL, &made, NULL), ACG_ERR_STATE);
    end(&t);
}

static void a_number_dialed_before_it_is_served_waits_for_it(void **st)
{
    (void)st;
    struct talk t = begin();
    uint32_t number = 0, talk = packer_peer_dial(t.packer, 1);
    uint64_t made = packer_peer_call_on(t.packer, talk, "Artifact.Id", NULL);

    expect(&t, PKR_LINK_OPENED);
    expect_nothing(&t);
    assert_int_equal(pkr_link_serve(t.plugin, &number, NULL), ACG_OK);
    assert_int_equal(number, 1);
    expect(&t, PKR_LINK_OPENED);
    assert_int_equal(t.ev.number, 1);
    expect(&t, PKR_LINK_CALL);
    assert_int_equal(pkr_link_reply(t.plugin, t.ev.call, NULL, NULL), ACG_OK);
    assert_true(pkr_value_is_nil(packer_peer_expect_returned(t.packer, made)));
    end(&t);
}

static void a_number_that_we_never_serve_is_closed_in_order(void **st)
{
    (void)st;
    struct talk t = begin();
    const struct packer_seen *seen = NULL;
    uint32_t talk = packer_peer_dial(t.packer, 5);

    expect(&t, PKR_LINK_OPENED);
    packer_peer_pass_ms(t.packer, PKR_LINK_DIAL_MS);
    seen = packer_peer_next(t.packer);
    assert_non_null(seen);
    assert_int_equal(seen->kind, PKR_LINK_ENDED);
    assert_int_equal(seen->talk, talk);
    expect_nothing(&t);
    end(&t);
}

static void a_second_control_stream_is_not_served(void **st)
{
    (void)st;
    struct talk t = begin();

    packer_peer_dial(t.packer, 0);
    expect(&t, PKR_LINK_OPENED);
    expect_nothing(&t);
    packer_peer_pass_ms(t.packer, PKR_LINK_DIAL_MS);
    expect_nothing(&t);
    end(&t);
}

static void hanging_up_loses_open_calls_and_ends_the_talk(void **st)
{
    (void)st;
    struct talk t = begin();
    uint32_t talk = dial(&t, packer_peer_serve(t.packer));
    uint64_t ask = call(&t, talk, "Ui.Ask", NULL), late = 0;

    packer_peer_expect_call(t.packer, "Ui.Ask");
    expect(&t, PKR_LINK_OPENED);
    expect(&t, PKR_LINK_OPENED);
    pkr_link_hang_up(t.plugin, talk);
    pkr_link_hang_up(t.plugin, talk);
    assert_int_equal(pkr_link_call(t.plugin, talk, "Ui.Say", NULL, &late, NULL), ACG_ERR_CLOSED);
    expect(&t, PKR_LINK_REPLY);
    assert_int_equal(t.ev.call, ask);
    assert_int_equal(t.ev.outcome, PKR_LINK_LOST);
    expect(&t, PKR_LINK_ENDED);
    assert_int_equal(t.ev.status, ACG_OK);
    assert_int_equal(pkr_link_open_calls(t.plugin, talk), 0);
    expect_nothing(&t);
    end(&t);
}

static void what_was_called_before_hanging_up_still_arrives(void **st)
{
    (void)st;
    struct talk t = begin();
    uint32_t talk = dial(&t, packer_peer_serve(t.packer));
    struct pkr_value bye = pkr_text("bye");

    packer_peer_run(t.packer);
    call(&t, talk, "Ui.Say", &bye);
    pkr_link_hang_up(t.plugin, talk);
    packer_peer_run(t.packer);
    assert_string_equal(packer_peer_said(t.packer), "say: bye\n");
    end(&t);
}

static void packers_fin_waits_for_our_answers(void **st)
{
    (void)st;
    struct talk t = begin();
    uint32_t number = 0, talk = 0;
    uint64_t here = 0;

    assert_int_equal(pkr_link_serve(t.plugin, &number, NULL), ACG_OK);
    talk = packer_peer_dial(t.packer, number);
    packer_peer_call_on(t.packer, talk, "Artifact.Id", NULL);
    packer_peer_hang_up(t.packer, talk);
    expect(&t, PKR_LINK_OPENED);
    expect(&t, PKR_LINK_OPENED);
    expect(&t, PKR_LINK_CALL);
    here = t.ev.call;
    expect_nothing(&t);
    assert_int_equal(pkr_link_reply(t.plugin, here, NULL, NULL), ACG_OK);
    expect(&t, PKR_LINK_ENDED);
    assert_int_equal(t.ev.status, ACG_OK);
    expect_nothing(&t);
    end(&t);
}

static void a_stream_of_garbage_ends_its_talk_and_no_other(void **st)
{
    (void)st;
    struct pkr_link *link = NULL;
    struct pkr_link_event ev;
    size_t used = 0;
    struct acg_span in = hex("00 01 0001 00000001 00000000 00 00 0000 00000001 00000004 00000000"
                             "00 01 0001 00000003 00000000 00 00 0000 00000003 00000005 01000000 c1"
                             "00 00 0000 00000001 00000006 81 a3'Seq' 07"
                             "00 00 0000 00000001 00000001 c0");
    uint32_t number = 0;

    assert_int_equal(pkr_link_new(PKR_LINK_PLUGIN, &link, NULL), ACG_OK);
    assert_int_equal(pkr_link_serve(link, &number, NULL), ACG_OK);
    assert_int_equal(pkr_link_feed(link, 0, in, &used, NULL), ACG_OK);
    assert_int_equal(used, in.len);
    assert_true(pkr_link_next_event(link, &ev));
    assert_int_equal(ev.kind, PKR_LINK_OPENED);
    assert_true(pkr_link_next_event(link, &ev));
    assert_int_equal(ev.kind, PKR_LINK_CALL);
    assert_int_equal(ev.number, 0);
    assert_true(pkr_link_next_event(link, &ev));
    assert_int_equal(ev.kind, PKR_LINK_OPENED);
    assert_true(pkr_link_next_event(link, &ev));
    assert_int_equal(ev.kind, PKR_LINK_ENDED);
    assert_int_equal(ev.number, 1);
    assert_int_equal(ev.status, ACG_ERR_PROTOCOL);
    assert_true(acgp_span_equal(ev.text, acgp_span("byte 0xc1 is no msgpack value")));
    assert_false(pkr_link_next_event(link, &ev));
    pkr_link_free(link);
}

static void a_wrong_echo_ends_the_talk(void **st)
{
    (void)st;
    struct pkr_link *link = NULL;
    struct pkr_link_event ev;
    uint32_t talk = 0;
    size_t used = 0;

    assert_int_equal(pkr_link_new(PKR_LINK_PLUGIN, &link, NULL), ACG_OK);
    assert_int_equal(pkr_link_dial(link, 0, 3, &talk, NULL), ACG_OK);
    pkr_link_drained(link, pkr_link_drain(link).len);
    assert_int_equal(pkr_link_feed(link, 0, hex("00 00 0002 00000002 00000004 04000000"), &used, NULL),
                     ACG_OK);
    assert_true(pkr_link_next_event(link, &ev));
    assert_int_equal(ev.kind, PKR_LINK_ENDED);
    assert_int_equal(ev.status, ACG_ERR_PROTOCOL);
    assert_true(acgp_span_equal(ev.text, acgp_span("Packer answered number 3 with another")));
    pkr_link_free(link);
}

static void a_stream_that_stops_inside_a_message_is_a_protocol_error(void **st)
{
    (void)st;
    struct pkr_link *link = NULL;
    struct pkr_link_event ev;
    size_t used = 0;

    assert_int_equal(pkr_link_new(PKR_LINK_PLUGIN, &link, NULL), ACG_OK);
    assert_int_equal(pkr_link_feed(link, 0,
                                   hex("00 01 0001 00000001 00000000"
                                       "00 00 0004 00000001 00000006 00000000 81a3"),
                                   &used, NULL),
                     ACG_OK);
    assert_true(pkr_link_next_event(link, &ev));
    assert_int_equal(ev.kind, PKR_LINK_OPENED);
    assert_true(pkr_link_next_event(link, &ev));
    assert_int_equal(ev.kind, PKR_LINK_ENDED);
    assert_int_equal(ev.status, ACG_ERR_PROTOCOL);
    pkr_link_free(link);
}

static void the_end_of_the_socket_ends_everything_once(void **st)
{
    (void)st;
    struct talk t = begin();
    uint32_t talk = dial(&t, packer_peer_serve(t.packer)), other = 0;
    uint64_t ask = call(&t, talk, "Ui.Ask", NULL), here = 0;
    size_t used = 0;

    packer_peer_call(t.packer, "PostProcessor.PostProcess", NULL);
    expect(&t, PKR_LINK_OPENED);
    expect(&t, PKR_LINK_CALL);
    here = t.ev.call;
    expect(&t, PKR_LINK_OPENED);
    packer_peer_die(t.packer);
    unsigned replies = 0, ended = 0;
    while (pkr_link_next_event(t.plugin, &t.ev) && t.ev.kind != PKR_LINK_CLOSED) {
        replies += t.ev.kind == PKR_LINK_REPLY && t.ev.call == ask && t.ev.outcome == PKR_LINK_LOST;
        ended += t.ev.kind == PKR_LINK_ENDED && t.ev.status == ACG_ERR_CLOSED;
    }
    assert_int_equal(replies, 1);
    assert_int_equal(ended, 2);
    assert_int_equal(t.ev.kind, PKR_LINK_CLOSED);
    assert_int_equal(t.ev.status, ACG_ERR_CLOSED);
    assert_true(acgp_span_equal(t.ev.text, acgp_span("Packer closed the connection")));
    assert_false(pkr_link_next_event(t.plugin, &t.ev));
    assert_int_equal(pkr_link_reply(t.plugin, here, NULL, NULL), ACG_ERR_CLOSED);
    assert_int_equal(pkr_link_dial(t.plugin, 0, 1, &other, NULL), ACG_ERR_CLOSED);
    assert_int_equal(pkr_link_serve(t.plugin, &other, NULL), ACG_ERR_CLOSED);
    assert_int_equal(pkr_link_feed(t.plugin, 0, hex("00"), &used, NULL), ACG_ERR_CLOSED);
    assert_false(pkr_link_wants_read(t.plugin));
    end(&t);
}

static void a_broken_frame_ends_the_link_with_a_go_away(void **st)
{
    (void)st;
    struct pkr_link *link = NULL;
    struct pkr_link_event ev;
    struct acg_error err = {0};
    size_t used = 0;

    assert_int_equal(pkr_link_new(PKR_LINK_PLUGIN, &link, NULL), ACG_OK);
    assert_int_equal(pkr_link_feed(link, 0, hex("00 09 0000 00000000 00000000"), &used, &err),
                     ACG_ERR_PROTOCOL);
    assert_int_equal(pkr_link_feed(link, 0, hex("00"), &used, &err), ACG_ERR_PROTOCOL);
    assert_string_equal(err.message, "yamux frame of unknown type 9");
    assert_true(pkr_link_next_event(link, &ev));
    assert_int_equal(ev.kind, PKR_LINK_CLOSED);
    assert_int_equal(ev.status, ACG_ERR_PROTOCOL);
    assert_memory_equal(pkr_link_drain(link).data, hex("00 03 0000 00000000 00000001").data, 12);
    pkr_link_free(link);
}

static void a_body_may_be_kept_beyond_its_event(void **st)
{
    (void)st;
    struct talk t = begin();
    struct pkr_pair pairs[] = {{pkr_text("client_secret"), pkr_text("s3cr3t")}};
    struct pkr_value map = pkr_map(pairs, 1);
    const struct pkr_value *body = NULL;
    struct pkr_tree *kept = NULL;

    packer_peer_call(t.packer, "PostProcessor.Configure", &map);
    expect(&t, PKR_LINK_OPENED);
    assert_null(pkr_link_take_body(t.plugin));
    expect(&t, PKR_LINK_CALL);
    body = t.ev.body;
    kept = pkr_link_take_body(t.plugin);
    assert_ptr_equal(pkr_tree_root(kept), body);
    assert_null(pkr_link_take_body(t.plugin));
    expect_nothing(&t);
    assert_true(text_is(pkr_value_get(body, "client_secret"), "s3cr3t"));
    pkr_tree_free(kept);
    end(&t);
}

static void a_packer_that_reads_nothing_is_refused_more(void **st)
{
    (void)st;
    static char line[65536];
    struct talk t = begin();
    uint32_t talk = dial(&t, packer_peer_serve(t.packer));
    struct pkr_value text = pkr_str(acgp_span_of(line, sizeof line));
    enum acg_status status = ACG_OK;
    uint64_t made = 0;
    unsigned sent = 0, replies = 0;

    memset(line, 'x', sizeof line);
    expect(&t, PKR_LINK_OPENED);
    expect(&t, PKR_LINK_OPENED);
    packer_peer_stall(t.packer, true);
    while (status == ACG_OK && sent < 1000) {
        status = pkr_link_call(t.plugin, talk, "Ui.Say", &text, &made, NULL);
        sent += status == ACG_OK;
        packer_peer_run(t.packer);
    }
    assert_int_equal(status, ACG_ERR_LIMIT);
    assert_int_equal(sent, 64);
    packer_peer_stall(t.packer, false);
    packer_peer_run(t.packer);
    while (pkr_link_next_event(t.plugin, &t.ev))
        replies += t.ev.kind == PKR_LINK_REPLY && t.ev.outcome == PKR_LINK_RETURNED;
    assert_int_equal(replies, 64);
    assert_int_equal(pkr_link_call(t.plugin, talk, "Ui.Say", &text, &made, NULL), ACG_OK);
    end(&t);
}

static void a_room_that_pulls_nothing_stops_packer_by_its_window(void **st)
{
    (void)st;
    static char text[2000000];
    struct talk t = begin();
    struct pkr_value body = pkr_str(acgp_span_of(text, sizeof text));
    struct acg_span got = {0};

    memset(text, 'x', sizeof text);
    packer_peer_call(t.packer, "PostProcessor.Configure", &body);
    packer_peer_call(t.packer, "PostProcessor.Configure", &body);
    expect(&t, PKR_LINK_OPENED);
    unsigned pulls = 0, calls = 0;
    for (unsigned i = 0; i < 100 && calls < 2; i++) {
        packer_peer_run(t.packer);
        for (; pkr_link_next_event(t.plugin, &t.ev); calls++) {
            assert_int_equal(t.ev.kind, PKR_LINK_CALL);
            assert_true(pkr_value_as_text(t.ev.body, &got));
            assert_int_equal(got.len, sizeof text);
        }
        pulls++;
    }
    assert_int_equal(calls, 2);
    assert_true(pulls > 4000000 / 262144);
    end(&t);
}

static void calls_beyond_the_cap_are_refused_in_words(void **st)
{
    (void)st;
    struct pkr_link *link = NULL;
    struct pkr_link_event ev;
    struct acg_span open = hex("00 01 0001 00000001 00000000 00 00 0000 00000001 00000004 00000000"),
                    out = {0};
    static const char request[] = "\0\0\0\0\0\0\0\1\0\0\0\x07\x81\xa3Seq\x07\xc0";
    size_t used = 0;
    unsigned shown = 0;

    assert_int_equal(pkr_link_new(PKR_LINK_PLUGIN, &link, NULL), ACG_OK);
    assert_int_equal(pkr_link_feed(link, 0, open, &used, NULL), ACG_OK);
    for (unsigned i = 0; i < PKR_LINK_CALLS_MAX + 1; i++)
        assert_int_equal(pkr_link_feed(link, 0, acgp_span_of(request, sizeof request - 1), &used, NULL),
                         ACG_OK);
    while (pkr_link_next_event(link, &ev))
        shown += ev.kind == PKR_LINK_CALL;
    assert_int_equal(shown, PKR_LINK_CALLS_MAX);
    out = pkr_link_drain(link);
    assert_memory_equal(out.data + out.len - 37, "\xd9\x22too many calls at once, at most 64\xc0", 37);
    pkr_link_free(link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packer_calls_and_is_answered),
        cmocka_unit_test(errors_and_unknown_methods_are_answered_in_words),
        cmocka_unit_test(cancel_comes_while_post_process_is_open),
        cmocka_unit_test(calls_made_before_the_echo_are_sent_behind_it),
        cmocka_unit_test(an_error_of_packer_is_a_failed_call),
        cmocka_unit_test(a_number_that_nobody_awaits_times_out),
        cmocka_unit_test(a_served_number_becomes_a_talk_on_which_packer_calls),
        cmocka_unit_test(a_number_dialed_before_it_is_served_waits_for_it),
        cmocka_unit_test(a_number_that_we_never_serve_is_closed_in_order),
        cmocka_unit_test(a_second_control_stream_is_not_served),
        cmocka_unit_test(hanging_up_loses_open_calls_and_ends_the_talk),
        cmocka_unit_test(what_was_called_before_hanging_up_still_arrives),
        cmocka_unit_test(packers_fin_waits_for_our_answers),
        cmocka_unit_test(a_stream_of_garbage_ends_its_talk_and_no_other),
        cmocka_unit_test(a_wrong_echo_ends_the_talk),
        cmocka_unit_test(a_stream_that_stops_inside_a_message_is_a_protocol_error),
        cmocka_unit_test(the_end_of_the_socket_ends_everything_once),
        cmocka_unit_test(a_broken_frame_ends_the_link_with_a_go_away),
        cmocka_unit_test(a_body_may_be_kept_beyond_its_event),
        cmocka_unit_test(a_packer_that_reads_nothing_is_refused_more),
        cmocka_unit_test(a_room_that_pulls_nothing_stops_packer_by_its_window),
        cmocka_unit_test(calls_beyond_the_cap_are_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
