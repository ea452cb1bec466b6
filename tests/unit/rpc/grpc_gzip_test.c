/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/span.h"
#include "rpc/grpc_gzip.h"

enum { SIZE = 200000 };

static char plain[SIZE];

static void gzip_comes_back(void **st)
{
    static const size_t sizes[] = {0, 1, 100, 16384, 16385, SIZE};
    struct acgp_buf packed, out;

    (void)st;
    for (size_t i = 0; i < SIZE; i++)
        plain[i] = (char)(i * i >> 7);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        acgp_buf_init(&packed, SIZE + 1000);
        acgp_buf_init(&out, sizes[i]); /* exactly as much as comes */
        assert_int_equal(rpc_gzip(acgp_span_of(plain, sizes[i]), &packed, NULL), ACG_OK);
        assert_int_equal(rpc_gunzip(acgp_buf_view(&packed), &out, NULL), ACG_OK);
        assert_int_equal(out.len, sizes[i]);
        assert_true(sizes[i] == 0 || memcmp(out.data, plain, sizes[i]) == 0);
        acgp_buf_done(&packed);
        acgp_buf_done(&out);
    }
}

static void a_bomb_ends_at_the_cap(void **st)
{
    struct acgp_buf packed, out;

    (void)st;
    memset(plain, 0, sizeof plain);
    acgp_buf_init(&packed, SIZE);
    acgp_buf_init(&out, SIZE - 1);
    assert_int_equal(rpc_gzip(acgp_span_of(plain, SIZE), &packed, NULL), ACG_OK);
    assert_true(packed.len < 2000);
    assert_int_equal(rpc_gunzip(acgp_buf_view(&packed), &out, NULL), ACG_ERR_LIMIT);
    assert_int_equal(out.len, 0);
    acgp_buf_done(&packed);
    acgp_buf_done(&out);
}

static void what_gets_longer_is_told(void **st)
{
    struct acgp_buf packed;

    (void)st;
    acgp_buf_init(&packed, 3);
    assert_int_equal(rpc_gzip(acgp_span("abc"), &packed, NULL), ACG_ERR_LIMIT);
    acgp_buf_done(&packed);
}

static void only_one_whole_stream_is_taken(void **st)
{
    struct acgp_buf packed, out;

    (void)st;
    acgp_buf_init(&packed, SIZE);
    acgp_buf_init(&out, SIZE);
    assert_int_equal(rpc_gzip(acgp_span("hello, hello, hello"), &packed, NULL), ACG_OK);
    for (size_t cut = 0; cut < packed.len; cut++)
        assert_int_equal(rpc_gunzip(acgp_span_of(packed.data, cut), &out, NULL), ACG_ERR_PROTOCOL);
    assert_true(acgp_buf_byte(&packed, 0));
    assert_int_equal(rpc_gunzip(acgp_buf_view(&packed), &out, NULL), ACG_ERR_PROTOCOL);
    assert_int_equal(rpc_gunzip(acgp_span("this is no gzip"), &out, NULL), ACG_ERR_PROTOCOL);
    acgp_buf_done(&packed);
    acgp_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_comes_back),
        cmocka_unit_test(a_bomb_ends_at_the_cap),
        cmocka_unit_test(what_gets_longer_is_told),
        cmocka_unit_test(only_one_whole_stream_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
