/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/certificate.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "base/error.h"

/* The shortest key that the service takes. */
enum { KEY_BITS_MIN = 2048 };

static const char path_field[] = "client_cert_path", password_field[] = "client_cert_password";

void acgp_certificate_done(struct acgp_certificate *c)
{
    EVP_PKEY_free(c->key);
    X509_free(c->leaf);
    sk_X509_pop_free(c->rest, X509_free);
    *c = (struct acgp_certificate){NULL, NULL, NULL};
}

/* Without one OpenSSL would ask at the terminal. */
static int give_password(char *out, int size, int writing, void *context)
{
    const char *password = context;
    size_t len = password != NULL ? strlen(password) : 0;

    (void)writing;
    if (len == 0 || len > (size_t)size)
        return -1;
    memcpy(out, password, len);
    return (int)len;
}

static bool holds(struct acg_span file, const char *mark)
{
    size_t len = strlen(mark);

    for (size_t i = 0; i + len <= file.len; i++)
        if (memcmp(file.data + i, mark, len) == 0)
            return true;
    return false;
}

/* Why the key was not read, as far as a user can mend it. */
static enum acg_status explain_key(struct acg_span file, const char *password, struct acg_error *err)
{
    bool sealed = holds(file, "ENCRYPTED");

    if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
        return acgp_fail_nomem(err);
    if (!holds(file, "PRIVATE KEY-----"))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, path_field,
                               "the file holds no private key; put key and certificate into one file");
    if (!sealed)
        return acgp_fail_field(
            err, ACG_ERR_ARGUMENT, path_field,
            "the private key of the file is damaged, or of a kind that OpenSSL does not know");
    return acgp_fail_field(err, ACG_ERR_ARGUMENT, password_field, "%s",
                           password == NULL ? "missing; the key of the certificate does not open without one"
                                            : "does not open the key of the certificate");
}

static enum acg_status keep(struct acgp_certificate *c, X509 *certificate, struct acg_error *err)
{
    if (c->leaf == NULL && X509_check_private_key(certificate, c->key) == 1) {
        c->leaf = certificate;
        return ACG_OK;
    }
    if (c->rest == NULL)
        c->rest = sk_X509_new_null();
    if (c->rest == NULL || sk_X509_push(c->rest, certificate) == 0) {
        X509_free(certificate);
        return acgp_fail_nomem(err);
    }
    return ACG_OK;
}

static BIO *open_file(struct acg_span file)
{
    return file.len > INT_MAX ? NULL : BIO_new_mem_buf(file.data, (int)file.len);
}

static enum acg_status read_pem(struct acg_span file, const char *password, struct acgp_certificate *c,
                                struct acg_error *err)
{
    union {
        const char *read;
        void *context;
    } secret = {password};
    BIO *bio = open_file(file);
    X509 *certificate = NULL;
    enum acg_status status = ACG_OK;

    if (bio == NULL)
        return acgp_fail_nomem(err);
    c->key = PEM_read_bio_PrivateKey(bio, NULL, give_password, secret.context);
    BIO_free(bio);
    if (c->key == NULL)
        return explain_key(file, password, err);
    bio = open_file(file);
    if (bio == NULL)
        return acgp_fail_nomem(err);
    while (status == ACG_OK &&
           (certificate = PEM_read_bio_X509(bio, NULL, give_password, secret.context)) != NULL)
        status = keep(c, certificate, err);
    BIO_free(bio);
    return status;
}

/* The seal of the file (MAC) tells a wrong password from what OpenSSL does not decrypt. */
static enum acg_status explain_pfx(PKCS12 *pfx, const char *password, struct acg_error *err)
{
    if (PKCS12_mac_present(pfx) == 1 && PKCS12_verify_mac(pfx, password, -1) != 1)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, password_field, "%s",
                               password == NULL || password[0] == '\0'
                                   ? "missing; the PFX file does not open without one"
                                   : "does not open the PFX file");
    return acgp_fail_field(err, ACG_ERR_ARGUMENT, path_field,
                           "the PFX file is encrypted in a way that OpenSSL counts as legacy (as RC2); write "
                           "it anew as PEM: openssl "
                           "pkcs12 -legacy -in OLD.pfx -nodes -out NEW.pem");
}

static enum acg_status read_pfx(struct acg_span file, const char *password, struct acgp_certificate *c,
                                struct acg_error *err)
{
    BIO *bio = open_file(file);
    PKCS12 *pfx = bio != NULL ? d2i_PKCS12_bio(bio, NULL) : NULL;
    enum acg_status status = ACG_OK;

    BIO_free(bio);
    if (pfx == NULL)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, path_field,
                               "neither a PEM file nor a PFX file; it must hold the certificate and its key");
    if (PKCS12_parse(pfx, password != NULL ? password : "", &c->key, &c->leaf, &c->rest) != 1) {
        *c = (struct acgp_certificate){NULL, NULL, NULL}; /* it has freed what it had */
        status = explain_pfx(pfx, password, err);
    }
    PKCS12_free(pfx);
    return status;
}

static enum acg_status check(const struct acgp_certificate *c, struct acg_error *err)
{
    if (c->key == NULL)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, path_field, "the file holds no private key");
    if (!EVP_PKEY_is_a(c->key, "RSA"))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, path_field,
                               "the key is not RSA; the token service takes RSA alone");
    if (EVP_PKEY_get_bits(c->key) < KEY_BITS_MIN)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, path_field, "the key has %d bits; %d are the least",
                               EVP_PKEY_get_bits(c->key), KEY_BITS_MIN);
    if (c->leaf == NULL)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, path_field,
                               "no certificate of the file belongs to its key");
    return ACG_OK;
}

enum acg_status acgp_certificate_read(struct acg_span file, const char *password,
                                      struct acgp_certificate *out, struct acg_error *err)
{
    enum acg_status status =
        holds(file, "-----BEGIN ") ? read_pem(file, password, out, err) : read_pfx(file, password, out, err);

    return status == ACG_OK ? check(out, err) : status;
}
