/* SPDX-License-Identifier: MPL-2.0 */
/* What a client may not say for its host. */
#include <jansson.h>

#include "base/error.h"
#include "spec/fields.h"
#include "spec/state.h"

enum acg_status pkr_host_field(struct acg_span text, const char **out, struct acg_error *err)
{
    const struct pkr_field_group *top = pkr_fields();
    json_error_t why = {.line = 0};
    json_t *root = json_loadb(text.len > 0 ? text.data : "", text.len, JSON_DECODE_INT_AS_REAL, &why);

    if (root == NULL && json_error_code(&why) == json_error_out_of_memory)
        return acgp_fail_nomem(err);
    *out = NULL;
    for (size_t i = 0; i < top->count && *out == NULL; i++)
        if ((top->rows[i].flags & PKR_HOST) != 0 && json_object_get(root, top->rows[i].name) != NULL)
            *out = top->rows[i].name;
    pkr_json_wipe(root);
    json_decref(root);
    return ACG_OK;
}
