/* SPDX-License-Identifier: MPL-2.0 */
#include <acg/publisher.h>

#include <string.h>

#include "arm/version_body.h"
#include "base/alloc.h"
#include "base/error.h"
#include "engine/offline.h"
#include "engine/publisher.h"
#include "plan/validate.h"

struct acg_preview {
    char *url;
    char *body;
    const char *notes[ACGP_OFFLINE_NOTES_MAX]; /* static texts */
    size_t note_count;
};

enum acg_status acg_publish_check(const struct acg_publish_options *opts, struct acg_findings *findings,
                                  struct acg_error *err)
{
    int64_t now_unix_s = acgp_system_clock.now_unix_s(acgp_system_clock.context);

    return acgp_validate(opts, now_unix_s, findings, NULL, err);
}

static enum acg_status render(const struct acgp_offline *known, struct acg_preview *out,
                              struct acg_error *err)
{
    const struct acgp_publish_spec *spec = known->spec;
    enum acg_status status = acgp_version_body(spec, spec->location, &known->coverage, NULL, &out->body, err);

    if (status == ACG_OK && (out->url = acgp_version_url(known->endpoint, spec)) == NULL)
        status = acgp_fail_nomem(err);
    memcpy(out->notes, known->notes, sizeof out->notes);
    out->note_count = known->note_count;
    return status;
}

enum acg_status acg_preview_new(const char *endpoint, const struct acg_publish_options *opts,
                                struct acg_findings *findings, struct acg_preview **out,
                                struct acg_error *err)
{
    struct acgp_offline known = {0};
    struct acg_preview *p = NULL;
    enum acg_status status = acgp_offline_make(endpoint, opts, findings, &known, err);

    if (status == ACG_OK && (p = acgp_alloc(1, sizeof *p)) == NULL)
        status = acgp_fail_nomem(err);
    if (status == ACG_OK)
        status = render(&known, p, err);
    acgp_offline_done(&known);
    if (status == ACG_OK)
        *out = p;
    else
        acg_preview_free(p);
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
