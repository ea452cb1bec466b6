/* SPDX-License-Identifier: MPL-2.0 */
/** Data of a template, read from JSON: what tests and fuzz targets render with. */
#ifndef ACG_TESTLIB_TEMPLATE_DATA_H
#define ACG_TESTLIB_TEMPLATE_DATA_H

#include <jansson.h>

#include "template/template.h"

/** A value with all it holds. @param json borrowed, and to outlive the value: its texts are lent.
 *  @param out owned by caller (template_value_done). Stops the program without memory. */
void template_value_of(const json_t *json, struct pkr_template_value *out);
void template_value_done(struct pkr_template_value *value);

/** What one context of a table says: build_name, builder_type, packer_version, template_path, folder, user,
 *  data (of build and dot), later, started_unix_s, started_ns; what is absent stays so. */
struct template_context {
    struct pkr_template_data data;
    struct pkr_template_value user;
    struct pkr_template_value values;
    uint64_t random;
};

/** @param context borrowed, must outlive *out. @param out filled in place; it must not be moved. */
void template_context_of(const json_t *context, struct template_context *out);
void template_context_done(struct template_context *context);

#endif
