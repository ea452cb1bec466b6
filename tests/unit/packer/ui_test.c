/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "packer/ui.h"
#include "testlib/packer_peer.h"

struct talk {
    struct pkr_link *link;
    struct packer_peer *packer;
    struct pkr_ui ui;
    uint32_t id;
};

static void turn(void *context)
{
    struct talk *t = context;
    struct pkr_link_event event;
    while (pkr_link_next_event(t->link, &event)) {
        if (event.kind == PKR_LINK_REPLY)
            assert_true(pkr_ui_on_reply(&t->ui, &event));
        if (event.kind == PKR_LINK_ENDED && event.talk == t->id)
            pkr_ui_detach(&t->ui);
    }
    pkr_ui_flush(&t->ui);
}

static void begin(struct talk *t)
{
    memset(t, 0, sizeof *t);
    assert_int_equal(pkr_link_new(PKR_LINK_PLUGIN, &t->link, NULL), ACG_OK);
    pkr_ui_init(&t->ui, t->link);
    t->packer = packer_peer_new(t->link, turn, t);
    packer_peer_run(t->packer);
    uint32_t number = packer_peer_serve(t->packer);
    assert_int_equal(pkr_link_dial(t->link, packer_peer_now_ms(t->packer), number, &t->id, NULL), ACG_OK);
    pkr_ui_attach(&t->ui, t->id);
    packer_peer_run(t->packer);
}

static void end(struct talk *t)
{
    pkr_ui_done(&t->ui);
    packer_peer_free(t->packer);
    pkr_link_free(t->link);
}

static void lines_arrive_in_order(void **st)
{
    struct talk t;
    (void)st;
    begin(&t);
    assert_int_equal(pkr_ui_line(&t.ui, PKR_UI_SAY, "one", NULL), ACG_OK);
    assert_int_equal(pkr_ui_line(&t.ui, PKR_UI_MESSAGE, "two", NULL), ACG_OK);
    assert_int_equal(pkr_ui_line(&t.ui, PKR_UI_ERROR, "three", NULL), ACG_OK);
    pkr_ui_flush(&t.ui);
    assert_int_equal(pkr_link_open_calls(t.link, t.id), PKR_UI_OPEN_MAX);
    packer_peer_run(t.packer);
    assert_string_equal(packer_peer_said(t.packer), "say: one\nmessage: two\nerror: three\n");
    assert_int_equal(pkr_ui_pending(&t.ui), 0);
    end(&t);
}

static void control_characters_become_spaces(void **st)
{
    struct talk t;
    (void)st;
    begin(&t);
    assert_int_equal(pkr_ui_line(&t.ui, PKR_UI_SAY, "a\x1b[2Jb\rc", NULL), ACG_OK);
    pkr_ui_flush(&t.ui);
    packer_peer_run(t.packer);
    assert_string_equal(packer_peer_said(t.packer), "say: a [2Jb c\n");
    end(&t);
}

static void at_the_cap_lines_are_refused_and_counted(void **st)
{
    struct talk t;
    (void)st;
    begin(&t);
    packer_peer_stall(t.packer, true);
    for (size_t i = 0; i < PKR_UI_LINES_MAX; i++)
        assert_int_equal(pkr_ui_line(&t.ui, PKR_UI_SAY, "x", NULL), ACG_OK);
    assert_int_equal(pkr_ui_line(&t.ui, PKR_UI_SAY, "x", NULL), ACG_ERR_LIMIT);
    assert_int_equal(pkr_ui_refused(&t.ui), 1);
    assert_int_equal(pkr_ui_refused(&t.ui), 0);
    packer_peer_stall(t.packer, false);
    pkr_ui_flush(&t.ui);
    packer_peer_run(t.packer);
    assert_int_equal(pkr_ui_pending(&t.ui), 0);
    assert_int_equal(strlen(packer_peer_said(t.packer)), PKR_UI_LINES_MAX * strlen("say: x\n"));
    end(&t);
}

static void nobody_listens_after_the_talk_ended(void **st)
{
    struct talk t;
    (void)st;
    begin(&t);
    packer_peer_die(t.packer);
    assert_int_equal(pkr_ui_line(&t.ui, PKR_UI_SAY, "x", NULL), ACG_OK);
    assert_int_equal(pkr_ui_pending(&t.ui), 0);
    end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_arrive_in_order),
        cmocka_unit_test(control_characters_become_spaces),
        cmocka_unit_test(at_the_cap_lines_are_refused_and_counted),
        cmocka_unit_test(nobody_listens_after_the_talk_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
