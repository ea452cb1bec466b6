/* SPDX-License-Identifier: MPL-2.0 */
#include "service_rig.h"

#include <stdlib.h>

#include "testlib/test.h"

#include "base/alloc.h"
#include "base/span.h"

const char good_config[] =
    "{\"resource_group\": \"rg\", \"gallery_name\": \"g\", \"gallery_image_definition\": \"i\", "
    "\"gallery_image_version\": \"1.0.0\", \"location\": \"westus\", \"managed_image\": \"m\"}";
const char bad_config[] =
    "{\"resource_group\": \"rg\", \"gallery_name\": \"g\", \"gallery_image_definition\": \"i\", "
    "\"gallery_image_version\": \"one\", \"location\": \"westus\", \"managed_image\": \"m\", \"colour\": 1}";

static const struct rpc_service *const offered[] = {&rpc_service_acg_v1_Publisher,
                                                    &rpc_service_acg_v1_PostProcessor};

static struct {
    ProtobufCMessage *items[8192];
    size_t count;
} kept;

static const char *lookup(void *context, const char *name)
{
    (void)context;
    return acgp_equal(name, "AZURE_TENANT_ID")         ? "11111111-2222-3333-4444-555555555555"
           : acgp_equal(name, "AZURE_CLIENT_ID")       ? "client"
           : acgp_equal(name, "AZURE_CLIENT_SECRET")   ? RIG_SECRET
           : acgp_equal(name, "AZURE_SUBSCRIPTION_ID") ? "00000000-0000-0000-0000-000000000000"
                                                       : NULL;
}

void rig_begin(struct rig *rig, bool auto_window)
{
    struct rpc_conn_options options = {.services = offered, .service_count = 2};
    struct rpc_services_options own = {.environment = {lookup, NULL}, .mark = 0xabcdef, .journal = true};

    *rig = (struct rig){.h = calloc(1, sizeof *rig->h)};
    assert_non_null(rig->h);
    rig->h->auto_window = auto_window;
    h2_begin(rig->h, &options);
    assert_int_equal(rpc_services_new(&own, &rig->services, NULL), ACG_OK);
}

static void look_for_the_secret(const struct rig *rig)
{
    for (size_t i = 0; i < rig->h->answer_count; i++) {
        const struct acgp_buf *body = &rig->h->answers[i].body;
        for (size_t at = 0; at + sizeof RIG_SECRET <= body->len; at++)
            assert_memory_not_equal(body->data + at, RIG_SECRET, sizeof RIG_SECRET - 1);
    }
}

void rig_end(struct rig *rig)
{
    look_for_the_secret(rig);
    for (size_t i = 0; i < kept.count; i++)
        protobuf_c_message_free_unpacked(kept.items[i], NULL);
    kept.count = 0;
    rpc_services_free(rig->services);
    h2_end(rig->h);
    free(rig->h);
}

static struct acg_publish *handle(struct rig *rig, size_t n)
{
    return (struct acg_publish *)(void *)&rig->handles[n];
}

/* Allocations between the two are the services' own, not the client's. */
static void enter(const struct rig *rig)
{
#ifdef ACG_FAULT_INJECTION
    acgp_alloc_fail_at(rig->fail_in);
#else
    (void)rig;
#endif
}

static void leave(struct rig *rig)
{
#ifdef ACG_FAULT_INJECTION
    uint64_t count = acgp_alloc_count();

    acgp_alloc_fail_at(0);
    rig->fail_in = rig->fail_in > count ? rig->fail_in - count : 0;
#else
    (void)rig;
#endif
}

static bool do_asks(struct rig *rig)
{
    struct acg_error busy = {.status = ACG_ERR_LIMIT, .message = "too many"};
    struct rpc_ask ask;
    bool any = false;

    for (; rpc_services_next_ask(rig->services, &ask); any = true) {
        if (ask.kind != RPC_ASK_START) {
            rig->cancels += ask.kind == RPC_ASK_CANCEL;
            rig->leaves += ask.kind == RPC_ASK_LEAVE;
        } else if (rig->refuse_start) {
            rpc_services_failed(rig->services, ask.publish, &busy, 2);
        } else {
            bool publish = strcmp(ask.operation, "publish") == 0;
            assert_true(!publish || ask.options->gallery_image_version != NULL ||
                        ask.options->gallery_image_version_id != NULL);
            rpc_services_started(rig->services, ask.publish, handle(rig, rig->handle_count++ % 64),
                                 RIG_VERSION);
        }
    }
    return any;
}

void rig_run(struct rig *rig)
{
    struct rpc_event event;
    bool moved = true;

    while (moved) {
        h2_pump(rig->h);
        for (moved = false; rpc_conn_next_event(rig->h->conn, rig->h->now_ms, &event); moved = true) {
            enter(rig);
            (void)rpc_services_handle(rig->services, rig->h->conn, &event, 1);
            leave(rig);
        }
        enter(rig);
        moved = do_asks(rig) || moved;
        leave(rig);
    }
    h2_pump(rig->h);
}

enum acg_status rig_pick_up(struct rig *rig, const char *memo, struct acg_error *err)
{
    enter(rig);
    enum acg_status status = rpc_services_pick_up(rig->services, memo, 77, err);
    leave(rig);
    return status;
}

int32_t rig_call(struct rig *rig, const char *method, const ProtobufCMessage *request)
{
    int32_t stream = h2_call(rig->h, method, NULL);
    size_t size = protobuf_c_message_get_packed_size(request);
    uint8_t *bytes = malloc(size + 1);

    assert_non_null(bytes);
    protobuf_c_message_pack(request, bytes);
    h2_message(rig->h, stream, 0, bytes, size, true);
    free(bytes);
    rig_run(rig);
    return stream;
}

static char *lend(const char *text)
{
    return (char *)(uintptr_t)text;
}

int32_t rig_publish(struct rig *rig, const char *config)
{
    Acg__V1__PublishRequest request = ACG__V1__PUBLISH_REQUEST__INIT;

    request.configuration_json = lend(config);
    return rig_call(rig, PUBLISHER "Publish", &request.base);
}

int32_t rig_watch(struct rig *rig, const char *id, uint64_t after)
{
    Acg__V1__WatchRequest request = ACG__V1__WATCH_REQUEST__INIT;

    request.publish_id = lend(id);
    request.after_event = after;
    return rig_call(rig, PUBLISHER "Watch", &request.base);
}

/* The bytes of message number i; data NULL: there is none. */
static struct acg_span nth(struct rig *rig, int32_t stream, size_t i)
{
    struct acg_span rest = acgp_buf_view(&h2_answer(rig->h, stream)->body);

    while (rest.len >= 5) {
        const uint8_t *p = (const uint8_t *)rest.data;
        size_t len = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];

        assert_int_equal(p[0], 0);
        if (len > rest.len - 5)
            break;
        if (i-- == 0)
            return (struct acg_span){rest.data + 5, len};
        rest = (struct acg_span){rest.data + 5 + len, rest.len - 5 - len};
    }
    return (struct acg_span){NULL, 0};
}

size_t rig_count(struct rig *rig, int32_t stream)
{
    size_t n = 0;

    while (nth(rig, stream, n).data != NULL)
        n++;
    return n;
}

const ProtobufCMessage *rig_message(struct rig *rig, int32_t stream, size_t i,
                                    const ProtobufCMessageDescriptor *type)
{
    struct acg_span bytes = nth(rig, stream, i);

    if (bytes.data == NULL)
        return NULL;
    ProtobufCMessage *m = protobuf_c_message_unpack(type, NULL, bytes.len, (const uint8_t *)bytes.data);
    assert_non_null(m);
    assert_true(kept.count < sizeof kept.items / sizeof kept.items[0]);
    kept.items[kept.count++] = m;
    return m;
}

const Acg__V1__Event *rig_event(struct rig *rig, int32_t stream, size_t i, Acg__V1__Event__KindCase kind)
{
    const Acg__V1__PublishResponse *m =
        (const Acg__V1__PublishResponse *)rig_message(rig, stream, i, &acg__v1__publish_response__descriptor);

    assert_non_null(m);
    assert_int_equal(m->event->kind_case, kind);
    return m->event;
}

void rig_tell(struct rig *rig, size_t n, const struct acg_event *event)
{
    struct acg_event copy = *event;

    copy.publish = handle(rig, n);
    enter(rig);
    rpc_services_on_event(rig->services, &copy, 3);
    leave(rig);
    rig_run(rig);
}

void rig_step(struct rig *rig, size_t n, uint64_t number, const char *text)
{
    rig_tell(rig, n, &(struct acg_event){.kind = ACG_EVENT_STEP, .number = number, .text = text});
}

void rig_region(struct rig *rig, size_t n, uint64_t number, const char *region, int percent)
{
    rig_tell(rig, n,
             &(struct acg_event){.kind = ACG_EVENT_REGION,
                                 .number = number,
                                 .text = "moves",
                                 .region = region,
                                 .state = "Replicating",
                                 .details = "",
                                 .percent = percent});
}

void rig_done(struct rig *rig, size_t n, uint64_t number, enum acg_status status)
{
    static const struct acg_result_disk disks[] = {{.os = true, .disk_encryption_set_id = "set"}, {.lun = 3}};
    static const struct acg_result_region regions[] = {
        {.name = "westus", .state = "Completed", .percent = 100, .disks = disks, .disk_count = 2}};
    struct acg_result result = {.version_id = RIG_VERSION,
                                .state = status == ACG_OK ? "succeeded" : "running",
                                .proved = status == ACG_OK,
                                .regions = regions,
                                .region_count = 1};
    struct acg_error error = {.status = status, .arm_code = "", .message = "m\xc3"}; /* a cut character */

    rig_tell(
        rig, n,
        &(struct acg_event){
            .kind = ACG_EVENT_DONE, .number = number, .text = "over", .error = &error, .result = &result});
}
