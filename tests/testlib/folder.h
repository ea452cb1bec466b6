/* SPDX-License-Identifier: MPL-2.0 */
/** A folder of a test's own on the disk, and what lies in it. */
#ifndef ACG_TESTLIB_FOLDER_H
#define ACG_TESTLIB_FOLDER_H

#include "testlib/test.h"

enum { FOLDER_PATH_MAX = 512 };

struct folder {
    char path[FOLDER_PATH_MAX];
};

struct folder folder_make(void);
/** With everything in it. */
void folder_remove(struct folder *f);
/** The path of a thing in it; valid until the next call but three. */
const char *folder_at(const struct folder *f, const char *name);
/** The content of a file; valid until the next call. "" for none. */
const char *folder_read(const struct folder *f, const char *name);
void folder_write(const struct folder *f, const char *name, const char *text);
/** Entries but . and .. */
size_t folder_count(const struct folder *f, const char *name);
/** Permissions of a thing, as of stat; 0: it is not there. */
unsigned folder_mode(const struct folder *f, const char *name);

#endif
