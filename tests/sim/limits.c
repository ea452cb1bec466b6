/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/limits.h"

#include <inttypes.h>
#include <stdio.h>

static const struct {
    const char *name;
    int64_t short_limit, long_limit;
} policies[SIM_POLICY_COUNT] = {
    [SIM_POLICY_PUT_GALLERY] = {"CreateUpdateGallery", 50, 300},
    [SIM_POLICY_GET_GALLERY] = {"GetGallery", 350, 2500},
    [SIM_POLICY_LIST_GALLERIES] = {"ListGalleryInResourceGroup", 100, 1000},
    [SIM_POLICY_PUT_DEFINITION] = {"CreateUpdateGalleryImage", 150, 750},
    [SIM_POLICY_GET_DEFINITION] = {"GetGalleryImage", 600, 3000},
    [SIM_POLICY_LIST_DEFINITIONS] = {"ListGalleryImagesInGallery", 1500, 10000},
    [SIM_POLICY_PUT_VERSION] = {"CreateUpdateGalleryImageVersion", 375, 1200},
    [SIM_POLICY_GET_VERSION] = {"GetGalleryImageVersion", 2000, 10000},
    [SIM_POLICY_LIST_VERSIONS] = {"ListGalleryImageVersionsInGalleryImage", 1500, 10000},
    [SIM_POLICY_DELETE_VERSION] = {"DeleteGalleryImageVersion", 150, 1000},
    [SIM_POLICY_GALLERY_POLL] = {"GetOperationStatus", 1200, 4200},
    [SIM_POLICY_WRITE_DES] = {"HighCostDiskEncryptionSet", 100, 300},
    [SIM_POLICY_DISK_GET] = {"LowCostGet", 15000, 120000},
    [SIM_POLICY_WRITE_DISK] = {"CreateUpdateDisks", 3000, 25000},
    [SIM_POLICY_WRITE_SNAPSHOT] = {"HighCostSnapshotCreateHydrate", 1000, 8000},
    [SIM_POLICY_DISK_POLL] = {"GetOperation", 50000, 400000},
    [SIM_POLICY_PUT_IMAGE] = {"CreateImages", 40, 200},
    [SIM_POLICY_GET_IMAGE] = {"GetImages", 360, 1800},
    [SIM_POLICY_GET_VM] = {"LowCostGet", 15000, 120000},
};

enum { SHORT_MS = 3 * 60 * 1000, LONG_MS = 30 * 60 * 1000 };

static int64_t take(struct sim_window *w, int64_t now_ms, int64_t length_ms)
{
    if (!w->used || now_ms - w->start_ms >= length_ms)
        *w = (struct sim_window){now_ms, 0};
    return ++w->used;
}

int64_t sim_limits_count(struct sim_limits *l, enum sim_policy policy, int64_t now_ms, char *out, size_t size)
{
    out[0] = '\0';
    if (policy == SIM_POLICY_NONE)
        return 0;
    struct sim_window *w = l->windows[policy];
    int64_t left_short = policies[policy].short_limit - take(&w[0], now_ms, SHORT_MS);
    int64_t left_long = policies[policy].long_limit - take(&w[1], now_ms, LONG_MS);
    int64_t wait_ms = 0;
    if (left_short < 0)
        wait_ms = w[0].start_ms + SHORT_MS - now_ms;
    if (left_long < 0)
        wait_ms = w[1].start_ms + LONG_MS - now_ms;
    snprintf(out, size, "Microsoft.Compute/%s3Min;%" PRId64 ",Microsoft.Compute/%s30Min;%" PRId64,
             policies[policy].name, left_short < 0 ? 0 : left_short, policies[policy].name,
             left_long < 0 ? 0 : left_long);
    return wait_ms > 0 ? (wait_ms + 999) / 1000 : 0;
}

const char *sim_policy_name(enum sim_policy policy)
{
    return policies[policy].name ? policies[policy].name : "";
}
