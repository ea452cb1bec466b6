/* SPDX-License-Identifier: MPL-2.0 */
/* What the answers about the source and about each disk encryption set mean. */
#include "arm/des_doc.h"
#include "arm/error_doc.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "model/region.h"
#include "publish/machine.h"

#define CUSTOMER_KEY "EncryptionAtRestWithCustomerKey"
#define DOUBLE_KEYS  "EncryptionAtRestWithPlatformAndCustomerKeys"
#define CONFIDENTIAL "ConfidentialVmEncryptedWithCustomerKey"

/* message is given; NULL is out of memory */
static void find(struct acgp_publish *m, int64_t now_ms, enum acg_severity severity, const char *rule,
                 const char *field, char *message, const char *fix)
{
    if (message == NULL)
        acgp_machine_nomem(m, now_ms);
    else
        acgp_checks_finding(m, now_ms, severity, rule, field, message, fix);
    acgp_free(message);
}

static void block(struct acgp_publish *m, int64_t now_ms, const struct acg_error *err)
{
    if (err->status == ACG_ERR_NOMEM)
        acgp_machine_end(m, now_ms, err);
    else
        acgp_checks_block(m, err);
}

static void take_source(struct acgp_publish *m, int64_t now_ms, enum acgp_resource_kind kind,
                        const struct acgp_response *response)
{
    struct acg_error err;
    const char *field = acgp_checks_source_field(m);

    if (acgp_source_doc_decode(acgp_buf_view(&response->body), kind, &m->source, &err) != ACG_OK) {
        acgp_fail_context(&err, "reading the source");
        block(m, now_ms, &err);
        return;
    }
    m->source_read = true;
    if (m->source.location[0] == '\0')
        return;
    if (m->location[0] == '\0')
        acgp_region_normalise(acgp_span(m->source.location), m->location);
    /* a version is read where it is replicated, not where its home is */
    else if (kind != ACGP_RESOURCE_IMAGE_VERSION && !acgp_region_equal(m->location, m->source.location))
        find(m, now_ms, ACG_SEVERITY_ERROR, "R22", field,
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
        find(m, now_ms, ACG_SEVERITY_ERROR, "R22", field, acgp_printf("the source does not exist: %s", id),
             "name an existing source");
        return;
    }
    acgp_answer_error(answer, "reading the source", &err);
    if (answer->response != NULL)
        acgp_error_text(err.field, sizeof err.field, field);
    block(m, now_ms, &err);
}

/* R3: a set works only in its own region. */
static void judge_region(struct acgp_publish *m, int64_t now_ms, const struct acgp_set_use *set,
                         const char *location)
{
    for (size_t i = 0; !m->ended && i < m->spec->place_count; i++) {
        const struct acgp_place *place = &m->spec->places[i];
        const struct acgp_place_encryption *e = &place->encryption;
        bool used = acgp_resource_id_equal(e->every_disk_id, set->id) ||
                    acgp_resource_id_equal(e->os_id, set->id) ||
                    acgp_resource_id_equal(e->secure_vm_id, set->id);
        for (size_t d = 0; !used && d < e->data_count; d++)
            used = acgp_resource_id_equal(e->data[d].id, set->id);
        if (!used || acgp_region_equal(place->region, location))
            continue;
        find(m, now_ms, ACG_SEVERITY_ERROR, "R3", place->field,
             acgp_printf("the disk encryption set is in %s and cannot be used in %s: %s", location,
                         place->region, set->id),
             "name a disk encryption set of that region");
    }
}

static void judge_type(struct acgp_publish *m, int64_t now_ms, const struct acgp_set_use *set,
                       const char *type)
{
    const char *declared = m->spec->encryption_type;
    bool at_rest = acgp_span_starts_nocase(acgp_span(declared), acgp_span("EncryptionAtRest"));
    bool right = true;

    if (set->disks && at_rest && !acgp_equal_nocase(type, declared)) {
        right = false;
        find(
            m, now_ms, ACG_SEVERITY_ERROR, "encryption_type", set->field,
            acgp_printf("declared is %s, the disk encryption set is of type %s: %s", declared, type, set->id),
            acgp_equal_nocase(declared, DOUBLE_KEYS)
                ? "name a set of type " DOUBLE_KEYS ", or declare what it is"
                : "name a set of the declared type, or declare what it is");
    }
    if (!m->ended && right && set->secure && !acgp_equal_nocase(type, CONFIDENTIAL))
        find(m, now_ms, ACG_SEVERITY_ERROR, "encryption_type", set->field,
             acgp_printf("secure_vm_disk_encryption_set_id needs a set of type " CONFIDENTIAL
                         ", this one is %s: %s",
                         type, set->id),
             "name a set of type " CONFIDENTIAL);
}

static void judge_state(struct acgp_publish *m, int64_t now_ms, const struct acgp_set_use *set,
                        const char *state)
{
    if (state == NULL || acgp_equal_nocase(state, "Succeeded"))
        return;
    find(m, now_ms, ACG_SEVERITY_ERROR, "R2", set->field,
         acgp_printf("the disk encryption set is in state %s: %s", state, set->id),
         "wait until it is Succeeded, or mend it");
}

static void take_set(struct acgp_publish *m, int64_t now_ms, const struct acgp_set_use *set,
                     const struct acgp_response *response)
{
    struct acgp_des_doc doc = {0};
    struct acg_error err;

    if (acgp_des_doc_decode(acgp_buf_view(&response->body), &doc, &err) != ACG_OK) {
        acgp_fail_context(&err, "reading disk encryption set %s", set->id);
        block(m, now_ms, &err);
    } else {
        if (doc.location != NULL)
            judge_region(m, now_ms, set, doc.location);
        /* the service fills the single type in when a set was made without one */
        if (!m->ended)
            judge_type(m, now_ms, set, doc.encryption_type ? doc.encryption_type : CUSTOMER_KEY);
        if (!m->ended)
            judge_state(m, now_ms, set, doc.provisioning_state);
    }
    acgp_des_doc_done(&doc);
}

void acgp_checks_judge_set(struct acgp_publish *m, int64_t now_ms, const struct acgp_set_use *set,
                           const struct acgp_answer *answer)
{
    struct acg_error err;

    switch (acgp_answer_status(answer)) {
    case 200:
        take_set(m, now_ms, set, answer->response);
        return;
    case 404:
        find(m, now_ms, ACG_SEVERITY_ERROR, "R2", set->field,
             acgp_printf("the disk encryption set does not exist: %s", set->id),
             "name an existing disk encryption set");
        return;
    case 403:
        find(m, now_ms, ACG_SEVERITY_WARNING, "R3", set->field,
             acgp_printf("could not be checked: no permission to read the disk encryption set %s", set->id),
             "grant Microsoft.Compute/diskEncryptionSets/read on it");
        return;
    default:
        acgp_answer_error(answer, "reading a disk encryption set", &err);
        if (answer->response != NULL)
            acgp_error_text(err.field, sizeof err.field, set->field);
        block(m, now_ms, &err);
    }
}
