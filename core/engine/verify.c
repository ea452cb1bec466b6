/* SPDX-License-Identifier: MPL-2.0 */
/* Starting what reads a version back. */
#include <acg/verify.h>

#include "base/error.h"
#include "base/span.h"
#include "engine/publisher.h"
#include "model/resource_id.h"
#include "plan/validate.h"
#include "verify/verify.h"

enum { VERIFY_TIMEOUT_MS = 300000 }; /* a few reads, and ten seconds where something differs */

void acg_verify_options_init(struct acg_verify_options *opts, uint32_t version)
{
    *opts = (struct acg_verify_options)ACG_VERIFY_OPTIONS_INIT;
    opts->version = version;
}

static bool names_source(const struct acg_source *s)
{
    return s->managed_image != NULL || s->virtual_machine != NULL || s->image_version != NULL ||
           s->os_snapshot != NULL || s->os_vhd_uri != NULL || s->data_disk_count != 0 ||
           s->snapshots_of != NULL || s->data_snapshot_prefix != NULL;
}

enum acg_status acgp_publisher_declared(const struct acg_publisher *pub, const struct acg_publish_options *d,
                                        const char *version_id, struct acgp_publish_spec **out,
                                        struct acg_error *err)
{
    enum acg_status status = acgp_check_version(d->version, err);
    struct acg_publish_options own;

    if (status != ACG_OK)
        return status;
    own = *d;
    if (!names_source(&own.source))
        own.source.known_later = true;
    if (own.gallery_image_version == NULL && own.gallery_image_version_id == NULL)
        own.gallery_image_version_id = version_id;
    return acgp_publisher_spec(pub, &own, out, err);
}

static enum acg_status check(const struct acg_verify_options *opts, struct acg_error *err)
{
    struct acgp_resource_id id;

    if (opts->version == 0 || opts->version > ACG_VERIFY_OPTIONS_VERSION)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "version",
                               "options of version %u are not known to this library, which knows 1 to %u",
                               (unsigned)opts->version, ACG_VERIFY_OPTIONS_VERSION);
    if (opts->gallery_image_version_id == NULL && opts->declaration == NULL)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "gallery_image_version_id",
                               "is missing: name the version, or a declaration that names it");
    if (opts->gallery_image_version_id != NULL &&
        (!acgp_resource_id_parse(acgp_span(opts->gallery_image_version_id), &id) ||
         id.kind != ACGP_RESOURCE_IMAGE_VERSION))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "gallery_image_version_id",
                               "is not the full id of a gallery image version");
    if (opts->timeout_ms < 0)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "timeout_ms", "is negative");
    return ACG_OK;
}

enum acg_status acg_publisher_verify(struct acg_publisher *pub, const struct acg_verify_options *opts,
                                     struct acg_publish **out, struct acg_error *err)
{
    struct acgp_publish_spec *spec = NULL;
    struct acgp_work *machine = NULL;
    struct acgp_work_config config;
    enum acg_status status = check(opts, err);

    if (status == ACG_OK)
        status = acgp_publisher_check_room(pub, err);
    if (status == ACG_OK && opts->declaration != NULL)
        status = acgp_publisher_declared(pub, opts->declaration, opts->gallery_image_version_id, &spec, err);
    if (status != ACG_OK)
        return status;
    config = acgp_publisher_work_config(pub, opts->timeout_ms != 0 ? opts->timeout_ms : VERIFY_TIMEOUT_MS);
    status =
        acgp_verify_new(opts->gallery_image_version_id ? opts->gallery_image_version_id : spec->version_id,
                        spec, &config, &machine, err);
    return status == ACG_OK ? acgp_publisher_drive(pub, machine, out, err) : status;
}
