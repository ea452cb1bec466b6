/* SPDX-License-Identifier: MPL-2.0 */
/** Small builders for JSON objects. Each returns false when out of memory and takes part in a chain of &&. A
 * NULL object (an earlier builder failed) is refused too, so that only the end of the chain is looked at. */
#ifndef ACGP_JSON_BUILD_H
#define ACGP_JSON_BUILD_H

#include <stdbool.h>

#include <jansson.h>

#include <acg/options.h>

/** Add a member. @param value given: owned by the object, or freed on failure; NULL is a failure. */
bool acgp_json_put(json_t *object, const char *name, json_t *value);
/** Add a text; nothing for NULL. */
bool acgp_json_put_text(json_t *object, const char *name, const char *text);
bool acgp_json_put_int(json_t *object, const char *name, int64_t value);
/** Add a bool; nothing for ACG_UNSET. */
bool acgp_json_put_tristate(json_t *object, const char *name, enum acg_tristate value);
/** Add an object; nothing, and the object freed, when it is empty. */
bool acgp_json_put_object(json_t *object, const char *name, json_t *value);
/** Append to an array. @param value given. */
bool acgp_json_append(json_t *array, json_t *value);

/** Compact text in the order of adding; owned by caller (acgp_free). NULL: out of memory or over max bytes.
 */
char *acgp_json_dump(const json_t *value, size_t max);
/** The same for people: a member a line, indented by two spaces. */
char *acgp_json_dump_pretty(const json_t *value, size_t max);

#endif
