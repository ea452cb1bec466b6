/* SPDX-License-Identifier: MPL-2.0 */
/** libacg: publishes encrypted image versions in Azure Compute Gallery. Include this one header.
 *
 *  Binary interface: a program runs with every later library of the same soname (libacg.so.0). Functions
 *  stay. Structs that begin with a version grow at the end, and their version with them. So do acg_event,
 *  acg_finding, acg_result and acg_journal_entry, which the library makes. No other struct changes. Enum
 * values keep their numbers, new ones come behind the last: expect events and statuses that you do not know.
 *
 *  Threads: each object belongs to one thread at a time, together with all that was made from it; different
 *  publishers may run in different threads, each with a credential of its own. acg_publisher_wakeup alone may
 *  be called from any thread. There is no global state: publishers do not influence each other. Once loaded,
 *  the library stays: dlclose does no harm and frees nothing. */
#ifndef ACG_ACG_H
#define ACG_ACG_H

#include <acg/credential.h>
#include <acg/error.h>
#include <acg/event.h>
#include <acg/explain.h>
#include <acg/export.h>
#include <acg/finding.h>
#include <acg/journal.h>
#include <acg/options.h>
#include <acg/publisher.h>
#include <acg/report.h>
#include <acg/setup.h>
#include <acg/span.h>
#include <acg/status.h>
#include <acg/verify.h>
#include <acg/vm.h>
#include <acg/watch.h>

ACG_BEGIN_DECLS

/** Version of the library, "0.1.0". */
ACG_API const char *acg_version(void);

/** What the library runs with, as libcurl says it: "libcurl/7.88.1 OpenSSL/3.0.17 ...". Static text. */
ACG_API const char *acg_runtime(void);

ACG_END_DECLS

#endif
