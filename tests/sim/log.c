/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/log.h"

#include "sim/clock.h"
#include "sim/jsonx.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

static void count(json_t **table, const char *key)
{
    if (!*table)
        *table = json_object();
    json_int_t n = json_integer_value(json_object_get(*table, key));
    json_object_set_new(*table, key, json_integer(n + 1));
}

/* Poll signatures are secrets: whoever has the URL has the right. */
static char *safe_query(const char *query)
{
    struct sim_str s = {0};
    while (*query) {
        size_t n = strcspn(query, "&");
        bool secret = n > 2 && query[1] == '=' && strchr("tcsh", query[0]);
        if (s.length)
            sim_str_text(&s, "&");
        sim_str_add(&s, query, secret ? 2 : n);
        if (secret)
            sim_str_text(&s, "...");
        query += n + (query[n] == '&');
    }
    return s.data ? s.data : sim_copy("");
}

/* Passwords of virtual machines: in a machine's own PUT, in a template, in the parameters of a deployment. */
static void hide_passwords(json_t *value)
{
    const char *name;
    json_t *member;
    void *next;
    size_t i;
    json_object_foreach_safe(value, next, name, member)
    {
        if (!sim_same(name, "adminPassword"))
            hide_passwords(member);
        else if (json_is_string(member))
            json_object_set_new(value, name, json_string("..."));
        else if (json_object_get(member, "value"))
            json_object_set_new(member, "value", json_string("..."));
    }
    json_array_foreach(value, i, member)
    {
        hide_passwords(member);
    }
}

static void text(json_t *line, const char *name, const char *value)
{
    if (value)
        json_object_set_new(line, name, json_string(value));
}

static json_t *describe(const struct sim_log *log, const struct sim_request *req,
                        const struct sim_reply *reply, int64_t unix_ms, const char *login)
{
    char stamp[SIM_STAMP_SIZE];
    sim_stamp(unix_ms, stamp);
    json_t *line =
        json_pack("{s:I, s:s, s:I, s:s, s:s}", "n", (json_int_t)log->count + 1, "time", stamp, "connection",
                  (json_int_t)req->connection, "method", req->method, "path", req->path);
    json_object_set_new(line, "start_us", json_integer((json_int_t)(req->started_us - log->origin_us)));
    json_object_set_new(line, "end_us",
                        json_integer((json_int_t)(sim_mono_us() + reply->delay_ms * 1000 - log->origin_us)));
    char *query = safe_query(req->query);
    text(line, "query", query);
    free(query);
    text(line, "api_version", sim_arg(req, "api-version"));
    if (req->body_length && !login) {
        json_t *body = json_deep_copy(req->json);
        hide_passwords(body);
        if (body)
            json_object_set_new(line, "body", body);
        else
            json_object_set_new(line, "body_bytes", json_integer((json_int_t)req->body_length));
    }
    json_object_set_new(line, "status", json_integer(reply->drop ? 0 : (json_int_t)reply->status));
    text(line, "code", sim_text_at(reply->body, login ? "error" : "error.code"));
    if (reply->login)
        json_object_set(line, "login", reply->login);
    json_t *codes = login ? json_object_get(reply->body, "error_codes") : NULL;
    if (codes)
        json_object_set(line, "error_codes", codes);
    text(line, "request_id", sim_reply_find(reply, "x-ms-request-id"));
    text(line, "client_request_id", req->client_request_id);
    text(line, "user_agent", req->user_agent);
    return line;
}

void sim_log_add(struct sim_log *log, const struct sim_request *req, const struct sim_reply *reply,
                 int64_t unix_ms, const char *login)
{
    if (!log->origin_us)
        log->origin_us = req->started_us;
    json_t *line = describe(log, req, reply, unix_ms, login);
    char **slot = &log->lines[log->count++ % SIM_LOG_LINES_MAX];
    free(*slot);
    *slot = sim_dump(line);
    json_decref(line);
    if (log->file) {
        fprintf(log->file, "%s\n", *slot);
        fflush(log->file);
    }
    char status[16];
    snprintf(status, sizeof status, "%u", reply->drop ? 0 : reply->status);
    count(&log->by_method, login ? login : req->method);
    count(&log->by_status, status);
}

char *sim_log_text(const struct sim_log *log)
{
    struct sim_str s = {0};
    uint64_t from = log->count > SIM_LOG_LINES_MAX ? log->count - SIM_LOG_LINES_MAX : 0;
    for (uint64_t n = from > log->cleared ? from : log->cleared; n < log->count; n++) {
        sim_str_text(&s, log->lines[n % SIM_LOG_LINES_MAX]);
        sim_str_text(&s, "\n");
    }
    return s.data ? s.data : sim_copy("");
}

void sim_log_clear(struct sim_log *log)
{
    log->cleared = log->count;
    json_decref(log->by_method);
    json_decref(log->by_status);
    log->by_method = NULL;
    log->by_status = NULL;
}

void sim_log_done(struct sim_log *log)
{
    for (size_t i = 0; i < SIM_LOG_LINES_MAX; i++)
        free(log->lines[i]);
    json_decref(log->by_method);
    json_decref(log->by_status);
    if (log->file)
        fclose(log->file);
}
