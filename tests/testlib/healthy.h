/* SPDX-License-Identifier: MPL-2.0 */
/** A world in which nothing speaks against a publish, answered by URL: for tests that are about something
 * else, and as what a test of a rule changes in one place.
 *
 *  Names tell: a set, vault or key "westus-os" is in westus; "double" and "cvm" in a set's name make its
 * type. */
#ifndef ACG_TESTLIB_HEALTHY_H
#define ACG_TESTLIB_HEALTHY_H

#include <jansson.h>

/** The answer to a GET. @param out_status 200, or 404 with ARM's error for a version. @return owned by
 * caller; NULL: no such URL is known. */
json_t *healthy_answer(const char *url, int *out_status);

/** The same as text, made once for each URL and kept: for tests in which allocations fail. Lent. */
const char *healthy_text(const char *url, int *out_status);

#endif
