/* SPDX-License-Identifier: MPL-2.0 */
/** A configuration's shape as a protobuf message (proto/hcl_spec.proto): what Packer 1.12 and later read from
 *  a plugin that was started with --protobuf. */
#ifndef PKR_SPEC_PROTO_H
#define PKR_SPEC_PROTO_H

#include <acg/error.h>
#include <acg/export.h>

#include "base/buf.h"
#include "wire/config_spec.h"

/** Append the encoding of a spec. min_items and max_items have no place in it and are left out.
 *  @param spec borrowed. @param out borrowed; unchanged on failure.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (an entry without its name, type or nested object) | ACG_ERR_LIMIT
 *  (deeper than PKR_SPEC_DEPTH_MAX, longer than PKR_SPEC_BYTES_MAX or the buffer's cap) | ACG_ERR_NOMEM.
 *  Never blocks. */
ACG_NODISCARD enum acg_status pkr_spec_proto_encode(const struct pkr_spec_object *spec, struct acgp_buf *out,
                                                    struct acg_error *err);

#endif
