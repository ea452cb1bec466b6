/* SPDX-License-Identifier: MPL-2.0 */
#include "model/words.h"

#include <string.h>

#include "base/span.h"

enum { WORD_MAX = 64 }; /* longer than any word below; a longer text is near to none of them */

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct acgp_word storage_types[] = {
    {"Standard_LRS", "Standard_LRS"},
    {"Standard_ZRS", "Standard_ZRS"},
    {"Premium_LRS", "Premium_LRS"},
};
const struct acgp_words acgp_words_storage_type = {storage_types, COUNT(storage_types),
                                                   "Standard_LRS, Standard_ZRS, Premium_LRS"};

static const struct acgp_word edge_storage_types[] = {
    {"Standard_LRS", "Standard_LRS"},
    {"Standard_ZRS", "Standard_ZRS"},
    {"StandardSSD_LRS", "StandardSSD_LRS"},
    {"Premium_LRS", "Premium_LRS"},
};
const struct acgp_words acgp_words_edge_storage_type = {
    edge_storage_types, COUNT(edge_storage_types),
    "Standard_LRS, Standard_ZRS, StandardSSD_LRS, Premium_LRS"};

static const struct acgp_word replication_modes[] = {{"Full", "Full"}, {ACGP_SHALLOW, ACGP_SHALLOW}};
const struct acgp_words acgp_words_replication_mode = {replication_modes, COUNT(replication_modes),
                                                       "Full, Shallow"};

static const struct acgp_word encryption_types[] = {
    {ACGP_CUSTOMER_KEY, ACGP_CUSTOMER_KEY},
    {ACGP_DOUBLE_KEYS, ACGP_DOUBLE_KEYS},
    {ACGP_PLATFORM_KEY, ACGP_PLATFORM_KEY},
    {"EncryptedVMGuestStateOnlyWithPmk", "EncryptedVMGuestStateOnlyWithPmk"},
    {"EncryptedWithPmk", "EncryptedWithPmk"},
    {ACGP_CVM_WITH_CMK, ACGP_CVM_WITH_CMK},
    {"NonPersistedTPM", "NonPersistedTPM"},
    {"customer_key", ACGP_CUSTOMER_KEY},
    {"double", ACGP_DOUBLE_KEYS},
    {"platform", ACGP_PLATFORM_KEY},
};
const struct acgp_words acgp_words_encryption_type = {
    encryption_types, COUNT(encryption_types),
    ACGP_CUSTOMER_KEY " (customer_key), " ACGP_DOUBLE_KEYS " (double), " ACGP_PLATFORM_KEY
                      " (platform), EncryptedVMGuestStateOnlyWithPmk, EncryptedWithPmk, EncryptedWithCmk, "
                      "NonPersistedTPM"};

static const struct acgp_word cvm_types[] = {
    {"EncryptedVMGuestStateOnlyWithPmk", "EncryptedVMGuestStateOnlyWithPmk"},
    {"EncryptedWithPmk", "EncryptedWithPmk"},
    {ACGP_CVM_WITH_CMK, ACGP_CVM_WITH_CMK},
    {"NonPersistedTPM", "NonPersistedTPM"},
};
const struct acgp_words acgp_words_cvm_type = {
    cvm_types, COUNT(cvm_types),
    "EncryptedVMGuestStateOnlyWithPmk, EncryptedWithPmk, EncryptedWithCmk, NonPersistedTPM"};

const char *acgp_word_find(const struct acgp_words *words, struct acg_span text)
{
    for (size_t i = 0; i < words->count; i++) {
        if (acgp_span_equal_nocase(acgp_span(words->items[i].given), text))
            return words->items[i].sent;
    }
    return NULL;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be added, dropped or changed to make b out of a; both at most WORD_MAX long. */
static size_t distance(struct acg_span a, struct acg_span b)
{
    size_t row[WORD_MAX + 1];

    for (size_t k = 0; k <= b.len; k++)
        row[k] = k;
    for (size_t i = 0; i < a.len; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t k = 0; k < b.len; k++) {
            size_t changed = diagonal + (acgp_lower(a.data[i]) != acgp_lower(b.data[k]));

            diagonal = row[k + 1];
            row[k + 1] = least(least(row[k] + 1, diagonal + 1), changed);
        }
    }
    return row[b.len];
}

const char *acgp_word_nearest(const struct acgp_words *words, struct acg_span text)
{
    const char *nearest = NULL;
    size_t best = WORD_MAX;

    if (text.len == 0 || text.len > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < words->count; i++) {
        struct acg_span word = acgp_span(words->items[i].given);
        size_t away = distance(text, word);

        if (acgp_span_starts_nocase(word, text))
            away = 1; /* "standard" means "Standard_LRS" */
        if (away * 2 > word.len || away > best)
            continue;
        nearest = away < best ? words->items[i].given : NULL;
        best = away;
    }
    return nearest;
}
