/* SPDX-License-Identifier: MPL-2.0 */
/* A whole publish against an Azure that answers anything: each line of the input is one answer, a status
 * letter and a body. What a publish can go on without answers as in testlib/healthy.h, unless the first byte
 * has 8. However it goes, the machine comes to rest, says so once, and never writes after it has
 * ended. */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

#include <stdlib.h>

#include <acg/finding.h>

#include "base/span.h"
#include "plan/validate.h"
#include "publish/machine.h"
#include "testlib/healthy.h"
#include "testlib/scribe.h"

#define ID    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g/providers/Microsoft.Compute/"
#define NOW   INT64_C(1790000000)
#define TURNS 4000 /* an hour of polls, reads and heartbeats is some hundreds */
#define PUTS  8    /* as many as the retries allow */

static struct acgp_publish_spec *make_spec(bool declared, bool located)
{
    const struct acg_data_disk_encryption west[] = {{{true, 0}, ID "diskEncryptionSets/west-data"}};
    const struct acg_target_region regions[] = {
        {.name = "westus",
         .encryption = {.os_disk_encryption_set_id = "west-os", .data_disks = west, .data_disk_count = 1}},
        {.name = "East US 2", .replicas = {true, 2}, .encryption = {.disk_encryption_set_id = "east-all"}},
    };
    struct acg_publish_options o = ACG_PUBLISH_OPTIONS_INIT;
    struct acg_findings *findings = NULL;
    struct acgp_publish_spec *spec = NULL;

    o.gallery_image_version_id = ID "galleries/g/images/i/versions/1.0.0";
    o.location = located ? "westus" : NULL;
    o.source.managed_image = "m";
    o.encryption_type = declared ? "customer_key" : NULL;
    o.target_regions = regions;
    o.timeout_ms = 3600000; /* long enough for every schedule and for the half hour of silence */
    o.target_region_count = 2;
    FUZZ_CHECK(acg_findings_new(&findings, NULL) == ACG_OK);
    FUZZ_CHECK(acgp_validate(&o, NOW, findings, &spec, NULL) == ACG_OK);
    acg_findings_free(findings);
    return spec;
}

struct run {
    struct acgp_work *m;
    struct acg_span rest; /* of the input */
    bool hostile;         /* the input answers everything */
    int64_t now_ms;
    unsigned puts, done_events;
    uint64_t last_number;
};

static void give(struct run *r, uint32_t request, char kind, struct acg_span body)
{
    static const int statuses[] = {200, 201, 202, 204, 301, 400, 401, 403, 404, 408, 409, 410, 429, 500, 503};
    struct acgp_failure failure = {.kind = (enum acgp_failure_kind)(1 + (unsigned char)kind % 5),
                                   .error = {.status = ACG_ERR_TRANSPORT, .message = "broke"}};
    struct acgp_response response;

    if (kind < 'a' || kind > 'z') {
        acgp_work_on_failure(r->m, r->now_ms, request, &failure);
        return;
    }
    acgp_response_init(&response);
    response.status = statuses[(size_t)(kind - 'a') % (sizeof statuses / sizeof statuses[0])];
    FUZZ_CHECK(acgp_buf_span(&response.body, body));
    if (response.status == 201)
        FUZZ_CHECK(acgp_response_header_add(&response, acgp_span("Azure-AsyncOperation"),
                                            acgp_span("https://management.azure.com/op")));
    if (response.status == 202) /* the answer names its own headers, too */
        (void)acgp_response_header_add(&response, acgp_span("Location"), body);
    if (response.status == 429)
        (void)acgp_response_header_add(&response, acgp_span("Retry-After"), body);
    acgp_work_on_response(r->m, r->now_ms, request, &response);
    acgp_response_done(&response);
}

/* No request leaves the endpoint's host and those below it, over TLS. */
static void check_url(const char *url)
{
    struct acg_span host = acgp_span(url), arm = acgp_span("management.azure.com");
    size_t n = 0;

    FUZZ_CHECK(acgp_span_starts_nocase(host, acgp_span("https://")));
    host.data += 8;
    n = strcspn(host.data, "/?:");
    FUZZ_CHECK(n >= arm.len && acgp_span_equal_nocase(acgp_span_of(host.data + n - arm.len, arm.len), arm));
    FUZZ_CHECK(n == arm.len || host.data[n - arm.len - 1] == '.');
}

static bool answer_healthy(struct run *r, const struct acgp_action *act)
{
    const struct acgp_call *call = acgp_calls_find(r->m, act->request);
    const struct acgp_facts *facts = &((const struct acgp_publish *)r->m)->preflight.facts;
    struct acgp_response response;
    int status = 0;

    if (r->hostile || call->kind < ACGP_PREFLIGHT_CALLS || facts->items[call->index]->needed)
        return false;
    json_t *body = healthy_answer(act->message->url, &status);
    char *text = body != NULL ? json_dumps(body, 0) : NULL;
    json_decref(body);
    if (text == NULL) /* what only an input can lead to */
        return false;
    acgp_response_init(&response);
    response.status = status;
    FUZZ_CHECK(acgp_buf_text(&response.body, text));
    acgp_work_on_response(r->m, r->now_ms, act->request, &response);
    acgp_response_done(&response);
    free(text);
    return true;
}

/* The next line; when the input is used up, silence. */
static void answer(struct run *r, const struct acgp_action *act)
{
    struct acg_span line = {0};
    char kind = 0;

    FUZZ_CHECK(act->until_ms > r->now_ms);
    check_url(act->message->url);
    r->puts += act->message->method == ACGP_PUT;
    FUZZ_CHECK(r->puts <= PUTS * 40);
    if (answer_healthy(r, act) || r->rest.data == NULL)
        return;
    line = acgp_span_cut(&r->rest, '\n');
    if (line.len != 0) {
        kind = line.data[0];
        line.data++;
        line.len--;
    }
    give(r, act->request, kind, line);
}

static void listen(struct run *r)
{
    const struct acg_event *e = NULL;

    while (acgp_work_next_event(r->m, &e)) {
        FUZZ_CHECK(r->done_events == 0 && e->text != NULL && e->number > r->last_number);
        r->last_number = e->number;
        if (e->kind != ACG_EVENT_DONE)
            continue;
        r->done_events++;
        FUZZ_CHECK(e->result != NULL && e->error != NULL);
        FUZZ_CHECK(!e->result->proved || e->error->status == ACG_OK);
        FUZZ_CHECK(e->error->status == ACG_OK || e->error->message[0] != '\0');
        FUZZ_CHECK(e->error->status != ACG_ERR_NOMEM && e->error->status != ACG_ERR_INTERNAL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct acgp_work_config config = {
        .endpoint = "https://management.azure.com", .seed = 5, .now_unix_s = NOW};
    struct acgp_action act = {0};
    struct run r = {0};

    if (size < 2 || size > 1 << 16)
        return 0;
    r.rest = acgp_span_of(data + 1, size - 1);
    r.hostile = data[0] & 8;
    FUZZ_CHECK(acgp_publish_new(make_spec(data[0] & 1, data[0] & 2), &config, &r.m, NULL) == ACG_OK);
    for (int i = 0; i < TURNS && act.kind != ACGP_ACT_DONE; i++) {
        FUZZ_CHECK(acgp_work_next(r.m, r.now_ms, &act));
        if (act.kind == ACGP_ACT_SEND)
            answer(&r, &act);
        if (act.kind == ACGP_ACT_TURN)
            acgp_work_on_turn(r.m, r.now_ms);
        (void)no_journal(r.m, r.now_ms, &act);
        if (act.kind == ACGP_ACT_WAIT) {
            FUZZ_CHECK(act.until_ms > r.now_ms);
            r.now_ms = act.until_ms;
        }
        if ((data[0] & 4) == 0)
            listen(&r);
    }
    FUZZ_CHECK(act.kind == ACGP_ACT_DONE);
    listen(&r);
    FUZZ_CHECK(r.done_events == 1);
    acgp_work_free(r.m);
    return 0;
}
