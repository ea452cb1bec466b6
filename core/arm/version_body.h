/* SPDX-License-Identifier: MPL-2.0 */
/** The body of the image version PUT at api-version 2023-07-03. */
#ifndef ACGP_VERSION_BODY_H
#define ACGP_VERSION_BODY_H

#include <jansson.h>

#include "plan/coverage.h"

/** What the body depends on beside the request. Zeroed: the version is made new, with every place. */
struct acgp_body_parts {
    const bool *left_out;      /* one per place of the coverage; NULL: every place is in */
    const char *operation_key; /* NULL: no tag */
    /* The version as it was just read; NULL: it is made new. What it has and the request does not speak of
     * stays: other places with their encryption (a policy looks at the body, azure-arm.md 1.5), tags, values.
     */
    const json_t *there;
    bool with_source; /* send the sources again although the version is there: its home copy failed */
};

/** Render the body. Only fields that the configuration set are sent.
 *  @param spec     borrowed.     @param location home region, normalised.
 *  @param coverage borrowed: the places and what encrypts each disk.
 *  @param parts    borrowed; NULL is zeroed.
 *  @param out      JSON text, owned by caller (acgp_free).
 *  @return ACG_OK | ACG_ERR_NOMEM. */
enum acg_status acgp_version_body(const struct acgp_publish_spec *spec, const char *location,
                                  const struct acgp_coverage *coverage, const struct acgp_body_parts *parts,
                                  char **out, struct acg_error *err);

/** URL of the version's PUT; owned by caller (acgp_free); NULL without memory. */
char *acgp_version_url(const char *endpoint, const struct acgp_publish_spec *spec);

#endif
