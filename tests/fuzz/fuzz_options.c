/* SPDX-License-Identifier: MPL-2.0 */
/* What users write, as bytes: ids, regions, dates, versions, words, and a whole publish made of the lines of
 * the input. What is accepted must mean the same when it is read again; what is said must be text. */
#include <string.h>

#include "base/alloc.h"
#include "base/span.h"
#include "fuzz/fuzz.h"
#include "model/end_of_life.h"
#include "model/image_version.h"
#include "model/names.h"
#include "model/region.h"
#include "model/words.h"
#include "plan/validate.h"

enum { LINES_MAX = 48, NOW = 1700000000 };

static void try_id(struct acg_span text)
{
    struct acgp_resource_id id;
    struct acgp_resource_id again;
    char *built = NULL;

    if (!acgp_resource_id_parse(text, &id))
        return;
    FUZZ_CHECK(id.levels >= 1 && id.levels <= ACGP_RESOURCE_LEVELS_MAX);
    if (id.kind == ACGP_RESOURCE_OTHER || id.levels > 1)
        return;
    built = acgp_resource_id_new(id.subscription, id.resource_group, id.kind, id.name[0]);
    FUZZ_CHECK(built != NULL && acgp_span_equal_nocase(acgp_span(built), text));
    FUZZ_CHECK(acgp_resource_id_parse(acgp_span(built), &again) && again.kind == id.kind);
    acgp_free(built);
}

static void try_region(struct acg_span text)
{
    char name[ACGP_REGION_MAX];
    char again[ACGP_REGION_MAX];

    if (!acgp_region_normalise(text, name))
        return;
    FUZZ_CHECK(acgp_region_normalise(acgp_span(name), again) && strcmp(name, again) == 0);
}

static void try_date(struct acg_span text)
{
    struct acgp_end_of_life date;
    struct acgp_end_of_life again;

    if (!acgp_end_of_life_parse(text, NOW, &date))
        return;
    FUZZ_CHECK(strlen(date.text) < sizeof date.text);
    FUZZ_CHECK(acgp_end_of_life_parse(acgp_span(date.text), 0, &again));
    FUZZ_CHECK(again.unix_s == date.unix_s && strcmp(again.text, date.text) == 0);
}

static void try_names(struct acg_span text)
{
    struct acgp_image_version version;

    if (acgp_image_version_parse(text, &version))
        FUZZ_CHECK(version.major >= 0 && version.minor >= 0 && version.patch >= 0);
    (void)acgp_name_fault_subscription(text);
    (void)acgp_name_fault_resource_group(text);
    (void)acgp_name_fault_gallery(text);
    (void)acgp_name_fault_definition(text);
    (void)acgp_name_fault_storage_account(text);
    if (acgp_word_find(&acgp_words_encryption_type, text) == NULL)
        (void)acgp_word_nearest(&acgp_words_encryption_type, text);
}

/* The lines of the input as texts; an absent or empty line is NULL, a line of one '-' an empty text. */
struct lines {
    char *copy;
    const char *at[LINES_MAX];
};

static void read_lines(struct lines *l, const uint8_t *data, size_t size)
{
    char *rest = NULL;

    *l = (struct lines){.copy = calloc(size + 1, 1)};
    FUZZ_CHECK(l->copy != NULL);
    memcpy(l->copy, data, size);
    rest = l->copy;
    for (size_t i = 0; i < LINES_MAX && rest != NULL; i++) {
        char *end = strchr(rest, '\n');

        if (end != NULL)
            *end++ = '\0';
        l->at[i] = rest[0] == '\0' ? NULL : strcmp(rest, "-") == 0 ? "" : rest;
        rest = end;
    }
}

static struct acg_optional_int number(const char *text)
{
    struct acg_optional_int n = {.set = text != NULL};

    if (text != NULL && !acgp_span_to_i64(acgp_span(text), &n.value))
        n.value = (unsigned char)text[0];
    return n;
}

static void encryption(struct acg_encryption *e, struct acg_data_disk_encryption data[2],
                       const char *const *at)
{
    e->disk_encryption_set_id = at[0];
    e->os_disk_encryption_set_id = at[1];
    e->confidential_vm_encryption_type = at[2];
    e->secure_vm_disk_encryption_set_id = at[3];
    data[0] = (struct acg_data_disk_encryption){number(at[4]), at[5]};
    data[1] = (struct acg_data_disk_encryption){number(at[6]), at[7]};
    e->data_disks = data;
    e->data_disk_count = at[6] != NULL ? 2 : at[4] != NULL;
}

struct publish {
    struct acg_publish_options o;
    struct acg_target_region regions[2];
    struct acg_edge_zone zone;
    struct acg_data_disk_encryption sets[3][2];
    struct acg_data_disk_source disks[2];
    struct acg_tag tag;
    const char *platform[1];
};

static void fill_source(struct publish *p, const char *const *at)
{
    struct acg_source *s = &p->o.source;

    s->managed_image = at[0];
    s->virtual_machine = at[1];
    s->os_snapshot = at[2];
    s->os_vhd_uri = at[3];
    s->os_vhd_storage_account = at[4];
    p->disks[0] = (struct acg_data_disk_source){.lun = number(at[5]), .id = at[6]};
    p->disks[1] = (struct acg_data_disk_source){.lun = number(at[7]), .vhd_uri = at[8]};
    s->data_disks = p->disks;
    s->data_disk_count = at[8] != NULL ? 2 : at[6] != NULL;
}

static void fill(struct publish *p, const char *const at[LINES_MAX])
{
    *p = (struct publish){.o = ACG_PUBLISH_OPTIONS_INIT};
    p->o.gallery_image_version_id = at[0];
    p->o.location = at[1];
    fill_source(p, at + 2);
    p->regions[0].name = at[11];
    encryption(&p->regions[0].encryption, p->sets[0], at + 12);
    p->regions[1].name = at[20];
    encryption(&p->regions[1].encryption, p->sets[1], at + 21);
    p->zone.region = at[29];
    p->zone.name = at[30];
    encryption(&p->zone.encryption, p->sets[2], at + 31);
    p->o.target_regions = p->regions;
    p->o.target_region_count = at[20] != NULL ? 2 : at[11] != NULL;
    p->o.edge_zones = &p->zone;
    p->o.edge_zone_count = at[29] != NULL;
    p->regions[0].replicas = number(at[39]);
    p->o.storage_account_type = at[40];
    p->o.encryption_type = at[41];
    p->o.end_of_life_date = at[42];
    p->o.replication_mode = at[43];
    p->platform[0] = at[44];
    p->o.platform_key_disks = p->platform;
    p->o.platform_key_disk_count = at[44] != NULL;
    p->tag = (struct acg_tag){at[45], at[46]};
    p->o.tags = &p->tag;
    p->o.tag_count = at[45] != NULL;
    p->o.disk_encryption_set_resource_group = at[47];
}

static void check_said(enum acg_status status, const struct acg_findings *findings,
                       const struct acgp_publish_spec *spec)
{
    FUZZ_CHECK(status == ACG_OK || status == ACG_ERR_ARGUMENT);
    FUZZ_CHECK((status == ACG_OK) == (acg_findings_count(findings) == 0));
    FUZZ_CHECK((status == ACG_OK) == (spec != NULL));
    for (size_t i = 0; i < acg_findings_count(findings); i++) {
        const struct acg_finding *f = acg_findings_at(findings, i);

        FUZZ_CHECK(acgp_text_is_utf8(acgp_span(f->message), NULL) && strpbrk(f->message, "\r\n") == NULL);
        FUZZ_CHECK(acgp_text_is_utf8(acgp_span(f->fix), NULL) && f->field[0] != '\0');
    }
}

static void try_publish(const uint8_t *data, size_t size)
{
    struct acg_findings *findings = NULL;
    struct acgp_publish_spec *spec = NULL;
    enum acg_status status = ACG_OK;
    struct publish p;
    struct lines l;

    read_lines(&l, data, size);
    fill(&p, l.at);
    FUZZ_CHECK(acg_findings_new(&findings, NULL) == ACG_OK);
    status = acgp_validate(&p.o, NOW, findings, &spec, NULL);
    check_said(status, findings, spec);
    acgp_publish_spec_free(spec);
    acg_findings_free(findings);
    free(l.copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct acg_span text = acgp_span_of(data, size);

    try_id(text);
    try_region(text);
    try_date(text);
    try_names(text);
    try_publish(data, size);
    return 0;
}
