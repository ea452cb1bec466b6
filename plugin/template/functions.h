/* SPDX-License-Identifier: MPL-2.0 */
/** The functions that a template may call: those of text/template and those of the SDK. */
#ifndef PKR_TEMPLATE_FUNCTIONS_H
#define PKR_TEMPLATE_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "template/run.h"
#include "template/value.h"

/** What a function is called with; its number and kinds of arguments are checked before. */
struct pkr_tpl_call {
    struct pkr_tpl_run *run;
    const struct pkr_template_data *data;
    const struct pkr_tpl_function *function;
    const struct pkr_tpl_value *args;
    size_t count;
    struct pkr_tpl_value *out; /* untouched on failure */
};

enum pkr_tpl_way {
    PKR_TPL_STRICT, /* waits when an argument waits */
    PKR_TPL_EAGER,  /* is run whatever its arguments are: it fails anyway */
    PKR_TPL_AND,    /* evaluated argument by argument */
    PKR_TPL_OR
};

struct pkr_tpl_function {
    const char *name;
    /* A letter for each parameter: s text, i int, v any; a '*' behind the last lets it repeat, 0 times on. */
    const char *params;
    /* @return false: the run has failed. */
    bool (*run)(struct pkr_tpl_call *call);
    enum pkr_tpl_way way;
};

/** NULL when there is none. */
const struct pkr_tpl_function *pkr_tpl_find_function(struct acg_span name);

/** Fail in the name of the function; no argument is shown, it may be a secret. */
bool pkr_tpl_refuse(struct pkr_tpl_call *call, const char *why);
/** Give back a text. @return false when the run has failed. */
bool pkr_tpl_return_text(struct pkr_tpl_call *call, const struct pkr_tpl_text *text);

/* of text/template */
bool pkr_tpl_call_len(struct pkr_tpl_call *call);
bool pkr_tpl_call_not(struct pkr_tpl_call *call);
bool pkr_tpl_call_index(struct pkr_tpl_call *call);
bool pkr_tpl_call_slice(struct pkr_tpl_call *call);
bool pkr_tpl_call_call(struct pkr_tpl_call *call);
bool pkr_tpl_call_print(struct pkr_tpl_call *call);
bool pkr_tpl_call_printf(struct pkr_tpl_call *call);
bool pkr_tpl_call_println(struct pkr_tpl_call *call);
bool pkr_tpl_call_html(struct pkr_tpl_call *call);
bool pkr_tpl_call_js(struct pkr_tpl_call *call);
bool pkr_tpl_call_urlquery(struct pkr_tpl_call *call);
bool pkr_tpl_call_eq(struct pkr_tpl_call *call);
bool pkr_tpl_call_ne(struct pkr_tpl_call *call);
bool pkr_tpl_call_lt(struct pkr_tpl_call *call);
bool pkr_tpl_call_le(struct pkr_tpl_call *call);
bool pkr_tpl_call_gt(struct pkr_tpl_call *call);
bool pkr_tpl_call_ge(struct pkr_tpl_call *call);

/* of the SDK */
bool pkr_tpl_call_build_name(struct pkr_tpl_call *call);
bool pkr_tpl_call_build_type(struct pkr_tpl_call *call);
bool pkr_tpl_call_packer_version(struct pkr_tpl_call *call);
bool pkr_tpl_call_pwd(struct pkr_tpl_call *call);
bool pkr_tpl_call_template_dir(struct pkr_tpl_call *call);
bool pkr_tpl_call_user(struct pkr_tpl_call *call);
bool pkr_tpl_call_build(struct pkr_tpl_call *call);
bool pkr_tpl_call_timestamp(struct pkr_tpl_call *call);
bool pkr_tpl_call_isotime(struct pkr_tpl_call *call);
bool pkr_tpl_call_strftime(struct pkr_tpl_call *call);
bool pkr_tpl_call_uuid(struct pkr_tpl_call *call);
bool pkr_tpl_call_upper(struct pkr_tpl_call *call);
bool pkr_tpl_call_lower(struct pkr_tpl_call *call);
bool pkr_tpl_call_replace(struct pkr_tpl_call *call);
bool pkr_tpl_call_replace_all(struct pkr_tpl_call *call);
bool pkr_tpl_call_split(struct pkr_tpl_call *call);
bool pkr_tpl_call_variables_only(struct pkr_tpl_call *call);
bool pkr_tpl_call_sed(struct pkr_tpl_call *call);

#endif
