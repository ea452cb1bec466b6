/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/tls.h"

#include "sim/text.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { VALID_DAYS = 30, SECONDS_PER_DAY = 86400 };

/* Local names, and the public ones for clients that are led here by a proxy or a hosts file. */
static const char names[] =
    "DNS:localhost,IP:127.0.0.1,IP:::1,DNS:login.microsoftonline.com,DNS:management.azure.com";

static bool extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return ok;
}

static bool set_name(X509 *certificate, const char *common_name)
{
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                                      (const unsigned char *)common_name, -1, -1, 0) == 1;
}

/* A certificate without extensions and signature yet. */
static X509 *blank(const char *common_name, EVP_PKEY *key)
{
    X509 *c = X509_new();
    uint64_t serial = 0;
    if (c && RAND_bytes((unsigned char *)&serial, sizeof serial) == 1 &&
        X509_set_version(c, X509_VERSION_3) &&
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(c), serial >> 1) &&
        X509_gmtime_adj(X509_getm_notBefore(c), -SECONDS_PER_DAY) &&
        X509_gmtime_adj(X509_getm_notAfter(c), (long)VALID_DAYS * SECONDS_PER_DAY) &&
        X509_set_pubkey(c, key) && set_name(c, common_name))
        return c;
    X509_free(c);
    return NULL;
}

static X509 *make_ca(EVP_PKEY *key)
{
    X509 *c = blank("acg-sim test authority", key);
    if (c && X509_set_issuer_name(c, X509_get_subject_name(c)) &&
        extend(c, c, NID_basic_constraints, "critical,CA:TRUE") &&
        extend(c, c, NID_key_usage, "critical,keyCertSign,cRLSign") &&
        extend(c, c, NID_subject_key_identifier, "hash") && X509_sign(c, key, EVP_sha256()))
        return c;
    X509_free(c);
    return NULL;
}

static X509 *make_server(EVP_PKEY *key, X509 *ca, EVP_PKEY *ca_key)
{
    X509 *c = blank("localhost", key);
    if (c && X509_set_issuer_name(c, X509_get_subject_name(ca)) &&
        extend(c, ca, NID_basic_constraints, "critical,CA:FALSE") &&
        extend(c, ca, NID_key_usage, "critical,digitalSignature") &&
        extend(c, ca, NID_ext_key_usage, "serverAuth") && extend(c, ca, NID_subject_key_identifier, "hash") &&
        extend(c, ca, NID_authority_key_identifier, "keyid") && extend(c, ca, NID_subject_alt_name, names) &&
        X509_sign(c, ca_key, EVP_sha256()))
        return c;
    X509_free(c);
    return NULL;
}

static char *text_of(BIO *bio)
{
    char *data;
    long n = BIO_get_mem_data(bio, &data);
    return sim_copy_n(data, (size_t)n);
}

static bool pem(X509 *first, X509 *second, EVP_PKEY *key, char **out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = bio && (!first || PEM_write_bio_X509(bio, first)) &&
              (!second || PEM_write_bio_X509(bio, second)) &&
              (!key || PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
    if (ok)
        *out = text_of(bio);
    BIO_free(bio);
    return ok;
}

bool sim_tls_make(struct sim_tls *tls)
{
    *tls = (struct sim_tls){0};
    EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
    X509 *ca = ca_key && key ? make_ca(ca_key) : NULL;
    X509 *server = ca ? make_server(key, ca, ca_key) : NULL;
    bool ok = server && pem(ca, NULL, NULL, &tls->ca) && pem(server, ca, NULL, &tls->chain) &&
              pem(NULL, NULL, key, &tls->key);
    if (!ok)
        ERR_print_errors_fp(stderr);
    X509_free(server);
    X509_free(ca);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca_key);
    return ok;
}

char *sim_tls_write_ca(const struct sim_tls *tls, const char *folder)
{
    char *path = sim_format("%s/ca.pem", folder);
    if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
        fprintf(stderr, "acg-sim: %s: %s\n", folder, strerror(errno));
        free(path);
        return NULL;
    }
    FILE *f = fopen(path, "w");
    bool ok = f && fputs(tls->ca, f) >= 0;
    if (f && fclose(f) != 0)
        ok = false;
    if (ok)
        return path;
    fprintf(stderr, "acg-sim: %s: %s\n", path, strerror(errno));
    free(path);
    return NULL;
}

void sim_tls_done(struct sim_tls *tls)
{
    free(tls->ca);
    free(tls->chain);
    free(tls->key);
    *tls = (struct sim_tls){0};
}
