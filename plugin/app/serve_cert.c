/* SPDX-License-Identifier: MPL-2.0 */
#include "app/serve_cert.h"

#include <stdint.h>

#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

/* From a bit before now, since clocks differ; to longer than any host runs. */
enum { BEFORE_S = 300, AFTER_S = 3650 * 86400 };

static bool extend(X509 *cert, int kind, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    bool ok = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

static bool name(X509 *cert)
{
    X509_NAME *subject = X509_get_subject_name(cert);

    return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                                      0) == 1 &&
           X509_set_issuer_name(cert, subject) == 1;
}

static bool number(X509 *cert)
{
    uint64_t serial = 0;

    return RAND_bytes((unsigned char *)&serial, sizeof serial) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial) == 1;
}

static bool fill(X509 *cert, EVP_PKEY *key)
{
    return X509_set_version(cert, X509_VERSION_3) == 1 && number(cert) && name(cert) &&
           X509_gmtime_adj(X509_getm_notBefore(cert), -(long)BEFORE_S) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(cert), AFTER_S) != NULL && X509_set_pubkey(cert, key) == 1 &&
           extend(cert, NID_basic_constraints, "critical,CA:FALSE") &&
           extend(cert, NID_key_usage, "critical,digitalSignature") &&
           extend(cert, NID_ext_key_usage, "serverAuth") &&
           extend(cert, NID_subject_alt_name, "DNS:localhost") && X509_sign(cert, key, EVP_sha256()) > 0;
}

bool pkr_certificate_new(X509 **out_cert, EVP_PKEY **out_key)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();

    if (key != NULL && cert != NULL && fill(cert, key)) {
        *out_cert = cert;
        *out_key = key;
        return true;
    }
    EVP_PKEY_free(key);
    X509_free(cert);
    return false;
}
