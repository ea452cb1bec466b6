/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_LIMITS_H
#define SIM_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* The compute policies behind x-ms-ratelimit-remaining-resource. Starting values as recorded. */
enum sim_policy {
    SIM_POLICY_NONE,
    SIM_POLICY_PUT_GALLERY,
    SIM_POLICY_GET_GALLERY,
    SIM_POLICY_LIST_GALLERIES,
    SIM_POLICY_PUT_DEFINITION,
    SIM_POLICY_GET_DEFINITION,
    SIM_POLICY_LIST_DEFINITIONS,
    SIM_POLICY_PUT_VERSION,
    SIM_POLICY_GET_VERSION,
    SIM_POLICY_LIST_VERSIONS,
    SIM_POLICY_DELETE_VERSION,
    SIM_POLICY_GALLERY_POLL,
    SIM_POLICY_WRITE_DES,
    SIM_POLICY_DISK_GET,
    SIM_POLICY_WRITE_DISK,
    SIM_POLICY_WRITE_SNAPSHOT,
    SIM_POLICY_DISK_POLL,
    SIM_POLICY_PUT_IMAGE,
    SIM_POLICY_GET_IMAGE,
    SIM_POLICY_GET_VM,
    SIM_POLICY_COUNT
};

struct sim_window {
    int64_t start_ms;
    int64_t used;
};

struct sim_limits {
    struct sim_window windows[SIM_POLICY_COUNT][2]; /* 3 minutes, 30 minutes */
    int64_t reads, writes, deletes;                 /* ARM's own counters of this run */
};

/** Count one request. Writes the header value into out (empty for SIM_POLICY_NONE). Returns the seconds until
 * the policy has room again, 0 while it has room. */
int64_t sim_limits_count(struct sim_limits *l, enum sim_policy policy, int64_t now_ms, char *out,
                         size_t size);
const char *sim_policy_name(enum sim_policy policy);

#endif
