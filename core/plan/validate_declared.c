/* SPDX-License-Identifier: MPL-2.0 */
/* All disks together: which stay on platform keys, what is declared, and "never half encrypted". */
#include "base/alloc.h"
#include "base/span.h"
#include "plan/check.h"
#include "plan/coverage.h"

static bool read_disk(struct acg_span text, struct acgp_disk *out)
{
    uint64_t lun = 0;

    if (acgp_span_equal_nocase(text, acgp_span("os"))) {
        *out = (struct acgp_disk){.os = true};
        return true;
    }
    if ((text.len > 1 && text.data[0] == '0') || !acgp_span_to_u64(text, &lun) || lun > ACGP_LUN_MAX)
        return false;
    *out = (struct acgp_disk){.lun = (int32_t)lun};
    return true;
}

static bool same_disk(struct acgp_disk a, struct acgp_disk b)
{
    return a.os == b.os && a.lun == b.lun;
}

/* The field that names a set for this very disk in this place; an empty text: none. */
static struct acgp_text own_set_field(const struct acgp_place *place, struct acgp_disk disk)
{
    const struct acgp_place_encryption *e = &place->encryption;

    if (disk.os && e->os_id != NULL)
        return acgp_text("%s.os_disk.disk_encryption_set_id", place->field);
    if (disk.os && e->secure_vm_id != NULL)
        return acgp_text("%s.os_disk.secure_vm_disk_encryption_set_id", place->field);
    for (size_t i = 0; !disk.os && i < e->data_count; i++) {
        if (e->data[i].lun == disk.lun && e->data[i].id != NULL)
            return acgp_text("%s.data_disk[%zu].disk_encryption_set_id", place->field, e->data[i].index);
    }
    return acgp_text("%s", "");
}

static void check_not_contradicted(struct acgp_check *c, const char *field, const char *text,
                                   struct acgp_disk disk)
{
    for (size_t i = 0; i < c->spec->place_count; i++) {
        struct acgp_text set = own_set_field(&c->spec->places[i], disk);

        if (set.text[0] == '\0')
            continue;
        acgp_fault(c, "platform-key", field, acgp_text("leave the entry or %s out", set.text).text,
                   "%s is to stay on platform keys, but %s names a set for it", acgp_shown(text).text,
                   set.text);
        return;
    }
}

static void platform_key_disk(struct acgp_check *c, size_t i)
{
    struct acgp_publish_spec *s = c->spec;
    const char *text = c->opts->platform_key_disks[i];
    struct acgp_text field = acgp_text("platform_key_disks[%zu]", i);
    struct acgp_disk disk = {0};

    if (!read_disk(acgp_span(text), &disk)) {
        c->spec->unread_platform_disks++;
        acgp_fault(c, "config", field.text, "write \"os\" or the LUN of a data disk, for example \"1\"",
                   "%s names no disk: those are \"os\" and the LUNs 0 to %d", acgp_shown(text).text,
                   ACGP_LUN_MAX);
        return;
    }
    for (size_t k = 0; k < s->platform_key_disk_count; k++) {
        if (same_disk(s->platform_key_disks[k], disk))
            return; /* said twice means the same */
    }
    s->platform_key_disks[s->platform_key_disk_count++] = disk;
    check_not_contradicted(c, field.text, text, disk);
}

static void check_platform_key_disks(struct acgp_check *c)
{
    size_t count = c->opts->platform_key_disk_count;

    if (count == 0)
        return;
    c->spec->platform_key_disks = acgp_check_alloc(c, count, sizeof *c->spec->platform_key_disks);
    for (size_t i = 0; i < count && c->spec->platform_key_disks != NULL; i++)
        platform_key_disk(c, i);
}

/* A place must be confidential in the declared way, or not confidential with a customer's key at all. */
static void check_place_type(struct acgp_check *c, size_t i, const char *declared, bool declared_cvm)
{
    const struct acgp_place *place = &c->spec->places[i];
    const char *type = place->encryption.cvm_type;
    struct acgp_text field = acgp_text("%s.os_disk.confidential_vm_encryption_type", place->field);

    if (type != NULL && acgp_word_find(&acgp_words_cvm_type, acgp_span(type)) == NULL)
        return;
    if (declared_cvm && !acgp_equal(type, declared) && !c->places[i].pair_faulty)
        acgp_fault(c, "declared", field.text,
                   acgp_text("set it to %s, or correct encryption_type", declared).text,
                   "encryption_type declares %s, but here is %s", declared,
                   type != NULL ? type : "no confidential VM encryption type");
    else if (!declared_cvm && !acgp_equal(declared, ACGP_PLATFORM_KEY) && acgp_equal(type, ACGP_CVM_WITH_CMK))
        acgp_fault(c, "declared", field.text, "declare EncryptedWithCmk, or correct this field",
                   "encryption_type declares %s, but here is %s", declared, type);
}

/* What is declared, against each place. */
static void check_places(struct acgp_check *c, const char *declared)
{
    bool cvm = acgp_word_find(&acgp_words_cvm_type, acgp_span(declared)) != NULL;
    size_t home = c->spec->place_count - c->opts->target_region_count - c->opts->edge_zone_count;

    if (cvm && c->opts->target_region_count == 0)
        acgp_fault(c, "declared", "encryption_type",
                   "add a target_region with its os_disk.confidential_vm_encryption_type",
                   "%s is declared, but no target_region is there to say so", declared);
    for (size_t i = 0; i < c->spec->place_count; i++) {
        bool is_home = home > 0 && i == 0;

        if (!c->spec->places[i].repeated && !is_home)
            check_place_type(c, i, declared, cvm);
    }
}

/* What is declared, against whether sets are named at all. */
static void check_any_set(struct acgp_check *c, const char *declared)
{
    if (acgp_equal(declared, ACGP_PLATFORM_KEY) && c->any_set)
        acgp_fault(c, "declared", "encryption_type",
                   "correct encryption_type, or leave the disk encryption sets out",
                   "%s is declared, but disk encryption sets are named", declared);
    if ((acgp_equal(declared, ACGP_CUSTOMER_KEY) || acgp_equal(declared, ACGP_DOUBLE_KEYS)) && !c->any_set)
        acgp_fault(c, "declared", "encryption_type",
                   "name a disk encryption set for each disk in each target region",
                   "%s is declared, but no disk encryption set is named", declared);
}

static void check_type(struct acgp_check *c)
{
    const char *given = c->opts->encryption_type;
    const char *type = given != NULL ? acgp_word_find(&acgp_words_encryption_type, acgp_span(given)) : NULL;

    c->spec->encryption_type = acgp_check_word(c, &acgp_words_encryption_type, "encryption_type", given);
    if (type == NULL)
        return;
    check_any_set(c, type);
    check_places(c, type);
}

static bool lacks_os(const struct acg_source *s)
{
    return s->data_disk_count > 0 && s->os_snapshot == NULL && s->os_vhd_uri == NULL &&
           s->os_vhd_storage_account == NULL;
}

/* Copies of the places that count. */
static size_t select_places(struct acgp_check *c, struct acgp_place *places)
{
    size_t count = 0;

    for (size_t i = 0; i < c->spec->place_count; i++) {
        c->spec->places[i].doubt.os |= lacks_os(&c->opts->source);
        if (!c->spec->places[i].repeated)
            places[count++] = c->spec->places[i];
    }
    return count;
}

/* R5, R6 and "half-encrypted", over the disks that the request itself shows. */
static void check_coverage(struct acgp_check *c)
{
    const struct acgp_source_spec *source = &c->spec->source;
    struct acgp_coverage coverage = {0};
    size_t count = c->spec->place_count;
    struct acgp_place *places = acgp_check_alloc(c, count, sizeof *places);
    int32_t *luns = acgp_check_alloc(c, source->data_count, sizeof *luns);
    bool known = !source->unclear && !source->whole_image && source->prefix == NULL;
    size_t lun_count = 0;

    if (places == NULL || luns == NULL)
        goto out;
    count = select_places(c, places);
    for (size_t i = 0; known && i < source->data_count; i++)
        luns[lun_count++] = source->data[i].lun;
    acgp_check_fail(
        c, acgp_coverage_make(c->spec, places, count, luns, lun_count, known, c->laid, &coverage, c->err));
    acgp_coverage_done(&coverage);
out:
    acgp_free(places);
    acgp_free(luns);
}

void acgp_check_declared(struct acgp_check *c)
{
    if (c->status != ACG_OK)
        return;
    check_platform_key_disks(c);
    check_type(c);
    if (c->status == ACG_OK)
        check_coverage(c);
}
