/* SPDX-License-Identifier: MPL-2.0 */
/* A declaration: every fault at once, and what a good one is laid out to. */
#include "base/alloc.h"
#include "setup/bodies.h"
#include "unit/setup/world.h"

static enum acg_status faults(const struct acg_des_create_options *o, struct acg_findings **out)
{
    struct acg_error err = {.status = ACG_OK};

    assert_int_equal(acg_findings_new(out, NULL), ACG_OK);
    enum acg_status status = acg_des_create_check(o, *out, &err);
    assert_int_equal(status, err.status);
    return status;
}

/* Exactly one fault, of this field, whose text has this part. */
static void one_fault(const struct acg_des_create_options *o, const char *field, const char *part)
{
    struct acg_findings *findings = NULL;
    enum acg_status status = faults(o, &findings);
    const struct acg_finding *f = acg_findings_at(findings, 0);

    assert_int_equal(status, ACG_ERR_ARGUMENT);
    assert_int_equal(acg_findings_count(findings), 1);
    assert_string_equal(f->field, field);
    if (strstr(f->message, part) == NULL)
        fail_msg("%s: %s", field, f->message);
    acg_findings_free(findings);
}

static void a_good_one_is_laid_out(void **st)
{
    struct acg_des_create_options o = world_options();
    static const char *const regions[] = {"West US", "eastus2"};
    struct acg_findings *findings = NULL;
    struct acgp_setup *s = NULL;

    (void)st;
    o.target_regions = regions;
    o.target_region_count = 2;
    o.vault_resource_group = "keys";
    assert_int_equal(acg_findings_new(&findings, NULL), ACG_OK);
    assert_int_equal(acgp_setup_declare(&o, findings, &s, NULL), ACG_OK);
    assert_int_equal(s->region_count, 2);
    assert_string_equal(s->regions[0].name, "westus");
    assert_string_equal(acgp_last_name(s->regions[0].set_id), "acg-westus");
    assert_non_null(
        strstr(s->regions[1].key_id,
               "/resourceGroups/keys/providers/Microsoft.KeyVault/vaults/kv-eastus2/keys/images"));
    assert_string_equal(s->encryption_type, "EncryptionAtRestWithPlatformAndCustomerKeys");
    assert_int_equal(s->timeout_ms, 1800000);
    acgp_setup_free(s);
    acg_findings_free(findings);
}

static void all_faults_come_at_once(void **st)
{
    struct acg_des_create_options o = ACG_DES_CREATE_OPTIONS_INIT;
    struct acg_findings *findings = NULL;

    (void)st;
    o.encryption_type = "triple";
    o.access = "hope";
    o.key_size = 1024;
    o.timeout_ms = -1;
    assert_int_equal(faults(&o, &findings), ACG_ERR_ARGUMENT);
    assert_int_equal(acg_findings_count(findings), 10);
    acg_findings_free(findings);
}

static void regions(void **st)
{
    static const char *const bad[] = {"westus", "west-us!"}, *const twice[] = {"westus", "West US"};
    struct acg_des_create_options o = world_options();

    (void)st;
    o.target_region_count = 0;
    one_fault(&o, "target_regions", "1 to 100 regions");
    o.target_region_count = 2;
    o.target_regions = bad;
    one_fault(&o, "target_regions", "'west-us!' is no name of a region");
    o.target_regions = twice;
    one_fault(&o, "target_regions", "stands twice");
}

static void names(void **st)
{
    struct acg_des_create_options o = world_options();

    (void)st;
    o.name = "acg {region}";
    o.target_region_count = 1;
    one_fault(&o, "name", "80 letters");
    o.name = "acg-{zone}";
    one_fault(&o, "name", "does not begin {region}");
}

static void names_that_regions_would_share(void **st)
{
    struct acg_des_create_options o = world_options();

    (void)st;
    o.target_region_count = 2;
    o.name = "acg";
    one_fault(&o, "name", "is the same for westus and eastus2");
    o = world_options();
    o.target_region_count = 2;
    o.vault = "kv";
    one_fault(&o, "vault", "3 to 24");
    o.vault = "kv-one";
    one_fault(&o, "vault", "must be in the region of its set");
}

static void vaults(void **st)
{
    static const char *const bad[] = {"1kv", "kv-", "k--v", "kv_1", "a-name-that-is-too-long-here"};
    struct acg_des_create_options o = world_options();

    (void)st;
    o.target_region_count = 1;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        o.vault = bad[i];
        one_fault(&o, "vault", "a vault name has 3 to 24");
    }
    o.vault_id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v";
    one_fault(&o, "vault_id", "stands beside vault");
    o.vault = NULL;
    o.vault_resource_group = "rg";
    one_fault(&o, "vault_resource_group", "no use without vault");
    o.vault_resource_group = NULL;
    o.vault_id = "kv";
    one_fault(&o, "vault_id", "not the full id");
    o.vault_id = NULL;
    one_fault(&o, "vault", "is missing, and so is vault_id");
}

static void keys_and_tags(void **st)
{
    struct acg_tag tags[16] = {{"a/b", "1"}};
    struct acg_des_create_options o = world_options();

    (void)st;
    o.key = "under_score";
    one_fault(&o, "key", "1 to 127");
    o.key = "images";
    o.encryption_type = "confidential";
    one_fault(&o, "create_key", "release policy");
    o.encryption_type = "double";
    o.tags = tags;
    o.tag_count = 16;
    one_fault(&o, "tags", "16 tags");
    o.tag_count = 1;
    one_fault(&o, "tags", "no name of a tag");
    o.tag_count = 0;
    o.version = 99;
    struct acg_error err = {.status = ACG_OK};
    assert_int_equal(acg_des_create_check(&o, NULL, &err), ACG_ERR_ARGUMENT);
    assert_string_equal(err.field, "version");
}

/* The service wants it so for a vault of another subscription. */
static void a_vault_elsewhere_is_not_named_in_the_set(void **st)
{
    static const char elsewhere[] = "/subscriptions/11111111-0000-0000-0000-000000000000/resourceGroups/g/"
                                    "providers/Microsoft.KeyVault/vaults/v";
    struct acgp_setup s = {.subscription = (char[]){"00000000-0000-0000-0000-000000000000"},
                           .encryption_type = "T"};
    char *body = acgp_set_body(&s, "westus", elsewhere, "https://v.vault.azure.net/keys/k/1");

    (void)st;
    assert_non_null(body);
    assert_null(strstr(body, "sourceVault"));
    acgp_free(body);
}

static void a_role_assignment_has_one_name(void **st)
{
    char *a = acgp_role_id("/subscriptions/s/V", "aa"), *b = acgp_role_id("/SUBSCRIPTIONS/s/v", "AA");
    char *c = acgp_role_id("/subscriptions/s/V", "ab");
    const char *name = a != NULL ? acgp_last_name(a) : "";

    (void)st;
    assert_string_equal(name, acgp_last_name(b));
    assert_string_not_equal(name, acgp_last_name(c));
    assert_int_equal(strlen(name), 36);
    assert_int_equal(name[14], '8'); /* RFC 9562: version 8, variant 10 */
    assert_non_null(strchr("89ab", name[19]));
    acgp_free(a);
    acgp_free(b);
    acgp_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_one_is_laid_out),
        cmocka_unit_test(all_faults_come_at_once),
        cmocka_unit_test(regions),
        cmocka_unit_test(names),
        cmocka_unit_test(names_that_regions_would_share),
        cmocka_unit_test(vaults),
        cmocka_unit_test(keys_and_tags),
        cmocka_unit_test(a_vault_elsewhere_is_not_named_in_the_set),
        cmocka_unit_test(a_role_assignment_has_one_name),
    };

    return cmocka_run_group_tests_name("set-up: declaration", tests, NULL, NULL);
}
