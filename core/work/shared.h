/* SPDX-License-Identifier: MPL-2.0 */
/** Documents that several machines of one publisher read: kept for a short time, so that a thousand publishes
 * need not ask a thousand times which regions a subscription has. Only what Azure answered with 200 and with
 * JSON is kept, for one login. Pure: the present is an argument. */
#ifndef ACGP_SHARED_H
#define ACGP_SHARED_H

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    /* How old a document may get, from when it was asked for. Long enough for publishes that a pipeline
     * starts together; what changes meanwhile is refused by Azure itself at the write, and a machine never
     * refuses on an answer that is older than its own question. */
    ACGP_SHARED_MS = 60000,
    ACGP_SHARED_MAX = 1024, /* documents: 20 regions with 3 sets each, vaults and keys are 166 */
    ACGP_SHARED_BYTES_MAX =
        4 * 1024 * 1024, /* of their JSON text in all; jansson takes some ten times that */
    ACGP_SHARED_ONE_MAX = ACGP_SHARED_BYTES_MAX / 4 /* of one: a larger one is not kept */
};

struct acgp_shared_item {
    char *url; /* owned */
    uint64_t hash;
    int64_t asked_ms;
    json_t *root; /* owned */
    size_t bytes;
};

/** Zeroed is empty. */
struct acgp_shared {
    struct acgp_shared_item *items; /* owned; the longest kept first */
    size_t count, capacity, bytes;
};

/** A document that was asked for at after_ms or later, and is not too old.
 *  @return borrowed until the next call that changes *s (json_incref keeps it; nobody changes it); NULL:
 * none.
 */
json_t *acgp_shared_find(const struct acgp_shared *s, const char *url, int64_t after_ms, int64_t now_ms,
                         int64_t *out_asked_ms);
/** Keep a document in place of an older one; at a cap the oldest go. Without memory it is not kept.
 *  @param root borrowed: a hold of its own is taken. */
void acgp_shared_keep(struct acgp_shared *s, const char *url, int64_t asked_ms, json_t *root, int64_t now_ms);
/** Let go of what is too old. */
void acgp_shared_expire(struct acgp_shared *s, int64_t now_ms);
void acgp_shared_done(struct acgp_shared *s);

#endif
