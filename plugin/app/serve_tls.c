/* SPDX-License-Identifier: MPL-2.0 */
#include "app/serve_tls.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "app/serve_cert.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"

struct pkr_tls_server {
    SSL_CTX *context;
};

struct pkr_tls {
    SSL *ssl;
    bool wants_write;
    const char *why;
};

/* ---- the server ---- */

static int choose_h2(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                     unsigned in_len, void *context)
{
    (void)ssl;
    (void)context;
    for (unsigned i = 0; i < in_len; i += in[i] + 1u)
        if (in[i] == 2 && i + 2 < in_len && memcmp(in + i + 1, "h2", 2) == 0) {
            *out = in + i + 1;
            *out_len = 2;
            return SSL_TLSEXT_ERR_OK;
        }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static enum acg_status fail_file(struct acg_error *err, const char *option, const char *file)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(code);

    (void)acgp_fail_field(err, ACG_ERR_ARGUMENT, option, "%s cannot be used: %s", file,
                          reason != NULL ? reason : "it cannot be read");
    ERR_clear_error();
    return ACG_ERR_ARGUMENT;
}

static enum acg_status load(SSL_CTX *c, const char *cert, const char *key, const char *client_ca,
                            struct acg_error *err)
{
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(c, cert) != 1)
        return fail_file(err, "--tls-cert", cert);
    if (SSL_CTX_use_PrivateKey_file(c, key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(c) != 1)
        return fail_file(err, "--tls-key", key);
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(client_ca);
    if (names == NULL || SSL_CTX_load_verify_locations(c, client_ca, NULL) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return fail_file(err, "--tls-client-ca", client_ca);
    }
    SSL_CTX_set_client_CA_list(c, names);
    return ACG_OK;
}

static bool restrict_tls(SSL_CTX *c)
{
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                               SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF); /* each connection shows its certificate anew */
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_alpn_select_cb(c, choose_h2, NULL);
    /* HTTP/2 wants ephemeral keys and authenticated encryption of TLS 1.2 (RFC 9113, 9.2.2). */
    return SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1 && SSL_CTX_set_num_tickets(c, 0) == 1 &&
           SSL_CTX_set_cipher_list(c, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
}

static enum acg_status new_server(struct pkr_tls_server **out, struct acg_error *err)
{
    struct pkr_tls_server *server = acgp_alloc(1, sizeof *server);

    if (server == NULL)
        return acgp_fail_nomem(err);
    server->context = SSL_CTX_new(TLS_server_method());
    if (server->context == NULL || !restrict_tls(server->context)) {
        pkr_tls_server_free(server);
        return acgp_fail_nomem(err);
    }
    *out = server;
    return ACG_OK;
}

enum acg_status pkr_tls_server_new(const char *cert, const char *key, const char *client_ca,
                                   struct pkr_tls_server **out, struct acg_error *err)
{
    struct pkr_tls_server *server = NULL;
    enum acg_status status = new_server(&server, err);

    if (status == ACG_OK)
        status = load(server->context, cert, key, client_ca, err);
    if (status == ACG_OK)
        *out = server;
    else
        pkr_tls_server_free(server);
    return status;
}

/* @return whether there was a certificate, and each is trusted now */
static bool trust(SSL_CTX *c, const char *pem)
{
    BIO *text = BIO_new_mem_buf(pem, -1);
    X509 *cert = NULL;
    bool ok = text != NULL, some = false;

    while (ok && (cert = PEM_read_bio_X509(text, NULL, NULL, NULL)) != NULL) {
        some = ok =
            X509_STORE_add_cert(SSL_CTX_get_cert_store(c), cert) == 1 && SSL_CTX_add_client_CA(c, cert) == 1;
        X509_free(cert);
    }
    BIO_free(text);
    ERR_clear_error(); /* the end of the text is one */
    return ok && some;
}

static enum acg_status show_own(SSL_CTX *c, struct acg_error *err)
{
    X509 *cert = NULL;
    EVP_PKEY *key = NULL;
    bool ok = pkr_certificate_new(&cert, &key) && SSL_CTX_use_certificate(c, cert) == 1 &&
              SSL_CTX_use_PrivateKey(c, key) == 1;

    X509_free(cert);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return ok ? ACG_OK : acgp_fail(err, ACG_ERR_INTERNAL, "a certificate cannot be made");
}

enum acg_status pkr_tls_server_for_host(const char *client_cert, struct pkr_tls_server **out,
                                        struct acg_error *err)
{
    struct pkr_tls_server *server = NULL;
    enum acg_status status = new_server(&server, err);

    if (status == ACG_OK && !trust(server->context, client_cert))
        status = acgp_fail_field(err, ACG_ERR_ARGUMENT, "PLUGIN_CLIENT_CERT", "is no certificate");
    if (status == ACG_OK)
        status = show_own(server->context, err);
    if (status == ACG_OK)
        *out = server;
    else
        pkr_tls_server_free(server);
    return status;
}

bool pkr_tls_server_certificate(const struct pkr_tls_server *server, struct acgp_buf *out)
{
    unsigned char *der = NULL;
    int len = i2d_X509(SSL_CTX_get0_certificate(server->context), &der);
    bool ok = len > 0 && acgp_buf_span(out, acgp_span_of(der, (size_t)len));

    OPENSSL_free(der);
    return ok;
}

void pkr_tls_server_free(struct pkr_tls_server *server)
{
    if (server == NULL)
        return;
    SSL_CTX_free(server->context);
    acgp_free(server);
}

/* ---- one connection ---- */

struct pkr_tls *pkr_tls_new(struct pkr_tls_server *server, int fd)
{
    struct pkr_tls *tls = acgp_alloc(1, sizeof *tls);

    if (tls == NULL)
        return NULL;
    tls->why = "";
    tls->ssl = SSL_new(server->context);
    if (tls->ssl == NULL || SSL_set_fd(tls->ssl, fd) != 1) {
        pkr_tls_free(tls);
        return NULL;
    }
    SSL_set_accept_state(tls->ssl);
    return tls;
}

void pkr_tls_free(struct pkr_tls *tls)
{
    if (tls == NULL)
        return;
    SSL_free(tls->ssl);
    acgp_free(tls);
}

/* What a call of OpenSSL means that moved nothing. */
static ssize_t outcome(struct pkr_tls *tls, int result)
{
    int error = SSL_get_error(tls->ssl, result);
    const char *reason = NULL;

    tls->wants_write = error == SSL_ERROR_WANT_WRITE;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return PKR_TLS_WAIT;
    if (error == SSL_ERROR_ZERO_RETURN)
        return 0;
    reason = ERR_reason_error_string(ERR_peek_last_error());
    tls->why = reason != NULL ? reason : "the peer closed the connection";
    ERR_clear_error();
    return PKR_TLS_FAILED;
}

ssize_t pkr_tls_read(struct pkr_tls *tls, void *out, size_t size)
{
    ERR_clear_error();
    int n = SSL_read(tls->ssl, out, size > INT_MAX ? INT_MAX : (int)size);
    return n > 0 ? n : outcome(tls, n);
}

ssize_t pkr_tls_write(struct pkr_tls *tls, const void *data, size_t size)
{
    ERR_clear_error();
    int n = SSL_write(tls->ssl, data, size > INT_MAX ? INT_MAX : (int)size);
    if (n > 0)
        return n;
    ssize_t result = outcome(tls, n);
    return result == 0 ? PKR_TLS_FAILED : result;
}

int pkr_tls_wants_write(const struct pkr_tls *tls)
{
    return tls->wants_write;
}

int pkr_tls_pending(const struct pkr_tls *tls)
{
    return SSL_pending(tls->ssl) > 0;
}

void pkr_tls_shutdown(struct pkr_tls *tls)
{
    if (SSL_is_init_finished(tls->ssl))
        (void)SSL_shutdown(tls->ssl);
    ERR_clear_error();
}

const char *pkr_tls_why(const struct pkr_tls *tls)
{
    return tls->why;
}
