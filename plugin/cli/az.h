/* SPDX-License-Identifier: MPL-2.0 */
/** The grammar of `az sig image-version create`: options become a configuration. Where az loses a key, a date
 *  or a LUN without a word, we refuse; where it refuses by its own mistake, we accept. */
#ifndef PKR_AZ_H
#define PKR_AZ_H

#include "base/buf.h"
#include "cli/words.h"

/** Lay options into a configuration; faults are noted there, in the options' words.
 *  @param words borrowed.
 *  @param notes what a user should know though it is no fault, one line each; appended.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_az_configure(const struct pkr_words *words, struct pkr_config *config,
                                               struct acgp_buf *notes, struct acg_error *err);

/** Lay those options over a configuration that may stand beside a file: they win over its fields.
 *  @return as pkr_az_configure. */
ACG_NODISCARD enum acg_status pkr_az_beside(const struct pkr_words *words, struct pkr_config *config,
                                            struct acg_error *err);

#endif
