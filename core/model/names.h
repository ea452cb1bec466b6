/* SPDX-License-Identifier: MPL-2.0 */
/** Name rules of ARM resources (the API description's patterns and Azure's naming page), and UTF-8.
 *
 *  Each acgp_name_fault_… function returns NULL for a good name, else the rule as words for people, static:
 *  "1 to 80 letters, digits, '_' and '.', ...". Names are judged as they stand: no trimming. */
#ifndef ACGP_NAMES_H
#define ACGP_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include <acg/span.h>

/** A subscription id is a GUID: 8-4-4-4-12 hexadecimal digits. */
const char *acgp_name_fault_subscription(struct acg_span name);
const char *acgp_name_fault_resource_group(struct acg_span name);
const char *acgp_name_fault_gallery(struct acg_span name);
const char *acgp_name_fault_definition(struct acg_span name);
/** R20: Major.Minor.Patch. */
const char *acgp_name_fault_version(struct acg_span name);
const char *acgp_name_fault_disk_encryption_set(struct acg_span name);
/** Managed images and snapshots. */
const char *acgp_name_fault_compute(struct acg_span name);
const char *acgp_name_fault_storage_account(struct acg_span name);
/** An edge zone, "microsoftlosangeles1". */
const char *acgp_name_fault_edge_zone(struct acg_span name);

/** Is it well-formed UTF-8? @param out_characters how many code points; may be NULL; only set when true. */
bool acgp_text_is_utf8(struct acg_span text, size_t *out_characters);

#endif
