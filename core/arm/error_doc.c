/* SPDX-License-Identifier: MPL-2.0 */
#include "arm/error_doc.h"

#include <string.h>

#include "base/error.h"
#include "base/span.h"
#include "json/decode.h"

/* A message of ARM's may hold a JSON text with another error, which may hold one more; details nest likewise.
 */
enum { NESTING_MAX = 4, DETAILS_MAX = 8, TEXT_MAX = sizeof((struct acg_error *)0)->message };

/* Text under construction; what does not fit ends with "...". */
struct text {
    char bytes[TEXT_MAX];
    size_t len;
    bool cut;
};

static void add_byte(struct text *t, char c)
{
    if (t->len + 1 < sizeof t->bytes)
        t->bytes[t->len++] = c;
    else
        t->cut = true;
}

/* One line: runs of space become one space; what follows the first frame of a stack trace is left out. */
static void add(struct text *t, const char *s)
{
    bool space = t->len == 0 || t->bytes[t->len - 1] == ' ';

    for (; *s != '\0'; s++) {
        bool blank = (unsigned char)*s <= 0x20;
        if (blank && strncmp(s + 1, "  at ", 5) == 0)
            break;
        if (blank && !space)
            add_byte(t, ' ');
        else if (!blank)
            add_byte(t, *s);
        space = blank;
    }
    while (t->len != 0 && t->bytes[t->len - 1] == ' ')
        t->len--;
}

static const char *finish(struct text *t)
{
    size_t at = t->len;

    t->bytes[t->len] = '\0';
    if (t->cut) {
        at = sizeof t->bytes - 4;
        while (at > 0 && ((unsigned char)t->bytes[at] & 0xc0) == 0x80) /* not inside a UTF-8 character */
            at--;
        memcpy(t->bytes + at, "...", 4);
    }
    return t->bytes;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *s = json_string_value(json_object_get(object, name));

    return s && s[0] ? s : NULL;
}

static const json_t *error_of(const json_t *body)
{
    const json_t *inner = json_object_get(body, "error");

    return json_is_object(inner) ? inner : body;
}

static void add_error(struct text *t, const json_t *error, int depth);

/* A message that is a JSON text holds the real error inside. */
static void add_message(struct text *t, const char *message, int depth)
{
    struct acg_span trimmed = acgp_span_trim(acgp_span(message));
    json_t *nested = NULL;

    if (depth < NESTING_MAX && trimmed.len != 0 && trimmed.data[0] == '{' &&
        acgp_json_parse(trimmed, &nested, NULL) == ACG_OK && text_of(error_of(nested), "message") != NULL)
        add_error(t, error_of(nested), depth + 1);
    else
        add(t, message);
    json_decref(nested);
}

static void separate(struct text *t, const char *mark)
{
    if (t->len == 0)
        return;
    add(t, mark);
    add_byte(t, ' ');
}

static void add_details(struct text *t, const json_t *error, int depth)
{
    const json_t *details = json_object_get(error, "details");
    size_t count = json_array_size(details);

    for (size_t i = 0; i < count && i < DETAILS_MAX; i++) {
        const json_t *d = json_array_get(details, i);
        const char *code = text_of(d, "code"), *message = text_of(d, "message");
        if (code == NULL && message == NULL)
            continue;
        separate(t, ";");
        if (code != NULL)
            add(t, code);
        if (code != NULL && message != NULL)
            separate(t, ":");
        add_error(t, d, depth + 1);
    }
}

/* Names of the policies that refused: additionalInfo[] of type PolicyViolation. */
static void add_policies(struct text *t, const json_t *error)
{
    static const char *const names[] = {"policyDefinitionDisplayName", "policyDefinitionName",
                                        "policyAssignmentDisplayName", "policyAssignmentName",
                                        "policySetDefinitionDisplayName"};
    const json_t *list = json_object_get(error, "additionalInfo");
    size_t count = json_array_size(list);

    for (size_t i = 0; i < count && i < DETAILS_MAX; i++) {
        const json_t *info = json_object_get(json_array_get(list, i), "info");
        const char *type = text_of(json_array_get(list, i), "type");
        bool first = true;
        if (!acgp_equal_nocase(type, "PolicyViolation"))
            continue;
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
            const char *name = text_of(info, names[n]);
            if (name == NULL)
                continue;
            if (first)
                separate(t, ";");
            add(t, first ? "policy '" : " / '");
            add(t, name);
            add(t, "'");
            first = false;
        }
    }
}

static void add_error(struct text *t, const json_t *error, int depth)
{
    const char *message = text_of(error, "message");

    if (message != NULL)
        add_message(t, message, depth);
    if (depth < NESTING_MAX)
        add_details(t, error, depth);
    add_policies(t, error);
}

static void set_code(const json_t *error, struct acg_error *err)
{
    const char *code = text_of(error, "code");

    if (code != NULL)
        acgp_error_text(err->arm_code, sizeof err->arm_code, code);
}

void acgp_error_from_json(const json_t *body, struct acg_error *err)
{
    const json_t *error = error_of(body);
    struct text t = {.len = 0};

    if (!json_is_object(error))
        return;
    set_code(error, err);
    add_error(&t, error, 0);
    if (t.len != 0)
        acgp_error_text(err->message, sizeof err->message, finish(&t));
}

static enum acg_status status_of(int http_status, const char *arm_code)
{
    if (http_status == 401)
        return ACG_ERR_AUTH;
    if (http_status == 403)
        return acgp_equal_nocase(arm_code, "RequestDisallowedByPolicy") ? ACG_ERR_SERVICE : ACG_ERR_AUTH;
    if (http_status == 408 || http_status == 429 || http_status >= 500)
        return ACG_ERR_TEMPORARY;
    if (http_status < 400)
        return ACG_ERR_PROTOCOL;
    return ACG_ERR_SERVICE;
}

static void describe_without_json(const struct acgp_response *response, struct acg_error *err)
{
    struct acg_span body = acgp_span_trim(acgp_buf_view(&response->body));
    struct text t = {.len = 0};
    char head[200];

    if (body.len == 0) {
        acgp_error_text(err->message, sizeof err->message, "the answer is empty");
        return;
    }
    if (body.data[0] == '<') {
        acgp_error_text(err->message, sizeof err->message,
                        "the answer is a web page, perhaps of a proxy in between");
        return;
    }
    for (size_t n = 0; n < sizeof head; n++) {
        head[n] = n + 1 < sizeof head && n < body.len ? body.data[n] : '\0';
        if ((unsigned char)head[n] >= 0x7f)
            head[n] = '?'; /* nothing says which encoding it is */
    }
    add(&t, "the answer is not JSON");
    separate(&t, ":");
    add(&t, head);
    acgp_error_text(err->message, sizeof err->message, finish(&t));
}

static void prefix_with(const char *what, int http_status, struct acg_error *err)
{
    if (http_status >= 300 && http_status < 400)
        acgp_error_text(err->message, sizeof err->message, "a redirect, which is not followed");
    if (err->arm_code[0] != '\0')
        acgp_fail_context(err, "%s: HTTP %d %s", what, http_status, err->arm_code);
    else
        acgp_fail_context(err, "%s: HTTP %d", what, http_status);
}

enum acg_status acgp_error_from_response(const struct acgp_response *response, const char *what,
                                         struct acg_error *err)
{
    struct acg_error e = {.http_status = response->status};
    const char *request_id = acgp_response_header(response, "x-ms-request-id");
    json_t *body = NULL;
    enum acg_status parsed = acgp_json_parse(acgp_buf_view(&response->body), &body, NULL);

    if (parsed == ACG_ERR_NOMEM)
        return acgp_fail_nomem(err);
    if (request_id == NULL)
        request_id = acgp_response_header(response, "x-ms-correlation-request-id");
    acgp_error_text(e.request_id, sizeof e.request_id, request_id);
    acgp_error_from_json(body, &e);
    if (parsed != ACG_OK)
        describe_without_json(response, &e);
    else if (e.message[0] == '\0')
        acgp_error_text(e.message, sizeof e.message, "the answer gives no reason");
    e.status = status_of(response->status, e.arm_code);
    json_decref(body);
    prefix_with(what, response->status, &e);
    if (err != NULL)
        *err = e;
    return e.status;
}

bool acgp_error_source_busy(const struct acgp_response *response)
{
    static const char text[] = "Too many requests on source '";
    struct acg_span body = acgp_buf_view(&response->body);

    if (response->status < 400 || response->status >= 500)
        return false;
    for (size_t i = 0; i + sizeof text - 1 <= body.len; i++)
        if (memcmp(body.data + i, text, sizeof text - 1) == 0)
            return true;
    return false;
}
