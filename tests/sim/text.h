/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SIM_TEXT_H
#define SIM_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Small text helpers. Running out of memory ends the simulator with a message: it is a test tool on a
 * developer's machine, and no caller could go on. */

#define SIM_GUID_SIZE 37 /* 36 characters and NUL */

/** Allocate; never returns NULL. The caller frees with free(). */
void *sim_alloc(size_t size);
char *sim_copy(const char *text);
char *sim_copy_n(const char *text, size_t length);

/** printf into fresh memory, owned by the caller. */
char *sim_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Equal without regard to ASCII case: resource ids, type names, region names. NULL equals nothing. */
bool sim_same(const char *a, const char *b);
bool sim_same_n(const char *a, const char *b, size_t length);
bool sim_starts(const char *text, const char *prefix);

/** A lower-case copy, owned by the caller. */
char *sim_lower(const char *text);

/** Pattern with * (any run) and ? (one character), case ignored, whole text. */
bool sim_glob(const char *pattern, const char *text);

/** A random version 4 GUID in lower case. */
void sim_guid(char out[SIM_GUID_SIZE]);

/** Random text of n letters and digits, NUL at out[n]; from the system's random source. */
void sim_random_text(char *out, size_t n);

/** Decode %XX (and + as space when form is set) in place. False on a bad escape or an encoded NUL. */
bool sim_unescape(char *text, bool form);

/** A growable text. Starts as {0}; data is NULL until something is added; free with free(s.data). */
struct sim_str {
    char *data;
    size_t length;
    size_t capacity;
};
void sim_str_add(struct sim_str *s, const char *bytes, size_t length);
void sim_str_text(struct sim_str *s, const char *text);

#endif
