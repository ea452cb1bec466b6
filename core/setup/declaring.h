/* SPDX-License-Identifier: MPL-2.0 */
/** Inside of the check of a declaration: what its two files share. */
#ifndef ACGP_DECLARING_H
#define ACGP_DECLARING_H

#include "setup/declaration.h"

struct acgp_declaring {
    const struct acg_des_create_options *opts;
    struct acg_findings *findings;
    size_t before; /* how many of them are not of this check */
    struct acgp_setup *setup;
    enum acg_status status; /* of what is no fault of the options */
    struct acg_error *err;
};

/* declaration.c */
/** Add a fault, unless the very same was found for another region. */
void acgp_declare_fault(struct acgp_declaring *c, const char *field, const char *fix, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/** The same text; out of memory is remembered for NULL. */
char *acgp_declare_keep(struct acgp_declaring *c, char *made);
/** Neither NULL nor empty? */
bool acgp_declare_given(const char *text);

/* declaration_regions.c */
/** Lay out the regions, with the ids of what is to be in each. */
void acgp_declare_regions(struct acgp_declaring *c);
/** As the functions of model/names.h. */
const char *acgp_key_name_fault(struct acg_span name);

#endif
