/* SPDX-License-Identifier: MPL-2.0 */
/** Sources of tokens: one function for each kind of login, a chain of them, and acg_credential_new, which
 *  chooses the kind from what a user gave and from the environment.
 *
 *  A credential sends nothing, reads no file and starts no program: the publisher does, when a token is
 * wanted. A token is renewed five minutes before it expires, by the same kind of login; files are read anew
 * and tokens of a build service are fetched anew each time. */
#ifndef ACG_CREDENTIAL_H
#define ACG_CREDENTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/options.h>

ACG_BEGIN_DECLS

/** A source of tokens. Immutable once made; one may serve several publishers of one thread. */
struct acg_credential;

/** Start from ACG_CLIENT_SECRET_OPTIONS_INIT. Grows at the end only. */
struct acg_client_secret_options {
    uint32_t version;           /* ACG_CLIENT_SECRET_OPTIONS_VERSION */
    const char *tenant_id;      /* GUID or verified domain */
    const char *client_id;      /* application id */
    const char *client_secret;  /* copied into memory that is wiped */
    const char *authority_host; /* NULL: https://login.microsoftonline.com; http only on loopback */
};

#define ACG_CLIENT_SECRET_OPTIONS_VERSION 1u
#define ACG_CLIENT_SECRET_OPTIONS_INIT                                                                       \
    {                                                                                                        \
        .version = ACG_CLIENT_SECRET_OPTIONS_VERSION                                                         \
    }

ACG_API void acg_client_secret_options_init(struct acg_client_secret_options *opts, uint32_t version);

/** A service principal with a client secret (OAuth 2.0 client credentials, v2 token endpoint).
 *  @param opts borrowed for the call; copied.   @param out owned by caller (acg_credential_free).
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field names the option) | ACG_ERR_NOMEM. Never blocks, sends
 * nothing. */
ACG_API ACG_NODISCARD enum acg_status
acg_credential_client_secret_new(const struct acg_client_secret_options *opts, struct acg_credential **out,
                                 struct acg_error *err);

/** Start from ACG_CLIENT_CERTIFICATE_OPTIONS_INIT. Grows at the end only. */
struct acg_client_certificate_options {
    uint32_t version; /* ACG_CLIENT_CERTIFICATE_OPTIONS_VERSION */
    const char *tenant_id;
    const char *client_id;
    const char *client_cert_path;     /* PEM or PFX file with the certificate and its RSA key */
    const char *client_cert_password; /* of that file; NULL: none; copied into memory that is wiped */
    const char *algorithm;            /* "PS256" or "RS256"; NULL: PS256, for ADFS RS256 */
    bool send_certificate_chain;      /* x5c: for applications that trust a subject name and its issuer */
    const char *authority_host;       /* as of acg_client_secret_options */
};

#define ACG_CLIENT_CERTIFICATE_OPTIONS_VERSION 1u
#define ACG_CLIENT_CERTIFICATE_OPTIONS_INIT                                                                  \
    {                                                                                                        \
        .version = ACG_CLIENT_CERTIFICATE_OPTIONS_VERSION                                                    \
    }

ACG_API void acg_client_certificate_options_init(struct acg_client_certificate_options *opts,
                                                 uint32_t version);

/** A service principal with a certificate: each login is signed with its key. The file is read at each login.
 *  @return as acg_credential_client_secret_new. What is wrong with the file is the error of the login. */
ACG_API ACG_NODISCARD enum acg_status
acg_credential_client_certificate_new(const struct acg_client_certificate_options *opts,
                                      struct acg_credential **out, struct acg_error *err);

/** Start from ACG_WORKLOAD_IDENTITY_OPTIONS_INIT. Grows at the end only. */
struct acg_workload_identity_options {
    uint32_t version; /* ACG_WORKLOAD_IDENTITY_OPTIONS_VERSION */
    const char *tenant_id;
    const char *client_id;
    const char *oidc_token_file_path; /* file with the token of another issuer, read at each login */
    const char *client_jwt;           /* or that token itself: it cannot be renewed once it has expired */
    const char *authority_host;       /* as of acg_client_secret_options */
};

#define ACG_WORKLOAD_IDENTITY_OPTIONS_VERSION 1u
#define ACG_WORKLOAD_IDENTITY_OPTIONS_INIT                                                                   \
    {                                                                                                        \
        .version = ACG_WORKLOAD_IDENTITY_OPTIONS_VERSION                                                     \
    }

ACG_API void acg_workload_identity_options_init(struct acg_workload_identity_options *opts, uint32_t version);

/** A federated credential of an application: the token of another issuer stands in for a secret.
 *  @return as acg_credential_client_secret_new. */
ACG_API ACG_NODISCARD enum acg_status
acg_credential_workload_identity_new(const struct acg_workload_identity_options *opts,
                                     struct acg_credential **out, struct acg_error *err);

/** Start from ACG_OIDC_OPTIONS_INIT. Grows at the end only. */
struct acg_oidc_options {
    uint32_t version; /* ACG_OIDC_OPTIONS_VERSION */
    const char *tenant_id;
    const char *client_id;
    const char *oidc_request_url;      /* ACTIONS_ID_TOKEN_REQUEST_URL, SYSTEM_OIDCREQUESTURI */
    const char *oidc_request_token;    /* ACTIONS_ID_TOKEN_REQUEST_TOKEN, SYSTEM_ACCESSTOKEN */
    const char *oidc_audience;         /* GitHub; NULL: that of the cloud, api://AzureADTokenExchange */
    const char *service_connection_id; /* Azure DevOps: id of the service connection */
    const char *authority_host;        /* as of acg_client_secret_options */
};

#define ACG_OIDC_OPTIONS_VERSION 1u
#define ACG_OIDC_OPTIONS_INIT                                                                                \
    {                                                                                                        \
        .version = ACG_OIDC_OPTIONS_VERSION                                                                  \
    }

ACG_API void acg_oidc_options_init(struct acg_oidc_options *opts, uint32_t version);

/** A federated credential of an application, with a token that GitHub Actions makes for each login (the job
 *  needs `permissions: id-token: write`).  @return as acg_credential_client_secret_new. */
ACG_API ACG_NODISCARD enum acg_status acg_credential_github_oidc_new(const struct acg_oidc_options *opts,
                                                                     struct acg_credential **out,
                                                                     struct acg_error *err);

/** The same with a token that Azure Pipelines makes for a service connection.
 *  @return as acg_credential_client_secret_new. */
ACG_API ACG_NODISCARD enum acg_status
acg_credential_azure_devops_oidc_new(const struct acg_oidc_options *opts, struct acg_credential **out,
                                     struct acg_error *err);

/** Start from ACG_MANAGED_IDENTITY_OPTIONS_INIT. Grows at the end only. */
struct acg_managed_identity_options {
    uint32_t version;            /* ACG_MANAGED_IDENTITY_OPTIONS_VERSION */
    const char *client_id;       /* of a user-assigned identity; at most one of these three */
    const char *msi_object_id;   /* the same, by its principal */
    const char *msi_resource_id; /* the same, by its ARM id */
    const char
        *identity_endpoint; /* IDENTITY_ENDPOINT: App Service with identity_header, Arc with imds_endpoint */
    const char *identity_header; /* IDENTITY_HEADER; copied into memory that is wiped */
    const char *imds_endpoint;   /* IMDS_ENDPOINT */
    const char *imds_host;       /* AZURE_POD_IDENTITY_AUTHORITY_HOST; NULL: http://169.254.169.254 */
};

#define ACG_MANAGED_IDENTITY_OPTIONS_VERSION 1u
#define ACG_MANAGED_IDENTITY_OPTIONS_INIT                                                                    \
    {                                                                                                        \
        .version = ACG_MANAGED_IDENTITY_OPTIONS_VERSION                                                      \
    }

ACG_API void acg_managed_identity_options_init(struct acg_managed_identity_options *opts, uint32_t version);

/** The identity of this machine: a VM (IMDS), App Service, Container Apps, or a server with Azure Arc. Its
 *  endpoint is asked directly, past any proxy; http is used on loopback and for link-local addresses alone.
 *  @return as acg_credential_client_secret_new. */
ACG_API ACG_NODISCARD enum acg_status
acg_credential_managed_identity_new(const struct acg_managed_identity_options *opts,
                                    struct acg_credential **out, struct acg_error *err);

/** Start from ACG_AZURE_CLI_OPTIONS_INIT. Grows at the end only. */
struct acg_azure_cli_options {
    uint32_t version;            /* ACG_AZURE_CLI_OPTIONS_VERSION */
    const char *tenant_id;       /* NULL: that of the subscription */
    const char *subscription_id; /* NULL: the one that az has chosen; not used beside tenant_id */
};

#define ACG_AZURE_CLI_OPTIONS_VERSION 1u
#define ACG_AZURE_CLI_OPTIONS_INIT                                                                           \
    {                                                                                                        \
        .version = ACG_AZURE_CLI_OPTIONS_VERSION                                                             \
    }

ACG_API void acg_azure_cli_options_init(struct acg_azure_cli_options *opts, uint32_t version);

/** Whoever is logged in with `az login`: tokens come from `az account get-access-token`. The publisher looks
 *  az up in the absolute folders of PATH, starts it beside its loop and gives it half a minute.
 *  @return as acg_credential_client_secret_new. */
ACG_API ACG_NODISCARD enum acg_status acg_credential_azure_cli_new(const struct acg_azure_cli_options *opts,
                                                                   struct acg_credential **out,
                                                                   struct acg_error *err);

/** Most links of a chain. */
#define ACG_CHAIN_MAX 8

/** Several sources, tried in order. The next one is tried where a source is not there at all: a machine
 *  without identity endpoint, az that is not installed or not logged in. A login that is refused ends the
 *  search. Once a source gave a token it stays the only one: a publish does not change its identity.
 *  @param links borrowed; the chain takes holds of its own.   @param count 1 to ACG_CHAIN_MAX; no link is a
 * chain.
 *  @return ACG_OK | ACG_ERR_ARGUMENT | ACG_ERR_NOMEM. */
ACG_API ACG_NODISCARD enum acg_status acg_credential_chain_new(struct acg_credential *const *links,
                                                               size_t count, struct acg_credential **out,
                                                               struct acg_error *err);

/** Everything that a login may be told, in the words of packer-plugin-azure; start from
 * ACG_LOGIN_OPTIONS_INIT. Grows at the end only. An empty text counts as not given. */
struct acg_login_options {
    uint32_t version; /* ACG_LOGIN_OPTIONS_VERSION */
    const char *tenant_id;
    const char *client_id;
    const char *client_secret;
    const char *client_cert_path;
    const char *client_cert_password;
    const char *client_jwt;
    const char *oidc_token_file_path;
    const char *oidc_request_url;
    const char *oidc_request_token;
    const char *service_connection_id; /* with it the request is one of Azure DevOps */
    enum acg_tristate use_msi;
    const char *msi_resource_id;
    enum acg_tristate use_azure_cli_auth;
    const char *subscription_id;        /* for az */
    const char *cloud_environment_name; /* acg_cloud_named; NULL: Public */
    const char *authority_host;         /* NULL: that of the cloud */
    /** Value of an environment variable, or NULL; lent for the call. NULL: no environment is looked at. */
    const char *(*environment)(void *context, const char *name);
    void *context; /* passed to environment */
    const char *msi_object_id;
};

#define ACG_LOGIN_OPTIONS_VERSION 1u
#define ACG_LOGIN_OPTIONS_INIT                                                                               \
    {                                                                                                        \
        .version = ACG_LOGIN_OPTIONS_VERSION                                                                 \
    }

ACG_API void acg_login_options_init(struct acg_login_options *opts, uint32_t version);

/** Choose the kind of login and make its credential.
 *
 *  What is given in the options decides, and two kinds given there are refused. With none there, the
 *  environment decides, in this order: AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH,
 *  AZURE_FEDERATED_TOKEN_FILE, then ARM_CLIENT_SECRET, ARM_CLIENT_CERTIFICATE_PATH, ARM_OIDC_TOKEN,
 *  ARM_OIDC_TOKEN_FILE_PATH, ARM_OIDC_REQUEST_URL, ARM_USE_MSI and ARM_USE_CLI, then SYSTEM_OIDCREQUESTURI
 *  where a service connection is named, and ACTIONS_ID_TOKEN_REQUEST_URL where a client id is. With none of
 *  them it is a chain: managed identity, then Azure CLI; but a tenant or client that is named without
 *  anything to log in with is refused. Tenant and client are looked for beside the variable that decided
 *  (ARM_TENANT_ID for ARM_CLIENT_SECRET), then among the other names. acg_login_variable lists all
 *  variables.
 *  @param out owned by caller (acg_credential_free).
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field: what is missing or too much) | ACG_ERR_NOMEM. Never
 *  blocks. */
ACG_API ACG_NODISCARD enum acg_status acg_credential_new(const struct acg_login_options *opts,
                                                         struct acg_credential **out, struct acg_error *err);

/** Name of an environment variable that a login is read from; NULL past the end. Static text. They are those
 * that acg_credential_new looks at, and ARM_METADATA_HOSTNAME and ARM_METADATA_HOST, for acg_cloud_read. */
ACG_API const char *acg_login_variable(size_t i);

/** One of Azure's clouds. It never grows. */
struct acg_cloud {
    const char
        *name; /* as packer-plugin-azure writes it: Public, USGovernment, China; or as it names itself */
    const char *authority_host;
    const char *resource_manager_endpoint;
    const char *audience; /* of its tokens; NULL: the resource manager endpoint */
};

/** A cloud by its name, in any case: also AzurePublicCloud, AzureCloud, AzureUSGovernmentCloud,
 * AzureUSGovernment, AzureChinaCloud.
 *  @param name NULL or empty: Public.   @return static; NULL: not known. */
ACG_API const struct acg_cloud *acg_cloud_named(const char *name);

/** Start from ACG_CLOUD_OPTIONS_INIT. Grows at the end only. */
struct acg_cloud_options {
    uint32_t version;                   /* ACG_CLOUD_OPTIONS_VERSION */
    const char *metadata_host;          /* HOST or HOST:PORT of the resource manager; https://, too */
    const char *cloud_environment_name; /* which of the clouds that it tells of; NULL: the one of that host */
    const char *ca_file;                /* as of acg_publisher_options */
    int64_t timeout_ms;                 /* 0: five seconds */
};

#define ACG_CLOUD_OPTIONS_VERSION 1u
#define ACG_CLOUD_OPTIONS_INIT                                                                               \
    {                                                                                                        \
        .version = ACG_CLOUD_OPTIONS_VERSION                                                                 \
    }

ACG_API void acg_cloud_options_init(struct acg_cloud_options *opts, uint32_t version);

/** Read from its resource manager where a cloud that has no name here logs in (air-gapped clouds, Azure
 * Stack): one request without a token, to /metadata/endpoints, and once more where that may help. For the
 * start of a program: it waits, up to timeout_ms with both.
 *  @param out owned by caller (acg_cloud_free).
 *  @return ACG_OK | ACG_ERR_ARGUMENT (err->field) | ACG_ERR_TRANSPORT | ACG_ERR_PROTOCOL (it answered with
 * something else) | ACG_ERR_NOMEM | ACG_ERR_INTERNAL. */
ACG_API ACG_NODISCARD enum acg_status acg_cloud_read(const struct acg_cloud_options *opts,
                                                     struct acg_cloud **out, struct acg_error *err);
/** Free a cloud of acg_cloud_read; NULL is fine. */
ACG_API void acg_cloud_free(struct acg_cloud *cloud);

/** Let go of a credential; NULL is fine. A publisher that was given it keeps it alive until the publisher is
 * freed. */
ACG_API void acg_credential_free(struct acg_credential *credential);

ACG_END_DECLS

#endif
