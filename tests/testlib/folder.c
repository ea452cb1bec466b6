/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/folder.h"

#include <stdio.h>
#include <stdlib.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 65536 };

struct folder folder_make(void)
{
    const char *parent = getenv("TMPDIR");
    struct folder f;

    snprintf(f.path, sizeof f.path, "%s/acg-test-XXXXXX", parent != NULL ? parent : "/tmp");
    assert_non_null(mkdtemp(f.path));
    return f;
}

static void empty(const char *path)
{
    DIR *names = opendir(path);
    const struct dirent *entry = NULL;
    char child[2 * FOLDER_PATH_MAX];

    while (names != NULL && (entry = readdir(names)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        if (unlink(child) != 0) {
            empty(child);
            assert_int_equal(rmdir(child), 0);
        }
    }
    if (names != NULL)
        closedir(names);
}

void folder_remove(struct folder *f)
{
    empty(f->path);
    assert_int_equal(rmdir(f->path), 0);
    f->path[0] = '\0';
}

const char *folder_at(const struct folder *f, const char *name)
{
    static char paths[4][2 * FOLDER_PATH_MAX];
    static unsigned turn;
    char *out = paths[turn++ % 4];

    snprintf(out, sizeof paths[0], "%s/%s", f->path, name);
    return out;
}

const char *folder_read(const struct folder *f, const char *name)
{
    static char text[TEXT_MAX];
    FILE *file = fopen(folder_at(f, name), "r");
    size_t n = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;

    if (file != NULL)
        fclose(file);
    text[n] = '\0';
    return text;
}

void folder_write(const struct folder *f, const char *name, const char *text)
{
    FILE *file = fopen(folder_at(f, name), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

size_t folder_count(const struct folder *f, const char *name)
{
    DIR *names = opendir(folder_at(f, name));
    size_t n = 0;

    assert_non_null(names);
    while (readdir(names) != NULL)
        n++;
    closedir(names);
    return n - 2;
}

unsigned folder_mode(const struct folder *f, const char *name)
{
    struct stat s;

    return lstat(folder_at(f, name), &s) == 0 ? s.st_mode & 07777u : 0;
}
