/* SPDX-License-Identifier: MPL-2.0 */
/** URLs of the resources that a publish reads and writes, each with its api-version. A service always accepts
 * older api-versions, so these are as old as what we need of them allows: that covers every cloud. */
#ifndef ACGP_REQUESTS_H
#define ACGP_REQUESTS_H

#include <stdbool.h>

#include "model/resource_id.h"

/* Newest one that recordings of real publishes exist for; has source.virtualMachineId and the confidential
 * types. */
#define ACGP_API_IMAGE_VERSION "2023-07-03"
/* encryptionType needs 2020-05-01, the confidential type 2021-08-01; this one is widely used (floor:
 * 2022-03-02). */
#define ACGP_API_DISK_ENCRYPTION_SET "2023-10-02"
#define ACGP_API_MANAGED_IMAGE                                                                               \
    "2022-11-01"                              /* lun, diskEncryptionSet and hyperVGeneration all stand in it \
                                               */
#define ACGP_API_DISK            "2023-10-02" /* snapshots and disks move together with the sets */
#define ACGP_API_VIRTUAL_MACHINE "2023-03-01" /* has the managed disks' securityProfile */
#define ACGP_API_RESOURCES       "2022-09-01" /* subscriptions, resource groups, providers */
#define ACGP_API_LOCATIONS       "2022-12-01" /* has includeExtendedLocations */
#define ACGP_API_FEATURES        "2021-07-01" /* both forms of feature registration */
#define ACGP_API_KEY_VAULT       "2023-02-01" /* vaults, and keys through ARM */
#define ACGP_API_AUTHORIZATION   "2022-04-01" /* role assignments */
#define ACGP_API_NETWORK         "2023-04-01"
#define ACGP_API_USAGES          "2023-07-01"

/** GET of a resource: endpoint, then the id with what a path cannot hold percent-encoded, then the
 * api-version.
 *  @param endpoint without a trailing slash.   @param kind which api-version; must not be OTHER.
 *  @return owned by caller (acgp_free); NULL without memory. */
char *acgp_resource_url(const char *endpoint, const char *id, enum acgp_resource_kind kind);

/** The same for any id or path of ARM, with an api-version of its own. @param query more of the query, ending
 * with "&", or "". */
char *acgp_path_url(const char *endpoint, const char *id, const char *query, const char *api_version);

/** GET of an image version with the state of its replication (one value of $expand per request is allowed).
 */
char *acgp_replication_url(const char *endpoint, const char *version_id);

#endif
