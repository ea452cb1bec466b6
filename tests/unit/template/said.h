/* SPDX-License-Identifier: MPL-2.0 */
/** One rendering in a line of a test. */
#ifndef ACG_UNIT_TEMPLATE_SAID_H
#define ACG_UNIT_TEMPLATE_SAID_H

#include "given.h"

/** It gives a text. */
void said_text(enum given_phase phase, const char *template, const char *expected);
/** It waits for the build. */
void said_later(const char *template);
/** It is wrong, and the message names a word; of the template's own texts it holds none that begins with
 * "s3cr3t". */
void said_wrong(enum given_phase phase, const char *template, const char *word);
/** It meets a cap. */
void said_limit(const char *template, const char *word);

#endif
