/* SPDX-License-Identifier: MPL-2.0 */
/* The disk encryption sets of one place: form (R4, R39), subscription (R1), LUNs (R7), confidential VM words.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/span.h"
#include "model/names.h"
#include "plan/check.h"

static const struct acgp_id_rule set_rule = {
    .rule = "R4",
    .kinds = {ACGP_RESOURCE_DISK_ENCRYPTION_SET},
    .name_kind = ACGP_RESOURCE_DISK_ENCRYPTION_SET,
    .name_fault = acgp_name_fault_disk_encryption_set,
    .expects = "a disk encryption set",
};

/* Keep a good set for the rules that compare sets. */
static void remember(struct acgp_check *c, size_t place, const char *id, const char *field)
{
    struct acgp_named_set *added = NULL;
    void *items = c->sets;

    if (c->status != ACG_OK)
        return;
    if (!acgp_grow(&items, &c->set_capacity, c->set_count + 1, SIZE_MAX / sizeof *c->sets, sizeof *c->sets)) {
        acgp_check_nomem(c);
        return;
    }
    c->sets = items;
    added = &c->sets[c->set_count];
    *added = (struct acgp_named_set){
        .id = acgp_check_copy(c, id),
        .region = c->spec->places[place].misnamed ? NULL : c->spec->places[place].region,
        .order = c->set_count,
    };
    snprintf(added->field, sizeof added->field, "%s", field);
    c->set_count++;
}

/* R1: a set of another subscription cannot be used by the gallery. */
static bool in_subscription(struct acgp_check *c, const char *field, const struct acgp_resource_id *id)
{
    const char *gallery = c->spec->subscription_id;

    if (gallery == NULL || acgp_span_equal_nocase(id->subscription, acgp_span(gallery)))
        return true;
    acgp_fault(c, "R1", field, "name a set of the gallery's subscription",
               "the disk encryption set is in subscription '%.*s', the gallery in '%s'; both must be in one "
               "subscription",
               (int)id->subscription.len, id->subscription.data, gallery);
    return false;
}

/* NULL for NULL; after a fault the text as written. */
static char *set(struct acgp_check *c, size_t place, const char *field, const char *text)
{
    struct acgp_resource_id id;
    char *full = NULL;
    bool ok = false;

    if (text == NULL)
        return NULL;
    c->any_set = true;
    if (text[0] == '\0') {
        acgp_fault(c, "R39", field, "name a disk encryption set, or leave the field out",
                   "the disk encryption set is empty; Azure refuses an empty id");
        return acgp_check_copy(c, "");
    }
    full = acgp_check_id(c, &set_rule, field, text, c->set_group, &id, &ok);
    if (ok && in_subscription(c, field, &id))
        remember(c, place, full, field);
    return full;
}

static int by_lun(const void *a, const void *b)
{
    const struct acgp_data_disk_set *x = a;
    const struct acgp_data_disk_set *y = b;

    return (x->lun > y->lun) - (x->lun < y->lun);
}

/* One data disk entry: false when it says nothing that can be used. */
static bool data_disk(struct acgp_check *c, size_t place, size_t i,
                      const struct acg_data_disk_encryption *given, bool seen[ACGP_LUN_MAX + 1],
                      struct acgp_data_disk_set *out)
{
    struct acgp_place *p = &c->spec->places[place];
    struct acgp_text prefix = acgp_text("%s.data_disk[%zu]", p->field, i);
    struct acgp_text lun_field = acgp_text("%s.lun", prefix.text);
    int32_t lun = 0;

    out->index = i;
    out->id = set(c, place, acgp_text("%s.disk_encryption_set_id", prefix.text).text,
                  given->disk_encryption_set_id);
    if (!acgp_check_lun(c, lun_field.text, given->lun, &lun)) {
        p->doubt.data = true;
        return false;
    }
    out->lun = lun;
    if (!seen[lun]) {
        seen[lun] = true;
        return true;
    }
    acgp_fault(c, "R7", lun_field.text, "keep one entry for each LUN",
               "LUN %d is named twice in %s; each data disk is named once per region", (int)lun,
               acgp_shown(p->zone != NULL ? p->zone : p->given).text);
    return false;
}

static void data_disks(struct acgp_check *c, size_t place, const struct acg_encryption *given)
{
    struct acgp_place_encryption *e = &c->spec->places[place].encryption;
    bool seen[ACGP_LUN_MAX + 1] = {false};

    if (given->data_disk_count == 0)
        return;
    e->data = acgp_check_alloc(c, given->data_disk_count, sizeof *e->data);
    if (e->data == NULL)
        return;
    for (size_t i = 0; i < given->data_disk_count; i++) {
        struct acgp_data_disk_set *entry = &e->data[e->data_count];

        if (data_disk(c, place, i, &given->data_disks[i], seen, entry)) {
            e->data_count++;
            continue;
        }
        acgp_free(entry->id);
        *entry = (struct acgp_data_disk_set){0};
    }
    qsort(e->data, e->data_count, sizeof *e->data, by_lun);
}

/* A confidential disk encrypted with a customer's key needs its own kind of set; the other types take none.
 */
static void check_pair(struct acgp_check *c, size_t place, const struct acg_encryption *given,
                       const char *type_field, const char *set_field)
{
    const char *type = c->spec->places[place].encryption.cvm_type;
    bool known = type != NULL && acgp_word_find(&acgp_words_cvm_type, acgp_span(type)) != NULL;
    bool with_key = acgp_equal(type, ACGP_CVM_WITH_CMK);
    bool set_named = given->secure_vm_disk_encryption_set_id != NULL;

    c->places[place].pair_faulty = with_key != set_named && (known || set_named);
    if (with_key && !set_named) {
        c->spec->places[place].doubt.os = true;
        acgp_fault(c, "confidential", set_field,
                   "name a set of the type ConfidentialVmEncryptedWithCustomerKey",
                   "%s needs a secure VM disk encryption set", ACGP_CVM_WITH_CMK);
    } else if (type == NULL && set_named) {
        acgp_fault(c, "confidential", type_field,
                   "set it to EncryptedWithCmk, or leave secure_vm_disk_encryption_set_id out",
                   "a secure VM disk encryption set is named without a confidential VM encryption type");
    } else if (known && !with_key && set_named) {
        acgp_fault(c, "confidential", set_field,
                   "leave it out, or set confidential_vm_encryption_type to EncryptedWithCmk",
                   "%s takes no secure VM disk encryption set; only %s does", type, ACGP_CVM_WITH_CMK);
    }
}

void acgp_check_place_sets(struct acgp_check *c, size_t place, const struct acg_encryption *given)
{
    struct acgp_place *p = &c->spec->places[place];
    struct acgp_place_encryption *e = &p->encryption;
    struct acgp_text type_field = acgp_text("%s.os_disk.confidential_vm_encryption_type", p->field);
    struct acgp_text secure_field = acgp_text("%s.os_disk.secure_vm_disk_encryption_set_id", p->field);

    e->every_disk_id =
        set(c, place, acgp_text("%s.disk_encryption_set_id", p->field).text, given->disk_encryption_set_id);
    e->os_id = set(c, place, acgp_text("%s.os_disk.disk_encryption_set_id", p->field).text,
                   given->os_disk_encryption_set_id);
    e->cvm_type =
        acgp_check_word(c, &acgp_words_cvm_type, type_field.text, given->confidential_vm_encryption_type);
    e->secure_vm_id = set(c, place, secure_field.text, given->secure_vm_disk_encryption_set_id);
    check_pair(c, place, given, type_field.text, secure_field.text);
    data_disks(c, place, given);
}
