/* SPDX-License-Identifier: MPL-2.0 */
/* What the final event tells. Texts are lent from the spec, the last reading and the watches, which live as
 * long as the machine. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "model/region.h"
#include "publish/machine.h"

static const char *state_word(const struct acgp_publish *m)
{
    bool alone = m->removing && m->clearing == ACGP_CLEAR_NOTHING;

    if (alone && m->work.error.status == ACG_OK)
        return "deleted";
    if (m->clearing == ACGP_CLEAR_FAILED && m->cause.status != ACG_OK)
        return "failed";
    if (m->removing && !m->accepted && !m->put_in_doubt)
        return alone ? "not deleted" : "not started";
    if (m->removing)
        return "running";
    switch (m->work.error.status) {
    case ACG_OK:
        return m->spec->wait == ACG_WAIT_ALL ? "succeeded" : "accepted";
    case ACG_ERR_PARTIAL:
        return "succeeded in part";
    case ACG_ERR_SERVICE:
    case ACG_ERR_MISMATCH:
        return m->accepted ? "failed" : "not started";
    default:
        return m->accepted || m->put_in_doubt ? "running" : "not started";
    }
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static const struct acgp_doc_place *doc_place(const struct acgp_publish *m, const struct acgp_place *place)
{
    static const struct acgp_doc_place none = {0};
    const struct acgp_json_list *list = place->zone ? &m->doc.zones : &m->doc.regions;
    const struct acgp_doc_place *items = acgp_doc_places(list);

    for (size_t i = 0; i < list->count; i++)
        if (items[i].name != NULL && acgp_region_equal(items[i].name, place->region) &&
            (place->zone == NULL || acgp_equal_nocase(items[i].zone, place->zone)))
            return &items[i];
    return &none;
}

static const char *data_set(const struct acgp_doc_place *found, int64_t lun)
{
    const struct acgp_doc_data_set *sets = acgp_doc_data_sets(&found->encryption.data);

    for (size_t i = 0; i < found->encryption.data.count; i++)
        if (sets[i].lun.set && sets[i].lun.value == lun)
            return sets[i].set_id;
    return NULL;
}

static bool covered(const struct acgp_covered_place *place, int64_t lun)
{
    for (size_t i = 0; i < place->disk_count; i++)
        if (!place->disks[i].disk.os && place->disks[i].disk.lun == lun)
            return true;
    return false;
}

/* The disks of a place: the OS disk, those of the request, and those that only the version lists. */
static size_t fill_disks(const struct acgp_publish *m, size_t place, const struct acgp_doc_place *found,
                         struct acg_result_disk *disks)
{
    const struct acgp_covered_place *c = &m->coverage.places[place];
    const struct acgp_doc_data_disk *listed = acgp_doc_data_disks(&m->doc.data_disks);
    size_t n = 0;

    disks[n++] =
        (struct acg_result_disk){.os = true,
                                 .disk_encryption_set_id = found->encryption.os_set_id,
                                 .secure_vm_disk_encryption_set_id = found->encryption.secure_vm_set_id,
                                 .confidential_vm_encryption_type = found->encryption.cvm_type};
    for (size_t i = 0; i < c->disk_count; i++)
        if (!c->disks[i].disk.os)
            disks[n++] = (struct acg_result_disk){
                .lun = c->disks[i].disk.lun, .disk_encryption_set_id = data_set(found, c->disks[i].disk.lun)};
    for (size_t i = 0; i < m->doc.data_disks.count; i++)
        if (listed[i].lun.set && !covered(c, listed[i].lun.value))
            disks[n++] = (struct acg_result_disk){
                .lun = listed[i].lun.value, .disk_encryption_set_id = data_set(found, listed[i].lun.value)};
    return n;
}

static void fill_region(const struct acgp_publish *m, size_t i, struct acg_result_region *out)
{
    const struct acgp_place *place = &m->places[i];
    const struct acgp_watch *w = m->watches ? &m->watches[i] : NULL;
    const struct acgp_doc_place *found = doc_place(m, place);
    const char *asked_type = place->storage_type ? place->storage_type : m->spec->storage_type;

    *out = (struct acg_result_region){.name = place->region,
                                      .display_name = w && w->display[0] ? w->display : place->given,
                                      .edge_zone = place->zone,
                                      .state = w && w->state ? w->state : "Unknown",
                                      .percent = w ? w->percent : 0,
                                      .details = w ? or_empty(w->details) : ""};
    out->replicas = found->replicas.set ? found->replicas.value
                    : place->replicas   ? place->replicas
                                        : m->spec->replica_count;
    out->storage_account_type = found->storage_type ? found->storage_type : or_empty(asked_type);
}

/* @return false: out of memory */
static bool build_regions(struct acgp_publish *m)
{
    struct acg_result_disk *next = NULL;
    size_t per_place = 1 + m->doc.data_disks.count, total = 0;

    for (size_t i = 0; i < m->coverage.place_count; i++)
        total += per_place + m->coverage.places[i].disk_count;
    m->result_regions = acgp_alloc(m->place_count, sizeof m->result_regions[0]);
    if (m->result_regions == NULL)
        return false;
    if (m->work.result.proved) {
        m->result_disks = acgp_alloc(total, sizeof m->result_disks[0]);
        if (m->result_disks == NULL)
            return false;
    }
    next = m->result_disks;
    for (size_t i = 0; i < m->place_count; i++) {
        struct acg_result_region *region = &m->result_regions[i];
        fill_region(m, i, region);
        if (!m->work.result.proved)
            continue;
        if (doc_place(m, &m->places[i])->name == NULL)
            continue; /* missing: nothing of it was read back */
        region->disks = next;
        region->disk_count = fill_disks(m, i, doc_place(m, &m->places[i]), next);
        next += region->disk_count;
    }
    m->work.result.regions = m->result_regions;
    m->work.result.region_count = m->place_count;
    return true;
}

/* What was read back, as a document: of a proof, and of one that failed. @return false: out of memory */
static bool build_report(struct acgp_publish *m)
{
    bool judged = m->work.result.proved || (m->accepted && m->work.error.status == ACG_ERR_MISMATCH);
    struct acgp_encryption_facts facts = {.version_id = m->spec->version_id,
                                          .doc = &m->doc,
                                          .sets = &m->facts,
                                          .read_unix_s = m->read_unix_s,
                                          .compared = true,
                                          .findings = m->work.findings,
                                          .verdict = m->work.error.message};

    if (!judged)
        return true;
    if (m->facts.count == 0 && !acgp_set_facts_collect(&m->doc, &m->facts))
        return false;
    return acgp_encryption_report("proof", &facts, &m->report, NULL) == ACG_OK;
}

static bool proved(const struct acgp_publish *m)
{
    enum acg_status status = m->work.error.status;

    return (status == ACG_OK || status == ACG_ERR_PARTIAL) && !m->removing && m->spec->wait == ACG_WAIT_ALL;
}

void acgp_result_build(struct acgp_publish *m, int64_t now_ms)
{
    m->work.result = (struct acg_result){.version_id = m->spec->version_id,
                                         .proved = proved(m),
                                         .created = m->created,
                                         .location = m->location,
                                         .encryption_type = or_empty(m->spec->encryption_type),
                                         .provisioning_state = or_empty(m->doc.provisioning_state),
                                         .published_date = or_empty(m->doc.published),
                                         .duration_ms = acgp_work_elapsed(&m->work, now_ms)};
    if ((m->places != NULL && !build_regions(m)) || !build_report(m)) {
        acgp_fail_nomem(&m->work.error);
        m->work.result.proved = false;
        m->work.result.regions = NULL;
        m->work.result.region_count = 0;
    }
    m->work.report = m->report;
    m->work.result.state = state_word(m);
}
