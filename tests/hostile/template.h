/* SPDX-License-Identifier: MPL-2.0 */
/** What a user's template says, as Packer sends it with Configure: maps (JSON) or a cty text (HCL2). */
#ifndef HOSTILE_TEMPLATE_H
#define HOSTILE_TEMPLATE_H

#include <jansson.h>

#include "base/buf.h"
#include "hostile/dice.h"
#include "hostile/plan.h"
#include "wire/value.h"

enum { TEMPLATE_VALUES = 256 };

#define TEMPLATE_IMAGE                                                                                       \
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/Microsoft.Compute/" \
    "images/web-build"

/** A body of Configure with everything that it borrows. */
struct template
{
    json_t *json;
    char *text; /* HCL2 */
    struct pkr_pair pairs[TEMPLATE_VALUES];
    struct pkr_value items[TEMPLATE_VALUES];
    size_t pair_count, item_count;
    struct pkr_value elements[3];
    struct pkr_pair configs[1];
    struct pkr_value body;
};

/** @param endpoint borrowed: where Azure is said to be, a URL on this machine.
 *  @param out filled in place: not to be copied, template_done. */
void template_make(const struct plan *plan, const char *endpoint, struct dice *dice, struct template *out);
void template_done(struct template *t);

#endif
