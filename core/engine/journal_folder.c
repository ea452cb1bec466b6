/* SPDX-License-Identifier: MPL-2.0 */
#include <errno.h>
#include <string.h>

#include <fcntl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "engine/journal.h"

enum {
    SWEEP_NAMES_MAX = 10000, /* looked at; a journal with more is swept over several starts */
    SWEEP_FILES_MAX = 64     /* opened and read, each a millisecond or less */
};

enum acg_status acgp_journal_fail(struct acg_error *err, const char *what, const char *path, int error)
{
    const char *text = error == ELOOP ? "it is a symbolic link" : strerror(error);

    return acgp_fail_field(err, ACG_ERR_ARGUMENT, "journal_dir", "%s %s: %s", what, path, text);
}

enum acg_status acgp_journal_owned(const struct stat *s, const char *what, struct acg_error *err)
{
    if (s->st_uid != geteuid())
        return acgp_fail_field(
            err, ACG_ERR_ARGUMENT, "journal_dir",
            "%s belongs to user %u, not to this one (%u); name a directory of this user's own", what,
            (unsigned)s->st_uid, (unsigned)geteuid());
    if ((s->st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "journal_dir",
                               "%s may be written by other users; chmod go-w %s", what, what);
    return ACG_OK;
}

/* A new entry outlives a crash once its directory is on the disk. Not every file system takes part. */
static int sync_parent(const char *path)
{
    char *parent = acgp_strdup(path);
    char *slash = parent != NULL ? strrchr(parent, '/') : NULL;
    int fd = -1, error = parent == NULL ? ENOMEM : 0;

    if (slash != NULL)
        slash[slash == parent] = '\0';
    if (parent != NULL)
        fd = open(slash != NULL ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && fsync(fd) != 0 && errno != EINVAL)
        error = errno;
    if (fd >= 0)
        (void)close(fd);
    acgp_free(parent);
    return error;
}

static int make_one(const char *path)
{
    if (mkdir(path, 0700) == 0)
        return sync_parent(path);
    return errno == EEXIST ? 0 : errno;
}

/* Make every part of the path that is not there. @return 0, or errno's number. */
static int make_all(char *path)
{
    int error = 0;

    for (char *at = path + 1; error == 0 && *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        error = make_one(path);
        *at = '/';
    }
    return error == 0 ? make_one(path) : error;
}

static int open_folder(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* @param path is written to, and is as it was at the end. @return 0, or errno's number. */
static int open_or_make(char *path, bool make, int *out)
{
    int error = 0;

    *out = open_folder(path);
    if (*out >= 0)
        return 0;
    error = errno;
    if (error == ENOENT && make)
        error = make_all(path);
    else
        return error == ENOTDIR && readlink(path, (char[1]){0}, 1) >= 0 ? ELOOP : error;
    if (error != 0)
        return error;
    *out = open_folder(path);
    return *out >= 0 ? 0 : errno;
}

static enum acg_status check(const struct acgp_journal *j, struct acg_error *err)
{
    struct stat s;

    if (fstat(j->fd, &s) != 0)
        return acgp_journal_fail(err, "cannot look at the directory", j->path, errno);
    return acgp_journal_owned(&s, j->path, err);
}

/* Without slashes at its end, behind which a symbolic link would be followed. */
static char *trimmed(const char *dir)
{
    size_t len = strlen(dir);

    while (len > 1 && dir[len - 1] == '/')
        len--;
    return acgp_strndup(dir, len);
}

enum acg_status acgp_journal_new(const char *dir, bool make, struct acgp_journal **out, struct acg_error *err)
{
    struct acgp_journal *j = NULL;
    enum acg_status status = ACG_OK;
    int error = 0;

    if (dir == NULL || dir[0] == '\0')
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "journal_dir",
                               "empty; leave it out or name a directory");
    j = acgp_alloc(1, sizeof *j);
    if (j == NULL || (j->path = trimmed(dir)) == NULL) {
        acgp_free(j);
        return acgp_fail_nomem(err);
    }
    error = open_or_make(j->path, make, &j->fd);
    if (error == 0)
        status = check(j, err);
    else if (error == ENOMEM)
        status = acgp_fail_nomem(err);
    else if (error != ENOENT || make)
        status = acgp_journal_fail(err, make ? "cannot make the directory" : "cannot open the directory",
                                   j->path, error);
    if (status == ACG_OK && error == 0) {
        *out = j;
        return ACG_OK;
    }
    if (status == ACG_OK)
        *out = NULL;
    acgp_journal_free(j);
    return status;
}

void acgp_journal_free(struct acgp_journal *j)
{
    if (j == NULL)
        return;
    if (j->fd >= 0)
        (void)close(j->fd);
    acgp_free(j->path);
    acgp_free(j);
}

DIR *acgp_journal_names(const struct acgp_journal *j)
{
    int fd = openat(j->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = fd >= 0 ? fdopendir(fd) : NULL;

    if (names == NULL && fd >= 0)
        (void)close(fd);
    return names;
}

bool acgp_journal_key_of(const char *name, char out[ACGP_DIGEST_TEXT])
{
    size_t digits = strspn(name, "0123456789abcdef");

    if (digits != ACGP_DIGEST_TEXT - 1 || !acgp_equal(name + digits, ".jsonl"))
        return false;
    memcpy(out, name, digits);
    out[digits] = '\0';
    return true;
}

static bool old(const struct acgp_journal *j, const char *name, int64_t now_unix_s)
{
    struct stat s;

    return fstatat(j->fd, name, &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(s.st_mode) &&
           now_unix_s - (int64_t)s.st_mtime > ACGP_JOURNAL_KEPT_S;
}

/* It is held while it is judged: nobody can begin a run on it meanwhile. */
static void remove_finished(struct acgp_journal *j, const char *name, const char *key)
{
    struct acgp_journal_file *file = NULL;
    struct acgp_recollection r = {.known = false};
    bool finished = false;

    if (acgp_journal_take(j, key, &file, NULL) == ACG_OK && file != NULL)
        finished = acgp_journal_recall(file, &r, NULL) == ACG_OK && r.known && !r.unfinished;
    if (finished)
        (void)unlinkat(j->fd, name, 0);
    acgp_recollection_done(&r);
    acgp_journal_release(file);
}

/* The next name of a key's old file. @param seen in and out. @return false: there is none. */
static bool next_old(const struct acgp_journal *j, DIR *names, int64_t now_unix_s, size_t *seen,
                     const char **out_name, char out_key[ACGP_DIGEST_TEXT])
{
    const struct dirent *entry = NULL;

    while (*seen < SWEEP_NAMES_MAX && (entry = readdir(names)) != NULL) {
        ++*seen;
        *out_name = entry->d_name;
        if (acgp_journal_key_of(entry->d_name, out_key) && old(j, entry->d_name, now_unix_s))
            return true;
    }
    return false;
}

void acgp_journal_sweep(struct acgp_journal *j, int64_t now_unix_s)
{
    DIR *names = acgp_journal_names(j);
    const char *name = NULL;
    char key[ACGP_DIGEST_TEXT];
    size_t seen = 0, count = 0, from = 0;

    if (names == NULL)
        return;
    while (next_old(j, names, now_unix_s, &seen, &name, key))
        count++;
    if (count > SWEEP_FILES_MAX) /* unfinished ones stay: each start looks at others */
        from = (size_t)(now_unix_s % (int64_t)count);
    rewinddir(names);
    seen = 0;
    for (size_t i = 0; i < from + SWEEP_FILES_MAX && next_old(j, names, now_unix_s, &seen, &name, key); i++)
        if (i >= from)
            remove_finished(j, name, key);
    (void)closedir(names);
}
