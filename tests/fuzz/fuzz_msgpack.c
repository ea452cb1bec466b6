/* SPDX-License-Identifier: MPL-2.0 */
/* Bytes as one msgpack value, or as RPC messages to either end. The first byte chooses. */
#include "fuzz/fuzz.h"

#include "base/buf.h"
#include "base/span.h"
#include "wire/netrpc.h"
#include "wire/value.h"

/* Read every way that the rooms above read. */
static void look_at(const struct pkr_value *v, unsigned depth)
{
    struct acg_span text = {0};
    int64_t i = 0;
    uint64_t u = 0;
    double f = 0;
    bool b = false;

    FUZZ_CHECK(depth <= PKR_VALUE_DEPTH_MAX);
    if (pkr_value_as_i64(v, &i) && i >= 0)
        FUZZ_CHECK(pkr_value_as_u64(v, &u) && u == (uint64_t)i);
    if (pkr_value_as_text(v, &text))
        FUZZ_CHECK(text.data[text.len] == '\0');
    FUZZ_CHECK(!(pkr_value_as_f64(v, &f) && pkr_value_as_bool(v, &b)));
    pkr_value_get(v, "ServiceMethod");
    for (size_t k = 0; k < pkr_value_count(v); k++) {
        if (v->kind == PKR_VALUE_ARRAY) {
            look_at(pkr_value_at(v, k), depth + 1);
        } else {
            look_at(&v->as.map.pairs[k].key, depth + 1);
            look_at(&v->as.map.pairs[k].value, depth + 1);
        }
    }
}

/* Encoding and copying keep a value. Floats of 4 bytes become 8, short forms come out: it may grow past the
 * cap. */
static void check_round_trip(const struct pkr_value *v)
{
    struct pkr_tree *again = NULL, *copy = NULL;
    struct acgp_buf out;
    enum acg_status status = ACG_OK;

    acgp_buf_init(&out, PKR_VALUE_BYTES_MAX);
    status = pkr_value_encode(v, &out, NULL);
    FUZZ_CHECK(status == ACG_OK || status == ACG_ERR_LIMIT);
    if (status == ACG_OK) {
        FUZZ_CHECK(pkr_value_decode(acgp_buf_view(&out), NULL, &again, NULL) == ACG_OK);
        FUZZ_CHECK(pkr_value_equal(v, pkr_tree_root(again)));
    }
    FUZZ_CHECK(pkr_tree_copy(v, &copy, NULL) == ACG_OK);
    FUZZ_CHECK(pkr_value_equal(v, pkr_tree_root(copy)));
    pkr_tree_free(again);
    pkr_tree_free(copy);
    acgp_buf_done(&out);
}

/* In pieces and in one go, the same verdict and the same end. */
static void fuzz_value(struct acg_span in, struct fuzz_cuts cuts)
{
    struct pkr_scan scan;
    struct pkr_tree *tree = NULL;
    enum acg_status scanned = ACG_OK, decoded = ACG_OK;
    size_t at = 0, used = 0;

    pkr_scan_init(&scan);
    while (scanned == ACG_OK && !scan.done && at < in.len) {
        scanned = pkr_scan_feed(&scan, acgp_span_of(in.data + at, fuzz_cut(&cuts, in.len - at)), &used, NULL);
        at += used;
    }
    decoded = pkr_value_decode(in, &used, &tree, NULL);
    FUZZ_CHECK((decoded == ACG_OK) == (scanned == ACG_OK && scan.done));
    if (decoded != ACG_OK)
        return;
    FUZZ_CHECK(used == at && scan.bytes == at);
    look_at(pkr_tree_root(tree), 0);
    check_round_trip(pkr_tree_root(tree));
    pkr_tree_free(tree);
}

static void answer(struct pkr_netrpc *rpc, const struct pkr_rpc_message *m, struct fuzz_cuts *cuts)
{
    struct acgp_buf out;
    enum acg_status status = ACG_OK;

    acgp_buf_init(&out, PKR_RPC_MESSAGE_MAX);
    if (m->handle == 0)
        status = pkr_netrpc_refuse(m, "busy", &out, NULL);
    else
        status = pkr_netrpc_reply(rpc, m->handle, NULL, pkr_tree_root(m->body), &out, NULL);
    FUZZ_CHECK(status == ACG_OK || status == ACG_ERR_LIMIT);
    if (fuzz_number(cuts) % 2 == 0)
        pkr_netrpc_forget(rpc, m->handle);
    acgp_buf_done(&out);
}

static void fuzz_rpc(struct acg_span in, enum pkr_rpc_role role, struct fuzz_cuts cuts)
{
    struct pkr_netrpc rpc;
    struct pkr_rpc_message m = {0};
    struct acgp_buf out;
    uint64_t handles = 0, call = 0;
    enum acg_status status = ACG_OK;

    acgp_buf_init(&out, PKR_RPC_MESSAGE_MAX);
    pkr_netrpc_init(&rpc, role, &handles);
    for (int i = 0; i < 4 && role == PKR_RPC_CALLER; i++)
        FUZZ_CHECK(pkr_netrpc_call(&rpc, "Artifact.Id", NULL, &out, &call, NULL) == ACG_OK);
    while (status == ACG_OK && in.len > 0) {
        size_t n = fuzz_cut(&cuts, in.len);
        bool got = true;

        status = pkr_netrpc_push(&rpc, acgp_span_of(in.data, n), NULL);
        in = acgp_span_of(in.data + n, in.len - n);
        while (status == ACG_OK && got) {
            status = pkr_netrpc_next(&rpc, &got, &m, NULL);
            if (status == ACG_OK && got && role == PKR_RPC_CALLEE)
                answer(&rpc, &m, &cuts);
            pkr_rpc_message_done(&m);
        }
    }
    FUZZ_CHECK(pkr_netrpc_open(&rpc) <= PKR_RPC_CALLS_MAX);
    pkr_netrpc_done(&rpc);
    acgp_buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct acg_span in = {0};

    if (size == 0)
        return 0;
    in = acgp_span_of(data + 1, size - 1);
    if (data[0] % 3 == 0)
        fuzz_value(in, fuzz_cuts(data, size));
    else
        fuzz_rpc(in, data[0] % 3 == 1 ? PKR_RPC_CALLEE : PKR_RPC_CALLER, fuzz_cuts(data, size));
    return 0;
}
