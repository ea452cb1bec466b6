/* SPDX-License-Identifier: MPL-2.0 */
/** Questions about a version as ARM answered it. */
#ifndef ACGP_VERSION_VIEW_H
#define ACGP_VERSION_VIEW_H

#include "arm/version_doc.h"

/** A region's replication as the version tells it; NULL: it does not. */
const struct acgp_doc_replication *acgp_doc_replication_of(const struct acgp_version_doc *doc,
                                                           const struct acgp_doc_place *place);

/** The data-disk LUNs of a version: those that it lists, and those that a place's sets name; ascending, each
 * once.
 *  @param place NULL: of every place. @param out owned by caller (acgp_free).
 *  @return false: out of memory. */
bool acgp_version_luns(const struct acgp_version_doc *doc, const struct acgp_doc_place *place, int64_t **out,
                       size_t *out_count);

/** The set that a place names for a data disk; NULL: none, the disk has a platform key. */
const char *acgp_doc_data_set_of(const struct acgp_doc_place *place, int64_t lun);

#endif
