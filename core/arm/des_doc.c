/* SPDX-License-Identifier: MPL-2.0 */
#include "arm/des_doc.h"

#include <stddef.h>

#define AT(member) offsetof(struct acgp_des_doc, member)
static const struct acgp_json_field vault_fields[] = {
    {"id", ACGP_JSON_TEXT, AT(source_vault), NULL},
};
static const struct acgp_json_table vault_table = {vault_fields, 1, 0, 0};
static const struct acgp_json_field key_fields[] = {
    {"keyUrl", ACGP_JSON_TEXT, AT(key_url), NULL},
    {"sourceVault", ACGP_JSON_OBJECT, 0, &vault_table},
};
static const struct acgp_json_table key_table = {key_fields, sizeof key_fields / sizeof key_fields[0], 0, 0};
static const struct acgp_json_field rotation_error_fields[] = {
    {"code", ACGP_JSON_TEXT, AT(rotation_error_code), NULL},
    {"message", ACGP_JSON_TEXT, AT(rotation_error), NULL},
};
static const struct acgp_json_table rotation_error_table = {
    rotation_error_fields, sizeof rotation_error_fields / sizeof rotation_error_fields[0], 0, 0};
static const struct acgp_json_field identity_fields[] = {
    {"type", ACGP_JSON_TEXT, AT(identity_type), NULL},
    {"principalId", ACGP_JSON_TEXT, AT(principal_id), NULL},
};
static const struct acgp_json_table identity_table = {
    identity_fields, sizeof identity_fields / sizeof identity_fields[0], 0, 0};
static const struct acgp_json_field properties_fields[] = {
    {"encryptionType", ACGP_JSON_TEXT, AT(encryption_type), NULL},
    {"provisioningState", ACGP_JSON_TEXT, AT(provisioning_state), NULL},
    {"activeKey", ACGP_JSON_OBJECT, 0, &key_table},
    {"rotationToLatestKeyVersionEnabled", ACGP_JSON_BOOL, AT(rotates), NULL},
    {"lastKeyRotationTimestamp", ACGP_JSON_TEXT, AT(rotated), NULL},
    {"autoKeyRotationError", ACGP_JSON_OBJECT, 0, &rotation_error_table},
};
static const struct acgp_json_table properties_table = {
    properties_fields, sizeof properties_fields / sizeof properties_fields[0], 0, 0};
static const struct acgp_json_field des_fields[] = {
    {"id", ACGP_JSON_TEXT, AT(id), NULL},
    {"name", ACGP_JSON_TEXT, AT(name), NULL},
    {"location", ACGP_JSON_TEXT, AT(location), NULL},
    {"identity", ACGP_JSON_OBJECT, 0, &identity_table},
    {"properties", ACGP_JSON_OBJECT, 0, &properties_table},
};
static const struct acgp_json_table des_table = {des_fields, sizeof des_fields / sizeof des_fields[0], 0, 0};

enum acg_status acgp_des_doc_decode(struct acg_span text, struct acgp_des_doc *out, struct acg_error *err)
{
    enum acg_status status = acgp_json_parse(text, &out->root, err);

    return status == ACG_OK ? acgp_json_decode(out->root, &des_table, out, err) : status;
}

enum acg_status acgp_des_doc_read(json_t *value, struct acgp_des_doc *out, struct acg_error *err)
{
    out->root = json_incref(value);
    return acgp_json_decode(out->root, &des_table, out, err);
}

void acgp_des_doc_done(struct acgp_des_doc *doc)
{
    json_decref(doc->root);
    *doc = (struct acgp_des_doc){0};
}
