/* SPDX-License-Identifier: MPL-2.0 */
/* Starting plans. */
#include "preflight/plan.h"

#include "engine/publisher.h"

enum acg_status acg_publisher_plan(struct acg_publisher *pub, const struct acg_publish_options *opts,
                                   struct acg_publish **out, struct acg_error *err)
{
    struct acgp_publish_spec *spec = NULL;
    struct acgp_work *machine = NULL;
    enum acg_status status = acgp_publisher_ready_spec(pub, opts, &spec, err);

    if (status != ACG_OK)
        return status;
    struct acgp_work_config config = acgp_publisher_work_config(pub, 0);
    status = acgp_plan_new(spec, &config, &machine, err);
    if (status == ACG_OK && pub->transport->calls->widen != NULL)
        pub->transport->calls->widen(pub->transport, ACGP_PLAN_SIDE_BY_SIDE);
    return status == ACG_OK ? acgp_publisher_drive(pub, machine, out, err) : status;
}
