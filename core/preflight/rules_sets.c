/* SPDX-License-Identifier: MPL-2.0 */
/* Disk encryption sets, each distinct one once. Source: azure-arm.md 3.4 and 4.2. */
#include "base/span.h"
#include "model/words.h"
#include "preflight/judge.h"

/* A set, where the request names it first. */
struct named {
    const struct acgp_fact *fact;
    const struct acgp_place *place;
    struct acgp_text field, region;
};

/* The next set from number *at on that is in this state. @return false: none is left. */
static bool next_set(const struct acgp_judge *j, enum acgp_fact_state state, size_t *at, struct named *out)
{
    while (*at < j->p->facts.count) {
        const struct acgp_fact *fact = j->p->facts.items[(*at)++];
        if (fact->kind != ACGP_FACT_SET || fact->state != state)
            continue;
        out->fact = fact;
        out->place = acgp_set_place(j->spec, fact->id);
        if (out->place == NULL)
            continue;
        out->field = acgp_set_field(out->place, fact->id);
        out->region = acgp_place_name(out->place);
        return true;
    }
    return false;
}

/* R2 */
void acgp_rule_set_exists(struct acgp_judge *j)
{
    struct named s;

    for (size_t at = 0; next_set(j, ACGP_FACT_ABSENT, &at, &s);)
        acgp_found(j, ACG_SEVERITY_ERROR, "R2", s.field.text, "name an existing disk encryption set",
                   "%s: the disk encryption set does not exist: %s", s.region.text, s.fact->id);
}

/* Is a set named in two regions? That has its own finding before anything is read. */
static bool named_in_two(const struct acgp_judge *j, const char *set_id)
{
    const struct acgp_place *first = NULL;

    for (size_t i = 0; i < j->spec->place_count; i++) {
        const struct acgp_place *place = &j->spec->places[i];
        if (place->misnamed || acgp_set_field(place, set_id).text[0] == '\0')
            continue;
        if (first != NULL && !acgp_region_equal(first->region, place->region))
            return true;
        first = place;
    }
    return false;
}

/* R3: a set works only in its own region, also in every other place that names it. */
void acgp_rule_set_region(struct acgp_judge *j)
{
    struct named s;

    for (size_t at = 0; next_set(j, ACGP_FACT_READ, &at, &s);) {
        const char *where = s.fact->set.location;
        for (size_t i = 0; where != NULL && !named_in_two(j, s.fact->id) && i < j->spec->place_count; i++) {
            const struct acgp_place *place = &j->spec->places[i];
            struct acgp_text field = acgp_set_field(place, s.fact->id);
            if (field.text[0] == '\0' || place->misnamed || place->repeated ||
                acgp_region_equal(place->region, where))
                continue;
            acgp_found(j, ACG_SEVERITY_ERROR, "R3", field.text, "name a disk encryption set of that region",
                       "%s: the disk encryption set is in %s and cannot be used in %s: %s", place->region,
                       where, place->region, s.fact->id);
        }
    }
}

/* A set that is not ready, or that has no identity to reach its key with, fails at its first use. */
void acgp_rule_set_ready(struct acgp_judge *j)
{
    struct named s;

    for (size_t at = 0; next_set(j, ACGP_FACT_READ, &at, &s);) {
        const char *state = s.fact->set.provisioning_state, *identity = s.fact->set.identity_type;
        if (state != NULL && !acgp_equal_nocase(state, "Succeeded"))
            acgp_found(j, ACG_SEVERITY_ERROR, "R2", s.field.text, "wait until it is Succeeded, or mend it",
                       "%s: the disk encryption set is in state %s: %s", s.region.text, state, s.fact->id);
        if (identity == NULL || acgp_equal_nocase(identity, "None"))
            acgp_found(j, ACG_SEVERITY_ERROR, "set-identity", s.field.text,
                       "give it an identity (az disk-encryption-set identity assign --system-assigned) and "
                       "that identity the rights get, wrapKey and unwrapKey on the key",
                       "%s: the disk encryption set has no identity and cannot reach its key: %s",
                       s.region.text, s.fact->id);
    }
}

void acgp_rule_set_rotation(struct acgp_judge *j)
{
    struct named s;

    for (size_t at = 0; next_set(j, ACGP_FACT_READ, &at, &s);) {
        const char *code = s.fact->set.rotation_error_code, *text = s.fact->set.rotation_error;
        if (code != NULL || text != NULL)
            acgp_found(j, ACG_SEVERITY_ERROR, "set-rotation", s.field.text,
                       "mend what the error names, then update the set's key once "
                       "(az disk-encryption-set update --key-url)",
                       "%s: the last automatic rotation of the key failed, and no other is tried: %s%s%s: %s",
                       s.region.text, code ? code : "", code && text ? ": " : "", text ? text : "",
                       s.fact->id);
    }
}

/* ---- the type: one encryption, two, or that of a confidential machine ---- */

/* Is the set named for disks, and is it named as a secure VM set, anywhere? */
static void uses(const struct acgp_judge *j, const char *id, bool *disks, bool *secure)
{
    *disks = *secure = false;
    for (size_t i = 0; i < j->spec->place_count; i++) {
        const struct acgp_place_encryption *e = &j->spec->places[i].encryption;
        *disks =
            *disks || acgp_resource_id_equal(e->every_disk_id, id) || acgp_resource_id_equal(e->os_id, id);
        *secure = *secure || acgp_resource_id_equal(e->secure_vm_id, id);
        for (size_t d = 0; d < e->data_count; d++)
            *disks = *disks || acgp_resource_id_equal(e->data[d].id, id);
    }
}

static void judge_type(struct acgp_judge *j, const struct named *s)
{
    const char *declared = j->spec->encryption_type, *type = acgp_set_type(s->fact);
    bool confidential = acgp_equal_nocase(type, ACGP_CONFIDENTIAL_SET), disks = false, secure = false;
    bool at_rest =
        declared != NULL && acgp_span_starts_nocase(acgp_span(declared), acgp_span("EncryptionAtRest"));

    uses(j, s->fact->id, &disks, &secure);
    if (disks && at_rest && !acgp_equal_nocase(type, declared))
        acgp_found(j, ACG_SEVERITY_ERROR, "encryption_type", s->field.text,
                   acgp_equal_nocase(declared, ACGP_DOUBLE_KEYS)
                       ? "name a set of type " ACGP_DOUBLE_KEYS ", or declare what it is"
                       : "name a set of the declared type, or declare what it is",
                   "%s: declared is %s, the disk encryption set is of type %s: %s", s->region.text, declared,
                   type, s->fact->id);
    else if (disks && confidential)
        acgp_found(j, ACG_SEVERITY_ERROR, "encryption_type", s->field.text,
                   "name it as secure_vm_disk_encryption_set_id, or name a set of another type here",
                   "%s: a set of type " ACGP_CONFIDENTIAL_SET " encrypts confidential machines alone: %s",
                   s->region.text, s->fact->id);
    else if (secure && !confidential)
        acgp_found(j, ACG_SEVERITY_ERROR, "encryption_type", s->field.text,
                   "name a set of type " ACGP_CONFIDENTIAL_SET,
                   "%s: secure_vm_disk_encryption_set_id needs a set of type " ACGP_CONFIDENTIAL_SET
                   ", this one is %s: %s",
                   s->region.text, type, s->fact->id);
}

/* The type that encrypts disk number d of a place; NULL: not known, or none. */
static const char *type_at(const struct acgp_judge *j, const struct acgp_covered_place *place, size_t d)
{
    const struct acgp_fact *set =
        d < place->disk_count ? acgp_facts_find(&j->p->facts, place->disks[d].set_id) : NULL;

    return set != NULL && set->state == ACGP_FACT_READ ? acgp_set_type(set) : NULL;
}

/* Nothing is declared: then one disk must at least be encrypted the same way everywhere. Different disks may
 * differ, since each names its own set. */
static void judge_mixture(struct acgp_judge *j)
{
    const struct acgp_coverage *c = &j->p->coverage;

    for (size_t d = 0; c->place_count > 0 && d < c->places[0].disk_count; d++)
        for (size_t i = 1; i < c->place_count; i++) {
            const char *first = type_at(j, &c->places[0], d), *type = type_at(j, &c->places[i], d);
            const struct acgp_disk *disk = &c->places[0].disks[d].disk;
            struct acgp_text which =
                disk->os ? acgp_text("the OS disk") : acgp_text("LUN %d", (int)disk->lun);
            if (first == NULL || type == NULL || acgp_equal_nocase(first, type))
                continue;
            acgp_found(j, ACG_SEVERITY_ERROR, "encryption_type",
                       acgp_set_field(c->places[i].place, c->places[i].disks[d].set_id).text,
                       "name sets of one type for a disk in every region, and declare it as encryption_type",
                       "%s: %s is encrypted with %s there, and with %s in %s",
                       acgp_place_name(c->places[i].place).text, which.text, type, first,
                       acgp_place_name(c->places[0].place).text);
        }
}

void acgp_rule_set_type(struct acgp_judge *j)
{
    struct named s;

    for (size_t at = 0; next_set(j, ACGP_FACT_READ, &at, &s);)
        judge_type(j, &s);
    if (j->spec->encryption_type == NULL)
        judge_mixture(j);
}
