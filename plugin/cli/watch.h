/* SPDX-License-Identifier: MPL-2.0 */
/** One operation from its beginning to its final event. */
#ifndef PKR_WATCH_H
#define PKR_WATCH_H

#include "cli/output.h"
#include "cli/progress.h"

/** What is to be done. */
struct pkr_operation {
    /** Start it. @param out as acg_publisher_submit. */
    enum acg_status (*begin)(const void *context, struct acg_publisher *publisher, struct acg_publish **out,
                             struct acg_error *err);
    const void *context;      /* borrowed */
    const char *report;       /* what its result is, "plan"; NULL: a version, as of a publish */
    const char *only;         /* member of that report to print alone; NULL: all of it */
    const char *report_file;  /* where its report is written too, by the name's end; NULL: nowhere */
    const char *stopping;     /* what a signal is answered with; NULL: that nothing in Azure is deleted */
    const char *advice;       /* what to do next after success; NULL: nothing */
    const char *again;        /* the command line that goes on with it after a time-out or a signal; NULL: none */
    bool again_reads_input;   /* ... together with what came on standard input */
    bool detached;            /* a success leaves Azure at work: say how to wait for it */
    bool report_has_findings; /* the report tells them: beside its text they are not told again */
};

/** Do it, and print progress and result. Blocks until the end.
 *  @param config borrowed; login and endpoints come from it: pkr_config_check must have said ACG_OK.
 *  @return the exit code. */
int pkr_watch(const struct pkr_config *config, const struct pkr_operation *operation,
              enum pkr_chatter chatter, enum pkr_output output);

/** Print how a command ended that never came to an operation: the text on standard error, the result on
 * standard output.
 *  @param config NULL: none. @param findings NULL: none. @return the exit code for err->status. */
int pkr_end_early(const struct pkr_config *config, enum pkr_output output,
                  const struct acg_findings *findings, const struct acg_error *err);
/** The same for a verb whose result is a report. */
int pkr_end_early_report(const struct pkr_config *config, const char *kind, enum pkr_output output,
                         const struct acg_findings *findings, const struct acg_error *err);

#endif
