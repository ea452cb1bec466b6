/* SPDX-License-Identifier: MPL-2.0 */
/* The grammar of az sig image-version create, and where we say no although az says nothing. */
#include "testlib/test.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "cli/az.h"

enum { WORDS_MAX = 64 };

/* A command line: the names that each one needs, then what the test is about. */
struct line {
    const char *words[WORDS_MAX];
    size_t count;
    struct pkr_config *config;
    struct acgp_buf notes;
    char *text; /* the body, or the faults */
};

static const char *const names[] = {"--subscription",
                                    "00000000-0000-0000-0000-000000000000",
                                    "-g",
                                    "Group",
                                    "-r",
                                    "Gallery",
                                    "-i",
                                    "Image",
                                    "-e",
                                    "1.0.0",
                                    "--location",
                                    "westus"};

static void add(struct line *l, const char *words)
{
    char *copy = strdup(words), *save = NULL;

    for (char *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
        l->words[l->count++] = strdup(word);
    free(copy);
}

static void preview(struct line *l)
{
    struct acg_findings *findings = NULL;
    struct acg_preview *p = NULL;

    assert_int_equal(acg_findings_new(&findings, NULL), ACG_OK);
    assert_int_equal(acg_preview_new(NULL, pkr_config_options(l->config), findings, &p, NULL), ACG_OK);
    l->text = acgp_strdup(acg_preview_body(p));
    acg_preview_free(p);
    acg_findings_free(findings);
}

static struct line run(const char *words, bool *sound)
{
    struct line l = {.count = 0};
    struct pkr_words read = {.given = NULL};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        l.words[l.count++] = strdup(names[i]);
    add(&l, words);
    acgp_buf_init(&l.notes, 4096);
    assert_int_equal(pkr_config_new(&l.config, NULL), ACG_OK);
    assert_int_equal(pkr_words_read(&pkr_publish_options, l.words, l.count, l.config, &read, NULL), ACG_OK);
    assert_int_equal(pkr_az_configure(&read, l.config, &l.notes, NULL), ACG_OK);
    *sound = pkr_config_check(l.config, PKR_PHASE_PREVIEW, NULL) == ACG_OK;
    if (*sound)
        preview(&l);
    else
        l.text = pkr_findings_text(pkr_config_findings(l.config));
    pkr_words_done(&read);
    return l;
}

static void line_done(struct line *l)
{
    for (size_t i = 0; i < l->count; i++)
        free((void *)(uintptr_t)l->words[i]);
    acgp_buf_done(&l->notes);
    acgp_free(l->text);
    pkr_config_free(l->config);
}

static void sends(const char *words, const char *part)
{
    bool sound = false;
    struct line l = run(words, &sound);

    if (!sound || strstr(l.text, part) == NULL)
        fail_msg("%s\n%s\nlacks %s", words, l.text, part);
    line_done(&l);
}

static void sends_no(const char *words, const char *part)
{
    bool sound = false;
    struct line l = run(words, &sound);

    if (!sound || strstr(l.text, part) != NULL)
        fail_msg("%s\n%s\nhas %s", words, l.text, part);
    line_done(&l);
}

/* Exactly one fault, which says this. */
static void refuses(const char *words, const char *says)
{
    bool sound = true;
    struct line l = run(words, &sound);

    if (sound || strncmp(l.text, "1 fault:", 8) != 0 || strstr(l.text, says) == NULL)
        fail_msg("%s\n%s\nlacks %s", words, l.text, says);
    line_done(&l);
}

#define TWO   "--managed-image i --target-regions westus eastus2 "
#define SETS  "/diskEncryptionSets/"
#define ITEM  "--target-region-encryption item "
#define PLACE "--target-regions item "

static void storage_types_are_taken_in_any_case(void **st)
{
    (void)st;
    sends("--managed-image i --target-regions westus=2=Standard_LRS",
          "\"storageAccountType\":\"Standard_LRS\"");
    sends("--managed-image i --target-regions westus=2=standard_zrs",
          "\"storageAccountType\":\"Standard_ZRS\"");
    sends("--managed-image i --target-regions westus=PREMIUM_LRS", "\"storageAccountType\":\"Premium_LRS\"");
    refuses("--managed-image i --target-regions westus=2=standard", "* " PLACE "1: 'standard' is none of");
}

static void counts_are_whole_numbers(void **st)
{
    (void)st;
    static const char *const odd[] = {
        "westus=two=standard_lrs", "westus=-1", "westus=+2", "westus=1_0", "=2", "westus="};
    char words[128];

    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        (void)snprintf(words, sizeof words, "--managed-image i --target-regions westus %s", odd[i]);
        refuses(words, "* " PLACE "2: is \"");
    }
    refuses("--managed-image i --target-regions westus=0", "* " PLACE "1: 0 replicas are out of range");
    refuses("--managed-image i --replica-count two", "* --replica-count: is \"two\", must be a whole number");
}

static void sets_match_regions_by_position(void **st)
{
    (void)st;
    sends(TWO "--target-region-encryption a,0,b c,0,d", SETS "d\"");
    refuses(TWO "--target-region-encryption a,0,b",
            "* --target-region-encryption: has 1 item, but --target-regions has 2");
    refuses(
        "--managed-image i --target-region-encryption a,0,b",
        "* --target-region-encryption: stands without --target-regions; Azure's command line would publish "
        "without any encryption then");
    refuses(TWO "--target-region-encryption a b,0,c",
            "* " ITEM "1: a disk is encrypted in every target region");
}

static void terms_come_in_pairs_and_are_never_empty(void **st)
{
    (void)st;
    refuses("--managed-image i --target-regions westus --target-region-encryption a,0", "must come in pairs");
    refuses("--managed-image i --target-regions westus --target-region-encryption ,0,b", "a term is empty");
    refuses("--managed-image i --target-regions westus --target-region-encryption a,0,", "a term is empty");
    refuses("--managed-image i --target-regions westus --target-region-encryption a,1.5,b",
            "a LUN is not a whole number");
    refuses("--managed-image i --target-regions westus --target-region-encryption a,x,b",
            "a LUN is not a whole number");
    refuses("--managed-image i --target-regions westus --target-region-encryption a,64,b",
            "a LUN is not a whole number");
    refuses("--managed-image i --target-regions westus --target-region-encryption a,0,b,0,c", "(R7)");
}

static void null_is_a_keyword_in_lower_case_for_any_disk(void **st)
{
    (void)st;
    sends(TWO "--target-region-encryption null,0,b null,0,d", "\"encryption\":{\"dataDiskImages\":");
    sends_no(TWO "--target-region-encryption a,0,null c,0,null", "dataDiskImages");
    sends_no(TWO "--target-region-encryption a,0,null c,0,null", "null");
    sends_no(TWO "--target-region-encryption null null", "encryption");
    refuses(TWO "--target-region-encryption a,0,null c,0,d", "(R5)");
    refuses(TWO "--target-region-encryption NULL,0,b null,0,d", "null is written in another case than lower");
    refuses(TWO "--target-region-encryption a,0,Null c,0,d", "null is written in another case than lower");
}

static void confidential_items_are_a_type_and_a_set(void **st)
{
    (void)st;
    sends(TWO "--target-region-cvm-encryption EncryptedWithCmk,a EncryptedWithCmk,b",
          "\"secureVMDiskEncryptionSetId\":\"/subscriptions/00000000-0000-0000-0000-000000000000/"
          "resourceGroups/Group/"
          "providers/Microsoft.Compute/diskEncryptionSets/b\"");
    sends(TWO "--target-region-cvm-encryption EncryptedWithPmk, EncryptedWithPmk,",
          "{\"confidentialVMEncryptionType\":\"EncryptedWithPmk\"}");
    refuses("--managed-image i --target-regions westus --target-region-cvm-encryption Wrong,",
            "'Wrong' is none of");
    refuses("--managed-image i --target-regions westus --target-region-cvm-encryption EncryptedWithPmk",
            "must be a type and a set");
    refuses("--managed-image i --target-regions westus --target-region-cvm-encryption EncryptedWithCmk,a,b",
            "must be a type and a set");
    refuses(TWO "--target-region-cvm-encryption EncryptedWithPmk,", "has 1 item, but --target-regions has 2");
}

static void edge_zones_lose_nothing(void **st)
{
    (void)st;
    const char *zone = "--managed-image i --target-regions westus --target-region-encryption a "
                       "--target-edge-zones westus=la1=1=Standardssd_lrs --target-edge-zone-encryption la1,a";

    sends(zone, "\"extendedLocation\":{\"name\":\"la1\",\"type\":\"EdgeZone\"}");
    sends(zone, "\"storageAccountType\":\"StandardSSD_LRS\"");
    sends_no("--managed-image i --target-regions westus --target-edge-zones None", "targetExtendedLocations");
    refuses("--managed-image i --target-regions westus --target-edge-zones westus",
            "* --target-edge-zones item 1: is \"westus\": it must name a region and an edge zone");
    refuses(
        "--managed-image i --target-regions westus --target-edge-zones westus=la1 "
        "--target-edge-zone-encryption la1",
        "* --target-edge-zone-encryption item 1: is \"la1\": it must name the zone and the OS disk's set");
    refuses("--managed-image i --target-regions westus --target-edge-zones westus=la1 "
            "--target-edge-zone-encryption la2,a",
            "names another zone");
    refuses("--managed-image i --target-regions westus --target-edge-zone-encryption la1,a",
            "* --target-edge-zone-encryption: stands without --target-edge-zones");
}

static void missing_luns_are_counted_and_said(void **st)
{
    (void)st;
    bool sound = false;
    struct line l = run("--os-snapshot os --data-snapshots a b", &sound);

    assert_true(sound);
    assert_non_null(strstr(l.text, "\"lun\":1"));
    assert_string_equal(l.notes.data,
                        "note: --data-snapshot-luns is not given; --data-snapshots are taken as LUN 0, 1 "
                        "in this order\n");
    line_done(&l);
    l = run("--os-snapshot os --data-snapshots a b --data-snapshot-luns 5 3", &sound);
    assert_true(sound);
    assert_int_equal(l.notes.len, 0);
    assert_non_null(strstr(l.text, "\"lun\":5"));
    line_done(&l);
}

static void lists_of_disks_have_one_length(void **st)
{
    (void)st;
    refuses("--os-snapshot os --data-snapshot-luns 0",
            "* --data-snapshot-luns: stands without --data-snapshots");
    refuses("--os-snapshot os --data-snapshots a b --data-snapshot-luns 0",
            "* --data-snapshots: has 2 items, but --data-snapshot-luns has 1");
    refuses("--os-snapshot os --data-snapshots a --data-snapshot-luns x",
            "* --data-snapshot-luns item 1: is \"x\", must be a whole number");
    refuses("--os-snapshot os --data-snapshots a b --data-snapshot-luns 1 1",
            "* --data-snapshot-luns item 2: ");
    refuses("--os-vhd-uri https://a.blob.core.windows.net/v/os.vhd", "* --os-vhd-storage-account: ");
    refuses("--os-snapshot os --data-vhds-uris https://a.blob.core.windows.net/v/d.vhd",
            "* --data-vhds-storage-accounts item 1: ");
    refuses("--os-snapshot os --data-vhds-luns 0", "* --data-vhds-luns: stands without --data-vhds-uris");
}

static void standard_luns_of_snapshots_and_vhds_collide_aloud(void **st)
{
    (void)st;
    refuses("--os-snapshot os --data-snapshots a --data-vhds-uris https://a.blob.core.windows.net/v/d.vhd "
            "--data-vhds-sa acc",
            "(R25)");
    sends("--os-snapshot os --data-snapshots a --data-vhds-uris https://a.blob.core.windows.net/v/d.vhd "
          "--data-vhds-sa "
          "account1 --data-vhds-luns 1",
          "/storageAccounts/account1\"");
}

static void other_options_become_their_fields(void **st)
{
    (void)st;
    sends("--managed-image i --tags a=1 b=x=y c", "\"tags\":{\"a\":\"1\",\"b\":\"x=y\",\"c\":\"\"}");
    sends("--managed-image i --exclude-from-latest", "\"excludeFromLatest\":true");
    sends("--managed-image i --exclude-from-latest FALSE", "\"excludeFromLatest\":false");
    sends("--managed-image i --allow-replicated-location-deletion true",
          "\"allowDeletionOfReplicatedLocations\":true");
    sends("--managed-image i --end-of-life-date 2099-12-01", "\"endOfLifeDate\":\"2099-12-01T12:59:59Z\"");
    sends(TWO "--target-region-encryption a,0,b c,0,d --platform-key-disks 1", SETS "a\"");
    refuses("--managed-image i --end-of-life-date tomorrow", "* --end-of-life-date: 'tomorrow' is no date");
    refuses("--managed-image i --replication-mode Fast",
            "* --replication-mode: 'Fast' is none of Full, Shallow");
    refuses("--managed-image i --tags a=1 a=2", "the key \"a\" stands twice");
    refuses("--managed-image i --tags =1", "has no key");
    refuses("--managed-image i --os-snapshot s", "(R21)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(storage_types_are_taken_in_any_case),
        cmocka_unit_test(counts_are_whole_numbers),
        cmocka_unit_test(sets_match_regions_by_position),
        cmocka_unit_test(terms_come_in_pairs_and_are_never_empty),
        cmocka_unit_test(null_is_a_keyword_in_lower_case_for_any_disk),
        cmocka_unit_test(confidential_items_are_a_type_and_a_set),
        cmocka_unit_test(edge_zones_lose_nothing),
        cmocka_unit_test(missing_luns_are_counted_and_said),
        cmocka_unit_test(lists_of_disks_have_one_length),
        cmocka_unit_test(standard_luns_of_snapshots_and_vhds_collide_aloud),
        cmocka_unit_test(other_options_become_their_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
