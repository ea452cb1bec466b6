/* SPDX-License-Identifier: MPL-2.0 */
#include "verify/verify.h"

#include <inttypes.h>

#include "arm/requests.h"
#include "base/alloc.h"
#include "base/error.h"
#include "verify/machine.h"

enum call_kind { CALL_VERSION = 1, CALL_SET };

/* A machine lives in its base, which is its first member. */
static struct acgp_verify *machine_of(struct acgp_work *w)
{
    return (struct acgp_verify *)w;
}

static void read_version(struct acgp_verify *v, int64_t now_ms)
{
    v->read_at_ms = ACGP_NEVER;
    acgp_work_get(&v->work, now_ms, CALL_VERSION, 0, acgp_replication_url(v->work.endpoint, v->version_id));
}

static void read_sets(struct acgp_verify *v, int64_t now_ms)
{
    v->sets_begun = true;
    if (!acgp_set_facts_collect(&v->doc, &v->facts)) {
        acgp_work_nomem(&v->work, now_ms);
        return;
    }
    if (v->facts.count == 0)
        acgp_verify_conclude(v, now_ms);
    else
        acgp_work_step(&v->work, now_ms, "reading the disk encryption sets");
    for (size_t i = 0; !v->work.ended && i < v->facts.count; i++)
        acgp_work_get(
            &v->work, now_ms, CALL_SET, i,
            acgp_resource_url(v->work.endpoint, v->facts.items[i].id, ACGP_RESOURCE_DISK_ENCRYPTION_SET));
}

/* A reading can be behind a write: what differs is read again, as in the proof of a publish. */
static bool read_again(struct acgp_verify *v, int64_t now_ms)
{
    struct acgp_asked asked = {.spec = v->spec, .location = v->location, .coverage = &v->coverage};
    size_t count = acgp_compare_proof(&asked, &v->doc, &v->differences);

    if (v->differences.failed) {
        acgp_work_nomem(&v->work, now_ms);
        return true;
    }
    if (count == 0 || v->reads >= ACGP_PROOF_READS)
        return false;
    if (v->reads == 1)
        acgp_work_step(&v->work, now_ms, "the version is not what is declared: reading it again");
    v->read_at_ms = now_ms + ACGP_PROOF_EVERY_MS;
    return true;
}

static void judge_version(struct acgp_verify *v, int64_t now_ms)
{
    if (v->spec != NULL && !acgp_verify_cover(v, now_ms))
        return;
    if (v->spec != NULL && !acgp_verify_running(v) && read_again(v, now_ms))
        return;
    if (!v->work.ended)
        read_sets(v, now_ms);
}

static void refuse_version(struct acgp_verify *v, int64_t now_ms, const struct acgp_answer *answer)
{
    struct acg_error err;

    acgp_answer_error(answer, "reading the version", &err);
    if (acgp_answer_status(answer) == 404) {
        struct acg_error found = err;
        acgp_fail_field(&err, ACG_ERR_SERVICE, "gallery_image_version", "there is no such version: %s",
                        v->version_id);
        err.http_status = 404;
        acgp_error_text(err.arm_code, sizeof err.arm_code, found.arm_code);
        acgp_error_text(err.request_id, sizeof err.request_id, found.request_id);
    }
    acgp_work_end(&v->work, now_ms, &err);
}

static void on_version(struct acgp_verify *v, int64_t now_ms, const struct acgp_answer *answer)
{
    struct acgp_version_doc doc = {0};
    struct acg_error err;

    if (acgp_answer_status(answer) != 200) {
        refuse_version(v, now_ms, answer);
        return;
    }
    if (acgp_version_doc_decode(acgp_buf_view(&answer->response->body), &doc, &err) != ACG_OK) {
        acgp_version_doc_done(&doc);
        acgp_fail_context(&err, "reading the version");
        acgp_work_end(&v->work, now_ms, &err);
        return;
    }
    acgp_version_doc_done(&v->doc);
    v->doc = doc;
    v->reads++;
    v->read_unix_s = acgp_work_unix_s(&v->work, now_ms);
    acgp_error_text(v->request_id, sizeof v->request_id,
                    acgp_response_header(answer->response, "x-ms-request-id"));
    judge_version(v, now_ms);
}

static void on_answer(struct acgp_work *w, int64_t now_ms, const struct acgp_call *call,
                      const struct acgp_answer *answer)
{
    struct acgp_verify *v = machine_of(w);

    if (call->kind == CALL_VERSION)
        on_version(v, now_ms, answer);
    else if (acgp_set_fact_take(&v->facts.items[call->index], answer->response, answer->root) != ACG_OK)
        acgp_work_nomem(w, now_ms);
    else if (!acgp_calls_any(w, CALL_SET))
        acgp_verify_conclude(v, now_ms);
}

static const char *call_name(int call_kind)
{
    return call_kind == CALL_VERSION ? "reading the version" : "reading a disk encryption set";
}

static void on_deadline(struct acgp_work *w, int64_t now_ms)
{
    struct acgp_verify *v = machine_of(w);
    struct acg_error err;

    if (v->sets_begun) { /* what was not read is unknown, and the rest is known */
        acgp_calls_drop_all(w);
        acgp_verify_conclude(v, now_ms);
        return;
    }
    acgp_fail(&err, ACG_ERR_TIMEOUT,
              "out of time after %" PRId64 " s; the version was not read to the end: %s",
              acgp_work_elapsed(w, now_ms) / 1000, v->version_id);
    acgp_work_end(w, now_ms, &err);
}

static void on_cancel(struct acgp_work *w, int64_t now_ms)
{
    struct acg_error err;

    acgp_fail(&err, ACG_ERR_CANCELLED, "stopped as asked; nothing was written");
    acgp_work_end(w, now_ms, &err);
}

static void turn(struct acgp_work *w, int64_t now_ms)
{
    struct acgp_verify *v = machine_of(w);

    if (now_ms >= v->read_at_ms)
        read_version(v, now_ms);
}

static int64_t due_ms(const struct acgp_work *w)
{
    return ((const struct acgp_verify *)w)->read_at_ms;
}

static char *heartbeat(struct acgp_work *w, int64_t minutes)
{
    return acgp_printf("reading the %s for %" PRId64 " min",
                       machine_of(w)->sets_begun ? "disk encryption sets" : "version", minutes);
}

static void done(struct acgp_work *w)
{
    struct acgp_verify *v = machine_of(w);

    acgp_report_free(v->report);
    acgp_set_facts_done(&v->facts);
    acgp_differences_done(&v->differences);
    acgp_version_doc_done(&v->doc);
    acgp_coverage_done(&v->coverage);
    acgp_publish_spec_free(v->spec);
    acgp_free(v->version_id);
}

static const struct acgp_work_kind verify_kind = {
    .call_name = call_name,
    .on_answer = on_answer,
    .on_deadline = on_deadline,
    .on_cancel = on_cancel,
    .turn = turn,
    .due_ms = due_ms,
    .heartbeat = heartbeat,
    .done = done,
};

enum acg_status acgp_verify_new(const char *version_id, struct acgp_publish_spec *spec,
                                const struct acgp_work_config *config, struct acgp_work **out,
                                struct acg_error *err)
{
    struct acgp_verify *v = acgp_alloc(1, sizeof *v);

    if (v == NULL) {
        acgp_publish_spec_free(spec);
        return acgp_fail_nomem(err);
    }
    v->spec = spec;
    v->read_at_ms = ACGP_NEVER;
    v->version_id = acgp_strdup(version_id);
    if (acgp_work_init(&v->work, &verify_kind, config, err) != ACG_OK || v->version_id == NULL) {
        acgp_work_free(&v->work);
        return acgp_fail_nomem(err);
    }
    v->work.result.version_id = v->version_id;
    acgp_work_step(&v->work, config->now_ms, "reading the version");
    if (!v->work.ended)
        read_version(v, config->now_ms);
    *out = &v->work;
    return ACG_OK;
}
