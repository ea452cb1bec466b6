/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/text.h"
#include "sim/version_rules.h"

/* R31. How many are too many is not documented: the scenario says it. */

static bool uses(const json_t *properties, const char *id)
{
    const json_t *each;
    size_t i;
    if (sim_same(sim_version_whole_source(properties), id) ||
        sim_same(sim_version_disk_source(sim_at(properties, "storageProfile.osDiskImage")), id))
        return true;
    json_array_foreach(sim_at(properties, "storageProfile.dataDiskImages"), i, each)
    {
        if (sim_same(sim_version_disk_source(each), id))
            return true;
    }
    return false;
}

static bool is_free(struct sim_version_put *p, const char *id)
{
    int64_t most = sim_int_at(p->c->w->settings, "rate_limits.versions_per_source", 0), running = 0;
    if (!id || most == 0)
        return true;
    for (const struct sim_resource *r = p->c->w->store.first; r; r = r->next)
        running += r != p->have && (r->pending == SIM_WILL_FINISH || r->pending == SIM_WILL_FAIL) &&
                   sim_same(r->type, "Microsoft.Compute/galleries/images/versions") &&
                   uses(sim_at(r->body, "properties"), id);
    return running < most ||
           sim_version_refuse(p, sim_storage_path,
                              "Too many requests on source '%s'. Please reduce the number of requests on the "
                              "source or wait some time before retrying.",
                              id);
}

static bool disk_is_free(struct sim_version_put *p, const json_t *disk, int index)
{
    (void)index;
    return is_free(p, sim_version_disk_source(disk));
}

bool sim_version_source_is_free(struct sim_version_put *p)
{
    return p->have ||
           (is_free(p, sim_version_whole_source(p->asked)) && sim_version_each_disk(p, disk_is_free));
}
