/* SPDX-License-Identifier: MPL-2.0 */
#include "given.h"

#include "testlib/test.h"

struct acg_optional_int number(int64_t value)
{
    return (struct acg_optional_int){.set = true, .value = value};
}

void given_plain(struct given *g)
{
    *g = (struct given){.o = ACG_PUBLISH_OPTIONS_INIT};
    g->o.subscription_id = SUBSCRIPTION;
    g->o.resource_group = "MyGroup";
    g->o.gallery_name = "MyGallery";
    g->o.gallery_image_definition = "MyImage";
    g->o.gallery_image_version = "1.0.0";
    g->o.location = "westus";
    g->o.source.managed_image = "myImage";
    g->regions[0].name = "westus";
    g->regions[1].name = "East US 2";
    g->o.target_regions = g->regions;
    g->o.target_region_count = 2;
}

static void encrypt(struct acg_encryption *e, struct acg_data_disk_encryption *data, const char *os,
                    const char *lun_0)
{
    data[0].lun = number(0);
    data[0].disk_encryption_set_id = lun_0;
    e->os_disk_encryption_set_id = os;
    e->data_disks = data;
    e->data_disk_count = 1;
}

void given_image(struct given *g)
{
    given_plain(g);
    encrypt(&g->regions[0].encryption, g->sets[0], "west-os", "west-0");
    encrypt(&g->regions[1].encryption, g->sets[1], "east-os", SET("east-0"));
}

void given_disks(struct given *g)
{
    given_image(g);
    g->o.source.managed_image = NULL;
    g->o.source.os_snapshot = "os";
    g->disks[0].lun = number(0);
    g->disks[0].id = COMPUTE "disks/data";
    g->o.source.data_disks = g->disks;
    g->o.source.data_disk_count = 1;
}

void given_zone(struct given *g)
{
    given_image(g);
    g->zones[0].region = "West US";
    g->zones[0].name = "microsoftlosangeles1";
    encrypt(&g->zones[0].encryption, g->sets[2], "west-os", "west-0");
    g->o.edge_zones = g->zones;
    g->o.edge_zone_count = 1;
}

void said_about(struct said *s, const struct given *g)
{
    *s = (struct said){0};
    assert_int_equal(acg_findings_new(&s->findings, NULL), ACG_OK);
    s->status = acgp_validate(&g->o, GIVEN_NOW, s->findings, &s->spec, &s->error);
}

void said_done(struct said *s)
{
    acg_findings_free(s->findings);
    acgp_publish_spec_free(s->spec);
}

static void print(const struct said *s)
{
    for (size_t i = 0; i < acg_findings_count(s->findings); i++) {
        const struct acg_finding *f = acg_findings_at(s->findings, i);

        print_message("[%s] %s: %s. Fix: %s\n", f->rule, f->field, f->message, f->fix);
    }
}

void expect_good(const struct given *g)
{
    struct said s;

    said_about(&s, g);
    print(&s);
    assert_int_equal(acg_findings_count(s.findings), 0);
    assert_int_equal(s.status, ACG_OK);
    assert_non_null(s.spec);
    said_done(&s);
}

static void begin_bad(struct said *s, const struct given *g, size_t count)
{
    said_about(s, g);
    assert_int_equal(s->status, ACG_ERR_ARGUMENT);
    assert_int_equal(s->error.status, ACG_ERR_ARGUMENT);
    assert_null(s->spec);
    if (acg_findings_count(s->findings) != count)
        print(s);
    assert_int_equal(acg_findings_count(s->findings), count);
}

void expect_one(const struct given *g, const char *rule, const char *field, const char *part)
{
    const struct acg_finding *f = NULL;
    struct said s;

    begin_bad(&s, g, 1);
    f = acg_findings_at(s.findings, 0);
    if (strcmp(f->rule, rule) != 0 || strcmp(f->field, field) != 0 || strstr(f->message, part) == NULL)
        print(&s);
    assert_string_equal(f->rule, rule);
    assert_string_equal(f->field, field);
    assert_non_null(strstr(f->message, part));
    assert_true(strlen(f->fix) > 0);
    assert_int_equal(f->severity, ACG_SEVERITY_ERROR);
    assert_string_equal(s.error.field, field);
    said_done(&s);
}

void expect_count(const struct given *g, size_t count)
{
    struct said s;

    begin_bad(&s, g, count);
    said_done(&s);
}

void expect_among(const struct given *g, const char *rule, const char *field)
{
    struct said s;
    bool found = false;

    said_about(&s, g);
    for (size_t i = 0; i < acg_findings_count(s.findings); i++) {
        const struct acg_finding *f = acg_findings_at(s.findings, i);

        found = found || (strcmp(f->rule, rule) == 0 && strcmp(f->field, field) == 0);
    }
    if (!found)
        print(&s);
    assert_true(found);
    said_done(&s);
}
