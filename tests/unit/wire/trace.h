/* SPDX-License-Identifier: MPL-2.0 */
/** Written-down connections: one yamux frame per line, ">" from Packer, "<" from the plugin, each with a
 * comment before it that says what it means in words. */
#ifndef UNIT_WIRE_TRACE_H
#define UNIT_WIRE_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include <acg/span.h>

#include "wire/value.h"
#include "wire/yamux_frame.h"

struct trace_line {
    bool from_packer;
    struct pkr_frame frame;
    struct acg_span
        bytes; /* header and payload; a payload that was cut when writing it down is filled with zeros */
    bool cut;
    char *comment; /* "" when there was none */
};

struct trace {
    struct trace_line *lines;
    size_t count;
    bool cut; /* some payload was */
};

/** Read a file; fails the test when it is not such a file. */
struct trace *trace_read(const char *path);
void trace_free(struct trace *trace);

/** A value in the comments' notation, Python's: {'Seq': 1, 'Args': [b'x', None, True]}. @return acgp_free. */
char *trace_value_text(const struct pkr_value *v);

#endif
