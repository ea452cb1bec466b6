/* SPDX-License-Identifier: MPL-2.0 */
/** A small file that holds a secret. */
#ifndef ACGP_SECRET_FILE_H
#define ACGP_SECRET_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/secret.h"

/** Read all of it, at once: a regular file on a disk does not make anybody wait.
 *  @param max   a longer file is refused.   @param plain the last part of the path may be no link.
 *  @param out   initialised by caller; filled on success.
 *  @return NULL | what is wrong, behind the path: "cannot be read: no permission". Static text. */
const char *acgp_secret_file_read(const char *path, size_t max, bool plain, struct acgp_secret *out);

#endif
