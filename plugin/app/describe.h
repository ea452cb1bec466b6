/* SPDX-License-Identifier: MPL-2.0 */
/** What the plugin says of itself to `packer`: one JSON line. Pure. */
#ifndef PKR_DESCRIBE_H
#define PKR_DESCRIBE_H

#include <stdbool.h>

#include "base/buf.h"

/** The plugin interface that Packer and plugin compare; textually, from Packer 1.11 on. */
#define PKR_API_VERSION "x5.0"
/** The packer-plugin-sdk whose contract we follow; HCP's registry shows it. */
#define PKR_SDK_VERSION "0.6.10"

/** Append the description with its line end.
 *  @param version canonical X.Y.Z, equal to the one in an installed file's name.
 *  @param runtime the libraries inside, as acg_runtime says them; Packer ignores the key, people need it.
 *  @return false: no memory or the buffer's cap. */
bool pkr_describe(struct acgp_buf *out, const char *version, const char *runtime);
/** Append what --version prints: the same for people. @return as pkr_describe. */
bool pkr_describe_version(struct acgp_buf *out, const char *version, const char *runtime);

#endif
