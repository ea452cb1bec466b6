/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_ARM_H
#define SIM_ARM_H

#include "sim/http.h"
#include "sim/id.h"
#include "sim/limits.h"
#include "sim/world.h"

/* One call to Azure Resource Manager on its way through the simulator. */
struct sim_call {
    struct sim_world *w;
    const struct sim_request *req;
    struct sim_reply *reply;
    struct sim_id id;
    char *path;       /* the resource's id, or the collection's parent, as requested */
    const char *api;  /* api-version; never NULL once checked */
    int64_t arm_left; /* of ARM's own counter, with this request counted */
};

/* A resource type that the simulator serves. A NULL function is answered 405. */
struct sim_type {
    const char *name;
    const char *const *apis; /* served api-versions, NULL-ended; NULL: any well-formed one */
    void (*put)(struct sim_call *);
    void (*patch)(struct sim_call *);
    void (*get)(struct sim_call *);
    void (*remove)(struct sim_call *);
    void (*list)(struct sim_call *); /* below a group, a subscription or a parent resource */
    void (*post)(struct sim_call *); /* an action: id.tail names it */
    enum sim_policy put_policy, get_policy, delete_policy, list_policy;
};

extern const struct sim_type sim_types[];
extern const size_t sim_type_count;
/** Find a type by its full name, case ignored. */
const struct sim_type *sim_type_find(const char *name);

/** Write one resource of a deployment, as if it had been sent by itself. The reply is the provider's own. */
void sim_arm_put(struct sim_call *c, const char *path, const char *api, json_t *body,
                 struct sim_reply *reply);
/** Everything below /subscriptions and /providers. */
void sim_arm_answer(struct sim_world *w, const struct sim_request *req, struct sim_reply *reply);

/* R36's text: region, type, list of regions. */
#define SIM_NOT_AVAILABLE                                                                                    \
    "The provided location %s is not available for resource type '%s'. List of available regions for the "   \
    "resource type is '%s'."

/* The parts that resource types share. */

/** How an accepted operation is answered. */
struct sim_accept {
    unsigned status;
    const char *kind;     /* capsOperations, DiskOperations, operations */
    const char *api;      /* api-version in the poll URL; the service's own choice */
    const char *location; /* region in the poll URL */
    const char *below;    /* what the poll URL lies below; NULL: the provider's location */
    int64_t length_ms;
    const char *end_state; /* NULL: Succeeded */
    json_t *error;         /* borrowed; NULL when it will succeed */
    const char *output_id; /* disk operations: the resource shown at the end */
    bool location_header;  /* also answer Location (monitor=true) */
};
/** Start the operation, set status and headers; the body stays as it is. */
void sim_accept_operation(struct sim_call *c, const struct sim_accept *how);
/** Header Retry-After as the scenario wants it. */
/** Count a request of a compute policy. False with the 429 filled in. account: the subscription, or what
 * stands for a part of it. */
bool sim_count_policy(struct sim_call *c, const char *account, enum sim_policy policy);
void sim_retry_after(const struct sim_world *w, struct sim_reply *reply);

/** The answer for a resource that is not there, in ARM's words. */
void sim_not_found(struct sim_call *c);
/* Each sim_need_... is true when the need is met; otherwise the answer is filled with the refusal. */
/** The body is a JSON object. */
bool sim_need_body(struct sim_call *c);
/** It names a known location; *region is then borrowed from the table of regions. */
bool sim_need_location(struct sim_call *c, const char **region);
/** The resource group exists. */
bool sim_need_group(struct sim_call *c);
/** The refusal of a write below a group that is being deleted. */
void sim_group_going(struct sim_call *c);
/** An existing resource stays where it is: 409 when the request moves it to another region. have may be NULL.
 */
bool sim_need_same_place(struct sim_call *c, const struct sim_resource *have);

/** Read one resource; list a collection: the plain cases. */
void sim_get_plain(struct sim_call *c);
void sim_list_plain(struct sim_call *c);
/** Delete through an operation of that kind. */
void sim_delete_through(struct sim_call *c, const char *kind, const char *api, const char *speed);
/** What a read of r shows; a new reference. */
json_t *sim_show(struct sim_call *c, struct sim_resource *r);

/* Resource types, one file each. */
void sim_gallery_put(struct sim_call *c);
void sim_gallery_delete(struct sim_call *c);
void sim_definition_put(struct sim_call *c);
void sim_version_put(struct sim_call *c);
void sim_version_patch(struct sim_call *c);
void sim_version_get(struct sim_call *c);
void sim_version_list(struct sim_call *c);
void sim_version_delete(struct sim_call *c);
void sim_des_put(struct sim_call *c);
void sim_des_patch(struct sim_call *c);
void sim_disk_put(struct sim_call *c);
void sim_snapshot_put(struct sim_call *c);
void sim_disk_delete(struct sim_call *c);
void sim_image_put(struct sim_call *c);
void sim_image_delete(struct sim_call *c);
void sim_vm_put(struct sim_call *c);
void sim_vm_delete(struct sim_call *c);
void sim_vm_post(struct sim_call *c);
/** Its operation is over: the power state is the one that was on its way. */
void sim_vm_finish(struct sim_resource *vm);
/** What a capture needs to know; vm is a stored body. */
bool sim_vm_is_generalized(const json_t *vm);
void sim_network_put(struct sim_call *c);
void sim_network_delete(struct sim_call *c);
/** The machine starts or gives up its place: dynamic public addresses of its interfaces come and go. */
void sim_network_power(struct sim_call *c, const json_t *vm, bool on);
void sim_deployment_put(struct sim_call *c);
void sim_deployment_delete(struct sim_call *c);
void sim_deployment_post(struct sim_call *c);
/** The referenced resource exists; otherwise the answer is the refusal. id NULL: nothing is referenced. */
bool sim_need_reference(struct sim_call *c, const char *id);

/** Subscriptions, locations, providers, features, groups, usages, operations: true when the path was one of
 * them. */
bool sim_manage_answer(struct sim_call *c);
/** Registration state of a provider; NULL when the scenario does not know it. */
const char *sim_provider_state(const struct sim_world *w, const char *space);
/** The scenario's entry for a subscription (the last one of that id), NULL when none. Borrowed. */
const json_t *sim_subscription(const struct sim_world *w, const char *id);
/** A counter of the compute provider in a region; false when there is none of that name. */
bool sim_usage_of(const struct sim_call *c, const char *region, const char *name, int64_t *have,
                  int64_t *limit);
/** One provider: GET, register, unregister; and the list of them. */
void sim_provider_answer(struct sim_call *c);
void sim_provider_list(struct sim_call *c);
/** The type is open in that region, as the scenario has it. */
bool sim_type_has_region(const struct sim_world *w, const char *type, const char *region);
/** The short names of those regions, joined by commas; owned by the caller. */
char *sim_type_regions(const struct sim_world *w, const char *type);
/** The api-versions that a type serves, oldest first: a new array; NULL for any well-formed one. */
json_t *sim_type_apis(const struct sim_world *w, const struct sim_type *type);
bool sim_feature_answer(struct sim_call *c);
bool sim_group_answer(struct sim_call *c);
/** GET of a poll URL. */
bool sim_poll_answer(struct sim_call *c);

#endif
