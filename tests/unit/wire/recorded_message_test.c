/* SPDX-License-Identifier: MPL-2.0 */
/* Every recorded RPC message of VECTORS/rpc-messages.hex: decoded, encoded again, decoded again. */
#include "testlib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"
#include "wire/netrpc.h"

static int digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* Decode in place. */
static struct acg_span bytes_of(char *text)
{
    size_t n = 0;

    for (char *c = text; c[0] > ' ' && c[1] > ' '; c += 2)
        text[n++] = (char)(digit(c[0]) * 16 + digit(c[1]));
    return acgp_span_of(text, n);
}

static void check_round_trip(struct acg_span value)
{
    struct pkr_tree *tree = NULL, *again = NULL;
    struct acgp_buf out;

    acgp_buf_init(&out, PKR_RPC_MESSAGE_MAX);
    assert_int_equal(pkr_value_decode(value, NULL, &tree, NULL), ACG_OK);
    assert_int_equal(pkr_value_encode(pkr_tree_root(tree), &out, NULL), ACG_OK);
    assert_int_equal(pkr_value_decode(acgp_buf_view(&out), NULL, &again, NULL), ACG_OK);
    assert_true(pkr_value_equal(pkr_tree_root(tree), pkr_tree_root(again)));
    pkr_tree_free(tree);
    pkr_tree_free(again);
    acgp_buf_done(&out);
}

/* "1.6.6 core request Artifact.Id": a callee reads the same method, and values survive both ways. */
static void check_message(const char *label, struct acg_span bytes)
{
    struct pkr_netrpc rpc;
    struct pkr_rpc_message m = {0};
    uint64_t handles = 0;
    size_t used = 0;
    bool got = false;
    char method[128], *space = NULL;
    struct pkr_tree *header = NULL;

    pkr_netrpc_init(&rpc, PKR_RPC_CALLEE, &handles);
    assert_int_equal(pkr_netrpc_push(&rpc, bytes, NULL), ACG_OK);
    assert_int_equal(pkr_netrpc_next(&rpc, &got, &m, NULL), ACG_OK);
    assert_true(got);
    assert_int_equal(pkr_netrpc_received(&rpc), 0);
    label = strstr(label, " re") + 1;
    snprintf(method, sizeof method, "%s", strchr(label, ' ') + 1);
    space = strchr(method, ' ');
    if (space != NULL)
        *space = '\0';
    assert_true(acgp_span_equal(m.method, acgp_span(method)));
    assert_int_equal(m.error.len != 0, strstr(label, " error") != NULL);
    pkr_rpc_message_done(&m);
    pkr_netrpc_done(&rpc);
    assert_int_equal(pkr_value_decode(bytes, &used, &header, NULL), ACG_OK);
    pkr_tree_free(header);
    check_round_trip(bytes);
    check_round_trip(acgp_span_of(bytes.data + used, bytes.len - used));
}

static void every_recorded_message_is_understood(void **st)
{
    (void)st;
    FILE *file = fopen(VECTORS "/rpc-messages.hex", "r");
    char *line = NULL, *tab = NULL;
    size_t size = 0, messages = 0;

    assert_non_null(file);
    while (getline(&line, &size, file) > 0) {
        tab = strchr(line, '\t');
        if (line[0] == '#' || tab == NULL)
            continue;
        *tab = '\0';
        check_message(line, bytes_of(tab + 1));
        messages++;
    }
    assert_true(messages > 100);
    free(line);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recorded_message_is_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
