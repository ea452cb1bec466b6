/* SPDX-License-Identifier: MPL-2.0 */
/* Starting publishes and deletions. */
#include "base/error.h"
#include "base/span.h"
#include "engine/publisher.h"
#include "model/resource_id.h"
#include "plan/validate.h"
#include "publish/publish.h"
#include "publish/removal.h"

enum { DELETE_TIMEOUT_MS = 1800000 }; /* a deletion takes minutes, in many regions a good many */

enum acg_status acgp_publisher_spec(const struct acg_publisher *pub, const struct acg_publish_options *opts,
                                    struct acgp_publish_spec **out, struct acg_error *err)
{
    struct acg_findings *findings = NULL;
    enum acg_status status = acg_findings_new(&findings, err);

    if (status == ACG_OK)
        status = acgp_validate(opts, pub->loop.clock.now_unix_s(pub->loop.clock.context), findings, out, err);
    acg_findings_free(findings);
    return status;
}

enum acg_status acgp_publisher_check_begin(const struct acg_publisher *pub,
                                           const struct acg_publish_options *opts, struct acg_error *err)
{
    if (opts->source.known_later)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "source",
                               "not named yet; name it before the publish or its plan is begun");
    return acgp_publisher_check_room(pub, err);
}

enum acg_status acgp_publisher_ready_spec(const struct acg_publisher *pub,
                                          const struct acg_publish_options *opts,
                                          struct acgp_publish_spec **out, struct acg_error *err)
{
    struct acgp_publish_spec *spec = NULL;
    enum acg_status status = acgp_publisher_spec(pub, opts, &spec, err);

    if (status == ACG_OK)
        status = acgp_publisher_check_begin(pub, opts, err);
    if (status == ACG_OK)
        *out = spec;
    else
        acgp_publish_spec_free(spec);
    return status;
}

enum acg_status acg_publisher_submit(struct acg_publisher *pub, const struct acg_publish_options *opts,
                                     struct acg_publish **out, struct acg_error *err)
{
    struct acgp_publish_spec *spec = NULL;
    struct acgp_work *machine = NULL;
    enum acg_status status = acgp_publisher_ready_spec(pub, opts, &spec, err);

    if (status != ACG_OK)
        return status;
    struct acgp_work_config config = acgp_publisher_work_config(pub, 0);
    status = acgp_publish_new(spec, &config, &machine, err);
    return status == ACG_OK ? acgp_publisher_drive(pub, machine, out, err) : status;
}

void acg_delete_options_init(struct acg_delete_options *opts, uint32_t version)
{
    *opts = (struct acg_delete_options)ACG_DELETE_OPTIONS_INIT;
    opts->version = version;
}

static enum acg_status check_delete(const struct acg_delete_options *opts, struct acg_error *err)
{
    struct acgp_resource_id id;

    if (opts->version == 0 || opts->version > ACG_DELETE_OPTIONS_VERSION)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "version",
                               "options of version %u are not known to this library, which knows 1 to %u",
                               (unsigned)opts->version, ACG_DELETE_OPTIONS_VERSION);
    if (opts->gallery_image_version_id == NULL ||
        !acgp_resource_id_parse(acgp_span(opts->gallery_image_version_id), &id) ||
        id.kind != ACGP_RESOURCE_IMAGE_VERSION)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "gallery_image_version_id",
                               "is not the full id of a gallery image version");
    if (opts->published_date == NULL || opts->published_date[0] == '\0')
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "published_date",
                               "is missing: a version is not deleted by its name alone");
    if (opts->timeout_ms < 0)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "timeout_ms", "is negative");
    return ACG_OK;
}

enum acg_status acg_publisher_delete(struct acg_publisher *pub, const struct acg_delete_options *opts,
                                     struct acg_publish **out, struct acg_error *err)
{
    enum acg_status status = check_delete(opts, err);

    if (status == ACG_OK)
        status = acgp_publisher_check_room(pub, err);
    if (status != ACG_OK)
        return status;
    struct acgp_work_config config = acgp_publisher_work_config(pub, 0);
    struct acgp_work *machine = NULL;
    struct acgp_removal removal = {
        .version_id = opts->gallery_image_version_id,
        .published_date = opts->published_date,
        .timeout_ms = opts->timeout_ms != 0 ? opts->timeout_ms : DELETE_TIMEOUT_MS,
    };
    status = acgp_removal_new(&removal, &config, &machine, err);
    return status == ACG_OK ? acgp_publisher_drive(pub, machine, out, err) : status;
}
