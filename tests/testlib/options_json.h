/* SPDX-License-Identifier: MPL-2.0 */
/** Options of a publish from a JSON text with the fields of acg/options.h, for tests. Faults in the text fail
 * the test. */
#ifndef ACG_TESTLIB_OPTIONS_JSON_H
#define ACG_TESTLIB_OPTIONS_JSON_H

#include <acg/options.h>

#include "model/publish_spec.h"

struct options_json;

/** Read a file. @return owned by caller (options_json_free). */
struct options_json *options_json_read(const char *path);
const struct acg_publish_options *options_json_view(const struct options_json *o);
void options_json_free(struct options_json *o);

/** The spec that the options of a file mean, at now; owned by caller. Findings fail the test. */
struct acgp_publish_spec *options_json_spec(const char *path, int64_t now_unix_s);

#endif
