/* SPDX-License-Identifier: MPL-2.0 */
/* Each allocation of a login fails once, for every kind: it is said, nothing leaks, and the next login works.
 */
#include "testlib/test.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "auth/token_cache.h"
#include "base/alloc.h"
#include "base/error.h"

#define T "11111111-2222-3333-4444-555555555555"

enum { ROUNDS_MAX = 400, STEPS_MAX = 20 };

static char pem[16 * 1024];

static int make_certificate(void **st)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    X509 *certificate = X509_new();
    BIO *out = BIO_new(BIO_s_mem());
    int n = 0;

    (void)st;
    assert_true(key != NULL && certificate != NULL && out != NULL);
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(PEM_write_bio_X509(out, certificate), 1);
    n = BIO_read(out, pem, sizeof pem - 1);
    BIO_free(out);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return n > 0 ? 0 : -1;
}

static const char *lookup(void *context, const char *name)
{
    for (const char *const *pair = context; *pair != NULL; pair += 2)
        if (strcmp(pair[0], name) == 0)
            return pair[1];
    return NULL;
}

static void answer(struct acgp_token_cache *c, const struct acgp_token_action *act, int64_t now_ms)
{
    static const char text[] =
        "{\"access_token\":\"t\",\"expires_in\":3599,\"value\":\"minted\",\"oidcToken\":\"minted\"}";
    struct acgp_failure lost = {.kind = ACGP_FAILURE_LOST};
    struct acgp_response r;
    bool arc = strstr(act->message->url, "2020-06-01") != NULL && act->ask->key_name == NULL;
    const char *realm = "Basic realm=/var/opt/azcmagent/tokens/x.key";

    acgp_response_init(&r);
    r.status = arc ? 401 : 200;
    if (acgp_buf_text(&r.body, text) &&
        (!arc || acgp_response_header_add(&r, (struct acg_span){"WWW-Authenticate", 16},
                                          (struct acg_span){realm, strlen(realm)}))) {
        acgp_token_cache_on_response(c, now_ms, 1700000000, act->attempt, &r);
    } else {
        acgp_fail_nomem(&lost.error);
        acgp_token_cache_on_failure(c, now_ms, act->attempt, &lost);
    }
    acgp_response_done(&r);
}

static void fulfil(struct acgp_token_cache *c, const struct acgp_token_action *act, int64_t now_ms)
{
    static const char output[] = "{\"accessToken\":\"t\",\"expires_on\":1700003600}";
    struct acgp_run run = {.end = ACGP_RUN_ENDED, .output = {output, sizeof output - 1}, .complaint = ""};
    struct acgp_secret bytes = {NULL, 0};

    if (act->kind == ACGP_TOKEN_SEND) {
        answer(c, act, now_ms);
    } else if (act->kind == ACGP_TOKEN_READ) {
        bool read = acgp_secret_set(&bytes, (struct acg_span){pem, strlen(pem)});
        bool whole = strstr(act->ask->path, ".pem") != NULL;
        if (read && !whole)
            read = acgp_secret_set(&bytes, (struct acg_span){"text", 4});
        acgp_token_cache_on_file(c, now_ms, 1700000000, act->attempt, &bytes,
                                 read ? NULL : "cannot be read: out of memory");
    } else {
        acgp_token_cache_on_run(c, now_ms, 1700000000, act->attempt, &run);
    }
}

/* @return was there a token in the end? */
static bool log_in(struct acgp_token_cache *c, int64_t *now_ms)
{
    struct acgp_token_view token;
    struct acgp_token_action act;
    struct acg_error err = {0};

    for (int i = 0; i < STEPS_MAX; i++) {
        enum acgp_token_state state = acgp_token_cache_ask(c, *now_ms, 0, &token, &err);
        if (state == ACGP_TOKEN_READY)
            return true;
        if (state == ACGP_TOKEN_FAILED) {
            assert_true(err.status != ACG_OK && err.message[0] != '\0');
            return false;
        }
        if (!acgp_token_cache_next(c, *now_ms, 1700000000, &act))
            continue;
        if (act.kind == ACGP_TOKEN_WAIT)
            *now_ms = act.until_ms;
        else
            fulfil(c, &act, *now_ms);
    }
    fail_msg("the login does not end");
    return false;
}

static void set_failure(uint64_t n)
{
#ifdef ACG_FAULT_INJECTION
    acgp_alloc_fail_at(n);
#else
    (void)n;
#endif
}

static bool reached(uint64_t n)
{
#ifdef ACG_FAULT_INJECTION
    return acgp_alloc_count() >= n;
#else
    (void)n;
    return false;
#endif
}

/* @return was allocation n asked for? */
static bool one_round(const char *const *world, uint64_t n)
{
    struct acg_login_options o = ACG_LOGIN_OPTIONS_INIT;
    struct acg_credential *credential = NULL;
    struct acgp_token_cache *cache = NULL;
    union {
        const char *const *read;
        void *context;
    } w = {world};
    int64_t now_ms = 1000;
    bool lost = false;

    o.environment = lookup;
    o.context = w.context;
    set_failure(n);
    if (acg_credential_new(&o, &credential, NULL) == ACG_OK &&
        acgp_token_cache_new(credential, "https://management.azure.com", 7, &cache, NULL) == ACG_OK)
        (void)log_in(cache, &now_ms);
    lost = reached(n);
    set_failure(0);
    if (cache != NULL) {
        now_ms += ACGP_TOKEN_HOLD_MS;
        assert_true(log_in(cache, &now_ms)); /* one that failed is no worse afterwards */
    } else {
        assert_true(lost);
    }
    acgp_token_cache_free(cache);
    acg_credential_free(credential);
    return lost;
}

static void every_kind_survives_each_lost_allocation(void **st)
{
    (void)st;
    static const char *const worlds[][12] = {
        {"AZURE_TENANT_ID", T, "AZURE_CLIENT_ID", "c", "AZURE_CLIENT_SECRET", "s"},
        {"AZURE_TENANT_ID", T, "AZURE_CLIENT_ID", "c", "AZURE_CLIENT_CERTIFICATE_PATH", "/c.pem",
         "AZURE_CLIENT_CERTIFICATE_PASSWORD", "p", "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", "true"},
        {"AZURE_TENANT_ID", T, "AZURE_CLIENT_ID", "c", "AZURE_FEDERATED_TOKEN_FILE", "/t"},
        {"ARM_TENANT_ID", T, "ARM_CLIENT_ID", "c", "ARM_OIDC_TOKEN", "jwt"},
        {"AZURE_TENANT_ID", T, "AZURE_CLIENT_ID", "c", "ACTIONS_ID_TOKEN_REQUEST_URL", "https://g/?x=1",
         "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "r"},
        {"ARM_TENANT_ID", T, "ARM_CLIENT_ID", "c", "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "id",
         "SYSTEM_OIDCREQUESTURI", "https://d/", "SYSTEM_ACCESSTOKEN", "r"},
        {"ARM_USE_MSI", "true", "ARM_CLIENT_ID", "c"},
        {"ARM_USE_MSI", "true", "IDENTITY_ENDPOINT", "http://127.0.0.1:1/t", "IDENTITY_HEADER", "h"},
        {"ARM_USE_MSI", "true", "IDENTITY_ENDPOINT", "http://127.0.0.1:1/t", "IMDS_ENDPOINT",
         "http://127.0.0.1"},
        {"ARM_USE_CLI", "true", "AZURE_TENANT_ID", T},
        {NULL},
    };

    for (size_t w = 0; w < sizeof worlds / sizeof worlds[0]; w++) {
        uint64_t n = 1;
        while (one_round(worlds[w], n))
            assert_true(++n < ROUNDS_MAX);
#ifdef ACG_FAULT_INJECTION
        assert_true(n > 5);
#endif
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_kind_survives_each_lost_allocation)};

    return cmocka_run_group_tests(tests, make_certificate, NULL);
}
