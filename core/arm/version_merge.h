/* SPDX-License-Identifier: MPL-2.0 */
/** Writing a version that is there already: its list of places is replaced as a whole, and there is no ETag.
 */
#ifndef ACGP_VERSION_MERGE_H
#define ACGP_VERSION_MERGE_H

#include <jansson.h>

#include "plan/coverage.h"

/** Put into a body what the version has and the body does not say: values of the version and of the places
 * that both have, tags, and the places that the request knows nothing of. A place of the request that the
 * body leaves out stays out. The version keeps the operation key of whoever made it.
 *  @param body  changed.   @param there borrowed: the version as ARM answered it.
 *  @return false: out of memory. */
bool acgp_version_merge(json_t *body, const json_t *there, const struct acgp_coverage *coverage);

#endif
