/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/service_registry.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "rpc/grpc_message.h"

static char running_word[] = "running";
static const char not_started[] = "not started";

void rpc_registry_init(struct rpc_registry *reg, uint64_t mark)
{
    *reg = (struct rpc_registry){.first = NULL};
    (void)snprintf(reg->mark, sizeof reg->mark, "%016" PRIx64, mark);
}

void rpc_work_free(const struct rpc_work *work)
{
    rpc_decoded_free(work->input);
    acgp_free(work->kept);
}

static void remove_publish(struct rpc_registry *reg, struct rpc_publish *p)
{
    if (p->prev != NULL)
        p->prev->next = p->next;
    else
        reg->first = p->next;
    if (p->next != NULL)
        p->next->prev = p->prev;
    else
        reg->last = p->prev;
    reg->ended -= p->listed && p->ended ? 1u : 0u;
    reg->running -= p->listed && !p->ended ? 1u : 0u;
    reg->loose -= p->listed ? 0u : 1u;
    while (p->readers != NULL)
        rpc_reader_drop(p->readers);
    rpc_log_done(&p->log);
    pkr_config_free(p->config);
    rpc_work_free(&p->work);
    acgp_free(p->version_id);
    acgp_free(p->state);
    acgp_free(p);
}

void rpc_registry_done(struct rpc_registry *reg)
{
    while (reg->first != NULL)
        remove_publish(reg, reg->first);
}

enum acg_status rpc_registry_add(struct rpc_registry *reg, const struct rpc_work *work,
                                 struct pkr_config *config, bool listed, int64_t unix_s,
                                 struct rpc_publish **out, struct acg_error *err)
{
    struct rpc_publish *p = NULL;

    if (listed && reg->running == RPC_RUNNING_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "%u operations run already", RPC_RUNNING_MAX);
    p = acgp_alloc(1, sizeof *p);
    if (p == NULL)
        return acgp_fail_nomem(err);
    rpc_log_init(&p->log);
    p->serial = ++reg->serial;
    p->listed = listed;
    p->config = config;
    p->work = *work;
    p->start_unix_s = unix_s;
    p->prev = reg->last;
    if (listed)
        (void)snprintf(p->id, sizeof p->id, "%s-%" PRIu64, reg->mark, p->serial);
    if (reg->last != NULL)
        reg->last->next = p;
    else
        reg->first = p;
    reg->last = p;
    reg->running += listed ? 1u : 0u;
    reg->loose += listed ? 0u : 1u;
    *out = p;
    return ACG_OK;
}

void rpc_registry_rename(struct rpc_publish *p, const char *id)
{
    (void)snprintf(p->id, sizeof p->id, "%s", id);
}

struct rpc_publish *rpc_registry_find(const struct rpc_registry *reg, const char *id)
{
    for (struct rpc_publish *p = reg->last; p != NULL; p = p->prev)
        if (p->listed && acgp_equal(p->id, id))
            return p;
    return NULL;
}

struct rpc_publish *rpc_registry_of_handle(const struct rpc_registry *reg, const struct acg_publish *handle)
{
    for (struct rpc_publish *p = reg->last; p != NULL; p = p->prev)
        if (p->handle == handle && handle != NULL)
            return p;
    return NULL;
}

void rpc_registry_sweep(struct rpc_registry *reg)
{
    if (reg->loose == 0 && reg->ended <= RPC_KEPT_MAX)
        return;
    for (struct rpc_publish *p = reg->first, *next = NULL; p != NULL; p = next) {
        next = p->next;
        if (p->ended && p->readers == NULL && (!p->listed || reg->ended > RPC_KEPT_MAX))
            remove_publish(reg, p);
    }
}

void rpc_registry_unlist(struct rpc_registry *reg, struct rpc_publish *p)
{
    p->listed = false;
    reg->ended--;
    reg->loose++;
}

void rpc_registry_ask(struct rpc_registry *reg, bool *flag, bool value)
{
    if (value && !*flag)
        reg->asks++;
    if (!value && *flag)
        reg->asks--;
    *flag = value;
}

/* ---- Events ---- */

static enum acg_status add(struct rpc_publish *p, const struct rpc_scribe *s, const Acg__V1__Event *event,
                           enum rpc_log_kind kind, const char *region)
{
    size_t len = 0;
    char *bytes = s->failed ? NULL : rpc_event_pack(event, &len);

    return rpc_log_add(&p->log, event->number, kind, region, bytes, len);
}

enum acg_status rpc_publish_finding(struct rpc_publish *p, const struct acg_finding *finding)
{
    struct acg_event event = {.kind = ACG_EVENT_FINDING, .text = finding->message, .finding = finding};
    enum acg_status status = rpc_publish_event(p, &event);

    p->offset += status == ACG_OK;
    return status;
}

/* A finding of the library, in the words of the configuration. */
static enum acg_status add_finding(struct rpc_publish *p, struct rpc_scribe *s, Acg__V1__Event *message,
                                   const struct acg_finding *finding)
{
    struct acg_findings *list = NULL;
    Acg__V1__Finding out;
    enum acg_status status = acg_findings_new(&list, NULL);

    if (status == ACG_OK && p->handle != NULL)
        status = pkr_config_translate(p->config, finding, list, NULL);
    if (status == ACG_OK) {
        rpc_finding_message(s, acg_findings_count(list) > 0 ? acg_findings_at(list, 0) : finding, &out);
        message->kind_case = ACG__V1__EVENT__KIND_FINDING;
        message->finding = &out;
        status = add(p, s, message, RPC_LOG_FINDING, NULL);
    }
    acg_findings_free(list);
    return status;
}

enum acg_status rpc_publish_event(struct rpc_publish *p, const struct acg_event *event)
{
    enum acg_status status = ACG_OK;
    Acg__V1__Event message;
    struct rpc_scribe s;

    rpc_scribe_init(&s, p->config);
    rpc_event_message(&s, event, &message);
    message.number = event->number == 0 ? rpc_log_last(&p->log) + 1 : event->number + p->offset;
    if (event->kind == ACG_EVENT_FINDING)
        status = add_finding(p, &s, &message, event->finding);
    else if (event->kind == ACG_EVENT_REGION)
        status = add(p, &s, &message, RPC_LOG_REGION, event->region);
    else
        status = add(p, &s, &message, RPC_LOG_LINE, NULL);
    rpc_scribe_done(&s);
    return status;
}

/* The error in the words of the configuration. */
static void keep_error(struct rpc_publish *p, const struct acg_error *error)
{
    char *field = p->config != NULL ? pkr_config_field(p->config, error->field) : NULL;

    p->error = *error;
    if (field != NULL)
        acgp_error_text(p->error.field, sizeof p->error.field, field);
    if (p->config != NULL && pkr_config_reveals(p->config, p->error.message))
        acgp_error_text(p->error.message, sizeof p->error.message, "(left out: it held the secret)");
    acgp_free(field);
}

/* The final event must come: forms of its report that would make it larger than a message give way. */
static void make_fit(Acg__V1__Event *message, Acg__V1__Report *report)
{
    const Acg__V1__Report empty = ACG__V1__REPORT__INIT;

    if (rpc_event_size(message) > RPC_MESSAGE_MAX)
        report->markdown = empty.markdown;
    if (rpc_event_size(message) > RPC_MESSAGE_MAX)
        report->text = empty.text;
    if (rpc_event_size(message) > RPC_MESSAGE_MAX)
        report->json = empty.json;
}

static void add_done(struct rpc_publish *p, const struct acg_event *event)
{
    Acg__V1__Event message = ACG__V1__EVENT__INIT;
    Acg__V1__Done done;
    struct rpc_scribe s;

    rpc_scribe_init(&s, p->config);
    rpc_done_message(&s, event, &p->error, &done);
    message.kind_case = ACG__V1__EVENT__KIND_DONE;
    message.done = &done;
    message.number = event != NULL ? event->number + p->offset : rpc_log_last(&p->log) + 1;
    message.elapsed_ms = event != NULL ? event->elapsed_ms : 0;
    message.text = rpc_scribe_text(&s, event != NULL ? event->text : p->error.message);
    if (!s.failed && done.report != NULL)
        make_fit(&message, done.report);
    enum acg_status status = add(p, &s, &message, RPC_LOG_DONE, NULL);
    if (status != ACG_OK)
        (void)acgp_fail_nomem(&p->error);
    rpc_scribe_done(&s);
}

/* A name that is chosen is known once the publish has begun. */
static void take_version_id(struct rpc_publish *p, const struct acg_event *event)
{
    const char *id = event != NULL ? event->result->version_id : "";
    char *copy = id[0] != '\0' ? acgp_strdup(id) : NULL;

    if (copy == NULL)
        return;
    acgp_free(p->version_id);
    p->version_id = copy;
}

void rpc_publish_end(struct rpc_registry *reg, struct rpc_publish *p, const struct acg_event *event,
                     const struct acg_error *error, int64_t unix_s)
{
    rpc_registry_ask(reg, &p->ask_start, false);
    rpc_registry_ask(reg, &p->ask_cancel, false);
    keep_error(p, error);
    add_done(p, event);
    take_version_id(p, event);
    p->state = acgp_strdup(event != NULL ? event->result->state : not_started);
    p->handle = NULL;
    p->ended = true;
    p->end_unix_s = unix_s;
    if (p->listed) {
        reg->running--;
        reg->ended++;
    }
    pkr_config_free(p->config);
    p->config = NULL;
    rpc_work_free(&p->work);
    p->work.input = NULL;
    p->work.kept = NULL;
}

void rpc_publish_message(struct rpc_scribe *s, const struct rpc_publish *p, Acg__V1__Publish *out)
{
    acg__v1__publish__init(out);
    out->publish_id = rpc_scribe_text(s, p->id);
    out->version_id = rpc_scribe_text(s, p->version_id);
    out->state = p->ended ? rpc_scribe_text(s, p->state) : running_word;
    out->ended = p->ended;
    out->start_time_unix_s = p->start_unix_s;
    out->end_time_unix_s = p->end_unix_s;
    out->last_event = rpc_log_last(&p->log);
    out->operation = rpc_scribe_text(s, p->work.name);
}
