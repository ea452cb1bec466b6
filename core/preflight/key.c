/* SPDX-License-Identifier: MPL-2.0 */
#include "preflight/key.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/span.h"
#include "model/end_of_life.h"
#include "json/look.h"

enum { CANON_MAX = 4 * 1024 * 1024 };

/* "name=value", the value in lower case: ids and ARM's words do not tell cases apart. */
static bool put(struct acgp_buf *b, const char *name, const char *value)
{
    size_t from = 0;

    if (value == NULL)
        return true;
    if (!acgp_buf_printf(b, "%s=", name))
        return false;
    from = b->len;
    if (!acgp_buf_printf(b, "%s\n", value))
        return false;
    for (size_t i = from; i < b->len; i++)
        b->data[i] = (char)tolower((unsigned char)b->data[i]);
    return true;
}

static bool put_number(struct acgp_buf *b, const char *name, int64_t value)
{
    return acgp_buf_printf(b, "%s=%" PRId64 "\n", name, value);
}

/* When a source was made; NULL: it does not tell, or was not read. */
static const char *made(const struct acgp_preflight *p, const char *id)
{
    const json_t *root = id != NULL ? acgp_facts_root(&p->facts, id) : NULL;
    const char *at = acgp_json_text(root, "properties.timeCreated");

    return at != NULL ? at : acgp_json_text(root, "properties.publishingProfile.publishedDate");
}

static bool put_source(struct acgp_buf *b, const struct acgp_preflight *p, const char *id)
{
    const json_t *root = id != NULL ? acgp_facts_root(&p->facts, id) : NULL;
    const char *unique = acgp_json_text(root, "properties.uniqueId");

    if (unique == NULL)
        unique = acgp_json_text(root, "properties.vmId");
    return put(b, "source", id) && put(b, "unique", unique) && put(b, "made", made(p, id));
}

static bool put_sources(struct acgp_buf *b, const struct acgp_preflight *p)
{
    const struct acgp_source_spec *s = &p->spec->source;
    bool ok = put_source(b, p, s->id) && put_source(b, p, s->os_id) && put(b, "vhd", s->os_vhd_uri);

    for (size_t i = 0; ok && i < s->data_count; i++)
        ok = put_number(b, "lun", s->data[i].lun) && put_source(b, p, s->data[i].id) &&
             put(b, "vhd", s->data[i].vhd_uri);
    return ok;
}

static int by_place(const void *a, const void *b)
{
    const struct acgp_covered_place *const *x = a, *const *y = b;
    int region = strcmp((*x)->place->region, (*y)->place->region);

    if (region != 0)
        return region;
    return strcmp((*x)->place->zone ? (*x)->place->zone : "", (*y)->place->zone ? (*y)->place->zone : "");
}

static bool put_place(struct acgp_buf *b, const struct acgp_covered_place *c)
{
    const struct acgp_place *place = c->place;
    bool ok = put(b, "region", place->region) && put(b, "zone", place->zone) &&
              put_number(b, "replicas", place->replicas) && put(b, "storage", place->storage_type) &&
              put_number(b, "exclude", place->exclude_from_latest) &&
              put(b, "confidential", place->encryption.cvm_type) &&
              put(b, "secure", place->encryption.secure_vm_id);

    for (size_t i = 0; ok && i < c->disk_count; i++)
        ok = put_number(b, "disk", c->disks[i].disk.os ? -1 : c->disks[i].disk.lun) &&
             put(b, "set", c->disks[i].set_id);
    return ok;
}

/* In an order of their own: the same regions written otherwise are the same publish. */
static bool put_places(struct acgp_buf *b, const struct acgp_coverage *coverage)
{
    const struct acgp_covered_place **sorted = acgp_alloc(coverage->place_count + 1, sizeof *sorted);
    bool ok = sorted != NULL;

    for (size_t i = 0; ok && i < coverage->place_count; i++)
        sorted[i] = &coverage->places[i];
    if (ok)
        qsort(sorted, coverage->place_count, sizeof *sorted, by_place);
    for (size_t i = 0; ok && i < coverage->place_count; i++)
        ok = put_place(b, sorted[i]);
    acgp_free(sorted);
    return ok;
}

bool acgp_operation_key(const struct acgp_preflight *p, char out[ACGP_DIGEST_TEXT])
{
    const struct acgp_publish_spec *s = p->spec;
    struct acgp_buf b;
    bool ok = false;

    acgp_buf_init(&b, CANON_MAX);
    ok = put(&b, "subscription", s->subscription_id) && put(&b, "group", s->resource_group) &&
         put(&b, "gallery", s->gallery) && put(&b, "definition", s->definition) &&
         put(&b, "version", s->version_given) && put(&b, "location", p->location) && put_sources(&b, p) &&
         put(&b, "type", s->encryption_type) && put(&b, "mode", s->replication_mode) &&
         put(&b, "storage", s->storage_type) && put_number(&b, "replicas", s->replica_count) &&
         put_places(&b, &p->coverage) && acgp_digest_sha256_hex(acgp_buf_view(&b), out);
    acgp_buf_done(&b);
    return ok;
}

/* The fraction of a second in ten-millionths, which is what Azure writes. */
static int32_t fraction(const char *time)
{
    const char *dot = strchr(time, '.');
    int32_t value = 0;

    for (int i = 1; i <= 7; i++) {
        bool digit = dot != NULL && isdigit((unsigned char)dot[i]);
        value = value * 10 + (digit ? dot[i] - '0' : 0);
        dot = digit ? dot : NULL;
    }
    return value;
}

static bool older(const char *made_at, const char *published)
{
    struct acgp_end_of_life a, b;

    if (made_at == NULL || !acgp_end_of_life_parse(acgp_span(made_at), 0, &a) ||
        !acgp_end_of_life_parse(acgp_span(published), 0, &b))
        return false;
    return a.unix_s != b.unix_s ? a.unix_s < b.unix_s : fraction(a.text) < fraction(b.text);
}

bool acgp_sources_older(const struct acgp_preflight *p, const char *published)
{
    const struct acgp_source_spec *s = &p->spec->source;

    if (published == NULL || s->os_vhd_uri != NULL || (s->whole_image ? s->id : s->os_id) == NULL ||
        !older(made(p, s->whole_image ? s->id : s->os_id), published))
        return false;
    for (size_t i = 0; i < s->data_count; i++)
        if (s->data[i].id == NULL || !older(made(p, s->data[i].id), published))
            return false;
    return true;
}
