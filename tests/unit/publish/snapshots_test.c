/* SPDX-License-Identifier: MPL-2.0 */
/* Which snapshot belongs to which LUN: what the snapshots and the image say decides, or nothing is written.
 */
#include "testlib/talk.h"

#include <stdio.h>

#define VERSION "/versions/1.4.0?api-version="
#define OS      "/snapshots/web-os?api-version=2023-10-02"
#define IMAGE   "/images/web-build?api-version=2022-11-01"
#define DATA(n) "/snapshots/web-data" n "?api-version=2023-10-02"
#define DISK(n)                                                                                              \
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/build/providers/Microsoft.Compute/"  \
    "disks/" n
#define TAKEN(n)                                                                                             \
    "{\"location\": \"westus\", \"properties\": {\"creationData\": {\"sourceResourceId\": \"" DISK(n) "\"}}" \
                                                                                                      "}"
#define ENTRY(lun, disk) "{\"lun\": " lun ", \"managedDisk\": {\"id\": \"" DISK(disk) "\"}}"
#define IMAGE_OF(disks)                                                                                      \
    "{\"location\": \"westus\", \"properties\": {\"storageProfile\": {\"osDisk\": {\"managedDisk\": "        \
    "{\"id\": \"" DISK("os") "\"}}, \"dataDisks\": [" disks "]}}}"

static const char two_disks[] = IMAGE_OF(ENTRY("4", "first") ", " ENTRY("1", "second"));

static struct talk begin(void **st)
{
    struct talk t = talk_begin(st, "snapshots-found");

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 404, "error-not-found.json");
    return t;
}

static void tell(struct talk *t, const char *url, const char *text)
{
    talk_expect(t, "GET", url);
    if (text == NULL)
        talk_reply(t, 404, "error-not-found.json");
    else
        talk_reply_text(t, 200, text);
}

static void refused(struct talk *t, const char *field)
{
    char line[128];

    snprintf(line, sizeof line, "error snapshots %s", field);
    talk_ends(t, ACG_ERR_PREFLIGHT);
    talk_told(t, line);
    assert_int_equal(t->puts, 0);
}

static void each_snapshot_goes_to_the_lun_of_its_disk(void **st)
{
    struct talk t = begin(st);

    tell(&t, OS, TAKEN("os"));
    tell(&t, IMAGE, two_disks);
    tell(&t, DATA("1"), TAKEN("first"));
    tell(&t, DATA("0"), TAKEN("SECOND"));
    talk_told(&t, "notice LUN 1 from web-data0, LUN 4 from web-data1");
    talk_expect(&t, "PUT", VERSION);
    talk_free(&t);
}

static void an_image_without_data_disks_asks_for_no_snapshot(void **st)
{
    struct talk t = begin(st);

    tell(&t, OS, TAKEN("os"));
    tell(&t, IMAGE, IMAGE_OF(""));
    talk_expect(&t, "PUT", VERSION);
    assert_null(strstr(t.current.message->body, "dataDiskImages"));
    talk_free(&t);
}

static void a_snapshot_of_another_disk_is_refused_never_settled_by_order(void **st)
{
    struct talk t = begin(st);

    tell(&t, OS, TAKEN("os"));
    tell(&t, IMAGE, two_disks);
    tell(&t, DATA("0"), TAKEN("first"));
    tell(&t, DATA("1"), TAKEN("third"));
    refused(&t, "data_snapshot_prefix");
    talk_told(&t, "no snapshot was taken of " DISK(
                      "second") ", the disk of LUN 1; web-data1 was taken of " DISK("third"));
    talk_told(&t, "data_snapshots");
    talk_free(&t);
}

static void a_snapshot_that_tells_no_disk_is_refused(void **st)
{
    struct talk t = begin(st);

    tell(&t, OS, TAKEN("os"));
    tell(&t, IMAGE, IMAGE_OF(ENTRY("0", "first")));
    tell(&t, DATA("0"), "{\"location\": \"westus\", \"properties\": {}}");
    refused(&t, "data_snapshot_prefix");
    talk_told(&t, "web-data0 was taken of a disk that Azure does not name");
    talk_free(&t);
}

static void a_missing_snapshot_is_refused_with_its_lun(void **st)
{
    struct talk t = begin(st);

    tell(&t, OS, TAKEN("os"));
    tell(&t, IMAGE, two_disks);
    tell(&t, DATA("0"), TAKEN("first"));
    tell(&t, DATA("1"), NULL);
    refused(&t, "data_snapshot_prefix");
    talk_told(&t, "the disk of LUN 1; web-data1 does not exist");
    talk_free(&t);
}

static void two_snapshots_of_one_disk_are_refused(void **st)
{
    struct talk t = begin(st);

    tell(&t, OS, TAKEN("os"));
    tell(&t, IMAGE, two_disks);
    tell(&t, DATA("0"), TAKEN("first"));
    tell(&t, DATA("1"), TAKEN("first"));
    refused(&t, "data_snapshot_prefix");
    talk_told(&t, "were both taken of the disk of LUN 4");
    talk_told(&t, "no snapshot was taken of " DISK("second"));
    talk_free(&t);
}

static void an_image_disk_without_a_managed_disk_is_refused(void **st)
{
    struct talk t = begin(st);

    tell(&t, OS, TAKEN("os"));
    tell(&t, IMAGE, IMAGE_OF("{\"lun\": 3}"));
    tell(&t, DATA("0"), TAKEN("first"));
    refused(&t, "data_snapshot_prefix");
    talk_told(&t, "the image does not tell of which managed disk its LUN 3 is");
    talk_free(&t);
}

static void a_snapshot_of_another_os_disk_is_refused(void **st)
{
    struct talk t = begin(st);

    tell(&t, OS, TAKEN("older"));
    tell(&t, IMAGE, IMAGE_OF(""));
    refused(&t, "os_snapshot");
    talk_told(&t, DISK("older"));
    talk_free(&t);
}

static void a_missing_image_is_refused(void **st)
{
    struct talk t = begin(st);

    tell(&t, OS, TAKEN("os"));
    tell(&t, IMAGE, NULL);
    refused(&t, "snapshots_of: the managed image does not exist");
    talk_free(&t);
}

static void an_unreadable_snapshot_is_never_a_pass(void **st)
{
    struct talk t = begin(st);

    tell(&t, OS, TAKEN("os"));
    tell(&t, IMAGE, IMAGE_OF(ENTRY("0", "first")));
    talk_expect(&t, "GET", DATA("0"));
    talk_reply(&t, 403, "error-forbidden.json");
    talk_ends(&t, ACG_ERR_AUTH);
    assert_string_equal(t.error.field, "data_snapshot_prefix");
    assert_int_equal(t.puts, 0);
    talk_free(&t);
}

static void an_image_that_is_none_is_a_protocol_error(void **st)
{
    struct talk t = begin(st);

    tell(&t, OS, TAKEN("os"));
    tell(&t, IMAGE, IMAGE_OF("{\"lun\": -1}"));
    talk_ends(&t, ACG_ERR_PROTOCOL);
    talk_told(&t, "data disk 0 of the image has no LUN");
    talk_free(&t);
}

static void a_disk_that_was_named_by_hand_must_cover_every_lun_of_the_image(void **st)
{
    struct talk t = talk_begin_with(st, "snapshots-found", "data_snapshot_prefix", "null");

    talk_expect(&t, "GET", VERSION);
    talk_reply(&t, 404, "error-not-found.json");
    tell(&t, OS, TAKEN("os"));
    tell(&t, IMAGE, two_disks);
    refused(&t, "data_snapshot: the image has a data disk at LUN 4, and no snapshot is named for it");
    talk_told(&t, "LUN 1");
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_snapshot_goes_to_the_lun_of_its_disk),
        cmocka_unit_test(an_image_without_data_disks_asks_for_no_snapshot),
        cmocka_unit_test(a_snapshot_of_another_disk_is_refused_never_settled_by_order),
        cmocka_unit_test(a_snapshot_that_tells_no_disk_is_refused),
        cmocka_unit_test(a_missing_snapshot_is_refused_with_its_lun),
        cmocka_unit_test(two_snapshots_of_one_disk_are_refused),
        cmocka_unit_test(an_image_disk_without_a_managed_disk_is_refused),
        cmocka_unit_test(a_snapshot_of_another_os_disk_is_refused),
        cmocka_unit_test(a_missing_image_is_refused),
        cmocka_unit_test(an_unreadable_snapshot_is_never_a_pass),
        cmocka_unit_test(an_image_that_is_none_is_a_protocol_error),
        cmocka_unit_test(a_disk_that_was_named_by_hand_must_cover_every_lun_of_the_image),
    };

    return cmocka_run_group_tests_name("snapshots and their LUNs", tests, NULL, NULL);
}
