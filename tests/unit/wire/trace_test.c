/* SPDX-License-Identifier: MPL-2.0 */
/* Runs every trace-*.hex of the folder VECTORS. Built twice: over our own vectors, and over recordings of
 * real Packers when they lie beside the tree. */
#include "testlib/test.h"

#include <glob.h>
#include <stdio.h>

#include "replay.h"
#include "trace.h"

static const size_t cuts[] = {1, 3, 7, 12, 13, 64, 1000, 1000000};

static void every_trace_replays_however_it_is_cut(void **st)
{
    (void)st;
    glob_t found;
    size_t messages = 0;

    assert_int_equal(glob(VECTORS "/trace-*.hex", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct trace *trace = trace_read(found.gl_pathv[i]);

        for (size_t k = 0; k < sizeof cuts / sizeof cuts[0] && !trace->cut; k++)
            messages += replay_link(trace, cuts[k]);
        trace_free(trace);
    }
    print_message("%zu traces, %zu messages\n", found.gl_pathc, messages);
    assert_true(messages > found.gl_pathc);
    globfree(&found);
}

static void every_trace_keeps_the_windows(void **st)
{
    (void)st;
    glob_t found;
    size_t sent = 0;

    assert_int_equal(glob(VECTORS "/trace-*.hex", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct trace *trace = trace_read(found.gl_pathv[i]);

        for (size_t k = 0; k < sizeof cuts / sizeof cuts[0]; k++)
            sent += replay_session(trace, cuts[k]);
        trace_free(trace);
    }
    assert_true(sent > 0);
    globfree(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_trace_replays_however_it_is_cut),
        cmocka_unit_test(every_trace_keeps_the_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
