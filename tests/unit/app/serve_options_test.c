/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "app/serve_options.h"
#include "base/span.h"

static const char *nothing(void *context, const char *name)
{
    (void)context;
    (void)name;
    return NULL;
}

static const char *files(void *context, const char *name)
{
    (void)context;
    return acgp_equal(name, "ACG_SERVE_TLS_CERT")        ? "c"
           : acgp_equal(name, "ACG_SERVE_TLS_KEY")       ? "k"
           : acgp_equal(name, "ACG_SERVE_TLS_CLIENT_CA") ? "a"
                                                         : NULL;
}

static enum acg_status read_with(const char *(*lookup)(void *context, const char *name),
                                 const char *const *words, struct pkr_serve_options *out,
                                 struct acg_error *err)
{
    size_t count = 0;

    while (words[count] != NULL)
        count++;
    return pkr_serve_options_read(words, count, lookup, NULL, out, err);
}

static void addresses_are_read(void **st)
{
    struct pkr_serve_options o;

    (void)st;
    assert_int_equal(read_with(files,
                               (const char *const[]){"--listen", "unix:/run/a", "--listen", "tcp:[::1]:0",
                                                     "--listen", "tcp:build.example.com:8443", NULL},
                               &o, NULL),
                     ACG_OK);
    assert_int_equal(o.listen_count, 3);
    assert_string_equal(o.listen[0].path, "/run/a");
    assert_string_equal(o.listen[1].host, "::1");
    assert_true(o.listen[1].loopback);
    assert_string_equal(o.listen[2].host, "build.example.com");
    assert_int_equal(o.listen[2].port, 8443);
    assert_false(o.listen[2].loopback);
    assert_string_equal(o.tls_cert, "c");
}

static void what_is_wrong_names_its_option(void **st)
{
    static const struct {
        const char *words[8], *field;
    } cases[] = {
        {{NULL}, "--listen"},
        {{"--listen", NULL}, "--listen"},
        {{"--listen", "unix:", NULL}, "--listen"},
        {{"--listen", "tcp:host", NULL}, "--listen"},
        {{"--listen", "tcp::1", NULL}, "--listen"},
        {{"--listen", "tcp:::1:1", NULL}, "--listen"},
        {{"--listen", "tcp:host:65536", NULL}, "--listen"},
        {{"--listen", "tcp:host:1", NULL}, "--listen"},
        {{"--listen", "tcp:127.0.0.1:1", NULL}, "--listen"},
        {{"--listen", "tcp:127.0.0.2:1", "--insecure-loopback", NULL}, "--insecure-loopback"},
        {{"--listen", "tcp:127.0.0.1:1", "--insecure-loopback", "--tls-key", "k", NULL}, "--tls-cert"},
        {{"--listen", "unix:a", "--tls-cert", "c", "--tls-key", "k", NULL}, "--tls-client-ca"},
        {{"--listen", "unix:a", "--tls-cert", "", NULL}, "--tls-cert"},
        {{"--verbose", NULL}, "--verbose"},
        {{"--listen", "unix:a", "--journal", NULL}, "--journal"},
        {{"--go-plugin", "--listen", "unix:a", NULL}, "--listen"},
        {{"--go-plugin", "--insecure-loopback", NULL}, "--insecure-loopback"},
        {{"--go-plugin", "--tls-key", "k", NULL}, "--tls-key"},
    };

    (void)st;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct acg_error err = {.status = ACG_OK};
        struct pkr_serve_options o;
        assert_int_equal(read_with(nothing, cases[i].words, &o, &err), ACG_ERR_ARGUMENT);
        assert_string_equal(err.field, cases[i].field);
    }
}

static void what_says_its_own_leaves_the_files_of_the_environment_alone(void **st)
{
    struct pkr_serve_options o;

    (void)st;
    assert_int_equal(
        read_with(files, (const char *const[]){"--listen", "tcp:localhost:0", "--insecure-loopback", NULL},
                  &o, NULL),
        ACG_OK);
    assert_null(o.tls_cert);
    assert_int_equal(read_with(files, (const char *const[]){"--go-plugin", NULL}, &o, NULL), ACG_OK);
    assert_true(o.go_plugin && o.tls_cert == NULL && o.journal == NULL);
    assert_int_equal(
        read_with(files, (const char *const[]){"--go-plugin", "--journal", "/j", NULL}, &o, NULL), ACG_OK);
    assert_string_equal(o.journal, "/j");
    assert_int_equal(read_with(nothing, (const char *const[]){"--help", NULL}, &o, NULL), ACG_OK);
    assert_true(o.help);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read),
        cmocka_unit_test(what_is_wrong_names_its_option),
        cmocka_unit_test(what_says_its_own_leaves_the_files_of_the_environment_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
