/* SPDX-License-Identifier: MPL-2.0 */
/** Single members of a document by their place, for readers that want a few of many: "properties.osType". A
 * member that is absent, null or of another type is not there. */
#ifndef ACGP_JSON_LOOK_H
#define ACGP_JSON_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/** @param value borrowed; NULL has no members. @param place names with dots between them.
 *  @return borrowed; NULL: not there. */
const json_t *acgp_json_at(const json_t *value, const char *place);
/** Its text; NULL: not there. */
const char *acgp_json_text(const json_t *value, const char *place);
/** Its whole number; otherwise: when it is not there. */
int64_t acgp_json_int(const json_t *value, const char *place, int64_t otherwise);
/** Is it there and true? And is it there and false? */
bool acgp_json_true(const json_t *value, const char *place);
bool acgp_json_false(const json_t *value, const char *place);

#endif
