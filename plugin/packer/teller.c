/* SPDX-License-Identifier: MPL-2.0 */
#include "packer/teller.h"

#include "base/buf.h"
#include "base/span.h"
#include "packer/result_text.h"

void pkr_teller_init(struct pkr_teller *teller, struct pkr_link *link)
{
    pkr_ui_init(&teller->ui, link);
    pkr_progress_init(&teller->progress, 0);
    teller->config = NULL;
    teller->beating = false;
}

void pkr_teller_done(struct pkr_teller *teller)
{
    pkr_ui_done(&teller->ui);
    pkr_progress_done(&teller->progress);
}

void pkr_teller_guard(struct pkr_teller *teller, const struct pkr_config *config)
{
    teller->config = config;
}

void pkr_teller_say(struct pkr_teller *teller, int64_t now_ms, enum pkr_ui_kind kind, const char *text)
{
    if (text == NULL)
        return;
    if (teller->config != NULL && pkr_config_reveals(teller->config, text))
        text = "(a line was left out: it held the client secret)";
    if (pkr_ui_line(&teller->ui, kind, text, NULL) == ACG_OK)
        pkr_progress_told(&teller->progress, now_ms);
}

/* The text of a buffer, told and forgotten. */
static void say_buf(struct pkr_teller *teller, int64_t now_ms, enum pkr_ui_kind kind, struct acgp_buf *text,
                    bool ok)
{
    if (ok && text->len > 0)
        pkr_teller_say(teller, now_ms, kind, text->data);
    acgp_buf_clear(text);
}

static bool source_text(struct acgp_buf *out, const struct acg_source *source)
{
    const char *whole = source->managed_image;
    if (whole == NULL)
        whole = source->virtual_machine;
    if (whole == NULL)
        whole = source->image_version;
    if (whole != NULL)
        return acgp_buf_printf(out, "from %s", whole);
    const char *os = source->os_snapshot != NULL ? source->os_snapshot : "a disk blob";
    if (source->data_snapshot_prefix != NULL)
        return acgp_buf_printf(out, "from %s and the snapshots %s... of the data disks of %s", os,
                               source->data_snapshot_prefix, source->snapshots_of);
    return acgp_buf_printf(out, "from %s and %zu data disk%s", os, source->data_disk_count,
                           source->data_disk_count == 1 ? "" : "s");
}

void pkr_teller_begin(struct pkr_teller *teller, int64_t now_ms, const char *version_id,
                      const struct acg_publish_options *options)
{
    struct acgp_buf text;
    acgp_buf_init(&text, PKR_RESULT_TEXT_MAX);
    pkr_progress_done(&teller->progress);
    pkr_progress_init(&teller->progress, now_ms);
    teller->beating = true;
    bool ok = acgp_buf_printf(&text, "Publishing image version %s", version_id);
    say_buf(teller, now_ms, PKR_UI_SAY, &text, ok);
    ok = source_text(&text, &options->source);
    say_buf(teller, now_ms, PKR_UI_MESSAGE, &text, ok);
    acgp_buf_done(&text);
}

static void say_region(struct pkr_teller *teller, int64_t now_ms, const struct acg_event *event)
{
    if (pkr_ui_pending(&teller->ui) > PKR_PROGRESS_PENDING_MAX)
        return;
    struct acgp_buf text;
    bool failed = false;
    acgp_buf_init(&text, PKR_RESULT_TEXT_MAX);
    bool ok = pkr_progress_region(&teller->progress, now_ms, event, &text, &failed, NULL) == ACG_OK;
    say_buf(teller, now_ms, failed ? PKR_UI_ERROR : PKR_UI_MESSAGE, &text, ok);
    acgp_buf_done(&text);
}

static void say_worded(struct pkr_teller *teller, int64_t now_ms, const struct acg_finding *finding)
{
    bool fault = finding->severity == ACG_SEVERITY_ERROR;
    struct acgp_buf text;
    acgp_buf_init(&text, PKR_RESULT_TEXT_MAX);
    bool ok =
        acgp_buf_printf(&text, "%s%s%s: %s (%s). Fix: %s", fault ? "" : pkr_severity_word(finding->severity),
                        fault ? "" : ": ", finding->field, finding->message, finding->rule, finding->fix);
    say_buf(teller, now_ms, fault ? PKR_UI_ERROR : PKR_UI_MESSAGE, &text, ok);
    acgp_buf_done(&text);
}

/* In the words that the user wrote; as it is when there is no memory for that. */
static void say_finding(struct pkr_teller *teller, int64_t now_ms, const struct acg_finding *finding)
{
    struct acg_findings *worded = NULL;
    if (teller->config != NULL && acg_findings_new(&worded, NULL) == ACG_OK &&
        pkr_config_translate(teller->config, finding, worded, NULL) == ACG_OK)
        finding = acg_findings_at(worded, 0);
    say_worded(teller, now_ms, finding);
    acg_findings_free(worded);
}

void pkr_teller_event(struct pkr_teller *teller, int64_t now_ms, const struct acg_event *event)
{
    switch (event->kind) {
    case ACG_EVENT_STEP:
        if (pkr_progress_step(&teller->progress, event->text, NULL) == ACG_OK)
            pkr_teller_say(teller, now_ms, PKR_UI_SAY, event->text);
        break;
    case ACG_EVENT_REGION:
        say_region(teller, now_ms, event);
        break;
    case ACG_EVENT_NOTICE:
        pkr_teller_say(teller, now_ms, PKR_UI_MESSAGE, event->text);
        break;
    case ACG_EVENT_FINDING:
        if (event->finding != NULL)
            say_finding(teller, now_ms, event->finding);
        break;
    default:
        break; /* requests are for logs; the final event has calls of its own */
    }
}

void pkr_teller_success(struct pkr_teller *teller, int64_t now_ms, const struct acg_result *result)
{
    struct acgp_buf text;
    acgp_buf_init(&text, PKR_RESULT_TEXT_MAX);
    bool ok = acgp_buf_printf(&text, "Image version %s", result->version_id);
    say_buf(teller, now_ms, PKR_UI_SAY, &text, ok);
    ok = pkr_success_text(&text, result);
    say_buf(teller, now_ms, PKR_UI_MESSAGE, &text, ok);
    for (size_t i = 0; result->proved && i < result->region_count; i++) {
        bool missing = pkr_region_missing(result, &result->regions[i]);
        ok = missing ? pkr_region_missing_text(&text, &result->regions[i])
                     : pkr_region_text(&text, &result->regions[i]);
        say_buf(teller, now_ms, missing ? PKR_UI_ERROR : PKR_UI_MESSAGE, &text, ok);
    }
    acgp_buf_done(&text);
    teller->beating = false;
}

void pkr_teller_failure(struct pkr_teller *teller, int64_t now_ms, const struct acg_result *result)
{
    struct acgp_buf text;
    size_t count = result == NULL || acgp_equal(result->state, "not started") ? 0 : result->region_count;
    acgp_buf_init(&text, PKR_RESULT_TEXT_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct acg_result_region *region = &result->regions[i];
        if (region->state == NULL || region->state[0] == '\0')
            continue;
        bool ok = pkr_region_state_text(&text, region->name, region->state, region->percent, region->details);
        say_buf(teller, now_ms, acgp_equal_nocase(region->state, "Failed") ? PKR_UI_ERROR : PKR_UI_MESSAGE,
                &text, ok);
    }
    acgp_buf_done(&text);
    teller->beating = false;
}

static void say_heartbeat(struct pkr_teller *teller, int64_t now_ms)
{
    struct acgp_buf text;
    acgp_buf_init(&text, PKR_RESULT_TEXT_MAX);
    bool ok = pkr_progress_heartbeat(&teller->progress, now_ms, &text);
    say_buf(teller, now_ms, PKR_UI_MESSAGE, &text, ok);
    acgp_buf_done(&text);
    pkr_progress_told(&teller->progress, now_ms); /* also when it failed: the next one is a minute away */
}

/* Lines that Packer was too slow for are counted, and the count is told once there is room. */
static void say_refused(struct pkr_teller *teller, int64_t now_ms)
{
    if (pkr_ui_pending(&teller->ui) > PKR_PROGRESS_PENDING_MAX)
        return;
    size_t n = pkr_ui_refused(&teller->ui);
    if (n == 0)
        return;
    struct acgp_buf text;
    acgp_buf_init(&text, PKR_RESULT_TEXT_MAX);
    bool ok = acgp_buf_printf(&text, "(%zu lines were left out: Packer took them too slowly)", n);
    say_buf(teller, now_ms, PKR_UI_ERROR, &text, ok);
    acgp_buf_done(&text);
}

void pkr_teller_turn(struct pkr_teller *teller, int64_t now_ms)
{
    if (teller->beating && now_ms >= pkr_progress_due(&teller->progress))
        say_heartbeat(teller, now_ms);
    say_refused(teller, now_ms);
    pkr_ui_flush(&teller->ui);
}

bool pkr_teller_deadline(const struct pkr_teller *teller, int64_t *out_due_ms)
{
    if (!teller->beating)
        return false;
    *out_due_ms = pkr_progress_due(&teller->progress);
    return true;
}
