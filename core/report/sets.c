/* SPDX-License-Identifier: MPL-2.0 */
#include "report/sets.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"
#include "model/region.h"
#include "model/resource_id.h"
#include "model/words.h"

static char *normal_region(const char *name)
{
    char region[ACGP_REGION_MAX];

    return acgp_strdup(name != NULL && acgp_region_normalise(acgp_span(name), region) ? region
                       : name != NULL                                                 ? name
                                                                                      : "?");
}

static struct acgp_set_fact *new_fact(struct acgp_set_facts *out, const struct acgp_doc_place *place,
                                      const char *id)
{
    void *items = out->items;
    struct acgp_set_fact *fact = NULL;

    if (!acgp_grow(&items, &out->capacity, out->count + 1, ACGP_SETS_MAX, sizeof *fact))
        return NULL;
    out->items = items;
    fact = &out->items[out->count++];
    *fact = (struct acgp_set_fact){.id = id, .region = normal_region(place->name)};
    if (fact->region != NULL)
        fact->place =
            place->zone != NULL ? acgp_printf("%s@%s", place->zone, fact->region) : acgp_strdup(fact->region);
    return fact->place != NULL ? fact : NULL;
}

static bool add(struct acgp_set_facts *out, const struct acgp_doc_place *place, const char *id, bool secure)
{
    struct acgp_set_fact *fact = NULL;

    if (id == NULL || id[0] == '\0')
        return true;
    for (size_t i = 0; i < out->count && fact == NULL; i++)
        if (acgp_resource_id_equal(out->items[i].id, id))
            fact = &out->items[i];
    if (fact == NULL)
        fact = new_fact(out, place, id);
    if (fact == NULL)
        return false;
    fact->secure |= secure;
    fact->disks |= !secure;
    return true;
}

static bool collect_place(const struct acgp_doc_place *place, struct acgp_set_facts *out)
{
    const struct acgp_doc_encryption *e = &place->encryption;
    const struct acgp_doc_data_set *data = acgp_doc_data_sets(&e->data);
    bool fine = add(out, place, e->os_set_id, false) && add(out, place, e->secure_vm_set_id, true);

    for (size_t i = 0; fine && i < e->data.count; i++)
        fine = add(out, place, data[i].set_id, false);
    return fine;
}

bool acgp_set_facts_collect(const struct acgp_version_doc *doc, struct acgp_set_facts *out)
{
    bool fine = true;

    for (size_t i = 0; fine && i < doc->regions.count; i++)
        fine = collect_place(&acgp_doc_places(&doc->regions)[i], out);
    for (size_t i = 0; fine && i < doc->zones.count; i++)
        fine = collect_place(&acgp_doc_places(&doc->zones)[i], out);
    return fine;
}

void acgp_set_facts_done(struct acgp_set_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        acgp_free(facts->items[i].place);
        acgp_free(facts->items[i].region);
        acgp_des_doc_done(&facts->items[i].doc);
    }
    acgp_free(facts->items);
    *facts = (struct acgp_set_facts){0};
}

enum acg_status acgp_set_fact_take(struct acgp_set_fact *fact, const struct acgp_response *response,
                                   json_t *root)
{
    enum acg_status status = ACG_OK;

    fact->reading = ACGP_SET_SILENT;
    if (response == NULL)
        return ACG_OK;
    if (response->status == 404)
        fact->reading = ACGP_SET_MISSING;
    else if (response->status == 403)
        fact->reading = ACGP_SET_FORBIDDEN;
    if (response->status != 200)
        return ACG_OK;
    status = root != NULL ? acgp_des_doc_read(root, &fact->doc, NULL)
                          : acgp_des_doc_decode(acgp_buf_view(&response->body), &fact->doc, NULL);
    if (status == ACG_OK)
        fact->reading = ACGP_SET_READ;
    else
        acgp_des_doc_done(&fact->doc);
    return status == ACG_ERR_NOMEM ? status : ACG_OK;
}

const struct acgp_set_fact *acgp_set_facts_find(const struct acgp_set_facts *facts, const char *id)
{
    for (size_t i = 0; id != NULL && i < facts->count; i++)
        if (acgp_resource_id_equal(facts->items[i].id, id))
            return &facts->items[i];
    return NULL;
}

const char *acgp_set_fact_type(const struct acgp_set_fact *fact)
{
    if (fact == NULL || fact->reading != ACGP_SET_READ)
        return NULL;
    return fact->doc.encryption_type != NULL ? fact->doc.encryption_type : ACGP_CUSTOMER_KEY;
}

const char *acgp_set_reading_text(enum acgp_set_reading reading)
{
    static const char *const texts[] = {[ACGP_SET_UNREAD] = "not read",
                                        [ACGP_SET_READ] = "read",
                                        [ACGP_SET_MISSING] = "not found",
                                        [ACGP_SET_FORBIDDEN] = "no permission",
                                        [ACGP_SET_SILENT] = "could not be read"};

    return texts[reading];
}
