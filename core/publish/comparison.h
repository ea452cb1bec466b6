/* SPDX-License-Identifier: MPL-2.0 */
/** Inside of the comparison, shared by its files. */
#ifndef ACGP_COMPARISON_H
#define ACGP_COMPARISON_H

#include "publish/compare.h"

enum { ACGP_DISK_NAME_MAX = 32 };

/** One comparison on its way. */
struct acgp_comparison {
    const struct acgp_asked *asked;
    const struct acgp_version_doc *doc;
    struct acgp_differences *out;
    bool finished; /* the version is finished: its list of disks counts */
    bool encrypts; /* some disk was asked to have a set */
    bool lenient;  /* sources that the version does not tell are no difference */
};

/* compare.c */
/** Note a difference. @param text given; NULL is out of memory. */
void acgp_differ(struct acgp_comparison *w, char *text);
/** "OS disk", "LUN 3" */
void acgp_disk_name(bool os, int64_t lun, char *out, size_t size);

/* compare_place.c */
/** A place has something else than was asked. @param asked NULL is none, as is found. */
void acgp_differ_at(struct acgp_comparison *w, const struct acgp_place *place, const char *what,
                    const char *asked, const char *found);
/** @param place NULL: the version as a whole. */
void acgp_compare_exclude(struct acgp_comparison *w, const struct acgp_place *place, enum acg_tristate asked,
                          enum acg_tristate there);
/** Every place that was asked for, and those that nobody asked for. */
void acgp_compare_places(struct acgp_comparison *w);

#endif
