/* SPDX-License-Identifier: MPL-2.0 */
/** SIGINT and SIGTERM: the first asks to stop, the second leaves at once. */
#ifndef PKR_STOP_H
#define PKR_STOP_H

#include <acg/error.h>
#include <acg/export.h>

/** Take the signals over; SIGPIPE is ignored from now on, so that a closed output is an error and no end.
 *  @param out_fd becomes readable when a signal came; owned by this file until pkr_stop_done.
 *  @return ACG_OK | ACG_ERR_INTERNAL (no pipe). */
ACG_NODISCARD enum acg_status pkr_stop_init(int *out_fd, struct acg_error *err);
/** Ignore SIGINT from now on: a terminal sends it to a host and its children at once, and the host decides.
 */
void pkr_stop_ignore_interrupt(void);
/** The first signal that came; 0: none. Empties the pipe. */
int pkr_stop_taken(void);
/** Give the signals back and close the pipe. */
void pkr_stop_done(void);

#endif
