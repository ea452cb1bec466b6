/* SPDX-License-Identifier: MPL-2.0 */
/** Data that the tests of templates render with. Needs no test library: the fuzz target uses it too. */
#ifndef ACG_UNIT_TEMPLATE_GIVEN_H
#define ACG_UNIT_TEMPLATE_GIVEN_H

#include <stdbool.h>
#include <stdint.h>

#include "template/template.h"

enum given_phase {
    GIVEN_CONFIGURE,    /* a JSON template before the build: values of the build are not known */
    GIVEN_POST_PROCESS, /* the same, behind it */
    GIVEN_HCL           /* HCL2 before the build */
};

/** 2006-01-02 22:04:05.123456789 UTC. */
#define GIVEN_STARTED INT64_C(1136239445)

/** @param random state of the uuids; borrowed as long as the data is used. */
struct pkr_template_data given_data(enum given_phase phase, uint64_t *random);

#endif
