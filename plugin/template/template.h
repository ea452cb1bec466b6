/* SPDX-License-Identifier: MPL-2.0 */
/** Go's text/template as Packer's plugins evaluate it: the text of one configuration value in, the rendered
 *  text out. JSON templates hold actions such as {{user `name`}} or {{isotime "2006-01-02"}} in any string;
 * HCL2 passes them through. Pure: the clock, randomness and the folder are arguments. Nothing here blocks.
 *
 *  What is there: text and trim marks; pipelines, parentheses, variables; if, else, with, range, break,
 *  continue; define, template, block; comments; the functions of text/template and those of
 *  packer-plugin-sdk 0.6.10 (template/interpolate/funcs.go), as Go 1.26 runs them. A missing field of a map
 * prints "<no value>", as in Go. A function that the SDK keeps for Packer itself (env, consul_key, vault,
 * ...) is refused by name. Case, letters and what %q shows are those of all of Unicode 15.0.
 *
 *  What is not: complex numbers, the address of a list or a map (%p), and what exceeds the caps below, which
 *  are an error. The time in a uuid is that of the start, not that of the call. As the SDK does with a
 *  configuration, a text is rendered once: what comes out is not looked at again.
 *
 *  Rendering happens twice. At Configure the build has not run: an action that asks for one of its values
 * (the `build` function, a field of the incoming artifact) makes the whole text *later*, and so does what is
 * made of such a value; the rest is judged as far as no decision depends on it. At PostProcess the same text
 * is rendered with the values. */
#ifndef PKR_TEMPLATE_H
#define PKR_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/span.h>

#include "base/buf.h"

/** Longest template, bytes: a configuration value is a line or two. */
#define PKR_TEMPLATE_BYTES_MAX ((size_t)64 * 1024)
/** Deepest nesting of actions, parentheses and templates that call each other. */
#define PKR_TEMPLATE_DEPTH_MAX 64u
/** Most steps of one rendering: nested ranges multiply. */
#define PKR_TEMPLATE_STEPS_MAX 100000u

enum pkr_template_kind {
    PKR_TEMPLATE_NIL = 0,
    PKR_TEMPLATE_BOOL,
    PKR_TEMPLATE_INT,
    PKR_TEMPLATE_FLOAT,
    PKR_TEMPLATE_TEXT,
    PKR_TEMPLATE_LIST,
    PKR_TEMPLATE_MAP
};

struct pkr_template_entry;

/** A value that a template may use. Plain data; everything is borrowed. */
struct pkr_template_value {
    enum pkr_template_kind kind;
    union {
        bool boolean;
        int64_t number;
        double real;
        struct acg_span text;
        struct {
            const struct pkr_template_value *items;
            size_t count;
        } list;
        struct {
            const struct pkr_template_entry *entries; /* any order; of equal keys the last counts */
            size_t count;
        } map;
    } as;
};

struct pkr_template_entry {
    struct acg_span key;
    struct pkr_template_value value;
};

/** Work that several renderings share, so that many short templates cannot hold up their host: each caps
 * alone, and takes from here what it used. */
struct pkr_template_budget {
    size_t steps;
    size_t bytes; /* of memory, counted each time it is taken */
};

/** For one configuration: a fraction of a second. */
#define PKR_TEMPLATE_BUDGET_INIT                                                                             \
    {                                                                                                        \
        .steps = 2 * PKR_TEMPLATE_STEPS_MAX, .bytes = (size_t)32 * 1024 * 1024                               \
    }

/** What a rendering may use. Plain data; everything is borrowed for the call. */
struct pkr_template_data {
    /* Of the configuration Packer sent; NULL or empty: absent, and its function an error. */
    const char *build_name;
    const char *builder_type;
    const char *packer_version;
    const char *template_path;             /* absolute path of the JSON template */
    const char *folder;                    /* for pwd */
    const struct pkr_template_value *user; /* MAP of texts; NULL: absent, as with HCL2 */
    /* MAP of the build's values, or at Configure of their placeholders, whose keys alone count; NULL: none,
     * as with HCL2 at Configure. */
    const struct pkr_template_value *build;
    /* MAP: what '.' is. At Configure a NIL in it is a value that is not known yet. */
    const struct pkr_template_value *dot;
    bool later;                         /* Configure: values of build and dot are not known yet */
    int64_t started_unix_s;             /* of timestamp, isotime, strftime: when the plugin started */
    uint32_t started_ns;                /* 0 to 999,999,999: the part of a second, for layouts that show it */
    uint64_t *random;                   /* state of the generator behind uuid; not NULL */
    struct pkr_template_budget *budget; /* shared with other renderings; NULL: the caps of this one alone */
};

/** Render one text.
 *  @param text borrowed; at most PKR_TEMPLATE_BYTES_MAX.
 *  @param out borrowed: the result is appended; unchanged on failure and when it is for later.
 *  @param out_later set to whether the text waits for values of the build (only with data->later); its syntax
 * has been checked. Untouched on failure.
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->message says what is wrong, in one line, without the text itself:
 * it may hold a secret) | ACG_ERR_LIMIT (a cap above, or the buffer's) | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_template_render(struct acg_span text, const struct pkr_template_data *data,
                                                  struct acgp_buf *out, bool *out_later,
                                                  struct acg_error *err);

#endif
