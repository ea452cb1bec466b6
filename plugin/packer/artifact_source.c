/* SPDX-License-Identifier: MPL-2.0 */
#include "packer/artifact_source.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/span.h"
#include "packer/compute_id.h"

/** Longest part of a foreign text that is shown. */
#define SHOWN_MAX 200
/** Ids of one artifact that are looked at: an image, a version, 65 disks and as many snapshots. */
#define IDS_MAX 256

/* BuilderId of azure-arm and of azure-dtl; of azure-chroot. */
static const char azure_builder[] = "Azure.ResourceManagement.VMImage";
static const char chroot_builder[] = "azure.chroot";
/* How azure-chroot names what it makes, unless it is told otherwise; its Id is in lower case. */
struct naming {
    const char *os, *data; /* how the names begin; a data disk's ends with its LUN */
    const char *unclear, *several;
};
static const struct naming chroot_snapshots = {
    "packertemp-osdisk-snapshot-", "packertemp-datadisk-snapshot-",
    "has snapshots under names of the user's, which do not tell whose disk each is",
    "has not exactly one snapshot of an OS disk"};
static const struct naming chroot_disks = {
    "packertemp-osdisk-", "packertemp-datadisk-",
    "has disks under names of the user's, which do not tell which each is", "has not exactly one OS disk"};

/* Ids of one type, as they were seen. */
struct ids {
    struct acg_span items[IDS_MAX];
    size_t count;
};

/* What an artifact offers; empty where it does not. Lent by its words. */
struct offer {
    struct acg_span image, version;
    struct acg_span os_snapshot, data_prefix; /* azure-arm: names */
    struct acg_span os_disk;                  /* azure-arm: id */
    struct ids snapshots, disks;              /* azure-chroot */
    size_t images, versions;                  /* how many were seen */
};

/* ---- azure-arm: lines ---- */

static struct acg_span line_value(struct acg_span text, const char *name)
{
    struct acg_span key = acgp_span(name);

    for (struct acg_span rest = text; rest.data != NULL;) {
        struct acg_span line = acgp_span_trim(acgp_span_cut(&rest, '\n'));
        if (line.len > key.len && line.data[key.len] == ':' && acgp_span_starts_nocase(line, key))
            return acgp_span_trim(acgp_span_of(line.data + key.len + 1, line.len - key.len - 1));
    }
    return (struct acg_span){NULL, 0};
}

static struct acg_span line_id(struct acg_span text, const char *name, enum pkr_compute_kind kind)
{
    struct acg_span id = line_value(text, name);

    return pkr_compute_kind_of(id) == kind ? id : (struct acg_span){NULL, 0};
}

static void read_lines(struct offer *o, struct acg_span text)
{
    o->image = line_id(text, "ManagedImageId", PKR_COMPUTE_IMAGE);
    o->version = line_id(text, "ManagedImageSharedImageGalleryId", PKR_COMPUTE_VERSION);
    o->os_disk = line_id(text, "OSDiskUri", PKR_COMPUTE_DISK);
    o->os_snapshot = line_value(text, "ManagedImageOSDiskSnapshotName");
    o->data_prefix = line_value(text, "ManagedImageDataDiskSnapshotPrefix");
    o->images = o->image.len > 0;
    o->versions = o->version.len > 0;
}

/* ---- Id: one, or azure-chroot's list ---- */

static void add_id(struct ids *ids, struct acg_span id)
{
    if (ids->count < IDS_MAX)
        ids->items[ids->count] = id;
    ids->count++; /* also beyond: such an artifact is refused */
}

static void read_id(struct offer *o, struct acg_span id)
{
    switch (pkr_compute_kind_of(id)) {
    case PKR_COMPUTE_IMAGE:
        if (o->images++ == 0)
            o->image = id;
        break;
    case PKR_COMPUTE_VERSION:
        if (o->versions++ == 0)
            o->version = id;
        break;
    case PKR_COMPUTE_DISK:
        add_id(&o->disks, id);
        break;
    case PKR_COMPUTE_SNAPSHOT:
        add_id(&o->snapshots, id);
        break;
    case PKR_COMPUTE_OTHER:
        break;
    }
}

static void read_ids(struct offer *o, struct acg_span list)
{
    for (struct acg_span rest = list; rest.data != NULL;)
        read_id(o, acgp_span_trim(acgp_span_cut(&rest, ',')));
}

/* ---- refusals ---- */

/* What may be shown of a foreign text: not what follows '?', which signs a URL. */
static struct acg_span shown(struct acg_span text)
{
    struct acg_span rest = text;
    struct acg_span part = text.data == NULL ? text : acgp_span_cut(&rest, '?');

    if (part.len > SHOWN_MAX)
        part.len = SHOWN_MAX;
    if (part.data == NULL)
        part.data = "";
    return part;
}

static enum acg_status refuse(const struct pkr_artifact_words *words, const char *why, const char *fix,
                              struct acg_error *err)
{
    struct acg_span builder = shown(words->builder_id), id = shown(acgp_span_trim(words->id));

    return acgp_fail(err, ACG_ERR_ARGUMENT, "the incoming artifact (builder id \"%.*s\", id \"%.*s\") %s. %s",
                     (int)builder.len, builder.data, (int)id.len, id.data, why, fix);
}

static const char accepted[] = "Accepted: an artifact of azure-arm, azure-dtl or azure-chroot, or any whose "
                               "id is a managed image's or a gallery "
                               "image version's. Or name the source in the configuration: managed_image, "
                               "image_version, or os_snapshot with "
                               "data_snapshots";
static const char name_disks[] =
    "Name them in the configuration: os_snapshot, and data_snapshots with the LUN of each data disk";

static const char from_vhd[] =
    "Let the builder make a managed image (azure-arm: managed_image_name and "
    "managed_image_resource_group_name), which disk encryption sets can encrypt. Or name the VHD in the "
    "configuration: os_vhd_uri with os_vhd_storage_account, and a data_vhd for each data disk";

/* An Id that is the URL of a blob, signed or not. */
static bool is_vhd(struct acg_span id)
{
    static const char ending[] = ".vhd";
    struct acg_span blob = acgp_span_trim(id);
    size_t len = sizeof ending - 1;

    if (!acgp_span_starts_nocase(blob, acgp_span("https://")))
        return false;
    blob = acgp_span_cut(&blob, '?');
    return blob.len > len &&
           acgp_span_equal_nocase(acgp_span_of(blob.data + blob.len - len, len), acgp_span(ending));
}

/* ---- choices ---- */

static bool keep(struct pkr_arena *arena, struct acg_span text, const char **out)
{
    *out = pkr_arena_text(arena, text);
    return *out != NULL;
}

static enum acg_status take_one(struct acg_span id, struct pkr_arena *arena, const char **out,
                                struct acg_error *err)
{
    return keep(arena, id, out) ? ACG_OK : acgp_fail_nomem(err);
}

static bool join(struct pkr_arena *arena, struct acg_span scope, struct acg_span name, const char **out)
{
    *out =
        pkr_arena_printf(arena, "%.*ssnapshots/%.*s", (int)scope.len, scope.data, (int)name.len, name.data);
    return *out != NULL;
}

/* Snapshots of azure-arm lie beside the managed image, in its resource group. */
static enum acg_status take_arm_snapshots(const struct offer *o, struct pkr_arena *arena,
                                          struct acg_source *out, struct acg_error *err)
{
    struct acg_span scope = pkr_compute_scope(o->image);

    if (!join(arena, scope, o->os_snapshot, &out->os_snapshot) ||
        !keep(arena, o->image, &out->snapshots_of) ||
        (o->data_prefix.len > 0 && !join(arena, scope, o->data_prefix, &out->data_snapshot_prefix)))
        return acgp_fail_nomem(err);
    return ACG_OK;
}

/* The LUN at the end of a name that azure-chroot gave: "...-datadisk-snapshot-1700000000-3". */
static bool chroot_lun(const struct naming *naming, struct acg_span name, int64_t *out)
{
    size_t start = name.len;

    while (start > 0 && name.data[start - 1] != '-')
        start--;
    return acgp_span_starts_nocase(name, acgp_span(naming->data)) && start > strlen(naming->data) &&
           acgp_span_to_i64(acgp_span_of(name.data + start, name.len - start), out) && *out >= 0;
}

static enum acg_status take_chroot(const struct pkr_artifact_words *words, const struct ids *ids,
                                   const struct naming *naming, struct pkr_arena *arena,
                                   struct acg_source *out, struct acg_error *err)
{
    struct acg_data_disk_source *disks = pkr_arena_alloc(arena, ids->count, sizeof *disks);
    size_t count = 0, systems = 0;

    if (disks == NULL)
        return acgp_fail_nomem(err);
    if (ids->count > IDS_MAX)
        return refuse(words, "has more disks than an image can have", name_disks, err);
    for (size_t i = 0; i < ids->count; i++) {
        struct acg_span name = pkr_compute_name(ids->items[i]);
        int64_t lun = 0;
        const char **place = NULL;
        if (acgp_span_starts_nocase(name, acgp_span(naming->os))) {
            systems++;
            place = &out->os_snapshot;
        } else if (chroot_lun(naming, name, &lun)) {
            disks[count].lun = (struct acg_optional_int){true, lun};
            place = &disks[count++].id;
        } else {
            return refuse(words, naming->unclear, name_disks, err);
        }
        if (!keep(arena, ids->items[i], place))
            return acgp_fail_nomem(err);
    }
    if (systems != 1)
        return refuse(words, naming->several, name_disks, err);
    out->data_disks = disks;
    out->data_disk_count = count;
    return ACG_OK;
}

static enum acg_status take_snapshots(const struct pkr_artifact_words *words, const struct offer *o,
                                      struct pkr_arena *arena, struct acg_source *out, struct acg_error *err)
{
    if (o->os_snapshot.len > 0 && o->image.len > 0)
        return take_arm_snapshots(o, arena, out, err);
    if (o->snapshots.count > 0)
        return take_chroot(words, &o->snapshots, &chroot_snapshots, arena, out, err);
    return refuse(
        words, "tells of no snapshots",
        "azure-arm makes them with managed_image_os_disk_snapshot_name and "
        "managed_image_data_disk_snapshot_prefix, azure-chroot keeps them with skip_cleanup. Or leave "
        "artifact_source out",
        err);
}

/* The image beside a kept disk tells whether there were others: none is lost without a word. */
static enum acg_status take_disks(const struct pkr_artifact_words *words, const struct offer *o,
                                  struct pkr_arena *arena, struct acg_source *out, struct acg_error *err)
{
    if (o->disks.count > 0)
        return take_chroot(words, &o->disks, &chroot_disks, arena, out, err);
    if (o->os_disk.len == 0)
        return refuse(words, "does not tell of a managed disk",
                      "azure-arm keeps it with keep_os_disk, azure-chroot with skip_cleanup. Or name it as "
                      "os_snapshot",
                      err);
    if (!keep(arena, o->os_disk, &out->os_snapshot) ||
        (o->images == 1 && !keep(arena, o->image, &out->snapshots_of)))
        return acgp_fail_nomem(err);
    return ACG_OK;
}

static enum acg_status take_any(const struct pkr_artifact_words *words, const struct offer *o,
                                struct pkr_arena *arena, struct acg_source *out, struct acg_error *err)
{
    if (o->images == 1)
        return take_one(o->image, arena, &out->managed_image, err);
    if (o->images == 0 && o->versions == 1)
        return take_one(o->version, arena, &out->image_version, err);
    if (o->images > 1 || o->versions > 1)
        return refuse(words, "holds several images", "Name one as managed_image or image_version", err);
    return refuse(words, "is no image", accepted, err);
}

static enum acg_status choose(const struct pkr_artifact_words *words, const struct offer *o,
                              enum pkr_artifact_choice choice, struct pkr_arena *arena,
                              struct acg_source *out, struct acg_error *err)
{
    if (o->images == 0 && o->versions == 0 && is_vhd(words->id))
        return refuse(words, "is a VHD", from_vhd, err);
    switch (choice) {
    case PKR_ARTIFACT_MANAGED_IMAGE:
        return o->images == 1 ? take_one(o->image, arena, &out->managed_image, err)
                              : refuse(words, "does not tell of one managed image", accepted, err);
    case PKR_ARTIFACT_IMAGE_VERSION:
        return o->versions == 1 ? take_one(o->version, arena, &out->image_version, err)
                                : refuse(words, "does not tell of one gallery image version", accepted, err);
    case PKR_ARTIFACT_SNAPSHOTS:
        return take_snapshots(words, o, arena, out, err);
    case PKR_ARTIFACT_DISKS:
        return take_disks(words, o, arena, out, err);
    default:
        return take_any(words, o, arena, out, err);
    }
}

enum acg_status pkr_artifact_source(const struct pkr_artifact_words *words, enum pkr_artifact_choice choice,
                                    struct pkr_arena *arena, struct acg_source *out, struct acg_error *err)
{
    struct offer *o = pkr_arena_alloc(arena, 1, sizeof *o);
    struct acg_source found = {.managed_image = NULL};

    if (o == NULL)
        return acgp_fail_nomem(err);
    if (acgp_span_equal(words->builder_id, acgp_span(azure_builder)))
        read_lines(o, words->text);
    if (acgp_span_equal(words->builder_id, acgp_span(chroot_builder)))
        read_ids(o, words->id);
    else if (o->images == 0 && o->versions == 0)
        read_id(o, acgp_span_trim(words->id));
    enum acg_status status = choose(words, o, choice, arena, &found, err);
    if (status == ACG_OK)
        *out = found;
    return status;
}
