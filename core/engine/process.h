/* SPDX-License-Identifier: MPL-2.0 */
/** One program beside the loop: started, looked at every few milliseconds, ended when its time is over. */
#ifndef ACGP_PROCESS_H
#define ACGP_PROCESS_H

#include <stdint.h>

#include <acg/error.h>

#include "auth/login.h"

/* A program that answers takes half a second at least; that much later it is noticed. */
enum { ACGP_PROCESS_LOOK_MS = 20 };

struct acgp_process;

/** Look it up in the absolute folders of a PATH and start it: in a process group of its own, with nothing to
 *  read, and with this process's environment. It takes no descriptor along that is marked close-on-exec.
 *  @param argv borrowed for the call; its first word is the name. @param path value of PATH; NULL: none.
 *  @param out  owned by caller (acgp_process_free); untouched on failure.
 *  @param run  set on failure: MISSING or BROKEN.
 *  @return false: it was not started. */
bool acgp_process_start(const char *const *argv, const char *path, struct acgp_process **out,
                        struct acgp_run *run);

/** Take what it wrote. Never waits.
 *  @param late its time is over: it is ended.
 *  @param out  lent until the process is freed.   @return false: it still runs. */
bool acgp_process_look(struct acgp_process *p, bool late, struct acgp_run *out);

/** End it, with everything that it started and that stayed in its group; NULL is fine. Waits for the kernel
 * alone, which ends a killed process at once. */
void acgp_process_free(struct acgp_process *p);

#endif
