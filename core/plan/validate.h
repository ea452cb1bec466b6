/* SPDX-License-Identifier: MPL-2.0 */
/** Offline validation: options to an immutable spec, or all faults at once. */
#ifndef ACGP_VALIDATE_H
#define ACGP_VALIDATE_H

#include <acg/finding.h>
#include <acg/options.h>

#include "model/publish_spec.h"

/** Whether publish options of this version are known; it says what else of them may be read.
 *  @return ACG_OK | ACG_ERR_ARGUMENT. */
enum acg_status acgp_check_version(uint32_t version, struct acg_error *err);

/** Check everything that needs no network: R1, R3 (one set named in two regions), R4 to R9, R12, R17 to R21,
 * R23 to R25, R39, the name rules, and "never half encrypted" for per-disk sources and for what the
 * configuration itself shows. Rules without a number have words: config (form), names, luns, limits, tags,
 * declared (encryption_type), confidential, platform-key, half-encrypted. One mistake makes one finding. A
 * SAS or a password in a URL is never repeated.
 *  @param opts       borrowed.
 *  @param now_unix_s the present, for end_of_life_date.
 *  @param findings   borrowed; every fault is appended.
 *  @param out        owned by caller (acgp_publish_spec_free); NULL is allowed when only the faults are
 * wanted.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (faults were found; err counts them and repeats the first) |
 * ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
enum acg_status acgp_validate(const struct acg_publish_options *opts, int64_t now_unix_s,
                              struct acg_findings *findings, struct acgp_publish_spec **out,
                              struct acg_error *err);

/** The same for a plan, which goes on to read what can be read. A fault is a finding and ends nothing; what
 * is left of the options is a draft (model/publish_spec.h). What speaks of disks without a set (R5, R6,
 * half-encrypted) is counted and not appended: the plan lays the sets once, over the disks that it has read.
 *  @param out        owned by caller (acgp_publish_spec_free); untouched on failure.
 *  @param out_faults 0: *out is what acgp_validate hands out.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (options that cannot be looked at: their version, a list that is NULL) |
 * ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
enum acg_status acgp_validate_draft(const struct acg_publish_options *opts, int64_t now_unix_s,
                                    struct acg_findings *findings, struct acgp_publish_spec **out,
                                    size_t *out_faults, struct acg_error *err);

#endif
