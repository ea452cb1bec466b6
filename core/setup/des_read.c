/* SPDX-License-Identifier: MPL-2.0 */
/* Reading disk encryption sets: a list by its pages or one set, then what depends on each, side by side. */
#include <inttypes.h>

#include "arm/requests.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "http/url.h"
#include "model/names.h"
#include "model/region.h"
#include "model/resource_id.h"
#include "report/report.h"
#include "setup/docs.h"
#include "setup/set_view.h"
#include "setup/setup.h"
#include "json/build.h"

enum {
    TIMEOUT_MS = 600000,
    SETS_MAX = 20000,    /* 5,000 per region is Azure's limit, and nobody has four regions full */
    PAGES_MAX = 1000,    /* a list that does not end is none */
    USED_BY_MAX = 100000 /* ids kept of one set */
};

enum call { CALL_LIST = 1, CALL_SET, CALL_USED_BY /* index: set */ };

struct des_read {
    struct acgp_work work; /* first: the machine lives in it */
    char *subscription;    /* owned; NULL for one set */
    char *set_id;          /* owned; NULL for a list */
    int64_t timeout_ms;
    unsigned pages;
    bool listed;
    struct acgp_set_view *views; /* owned */
    size_t count, capacity;
    size_t asked; /* for how many of them it was asked what depends on them */
    struct acg_report *report;
};

static struct des_read *machine_of(struct acgp_work *w)
{
    return (struct des_read *)w;
}

static const char *call_name(int call_kind)
{
    static const char *const names[] = {
        [CALL_LIST] = "reading the disk encryption sets",
        [CALL_SET] = "reading the disk encryption set",
        [CALL_USED_BY] = "reading what depends on a disk encryption set",
    };

    return names[call_kind];
}

static void fail(struct des_read *m, int64_t now_ms, const struct acgp_call *call,
                 const struct acgp_answer *answer)
{
    struct acg_error err;

    acgp_answer_error(answer, call_name(call->kind), &err);
    acgp_work_end(&m->work, now_ms, &err);
}

/* ---- pages ---- */

/* Follow a list. An address elsewhere than the resource manager's gets no token, and half a list is none. */
static bool follow(struct des_read *m, int64_t now_ms, const struct acgp_call *call, const json_t *page)
{
    const char *next = acgp_page_next(page);
    struct acg_error err;

    if (next == NULL)
        return false;
    if (++m->pages > PAGES_MAX)
        acgp_fail(&err, ACG_ERR_LIMIT, "a list has more than %d pages", PAGES_MAX);
    else if (!acgp_url_trusted(acgp_span(next), acgp_span(m->work.endpoint)))
        acgp_fail(&err, ACG_ERR_PROTOCOL, "%s: the next page is on a host that is not the resource manager's",
                  call_name(call->kind));
    else {
        acgp_work_get(&m->work, now_ms, call->kind, call->index, acgp_strdup(next));
        return true;
    }
    acgp_work_end(&m->work, now_ms, &err);
    return true;
}

/* @return owned by caller (json_decref); NULL: the machine has ended. */
static json_t *page_of(struct des_read *m, int64_t now_ms, const struct acgp_answer *answer)
{
    json_t *page = NULL;
    struct acg_error err = {.status = ACG_OK};

    if (acgp_json_parse(acgp_buf_view(&answer->response->body), &page, &err) == ACG_OK &&
        acgp_page_items(page) != NULL)
        return page;
    if (err.status == ACG_OK)
        acgp_fail(&err, ACG_ERR_PROTOCOL, "an answer is no list");
    json_decref(page);
    acgp_work_end(&m->work, now_ms, &err);
    return NULL;
}

static enum acg_status add_set(struct des_read *m, json_t *value, struct acg_error *err)
{
    void *views = m->views;
    struct acgp_set_view *v = NULL;
    struct acgp_resource_id id;

    if (m->count == SETS_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "there are more than %d disk encryption sets", SETS_MAX);
    if (!acgp_grow(&views, &m->capacity, m->count + 1, SETS_MAX, sizeof *m->views))
        return acgp_fail_nomem(err);
    m->views = views;
    v = &m->views[m->count++];
    *v = (struct acgp_set_view){.used_by = NULL};
    enum acg_status status = acgp_des_doc_read(value, &v->doc, err);
    /* It becomes an address to be read. */
    if (status == ACG_OK &&
        (!acgp_resource_id_parse(acgp_span(v->doc.id), &id) || id.kind != ACGP_RESOURCE_DISK_ENCRYPTION_SET))
        status = acgp_fail(err, ACG_ERR_PROTOCOL, "a disk encryption set was read that has no id of one");
    return status;
}

static void on_list(struct des_read *m, int64_t now_ms, const struct acgp_call *call,
                    const struct acgp_answer *answer)
{
    json_t *page = page_of(m, now_ms, answer);
    const json_t *items = acgp_page_items(page);
    struct acg_error err = {.status = ACG_OK};

    for (size_t i = 0; err.status == ACG_OK && i < json_array_size(items); i++)
        (void)add_set(m, json_array_get(items, i), &err);
    if (err.status != ACG_OK)
        acgp_work_end(&m->work, now_ms, &err);
    else if (!m->work.ended && !follow(m, now_ms, call, page))
        m->listed = true;
    json_decref(page);
}

static void on_set(struct des_read *m, int64_t now_ms, const struct acgp_answer *answer)
{
    json_t *root = NULL;
    struct acg_error err = {.status = ACG_OK};

    if (acgp_json_parse(acgp_buf_view(&answer->response->body), &root, &err) == ACG_OK)
        (void)add_set(m, root, &err);
    json_decref(root);
    m->listed = true;
    if (err.status != ACG_OK)
        acgp_work_end(&m->work, now_ms, &err);
}

/* ---- what depends on a set ---- */

static void on_used_by(struct des_read *m, int64_t now_ms, const struct acgp_call *call,
                       const struct acgp_answer *answer)
{
    struct acgp_set_view *v = &m->views[call->index];
    json_t *page = NULL;
    size_t count = 0;

    if (acgp_answer_status(answer) != 200) { /* it is said, and the rest is worth having */
        json_decref(v->used_by);
        v->used_by = NULL;
        acgp_work_notice(&m->work, now_ms,
                         acgp_printf("%s: what depends on it could not be read (HTTP %d)",
                                     v->doc.name ? v->doc.name : v->doc.id, acgp_answer_status(answer)));
        return;
    }
    page = page_of(m, now_ms, answer);
    if (page == NULL)
        return;
    if (v->used_by == NULL)
        v->used_by = json_array();
    count = json_array_size(v->used_by) + json_array_size(acgp_page_items(page));
    if (v->used_by == NULL || count > USED_BY_MAX ||
        json_array_extend(v->used_by, json_object_get(page, "value")) != 0)
        acgp_work_nomem(&m->work, now_ms);
    else
        (void)follow(m, now_ms, call, page);
    json_decref(page);
}

static void ask_used_by(struct des_read *m, int64_t now_ms)
{
    while (!m->work.ended && m->asked < m->count && m->work.call_count < ACGP_SIDE_BY_SIDE) {
        size_t i = m->asked++;
        char *path = acgp_printf("%s/associatedResources", m->views[i].doc.id);
        acgp_work_get(&m->work, now_ms, CALL_USED_BY, i,
                      path ? acgp_path_url(m->work.endpoint, path, "", ACGP_API_DISK_ENCRYPTION_SET) : NULL);
        acgp_free(path);
    }
}

/* ---- the end ---- */

static void finish(struct des_read *m, int64_t now_ms)
{
    struct acg_error err = {.status = ACG_OK};

    if (acgp_set_report(m->views, m->count, m->subscription, &m->report, &err) == ACG_OK)
        acgp_error_text(err.message, sizeof err.message, "read");
    m->work.report = m->report;
    acgp_work_end(&m->work, now_ms, &err);
}

/* ---- the machine ---- */

static void on_answer(struct acgp_work *w, int64_t now_ms, const struct acgp_call *call,
                      const struct acgp_answer *answer)
{
    struct des_read *m = machine_of(w);

    if (call->kind == CALL_USED_BY)
        on_used_by(m, now_ms, call, answer);
    else if (acgp_answer_status(answer) != 200)
        fail(m, now_ms, call, answer);
    else if (call->kind == CALL_LIST)
        on_list(m, now_ms, call, answer);
    else
        on_set(m, now_ms, answer);
}

static void turn(struct acgp_work *w, int64_t now_ms)
{
    struct des_read *m = machine_of(w);

    ask_used_by(m, now_ms);
    if (!m->work.ended && m->listed && m->asked == m->count && m->work.call_count == 0)
        finish(m, now_ms);
}

static void on_deadline(struct acgp_work *w, int64_t now_ms)
{
    struct des_read *m = machine_of(w);
    struct acg_error err;

    acgp_fail(&err, ACG_ERR_TIMEOUT, "not all was read within %" PRId64 " s", m->timeout_ms / 1000);
    acgp_work_end(w, now_ms, &err);
}

static void on_cancel(struct acgp_work *w, int64_t now_ms)
{
    struct acg_error err;

    acgp_fail(&err, ACG_ERR_CANCELLED, "stopped as asked");
    acgp_work_end(w, now_ms, &err);
}

static char *heartbeat(struct acgp_work *w, int64_t minutes)
{
    return acgp_printf("reading for %" PRId64 " min: %zu disk encryption sets so far", minutes,
                       machine_of(w)->count);
}

static void done(struct acgp_work *w)
{
    struct des_read *m = machine_of(w);

    for (size_t i = 0; i < m->count; i++)
        acgp_set_view_done(&m->views[i]);
    acgp_report_free(m->report);
    acgp_free(m->views);
    acgp_free(m->subscription);
    acgp_free(m->set_id);
}

static const struct acgp_work_kind read_kind = {
    .call_name = call_name,
    .on_answer = on_answer,
    .on_deadline = on_deadline,
    .on_cancel = on_cancel,
    .turn = turn,
    .heartbeat = heartbeat,
    .done = done,
};

static enum acg_status check(const struct acg_des_read_options *o, bool list, struct acg_error *err)
{
    bool id = !list && o->disk_encryption_set != NULL && o->disk_encryption_set[0] == '/';

    if (o->version == 0 || o->version > ACG_DES_READ_OPTIONS_VERSION)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "version",
                               "options of version %u are not known to this library, which knows 1 to %u",
                               (unsigned)o->version, ACG_DES_READ_OPTIONS_VERSION);
    if (o->timeout_ms < 0)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "timeout_ms", "is negative");
    if (!list && o->disk_encryption_set == NULL)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "disk_encryption_set", "is missing: name one set");
    if (!id &&
        (o->subscription_id == NULL || acgp_name_fault_subscription(acgp_span(o->subscription_id)) != NULL))
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "subscription_id", "is missing, or no subscription id");
    if (!id && !list && o->resource_group == NULL)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "resource_group",
                               "is missing: it is needed with a name; or write the full id");
    if (o->resource_group != NULL && acgp_name_fault_resource_group(acgp_span(o->resource_group)) != NULL)
        return acgp_fail_field(err, ACG_ERR_ARGUMENT, "resource_group", "is no name of a resource group");
    return ACG_OK;
}

/* @return owned by caller; NULL with err set. */
static char *set_id_of(const struct acg_des_read_options *o, struct acg_error *err)
{
    struct acgp_resource_id parsed;
    char *id =
        o->disk_encryption_set[0] == '/'
            ? acgp_strdup(o->disk_encryption_set)
            : acgp_resource_id_new(acgp_span(o->subscription_id), acgp_span(o->resource_group),
                                   ACGP_RESOURCE_DISK_ENCRYPTION_SET, acgp_span(o->disk_encryption_set));

    if (id == NULL) {
        acgp_fail_nomem(err);
        return NULL;
    }
    if (acgp_resource_id_parse(acgp_span(id), &parsed) && parsed.kind == ACGP_RESOURCE_DISK_ENCRYPTION_SET)
        return id;
    acgp_free(id);
    acgp_fail_field(err, ACG_ERR_ARGUMENT, "disk_encryption_set",
                    "is neither the name nor the full id of a disk encryption set");
    return NULL;
}

static void begin_list(struct des_read *m, int64_t now_ms, const char *group)
{
    char *path =
        acgp_printf("/subscriptions/%s%s%s/providers/Microsoft.Compute/diskEncryptionSets", m->subscription,
                    group != NULL ? "/resourceGroups/" : "", group != NULL ? group : "");

    acgp_work_step(&m->work, now_ms, call_name(CALL_LIST));
    if (!m->work.ended)
        acgp_work_get(&m->work, now_ms, CALL_LIST, 0,
                      path ? acgp_path_url(m->work.endpoint, path, "", ACGP_API_DISK_ENCRYPTION_SET) : NULL);
    acgp_free(path);
}

static void begin_set(struct des_read *m, int64_t now_ms)
{
    acgp_work_step(&m->work, now_ms, call_name(CALL_SET));
    if (!m->work.ended)
        acgp_work_get(&m->work, now_ms, CALL_SET, 0,
                      acgp_resource_url(m->work.endpoint, m->set_id, ACGP_RESOURCE_DISK_ENCRYPTION_SET));
}

static enum acg_status make(const struct acg_des_read_options *o, bool list,
                            const struct acgp_work_config *config, struct acgp_work **out,
                            struct acg_error *err)
{
    enum acg_status status = check(o, list, err);
    char *id = status == ACG_OK && !list ? set_id_of(o, err) : NULL;
    struct acgp_work_config own = *config;
    struct des_read *m = NULL;

    if (status != ACG_OK)
        return status;
    if (!list && id == NULL)
        return err->status;
    m = acgp_alloc(1, sizeof *m);
    if (m == NULL) {
        acgp_free(id);
        return acgp_fail_nomem(err);
    }
    m->timeout_ms = own.timeout_ms = o->timeout_ms != 0 ? o->timeout_ms : TIMEOUT_MS;
    m->set_id = id;
    m->subscription = list ? acgp_strdup(o->subscription_id) : NULL;
    if (acgp_work_init(&m->work, &read_kind, &own, err) != ACG_OK || (list && m->subscription == NULL)) {
        acgp_work_free(&m->work);
        return acgp_fail_nomem(err);
    }
    if (list)
        begin_list(m, config->now_ms, o->resource_group);
    else
        begin_set(m, config->now_ms);
    *out = &m->work;
    return ACG_OK;
}

enum acg_status acgp_des_list_new(const struct acg_des_read_options *opts,
                                  const struct acgp_work_config *config, struct acgp_work **out,
                                  struct acg_error *err)
{
    return make(opts, true, config, out, err);
}

enum acg_status acgp_des_show_new(const struct acg_des_read_options *opts,
                                  const struct acgp_work_config *config, struct acgp_work **out,
                                  struct acg_error *err)
{
    return make(opts, false, config, out, err);
}
