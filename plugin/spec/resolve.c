/* SPDX-License-Identifier: MPL-2.0 */
/* The two ways to write regions, sets and data disks become one: the library's options. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "spec/fields.h"
#include "spec/items.h"
#include "spec/state.h"

/** Longest path that is made here: names, indexes and one LUN. */
enum { PATH_BYTES = 128 };
/** Longest part of a user's key that a message repeats. */
enum { SHOWN = 200 };

/* The regions of the compact form while their sets are still coming in. */
struct places {
    struct acg_target_region *items;
    size_t *origin; /* index in target_regions; SIZE_MAX: it came from location */
    size_t count;
    bool doubtful; /* an item could not be read or is not known yet: others may be meant */
};

static bool is_unknown(const char *text)
{
    return strstr(text, PKR_UNKNOWN) != NULL;
}

static int cut(const char *text)
{
    size_t len = strlen(text);

    if (len > SHOWN)
        for (len = SHOWN; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
            len--;
    return (int)len;
}

/* ---- mixing ---- */

static bool row_given(const struct pkr_config *config, const struct pkr_field *row)
{
    size_t count = 0;

    memcpy(&count, (const char *)&config->set + row->count_place, sizeof count);
    return count > 0;
}

static const char *given_with(const struct pkr_config *config, unsigned flag)
{
    const struct pkr_field_group *top = pkr_fields();

    for (size_t i = 0; i < top->count; i++)
        if ((top->rows[i].flags & flag) != 0 && row_given(config, &top->rows[i]))
            return top->rows[i].name;
    return NULL;
}

static enum acg_status check_mixing(struct pkr_config *config, struct acg_error *err)
{
    const char *compact = given_with(config, PKR_COMPACT);
    const char *block = given_with(config, PKR_COMPACT_BARRED);

    if (compact == NULL || block == NULL)
        return ACG_OK;
    return pkr_note_fault(&config->made, compact, PKR_ABOUT_REGIONS | PKR_ABOUT_SETS,
                          "keep one form: target_region, edge_zone and data_snapshot blocks, or "
                          "target_regions, disk_encryption_sets and data_snapshots",
                          err, "stands beside %s; blocks and the compact form cannot be mixed", block);
}

/* ---- target_regions ---- */

static enum acg_status rename_place(struct pkr_config *config, const struct places *p, struct acg_error *err)
{
    char ours[PATH_BYTES];

    snprintf(ours, sizeof ours, "target_region[%zu]", p->count);
    if (p->origin[p->count] == SIZE_MAX)
        return pkr_note_rename(&config->made, ours, err, "location");
    return pkr_note_rename(&config->made, ours, err, "target_regions[%zu]", p->origin[p->count]);
}

static enum acg_status add_place(struct pkr_config *config, struct places *p, size_t index, const char *text,
                                 struct acg_error *err)
{
    struct acg_target_region *region = &p->items[p->count];
    struct pkr_place_item item = {.region = {NULL, 0}};
    char field[PATH_BYTES];
    const char *why = NULL;

    snprintf(field, sizeof field, "target_regions[%zu]", index);
    if (is_unknown(text) || pkr_notes_cover(&config->read, field)) {
        p->doubtful = true;
        return ACG_OK;
    }
    if (!pkr_region_item_parse(acgp_span(text), &item, &why)) {
        p->doubtful = true;
        return pkr_note_fault(&config->made, field, PKR_ABOUT_REGIONS,
                              "write REGION[=REPLICAS][=STORAGE_ACCOUNT_TYPE], for example "
                              "\"westus=2=standard_lrs\"",
                              err, "is \"%.*s\": %s", cut(text), text, why);
    }
    region->name = pkr_arena_text(&config->made.arena, item.region);
    region->storage_account_type =
        item.storage_type.len > 0 ? pkr_arena_text(&config->made.arena, item.storage_type) : NULL;
    if (region->name == NULL || (item.storage_type.len > 0 && region->storage_account_type == NULL))
        return acgp_fail_nomem(err);
    region->replicas = item.replicas;
    p->origin[p->count] = index;
    enum acg_status status = rename_place(config, p, err);
    p->count++;
    return status;
}

static enum acg_status add_home(struct pkr_config *config, struct places *p, struct acg_error *err)
{
    const char *home = config->set.options.location;

    if (home == NULL || is_unknown(home)) {
        p->doubtful = home != NULL;
        return ACG_OK;
    }
    p->items[0].name = home;
    p->origin[0] = SIZE_MAX;
    enum acg_status status = rename_place(config, p, err);
    p->count = 1;
    return status;
}

/* ---- disk_encryption_sets ---- */

/* One key taken apart: REGION, REGION/os, REGION/LUN. */
struct set_key {
    struct acg_span region;
    bool every, os;
    int64_t lun;
};

static bool parse_key(const char *key, struct set_key *out)
{
    struct acg_span rest = acgp_span(key);

    *out = (struct set_key){.region = acgp_span_cut(&rest, '/')};
    if (acgp_span_trim(out->region).len == 0)
        return false;
    out->every = rest.data == NULL;
    out->os = acgp_span_equal_nocase(rest, acgp_span("os"));
    return out->every || out->os || pkr_lun_parse(rest, &out->lun);
}

static bool same_disk(const struct set_key *a, const struct set_key *b)
{
    return a->every == b->every && a->os == b->os && a->lun == b->lun &&
           pkr_same_region(a->region, b->region);
}

static enum acg_status name_disk(struct pkr_config *config, size_t place, const struct set_key *key,
                                 size_t data_index, const char *spelt, struct acg_error *err)
{
    char ours[PATH_BYTES];

    if (key->every)
        snprintf(ours, sizeof ours, "target_region[%zu].disk_encryption_set_id", place);
    else if (key->os)
        snprintf(ours, sizeof ours, "target_region[%zu].os_disk", place);
    else
        snprintf(ours, sizeof ours, "target_region[%zu].data_disk[%zu]", place, data_index);
    return pkr_note_rename(&config->made, ours, err, "disk_encryption_sets[\"%.*s\"]", cut(spelt), spelt);
}

/* One more entry; room doubles, so that many entries cost no more than twice their size. */
static bool add_data_disk(struct pkr_config *config, struct acg_encryption *e, int64_t lun, const char *id)
{
    size_t count = e->data_disk_count;
    struct acg_data_disk_encryption entry = {{true, lun}, id};

    if ((count & (count - 1)) == 0) {
        struct acg_data_disk_encryption *disks =
            pkr_arena_alloc(&config->made.arena, count == 0 ? 1 : 2 * count, sizeof *disks);
        if (disks == NULL)
            return false;
        if (count > 0)
            memcpy(disks, e->data_disks, count * sizeof *disks);
        e->data_disks = disks;
    }
    /* The array is the arena's, made above: only the options' view of it is const. */
    memcpy((char *)(uintptr_t)&e->data_disks[count], &entry, sizeof entry);
    e->data_disk_count = count + 1;
    return true;
}

static enum acg_status put_set(struct pkr_config *config, struct acg_target_region *region, size_t place,
                               const struct set_key *key, const struct acg_tag *pair, struct acg_error *err)
{
    struct acg_encryption *e = &region->encryption;
    size_t index = e->data_disk_count;

    if (key->every) {
        e->disk_encryption_set_id = pair->value;
    } else if (key->os) {
        e->os_disk_encryption_set_id = pair->value;
    } else if (!add_data_disk(config, e, key->lun, pair->value)) {
        return acgp_fail_nomem(err);
    }
    return name_disk(config, place, key, index, pair->name, err);
}

static enum acg_status stray_set(struct pkr_config *config, const struct places *p, const char *field,
                                 const struct set_key *key, struct acg_error *err)
{
    const char *names[PKR_NEAREST_MAX];
    size_t count = p->count < PKR_NEAREST_MAX ? p->count : PKR_NEAREST_MAX;
    int len = cut(key->region.data) < (int)key->region.len ? cut(key->region.data) : (int)key->region.len;

    for (size_t i = 0; i < count; i++)
        names[i] = p->items[i].name;
    const char *near = pkr_nearest(key->region, names, count);
    char *fix = near != NULL ? acgp_printf("write %s, or add the region to target_regions", near)
                             : acgp_strdup("add the region to target_regions, or remove the entry");
    enum acg_status status =
        fix == NULL ? acgp_fail_nomem(err)
                    : pkr_note_fault(&config->made, field, PKR_ABOUT_SETS, fix, err,
                                     "names the region %.*s, which is not among the target regions", len,
                                     key->region.data);
    acgp_free(fix);
    return status;
}

static enum acg_status repeated_set(struct pkr_config *config, const char *field, const char *first,
                                    struct acg_error *err)
{
    return pkr_note_fault(&config->made, field, 0, "keep one of the two", err,
                          "names the same disk as \"%.*s\"; each disk is named once per region", cut(first),
                          first);
}

static enum acg_status take_set(struct pkr_config *config, struct places *p, size_t index, const char *field,
                                struct acg_error *err)
{
    const struct acg_tag *pair = &config->set.sets[index];
    struct set_key key, other;

    if (is_unknown(pair->name))
        return ACG_OK;
    if (!parse_key(pair->name, &key))
        return pkr_note_fault(&config->made, field, PKR_ABOUT_SETS,
                              "write \"westus/os\" for the OS disk, \"westus/0\" for the data disk at LUN 0, "
                              "\"westus\" for every other disk of the region",
                              err, "is not of the form REGION, REGION/os or REGION/LUN");
    for (size_t i = 0; i < index; i++)
        if (parse_key(config->set.sets[i].name, &other) && same_disk(&key, &other))
            return repeated_set(config, field, config->set.sets[i].name, err);
    for (size_t i = 0; i < p->count; i++)
        if (pkr_same_region(acgp_span(p->items[i].name), key.region))
            return put_set(config, &p->items[i], i, &key, pair, err);
    return p->doubtful ? ACG_OK : stray_set(config, p, field, &key, err);
}

static enum acg_status take_sets(struct pkr_config *config, struct places *p, struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    for (size_t i = 0; i < config->set.set_count && status == ACG_OK; i++) {
        const char *key = config->set.sets[i].name;
        char *field = acgp_printf("disk_encryption_sets[\"%.*s\"]", cut(key), key);
        status = field != NULL ? take_set(config, p, i, field, err) : acgp_fail_nomem(err);
        acgp_free(field);
    }
    return status;
}

/* Where a disk would be named that a region leaves out: R5 speaks of it. */
static enum acg_status rename_missing(struct pkr_config *config, const struct places *p,
                                      struct acg_error *err)
{
    enum acg_status status = ACG_OK;
    char ours[PATH_BYTES];

    for (size_t i = 0; i < p->count && status == ACG_OK; i++) {
        const struct acg_encryption *e = &p->items[i].encryption;
        const char *name = p->items[i].name;
        if (e->os_disk_encryption_set_id == NULL) {
            snprintf(ours, sizeof ours, "target_region[%zu].os_disk", i);
            status = pkr_note_rename(&config->made, ours, err, "disk_encryption_sets[\"%.*s/os\"]", cut(name),
                                     name);
        }
        if (status == ACG_OK && e->data_disk_count == 0) {
            snprintf(ours, sizeof ours, "target_region[%zu].data_disk", i);
            status = pkr_note_rename(&config->made, ours, err, "disk_encryption_sets[\"%.*s/LUN\"]",
                                     cut(name), name);
        }
    }
    return status;
}

static enum acg_status resolve_regions(struct pkr_config *config, struct acg_error *err)
{
    const struct pkr_settings *set = &config->set;
    struct places p = {.count = 0};
    enum acg_status status = ACG_OK;

    if (set->region_count == 0 && set->set_count == 0)
        return ACG_OK;
    p.items = pkr_arena_alloc(&config->made.arena, set->region_count + 1, sizeof *p.items);
    p.origin = pkr_arena_alloc(&config->made.arena, set->region_count + 1, sizeof *p.origin);
    if (p.items == NULL || p.origin == NULL)
        return acgp_fail_nomem(err);
    for (size_t i = 0; i < set->region_count && status == ACG_OK; i++)
        status = add_place(config, &p, i, set->regions[i], err);
    if (status == ACG_OK && set->region_count == 0)
        status = add_home(config, &p, err);
    if (status == ACG_OK)
        status = take_sets(config, &p, err);
    if (status == ACG_OK)
        status = rename_missing(config, &p, err);
    config->options.target_regions = p.items;
    config->options.target_region_count = p.count;
    return status;
}

/* ---- data disks ---- */

static enum acg_status rename_vhd(struct pkr_config *config, size_t index, size_t block,
                                  struct acg_error *err)
{
    static const char *const names[][2] = {
        {"lun", "lun"}, {"vhd_uri", "uri"}, {"vhd_storage_account", "storage_account"}, {"id", "uri"}};
    enum acg_status status = ACG_OK;
    char ours[PATH_BYTES];

    for (size_t i = 0; i < sizeof names / sizeof names[0] && status == ACG_OK; i++) {
        snprintf(ours, sizeof ours, "data_snapshot[%zu].%s", index, names[i][0]);
        status = pkr_note_rename(&config->made, ours, err, "data_vhd[%zu].%s", block, names[i][1]);
    }
    return status;
}

static enum acg_status take_snapshot(struct pkr_config *config, const struct acg_tag *pair,
                                     struct acg_data_disk_source *disks, size_t *count, struct acg_error *err)
{
    struct acg_data_disk_source *disk = &disks[*count];
    enum acg_status status = ACG_OK;
    char ours[PATH_BYTES];

    if (is_unknown(pair->name))
        return ACG_OK;
    if (pkr_lun_parse(acgp_span(pair->name), &disk->lun.value)) {
        disk->lun.set = true;
        disk->id = pair->value;
        snprintf(ours, sizeof ours, "data_snapshot[%zu]", *count);
        *count += 1;
        return pkr_note_rename(&config->made, ours, err, "data_snapshots[\"%s\"]", pair->name);
    }
    char *field = acgp_printf("data_snapshots[\"%.*s\"]", cut(pair->name), pair->name);
    status = field == NULL ? acgp_fail_nomem(err)
                           : pkr_note_fault(&config->made, field, PKR_ABOUT_SOURCE | PKR_ABOUT_SETS,
                                            "write the LUN of the disk with digits, for example \"0\"", err,
                                            "is no LUN");
    acgp_free(field);
    return status;
}

static enum acg_status resolve_disks(struct pkr_config *config, struct acg_error *err)
{
    const struct pkr_settings *set = &config->set;
    size_t most = set->data_snapshot_count + set->snapshot_count + set->artifact_disk_count +
                  set->data_vhd_count,
           count = 0;
    struct acg_data_disk_source *disks = pkr_arena_alloc(&config->made.arena, most, sizeof *disks);
    enum acg_status status = ACG_OK;

    if (disks == NULL)
        return acgp_fail_nomem(err);
    for (size_t i = 0; i < set->data_snapshot_count; i++)
        disks[count++] = set->data_snapshot[i];
    for (size_t i = 0; i < set->snapshot_count && status == ACG_OK; i++)
        status = take_snapshot(config, &set->snapshots[i], disks, &count, err);
    for (size_t i = 0; i < set->artifact_disk_count; i++)
        disks[count++] = set->artifact_disks[i];
    for (size_t i = 0; i < set->data_vhd_count && status == ACG_OK; i++) {
        disks[count] = set->data_vhd[i];
        if (disks[count].vhd_uri == NULL && disks[count].vhd_storage_account == NULL)
            disks[count].vhd_uri = ""; /* an empty block is a VHD without its URL, not a snapshot */
        status = rename_vhd(config, count++, i, err);
    }
    config->options.source.data_disks = disks;
    config->options.source.data_disk_count = count;
    return status;
}

enum acg_status pkr_resolve(struct pkr_config *config, enum pkr_phase phase, struct acg_error *err)
{
    struct acg_source *source = &config->options.source;
    enum acg_status status = ACG_OK;

    config->options = config->set.options;
    status = check_mixing(config, err);
    if (status == ACG_OK && config->set.options.target_region_count == 0)
        status = resolve_regions(config, err);
    if (status == ACG_OK)
        status = resolve_disks(config, err);
    unsigned about = pkr_notes_about(&config->read) | pkr_notes_about(&config->made);
    bool later = phase == PKR_PHASE_VALIDATE || phase == PKR_PHASE_DECLARED;
    if ((about & PKR_ABOUT_SOURCE) != 0 || (later && !pkr_config_names_source(config)))
        *source = (struct acg_source){.known_later = true};
    return status;
}
