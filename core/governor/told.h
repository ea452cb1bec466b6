/* SPDX-License-Identifier: MPL-2.0 */
/** What an answer tells about the limits it was counted against. */
#ifndef ACGP_TOLD_H
#define ACGP_TOLD_H

#include "governor/scope.h"

enum {
    ACGP_TOLD_NAME_MAX = 80,
    ACGP_TOLD_MAX = 4 /* counters of one answer: two windows of one policy are usual */
};

/** One counter of the resource provider. */
struct acgp_told {
    char name[ACGP_TOLD_NAME_MAX]; /* without the provider's namespace: "GetOperationStatus3Min" */
    int64_t left;
};

/** The counters of x-ms-ratelimit-remaining-resource: "Policy;count" with commas between, a namespace before
 * the policy or none. What has another form is passed over. @return how many, at most ACGP_TOLD_MAX. */
size_t acgp_told_policies(const struct acgp_response *response, struct acgp_told out[ACGP_TOLD_MAX]);

/** ARM's own counter of a kind: the least of x-ms-ratelimit-remaining-subscription-reads (-writes, -deletes),
 * -subscription-global-reads, -tenant-reads and so on. @return -1: none was told. */
int64_t acgp_told_left(const struct acgp_response *response, enum acgp_operation_kind kind);

/** How long a counter counts, by the end of its name: "3Min", "30Min", "1Hour". 0: it does not say. */
int64_t acgp_told_window_ms(const char *name);

#endif
