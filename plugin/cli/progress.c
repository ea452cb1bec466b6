/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/progress.h"

#include <stdio.h>
#include <string.h>

#include <acg/explain.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"

/** Most regions that are remembered for the minute's line: Azure has fewer than a hundred. */
enum { REGIONS_MAX = 256 };
/** Longest minute's line, bytes. */
enum { LINE_MAX_BYTES = 16 * 1024 };

struct region {
    char *name;
    int percent;
};

struct pkr_progress {
    enum pkr_chatter chatter;
    const struct pkr_config *config;
    int64_t start_ms, said_ms;
    struct region regions[REGIONS_MAX];
    size_t count;
};

void pkr_print_error(const struct pkr_config *config, const char *text)
{
    if (config != NULL && pkr_config_reveals(config, text))
        text = "(a line that held the secret was left out)";
    for (const char *c = text; *c != '\0'; c++)
        (void)fputc(((unsigned char)*c < 0x20 && *c != '\n') || *c == 0x7f ? ' ' : *c, stderr);
    (void)fputc('\n', stderr);
}

enum acg_status pkr_progress_new(enum pkr_chatter chatter, const struct pkr_config *config, int64_t now_ms,
                                 struct pkr_progress **out, struct acg_error *err)
{
    struct pkr_progress *p = acgp_alloc(1, sizeof *p);

    if (p == NULL)
        return acgp_fail_nomem(err);
    p->chatter = chatter;
    p->config = config;
    p->start_ms = p->said_ms = now_ms;
    *out = p;
    return ACG_OK;
}

void pkr_progress_free(struct pkr_progress *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->count; i++)
        acgp_free(p->regions[i].name);
    acgp_free(p);
}

void pkr_progress_say(struct pkr_progress *p, const char *text, int64_t now_ms)
{
    int64_t ms = now_ms - p->start_ms;

    if (p->chatter == PKR_CHATTER_ERRORS)
        return;
    p->said_ms = now_ms;
    if (p->chatter >= PKR_CHATTER_VERBOSE)
        (void)fprintf(stderr, "[%5lld.%lld s] ", (long long)(ms / 1000), (long long)(ms % 1000 / 100));
    pkr_print_error(p->config, text);
}

static enum acg_status remember(struct pkr_progress *p, const struct acg_event *event, struct acg_error *err)
{
    for (size_t i = 0; i < p->count; i++)
        if (acgp_equal(p->regions[i].name, event->region)) {
            p->regions[i].percent = event->percent;
            return ACG_OK;
        }
    if (p->count == REGIONS_MAX || event->region == NULL)
        return ACG_OK; /* the minute's line leaves it out; its own events still show */
    char *name = acgp_strdup(event->region);
    if (name == NULL)
        return acgp_fail_nomem(err);
    p->regions[p->count++] = (struct region){name, event->percent};
    return ACG_OK;
}

/* Behind Azure's words on a region: why, and what to do next. */
static enum acg_status say_remedy(struct pkr_progress *p, const struct acg_event *event, int64_t now_ms,
                                  struct acg_error *err)
{
    struct acg_remedy remedy;

    if (p->chatter == PKR_CHATTER_ERRORS || !acg_details_explain(event->details, &remedy))
        return ACG_OK;
    char *text = acgp_printf("  cause: %s\n  next step: %s", remedy.cause, remedy.next_step);
    if (text == NULL)
        return acgp_fail_nomem(err);
    pkr_progress_say(p, text, now_ms);
    acgp_free(text);
    return ACG_OK;
}

enum acg_status pkr_progress_event(struct pkr_progress *p, const struct acg_event *event, int64_t now_ms,
                                   struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    switch (event->kind) {
    case ACG_EVENT_REGION:
        status = remember(p, event, err);
        pkr_progress_say(p, event->text, now_ms);
        if (status == ACG_OK)
            status = say_remedy(p, event, now_ms, err);
        break;
    case ACG_EVENT_STEP:
    case ACG_EVENT_NOTICE:
        pkr_progress_say(p, event->text, now_ms);
        break;
    case ACG_EVENT_REQUEST:
        if (p->chatter >= PKR_CHATTER_DEBUG)
            pkr_progress_say(p, event->text, now_ms);
        break;
    case ACG_EVENT_FINDING: /* shown together by who watches */
    case ACG_EVENT_DONE:
        break;
    }
    return status;
}

int64_t pkr_progress_wait_ms(const struct pkr_progress *p, int64_t now_ms)
{
    int64_t left = PKR_HEARTBEAT_MS - (now_ms - p->said_ms);

    if (p->chatter == PKR_CHATTER_ERRORS)
        return PKR_HEARTBEAT_MS;
    return left > 0 ? left : 0;
}

void pkr_progress_tick(struct pkr_progress *p, int64_t now_ms)
{
    struct acgp_buf line;

    if (p->chatter == PKR_CHATTER_ERRORS || now_ms - p->said_ms < PKR_HEARTBEAT_MS)
        return;
    acgp_buf_init(&line, LINE_MAX_BYTES);
    bool fine =
        acgp_buf_printf(&line, "still running after %lld min", (long long)((now_ms - p->start_ms) / 60000));
    for (size_t i = 0; i < p->count && fine; i++)
        fine = acgp_buf_printf(&line, "%s%s %d %%", i == 0 ? ": " : ", ", p->regions[i].name,
                               p->regions[i].percent);
    pkr_progress_say(p, fine ? line.data : "still running", now_ms);
    acgp_buf_done(&line);
}
