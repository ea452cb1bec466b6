/* SPDX-License-Identifier: MPL-2.0 */
#include "plan/validate.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "model/words.h"
#include "plan/check.h"

/* A list as the caller gave it. */
struct given_list {
    const char *field;
    const void *items;
    size_t count;
};

static enum acg_status check_list(struct given_list list, struct acg_error *err)
{
    if (list.count > 0 && list.items == NULL)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, list.field, "a list of %zu entries is NULL",
                               list.count);
    if (list.count > ACGP_LIST_MAX)
        return acgp_fail_field(err, ACG_ERR_LIMIT, list.field, "a list of %zu entries; at most %d are taken",
                               list.count, ACGP_LIST_MAX);
    return ACG_OK;
}

static enum acg_status check_encryption_list(const char *field, const struct acg_encryption *e,
                                             struct acg_error *err)
{
    return check_list((struct given_list){field, e->data_disks, e->data_disk_count}, err);
}

enum acg_status acgp_check_version(uint32_t version, struct acg_error *err)
{
    if (version == 0 || version > ACG_PUBLISH_OPTIONS_VERSION)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "version",
                               "options of version %u are not known to this library, which knows 1 to %u",
                               (unsigned)version, ACG_PUBLISH_OPTIONS_VERSION);
    return ACG_OK;
}

/* What a caller in C can get wrong before any rule applies. */
static enum acg_status check_shape(const struct acg_publish_options *o, struct acg_error *err)
{
    const struct given_list lists[] = {
        {"target_region", o->target_regions, o->target_region_count},
        {"edge_zone", o->edge_zones, o->edge_zone_count},
        {"data_snapshot", o->source.data_disks, o->source.data_disk_count},
        {"platform_key_disks", o->platform_key_disks, o->platform_key_disk_count},
        {"tags", o->tags, o->tag_count},
        {"optional_regions", o->optional_regions, o->optional_region_count},
    };
    enum acg_status status = ACG_OK;

    for (size_t i = 0; i < sizeof lists / sizeof lists[0] && status == ACG_OK; i++)
        status = check_list(lists[i], err);
    for (size_t i = 0; status == ACG_OK && i < o->target_region_count; i++)
        status = check_encryption_list("target_region.data_disk", &o->target_regions[i].encryption, err);
    for (size_t i = 0; status == ACG_OK && i < o->edge_zone_count; i++)
        status = check_encryption_list("edge_zone.data_disk", &o->edge_zones[i].encryption, err);
    return status;
}

static const struct acg_finding *first_error(const struct acg_findings *findings, size_t from)
{
    for (size_t i = from; i < acg_findings_count(findings); i++) {
        const struct acg_finding *f = acg_findings_at(findings, i);

        if (f->severity == ACG_SEVERITY_ERROR)
            return f;
    }
    return NULL;
}

/* ACG_ERR_ARGUMENT when faults were added behind the first `from` findings. */
static enum acg_status verdict(const struct acg_findings *findings, size_t from, size_t errors,
                               struct acg_error *err)
{
    const struct acg_finding *first = first_error(findings, from);

    if (first == NULL)
        return ACG_OK;
    if (errors == 1)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, first->field, "%s (%s); fix: %s", first->message,
                               first->rule, first->fix);
    return acgp_fail_field(err, ACG_ERR_ARGUMENT, first->field, "%zu faults, the first: %s (%s); fix: %s",
                           errors, first->message, first->rule, first->fix);
}

static void check_done(struct acgp_check *c)
{
    for (size_t i = 0; i < c->set_count; i++)
        acgp_free(c->sets[i].id);
    acgp_free(c->sets);
    acgp_free(c->places);
}

static void check_all(struct acgp_check *c)
{
    acgp_check_names(c);
    acgp_check_source(c);
    acgp_check_regions(c);
    acgp_check_encryption(c);
    acgp_check_declared(c);
    acgp_check_values(c);
}

/* @param out owned by caller; not NULL on ACG_OK. @return ACG_OK also with faults. */
static enum acg_status make(const struct acg_publish_options *opts, int64_t now_unix_s,
                            struct acg_findings *findings, struct acg_findings *laid,
                            struct acgp_publish_spec **out, struct acg_error *err)
{
    struct acgp_check c = {
        .opts = opts, .now_unix_s = now_unix_s, .findings = findings, .laid = laid, .err = err};
    enum acg_status status = acgp_check_version(opts->version, err);

    if (status == ACG_OK)
        status = check_shape(opts, err);
    if (status != ACG_OK)
        return status;
    c.spec = acgp_alloc(1, sizeof *c.spec);
    if (c.spec == NULL)
        return acgp_fail_nomem(err);
    check_all(&c);
    check_done(&c);
    if (c.status == ACG_OK)
        *out = c.spec;
    else
        acgp_publish_spec_free(c.spec);
    return c.status;
}

enum acg_status acgp_validate(const struct acg_publish_options *opts, int64_t now_unix_s,
                              struct acg_findings *findings, struct acgp_publish_spec **out,
                              struct acg_error *err)
{
    size_t before = acg_findings_count(findings);
    size_t errors = acg_findings_errors(findings);
    struct acgp_publish_spec *spec = NULL;
    enum acg_status status = make(opts, now_unix_s, findings, findings, &spec, err);

    if (status == ACG_OK)
        status = verdict(findings, before, acg_findings_errors(findings) - errors, err);
    if (status == ACG_OK && out != NULL)
        *out = spec;
    else
        acgp_publish_spec_free(spec);
    return status;
}

/* A word that is none declares nothing. */
static void drop_unknown_type(struct acgp_publish_spec *spec)
{
    if (spec->encryption_type == NULL ||
        acgp_word_find(&acgp_words_encryption_type, acgp_span(spec->encryption_type)) != NULL)
        return;
    acgp_free(spec->encryption_type);
    spec->encryption_type = NULL;
}

enum acg_status acgp_validate_draft(const struct acg_publish_options *opts, int64_t now_unix_s,
                                    struct acg_findings *findings, struct acgp_publish_spec **out,
                                    size_t *out_faults, struct acg_error *err)
{
    size_t errors = acg_findings_errors(findings);
    struct acg_findings *laid = NULL;
    enum acg_status status = acg_findings_new(&laid, err);

    if (status == ACG_OK)
        status = make(opts, now_unix_s, findings, laid, out, err);
    if (status == ACG_OK) {
        drop_unknown_type(*out);
        *out_faults = acg_findings_errors(findings) - errors + acg_findings_errors(laid);
    }
    acg_findings_free(laid);
    return status;
}
