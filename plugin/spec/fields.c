/* SPDX-License-Identifier: MPL-2.0 */
/* THE field table: data, exempt from the size rule. */
#include "spec/fields.h"

#include "base/span.h"
#include "spec/settings.h"

#define AT(type, member) offsetof(struct type, member)
#define LENGTH(array)    (sizeof(array) / sizeof((array)[0]))
#define GROUP(rows, element)                                                                                 \
    {                                                                                                        \
        rows, LENGTH(rows), sizeof(struct element)                                                           \
    }

#define CVM_WORDS                                                                                            \
    "encryption of a confidential VM's OS disk: EncryptedVMGuestStateOnlyWithPmk, EncryptedWithPmk, "        \
    "EncryptedWithCmk or NonPersistedTPM"

/* In the order of the library's enums. */
static const char *const wait_words[] = {"all", "accepted", "home", NULL};
static const char *const on_existing_words[] = {"fail", "reuse", "update", "replace", NULL};
static const char *const on_failure_words[] = {"keep", "delete", "repair", NULL};

static const struct pkr_field os_disk_rows[] = {
    {.name = "disk_encryption_set_id",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_ABOUT_SETS,
     .place = AT(acg_encryption, os_disk_encryption_set_id),
     .help = "disk encryption set of the OS disk: name or id"},
    {.name = "confidential_vm_encryption_type",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_ABOUT_SETS,
     .place = AT(acg_encryption, confidential_vm_encryption_type),
     .help = CVM_WORDS},
    {.name = "secure_vm_disk_encryption_set_id",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_ABOUT_SETS,
     .place = AT(acg_encryption, secure_vm_disk_encryption_set_id),
     .help = "set of type ConfidentialVmEncryptedWithCustomerKey, for EncryptedWithCmk: name or id"},
};
static const struct pkr_field_group os_disk = GROUP(os_disk_rows, acg_encryption);

static const struct pkr_field data_disk_rows[] = {
    {.name = "lun",
     .type = PKR_FIELD_NUMBER,
     .flags = PKR_REQUIRED | PKR_ABOUT_SETS,
     .place = AT(acg_data_disk_encryption, lun),
     .help = "logical unit number of the data disk, as the source has it"},
    {.name = "disk_encryption_set_id",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_REQUIRED | PKR_ABOUT_SETS,
     .place = AT(acg_data_disk_encryption, disk_encryption_set_id),
     .help = "disk encryption set of this data disk: name or id"},
};
static const struct pkr_field_group data_disk = GROUP(data_disk_rows, acg_data_disk_encryption);

#define ENCRYPTION_ROWS(owner)                                                                               \
    {.name = "disk_encryption_set_id",                                                                       \
     .type = PKR_FIELD_TEXT,                                                                                 \
     .flags = PKR_ABOUT_SETS,                                                                                \
     .place = AT(owner, encryption.disk_encryption_set_id),                                                  \
     .help = "set for every disk here that has no set of its own: name or id"},                              \
        {.name = "os_disk",                                                                                  \
         .type = PKR_FIELD_BLOCK,                                                                            \
         .flags = PKR_ABOUT_SETS,                                                                            \
         .place = AT(owner, encryption),                                                                     \
         .nested = &os_disk,                                                                                 \
         .help = "encryption of the OS disk here"},                                                          \
    {                                                                                                        \
        .name = "data_disk", .type = PKR_FIELD_BLOCKS, .flags = PKR_ABOUT_SETS,                              \
        .place = AT(owner, encryption.data_disks), .count_place = AT(owner, encryption.data_disk_count),     \
        .nested = &data_disk, .help = "encryption of one data disk here; one block per disk"                 \
    }

static const struct pkr_field target_region_rows[] = {
    {.name = "name",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_REQUIRED | PKR_ABOUT_REGIONS,
     .place = AT(acg_target_region, name),
     .help = "region, \"westus2\" or \"West US 2\""},
    {.name = "replicas",
     .type = PKR_FIELD_NUMBER,
     .place = AT(acg_target_region, replicas),
     .standard = "`replica_count`",
     .help = "replicas in this region, 1 to 100"},
    {.name = "storage_account_type",
     .type = PKR_FIELD_TEXT,
     .place = AT(acg_target_region, storage_account_type),
     .standard = "that of the version",
     .help = "Standard_LRS, Standard_ZRS or Premium_LRS, in any case"},
    {.name = "exclude_from_latest",
     .type = PKR_FIELD_BOOL,
     .place = AT(acg_target_region, exclude_from_latest),
     .help = "\"latest\" does not choose this version in this region"},
    ENCRYPTION_ROWS(acg_target_region),
};
static const struct pkr_field_group target_region = GROUP(target_region_rows, acg_target_region);

static const struct pkr_field edge_zone_rows[] = {
    {.name = "region",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_REQUIRED | PKR_ABOUT_REGIONS,
     .place = AT(acg_edge_zone, region),
     .help = "parent region of the edge zone"},
    {.name = "name",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_REQUIRED | PKR_ABOUT_REGIONS,
     .place = AT(acg_edge_zone, name),
     .help = "edge zone, for example \"microsoftlosangeles1\""},
    {.name = "replicas",
     .type = PKR_FIELD_NUMBER,
     .place = AT(acg_edge_zone, replicas),
     .standard = "`replica_count`",
     .help = "replicas in this edge zone"},
    {.name = "storage_account_type",
     .type = PKR_FIELD_TEXT,
     .place = AT(acg_edge_zone, storage_account_type),
     .standard = "Azure's: StandardSSD_LRS",
     .help = "StandardSSD_LRS, Standard_LRS, Standard_ZRS or Premium_LRS, in any case"},
    ENCRYPTION_ROWS(acg_edge_zone),
};
static const struct pkr_field_group edge_zone = GROUP(edge_zone_rows, acg_edge_zone);

static const struct pkr_field data_snapshot_rows[] = {
    {.name = "lun",
     .type = PKR_FIELD_NUMBER,
     .flags = PKR_REQUIRED | PKR_ABOUT_SOURCE,
     .place = AT(acg_data_disk_source, lun),
     .help = "logical unit number that the disk gets in the image"},
    {.name = "id",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_REQUIRED | PKR_ABOUT_SOURCE,
     .place = AT(acg_data_disk_source, id),
     .help = "snapshot (name or id) or managed disk (id)"},
};
static const struct pkr_field_group data_snapshot = GROUP(data_snapshot_rows, acg_data_disk_source);

static const struct pkr_field data_vhd_rows[] = {
    {.name = "lun",
     .type = PKR_FIELD_NUMBER,
     .flags = PKR_REQUIRED | PKR_ABOUT_SOURCE,
     .place = AT(acg_data_disk_source, lun),
     .help = "logical unit number that the disk gets in the image"},
    {.name = "uri",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_REQUIRED | PKR_ABOUT_SOURCE,
     .place = AT(acg_data_disk_source, vhd_uri),
     .help = "https URL of the blob"},
    {.name = "storage_account",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_REQUIRED | PKR_ABOUT_SOURCE,
     .place = AT(acg_data_disk_source, vhd_storage_account),
     .help = "storage account that holds the blob: name or id"},
};
static const struct pkr_field_group data_vhd = GROUP(data_vhd_rows, acg_data_disk_source);

static const struct pkr_field top_rows[] = {
    {.name = "subscription_id",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_REQUIRED | PKR_ABOUT_NAMES,
     .place = AT(pkr_settings, options.subscription_id),
     .variable = "AZURE_SUBSCRIPTION_ID",
     .help = "subscription of the gallery"},
    {.name = "resource_group",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_REQUIRED | PKR_ABOUT_NAMES,
     .place = AT(pkr_settings, options.resource_group),
     .help = "resource group of the gallery"},
    {.name = "gallery_name",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_REQUIRED | PKR_ABOUT_NAMES,
     .place = AT(pkr_settings, options.gallery_name),
     .help = "gallery"},
    {.name = "gallery_image_definition",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_REQUIRED | PKR_ABOUT_NAMES,
     .place = AT(pkr_settings, options.gallery_image_definition),
     .help = "image definition"},
    {.name = "gallery_image_version",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_REQUIRED | PKR_ABOUT_NAMES,
     .place = AT(pkr_settings, options.gallery_image_version),
     .help = "version to make: Major.Minor.Patch, for example \"1.0.0\""},
    {.name = "gallery_image_version_id",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_ABOUT_NAMES,
     .place = AT(pkr_settings, options.gallery_image_version_id),
     .help = "the five above in one: the full id of the version to make"},
    {.name = "location",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_ABOUT_REGIONS,
     .place = AT(pkr_settings, options.location),
     .standard = "the source's region",
     .help = "home region of the version; must be one of the target regions"},
    {.name = "artifact_source",
     .type = PKR_FIELD_TEXT,
     .place = AT(pkr_settings, artifact_source),
     .standard = "the managed image, else the gallery image version",
     .help =
         "Packer: what to take of the build's artifact: managed_image, snapshots, image_version or disks"},
    {.name = "managed_image",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_ABOUT_SOURCE,
     .place = AT(pkr_settings, options.source.managed_image),
     .standard = "Packer: the artifact of the build",
     .help = "source: a managed image, name or id"},
    {.name = "virtual_machine",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_ABOUT_SOURCE,
     .place = AT(pkr_settings, options.source.virtual_machine),
     .help = "source: a virtual machine, id"},
    {.name = "image_version",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_ABOUT_SOURCE,
     .place = AT(pkr_settings, options.source.image_version),
     .help = "source: another gallery image version, id"},
    {.name = "os_snapshot",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_ABOUT_SOURCE,
     .place = AT(pkr_settings, options.source.os_snapshot),
     .help = "source of the OS disk: a snapshot (name or id) or a managed disk (id)"},
    {.name = "data_snapshot",
     .type = PKR_FIELD_BLOCKS,
     .flags = PKR_COMPACT_BARRED | PKR_ABOUT_SOURCE,
     .place = AT(pkr_settings, data_snapshot),
     .count_place = AT(pkr_settings, data_snapshot_count),
     .nested = &data_snapshot,
     .help = "source of one data disk, beside os_snapshot; one block per disk"},
    {.name = "data_snapshots",
     .type = PKR_FIELD_MAP,
     .flags = PKR_COMPACT | PKR_ABOUT_SOURCE,
     .place = AT(pkr_settings, snapshots),
     .count_place = AT(pkr_settings, snapshot_count),
     .help = "compact form of data_snapshot: LUN to snapshot or disk, { \"0\" = \"...\" }"},
    {.name = "data_snapshot_prefix",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_ABOUT_SOURCE,
     .place = AT(pkr_settings, options.source.data_snapshot_prefix),
     .help = "snapshots of all data disks: name or id without the number at its end; which LUN each belongs "
             "to is "
             "read from snapshots_of"},
    {.name = "snapshots_of",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_ABOUT_SOURCE,
     .place = AT(pkr_settings, options.source.snapshots_of),
     .help = "the managed image that the snapshots were taken beside, name or id: only read, for its LUNs"},
    {.name = "os_vhd_uri",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_ABOUT_SOURCE,
     .place = AT(pkr_settings, options.source.os_vhd_uri),
     .help = "source of the OS disk: https URL of a VHD blob"},
    {.name = "os_vhd_storage_account",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_ABOUT_SOURCE,
     .place = AT(pkr_settings, options.source.os_vhd_storage_account),
     .help = "storage account that holds that blob: name or id"},
    {.name = "data_vhd",
     .type = PKR_FIELD_BLOCKS,
     .flags = PKR_ABOUT_SOURCE,
     .place = AT(pkr_settings, data_vhd),
     .count_place = AT(pkr_settings, data_vhd_count),
     .nested = &data_vhd,
     .help = "VHD of one data disk; one block per disk"},
    {.name = "target_region",
     .type = PKR_FIELD_BLOCKS,
     .flags = PKR_COMPACT_BARRED | PKR_ABOUT_REGIONS | PKR_ABOUT_SETS,
     .place = AT(pkr_settings, options.target_regions),
     .count_place = AT(pkr_settings, options.target_region_count),
     .nested = &target_region,
     .standard = "the home region alone",
     .help = "one region to replicate to, with the encryption of its disks; one block per region"},
    {.name = "target_regions",
     .type = PKR_FIELD_TEXTS,
     .flags = PKR_COMPACT | PKR_ABOUT_REGIONS,
     .place = AT(pkr_settings, regions),
     .count_place = AT(pkr_settings, region_count),
     .help = "compact form of target_region: REGION[=REPLICAS][=STORAGE_ACCOUNT_TYPE], "
             "[\"westus=2=standard_lrs\", \"eastus2\"]"},
    {.name = "disk_encryption_sets",
     .type = PKR_FIELD_MAP,
     .flags = PKR_COMPACT | PKR_ABOUT_SETS,
     .place = AT(pkr_settings, sets),
     .count_place = AT(pkr_settings, set_count),
     .help = "compact form of the sets: REGION/os, REGION/LUN or REGION (every other disk) to a set's name "
             "or id"},
    {.name = "edge_zone",
     .type = PKR_FIELD_BLOCKS,
     .flags = PKR_COMPACT_BARRED | PKR_ABOUT_REGIONS | PKR_ABOUT_SETS,
     .place = AT(pkr_settings, options.edge_zones),
     .count_place = AT(pkr_settings, options.edge_zone_count),
     .nested = &edge_zone,
     .help = "one edge zone to replicate to, with the encryption of its disks; one block per zone"},
    {.name = "encryption_type",
     .type = PKR_FIELD_TEXT,
     .place = AT(pkr_settings, options.encryption_type),
     .standard = "not declared, not checked",
     .help =
         "declared encryption, checked against every set before the first write: "
         "EncryptionAtRestWithCustomerKey (customer_key), "
         "EncryptionAtRestWithPlatformAndCustomerKeys (double), EncryptionAtRestWithPlatformKey (platform)"},
    {.name = "platform_key_disks",
     .type = PKR_FIELD_TEXTS,
     .flags = PKR_ABOUT_SETS,
     .place = AT(pkr_settings, options.platform_key_disks),
     .count_place = AT(pkr_settings, options.platform_key_disk_count),
     .standard = "none",
     .help =
         "\"os\" or LUNs (as text) that stay on platform keys in every region although others have a set"},
    {.name = "disk_encryption_set_resource_group",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_ABOUT_SETS,
     .place = AT(pkr_settings, options.disk_encryption_set_resource_group),
     .standard = "`resource_group`",
     .help = "resource group of sets that are given by name"},
    {.name = "replica_count",
     .type = PKR_FIELD_NUMBER,
     .place = AT(pkr_settings, options.replica_count),
     .standard = "Azure's: 1",
     .help = "replicas in regions without a count of their own, 1 to 100"},
    {.name = "storage_account_type",
     .type = PKR_FIELD_TEXT,
     .place = AT(pkr_settings, options.storage_account_type),
     .standard = "Azure's: Standard_LRS",
     .help =
         "for regions without a type of their own: Standard_LRS, Standard_ZRS or Premium_LRS, in any case"},
    {.name = "end_of_life_date",
     .type = PKR_FIELD_TEXT,
     .place = AT(pkr_settings, options.end_of_life_date),
     .help = "\"2027-01-31\", \"2027-01-31T12:00:00Z\", or days from now: \"+180d\""},
    {.name = "exclude_from_latest",
     .type = PKR_FIELD_BOOL,
     .place = AT(pkr_settings, options.exclude_from_latest),
     .standard = "Azure's: false",
     .help = "\"latest\" never chooses this version"},
    {.name = "replication_mode",
     .type = PKR_FIELD_TEXT,
     .place = AT(pkr_settings, options.replication_mode),
     .standard = "Azure's: Full",
     .help = "Full, or Shallow (home region only, for tests, not with encryption sets)"},
    {.name = "allow_deletion_of_replicated_locations",
     .type = PKR_FIELD_BOOL,
     .place = AT(pkr_settings, options.allow_deletion_of_replicated_locations),
     .standard = "Azure's: false",
     .help = "regions may later be removed from the version"},
    {.name = "tags",
     .type = PKR_FIELD_MAP,
     .place = AT(pkr_settings, options.tags),
     .count_place = AT(pkr_settings, options.tag_count),
     .help = "tags of the version"},
    {.name = "wait",
     .type = PKR_FIELD_WORD,
     .place = AT(pkr_settings, options.wait),
     .words = wait_words,
     .standard = "all",
     .help =
         "all (every region replicated, encryption proved), home (the home region replicated) or accepted "
         "(Azure took the request)"},
    {.name = "timeout",
     .type = PKR_FIELD_DURATION,
     .place = AT(pkr_settings, options.timeout_ms),
     .standard = "6h",
     .help = "how long to watch: \"6h\", \"90m\", \"1h30m\"; nothing in Azure is stopped when it ends"},
    {.name = "accept_timeout",
     .type = PKR_FIELD_DURATION,
     .place = AT(pkr_settings, options.accept_timeout_ms),
     .standard = "`timeout`",
     .help = "how long until Azure must have accepted the first write"},
    {.name = "home_timeout",
     .type = PKR_FIELD_DURATION,
     .place = AT(pkr_settings, options.home_timeout_ms),
     .standard = "`timeout`",
     .help = "how long until the home region must be replicated"},
    {.name = "on_existing",
     .type = PKR_FIELD_WORD,
     .place = AT(pkr_settings, options.on_existing),
     .words = on_existing_words,
     .standard = "fail",
     .help =
         "a version of that name is there: fail, reuse (take it when it is what is asked for), update (add "
         "what is missing, leave what others put there) or replace (delete it once every check has passed). "
         "What this very publish began is always gone on with"},
    {.name = "on_failure",
     .type = PKR_FIELD_WORD,
     .place = AT(pkr_settings, options.on_failure),
     .words = on_failure_words,
     .standard = "keep",
     .help =
         "a region fails in Azure: keep everything as it is, delete the version that this publish made, or "
         "repair (take the region out and put it in again)"},
    {.name = "repair_attempts",
     .type = PKR_FIELD_NUMBER,
     .place = AT(pkr_settings, options.repair_attempts),
     .standard = "3",
     .help = "repairs of one region, 1 to 10"},
    {.name = "wave_size",
     .type = PKR_FIELD_NUMBER,
     .place = AT(pkr_settings, options.wave_size),
     .standard = "all at once",
     .help = "replicate to the home region first, then to so many regions at a time"},
    {.name = "optional_regions",
     .type = PKR_FIELD_TEXTS,
     .place = AT(pkr_settings, options.optional_regions),
     .count_place = AT(pkr_settings, options.optional_region_count),
     .standard = "none",
     .help = "target regions that may be missing in the end: exit code 11 instead of a failure"},
    {.name = "quorum",
     .type = PKR_FIELD_NUMBER,
     .place = AT(pkr_settings, options.quorum),
     .standard = "every region that is not optional",
     .help = "so many regions, the home region among them, are enough: exit code 11 when others are missing"},
    {.name = "build_number",
     .type = PKR_FIELD_NUMBER,
     .place = AT(pkr_settings, options.build_number),
     .standard = "command and Packer: `BUILD_NUMBER`, `GITHUB_RUN_NUMBER`, `BUILD_BUILDID` or "
                 "`CI_PIPELINE_IID` of the environment",
     .help = "last part of a version that is written as \"1.4.build\""},
    {.name = "delete_version_on_destroy",
     .type = PKR_FIELD_BOOL,
     .place = AT(pkr_settings, delete_on_destroy),
     .standard = "false: nothing is ever deleted",
     .help = "Packer: delete the version when Packer destroys this artifact, because a later post-processor "
             "does not "
             "keep its input; only a version that this very run made"},
    {.name = "tenant_id",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_REQUIRED | PKR_HOST,
     .place = AT(pkr_settings, tenant_id),
     .variable = "AZURE_TENANT_ID",
     .help = "login: tenant, a GUID or a domain"},
    {.name = "client_id",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_REQUIRED | PKR_HOST,
     .place = AT(pkr_settings, client_id),
     .variable = "AZURE_CLIENT_ID",
     .help = "login: application id of the service principal"},
    {.name = "client_secret",
     .type = PKR_FIELD_SECRET,
     .flags = PKR_REQUIRED | PKR_HOST,
     .place = AT(pkr_settings, client_secret),
     .variable = "AZURE_CLIENT_SECRET",
     .help = "login: its secret; never a command line option"},
    {.name = "authority_host",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_HOST,
     .place = AT(pkr_settings, authority_host),
     .standard = "https://login.microsoftonline.com",
     .variable = "AZURE_AUTHORITY_HOST",
     .help = "token service, for other clouds and simulators; http only on loopback"},
    {.name = "resource_manager_endpoint",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_HOST,
     .place = AT(pkr_settings, resource_manager_endpoint),
     .standard = "https://management.azure.com",
     .variable = "ACG_RESOURCE_MANAGER_ENDPOINT",
     .help = "Azure Resource Manager, for other clouds and simulators; http only on loopback"},
    {.name = "audience",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_HOST,
     .place = AT(pkr_settings, audience),
     .standard = "`resource_manager_endpoint`",
     .variable = "ACG_AUDIENCE",
     .help = "resource that the token is asked for"},
    {.name = "ca_file",
     .type = PKR_FIELD_TEXT,
     .flags = PKR_HOST,
     .place = AT(pkr_settings, ca_file),
     .standard = "the system's authorities",
     .variable = "ACG_CA_FILE",
     .help = "PEM file with the only certificate authorities to trust"},
};
static const struct pkr_field_group top = {top_rows, LENGTH(top_rows), sizeof(struct pkr_settings)};

const struct pkr_field_group *pkr_fields(void)
{
    return &top;
}

const struct pkr_field *pkr_field_find(const struct pkr_field_group *group, struct acg_span name, bool nocase)
{
    for (size_t i = 0; i < group->count; i++) {
        struct acg_span row = acgp_span(group->rows[i].name);
        if (nocase ? acgp_span_equal_nocase(row, name) : acgp_span_equal(row, name))
            return &group->rows[i];
    }
    return NULL;
}
