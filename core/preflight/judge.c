/* SPDX-License-Identifier: MPL-2.0 */
#include "preflight/judge.h"

#include <stdarg.h>

#include "base/error.h"
#include "base/span.h"
#include "json/look.h"

enum { MESSAGE_MAX = 64 * 1024 };

void acgp_found(struct acgp_judge *j, enum acg_severity severity, const char *rule, const char *field,
                const char *fix, const char *format, ...)
{
    struct acgp_buf b;
    va_list args;

    if (j->status != ACG_OK)
        return;
    acgp_buf_init(&b, MESSAGE_MAX);
    va_start(args, format);
    bool fine = acgp_buf_vprintf(&b, format, args) || b.over; /* a text that is too long ends early */
    va_end(args);
    if (fine)
        j->status = acg_findings_add(j->findings, severity, rule, field, b.data ? b.data : "", fix, &j->err);
    else
        j->status = acgp_fail_nomem(&j->err);
    acgp_buf_done(&b);
}

const struct acgp_fact *acgp_judge_one(const struct acgp_judge *j, enum acgp_fact_kind kind)
{
    for (size_t i = 0; i < j->p->facts.count; i++)
        if (j->p->facts.items[i]->kind == kind)
            return j->p->facts.items[i];
    return NULL;
}

static const json_t *document(const struct acgp_judge *j, enum acgp_fact_kind kind)
{
    const struct acgp_fact *fact = acgp_judge_one(j, kind);

    return fact != NULL && fact->state == ACGP_FACT_READ ? fact->root : NULL;
}

const json_t *acgp_judge_gallery(const struct acgp_judge *j)
{
    return document(j, ACGP_FACT_GALLERY);
}

const json_t *acgp_judge_definition(const struct acgp_judge *j)
{
    const struct acgp_fact *fact = j->p->definition;

    return fact != NULL && fact->state == ACGP_FACT_READ ? fact->root : NULL;
}

const json_t *acgp_judge_provider(const struct acgp_judge *j)
{
    return document(j, ACGP_FACT_PROVIDER);
}

const json_t *acgp_judge_locations(const struct acgp_judge *j)
{
    return document(j, ACGP_FACT_LOCATIONS);
}

const json_t *acgp_judge_subscription(const struct acgp_judge *j)
{
    return document(j, ACGP_FACT_SUBSCRIPTION);
}

const json_t *acgp_judge_version(const struct acgp_judge *j)
{
    return document(j, ACGP_FACT_VERSION);
}

const json_t *acgp_judge_type(const struct acgp_judge *j, const char *type)
{
    const json_t *types = acgp_json_at(acgp_judge_provider(j), "resourceTypes");

    for (size_t i = 0; i < json_array_size(types); i++) {
        const json_t *each = json_array_get(types, i);
        if (acgp_equal_nocase(acgp_json_text(each, "resourceType"), type))
            return each;
    }
    return NULL;
}

const json_t *acgp_judge_location(const struct acgp_judge *j, const char *region)
{
    const json_t *list = acgp_json_at(acgp_judge_locations(j), "value");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *each = json_array_get(list, i);
        const char *name = acgp_json_text(each, "name");
        if (name != NULL && acgp_region_equal(name, region))
            return each;
    }
    return NULL;
}

bool acgp_judge_encrypts(const struct acgp_judge *j)
{
    return acgp_publish_spec_encrypts(j->spec);
}

struct acgp_text acgp_set_field(const struct acgp_place *place, const char *set_id)
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

const struct acgp_place *acgp_set_place(const struct acgp_publish_spec *spec, const char *set_id)
{
    for (size_t i = 0; i < spec->place_count; i++)
        if (acgp_set_field(&spec->places[i], set_id).text[0] != '\0')
            return &spec->places[i];
    return NULL;
}

struct acgp_text acgp_place_name(const struct acgp_place *place)
{
    return place->zone != NULL ? acgp_text("%s@%s", place->zone, place->region)
                               : acgp_text("%s", place->region);
}

const char *acgp_set_type(const struct acgp_fact *set)
{
    return set->set.encryption_type != NULL ? set->set.encryption_type : ACGP_CUSTOMER_KEY;
}
