/* SPDX-License-Identifier: MPL-2.0 */
/* JSON templates are read as weakly as Go plugins read them; HCL2 and files are not. */
#include "testlib/test.h"

#include <string.h>

#include "base/alloc.h"
#include "base/span.h"
#include "given.h"

static void values_are_bent_to_their_fields(void **st)
{
    (void)st;
    struct pkr_config *c = given_weak(
        "\"replica_count\":\"3\",\"exclude_from_latest\":\"True\",\"allow_deletion_of_replicated_locations\":"
        "0,"
        "\"gallery_image_version\":7,\"gallery_name\":true,\"platform_key_disks\":\"os, 1\","
        "\"tags\":{\"n\":1.5,\"b\":false},\"target_region\":{\"name\":\"westus\",\"replicas\":\"2\"}");

    const struct acg_publish_options *o = given_options(c);
    assert_int_equal(o->replica_count.value, 3);
    assert_int_equal(o->exclude_from_latest, ACG_TRUE);
    assert_int_equal(o->allow_deletion_of_replicated_locations, ACG_FALSE);
    assert_string_equal(o->gallery_image_version, "7");
    assert_string_equal(o->gallery_name, "1");
    assert_int_equal(o->platform_key_disk_count, 2);
    assert_string_equal(o->platform_key_disks[0], "os");
    assert_string_equal(o->platform_key_disks[1], "1");
    assert_string_equal(o->tags[0].value, "0");
    assert_string_equal(o->tags[1].value, "1.5");
    assert_int_equal(o->target_region_count, 1);
    assert_int_equal(o->target_regions[0].replicas.value, 2);
    pkr_config_free(c);
}

static void one_value_is_a_list_of_one(void **st)
{
    (void)st;
    struct pkr_config *c = given_weak("\"platform_key_disks\":1,\"target_regions\":\"westus=2,eastus2\"");

    const struct acg_publish_options *o = given_options(c);
    assert_int_equal(o->platform_key_disk_count, 1);
    assert_string_equal(o->platform_key_disks[0], "1");
    assert_int_equal(o->target_region_count, 2);
    assert_string_equal(o->target_regions[1].name, "eastus2");
    pkr_config_free(c);
}

static void keys_match_in_any_case(void **st)
{
    (void)st;
    struct pkr_config *c = given_weak("\"Location\":\"westus\",\"REPLICA_COUNT\":2");

    assert_string_equal(given_options(c)->location, "westus");
    assert_int_equal(pkr_config_options(c)->replica_count.value, 2);
    pkr_config_free(c);
}

static void strict_values_are_not_bent(void **st)
{
    (void)st;
    static const char *const fields[] = {"\"replica_count\":\"3\"",     "\"exclude_from_latest\":\"true\"",
                                         "\"gallery_image_version\":7", "\"platform_key_disks\":\"os\"",
                                         "\"platform_key_disks\":[1]",  "\"tags\":{\"n\":1}",
                                         "\"Location\":\"westus\"",     "\"packer_debug\":true",
                                         "\"type\":\"acg-publish\""};

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct pkr_config *c = given_strict(fields[i]);
        char *faults = given_faults(c, PKR_PHASE_VALIDATE);

        assert_true(strstr(faults, "must be a") != NULL || strstr(faults, "must be true") != NULL ||
                    strstr(faults, "is no configuration key") != NULL);
        acgp_free(faults);
        pkr_config_free(c);
    }
}

static void unknown_keys_are_all_listed_in_order(void **st)
{
    (void)st;
    char *fields = given_join(given_base, "\"zebra\":1,\"type\":\"acg-publish\",\"packer_force\":true,"
                                          "\"repliCation_mod\":\"Full\",\"Aardvark\":{},\"\":1");
    struct pkr_config *c = given_weak(fields);
    char *faults = given_faults(c, PKR_PHASE_VALIDATE);

    assert_string_equal(
        faults,
        "4 faults:\n"
        "* \"\": is no configuration key (config). Fix: remove it.\n"
        "* Aardvark: is no configuration key (config). Fix: remove it.\n"
        "* repliCation_mod: is no configuration key; the nearest is replication_mode (config). Fix: write "
        "replication_mode, or remove it.\n"
        "* zebra: is no configuration key (config). Fix: remove it.");
    acgp_free(faults);
    free(fields);
    pkr_config_free(c);
}

static void words_that_are_no_number_or_bool_are_faults(void **st)
{
    (void)st;
    char *fields =
        given_join(given_base, "\"replica_count\":\"2x\",\"exclude_from_latest\":\"yes\",\"tags\":[\"a\"]");
    struct pkr_config *c = given_weak(fields);
    char *faults = given_faults(c, PKR_PHASE_VALIDATE);

    assert_non_null(strstr(faults, "3 faults:"));
    assert_non_null(strstr(faults, "* replica_count: is a text, must be a whole number"));
    assert_non_null(strstr(faults, "* exclude_from_latest: is a text, must be true or false"));
    assert_non_null(strstr(faults, "* tags: is a list, must be a map of texts"));
    acgp_free(faults);
    free(fields);
    pkr_config_free(c);
}

static void text_from_the_wire_must_be_utf8(void **st)
{
    (void)st;
    struct pkr_pair value[] = {{pkr_text("location"), pkr_text("west\xff")}};
    struct pkr_pair key[] = {{pkr_text("loc\xff"), pkr_text("westus")}};
    struct pkr_pair number[] = {{pkr_int(3), pkr_text("westus")}};
    struct pkr_value elements[] = {pkr_map(value, 1), pkr_map(key, 1), pkr_map(number, 1)};
    struct pkr_config *c = NULL;

    assert_int_equal(pkr_config_new(&c, NULL), ACG_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pkr_config_add_element(c, &elements[i], NULL), ACG_ERR_PROTOCOL);
    pkr_config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_bent_to_their_fields),
        cmocka_unit_test(one_value_is_a_list_of_one),
        cmocka_unit_test(keys_match_in_any_case),
        cmocka_unit_test(strict_values_are_not_bent),
        cmocka_unit_test(unknown_keys_are_all_listed_in_order),
        cmocka_unit_test(words_that_are_no_number_or_bool_are_faults),
        cmocka_unit_test(text_from_the_wire_must_be_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
