/* SPDX-License-Identifier: MPL-2.0 */
#include <acg/publisher.h>

#include "arm/version_body.h"
#include "base/alloc.h"
#include "base/error.h"
#include "engine/publisher.h"
#include "plan/coverage.h"
#include "plan/validate.h"

enum { NOTES_MAX = 8 };

struct acg_preview {
    char *url;
    char *body;
    const char *notes[NOTES_MAX]; /* static texts */
    size_t note_count;
};

static int64_t present(void)
{
    return acgp_system_clock.now_unix_s(acgp_system_clock.context);
}

enum acg_status acg_publish_check(const struct acg_publish_options *opts, struct acg_findings *findings,
                                  struct acg_error *err)
{
    return acgp_validate(opts, present(), findings, NULL, err);
}

/* Without network nothing can be asked for: what a publish may leave out, a preview needs. */
static enum acg_status check_named(const struct acg_publish_options *opts, struct acg_findings *findings,
                                   struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    if (opts->location == NULL || opts->location[0] == '\0')
        status = acg_findings_add(findings, ACG_SEVERITY_ERROR, "config", "location",
                                  "missing; a preview cannot read the region of the source from Azure",
                                  "name the home region, one of the target regions", err);
    if (status == ACG_OK && opts->source.known_later)
        status =
            acg_findings_add(findings, ACG_SEVERITY_ERROR, "config", "source",
                             "missing; a preview shows the request with its source",
                             "name a managed image, a virtual machine, an image version or snapshots", err);
    if (status == ACG_OK && opts->source.data_snapshot_prefix != NULL)
        status = acg_findings_add(findings, ACG_SEVERITY_ERROR, "config", "data_snapshot_prefix",
                                  "a preview cannot ask Azure to which LUNs the snapshots belong",
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

static void add_note(struct acg_preview *p, const char *note)
{
    if (p->note_count < NOTES_MAX)
        p->notes[p->note_count++] = note;
}

/* What a publish asks Azure before it writes, and what only the write itself shows. */
static void add_notes(struct acg_preview *p, const struct acgp_publish_spec *spec)
{
    bool encrypts = acgp_publish_spec_encrypts(spec);

    add_note(p, "only Azure can tell whether the version exists already; then nothing would be written");
    add_note(p, "only Azure can tell whether the source exists and may be read from these regions");
    if (spec->source.whole_image && encrypts)
        add_note(p, "only Azure can tell which data disks the source has; each must be covered, or the "
                    "publish is refused");
    if (spec->source.whole_image && spreads(spec))
        add_note(p, "a set for every disk of a region is spread over the source's data disks when they are "
                    "known; this "
                    "body shows it for the disks that the configuration names");
    if (encrypts)
        add_note(p, "only Azure can tell whether each disk encryption set exists, in which region, and of "
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

static enum acg_status render(const char *endpoint, const struct acgp_publish_spec *spec,
                              struct acg_findings *findings, struct acg_preview *out, struct acg_error *err)
{
    struct acgp_coverage coverage = {NULL, 0};
    size_t before = acg_findings_count(findings);
    enum acg_status status = make_coverage(spec, findings, &coverage, err);

    if (status == ACG_OK)
        status = repeat_first_error(findings, before, err);
    if (status == ACG_OK)
        status = acgp_version_body(spec, spec->location, &coverage, &out->body, err);
    if (status == ACG_OK && (out->url = acgp_version_url(endpoint, spec)) == NULL)
        status = acgp_fail_nomem(err);
    if (status == ACG_OK)
        add_notes(out, spec);
    acgp_coverage_done(&coverage);
    return status;
}

static enum acg_status make(const char *endpoint, const struct acgp_publish_spec *spec,
                            struct acg_findings *findings, struct acg_preview **out, struct acg_error *err)
{
    struct acg_preview *p = acgp_alloc(1, sizeof *p);
    enum acg_status status = ACG_OK;

    if (p == NULL)
        return acgp_fail_nomem(err);
    status = render(endpoint, spec, findings, p, err);
    if (status == ACG_OK)
        *out = p;
    else
        acg_preview_free(p);
    return status;
}

enum acg_status acg_preview_new(const char *endpoint, const struct acg_publish_options *opts,
                                struct acg_findings *findings, struct acg_preview **out,
                                struct acg_error *err)
{
    size_t before = acg_findings_count(findings);
    struct acgp_publish_spec *spec = NULL;
    struct acg_error why = {0};
    char *base = NULL;
    enum acg_status status = acgp_check_version(opts->version, err);

    if (status == ACG_OK)
        status = check_named(opts, findings, err);
    if (status == ACG_OK)
        status = acgp_validate(opts, present(), findings, &spec, err);
    if (status == ACG_OK)
        status = repeat_first_error(findings, before, err);
    if (status == ACG_OK && (base = acgp_endpoint_new(endpoint, &why)) == NULL) {
        status = why.status;
        if (err != NULL)
            *err = why;
    }
    if (status == ACG_OK)
        status = make(base, spec, findings, out, err);
    acgp_free(base);
    acgp_publish_spec_free(spec);
    return status;
}

const char *acg_preview_method(const struct acg_preview *preview)
{
    (void)preview; /* a publish has one write */
    return "PUT";
}

const char *acg_preview_url(const struct acg_preview *preview)
{
    return preview->url;
}

const char *acg_preview_body(const struct acg_preview *preview)
{
    return preview->body;
}

const char *acg_preview_note(const struct acg_preview *preview, size_t i)
{
    return i < preview->note_count ? preview->notes[i] : NULL;
}

void acg_preview_free(struct acg_preview *preview)
{
    if (preview == NULL)
        return;
    acgp_free(preview->url);
    acgp_free(preview->body);
    acgp_free(preview);
}
