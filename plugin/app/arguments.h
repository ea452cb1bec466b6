/* SPDX-License-Identifier: MPL-2.0 */
/** How Packer started the plugin, and which Packer that is. Pure. */
#ifndef PKR_ARGUMENTS_H
#define PKR_ARGUMENTS_H

#include <stdbool.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/span.h>

/** The component's name: with the plugin's name before it, "acg-publish" in a template. */
#define PKR_COMPONENT "publish"

enum pkr_start {
    PKR_START_DESCRIBE = 1, /* describe */
    PKR_START_VERSION,      /* --version, for people */
    PKR_START_SINGLE,       /* no arguments: a file named packer-post-processor-..., Packer up to 1.10 */
    PKR_START_COMPONENT     /* start post-processor [--protobuf] publish */
};

struct pkr_arguments {
    enum pkr_start start;
    bool protobuf;
};

/** Read the arguments; the flag may stand at any place behind "start".
 *  @param argv borrowed. @return ACG_OK | ACG_ERR_ARGUMENT (err->message is for the person who typed them).
 */
ACG_NODISCARD enum acg_status pkr_arguments_parse(int argc, const char *const *argv,
                                                  struct pkr_arguments *out, struct acg_error *err);

/** Find "X.Y" in a text like "Packer v1.6.6" or "1.6" and say whether that is below 1.7, where Packer reads
 *  an address line of three fields.
 *  @return false: no version there; *out_old untouched. */
bool pkr_version_is_old(struct acg_span text, bool *out_old);

#endif
