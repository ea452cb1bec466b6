/* SPDX-License-Identifier: MPL-2.0 */
/* The public face of the catalogue. */
#include <acg/explain.h>

#include "base/span.h"
#include "report/catalogue.h"

/* Ours are explained where they are made: a finding has its fix, the others are no answer of Azure's. */
static bool of_azure(enum acg_status status)
{
    switch (status) {
    case ACG_ERR_PROTOCOL:
    case ACG_ERR_TRANSPORT:
    case ACG_ERR_TIMEOUT:
    case ACG_ERR_AUTH:
    case ACG_ERR_CONFLICT:
    case ACG_ERR_SERVICE:
    case ACG_ERR_TEMPORARY:
        return true;
    default:
        return false;
    }
}

static bool tell(const struct acgp_catalogue_row *row, struct acg_remedy *out)
{
    static const struct acg_remedy none = {"", "", ""};

    *out = row != NULL ? row->remedy : none;
    return row != NULL;
}

bool acg_error_explain(const struct acg_error *err, struct acg_remedy *out)
{
    return tell(of_azure(err->status)
                    ? acgp_catalogue_find(err->arm_code, err->http_status, acgp_span(err->message))
                    : NULL,
                out);
}

bool acg_details_explain(const char *details, struct acg_remedy *out)
{
    return tell(details != NULL && details[0] != '\0' ? acgp_catalogue_find("", 0, acgp_span(details)) : NULL,
                out);
}
