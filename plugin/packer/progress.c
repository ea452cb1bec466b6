/* SPDX-License-Identifier: MPL-2.0 */
#include "packer/progress.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "packer/result_text.h"

struct pkr_progress_region {
    char *name, *state; /* state as told last */
    int percent, told_percent;
    int64_t told_ms;
    bool told;
};

/* ARM's words for the end of a region's replication; anything else is on its way. */
static const char completed[] = "Completed", failed[] = "Failed";

void pkr_progress_init(struct pkr_progress *progress, int64_t now_ms)
{
    memset(progress, 0, sizeof *progress);
    progress->started_ms = progress->told_ms = now_ms;
}

void pkr_progress_done(struct pkr_progress *progress)
{
    for (size_t i = 0; i < progress->count; i++) {
        acgp_free(progress->regions[i].name);
        acgp_free(progress->regions[i].state);
    }
    acgp_free(progress->regions);
    acgp_free(progress->step);
    memset(progress, 0, sizeof *progress);
}

enum acg_status pkr_progress_step(struct pkr_progress *progress, const char *text, struct acg_error *err)
{
    char *step = acgp_strdup(text);
    if (step == NULL)
        return acgp_fail_nomem(err);
    acgp_free(progress->step);
    progress->step = step;
    return ACG_OK;
}

static struct pkr_progress_region *find(struct pkr_progress *progress, const char *name)
{
    for (size_t i = 0; i < progress->count; i++)
        if (acgp_equal(progress->regions[i].name, name))
            return &progress->regions[i];
    return NULL;
}

static enum acg_status follow(struct pkr_progress *progress, const char *name,
                              struct pkr_progress_region **out, struct acg_error *err)
{
    *out = find(progress, name);
    if (*out != NULL)
        return ACG_OK;
    if (progress->count == PKR_PROGRESS_REGIONS_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "more than %u regions", PKR_PROGRESS_REGIONS_MAX);
    void *regions = progress->regions;
    if (!acgp_grow(&regions, &progress->capacity, progress->count + 1, PKR_PROGRESS_REGIONS_MAX,
                   sizeof *progress->regions))
        return acgp_fail_nomem(err);
    progress->regions = regions;
    char *copy = acgp_strdup(name);
    if (copy == NULL)
        return acgp_fail_nomem(err);
    *out = &progress->regions[progress->count++];
    **out = (struct pkr_progress_region){.name = copy};
    return ACG_OK;
}

static bool line_due(const struct pkr_progress_region *region, int64_t now_ms, const char *state)
{
    if (!region->told || !acgp_equal(region->state, state))
        return true;
    int moved = region->percent - region->told_percent;
    return moved >= PKR_PROGRESS_STEP || (moved != 0 && now_ms - region->told_ms >= PKR_PROGRESS_QUIET_MS);
}

enum acg_status pkr_progress_region(struct pkr_progress *progress, int64_t now_ms,
                                    const struct acg_event *event, struct acgp_buf *out, bool *out_failed,
                                    struct acg_error *err)
{
    const char *state = event->state == NULL ? "" : event->state;
    struct pkr_progress_region *region;
    enum acg_status status = follow(progress, event->region == NULL ? "" : event->region, &region, err);
    if (status != ACG_OK)
        return status;
    region->percent = event->percent;
    if (!line_due(region, now_ms, state))
        return ACG_OK;
    bool ended = acgp_equal_nocase(state, failed);
    char *copy = acgp_strdup(state);
    if (copy == NULL || !pkr_region_state_text(out, region->name, state, event->percent, event->details)) {
        acgp_free(copy);
        return acgp_fail_nomem(err);
    }
    acgp_free(region->state);
    region->state = copy;
    region->told = true;
    region->told_percent = event->percent;
    region->told_ms = now_ms;
    *out_failed = ended;
    return ACG_OK;
}

void pkr_progress_told(struct pkr_progress *progress, int64_t now_ms)
{
    progress->told_ms = now_ms;
}

int64_t pkr_progress_due(const struct pkr_progress *progress)
{
    return progress->told_ms + PKR_PROGRESS_HEARTBEAT_MS;
}

static bool name_regions(const struct pkr_progress *progress, struct acgp_buf *out)
{
    size_t waiting = 0;
    for (size_t i = 0; i < progress->count; i++) {
        const struct pkr_progress_region *region = &progress->regions[i];
        if (acgp_equal_nocase(region->state, completed))
            continue;
        if (waiting++ >= PKR_PROGRESS_NAMED_MAX)
            continue;
        if (!acgp_buf_printf(out, "%s %s %s %d %%", waiting == 1 ? ":" : ",", region->name, region->state,
                             region->percent))
            return false;
    }
    if (waiting > PKR_PROGRESS_NAMED_MAX &&
        !acgp_buf_printf(out, " and %zu more", waiting - PKR_PROGRESS_NAMED_MAX))
        return false;
    return acgp_buf_printf(out, " (%zu of %zu regions completed)", progress->count - waiting,
                           progress->count);
}

bool pkr_progress_heartbeat(const struct pkr_progress *progress, int64_t now_ms, struct acgp_buf *out)
{
    bool ok =
        acgp_buf_text(out, "Still at it after ") && pkr_duration_text(out, now_ms - progress->started_ms);
    if (ok && progress->count > 0)
        return name_regions(progress, out);
    if (ok && progress->step != NULL)
        ok = acgp_buf_printf(out, ": %s", progress->step);
    return ok;
}
