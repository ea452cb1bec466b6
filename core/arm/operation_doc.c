/* SPDX-License-Identifier: MPL-2.0 */
#include "arm/operation_doc.h"

#include "arm/error_doc.h"
#include "base/error.h"
#include "base/span.h"
#include "json/decode.h"

enum acgp_operation_state acgp_operation_word(const char *word)
{
    if (word == NULL)
        return ACGP_OPERATION_UNSAID;
    if (acgp_equal_nocase(word, "Succeeded"))
        return ACGP_OPERATION_SUCCEEDED;
    if (acgp_equal_nocase(word, "Failed"))
        return ACGP_OPERATION_FAILED;
    if (acgp_equal_nocase(word, "Canceled") || acgp_equal_nocase(word, "Cancelled"))
        return ACGP_OPERATION_CANCELED;
    return ACGP_OPERATION_RUNNING;
}

bool acgp_operation_failed(const char *word)
{
    enum acgp_operation_state state = acgp_operation_word(word);

    return state == ACGP_OPERATION_FAILED || state == ACGP_OPERATION_CANCELED;
}

enum acg_status acgp_operation_doc_decode(struct acg_span text, enum acgp_operation_state *out,
                                          struct acg_error *failure, struct acg_error *err)
{
    json_t *root = NULL;
    enum acg_status status = acgp_json_parse(text, &root, err);
    const char *word = NULL;

    if (status == ACG_ERR_NOMEM)
        return status;
    word = json_string_value(json_object_get(root, "status"));
    *out = acgp_operation_word(word);
    if (*out == ACGP_OPERATION_FAILED || *out == ACGP_OPERATION_CANCELED) {
        acgp_fail(failure, ACG_ERR_SERVICE, "the operation ended as %s without an error text", word);
        acgp_error_from_json(root, failure);
    }
    json_decref(root);
    return ACG_OK;
}
