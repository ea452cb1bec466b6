/* SPDX-License-Identifier: MPL-2.0 */
/* The bytes of a client against the gRPC machine, cut oddly, with services that answer, wait, refuse and
 * pause. Whatever comes: memory stays under a cap, each call that began ends once, and the connection ends
 * once. The first byte chooses whether HTTP/2's greeting is put before the input. */
#include "fuzz/fuzz.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "rpc/grpc_message.h"
#include "rpc/health.h"
#include "rpc/reflection.h"
#include "standard.rpc-c.h"

enum { CHOICE_GREETING = 1, CHOICE_SLOW = 2, CHOICE_OWN = 4, CHOICE_STOP = 8, PULLS_MAX = 10000 };

static const struct rpc_service *const services[] = {&rpc_service_grpc_health_v1_Health,
                                                     &rpc_service_grpc_reflection_v1_ServerReflection};
static const struct rpc_files *const files[] = {&rpc_files_standard};
static const struct rpc_reflection reflection = {services, 2, files, 1};
static const char greeting[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";

struct house {
    struct rpc_conn *conn;
    struct rpc_health *health;
    unsigned choice;
    size_t began, ended;
    bool closed;
};

/* Metadata that is good, or that HTTP/2 refuses. */
static struct rpc_metadata metadata(struct fuzz_cuts *cuts)
{
    static const char *const names[] = {"x-fuzz", "x-fuzz-bin", "Upper", "grpc-fuzz", ""};

    return (struct rpc_metadata){acgp_span(names[fuzz_number(cuts) % (sizeof names / sizeof *names)]),
                                 acgp_span_of("\0value\n", fuzz_number(cuts) % 8)};
}

/* Ends a call in one of the ways there are. What is refused leaves it open. */
static void end(struct house *house, uint32_t call, struct fuzz_cuts *cuts)
{
    struct rpc_metadata trailer = metadata(cuts);
    struct rpc_status status = {RPC_ABORTED, "over", acgp_span_of("\x08\x0a", 2), &trailer, 1};
    size_t calls = rpc_conn_calls(house->conn);

    switch (fuzz_number(cuts) % 3) {
    case 0:
        rpc_conn_end(house->conn, call, RPC_OK, NULL);
        break;
    case 1:
        rpc_conn_reset(house->conn, call);
        break;
    default: {
        enum acg_status outcome = rpc_conn_finish(house->conn, call, &status, NULL);

        FUZZ_CHECK(outcome == ACG_OK || outcome == ACG_ERR_ARGUMENT || outcome == ACG_ERR_CLOSED);
        FUZZ_CHECK((outcome == ACG_OK) == (rpc_conn_calls(house->conn) == calls - 1));
        break;
    }
    }
    house->ended += calls - rpc_conn_calls(house->conn);
}

/* A service that does what the dice say. */
static void improvise(struct house *house, const struct rpc_event *ev, struct fuzz_cuts *cuts)
{
    static char text[5000];
    struct rpc_metadata first = metadata(cuts);
    ProtobufCMessage *message = NULL;
    enum acg_status status = ACG_OK;

    if (ev->kind == RPC_MESSAGE && rpc_decode(ev->method.input, ev->message, &message, NULL) == ACG_OK)
        rpc_decoded_free(message);
    switch (fuzz_number(cuts) % 10) {
    case 0:
    case 8:
        end(house, ev->call, cuts);
        break;
    case 9:
        status = rpc_conn_start(house->conn, ev->call, &first, 1, NULL);
        FUZZ_CHECK(status == ACG_OK || status == ACG_ERR_STATE || status == ACG_ERR_ARGUMENT ||
                   status == ACG_ERR_CLOSED);
        break;
    case 1:
        rpc_conn_pause(house->conn, ev->call, fuzz_number(cuts) % 2 == 0);
        break;
    case 2:
        rpc_conn_want_room(house->conn, ev->call, fuzz_number(cuts) % 100);
        break;
    default:
        status = rpc_conn_send(house->conn, ev->call, acgp_span_of(text, fuzz_number(cuts) % sizeof text),
                               RPC_COMPRESS_AUTO, NULL);
        FUZZ_CHECK(status == ACG_OK || status == ACG_ERR_LIMIT || status == ACG_ERR_CLOSED);
        break;
    }
}

static void handle(struct house *house, const struct rpc_event *ev, struct fuzz_cuts *cuts)
{
    FUZZ_CHECK(!house->closed);
    if (ev->kind == RPC_CLOSED) {
        house->closed = true;
        return;
    }
    FUZZ_CHECK(ev->call != 0 && ev->method.service != NULL);
    house->began += ev->kind == RPC_BEGAN;
    house->ended += ev->kind == RPC_ENDED;
    if ((house->choice & CHOICE_OWN) != 0) {
        if (ev->kind != RPC_ENDED)
            improvise(house, ev, cuts);
    } else if (!rpc_health_handle(house->health, house->conn, ev)) {
        FUZZ_CHECK(rpc_reflection_handle(&reflection, house->conn, ev));
    }
}

static void pull(struct house *house, int64_t now_ms, struct fuzz_cuts *cuts)
{
    struct rpc_event ev;

    for (int i = 0; i < PULLS_MAX && rpc_conn_next_event(house->conn, now_ms, &ev); i++)
        handle(house, &ev, cuts);
}

/* The host ends the connection, in order or at once; now and then, in inputs that ask for it. */
static void stop(struct house *house, int64_t now_ms, struct fuzz_cuts *cuts)
{
    if ((house->choice & CHOICE_STOP) == 0)
        return;
    if (fuzz_number(cuts) % 16 == 0)
        rpc_conn_shutdown(house->conn, now_ms);
    if (fuzz_number(cuts) % 64 == 0)
        rpc_conn_abort(house->conn);
}

static void play(struct house *house, const uint8_t *data, size_t size, struct fuzz_cuts *cuts)
{
    enum acg_status status = ACG_OK;
    int64_t now_ms = 0;

    while (size > 0 && status == ACG_OK) {
        size_t n = fuzz_cut(cuts, size), used = 0;

        status = rpc_conn_feed(house->conn, now_ms, acgp_span_of(data, n), &used, NULL);
        FUZZ_CHECK(used <= n);
        data += used;
        size -= used;
        now_ms += fuzz_number(cuts) % 64;
        stop(house, now_ms, cuts);
        rpc_conn_tick(house->conn, now_ms);
        if (used == 0 || fuzz_number(cuts) % 4 != 0)
            pull(house, now_ms, cuts);
        if (used == 0 || (house->choice & CHOICE_SLOW) == 0)
            rpc_conn_drained(house->conn, rpc_conn_drain(house->conn).len);
        FUZZ_CHECK(rpc_conn_memory(house->conn) < 64u * 1024 * 1024);
    }
    rpc_conn_eof(house->conn);
    pull(house, now_ms, cuts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rpc_conn_options options = {.services = services, .service_count = 2};
    struct fuzz_cuts cuts = fuzz_cuts(data, size);
    struct house house = {0};
    size_t head = 0;
    uint8_t *bytes = NULL;

    if (size == 0)
        return 0;
    house.choice = data[0];
    head = (house.choice & CHOICE_GREETING) != 0 ? sizeof greeting - 1 : 0;
    bytes = malloc(head + size);
    FUZZ_CHECK(bytes != NULL && rpc_health_new(&house.health, NULL) == ACG_OK);
    FUZZ_CHECK(rpc_health_set(house.health, "", true, NULL) == ACG_OK);
    FUZZ_CHECK(rpc_conn_new(&options, 0, &house.conn, NULL) == ACG_OK);
    memcpy(bytes, greeting, head);
    memcpy(bytes + head, data + 1, size - 1);
    play(&house, bytes, head + size - 1, &cuts);
    FUZZ_CHECK(house.closed && rpc_conn_calls(house.conn) == 0);
    if ((house.choice & CHOICE_OWN) != 0)
        FUZZ_CHECK(house.began == house.ended);
    rpc_conn_free(house.conn);
    rpc_health_free(house.health);
    free(bytes);
    return 0;
}
