/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/span.h"
#include "rpc/grpc.h"
#include "rpc/grpc_head.h"

static struct rpc_metadata metadata[RPC_METADATA_MAX];

static void add(struct rpc_head *head, const char *name, const char *value)
{
    assert_true(rpc_head_add(head, acgp_span(name), acgp_span(value)));
}

static bool is(struct acg_span s, const char *text)
{
    return acgp_span_equal(s, acgp_span(text));
}

static void fields_of_grpc_are_no_metadata(void **st)
{
    struct rpc_head head;

    (void)st;
    rpc_head_init(&head);
    add(&head, ":method", "POST");
    add(&head, ":path", "/a/b");
    add(&head, ":authority", "x");
    add(&head, "content-type", "application/grpc; charset=x");
    add(&head, "te", "trailers");
    add(&head, "grpc-timeout", "5S");
    add(&head, "grpc-encoding", "gzip");
    add(&head, "grpc-accept-encoding", "identity, gzip");
    add(&head, "grpc-unheard-of", "x");
    add(&head, "user-agent", "test");
    assert_true(head.post && head.grpc && head.te && head.gzip_in && head.gzip_out && !head.strange_encoding);
    assert_int_equal(head.timeout_ms, 5000);
    assert_int_equal(head.fault, RPC_OK);
    assert_true(is(rpc_head_path(&head), "/a/b"));
    assert_int_equal(rpc_head_metadata(&head, metadata), 1);
    assert_true(is(metadata[0].name, "user-agent") && is(metadata[0].value, "test"));
    rpc_head_done(&head);
}

static void binary_values_are_decoded_one_by_one(void **st)
{
    struct rpc_head head;

    (void)st;
    rpc_head_init(&head);
    add(&head, "a-bin", "Zg, Zm8=,");
    add(&head, "b", "");
    assert_int_equal(rpc_head_metadata(&head, metadata), 4);
    assert_true(is(metadata[0].value, "f") && is(metadata[1].value, "fo") && metadata[2].value.len == 0);
    assert_true(is(metadata[3].name, "b") && metadata[3].value.len == 0);
    add(&head, "c-bin", "*");
    assert_int_equal(head.fault, RPC_INTERNAL);
    rpc_head_done(&head);
}

/* HTTP lets a list stand in several fields. */
static void lists_in_several_fields_are_joined(void **st)
{
    struct rpc_head head;

    (void)st;
    rpc_head_init(&head);
    add(&head, "te", "trailers");
    add(&head, "te", "gzip");
    add(&head, "grpc-accept-encoding", "gzip");
    add(&head, "grpc-accept-encoding", "identity");
    assert_true(head.te && head.gzip_out);
    rpc_head_done(&head);
}

/* What is no ASCII would be passed on as text. */
static void values_are_printable(void **st)
{
    static const char *const bad[] = {"\xff", "a\tb", "\x7f"};

    (void)st;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rpc_head head;

        rpc_head_init(&head);
        add(&head, "x", bad[i]);
        assert_int_equal(head.fault, RPC_INTERNAL);
        assert_int_equal(head.count, 0);
        rpc_head_done(&head);
    }
}

static void too_many_fields_are_a_fault(void **st)
{
    struct rpc_head head;

    (void)st;
    rpc_head_init(&head);
    for (unsigned i = 0; i < RPC_METADATA_MAX; i++)
        add(&head, "x", "y");
    assert_int_equal(head.fault, RPC_OK);
    add(&head, "x", "y");
    assert_int_equal(head.fault, RPC_RESOURCE_EXHAUSTED);
    rpc_head_done(&head);
    rpc_head_init(&head);
    for (unsigned i = 0; i < 100; i++) /* two entries each, but for two bytes more */
        add(&head, "x-bin", ",");
    assert_int_equal(head.fault, RPC_RESOURCE_EXHAUSTED);
    assert_true(head.count <= RPC_METADATA_MAX);
    rpc_head_done(&head);
}

/* A call that is refused anyway must not cost the connection. */
static void too_much_metadata_is_seen_behind_another_fault(void **st)
{
    static char value[9000];
    struct rpc_head head;

    (void)st;
    rpc_head_init(&head);
    add(&head, "grpc-timeout", "soon");
    assert_int_equal(head.fault, RPC_INTERNAL);
    for (unsigned i = 0; i < 2 * RPC_METADATA_MAX; i++)
        add(&head, "x", "y");
    assert_int_equal(head.fault, RPC_RESOURCE_EXHAUSTED);
    assert_int_equal(head.count, 0);
    rpc_head_done(&head);
    memset(value, 'v', sizeof value - 1);
    rpc_head_init(&head);
    add(&head, "c-bin", "*");
    for (int i = 0; i < 100; i++)
        add(&head, i % 2 == 0 ? "x" : "grpc-encoding", value);
    assert_int_equal(head.fault, RPC_RESOURCE_EXHAUSTED);
    assert_true(head.text.len <= RPC_METADATA_BYTES_MAX);
    rpc_head_done(&head);
}

static void too_many_bytes_are_a_fault_and_not_kept(void **st)
{
    static char value[9000];
    struct rpc_head head;

    (void)st;
    memset(value, 'v', sizeof value - 1);
    rpc_head_init(&head);
    for (int i = 0; i < 100; i++)
        add(&head, "x", value);
    assert_int_equal(head.fault, RPC_RESOURCE_EXHAUSTED);
    assert_true(head.text.len <= RPC_METADATA_BYTES_MAX);
    rpc_head_done(&head);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_grpc_are_no_metadata),
        cmocka_unit_test(binary_values_are_decoded_one_by_one),
        cmocka_unit_test(lists_in_several_fields_are_joined),
        cmocka_unit_test(values_are_printable),
        cmocka_unit_test(too_many_fields_are_a_fault),
        cmocka_unit_test(too_much_metadata_is_seen_behind_another_fault),
        cmocka_unit_test(too_many_bytes_are_a_fault_and_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
