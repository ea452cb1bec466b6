/* SPDX-License-Identifier: MPL-2.0 */
/* Registration of a provider and of one feature, as Microsoft's how-to for encrypted image versions describes
 * it: the feature first, then the provider once more, so that it takes notice. Features have two forms of
 * address: "features" with POST .../register, which every cloud serves, and "featureProviders" with PUT; the
 * first is tried first, the second where Azure does not serve the first (404, 405). */
#include <string.h>

#include "arm/lro.h"
#include "arm/requests.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "setup/docs.h"
#include "setup/register.h"

/* What a call is for: the subject is added. */
enum call { CALL_READ = 1 /* + subject */, CALL_ASK = CALL_READ + ACGP_REGISTER_SUBJECTS /* + subject */ };

const char *acgp_register_call_name(int call_kind)
{
    static const char *const names[] = {
        [CALL_READ + ACGP_REGISTER_PROVIDER] = "reading the provider's registration",
        [CALL_READ + ACGP_REGISTER_FEATURE] = "reading the feature's registration",
        [CALL_ASK + ACGP_REGISTER_PROVIDER] = "registering the provider",
        [CALL_ASK + ACGP_REGISTER_FEATURE] = "registering the feature",
    };

    return names[call_kind];
}

bool acgp_register_is(const struct acgp_subject *s, const char *state)
{
    return acgp_equal_nocase(s->state, state);
}

/* ---- addresses ---- */

/* @return owned by caller; NULL without memory. */
static char *url_of(const struct acgp_registration *m, int subject, const char *tail)
{
    const char *provider = m->subjects[ACGP_REGISTER_PROVIDER].name,
               *feature = m->subjects[ACGP_REGISTER_FEATURE].name;
    char *path = NULL, *url = NULL;

    if (subject == ACGP_REGISTER_PROVIDER)
        path = acgp_printf("/subscriptions/%s/providers/%s%s", m->subscription, provider, tail);
    else if (m->form == ACGP_FORM_FEATURES)
        path = acgp_printf("/subscriptions/%s/providers/Microsoft.Features/providers/%s/features/%s%s",
                           m->subscription, provider, feature, tail);
    else
        path = acgp_printf("/subscriptions/%s/providers/Microsoft.Features/featureProviders/%s/"
                           "subscriptionFeatureRegistrations/%s",
                           m->subscription, provider, feature);
    if (path != NULL)
        url = acgp_path_url(m->work.endpoint, path, "",
                            subject == ACGP_REGISTER_PROVIDER ? ACGP_API_RESOURCES : ACGP_API_FEATURES);
    acgp_free(path);
    return url;
}

void acgp_register_read(struct acgp_registration *m, int64_t now_ms, int subject)
{
    m->subjects[subject].at_ms = ACGP_NEVER;
    m->subjects[subject].reads++;
    acgp_work_get(&m->work, now_ms, CALL_READ + subject, 0, url_of(m, subject, ""));
}

/* A registration that is sent twice is the same registration: server errors may simply be met again. */
void acgp_register_ask(struct acgp_registration *m, int64_t now_ms, int subject)
{
    struct acgp_subject *s = &m->subjects[subject];
    bool put = subject == ACGP_REGISTER_FEATURE && m->form == ACGP_FORM_PROVIDERS;
    char *body = put ? acgp_strdup("{}") : NULL;

    s->at_ms = ACGP_NEVER;
    acgp_work_notice(&m->work, now_ms, acgp_printf("registering %s", s->name));
    if (m->work.ended || (put && body == NULL)) {
        acgp_free(body);
        acgp_work_nomem(&m->work, now_ms);
        return;
    }
    acgp_work_write(&m->work, now_ms, CALL_ASK + subject, 0, url_of(m, subject, "/register"),
                    (struct acgp_write){.method = put ? ACGP_PUT : ACGP_POST, .body = body});
}

/* ---- what states mean ---- */

static void settle(struct acgp_registration *m, struct acgp_subject *s)
{
    s->settled = true;
    s->at_ms = ACGP_NEVER;
    /* Registered before our eyes: the provider has to take notice. */
    if (s == &m->subjects[ACGP_REGISTER_FEATURE] && acgp_register_is(s, "Registered") &&
        !acgp_equal_nocase(s->before, "Registered"))
        m->again = true;
}

bool acgp_register_historic(const struct acgp_registration *m)
{
    return acgp_equal_nocase(m->subjects[ACGP_REGISTER_PROVIDER].name, ACGP_REGISTER_COMPUTE) &&
           acgp_equal_nocase(m->subjects[ACGP_REGISTER_FEATURE].name, ACGP_REGISTER_SIG);
}

static void not_needed(struct acgp_registration *m, int64_t now_ms, const char *state, const char *why)
{
    struct acgp_subject *s = &m->subjects[ACGP_REGISTER_FEATURE];
    struct acg_error err;

    acgp_error_text(s->state, sizeof s->state, state);
    if (s->before[0] == '\0')
        acgp_error_text(s->before, sizeof s->before, state);
    settle(m, s);
    if (!acgp_register_historic(m)) {
        acgp_fail_field(&err, ACG_ERR_SERVICE, "feature", "%s/%s %s",
                        m->subjects[ACGP_REGISTER_PROVIDER].name, s->name, why);
        acgp_work_end(&m->work, now_ms, &err);
        return;
    }
    acgp_work_notice(
        &m->work, now_ms,
        acgp_printf("the feature %s/%s %s: encryption of image versions is generally available, and no "
                    "feature is needed for it",
                    m->subjects[ACGP_REGISTER_PROVIDER].name, s->name, why));
}

static void wait_for(struct acgp_registration *m, int64_t now_ms, int subject,
                     const struct acgp_response *response)
{
    struct acgp_subject *s = &m->subjects[subject];
    int64_t wait = acgp_retry_wait_ms(response, acgp_work_unix_s(&m->work, now_ms));

    if (acgp_register_is(s, "Pending") && !s->told) {
        s->told = true;
        acgp_work_notice(
            &m->work, now_ms,
            acgp_printf("%s is Pending: somebody at the provider has to approve it, which may take days",
                        s->name));
    }
    if (m->no_wait)
        settle(m, s);
    else
        s->at_ms = now_ms + acgp_lro_interval_ms(s->reads, wait);
}

static bool to_be_asked(const struct acgp_subject *s)
{
    return acgp_register_is(s, "NotRegistered") || acgp_register_is(s, "Unregistered") ||
           acgp_register_is(s, "NotSpecified");
}

static void judge(struct acgp_registration *m, int64_t now_ms, int subject,
                  const struct acgp_response *response)
{
    struct acgp_subject *s = &m->subjects[subject];

    if (acgp_register_is(s, "Registered"))
        settle(m, s);
    else if (to_be_asked(s) && !s->asked)
        acgp_register_ask(m, now_ms, subject);
    else
        wait_for(m, now_ms, subject, response);
}

/* The state in an answer. @return false: the machine has ended. */
static bool take_state(struct acgp_registration *m, int64_t now_ms, int subject,
                       const struct acgp_response *response)
{
    struct acgp_subject *s = &m->subjects[subject];
    json_t *root = NULL;
    struct acg_error err = {.status = ACG_OK};
    const char *state = NULL;

    if (acgp_json_parse(acgp_buf_view(&response->body), &root, &err) == ACG_OK) {
        state = subject == ACGP_REGISTER_PROVIDER ? acgp_text_in(root, "registrationState", NULL)
                                                  : acgp_text_in(root, "properties", "state", NULL);
        if (state == NULL)
            acgp_fail(&err, ACG_ERR_PROTOCOL, "%s: the answer has no state",
                      acgp_register_call_name(CALL_READ + subject));
        else
            acgp_error_text(s->state, sizeof s->state, state);
    }
    if (s->before[0] == '\0')
        memcpy(s->before, s->state, sizeof s->before);
    json_decref(root);
    if (err.status != ACG_OK)
        acgp_work_end(&m->work, now_ms, &err);
    return err.status == ACG_OK;
}

/* ---- answers ---- */

static void fail(struct acgp_registration *m, int64_t now_ms, const struct acgp_call *call,
                 const struct acgp_answer *answer)
{
    struct acg_error err;

    acgp_answer_error(answer, acgp_register_call_name(call->kind), &err);
    acgp_work_end(&m->work, now_ms, &err);
}

static void on_read(struct acgp_registration *m, int64_t now_ms, int subject, const struct acgp_call *call,
                    const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);

    if (status == 200) {
        if (take_state(m, now_ms, subject, answer->response))
            judge(m, now_ms, subject, answer->response);
    } else if (subject == ACGP_REGISTER_FEATURE && (status == 404 || status == 405)) {
        if (m->form == ACGP_FORM_FEATURES) {
            m->form = ACGP_FORM_PROVIDERS;
            acgp_register_read(m, now_ms, subject);
        } else {
            not_needed(m, now_ms, "Unknown", "is not known to Azure");
        }
    } else {
        fail(m, now_ms, call, answer);
    }
}

/* A refusal that means that this feature is not for registering (its text is all there is to go by). */
static bool not_registrable(const struct acg_error *err)
{
    return err->http_status >= 400 && err->http_status < 500 &&
           (strstr(err->message, "does not support registration") != NULL ||
            acgp_equal(err->arm_code, "FeatureNotFound") ||
            acgp_equal(err->arm_code, "FeatureRegistrationUnsupported"));
}

static void on_ask(struct acgp_registration *m, int64_t now_ms, int subject, const struct acgp_call *call,
                   const struct acgp_answer *answer)
{
    struct acgp_subject *s = &m->subjects[subject];
    int status = acgp_answer_status(answer);
    struct acg_error err;

    if (status == 200 || status == 201 || status == 202) {
        s->asked = true;
        s->reads = 0;
        s->settled = false;
        if (take_state(m, now_ms, subject, answer->response))
            judge(m, now_ms, subject, answer->response);
        return;
    }
    acgp_answer_error(answer, acgp_register_call_name(call->kind), &err);
    if (err.status != ACG_ERR_NOMEM && subject == ACGP_REGISTER_FEATURE && not_registrable(&err)) {
        not_needed(m, now_ms, "NotRegistrable", "cannot be registered");
    } else if (subject == ACGP_REGISTER_FEATURE && m->form == ACGP_FORM_FEATURES &&
               (status == 404 || status == 405)) {
        m->form = ACGP_FORM_PROVIDERS;
        acgp_register_ask(m, now_ms, subject);
    } else {
        fail(m, now_ms, call, answer);
    }
}

void acgp_register_on_answer(struct acgp_work *w, int64_t now_ms, const struct acgp_call *call,
                             const struct acgp_answer *answer)
{
    struct acgp_registration *m = (struct acgp_registration *)w;

    if (call->kind < CALL_ASK)
        on_read(m, now_ms, call->kind - CALL_READ, call, answer);
    else
        on_ask(m, now_ms, call->kind - CALL_ASK, call, answer);
}
