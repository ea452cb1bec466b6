/* SPDX-License-Identifier: MPL-2.0 */
/** The outcome of a call or of a publish. The numbers are part of the ABI: append only. */
#ifndef ACG_STATUS_H
#define ACG_STATUS_H

#include <acg/export.h>

ACG_BEGIN_DECLS

enum acg_status {
    ACG_OK = 0,
    ACG_ERR_ARGUMENT = 1,   /* the caller's input breaks a rule; without network, but for files it names */
    ACG_ERR_NOMEM = 2,      /* an allocation failed */
    ACG_ERR_STATE = 3,      /* the call does not fit the object's state */
    ACG_ERR_CLOSED = 4,     /* the object was closed */
    ACG_ERR_LIMIT = 5,      /* a cap of this library was reached; nothing was truncated */
    ACG_ERR_PROTOCOL = 6,   /* a peer's answer does not follow its protocol */
    ACG_ERR_TRANSPORT = 7,  /* connection or DNS failure after all retries: try again later */
    ACG_ERR_TIMEOUT = 8,    /* our deadline passed; Azure may still be working */
    ACG_ERR_CANCELLED = 9,  /* the caller asked to stop */
    ACG_ERR_AUTH = 10,      /* login refused or permission missing */
    ACG_ERR_PREFLIGHT = 11, /* a check against Azure failed before the first write */
    ACG_ERR_CONFLICT = 12,  /* the version exists, or another writer got in between */
    ACG_ERR_SERVICE = 13,   /* Azure refused the request or the operation failed there */
    ACG_ERR_MISMATCH = 14,  /* the version read back is not what was asked for */
    ACG_ERR_TEMPORARY = 15, /* throttled or a server error that outlasted the retries: try again later */
    ACG_ERR_INTERNAL = 16,  /* a fault of this library */
    ACG_ERR_PARTIAL = 17    /* the quorum of regions is replicated and proved; others are missing */
};

/** The status as a word, for example "conflict". Static text; "unknown" for any other number. Never fails. */
ACG_API const char *acg_status_name(enum acg_status status);

/** The exit code of the command for a status: 0 done, 1 internal, 2 usage or configuration, 3 preflight found
 * errors, 4 login or permission, 5 conflict, 6 refused or failed in Azure, 7 read back and not what was
 * asked, 10 still running, 11 quorum met but regions missing, 75 temporary, 130 interrupted. Stable. Never
 * fails. */
ACG_API int acg_status_exit_code(enum acg_status status);

ACG_END_DECLS

#endif
