/* SPDX-License-Identifier: MPL-2.0 */
/* What a client may not say for its host. */
#include <jansson.h>

#include "spec/fields.h"
#include "spec/state.h"

const char *pkr_host_field(struct acg_span text)
{
    const struct pkr_field_group *top = pkr_fields();
    const char *found = NULL;
    json_t *root = json_loadb(text.len > 0 ? text.data : "", text.len, JSON_DECODE_INT_AS_REAL, NULL);

    for (size_t i = 0; i < top->count && found == NULL; i++)
        if ((top->rows[i].flags & PKR_HOST) != 0 && json_object_get(root, top->rows[i].name) != NULL)
            found = top->rows[i].name;
    pkr_json_wipe(root);
    json_decref(root);
    return found;
}
