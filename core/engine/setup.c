/* SPDX-License-Identifier: MPL-2.0 */
/* Starting what sets up: registration and disk encryption sets. */
#include "setup/setup.h"
#include "base/error.h"
#include "engine/publisher.h"
#include "setup/declaration.h"

void acg_register_options_init(struct acg_register_options *opts, uint32_t version)
{
    *opts = (struct acg_register_options)ACG_REGISTER_OPTIONS_INIT;
    opts->version = version;
}

void acg_des_read_options_init(struct acg_des_read_options *opts, uint32_t version)
{
    *opts = (struct acg_des_read_options)ACG_DES_READ_OPTIONS_INIT;
    opts->version = version;
}

void acg_des_create_options_init(struct acg_des_create_options *opts, uint32_t version)
{
    *opts = (struct acg_des_create_options)ACG_DES_CREATE_OPTIONS_INIT;
    opts->version = version;
}

enum acg_status acg_publisher_register(struct acg_publisher *pub, const struct acg_register_options *opts,
                                       struct acg_publish **out, struct acg_error *err)
{
    struct acgp_work_config config = acgp_publisher_work_config(pub, 0);
    struct acgp_work *machine = NULL;
    enum acg_status status = acgp_publisher_check_room(pub, err);

    if (status == ACG_OK)
        status = acgp_register_new(opts, &config, &machine, err);
    return status == ACG_OK ? acgp_publisher_drive(pub, machine, out, err) : status;
}

enum acg_status acg_publisher_des_list(struct acg_publisher *pub, const struct acg_des_read_options *opts,
                                       struct acg_publish **out, struct acg_error *err)
{
    struct acgp_work_config config = acgp_publisher_work_config(pub, 0);
    struct acgp_work *machine = NULL;
    enum acg_status status = acgp_publisher_check_room(pub, err);

    if (status == ACG_OK)
        status = acgp_des_list_new(opts, &config, &machine, err);
    return status == ACG_OK ? acgp_publisher_drive(pub, machine, out, err) : status;
}

enum acg_status acg_publisher_des_show(struct acg_publisher *pub, const struct acg_des_read_options *opts,
                                       struct acg_publish **out, struct acg_error *err)
{
    struct acgp_work_config config = acgp_publisher_work_config(pub, 0);
    struct acgp_work *machine = NULL;
    enum acg_status status = acgp_publisher_check_room(pub, err);

    if (status == ACG_OK)
        status = acgp_des_show_new(opts, &config, &machine, err);
    return status == ACG_OK ? acgp_publisher_drive(pub, machine, out, err) : status;
}

enum acg_status acg_des_create_check(const struct acg_des_create_options *opts, struct acg_findings *findings,
                                     struct acg_error *err)
{
    return acgp_setup_declare(opts, findings, NULL, err);
}

enum acg_status acg_publisher_des_create(struct acg_publisher *pub, const struct acg_des_create_options *opts,
                                         struct acg_publish **out, struct acg_error *err)
{
    struct acgp_work_config config = acgp_publisher_work_config(pub, 0);
    struct acg_findings *findings = NULL;
    struct acgp_setup *setup = NULL;
    struct acgp_work *machine = NULL;
    enum acg_status status = acgp_publisher_check_room(pub, err);

    if (status == ACG_OK)
        status = acg_findings_new(&findings, err);
    if (status == ACG_OK)
        status = acgp_setup_declare(opts, findings, &setup, err);
    acg_findings_free(findings);
    if (status == ACG_OK)
        status = acgp_des_create_new(setup, &config, &machine, err);
    return status == ACG_OK ? acgp_publisher_drive(pub, machine, out, err) : status;
}
