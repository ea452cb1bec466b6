/* SPDX-License-Identifier: MPL-2.0 */
/* What the answers about the source and about each disk encryption set mean. */
#include "arm/des_doc.h"
#include "arm/error_doc.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "model/region.h"
#include "model/words.h"
#include "plan/check.h"
#include "publish/machine.h"

#define CONFIDENTIAL "ConfidentialVmEncryptedWithCustomerKey"

static void take_source(struct acgp_publish *m, int64_t now_ms, enum acgp_resource_kind kind,
                        const struct acgp_response *response)
{
    struct acg_error err;
    const char *field = acgp_checks_source_field(m);

    if (acgp_source_doc_decode(acgp_buf_view(&response->body), kind, &m->source, &err) != ACG_OK) {
        acgp_fail_context(&err, "reading the source");
        acgp_checks_stop(m, now_ms, &err);
        return;
    }
    m->source_read = true;
    acgp_snapshots_on_os(m, now_ms, response);
    if (m->source.location[0] == '\0')
        return;
    if (m->location[0] == '\0')
        acgp_region_normalise(acgp_span(m->source.location), m->location);
    /* a version is read where it is replicated, not where its home is */
    else if (kind != ACGP_RESOURCE_IMAGE_VERSION && !acgp_region_equal(m->location, m->source.location))
        acgp_work_find(
            &m->work, now_ms, ACG_SEVERITY_ERROR, "R22", field,
            acgp_printf(
                "the source is in %s, the version's home region is %s; Azure wants both in one region",
                m->source.location, m->location),
            "name the source's region as location, or a source in the home region");
}

void acgp_checks_judge_source(struct acgp_publish *m, int64_t now_ms, const struct acgp_answer *answer)
{
    enum acgp_resource_kind kind = ACGP_RESOURCE_OTHER;
    const char *id = acgp_checks_source_id(m, &kind), *field = acgp_checks_source_field(m);
    struct acg_error err;

    if (acgp_answer_status(answer) == 200) {
        take_source(m, now_ms, kind, answer->response);
        return;
    }
    if (acgp_answer_status(answer) == 404) {
        acgp_work_find(&m->work, now_ms, ACG_SEVERITY_ERROR, "R22", field,
                       acgp_printf("the source does not exist: %s", id), "name an existing source");
        return;
    }
    acgp_answer_error(answer, "reading the source", &err);
    if (answer->response != NULL)
        acgp_error_text(err.field, sizeof err.field, field);
    acgp_checks_stop(m, now_ms, &err);
}

/* The field by which a place names a set first; an empty text: it does not. */
static struct acgp_text set_field(const struct acgp_place *place, const char *set_id)
{
    const struct acgp_place_encryption *e = &place->encryption;

    if (acgp_resource_id_equal(e->every_disk_id, set_id))
        return acgp_text("%s.disk_encryption_set_id", place->field);
    if (acgp_resource_id_equal(e->os_id, set_id))
        return acgp_text("%s.os_disk.disk_encryption_set_id", place->field);
    if (acgp_resource_id_equal(e->secure_vm_id, set_id))
        return acgp_text("%s.os_disk.secure_vm_disk_encryption_set_id", place->field);
    for (size_t d = 0; d < e->data_count; d++)
        if (acgp_resource_id_equal(e->data[d].id, set_id))
            return acgp_text("%s.data_disk[%zu].disk_encryption_set_id", place->field, e->data[d].index);
    return acgp_text("%s", "");
}

static bool names(const struct acgp_place *place, const char *set_id)
{
    return set_field(place, set_id).text[0] != '\0';
}

/* R3: a set works only in its own region. */
static void judge_region(struct acgp_publish *m, int64_t now_ms, const struct acgp_set_use *set)
{
    for (size_t i = 0; !m->work.ended && i < m->spec->place_count; i++) {
        const struct acgp_place *place = &m->spec->places[i];
        if (set->location[0] == '\0' || !names(place, set->id) ||
            acgp_region_equal(place->region, set->location))
            continue;
        acgp_work_find(&m->work, now_ms, ACG_SEVERITY_ERROR, "R3", set_field(place, set->id).text,
                       acgp_printf("%s: the disk encryption set is in %s and cannot be used in %s: %s",
                                   place->region, set->location, place->region, set->id),
                       "name a disk encryption set of that region");
    }
}

/* The place that names a set first; sets come from the places, so there is one. */
static const struct acgp_place *first_place(const struct acgp_publish *m, const struct acgp_set_use *set)
{
    size_t i = 0;

    while (i + 1 < m->spec->place_count && !names(&m->spec->places[i], set->id))
        i++;
    return &m->spec->places[i];
}

static void judge_type(struct acgp_publish *m, int64_t now_ms, const struct acgp_set_use *set)
{
    const char *declared = m->spec->encryption_type, *region = first_place(m, set)->region;
    struct acgp_text field = set_field(first_place(m, set), set->id);
    bool at_rest = acgp_span_starts_nocase(acgp_span(declared), acgp_span("EncryptionAtRest"));

    if (set->disks && at_rest && !acgp_equal_nocase(set->type, declared))
        acgp_work_find(&m->work, now_ms, ACG_SEVERITY_ERROR, "encryption_type", field.text,
                       acgp_printf("%s: declared is %s, the disk encryption set is of type %s: %s", region,
                                   declared, set->type, set->id),
                       acgp_equal_nocase(declared, ACGP_DOUBLE_KEYS)
                           ? "name a set of type " ACGP_DOUBLE_KEYS ", or declare what it is"
                           : "name a set of the declared type, or declare what it is");
    else if (set->secure && !acgp_equal_nocase(set->type, CONFIDENTIAL))
        acgp_work_find(&m->work, now_ms, ACG_SEVERITY_ERROR, "encryption_type", field.text,
                       acgp_printf("%s: secure_vm_disk_encryption_set_id needs a set of type " CONFIDENTIAL
                                   ", this one is %s: %s",
                                   region, set->type, set->id),
                       "name a set of type " CONFIDENTIAL);
}

static void judge_set(struct acgp_publish *m, int64_t now_ms, const struct acgp_set_use *set)
{
    const char *region = first_place(m, set)->region;
    struct acgp_text field = set_field(first_place(m, set), set->id);

    if (set->status == 404)
        acgp_work_find(&m->work, now_ms, ACG_SEVERITY_ERROR, "R2", field.text,
                       acgp_printf("%s: the disk encryption set does not exist: %s", region, set->id),
                       "name an existing disk encryption set");
    if (set->status == 403)
        acgp_work_find(
            &m->work, now_ms, ACG_SEVERITY_WARNING, "R3", field.text,
            acgp_printf("%s: could not be checked: no permission to read the disk encryption set %s", region,
                        set->id),
            "grant Microsoft.Compute/diskEncryptionSets/read on it");
    if (set->status != 200)
        return;
    judge_region(m, now_ms, set);
    if (!m->work.ended)
        judge_type(m, now_ms, set);
    if (!m->work.ended && !acgp_equal_nocase(set->state, "Succeeded"))
        acgp_work_find(
            &m->work, now_ms, ACG_SEVERITY_ERROR, "R2", field.text,
            acgp_printf("%s: the disk encryption set is in state %s: %s", region, set->state, set->id),
            "wait until it is Succeeded, or mend it");
}

void acgp_checks_judge_sets(struct acgp_publish *m, int64_t now_ms)
{
    for (size_t i = 0; !m->work.ended && i < m->set_count; i++)
        judge_set(m, now_ms, &m->sets[i]);
}

static void take_set(struct acgp_publish *m, int64_t now_ms, struct acgp_set_use *set,
                     const struct acgp_response *response)
{
    struct acgp_des_doc doc = {0};
    struct acg_error err;

    if (acgp_des_doc_decode(acgp_buf_view(&response->body), &doc, &err) != ACG_OK) {
        acgp_fail_context(&err, "reading disk encryption set %s", set->id);
        acgp_checks_stop(m, now_ms, &err);
    } else {
        set->status = 200;
        acgp_error_text(set->location, sizeof set->location, doc.location);
        /* the service fills the single type in when a set was made without one */
        acgp_error_text(set->type, sizeof set->type,
                        doc.encryption_type ? doc.encryption_type : ACGP_CUSTOMER_KEY);
        acgp_error_text(set->state, sizeof set->state,
                        doc.provisioning_state ? doc.provisioning_state : "Succeeded");
    }
    acgp_des_doc_done(&doc);
}

void acgp_checks_take_set(struct acgp_publish *m, int64_t now_ms, struct acgp_set_use *set,
                          const struct acgp_answer *answer)
{
    struct acg_error err;
    int status = acgp_answer_status(answer);

    if (status == 200) {
        take_set(m, now_ms, set, answer->response);
    } else if (status == 404 || status == 403) {
        set->status = status;
    } else {
        acgp_answer_error(answer, "reading a disk encryption set", &err);
        acgp_error_text(err.field, sizeof err.field, set_field(first_place(m, set), set->id).text);
        acgp_checks_stop(m, now_ms, &err);
    }
}
