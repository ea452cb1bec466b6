/* SPDX-License-Identifier: MPL-2.0 */
#include "arm/des_doc.h"

#include <stddef.h>

#define AT(member) offsetof(struct acgp_des_doc, member)
static const struct acgp_json_field properties_fields[] = {
    {"encryptionType", ACGP_JSON_TEXT, AT(encryption_type), NULL},
    {"provisioningState", ACGP_JSON_TEXT, AT(provisioning_state), NULL},
};
static const struct acgp_json_table properties_table = {
    properties_fields, sizeof properties_fields / sizeof properties_fields[0], 0, 0};
static const struct acgp_json_field des_fields[] = {
    {"location", ACGP_JSON_TEXT, AT(location), NULL},
    {"properties", ACGP_JSON_OBJECT, 0, &properties_table},
};
static const struct acgp_json_table des_table = {des_fields, sizeof des_fields / sizeof des_fields[0], 0, 0};

enum acg_status acgp_des_doc_decode(struct acg_span text, struct acgp_des_doc *out, struct acg_error *err)
{
    enum acg_status status = acgp_json_parse(text, &out->root, err);

    return status == ACG_OK ? acgp_json_decode(out->root, &des_table, out, err) : status;
}

void acgp_des_doc_done(struct acgp_des_doc *doc)
{
    json_decref(doc->root);
    *doc = (struct acgp_des_doc){0};
}
