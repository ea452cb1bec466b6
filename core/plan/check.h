/* SPDX-License-Identifier: MPL-2.0 */
/** What the topics of offline validation share: the options, the spec that grows out of them, the findings.
 *
 *  A fault is a finding, never a return. Out of memory and a full list of findings stick in status: from then
 *  on nothing is added, and the checks run to their end on what they have. A value that broke a rule stays in
 *  the spec as it was written, so that "named, but wrong" differs from "not named": such a spec is never
 *  handed out. */
#ifndef ACGP_CHECK_H
#define ACGP_CHECK_H

#include <acg/finding.h>
#include <acg/options.h>

#include "model/publish_spec.h"
#include "model/words.h"

/* Longest list of options that is looked at: Azure has under 100 regions, 64 data disks and 50 tags, and
 * some checks compare every entry with every other. */
enum { ACGP_LIST_MAX = 4096 };

/* Azure numbers data disks 0 to 63 (description of the data disk's lun): its largest machines take 64. */
enum { ACGP_LUN_MAX = 63 };

/** A text of limited length by value, so that building it cannot fail. */
struct acgp_text {
    char text[1024];
};

/** One disk encryption set that was named and is well-formed. */
struct acgp_named_set {
    char *id;           /* a copy: what was written for a disk may not reach the spec */
    const char *region; /* normalised, borrowed from the spec; NULL: no valid region */
    size_t order;       /* in which it was met */
    char field[128];    /* fits any path of two indexes */
};

/** Beside each place of the spec. */
struct acgp_place_check {
    bool pair_faulty; /* confidential type and secure VM set do not fit: it has its own finding */
};

struct acgp_check {
    const struct acg_publish_options *opts;
    int64_t now_unix_s;
    struct acg_findings *findings;
    struct acg_findings *laid; /* findings of the coverage; usually the same list */
    struct acgp_publish_spec *spec;
    struct acgp_place_check *places; /* spec->place_count of them */
    struct acgp_named_set *sets;
    size_t set_count, set_capacity;
    const char *set_group;    /* resource group of sets that are named; NULL: the gallery's */
    bool any_set;             /* somewhere a set is named, well or badly */
    bool completes;           /* subscription and resource group are valid: names can become ids */
    bool source_clear;        /* exactly one style, and each LUN is good */
    const char *source_field; /* of a whole-image source */
    enum acg_status status;
    struct acg_error *err;
};

/* ---- check.c: findings and texts ---- */

/** Format a text; cut when it is too long. */
struct acgp_text acgp_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Text of a user in quotes, safe to show: what is no UTF-8 or no printable character becomes '?', long text
 * ends with "...", and so does a URL before its query or its password. NULL is shown as nothing in quotes. */
struct acgp_text acgp_shown(const char *text);
/** Add a fault. @param fix what to write instead. Nothing is added once status is set. */
void acgp_fault(struct acgp_check *c, const char *rule, const char *field, const char *fix,
                const char *format, ...) __attribute__((format(printf, 5, 6)));
/** Remember a failure that is not a fault of the options. */
void acgp_check_fail(struct acgp_check *c, enum acg_status status);
void acgp_check_nomem(struct acgp_check *c);
/** Memory and copies; NULL after setting status. acgp_check_copy(c, NULL) is NULL without a failure. */
void *acgp_check_alloc(struct acgp_check *c, size_t count, size_t size);
char *acgp_check_copy(struct acgp_check *c, const char *text);
/** Look a word up and copy ARM's spelling; a fault when it is unknown. NULL for NULL. */
char *acgp_check_word(struct acgp_check *c, const struct acgp_words *words, const char *field,
                      const char *text);
/** A LUN: required, 0 to 63. @return false after a fault. */
bool acgp_check_lun(struct acgp_check *c, const char *field, struct acg_optional_int lun, int32_t *out);
/** A fault when a caller in C passed a number that is none of the three. @return given. */
enum acg_tristate acgp_check_tristate(struct acgp_check *c, const char *field, enum acg_tristate given);

/* ---- validate_ids.c: names and ids of resources ---- */

/** Which ids a field takes. */
struct acgp_id_rule {
    const char *rule;                  /* rule id of a wrong form or type */
    enum acgp_resource_kind kinds[3];  /* OTHER ends the list early */
    enum acgp_resource_kind name_kind; /* what a bare name stands for; OTHER: names are refused */
    const char *(*name_fault)(struct acg_span name);
    const char *expects; /* "a managed disk or a snapshot" */
};

/** A field that names a resource: complete a name, check an id.
 *  @param text           not NULL.
 *  @param resource_group for names; NULL: the gallery's.
 *  @param out_id         parsed form of the returned text, untouched after a fault; may be NULL.
 *  @param out_ok         false after a fault.
 *  @return owned by caller: the full id, after a fault the text as written; NULL without memory. */
char *acgp_check_id(struct acgp_check *c, const struct acgp_id_rule *rule, const char *field,
                    const char *text, const char *resource_group, struct acgp_resource_id *out_id,
                    bool *out_ok);

/* ---- the topics, in the order in which they run ---- */

void acgp_check_names(struct acgp_check *c);      /* validate_names.c: the version, the location */
void acgp_check_source(struct acgp_check *c);     /* validate_source.c */
void acgp_check_regions(struct acgp_check *c);    /* validate_regions.c: regions and edge zones */
void acgp_check_encryption(struct acgp_check *c); /* validate_encryption.c: sets, each by itself */
void acgp_check_declared(struct acgp_check *c);   /* validate_declared.c: all sets together */
void acgp_check_values(struct acgp_check *c);     /* validate_values.c: dates, tags, modes */
void acgp_check_watch(struct acgp_check *c);      /* validate_watch.c: times, and what failure means */

/* validate_sets.c: the sets of one place, for acgp_check_encryption */
void acgp_check_place_sets(struct acgp_check *c, size_t place, const struct acg_encryption *given);

#endif
