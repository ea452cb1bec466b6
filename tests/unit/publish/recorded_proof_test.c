/* SPDX-License-Identifier: MPL-2.0 */
/* Every recorded creation of a version, taken as a request of ours, is proved by the version that Azure then
 * showed; and not by that version with one of its disk encryption sets taken away. */
#include "testlib/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/span.h"
#include "plan/validate.h"
#include "publish/compare.h"

enum { PLACES_MAX = 16, DISKS_MAX = 16, NOW_UNIX_S = 1500000000 }; /* before every recording */

struct counts {
    size_t proved, encrypted, refused;
};

struct request {
    struct acg_publish_options o;
    struct acg_target_region regions[PLACES_MAX];
    struct acg_edge_zone zones[PLACES_MAX];
    struct acg_data_disk_encryption sets[2 * PLACES_MAX][DISKS_MAX];
    struct acg_data_disk_source disks[DISKS_MAX];
    char id[512];
    bool encrypts;
};

static const json_t *at(const json_t *object, const char *a, const char *b)
{
    return json_object_get(json_object_get(object, a), b);
}

static const char *text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static struct acg_optional_int number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return (struct acg_optional_int){json_is_integer(value) || json_is_string(value),
                                     json_is_string(value) ? strtol(json_string_value(value), NULL, 10)
                                                           : json_integer_value(value)};
}

static void take_encryption(struct request *r, const json_t *json, struct acg_data_disk_encryption *sets,
                            struct acg_encryption *e)
{
    const json_t *os = at(json, "encryption", "osDiskImage"),
                 *data = at(json, "encryption", "dataDiskImages");

    e->os_disk_encryption_set_id = text(os, "diskEncryptionSetId");
    e->confidential_vm_encryption_type =
        text(json_object_get(os, "securityProfile"), "confidentialVMEncryptionType");
    e->secure_vm_disk_encryption_set_id =
        text(json_object_get(os, "securityProfile"), "secureVMDiskEncryptionSetId");
    e->data_disks = sets;
    for (size_t i = 0; i < json_array_size(data) && i < DISKS_MAX; i++) {
        const json_t *item = json_array_get(data, i);
        sets[e->data_disk_count++] =
            (struct acg_data_disk_encryption){number(item, "lun"), text(item, "diskEncryptionSetId")};
    }
    r->encrypts = r->encrypts || e->os_disk_encryption_set_id != NULL;
}

static void take_places(struct request *r, const json_t *profile)
{
    const json_t *regions = json_object_get(profile, "targetRegions");
    const json_t *zones = json_object_get(profile, "targetExtendedLocations");

    for (size_t i = 0; i < json_array_size(regions) && i < PLACES_MAX; i++) {
        const json_t *json = json_array_get(regions, i);
        r->regions[i] = (struct acg_target_region){.name = text(json, "name"),
                                                   .replicas = number(json, "regionalReplicaCount"),
                                                   .storage_account_type = text(json, "storageAccountType")};
        take_encryption(r, json, r->sets[i], &r->regions[i].encryption);
        r->o.target_region_count++;
    }
    for (size_t i = 0; i < json_array_size(zones) && i < PLACES_MAX; i++) {
        const json_t *json = json_array_get(zones, i);
        r->zones[i] = (struct acg_edge_zone){.region = text(json, "name"),
                                             .name = json_string_value(at(json, "extendedLocation", "name")),
                                             .replicas = number(json, "extendedLocationReplicaCount"),
                                             .storage_account_type = text(json, "storageAccountType")};
        take_encryption(r, json, r->sets[PLACES_MAX + i], &r->zones[i].encryption);
        r->o.edge_zone_count++;
    }
    r->o.target_regions = r->regions;
    r->o.edge_zones = r->zones;
}

static void take_source(struct request *r, const json_t *storage)
{
    const json_t *whole = json_object_get(storage, "source"),
                 *data = json_object_get(storage, "dataDiskImages");
    const char *id = text(whole, "id");
    struct acg_source *source = &r->o.source;

    source->virtual_machine = text(whole, "virtualMachineId");
    if (id != NULL && strstr(id, "/versions/") != NULL)
        source->image_version = id;
    else if (id != NULL && strstr(id, "/virtualMachines/") != NULL)
        source->virtual_machine = id;
    else
        source->managed_image = id;
    source->os_snapshot = json_string_value(at(json_object_get(storage, "osDiskImage"), "source", "id"));
    source->data_disks = r->disks;
    for (size_t i = 0; i < json_array_size(data) && i < DISKS_MAX; i++) {
        const json_t *item = json_array_get(data, i);
        r->disks[source->data_disk_count++] = (struct acg_data_disk_source){
            .lun = number(item, "lun"), .id = json_string_value(at(item, "source", "id"))};
    }
}

static void take_request(struct request *r, const char *url, const json_t *body)
{
    const json_t *profile = at(body, "properties", "publishingProfile");
    const char *path = strstr(url, "/subscriptions/");

    *r = (struct request){.o = ACG_PUBLISH_OPTIONS_INIT};
    assert_non_null(path);
    snprintf(r->id, sizeof r->id, "%.*s", (int)strcspn(path, "?"), path);
    r->o.gallery_image_version_id = r->id;
    r->o.location = text(body, "location");
    r->o.replica_count = number(profile, "replicaCount");
    r->o.storage_account_type = text(profile, "storageAccountType");
    r->o.replication_mode = text(profile, "replicationMode");
    take_places(r, profile);
    take_source(r, at(body, "properties", "storageProfile"));
}

static size_t differences(const struct acgp_publish_spec *spec, const json_t *version)
{
    char *body = json_dumps(version, 0);
    struct acgp_version_doc doc = {0};
    struct acgp_coverage coverage = {0};
    struct acgp_differences d = {0};
    struct acgp_asked asked = {.spec = spec, .location = spec->location, .coverage = &coverage};
    struct acg_findings *findings = NULL;
    int32_t luns[DISKS_MAX];
    size_t count = 0;

    assert_int_equal(acgp_version_doc_decode(acgp_span(body), &doc, NULL), ACG_OK);
    for (size_t i = 0; i < doc.data_disks.count && i < DISKS_MAX; i++)
        luns[count++] = (int32_t)acgp_doc_data_disks(&doc.data_disks)[i].lun.value;
    assert_int_equal(acg_findings_new(&findings, NULL), ACG_OK);
    assert_int_equal(acgp_coverage_make(spec, spec->places, spec->place_count, luns, count, true, findings,
                                        &coverage, NULL),
                     ACG_OK);
    count = acgp_compare_proof(&asked, &doc, &d);
    for (size_t i = 0; i < count; i++)
        print_message("%s\n", d.items[i].text);
    acgp_differences_done(&d);
    acg_findings_free(findings);
    acgp_coverage_done(&coverage);
    acgp_version_doc_done(&doc);
    free(body);
    return count;
}

/* The same version without the set of the first region's OS disk. */
static void is_caught(const struct acgp_publish_spec *spec, const json_t *version)
{
    json_t *stripped = json_deep_copy(version);
    const json_t *regions = json_object_get(at(stripped, "properties", "publishingProfile"), "targetRegions");
    json_t *encryption = json_object_get(json_array_get(regions, 0), "encryption");

    assert_int_equal(json_object_del(json_object_get(encryption, "osDiskImage"), "diskEncryptionSetId"), 0);
    assert_int_not_equal(differences(spec, stripped), 0);
    json_decref(stripped);
}

static void prove(const json_t *put, const json_t *version, struct counts *n)
{
    static struct request r;
    struct acg_findings *findings = NULL;
    struct acgp_publish_spec *spec = NULL;

    take_request(&r, text(put, "url"), json_object_get(put, "request_body"));
    assert_int_equal(acg_findings_new(&findings, NULL), ACG_OK);
    if (acgp_validate(&r.o, NOW_UNIX_S, findings, &spec, NULL) != ACG_OK) {
        n->refused++; /* a set for a LUN that its snapshot source does not have: we refuse that */
    } else {
        assert_int_equal(differences(spec, version), 0);
        if (r.encrypts)
            is_caught(spec, version);
        n->proved++;
        n->encrypted += r.encrypts;
    }
    acgp_publish_spec_free(spec);
    acg_findings_free(findings);
}

static bool same_url(const json_t *a, const json_t *b)
{
    size_t n = strcspn(text(a, "url"), "?");

    return strncmp(text(a, "url"), text(b, "url"), n) == 0 && strcspn(text(b, "url"), "?") == n;
}

/* The last reading of the version between its creation and the next write to it. */
static const json_t *finished(const json_t *file, size_t put)
{
    const json_t *found = NULL, *first = json_array_get(file, put);

    for (size_t i = put + 1; i < json_array_size(file); i++) {
        const json_t *e = json_array_get(file, i), *body = json_object_get(e, "response_body");
        if (!same_url(first, e))
            continue;
        if (strcmp(text(e, "method"), "GET") != 0)
            break;
        if (strcmp(json_string_value(at(body, "properties", "provisioningState")), "Succeeded") == 0)
            found = body;
    }
    return found;
}

static void read_file(const char *path, struct counts *n)
{
    json_t *file = json_load_file(path, 0, NULL);

    assert_non_null(file);
    for (size_t i = 0; i < json_array_size(file); i++) {
        const json_t *e = json_array_get(file, i), *body = json_object_get(e, "request_body");
        const json_t *version = NULL;
        bool creates = strcmp(text(e, "method"), "PUT") == 0 &&
                       strstr(text(e, "url"), "/versions/") != NULL &&
                       json_integer_value(json_object_get(e, "status")) == 201;
        if (creates && at(body, "properties", "storageProfile") != NULL)
            version = finished(file, i);
        if (version != NULL)
            prove(e, version, n);
    }
    json_decref(file);
}

static void recorded_creations_are_proved_by_what_azure_then_showed(void **st)
{
    DIR *dir = opendir(RECORDINGS);
    struct counts n = {0};
    char path[1024];

    (void)st;
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        snprintf(path, sizeof path, "%s/%s", RECORDINGS, e->d_name);
        if (strstr(e->d_name, "-version-") != NULL || strstr(e->d_name, "cli-gallery") != NULL)
            if (strncmp(e->d_name, "spec-", 5) != 0)
                read_file(path, &n);
    }
    closedir(dir);
    print_message("proved %zu, of them encrypted %zu; refused before %zu\n", n.proved, n.encrypted,
                  n.refused);
    assert_true(n.proved >= 15 && n.encrypted >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_creations_are_proved_by_what_azure_then_showed),
    };

    return cmocka_run_group_tests_name("recorded proof", tests, NULL, NULL);
}
