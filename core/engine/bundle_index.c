/* SPDX-License-Identifier: MPL-2.0 */
#include "engine/bundle_index.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"

enum {
    TAG_INTEGER = 0x02,
    TAG_SEQUENCE = 0x30,
    TAG_VERSION = 0xa0, /* [0] */
    LONG_FORM = 0x80,   /* of a length: the other bits count its bytes */
    LENGTH_BYTES_MAX = 3,
    ENTRIES_MAX = ACGP_BUNDLE_MAX / 64 /* no certificate is that small */
};

/* Move *rest behind its first DER element, which must have this tag.
 * *out_whole: the element; *out_inside: its contents. Either may be NULL. */
static bool take(struct acg_span *rest, uint8_t tag, struct acg_span *out_whole, struct acg_span *out_inside)
{
    const uint8_t *bytes = (const uint8_t *)rest->data;
    size_t head = 2, len = 0;

    if (rest->len < head || bytes[0] != tag)
        return false;
    len = bytes[1];
    if (len & LONG_FORM) {
        size_t more = len & ~(size_t)LONG_FORM;

        if (more == 0 || more > LENGTH_BYTES_MAX || rest->len < head + more)
            return false;
        len = 0;
        for (size_t i = 0; i < more; i++)
            len = len << 8 | bytes[head + i];
        head += more;
    }
    if (len > rest->len - head)
        return false;
    if (out_whole != NULL)
        *out_whole = acgp_span_of(rest->data, head + len);
    if (out_inside != NULL)
        *out_inside = acgp_span_of(rest->data + head, len);
    *rest = acgp_span_of(rest->data + head + len, rest->len - head - len);
    return true;
}

/* In front of the subject stand: version, serial number, algorithm, issuer, validity. */
static bool find_subject(struct acg_span der, struct acg_span *out_subject)
{
    struct acg_span certificate, body;

    if (!take(&der, TAG_SEQUENCE, NULL, &certificate) || !take(&certificate, TAG_SEQUENCE, NULL, &body))
        return false;
    (void)take(&body, TAG_VERSION, NULL, NULL); /* version 1 has none */
    return take(&body, TAG_INTEGER, NULL, NULL) && take(&body, TAG_SEQUENCE, NULL, NULL) &&
           take(&body, TAG_SEQUENCE, NULL, NULL) && take(&body, TAG_SEQUENCE, NULL, NULL) &&
           take(&body, TAG_SEQUENCE, out_subject, NULL);
}

static bool hash_subject(struct acg_span subject, uint32_t *out_hash)
{
    const unsigned char *bytes = (const unsigned char *)subject.data;
    X509_NAME *name = d2i_X509_NAME(NULL, &bytes, (long)subject.len);
    int fine = 0;

    if (name == NULL)
        return false;
    *out_hash = (uint32_t)X509_NAME_hash_ex(name, NULL, NULL, &fine);
    X509_NAME_free(name);
    return fine != 0;
}

static bool is_certificate(const char *what)
{
    return strcmp(what, PEM_STRING_X509) == 0 || strcmp(what, PEM_STRING_X509_OLD) == 0;
}

static enum acg_status add(struct acgp_bundle_index *index, struct acg_span der, struct acg_error *err)
{
    struct acgp_bundle_entry entry = {.at = index->der.len, .len = der.len};
    struct acg_span subject;

    if (!find_subject(der, &subject) || !hash_subject(subject, &entry.hash))
        return ACG_OK;
    if (!acgp_grow((void **)&index->entries, &index->capacity, index->count + 1, ENTRIES_MAX,
                   sizeof *index->entries) ||
        !acgp_buf_span(&index->der, der))
        return acgp_fail_nomem(err);
    index->entries[index->count++] = entry;
    return ACG_OK;
}

static enum acg_status read_blocks(struct acgp_bundle_index *index, BIO *text, struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    /* Each round consumes a line at least, also when it fails. */
    while (status == ACG_OK && !BIO_eof(text)) {
        char *what = NULL, *header = NULL;
        unsigned char *data = NULL;
        long len = 0;

        if (PEM_read_bio(text, &what, &header, &data, &len) == 1) {
            if (is_certificate(what))
                status = add(index, acgp_span_of(data, (size_t)len), err);
        } else if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE) {
            status = acgp_fail_nomem(err);
        }
        OPENSSL_free(what);
        OPENSSL_free(header);
        OPENSSL_free(data);
    }
    return status;
}

void acgp_bundle_index_init(struct acgp_bundle_index *index)
{
    *index = (struct acgp_bundle_index){.entries = NULL};
    acgp_buf_init(&index->der, ACGP_BUNDLE_MAX);
}

void acgp_bundle_index_done(struct acgp_bundle_index *index)
{
    acgp_buf_done(&index->der);
    acgp_free(index->entries);
    acgp_bundle_index_init(index);
}

enum acg_status acgp_bundle_index_read(struct acgp_bundle_index *index, struct acg_span pem,
                                       struct acg_error *err)
{
    enum acg_status status = ACG_OK;
    BIO *text = NULL;

    if (pem.len > ACGP_BUNDLE_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "larger than %d KiB", ACGP_BUNDLE_MAX / 1024);
    if (pem.len == 0)
        return ACG_OK;
    /* What fails in here is no error of the connection that asks: libcurl looks at the same queue. */
    (void)ERR_set_mark();
    text = BIO_new_mem_buf(pem.data, (int)pem.len);
    status = text == NULL ? acgp_fail_nomem(err) : read_blocks(index, text, err);
    BIO_free(text);
    (void)ERR_pop_to_mark();
    if (status != ACG_OK)
        acgp_bundle_index_done(index);
    return status;
}

bool acgp_bundle_index_next(const struct acgp_bundle_index *index, uint32_t hash, size_t *place,
                            struct acg_span *out_der)
{
    while (*place < index->count) {
        const struct acgp_bundle_entry *entry = &index->entries[(*place)++];

        if (entry->hash == hash) {
            *out_der = acgp_span_of(index->der.data + entry->at, entry->len);
            return true;
        }
    }
    return false;
}
