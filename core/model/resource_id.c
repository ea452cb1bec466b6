/* SPDX-License-Identifier: MPL-2.0 */
#include "model/resource_id.h"

#include "base/buf.h"
#include "base/span.h"
#include "model/names.h"

enum { PARTS_MAX = 6 + 2 * ACGP_RESOURCE_LEVELS_MAX }; /* three pairs of the prefix, then type and name */

/* Bytes. Five names of at most 90 characters and the fixed words stay far below it. */
enum { ID_MAX = 2048 };

struct kind_row {
    enum acgp_resource_kind kind;
    const char *provider;
    const char *type; /* levels joined with '/' */
    const char *words;
};

static const struct kind_row kinds[] = {
    {ACGP_RESOURCE_MANAGED_IMAGE, "Microsoft.Compute", "images", "managed image"},
    {ACGP_RESOURCE_SNAPSHOT, "Microsoft.Compute", "snapshots", "snapshot"},
    {ACGP_RESOURCE_DISK, "Microsoft.Compute", "disks", "managed disk"},
    {ACGP_RESOURCE_VIRTUAL_MACHINE, "Microsoft.Compute", "virtualMachines", "virtual machine"},
    {ACGP_RESOURCE_GALLERY, "Microsoft.Compute", "galleries", "gallery"},
    {ACGP_RESOURCE_IMAGE_DEFINITION, "Microsoft.Compute", "galleries/images", "gallery image definition"},
    {ACGP_RESOURCE_IMAGE_VERSION, "Microsoft.Compute", "galleries/images/versions", "gallery image version"},
    {ACGP_RESOURCE_DISK_ENCRYPTION_SET, "Microsoft.Compute", "diskEncryptionSets", "disk encryption set"},
    {ACGP_RESOURCE_STORAGE_ACCOUNT, "Microsoft.Storage", "storageAccounts", "storage account"},
};

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

static const struct kind_row *row_of(enum acgp_resource_kind kind)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (kinds[i].kind == kind)
            return &kinds[i];
    }
    return NULL;
}

static bool same(struct acg_span a, const char *b)
{
    return acgp_span_equal_nocase(a, acgp_span(b));
}

static bool type_matches(const struct kind_row *row, const struct acgp_resource_id *id)
{
    struct acg_span rest = acgp_span(row->type);

    for (size_t level = 0; level < id->levels; level++) {
        if (rest.data == NULL)
            return false;
        if (!acgp_span_equal_nocase(acgp_span_cut(&rest, '/'), id->type[level]))
            return false;
    }
    return rest.data == NULL && same(id->provider, row->provider);
}

static enum acgp_resource_kind kind_of(const struct acgp_resource_id *id)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (type_matches(&kinds[i], id))
            return kinds[i].kind;
    }
    return ACGP_RESOURCE_OTHER;
}

/* An id is put into URLs and JSON: bytes that end a path or are no text at all stand in no ARM name. */
static bool part_is_clean(struct acg_span part)
{
    static const char bad[] = "?#%&\\<>\"'`{}|^";

    if (part.len == 0)
        return false;
    for (size_t i = 0; i < part.len; i++) {
        unsigned char c = (unsigned char)part.data[i];

        if (c <= 0x20 || c == 0x7f)
            return false;
        for (size_t k = 0; k < sizeof bad - 1; k++) {
            if (part.data[i] == bad[k])
                return false;
        }
    }
    return acgp_text_is_utf8(part, NULL);
}

/* Split "/a/b/c" into its parts. */
static bool split(struct acg_span text, struct acg_span parts[PARTS_MAX], size_t *out_count)
{
    struct acg_span rest = text;
    size_t count = 0;

    if (text.len == 0 || text.len > ID_MAX || text.data[0] != '/')
        return false;
    acgp_span_cut(&rest, '/');
    while (rest.data != NULL) {
        if (count == PARTS_MAX)
            return false;
        parts[count] = acgp_span_cut(&rest, '/');
        if (!part_is_clean(parts[count]))
            return false;
        count++;
    }
    *out_count = count;
    return true;
}

bool acgp_resource_id_parse(struct acg_span text, struct acgp_resource_id *out)
{
    struct acg_span parts[PARTS_MAX];
    struct acgp_resource_id id = {.kind = ACGP_RESOURCE_OTHER};
    size_t count = 0;

    if (!split(text, parts, &count) || count < 8 || count % 2 != 0)
        return false;
    if (!same(parts[0], "subscriptions") || !same(parts[2], "resourceGroups") || !same(parts[4], "providers"))
        return false;
    id.subscription = parts[1];
    id.resource_group = parts[3];
    id.provider = parts[5];
    for (size_t i = 6; i < count; i += 2) {
        id.type[id.levels] = parts[i];
        id.name[id.levels++] = parts[i + 1];
    }
    id.kind = kind_of(&id);
    *out = id;
    return true;
}

static struct acg_span without_slash(const char *text)
{
    struct acg_span s = acgp_span(text);

    if (s.len > 1 && s.data[s.len - 1] == '/')
        s.len--;
    return s;
}

bool acgp_resource_id_equal(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return acgp_span_equal_nocase(without_slash(a), without_slash(b));
}

const char *acgp_resource_kind_name(enum acgp_resource_kind kind)
{
    const struct kind_row *row = row_of(kind);

    return row != NULL ? row->words : "resource";
}

char *acgp_resource_id_new(struct acg_span subscription, struct acg_span resource_group,
                           enum acgp_resource_kind kind, struct acg_span name)
{
    const struct kind_row *row = row_of(kind);

    if (row == NULL)
        return NULL;
    return acgp_printf("/subscriptions/%.*s/resourceGroups/%.*s/providers/%s/%s/%.*s", (int)subscription.len,
                       subscription.data, (int)resource_group.len, resource_group.data, row->provider,
                       row->type, (int)name.len, name.data);
}
