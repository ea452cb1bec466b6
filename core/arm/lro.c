/* SPDX-License-Identifier: MPL-2.0 */
#include "arm/lro.h"

#include "arm/operation_doc.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "http/retry.h"
#include "http/url.h"

int64_t acgp_lro_interval_ms(unsigned n, int64_t wait_ms)
{
    /* 1,200 polls in three minutes are the budget of a whole subscription and region: thirty seconds leave
     * room. */
    static const int64_t schedule[] = {1000, 2000, 5000, 10000, 15000, 20000, 30000};
    size_t last = sizeof schedule / sizeof schedule[0] - 1;

    if (wait_ms > 0)
        return wait_ms;
    return schedule[n == 0 ? 0 : n - 1 > last ? last : n - 1];
}

enum acg_status acgp_lro_begin(struct acgp_lro *lro, const char *endpoint,
                               const struct acgp_response *response, int64_t now_unix_s,
                               struct acg_error *err)
{
    const char *operation = acgp_response_header(response, "azure-asyncoperation");
    const char *location = acgp_response_header(response, "location");
    const char *named = operation ? operation : location;
    char *url = NULL;

    lro->wait_ms = acgp_retry_wait_ms(response, now_unix_s);
    if (named == NULL || acgp_span(named).len > ACGP_URL_MAX)
        return ACG_OK;
    url = acgp_url_resolve(endpoint, named);
    if (url == NULL)
        return acgp_fail_nomem(err);
    if (!acgp_url_trusted(acgp_span(url), acgp_span(endpoint))) {
        lro->foreign = true;
        acgp_free(url);
        return ACG_OK;
    }
    lro->url = url;
    lro->way = operation ? ACGP_LRO_OPERATION : ACGP_LRO_LOCATION;
    return ACG_OK;
}

void acgp_lro_done(struct acgp_lro *lro)
{
    acgp_free(lro->url);
    *lro = (struct acgp_lro){0};
}

static void lose(struct acgp_lro *lro)
{
    acgp_free(lro->url);
    lro->url = NULL;
    lro->way = ACGP_LRO_RESOURCE;
}

static enum acg_status read_operation(const struct acgp_response *response, enum acgp_lro_state *out,
                                      struct acg_error *failure, struct acg_error *err)
{
    static const enum acgp_lro_state meaning[] = {
        [ACGP_OPERATION_RUNNING] = ACGP_LRO_RUNNING, [ACGP_OPERATION_SUCCEEDED] = ACGP_LRO_SUCCEEDED,
        [ACGP_OPERATION_FAILED] = ACGP_LRO_FAILED,   [ACGP_OPERATION_CANCELED] = ACGP_LRO_FAILED,
        [ACGP_OPERATION_UNSAID] = ACGP_LRO_LOST,
    };
    enum acgp_operation_state state = ACGP_OPERATION_UNSAID;
    enum acg_status status = acgp_operation_doc_decode(acgp_buf_view(&response->body), &state, failure, err);

    if (status != ACG_OK)
        return status;
    *out = meaning[state];
    if (*out == ACGP_LRO_LOST && response->status == 202)
        *out = ACGP_LRO_RUNNING;
    if (*out == ACGP_LRO_FAILED)
        acgp_error_text(failure->request_id, sizeof failure->request_id,
                        acgp_response_header(response, "x-ms-request-id"));
    return ACG_OK;
}

static enum acgp_lro_state read_location(const struct acgp_response *response)
{
    if (response->status == 202)
        return ACGP_LRO_RUNNING;
    return response->status == 200 || response->status == 201 || response->status == 204 ? ACGP_LRO_SUCCEEDED
                                                                                         : ACGP_LRO_LOST;
}

enum acg_status acgp_lro_on_response(struct acgp_lro *lro, const struct acgp_response *response,
                                     int64_t now_unix_s, enum acgp_lro_state *out, struct acg_error *failure,
                                     struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    lro->polls++;
    lro->wait_ms = acgp_lro_interval_ms(lro->polls, acgp_retry_wait_ms(response, now_unix_s));
    *out = ACGP_LRO_LOST;
    if (lro->way == ACGP_LRO_LOCATION)
        *out = read_location(response);
    else if (response->status == 200 || response->status == 202)
        status = read_operation(response, out, failure, err);
    if (*out == ACGP_LRO_LOST)
        lose(lro);
    return status;
}
