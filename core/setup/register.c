/* SPDX-License-Identifier: MPL-2.0 */
/* Registration: the machine and its report. */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "model/names.h"
#include "setup/register.h"
#include "json/build.h"

enum { TIMEOUT_MS = 2700000, NAME_LENGTH_MAX = 128 };

static struct acgp_registration *machine_of(struct acgp_work *w)
{
    return (struct acgp_registration *)w;
}

/* ---- the end ---- */

static json_t *text(const char *value)
{
    return value[0] != '\0' ? json_string(value) : json_null();
}

static json_t *subject_json(const struct acgp_registration *m, int subject)
{
    const struct acgp_subject *s = &m->subjects[subject];
    json_t *o = NULL;

    if (!s->wanted)
        return json_null();
    o = json_pack("{s:s, s:o, s:o, s:b}", "name", s->name, "before", text(s->before), "state", text(s->state),
                  "asked", s->asked);
    if (subject == ACGP_REGISTER_PROVIDER ||
        (acgp_json_put(o, "needed", acgp_register_historic(m) ? json_false() : json_null()) &&
         acgp_json_put_text(o, "form", m->form == ACGP_FORM_FEATURES ? "features" : "featureProviders")))
        return o;
    json_decref(o);
    return NULL;
}

static void on_end(struct acgp_work *w, int64_t now_ms)
{
    static const char *const columns[] = {"what", "before", "now"};
    struct acgp_registration *m = machine_of(w);
    struct acgp_page page = {0};
    struct acg_error err;

    (void)now_ms;
    if (w->error.status == ACG_ERR_NOMEM)
        return;
    acgp_page_heading(&page, "Registration");
    acgp_page_table(&page, columns, sizeof columns / sizeof columns[0]);
    for (int i = 0; i < ACGP_REGISTER_SUBJECTS; i++) {
        const struct acgp_subject *s = &m->subjects[i];
        const char *cells[] = {s->name, s->before[0] ? s->before : NULL, s->state[0] ? s->state : NULL};
        if (s->wanted)
            acgp_page_row(&page, cells, sizeof cells / sizeof cells[0]);
    }
    if (m->subjects[ACGP_REGISTER_FEATURE].wanted && acgp_register_historic(m))
        acgp_page_line(
            &page,
            "Encryption of image versions with customer-managed keys is generally available: no feature "
            "is needed for it any more.");
    if (acgp_report_new("register",
                        json_pack("{s:s, s:o, s:o}", "subscription_id", m->subscription, "provider",
                                  subject_json(m, ACGP_REGISTER_PROVIDER), "feature",
                                  subject_json(m, ACGP_REGISTER_FEATURE)),
                        &page, &m->report, &err) != ACG_OK)
        w->error = err;
    w->report = m->report;
    acgp_page_done(&page);
}

static void finish(struct acgp_registration *m, int64_t now_ms)
{
    const struct acgp_subject *p = &m->subjects[ACGP_REGISTER_PROVIDER],
                              *f = &m->subjects[ACGP_REGISTER_FEATURE];
    struct acg_error none = {.status = ACG_OK};

    if (acgp_register_is(p, "Registered") && (!f->wanted || acgp_register_is(f, "Registered")))
        acgp_error_text(none.message, sizeof none.message, "registered");
    else if (acgp_register_is(p, "Registered") && acgp_register_historic(m))
        acgp_error_text(none.message, sizeof none.message,
                        "the provider is registered; the feature is not needed any more");
    else
        acgp_error_text(none.message, sizeof none.message, "asked for; Azure goes on with it");
    acgp_work_end(&m->work, now_ms, &none);
}

/* ---- the machine ---- */

static void turn(struct acgp_work *w, int64_t now_ms)
{
    struct acgp_registration *m = machine_of(w);
    bool over = m->work.call_count == 0;

    for (int i = 0; i < ACGP_REGISTER_SUBJECTS; i++) {
        struct acgp_subject *s = &m->subjects[i];
        if (!m->work.ended && s->wanted && !s->settled && now_ms >= s->at_ms)
            acgp_register_read(m, now_ms, i);
        over = over && (s->settled || !s->wanted);
    }
    if (m->work.ended || !over)
        return;
    if (!m->again) {
        finish(m, now_ms);
        return;
    }
    m->again = false;
    m->subjects[ACGP_REGISTER_PROVIDER].settled = false;
    acgp_register_ask(m, now_ms, ACGP_REGISTER_PROVIDER);
}

static int64_t due_ms(const struct acgp_work *w)
{
    const struct acgp_registration *m = (const struct acgp_registration *)w;
    int64_t at = ACGP_NEVER;

    for (int i = 0; i < ACGP_REGISTER_SUBJECTS; i++)
        if (m->subjects[i].at_ms < at)
            at = m->subjects[i].at_ms;
    return at;
}

static char *states(const struct acgp_registration *m)
{
    const struct acgp_subject *p = &m->subjects[ACGP_REGISTER_PROVIDER],
                              *f = &m->subjects[ACGP_REGISTER_FEATURE];

    return acgp_printf("%s is %s%s%s%s%s", p->name, p->state[0] ? p->state : "not read",
                       f->wanted ? ", " : "", f->wanted ? f->name : "", f->wanted ? " is " : "",
                       !f->wanted    ? ""
                       : f->state[0] ? f->state
                                     : "not read");
}

static void stop(struct acgp_registration *m, int64_t now_ms, enum acg_status status, const char *why)
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
    struct acgp_registration *m = machine_of(w);

    for (int i = 0; i < ACGP_REGISTER_SUBJECTS; i++)
        acgp_free(m->subjects[i].name);
    acgp_report_free(m->report);
    acgp_free(m->subscription);
}

static const struct acgp_work_kind register_kind = {
    .call_name = acgp_register_call_name,
    .on_answer = acgp_register_on_answer,
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
    const char *provider =
        opts->provider_namespace != NULL ? opts->provider_namespace : ACGP_REGISTER_COMPUTE;
    const char *feature = opts->feature != NULL                                ? opts->feature
                          : acgp_equal_nocase(provider, ACGP_REGISTER_COMPUTE) ? ACGP_REGISTER_SIG
                                                                               : "";
    enum acg_status status = check(opts, provider, feature, err);
    struct acgp_work_config own = *config;
    struct acgp_registration *m = status == ACG_OK ? acgp_alloc(1, sizeof *m) : NULL;

    if (status != ACG_OK)
        return status;
    if (m == NULL)
        return acgp_fail_nomem(err);
    m->timeout_ms = own.timeout_ms = opts->timeout_ms != 0 ? opts->timeout_ms : TIMEOUT_MS;
    m->no_wait = opts->no_wait;
    m->subscription = acgp_strdup(opts->subscription_id);
    m->subjects[ACGP_REGISTER_PROVIDER] =
        (struct acgp_subject){.wanted = true, .name = acgp_strdup(provider), .at_ms = config->now_ms};
    m->subjects[ACGP_REGISTER_FEATURE] =
        (struct acgp_subject){.wanted = feature[0] != '\0',
                              .name = acgp_strdup(feature),
                              .at_ms = feature[0] != '\0' ? config->now_ms : ACGP_NEVER};
    if (acgp_work_init(&m->work, &register_kind, &own, err) != ACG_OK || m->subscription == NULL ||
        m->subjects[ACGP_REGISTER_PROVIDER].name == NULL || m->subjects[ACGP_REGISTER_FEATURE].name == NULL) {
        acgp_work_free(&m->work);
        return acgp_fail_nomem(err);
    }
    acgp_work_step(&m->work, config->now_ms, "reading registrations");
    *out = &m->work;
    return ACG_OK;
}
