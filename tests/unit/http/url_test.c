/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include "base/alloc.h"
#include "base/span.h"
#include "http/url.h"

static void a_url_falls_into_its_parts(void **st)
{
    struct acgp_url u;

    (void)st;
    assert_true(acgp_url_parse(acgp_span("HTTPS://Management.Azure.com/a/b?c=d?e"), &u));
    assert_true(u.https);
    assert_int_equal(u.port, 443);
    assert_true(acgp_span_equal(u.host, acgp_span("Management.Azure.com")));
    assert_true(acgp_span_equal(u.path, acgp_span("/a/b")));
    assert_true(acgp_span_equal(u.query, acgp_span("c=d?e")));
    assert_true(acgp_url_parse(acgp_span("http://[::1]:8080"), &u));
    assert_false(u.https);
    assert_int_equal(u.port, 8080);
    assert_true(acgp_span_equal(u.host, acgp_span("::1")));
    assert_int_equal(u.path.len, 0);
    assert_true(acgp_url_parse(acgp_span("https://h?x=1"), &u));
    assert_true(acgp_span_equal(u.query, acgp_span("x=1")));
}

static void what_is_no_plain_http_url_is_refused(void **st)
{
    static const char *const bad[] = {"",
                                      "/relative",
                                      "ftp://h/",
                                      "https://",
                                      "https:///path",
                                      "https://h:0/",
                                      "https://h:65536/",
                                      "https://h:/",
                                      "https://h:12x/",
                                      "https://user@h/",
                                      "https://user:pw@h/",
                                      "https://h/a b",
                                      "https://h/\r\nX: y",
                                      "https://h/#fragment",
                                      "https://h\\@evil/",
                                      "https://[::1/",
                                      "https://[::1]x/",
                                      "https://[h]/",
                                      "https://h\xc3\xa4/"};
    struct acgp_url u;

    (void)st;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(acgp_url_parse(acgp_span(bad[i]), &u));
}

static void a_url_over_the_cap_is_refused(void **st)
{
    char text[ACGP_URL_MAX + 2];
    struct acgp_url u;

    (void)st;
    memset(text, 'a', sizeof text);
    memcpy(text, "https://h/", 10);
    assert_true(acgp_url_parse(acgp_span_of(text, ACGP_URL_MAX), &u));
    assert_false(acgp_url_parse(acgp_span_of(text, ACGP_URL_MAX + 1), &u));
}

static bool trusted(const char *url, const char *endpoint)
{
    return acgp_url_trusted(acgp_span(url), acgp_span(endpoint));
}

static void a_token_goes_to_the_endpoint_and_to_hosts_below_it(void **st)
{
    const char *arm = "https://management.azure.com";

    (void)st;
    assert_true(trusted("https://management.azure.com/x?s=1", arm));
    assert_true(trusted("https://MANAGEMENT.azure.com:443/x", arm));
    assert_true(trusted("https://westus.management.azure.com/x", arm));
    assert_true(trusted("https://a.b.management.azure.com/x", arm));
}

static void a_token_goes_nowhere_else(void **st)
{
    const char *arm = "https://management.azure.com";

    (void)st;
    assert_false(trusted("https://azure.com/x", arm));
    assert_false(trusted("https://evilmanagement.azure.com/x", arm));
    assert_false(trusted("https://.management.azure.com/x", arm));
    assert_false(trusted("https://management.azure.com.evil.example/x", arm));
    assert_false(trusted("https://management.azure.com:8443/x", arm));
    assert_false(trusted("http://management.azure.com/x", arm));
    assert_false(trusted("http://westus.management.azure.com/x", arm));
    assert_false(trusted("https://management.azure.com@evil.example/x", arm));
    assert_false(trusted("nonsense", arm));
}

static void plain_http_is_for_the_configured_loopback_endpoint_alone(void **st)
{
    (void)st;
    assert_true(trusted("http://127.0.0.1:9000/op", "http://127.0.0.1:9000"));
    assert_true(trusted("http://localhost:9000/op", "http://localhost:9000"));
    assert_false(trusted("http://127.0.0.1:9001/op", "http://127.0.0.1:9000"));
    assert_false(trusted("http://a.localhost:9000/op", "http://localhost:9000"));
    assert_false(trusted("http://127.0.0.1:9000/op", "https://127.0.0.1:9000"));
    assert_false(trusted("http://10.0.0.1/op", "http://10.0.0.1"));
    assert_false(trusted("https://1.127.0.0.1:9000/op", "https://127.0.0.1:9000"));
}

static bool link_local(const char *text)
{
    struct acgp_url url;

    assert_true(acgp_url_parse(acgp_span(text), &url));
    return acgp_url_link_local(&url);
}

static void the_link_of_a_vm_is_known_by_its_numbers_alone(void **st)
{
    (void)st;
    assert_true(link_local("http://169.254.169.254/metadata"));
    assert_true(link_local("http://169.254.130.2:8081"));
    assert_false(link_local("http://169.255.169.254"));
    assert_false(link_local("http://1.169.254.1"));
    assert_false(link_local("http://169.254.169.254.example.com"));
    assert_false(link_local("http://169.254.169"));
    assert_false(link_local("http://0169.254.169.254"));
}

static void a_value_of_a_query_is_escaped(void **st)
{
    (void)st;
    struct acgp_buf b;

    acgp_buf_init(&b, 64);
    assert_true(acgp_url_append_value(&b, acgp_span("aZ09-._~ /&=+%\xc3\xa9")));
    assert_string_equal(b.data, "aZ09-._~%20%2F%26%3D%2B%25%C3%A9");
    acgp_buf_done(&b);
    acgp_buf_init(&b, 3);
    assert_false(acgp_url_append_value(&b, acgp_span("a b")));
    acgp_buf_done(&b);
}

static void an_endpoint_is_https_or_on_loopback(void **st)
{
    static const char *const good[] = {"https://management.azure.com", "https://10.1.2.3:8443",
                                       "http://localhost:8080", "http://127.9.9.9", "http://[::1]:80"};
    static const char *const bad[] = {"http://management.azure.com",
                                      "http://127.0.0.1.example.com",
                                      "http://localhost.example.com",
                                      "http://0.0.0.0",
                                      "https://h?x=1",
                                      "management.azure.com",
                                      "http://127.0.0.256"};

    (void)st;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(acgp_url_endpoint_ok(acgp_span(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(acgp_url_endpoint_ok(acgp_span(bad[i])));
}

static void resolves(const char *endpoint, const char *url, const char *want)
{
    char *got = acgp_url_resolve(endpoint, url);

    assert_non_null(got);
    assert_string_equal(got, want);
    acgp_free(got);
}

static void relative_urls_are_taken_below_the_origin(void **st)
{
    (void)st;
    resolves("https://h:1", "/op?x", "https://h:1/op?x");
    resolves("https://h/base", "/op", "https://h/op");
    resolves("https://h", "https://other/op", "https://other/op");
    resolves("https://h", "//other/op", "//other/op");
}

static void what_a_path_cannot_hold_is_percent_encoded(void **st)
{
    struct acgp_buf b;

    (void)st;
    acgp_buf_init(&b, 256);
    assert_true(acgp_url_append_path(&b, acgp_span("/a b/(x)_-.~?#%\xc3\xa4\"")));
    assert_string_equal(b.data, "/a%20b/(x)_-.~%3F%23%25%C3%A4%22");
    acgp_buf_done(&b);
    acgp_buf_init(&b, 4);
    assert_false(acgp_url_append_path(&b, acgp_span("/a b")));
    acgp_buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_falls_into_its_parts),
        cmocka_unit_test(what_is_no_plain_http_url_is_refused),
        cmocka_unit_test(a_url_over_the_cap_is_refused),
        cmocka_unit_test(a_token_goes_to_the_endpoint_and_to_hosts_below_it),
        cmocka_unit_test(a_token_goes_nowhere_else),
        cmocka_unit_test(plain_http_is_for_the_configured_loopback_endpoint_alone),
        cmocka_unit_test(an_endpoint_is_https_or_on_loopback),
        cmocka_unit_test(the_link_of_a_vm_is_known_by_its_numbers_alone),
        cmocka_unit_test(a_value_of_a_query_is_escaped),
        cmocka_unit_test(relative_urls_are_taken_below_the_origin),
        cmocka_unit_test(what_a_path_cannot_hold_is_percent_encoded),
    };

    return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
