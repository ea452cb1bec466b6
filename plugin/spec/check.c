/* SPDX-License-Identifier: MPL-2.0 */
/* Everything that is wrong, at once: form, login, and the library's rules, in the user's words. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "spec/fields.h"
#include "spec/state.h"

/** Longest text of all faults, bytes: a thousand of them with their ids. */
enum { TEXT_MAX = 4 * 1024 * 1024 };
/** Longest part of a user's word that a message repeats. */
enum { SHOWN = 100 };

/* Rules that look at several fields: left out when one of these is faulty or unknown, since they would
 * accuse the wrong one. */
static const struct {
    const char *rule;
    unsigned about;
} across[] = {
    {"R1", PKR_ABOUT_NAMES},
    {"R5", PKR_ABOUT_SETS},
    {"R9", PKR_ABOUT_REGIONS},
    {"declared", PKR_ABOUT_SETS},
    {"half-encrypted", PKR_ABOUT_SETS},
    {"confidential", PKR_ABOUT_SETS},
};

static bool rule_is_moot(const char *rule, unsigned about)
{
    for (size_t i = 0; i < sizeof across / sizeof across[0]; i++)
        if (strcmp(rule, across[i].rule) == 0 && (about & across[i].about) != 0)
            return true;
    return false;
}

/* The five names say what the one id says: when one side is faulty or unknown, the other is not missing. */
static bool name_is_moot(const struct pkr_config *config, const char *field, unsigned about)
{
    const struct pkr_field *row = pkr_field_find(pkr_fields(), acgp_span(field), false);

    return row != NULL && (row->flags & PKR_ABOUT_NAMES) != 0 && (about & PKR_ABOUT_NAMES) != 0 &&
           pkr_notes_cover(&config->read, "gallery_image_version_id");
}

static bool is_name_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* A field name at the start of text that the user knows as a whole under other words. Names of one word are
 * left alone: "location" and "tags" are English too. */
static const struct pkr_rename *rename_at(const struct pkr_config *config, const char *text, size_t len)
{
    if (memchr(text, '_', len) == NULL)
        return NULL;
    for (const struct pkr_rename *r = config->read.renames; r != NULL; r = r->next)
        if (strlen(r->ours) == len && memcmp(r->ours, text, len) == 0)
            return r;
    return NULL;
}

/* The library's words about fields, in the user's. @return owned by caller; NULL without memory. */
static char *in_other_words(const struct pkr_config *config, const char *text)
{
    struct acgp_buf out;
    bool fine = true;

    acgp_buf_init(&out, TEXT_MAX);
    while (*text != '\0' && fine) {
        size_t len = 0;
        while (is_name_letter(text[len]))
            len++;
        const struct pkr_rename *r = len > 0 ? rename_at(config, text, len) : NULL;
        fine = r != NULL ? acgp_buf_text(&out, r->theirs) : acgp_buf_append(&out, text, len == 0 ? 1 : len);
        text += len == 0 ? 1 : len;
    }
    char *made = fine ? acgp_buf_take(&out) : NULL;
    acgp_buf_done(&out);
    return made;
}

static enum acg_status add_reworded(const struct pkr_config *config, const struct acg_finding *f,
                                    const char *field, struct acg_findings *to, struct acg_error *err)
{
    bool subscription =
        acgp_equal(f->field, "subscription_id") && config->set.options.subscription_id == NULL;
    char *message = in_other_words(config, f->message);
    char *fix = in_other_words(
        config, subscription ? "set subscription_id, the environment variable AZURE_SUBSCRIPTION_ID, or "
                               "gallery_image_version_id, which holds all five names"
                             : f->fix);
    enum acg_status status = message == NULL || fix == NULL
                                 ? acgp_fail_nomem(err)
                                 : acg_findings_add(to, f->severity, f->rule, field, message, fix, err);

    acgp_free(message);
    acgp_free(fix);
    return status;
}

enum acg_status pkr_config_translate(const struct pkr_config *config, const struct acg_finding *finding,
                                     struct acg_findings *to, struct acg_error *err)
{
    const char *field = finding->field;
    struct acgp_buf buf;

    acgp_buf_init(&buf, TEXT_MAX);
    enum acg_status status = pkr_rename_apply(config, finding->field, &buf, &field, err);
    if (status == ACG_OK)
        status = add_reworded(config, finding, field, to, err);
    acgp_buf_done(&buf);
    return status;
}

char *pkr_config_field(const struct pkr_config *config, const char *field)
{
    const char *theirs = field;
    struct acgp_buf buf;

    acgp_buf_init(&buf, TEXT_MAX);
    char *copy = pkr_rename_apply(config, field, &buf, &theirs, NULL) == ACG_OK ? acgp_strdup(theirs) : NULL;
    acgp_buf_done(&buf);
    return copy;
}

static enum acg_status add_renamed(struct pkr_config *config, const struct acg_finding *f,
                                   struct acg_error *err)
{
    char *field = pkr_config_field(config, f->field);
    enum acg_status status = field != NULL ? ACG_OK : acgp_fail_nomem(err);

    if (status == ACG_OK && !pkr_notes_cover(&config->read, field) && !pkr_notes_cover(&config->made, field))
        status = add_reworded(config, f, field, config->made.findings, err);
    acgp_free(field);
    return status;
}

/* What the library found, without what follows from a fault that was already named. */
static enum acg_status take_found(struct pkr_config *config, const struct acg_findings *found,
                                  struct acg_error *err)
{
    unsigned about = pkr_notes_about(&config->read) | pkr_notes_about(&config->made);
    enum acg_status status = ACG_OK;

    for (size_t i = 0; i < acg_findings_count(found) && status == ACG_OK; i++) {
        const struct acg_finding *f = acg_findings_at(found, i);
        if (!pkr_notes_cover(&config->read, f->field) && !rule_is_moot(f->rule, about) &&
            !name_is_moot(config, f->field, about))
            status = add_renamed(config, f, err);
    }
    return status;
}

static enum acg_status check_rules(struct pkr_config *config, struct acg_error *err)
{
    struct acg_findings *found = NULL;
    enum acg_status status = acg_findings_new(&found, err);

    if (status == ACG_OK)
        status = acg_publish_check(&config->options, found, err);
    if (status == ACG_OK || status == ACG_ERR_ARGUMENT)
        status = take_found(config, found, err);
    acg_findings_free(found);
    return status;
}

/* At last everything must be known. */
static enum acg_status refuse_unknown(struct pkr_config *config, struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    for (const struct pkr_mark *m = config->read.marks; m != NULL && status == ACG_OK; m = m->next)
        if (m->unknown && !pkr_notes_cover(&config->made, m->path))
            status = pkr_note_fault(&config->made, m->path, m->about,
                                    "write the value, or take it from a builder that hands it on", err,
                                    "still holds %s: the build did not make the value known", PKR_UNKNOWN);
    return status;
}

/* Without network the region of the source cannot be read. */
static enum acg_status check_location(struct pkr_config *config, struct acg_error *err)
{
    const char *field = "location";
    struct acgp_buf buf;

    if (config->options.location != NULL || pkr_notes_cover(&config->read, "location"))
        return ACG_OK;
    acgp_buf_init(&buf, TEXT_MAX);
    enum acg_status status = pkr_rename_apply(config, "location", &buf, &field, err);
    if (status == ACG_OK)
        status = pkr_note_fault(&config->made, field, PKR_ABOUT_REGIONS,
                                "name the home region, one of the target regions", err,
                                "is missing; a dry run cannot ask Azure for the source's region");
    acgp_buf_done(&buf);
    return status;
}

static enum acg_status start_over(struct pkr_config *config, struct acg_error *err)
{
    struct acg_findings *fresh = NULL;
    enum acg_status status = acg_findings_new(&fresh, err);

    if (status != ACG_OK)
        return status;
    acg_findings_free(config->made.findings);
    pkr_arena_done(&config->made.arena);
    config->made = (struct pkr_notes){.findings = fresh};
    return ACG_OK;
}

/* The faults of form come first, in the user's words too. */
static enum acg_status take_read(struct pkr_config *config, struct acg_error *err)
{
    enum acg_status status = ACG_OK;
    struct acgp_buf buf;

    acgp_buf_init(&buf, TEXT_MAX);
    for (size_t i = 0; i < acg_findings_count(config->read.findings) && status == ACG_OK; i++) {
        const struct acg_finding *f = acg_findings_at(config->read.findings, i);
        const char *field = f->field;
        status = pkr_rename_apply(config, f->field, &buf, &field, err);
        if (status == ACG_OK)
            status =
                acg_findings_add(config->made.findings, f->severity, f->rule, field, f->message, f->fix, err);
    }
    acgp_buf_done(&buf);
    return status;
}

static enum acg_status verdict(const struct pkr_config *config, struct acg_error *err)
{
    size_t errors = acg_findings_errors(config->made.findings);
    const struct acg_finding *first = acg_findings_at(config->made.findings, 0);

    for (size_t i = 1; first != NULL && first->severity != ACG_SEVERITY_ERROR; i++)
        first = acg_findings_at(config->made.findings, i);
    if (first == NULL)
        return ACG_OK;
    if (errors == 1)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, first->field, "%s", first->message);
    return acgp_fail_field(err, ACG_ERR_ARGUMENT, first->field, "%s; %zu faults in all", first->message,
                           errors);
}

/* What is deleted is recognised by the date that the proof reads. */
static enum acg_status check_destroy(struct pkr_config *config, struct acg_error *err)
{
    if (config->set.delete_on_destroy != ACG_TRUE || config->set.options.wait != ACG_WAIT_ACCEPTED)
        return ACG_OK;
    return pkr_note_fault(&config->made, "delete_version_on_destroy", 0, "write wait = \"all\"", err,
                          "needs a version that was read back, and wait is \"accepted\"");
}

/* The word, and that nothing contradicts it. */
static enum acg_status check_artifact_source(struct pkr_config *config, struct acg_error *err)
{
    const char *word = config->set.artifact_source;

    if (word == NULL || pkr_notes_cover(&config->read, "artifact_source"))
        return ACG_OK;
    if (pkr_config_artifact_choice(config) == PKR_ARTIFACT_ANY)
        return pkr_note_fault(&config->made, "artifact_source", PKR_ABOUT_SOURCE,
                              "write managed_image, snapshots, image_version or disks", err,
                              "is \"%.*s\", which is none of what an artifact can hold", SHOWN, word);
    if (pkr_config_names_source(config))
        return pkr_note_fault(&config->made, "artifact_source", PKR_ABOUT_SOURCE, "keep one of the two", err,
                              "stands beside a source that the configuration names");
    return ACG_OK;
}

static enum acg_status check_publish(struct pkr_config *config, enum pkr_phase phase, struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    if (phase != PKR_PHASE_VALIDATE)
        status = refuse_unknown(config, err);
    if (status == ACG_OK)
        status = check_artifact_source(config, err);
    if (status == ACG_OK)
        status = check_destroy(config, err);
    if (status == ACG_OK)
        status = pkr_resolve(config, phase, err);
    if (status == ACG_OK && phase == PKR_PHASE_PREVIEW)
        status = check_location(config, err);
    return status == ACG_OK && phase != PKR_PHASE_PLAN ? check_rules(config, err) : status;
}

enum acg_status pkr_config_check(struct pkr_config *config, enum pkr_phase phase, struct acg_error *err)
{
    enum acg_status status = start_over(config, err);

    if (status == ACG_OK)
        status = take_read(config, err);
    if (status == ACG_OK && phase != PKR_PHASE_LOGIN)
        status = check_publish(config, phase, err);
    if (status == ACG_OK)
        status = pkr_check_access(config, phase, err);
    return status == ACG_OK ? verdict(config, err) : status;
}
