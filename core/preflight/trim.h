/* SPDX-License-Identifier: MPL-2.0 */
/** Documents that tell of a whole subscription, cut down to what rules look at: thousands of publishes may
 * hold theirs at the same time, and Azure's list of a provider's types alone has some hundred kilobytes. */
#ifndef ACGP_TRIM_H
#define ACGP_TRIM_H

#include "model/publish_spec.h"
#include "preflight/facts.h"
#include "work/work.h"

/** The one type of the provider that is used. */
#define ACGP_VERSIONS_TYPE "galleries/images/versions"
/** The counters that are judged. */
#define ACGP_VERSION_COUNTER  "GalleryImageVersion"
#define ACGP_SNAPSHOT_COUNTER "StandardSnapshotCount"

/** @param fact READ. Others than PROVIDER, LOCATIONS and USAGES stay as they are. */
void acgp_fact_trim(struct acgp_fact *fact, const struct acgp_publish_spec *spec);

/** Whether the answer may be shared, and what of it. What a publish makes, changes or copies is not: the
 * version and its sources. */
struct acgp_share acgp_fact_share(enum acgp_fact_kind kind, int64_t after_ms);

#endif
