/* SPDX-License-Identifier: MPL-2.0 */
#include "engine/offline.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "engine/publisher.h"
#include "model/version_name.h"
#include "plan/validate.h"

/* "auto", "date" and the like, alone or at the end of the id. */
static bool chosen_later(const struct acg_publish_options *opts)
{
    const char *name = opts->gallery_image_version;
    const char *slash = name == NULL && opts->gallery_image_version_id != NULL
                            ? strrchr(opts->gallery_image_version_id, '/')
                            : NULL;

    if (slash != NULL)
        name = slash + 1;
    return name != NULL && acgp_version_naming(acgp_span(name)) != ACGP_NAMING_GIVEN;
}

/* Without network nothing can be asked for: what a publish may leave out, a preview needs. */
static enum acg_status check_named(const struct acg_publish_options *opts, struct acg_findings *findings,
                                   struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    if (opts->location == NULL || opts->location[0] == '\0')
        status = acg_findings_add(
            findings, ACG_SEVERITY_ERROR, "config", "location",
            "missing; nothing is sent now, so the region of the source cannot be read from Azure",
            "name the home region, one of the target regions", err);
    if (status == ACG_OK && chosen_later(opts))
        status = acg_findings_add(findings, ACG_SEVERITY_ERROR, "config", "gallery_image_version",
                                  "is chosen from the versions that are there; nothing is sent now, so Azure "
                                  "cannot be asked for them",
                                  "name the version, as in 1.0.0", err);
    if (status == ACG_OK && opts->source.known_later)
        status = acg_findings_add(
            findings, ACG_SEVERITY_ERROR, "config", "source", "missing; the request is shown with its source",
            "name a managed image, a virtual machine, an image version or snapshots", err);
    if (status == ACG_OK && opts->source.data_snapshot_prefix != NULL)
        status = acg_findings_add(
            findings, ACG_SEVERITY_ERROR, "config", "data_snapshot_prefix",
            "nothing is sent now, so Azure cannot be asked to which LUNs the snapshots belong",
            "name the snapshots with their LUNs as data_snapshots", err);
    return status;
}

static enum acg_status repeat_first_error(const struct acg_findings *findings, size_t from,
                                          struct acg_error *err)
{
    const struct acg_finding *f = NULL;

    for (size_t i = from; (f = acg_findings_at(findings, i)) != NULL; i++)
        if (f->severity == ACG_SEVERITY_ERROR)
            return acgp_fail_field(err, ACG_ERR_ARGUMENT, f->field, "%s (%s); fix: %s", f->message, f->rule,
                                   f->fix);
    return ACG_OK;
}

static bool spreads(const struct acgp_publish_spec *spec)
{
    for (size_t i = 0; i < spec->place_count; i++)
        if (spec->places[i].encryption.every_disk_id != NULL)
            return true;
    return false;
}

static void add_note(struct acgp_offline *o, const char *note)
{
    if (o->note_count < ACGP_OFFLINE_NOTES_MAX)
        o->notes[o->note_count++] = note;
}

/* What a publish asks Azure before it writes, and what only the write itself shows. */
static void add_notes(struct acgp_offline *o)
{
    const struct acgp_publish_spec *spec = o->spec;
    bool encrypts = acgp_publish_spec_encrypts(spec);

    add_note(o, "only Azure can tell whether the version exists already; acg then writes nothing");
    add_note(o, "only Azure can tell whether the source exists and may be read from these regions");
    if (spec->source.whole_image && encrypts)
        add_note(o, "only Azure can tell which data disks the source has; each must be covered, or the "
                    "publish is refused");
    if (spec->source.whole_image && spreads(spec))
        add_note(o, "a set for every disk of a region is spread over the source's data disks when they are "
                    "known; this "
                    "body shows it for the disks that the configuration names");
    if (encrypts)
        add_note(o, "only Azure can tell whether each disk encryption set exists, in which region, and of "
                    "which type");
}

static enum acg_status make_coverage(const struct acgp_publish_spec *spec, struct acg_findings *findings,
                                     struct acgp_coverage *out, struct acg_error *err)
{
    const struct acgp_source_spec *source = &spec->source;
    int32_t *luns = acgp_alloc(source->data_count, sizeof *luns);
    enum acg_status status = ACG_OK;

    if (luns == NULL)
        return acgp_fail_nomem(err);
    for (size_t i = 0; i < source->data_count; i++)
        luns[i] = source->data[i].lun;
    status = acgp_coverage_make(spec, spec->places, spec->place_count, luns, source->data_count,
                                !source->whole_image && source->prefix == NULL, findings, out, err);
    acgp_free(luns);
    return status;
}

static enum acg_status take_endpoint(const char *text, struct acgp_offline *out, struct acg_error *err)
{
    struct acg_error why = {0};

    out->endpoint = acgp_endpoint_new(text, &why);
    if (out->endpoint == NULL && err != NULL)
        *err = why;
    return out->endpoint != NULL ? ACG_OK : why.status;
}

static enum acg_status validate(const struct acg_publish_options *opts, struct acg_findings *findings,
                                struct acgp_offline *out, struct acg_error *err)
{
    size_t before = acg_findings_count(findings);
    int64_t now_unix_s = acgp_system_clock.now_unix_s(acgp_system_clock.context);
    enum acg_status status = check_named(opts, findings, err);

    if (status == ACG_OK)
        status = acgp_validate(opts, now_unix_s, findings, &out->spec, err);
    return status == ACG_OK ? repeat_first_error(findings, before, err) : status;
}

static enum acg_status cover(struct acg_findings *findings, struct acgp_offline *out, struct acg_error *err)
{
    size_t before = acg_findings_count(findings);
    enum acg_status status = make_coverage(out->spec, findings, &out->coverage, err);

    return status == ACG_OK ? repeat_first_error(findings, before, err) : status;
}

enum acg_status acgp_offline_make(const char *endpoint, const struct acg_publish_options *opts,
                                  struct acg_findings *findings, struct acgp_offline *out,
                                  struct acg_error *err)
{
    enum acg_status status = acgp_check_version(opts->version, err);

    if (status == ACG_OK)
        status = validate(opts, findings, out, err);
    if (status == ACG_OK)
        status = take_endpoint(endpoint, out, err);
    if (status == ACG_OK)
        status = cover(findings, out, err);
    if (status == ACG_OK)
        add_notes(out);
    return status;
}

void acgp_offline_done(struct acgp_offline *o)
{
    acgp_coverage_done(&o->coverage);
    acgp_publish_spec_free(o->spec);
    acgp_free(o->endpoint);
    *o = (struct acgp_offline){0};
}
