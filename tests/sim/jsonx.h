/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_JSONX_H
#define SIM_JSONX_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/** Walk members by a dotted path ("properties.publishingProfile"). Borrowed; NULL when a step is missing. */
json_t *sim_at(const json_t *value, const char *path);
/** The same, as text; NULL when missing or not a string. Borrowed. */
const char *sim_text_at(const json_t *value, const char *path);
/** The same, as a whole number; fallback when missing or not an integer. */
int64_t sim_int_at(const json_t *value, const char *path, int64_t fallback);
bool sim_true_at(const json_t *value, const char *path);

/** Remove every member whose value is null, at any depth: ARM reads null as absent (az vm create sends such).
 */
void sim_drop_nulls(json_t *value);
/** Copy a member when present (deep). */
void sim_carry(json_t *to, const json_t *from, const char *name);
/** Deep merge of objects: members of over win; arrays and scalars are replaced. */
void sim_merge(json_t *base, const json_t *over);

/** Compact text, owned by the caller. */
char *sim_dump(const json_t *value);

/** Find or change a place by a pointer of slash-separated steps; a step into an array is an index, or
 * name=value, where value is compared as a region name or a number: /targetRegions/name=eastus2/encryption.
 * The name may be dotted; a last step + appends. A NULL value removes the place. False when the place does
 * not exist (or, for setting, its parent). */
bool sim_pointer_apply(json_t *root, const char *pointer, const json_t *value);

#endif
