/* SPDX-License-Identifier: MPL-2.0 */
/** Reading a version and its definition side by side: how both machines of this room begin. */
#ifndef ACGP_VM_LOOK_H
#define ACGP_VM_LOOK_H

#include "vm/plan.h"
#include "work/work.h"

struct acgp_vm_look {
    char *version_id, *definition_id; /* owned, as the next two */
    char *region, *subscription;      /* as asked; subscription NULL: the version's */
    struct acgp_version_doc version;
    struct acgp_definition_doc definition;
    bool version_read, definition_read;
    struct acg_error blocked; /* the worst outcome that is no finding; status ACG_OK: none */
};

/* Kinds of the calls that looking makes; a machine's own begin behind them. */
enum { ACGP_VM_CALL_VERSION = 1, ACGP_VM_CALL_DEFINITION, ACGP_VM_CALL_OWN };

/** Copy what is asked. @return false: out of memory. */
bool acgp_vm_look_init(struct acgp_vm_look *look, const struct acgp_vm_wish *wish);
void acgp_vm_look_done(struct acgp_vm_look *look);
/** Begin both reads. */
void acgp_vm_look_begin(struct acgp_vm_look *look, struct acgp_work *w, int64_t now_ms);
/** Take an answer of the two. @return true: both were answered; the machine has ended when either was
 * refused. */
bool acgp_vm_look_on_answer(struct acgp_vm_look *look, struct acgp_work *w, int64_t now_ms,
                            const struct acgp_call *call, const struct acgp_answer *answer);
/** Make the plan; ends the machine when memory is short, and with ACG_ERR_PREFLIGHT when a finding stands.
 *  @return true: *plan may be used. */
bool acgp_vm_look_plan(struct acgp_vm_look *look, struct acgp_work *w, int64_t now_ms, bool at_once,
                       struct acgp_vm_plan *plan);

#endif
