/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "app/serve_host.h"
#include "base/span.h"

struct variable {
    const char *name, *value;
};

/* @param context an array that ends with an empty entry */
static const char *lookup(void *context, const char *name)
{
    for (const struct variable *v = context; v->name != NULL; v++)
        if (acgp_equal(v->name, name))
            return v->value;
    return NULL;
}

#define COOKIE                                                                                               \
    {                                                                                                        \
        PKR_HOST_COOKIE_KEY, PKR_HOST_COOKIE_VALUE                                                           \
    }

static void a_host_is_read(void **st)
{
    struct variable plain[] = {COOKIE, {"TMPDIR", "/var/tmp"}, {NULL, NULL}};
    struct variable all[] = {COOKIE,
                             {"TMPDIR", "/var/tmp"},
                             {"PLUGIN_UNIX_SOCKET_DIR", "/run/host"},
                             {"PLUGIN_CLIENT_CERT", "c"},
                             {"PLUGIN_MULTIPLEX_GRPC", "true"},
                             {NULL, NULL}};
    struct pkr_host host;

    (void)st;
    assert_int_equal(pkr_host_read(lookup, plain, &host, NULL), ACG_OK);
    assert_string_equal(host.folder_parent, "/var/tmp");
    assert_null(host.client_cert);
    assert_false(host.own_parent || host.multiplex);
    assert_int_equal(pkr_host_read(lookup, all, &host, NULL), ACG_OK);
    assert_string_equal(host.folder_parent, "/run/host");
    assert_string_equal(host.client_cert, "c");
    assert_true(host.own_parent && host.multiplex);
}

static void what_is_no_host_names_its_variable(void **st)
{
    struct variable none[] = {{NULL, NULL}}, wrong[] = {{PKR_HOST_COOKIE_KEY, "1"}, {NULL, NULL}},
                    group[] = {COOKIE, {"PLUGIN_UNIX_SOCKET_GROUP", "users"}, {NULL, NULL}};
    const struct {
        struct variable *environment;
        const char *field;
    } cases[] = {
        {none, PKR_HOST_COOKIE_KEY}, {wrong, PKR_HOST_COOKIE_KEY}, {group, "PLUGIN_UNIX_SOCKET_GROUP"}};

    (void)st;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct acg_error err = {.status = ACG_OK};
        struct pkr_host host;
        assert_int_equal(pkr_host_read(lookup, cases[i].environment, &host, &err), ACG_ERR_ARGUMENT);
        assert_string_equal(err.field, cases[i].field);
    }
}

static void the_folder_is_private_and_goes(void **st)
{
    struct variable environment[] = {COOKIE, {NULL, NULL}};
    struct pkr_host host;
    struct stat info;
    char folder[PKR_HOST_PATH_MAX];

    (void)st;
    assert_int_equal(pkr_host_read(lookup, environment, &host, NULL), ACG_OK);
    assert_int_equal(pkr_host_open(&host, NULL), ACG_OK);
    memcpy(folder, host.folder, sizeof folder);
    assert_int_equal(stat(folder, &info), 0);
    assert_int_equal(info.st_mode & 0777, S_IRWXU);
    assert_int_equal(strncmp(host.path, folder, strlen(folder)), 0);
    pkr_host_close(&host);
    assert_int_equal(stat(folder, &info), -1);
    pkr_host_close(&host);
}

static void a_folder_whose_path_is_too_long_is_made_elsewhere(void **st)
{
    char far[PKR_HOST_PATH_MAX];
    struct variable own[] = {COOKIE, {"TMPDIR", far}, {NULL, NULL}};
    struct variable given[] = {COOKIE, {"PLUGIN_UNIX_SOCKET_DIR", far}, {NULL, NULL}};
    struct pkr_host host;

    (void)st;
    memset(far, 'x', sizeof far - 1);
    far[sizeof far - 1] = '\0';
    assert_int_equal(pkr_host_read(lookup, own, &host, NULL), ACG_OK);
    assert_int_equal(pkr_host_open(&host, NULL), ACG_OK);
    assert_int_equal(strncmp(host.folder, "/tmp/", 5), 0);
    pkr_host_close(&host);
    assert_int_equal(pkr_host_read(lookup, given, &host, NULL), ACG_OK);
    assert_int_equal(pkr_host_open(&host, NULL), ACG_ERR_TRANSPORT);
    pkr_host_close(&host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_is_read),
        cmocka_unit_test(what_is_no_host_names_its_variable),
        cmocka_unit_test(the_folder_is_private_and_goes),
        cmocka_unit_test(a_folder_whose_path_is_too_long_is_made_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
