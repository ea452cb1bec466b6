/* SPDX-License-Identifier: MPL-2.0 */
/** The body of the image version PUT at api-version 2023-07-03. */
#ifndef ACGP_VERSION_BODY_H
#define ACGP_VERSION_BODY_H

#include "plan/coverage.h"

/** Render the body. Only fields that the configuration set are sent.
 *  @param spec     borrowed.     @param location home region, normalised.
 *  @param coverage borrowed: the places and what encrypts each disk.
 *  @param out      JSON text, owned by caller (acgp_free).
 *  @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_version_body(const struct acgp_publish_spec *spec, const char *location,
                                  const struct acgp_coverage *coverage, char **out, struct acg_error *err);

/** URL of the version's PUT; owned by caller (acgp_free); NULL without memory. */
char *acgp_version_url(const char *endpoint, const struct acgp_publish_spec *spec);

#endif
