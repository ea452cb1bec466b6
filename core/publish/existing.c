/* SPDX-License-Identifier: MPL-2.0 */
/* The version is there already: whose is it, and what is done about it. */
#include <inttypes.h>
#include <stdio.h>

#include "arm/operation_doc.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "publish/machine.h"

struct acgp_asked acgp_machine_asked(const struct acgp_publish *m)
{
    return (struct acgp_asked){.spec = m->spec,
                               .location = m->location,
                               .coverage = &m->coverage,
                               .left_out = m->left_out,
                               .others_stay = m->spec->on_existing == ACG_ON_EXISTING_UPDATE,
                               .ends_well = true,
                               .adopted = m->adopted};
}

static enum acgp_existing_state state_of(const struct acgp_version_doc *doc)
{
    enum acgp_operation_state state = acgp_operation_word(doc->provisioning_state);

    if (acgp_equal_nocase(doc->provisioning_state, "Deleting"))
        return ACGP_EXISTING_DELETING;
    if (state == ACGP_OPERATION_SUCCEEDED)
        return ACGP_EXISTING_SUCCEEDED;
    if (state == ACGP_OPERATION_FAILED || state == ACGP_OPERATION_CANCELED)
        return ACGP_EXISTING_FAILED;
    return ACGP_EXISTING_RUNNING;
}

/* How many differences, seen in one of three lights. The first is copied to *first when it is given. */
static size_t differences(struct acgp_publish *m, int64_t now_ms, struct acgp_asked asked, char *first,
                          size_t size)
{
    struct acgp_differences d = {0};
    size_t count = acgp_compare_existing(&asked, &m->doc, &d);

    if (d.failed)
        acgp_work_nomem(&m->work, now_ms);
    else if (count != 0 && first != NULL)
        acgp_error_text(first, size, d.items[0].text);
    acgp_differences_done(&d);
    return count;
}

static void look(struct acgp_publish *m, int64_t now_ms, struct acgp_existing *e, char *first, size_t size)
{
    struct acgp_asked here = acgp_machine_asked(m), all = here, lasting = here;

    here.adopted = all.adopted = lasting.adopted = true;
    here.others_stay = lasting.others_stay = true;
    lasting.lasting_only = true;
    all.left_out = NULL;
    all.others_stay = m->spec->on_existing == ACG_ON_EXISTING_UPDATE;
    e->state = state_of(&m->doc);
    e->key = acgp_equal(acgp_version_doc_tag(&m->doc, ACGP_KEY_TAG), m->key);
    e->mendable = differences(m, now_ms, lasting, first, size) == 0;
    if (!m->work.ended)
        e->same = differences(m, now_ms, here, e->mendable ? first : NULL, size) == 0;
    if (!m->work.ended)
        e->complete = differences(m, now_ms, all, e->same ? first : NULL, size) == 0;
    e->older = acgp_sources_older(&m->preflight, m->doc.published);
}

static void say_refusal(const struct acgp_publish *m, const struct acgp_existing *e, const char *first,
                        struct acg_error *err)
{
    const char *state = m->doc.provisioning_state ? m->doc.provisioning_state : "state unknown";
    const char *published = m->doc.published;
    const char *why = NULL;

    if (e->state == ACGP_EXISTING_DELETING)
        why = "it is being deleted; try again when it is gone";
    else if (!e->same || !e->complete)
        why = first;
    else if (e->state == ACGP_EXISTING_RUNNING)
        why = "another writer is at work on it";
    else if (e->key)
        why = "it holds what is asked for, but its source may have been rebuilt under its old name since; "
              "on_existing reuse takes it";
    else
        why = "it holds what is asked for, but another publish made it; on_existing reuse takes it";
    acgp_fail_field(err, ACG_ERR_CONFLICT, "gallery_image_version",
                    "the version exists (%s%s%s) and is left as it is; name another version: %s; %s", state,
                    published ? ", published " : "", published ? published : "", m->spec->version_id, why);
    err->http_status = 200;
}

static enum acgp_adoption decide(struct acgp_publish *m, int64_t now_ms, const json_t *root,
                                 struct acgp_existing *e, struct acg_error *refusal)
{
    char first[sizeof refusal->message / 2] = "";
    enum acgp_adoption adoption = ACGP_ADOPT_START;
    struct acg_error err;

    if (acgp_version_doc_of(root, &m->doc, &err) == ACG_ERR_NOMEM) {
        acgp_work_end(&m->work, now_ms, &err);
        return 0;
    }
    acgp_progress_look_up(m);
    acgp_regions_adopt(m);
    look(m, now_ms, e, first, sizeof first);
    if (m->work.ended)
        return 0;
    adoption = acgp_adopt_decide(e, m->spec->on_existing);
    m->must_write = adoption == ACGP_ADOPT_UPDATE && !e->same;
    if (adoption == ACGP_ADOPT_REFUSE)
        say_refusal(m, e, first, refusal);
    return adoption;
}

static bool rename_version(struct acgp_publish *m, int64_t now_ms, const char *name)
{
    if (!acgp_publish_spec_name(m->spec, name)) {
        acgp_work_nomem(&m->work, now_ms);
        return false;
    }
    m->work.result.version_id = m->spec->version_id;
    return true;
}

/* May a run that is free to choose a name go on with this one? What another run left Failed is left behind.
 */
static bool worth_going_on(const struct acgp_publish *m, const struct acgp_existing *e,
                           enum acgp_adoption adoption)
{
    bool dead =
        e->state == ACGP_EXISTING_FAILED && !e->unfinished && m->spec->on_failure != ACG_ON_FAILURE_REPAIR;

    return (adoption == ACGP_ADOPT_JOIN && !dead) ||
           (adoption == ACGP_ADOPT_TAKE && m->spec->on_existing == ACG_ON_EXISTING_REUSE);
}

/* The name is chosen: that of a version which this publish began, or the next one. */
static enum acgp_adoption choose(struct acgp_publish *m, int64_t now_ms)
{
    struct acgp_existing e = {.unfinished = m->unfinished};
    struct acgp_image_version v = {0};
    const json_t *root = acgp_preflight_tagged(&m->preflight, ACGP_KEY_TAG, m->key, &v);
    char name[ACGP_VERSION_NAME_MAX];
    struct acg_error err;

    if (root != NULL) {
        enum acgp_adoption adoption = decide(m, now_ms, root, &e, &err);
        (void)snprintf(name, sizeof name, "%" PRId32 ".%" PRId32 ".%" PRId32, v.major, v.minor, v.patch);
        if (m->work.ended)
            return 0;
        if (worth_going_on(m, &e, adoption))
            return rename_version(m, now_ms, name) ? adoption : 0;
        acgp_version_doc_done(&m->doc);
        m->must_write = false;
    }
    if (acgp_preflight_choose(&m->preflight, name, &err) != ACG_OK)
        acgp_work_end(&m->work, now_ms, &err);
    else if (rename_version(m, now_ms, name))
        acgp_work_notice(&m->work, now_ms,
                         acgp_printf("%s: the version is %s", m->spec->version_given, name));
    return m->work.ended ? 0 : ACGP_ADOPT_START;
}

enum acgp_adoption acgp_existing_judge(struct acgp_publish *m, int64_t now_ms, struct acg_error *refusal)
{
    const struct acgp_fact *fact = NULL;
    struct acgp_existing e = {.unfinished = m->unfinished};

    if (m->preflight.blocked.status == ACG_OK && m->spec->naming != ACGP_NAMING_GIVEN)
        return choose(m, now_ms);
    fact = acgp_facts_find(&m->preflight.facts, m->spec->version_id);
    if (fact == NULL || fact->state != ACGP_FACT_READ)
        return ACGP_ADOPT_START;
    return decide(m, now_ms, fact->root, &e, refusal);
}

void acgp_existing_appeared(struct acgp_publish *m, int64_t now_ms, const struct acgp_response *response)
{
    struct acgp_existing e = {.unfinished = m->unfinished};
    enum acgp_adoption adoption = ACGP_ADOPT_REFUSE;
    struct acg_error err;
    json_t *root = NULL;

    if (acgp_json_parse(acgp_buf_view(&response->body), &root, &err) != ACG_OK) {
        acgp_work_end(&m->work, now_ms, &err);
        return;
    }
    adoption = decide(m, now_ms, root, &e, &err);
    json_decref(root);
    if (m->work.ended)
        return;
    if (m->spec->naming != ACGP_NAMING_GIVEN && !worth_going_on(m, &e, adoption)) {
        adoption = ACGP_ADOPT_REFUSE;
        acgp_fail_field(&err, ACG_ERR_CONFLICT, "gallery_image_version",
                        "another job took the name before this one could write, and its version is left as "
                        "it is: %s; run again: it takes the next name",
                        m->spec->version_id);
    }
    if (adoption == ACGP_ADOPT_REFUSE)
        acgp_work_end(&m->work, now_ms, &err);
    else
        acgp_existing_go_on(m, now_ms, adoption);
}

static const char *words(const struct acgp_publish *m, enum acgp_adoption adoption)
{
    bool finished = state_of(&m->doc) == ACGP_EXISTING_SUCCEEDED;

    if (adoption == ACGP_ADOPT_UPDATE)
        return "the version is there: what is missing is added, regions of others stay";
    if (adoption == ACGP_ADOPT_TAKE)
        return "the version is there and holds what is asked for, although it is not known which publish "
               "made "
               "it: it is taken, as on_existing reuse says";
    return finished ? "the version is there: an earlier run of this publish finished it"
                    : "the version is there: an earlier run of this publish began it, and this one goes on";
}

/* What is deleted is recognised by its date. */
static void replace(struct acgp_publish *m, int64_t now_ms)
{
    struct acg_error err;

    if (m->doc.published == NULL) {
        acgp_fail_field(&err, ACG_ERR_CONFLICT, "gallery_image_version",
                        "the version that is there does not tell when it was published, so that it could not "
                        "be recognised before its deletion: it is left as it is; delete it yourself, or name "
                        "another version: %s",
                        m->spec->version_id);
        acgp_work_end(&m->work, now_ms, &err);
        return;
    }
    acgp_work_notice(&m->work, now_ms,
                     acgp_printf("replacing the version that was published %s", m->doc.published));
    if (!m->work.ended)
        acgp_clearing_begin(m, now_ms, ACGP_CLEAR_OLD);
}

void acgp_existing_go_on(struct acgp_publish *m, int64_t now_ms, enum acgp_adoption adoption)
{
    acgp_preflight_done(&m->preflight);
    if (adoption == ACGP_ADOPT_REPLACE) {
        replace(m, now_ms);
        return;
    }
    m->adopted = m->accepted = m->rewriting = true;
    acgp_records_begin(m, now_ms);
    m->answered_ms = m->accepted_ms = now_ms;
    acgp_work_notice(&m->work, now_ms, acgp_strdup(words(m, adoption)));
    if (!m->work.ended)
        acgp_replication_begin(m, now_ms);
}
