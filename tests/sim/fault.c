/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/fault.h"

#include "sim/id.h"
#include "sim/jsonx.h"
#include "sim/text.h"
#include "sim/token.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static bool method_matches(const json_t *want, const char *method)
{
    size_t i;
    const json_t *each;
    if (!want)
        return true;
    if (json_is_string(want))
        return sim_same(json_string_value(want), method);
    json_array_foreach(want, i, each)
    {
        if (sim_same(json_string_value(each), method))
            return true;
    }
    return false;
}

static bool matches(const json_t *fault, const struct sim_request *req)
{
    const char *path = sim_text_at(fault, "path"), *query = sim_text_at(fault, "query");
    return method_matches(json_object_get(fault, "method"), req->method) &&
           (!path || sim_glob(path, req->path)) && (!query || sim_glob(query, req->query));
}

json_t *sim_fault_for(struct sim_world *w, const struct sim_request *req)
{
    size_t i;
    json_t *each;
    json_array_foreach(json_object_get(w->settings, "faults"), i, each)
    {
        if (!matches(each, req))
            continue;
        int64_t seen = sim_int_at(each, "seen", 0), skip = sim_int_at(each, "skip", 0);
        int64_t times = sim_int_at(each, "times", INT64_MAX - skip);
        json_object_set_new(each, "seen", json_integer((json_int_t)seen + 1));
        if (seen >= skip && seen < skip + times)
            return each;
    }
    return NULL;
}

bool sim_fault_acts(const json_t *fault)
{
    const char *drop = sim_text_at(fault, "drop");
    if (drop)
        return strcmp(drop, "after") == 0;
    if (json_object_get(fault, "act"))
        return sim_true_at(fault, "act");
    return !json_object_get(fault, "status");
}

static void apply_headers(const json_t *headers, struct sim_reply *reply)
{
    const char *name;
    json_t *value;
    json_t *all = sim_at(headers, "");
    json_object_foreach(all, name, value)
    {
        sim_reply_header(reply, name, json_string_value(value)); /* null removes it */
    }
}

static void not_authorized(const struct sim_request *req, struct sim_reply *reply)
{
    struct sim_id id;
    char *type = sim_id_parse(req->path, &id) ? sim_id_type(&id) : sim_copy("Microsoft.Resources");
    bool get = strcmp(req->method, "GET") == 0, remove = strcmp(req->method, "DELETE") == 0;
    sim_fail(
        reply, reply->status, "AuthorizationFailed",
        "The client 'sim' with object id 'sim' does not have authorization to perform action '%s/%s' over "
        "scope '%s' or the scope is invalid. If access was recently granted, please refresh your "
        "credentials.",
        type,
        get      ? "read"
        : remove ? "delete"
                 : "write",
        req->path);
    sim_id_done(&id);
    free(type);
}

/* ARM's texts for the two that a reader meets most; a message of the scenario's wins. */
static void apply_code(const json_t *fault, const struct sim_request *req, struct sim_reply *reply)
{
    const char *code = sim_text_at(fault, "code"), *message = sim_text_at(fault, "message");
    if (!code)
        return;
    if (message)
        sim_fail(reply, reply->status, code, "%s", message);
    else if (sim_same(code, "AuthorizationFailed"))
        not_authorized(req, reply);
    else
        sim_fail(reply, reply->status, code, "The Resource '%s' was not found.", req->path);
}

/* The token endpoint's error of that number. */
static void apply_aadsts(struct sim_world *w, const json_t *fault, struct sim_reply *reply)
{
    const char *error = sim_text_at(fault, "error"), *message = sim_text_at(fault, "message");
    int64_t code = sim_int_at(fault, "aadsts", 0);
    if (code > 0 && code <= INT_MAX)
        sim_token_refuse(w, reply, reply->status, error ? error : "invalid_request", (int)code,
                         message ? message : "An error of the scenario.");
}

static enum sim_drop manner_of(const char *manner)
{
    if (sim_same(manner, "reset"))
        return SIM_DROP_RESET;
    return sim_same(manner, "header") ? SIM_DROP_HEADER : SIM_DROP_CONNECTION;
}

void sim_fault_apply(struct sim_world *w, const json_t *fault, const struct sim_request *req,
                     struct sim_reply *reply)
{
    const json_t *status = json_object_get(fault, "status"), *body = json_object_get(fault, "body");
    const char *text = sim_text_at(fault, "text"), *type = sim_text_at(fault, "content_type");
    if (status)
        sim_reply_json(reply, (unsigned)json_integer_value(status), NULL);
    apply_code(fault, req, reply);
    apply_aadsts(w, fault, reply);
    if (body)
        sim_reply_json(reply, reply->status, json_deep_copy(body));
    if (text)
        reply->text = sim_copy(text);
    if (type)
        reply->content_type = sim_copy(type);
    apply_headers(json_object_get(fault, "headers"), reply);
    reply->delay_ms = sim_int_at(fault, "delay_ms", reply->delay_ms);
    reply->truncate_at = sim_int_at(fault, "truncate_at", -1);
    reply->pad_to = sim_int_at(fault, "pad_to", 0);
    if (sim_text_at(fault, "drop"))
        reply->drop = manner_of(sim_text_at(fault, "manner"));
}
