/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/http.h"

#include "sim/jsonx.h"
#include "sim/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *sim_arg(const struct sim_request *req, const char *name)
{
    return json_string_value(json_object_get(req->args, name));
}

const char *sim_header_sent(const struct sim_request *req, const char *name)
{
    return json_string_value(json_object_get(req->headers, name));
}

static json_t *login(struct sim_reply *reply)
{
    if (!reply->login)
        reply->login = json_object();
    return reply->login;
}

void sim_login_kind(struct sim_reply *reply, const char *kind)
{
    json_object_set_new(login(reply), "kind", json_string(kind));
}

void sim_login_owner(struct sim_reply *reply, const char *client_id)
{
    json_object_set_new(login(reply), "client_id", json_string(client_id));
}

void sim_login_checked(struct sim_reply *reply, const char *what)
{
    json_t *list = json_object_get(login(reply), "checked");
    if (!list) {
        list = json_array();
        json_object_set_new(reply->login, "checked", list);
    }
    json_array_append_new(list, json_string(what));
}

static struct sim_header *find(struct sim_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (sim_same(reply->headers[i].name, name))
            return &reply->headers[i];
    return NULL;
}

static void drop_header(struct sim_reply *reply, struct sim_header *h)
{
    free(h->name);
    free(h->value);
    *h = reply->headers[--reply->header_count];
}

void sim_reply_header(struct sim_reply *reply, const char *name, const char *value)
{
    struct sim_header *have = find(reply, name);
    if (have)
        drop_header(reply, have);
    if (value && reply->header_count < SIM_HEADERS_MAX)
        reply->headers[reply->header_count++] = (struct sim_header){sim_copy(name), sim_copy(value)};
}

const char *sim_reply_find(const struct sim_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (sim_same(reply->headers[i].name, name))
            return reply->headers[i].value;
    return NULL;
}

void sim_reply_json(struct sim_reply *reply, unsigned status, json_t *body)
{
    json_decref(reply->body);
    reply->status = status;
    reply->body = body;
}

void sim_reply_empty(struct sim_reply *reply, unsigned status)
{
    sim_reply_json(reply, status, NULL);
}

void sim_fail(struct sim_reply *reply, unsigned status, const char *code, const char *format, ...)
{
    char small[1024], *message = small;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (n >= (int)sizeof small) {
        message = sim_alloc((size_t)n + 1);
        vsnprintf(message, (size_t)n + 1, format, again);
    }
    va_end(again);
    sim_reply_json(reply, status, json_pack("{s:{s:s, s:s}}", "error", "code", code, "message", message));
    if (message != small)
        free(message);
}

void sim_fail_target(struct sim_reply *reply, const char *target)
{
    json_object_set_new(json_object_get(reply->body, "error"), "target", json_string(target));
}

void sim_reply_clear(struct sim_reply *reply)
{
    json_decref(reply->body);
    json_decref(reply->login);
    free(reply->text);
    free(reply->content_type);
    for (size_t i = 0; i < reply->header_count; i++) {
        free(reply->headers[i].name);
        free(reply->headers[i].value);
    }
    *reply = (struct sim_reply){.truncate_at = -1};
}

void sim_request_done(struct sim_request *req)
{
    free(req->method);
    free(req->path);
    free(req->query);
    free(req->base);
    free(req->authorization);
    free(req->content_type);
    free(req->client_request_id);
    free(req->user_agent);
    free(req->body);
    json_decref(req->args);
    json_decref(req->headers);
    json_decref(req->json);
    *req = (struct sim_request){0};
}
