/* SPDX-License-Identifier: MPL-2.0 */
/** What a publish tells its caller while it runs, and its result. Events are pulled with
 * acg_publisher_next_event. */
#ifndef ACG_EVENT_H
#define ACG_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/finding.h>

ACG_BEGIN_DECLS

struct acg_publish;
struct acg_report;

enum acg_event_kind {
    ACG_EVENT_STEP = 1,   /* a new step began; text says which */
    ACG_EVENT_REGION = 2, /* replication of one region moved; merged when the caller is slow */
    ACG_EVENT_NOTICE =
        3, /* something worth a line: a retry, a throttle, a region-wide set spread over LUNs */
    ACG_EVENT_FINDING = 4, /* a preflight finding; the final event follows after the last of them */
    ACG_EVENT_REQUEST = 5, /* one HTTP exchange ended, for debug output; only with trace_requests */
    ACG_EVENT_DONE = 6     /* the final event: exactly one per publish, always the last */
};

/** One disk of one region, as read back from Azure. Comes in arrays: it never grows. */
struct acg_result_disk {
    bool os;                                      /* the OS disk, else a data disk */
    int64_t lun;                                  /* of a data disk */
    const char *disk_encryption_set_id;           /* NULL: platform key */
    const char *secure_vm_disk_encryption_set_id; /* OS disk of a confidential VM; NULL: none */
    const char *confidential_vm_encryption_type;  /* NULL: none */
};

/** One region of the version, as read back. Comes in arrays: it never grows. */
struct acg_result_region {
    const char *name; /* normalised: "eastus2" */
    const char *display_name;
    const char *edge_zone; /* NULL for a region */
    const char *state;     /* replication state, ARM's word */
    int percent;           /* 0 to 100 */
    const char *details;   /* Azure's text, mostly on failure; empty when there was none */
    int64_t replicas;
    const char *storage_account_type;
    const struct acg_result_disk *disks; /* empty unless proved */
    size_t disk_count;
};

/** The outcome. Belongs to the event or handle it was read from; grows at the end only. */
struct acg_result {
    const char *version_id; /* full ARM id */
    /* "succeeded", "accepted", "failed", "running" or "not started"; of a deletion "deleted", "running"
     * (Azure took the request, or may have) or "not deleted" */
    const char *state;
    bool proved;                    /* read back and found to be exactly what was asked for */
    bool created;                   /* this run created the version */
    const char *location;           /* home region */
    const char *encryption_type;    /* as declared; empty when not declared */
    const char *provisioning_state; /* ARM's word at the last reading; empty when never read */
    int64_t duration_ms;
    const struct acg_result_region *regions;
    size_t region_count;
    const char *published_date; /* as Azure wrote it; empty when never read: names this version among all that
                                   ever had its id */
};

/** One event. All pointers are lent until the next call to acg_publisher_next_event; grows at the end only.
 */
struct acg_event {
    enum acg_event_kind kind;
    uint64_t number;             /* counts up per publish, from 1; a gap means that progress was merged */
    struct acg_publish *publish; /* which publish; the handle is the caller's */
    int64_t elapsed_ms;          /* since the publish was submitted */
    const char *text;            /* one line for people, never NULL, no secret */
    const char *region;          /* REGION: normalised name ("zone@region" for an edge zone), else NULL */
    const char *state;           /* REGION: ARM's word, else NULL */
    const char *details;         /* REGION: Azure's text or empty, else NULL */
    int percent;                 /* REGION */
    const struct acg_finding *finding; /* FINDING, else NULL */
    const struct acg_error *error;     /* DONE: status ACG_OK or what went wrong, else NULL */
    const struct acg_result *result;   /* DONE: never NULL, also after a failure, else NULL */
    const struct acg_report *report;   /* DONE of what makes a report (report.h), as of a proof, else NULL */
};

ACG_END_DECLS

#endif
