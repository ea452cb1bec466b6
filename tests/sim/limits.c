/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/limits.h"

#include "sim/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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

enum { SHORT_MS = 3 * 60 * 1000, LONG_MS = 30 * 60 * 1000, HOUR_MS = 60 * 60 * 1000 };

/* ARM's token buckets of a subscription, and what its older scheme allowed in an hour. */
static const struct {
    const char *name;
    int64_t size, per_s, in_an_hour;
} kinds[] = {
    [SIM_READS] = {"reads", 250, 25, 12000},
    [SIM_WRITES] = {"writes", 200, 10, 1200},
    [SIM_DELETES] = {"deletes", 200, 10, 15000},
};

struct sim_account {
    char *name;
    struct sim_account *next;
    struct sim_window windows[SIM_POLICY_COUNT][2]; /* 3 minutes, 30 minutes */
    struct sim_window hours[SIM_KINDS];
    int64_t levels[SIM_KINDS], at_ms[SIM_KINDS]; /* thousandths of a request */
};

static struct sim_account *account_of(struct sim_limits *l, const char *name)
{
    const char *key = name ? name : "";
    struct sim_account *a = l->accounts;
    while (a && !sim_same(a->name, key))
        a = a->next;
    if (a)
        return a;
    a = sim_alloc(sizeof *a);
    a->name = sim_copy(key);
    for (int kind = 0; kind < SIM_KINDS; kind++)
        a->levels[kind] = kinds[kind].size * 1000;
    a->next = l->accounts;
    return l->accounts = a;
}

void sim_limits_done(struct sim_limits *l)
{
    while (l->accounts) {
        struct sim_account *a = l->accounts;
        l->accounts = a->next;
        free(a->name);
        free(a);
    }
}

static int64_t take(struct sim_window *w, int64_t now_ms, int64_t length_ms)
{
    if (!w->used || now_ms - w->start_ms >= length_ms)
        *w = (struct sim_window){now_ms, 0};
    return ++w->used;
}

static int64_t bucket_take(struct sim_account *a, enum sim_kind kind, int64_t now_ms, int64_t *wait_s)
{
    int64_t full = kinds[kind].size * 1000, level = a->levels[kind];
    level += (now_ms - a->at_ms[kind]) * kinds[kind].per_s;
    level = level < full ? level : full;
    a->at_ms[kind] = now_ms;
    *wait_s = level < 1000 ? 1 + (1000 - level) / (kinds[kind].per_s * 1000) : 0;
    a->levels[kind] = *wait_s ? level : level - 1000;
    return *wait_s ? 0 : a->levels[kind] / 1000;
}

int64_t sim_limits_arm(struct sim_limits *l, const char *subscription, enum sim_kind kind, bool buckets,
                       int64_t now_ms, int64_t *wait_s)
{
    struct sim_account *a = account_of(l, subscription);
    if (buckets)
        return bucket_take(a, kind, now_ms, wait_s);
    int64_t left = kinds[kind].in_an_hour - take(&a->hours[kind], now_ms, HOUR_MS);
    *wait_s = left < 0 ? (a->hours[kind].start_ms + HOUR_MS - now_ms + 999) / 1000 : 0;
    return left < 0 ? 0 : left;
}

const char *sim_kind_name(enum sim_kind kind)
{
    return kinds[kind].name;
}

void sim_limits_count(struct sim_limits *l, const char *account, enum sim_policy policy, int64_t now_ms,
                      struct sim_count *out)
{
    *out = (struct sim_count){.header = ""};
    if (policy == SIM_POLICY_NONE)
        return;
    struct sim_window *w = account_of(l, account)->windows[policy];
    const int64_t limits[] = {policies[policy].short_limit, policies[policy].long_limit};
    const int64_t lengths[] = {SHORT_MS, LONG_MS};
    int64_t left[2];
    for (int i = 0; i < 2; i++) {
        int64_t used = take(&w[i], now_ms, lengths[i]);
        left[i] = used <= limits[i] ? limits[i] - used : 0;
        if (used <= limits[i])
            continue;
        out->wait_s = (w[i].start_ms + lengths[i] - now_ms + 999) / 1000;
        out->start_ms = w[i].start_ms;
        out->end_ms = w[i].start_ms + lengths[i];
        out->allowed = limits[i];
        out->measured = used;
        snprintf(out->group, sizeof out->group, "%s%s", policies[policy].name, i ? "30Min" : "3Min");
    }
    snprintf(out->header, sizeof out->header,
             "Microsoft.Compute/%s3Min;%" PRId64 ",Microsoft.Compute/%s30Min;%" PRId64, policies[policy].name,
             left[0], policies[policy].name, left[1]);
}

const char *sim_policy_name(enum sim_policy policy)
{
    return policies[policy].name ? policies[policy].name : "";
}
