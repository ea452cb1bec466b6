/* SPDX-License-Identifier: MPL-2.0 */
#include "engine/curl_bundle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "base/alloc.h"
#include "base/error.h"
#include "engine/bundle_index.h"

enum { READ_CHUNK = 64 * 1024 };

struct acgp_bundle {
    char *path;
    X509_LOOKUP_METHOD *method;
    bool loaded;
    struct acgp_bundle_index index;
    struct acg_error failure; /* status ACG_OK: none */
};

static enum acg_status read_text(FILE *file, struct acgp_buf *out, struct acg_error *err)
{
    size_t got = 0;

    do {
        char *place = acgp_buf_reserve(out, READ_CHUNK);
        if (place == NULL)
            return out->over ? acgp_fail(err, ACG_ERR_LIMIT, "larger than %d KiB", ACGP_BUNDLE_MAX / 1024)
                             : acgp_fail_nomem(err);
        got = fread(place, 1, READ_CHUNK, file);
        out->len += got;
    } while (got == READ_CHUNK);
    return ferror(file) ? acgp_fail(err, ACG_ERR_TRANSPORT, "%s", strerror(errno)) : ACG_OK;
}

static enum acg_status load(struct acgp_bundle *bundle, struct acg_error *err)
{
    enum acg_status status = ACG_OK;
    struct acgp_buf text;
    FILE *file = fopen(bundle->path, "rbe");

    if (file == NULL)
        return acgp_fail(err, ACG_ERR_TRANSPORT, "%s", strerror(errno));
    acgp_buf_init(&text, ACGP_BUNDLE_MAX + READ_CHUNK); /* a file of just the maximum is read to its end */
    status = read_text(file, &text, err);
    if (status == ACG_OK)
        status = acgp_bundle_index_read(&bundle->index, acgp_buf_view(&text), err);
    acgp_buf_done(&text);
    (void)fclose(file);
    return status;
}

/* Once; after a failure the next look-up tries again. */
static bool ready(struct acgp_bundle *bundle)
{
    if (bundle->loaded)
        return true;
    bundle->failure = (struct acg_error){.status = ACG_OK};
    if (load(bundle, &bundle->failure) != ACG_OK) {
        (void)acgp_fail_context(&bundle->failure, "%s", bundle->path);
        return false;
    }
    bundle->loaded = true;
    return true;
}

static bool add_to_store(X509_STORE *store, struct acg_span der, const X509_NAME *name)
{
    const unsigned char *bytes = (const unsigned char *)der.data;
    X509 *certificate = d2i_X509(NULL, &bytes, (long)der.len);
    bool added = certificate != NULL && X509_NAME_cmp(X509_get_subject_name(certificate), name) == 0 &&
                 X509_STORE_add_cert(store, certificate) == 1;

    X509_free(certificate);
    return added;
}

/* Whoever asks takes a reference of its own to what out holds: out only borrows the store's certificate. */
static bool lend_from_store(X509_STORE *store, const X509_NAME *name, X509_OBJECT *out)
{
    X509_OBJECT *object = X509_OBJECT_retrieve_by_subject(X509_STORE_get0_objects(store), X509_LU_X509, name);
    X509 *certificate = object == NULL ? NULL : X509_OBJECT_get0_X509(object);

    if (certificate == NULL || X509_OBJECT_set1_X509(out, certificate) != 1)
        return false;
    X509_free(certificate);
    return true;
}

/* All of that name go into the store: whoever asks tries the others there when the first does not fit.
 * Only 0 and 1 may be answered: OpenSSL takes anything else for found. */
static int by_subject(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name, X509_OBJECT *out)
{
    struct acgp_bundle *bundle = X509_LOOKUP_get_method_data(lookup);
    X509_STORE *store = X509_LOOKUP_get_store(lookup);
    struct acg_span der;
    size_t place = 0;
    bool found = false;
    int fine = 0;
    uint32_t hash = 0;

    if (type != X509_LU_X509 || name == NULL || !ready(bundle))
        return 0;
    /* A certificate that cannot be used is no error of the connection that asks. */
    (void)ERR_set_mark();
    hash = (uint32_t)X509_NAME_hash_ex(name, NULL, NULL, &fine);
    while (fine != 0 && acgp_bundle_index_next(&bundle->index, hash, &place, &der))
        found = add_to_store(store, der, name) || found;
    found = found && lend_from_store(store, name, out);
    (void)ERR_pop_to_mark();
    return found;
}

bool acgp_bundle_usable(void)
{
    static const char prefix[] = "OpenSSL/";
    const char *have = curl_version_info(CURLVERSION_NOW)->ssl_version;

    return have != NULL && strncmp(have, prefix, sizeof prefix - 1) == 0 &&
           strcmp(have + sizeof prefix - 1, OpenSSL_version(OPENSSL_VERSION_STRING)) == 0;
}

enum acg_status acgp_bundle_new(const char *path, struct acgp_bundle **out, struct acg_error *err)
{
    struct acgp_bundle *bundle = acgp_alloc(1, sizeof *bundle);

    if (bundle == NULL)
        return acgp_fail_nomem(err);
    acgp_bundle_index_init(&bundle->index);
    bundle->path = acgp_strdup(path);
    bundle->method = X509_LOOKUP_meth_new("bundle by subject");
    if (bundle->path == NULL || bundle->method == NULL ||
        X509_LOOKUP_meth_set_get_by_subject(bundle->method, by_subject) != 1) {
        acgp_bundle_free(bundle);
        return acgp_fail_nomem(err);
    }
    *out = bundle;
    return ACG_OK;
}

void acgp_bundle_free(struct acgp_bundle *bundle)
{
    if (bundle == NULL)
        return;
    X509_LOOKUP_meth_free(bundle->method);
    acgp_bundle_index_done(&bundle->index);
    acgp_free(bundle->path);
    acgp_free(bundle);
}

bool acgp_bundle_attach(struct acgp_bundle *bundle, void *ssl_ctx)
{
    /* libcurl may share a store between contexts; then the look-up that hangs there is answered again. */
    X509_LOOKUP *lookup = X509_STORE_add_lookup(SSL_CTX_get_cert_store(ssl_ctx), bundle->method);

    return lookup != NULL && X509_LOOKUP_set_method_data(lookup, bundle) == 1;
}

const struct acg_error *acgp_bundle_failure(const struct acgp_bundle *bundle)
{
    return bundle->failure.status == ACG_OK ? NULL : &bundle->failure;
}
