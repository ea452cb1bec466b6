/* SPDX-License-Identifier: MPL-2.0 */
#define _GNU_SOURCE    /* F_OFD_SETLK: a lock of this open file, which another of the same process does not  \
                          share */
#include "engine/journal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <fcntl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"

enum { TAKES_MAX = 16 }; /* a file may be removed between opening and locking it; so often it is not */

static void name_of(const char *key, char out[ACGP_JOURNAL_NAME])
{
    (void)snprintf(out, ACGP_JOURNAL_NAME, "%s.jsonl", key);
}

/* The path of a key's file, for messages. */
static void path_of(const struct acgp_journal *j, const char *key, char *out, size_t size)
{
    (void)snprintf(out, size, "%s/%s.jsonl", j->path, key);
}

static enum acg_status fail(const struct acgp_journal *j, const char *key, const char *what, int error,
                            struct acg_error *err)
{
    char path[1024];

    path_of(j, key, path, sizeof path);
    return acgp_journal_fail(err, what, path, error);
}

/* ---- reading ---- */

static enum acg_status read_end(const struct acgp_journal *j, const char *key, int fd, off_t size,
                                struct acgp_buf *out, struct acg_error *err)
{
    off_t at = size > ACGP_JOURNAL_MAX ? size - ACGP_JOURNAL_MAX : 0;

    while (at < size) {
        char *room = acgp_buf_reserve(out, (size_t)(size - at));
        ssize_t n = room != NULL ? pread(fd, room, (size_t)(size - at), at) : 0;
        if (room == NULL)
            return acgp_fail_nomem(err);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(j, key, "cannot read the journal", errno, err);
        if (n == 0)
            break;
        out->len += (size_t)n;
        at += n;
    }
    return ACG_OK;
}

static enum acg_status read_file(const struct acgp_journal *j, const char *key, int fd,
                                 struct acgp_recollection *out, struct acg_error *err)
{
    struct acgp_buf bytes;
    struct stat s;
    enum acg_status status = ACG_OK;

    if (fstat(fd, &s) != 0)
        return fail(j, key, "cannot read the journal", errno, err);
    acgp_buf_init(&bytes, ACGP_JOURNAL_MAX);
    status = read_end(j, key, fd, s.st_size, &bytes, err);
    if (status == ACG_OK)
        status = acgp_recollect(acgp_buf_view(&bytes), key, out, err);
    acgp_buf_done(&bytes);
    return status;
}

/* A file of ours in a directory of ours; and one that is a file. */
static enum acg_status check(const struct acgp_journal *j, const char *key, int fd, struct acg_error *err)
{
    char path[1024];
    struct stat s;

    if (fstat(fd, &s) != 0)
        return fail(j, key, "cannot look at the journal", errno, err);
    path_of(j, key, path, sizeof path);
    if (!S_ISREG(s.st_mode))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "journal_dir", "%s is no file; remove it", path);
    return acgp_journal_owned(&s, path, err);
}

/* ---- one run at a time ---- */

/* @return 0, EAGAIN when another holds it, or errno's number. */
static int lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
        return 0;
    return errno == EACCES ? EAGAIN : errno;
}

/* Asks without taking: who looks never gets in a run's way. */
static bool locked(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    return fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

/* Is it still the file of that name? */
static bool still_there(const struct acgp_journal *j, const char *name, int fd)
{
    struct stat open_file, named;

    return fstat(fd, &open_file) == 0 && fstatat(j->fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           open_file.st_ino == named.st_ino && open_file.st_dev == named.st_dev;
}

/* Open and lock. @param out the descriptor; -1: another run holds it. */
static enum acg_status open_locked(const struct acgp_journal *j, const char *key, int *out,
                                   struct acg_error *err)
{
    char name[ACGP_JOURNAL_NAME];

    name_of(key, name);
    for (int i = 0; i < TAKES_MAX; i++) {
        int fd = openat(j->fd, name, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
        int error = fd < 0 ? errno : 0;
        enum acg_status status =
            error != 0 ? fail(j, key, "cannot open the journal", error, err) : check(j, key, fd, err);
        if (status == ACG_OK && (error = lock(fd)) != 0 && error != EAGAIN)
            status = fail(j, key, "cannot lock the journal", error, err);
        if (status == ACG_OK && error == 0 && still_there(j, name, fd)) {
            *out = fd;
            return ACG_OK;
        }
        if (fd >= 0)
            (void)close(fd);
        if (status != ACG_OK || error == EAGAIN) {
            *out = -1;
            return status;
        }
    }
    return fail(j, key, "cannot hold the journal", ESTALE, err);
}

/* What a crash may have left: an entry that is not on the disk, a last line without its end. */
static enum acg_status settle(struct acgp_journal_file *file, struct acg_error *err)
{
    struct stat s;
    char last = '\n';
    ssize_t n = 1;

    if (fstat(file->fd, &s) != 0)
        return fail(file->journal, file->key, "cannot read the journal", errno, err);
    if (s.st_size == 0 && fsync(file->journal->fd) != 0 && errno != EINVAL)
        return fail(file->journal, file->key, "cannot make the journal", errno, err);
    if (s.st_size > 0)
        n = pread(file->fd, &last, 1, s.st_size - 1);
    if (n < 0)
        return fail(file->journal, file->key, "cannot read the journal", errno, err);
    file->torn = last != '\n';
    return ACG_OK;
}

enum acg_status acgp_journal_take(struct acgp_journal *j, const char *key, struct acgp_journal_file **out,
                                  struct acg_error *err)
{
    struct acgp_journal_file *file = acgp_alloc(1, sizeof *file);
    enum acg_status status = ACG_OK;

    if (file == NULL)
        return acgp_fail_nomem(err);
    file->journal = j;
    file->fd = -1;
    (void)snprintf(file->key, sizeof file->key, "%s", key);
    status = open_locked(j, key, &file->fd, err);
    if (status == ACG_OK && file->fd >= 0)
        status = settle(file, err);
    if (status == ACG_OK && file->fd >= 0) {
        *out = file;
        return ACG_OK;
    }
    if (status == ACG_OK)
        *out = NULL;
    acgp_journal_release(file);
    return status;
}

enum acg_status acgp_journal_recall(const struct acgp_journal_file *file, struct acgp_recollection *out,
                                    struct acg_error *err)
{
    return read_file(file->journal, file->key, file->fd, out, err);
}

enum acg_status acgp_journal_look(const struct acgp_journal *j, const char *key, bool *out_running,
                                  struct acgp_recollection *out, struct acg_error *err)
{
    char name[ACGP_JOURNAL_NAME];
    enum acg_status status = ACG_OK;
    int fd = -1;

    name_of(key, name);
    *out_running = false;
    fd = openat(j->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ACG_OK : fail(j, key, "cannot open the journal", errno, err);
    status = check(j, key, fd, err);
    if (status == ACG_OK) {
        *out_running = locked(fd); /* before the lines: a run that ends meanwhile has then ended in them */
        status = read_file(j, key, fd, out, err);
    }
    (void)close(fd);
    return status;
}

/* ---- writing ---- */

/* One write; what a full disk cuts short is tried once more, to hear why. @return 0, or errno's number. */
static int write_all(int fd, struct acg_span text)
{
    while (text.len != 0) {
        ssize_t n = write(fd, text.data, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : ENOSPC;
        text.data += n;
        text.len -= (size_t)n;
    }
    return 0;
}

enum acg_status acgp_journal_append(struct acgp_journal_file *file, const struct acgp_record *record,
                                    struct acg_error *err)
{
    struct acgp_buf line;
    bool made = false;
    int error = 0;

    acgp_buf_init(&line, ACGP_RECORD_MAX + 2);
    made = (!file->torn || acgp_buf_text(&line, "\n")) && acgp_record_line(record, &line);
    if (made)
        error = write_all(file->fd, acgp_buf_view(&line));
    acgp_buf_done(&line);
    if (!made)
        return acgp_fail_nomem(err);
    file->torn = error != 0;
    if (error == 0 && fdatasync(file->fd) != 0)
        error = errno;
    return error == 0 ? ACG_OK : fail(file->journal, file->key, "cannot write the journal", error, err);
}

void acgp_journal_release(struct acgp_journal_file *file)
{
    char name[ACGP_JOURNAL_NAME];
    struct stat s;

    if (file == NULL)
        return;
    name_of(file->key, name);
    if (file->fd >= 0 && fstat(file->fd, &s) == 0 && s.st_size == 0) /* held until it is gone */
        (void)unlinkat(file->journal->fd, name, 0);
    if (file->fd >= 0)
        (void)close(file->fd);
    acgp_free(file);
}
