/* SPDX-License-Identifier: MPL-2.0 */
/* Starting what makes VMs from versions, and what says how. */
#include <acg/vm.h>

#include <stdio.h>

#include <sys/random.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/span.h"
#include "base/wipe.h"
#include "engine/publisher.h"
#include "model/region.h"
#include "model/resource_id.h"
#include "vm/args.h"
#include "vm/test.h"

enum { ARGS_TIMEOUT_MS = 300000 }; /* two reads */

void acg_vm_args_options_init(struct acg_vm_args_options *opts, uint32_t version)
{
    *opts = (struct acg_vm_args_options)ACG_VM_ARGS_OPTIONS_INIT;
    opts->version = version;
}

void acg_vm_test_options_init(struct acg_vm_test_options *opts, uint32_t version)
{
    *opts = (struct acg_vm_test_options)ACG_VM_TEST_OPTIONS_INIT;
    opts->version = version;
}

/* It becomes part of a path, and of a command line that people copy. */
static bool subscription_ok(const char *text)
{
    size_t n = 0;

    for (; text[n] != '\0'; n++)
        if (!((text[n] >= '0' && text[n] <= '9') ||
              (acgp_lower(text[n]) >= 'a' && acgp_lower(text[n]) <= 'z') || text[n] == '-'))
            return false;
    return n != 0 && n <= 64;
}

static enum acg_status check_wish(const struct acgp_vm_wish *wish, int64_t timeout_ms, struct acg_error *err)
{
    char region[ACGP_REGION_MAX];
    struct acgp_resource_id id;

    if (wish->version_id == NULL || !acgp_resource_id_parse(acgp_span(wish->version_id), &id) ||
        id.kind != ACGP_RESOURCE_IMAGE_VERSION)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "gallery_image_version_id",
                               "is not the full id of a gallery image version");
    if (wish->region == NULL || !acgp_region_normalise(acgp_span(wish->region), region))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "region", "is missing, or is not the name of a region");
    if (wish->subscription != NULL && !subscription_ok(wish->subscription))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "subscription_id", "is not the id of a subscription");
    if (timeout_ms < 0)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "timeout_ms", "is negative");
    return ACG_OK;
}

static enum acg_status check_version(uint32_t version, uint32_t newest, struct acg_error *err)
{
    if (version == 0 || version > newest)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "version",
                               "options of version %u are not known to this library, which knows 1 to %u",
                               (unsigned)version, (unsigned)newest);
    return ACG_OK;
}

enum acg_status acg_publisher_vm_args(struct acg_publisher *pub, const struct acg_vm_args_options *opts,
                                      struct acg_publish **out, struct acg_error *err)
{
    struct acgp_work *machine = NULL;
    struct acgp_work_config config;
    struct acgp_vm_wish wish = {.region = NULL};
    enum acg_status status = check_version(opts->version, ACG_VM_ARGS_OPTIONS_VERSION, err);

    if (status != ACG_OK)
        return status;
    wish = (struct acgp_vm_wish){opts->gallery_image_version_id, opts->region, opts->subscription_id, false};
    status = check_wish(&wish, opts->timeout_ms, err);
    if (status == ACG_OK)
        status = acgp_publisher_check_room(pub, err);
    if (status != ACG_OK)
        return status;
    config = acgp_publisher_work_config(pub, opts->timeout_ms != 0 ? opts->timeout_ms : ARGS_TIMEOUT_MS);
    status = acgp_vm_args_new(&wish, &config, &machine, err);
    return status == ACG_OK ? acgp_publisher_drive(pub, machine, out, err) : status;
}

/* 128 random bits in letters and digits, with three kinds of characters among them, as Azure wants it. */
static enum acg_status make_password(struct acgp_secret *out, struct acg_error *err)
{
    unsigned char random[16];
    char text[4 + 2 * sizeof random + 1] = "Aa1-";
    enum acg_status status = ACG_OK;

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return acgp_fail(err, ACG_ERR_INTERNAL, "the system gave no random numbers");
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(text + 4 + 2 * i, 3, "%02x", random[i]);
    if (!acgp_secret_set(out, acgp_span(text)))
        status = acgp_fail_nomem(err);
    acgp_wipe(random, sizeof random);
    acgp_wipe(text, sizeof text);
    return status;
}

static enum acg_status start_test(struct acg_publisher *pub, const struct acg_vm_test_options *opts,
                                  const struct acgp_vm_wish *wish, struct acg_publish **out,
                                  struct acg_error *err)
{
    struct acgp_work_config config =
        acgp_publisher_work_config(pub, opts->timeout_ms != 0 ? opts->timeout_ms : ACGP_VM_TEST_TIMEOUT_MS);
    struct acgp_work *machine = NULL;
    struct acgp_secret password;
    struct acgp_vm_test what = {
        .wish = *wish, .vm_size = opts->vm_size, .create = opts->create, .password = &password};
    enum acg_status status = ACG_OK;

    acgp_secret_init(&password);
    status = make_password(&password, err);
    if (status == ACG_OK)
        status = acgp_vm_test_new(&what, &config, &machine, err);
    acgp_secret_done(&password);
    return status == ACG_OK ? acgp_publisher_drive(pub, machine, out, err) : status;
}

enum acg_status acg_publisher_vm_test(struct acg_publisher *pub, const struct acg_vm_test_options *opts,
                                      struct acg_publish **out, struct acg_error *err)
{
    struct acgp_vm_wish wish = {.region = NULL};
    enum acg_status status = check_version(opts->version, ACG_VM_TEST_OPTIONS_VERSION, err);

    if (status != ACG_OK)
        return status;
    wish = (struct acgp_vm_wish){opts->gallery_image_version_id, opts->region, opts->subscription_id, true};
    status = check_wish(&wish, opts->timeout_ms, err);
    if (status == ACG_OK)
        status = acgp_publisher_check_room(pub, err);
    return status == ACG_OK ? start_test(pub, opts, &wish, out, err) : status;
}
