/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <nghttp2/nghttp2.h>

#include "base/span.h"
#include "rpc/grpc_frames.h"
#include "testlib/h2_client.h"

static void frames_are_followed_however_they_are_cut(void **st)
{
    struct acgp_buf script;

    (void)st;
    acgp_buf_init(&script, 65536);
    h2_raw_greeting(&script); /* one frame */
    h2_raw_frame(&script, NGHTTP2_HEADERS, 0, 1, "\x83", 1);
    h2_raw_frame(&script, NGHTTP2_CONTINUATION, 0, 1, "", 0);
    h2_raw_frame(&script, NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 1, "\x86", 1);
    h2_raw_frame(&script, 0x42, 0xff, 7, "what is this", 12);
    for (size_t step = 1; step <= script.len; step++) {
        struct rpc_frames frames;

        rpc_frames_init(&frames);
        assert_true(rpc_frames_open(&frames));
        for (size_t at = 0; at < script.len; at += step)
            rpc_frames_follow(
                &frames, acgp_span_of(script.data + at, script.len - at < step ? script.len - at : step));
        assert_false(rpc_frames_open(&frames));
        assert_int_equal(frames.begun, 5);
    }
    acgp_buf_done(&script);
}

static void header_fields_are_open_until_their_last_frame(void **st)
{
    struct acgp_buf script;
    struct rpc_frames frames;
    uint64_t closed = 0;

    (void)st;
    acgp_buf_init(&script, 65536);
    rpc_frames_init(&frames);
    h2_raw_greeting(&script);
    rpc_frames_follow(&frames, acgp_buf_view(&script));
    assert_false(rpc_frames_open(&frames));
    closed = frames.closed;
    acgp_buf_clear(&script);
    h2_raw_frame(&script, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, "\x83", 1);
    rpc_frames_follow(&frames, acgp_buf_view(&script));
    assert_true(rpc_frames_open(&frames) && frames.closed == closed);
    acgp_buf_clear(&script);
    h2_raw_frame(&script, NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 1, "", 0);
    rpc_frames_follow(&frames, acgp_buf_view(&script));
    assert_true(!rpc_frames_open(&frames) && frames.closed == closed + 1);
    acgp_buf_done(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_followed_however_they_are_cut),
        cmocka_unit_test(header_fields_are_open_until_their_last_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
