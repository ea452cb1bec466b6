/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_JOSE_H
#define SIM_JOSE_H

#include <jansson.h>
#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

/* JSON web tokens in their compact form, signed with RSA: what assertions are made of. */

enum sim_base64 {
    SIM_BASE64_URL = 1,    /* - and _ */
    SIM_BASE64_PLAIN = 2,  /* + and / */
    SIM_BASE64_PADDED = 4, /* = at the end may be there; without this flag it must not */
    SIM_BASE64_LINES = 8   /* line ends are skipped, as az sends certificates */
};

/** Decode strictly: only that alphabet, no left-over bits. Owned by the caller; NULL when malformed. */
unsigned char *sim_base64_decode(const char *text, size_t length, unsigned how, size_t *out_length);
/** base64url without padding, owned by the caller. */
char *sim_base64url(const void *bytes, size_t length);

struct sim_jwt {
    json_t *header, *claims; /* objects */
    char *signed_part;       /* header.claims as sent */
    unsigned char *signature;
    size_t signature_length;
};

/** Split and decode. False when it is no such token; *out is then empty. End with sim_jwt_done. */
bool sim_jwt_parse(const char *text, struct sim_jwt *out);
void sim_jwt_done(struct sim_jwt *jwt);

/** The signature is this RSA key's, by the algorithm of the header (RS256, or PS256 with a salt of 32). */
bool sim_jwt_verify(const struct sim_jwt *jwt, EVP_PKEY *key);
/** Sign with RS256; claims are borrowed. NULL when OpenSSL fails. Owned by the caller. */
char *sim_jwt_sign(EVP_PKEY *key, const char *kid, const json_t *claims);

#endif
