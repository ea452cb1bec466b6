/* SPDX-License-Identifier: MPL-2.0 */
/* Each rule that Azure's answers decide: one answer that breaks it and one that just keeps it. The options
 * are those of the golden cases, the rest of the world is healthy. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

#define GROUP  "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/"
#define SET(n) "/diskEncryptionSets/" n "?"
#define DEF    "/galleries/Golden/images/web?"
#define IMAGE  "/Microsoft.Compute/images/web-build?"
#define VM     "/virtualMachines/build-vm?"
#define SNAP   "/snapshots/web-os?"
#define PROPS  "properties."
#define DISK   "properties.storageProfile.osDisk."
#define PLAN   "{\"name\": \"n\", \"publisher\": \"p\", \"product\": \"q\"}"
#define KEYED  "{\"id\": \"" GROUP "Microsoft.Compute/diskEncryptionSets/westus-os\"}"

static const struct row {
    const char *options, *url, *place, *broken, *finds, *kept;
} rows[] = {
    {"image-cmk", "-000000000001?", "state", "\"Disabled\"", "error subscription", "\"Enabled\""},
    {"image-cmk", "-000000000001?", "state", "\"Warned\"", "warning subscription", "\"ENABLED\""},
    {"image-cmk", "Microsoft.Compute?", "registrationState", "\"NotRegistered\"", "error provider",
     "\"registered\""},
    {"image-cmk", "Microsoft.Compute?", "registrationState", "\"Registering\"", "warning provider",
     "\"Registered\""},
    {"image-cmk", "Microsoft.Compute?", "resourceTypes.0.apiVersions", "[\"2021-07-01\"]",
     "error api-version", "[\"2025-03-03\", \"2023-07-03\"]"},
    {"image-cmk", "Microsoft.Compute?", "resourceTypes.0.locations", "[\"West US\"]", "error R36",
     "[\"West US\", \"East US 2\"]"},
    {"image-cmk", "/locations?", "value", "[{\"name\": \"westus\", \"availabilityZoneMappings\": [{}]}]",
     "error R36", "[{\"name\": \"westus\", \"availabilityZoneMappings\": [{}]}, {\"name\": \"eastus2\"}]"},
    {"image-cmk", "/locations?", "value.4.metadata.regionType", "\"Logical\"", "error R36", "\"Physical\""},
    {"edge-zone", "/locations?", "value.24.metadata.homeLocation", "\"eastus\"", "error R36", "\"West US\""},
    {"edge-zone", "/locations?", "value.24.name", "\"atlantis\"", "error R36", "\"MicrosoftLosAngeles1\""},
    {"image-cmk", "/galleries/Golden?", "properties.provisioningState", "\"Deleting\"", "error R36",
     "\"succeeded\""},
    {"image-cmk", DEF, "properties.provisioningState", "\"Failed\"", "error R36", "\"Succeeded\""},
    {"image-cmk", "/galleries/Golden?", "properties.sharingProfile.permissions", "\"Groups\"", "error R16",
     "\"Private\""},
    {"vm-plain", "/galleries/Golden?", "properties.sharingProfile.permissions", NULL, "", "\"Community\""},
    {"image-cmk", "/locations?", "value.0.availabilityZoneMappings", "[]", "error R29",
     "[{\"logicalZone\": \"1\"}]"},
    {"image-cmk", "/locations/westus/usages?", "value.0.currentValue", "10000", "error quota", "9499"},
    {"image-cmk", "/locations/westus/usages?", "value.0.currentValue", "9500", "warning quota", "0"},
    {"image-cmk", "/locations/eastus2/usages?", "value.1.currentValue", "75000", "error quota", "71249"},
    {"image-cmk", "/locations/eastus2/usages?", "value.0.currentValue", NULL, "", "10000"},
    /* sets, vaults, keys */
    {"image-cmk", SET("westus-os"), "location", "\"eastus\"", "error R3, error R32", "\"West US\""},
    {"image-cmk", SET("westus-os"), "properties.provisioningState", "\"Failed\"", "error R2",
     "\"Succeeded\""},
    {"image-cmk", SET("westus-os"), "identity", "{\"type\": \"None\"}", "error set-identity",
     "{\"type\": \"UserAssigned\"}"},
    {"image-cmk", SET("westus-os"), "identity", "null", "error set-identity",
     "{\"type\": \"SystemAssigned\"}"},
    {"image-cmk", SET("westus-os"), "properties.autoKeyRotationError", "{\"code\": \"KeyNotFound\"}",
     "error set-rotation", "null"},
    {"image-cmk", SET("westus-os"), "properties.encryptionType",
     "\"EncryptionAtRestWithPlatformAndCustomerKeys\"", "error encryption_type", "null"},
    {"image-cmk", SET("westus-os"), "properties.encryptionType", "\"ConfidentialVmEncryptedWithCustomerKey\"",
     "error encryption_type", "\"EncryptionAtRestWithCustomerKey\""},
    {"snapshots-double", SET("eastus2-double"), "properties.encryptionType",
     "\"EncryptionAtRestWithCustomerKey\"", "error encryption_type",
     "\"EncryptionAtRestWithPlatformAndCustomerKeys\""},
    {"confidential", SET("eastus2-cvm"), "properties.encryptionType", "\"EncryptionAtRestWithCustomerKey\"",
     "error encryption_type", "\"ConfidentialVmEncryptedWithCustomerKey\""},
    {"image-cmk", SET("westus-os"), "properties.activeKey.sourceVault", "null", "unknown R32",
     "{\"id\": \"" GROUP "Microsoft.KeyVault/vaults/westus-kv\"}"},
    {"image-cmk", "/vaults/westus-kv?", "location", "\"eastus2\"", "error R32", "\"West US\""},
    {"image-cmk", "/vaults/westus-kv?", "properties.enablePurgeProtection", "null", "error key-vault",
     "true"},
    {"image-cmk", "/vaults/westus-kv?", "properties.enableSoftDelete", "false", "error key-vault", "null"},
    {"image-cmk", "/keys/westus-os?", "properties.attributes.enabled", "false", "error key", "true"},
    {"image-cmk", "/keys/westus-os?", "properties.attributes.exp", "1790000000", "error key", "1790000001"},
    {"image-cmk", "/keys/westus-os?", "properties.attributes.nbf", "1790000001", "error key", "1790000000"},
    {"image-cmk", "/keys/westus-os?", "properties.kty", "\"EC\"", "error key", "\"RSA-HSM\""},
    {"image-cmk", "/keys/westus-os?", "properties.keySize", "1024", "error key", "4096"},
    /* sources */
    {"image-cmk", IMAGE, "location", "\"northeurope\"", "error R22", "\"West US\""},
    {"vm-plain", VM, "location", "\"westus\"", "error R22", "\"West Europe\""},
    {"image-cmk", IMAGE, DISK "diskSizeGB", "2049", "error R28", "2048"},
    {"confidential", SNAP, PROPS "diskSizeGB", "2049", "error R28", "2048"},
    {"vm-plain", "/disks/vm-os?", PROPS "diskSizeGB", "2049", "error R28", "2048"},
    {"confidential", SNAP, PROPS "securityProfile.securityType", NULL, "", "\"TrustedLaunch\""},
    {"vm-plain", VM, DISK "diffDiskSettings", "{\"option\": \"Local\"}", "error R27", "{}"},
    {"vm-plain", VM, DISK "managedDisk.storageAccountType", "\"UltraSSD_LRS\"", "error R27",
     "\"Premium_LRS\""},
    {"vm-plain", "/disks/vm-os?", "sku", "{\"name\": \"UltraSSD_LRS\"}", "error R27",
     "{\"name\": \"Premium_LRS\"}"},
    {"vm-plain", VM, DISK "managedDisk", "null", "error R27",
     "{\"id\": \"" GROUP "Microsoft.Compute/disks/vm-os\"}"},
    /* R26 */
    {"image-cmk", IMAGE, DISK "osState", "\"Specialized\"", "error R26", "\"generalized\""},
    {"image-cmk", IMAGE, DISK "osType", "\"Windows\"", "error R26", "\"linux\""},
    {"image-cmk", IMAGE, PROPS "hyperVGeneration", "\"V1\"", "error R26", "null"},
    {"vm-plain", VM, PROPS "instanceView.statuses", "[{\"code\": \"PowerState/running\"}]", "error R26",
     "[{\"code\": \"x\"}, {\"code\": \"OSState/Generalized\"}]"},
    {"vm-plain", VM, "plan", PLAN, "error R26", "null"},
    {"vm-plain", DEF, "properties.purchasePlan", PLAN, "error R26", "{}"},
    {"vm-plain", DEF, "properties.architecture", NULL, "", "\"Arm64\""},
    {"confidential", SNAP, PROPS "purchasePlan", PLAN, "error R26", "null"},
    {"confidential", SNAP, PROPS "osType", "\"Windows\"", "error R26", "\"Linux\""},
    {"confidential", SNAP, PROPS "hyperVGeneration", NULL, "", "\"V1\""},
    /* coverage */
    {"image-cmk", IMAGE, "properties.storageProfile.dataDisks", "[]", "error R6", "[{\"lun\": 0}]"},
    {"image-cmk", IMAGE, "properties.storageProfile.dataDisks", "[{\"lun\": 0}, {\"lun\": 7}]",
     "error half-encrypted", "[{\"lun\": 0}]"},
};

/* The image has the one data disk that the options name; a machine and its disk fit where they are. */
static struct world begin(const char *options)
{
    struct world w = {.options = options};

    world_edit(&w, IMAGE, "properties.storageProfile.dataDisks", "[{\"lun\": 0}]");
    return w;
}

static void check(const struct row *row, const char *value, const char *finds)
{
    struct world w = begin(row->options);

    world_edit(&w, row->url, row->place, value);
    world_plan(&w);
    if (strcmp(w.rules, finds) != 0)
        print_error("%s %s %s\n", row->url, row->place, value);
    world_finds(&w, finds);
    assert_int_equal(w.error.status, strncmp(finds, "error", 5) == 0 ? ACG_ERR_PREFLIGHT : ACG_OK);
    assert_int_equal(w.gets, w.urls);
    world_done(&w);
}

static void each_rule_is_found_where_it_is_broken_and_nowhere_else(void **st)
{
    (void)st;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].broken != NULL)
            check(&rows[i], rows[i].broken, rows[i].finds);
}

static void what_just_keeps_a_rule_is_not_found(void **st)
{
    (void)st;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check(&rows[i], rows[i].kept, "");
}

static void what_is_absent_is_found_by_its_own_rule(void **st)
{
    static const struct {
        const char *options, *url, *finds;
    } absent[] = {
        {"image-cmk", "-000000000001?", "error subscription"},
        {"image-cmk", "/galleries/Golden?", "error R36"},
        {"image-cmk", DEF, "error R36"},
        {"image-cmk", SET("westus-os"), "error R2"},
        {"image-cmk", IMAGE, "error R22"},
        {"confidential", SNAP, "error R22"},
        {"image-cmk", "/vaults/westus-kv?", "error key-vault"},
        {"image-cmk", "/keys/westus-os?", "error key"},
        {"vm-plain", "/disks/vm-os?", ""}, /* an image outlives its disks, a machine is judged by itself */
    };

    (void)st;
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        struct world w = begin(absent[i].options);
        world_status(&w, absent[i].url, 404);
        world_plan(&w);
        world_finds(&w, absent[i].finds);
        world_done(&w);
    }
}

static void what_may_not_be_read_is_unknown_and_no_error(void **st)
{
    static const struct {
        const char *options, *url, *finds;
    } unread[] = {
        {"image-cmk", "-000000000001?", "unknown subscription"},
        {"image-cmk", "Microsoft.Compute?", "unknown provider"},
        {"image-cmk", "/locations?", "unknown R29"},
        {"image-cmk", "/galleries/Golden?", "unknown R16"},
        {"image-cmk", DEF, "unknown R26"},
        {"image-cmk", "/versions/", "unknown version-exists"},
        {"image-cmk", SET("westus-os"), "unknown R3"},
        {"image-cmk", IMAGE, "unknown R22"},
        {"image-cmk", "/vaults/westus-kv?", "unknown R32"},
        {"image-cmk", "/keys/westus-os?", "unknown key"},
        {"image-cmk", "/westus/usages?", "unknown quota"},
        {"vm-plain", "/disks/vm-os?", "unknown R28"},
        {"confidential", SNAP, "unknown R22"},
    };

    (void)st;
    for (size_t i = 0; i < sizeof unread / sizeof unread[0]; i++) {
        struct world w = begin(unread[i].options);
        world_status(&w, unread[i].url, 403);
        world_plan(&w);
        world_finds(&w, unread[i].finds);
        assert_int_equal(w.error.status, ACG_OK);
        assert_non_null(strstr(w.found, "could not be checked"));
        assert_non_null(strstr(w.found, "/read on it"));
        world_done(&w);
    }
}

static void a_trusted_launch_source_under_a_set_is_refused(void **st)
{
    struct world w = begin("confidential");

    (void)st;
    world_edit(&w, SNAP, PROPS "securityProfile.securityType", "\"TrustedLaunch\"");
    world_edit(&w, SNAP, PROPS "encryption.diskEncryptionSetId", "\"" GROUP "Microsoft.Compute/x/y\"");
    world_plan(&w);
    world_finds(&w, "error R15");
    world_done(&w);
    w = begin("vm-plain");
    world_edit(&w, VM, PROPS "securityProfile.securityType", "\"TrustedLaunch\"");
    world_edit(&w, VM, DISK "managedDisk.diskEncryptionSet", KEYED);
    world_plan(&w);
    world_finds(&w, "error R15");
    world_done(&w);
}

/* ---- R13: keys do not reach into another subscription ---- */

#define THEIRS "/subscriptions/00000000-0000-0000-0000-000000000009/resourceGroups/images/providers/"

static void take_their_snapshot(struct acg_publish_options *o)
{
    o->source.os_snapshot = THEIRS "Microsoft.Compute/snapshots/web-os";
}

static void take_their_machine(struct acg_publish_options *o)
{
    o->source.virtual_machine = THEIRS "Microsoft.Compute/virtualMachines/build-vm";
}

/* One source of single disks or of a machine: whose it is, and the place that says what it is under. */
static const struct under {
    const char *options;
    void (*change)(struct acg_publish_options *o); /* NULL: it is in the version's subscription */
    const char *url, *place, *value, *finds;
} unders[] = {
    {"confidential", take_their_snapshot, SNAP, PROPS "encryption.type",
     "\"EncryptionAtRestWithCustomerKey\"", "error R13"},
    {"confidential", take_their_snapshot, SNAP, PROPS "encryption.diskEncryptionSetId", "\"/s\"",
     "error R13"},
    {"confidential", take_their_snapshot, SNAP, PROPS "encryption.type",
     "\"encryptionatrestwithplatformkey\"", ""},
    {"confidential", NULL, SNAP, PROPS "encryption.type", "\"EncryptionAtRestWithCustomerKey\"", ""},
    {"vm-plain", take_their_machine, VM, DISK "managedDisk.diskEncryptionSet", KEYED, "error R13"},
    {"vm-plain", take_their_machine, VM, DISK "managedDisk.diskEncryptionSet", "null", ""},
    {"vm-plain", NULL, VM, DISK "managedDisk.diskEncryptionSet", KEYED, "warning source-keys"},
};

static void a_source_under_keys_is_one_of_the_subscription(void **st)
{
    (void)st;
    for (size_t i = 0; i < sizeof unders / sizeof unders[0]; i++) {
        struct world w = {.options = unders[i].options, .change = unders[i].change};
        world_edit(&w, unders[i].url, unders[i].place, unders[i].value);
        world_plan(&w);
        if (strcmp(w.rules, unders[i].finds) != 0)
            print_error("row %zu\n", i);
        world_finds(&w, unders[i].finds);
        world_done(&w);
    }
}

/* ---- R14: a version under customer keys is no source ---- */

#define BASE_VERSION GROUP "Microsoft.Compute/galleries/Golden/images/base/versions/0.9.0"
#define REGIONS      PROPS "publishingProfile.targetRegions"
#define ZONES        PROPS "publishingProfile.targetExtendedLocations"
#define ONE(name, e) "[{\"name\": \"" name "\", \"encryption\": " e "}]"

static void take_a_version(struct acg_publish_options *o)
{
    o->source = (struct acg_source){.image_version = BASE_VERSION};
}

static const struct row versions[] = {
    {NULL, NULL, REGIONS, ONE("West Europe", "{\"osDiskImage\": {\"diskEncryptionSetId\": \"/s\"}}"),
     "error R14", ONE("West Europe", "{\"osDiskImage\": {}}")},
    {NULL, NULL, REGIONS,
     "[{\"name\": \"westeurope\"}, {\"name\": \"eastus\", \"encryption\": {\"dataDiskImages\": [{\"lun\": "
     "0}, "
     "{\"lun\": 1, \"diskEncryptionSetId\": \"/s\"}]}}]",
     "error R14", "[{\"name\": \"westeurope\"}, {\"name\": \"eastus\", \"encryption\": null}]"},
    {NULL, NULL, REGIONS,
     ONE("westeurope", "{\"osDiskImage\": {\"securityProfile\": {\"secureVMDiskEncryptionSetId\": \"/s\"}}}"),
     "error R14",
     ONE("westeurope", "{\"osDiskImage\": {\"securityProfile\": {\"confidentialVMEncryptionType\": "
                       "\"EncryptedWithPmk\"}}}")},
    {NULL, NULL, ZONES, ONE("westus", "{\"osDiskImage\": {\"diskEncryptionSetId\": \"/s\"}}"), "error R14",
     ONE("westus", "{\"dataDiskImages\": []}")},
};

static void check_version(const struct row *row, const char *value, const char *finds)
{
    struct world w = {.options = "vm-plain", .change = take_a_version};

    world_edit(&w, "/versions/0.9.0?", "location", "\"westeurope\"");
    world_edit(&w, "/versions/0.9.0?", REGIONS, "[{\"name\": \"West Europe\"}]");
    world_edit(&w, "/versions/0.9.0?", row->place, value);
    world_plan(&w);
    world_finds(&w, finds);
    world_done(&w);
}

static void a_version_under_keys_is_no_source(void **st)
{
    (void)st;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        check_version(&versions[i], versions[i].broken, versions[i].finds);
        check_version(&versions[i], versions[i].kept, "");
    }
}

/* Of a version as a publish would make it. */
static const char same_profile[] =
    "{\"targetRegions\": [{\"name\": \"West US\", \"encryption\": {\"osDiskImage\": "
    "{\"diskEncryptionSetId\": \"" GROUP
    "Microsoft.Compute/diskEncryptionSets/westus-os\"}, \"dataDiskImages\": [{\"lun\": 0, "
    "\"diskEncryptionSetId\": \"" GROUP "Microsoft.Compute/diskEncryptionSets/westus-data\"}]}}]}";

/* As a publish would make it; then each thing that could not be changed. */
static void a_version_that_exists_is_a_conflict_and_says_what_differs(void **st)
{
    static const struct {
        const char *place, *value, *finds;
    } changes[] = {
        {"tags", "{}", "error version-exists"},
        {"properties.publishingProfile.targetRegions.0.encryption.dataDiskImages", "[]", "error R10"},
        {"properties.publishingProfile.targetRegions.0.encryption.osDiskImage", "{}", "error R11"},
        {"properties.publishingProfile.targetRegions.0.encryption.dataDiskImages.0.diskEncryptionSetId",
         "\"/x\"", "error R11"},
        {"properties.storageProfile.source.id", "\"" GROUP "Microsoft.Compute/images/other\"", "error R30"},
        {"properties.storageProfile.source.id", "\"" GROUP "Microsoft.Compute/images/WEB-BUILD\"",
         "error version-exists"},
    };

    (void)st;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct world w = begin("image-cmk");
        world_edit(&w, "/versions/", "properties.provisioningState", "\"Succeeded\"");
        world_edit(&w, "/versions/", "properties.publishingProfile", same_profile);
        world_edit(&w, "/versions/", changes[i].place, changes[i].value);
        world_plan(&w);
        world_finds(&w, changes[i].finds);
        assert_int_equal(w.error.status, ACG_ERR_CONFLICT);
        world_done(&w);
    }
}

static void ask_to_reuse(struct acg_publish_options *o)
{
    o->on_existing = ACG_ON_EXISTING_REUSE;
}

static void ask_to_update(struct acg_publish_options *o)
{
    o->on_existing = ACG_ON_EXISTING_UPDATE;
}

static void ask_to_replace(struct acg_publish_options *o)
{
    o->on_existing = ACG_ON_EXISTING_REPLACE;
}

/* What a publish would do about it is told by policy; what no policy but replace can change stays an error.
 */
static void a_version_that_exists_means_what_on_existing_says(void **st)
{
    static const char lacking[] = "[{\"name\": \"West US\"}]";
    static const struct {
        void (*change)(struct acg_publish_options *o);
        const char *place, *value, *finds, *says;
        enum acg_status ends;
    } policies[] = {
        {ask_to_reuse, "tags", "{}", "warning version-exists", "on_existing reuse takes it", ACG_OK},
        {ask_to_update, "tags", "{}", "warning version-exists", "on_existing update adds what is missing",
         ACG_OK},
        {ask_to_replace, "tags", "{}", "warning version-exists", "on_existing replace deletes it", ACG_OK},
        {ask_to_reuse, "properties.publishingProfile.targetRegions", lacking, "error R10, error R11", "",
         ACG_ERR_CONFLICT},
        {ask_to_update, "properties.publishingProfile.targetRegions", lacking, "error R10, error R11", "",
         ACG_ERR_CONFLICT},
        {ask_to_replace, "properties.publishingProfile.targetRegions", lacking, "warning version-exists", "",
         ACG_OK},
        {ask_to_replace, "properties.storageProfile.source.id", "\"/x\"", "warning version-exists", "",
         ACG_OK},
        {ask_to_update, "properties.storageProfile.source.id", "\"/x\"", "error R30", "", ACG_ERR_CONFLICT},
        {ask_to_replace, "properties.provisioningState", "\"Updating\"", "error version-exists",
         "another writer is at work on it", ACG_ERR_CONFLICT},
        {ask_to_replace, "properties.provisioningState", "\"Deleting\"", "warning version-exists", "",
         ACG_OK},
        {ask_to_reuse, "properties.provisioningState", "\"Deleting\"", "error version-exists",
         "being deleted", ACG_ERR_CONFLICT},
        {ask_to_update, "properties.provisioningState", "\"Deleting\"", "error version-exists",
         "being deleted", ACG_ERR_CONFLICT},
    };

    (void)st;
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        struct world w = begin("image-cmk");
        w.change = policies[i].change;
        world_edit(&w, "/versions/", "properties.provisioningState", "\"Succeeded\"");
        world_edit(&w, "/versions/", "properties.publishingProfile", same_profile);
        world_edit(&w, "/versions/", policies[i].place, policies[i].value);
        world_plan(&w);
        world_finds(&w, policies[i].finds);
        assert_non_null(strstr(w.found, policies[i].says));
        assert_int_equal(w.error.status, policies[i].ends);
        world_done(&w);
    }
}

static void a_version_that_exists_beside_another_mistake_is_one_of_the_errors(void **st)
{
    struct world w = begin("image-cmk");

    (void)st;
    world_edit(&w, "/versions/", "properties.provisioningState", "\"Succeeded\"");
    world_status(&w, "/keys/westus-os?", 404);
    world_plan(&w);
    world_finds(&w, "error version-exists, error key");
    assert_int_equal(w.error.status, ACG_ERR_PREFLIGHT);
    world_done(&w);
}

static void both_purchase_plans_are_shown_and_the_line_that_mends_it(void **st)
{
    struct world w = begin("vm-plain");

    (void)st;
    world_edit(&w, VM, "plan", "{\"name\": \"it's\", \"publisher\": \"p\", \"product\": \"q\"}");
    world_plan(&w);
    assert_non_null(strstr(w.found, "source name it's, publisher p, product q; definition none"));
    assert_non_null(strstr(w.found, "az sig image-definition create -g 'images' -r 'Golden' -i NEW_NAME"));
    assert_non_null(strstr(w.found, "--os-type 'Linux' --os-state 'Generalized' --hyper-v-generation 'V2' "
                                    "--plan-name 'it'\\''s' --plan-publisher 'p' --plan-product 'q'"));
    world_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_is_found_where_it_is_broken_and_nowhere_else),
        cmocka_unit_test(what_just_keeps_a_rule_is_not_found),
        cmocka_unit_test(what_is_absent_is_found_by_its_own_rule),
        cmocka_unit_test(what_may_not_be_read_is_unknown_and_no_error),
        cmocka_unit_test(a_trusted_launch_source_under_a_set_is_refused),
        cmocka_unit_test(a_source_under_keys_is_one_of_the_subscription),
        cmocka_unit_test(a_version_under_keys_is_no_source),
        cmocka_unit_test(a_version_that_exists_is_a_conflict_and_says_what_differs),
        cmocka_unit_test(a_version_that_exists_means_what_on_existing_says),
        cmocka_unit_test(a_version_that_exists_beside_another_mistake_is_one_of_the_errors),
        cmocka_unit_test(both_purchase_plans_are_shown_and_the_line_that_mends_it),
    };
    return cmocka_run_group_tests_name("rules of a plan", tests, NULL, NULL);
}
