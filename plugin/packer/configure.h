/* SPDX-License-Identifier: MPL-2.0 */
/** The two calls before a publish: ConfigSpec and Configure. Pure. */
#ifndef PKR_CONFIGURE_H
#define PKR_CONFIGURE_H

#include <stdbool.h>

#include <acg/error.h>
#include <acg/export.h>

#include "base/buf.h"
#include "packer/artifact_client.h"
#include "packer/rendering.h"
#include "spec/config.h"
#include "wire/value.h"

/** Most elements of Configs: Packer sends three for a JSON template, two for HCL2. */
#define PKR_CONFIGS_MAX 16u

/** Where variables come from (see pkr_config_environment), and what else the process knows. */
struct pkr_environment {
    const char *(*lookup)(void *context, const char *name);
    void *context;
    struct pkr_surroundings surroundings;
};

/** Append the shape of the configuration as Packer wants it.
 *  @param protobuf        the form of a start with --protobuf, else gob.
 *  @param attributes_only without nested blocks, for Packer 1.6.
 *  @param out borrowed; unchanged on failure. @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_render_spec(bool protobuf, bool attributes_only, struct acgp_buf *out,
                                              struct acg_error *err);

/** Read and check the argument of Configure. Template actions that wait for the build leave their fields
 * unjudged.
 *  @param body borrowed: a map with Configs.
 *  @param env  borrowed.
 *  @param out  owned by caller (pkr_config_free); untouched on failure.
 *  @param out_faults owned by caller (acgp_free): on ACG_ERR_ARGUMENT all faults in one text; else NULL.
 *  @return ACG_OK | ACG_ERR_ARGUMENT | ACG_ERR_PROTOCOL (no Configs) | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_configure(const struct pkr_value *body, const struct pkr_environment *env,
                                            struct pkr_config **out, char **out_faults,
                                            struct acg_error *err);

/** Read the argument of Configure again when the build has run: template actions have its values, and where
 * no source is named it is the incoming artifact's.
 *  @param body  borrowed: as for pkr_configure.
 *  @param input borrowed: an artifact that has answered.
 *  @param out   owned by caller; set also on ACG_ERR_ARGUMENT when *out_findings, for its findings.
 *  @param out_findings whether ACG_ERR_ARGUMENT means findings of the configuration; else err has all: the
 * artifact is no source.
 *  @return ACG_OK: everything is known and good | ACG_ERR_ARGUMENT | as pkr_configure. */
ACG_NODISCARD enum acg_status pkr_configure_for_build(const struct pkr_value *body,
                                                      const struct pkr_environment *env,
                                                      const struct pkr_artifact_client *input,
                                                      struct pkr_config **out, bool *out_findings,
                                                      struct acg_error *err);

#endif
