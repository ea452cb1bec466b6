/* SPDX-License-Identifier: MPL-2.0 */
/** Vaults, keys, role assignments, subscriptions and lists as ARM answers them. Members as in the API
 * descriptions of Microsoft.KeyVault 2023-02-01 and Microsoft.Authorization 2022-04-01. */
#ifndef ACGP_SETUP_DOCS_H
#define ACGP_SETUP_DOCS_H

#include <acg/error.h>
#include <acg/options.h>
#include <acg/span.h>

#include "json/decode.h"

/* Key Vault Crypto Service Encryption User: get, wrap and unwrap, and nothing else. */
#define ACGP_ROLE_KEY_USER "e147488a-f6f5-4113-8e2d-b22465e65bf6"

/** Texts of these live in the document; any may be NULL. */
struct acgp_vault_doc {
    json_t *root; /* owned */
    const char *location;
    const char *state; /* "RegisteringDns", "Succeeded" */
    const char *tenant_id;
    enum acg_tristate rbac;             /* unset is false: the service leaves it out of older vaults */
    enum acg_tristate purge_protection; /* unset is false */
    enum acg_tristate soft_delete;
};

struct acgp_key_doc {
    json_t *root;     /* owned */
    const char *type; /* "RSA", "RSA-HSM", "EC", ... */
    struct acg_optional_int size;
    const char *url; /* with the newest version */
    enum acg_tristate enabled;
    struct acg_optional_int expires, begins; /* seconds since 1970 */
};

/** What an identity may do with the keys of a vault. */
enum acgp_grant {
    ACGP_GRANT_NONE = 0,
    ACGP_GRANT_PART, /* an entry that is there and does not suffice */
    ACGP_GRANT_FULL
};

/** Each decodes into a zeroed struct; its _done also after a failure.
 *  @return ACG_OK | ACG_ERR_PROTOCOL | ACG_ERR_NOMEM. */
enum acg_status acgp_vault_doc_decode(struct acg_span text, struct acgp_vault_doc *out,
                                      struct acg_error *err);
void acgp_vault_doc_done(struct acgp_vault_doc *doc);
enum acg_status acgp_key_doc_decode(struct acg_span text, struct acgp_key_doc *out, struct acg_error *err);
void acgp_key_doc_done(struct acgp_key_doc *doc);

/** What the vault's access policies let a principal do: get, wrapKey and unwrapKey are needed. */
enum acgp_grant acgp_vault_grants(const struct acgp_vault_doc *doc, const char *principal_id);

/** Look through a page of role assignments for the key user's role. One with a condition is PART: what it
 * allows cannot be told from here. @param page an answer's JSON. @param scope of the vault: an assignment
 * counts at it or above. */
enum acgp_grant acgp_roles_grant(const json_t *page, const char *principal_id, const char *scope);

/** A list's items; never NULL for a list. @param page an answer's JSON. @return lent; NULL: no list. */
const json_t *acgp_page_items(const json_t *page);
/** The address of the next page; NULL: the last one. Lent. */
const char *acgp_page_next(const json_t *page);

/** A text inside nested objects: acgp_text_in(doc, "properties", "state", NULL). Lent; NULL: not there. */
const char *acgp_text_in(const json_t *value, ...) __attribute__((sentinel));

/** The parts of a key URL, https://HOST/keys/NAME[/VERSION]; empty where it has none. The spans point into
 * it. */
struct acgp_key_url {
    struct acg_span host, name, version;
};
/** @return false: not of that form; *out is then empty. NULL is not. */
bool acgp_key_url_parse(const char *url, struct acgp_key_url *out);

#endif
