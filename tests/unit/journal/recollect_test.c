/* SPDX-License-Identifier: MPL-2.0 */
/* What a journal says, whatever happened to it. */
#include "testlib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/span.h"
#include "journal/recollect.h"

#define KEY   "5ba93c9db0cff93f52b521d7420e43f6eda2784fbf3e0c55b3d4c6e0e1d1f7aa"
#define OTHER "0000000000000000000000000000000000000000000000000000000000000000"

#define LINE(kind, run, more)                                                                                \
    "{\"kind\":\"" kind "\",\"at\":5,\"key\":\"" KEY "\",\"run\":\"" run "\"" more "}\n"
#define BEGIN(run, version) LINE("begin", run, ",\"version\":\"" version "\"")
#define SENDING(run, note)  LINE("sending", run, ",\"note\":\"" note "\"")
#define ACCEPTED(run)       LINE("accepted", run, "")
#define FINAL(run)          LINE("ended", run, ",\"status\":\"ok\",\"final\":true")
#define LEFT(run)           LINE("ended", run, ",\"status\":\"timeout\",\"final\":false")

static struct acgp_recollection read_of(struct acg_span bytes)
{
    struct acgp_recollection r = {.known = false};

    assert_int_equal(acgp_recollect(bytes, KEY, &r, NULL), ACG_OK);
    return r;
}

struct expected {
    const char *text;
    bool known, unfinished, sent, created;
    size_t skipped;
};

static void says(const struct expected *e)
{
    struct acgp_recollection r = read_of(acgp_span(e->text));

    if (r.known != e->known || r.unfinished != e->unfinished || r.sent != e->sent ||
        r.created != e->created || r.skipped != e->skipped)
        fail_msg("known %d unfinished %d sent %d created %d skipped %zu: %s", r.known, r.unfinished, r.sent,
                 r.created, r.skipped, e->text);
    acgp_recollection_done(&r);
}

static void a_run_is_known_as_far_as_it_came(void **st)
{
    static const struct expected cases[] = {
        {"", 0, 0, 0, 0, 0},
        {"\n\n", 0, 0, 0, 0, 0},
        {BEGIN("a", "1"), 1, 1, 0, 0, 0},
        {BEGIN("a", "1") SENDING("a", "create"), 1, 1, 1, 0, 0},
        {BEGIN("a", "1") SENDING("a", "create") ACCEPTED("a"), 1, 1, 1, 1, 0},
        {BEGIN("a", "1") SENDING("a", "create") ACCEPTED("a") LEFT("a"), 1, 1, 1, 1, 0},
        {BEGIN("a", "1") SENDING("a", "create") ACCEPTED("a") FINAL("a"), 1, 0, 1, 1, 0},
        {BEGIN("a", "1") SENDING("a", "update") ACCEPTED("a"), 1, 1, 1, 0, 0},
        {BEGIN("a", "1") SENDING("a", "replace") SENDING("a", "create") ACCEPTED("a"), 1, 1, 1, 1, 0},
        {BEGIN("a", "1") FINAL("a"), 1, 0, 0, 0, 0},
    };

    (void)st;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        says(&cases[i]);
}

static void the_newest_run_decides(void **st)
{
    static const struct expected cases[] = {
        /* another run of the same version goes on: what was sent is still out there */
        {BEGIN("a", "1") SENDING("a", "create") BEGIN("b", "1"), 1, 1, 1, 0, 0},
        {BEGIN("a", "1") SENDING("a", "create") ACCEPTED("a") BEGIN("b", "1"), 1, 1, 1, 1, 0},
        {BEGIN("a", "1") SENDING("a", "create") BEGIN("b", "1") BEGIN("c", "1"), 1, 1, 1, 0, 0},
        /* the one before was over, or was about another version */
        {BEGIN("a", "1") SENDING("a", "create") FINAL("a") BEGIN("b", "1"), 1, 1, 0, 0, 0},
        {BEGIN("a", "1") SENDING("a", "create") ACCEPTED("a") FINAL("a") BEGIN("b", "1"), 1, 1, 0, 1, 0},
        {BEGIN("a", "1") SENDING("a", "create") ACCEPTED("a") BEGIN("b", "2"), 1, 1, 0, 0, 0},
        /* its begin is lost */
        {BEGIN("a", "1") FINAL("a") SENDING("b", "create"), 1, 1, 1, 0, 0},
        {SENDING("b", "create") ACCEPTED("b") FINAL("b"), 1, 0, 1, 1, 0},
    };

    (void)st;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        says(&cases[i]);
}

static void what_is_not_ours_is_passed_over(void **st)
{
    static const struct expected cases[] = {
        /* later releases: kinds and members that nobody knows yet are no fault */
        {BEGIN("a", "1") LINE("paused", "a", ""), 1, 1, 0, 0, 0},
        {LINE("begin", "a", ",\"future\":{\"deep\":[1,2]}"), 1, 1, 0, 0, 0},
        /* lines that cannot be used */
        {"garbage\n" BEGIN("a", "1"), 1, 1, 0, 0, 1},
        {"[]\n1\n\"text\"\nnull\n{}\n" BEGIN("a", "1"), 1, 1, 0, 0, 5},
        {"{\"kind\":1,\"run\":\"a\",\"key\":\"" KEY "\"}\n", 0, 0, 0, 0, 1},
        {"{\"kind\":\"begin\",\"run\":2,\"key\":\"" KEY "\"}\n", 0, 0, 0, 0, 1},
        {"{\"kind\":\"begin\",\"run\":\"a\",\"key\":\"" OTHER "\"}\n", 0, 0, 0, 0, 1},
        {"{\"kind\":\"begin\",\"run\":\"a run whose name is longer than any that was ever "
         "given\",\"key\":\"" KEY "\"}\n",
         0, 0, 0, 0, 1},
        {BEGIN("a", "1") "\xff\xfe{}\n" SENDING("a", "create"), 1, 1, 1, 0, 1},
        {BEGIN("a", "1") LINE("ended", "a", ",\"final\":\"true\""), 1, 1, 0, 0, 0},
    };

    (void)st;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        says(&cases[i]);
}

/* A crash may cut the file at any byte; the next run begins on a line of its own. */
static void a_tear_costs_one_line_at_most(void **st)
{
    static const char whole[] = BEGIN("a", "1") SENDING("a", "create") ACCEPTED("a") FINAL("a");
    static const char next[] = BEGIN("b", "1");
    const char *sending = strstr(whole, "{\"kind\":\"sending"), *accepted = strstr(whole, "{\"kind\":\"acc");
    const char *ended = strstr(whole, "{\"kind\":\"ended");

    (void)st;
    for (size_t cut = 0; cut < sizeof whole; cut++) {
        char text[sizeof whole + sizeof next + 1];
        struct acgp_recollection r = read_of(acgp_span_of(whole, cut));
        size_t lines_at = cut + 1; /* a line without its end counts once all of its members are there */
        bool torn = cut > 0 && whole[cut - 1] != '\n' && whole[cut - 1] != '}';

        assert_int_equal(r.skipped, torn);
        assert_int_equal(r.sent, lines_at >= (size_t)(accepted - whole));
        assert_int_equal(r.known, lines_at >= (size_t)(sending - whole));
        assert_int_equal(r.created, lines_at >= (size_t)(ended - whole));
        assert_int_equal(r.known && !r.unfinished, lines_at >= sizeof whole - 1);
        acgp_recollection_done(&r);

        snprintf(text, sizeof text, "%.*s%s%s", (int)cut, whole,
                 cut > 0 && whole[cut - 1] != '\n' ? "\n" : "", next);
        r = read_of(acgp_span(text));
        assert_true(r.known && r.unfinished);
        assert_int_equal(r.skipped, torn);
        assert_int_equal(r.sent, lines_at >= (size_t)(accepted - whole) && lines_at < sizeof whole - 1);
        acgp_recollection_done(&r);
    }
}

static void every_byte_may_be_another(void **st)
{
    char text[] = BEGIN("a", "1") SENDING("a", "create") ACCEPTED("a") FINAL("a");

    (void)st;
    for (size_t at = 0; at + 1 < sizeof text; at++) {
        char was = text[at];
        for (int to = 0; to < 256; to += 5) {
            struct acgp_recollection r;
            text[at] = (char)to;
            r = read_of(acgp_span_of(text, sizeof text - 1));
            assert_true(r.known); /* three lines of four are whole, or two */
            assert_true(r.skipped <= 2);
            acgp_recollection_done(&r);
        }
        text[at] = was;
    }
}

static void of_a_long_file_the_end_counts(void **st)
{
    static const char last[] = SENDING("a", "create") BEGIN("b", "2") SENDING("b", "create");
    size_t size = (size_t)ACGP_JOURNAL_MAX + 4096;
    char *text = malloc(size);
    struct acgp_recollection r;

    (void)st;
    assert_non_null(text);
    for (size_t at = 0; at + sizeof last <= size; at += sizeof last - 1)
        memcpy(text + at, last, sizeof last - 1);
    memset(text + size - 2 * sizeof last, '\n', 2 * sizeof last);
    memcpy(text + size - sizeof last, last, sizeof last - 1);
    r = read_of(acgp_span_of(text, size));
    assert_true(r.known && r.sent && r.unfinished);
    assert_true(r.skipped <= 2); /* the line that the limit cuts, and the one that this test cut */
    assert_string_equal(r.version_id, "2");
    acgp_recollection_done(&r);
    free(text);
}

static void a_line_over_the_cap_is_skipped(void **st)
{
    size_t size = (size_t)ACGP_RECORD_MAX + 1;
    char *text = malloc(size + 512);
    struct acgp_recollection r;

    (void)st;
    assert_non_null(text);
    snprintf(text, size, "%s", "{\"kind\":\"begin\",\"at\":5,\"key\":\"" KEY "\",\"run\":\"a\"");
    memset(text + strlen(text), ' ', size - strlen(text) - 1);
    text[size - 1] = '}';
    memcpy(text + size, "\n" BEGIN("b", "1"), sizeof("\n" BEGIN("b", "1")));
    r = read_of(acgp_span(text));
    assert_int_equal(r.skipped, 1);
    assert_true(r.known);
    acgp_recollection_done(&r);
    memmove(text + size - 2, text + size - 1, strlen(text + size - 1) + 1); /* one byte less: it counts */
    r = read_of(acgp_span(text));
    assert_int_equal(r.skipped, 0);
    acgp_recollection_done(&r);
    free(text);
}

static void without_a_key_any_line_is_taken(void **st)
{
    static const char text[] =
        BEGIN("a", "1") "{\"kind\":\"ended\",\"run\":\"a\",\"final\":true,\"key\":\"" OTHER "\"}\n";
    struct acgp_recollection r = {.known = false};

    (void)st;
    assert_int_equal(acgp_recollect(acgp_span(text), NULL, &r, NULL), ACG_OK);
    assert_true(r.known && !r.unfinished);
    assert_int_equal(r.skipped, 0);
    acgp_recollection_done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_known_as_far_as_it_came), cmocka_unit_test(the_newest_run_decides),
        cmocka_unit_test(what_is_not_ours_is_passed_over),  cmocka_unit_test(a_tear_costs_one_line_at_most),
        cmocka_unit_test(every_byte_may_be_another),        cmocka_unit_test(of_a_long_file_the_end_counts),
        cmocka_unit_test(a_line_over_the_cap_is_skipped),   cmocka_unit_test(without_a_key_any_line_is_taken),
    };

    return cmocka_run_group_tests_name("what a journal says", tests, NULL, NULL);
}
