/* SPDX-License-Identifier: MPL-2.0 */
#include "engine/curl_trust.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "engine/bundle_index.h"

/* Debian and its family; SUSE; Red Hat since 2023; older Red Hat; what OpenSSL itself was built for. */
static const char *const system_dirs[] = {"/etc/ssl/certs", "/etc/pki/ca-trust/extracted/pem/directory-hash",
                                          "/etc/pki/tls/certs", "/usr/lib/ssl/certs"};
static const char *const system_files[] = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem"};

/* "4042bcee.0": eight hexadecimal digits, a dot, a number. */
static bool hashed_name(const char *name)
{
    return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && name[9] >= '0' && name[9] <= '9';
}

static bool has_hashed_names(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry = NULL;
    bool found = false;

    if (dir == NULL)
        return false;
    while (!found && (entry = readdir(dir)) != NULL)
        found = hashed_name(entry->d_name);
    closedir(dir);
    return found;
}

static const char *find_dir(void)
{
    for (size_t i = 0; i < sizeof system_dirs / sizeof system_dirs[0]; i++)
        if (has_hashed_names(system_dirs[i]))
            return system_dirs[i];
    return NULL;
}

static const char *find_file(void)
{
    for (size_t i = 0; i < sizeof system_files / sizeof system_files[0]; i++)
        if (access(system_files[i], R_OK) == 0)
            return system_files[i];
    return NULL;
}

static enum acg_status keep(const char *file, const char *dir, struct acgp_trust *out, struct acg_error *err)
{
    struct acgp_trust trust = {acgp_strdup(file), acgp_strdup(dir), NULL};

    if ((file != NULL && trust.file == NULL) || (dir != NULL && trust.dir == NULL)) {
        acgp_trust_done(&trust);
        return acgp_fail_nomem(err);
    }
    *out = trust;
    return ACG_OK;
}

/* Only for a file that we found ourselves: one that the user names is read by libcurl, errors and all. */
static enum acg_status look_up_singly(struct acgp_trust *trust, struct acg_error *err)
{
    enum acg_status status = ACG_OK;
    struct stat about;

    if (trust->file == NULL || stat(trust->file, &about) != 0 || about.st_size > ACGP_BUNDLE_MAX ||
        !acgp_bundle_usable())
        return ACG_OK;
    status = acgp_bundle_new(trust->file, &trust->bundle, err);
    if (status != ACG_OK)
        acgp_trust_done(trust);
    return status;
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

enum acg_status acgp_trust_find(const char *ca_file, struct acgp_trust *out, struct acg_error *err)
{
    const char *file = environment("SSL_CERT_FILE"), *dir = environment("SSL_CERT_DIR");
    enum acg_status status = ACG_OK;

    if (ca_file != NULL && ca_file[0] != '\0') {
        if (access(ca_file, R_OK) != 0)
            return acgp_fail_field(err, ACG_ERR_ARGUMENT, "ca_file", "%s cannot be read: %s", ca_file,
                                   strerror(errno));
        return keep(ca_file, NULL, out, err);
    }
    if (file != NULL || dir != NULL)
        return keep(file, dir, out, err);
    dir = find_dir();
    status = keep(dir == NULL ? find_file() : NULL, dir, out, err);
    return status == ACG_OK ? look_up_singly(out, err) : status;
}

void acgp_trust_done(struct acgp_trust *trust)
{
    acgp_free(trust->file);
    acgp_free(trust->dir);
    acgp_bundle_free(trust->bundle);
    *trust = (struct acgp_trust){NULL, NULL, NULL};
}
