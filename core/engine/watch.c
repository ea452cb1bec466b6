/* SPDX-License-Identifier: MPL-2.0 */
/* Starting what watches a version. */
#include <acg/watch.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "engine/publisher.h"
#include "model/resource_id.h"
#include "watch/watch.h"

enum {
    WATCH_TIMEOUT_MS = 21600000, /* six hours, as a publish */
    ONCE_TIMEOUT_MS = 300000     /* one read with its attempts */
};

void acg_watch_options_init(struct acg_watch_options *opts, uint32_t version)
{
    *opts = (struct acg_watch_options)ACG_WATCH_OPTIONS_INIT;
    opts->version = version;
}

static enum acg_status check(const struct acg_watch_options *opts, struct acg_error *err)
{
    struct acgp_resource_id id;

    if (opts->version == 0 || opts->version > ACG_WATCH_OPTIONS_VERSION)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "version",
                               "options of version %u are not known to this library, which knows 1 to %u",
                               (unsigned)opts->version, ACG_WATCH_OPTIONS_VERSION);
    if (opts->gallery_image_version_id == NULL && opts->declaration == NULL)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "gallery_image_version_id",
                               "is missing: name the version, or a declaration that names it");
    if (opts->gallery_image_version_id != NULL &&
        (!acgp_resource_id_parse(acgp_span(opts->gallery_image_version_id), &id) ||
         id.kind != ACGP_RESOURCE_IMAGE_VERSION))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "gallery_image_version_id",
                               "is not the full id of a gallery image version");
    if (opts->wait != ACG_WAIT_ALL && opts->wait != ACG_WAIT_HOME && opts->wait != ACG_WAIT_ACCEPTED)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "wait", "is none of all, home and accepted");
    if (opts->timeout_ms < 0)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "timeout_ms", "is negative");
    return ACG_OK;
}

enum acg_status acg_publisher_watch(struct acg_publisher *pub, const struct acg_watch_options *opts,
                                    struct acg_publish **out, struct acg_error *err)
{
    struct acgp_publish_spec *spec = NULL; /* for the id that it spells out */
    struct acgp_watch_wish wish = {.version_id = NULL};
    struct acgp_work *machine = NULL;
    struct acgp_work_config config;
    enum acg_status status = check(opts, err);

    if (status == ACG_OK)
        status = acgp_publisher_check_room(pub, err);
    if (status == ACG_OK && opts->gallery_image_version_id == NULL)
        status = acgp_publisher_declared(pub, opts->declaration, NULL, &spec, err);
    if (status != ACG_OK)
        return status;
    wish.version_id = spec != NULL ? spec->version_id : opts->gallery_image_version_id;
    wish.wait = opts->wait;
    wish.once = opts->once;
    config = acgp_publisher_work_config(pub, opts->timeout_ms != 0 ? opts->timeout_ms
                                             : opts->once          ? ONCE_TIMEOUT_MS
                                                                   : WATCH_TIMEOUT_MS);
    status = acgp_watch_new(&wish, &config, &machine, err);
    acgp_publish_spec_free(spec);
    return status == ACG_OK ? acgp_publisher_drive(pub, machine, out, err) : status;
}
