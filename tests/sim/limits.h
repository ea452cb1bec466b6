/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_LIMITS_H
#define SIM_LIMITS_H

#include <stdbool.h>
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

/* ARM's own kinds. */
enum sim_kind { SIM_READS, SIM_WRITES, SIM_DELETES, SIM_KINDS };

struct sim_account;
struct sim_limits {
    struct sim_account *accounts; /* of each subscription, or subscription and region */
};

/* What counting one request of a compute policy came to. */
struct sim_count {
    char header[256]; /* of x-ms-ratelimit-remaining-resource; empty for SIM_POLICY_NONE */
    int64_t wait_s;   /* until the policy has room again; 0: it has, and the rest is empty */
    char group[80];
    int64_t start_ms, end_ms, allowed, measured;
};

/** Count one request. */
void sim_limits_count(struct sim_limits *l, const char *account, enum sim_policy policy, int64_t now_ms,
                      struct sim_count *out);
const char *sim_policy_name(enum sim_policy policy);

/** Count one request of ARM, by its token buckets or by the hour. wait_s: until there is room, 0 while there
 * is. Returns what is left. */
int64_t sim_limits_arm(struct sim_limits *l, const char *subscription, enum sim_kind kind, bool buckets,
                       int64_t now_ms, int64_t *wait_s);
/** "reads", "writes", "deletes". */
const char *sim_kind_name(enum sim_kind kind);
void sim_limits_done(struct sim_limits *l);

#endif
