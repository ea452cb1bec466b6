/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/login_dir.h"

#include "sim/identity.h"
#include "sim/jsonx.h"
#include "sim/mint.h"
#include "sim/text.h"
#include "sim/world.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool complain(const char *path)
{
    fprintf(stderr, "acg-sim: %s: %s\n", path, strerror(errno));
    return false;
}

/* Owner only; complete under its name or not there at all. */
static bool write_file(const char *folder, const char *name, const char *bytes, size_t n)
{
    char *path = sim_format("%s/%s", folder, name), *before = sim_format("%s/.%s.new", folder, name);
    int fd = open(before, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, bytes, n) == (ssize_t)n;
    if (fd >= 0 && close(fd) != 0)
        ok = false;
    ok = ok && rename(before, path) == 0;
    if (!ok)
        complain(path);
    free(before);
    free(path);
    return ok;
}

static bool make_folder(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST || complain(path);
}

static bool write_bio(const char *folder, const char *name, BIO *bio)
{
    char *data;
    long n = BIO_get_mem_data(bio, &data);
    return write_file(folder, name, data, (size_t)n);
}

static bool write_pem(const char *folder, const char *name, const struct sim_app_certificate *c,
                      const char *lock)
{
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = bio &&
              PEM_write_bio_PKCS8PrivateKey(bio, c->key, lock ? EVP_aes_256_cbc() : NULL, lock,
                                            lock ? (int)strlen(lock) : 0, NULL, NULL) &&
              PEM_write_bio_X509(bio, c->certificate) && write_bio(folder, name, bio);
    BIO_free(bio);
    return ok;
}

static bool write_pfx(const char *folder, const char *name, const struct sim_app_certificate *c,
                      const char *lock)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PKCS12 *p12 = PKCS12_create(lock ? lock : "", "acg-sim", c->key, c->certificate, NULL, 0, 0, 0, 0, 0);
    bool ok = bio && p12 && i2d_PKCS12_bio(bio, p12) && write_bio(folder, name, bio);
    PKCS12_free(p12);
    BIO_free(bio);
    return ok;
}

/* A client id as a file's name. */
static char *file_name(const char *client_id)
{
    char *out = sim_copy(client_id);
    for (char *c = out; *c; c++)
        if (*c == '/' || *c == '.' || (unsigned char)*c < ' ')
            *c = '_';
    return out;
}

static bool write_certificate(const char *folder, const struct sim_app_certificate *c)
{
    static const struct {
        const char *end;
        bool pfx, locked;
    } forms[] = {{".pem", false, false},
                 {"-locked.pem", false, true},
                 {".pfx", true, false},
                 {"-locked.pfx", true, true}};
    char *stem = file_name(c->client_id);
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof forms / sizeof forms[0]; i++) {
        char *name = sim_format("%s%s", stem, forms[i].end);
        const char *lock = forms[i].locked ? SIM_LOGIN_PASSWORD : NULL;
        ok = forms[i].pfx ? write_pfx(folder, name, c, lock) : write_pem(folder, name, c, lock);
        free(name);
    }
    free(stem);
    return ok;
}

static bool write_issuer(const char *folder, struct sim_issuer *issuer)
{
    EVP_PKEY *key = sim_issuer_key(issuer);
    char *stem = file_name(issuer->name), *name = sim_format("issuer-%s.pem", stem);
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) &&
              write_bio(folder, name, bio);
    BIO_free(bio);
    free(name);
    free(stem);
    return ok;
}

bool sim_federated_token_write(struct sim_world *w)
{
    char *token = w->keys.folder ? sim_mint_kubernetes(w) : NULL;
    bool ok = token && write_file(w->keys.folder, "federated-token", token, strlen(token));
    free(token);
    return ok;
}

/* The variables that each kind of host sets for its programs. Both values are given. */
static void variable(json_t *to, const char *kind, const char *name, char *value)
{
    json_t *of = json_object_get(to, kind);
    if (!of) {
        of = json_object();
        json_object_set_new(to, kind, of);
    }
    json_object_set_new(of, name, json_string(value ? value : ""));
    free(value);
}

static char *setting(const struct sim_world *w, const char *path)
{
    const char *text = sim_text_at(w->settings, path);
    return sim_copy(text ? text : "");
}

static char *first_connection(const struct sim_world *w)
{
    json_t *all = sim_at(w->settings, "workloads.azure_devops.connections");
    const char *id = json_object_iter_key(json_object_iter(all));
    return sim_copy(id ? id : "");
}

static bool write_environment(struct sim_world *w, const char *base)
{
    const char *folder = w->keys.folder;
    json_t *all = json_object();
    variable(all, "kubernetes", "AZURE_FEDERATED_TOKEN_FILE", sim_format("%s/federated-token", folder));
    variable(all, "github", "ACTIONS_ID_TOKEN_REQUEST_URL",
             sim_format("%s%s?api-version=2.0", base, SIM_GITHUB_PATH));
    variable(all, "github", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", setting(w, "workloads.github.request_token"));
    variable(all, "azure_devops", "SYSTEM_OIDCREQUESTURI", sim_format("%s%s", base, SIM_PIPELINES_PATH));
    variable(all, "azure_devops", "SYSTEM_ACCESSTOKEN", setting(w, "workloads.azure_devops.access_token"));
    variable(all, "azure_devops", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", first_connection(w));
    variable(all, "imds", "AZURE_POD_IDENTITY_AUTHORITY_HOST", sim_copy(base));
    variable(all, "app_service", "IDENTITY_ENDPOINT", sim_format("%s%s", base, SIM_APP_SERVICE_PATH));
    variable(all, "app_service", "IDENTITY_HEADER", setting(w, "identities.app_service_header"));
    variable(all, "arc", "IDENTITY_ENDPOINT", sim_format("%s%s", base, SIM_ARC_PATH));
    variable(all, "arc", "IMDS_ENDPOINT", sim_copy(base));
    char *text = sim_dump(all);
    bool ok = write_file(folder, "login.json", text, strlen(text));
    free(text);
    json_decref(all);
    return ok;
}

/* Others are told of files in it, whatever their own folder is. NULL when there is no current folder. */
static char *absolute(const char *folder)
{
    char here[PATH_MAX];
    if (*folder == '/')
        return sim_copy(folder);
    return getcwd(here, sizeof here) ? sim_format("%s/%s", here, folder) : NULL;
}

/* Strict clients read key files only where the agent of Arc puts them: the scenario may say so. */
static bool make_arc_folder(struct sim_world *w)
{
    const char *wanted = sim_text_at(w->settings, "identities.arc_folder");
    w->keys.arc_folder = wanted ? sim_copy(wanted) : sim_format("%s/arc", w->keys.folder);
    return make_folder(w->keys.arc_folder);
}

bool sim_login_dir_write(struct sim_world *w, const char *folder, const char *base)
{
    if (!make_folder(folder))
        return false;
    w->keys.folder = absolute(folder);
    if (!w->keys.folder)
        return complain(folder);
    bool ok = make_arc_folder(w) && sim_keys_make_certificates(w);
    for (struct sim_app_certificate *c = w->keys.certificates; ok && c; c = c->next)
        ok = !c->key || write_certificate(w->keys.folder, c);
    struct sim_issuer *cluster = sim_issuer_named(w, sim_text_at(w->settings, "workloads.kubernetes.issuer"));
    if (ok && cluster && sim_issuer_key(cluster)) /* else somebody else signs */
        ok = write_issuer(w->keys.folder, cluster) && sim_federated_token_write(w);
    return ok && write_environment(w, base);
}

void sim_arc_key_remove(struct sim_keys *k)
{
    if (k->arc_file)
        unlink(k->arc_file);
    free(k->arc_file);
    k->arc_file = NULL;
    k->arc_key[0] = '\0';
}

bool sim_arc_key_write(struct sim_keys *k)
{
    char guid[SIM_GUID_SIZE];
    sim_arc_key_remove(k);
    if (!k->arc_folder)
        return false;
    sim_guid(guid);
    char *name = sim_format("%s.key", guid);
    sim_random_text(k->arc_key, SIM_ARC_KEY);
    bool ok = write_file(k->arc_folder, name, k->arc_key, SIM_ARC_KEY);
    if (ok)
        k->arc_file = sim_format("%s/%s", k->arc_folder, name);
    free(name);
    return ok;
}
