/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/keys.h"

#include "sim/jose.h"
#include "sim/jsonx.h"
#include "sim/text.h"
#include "sim/world.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RSA_BITS = 2048, VALID_DAYS = 30, SECONDS_PER_DAY = 86400 };

static bool complain(const char *where, const char *what)
{
    fprintf(stderr, "acg-sim: scenario: %s: %s\n", where, what);
    return false;
}

static void add_certificate(struct sim_keys *k, const char *client_id, X509 *certificate, EVP_PKEY *key)
{
    struct sim_app_certificate *c = sim_alloc(sizeof *c);
    *c = (struct sim_app_certificate){
        .client_id = sim_copy(client_id), .certificate = certificate, .key = key, .next = k->certificates};
    X509_digest(certificate, EVP_sha1(), c->sha1, NULL);
    X509_digest(certificate, EVP_sha256(), c->sha256, NULL);
    k->certificates = c;
}

static bool load_certificate(struct sim_keys *k, const char *client_id, const json_t *given)
{
    const char *text = json_string_value(given);
    if (text && strcmp(text, "made") == 0)
        return true;
    BIO *bio = text ? BIO_new_mem_buf(text, -1) : NULL;
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    if (!certificate)
        return complain("tokens.clients[].certificates", "must be certificates in PEM, or \"made\"");
    add_certificate(k, client_id, certificate, NULL);
    return true;
}

static bool load_federated(struct sim_world *w, const json_t *federated)
{
    size_t i;
    const json_t *each;
    json_array_foreach(federated, i, each)
    {
        const char *issuer = sim_text_at(each, "issuer");
        if (!issuer || !sim_text_at(each, "subject") || !sim_issuer_of(w, issuer))
            return complain("tokens.clients[].federated",
                            "needs subject, and an issuer that is the URL of one of tokens.issuers");
    }
    return true;
}

static bool load_clients(struct sim_world *w)
{
    size_t i, j;
    const json_t *client, *each;
    json_array_foreach(sim_at(w->settings, "tokens.clients"), i, client)
    {
        const char *id = sim_text_at(client, "client_id");
        if (!id)
            return complain("tokens.clients[]", "needs a client_id");
        json_array_foreach(sim_at(client, "certificates"), j, each)
        {
            if (!load_certificate(&w->keys, id, each))
                return false;
        }
        if (!load_federated(w, sim_at(client, "federated")))
            return false;
    }
    return true;
}

static bool load_issuer(struct sim_keys *k, const json_t *given)
{
    struct sim_issuer *i = sim_alloc(sizeof *i);
    const char *text = sim_text_at(given, "public_key"), *kid = sim_text_at(given, "kid");
    *i = (struct sim_issuer){.settings = given,
                             .name = sim_text_at(given, "name"),
                             .issuer = sim_text_at(given, "issuer"),
                             .kid = kid ? sim_copy(kid) : NULL,
                             .next = k->issuers};
    k->issuers = i;
    if (!i->name || !i->issuer)
        return complain("tokens.issuers[]", "needs a name and an issuer");
    if (!text)
        return true;
    BIO *bio = BIO_new_mem_buf(text, -1);
    i->key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    return i->key || complain("tokens.issuers[].public_key", "must be a public key in PEM");
}

/* Every answer names its identity. */
static bool check_identities(const struct sim_world *w)
{
    size_t i;
    const json_t *each, *system = sim_at(w->settings, "identities.system");
    bool ok = !json_is_object(system) || sim_text_at(system, "client_id");
    json_array_foreach(sim_at(w->settings, "identities.user"), i, each)
    {
        ok = ok && sim_text_at(each, "client_id");
    }
    return ok || complain("identities", "each needs a client_id");
}

bool sim_keys_load(struct sim_world *w)
{
    size_t i;
    const json_t *each;
    json_array_foreach(sim_at(w->settings, "tokens.issuers"), i, each)
    {
        if (!load_issuer(&w->keys, each))
            return false;
    }
    return load_clients(w) && check_identities(w);
}

/* Self-signed, as most people register them. */
static X509 *self_signed(const char *name, EVP_PKEY *key)
{
    X509 *c = X509_new();
    uint64_t serial = 0;
    if (c && RAND_bytes((unsigned char *)&serial, sizeof serial) == 1 &&
        X509_set_version(c, X509_VERSION_3) &&
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(c), serial >> 1) &&
        X509_gmtime_adj(X509_getm_notBefore(c), -SECONDS_PER_DAY) &&
        X509_gmtime_adj(X509_getm_notAfter(c), (long)VALID_DAYS * SECONDS_PER_DAY) &&
        X509_set_pubkey(c, key) &&
        X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_UTF8, (const unsigned char *)name,
                                   -1, -1, 0) == 1 &&
        X509_set_issuer_name(c, X509_get_subject_name(c)) && X509_sign(c, key, EVP_sha256()))
        return c;
    X509_free(c);
    return NULL;
}

static bool make_certificate(struct sim_keys *k, const char *client_id)
{
    EVP_PKEY *key = EVP_RSA_gen(RSA_BITS);
    X509 *certificate = key ? self_signed("acg-sim application", key) : NULL;
    if (certificate) {
        add_certificate(k, client_id, certificate, key);
        return true;
    }
    EVP_PKEY_free(key);
    fputs("acg-sim: no certificate could be made\n", stderr);
    return false;
}

bool sim_keys_make_certificates(struct sim_world *w)
{
    size_t i, j;
    const json_t *client, *each;
    json_array_foreach(sim_at(w->settings, "tokens.clients"), i, client)
    {
        json_array_foreach(sim_at(client, "certificates"), j, each)
        {
            if (strcmp(json_string_value(each), "made") == 0 &&
                !make_certificate(&w->keys, sim_text_at(client, "client_id")))
                return false;
        }
    }
    return true;
}

struct sim_issuer *sim_issuer_named(struct sim_world *w, const char *name)
{
    struct sim_issuer *i = w->keys.issuers;
    while (i && (!name || strcmp(i->name, name) != 0))
        i = i->next;
    return i;
}

struct sim_issuer *sim_issuer_of(struct sim_world *w, const char *url)
{
    struct sim_issuer *i = w->keys.issuers;
    while (i && (!url || strcmp(i->issuer, url) != 0))
        i = i->next;
    return i;
}

/* The name of a key is its fingerprint. */
static char *fingerprint(EVP_PKEY *key)
{
    unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    int length = i2d_PUBKEY(key, &der);
    bool ok = length > 0 && EVP_Digest(der, (size_t)length, digest, &n, EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    return ok ? sim_base64url(digest, n) : NULL;
}

EVP_PKEY *sim_issuer_key(struct sim_issuer *issuer)
{
    if (!issuer->key) {
        issuer->key = EVP_RSA_gen(RSA_BITS);
        issuer->made = issuer->key != NULL;
        if (issuer->made && !issuer->kid)
            issuer->kid = fingerprint(issuer->key);
    }
    return issuer->made ? issuer->key : NULL;
}

bool sim_use_once(struct sim_keys *k, const char *owner, const char *jti)
{
    char *key = sim_format("%s %s", owner, jti);
    if (sim_map_get(&k->once, key)) {
        free(key);
        return false;
    }
    char **slot = &k->once_ring[k->once_count++ % SIM_ONCE_MAX];
    if (*slot)
        sim_map_take(&k->once, *slot);
    free(*slot);
    *slot = key;
    sim_map_put(&k->once, key, key);
    return true;
}

void sim_keys_done(struct sim_keys *k)
{
    for (struct sim_app_certificate *c = k->certificates, *next; c; c = next) {
        next = c->next;
        X509_free(c->certificate);
        EVP_PKEY_free(c->key);
        free(c->client_id);
        free(c);
    }
    for (struct sim_issuer *i = k->issuers, *next; i; i = next) {
        next = i->next;
        EVP_PKEY_free(i->key);
        free(i->kid);
        free(i);
    }
    sim_map_done(&k->once);
    for (size_t i = 0; i < SIM_ONCE_MAX; i++)
        free(k->once_ring[i]);
    free(k->folder);
    free(k->arc_folder);
    free(k->arc_file);
    *k = (struct sim_keys){0};
}
