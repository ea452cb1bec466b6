/* SPDX-License-Identifier: MPL-2.0 */
/** libacg: publishes encrypted image versions in Azure Compute Gallery. Include this one header. */
#ifndef ACG_ACG_H
#define ACG_ACG_H

#include <acg/credential.h>
#include <acg/error.h>
#include <acg/event.h>
#include <acg/export.h>
#include <acg/finding.h>
#include <acg/options.h>
#include <acg/publisher.h>
#include <acg/span.h>
#include <acg/status.h>

ACG_BEGIN_DECLS

/** Version of the library, "0.1.0". */
ACG_API const char *acg_version(void);

/** What the library runs with, as libcurl says it: "libcurl/7.88.1 OpenSSL/3.0.17 ...". Static text. */
ACG_API const char *acg_runtime(void);

ACG_END_DECLS

#endif
