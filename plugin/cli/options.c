/* SPDX-License-Identifier: MPL-2.0 */
/* The options of `acg publish`, `acg plan` and `acg explain`, named as in `az sig image-version create`.
 * Data: exempt from the size rule.
 */
#include "cli/options.h"

#include <string.h>

/* What says which version is to be made, of what, and where: of publish and plan alike. */
#define VERSION_ROWS                                                                                         \
    {.name = "--resource-group",                                                                             \
     .letter = 'g',                                                                                          \
     .kind = PKR_OPTION_TEXT,                                                                                \
     .field = "resource_group",                                                                              \
     .value = "NAME",                                                                                        \
     .help = "resource group of the gallery"},                                                               \
        {.name = "--gallery-name",                                                                           \
         .letter = 'r',                                                                                      \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "gallery_name",                                                                            \
         .value = "NAME",                                                                                    \
         .help = "gallery"},                                                                                 \
        {.name = "--gallery-image-definition",                                                               \
         .letter = 'i',                                                                                      \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "gallery_image_definition",                                                                \
         .value = "NAME",                                                                                    \
         .help = "image definition"},                                                                        \
        {.name = "--gallery-image-version",                                                                  \
         .letter = 'e',                                                                                      \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "gallery_image_version",                                                                   \
         .value = "X.Y.Z|auto|date",                                                                         \
         .help = "version to make"},                                                                         \
        {.name = "--subscription",                                                                           \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "subscription_id",                                                                         \
         .value = "ID",                                                                                      \
         .help = "subscription of the gallery; default: AZURE_SUBSCRIPTION_ID"},                             \
        {.name = "--location",                                                                               \
         .letter = 'l',                                                                                      \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "location",                                                                                \
         .value = "REGION",                                                                                  \
         .help = "home region; default: the source's region, read from Azure"},                              \
        {.name = "--target-regions",                                                                         \
         .kind = PKR_OPTION_MANY,                                                                            \
         .id = PKR_OPT_TARGET_REGIONS,                                                                       \
         .field = "target_region",                                                                           \
         .value = "REGION[=REPLICAS][=TYPE] ...",                                                            \
         .help = "regions to replicate to; TYPE is standard_lrs, standard_zrs or premium_lrs, in any case"}, \
        {.name = "--target-region-encryption",                                                               \
         .kind = PKR_OPTION_MANY,                                                                            \
         .id = PKR_OPT_REGION_ENCRYPTION,                                                                    \
         .value = "OS_SET[,LUN,SET]... ...",                                                                 \
         .help =                                                                                             \
             "disk encryption sets, one item per target region, in the same order; null (lower case) in a "  \
             "disk's place in every region leaves it on platform keys"},                                     \
        {.name = "--target-region-cvm-encryption",                                                           \
         .kind = PKR_OPTION_MANY,                                                                            \
         .id = PKR_OPT_REGION_CVM,                                                                           \
         .value = "TYPE,SET ...",                                                                            \
         .help = "confidential VM encryption of the OS disk, one item per target region; SET may be empty"}, \
        {.name = "--target-edge-zones",                                                                      \
         .kind = PKR_OPTION_MANY,                                                                            \
         .id = PKR_OPT_EDGE_ZONES,                                                                           \
         .field = "edge_zone",                                                                               \
         .value = "REGION=ZONE[=REPLICAS][=TYPE] ...",                                                       \
         .help = "edge zones to replicate to"},                                                              \
        {.name = "--target-edge-zone-encryption",                                                            \
         .kind = PKR_OPTION_MANY,                                                                            \
         .id = PKR_OPT_ZONE_ENCRYPTION,                                                                      \
         .value = "ZONE,OS_SET[,LUN,SET]... ...",                                                            \
         .help = "disk encryption sets, one item per edge zone, in the same order"},                         \
        {.name = "--platform-key-disks",                                                                     \
         .kind = PKR_OPTION_MANY,                                                                            \
         .field = "platform_key_disks",                                                                      \
         .value = "os|LUN ...",                                                                              \
         .help = "disks that stay on platform keys in every region although others have a set"},             \
        {.name = "--encryption-type",                                                                        \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "encryption_type",                                                                         \
         .value = "TYPE",                                                                                    \
         .help = "declared encryption, checked against every set: customer_key, double, platform, or ARM's " \
                 "words"},                                                                                   \
        {.name = "--disk-encryption-set-resource-group",                                                     \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "disk_encryption_set_resource_group",                                                      \
         .value = "NAME",                                                                                    \
         .help = "resource group of sets given by name; default: --resource-group"},                         \
        {.name = "--managed-image",                                                                          \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "managed_image",                                                                           \
         .value = "NAME|ID",                                                                                 \
         .help = "source: managed image (also takes the id of a VM or of an image version)"},                \
        {.name = "--virtual-machine",                                                                        \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "virtual_machine",                                                                         \
         .value = "ID",                                                                                      \
         .help = "source: virtual machine"},                                                                 \
        {.name = "--image-version",                                                                          \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "image_version",                                                                           \
         .value = "ID",                                                                                      \
         .help = "source: gallery image version"},                                                           \
        {.name = "--os-snapshot",                                                                            \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "os_snapshot",                                                                             \
         .value = "NAME|ID",                                                                                 \
         .help = "source of the OS disk: snapshot or managed disk"},                                         \
        {.name = "--data-snapshots",                                                                         \
         .kind = PKR_OPTION_MANY,                                                                            \
         .id = PKR_OPT_DATA_SNAPSHOTS,                                                                       \
         .field = "data_snapshot",                                                                           \
         .value = "NAME|ID ...",                                                                             \
         .help = "sources of the data disks: snapshots or managed disks"},                                   \
        {.name = "--data-snapshot-luns",                                                                     \
         .kind = PKR_OPTION_MANY,                                                                            \
         .id = PKR_OPT_DATA_SNAPSHOT_LUNS,                                                                   \
         .value = "LUN ...",                                                                                 \
         .help = "their LUNs, in the same order; default: 0, 1, 2 ..."},                                     \
        {.name = "--data-snapshot-prefix",                                                                   \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "data_snapshot_prefix",                                                                    \
         .value = "NAME|ID",                                                                                 \
         .help = "snapshots of all data disks: their name without the number at its end"},                   \
        {.name = "--snapshots-of",                                                                           \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "snapshots_of",                                                                            \
         .value = "NAME|ID",                                                                                 \
         .help = "managed image beside which they were taken: tells their LUNs"},                            \
        {.name = "--os-vhd-uri",                                                                             \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "os_vhd_uri",                                                                              \
         .value = "URL",                                                                                     \
         .help = "source of the OS disk: VHD blob"},                                                         \
        {.name = "--os-vhd-storage-account",                                                                 \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "os_vhd_storage_account",                                                                  \
         .value = "NAME|ID",                                                                                 \
         .help = "storage account of that blob"},                                                            \
        {.name = "--data-vhds-uris",                                                                         \
         .kind = PKR_OPTION_MANY,                                                                            \
         .id = PKR_OPT_DATA_VHDS,                                                                            \
         .field = "data_vhd",                                                                                \
         .value = "URL ...",                                                                                 \
         .help = "sources of the data disks: VHD blobs"},                                                    \
        {.name = "--data-vhds-luns",                                                                         \
         .kind = PKR_OPTION_MANY,                                                                            \
         .id = PKR_OPT_DATA_VHD_LUNS,                                                                        \
         .value = "LUN ...",                                                                                 \
         .help = "their LUNs, in the same order; default: 0, 1, 2 ..."},                                     \
        {.name = "--data-vhds-storage-accounts",                                                             \
         .other = "--data-vhds-sa",                                                                          \
         .kind = PKR_OPTION_MANY,                                                                            \
         .id = PKR_OPT_DATA_VHD_ACCOUNTS,                                                                    \
         .value = "NAME|ID ...",                                                                             \
         .help = "their storage accounts, in the same order"},                                               \
        {.name = "--replica-count",                                                                          \
         .kind = PKR_OPTION_NUMBER,                                                                          \
         .field = "replica_count",                                                                           \
         .value = "N",                                                                                       \
         .help = "replicas in regions without a count of their own"},                                        \
        {.name = "--storage-account-type",                                                                   \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "storage_account_type",                                                                    \
         .value = "TYPE",                                                                                    \
         .help = "for regions without a type of their own: Standard_LRS, Standard_ZRS, Premium_LRS"},        \
        {.name = "--replication-mode",                                                                       \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "replication_mode",                                                                        \
         .value = "MODE",                                                                                    \
         .help = "Full or Shallow"},                                                                         \
        {.name = "--end-of-life-date",                                                                       \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .field = "end_of_life_date",                                                                        \
         .value = "DATE",                                                                                    \
         .help = "2027-01-31, 2027-01-31T12:00:00Z or +180d"},                                               \
        {.name = "--exclude-from-latest",                                                                    \
         .kind = PKR_OPTION_BOOL,                                                                            \
         .field = "exclude_from_latest",                                                                     \
         .value = "[true|false]",                                                                            \
         .help = "\"latest\" never chooses this version"},                                                   \
        {.name = "--allow-replicated-location-deletion",                                                     \
         .kind = PKR_OPTION_BOOL,                                                                            \
         .field = "allow_deletion_of_replicated_locations",                                                  \
         .value = "[true|false]",                                                                            \
         .help = "regions may later be removed from the version"},                                           \
        {.name = "--tags",                                                                                   \
         .kind = PKR_OPTION_MANY,                                                                            \
         .id = PKR_OPT_TAGS,                                                                                 \
         .field = "tags",                                                                                    \
         .value = "KEY[=VALUE] ...",                                                                         \
         .help = "tags of the version; \"\" means none"},                                                    \
    {                                                                                                        \
        .name = "--file", .kind = PKR_OPTION_TEXT, .id = PKR_OPT_FILE, .beside_file = true, .value = "FILE", \
        .help = "take the whole configuration from this JSON file instead (- is standard input)"             \
    }

/* How long it is watched, and what existing versions and failed regions mean. */
#define WATCH_ROWS                                                                                           \
    {.name = "--no-wait",                                                                                    \
     .id = PKR_OPT_NO_WAIT,                                                                                  \
     .beside_file = true,                                                                                    \
     .field = "wait",                                                                                        \
     .sets = "accepted",                                                                                     \
     .help = "as --wait accepted: nothing is proved then"},                                                  \
        {.name = "--detach",                                                                                 \
         .id = PKR_OPT_DETACH,                                                                               \
         .beside_file = true,                                                                                \
         .field = "wait",                                                                                    \
         .sets = "accepted",                                                                                 \
         .help = "as --no-wait, and say how to wait for it later"},                                          \
        {.name = "--wait",                                                                                   \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .beside_file = true,                                                                                \
         .field = "wait",                                                                                    \
         .value = "all|home|accepted",                                                                       \
         .help =                                                                                             \
             "end when every region is replicated and proved (default), when the home region is, or when "   \
             "Azure has accepted the request"},                                                              \
        {.name = "--timeout",                                                                                \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .id = PKR_OPT_TIMEOUT,                                                                              \
         .beside_file = true,                                                                                \
         .field = "timeout",                                                                                 \
         .value = "TIME",                                                                                    \
         .help = "how long to watch: 6h, 90m, 1h30m; default: 6h"},                                          \
        {.name = "--accept-timeout",                                                                         \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .beside_file = true,                                                                                \
         .field = "accept_timeout",                                                                          \
         .value = "TIME",                                                                                    \
         .help = "how long until Azure must have accepted the first write"},                                 \
        {.name = "--home-timeout",                                                                           \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .beside_file = true,                                                                                \
         .field = "home_timeout",                                                                            \
         .value = "TIME",                                                                                    \
         .help = "how long until the home region must be replicated"},                                       \
        {.name = "--on-existing",                                                                            \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .beside_file = true,                                                                                \
         .field = "on_existing",                                                                             \
         .value = "fail|reuse|update|replace",                                                               \
         .help = "what to do when a version of that name is there; default: fail"},                          \
        {.name = "--on-failure",                                                                             \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .beside_file = true,                                                                                \
         .field = "on_failure",                                                                              \
         .value = "keep|delete|repair",                                                                      \
         .help = "what to do when a region fails in Azure; default: keep"},                                  \
        {.name = "--repair-attempts",                                                                        \
         .kind = PKR_OPTION_NUMBER,                                                                          \
         .beside_file = true,                                                                                \
         .field = "repair_attempts",                                                                         \
         .value = "COUNT",                                                                                   \
         .help = "repairs of one region, 1 to 10; default: 3"},                                              \
        {.name = "--wave-size",                                                                              \
         .kind = PKR_OPTION_NUMBER,                                                                          \
         .beside_file = true,                                                                                \
         .field = "wave_size",                                                                               \
         .value = "COUNT",                                                                                   \
         .help = "the home region first, then so many regions at a time; default: all at once"},             \
        {.name = "--optional-regions",                                                                       \
         .kind = PKR_OPTION_MANY,                                                                            \
         .beside_file = true,                                                                                \
         .field = "optional_regions",                                                                        \
         .value = "REGION ...",                                                                              \
         .help = "target regions that may be missing in the end (exit code 11)"},                            \
        {.name = "--quorum",                                                                                 \
         .kind = PKR_OPTION_NUMBER,                                                                          \
         .beside_file = true,                                                                                \
         .field = "quorum",                                                                                  \
         .value = "COUNT",                                                                                   \
         .help = "so many regions are enough (exit code 11 when others are missing)"},                       \
    {                                                                                                        \
        .name = "--build-number", .kind = PKR_OPTION_NUMBER, .beside_file = true, .field = "build_number",   \
        .value = "NUMBER", .help = "last part of a version that is written as 1.4.build"                     \
    }

/* How a run talks. */
#define TALK_ROWS                                                                                            \
    {.name = "--only-show-errors",                                                                           \
     .id = PKR_OPT_QUIET,                                                                                    \
     .beside_file = true,                                                                                    \
     .help = "no progress on standard error"},                                                               \
        {.name = "--verbose",                                                                                \
         .id = PKR_OPT_VERBOSE,                                                                              \
         .beside_file = true,                                                                                \
         .help = "progress with the time of each line"},                                                     \
        {.name = "--debug",                                                                                  \
         .id = PKR_OPT_DEBUG,                                                                                \
         .beside_file = true,                                                                                \
         .help = "also each request and its answer's status, without secrets"},                              \
        {.name = "--help", .letter = 'h', .id = PKR_OPT_HELP, .beside_file = true, .help = "this text"},     \
        {.name = "--client-secret", .kind = PKR_OPTION_TEXT, .id = PKR_OPT_SECRET, .beside_file = true},     \
    {                                                                                                        \
        .name = "--query", .kind = PKR_OPTION_TEXT, .id = PKR_OPT_QUERY, .beside_file = true                 \
    }

static const struct pkr_option publish_rows[] = {
    VERSION_ROWS,
    WATCH_ROWS,
    {.name = "--report",
     .kind = PKR_OPTION_TEXT,
     .id = PKR_OPT_REPORT,
     .beside_file = true,
     .value = "FILE.md|FILE.json",
     .help = "write the proof to a file: what each region's each disk is encrypted with, read back"},
    {.name = "--journal",
     .kind = PKR_OPTION_TEXT,
     .beside_file = true,
     .field = "journal",
     .value = "DIR",
     .help = "directory of the journal, by which a run goes on where a crash ended the last one; default: "
             "$XDG_STATE_HOME/acg, else ~/.local/state/acg"},
    {.name = "--no-journal", .beside_file = true, .field = "journal", .sets = "none", .help = "keep none"},
    {.name = "--dry-run",
     .id = PKR_OPT_DRY_RUN,
     .beside_file = true,
     .help = "print the request as {\"method\", \"url\", \"body\"} and send nothing"},
    {.name = "--output",
     .letter = 'o',
     .kind = PKR_OPTION_TEXT,
     .id = PKR_OPT_OUTPUT,
     .beside_file = true,
     .value = "json|tsv|none",
     .help = "form of the result on standard output; default: json"},
    TALK_ROWS,
};
const struct pkr_option_table pkr_publish_options = {
    .verb = "publish", .rows = publish_rows, .count = sizeof publish_rows / sizeof publish_rows[0]};

static const struct pkr_option plan_rows[] = {
    VERSION_ROWS,
    WATCH_ROWS,
    {.name = "--offline",
     .id = PKR_OPT_OFFLINE,
     .beside_file = true,
     .help = "check what needs no network: neither login nor Azure is asked"},
    {.name = "--output",
     .letter = 'o',
     .kind = PKR_OPTION_TEXT,
     .id = PKR_OPT_OUTPUT,
     .beside_file = true,
     .value = "text|json|markdown|none",
     .help = "form of the plan on standard output; default: text"},
    TALK_ROWS,
};
const struct pkr_option_table pkr_plan_options = {
    .verb = "plan", .rows = plan_rows, .count = sizeof plan_rows / sizeof plan_rows[0]};

static const struct pkr_option explain_rows[] = {
    {.name = "--format",
     .kind = PKR_OPTION_TEXT,
     .id = PKR_OPT_FORMAT,
     .beside_file = true,
     .value = "az|powershell|rest|all",
     .help = "which of the three to print; default: all"},
    {.name = "--output",
     .letter = 'o',
     .kind = PKR_OPTION_TEXT,
     .id = PKR_OPT_OUTPUT,
     .beside_file = true,
     .value = "text|json|markdown|none",
     .help = "form of the result on standard output; default: text"},
    {.name = "--dry-run", .id = PKR_OPT_DRY_RUN, .beside_file = true}, /* of a line of publish: it is one */
    {.name = "--journal", .kind = PKR_OPTION_TEXT, .beside_file = true, .field = "journal"}, /* likewise */
    {.name = "--no-journal", .beside_file = true, .field = "journal", .sets = "none"},
    VERSION_ROWS,
    WATCH_ROWS,
    TALK_ROWS,
};
const struct pkr_option_table pkr_explain_options = {
    .verb = "explain", .rows = explain_rows, .count = sizeof explain_rows / sizeof explain_rows[0]};

static bool is(const char *option, const char *name, size_t len)
{
    return option != NULL && strlen(option) == len && memcmp(option, name, len) == 0;
}

const struct pkr_option *pkr_option_by_name(const struct pkr_option_table *table, const char *name,
                                            size_t len)
{
    for (size_t i = 0; i < table->count; i++)
        if (is(table->rows[i].name, name, len) || is(table->rows[i].other, name, len))
            return &table->rows[i];
    return NULL;
}

const struct pkr_option *pkr_option_by_letter(const struct pkr_option_table *table, char letter)
{
    for (size_t i = 0; i < table->count && letter != '\0'; i++)
        if (table->rows[i].letter == letter)
            return &table->rows[i];
    return NULL;
}
