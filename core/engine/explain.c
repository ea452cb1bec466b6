/* SPDX-License-Identifier: MPL-2.0 */
#include "report/explain.h"

#include <acg/publisher.h>

#include "engine/offline.h"

enum acg_status acg_explain_new(const char *endpoint, const struct acg_publish_options *opts,
                                struct acg_findings *findings, struct acg_report **out, struct acg_error *err)
{
    struct acgp_offline known = {0};
    enum acg_status status = acgp_offline_make(endpoint, opts, findings, &known, err);
    const struct acgp_explain in = {.spec = known.spec,
                                    .coverage = &known.coverage,
                                    .endpoint = known.endpoint,
                                    .notes = known.notes,
                                    .note_count = known.note_count};

    if (status == ACG_OK)
        status = acgp_explain_new(&in, out, err);
    acgp_offline_done(&known);
    return status;
}
