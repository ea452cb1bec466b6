/* SPDX-License-Identifier: MPL-2.0 */
/** Ids of the Microsoft.Compute resources that builders make, recognised without regard to case. */
#ifndef PKR_COMPUTE_ID_H
#define PKR_COMPUTE_ID_H

#include <stddef.h>

#include <acg/span.h>

enum pkr_compute_kind {
    PKR_COMPUTE_OTHER = 0,
    PKR_COMPUTE_IMAGE, /* managed image */
    PKR_COMPUTE_SNAPSHOT,
    PKR_COMPUTE_DISK,
    PKR_COMPUTE_VERSION /* gallery image version */
};

/** What the full id of one resource names; OTHER for anything else, a list of ids too. */
enum pkr_compute_kind pkr_compute_kind_of(struct acg_span id);
/** The last part of an id. */
struct acg_span pkr_compute_name(struct acg_span id);
/** The id up to its type: "/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute/"; the id is one
 * that pkr_compute_kind_of knows. */
struct acg_span pkr_compute_scope(struct acg_span id);

#endif
