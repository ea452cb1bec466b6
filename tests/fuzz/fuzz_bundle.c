/* SPDX-License-Identifier: MPL-2.0 */
/* Bytes as a bundle of authorities. The first byte chooses: the text itself, or one certificate of it. */
#include "fuzz/fuzz.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "base/span.h"
#include "engine/bundle_index.h"

enum { CHOICE_DER = 1 };

static void index_text(struct acg_span text)
{
    struct acgp_bundle_index index;
    size_t end = 0;

    acgp_bundle_index_init(&index);
    FUZZ_CHECK(acgp_bundle_index_read(&index, text, NULL) == ACG_OK);
    for (size_t i = 0; i < index.count; i++) {
        const struct acgp_bundle_entry *entry = &index.entries[i];
        struct acg_span der;
        size_t place = i;

        FUZZ_CHECK(entry->at == end && entry->len > 0);
        FUZZ_CHECK(acgp_bundle_index_next(&index, entry->hash, &place, &der));
        FUZZ_CHECK(place == i + 1 && der.len == entry->len);
        end += entry->len;
    }
    FUZZ_CHECK(end == index.der.len);
    acgp_bundle_index_done(&index);
}

static void index_certificate(const uint8_t *der, size_t len)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *text = NULL;

    FUZZ_CHECK(out != NULL && PEM_write_bio(out, PEM_STRING_X509, "", der, (long)len) > 0);
    long size = BIO_get_mem_data(out, &text);
    index_text(acgp_span_of(text, (size_t)size));
    BIO_free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) /* PEM of no bytes cannot be written */
        return 0;
    if (data[0] & CHOICE_DER)
        index_certificate(data + 1, size - 1);
    else
        index_text(acgp_span_of(data + 1, size - 1));
    return 0;
}
