/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jose.h"

#include "sim/jsonx.h"
#include "sim/text.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

enum { RSA_BITS_MIN = 2048 /* less is refused by the service, too */ };

static int value_of(char c, unsigned how)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if ((how & SIM_BASE64_URL) && (c == '-' || c == '_'))
        return c == '-' ? 62 : 63;
    if ((how & SIM_BASE64_PLAIN) && (c == '+' || c == '/'))
        return c == '+' ? 62 : 63;
    return -1;
}

/* How much of the text is data, given that at most two = close it. */
static size_t without_padding(const char *text, size_t length, unsigned how)
{
    size_t n = length;
    while ((how & SIM_BASE64_LINES) && n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    for (int pads = 0; (how & SIM_BASE64_PADDED) && pads < 2 && n && text[n - 1] == '='; pads++)
        n--;
    return n;
}

unsigned char *sim_base64_decode(const char *text, size_t length, unsigned how, size_t *out_length)
{
    size_t n = without_padding(text, length, how), written = 0, digits = 0;
    unsigned char *out = sim_alloc(length + 1);
    unsigned bits = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        if ((how & SIM_BASE64_LINES) && (text[i] == '\n' || text[i] == '\r'))
            continue;
        int value = value_of(text[i], how);
        ok = value >= 0;
        bits = (bits << 6) | ((unsigned)value & 63u);
        if (++digits % 4 != 1)
            out[written++] = (unsigned char)(bits >> (6 - 2 * ((digits - 1) % 4)));
    }
    unsigned rest = digits % 4 == 2 ? 15u : digits % 4 == 3 ? 3u : 0u;
    if (!ok || digits % 4 == 1 || (bits & rest)) {
        free(out);
        return NULL;
    }
    *out_length = written;
    return out;
}

char *sim_base64url(const void *bytes, size_t length)
{
    char *out = sim_alloc((length + 2) / 3 * 4 + 1);
    size_t n = (size_t)EVP_EncodeBlock((unsigned char *)out, bytes, (int)length);
    while (n && out[n - 1] == '=')
        n--;
    out[n] = '\0';
    for (char *c = out; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    return out;
}

static json_t *decode_object(const char *text, size_t length)
{
    size_t n;
    unsigned char *bytes = sim_base64_decode(text, length, SIM_BASE64_URL, &n);
    json_t *out = bytes ? json_loadb((const char *)bytes, n, JSON_REJECT_DUPLICATES, NULL) : NULL;
    free(bytes);
    if (json_is_object(out))
        return out;
    json_decref(out);
    return NULL;
}

bool sim_jwt_parse(const char *text, struct sim_jwt *out)
{
    *out = (struct sim_jwt){0};
    size_t header = strcspn(text, ".");
    const char *claims = text + header + (text[header] == '.');
    size_t n = strcspn(claims, ".");
    if (claims[n] != '.')
        return false;
    const char *signature = claims + n + 1;
    out->header = decode_object(text, header);
    out->claims = decode_object(claims, n);
    out->signature = sim_base64_decode(signature, strlen(signature), SIM_BASE64_URL, &out->signature_length);
    out->signed_part = sim_copy_n(text, (size_t)(signature - 1 - text));
    if (out->header && out->claims && out->signature)
        return true;
    sim_jwt_done(out);
    return false;
}

void sim_jwt_done(struct sim_jwt *jwt)
{
    json_decref(jwt->header);
    json_decref(jwt->claims);
    free(jwt->signed_part);
    free(jwt->signature);
    *jwt = (struct sim_jwt){0};
}

static bool set_pss(EVP_PKEY_CTX *ctx)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) > 0;
}

bool sim_jwt_verify(const struct sim_jwt *jwt, EVP_PKEY *key)
{
    const char *alg = sim_text_at(jwt->header, "alg");
    bool pss = alg && strcmp(alg, "PS256") == 0;
    if (!alg || (!pss && strcmp(alg, "RS256") != 0) || !EVP_PKEY_is_a(key, "RSA") ||
        EVP_PKEY_get_bits(key) < RSA_BITS_MIN)
        return false;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx = NULL; /* lent by the digest */
    bool ok = digest && EVP_DigestVerifyInit(digest, &ctx, EVP_sha256(), NULL, key) == 1 &&
              (!pss || set_pss(ctx)) &&
              EVP_DigestVerify(digest, jwt->signature, jwt->signature_length,
                               (const unsigned char *)jwt->signed_part, strlen(jwt->signed_part)) == 1;
    EVP_MD_CTX_free(digest);
    return ok;
}

static char *encode_object(const json_t *object)
{
    char *text = sim_dump(object);
    char *out = sim_base64url(text, strlen(text));
    free(text);
    return out;
}

static char *signature_of(EVP_PKEY *key, const char *text)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    const unsigned char *in = (const unsigned char *)text;
    size_t n = 0;
    char *out = NULL;
    unsigned char *bytes = NULL;
    if (digest && EVP_DigestSignInit(digest, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestSign(digest, NULL, &n, in, strlen(text)) == 1) {
        bytes = sim_alloc(n);
        if (EVP_DigestSign(digest, bytes, &n, in, strlen(text)) == 1)
            out = sim_base64url(bytes, n);
    }
    free(bytes);
    EVP_MD_CTX_free(digest);
    return out;
}

char *sim_jwt_sign(EVP_PKEY *key, const char *kid, const json_t *claims)
{
    json_t *header = json_pack("{s:s, s:s, s:s}", "alg", "RS256", "typ", "JWT", "kid", kid);
    char *first = encode_object(header), *second = encode_object(claims);
    char *both = sim_format("%s.%s", first, second);
    char *signature = signature_of(key, both);
    char *out = signature ? sim_format("%s.%s", both, signature) : NULL;
    free(signature);
    free(both);
    free(second);
    free(first);
    json_decref(header);
    return out;
}
