/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_KEYS_H
#define SIM_KEYS_H

#include "sim/map.h"

#include <jansson.h>
#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_world;

enum {
    SIM_SHA1 = 20,
    SIM_SHA256 = 32,
    SIM_ONCE_MAX = 16384, /* tokens remembered as used; a client's memory is shorter */
    SIM_ARC_KEY = 64      /* characters in a key file of Arc's */
};

/* A certificate that one application is known by. */
struct sim_app_certificate {
    char *client_id;
    X509 *certificate;
    EVP_PKEY *key; /* only of certificates made here */
    unsigned char sha1[SIM_SHA1], sha256[SIM_SHA256];
    struct sim_app_certificate *next;
};

/* Whose signature makes an external token good. */
struct sim_issuer {
    const json_t *settings; /* tokens.issuers[] of the scenario, borrowed */
    const char *name;       /* in the scenario */
    const char *issuer;     /* its URL: claim iss */
    char *kid;              /* NULL: tokens need none */
    EVP_PKEY *key;          /* NULL until made here: only when something is to be signed */
    bool made;
    struct sim_issuer *next;
};

struct sim_keys {
    struct sim_app_certificate *certificates;
    struct sim_issuer *issuers;
    char *folder;                  /* --login-dir, absolute, owned; NULL: none */
    char *arc_folder;              /* for Arc's key files, owned; NULL: none */
    struct sim_map once;           /* used tokens */
    char *once_ring[SIM_ONCE_MAX]; /* the same, to forget the oldest */
    uint64_t once_count;
    char arc_key[SIM_ARC_KEY + 1]; /* content of the key file that is out; "" when none */
    char *arc_file;
};

/** Read certificates and public keys of the scenario. False after saying what is wrong with which. */
bool sim_keys_load(struct sim_world *w);
/** Make the certificates that the scenario leaves to us; each application's is written down elsewhere. */
bool sim_keys_make_certificates(struct sim_world *w);
void sim_keys_done(struct sim_keys *k);

struct sim_issuer *sim_issuer_named(struct sim_world *w, const char *name);
struct sim_issuer *sim_issuer_of(struct sim_world *w, const char *url);
/** The issuer's private key, made at the first call. NULL when its key is another's (given in the scenario).
 */
EVP_PKEY *sim_issuer_key(struct sim_issuer *issuer);

/** Note that this token was used. False when it was used before. */
bool sim_use_once(struct sim_keys *k, const char *owner, const char *jti);

#endif
