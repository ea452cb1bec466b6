/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_DEPLOYMENT_H
#define SIM_DEPLOYMENT_H

#include "sim/arm.h"
#include "sim/template.h"

/* One template deployment on its way from request to resources. */
struct sim_deployment {
    struct sim_call *c;
    struct sim_scope scope;
    char *id;          /* of the deployment itself, without an action */
    json_t *resources; /* of the template, expressions replaced, each with its full "id", in an order that
                          dependsOn allows; owned */
    json_t *outputs;   /* {name: {type, value}}; owned */
    json_t
        *error; /* ARM's {code, message, details} of a deployment that failed; owned, NULL while it has not */
};

/** Read and order the template. False with the answer filled: 400 InvalidTemplate or InvalidRequestContent.
 */
bool sim_deployment_read(struct sim_deployment *d);
void sim_deployment_done(struct sim_deployment *d);
/** Does a word of dependsOn mean this resource: its id, its type and name, or its name alone? */
bool sim_deployment_means(const json_t *resource, const char *word);

#endif
