/* SPDX-License-Identifier: MPL-2.0 */
/* Clouds that have no name here. */
#include "testlib/test.h"

#include "auth/cloud_doc.h"
#include "base/alloc.h"
#include "base/span.h"

#define URL "https://management.local.azurestack.external/metadata/endpoints?api-version=2022-09-01"

static const char list[] =
    "[{\"name\":\"AzureCloud\",\"resourceManager\":\"https://management.azure.com/\",\"authentication\":{"
    "\"loginEndpoint\":\"https://login.microsoftonline.com\",\"audiences\":[\"https://"
    "management.core.windows.net/\"]}},"
    "{\"name\":\"Stack\",\"resourceManager\":\"https://management.local.azurestack.external/"
    "\",\"authentication\":{"
    "\"loginEndpoint\":\"https://adfs.local.azurestack.external/adfs/\",\"audiences\":[\"https://"
    "management.stack/1234/"
    "\"]}}]";

static void a_host_becomes_an_address(void **st)
{
    (void)st;
    static const char *const good[] = {"management.local.azurestack.external",
                                       "https://management.local.azurestack."
                                       "external/"};
    static const char *const bad[] = {
        "", "http://far.example.com", "host/path", "user@host", "host?x", "two words"};
    char *url = NULL;

    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(acgp_cloud_url(good[i], &url, NULL), ACG_OK);
        assert_string_equal(url, URL);
        acgp_free(url);
        url = NULL;
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct acg_error err = {0};
        assert_int_equal(acgp_cloud_url(bad[i], &url, &err), ACG_ERR_ARGUMENT);
        assert_string_equal(err.field, "metadata_host");
        assert_null(url);
    }
}

static void of_a_list_the_cloud_of_the_host_is_taken(void **st)
{
    (void)st;
    struct acg_cloud *c = NULL;

    assert_int_equal(acgp_cloud_doc_read(acgp_span(list), URL, NULL, &c, NULL), ACG_OK);
    assert_string_equal(c->name, "Stack");
    assert_string_equal(c->authority_host, "https://adfs.local.azurestack.external/adfs");
    assert_string_equal(c->resource_manager_endpoint, "https://management.local.azurestack.external");
    assert_string_equal(c->audience, "https://management.stack/1234");
    acg_cloud_free(c);
}

static void or_the_one_with_the_name(void **st)
{
    (void)st;
    static const char *const names[] = {"azurecloud", "Public"};

    for (size_t i = 0; i < 2; i++) {
        struct acg_cloud *c = NULL;
        assert_int_equal(acgp_cloud_doc_read(acgp_span(list), URL, names[i], &c, NULL), ACG_OK);
        assert_string_equal(c->authority_host, "https://login.microsoftonline.com");
        acg_cloud_free(c);
    }
}

static void an_old_answer_tells_of_one_cloud(void **st)
{
    (void)st;
    static const char text[] =
        "{\"galleryEndpoint\":\"https://g\",\"authentication\":{\"loginEndpoint\":\"https://login."
        "example.com/\",\"audiences\":[]}}";
    struct acg_cloud *c = NULL;

    assert_int_equal(acgp_cloud_doc_read(acgp_span(text), URL, NULL, &c, NULL), ACG_OK);
    assert_string_equal(c->authority_host, "https://login.example.com");
    assert_string_equal(c->resource_manager_endpoint, "https://management.local.azurestack.external");
    assert_null(c->audience);
    acg_cloud_free(c);
    acg_cloud_free(NULL);
}

static void anything_else_is_refused(void **st)
{
    (void)st;
    static const char *const bad[] = {
        "",
        "<html>",
        "[]",
        "{}",
        "7",
        "[{\"name\":\"x\"}]",
        "{\"authentication\":{\"loginEndpoint\":\"http://far.example.com\"}}",
        "{\"authentication\":{\"loginEndpoint\":\"https://l\"},\"resourceManager\":\"ftp://x\"}"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct acg_cloud *c = NULL;
        struct acg_error err = {0};
        assert_int_equal(acgp_cloud_doc_read(acgp_span(bad[i]), URL, NULL, &c, &err), ACG_ERR_PROTOCOL);
        assert_string_equal(err.field, "metadata_host");
        assert_null(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_becomes_an_address),
        cmocka_unit_test(of_a_list_the_cloud_of_the_host_is_taken),
        cmocka_unit_test(or_the_one_with_the_name),
        cmocka_unit_test(an_old_answer_tells_of_one_cloud),
        cmocka_unit_test(anything_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
