/* SPDX-License-Identifier: MPL-2.0 */
/* A Packer that says anything, against link and post-processor with a publisher that is played here. The
 * first byte chooses the form of the start and how the publish goes; the rest is what Packer writes. It is
 * fed frame by frame, so that the answers of a recorded conversation find their questions. */
#include <string.h>

#include "fuzz/fuzz.h"

#include "base/error.h"
#include "base/span.h"
#include "packer/post_processor.h"

enum {
    CHOICE_PROTOBUF = 1,
    CHOICE_OLD_PACKER = 2,
    CHOICE_REFUSED = 4,
    CHOICE_FAILS = 8,
    CHOICE_NEVER_ENDS = 16, /* and time flies */
    CHOICE_CUT = 32,        /* pieces of odd sizes instead of frames */
    CHOICE_ACCEPTED = 64,
    CHOICE_SLOW = 128 /* what we write is seldom read */
};

/* What the peer does not know: an output that holds it revealed it. */
static const char secret[] = "0dd-s3cr3t-0f-the-env1ronment";

struct host {
    struct pkr_link *link;
    struct pkr_post_processor *pp;
    unsigned choice;
    unsigned events; /* of the publish that were told; 0: not started */
    unsigned starts, cancels;
    bool running;
};

static const char *lookup(void *context, const char *name)
{
    (void)context;
    if (strcmp(name, "AZURE_CLIENT_SECRET") == 0)
        return secret;
    if (strcmp(name, "AZURE_TENANT_ID") == 0)
        return "11111111-2222-3333-4444-555555555555";
    return strcmp(name, "AZURE_CLIENT_ID") == 0 ? "fuzz" : NULL;
}

/* ---- The publisher ---- */

static void end_publish(struct host *h, int64_t now_ms, enum acg_status status)
{
    struct acg_result_disk disk = {.lun = 3, .disk_encryption_set_id = "/x/set"};
    struct acg_result_region regions[] = {
        {.name = "westus", .state = "Completed", .percent = 100, .disks = &disk, .disk_count = 1},
        {.name = "eastus2", .state = "Failed", .details = "no\nroom", .percent = 12}};
    struct acg_error error = {.status = status, .http_status = 500, .arm_code = "Code"};
    struct acg_result result = {.version_id = "/x/versions/1.0.0",
                                .state = status == ACG_OK ? "succeeded" : "running",
                                .proved = status == ACG_OK && !(h->choice & CHOICE_ACCEPTED),
                                .location = "westus",
                                .encryption_type = "",
                                .provisioning_state = "",
                                .duration_ms = 1234,
                                .regions = regions,
                                .region_count = 2};
    struct acg_event event = {.kind = ACG_EVENT_DONE, .text = "", .error = &error, .result = &result};

    h->running = false;
    pkr_post_processor_on_event(h->pp, now_ms, &event);
}

static void move_publish(struct host *h, int64_t now_ms)
{
    struct acg_finding finding = {ACG_SEVERITY_WARNING, "R5", "field", "message", "fix"};
    struct acg_event event = {.text = "text", .region = "westus", .state = "Replicating", .details = ""};

    if (!h->running)
        return;
    event.percent = (int)(h->events % 101);
    if (h->events % 7 == 1)
        event.kind = ACG_EVENT_STEP;
    else if (h->events % 7 == 2)
        event.kind = ACG_EVENT_NOTICE;
    else if (h->events % 7 == 3)
        event.kind = ACG_EVENT_FINDING;
    else
        event.kind = ACG_EVENT_REGION;
    event.finding = event.kind == ACG_EVENT_FINDING ? &finding : NULL;
    h->events++;
    if (h->events < 8 || h->choice & CHOICE_NEVER_ENDS)
        pkr_post_processor_on_event(h->pp, now_ms, &event);
    else
        end_publish(h, now_ms, h->choice & CHOICE_FAILS ? ACG_ERR_SERVICE : ACG_OK);
}

static void start(struct host *h, int64_t now_ms)
{
    struct acg_error error = {0};

    FUZZ_CHECK(++h->starts == 1);
    if (h->choice & CHOICE_REFUSED) {
        FUZZ_CHECK(acgp_fail(&error, ACG_ERR_ARGUMENT, "refused") == ACG_ERR_ARGUMENT);
        pkr_post_processor_failed(h->pp, now_ms, &error);
        return;
    }
    h->running = true;
    h->events = 1;
    pkr_post_processor_started(h->pp, now_ms, "/x/versions/1.0.0");
}

static void serve(struct host *h, int64_t now_ms)
{
    struct pkr_request request;

    while (pkr_post_processor_next_request(h->pp, &request)) {
        FUZZ_CHECK(request.config != NULL);
        if (request.kind == PKR_REQUEST_START) {
            start(h, now_ms);
        } else {
            FUZZ_CHECK(++h->cancels == 1);
            if (h->running && !(h->choice & CHOICE_NEVER_ENDS))
                end_publish(h, now_ms, ACG_ERR_CANCELLED);
        }
        pkr_post_processor_turn(h->pp, now_ms);
    }
}

/* ---- The conversation ---- */

static bool holds_secret(const void *bytes, size_t len)
{
    const char *text = bytes;

    for (size_t i = 0; i + sizeof secret - 1 <= len; i++)
        if (memcmp(text + i, secret, sizeof secret - 1) == 0)
            return true;
    return false;
}

static void drain(struct host *h)
{
    struct acg_span out = pkr_link_drain(h->link);

    FUZZ_CHECK(!holds_secret(out.data, out.len));
    pkr_link_drained(h->link, out.len);
}

static void turn(struct host *h, int64_t now_ms)
{
    int64_t due_ms;

    pkr_link_tick(h->link, now_ms);
    pkr_post_processor_turn(h->pp, now_ms);
    serve(h, now_ms);
    move_publish(h, now_ms);
    pkr_post_processor_turn(h->pp, now_ms);
    if (!pkr_post_processor_over(h->pp) && pkr_post_processor_deadline(h->pp, &due_ms))
        FUZZ_CHECK(due_ms > now_ms); /* what was due has happened: no host spins */
}

static size_t frame_size(const uint8_t *data, size_t size)
{
    size_t n = 12;

    if (size < 12)
        return size;
    if (data[1] == 0)
        n += (size_t)data[8] << 24 | (size_t)data[9] << 16 | (size_t)data[10] << 8 | data[11];
    return n < size ? n : size;
}

static void talk(struct host *h, const uint8_t *data, size_t size)
{
    struct fuzz_cuts cuts = fuzz_cuts(data, size);
    int64_t now_ms = 1000;
    enum acg_status status = ACG_OK;

    while (size > 0 && status == ACG_OK) {
        size_t n = h->choice & CHOICE_CUT ? fuzz_cut(&cuts, size) : frame_size(data, size), used = 0;

        status = pkr_link_feed(h->link, now_ms, acgp_span_of(data, n), &used, NULL);
        FUZZ_CHECK(used <= n);
        data += used;
        size -= used;
        turn(h, now_ms);
        if (used == 0 || !(h->choice & CHOICE_SLOW) || fuzz_number(&cuts) % 16 == 0)
            drain(h);
        now_ms += h->choice & CHOICE_NEVER_ENDS ? 7000 : 20;
    }
    for (int i = 0; i < 4; i++, now_ms += 30000)
        turn(h, now_ms);
    drain(h);
    pkr_link_eof(h->link);
    pkr_post_processor_turn(h->pp, now_ms);
    FUZZ_CHECK(pkr_post_processor_over(h->pp));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct host h = {0};

    if (size == 0 || holds_secret(data, size)) /* a fuzz engine learns it by watching memcmp */
        return 0;
    h.choice = data[0];
    struct pkr_post_processor_options options = {.protobuf = h.choice & CHOICE_PROTOBUF,
                                                 .old_packer = h.choice & CHOICE_OLD_PACKER,
                                                 .environment = {lookup, NULL}};
    /* Both fail only where a test lets allocations fail. */
    if (pkr_link_new(PKR_LINK_PLUGIN, &h.link, NULL) == ACG_OK &&
        pkr_post_processor_new(h.link, &options, &h.pp, NULL) == ACG_OK)
        talk(&h, data + 1, size - 1);
    pkr_post_processor_free(h.pp);
    pkr_link_free(h.link);
    return 0;
}
