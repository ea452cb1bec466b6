/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_VERSION_RULES_H
#define SIM_VERSION_RULES_H

#include "sim/version.h"

/* What the files of rules share. Each rule answers false with the refusal filled in. */

struct sim_rule {
    const char *name; /* as in the scenario's rules_off */
    bool (*holds)(struct sim_version_put *p);
};

/** Ask every rule that the scenario leaves on, in this order; false at the first one broken. */
bool sim_version_ask(struct sim_version_put *p, const struct sim_rule *rules, size_t count);

/* The rules by topic, in the order in which they are asked. */
bool sim_version_request_rules(struct sim_version_put *p); /* name, regions, counts, dates, words */
bool sim_version_set_rules(struct sim_version_put *p);     /* disk encryption sets and their places */
bool sim_version_shape_rules(struct sim_version_put *p);   /* how sources are named */
bool sim_version_update_rules(struct sim_version_put *p);  /* what may not change */
bool sim_version_source_rules(struct sim_version_put *p);  /* what the sources are */

/** R31: how many versions are being made from one source. */
bool sim_version_source_is_free(struct sim_version_put *p);

/** R26, one of the source rules. */
bool sim_version_fits_definition(struct sim_version_put *p);

/** One broken rule: 400 InvalidParameter, the status and code recorded for R9. Returns false. */
bool sim_version_refuse(struct sim_version_put *p, const char *target, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

extern const char sim_regions_path[]; /* targets of refusals */
extern const char sim_storage_path[];

bool sim_id_of_type(const char *resource_id, const char *type);
bool sim_id_of_version(const char *id);
/** Call back for the OS disk (index -1) and each data disk that the request names. */
bool sim_version_each_disk(struct sim_version_put *p,
                           bool (*look)(struct sim_version_put *, const json_t *, int));

/* One disk behind a source. */
struct sim_source_disk {
    const char *source;  /* the id that the request names */
    const json_t *entry; /* its entry in an image, machine or version; NULL for a disk named by itself */
    const char *id;      /* of the disk or snapshot; NULL when there is none */
    const json_t *body;  /* of that; NULL when unknown */
    const json_t *owner; /* body of the image, machine or version; NULL for a disk named by itself */
};
/** The properties that name the sources: the request's, or what an updated version was made from. */
const json_t *sim_version_sources(const struct sim_version_put *p);
/** Call back for each disk behind the sources that exists. */
bool sim_version_each_source_disk(struct sim_version_put *p,
                                  bool (*look)(struct sim_version_put *, const struct sim_source_disk *,
                                               void *),
                                  void *context);
/** The disk encryption set that a source's disk is under; NULL when none is known. */
const char *sim_source_disk_set(const struct sim_source_disk *d);

/** The old targetRegions or targetExtendedLocations entry of that region or zone; NULL when it is new. */
const json_t *sim_version_old_place(const struct sim_version_put *p, bool edge, const char *name);

#endif
