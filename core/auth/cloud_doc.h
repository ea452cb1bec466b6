/* SPDX-License-Identifier: MPL-2.0 */
/** What a resource manager tells of its cloud. */
#ifndef ACGP_CLOUD_DOC_H
#define ACGP_CLOUD_DOC_H

#include <acg/credential.h>
#include <acg/span.h>

/** The address to ask: "https://HOST/metadata/endpoints?api-version=...".
 *  @param host    as acg_cloud_options.metadata_host.
 *  @param out_url owned by caller (acgp_free).   @return ACG_OK | ACG_ERR_ARGUMENT | ACG_ERR_NOMEM. */
enum acg_status acgp_cloud_url(const char *host, char **out_url, struct acg_error *err);

/** Read the answer: one cloud (api-versions up to 2019), or a list of clouds.
 *  @param url  that was asked: of a list the cloud with that resource manager is taken,
 *  @param name or the one with this name; NULL: not named.
 *  @param out  owned by caller (acg_cloud_free).
 *  @return ACG_OK | ACG_ERR_PROTOCOL | ACG_ERR_NOMEM. */
enum acg_status acgp_cloud_doc_read(struct acg_span text, const char *url, const char *name,
                                    struct acg_cloud **out, struct acg_error *err);

#endif
