/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <stdlib.h>

#include <unistd.h>

#include "engine/curl_transfer.h"
#include "engine/curl_trust.h"

static int forget_environment(void **st)
{
    (void)st;
    unsetenv("SSL_CERT_FILE");
    unsetenv("SSL_CERT_DIR");
    return 0;
}

static void the_users_file_is_the_only_trust(void **st)
{
    (void)st;
    struct acgp_trust trust = {NULL, NULL, NULL};

    setenv("SSL_CERT_FILE", "/other.pem", 1);
    assert_int_equal(acgp_trust_find("/etc/passwd", &trust, NULL), ACG_OK);
    assert_string_equal(trust.file, "/etc/passwd");
    assert_null(trust.dir);
    assert_null(trust.bundle); /* libcurl reads it, and says what is wrong with it */
    acgp_trust_done(&trust);
}

static void a_file_that_cannot_be_read_is_said_at_once(void **st)
{
    (void)st;
    struct acgp_trust trust = {NULL, NULL, NULL};
    struct acg_error err = {0};

    assert_int_equal(acgp_trust_find("/no/such.pem", &trust, &err), ACG_ERR_ARGUMENT);
    assert_string_equal(err.field, "ca_file");
    assert_non_null(strstr(err.message, "/no/such.pem"));
    assert_null(trust.file);
}

static void the_environment_of_openssl_goes_before_the_system(void **st)
{
    (void)st;
    struct acgp_trust trust = {NULL, NULL, NULL};

    setenv("SSL_CERT_DIR", "/some/dir", 1);
    assert_int_equal(acgp_trust_find(NULL, &trust, NULL), ACG_OK);
    assert_null(trust.file);
    assert_string_equal(trust.dir, "/some/dir");
    acgp_trust_done(&trust);
    setenv("SSL_CERT_FILE", "/some/file", 1);
    assert_int_equal(acgp_trust_find(NULL, &trust, NULL), ACG_OK);
    assert_string_equal(trust.file, "/some/file");
    assert_string_equal(trust.dir, "/some/dir");
    acgp_trust_done(&trust);
}

static void the_systems_trust_is_a_directory_or_a_file_that_exists(void **st)
{
    (void)st;
    struct acgp_trust trust = {NULL, NULL, NULL};

    setenv("SSL_CERT_FILE", "", 1); /* empty counts as not set */
    assert_int_equal(acgp_trust_find(NULL, &trust, NULL), ACG_OK);
    assert_false(trust.file != NULL && trust.dir != NULL); /* a bundle beside a directory would cost 20 ms */
    assert_true(trust.file == NULL || access(trust.file, R_OK) == 0);
    assert_true(trust.dir == NULL || access(trust.dir, R_OK) == 0);
    assert_true((trust.bundle != NULL) == (trust.file != NULL && acgp_bundle_usable()));
    acgp_trust_done(&trust);
}

static void curl_results_tell_whether_azure_may_have_acted(void **st)
{
    (void)st;

    assert_int_equal(acgp_transfer_failure_kind(CURLE_COULDNT_CONNECT, false), ACGP_FAILURE_NOT_SENT);
    assert_int_equal(acgp_transfer_failure_kind(CURLE_COULDNT_RESOLVE_HOST, false), ACGP_FAILURE_NOT_SENT);
    assert_int_equal(acgp_transfer_failure_kind(CURLE_SSL_CONNECT_ERROR, false), ACGP_FAILURE_NOT_SENT);
    assert_int_equal(acgp_transfer_failure_kind(CURLE_OPERATION_TIMEDOUT, false), ACGP_FAILURE_NOT_SENT);
    assert_int_equal(acgp_transfer_failure_kind(CURLE_OPERATION_TIMEDOUT, true), ACGP_FAILURE_LOST);
    assert_int_equal(acgp_transfer_failure_kind(CURLE_GOT_NOTHING, true), ACGP_FAILURE_LOST);
    assert_int_equal(acgp_transfer_failure_kind(CURLE_SEND_FAIL_REWIND, true), ACGP_FAILURE_LOST);
    assert_int_equal(acgp_transfer_failure_kind(CURLE_HTTP2_STREAM, true), ACGP_FAILURE_LOST);
    assert_int_equal(acgp_transfer_failure_kind(CURLE_PEER_FAILED_VERIFICATION, false), ACGP_FAILURE_TRUST);
    assert_int_equal(acgp_transfer_failure_kind(CURLE_SSL_CACERT_BADFILE, false), ACGP_FAILURE_TRUST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_users_file_is_the_only_trust, forget_environment,
                                        forget_environment),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_is_said_at_once, forget_environment,
                                        forget_environment),
        cmocka_unit_test_setup_teardown(the_environment_of_openssl_goes_before_the_system, forget_environment,
                                        forget_environment),
        cmocka_unit_test_setup_teardown(the_systems_trust_is_a_directory_or_a_file_that_exists,
                                        forget_environment, forget_environment),
        cmocka_unit_test(curl_results_tell_whether_azure_may_have_acted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
