/* SPDX-License-Identifier: MPL-2.0 */
/** The catalogue of Azure's errors: from code and message to cause and next step. The rows are data
 * (catalogue.def); this is the matcher. Pure, allocates nothing. */
#ifndef ACGP_CATALOGUE_H
#define ACGP_CATALOGUE_H

#include <stdbool.h>

#include <acg/explain.h>
#include <acg/span.h>

enum {
    /* Longest part of a message that is looked at, bytes: ARM's stack traces of several KB say nothing more
     * about the cause. */
    ACGP_CATALOGUE_TEXT_MAX = 8192,
    ACGP_CATALOGUE_5XX = 5 /* http of a row that stands for 500 to 599 */
};

struct acgp_catalogue_row {
    struct acg_remedy remedy;
    const char *code;    /* empty: any */
    int http;            /* 0: any */
    const char *message; /* pattern with *, found anywhere in the text; empty: any */
};

/** The row that fits best: the longest message (bytes that are no *), then one with a code, then one with a
 * status, then the first. A row without message fits only when its code or its status does.
 *  @param code borrowed; empty or NULL when there was none.  @param http_status 0 when there was none.
 *  @param text borrowed, any bytes; looked at up to ACGP_CATALOGUE_TEXT_MAX.
 *  @return static; NULL: no row fits. Time: text times the length of the catalogue at most. */
const struct acgp_catalogue_row *acgp_catalogue_find(const char *code, int http_status, struct acg_span text);

/** All rows, for tests. */
const struct acgp_catalogue_row *acgp_catalogue_rows(size_t *out_count);

/** Does the pattern stand in the text? Letters A to Z in any case; each * is any text, also none. */
bool acgp_catalogue_matches(const char *pattern, struct acg_span text);

#endif
