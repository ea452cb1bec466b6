/* SPDX-License-Identifier: MPL-2.0 */
/* Options: the INIT macro and the init function say the same, and a version is judged before anything else.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "testlib/test.h"

#include <sys/mman.h>
#include <unistd.h>

#include <acg/acg.h>

/* Fields are compared through the whole object: both come from zeroed memory, so padding is equal too. A
 * caller that was built for an older version has a smaller struct: what lies behind it must stay as it was.
 */
#define SAME(type, macro, init, newest)                                                                      \
    do {                                                                                                     \
        static const struct type from_macro = macro;                                                         \
        static struct type from_function;                                                                    \
        struct {                                                                                             \
            struct type options;                                                                             \
            unsigned char behind[64];                                                                        \
        } dirty;                                                                                             \
        memset(&dirty, 0xa5, sizeof dirty);                                                                  \
        init(&dirty.options, newest);                                                                        \
        init(&from_function, newest);                                                                        \
        assert_int_equal(dirty.options.version, from_macro.version);                                         \
        assert_int_equal(from_macro.version, newest);                                                        \
        assert_memory_equal(&from_function, &from_macro, sizeof from_macro);                                 \
        for (size_t i = 0; i < sizeof dirty.behind; i++)                                                     \
            assert_int_equal(dirty.behind[i], 0xa5);                                                         \
    } while (0)

static void the_macro_equals_the_function(void **st)
{
    (void)st;

    SAME(acg_publish_options, ACG_PUBLISH_OPTIONS_INIT, acg_publish_options_init,
         ACG_PUBLISH_OPTIONS_VERSION);
    SAME(acg_publisher_options, ACG_PUBLISHER_OPTIONS_INIT, acg_publisher_options_init,
         ACG_PUBLISHER_OPTIONS_VERSION);
    SAME(acg_delete_options, ACG_DELETE_OPTIONS_INIT, acg_delete_options_init, ACG_DELETE_OPTIONS_VERSION);
    SAME(acg_verify_options, ACG_VERIFY_OPTIONS_INIT, acg_verify_options_init, ACG_VERIFY_OPTIONS_VERSION);
    SAME(acg_watch_options, ACG_WATCH_OPTIONS_INIT, acg_watch_options_init, ACG_WATCH_OPTIONS_VERSION);
    SAME(acg_vm_args_options, ACG_VM_ARGS_OPTIONS_INIT, acg_vm_args_options_init,
         ACG_VM_ARGS_OPTIONS_VERSION);
    SAME(acg_vm_test_options, ACG_VM_TEST_OPTIONS_INIT, acg_vm_test_options_init,
         ACG_VM_TEST_OPTIONS_VERSION);
    SAME(acg_register_options, ACG_REGISTER_OPTIONS_INIT, acg_register_options_init,
         ACG_REGISTER_OPTIONS_VERSION);
    SAME(acg_des_read_options, ACG_DES_READ_OPTIONS_INIT, acg_des_read_options_init,
         ACG_DES_READ_OPTIONS_VERSION);
    SAME(acg_des_create_options, ACG_DES_CREATE_OPTIONS_INIT, acg_des_create_options_init,
         ACG_DES_CREATE_OPTIONS_VERSION);
    SAME(acg_client_secret_options, ACG_CLIENT_SECRET_OPTIONS_INIT, acg_client_secret_options_init,
         ACG_CLIENT_SECRET_OPTIONS_VERSION);
    SAME(acg_client_certificate_options, ACG_CLIENT_CERTIFICATE_OPTIONS_INIT,
         acg_client_certificate_options_init, ACG_CLIENT_CERTIFICATE_OPTIONS_VERSION);
    SAME(acg_workload_identity_options, ACG_WORKLOAD_IDENTITY_OPTIONS_INIT,
         acg_workload_identity_options_init, ACG_WORKLOAD_IDENTITY_OPTIONS_VERSION);
    SAME(acg_oidc_options, ACG_OIDC_OPTIONS_INIT, acg_oidc_options_init, ACG_OIDC_OPTIONS_VERSION);
    SAME(acg_managed_identity_options, ACG_MANAGED_IDENTITY_OPTIONS_INIT, acg_managed_identity_options_init,
         ACG_MANAGED_IDENTITY_OPTIONS_VERSION);
    SAME(acg_azure_cli_options, ACG_AZURE_CLI_OPTIONS_INIT, acg_azure_cli_options_init,
         ACG_AZURE_CLI_OPTIONS_VERSION);
    SAME(acg_cloud_options, ACG_CLOUD_OPTIONS_INIT, acg_cloud_options_init, ACG_CLOUD_OPTIONS_VERSION);
    SAME(acg_login_options, ACG_LOGIN_OPTIONS_INIT, acg_login_options_init, ACG_LOGIN_OPTIONS_VERSION);
}

/* Nothing but the version can be read: it is the last number of a page, behind which memory ends. */
static void *version_alone(uint32_t version)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *place = NULL;

    assert_ptr_not_equal(pages, MAP_FAILED);
    assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
    place = pages + page - sizeof(int64_t);
    memcpy(place, &version, sizeof version);
    return place;
}

static void refused(enum acg_status status, const struct acg_error *err)
{
    assert_int_equal(status, ACG_ERR_ARGUMENT);
    assert_string_equal(err->field, "version");
}

static void refuse_version(struct acg_publisher *publisher, struct acg_credential *credential,
                           uint32_t version)
{
    void *opts = version_alone(version);
    struct acg_findings *findings = NULL;
    struct acg_preview *preview = NULL;
    struct acg_publish *publish = NULL;
    struct acg_publisher *other = NULL;
    struct acg_credential *another = NULL;
    struct acg_cloud *cloud = NULL;
    struct acg_error err;

    assert_int_equal(acg_findings_new(&findings, &err), ACG_OK);
    refused(acg_publish_check(opts, findings, &err), &err);
    refused(acg_preview_new(NULL, opts, findings, &preview, &err), &err);
    refused(acg_publisher_submit(publisher, opts, &publish, &err), &err);
    refused(acg_publisher_delete(publisher, opts, &publish, &err), &err);
    refused(acg_publisher_new(opts, credential, &other, &err), &err);
    refused(acg_credential_client_secret_new(opts, &another, &err), &err);
    refused(acg_credential_client_certificate_new(opts, &another, &err), &err);
    refused(acg_credential_workload_identity_new(opts, &another, &err), &err);
    refused(acg_credential_github_oidc_new(opts, &another, &err), &err);
    refused(acg_credential_azure_devops_oidc_new(opts, &another, &err), &err);
    refused(acg_credential_managed_identity_new(opts, &another, &err), &err);
    refused(acg_credential_azure_cli_new(opts, &another, &err), &err);
    refused(acg_credential_new(opts, &another, &err), &err);
    refused(acg_cloud_read(opts, &cloud, &err), &err);
    assert_null(cloud);
    assert_null(preview);
    assert_null(publish);
    assert_null(other);
    assert_null(another);
    acg_findings_free(findings);
}

static void a_version_that_is_not_known_is_refused_before_anything_is_read(void **st)
{
    struct acg_client_secret_options login = ACG_CLIENT_SECRET_OPTIONS_INIT;
    struct acg_publisher_options settings = ACG_PUBLISHER_OPTIONS_INIT;
    struct acg_credential *credential = NULL;
    struct acg_publisher *publisher = NULL;
    struct acg_error err;
    (void)st;

    login.tenant_id = "11111111-2222-3333-4444-555555555555";
    login.client_id = "sp";
    login.client_secret = "secret";
    assert_int_equal(acg_credential_client_secret_new(&login, &credential, &err), ACG_OK);
    assert_int_equal(acg_publisher_new(&settings, credential, &publisher, &err), ACG_OK);
    refuse_version(publisher, credential, 0);
    refuse_version(publisher, credential, 99);
    refuse_version(publisher, credential, UINT32_MAX);
    acg_publisher_free(publisher);
    acg_credential_free(credential);
}

static void the_library_says_its_version(void **st)
{
    (void)st;

    assert_string_equal(acg_version(), ACG_TEST_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_macro_equals_the_function),
        cmocka_unit_test(a_version_that_is_not_known_is_refused_before_anything_is_read),
        cmocka_unit_test(the_library_says_its_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
