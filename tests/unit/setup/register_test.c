/* SPDX-License-Identifier: MPL-2.0 */
/* Registration: both forms of a feature's address, waiting, approval, and today's Azure. */
#include <stdio.h>

#include "setup/setup.h"
#include "testlib/talk.h"

#define PROVIDER "/providers/Microsoft.Compute?"
#define FEATURE  "/features/SIGEncryption?"
#define OTHER    "/subscriptionFeatureRegistrations/SIGEncryption?"

static struct talk begin_with(const struct acg_register_options *change)
{
    struct acg_register_options o = *change;
    struct acgp_work *m = NULL;

    o.version = ACG_REGISTER_OPTIONS_VERSION;
    o.subscription_id = "00000000-0000-0000-0000-000000000000";
    assert_int_equal(acgp_register_new(&o, talk_config(), &m, NULL), ACG_OK);
    return talk_begin_work(m);
}

static struct talk begin(void)
{
    return begin_with(&(struct acg_register_options){0});
}

static void provider(struct talk *t, const char *method, const char *url, const char *state)
{
    char body[128];

    snprintf(body, sizeof body, "{\"registrationState\":\"%s\"}", state);
    talk_expect(t, method, url);
    talk_reply_text(t, 200, body);
}

static void feature(struct talk *t, const char *method, const char *url, const char *state)
{
    char body[128];

    snprintf(body, sizeof body, "{\"properties\":{\"state\":\"%s\"}}", state);
    talk_expect(t, method, url);
    talk_reply_text(t, 200, body);
}

static void refuse(struct talk *t, const char *method, const char *url, int status, const char *code,
                   const char *text)
{
    char body[256];

    snprintf(body, sizeof body, "{\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}", code, text);
    talk_expect(t, method, url);
    talk_reply_text(t, status, body);
}

static void what_is_registered_is_left_alone(void **st)
{
    struct talk t = begin();

    (void)st;
    provider(&t, "GET", PROVIDER, "Registered");
    feature(&t, "GET", FEATURE, "Registered");
    talk_ends(&t, ACG_OK);
    assert_int_equal(t.gets, 2);
    assert_non_null(strstr(t.report, "\"asked\":false"));
    assert_null(strstr(t.report, "\"asked\":true"));
    talk_free(&t);
}

static void the_provider_is_registered_once_more_after_the_feature(void **st)
{
    struct talk t = begin();

    (void)st;
    provider(&t, "GET", PROVIDER, "Registered");
    feature(&t, "GET", FEATURE, "NotRegistered");
    feature(&t, "POST", "/features/SIGEncryption/register?", "Registering");
    talk_expect_silence(&t);
    talk_pass_ms(&t, 60000);
    feature(&t, "GET", FEATURE, "Registered");
    provider(&t, "POST", "/providers/Microsoft.Compute/register?", "Registering");
    talk_pass_ms(&t, 60000);
    provider(&t, "GET", PROVIDER, "Registered");
    talk_ends(&t, ACG_OK);
    assert_non_null(strstr(t.report, "\"before\":\"NotRegistered\",\"state\":\"Registered\",\"asked\":true"));
    talk_free(&t);
}

static void a_provider_alone(void **st)
{
    struct talk t = begin_with(&(struct acg_register_options){.provider_namespace = "Microsoft.KeyVault"});

    (void)st;
    provider(&t, "GET", "/providers/Microsoft.KeyVault?", "NotRegistered");
    provider(&t, "POST", "/providers/Microsoft.KeyVault/register?", "Registered");
    talk_ends(&t, ACG_OK);
    assert_non_null(strstr(t.report, "\"feature\":null"));
    talk_free(&t);
}

static void the_second_form_is_asked_where_the_first_is_not_served(void **st)
{
    struct talk t = begin();

    (void)st;
    provider(&t, "GET", PROVIDER, "Registered");
    refuse(&t, "GET", FEATURE, 405, "MethodNotAllowed", "no");
    feature(&t, "GET", OTHER, "NotRegistered");
    feature(&t, "PUT", OTHER, "Registered");
    assert_string_equal(t.last_put, "{}");
    provider(&t, "POST", "/providers/Microsoft.Compute/register?", "Registered");
    talk_ends(&t, ACG_OK);
    assert_non_null(strstr(t.report, "\"form\":\"featureProviders\""));
    talk_free(&t);
}

static void a_registration_that_the_first_form_refuses_goes_by_the_second(void **st)
{
    struct talk t = begin();

    (void)st;
    provider(&t, "GET", PROVIDER, "Registered");
    feature(&t, "GET", FEATURE, "NotRegistered");
    refuse(&t, "POST", "/features/SIGEncryption/register?", 404, "NotFound", "no such address");
    feature(&t, "PUT", OTHER, "Registered");
    provider(&t, "POST", "/providers/Microsoft.Compute/register?", "Registered");
    talk_ends(&t, ACG_OK);
    talk_free(&t);
}

static void a_feature_that_azure_does_not_know_is_not_needed(void **st)
{
    struct talk t = begin();

    (void)st;
    provider(&t, "GET", PROVIDER, "Registered");
    refuse(&t, "GET", FEATURE, 404, "FeatureNotFound", "no");
    refuse(&t, "GET", OTHER, 404, "FeatureNotFound", "no");
    talk_told(&t, "is not known to Azure: encryption of image versions is generally available");
    talk_ends(&t, ACG_OK);
    assert_non_null(strstr(t.report, "\"state\":\"Unknown\""));
    talk_free(&t);
}

static void a_feature_that_cannot_be_registered_is_not_needed(void **st)
{
    struct talk t = begin();

    (void)st;
    provider(&t, "GET", PROVIDER, "Registered");
    feature(&t, "GET", FEATURE, "NotRegistered");
    refuse(&t, "POST", "/register?", 400, "InvalidRequest",
           "The feature 'SIGEncryption' does not support registration.");
    talk_told(&t, "cannot be registered: encryption of image versions is generally available");
    talk_ends(&t, ACG_OK);
    assert_non_null(strstr(t.report, "\"state\":\"NotRegistrable\""));
    talk_free(&t);
}

static void another_feature_that_is_unknown_is_a_failure(void **st)
{
    struct talk t = begin_with(&(struct acg_register_options){.feature = "SIGEncrytion"});

    (void)st;
    provider(&t, "GET", PROVIDER, "Registered");
    refuse(&t, "GET", "/features/SIGEncrytion?", 404, "FeatureNotFound", "no");
    refuse(&t, "GET", "/subscriptionFeatureRegistrations/SIGEncrytion?", 404, "FeatureNotFound", "no");
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "Microsoft.Compute/SIGEncrytion is not known to Azure");
    talk_free(&t);
}

static void pending_is_told_as_needing_approval(void **st)
{
    struct talk t = begin();

    (void)st;
    provider(&t, "GET", PROVIDER, "Registered");
    feature(&t, "GET", FEATURE, "NotRegistered");
    feature(&t, "POST", "/register?", "Pending");
    talk_told(&t, "somebody at the provider has to approve it");
    for (int i = 0; i < 400 && !t.over; i++) {
        talk_pass_ms(&t, 30000);
        if (t.open_count != 0)
            feature(&t, "GET", FEATURE, "Pending");
    }
    talk_ends(&t, ACG_ERR_TIMEOUT);
    talk_told(&t, "SIGEncryption is Pending; Azure goes on");
    assert_int_equal(t.now_ms / 60000, 45);
    talk_free(&t);
}

static void without_waiting_it_ends_when_azure_took_it(void **st)
{
    struct talk t = begin_with(&(struct acg_register_options){.no_wait = true});

    (void)st;
    provider(&t, "GET", PROVIDER, "NotRegistered");
    feature(&t, "GET", FEATURE, "NotRegistered");
    provider(&t, "POST", "/providers/Microsoft.Compute/register?", "Registering");
    feature(&t, "POST", "/features/SIGEncryption/register?", "Registering");
    talk_ends(&t, ACG_OK);
    talk_told(&t, "asked for; Azure goes on with it");
    talk_free(&t);
}

static void a_right_that_is_missing_is_a_failure(void **st)
{
    struct talk t = begin();

    (void)st;
    provider(&t, "GET", PROVIDER, "NotRegistered");
    feature(&t, "GET", FEATURE, "Registered");
    refuse(&t, "POST", "/providers/Microsoft.Compute/register?", 403, "AuthorizationFailed", "no");
    talk_ends(&t, ACG_ERR_AUTH);
    talk_told(&t, "registering the provider");
    talk_free(&t);
}

static void cancelled(void **st)
{
    struct talk t = begin();

    (void)st;
    provider(&t, "GET", PROVIDER, "Registering");
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_told(&t, "the same command goes on watching");
    assert_non_null(t.report);
    talk_free(&t);
}

static void options_are_checked(void **st)
{
    static const struct {
        struct acg_register_options o;
        const char *field;
    } bad[] = {
        {{.version = 9}, "version"},
        {{.version = 1}, "subscription_id"},
        {{.version = 1,
          .subscription_id = "00000000-0000-0000-0000-000000000000",
          .provider_namespace = "a/b"},
         "provider_namespace"},
        {{.version = 1, .subscription_id = "00000000-0000-0000-0000-000000000000", .feature = "a?b"},
         "feature"},
        {{.version = 1, .subscription_id = "00000000-0000-0000-0000-000000000000", .timeout_ms = -1},
         "timeout_ms"},
    };

    (void)st;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct acgp_work *m = NULL;
        struct acg_error err;
        assert_int_equal(acgp_register_new(&bad[i].o, talk_config(), &m, &err), ACG_ERR_ARGUMENT);
        assert_string_equal(err.field, bad[i].field);
        assert_null(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_registered_is_left_alone),
        cmocka_unit_test(the_provider_is_registered_once_more_after_the_feature),
        cmocka_unit_test(a_provider_alone),
        cmocka_unit_test(the_second_form_is_asked_where_the_first_is_not_served),
        cmocka_unit_test(a_registration_that_the_first_form_refuses_goes_by_the_second),
        cmocka_unit_test(a_feature_that_azure_does_not_know_is_not_needed),
        cmocka_unit_test(a_feature_that_cannot_be_registered_is_not_needed),
        cmocka_unit_test(another_feature_that_is_unknown_is_a_failure),
        cmocka_unit_test(pending_is_told_as_needing_approval),
        cmocka_unit_test(without_waiting_it_ends_when_azure_took_it),
        cmocka_unit_test(a_right_that_is_missing_is_a_failure),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(options_are_checked),
    };

    return cmocka_run_group_tests_name("set-up: register", tests, NULL, NULL);
}
