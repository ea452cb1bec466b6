/* SPDX-License-Identifier: MPL-2.0 */
#include "base/alloc.h"
#include "report/explain_parts.h"
#include "json/build.h"

static const char method[] = "PUT", bearer[] = "Bearer <access token>", media_type[] = "application/json";

void acgp_explain_rest(const struct acgp_explained *e, struct acgp_buf *out)
{
    json_t *body = json_loads(e->body, 0, NULL);
    char *pretty = acgp_json_dump_pretty(body, ACGP_EXPLAIN_TEXT_MAX);

    if (pretty == NULL)
        out->failed = true;
    else
        acgp_buf_printf(out, "%s %s\nAuthorization: %s\nContent-Type: %s\n\n%s", method, e->url, bearer,
                        media_type, pretty);
    acgp_free(pretty);
    json_decref(body);
}

json_t *acgp_explain_rest_json(const struct acgp_explained *e)
{
    json_t *headers = json_object(), *rest = json_object();
    bool fine = acgp_json_put_text(headers, "Authorization", bearer) &&
                acgp_json_put_text(headers, "Content-Type", media_type) &&
                acgp_json_put_text(rest, "method", method) && acgp_json_put_text(rest, "url", e->url) &&
                acgp_json_put(rest, "headers", json_incref(headers)) &&
                acgp_json_put(rest, "body", json_loads(e->body, 0, NULL));

    json_decref(headers);
    if (fine)
        return rest;
    json_decref(rest);
    return NULL;
}
