/* SPDX-License-Identifier: MPL-2.0 */
#include "template/functions.h"

#include <string.h>

#include "base/span.h"

/* In the order of their names. */
static const struct pkr_tpl_function functions[] = {
    {"and", "vv*", NULL, PKR_TPL_AND},
    {"aws_secretsmanager", "s*", pkr_tpl_call_variables_only, PKR_TPL_EAGER},
    {"aws_secretsmanager_raw", "s", pkr_tpl_call_variables_only, PKR_TPL_EAGER},
    {"build", "s", pkr_tpl_call_build, PKR_TPL_STRICT},
    {"build_name", "", pkr_tpl_call_build_name, PKR_TPL_STRICT},
    {"build_type", "", pkr_tpl_call_build_type, PKR_TPL_STRICT},
    {"call", "vv*", pkr_tpl_call_call, PKR_TPL_EAGER},
    {"consul_key", "s", pkr_tpl_call_variables_only, PKR_TPL_EAGER},
    {"env", "s", pkr_tpl_call_variables_only, PKR_TPL_EAGER},
    {"eq", "vv*", pkr_tpl_call_eq, PKR_TPL_STRICT},
    {"ge", "vv", pkr_tpl_call_ge, PKR_TPL_STRICT},
    {"gt", "vv", pkr_tpl_call_gt, PKR_TPL_STRICT},
    {"html", "v*", pkr_tpl_call_html, PKR_TPL_STRICT},
    {"index", "vv*", pkr_tpl_call_index, PKR_TPL_STRICT},
    {"isotime", "s*", pkr_tpl_call_isotime, PKR_TPL_STRICT},
    {"js", "v*", pkr_tpl_call_js, PKR_TPL_STRICT},
    {"le", "vv", pkr_tpl_call_le, PKR_TPL_STRICT},
    {"len", "v", pkr_tpl_call_len, PKR_TPL_STRICT},
    {"lower", "s", pkr_tpl_call_lower, PKR_TPL_STRICT},
    {"lt", "vv", pkr_tpl_call_lt, PKR_TPL_STRICT},
    {"ne", "vv", pkr_tpl_call_ne, PKR_TPL_STRICT},
    {"not", "v", pkr_tpl_call_not, PKR_TPL_STRICT},
    {"or", "vv*", NULL, PKR_TPL_OR},
    {"packer_version", "", pkr_tpl_call_packer_version, PKR_TPL_STRICT},
    {"print", "v*", pkr_tpl_call_print, PKR_TPL_STRICT},
    {"printf", "sv*", pkr_tpl_call_printf, PKR_TPL_STRICT},
    {"println", "v*", pkr_tpl_call_println, PKR_TPL_STRICT},
    {"pwd", "", pkr_tpl_call_pwd, PKR_TPL_STRICT},
    {"replace", "ssis", pkr_tpl_call_replace, PKR_TPL_STRICT},
    {"replace_all", "sss", pkr_tpl_call_replace_all, PKR_TPL_STRICT},
    {"sed", "ss", pkr_tpl_call_sed, PKR_TPL_EAGER},
    {"slice", "vv*", pkr_tpl_call_slice, PKR_TPL_STRICT},
    {"split", "ssi", pkr_tpl_call_split, PKR_TPL_STRICT},
    {"strftime", "s", pkr_tpl_call_strftime, PKR_TPL_STRICT},
    {"template_dir", "", pkr_tpl_call_template_dir, PKR_TPL_STRICT},
    {"timestamp", "", pkr_tpl_call_timestamp, PKR_TPL_STRICT},
    {"upper", "s", pkr_tpl_call_upper, PKR_TPL_STRICT},
    {"urlquery", "v*", pkr_tpl_call_urlquery, PKR_TPL_STRICT},
    {"user", "s", pkr_tpl_call_user, PKR_TPL_STRICT},
    {"uuid", "", pkr_tpl_call_uuid, PKR_TPL_STRICT},
    {"vault", "ss", pkr_tpl_call_variables_only, PKR_TPL_EAGER},
};

const struct pkr_tpl_function *pkr_tpl_find_function(struct acg_span name)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (acgp_span_equal(acgp_span(functions[i].name), name))
            return &functions[i];
    return NULL;
}

bool pkr_tpl_refuse(struct pkr_tpl_call *call, const char *why)
{
    return pkr_tpl_fail(call->run, "the template's function %s: %s", call->function->name, why);
}

bool pkr_tpl_return_text(struct pkr_tpl_call *call, const struct pkr_tpl_text *text)
{
    if (call->run->status != ACG_OK)
        return false;
    *call->out = pkr_tpl_string(pkr_tpl_text_view(text));
    return true;
}
