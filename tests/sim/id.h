/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_ID_H
#define SIM_ID_H

#include <stdbool.h>
#include <stddef.h>

/* galleries/images/versions is three deep; below it may lie
 * providers/Microsoft.Authorization/roleAssignments. */
#define SIM_ID_DEPTH 5

/* An ARM path, taken apart. Texts are owned; absent parts are NULL. */
struct sim_id {
    char *subscription;
    char *group;
    char *provider; /* Microsoft.Compute */
    char *types[SIM_ID_DEPTH];
    char *names[SIM_ID_DEPTH];
    size_t depth; /* pairs of type and name */
    char *tail;   /* a last segment without a name: a collection (versions) or an action (register) */
};

/** Parse a path that starts with /subscriptions or /providers. False (and *out cleared) when it has no such
 * form. */
bool sim_id_parse(const char *path, struct sim_id *out);
void sim_id_done(struct sim_id *id);

/** Provider and type path, as Microsoft.Compute/galleries/images; of an extension resource (a role assignment
 * at a vault) its own. Owned by the caller. */
char *sim_id_type(const struct sim_id *id);
/** The path of the first n pairs, in the spelling that was parsed; n may be less than depth. Owned by the
 * caller. */
char *sim_id_text(const struct sim_id *id, size_t n);
/** True for a complete resource of that type, case ignored ("Microsoft.Compute/images"). */
bool sim_id_is(const struct sim_id *id, const char *type);
/** Name of the resource itself; NULL when there is no pair. */
const char *sim_id_name(const struct sim_id *id);

#endif
