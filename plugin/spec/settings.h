/* SPDX-License-Identifier: MPL-2.0 */
/** Where the field table puts what it reads. All texts and lists live in the configuration's arena. */
#ifndef PKR_SETTINGS_H
#define PKR_SETTINGS_H

#include <acg/options.h>

#include "base/secret.h"

struct pkr_settings {
    /* As the library takes them; target_regions, edge_zones and source.os_... are filled from blocks. */
    struct acg_publish_options options;

    const struct acg_data_disk_source *data_snapshot; /* blocks */
    size_t data_snapshot_count;
    const struct acg_data_disk_source *data_vhd; /* blocks */
    size_t data_vhd_count;

    /* The compact form, as written. */
    const char *const *regions; /* target_regions */
    size_t region_count;
    const struct acg_tag *sets; /* disk_encryption_sets */
    size_t set_count;
    const struct acg_tag *snapshots; /* data_snapshots */
    size_t snapshot_count;

    const struct acg_data_disk_source *artifact_disks; /* of the artifact: beside either form */
    size_t artifact_disk_count;

    const char *artifact_source;
    enum acg_tristate delete_on_destroy; /* delete_version_on_destroy */

    const char *tenant_id;
    const char *client_id;
    struct acgp_secret client_secret;
    const char *client_cert_path;
    struct acgp_secret client_cert_password;
    struct acgp_secret client_jwt;
    const char *oidc_token_file_path;
    const char *oidc_request_url;
    struct acgp_secret oidc_request_token;
    const char *service_connection_id;
    enum acg_tristate use_msi;
    const char *msi_resource_id;
    const char *msi_object_id;
    enum acg_tristate use_azure_cli_auth;
    const char *cloud_environment_name;
    const char *metadata_host;
    const char *authority_host;
    const char *resource_manager_endpoint;
    const char *audience;
    const char *ca_file;
    const char *journal; /* "none": none is kept */
};

#endif
