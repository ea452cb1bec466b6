/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/assertion.h"

#include <string.h>

#include <jansson.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "auth/certificate.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "base/wipe.h"
#include "json/build.h"
#include "json/decode.h"
#include "json/look.h"

enum {
    PART_MAX = 48 * 1024, /* a chain of five certificates has some 10 KiB */
    TOKEN_MAX = 64 * 1024,
    CERTIFICATE_MAX = 16 * 1024,
    EXPIRY_MAX = 32 * 1024
};

static const char plain_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Base64 (RFC 4648): for URLs without padding, else with it. */
static bool encode(struct acgp_buf *b, const void *data, size_t len, bool url)
{
    const unsigned char *in = data;
    const char *letters = url ? url_letters : plain_letters;

    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i < 3 ? len - i : 3;
        uint32_t bits = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
                        (left > 2 ? (uint32_t)in[i + 2] : 0);
        for (size_t k = 0; k < 4; k++) {
            if (k <= left)
                acgp_buf_byte(b, (uint8_t)letters[bits >> (18 - 6 * k) & 63]);
            else if (!url)
                acgp_buf_byte(b, '=');
        }
    }
    return !b->failed;
}

static bool put_encoded(json_t *object, const char *name, const void *data, size_t len)
{
    struct acgp_buf b;
    bool fine = false;

    acgp_buf_init(&b, 128);
    fine = encode(&b, data, len, true) && acgp_json_put_text(object, name, b.data);
    acgp_buf_done(&b);
    return fine;
}

static bool put_thumbprint(json_t *header, const X509 *leaf, bool rs256)
{
    unsigned char print[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    return X509_digest(leaf, rs256 ? EVP_sha1() : EVP_sha256(), print, &len) == 1 &&
           put_encoded(header, rs256 ? "x5t" : "x5t#S256", print, len);
}

static bool append_certificate(json_t *list, X509 *certificate)
{
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);
    struct acgp_buf b;
    bool fine = false;

    acgp_buf_init(&b, CERTIFICATE_MAX);
    fine = len > 0 && encode(&b, der, (size_t)len, false) && acgp_json_append(list, json_string(b.data));
    acgp_buf_done(&b);
    OPENSSL_free(der);
    return fine;
}

static bool put_chain(json_t *header, const struct acgp_certificate *c)
{
    json_t *list = json_array();
    bool fine = list != NULL && append_certificate(list, c->leaf);

    for (int i = 0; fine && i < sk_X509_num(c->rest); i++)
        fine = append_certificate(list, sk_X509_value(c->rest, i));
    if (fine)
        return acgp_json_put(header, "x5c", list);
    json_decref(list);
    return false;
}

static json_t *make_header(const struct acgp_certificate *c, const struct acgp_assertion_facts *facts)
{
    json_t *header = json_object();

    if (acgp_json_put_text(header, "alg", facts->rs256 ? "RS256" : "PS256") &&
        acgp_json_put_text(header, "typ", "JWT") && put_thumbprint(header, c->leaf, facts->rs256) &&
        (!facts->send_chain || put_chain(header, c)))
        return header;
    json_decref(header);
    return NULL;
}

/* A version 4 UUID (RFC 9562). */
static char *make_id(const uint64_t random[2])
{
    return acgp_printf("%08x-%04x-4%03x-%04x-%012llx", (unsigned)(random[0] >> 32),
                       (unsigned)(random[0] >> 16) & 0xffff, (unsigned)random[0] & 0xfff,
                       0x8000 | ((unsigned)(random[1] >> 48) & 0x3fff),
                       (unsigned long long)random[1] & 0xffffffffffffULL);
}

static json_t *make_claims(const struct acgp_assertion_facts *facts)
{
    json_t *claims = json_object();
    char *id = make_id(facts->random);
    bool fine = id != NULL && acgp_json_put_text(claims, "aud", facts->audience) &&
                acgp_json_put_text(claims, "iss", facts->client_id) &&
                acgp_json_put_text(claims, "sub", facts->client_id) &&
                acgp_json_put_text(claims, "jti", id) &&
                acgp_json_put_int(claims, "nbf", facts->now_unix_s) &&
                acgp_json_put_int(claims, "iat", facts->now_unix_s) &&
                acgp_json_put_int(claims, "exp", facts->now_unix_s + ACGP_ASSERTION_LIFE_S);

    acgp_free(id);
    if (fine)
        return claims;
    json_decref(claims);
    return NULL;
}

/* @param part given. */
static bool append_part(struct acgp_buf *b, json_t *part)
{
    char *text = part != NULL ? acgp_json_dump(part, PART_MAX) : NULL;
    bool fine = text != NULL && encode(b, text, strlen(text), true);

    acgp_free(text);
    json_decref(part);
    return fine;
}

static bool prepare(EVP_MD_CTX *ctx, EVP_PKEY *key, bool rs256)
{
    EVP_PKEY_CTX *how = NULL;

    return EVP_DigestSignInit(ctx, &how, EVP_sha256(), NULL, key) == 1 &&
           (rs256 || (EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
                      EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1));
}

/* Append the signature of what is there. */
static bool append_signature(struct acgp_buf *b, EVP_PKEY *key, bool rs256)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char *signature = NULL;
    size_t len = 0;
    bool fine = ctx != NULL && prepare(ctx, key, rs256) &&
                EVP_DigestSign(ctx, NULL, &len, (const unsigned char *)b->data, b->len) == 1 &&
                (signature = acgp_alloc(len, 1)) != NULL &&
                EVP_DigestSign(ctx, signature, &len, (const unsigned char *)b->data, b->len) == 1 &&
                acgp_buf_byte(b, '.') && encode(b, signature, len, true);

    EVP_MD_CTX_free(ctx);
    acgp_free(signature);
    return fine;
}

static enum acg_status sign(const struct acgp_certificate *c, const struct acgp_assertion_facts *facts,
                            struct acgp_secret *out, struct acg_error *err)
{
    struct acgp_buf b;
    bool fine = false;

    acgp_buf_init(&b, TOKEN_MAX);
    fine = acgp_buf_reserve(&b, TOKEN_MAX) != NULL && append_part(&b, make_header(c, facts)) &&
           acgp_buf_byte(&b, '.') && append_part(&b, make_claims(facts)) &&
           append_signature(&b, c->key, facts->rs256) && acgp_secret_set(out, acgp_buf_view(&b));
    acgp_buf_wipe(&b);
    return fine ? ACG_OK : acgp_fail_nomem(err);
}

enum acg_status acgp_assertion_make(const struct acgp_secret *file, const struct acgp_secret *password,
                                    const struct acgp_assertion_facts *facts, struct acgp_secret *out,
                                    struct acg_error *err)
{
    struct acgp_certificate c = {NULL, NULL, NULL};
    const char *opener = acgp_secret_empty(password) ? NULL : acgp_secret_expose(password).data;
    enum acg_status status = ACG_OK;

    ERR_set_mark(); /* the queue may hold errors of the host */
    status = acgp_certificate_read(acgp_secret_expose(file), opener, &c, err);
    if (status == ACG_OK)
        status = sign(&c, facts, out, err);
    acgp_certificate_done(&c);
    ERR_pop_to_mark();
    return status;
}

static int value_of(char letter)
{
    const char *at = letter != '\0' ? strchr(url_letters, letter) : NULL;

    return at != NULL ? (int)(at - url_letters) : -1;
}

static bool decode(struct acgp_buf *b, struct acg_span text)
{
    uint32_t bits = 0;
    unsigned have = 0;

    for (size_t i = 0; i < text.len; i++) {
        int value = value_of(text.data[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have >= 8)
            acgp_buf_byte(b, (uint8_t)(bits >> (have -= 8)));
    }
    return !b->failed;
}

bool acgp_jwt_expiry(const struct acgp_secret *jwt, int64_t *out_unix_s)
{
    struct acg_span rest = acgp_secret_expose(jwt), claims = {0};
    struct acgp_buf b;
    json_t *doc = NULL;
    int64_t until_s = 0;

    (void)acgp_span_cut(&rest, '.');
    if (rest.data == NULL)
        return false;
    claims = acgp_span_cut(&rest, '.');
    acgp_buf_init(&b, EXPIRY_MAX);
    if (decode(&b, claims) && acgp_json_parse(acgp_buf_view(&b), &doc, NULL) == ACG_OK)
        until_s = acgp_json_int(doc, "exp", 0);
    json_decref(doc);
    acgp_buf_wipe(&b);
    if (until_s > 0)
        *out_unix_s = until_s;
    return until_s > 0;
}
