/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_TEMPLATE_H
#define SIM_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>

/* The language of deployment templates: texts in brackets are expressions. Known functions: parameters,
 * variables, concat, resourceId, resourceGroup, subscription. Nothing here knows a request or the store. */

/* So deep may variables lead to variables: beyond it, one leads to itself. */
enum { SIM_TEMPLATE_DEPTH = 32 };

/* What expressions may name. All borrowed. */
struct sim_scope {
    const json_t *template;
    const json_t *parameters; /* of the deployment: name -> {value} */
    const char *subscription, *group, *location;
    char *error; /* the first thing that is wrong, in ARM's words; owned, release with free */
    int depth;
};

/** Are the parameters of the deployment those that the template declares? False with scope->error set. */
bool sim_template_parameters(struct sim_scope *scope);
/** A copy of value with every expression in it replaced; a new reference. NULL with scope->error set. */
json_t *sim_template_evaluate(struct sim_scope *scope, const json_t *value);
/** The id of a resource of that type and name (both with one segment per level) in this group; owned by the
 *  caller. NULL when the numbers of segments differ. */
char *sim_template_id(const char *subscription, const char *group, const char *type, const char *name);
/* What the two files of the language share. */
/** Find a parameter, a variable or a member: they are named in any case. Borrowed; NULL when absent. */
const json_t *sim_template_member(const json_t *object, const char *name);
/** Call a function of the language; a new reference. NULL with scope->error set. */
json_t *sim_template_call(struct sim_scope *scope, const char *name, const json_t *arguments);
/** Remember the first thing that is wrong. Returns NULL. */
json_t *sim_template_fail(struct sim_scope *scope, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
