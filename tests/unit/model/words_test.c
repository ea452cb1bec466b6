/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/span.h"
#include "model/words.h"

static void words_are_read_in_any_case_and_sent_in_arms_spelling(void **st)
{
    (void)st;
    assert_string_equal(acgp_word_find(&acgp_words_storage_type, acgp_span("standard_lrs")), "Standard_LRS");
    assert_string_equal(acgp_word_find(&acgp_words_storage_type, acgp_span("STANDARD_ZRS")), "Standard_ZRS");
    assert_string_equal(acgp_word_find(&acgp_words_storage_type, acgp_span("Premium_LRS")), "Premium_LRS");
    assert_string_equal(acgp_word_find(&acgp_words_replication_mode, acgp_span("shallow")), "Shallow");
    assert_string_equal(acgp_word_find(&acgp_words_cvm_type, acgp_span("encryptedwithcmk")),
                        "EncryptedWithCmk");
    assert_string_equal(acgp_word_find(&acgp_words_cvm_type, acgp_span("nonpersistedtpm")),
                        "NonPersistedTPM");
}

static void short_forms_stand_for_arms_words(void **st)
{
    const struct acgp_words *words = &acgp_words_encryption_type;

    (void)st;
    assert_string_equal(acgp_word_find(words, acgp_span("customer_key")), "EncryptionAtRestWithCustomerKey");
    assert_string_equal(acgp_word_find(words, acgp_span("double")),
                        "EncryptionAtRestWithPlatformAndCustomerKeys");
    assert_string_equal(acgp_word_find(words, acgp_span("platform")), "EncryptionAtRestWithPlatformKey");
    assert_string_equal(acgp_word_find(words, acgp_span("encryptionatrestwithplatformkey")),
                        "EncryptionAtRestWithPlatformKey");
}

static void ssd_storage_is_for_edge_zones_only(void **st)
{
    (void)st;
    assert_null(acgp_word_find(&acgp_words_storage_type, acgp_span("StandardSSD_LRS")));
    assert_string_equal(acgp_word_find(&acgp_words_edge_storage_type, acgp_span("standardssd_lrs")),
                        "StandardSSD_LRS");
}

static void unknown_words_are_unknown(void **st)
{
    (void)st;
    assert_null(acgp_word_find(&acgp_words_storage_type, acgp_span("")));
    assert_null(acgp_word_find(&acgp_words_storage_type, acgp_span("Standard")));
    assert_null(acgp_word_find(&acgp_words_storage_type, acgp_span("PremiumV2_LRS")));
}

static void the_nearest_word_is_suggested(void **st)
{
    char endless[1000];

    (void)st;
    assert_string_equal(acgp_word_nearest(&acgp_words_storage_type, acgp_span("standard_l")), "Standard_LRS");
    assert_string_equal(acgp_word_nearest(&acgp_words_storage_type, acgp_span("standart_zrs")),
                        "Standard_ZRS");
    assert_string_equal(acgp_word_nearest(&acgp_words_replication_mode, acgp_span("swallow")), "Shallow");
    assert_string_equal(acgp_word_nearest(&acgp_words_encryption_type, acgp_span("duble")), "double");
    assert_string_equal(acgp_word_nearest(&acgp_words_cvm_type, acgp_span("EncryptedWithCmkk")),
                        "EncryptedWithCmk");
    assert_null(acgp_word_nearest(&acgp_words_cvm_type, acgp_span("EncryptedWithKey"))); /* Pmk or Cmk? */
    assert_null(acgp_word_nearest(&acgp_words_storage_type, acgp_span("")));
    assert_null(acgp_word_nearest(&acgp_words_storage_type, acgp_span("zzzzzzzzzzzzzz")));
    memset(endless, 's', sizeof endless);
    assert_null(acgp_word_nearest(&acgp_words_storage_type, acgp_span_of(endless, sizeof endless)));
}

static void the_list_for_people_names_every_word(void **st)
{
    static const struct acgp_words *const sets[] = {&acgp_words_storage_type, &acgp_words_edge_storage_type,
                                                    &acgp_words_replication_mode, &acgp_words_encryption_type,
                                                    &acgp_words_cvm_type};

    (void)st;
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        for (size_t k = 0; k < sets[i]->count; k++)
            assert_non_null(strstr(sets[i]->list, sets[i]->items[k].given));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_read_in_any_case_and_sent_in_arms_spelling),
        cmocka_unit_test(short_forms_stand_for_arms_words),
        cmocka_unit_test(ssd_storage_is_for_edge_zones_only),
        cmocka_unit_test(unknown_words_are_unknown),
        cmocka_unit_test(the_nearest_word_is_suggested),
        cmocka_unit_test(the_list_for_people_names_every_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
