/* SPDX-License-Identifier: MPL-2.0 */
/* --target-region-encryption, --target-region-cvm-encryption and --target-edge-zone-encryption: items match
 * regions by position. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/span.h"
#include "cli/az_state.h"
#include "spec/items.h"

/** Longest path or name of an item, bytes. */
enum { PATH_BYTES = 128 };

/* One item at work. */
struct item {
    const char *word;
    json_t *place;         /* the region or zone it belongs to */
    char path[PATH_BYTES]; /* "target_region[0]" */
};

#define SETS_FORM                                                                                            \
    "OS_SET[,LUN,SET]..., for example osset,0,dataset0,1,dataset1; null in a set's place leaves that disk "  \
    "on "                                                                                                    \
    "platform keys"

/* null is a keyword in lower case only: in any other spelling it could be meant as a name. */
static bool is_null(struct acg_span term)
{
    return acgp_span_equal(term, acgp_span("null"));
}

static const char *term_fault(struct acg_span term)
{
    if (acgp_span_trim(term).len == 0)
        return "a term is empty";
    if (!is_null(term) && acgp_span_equal_nocase(term, acgp_span("null")))
        return "null is written in another case than lower";
    return NULL;
}

static enum acg_status item_fault(struct pkr_az *az, const struct item *it, const char *why)
{
    char path[PATH_BYTES + 16];

    snprintf(path, sizeof path, "%s.os_disk", it->path);
    return pkr_az_fault(az, path, it->path[0] == 'e' ? "write ZONE," SETS_FORM : "write " SETS_FORM,
                        "is \"%s\": %s", it->word, why);
}

static enum acg_status take_os(struct pkr_az *az, const struct item *it, struct acg_span set)
{
    const char *why = term_fault(set);

    if (why != NULL)
        return item_fault(az, it, why);
    if (is_null(set)) {
        az->null_os++;
        return ACG_OK;
    }
    json_t *os = pkr_az_object(it->place, "os_disk");
    return os != NULL ? pkr_az_set_text(az, os, "disk_encryption_set_id", set) : acgp_fail_nomem(az->err);
}

static enum acg_status take_data(struct pkr_az *az, const struct item *it, struct acg_span lun_text,
                                 struct acg_span set)
{
    const char *why = term_fault(set);
    int64_t lun = 0;

    if (!pkr_lun_parse(lun_text, &lun) || lun >= PKR_AZ_LUNS)
        return item_fault(az, it, "a LUN is not a whole number from 0 to 63, written with digits only");
    if (why != NULL)
        return item_fault(az, it, why);
    if (is_null(set)) {
        az->null_lun[lun]++;
        return ACG_OK;
    }
    json_t *disks = pkr_az_list(it->place, "data_disk"), *disk = json_object();
    if (disks == NULL || disk == NULL || json_array_append_new(disks, disk) != 0)
        return acgp_fail_nomem(az->err);
    enum acg_status status = pkr_az_set(az, disk, "lun", json_integer(lun));
    return status == ACG_OK ? pkr_az_set_text(az, disk, "disk_encryption_set_id", set) : status;
}

/* OS_SET[,LUN,SET]... */
static enum acg_status take_sets(struct pkr_az *az, const struct item *it, struct acg_span terms)
{
    enum acg_status status = take_os(az, it, acgp_span_cut(&terms, ','));

    while (status == ACG_OK && terms.data != NULL) {
        struct acg_span lun = acgp_span_cut(&terms, ',');
        if (terms.data == NULL)
            return item_fault(az, it,
                              "LUN and set of a data disk must come in pairs; the last set is missing");
        status = take_data(az, it, lun, acgp_span_cut(&terms, ','));
    }
    return status;
}

/* ZONE,OS_SET[,LUN,SET]...; az itself never compares the zone. */
static enum acg_status take_zone_sets(struct pkr_az *az, const struct item *it)
{
    struct acg_span terms = acgp_span(it->word), zone = acgp_span_cut(&terms, ',');
    const char *name = json_string_value(json_object_get(it->place, "name"));

    if (terms.data == NULL)
        return item_fault(az, it, "it must name the zone and the OS disk's set");
    if (name != NULL && !acgp_span_equal_nocase(zone, acgp_span(name)))
        return item_fault(az, it, "it names another zone than --target-edge-zones has in this place");
    return take_sets(az, it, terms);
}

/* TYPE,SET; SET may be empty. */
static enum acg_status take_cvm(struct pkr_az *az, const struct item *it)
{
    struct acg_span rest = acgp_span(it->word), type = acgp_span_cut(&rest, ',');
    char path[PATH_BYTES + 64];
    json_t *os = pkr_az_object(it->place, "os_disk");

    snprintf(path, sizeof path, "%s.os_disk.confidential_vm_encryption_type", it->path);
    if (os == NULL)
        return acgp_fail_nomem(az->err);
    if (rest.data == NULL || type.len == 0 || memchr(rest.data, ',', rest.len) != NULL)
        return pkr_az_fault(
            az, path, "write TYPE,SET, for example EncryptedWithCmk,myset, or TYPE, where no set is needed",
            "is \"%s\", must be a type and a set with one comma between them", it->word);
    enum acg_status status = pkr_az_set_text(az, os, "confidential_vm_encryption_type", type);
    if (status != ACG_OK || rest.len == 0 || is_null(rest))
        return status;
    if (acgp_span_equal_nocase(rest, acgp_span("null")))
        return pkr_az_fault(az, path, "write null in lower case, or nothing behind the comma",
                            "is \"%s\": null is written in another case than lower", it->word);
    az->os_has_key = true;
    return pkr_az_set_text(az, os, "secure_vm_disk_encryption_set_id", rest);
}

static enum acg_status name_item(struct pkr_az *az, const struct pkr_given *given, const char *path, size_t i)
{
    char theirs[PATH_BYTES];
    enum acg_status status = ACG_OK;

    snprintf(theirs, sizeof theirs, "%s item %zu", given->option->name, i + 1);
    if (given->option->id == PKR_OPT_REGION_CVM) {
        status = pkr_az_rename(az, theirs, "%s.os_disk.confidential_vm_encryption_type", path);
        return status == ACG_OK
                   ? pkr_az_rename(az, theirs, "%s.os_disk.secure_vm_disk_encryption_set_id", path)
                   : status;
    }
    status = pkr_az_rename(az, theirs, "%s.os_disk", path);
    return status == ACG_OK ? pkr_az_rename(az, theirs, "%s.data_disk", path) : status;
}

static enum acg_status take_item(struct pkr_az *az, const struct pkr_given *given, json_t *places,
                                 const char *block, size_t i)
{
    struct item it = {.word = given->values[i], .place = json_array_get(places, i)};

    snprintf(it.path, sizeof it.path, "%s[%zu]", block, i);
    enum acg_status status = name_item(az, given, it.path, i);
    if (status != ACG_OK)
        return status;
    if (given->option->id == PKR_OPT_REGION_CVM)
        return take_cvm(az, &it);
    if (given->option->id == PKR_OPT_ZONE_ENCRYPTION)
        return take_zone_sets(az, &it);
    return take_sets(az, &it, acgp_span(it.word));
}

/* By position: another number of items would give a region another one's keys, or none. */
static enum acg_status take_items(struct pkr_az *az, enum pkr_option_id id, json_t *places, const char *block,
                                  const char *beside)
{
    const struct pkr_given *given = pkr_words_find(az->words, id);
    size_t count = json_array_size(places);
    enum acg_status status = ACG_OK;

    if (given == NULL)
        return ACG_OK;
    if (count == 0)
        return pkr_az_fault(
            az, given->option->name,
            "name the regions too, with --target-regions (edge zones with "
            "--target-edge-zones), in the same order",
            "stands without %s; Azure's command line would publish without any encryption then", beside);
    if (count != given->count)
        return pkr_az_fault(
            az, given->option->name, "write one item for each, in the same order; null for none",
            "has %zu item%s, but %s has %zu", given->count, given->count == 1 ? "" : "s", beside, count);
    for (size_t i = 0; i < count && status == ACG_OK; i++)
        status = take_item(az, given, places, block, i);
    return status;
}

static enum acg_status keep_on_platform(struct pkr_az *az, const char *disk)
{
    json_t *list = pkr_az_list(az->root, "platform_key_disks");

    return list != NULL && json_array_append_new(list, json_string(disk)) == 0 ? ACG_OK
                                                                               : acgp_fail_nomem(az->err);
}

/* null in every place is said on purpose: the disk stays on platform keys. In some places only, R5 speaks. */
static enum acg_status settle_nulls(struct pkr_az *az)
{
    size_t places = json_array_size(az->regions) + json_array_size(az->zones);
    enum acg_status status = ACG_OK;
    char lun[24];

    if (places == 0)
        return ACG_OK;
    if (az->null_os == places && !az->os_has_key)
        status = keep_on_platform(az, "os");
    for (int i = 0; i < PKR_AZ_LUNS && status == ACG_OK; i++) {
        snprintf(lun, sizeof lun, "%d", i);
        if (az->null_lun[i] == places)
            status = keep_on_platform(az, lun);
    }
    return status;
}

enum acg_status pkr_az_encryption(struct pkr_az *az)
{
    enum acg_status status =
        take_items(az, PKR_OPT_REGION_ENCRYPTION, az->regions, "target_region", "--target-regions");

    if (status == ACG_OK)
        status = take_items(az, PKR_OPT_REGION_CVM, az->regions, "target_region", "--target-regions");
    if (status == ACG_OK)
        status = take_items(az, PKR_OPT_ZONE_ENCRYPTION, az->zones, "edge_zone", "--target-edge-zones");
    return status == ACG_OK ? settle_nulls(az) : status;
}
