/* SPDX-License-Identifier: MPL-2.0 */
/* Authorities looked up in a PEM bundle, as OpenSSL asks for them when it checks a server's certificate. */
#include "testlib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"
#include "engine/bundle_index.h"
#include "engine/curl_bundle.h"

enum { DAY_S = 24 * 60 * 60, TEXT_MAX = 2 * ACGP_BUNDLE_MAX, ROUNDS_MAX = 100 };

static EVP_PKEY *key; /* of every certificate but the twins' */

static void extend(X509 *x, X509 *issuer, int what, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension = NULL;

    X509V3_set_ctx(&context, issuer, x, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, what, value);
    assert_int_equal(X509_add_ext(x, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void name(X509_NAME *out, const char *text, int encoding)
{
    assert_int_equal(X509_NAME_add_entry_by_txt(out, "CN", encoding, (const unsigned char *)text, -1, -1, 0),
                     1);
}

/* A certificate of subject, signed as issuer with issuer_key; encoding is that of the names' texts. */
static X509 *make(const char *subject, EVP_PKEY *own, const char *issuer, EVP_PKEY *issuer_key, int encoding)
{
    static long serial = 1;
    X509 *x = X509_new(), *signer = X509_new();

    assert_true(x != NULL && signer != NULL);
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x), -DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(x), DAY_S);
    name(X509_get_subject_name(x), subject, encoding);
    name(X509_get_issuer_name(x), issuer, encoding);
    X509_set_pubkey(x, own);
    X509_set_pubkey(signer, issuer_key);
    extend(signer, signer, NID_subject_key_identifier, "hash");
    extend(x, x, NID_basic_constraints,
           strcmp(subject, issuer) == 0 ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(x, x, NID_subject_key_identifier, "hash");
    extend(x, signer, NID_authority_key_identifier, "keyid");
    assert_true(X509_sign(x, issuer_key, EVP_sha256()) > 0);
    X509_free(signer);
    return x;
}

static X509 *authority(const char *name)
{
    return make(name, key, name, key, MBSTRING_UTF8);
}

static X509 *server_of(const char *issuer)
{
    return make("server", key, issuer, key, MBSTRING_UTF8);
}

/* A bundle in a file. */
struct house {
    struct acgp_buf text;
    char path[64];
    struct acgp_bundle *bundle;
};

static void begin(struct house *h)
{
    int fd = -1;

    *h = (struct house){.path = "/tmp/acg-bundle-XXXXXX"};
    acgp_buf_init(&h->text, TEXT_MAX);
    fd = mkstemp(h->path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(acgp_bundle_new(h->path, &h->bundle, NULL), ACG_OK);
}

static void end(struct house *h)
{
    acgp_bundle_free(h->bundle);
    acgp_buf_done(&h->text);
    unlink(h->path);
}

static void add_block(struct house *h, const char *what, const unsigned char *der, size_t len)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *pem = NULL;

    PEM_write_bio(out, what, "", der, (long)len);
    len = (size_t)BIO_get_mem_data(out, &pem);
    assert_true(acgp_buf_append(&h->text, pem, len));
    BIO_free(out);
}

/* Takes the certificate. */
static void add_as(struct house *h, const char *what, X509 *x)
{
    unsigned char *der = NULL;
    int len = i2d_X509(x, &der);

    assert_true(len > 0);
    add_block(h, what, der, (size_t)len);
    OPENSSL_free(der);
    X509_free(x);
}

static void add(struct house *h, X509 *x)
{
    add_as(h, "CERTIFICATE", x);
}

static void save(const struct house *h)
{
    FILE *f = fopen(h->path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(h->text.data, 1, h->text.len, f), h->text.len);
    assert_int_equal(fclose(f), 0);
}

/* What OpenSSL says of a server's certificate; takes it. */
static int verdict(struct house *h, X509 *server)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    int error = 0;

    ERR_clear_error();
    assert_true(acgp_bundle_attach(h->bundle, tls));
    assert_true(acgp_bundle_attach(h->bundle, tls)); /* a store that libcurl shares between connections */
    X509_STORE_CTX_init(check, SSL_CTX_get_cert_store(tls), server, NULL);
    error = X509_verify_cert(check) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(check);
    X509_STORE_CTX_free(check);
    SSL_CTX_free(tls);
    X509_free(server);
    assert_int_equal(ERR_peek_error(), 0); /* libcurl would take it for the connection's */
    return error;
}

static void an_authority_of_the_bundle_is_found(void **st)
{
    (void)st;
    struct house h;

    begin(&h);
    add(&h, authority("first"));
    add(&h, authority("second"));
    add(&h, authority("third"));
    save(&h);
    assert_int_equal(verdict(&h, server_of("second")), X509_V_OK);
    assert_int_equal(verdict(&h, server_of("first")), X509_V_OK);
    assert_int_equal(verdict(&h, authority("third")), X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT); /* forged */
    assert_null(acgp_bundle_failure(h.bundle));
    end(&h);
}

static void an_authority_that_is_absent_is_not_found(void **st)
{
    (void)st;
    struct house h;

    begin(&h);
    assert_int_equal(verdict(&h, server_of("first")), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    end(&h);
    begin(&h);
    add(&h, authority("first"));
    save(&h);
    assert_int_equal(verdict(&h, server_of("second")), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    assert_null(acgp_bundle_failure(h.bundle));
    end(&h);
}

static void of_twins_the_one_that_signed_is_found(void **st)
{
    (void)st;
    struct house h;
    EVP_PKEY *older = EVP_EC_gen("P-256"), *stranger = EVP_EC_gen("P-256");

    begin(&h);
    add(&h, make("twin", older, "twin", older, MBSTRING_UTF8));
    add(&h, authority("other"));
    add(&h, authority("twin"));
    save(&h);
    assert_int_equal(verdict(&h, server_of("twin")), X509_V_OK);
    assert_int_equal(verdict(&h, make("server", key, "twin", older, MBSTRING_UTF8)), X509_V_OK);
    assert_int_equal(verdict(&h, make("server", key, "twin", stranger, MBSTRING_UTF8)),
                     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    end(&h);
    EVP_PKEY_free(older);
    EVP_PKEY_free(stranger);
}

static void names_are_compared_as_openssl_compares_them(void **st)
{
    (void)st;
    struct house h;

    begin(&h);
    add(&h, make("Some Root", key, "Some Root", key, V_ASN1_PRINTABLESTRING));
    save(&h);
    assert_int_equal(verdict(&h, server_of("some  root")), X509_V_OK);
    end(&h);
}

static void a_file_with_crlf_and_prose_is_read(void **st)
{
    (void)st;
    struct house unix_lines, h;

    begin(&unix_lines);
    assert_true(acgp_buf_text(&unix_lines.text, "# Authorities\n\nfirst\n=====\n"));
    add(&unix_lines, authority("first"));
    assert_true(acgp_buf_text(&unix_lines.text, "second\n======\n"));
    add(&unix_lines, authority("second"));
    begin(&h);
    for (size_t i = 0; i < unix_lines.text.len; i++)
        assert_true((unix_lines.text.data[i] != '\n' || acgp_buf_byte(&h.text, '\r')) &&
                    acgp_buf_byte(&h.text, (uint8_t)unix_lines.text.data[i]));
    save(&h);
    assert_int_equal(verdict(&h, server_of("first")), X509_V_OK);
    assert_int_equal(verdict(&h, server_of("second")), X509_V_OK);
    end(&h);
    end(&unix_lines);
}

static void what_is_broken_or_no_certificate_is_passed_over(void **st)
{
    (void)st;
    static const unsigned char junk[] = {0x30, 0x82, 0xff, 0xff, 0x30};
    struct house h;

    begin(&h);
    assert_true(acgp_buf_text(&h.text, "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n"));
    add_block(&h, "CERTIFICATE", junk, sizeof junk);
    add_block(&h, "PUBLIC KEY", junk, sizeof junk);
    add_as(&h, "TRUSTED CERTIFICATE", authority("conditional"));
    add(&h, authority("sound"));
    assert_true(acgp_buf_text(&h.text, "-----BEGIN CERTIFICATE-----\nMIIB"));
    save(&h);
    assert_int_equal(verdict(&h, server_of("sound")), X509_V_OK);
    assert_int_equal(verdict(&h, server_of("conditional")), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    end(&h);
}

static void a_file_that_cannot_be_read_is_told_from_an_absent_authority(void **st)
{
    (void)st;
    struct house h;

    begin(&h);
    unlink(h.path);
    assert_int_equal(verdict(&h, server_of("late")), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    assert_non_null(acgp_bundle_failure(h.bundle));
    assert_non_null(strstr(acgp_bundle_failure(h.bundle)->message, h.path));
    add(&h, authority("late"));
    save(&h);
    assert_int_equal(verdict(&h, server_of("late")), X509_V_OK); /* the next connection tries again */
    assert_null(acgp_bundle_failure(h.bundle));
    end(&h);
}

static void a_file_past_the_cap_is_refused_and_one_at_the_cap_is_read(void **st)
{
    (void)st;
    struct house h;

    begin(&h);
    add(&h, authority("first"));
    while (h.text.len < ACGP_BUNDLE_MAX)
        assert_true(acgp_buf_byte(&h.text, '\n'));
    save(&h);
    assert_int_equal(verdict(&h, server_of("first")), X509_V_OK);
    end(&h);
    begin(&h);
    add(&h, authority("first"));
    while (h.text.len <= ACGP_BUNDLE_MAX)
        assert_true(acgp_buf_byte(&h.text, '\n'));
    save(&h);
    assert_int_equal(verdict(&h, server_of("first")), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    assert_int_equal(acgp_bundle_failure(h.bundle)->status, ACG_ERR_LIMIT);
    end(&h);
}

/* The walk to the subject, at each length that a certificate can be cut to, and with each byte wrong. */
static void a_certificate_cut_or_spoiled_anywhere_does_no_harm(void **st)
{
    (void)st;
    X509 *x = authority("first");
    unsigned char *der = NULL;
    size_t len = (size_t)i2d_X509(x, &der);

    for (size_t n = 0; n < 2 * len; n++) {
        struct acgp_bundle_index index;
        struct house h = {.bundle = NULL};

        acgp_buf_init(&h.text, TEXT_MAX);
        acgp_bundle_index_init(&index);
        if (n >= len)
            der[n - len] ^= 0xff;
        add_block(&h, "CERTIFICATE", der, n < len ? n : len);
        if (n >= len)
            der[n - len] ^= 0xff;
        assert_int_equal(acgp_bundle_index_read(&index, acgp_buf_view(&h.text), NULL), ACG_OK);
        assert_true(index.count <= 1 && index.der.len <= len);
        acgp_bundle_index_done(&index);
        acgp_buf_done(&h.text);
    }
    OPENSSL_free(der);
    X509_free(x);
}

#ifdef ACG_FAULT_INJECTION
static void a_lost_allocation_is_no_verdict(void **st)
{
    (void)st;
    struct house h;
    bool lost = true;

    for (uint64_t n = 1; lost; n++) {
        assert_true(n < ROUNDS_MAX);
        begin(&h);
        add(&h, authority("first"));
        save(&h);
        acgp_alloc_fail_at(n);
        int got = verdict(&h, server_of("first"));
        lost = acgp_alloc_count() >= n;
        acgp_alloc_fail_at(0);
        assert_true(lost ? acgp_bundle_failure(h.bundle)->status == ACG_ERR_NOMEM : got == X509_V_OK);
        assert_int_equal(verdict(&h, server_of("first")), X509_V_OK);
        end(&h);
    }
}
#endif

static void debians_libcurl_takes_the_look_up(void **st)
{
    (void)st;
    /* Built against libcurl4-openssl-dev, as Debian's packages are; elsewhere the file is libcurl's to read.
     */
    assert_true(acgp_bundle_usable());
}

static int make_key(void **st)
{
    (void)st;
    key = EVP_EC_gen("P-256");
    return key == NULL;
}

static int free_key(void **st)
{
    (void)st;
    EVP_PKEY_free(key);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_authority_of_the_bundle_is_found),
        cmocka_unit_test(an_authority_that_is_absent_is_not_found),
        cmocka_unit_test(of_twins_the_one_that_signed_is_found),
        cmocka_unit_test(names_are_compared_as_openssl_compares_them),
        cmocka_unit_test(a_file_with_crlf_and_prose_is_read),
        cmocka_unit_test(what_is_broken_or_no_certificate_is_passed_over),
        cmocka_unit_test(a_file_that_cannot_be_read_is_told_from_an_absent_authority),
        cmocka_unit_test(a_file_past_the_cap_is_refused_and_one_at_the_cap_is_read),
        cmocka_unit_test(a_certificate_cut_or_spoiled_anywhere_does_no_harm),
#ifdef ACG_FAULT_INJECTION
        cmocka_unit_test(a_lost_allocation_is_no_verdict),
#endif
        cmocka_unit_test(debians_libcurl_takes_the_look_up),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
