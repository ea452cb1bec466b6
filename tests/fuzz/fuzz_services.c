/* SPDX-License-Identifier: MPL-2.0 */
/* Requests and events in any order against the services of acg.v1: any bytes as a message of any method,
 * events of publishes that run, have ended or never were, calls that go. Whatever comes: each publish that
 * began ends once it is told its end, and the server's secret stands in no answer. Input: steps of one byte
 * that says what, two that say how long its bytes are, and these. */
#include "fuzz/fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "service_rig.h"
#include "testlib/test.h"

/** Fewer than the handles of a rig. */
enum { STEPS_MAX = 60 };

static const char *const methods[] = {
    PUBLISHER "Plan",
    PUBLISHER "Publish",
    PUBLISHER "Watch",
    PUBLISHER "Get",
    PUBLISHER "List",
    PUBLISHER "Cancel",
    POST_PROCESSOR "Configure",
    POST_PROCESSOR "PostProcess",
    POST_PROCESSOR "Cancel",
    POST_PROCESSOR "ConfigSpec",
    PUBLISHER "Explain",
    PUBLISHER "PlanOnline",
    PUBLISHER "RegisterProvider",
    PUBLISHER "DesList",
    PUBLISHER "DesShow",
    PUBLISHER "DesCreate",
    PUBLISHER "Verify",
    PUBLISHER "VmArgs",
    PUBLISHER "VmTest",
};
enum { METHODS = sizeof methods / sizeof methods[0] };

/* What stands in the input is text only where a library would make sure of it. */
static void tell(struct rig *rig, const char *bytes, size_t len, uint64_t number)
{
    char text[64] = "";
    size_t n = len == 0 ? 0 : (unsigned char)bytes[0] % 64;
    struct acg_finding finding = {ACG_SEVERITY_ERROR, "R1", "location", text, text};
    struct acg_event event = {.kind = ACG_EVENT_FINDING, .number = number, .text = text, .finding = &finding};

    if (len > 1)
        memcpy(text, bytes + 1, len - 1 < sizeof text - 1 ? len - 1 : sizeof text - 1);
    switch (len == 0 ? 0 : (unsigned char)bytes[0] / 64) {
    case 0:
        rig_step(rig, n, number, text);
        break;
    case 1:
        rig_region(rig, n, number, text, (int)len % 100);
        break;
    case 2:
        rig_tell(rig, n, &event);
        break;
    default:
        rig_done(rig, n, number, (enum acg_status)(len % (ACG_ERR_INTERNAL + 1)));
        break;
    }
}

static void act(struct rig *rig, unsigned what, const char *bytes, size_t len, uint64_t number)
{
    int32_t stream = 0;

    if (what < METHODS) {
        stream = h2_call(rig->h, methods[what], NULL);
        h2_message(rig->h, stream, 0, bytes, len, true);
        rig_run(rig);
    } else if (what == METHODS) {
        rpc_services_drain(rig->services);
        rig_run(rig);
    } else if (what == METHODS + 1 && len > 0 && rig->h->answer_count > 0) {
        stream = rig->h->answers[(unsigned char)bytes[0] % rig->h->answer_count].stream;
        if (!h2_answer(rig->h, stream)->closed)
            (void)nghttp2_submit_rst_stream(rig->h->client, 0, stream, NGHTTP2_CANCEL);
        rig_run(rig);
    } else {
        tell(rig, bytes, len, number);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rig rig;
    uint64_t number = 0;

    rig_begin(&rig, true);
    for (int i = 0; i < STEPS_MAX && size >= 3; i++) {
        size_t len = (size_t)data[1] << 8 | data[2], rest = size - 3;

        len = len < rest ? len : rest;
        act(&rig, data[0] % (METHODS + 6), (const char *)data + 3, len, ++number);
        data += 3 + len;
        size -= 3 + len;
    }
    for (size_t i = 0; i < rig.handle_count; i++)
        rig_done(&rig, i, ++number, ACG_ERR_CANCELLED);
    FUZZ_CHECK(rpc_services_running(rig.services) == 0);
    rig_end(&rig);
    return 0;
}
