/* SPDX-License-Identifier: MPL-2.0 */
/** A configuration's shape in Go's gob encoding: what Packer up to 1.11 reads, and later ones without
 *  --protobuf. All type definitions come first, then one value message; every version of Packer reads that
 *  order, and the same spec always gives the same bytes. */
#ifndef PKR_GOB_H
#define PKR_GOB_H

#include <acg/error.h>
#include <acg/export.h>

#include "base/buf.h"
#include "wire/config_spec.h"

/** Append the encoding of a spec.
 *  @param spec borrowed. A spec with nested blocks crashes the Packer 1.6.6 of Debian and Ubuntu, which
 *              registers nested objects under another name: give that one attributes only.
 *  @param out  borrowed; unchanged on failure.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (an entry without its name, type or nested object) | ACG_ERR_LIMIT
 *  (deeper than PKR_SPEC_DEPTH_MAX, longer than PKR_SPEC_BYTES_MAX or the buffer's cap) | ACG_ERR_NOMEM.
 *  Never blocks. */
ACG_NODISCARD enum acg_status pkr_gob_encode_spec(const struct pkr_spec_object *spec, struct acgp_buf *out,
                                                  struct acg_error *err);

#endif
