/* SPDX-License-Identifier: MPL-2.0 */
/** JSON text to structs: one table row per member. Members that no row names are ignored (Azure adds some
 * with each api-version); null counts as absent; a wrong type is an error that names the place. Texts are not
 * copied: they live as long as the document that was decoded. */
#ifndef ACGP_JSON_DECODE_H
#define ACGP_JSON_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <acg/error.h>
#include <acg/span.h>

/* Azure's deepest answer of ours is 9 levels; both the parser and our walks recurse. */
enum { ACGP_JSON_DEPTH_MAX = 64 };

enum acgp_json_kind {
    ACGP_JSON_TEXT = 1, /* const char *; NULL when absent */
    ACGP_JSON_INT,      /* struct acg_optional_int */
    ACGP_JSON_BOOL,     /* enum acg_tristate */
    ACGP_JSON_PRESENT,  /* bool: is the member there and not null? of any type */
    ACGP_JSON_OBJECT,   /* members decoded by table into the struct at offset */
    ACGP_JSON_LIST      /* struct acgp_json_list of items decoded by table */
};

struct acgp_json_table;

struct acgp_json_field {
    const char *name;
    enum acgp_json_kind kind;
    size_t offset;                       /* in the struct */
    const struct acgp_json_table *table; /* OBJECT, LIST */
};

struct acgp_json_table {
    const struct acgp_json_field *fields;
    size_t count;
    size_t item_size; /* LIST: size of the struct of one item */
    size_t items_max; /* LIST: more is not an answer to us */
};

/** A decoded list; items are zeroed structs of the table's item_size. */
struct acgp_json_list {
    void *items; /* owned */
    size_t count;
};

/** Parse one JSON value, at most ACGP_JSON_DEPTH_MAX deep.
 *  @param text borrowed; bounded by whoever read it.   @param out owned by caller (json_decref).
 *  @return ACG_OK | ACG_ERR_PROTOCOL (not JSON, or too deep) | ACG_ERR_NOMEM. */
enum acg_status acgp_json_parse(struct acg_span text, json_t **out, struct acg_error *err);

/** Decode an object.
 *  @param value borrowed; must outlive the texts in *out.
 *  @param out   the struct, zeroed by caller; release with acgp_json_release, also after a failure.
 *  @return ACG_OK | ACG_ERR_PROTOCOL (a wrong type or too long a list; the message names the place) |
 * ACG_ERR_NOMEM.
 */
enum acg_status acgp_json_decode(const json_t *value, const struct acgp_json_table *table, void *out,
                                 struct acg_error *err);

/** Free the lists that a decode made. */
void acgp_json_release(const struct acgp_json_table *table, void *decoded);

#endif
