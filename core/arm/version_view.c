/* SPDX-License-Identifier: MPL-2.0 */
#include "arm/version_view.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/span.h"
#include "model/region.h"

const struct acgp_doc_replication *acgp_doc_replication_of(const struct acgp_version_doc *doc,
                                                           const struct acgp_doc_place *place)
{
    const struct acgp_doc_replication *items = acgp_doc_replication(&doc->replication);

    /* of an edge zone no recording shows how it is called: not at all is better than its region's word */
    for (size_t i = 0; i < doc->replication.count; i++)
        if (items[i].region != NULL && place->name != NULL &&
            (place->zone != NULL ? acgp_equal_nocase(items[i].region, place->zone)
                                 : acgp_region_equal(items[i].region, place->name)))
            return &items[i];
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static size_t named_luns(const struct acgp_doc_place *place, int64_t *luns)
{
    const struct acgp_doc_data_set *sets = acgp_doc_data_sets(&place->encryption.data);
    size_t n = 0;

    for (size_t i = 0; i < place->encryption.data.count; i++)
        if (sets[i].lun.set)
            luns[n++] = sets[i].lun.value;
    return n;
}

static size_t most_named(const struct acgp_version_doc *doc)
{
    size_t n = 0;

    for (size_t i = 0; i < doc->regions.count; i++)
        n += acgp_doc_places(&doc->regions)[i].encryption.data.count;
    for (size_t i = 0; i < doc->zones.count; i++)
        n += acgp_doc_places(&doc->zones)[i].encryption.data.count;
    return n;
}

bool acgp_version_luns(const struct acgp_version_doc *doc, const struct acgp_doc_place *place, int64_t **out,
                       size_t *out_count)
{
    const struct acgp_doc_data_disk *disks = acgp_doc_data_disks(&doc->data_disks);
    size_t most = doc->data_disks.count + (place ? place->encryption.data.count : most_named(doc));
    int64_t *luns = acgp_alloc(most + 1, sizeof *luns);
    size_t n = 0, kept = 0;

    if (luns == NULL)
        return false;
    for (size_t i = 0; i < doc->data_disks.count; i++)
        if (disks[i].lun.set)
            luns[n++] = disks[i].lun.value;
    if (place != NULL)
        n += named_luns(place, luns + n);
    for (size_t i = 0; place == NULL && i < doc->regions.count; i++)
        n += named_luns(&acgp_doc_places(&doc->regions)[i], luns + n);
    for (size_t i = 0; place == NULL && i < doc->zones.count; i++)
        n += named_luns(&acgp_doc_places(&doc->zones)[i], luns + n);
    qsort(luns, n, sizeof luns[0], by_value);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || luns[i] != luns[i - 1])
            luns[kept++] = luns[i];
    *out = luns;
    *out_count = kept;
    return true;
}

const char *acgp_doc_data_set_of(const struct acgp_doc_place *place, int64_t lun)
{
    const struct acgp_doc_data_set *sets = acgp_doc_data_sets(&place->encryption.data);

    for (size_t i = 0; i < place->encryption.data.count; i++)
        if (sets[i].lun.set && sets[i].lun.value == lun && sets[i].set_id != NULL &&
            sets[i].set_id[0] != '\0')
            return sets[i].set_id;
    return NULL;
}
