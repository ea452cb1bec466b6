/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <stdlib.h>

#include "base/span.h"
#include "rpc/health.h"
#include "testlib/h2_client.h"

#define CHECK "/grpc.health.v1.Health/Check"
#define WATCH "/grpc.health.v1.Health/Watch"

struct house {
    struct rpc_health *health;
    struct h2 *h;
};

static struct house begin(void)
{
    struct house house = {.h = calloc(1, sizeof *house.h)};

    assert_non_null(house.h);
    h2_begin(house.h, NULL);
    assert_int_equal(rpc_health_new(&house.health, NULL), ACG_OK);
    assert_int_equal(rpc_health_set(house.health, "", true, NULL), ACG_OK);
    assert_int_equal(rpc_health_set(house.health, "a", false, NULL), ACG_OK);
    return house;
}

static void run(struct house *house)
{
    struct rpc_event ev;

    h2_pump(house->h);
    while (rpc_conn_next_event(house->h->conn, 0, &ev)) {
        assert_int_equal(rpc_health_handle(house->health, house->h->conn, &ev), ev.kind != RPC_CLOSED);
        h2_pump(house->h);
    }
}

static void end(struct house *house)
{
    h2_end(house->h);
    free(house->h);
    rpc_health_free(house->health);
}

/* @return the stream of a call about that name. */
static int32_t ask(struct house *house, const char *path, const char *name)
{
    int32_t id = h2_call(house->h, path, NULL);
    char request[16] = {0x0a, (char)strlen(name)};

    memcpy(request + 2, name, strlen(name));
    h2_message(house->h, id, 0, request, name[0] == '\0' ? 0 : strlen(name) + 2, true);
    run(house);
    return id;
}

static void told(struct house *house, int32_t id, const char *bytes, size_t len)
{
    const struct h2_answer *a = h2_answer(house->h, id);

    assert_int_equal(a->body.len, len);
    assert_memory_equal(a->body.data, bytes, len);
}

static void check_tells_the_state(void **st)
{
    struct house house = begin();
    int32_t all = ask(&house, CHECK, ""), a = ask(&house, CHECK, "a"), none = ask(&house, CHECK, "b");

    (void)st;
    told(&house, all, "\0\0\0\0\2\x08\1", 7);
    told(&house, a, "\0\0\0\0\2\x08\2", 7);
    h2_expect_status(house.h, none, RPC_NOT_FOUND);
    int32_t bad = h2_call(house.h, CHECK, NULL);
    h2_message(house.h, bad, 0, "\x0a\1\xff", 3, true);
    run(&house);
    h2_expect_status(house.h, bad, RPC_INVALID_ARGUMENT);
    end(&house);
}

static void watch_tells_each_change(void **st)
{
    struct house house = begin();
    int32_t a = ask(&house, WATCH, "a"), b = ask(&house, WATCH, "b");

    (void)st;
    told(&house, a, "\0\0\0\0\2\x08\2", 7);
    told(&house, b, "\0\0\0\0\2\x08\3", 7);
    assert_int_equal(rpc_health_set(house.health, "a", false, NULL), ACG_OK); /* no change */
    assert_int_equal(rpc_health_set(house.health, "a", true, NULL), ACG_OK);
    assert_int_equal(rpc_health_set(house.health, "b", true, NULL), ACG_OK);
    run(&house);
    told(&house, a, "\0\0\0\0\2\x08\2\0\0\0\0\2\x08\1", 14);
    told(&house, b, "\0\0\0\0\2\x08\3\0\0\0\0\2\x08\1", 14);
    assert_int_equal(nghttp2_submit_rst_stream(house.h->client, 0, a, NGHTTP2_CANCEL), 0);
    run(&house);
    assert_int_equal(rpc_health_set(house.health, "a", false, NULL), ACG_OK);
    rpc_conn_eof(house.h->conn);
    run(&house);
    assert_int_equal(rpc_health_set(house.health, "b", false, NULL), ACG_OK); /* nobody watches any more */
    end(&house);
}

static void names_are_capped(void **st)
{
    static char names[RPC_HEALTH_NAMES_MAX][4];
    struct house house = begin();

    (void)st;
    for (size_t i = 2; i < RPC_HEALTH_NAMES_MAX; i++) {
        names[i][0] = (char)('A' + i / 10);
        names[i][1] = (char)('0' + i % 10);
        assert_int_equal(rpc_health_set(house.health, names[i], true, NULL), ACG_OK);
    }
    assert_int_equal(rpc_health_set(house.health, "too much", true, NULL), ACG_ERR_LIMIT);
    assert_int_equal(rpc_health_set(house.health, "a", true, NULL), ACG_OK);
    end(&house);
}

static void one_connection_leaves_watchers_to_others(void **st)
{
    struct house house = begin();
    struct h2 *first = house.h;
    int32_t id = 0;

    (void)st;
    for (size_t i = 0; i < RPC_HEALTH_WATCHERS_OF_ONE_MAX; i++)
        id = ask(&house, WATCH, "a");
    told(&house, id, "\0\0\0\0\2\x08\2", 7);
    h2_expect_status(house.h, ask(&house, WATCH, "a"), RPC_RESOURCE_EXHAUSTED);
    house.h = calloc(1, sizeof *house.h);
    assert_non_null(house.h);
    h2_begin(house.h, NULL);
    told(&house, ask(&house, WATCH, "a"), "\0\0\0\0\2\x08\2", 7);
    h2_end(house.h);
    free(house.h);
    house.h = first;
    assert_int_equal(nghttp2_submit_rst_stream(house.h->client, 0, id, NGHTTP2_CANCEL), 0);
    run(&house); /* one that goes makes room */
    told(&house, ask(&house, WATCH, "a"), "\0\0\0\0\2\x08\2", 7);
    end(&house);
}

static void the_end_is_told_to_every_watch(void **st)
{
    struct house house = begin();
    int32_t all = ask(&house, WATCH, ""), a = ask(&house, WATCH, "a");

    (void)st;
    rpc_health_end(house.health, "stopping");
    run(&house);
    h2_expect_status(house.h, all, RPC_UNAVAILABLE);
    h2_expect_status(house.h, a, RPC_UNAVAILABLE);
    assert_int_equal(rpc_health_set(house.health, "a", true, NULL), ACG_OK); /* nobody watches any more */
    rpc_health_end(house.health, "stopping");
    end(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_is_told_to_every_watch),
        cmocka_unit_test(check_tells_the_state),
        cmocka_unit_test(watch_tells_each_change),
        cmocka_unit_test(names_are_capped),
        cmocka_unit_test(one_connection_leaves_watchers_to_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
