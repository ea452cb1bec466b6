/* SPDX-License-Identifier: MPL-2.0 */
/* Registration of a provider and of one feature, as Microsoft's how-to for encrypted image versions describes
 * it: the feature first, then the provider once more, so that it takes notice. Features have two forms of
 * address: "features" with POST .../register, which every cloud serves, and "featureProviders" with PUT; the
 * first is tried first, the second where Azure does not serve the first (404, 405). */
#include <inttypes.h>
#include <string.h>

#include "arm/lro.h"
#include "arm/requests.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "model/names.h"
#include "report/report.h"
#include "setup/docs.h"
#include "setup/setup.h"
#include "json/build.h"

enum { TIMEOUT_MS = 2700000, STATE_MAX = 32, NAME_LENGTH_MAX = 128 };

#define COMPUTE "Microsoft.Compute"
#define FEATURE "SIGEncryption"

/* What a call is about; and the same + ASK for the registration itself. */
enum { PROVIDER = 0, SUBJECT_FEATURE, SUBJECTS };
enum call { CALL_READ = 1 /* + subject */, CALL_ASK = CALL_READ + SUBJECTS /* + subject */ };

enum form { FORM_FEATURES = 0, FORM_PROVIDERS, FORMS };

struct subject {
    bool wanted;
    char *name; /* owned; namespace, or feature */
    char before[STATE_MAX], state[STATE_MAX];
    bool asked;   /* this run sent a registration */
    bool told;    /* that somebody has to approve it */
    bool settled; /* nothing more is to be waited for */
    unsigned reads;
    int64_t at_ms; /* next reading; ACGP_NEVER: none planned */
};

struct registration {
    struct acgp_work work; /* first: the machine lives in it */
    char *subscription;    /* owned */
    bool no_wait;
    int64_t timeout_ms;
    struct subject subjects[SUBJECTS];
    enum form form; /* of the feature's address */
    bool again;     /* the provider is to be registered once more after the feature */
    struct acg_report *report;
};

static struct registration *machine_of(struct acgp_work *w)
{
    return (struct registration *)w;
}

static const char *call_name(int call_kind)
{
    static const char *const names[] = {
        [CALL_READ + PROVIDER] = "reading the provider's registration",
        [CALL_READ + SUBJECT_FEATURE] = "reading the feature's registration",
        [CALL_ASK + PROVIDER] = "registering the provider",
        [CALL_ASK + SUBJECT_FEATURE] = "registering the feature",
    };

    return names[call_kind];
}

static bool is(const struct subject *s, const char *state)
{
    return acgp_equal_nocase(s->state, state);
}

/* ---- addresses ---- */

/* @return owned by caller; NULL without memory. */
static char *url_of(const struct registration *m, int subject, const char *tail)
{
    const char *provider = m->subjects[PROVIDER].name, *feature = m->subjects[SUBJECT_FEATURE].name;
    char *path = NULL, *url = NULL;

    if (subject == PROVIDER)
        path = acgp_printf("/subscriptions/%s/providers/%s%s", m->subscription, provider, tail);
    else if (m->form == FORM_FEATURES)
        path = acgp_printf("/subscriptions/%s/providers/Microsoft.Features/providers/%s/features/%s%s",
                           m->subscription, provider, feature, tail);
    else
        path = acgp_printf("/subscriptions/%s/providers/Microsoft.Features/featureProviders/%s/"
                           "subscriptionFeatureRegistrations/%s",
                           m->subscription, provider, feature);
    if (path != NULL)
        url = acgp_path_url(m->work.endpoint, path, "",
                            subject == PROVIDER ? ACGP_API_RESOURCES : ACGP_API_FEATURES);
    acgp_free(path);
    return url;
}

static void read_state(struct registration *m, int64_t now_ms, int subject)
{
    m->subjects[subject].at_ms = ACGP_NEVER;
    m->subjects[subject].reads++;
    acgp_work_get(&m->work, now_ms, CALL_READ + subject, 0, url_of(m, subject, ""));
}

/* A registration that is sent twice is the same registration: server errors may simply be met again. */
static void ask(struct registration *m, int64_t now_ms, int subject)
{
    struct subject *s = &m->subjects[subject];
    bool put = subject == SUBJECT_FEATURE && m->form == FORM_PROVIDERS;
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

static void settle(struct registration *m, struct subject *s)
{
    s->settled = true;
    s->at_ms = ACGP_NEVER;
    /* Registered before our eyes: the provider has to take notice. */
    if (s == &m->subjects[SUBJECT_FEATURE] && is(s, "Registered") &&
        !acgp_equal_nocase(s->before, "Registered"))
        m->again = true;
}

/* The feature that encrypted image versions once needed? Any other is the user's own wish, and missed. */
static bool historic(const struct registration *m)
{
    return acgp_equal_nocase(m->subjects[PROVIDER].name, COMPUTE) &&
           acgp_equal_nocase(m->subjects[SUBJECT_FEATURE].name, FEATURE);
}

static void not_needed(struct registration *m, int64_t now_ms, const char *state, const char *why)
{
    struct subject *s = &m->subjects[SUBJECT_FEATURE];
    struct acg_error err;

    acgp_error_text(s->state, sizeof s->state, state);
    if (s->before[0] == '\0')
        acgp_error_text(s->before, sizeof s->before, state);
    settle(m, s);
    if (!historic(m)) {
        acgp_fail_field(&err, ACG_ERR_SERVICE, "feature", "%s/%s %s", m->subjects[PROVIDER].name, s->name,
                        why);
        acgp_work_end(&m->work, now_ms, &err);
        return;
    }
    acgp_work_notice(
        &m->work, now_ms,
        acgp_printf("the feature %s/%s %s: encryption of image versions is generally available, and no "
                    "feature is needed for it",
                    m->subjects[PROVIDER].name, s->name, why));
}

static void wait_for(struct registration *m, int64_t now_ms, int subject,
                     const struct acgp_response *response)
{
    struct subject *s = &m->subjects[subject];
    int64_t wait = acgp_retry_wait_ms(response, acgp_work_unix_s(&m->work, now_ms));

    if (is(s, "Pending") && !s->told) {
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

static bool to_be_asked(const struct subject *s)
{
    return is(s, "NotRegistered") || is(s, "Unregistered") || is(s, "NotSpecified");
}

static void judge(struct registration *m, int64_t now_ms, int subject, const struct acgp_response *response)
{
    struct subject *s = &m->subjects[subject];

    if (is(s, "Registered"))
        settle(m, s);
    else if (to_be_asked(s) && !s->asked)
        ask(m, now_ms, subject);
    else
        wait_for(m, now_ms, subject, response);
}

/* The state in an answer. @return false: the machine has ended. */
static bool take_state(struct registration *m, int64_t now_ms, int subject,
                       const struct acgp_response *response)
{
    struct subject *s = &m->subjects[subject];
    json_t *root = NULL;
    struct acg_error err = {.status = ACG_OK};
    const char *state = NULL;

    if (acgp_json_parse(acgp_buf_view(&response->body), &root, &err) == ACG_OK) {
        state = subject == PROVIDER ? acgp_text_in(root, "registrationState", NULL)
                                    : acgp_text_in(root, "properties", "state", NULL);
        if (state == NULL)
            acgp_fail(&err, ACG_ERR_PROTOCOL, "%s: the answer has no state", call_name(CALL_READ + subject));
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

static void fail(struct registration *m, int64_t now_ms, const struct acgp_call *call,
                 const struct acgp_answer *answer)
{
    struct acg_error err;

    acgp_answer_error(answer, call_name(call->kind), &err);
    acgp_work_end(&m->work, now_ms, &err);
}

static void on_read(struct registration *m, int64_t now_ms, int subject, const struct acgp_call *call,
                    const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);

    if (status == 200) {
        if (take_state(m, now_ms, subject, answer->response))
            judge(m, now_ms, subject, answer->response);
    } else if (subject == SUBJECT_FEATURE && (status == 404 || status == 405)) {
        if (m->form == FORM_FEATURES) {
            m->form = FORM_PROVIDERS;
            read_state(m, now_ms, subject);
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

static void on_ask(struct registration *m, int64_t now_ms, int subject, const struct acgp_call *call,
                   const struct acgp_answer *answer)
{
    struct subject *s = &m->subjects[subject];
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
    acgp_answer_error(answer, call_name(call->kind), &err);
    if (err.status != ACG_ERR_NOMEM && subject == SUBJECT_FEATURE && not_registrable(&err)) {
        not_needed(m, now_ms, "NotRegistrable", "cannot be registered");
    } else if (subject == SUBJECT_FEATURE && m->form == FORM_FEATURES && (status == 404 || status == 405)) {
        m->form = FORM_PROVIDERS;
        ask(m, now_ms, subject);
    } else {
        fail(m, now_ms, call, answer);
    }
}

static void on_answer(struct acgp_work *w, int64_t now_ms, const struct acgp_call *call,
                      const struct acgp_answer *answer)
{
    struct registration *m = machine_of(w);

    if (call->kind < CALL_ASK)
        on_read(m, now_ms, call->kind - CALL_READ, call, answer);
    else
        on_ask(m, now_ms, call->kind - CALL_ASK, call, answer);
}

/* ---- the end ---- */

static json_t *text(const char *value)
{
    return value[0] != '\0' ? json_string(value) : json_null();
}

static json_t *subject_json(const struct registration *m, int subject)
{
    const struct subject *s = &m->subjects[subject];
    json_t *o = NULL;

    if (!s->wanted)
        return json_null();
    o = json_pack("{s:s, s:o, s:o, s:b}", "name", s->name, "before", text(s->before), "state", text(s->state),
                  "asked", s->asked);
    if (subject == PROVIDER ||
        (acgp_json_put(o, "needed", historic(m) ? json_false() : json_null()) &&
         acgp_json_put_text(o, "form", m->form == FORM_FEATURES ? "features" : "featureProviders")))
        return o;
    json_decref(o);
    return NULL;
}

static void on_end(struct acgp_work *w, int64_t now_ms)
{
    static const char *const columns[] = {"what", "before", "now"};
    struct registration *m = machine_of(w);
    struct acgp_page page = {0};
    struct acg_error err;

    (void)now_ms;
    if (w->error.status == ACG_ERR_NOMEM)
        return;
    acgp_page_heading(&page, "Registration");
    acgp_page_table(&page, columns, sizeof columns / sizeof columns[0]);
    for (int i = 0; i < SUBJECTS; i++) {
        const struct subject *s = &m->subjects[i];
        const char *cells[] = {s->name, s->before[0] ? s->before : NULL, s->state[0] ? s->state : NULL};
        if (s->wanted)
            acgp_page_row(&page, cells, sizeof cells / sizeof cells[0]);
    }
    if (m->subjects[SUBJECT_FEATURE].wanted && historic(m))
        acgp_page_line(
            &page,
            "Encryption of image versions with customer-managed keys is generally available: no feature "
            "is needed for it any more.");
    if (acgp_report_new("register",
                        json_pack("{s:s, s:o, s:o}", "subscription_id", m->subscription, "provider",
                                  subject_json(m, PROVIDER), "feature", subject_json(m, SUBJECT_FEATURE)),
                        &page, &m->report, &err) != ACG_OK)
        w->error = err;
    w->report = m->report;
    acgp_page_done(&page);
}

static void finish(struct registration *m, int64_t now_ms)
{
    const struct subject *p = &m->subjects[PROVIDER], *f = &m->subjects[SUBJECT_FEATURE];
    struct acg_error none = {.status = ACG_OK};

    if (is(p, "Registered") && (!f->wanted || is(f, "Registered")))
        acgp_error_text(none.message, sizeof none.message, "registered");
    else if (is(p, "Registered") && historic(m))
        acgp_error_text(none.message, sizeof none.message,
                        "the provider is registered; the feature is not needed any more");
    else
        acgp_error_text(none.message, sizeof none.message, "asked for; Azure goes on with it");
    acgp_work_end(&m->work, now_ms, &none);
}

/* ---- the machine ---- */

static void turn(struct acgp_work *w, int64_t now_ms)
{
    struct registration *m = machine_of(w);
    bool over = m->work.call_count == 0;

    for (int i = 0; i < SUBJECTS; i++) {
        struct subject *s = &m->subjects[i];
        if (!m->work.ended && s->wanted && !s->settled && now_ms >= s->at_ms)
            read_state(m, now_ms, i);
        over = over && (s->settled || !s->wanted);
    }
    if (m->work.ended || !over)
        return;
    if (!m->again) {
        finish(m, now_ms);
        return;
    }
    m->again = false;
    m->subjects[PROVIDER].settled = false;
    ask(m, now_ms, PROVIDER);
}

static int64_t due_ms(const struct acgp_work *w)
{
    const struct registration *m = (const struct registration *)w;
    int64_t at = ACGP_NEVER;

    for (int i = 0; i < SUBJECTS; i++)
        if (m->subjects[i].at_ms < at)
            at = m->subjects[i].at_ms;
    return at;
}

static char *states(const struct registration *m)
{
    const struct subject *p = &m->subjects[PROVIDER], *f = &m->subjects[SUBJECT_FEATURE];

    return acgp_printf("%s is %s%s%s%s%s", p->name, p->state[0] ? p->state : "not read",
                       f->wanted ? ", " : "", f->wanted ? f->name : "", f->wanted ? " is " : "",
                       !f->wanted    ? ""
                       : f->state[0] ? f->state
                                     : "not read");
}

static void stop(struct registration *m, int64_t now_ms, enum acg_status status, const char *why)
{
    char *line = states(m);
    struct acg_error err;

    acgp_fail(&err, status,
              "%s: %s; Azure goes on with what was asked for, and the same command goes on watching", why,
              line != NULL ? line : "");
    acgp_free(line);
    acgp_work_end(&m->work, now_ms, &err);
}

static void on_deadline(struct acgp_work *w, int64_t now_ms)
{
    stop(machine_of(w), now_ms, ACG_ERR_TIMEOUT, "not registered in time");
}

static void on_cancel(struct acgp_work *w, int64_t now_ms)
{
    stop(machine_of(w), now_ms, ACG_ERR_CANCELLED, "stopped as asked");
}

static char *heartbeat(struct acgp_work *w, int64_t minutes)
{
    char *line = states(machine_of(w));
    char *text_made = line != NULL ? acgp_printf("registering for %" PRId64 " min: %s", minutes, line) : NULL;

    acgp_free(line);
    return text_made;
}

static void done(struct acgp_work *w)
{
    struct registration *m = machine_of(w);

    for (int i = 0; i < SUBJECTS; i++)
        acgp_free(m->subjects[i].name);
    acgp_report_free(m->report);
    acgp_free(m->subscription);
}

static const struct acgp_work_kind register_kind = {
    .call_name = call_name,
    .on_answer = on_answer,
    .on_deadline = on_deadline,
    .on_cancel = on_cancel,
    .turn = turn,
    .due_ms = due_ms,
    .heartbeat = heartbeat,
    .on_end = on_end,
    .done = done,
};

/* ---- making ---- */

/* Letters, digits, '.', '_', '-': what names of providers and features are made of. */
static bool name_ok(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len > NAME_LENGTH_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = acgp_lower(name[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (i > 0 && strchr("._-", c) != NULL)))
            return false;
    }
    return true;
}

static enum acg_status check(const struct acg_register_options *o, const char *provider, const char *feature,
                             struct acg_error *err)
{
    if (o->version == 0 || o->version > ACG_REGISTER_OPTIONS_VERSION)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "version",
                               "options of version %u are not known to this library, which knows 1 to %u",
                               (unsigned)o->version, ACG_REGISTER_OPTIONS_VERSION);
    if (o->subscription_id == NULL || acgp_name_fault_subscription(acgp_span(o->subscription_id)) != NULL)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "subscription_id", "is missing, or no subscription id");
    if (!name_ok(provider))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "provider_namespace",
                               "is no namespace of a provider, as Microsoft.Compute is");
    if (feature[0] != '\0' && !name_ok(feature))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "feature",
                               "is no name of a feature, as SIGEncryption is");
    if (o->timeout_ms < 0)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "timeout_ms", "is negative");
    return ACG_OK;
}

enum acg_status acgp_register_new(const struct acg_register_options *opts,
                                  const struct acgp_work_config *config, struct acgp_work **out,
                                  struct acg_error *err)
{
    const char *provider = opts->provider_namespace != NULL ? opts->provider_namespace : COMPUTE;
    const char *feature = opts->feature != NULL                  ? opts->feature
                          : acgp_equal_nocase(provider, COMPUTE) ? FEATURE
                                                                 : "";
    enum acg_status status = check(opts, provider, feature, err);
    struct acgp_work_config own = *config;
    struct registration *m = status == ACG_OK ? acgp_alloc(1, sizeof *m) : NULL;

    if (status != ACG_OK)
        return status;
    if (m == NULL)
        return acgp_fail_nomem(err);
    m->timeout_ms = own.timeout_ms = opts->timeout_ms != 0 ? opts->timeout_ms : TIMEOUT_MS;
    m->no_wait = opts->no_wait;
    m->subscription = acgp_strdup(opts->subscription_id);
    m->subjects[PROVIDER] =
        (struct subject){.wanted = true, .name = acgp_strdup(provider), .at_ms = config->now_ms};
    m->subjects[SUBJECT_FEATURE] =
        (struct subject){.wanted = feature[0] != '\0',
                         .name = acgp_strdup(feature),
                         .at_ms = feature[0] != '\0' ? config->now_ms : ACGP_NEVER};
    if (acgp_work_init(&m->work, &register_kind, &own, err) != ACG_OK || m->subscription == NULL ||
        m->subjects[PROVIDER].name == NULL || m->subjects[SUBJECT_FEATURE].name == NULL) {
        acgp_work_free(&m->work);
        return acgp_fail_nomem(err);
    }
    acgp_work_step(&m->work, config->now_ms, "reading registrations");
    *out = &m->work;
    return ACG_OK;
}
