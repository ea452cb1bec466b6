/* SPDX-License-Identifier: MPL-2.0 */
/** Values of the evaluation: what Go's reflection would see. Plain data; texts, items and entries are lent by
 *  the caller's data, by the template or by the run. */
#ifndef PKR_TEMPLATE_VALUE_H
#define PKR_TEMPLATE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "template/run.h"
#include "template/template.h"

enum pkr_tpl_kind {
    PKR_TPL_NOTHING = 0, /* no value at all: a missing field, or nil behind a pipeline */
    PKR_TPL_NULL,        /* nil as an item or a field of the data: its fields are an error */
    PKR_TPL_BOOL,
    PKR_TPL_INT,
    PKR_TPL_BYTE, /* what index takes out of a text; Go's uint8 */
    PKR_TPL_FLOAT,
    PKR_TPL_STRING,
    PKR_TPL_LIST,
    PKR_TPL_MAP,
    PKR_TPL_KEYS, /* a map in which nil stands for what is not known yet */
    PKR_TPL_LATER /* not known yet, nor what comes of it */
};

struct pkr_tpl_value {
    enum pkr_tpl_kind kind;
    union {
        bool boolean;
        int64_t number;
        double real;
        struct acg_span text;
        struct {
            const struct pkr_template_value *items;
            size_t count;
            size_t capacity; /* what a slice of it may reach */
        } list;
        struct {
            const struct pkr_template_entry *entries;
            size_t count;
        } map;
    } as;
};

struct pkr_tpl_value pkr_tpl_of(const struct pkr_template_value *data);
struct pkr_tpl_value pkr_tpl_bool(bool boolean);
struct pkr_tpl_value pkr_tpl_int(int64_t number);
struct pkr_tpl_value pkr_tpl_string(struct acg_span text);
/** nil, in either form. */
bool pkr_tpl_is_nil(const struct pkr_tpl_value *v);
/** Not known before the build. */
bool pkr_tpl_waits(const struct pkr_tpl_value *v);
/** Neither false, zero, nil nor empty. */
bool pkr_tpl_truth(const struct pkr_tpl_value *v);
/** The name of its type in Go, for printf. */
const char *pkr_tpl_type(const struct pkr_tpl_value *v);

/** The order of two texts, by their bytes: negative, 0 or positive. */
int pkr_tpl_compare(struct acg_span a, struct acg_span b);

/** What a key of a map holds, the last of equal keys; *out NULL when it is not there.
 *  @return false: the run has failed, as with the next. */
bool pkr_tpl_get(struct pkr_tpl_run *run, const struct pkr_tpl_value *map, struct acg_span key,
                 const struct pkr_template_value **out);
/** The entries of a map in the order of their keys, each key once; in the run's memory. */
bool pkr_tpl_sorted(struct pkr_tpl_run *run, const struct pkr_tpl_value *map,
                    const struct pkr_template_entry ***out, size_t *out_count);

#endif
