/* SPDX-License-Identifier: MPL-2.0 */
#include "given.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "testlib/test.h"

#include "base/alloc.h"
#include "base/span.h"

#define NAMES                                                                                                \
    "\"subscription_id\":\"00000000-0000-0000-0000-000000000000\",\"resource_group\":\"Group\","             \
    "\"gallery_name\":\"Gallery\",\"gallery_image_definition\":\"Image\",\"gallery_image_version\":\"1.0."   \
    "0\","                                                                                                   \
    "\"tenant_id\":\"11111111-2222-3333-4444-555555555555\","                                                \
    "\"client_id\":\"66666666-7777-8888-9999-000000000000\",\"client_secret\":\"not-a-real-secret\""

const char given_names[] = NAMES;
const char given_base[] = NAMES ",\"location\":\"westus\",\"managed_image\":\"image\",\"target_region\":["
                                "{\"name\":\"westus\",\"os_disk\":{\"disk_encryption_set_id\":\"west-os\"},"
                                "\"data_disk\":[{\"lun\":0,\"disk_encryption_set_id\":\"west-0\"}]},"
                                "{\"name\":\"eastus2\",\"os_disk\":{\"disk_encryption_set_id\":\"east-os\"},"
                                "\"data_disk\":[{\"lun\":0,\"disk_encryption_set_id\":\"east-0\"}]}]";

static char *text(const char *before, const char *middle, const char *after)
{
    size_t size = strlen(before) + strlen(middle) + strlen(after) + 1;
    char *joined = malloc(size);

    assert_non_null(joined);
    (void)snprintf(joined, size, "%s%s%s", before, middle, after);
    return joined;
}

char *given_join(const char *a, const char *b)
{
    return text(a, ",", b);
}

struct pkr_config *given_strict(const char *fields)
{
    struct pkr_config *config = NULL;
    struct acg_error err = {.status = ACG_OK};
    char *json = text("{", fields, "}");

    assert_int_equal(pkr_config_new(&config, &err), ACG_OK);
    if (pkr_config_add_text(config, acgp_span(json), "test", &err) != ACG_OK)
        fail_msg("%s", err.message);
    free(json);
    return config;
}

struct pkr_config *given_weak(const char *fields)
{
    struct pkr_config *config = NULL;
    char *json = text("{", fields, "}");
    json_t *root = json_loads(json, 0, NULL);

    assert_non_null(root);
    assert_int_equal(pkr_config_new(&config, NULL), ACG_OK);
    assert_int_equal(pkr_config_add_json(config, root, PKR_CONFIG_WEAK, NULL), ACG_OK);
    json_decref(root);
    free(json);
    return config;
}

struct pkr_config *given_cty(const char *fields)
{
    struct pkr_config *config = NULL;
    struct acg_error err = {.status = ACG_OK};
    char *json = text("{\"value\":{", fields, "},\"type\":\"dynamic\"}");
    struct pkr_value element = pkr_bin(acgp_span(json));

    assert_int_equal(pkr_config_new(&config, &err), ACG_OK);
    if (pkr_config_add_element(config, &element, &err) != ACG_OK)
        fail_msg("%s", err.message);
    free(json);
    return config;
}

char *given_faults(struct pkr_config *config, enum pkr_phase phase)
{
    assert_int_equal(pkr_config_check(config, phase, NULL), ACG_ERR_ARGUMENT);
    char *faults = pkr_findings_text(pkr_config_findings(config));
    assert_non_null(faults);
    return faults;
}

void given_is_sound(struct pkr_config *config, enum pkr_phase phase)
{
    if (pkr_config_check(config, phase, NULL) != ACG_OK)
        fail_msg("%s", pkr_findings_text(pkr_config_findings(config)));
    assert_int_equal(acg_findings_count(pkr_config_findings(config)), 0);
}

const struct acg_publish_options *given_options(struct pkr_config *config)
{
    enum acg_status status = pkr_config_check(config, PKR_PHASE_VALIDATE, NULL);

    assert_true(status == ACG_OK || status == ACG_ERR_ARGUMENT);
    return pkr_config_options(config);
}

char *given_body(struct pkr_config *config)
{
    struct acg_findings *findings = NULL;
    struct acg_preview *preview = NULL;
    struct acg_error err = {.status = ACG_OK};

    given_is_sound(config, PKR_PHASE_PREVIEW);
    assert_int_equal(acg_findings_new(&findings, &err), ACG_OK);
    if (acg_preview_new(NULL, pkr_config_options(config), findings, &preview, &err) != ACG_OK)
        fail_msg("%s", err.message);
    char *body = acgp_strdup(acg_preview_body(preview));
    acg_preview_free(preview);
    acg_findings_free(findings);
    return body;
}
