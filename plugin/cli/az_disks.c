/* SPDX-License-Identifier: MPL-2.0 */
/* Snapshots and VHDs of data disks, with their LUNs. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/span.h"
#include "cli/az_state.h"
#include "spec/items.h"

/** Longest path or name of an item, bytes. */
enum { PATH_BYTES = 96 };

/* The options of one kind of source. */
struct disks {
    const struct pkr_given *sources, *luns, *accounts;
    const char *block, *source_field; /* "data_snapshot", "id" */
    const char *source_option, *lun_option, *account_option;
};

static enum acg_status name_field(struct pkr_az *az, const struct disks *d, const char *field,
                                  const char *option, size_t i)
{
    char theirs[PATH_BYTES];

    snprintf(theirs, sizeof theirs, "%s item %zu", option, i + 1);
    return pkr_az_rename(az, theirs, "%s[%zu].%s", d->block, i, field);
}

static enum acg_status take_lun(struct pkr_az *az, const struct disks *d, json_t *disk, size_t i)
{
    const char *word = d->luns != NULL ? d->luns->values[i] : NULL;
    int64_t lun = (int64_t)i;
    char path[PATH_BYTES];

    snprintf(path, sizeof path, "%s[%zu].lun", d->block, i);
    if (word != NULL && !pkr_lun_parse(acgp_span(word), &lun))
        return pkr_az_fault(az, path, "write the LUN with digits only, for example 0",
                            "is \"%s\", must be a whole number", word);
    return pkr_az_set(az, disk, "lun", json_integer(lun));
}

static enum acg_status take_disk(struct pkr_az *az, const struct disks *d, json_t *list, size_t i)
{
    json_t *disk = json_object();

    if (disk == NULL || json_array_append_new(list, disk) != 0)
        return acgp_fail_nomem(az->err);
    enum acg_status status = name_field(az, d, d->source_field, d->source_option, i);
    if (status == ACG_OK)
        status = name_field(az, d, "lun", d->luns != NULL ? d->lun_option : d->source_option, i);
    if (status == ACG_OK)
        status = take_lun(az, d, disk, i);
    if (status == ACG_OK)
        status = pkr_az_set_text(az, disk, d->source_field, acgp_span(d->sources->values[i]));
    if (status == ACG_OK && d->account_option != NULL)
        status = name_field(az, d, "storage_account", d->account_option, i);
    if (status != ACG_OK || d->accounts == NULL)
        return status;
    return pkr_az_set_text(az, disk, "storage_account", acgp_span(d->accounts->values[i]));
}

/* A list beside the sources must have their length: else a disk would get another one's LUN or account. */
static enum acg_status check_beside(struct pkr_az *az, const struct disks *d, const struct pkr_given *list,
                                    bool *out_fine)
{
    if (list == NULL || (d->sources != NULL && d->sources->count == list->count))
        return ACG_OK;
    *out_fine = false;
    if (d->sources == NULL)
        return pkr_az_fault(az, list->option->name, "name the disks too, or remove it", "stands without %s",
                            d->source_option);
    return pkr_az_fault(az, d->block, "write one for each, in the same order",
                        "has %zu items, but %s has %zu", d->sources->count, list->option->name, list->count);
}

static enum acg_status note_luns(struct pkr_az *az, const struct disks *d)
{
    if (d->luns != NULL)
        return ACG_OK;
    bool fine = acgp_buf_printf(az->notes, "note: %s is not given; %s are taken as LUN 0", d->lun_option,
                                d->source_option);
    for (size_t i = 1; i < d->sources->count && fine; i++)
        fine = acgp_buf_printf(az->notes, ", %zu", i);
    return fine && acgp_buf_text(az->notes, " in this order\n") ? ACG_OK : acgp_fail_nomem(az->err);
}

static enum acg_status take_disks(struct pkr_az *az, const struct disks *d)
{
    bool fine = true;
    enum acg_status status = check_beside(az, d, d->luns, &fine);

    if (status == ACG_OK)
        status = check_beside(az, d, d->accounts, &fine);
    if (status != ACG_OK || !fine || d->sources == NULL)
        return status;
    json_t *list = pkr_az_list(az->root, d->block);
    if (list == NULL)
        return acgp_fail_nomem(az->err);
    for (size_t i = 0; i < d->sources->count && status == ACG_OK; i++)
        status = take_disk(az, d, list, i);
    return status == ACG_OK ? note_luns(az, d) : status;
}

enum acg_status pkr_az_disks(struct pkr_az *az)
{
    const struct disks snapshots = {
        .sources = pkr_words_find(az->words, PKR_OPT_DATA_SNAPSHOTS),
        .luns = pkr_words_find(az->words, PKR_OPT_DATA_SNAPSHOT_LUNS),
        .block = "data_snapshot",
        .source_field = "id",
        .source_option = "--data-snapshots",
        .lun_option = "--data-snapshot-luns",
    };
    const struct disks vhds = {
        .sources = pkr_words_find(az->words, PKR_OPT_DATA_VHDS),
        .luns = pkr_words_find(az->words, PKR_OPT_DATA_VHD_LUNS),
        .accounts = pkr_words_find(az->words, PKR_OPT_DATA_VHD_ACCOUNTS),
        .block = "data_vhd",
        .source_field = "uri",
        .source_option = "--data-vhds-uris",
        .lun_option = "--data-vhds-luns",
        .account_option = "--data-vhds-storage-accounts",
    };
    enum acg_status status = take_disks(az, &snapshots);

    return status == ACG_OK ? take_disks(az, &vhds) : status;
}
