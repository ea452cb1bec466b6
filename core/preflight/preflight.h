/* SPDX-License-Identifier: MPL-2.0 */
/** One round of GETs and what its answers mean: the checks of a publish, and all of a plan. It is a part of a
 * machine: the machine hands over its calls of ACGP_PREFLIGHT_CALLS and above, and judges when none is left.
 *
 *  A request is asked for as soon as what it needs is known: everything that the request names at once; then
 *  what an answer leads to (vault and key of a set, the disks of an image or a machine, the snapshots of an
 *  image's disks). No third wave. The disk that a snapshot was taken of is not read: the snapshot has its own
 *  size, keys, generation and plan, and outlives it.
 *
 *  Source of what is read: azure-arm.md 4.3. */
#ifndef ACGP_PREFLIGHT_H
#define ACGP_PREFLIGHT_H

#include "arm/disk_doc.h"
#include "arm/source_doc.h"
#include "plan/coverage.h"
#include "preflight/facts.h"
#include "work/work.h"

enum {
    ACGP_PREFLIGHT_CALLS = 1000
}; /* call kinds from here on are acgp_fact_kind; a machine's own are below */

/** A snapshot that data_snapshot_prefix may mean. */
struct acgp_found_snapshot {
    const char *id;      /* borrowed from its fact */
    const char *disk_id; /* borrowed: the disk that it was taken of; NULL: not told */
    bool exists;
    bool taken; /* it is the source of a LUN */
};

/** One disk of the source, with what says something about it. */
struct acgp_source_disk {
    struct acgp_disk disk;
    const char *source;  /* id that the request names; borrowed */
    char field[128];     /* that names it */
    const json_t *owner; /* document of an image, a machine or a version; NULL: the disk is the source */
    const json_t *entry; /* the disk's member there; NULL as above */
    const char *id;      /* of the disk or snapshot itself; NULL: not told */
    const json_t *body;  /* its document; NULL: not read */
};

struct acgp_preflight {
    struct acgp_publish_spec *spec; /* borrowed; data disks that are found are added */
    bool snapshots_judged;
    bool asked_again; /* what other publishes had asked for was asked for again */
    bool writing;     /* a publish: what it needs must be read, the rest is asked for once */
    int64_t now_unix_s;
    struct acgp_facts facts;
    const struct acgp_fact *definition; /* of the version; borrowed from facts; NULL: not asked for */
    struct acg_error blocked;           /* the worst outcome that is no finding; status ACG_OK: none */

    char location[ACGP_REGION_MAX]; /* home region; empty until known */
    struct acgp_source_doc source;  /* the source that tells region and LUNs */
    bool source_read;
    struct acgp_image_doc image; /* behind the snapshots */
    bool image_read;
    char **snapshot_ids; /* owned; borrowed elements: one per data disk of the image */
    size_t snapshot_count;

    /* made by the judgement */
    struct acgp_place *places; /* owned array; contents borrowed from the spec */
    size_t place_count;
    char home_field[sizeof "location"]; /* of the home region, when no region was named */
    struct acgp_coverage coverage;
    struct acgp_source_disk *disks; /* owned */
    size_t disk_count;
};

/** Begin: ask for what the request names. @param p zeroed but for spec, writing and now_unix_s. May end w. */
void acgp_preflight_begin(struct acgp_preflight *p, struct acgp_work *w, int64_t now_ms);
/** The outcome of a call of ours. May end w. */
void acgp_preflight_on_answer(struct acgp_preflight *p, struct acgp_work *w, int64_t now_ms,
                              const struct acgp_call *call, const struct acgp_answer *answer);
/** Everything was read: find the data disks, lay the sets over them, ask every rule. Findings and notices go
 * to w. May end w. An error never rests on an answer that is older than this round (shared.h): such answers
 * are asked for again first.
 *  @return false: that has happened, and is to be awaited; nothing was judged. */
bool acgp_preflight_judge(struct acgp_preflight *p, struct acgp_work *w, int64_t now_ms);
/** Copy findings to the end of a list. @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
enum acg_status acgp_preflight_append(struct acg_findings *to, const struct acg_findings *from,
                                      struct acg_error *err);
/** The error that a machine ends with when findings stand: counts them and repeats the first. @return false:
 * there is no error among them. @param consequence "nothing was written". */
bool acgp_preflight_error(const struct acg_findings *findings, const char *consequence,
                          struct acg_error *err);
/** Ask again for what was read from answers older than the round. @return was there any? May end w. */
bool acgp_preflight_ask_again(struct acgp_preflight *p, struct acgp_work *w, int64_t now_ms);
void acgp_preflight_done(struct acgp_preflight *p);

enum { ACGP_VERSIONS_MAX = 100000 }; /* Azure's limit is 10,000 in a region */

/** The next name for a version whose name is chosen.
 *  @return ACG_OK | ACG_ERR_ARGUMENT: there is no next one | ACG_ERR_NOMEM. */
enum acg_status acgp_preflight_choose(const struct acgp_preflight *p, char out[ACGP_VERSION_NAME_MAX],
                                      struct acg_error *err);
/** The highest version that has a tag of this value. @param out its name. @return borrowed from a fact; NULL:
 * none has. */
const json_t *acgp_preflight_tagged(const struct acgp_preflight *p, const char *name, const char *value,
                                    struct acgp_image_version *out);

/** The tag of a version, whatever the case of its name. @return borrowed; NULL: it has none. */
const char *acgp_preflight_tag(const json_t *version, const char *name);

/** What a call of ours is for, "reading the source". Static text. */
const char *acgp_preflight_call_name(int call_kind);
/** What the round is about, for the step's line. Static text. */
const char *acgp_preflight_step(const struct acgp_preflight *p);

/** The id that is read for location and LUNs, and its kind; NULL: a VHD. */
const char *acgp_preflight_source_id(const struct acgp_publish_spec *spec, enum acgp_resource_kind *out_kind);
const char *acgp_preflight_source_field(const struct acgp_publish_spec *spec);

/** Ids of what is read beside the request's own resources; owned by caller (acgp_free), NULL without memory.
 */
char *acgp_preflight_gallery_id(const struct acgp_publish_spec *spec);
char *acgp_preflight_definition_id(const char *version_id); /* above a version */
char *acgp_preflight_definition_of(const struct acgp_publish_spec *spec);
char *acgp_preflight_key_id(const char *vault_id, const char *key_url); /* also NULL: no key URL */

#endif
