/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/setup.h"
#include "sim/text.h"
#include "sim/version_rules.h"

#include <inttypes.h>
#include <stdlib.h>

/* What the service accepts and what ends badly all the same: the operation ends Failed with the first error,
 * each region concerned with its own. A region that was through before is left alone. */

enum { SIZE_MAX_GB = 2048, SHALLOW_SIZE_MAX_GB = 32768 };

struct later {
    struct sim_resource *r;
    json_t *error; /* of the operation */
};

static json_t *error_of(const char *code, char *message)
{
    json_t *out = json_pack("{s:s, s:s}", "code", code, "message", message);
    free(message);
    return out;
}

/* Takes the error. region NULL: all of them. */
static void fail(struct sim_version_put *p, struct later *l, const char *region, json_t *error)
{
    const char *name, *text = sim_text_at(error, "message");
    json_t *each;
    bool whole = sim_starts(text, "Replication failed");
    char *details =
        whole ? sim_copy(text) : sim_format("Replication failed in this region due to '%s'", text);
    json_object_foreach(l->r->replication, name, each)
    {
        bool fresh = sim_int_at(each, "start", 0) == sim_now(p->c->w);
        if (fresh && (!region || sim_region_same(region, name)) && !json_object_get(each, "fail"))
            json_object_set_new(each, "fail", json_string(details));
    }
    free(details);
    if (!l->error)
        l->error = json_incref(error);
    json_decref(error);
}

/* R15: only the machine or the disk itself says that it is a Trusted Launch one. */
static bool not_trusted_launch(struct sim_version_put *p, const struct sim_source_disk *d, void *context)
{
    static const char type[] = "properties.securityProfile.securityType";
    const char *set = sim_source_disk_set(d);
    bool trusted = sim_same(sim_text_at(d->body, type), "TrustedLaunch") ||
                   sim_same(sim_text_at(d->owner, type), "TrustedLaunch");
    if (!set || !trusted || !sim_rule_on(p->c->w, "R15"))
        return true;
    fail(p, context, NULL,
         error_of("InternalOperationError",
                  sim_format("Replication failed in this region due to 'Contract.Assert failed: Data model "
                             "DiskEncryptionSetId '' does not match DiskRP returned DiskEncryptionSetId "
                             "'%s''.",
                             set)));
    return false;
}

/* R28 */
static bool not_too_big(struct sim_version_put *p, const struct sim_source_disk *d, void *context)
{
    const char *mode = sim_text_at(p->asked, "publishingProfile.replicationMode");
    int64_t max = sim_same(mode, "Shallow") ? SHALLOW_SIZE_MAX_GB : SIZE_MAX_GB;
    int64_t size = sim_int_at(d->entry, "diskSizeGB", sim_int_at(d->entry, "sizeInGB", 0));
    size = size ? size : sim_int_at(d->body, "properties.diskSizeGB", 0);
    if (size <= max || !sim_rule_on(p->c->w, "R28"))
        return true;
    fail(p, context, NULL,
         error_of("InternalOperationError",
                  sim_format("Replication failed in this region due to 'The GalleryImageVersion source "
                             "resource size %" PRId64 " exceeds the max size %" PRId64 " supported.'",
                             size, max)));
    return false;
}

json_t *sim_version_later_failure(struct sim_version_put *p, struct sim_resource *r)
{
    struct later l = {.r = r};
    sim_version_each_source_disk(p, not_trusted_launch, &l);
    sim_version_each_source_disk(p, not_too_big, &l);
    for (size_t i = 0; i < p->use_count; i++) {
        struct sim_set_fault fault;
        if (!sim_find(p->c->w, p->uses[i].id) || sim_set_works(p->c->w, p->uses[i].id, &fault))
            continue; /* that it must be there, and where, was looked at before the answer */
        fail(p, &l, p->uses[i].region, error_of(fault.code, fault.text));
    }
    json_t *own = sim_at(r->script, "operation.fail"); /* the scenario's word wins */
    if (!own)
        return l.error;
    json_decref(l.error);
    return json_incref(own);
}
