/* SPDX-License-Identifier: MPL-2.0 */
/** Memory for a secret: filled by copying or moving, wiped when freed, never printed. */
#ifndef ACGP_SECRET_H
#define ACGP_SECRET_H

#include <stdbool.h>

#include <acg/span.h>

struct acgp_secret {
    char *bytes; /* do not touch; use acgp_secret_expose in the few places that may */
    size_t len;
};

void acgp_secret_init(struct acgp_secret *s);
/** Wipe and free. */
void acgp_secret_done(struct acgp_secret *s);
/** Copy text into *s; what it held is wiped. @return false: out of memory, *s unchanged. */
bool acgp_secret_set(struct acgp_secret *s, struct acg_span text);
/** Move from into to; from is empty afterwards. */
void acgp_secret_move(struct acgp_secret *to, struct acgp_secret *from);
bool acgp_secret_empty(const struct acgp_secret *s);
/** The clear text, NUL-terminated, lent. Callers are counted by a check: four files of core may. */
struct acg_span acgp_secret_expose(const struct acgp_secret *s);

#endif
