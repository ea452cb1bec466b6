/* SPDX-License-Identifier: MPL-2.0 */
/** ARM's words: read in any case, sent in ARM's spelling. The sets are those of API version 2023-07-03. */
#ifndef ACGP_WORDS_H
#define ACGP_WORDS_H

#include <stddef.h>

#include <acg/span.h>

struct acgp_word {
    const char *given; /* what people write */
    const char *sent;  /* ARM's word for it */
};

struct acgp_words {
    const struct acgp_word *items;
    size_t count;
    const char *list; /* the words for people, "Full, Shallow" */
};

/** storageAccountType of a region, and of an edge zone (also StandardSSD_LRS). */
extern const struct acgp_words acgp_words_storage_type;
extern const struct acgp_words acgp_words_edge_storage_type;
extern const struct acgp_words acgp_words_replication_mode;
/** What may be declared: the disk encryption types with their short forms, and the confidential VM words. */
extern const struct acgp_words acgp_words_encryption_type;
/** confidentialVMEncryptionType. */
extern const struct acgp_words acgp_words_cvm_type;

/* Words that rules look at. */
#define ACGP_PLATFORM_KEY "EncryptionAtRestWithPlatformKey"
#define ACGP_CUSTOMER_KEY "EncryptionAtRestWithCustomerKey"
#define ACGP_DOUBLE_KEYS  "EncryptionAtRestWithPlatformAndCustomerKeys"
#define ACGP_CVM_WITH_CMK "EncryptedWithCmk"
#define ACGP_FULL         "Full"
#define ACGP_SHALLOW      "Shallow"

/** ARM's word for text in any case, static; NULL: unknown. */
const char *acgp_word_find(const struct acgp_words *words, struct acg_span text);

/** The word that text was probably meant to be, as people write it, static; NULL when none is near,
 * or two are equally near: a wrong guess could mean other keys. */
const char *acgp_word_nearest(const struct acgp_words *words, struct acg_span text);

#endif
