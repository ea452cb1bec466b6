/* SPDX-License-Identifier: MPL-2.0 */
/** Inside of explain: one renderer for each tool. Memory that runs out sticks to the buffer. */
#ifndef ACGP_EXPLAIN_PARTS_H
#define ACGP_EXPLAIN_PARTS_H

#include <jansson.h>

#include "base/buf.h"
#include "report/explain.h"

enum { ACGP_EXPLAIN_TEXT_MAX = 4 * 1024 * 1024 }; /* as much as ARM takes in one request */

/** The request that all of them say. */
struct acgp_explained {
    const struct acgp_explain *in;
    const char *url;
    const char *body; /* JSON, compact */
};

/** For a POSIX shell: `az sig image-version create`, as Debian's az 2.45 reads it.
 *  @return NULL, or what that command has no words for: then it is `az rest`. Static text. */
const char *acgp_explain_az(const struct acgp_explained *e, struct acgp_buf *out);

/** For PowerShell with the module Az.Compute: New-AzGalleryImageVersion; else, as above, Invoke-AzRestMethod.
 */
const char *acgp_explain_powershell(const struct acgp_explained *e, struct acgp_buf *out);

/** Method, URL, headers and body, as they go over the line; in place of a token stands what it is. */
void acgp_explain_rest(const struct acgp_explained *e, struct acgp_buf *out);
/** The same as {"method", "url", "headers", "body"}. @return new; NULL: no memory. */
json_t *acgp_explain_rest_json(const struct acgp_explained *e);

/** The characters below space, and delete. */
extern const char acgp_explain_controls[];

/** Of a place: the set of its OS disk, NULL for none; whether any of its disks has one. */
const char *acgp_explain_os_set(const struct acgp_covered_place *covered);
bool acgp_explain_has_set(const struct acgp_covered_place *covered);

#endif
