/* SPDX-License-Identifier: MPL-2.0 */
/* Starting plans. */
#include "preflight/plan.h"

#include "base/error.h"
#include "engine/publisher.h"
#include "plan/validate.h"

/* Faults of the options are findings beside those that the reads will show. */
static enum acg_status begin(struct acg_publisher *pub, const struct acg_publish_options *opts,
                             struct acg_findings *findings, struct acgp_work **out, struct acg_error *err)
{
    struct acgp_work_config config = acgp_publisher_work_config(pub, 0);
    struct acgp_plan_input input = {.findings = findings};
    enum acg_status status =
        acgp_validate_draft(opts, config.now_unix_s, findings, &input.spec, &input.faults, err);

    return status == ACG_OK ? acgp_plan_new(&input, &config, out, err) : status;
}

enum acg_status acg_publisher_plan(struct acg_publisher *pub, const struct acg_publish_options *opts,
                                   struct acg_publish **out, struct acg_error *err)
{
    struct acg_findings *findings = NULL;
    struct acgp_work *machine = NULL;
    enum acg_status status = acgp_check_version(opts->version, err);

    if (status == ACG_OK)
        status = acgp_publisher_check_begin(pub, opts, err);
    if (status == ACG_OK)
        status = acg_findings_new(&findings, err);
    if (status == ACG_OK)
        status = begin(pub, opts, findings, &machine, err);
    acg_findings_free(findings);
    if (status == ACG_OK && pub->transport->calls->widen != NULL)
        pub->transport->calls->widen(pub->transport, ACGP_PLAN_SIDE_BY_SIDE);
    return status == ACG_OK ? acgp_publisher_drive(pub, machine, out, err) : status;
}
