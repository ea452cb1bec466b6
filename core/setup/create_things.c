/* SPDX-License-Identifier: MPL-2.0 */
/* Reading, writing and waiting for one thing. A write whose answer was lost, or that met a server error, is
 * settled by reading, never by a blind second write. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arm/operation_doc.h"
#include "arm/requests.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "setup/create.h"

static const char *id_of(const struct acgp_site *s, enum acgp_thing_kind kind)
{
    return kind == ACGP_THING_VAULT ? s->plan->vault_id
           : kind == ACGP_THING_KEY ? s->plan->key_id
                                    : s->plan->set_id;
}

static char *url_of(const struct acgp_create *m, const struct acgp_site *s, enum acgp_thing_kind kind)
{
    const char *version = kind == ACGP_THING_SET ? ACGP_API_DISK_ENCRYPTION_SET : ACGP_API_KEY_VAULT;

    return acgp_path_url(m->work.endpoint, id_of(s, kind), "", version);
}

void acgp_thing_read(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind)
{
    char *url = kind == ACGP_THING_ACCESS ? acgp_access_read_url(m, s) : url_of(m, s, kind);

    acgp_work_get(&m->work, now_ms, ACGP_CREATE_READ + (int)kind, acgp_site_index(m, s), url);
}

/* What a thing is made of; url and body are owned by caller. */
static char *write_of(const struct acgp_create *m, const struct acgp_site *s, enum acgp_thing_kind kind,
                      char **out_body)
{
    switch (kind) {
    case ACGP_THING_VAULT:
        *out_body = acgp_vault_body(m->setup, s->plan->name, m->tenant_id);
        break;
    case ACGP_THING_KEY:
        *out_body = acgp_key_body(m->setup);
        break;
    case ACGP_THING_SET:
        *out_body = acgp_set_body(m->setup, s->plan->name, s->plan->vault_id, s->key.url);
        break;
    default:
        return acgp_access_write(m, s, out_body);
    }
    return url_of(m, s, kind);
}

const char *acgp_thing_name(enum acgp_thing_kind kind)
{
    static const char *const words[] = {
        [ACGP_THING_VAULT] = "the vault",
        [ACGP_THING_KEY] = "the key",
        [ACGP_THING_SET] = "the disk encryption set",
        [ACGP_THING_ACCESS] = "the access of its identity",
    };

    return words[kind];
}

void acgp_thing_write(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind)
{
    struct acgp_thing *t = &s->things[kind];
    char *body = NULL, *url = write_of(m, s, kind, &body);

    if (url == NULL || body == NULL) {
        acgp_free(url);
        acgp_free(body);
        acgp_work_nomem(&m->work, now_ms);
        return;
    }
    if (t->puts++ == 0)
        acgp_site_say(m, now_ms, s, acgp_strdup(acgp_create_call_name(ACGP_CREATE_WRITE + (int)kind)));
    if (m->work.ended) {
        acgp_free(url);
        acgp_free(body);
        return;
    }
    acgp_work_write(&m->work, now_ms, ACGP_CREATE_WRITE + (int)kind, acgp_site_index(m, s), url,
                    (struct acgp_write){.method = ACGP_PUT, .body = body, .ask_before_again = true});
}

/* ---- what answers mean ---- */

void acgp_thing_found(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind,
                      enum acgp_thing_state state)
{
    struct acgp_thing *t = &s->things[kind];

    if (t->doubt) {
        t->doubt = false;
        t->made = true;
        acgp_site_say(m, now_ms, s, acgp_printf("%s is there: the write had arrived", acgp_thing_name(kind)));
    }
    t->unfound = 0;
    t->state = state;
    if (m->stage != ACGP_CREATE_APPLY)
        return;
    if (state == ACGP_THING_PENDING)
        acgp_site_later(m, now_ms, s, kind, NULL);
    else
        s->at_ms = now_ms;
}

static void fail(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, const char *text)
{
    struct acg_error err;

    acgp_fail(&err, ACG_ERR_SERVICE, "%s", text);
    acgp_site_fail(m, now_ms, s, &err);
}

void acgp_thing_unfound(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind,
                        const struct acgp_answer *answer)
{
    struct acgp_thing *t = &s->things[kind];

    if (m->stage != ACGP_CREATE_APPLY) {
        t->state = ACGP_THING_MISSING;
        return;
    }
    t->state = ACGP_THING_UNREAD;
    t->unfound++;
    acgp_site_later(m, now_ms, s, kind, answer);
    if (t->made && kind != ACGP_THING_ACCESS && t->unfound >= ACGP_SETUP_BEHIND_MAX)
        fail(m, now_ms, s, "what was made a moment ago cannot be found again");
    else if (t->doubt && t->unfound >= ACGP_SETUP_DOUBT_READS) {
        t->state = ACGP_THING_MISSING;
        t->doubt = false;
        t->unfound = 0;
        acgp_site_say(m, now_ms, s, acgp_printf("%s is not there: sending it again", acgp_thing_name(kind)));
    } else if (!t->made && !t->doubt) {
        t->state = ACGP_THING_MISSING;
    }
}

/* The document of a thing replaces the one before. */
static enum acg_status decode(struct acgp_site *s, enum acgp_thing_kind kind,
                              const struct acgp_response *response, struct acg_error *err)
{
    struct acg_span text = acgp_buf_view(&response->body);

    switch (kind) {
    case ACGP_THING_VAULT:
        acgp_vault_doc_done(&s->vault);
        return acgp_vault_doc_decode(text, &s->vault, err);
    case ACGP_THING_KEY:
        acgp_key_doc_done(&s->key);
        return acgp_key_doc_decode(text, &s->key, err);
    default:
        acgp_des_doc_done(&s->set);
        return acgp_des_doc_decode(text, &s->set, err);
    }
}

static enum acgp_thing_state state_of(const struct acgp_site *s, enum acgp_thing_kind kind)
{
    enum acgp_operation_state said = ACGP_OPERATION_SUCCEEDED;

    if (kind == ACGP_THING_VAULT)
        said = acgp_operation_word(s->vault.state);
    else if (kind == ACGP_THING_SET)
        said = acgp_operation_word(s->set.provisioning_state);
    else if (s->key.url == NULL)
        return ACGP_THING_PENDING;
    if (said == ACGP_OPERATION_RUNNING)
        return ACGP_THING_PENDING;
    /* Its identity is shown with the end of the operation. */
    return kind == ACGP_THING_SET && said != ACGP_OPERATION_FAILED && acgp_site_principal(s) == NULL &&
                   acgp_equal_nocase(s->set.identity_type, "SystemAssigned")
               ? ACGP_THING_PENDING
               : ACGP_THING_THERE;
}

static bool judge(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind)
{
    return kind == ACGP_THING_VAULT ? acgp_judge_vault(m, now_ms, s)
           : kind == ACGP_THING_KEY ? acgp_judge_key(m, now_ms, s)
                                    : acgp_judge_set(m, now_ms, s);
}

/* In the survey everything is judged when all is read; later each thing when it is seen: another writer may
 * have been here. */
static void take(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind,
                 const struct acgp_response *response)
{
    struct acg_error err;
    enum acg_status status = decode(s, kind, response, &err);

    if (status != ACG_OK) {
        acgp_fail_context(&err, "%s", acgp_create_call_name(ACGP_CREATE_READ + (int)kind));
        if (m->stage == ACGP_CREATE_APPLY || status == ACG_ERR_NOMEM)
            acgp_site_fail(m, now_ms, s, &err);
        else
            m->blocked = err;
        return;
    }
    enum acgp_thing_state state = state_of(s, kind);
    acgp_thing_found(m, now_ms, s, kind, state);
    if (m->work.ended || m->stage != ACGP_CREATE_APPLY || judge(m, now_ms, s, kind) || m->work.ended)
        return;
    acgp_fail(&err, ACG_ERR_CONFLICT, "%s is there and differs: it is left as it is", acgp_thing_name(kind));
    acgp_site_fail(m, now_ms, s, &err);
}

/* A refusal of a read ends the site; in the survey it is remembered, since findings may come. */
static void unreadable(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind,
                       const struct acgp_answer *answer)
{
    struct acg_error err;

    acgp_answer_error(answer, acgp_create_call_name(ACGP_CREATE_READ + (int)kind), &err);
    if (m->stage == ACGP_CREATE_APPLY || err.status == ACG_ERR_NOMEM) {
        acgp_site_fail(m, now_ms, s, &err);
    } else if (m->blocked.status == ACG_OK) {
        acgp_fail_context(&err, "%s", s->plan->name);
        m->blocked = err;
    }
}

void acgp_thing_on_read(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind,
                        const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);

    if (kind == ACGP_THING_ACCESS)
        acgp_access_on_read(m, now_ms, s, answer);
    else if (status == 200)
        take(m, now_ms, s, kind, answer->response);
    else if (status == 404)
        acgp_thing_unfound(m, now_ms, s, kind, answer);
    else
        unreadable(m, now_ms, s, kind, answer);
}

/* ---- writes ---- */

static bool in_doubt(const struct acgp_answer *answer)
{
    if (answer->response != NULL)
        return answer->response->status == 408 || answer->response->status >= 500;
    return answer->failure->kind == ACGP_FAILURE_LOST || answer->failure->kind == ACGP_FAILURE_TOO_LARGE;
}

static void settle(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind,
                   const struct acgp_answer *answer)
{
    struct acgp_thing *t = &s->things[kind];
    struct acg_error err;

    acgp_answer_error(answer, acgp_create_call_name(ACGP_CREATE_WRITE + (int)kind), &err);
    if (err.status == ACG_ERR_NOMEM || ++t->doubts > ACGP_SETUP_DOUBTS_MAX) {
        acgp_site_fail(m, now_ms, s, &err);
        return;
    }
    t->doubt = true;
    t->state = ACGP_THING_UNREAD;
    t->unfound = 0;
    acgp_site_later(m, now_ms, s, kind, answer);
    acgp_site_say(m, now_ms, s, acgp_printf("%s; looking whether it is there", err.message));
}

static void watch_set(struct acgp_create *m, int64_t now_ms, struct acgp_site *s,
                      const struct acgp_response *response)
{
    struct acg_error err;

    acgp_lro_done(&s->lro);
    if (acgp_lro_begin(&s->lro, m->work.endpoint, response, acgp_work_unix_s(&m->work, now_ms), &err) !=
        ACG_OK)
        acgp_work_end(&m->work, now_ms, &err);
    s->things[ACGP_THING_SET].state = ACGP_THING_PENDING;
    s->at_ms = now_ms + s->lro.wait_ms;
}

/* What made it says less than a reading: a vault has no slash behind its address yet, a set no type. */
static void accepted(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind,
                     const struct acgp_response *response)
{
    struct acgp_thing *t = &s->things[kind];

    t->made = true;
    t->doubt = false;
    t->waits = 0;
    t->state = ACGP_THING_UNREAD;
    s->at_ms = now_ms;
    if (kind == ACGP_THING_SET)
        watch_set(m, now_ms, s, response);
}

static const char *permission(enum acgp_thing_kind kind)
{
    static const char *const words[] = {
        [ACGP_THING_VAULT] =
            "Microsoft.KeyVault/vaults/write on the resource group, as in Key Vault Contributor",
        [ACGP_THING_KEY] = "Microsoft.KeyVault/vaults/keys/write on the vault, as in Key Vault Contributor",
        [ACGP_THING_SET] = "Microsoft.Compute/diskEncryptionSets/write on the resource group, and "
                           "Microsoft.KeyVault/vaults/deploy/action on the vault",
        [ACGP_THING_ACCESS] =
            "Microsoft.Authorization/roleAssignments/write on the vault, as in Role Based Access "
            "Control Administrator; for access policies Microsoft.KeyVault/vaults/accessPolicies/write",
    };

    return words[kind];
}

/* Put what helps behind a message. */
__attribute__((format(printf, 2, 3))) static void add_help(struct acg_error *err, const char *format, ...)
{
    size_t len = strlen(err->message);
    va_list args;

    va_start(args, format);
    vsnprintf(err->message + len, sizeof err->message - len, format, args);
    va_end(args);
}

static void refused(struct acgp_create *m, int64_t now_ms, struct acgp_site *s, enum acgp_thing_kind kind,
                    const struct acgp_answer *answer)
{
    struct acg_error err;

    acgp_answer_error(answer, acgp_create_call_name(ACGP_CREATE_WRITE + (int)kind), &err);
    if (acgp_equal(err.arm_code, "MissingSubscriptionRegistration"))
        add_help(&err, "; register it first: acg register --provider %s",
                 kind == ACGP_THING_SET ? "Microsoft.Compute" : "Microsoft.KeyVault");
    else if (err.status == ACG_ERR_SERVICE && err.http_status == 409)
        err.status = ACG_ERR_CONFLICT;
    else if (err.status == ACG_ERR_AUTH && err.http_status == 403)
        add_help(&err, "; this needs %s", permission(kind));
    acgp_site_fail(m, now_ms, s, &err);
}

void acgp_thing_on_write(struct acgp_create *m, int64_t now_ms, struct acgp_site *s,
                         enum acgp_thing_kind kind, const struct acgp_answer *answer)
{
    int status = acgp_answer_status(answer);

    if (status == 200 || status == 201 || status == 202)
        accepted(m, now_ms, s, kind, answer->response);
    else if (in_doubt(answer))
        settle(m, now_ms, s, kind, answer);
    else if (kind != ACGP_THING_ACCESS || !acgp_access_excused(m, now_ms, s, answer))
        refused(m, now_ms, s, kind, answer);
}

/* ---- the operation of a set ---- */

void acgp_set_poll(struct acgp_create *m, int64_t now_ms, struct acgp_site *s)
{
    acgp_work_get(&m->work, now_ms, ACGP_CREATE_POLL, acgp_site_index(m, s), acgp_strdup(s->lro.url));
}

void acgp_set_on_poll(struct acgp_create *m, int64_t now_ms, struct acgp_site *s,
                      const struct acgp_answer *answer)
{
    enum acgp_lro_state state = ACGP_LRO_LOST;
    struct acg_error failure = {.status = ACG_OK}, err;

    if (answer->response != NULL && acgp_outcome_of_status(answer->response->status) == ACGP_OUTCOME_FINAL) {
        if (acgp_lro_on_response(&s->lro, answer->response, acgp_work_unix_s(&m->work, now_ms), &state,
                                 &failure, &err) != ACG_OK) {
            acgp_work_end(&m->work, now_ms, &err);
            return;
        }
    }
    s->at_ms = now_ms + (state == ACGP_LRO_RUNNING ? s->lro.wait_ms : 0);
    if (state == ACGP_LRO_RUNNING)
        return;
    acgp_lro_done(&s->lro); /* succeeded, or the set itself tells from now on */
    s->things[ACGP_THING_SET].state = ACGP_THING_UNREAD;
    s->things[ACGP_THING_SET].waits = 0;
    if (state == ACGP_LRO_FAILED) {
        acgp_fail_context(&failure, "making the disk encryption set");
        acgp_site_fail(m, now_ms, s, &failure);
    }
}
