/* SPDX-License-Identifier: MPL-2.0 */
#include "app/serve_options.h"

#include <string.h>

#include "base/error.h"
#include "base/span.h"

const char pkr_serve_help[] =
    "acg serve: publish for other programs, over gRPC (proto/acg/v1):\n"
    "\n"
    "  acg serve --listen unix:/run/acg/acg.sock\n"
    "  acg serve --listen tcp:0.0.0.0:8443 --tls-cert cert.pem --tls-key key.pem --tls-client-ca ca.pem\n"
    "\n"
    "Login: environment variables AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or those of any\n"
    "other login (`acg publish --help`); also AZURE_SUBSCRIPTION_ID, AZURE_AUTHORITY_HOST,\n"
    "ACG_RESOURCE_MANAGER_ENDPOINT, ACG_AUDIENCE and ACG_CA_FILE. A request that holds\n"
    "login, endpoints or a file of authorities is refused.\n"
    "One line for each socket goes to standard output: \"listening tcp:127.0.0.1:8443\". What happens goes\n"
    "to standard error. SIGTERM and SIGINT end the server in order: running publishes are left to Azure,\n"
    "and each client is told. A second signal ends it at once.\n"
    "\n"
    "Options:\n"
    "  --listen unix:PATH | tcp:ADDRESS:PORT\n"
    "        where to listen; may stand several times. A unix socket is made for this user alone, and takes\n"
    "        connections of this user and of root. tcp needs the three TLS files; the address is one of\n"
    "        IPv4, one of IPv6 in brackets, or localhost; port 0 takes one that is free\n"
    "  --tls-cert FILE\n"
    "        the server's certificate with its chain, PEM; also ACG_SERVE_TLS_CERT\n"
    "  --tls-key FILE\n"
    "        its private key, PEM; also ACG_SERVE_TLS_KEY\n"
    "  --tls-client-ca FILE\n"
    "        authorities of the clients' certificates, PEM; also ACG_SERVE_TLS_CLIENT_CA. Every client that\n"
    "        one of them vouches for may do everything\n"
    "  --insecure-loopback\n"
    "        tcp without TLS on 127.0.0.1, [::1] or localhost: for tests, since every user of this machine\n"
    "        can publish then\n"
    "  --journal DIR\n"
    "        keep the journal of all publishes there, by which one that is begun again goes on where a "
    "crash\n"
    "        ended it. At its start the server goes on with those that ran when one before it stopped or "
    "died.\n"
    "        Default: none is kept\n"
    "  --go-plugin\n"
    "        for programs that start this one with hashicorp/go-plugin, in place of --listen: a unix socket "
    "in\n"
    "        a folder of its own, with TLS where the host asks for it (AutoMTLS). The server ends when the "
    "host\n"
    "        says so or is gone; SIGINT is ignored\n"
    "  -h, --help\n"
    "        this text\n";

static enum acg_status usage(struct acg_error *err, const char *option, const char *message)
{
    return acgp_fail_field(err, ACG_ERR_ARGUMENT, option, "%s; acg serve --help shows how", message);
}

/* ADDRESS:PORT, [ADDRESS]:PORT */
static bool read_address(struct acg_span text, struct pkr_listen *out)
{
    size_t colon = text.len;
    uint64_t port = 0;

    while (colon > 0 && text.data[colon - 1] != ':')
        colon--;
    if (colon < 2 || !acgp_span_to_u64(acgp_span_of(text.data + colon, text.len - colon), &port) ||
        port > UINT16_MAX)
        return false;
    struct acg_span host = acgp_span_of(text.data, colon - 1);
    if (host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']')
        host = acgp_span_of(host.data + 1, host.len - 2);
    else if (memchr(host.data, ':', host.len) != NULL)
        return false;
    if (host.len == 0 || host.len >= sizeof out->host)
        return false;
    memcpy(out->host, host.data, host.len);
    out->host[host.len] = '\0';
    out->port = (uint16_t)port;
    out->loopback = acgp_equal(out->host, "127.0.0.1") || acgp_equal(out->host, "::1") ||
                    acgp_equal_nocase(out->host, "localhost");
    return true;
}

static enum acg_status add_listen(struct pkr_serve_options *o, const char *value, struct acg_error *err)
{
    struct pkr_listen *listen = &o->listen[o->listen_count];

    if (o->listen_count == PKR_LISTEN_MAX)
        return usage(err, "--listen", "stands too often");
    if (strncmp(value, "unix:", 5) == 0 && value[5] != '\0')
        listen->path = value + 5;
    else if (strncmp(value, "tcp:", 4) != 0 || !read_address(acgp_span(value + 4), listen))
        return usage(err, "--listen", "is neither unix:PATH nor tcp:ADDRESS:PORT");
    o->listen_count++;
    return ACG_OK;
}

static const char **value_of(struct pkr_serve_options *o, const char *word)
{
    return acgp_equal(word, "--tls-cert")        ? &o->tls_cert
           : acgp_equal(word, "--tls-key")       ? &o->tls_key
           : acgp_equal(word, "--tls-client-ca") ? &o->tls_client_ca
           : acgp_equal(word, "--journal")       ? &o->journal
                                                 : NULL;
}

/* @param i in and out: the word. */
static enum acg_status take(struct pkr_serve_options *o, const char *const *words, size_t count, size_t *i,
                            struct acg_error *err)
{
    const char *word = words[*i], **value = value_of(o, word);
    bool listen = acgp_equal(word, "--listen");

    if (acgp_equal(word, "--help") || acgp_equal(word, "-h")) {
        o->help = true;
        return ACG_OK;
    }
    if (acgp_equal(word, "--insecure-loopback")) {
        o->insecure_loopback = true;
        return ACG_OK;
    }
    if (acgp_equal(word, "--go-plugin")) {
        o->go_plugin = true;
        return ACG_OK;
    }
    if (!listen && value == NULL)
        return usage(err, word, "is no option of acg serve");
    if (*i + 1 == count || words[*i + 1][0] == '\0')
        return usage(err, word, "needs a value");
    ++*i;
    if (listen)
        return add_listen(o, words[*i], err);
    *value = words[*i];
    return ACG_OK;
}

static const char *given_or(const char *given, const char *(*lookup)(void *context, const char *name),
                            void *context, const char *name)
{
    const char *value = given != NULL ? given : lookup(context, name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* The host says where to listen, and whether with TLS. */
static enum acg_status check_go_plugin(const struct pkr_serve_options *o, struct acg_error *err)
{
    const char *other = o->listen_count > 0        ? "--listen"
                        : o->insecure_loopback     ? "--insecure-loopback"
                        : o->tls_cert != NULL      ? "--tls-cert"
                        : o->tls_key != NULL       ? "--tls-key"
                        : o->tls_client_ca != NULL ? "--tls-client-ca"
                                                   : NULL;

    return other != NULL ? usage(err, other, "stands beside --go-plugin") : ACG_OK;
}

static enum acg_status check(const struct pkr_serve_options *o, struct acg_error *err)
{
    bool some = o->tls_cert != NULL || o->tls_key != NULL || o->tls_client_ca != NULL;
    bool all = o->tls_cert != NULL && o->tls_key != NULL && o->tls_client_ca != NULL;

    if (o->go_plugin)
        return check_go_plugin(o, err);
    if (o->listen_count == 0)
        return usage(err, "--listen", "is missing");
    if (some && !all)
        return usage(err,
                     o->tls_cert == NULL  ? "--tls-cert"
                     : o->tls_key == NULL ? "--tls-key"
                                          : "--tls-client-ca",
                     "is missing beside the other TLS files");
    if (some && o->insecure_loopback)
        return usage(err, "--insecure-loopback", "stands beside TLS files");
    for (size_t i = 0; i < o->listen_count; i++) {
        const struct pkr_listen *l = &o->listen[i];
        if (l->path == NULL && !all && !o->insecure_loopback)
            return usage(err, "--listen", "tcp needs --tls-cert, --tls-key and --tls-client-ca");
        if (l->path == NULL && o->insecure_loopback && !l->loopback)
            return usage(err, "--insecure-loopback", "is for 127.0.0.1, [::1] and localhost only");
    }
    return ACG_OK;
}

enum acg_status pkr_serve_options_read(const char *const *words, size_t count,
                                       const char *(*lookup)(void *context, const char *name), void *context,
                                       struct pkr_serve_options *out, struct acg_error *err)
{
    struct pkr_serve_options o = {.listen_count = 0};
    enum acg_status status = ACG_OK;

    for (size_t i = 0; i < count && status == ACG_OK; i++)
        status = take(&o, words, count, &i, err);
    if (status == ACG_OK && !o.insecure_loopback && !o.go_plugin) {
        o.tls_cert = given_or(o.tls_cert, lookup, context, "ACG_SERVE_TLS_CERT");
        o.tls_key = given_or(o.tls_key, lookup, context, "ACG_SERVE_TLS_KEY");
        o.tls_client_ca = given_or(o.tls_client_ca, lookup, context, "ACG_SERVE_TLS_CLIENT_CA");
    }
    if (status == ACG_OK && !o.help)
        status = check(&o, err);
    if (status == ACG_OK)
        *out = o;
    return status;
}
