/* SPDX-License-Identifier: MPL-2.0 */
/** The operation key: what makes two runs the same publish, on any machine. It stands in a tag of the version
 * and names the run's journal. */
#ifndef ACGP_KEY_H
#define ACGP_KEY_H

#include "journal/digest.h"
#include "preflight/preflight.h"

/** Hash of definition, version as configured, sources with uniqueId and timeCreated where they have them,
 * home region, regions with their encryption, and modes. Tags, times and policies are no part of it.
 *  @return false: out of memory. */
bool acgp_operation_key(const struct acgp_preflight *p, char out[ACGP_DIGEST_TEXT]);

/** Is every source provably older than a moment? A managed image and a VHD never are: they do not tell.
 *  @param published RFC 3339; NULL is no moment. */
bool acgp_sources_older(const struct acgp_preflight *p, const char *published);

#endif
