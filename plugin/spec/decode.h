/* SPDX-License-Identifier: MPL-2.0 */
/** Decoding by the field table: shared by the objects' and the single values' half. */
#ifndef PKR_DECODE_H
#define PKR_DECODE_H

#include "spec/fields.h"
#include "spec/state.h"

/** One run over one object. */
struct pkr_decode {
    struct pkr_config *config;
    enum pkr_config_mode mode;
    struct acgp_buf path; /* of the field at hand */
    unsigned about;       /* PKR_ABOUT_... of the field at hand */
};

/** Step into a field or an item. The mark for pkr_path_leave goes to *out_mark. @return false: no memory. */
bool pkr_path_field(struct pkr_decode *d, const char *name, size_t *out_mark);
bool pkr_path_item(struct pkr_decode *d, size_t index, size_t *out_mark);
bool pkr_path_key(struct pkr_decode *d, const char *key, size_t *out_mark);
void pkr_path_leave(struct pkr_decode *d, size_t mark);

/** "a number", "a list": what a JSON value is, for messages. */
const char *pkr_json_kind(const json_t *value);

/** A value with its template actions rendered.
 *  @param out a reference of the caller's (json_decref); NULL when a fault was noted.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_text_settle(struct pkr_decode *d, json_t *value, json_t **out,
                                              struct acg_error *err);
/** Refuse what no field can hold. @param out_fine whether the text may be used; it may still be <unknown>,
 * which is marked then. */
ACG_NODISCARD enum acg_status pkr_text_judge(struct pkr_decode *d, struct acg_span text, bool *out_fine,
                                             struct acg_error *err);
/** Judge a text and keep a copy in the arena. @param out untouched after a fault. */
ACG_NODISCARD enum acg_status pkr_text_keep(struct pkr_decode *d, struct acg_span text, const char **out,
                                            struct acg_error *err);
/** The same for the key of a map, with its template actions rendered. */
ACG_NODISCARD enum acg_status pkr_text_key(struct pkr_decode *d, const char *key, const char **out,
                                           struct acg_error *err);

/** Read one value that has no fields of its own into its place.
 *  @param base the struct that the row's places count from. @param value not null.
 *  @return ACG_OK (also with faults noted) | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_decode_value(struct pkr_decode *d, const struct pkr_field *row, char *base,
                                               json_t *value, struct acg_error *err);

/** "6h", "90m", "1h30m15s" to milliseconds. @return false: not of that form, zero, or over a year. */
bool pkr_duration_parse(struct acg_span text, int64_t *out_ms);

#endif
