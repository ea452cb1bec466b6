/* SPDX-License-Identifier: MPL-2.0 */
/* Each allocation of a run with a journal fails once, ours and jansson's alike: it comes to an end, nothing
 * leaks, and no write is sent that the journal does not hold. */
#include "unit/engine/rig.h"

#include <stdlib.h>

#include <jansson.h>

#include <acg/journal.h>

#include "base/alloc.h"
#include "testlib/folder.h"
#include "testlib/scribe.h"

enum { ROUNDS_MAX = 5000, TURNS_MAX = 50, TURN_MS = 5000 };

#define FILE_NAME "journal/" SCRIBE_KEY ".jsonl"

/* As in publish_alloc_test.c: sizes of jansson's token buffer are let through. */
static void *fail_or_alloc(size_t size)
{
    bool token_buffer = size >= 32 && (size & (size - 1)) == 0;

    return token_buffer ? calloc(1, size) : acgp_alloc(1, size);
}

static void release(void *p)
{
    acgp_free(p);
}

static void live(struct rig *r, const struct folder *f)
{
    for (int i = 0; i < TURNS_MAX && !r->over; i++) {
        enum acg_status status = acg_publisher_poll(r->pub, NULL, 0, 0, &r->err);
        assert_true(status == ACG_OK || status == ACG_ERR_NOMEM);
        rig_listen(r);
        if (rig_in_flight(r) != 0)
            assert_non_null(strstr(folder_read(f, FILE_NAME), "\"kind\":\"sending\""));
        if (!rig_answer_any(r))
            rig_advance(r, TURN_MS);
    }
    assert_true(r->over);
}

static enum acg_status run(struct rig *r, const struct folder *f)
{
    struct acg_publisher_options opts = ACG_PUBLISHER_OPTIONS_INIT;
    struct acgp_work_config config;
    struct acg_publish *publish = NULL;
    struct scribe *s = NULL;
    enum acg_status status = ACG_OK;

    opts.journal_dir = folder_at(f, "journal");
    status = rig_try_begin(r, &opts);
    if (status != ACG_OK)
        return status;
    config = acgp_publisher_work_config(r->pub, 600000);
    status = scribe_new(&config, "what to do", &s, &r->err);
    if (status == ACG_OK)
        status = acgp_publisher_drive(r->pub, &s->base, &publish, &r->err);
    if (status == ACG_OK) {
        live(r, f);
        status = r->outcome.status;
    }
    acg_publish_free(publish);
    rig_end(r);
    return status;
}

static enum acg_status list(const struct folder *f)
{
    struct acg_journal *j = NULL;
    const struct acg_journal_entry *e = NULL;
    enum acg_status status = acg_journal_open(folder_at(f, "journal"), &j, NULL);

    while (status == ACG_OK && (status = acg_journal_next(j, &e, NULL)) == ACG_OK && e != NULL)
        assert_string_equal(e->key, SCRIBE_KEY);
    acg_journal_free(j);
    return status;
}

static void a_run_survives_each_lost_allocation(void **st)
{
    struct rig r;
    uint64_t n = 1;
    enum acg_status status = ACG_OK;

    (void)st;
    for (bool lost = true; lost; n++) {
        struct folder f = folder_make();
        assert_true(n < ROUNDS_MAX);
        acgp_alloc_fail_at(n);
        status = run(&r, &f);
        lost = acgp_alloc_count() >= n;
        acgp_alloc_fail_at(0);
        assert_true(status == ACG_OK || (lost && status == ACG_ERR_NOMEM));
        folder_remove(&f);
    }
    assert_int_equal(status, ACG_OK);
    print_message("%d rounds\n", (int)n - 1);
    assert_true(n > 100);
}

static void a_list_survives_each_lost_allocation(void **st)
{
    struct folder f = folder_make();
    struct rig r;
    uint64_t n = 1;

    (void)st;
    assert_int_equal(run(&r, &f), ACG_OK);
    for (bool lost = true; lost; n++) {
        enum acg_status status = ACG_OK;
        assert_true(n < ROUNDS_MAX);
        acgp_alloc_fail_at(n);
        status = list(&f);
        lost = acgp_alloc_count() >= n;
        acgp_alloc_fail_at(0);
        assert_int_equal(status, lost ? ACG_ERR_NOMEM : ACG_OK); /* none is swallowed */
    }
    assert_true(n > 20);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_survives_each_lost_allocation),
        cmocka_unit_test(a_list_survives_each_lost_allocation),
    };

    json_set_alloc_funcs(fail_or_alloc,
                         release); /* the test process owns jansson's hooks; the library never sets them */
    return cmocka_run_group_tests_name("a journal, each allocation failing", tests, NULL, NULL);
}
