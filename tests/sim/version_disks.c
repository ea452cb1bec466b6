/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/version_rules.h"

/* The disks behind the sources of a version: those named one by one, and those of an image, a machine or
 * another version. */

struct walk {
    struct sim_version_put *p;
    bool (*look)(struct sim_version_put *, const struct sim_source_disk *, void *);
    void *context;
    struct sim_source_disk disk; /* source and owner are set, the rest is filled for each */
};

const json_t *sim_version_sources(const struct sim_version_put *p)
{
    bool asked = sim_version_whole_source(p->asked) ||
                 sim_version_disk_source(sim_at(p->asked, "storageProfile.osDiskImage"));
    return asked || !p->have ? p->asked : sim_at(p->have->body, "properties");
}

static bool visit(struct walk *w, const char *id)
{
    const struct sim_resource *r = id ? sim_find(w->p->c->w, id) : NULL;
    w->disk.id = id;
    w->disk.body = r ? r->body : NULL;
    return w->look(w->p, &w->disk, w->context);
}

static bool visit_entry(struct walk *w, const json_t *entry)
{
    const char *id = sim_text_at(entry, "managedDisk.id");
    w->disk.entry = entry;
    return !entry || visit(w, id ? id : sim_text_at(entry, "snapshot.id"));
}

static bool visit_all(struct walk *w, const json_t *os, const json_t *data)
{
    size_t i;
    const json_t *each;
    if (!visit_entry(w, os))
        return false;
    json_array_foreach(data, i, each)
    {
        if (!visit_entry(w, each))
            return false;
    }
    return true;
}

static bool visit_named(struct walk *w, const json_t *disk)
{
    w->disk.source = sim_version_disk_source(disk);
    return !w->disk.source || visit(w, w->disk.source);
}

bool sim_version_each_source_disk(struct sim_version_put *p,
                                  bool (*look)(struct sim_version_put *, const struct sim_source_disk *,
                                               void *),
                                  void *context)
{
    struct walk w = {.p = p, .look = look, .context = context};
    const json_t *sources = sim_version_sources(p), *each;
    const char *whole = sim_version_whole_source(sources);
    const struct sim_resource *r = whole ? sim_find(p->c->w, whole) : NULL;
    size_t i;
    if (r) {
        const json_t *profile = sim_at(r->body, "properties.storageProfile");
        w.disk = (struct sim_source_disk){.source = whole, .owner = r->body};
        return sim_id_of_version(whole)
                   ? visit_all(&w, json_object_get(profile, "osDiskImage"),
                               json_object_get(profile, "dataDiskImages"))
                   : visit_all(&w, json_object_get(profile, "osDisk"), json_object_get(profile, "dataDisks"));
    }
    if (whole)
        return true;
    if (!visit_named(&w, sim_at(sources, "storageProfile.osDiskImage")))
        return false;
    json_array_foreach(sim_at(sources, "storageProfile.dataDiskImages"), i, each)
    {
        if (!visit_named(&w, each))
            return false;
    }
    return true;
}

const char *sim_source_disk_set(const struct sim_source_disk *d)
{
    static const char *const places[] = {"diskEncryptionSet.id", "managedDisk.diskEncryptionSet.id"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *id = sim_text_at(d->entry, places[i]);
        if (id)
            return id;
    }
    return sim_text_at(d->body, "properties.encryption.diskEncryptionSetId");
}
