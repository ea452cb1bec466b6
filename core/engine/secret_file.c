/* SPDX-License-Identifier: MPL-2.0 */
#include "engine/secret_file.h"

#include <errno.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

static const char *why(int error)
{
    switch (error) {
    case ENOENT:
        return "cannot be read: there is no such file";
    case EACCES:
    case EPERM:
        return "cannot be read: no permission";
    case ELOOP:
        return "is a link, which is not followed here";
    case ENOMEM:
        return "cannot be read: out of memory";
    default:
        return "cannot be read";
    }
}

static const char *read_all(int fd, size_t max, struct acgp_buf *b)
{
    char *at = acgp_buf_reserve(b, max + 1);
    ssize_t n = 1;

    if (at == NULL)
        return why(ENOMEM);
    while (n > 0 && b->len <= max) {
        n = read(fd, at + b->len, max + 1 - b->len);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            b->len += (size_t)n;
    }
    if (n < 0)
        return why(errno);
    return b->len > max ? "is too long for what it should hold" : b->len == 0 ? "is empty" : NULL;
}

const char *acgp_secret_file_read(const char *path, size_t max, bool plain, struct acgp_secret *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (plain ? O_NOFOLLOW : 0));
    struct stat st;
    struct acgp_buf b;
    const char *fault = NULL;

    if (fd < 0)
        return why(errno);
    acgp_buf_init(&b, max + 1);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        fault = "is no regular file";
    else
        fault = read_all(fd, max, &b);
    close(fd);
    if (fault == NULL && !acgp_secret_set(out, acgp_buf_view(&b)))
        fault = why(ENOMEM);
    acgp_buf_wipe(&b);
    return fault;
}
