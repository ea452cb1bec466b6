/* SPDX-License-Identifier: MPL-2.0 */
/** Which of Azure's limits a request falls under, as far as its method and its URL tell: the subscription,
 * ARM's own kind of operation, and the operation of the resource provider with the limits that are known of
 * it. */
#ifndef ACGP_SCOPE_H
#define ACGP_SCOPE_H

#include "http/message.h"

enum acgp_operation_kind { ACGP_OPERATION_READ = 0, ACGP_OPERATION_WRITE, ACGP_OPERATION_DELETE };
enum { ACGP_OPERATION_KINDS = 3 };

enum {
    ACGP_SUBSCRIPTION_MAX = 64, /* a GUID; room for the words of other clouds */
    ACGP_LOCATION_MAX = 64,
    ACGP_OPERATION_MAX = 192 /* method and type, "get microsoft.compute/galleries/images/versions" */
};

/** All texts are in lower case and cut at their size: what is cut shares its limits, which is safe. */
struct acgp_scope {
    enum acgp_operation_kind kind;
    char subscription[ACGP_SUBSCRIPTION_MAX]; /* empty: the request is of the tenant */
    char location[ACGP_LOCATION_MAX]; /* empty: the URL names none. Limits are per region; without one they
                                         are taken to be shared, which is safe */
    char operation[ACGP_OPERATION_MAX];
};

/** Limits of a resource provider's operation, in 3 and in 30 minutes. */
struct acgp_policy {
    const char *operation; /* as in a scope */
    const char *name;      /* without the "3Min" and "30Min" that the headers add */
    int64_t in_3_min, in_30_min;
};

void acgp_scope_of(enum acgp_method method, const char *url, struct acgp_scope *out);
/** The limits that are known of an operation; NULL: none, the answers will tell. */
const struct acgp_policy *acgp_policy_of(const char *operation);
/** "read", "write", "delete". */
const char *acgp_operation_kind_name(enum acgp_operation_kind kind);

#endif
