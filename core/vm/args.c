/* SPDX-License-Identifier: MPL-2.0 */
#include "vm/args.h"

#include <inttypes.h>

#include "base/alloc.h"
#include "base/error.h"
#include "report/report.h"
#include "vm/look.h"
#include "vm/render.h"
#include "json/build.h"

enum { PIECE_MAX = 256 * 1024 }; /* 64 disks with the longest ids are a fifth of it */

struct args {
    struct acgp_work work; /* first: the machine lives in it */
    struct acgp_vm_look look;
    struct acgp_vm_plan plan;
    struct acg_report *report; /* owned */
};

static struct args *machine_of(struct acgp_work *w)
{
    return (struct args *)w;
}

/* ---- the report ---- */

/* @return owned by caller (acgp_free); NULL without memory */
static char *piece(const struct acgp_vm_plan *plan,
                   bool (*render)(const struct acgp_vm_plan *, struct acgp_buf *))
{
    struct acgp_buf text;
    char *made = NULL;

    acgp_buf_init(&text, PIECE_MAX);
    if (render(plan, &text))
        made = acgp_buf_take(&text);
    acgp_buf_done(&text);
    return made;
}

static bool put(json_t *o, const char *name, const char *text)
{
    return acgp_json_put(o, name, text != NULL ? json_string(text) : json_null());
}

static json_t *disk_object(const struct acgp_vm_plan *plan, const struct acgp_vm_disk *d)
{
    json_t *o = json_object();

    if (acgp_json_put(o, "disk", acgp_vm_disk_json(d)) && put(o, "disk_encryption_set_id", d->set_id) &&
        put(o, "confidential_vm_encryption_type", d->os ? plan->cvm_type : NULL) &&
        put(o, "secure_vm_disk_encryption_set_id", d->os ? plan->secure_set_id : NULL))
        return o;
    json_decref(o);
    return NULL;
}

static bool put_disks(json_t *o, const struct acgp_vm_plan *plan)
{
    json_t *disks = json_array();
    bool fine = true;

    for (size_t i = 0; fine && i < plan->disk_count; i++)
        fine = acgp_json_append(disks, disk_object(plan, &plan->disks[i]));
    return acgp_json_put(o, "disks", disks) && fine;
}

static void show(const struct acgp_vm_plan *plan, const char *az, const char *powershell, const char *bicep,
                 struct acgp_page *page)
{
    acgp_page_heading(page, "A VM from this version");
    acgp_page_line(page, "%s", plan->version_id);
    acgp_page_line(page, "%s, %s, %s: %s", plan->region, plan->windows ? "Windows" : "Linux",
                   plan->specialised ? "specialised" : "generalised",
                   plan->specialised
                       ? "users, host name and keys are those of the image, and no osProfile may be given"
                       : "an osProfile must say who may log in");
    if (plan->own_sets)
        acgp_page_line(page, "The version's sets belong to another subscription: fill in sets of %s in %s.",
                       plan->subscription, plan->region);
    acgp_page_heading(page, "Azure CLI");
    acgp_page_code(page, "sh", az);
    acgp_page_heading(page, "PowerShell");
    acgp_page_code(page, "powershell", powershell);
    acgp_page_heading(page, "Bicep");
    acgp_page_code(page, "bicep", bicep);
}

static enum acg_status make_report(const struct acgp_vm_plan *plan, struct acg_report **out,
                                   struct acg_error *err)
{
    char *az = piece(plan, acgp_vm_az), *powershell = piece(plan, acgp_vm_powershell);
    char *bicep = piece(plan, acgp_vm_bicep);
    struct acgp_page page = {0};
    json_t *o = json_object();
    enum acg_status status = ACG_OK;
    bool fine = az != NULL && powershell != NULL && bicep != NULL && put(o, "version_id", plan->version_id) &&
                put(o, "region", plan->region) && put(o, "subscription_id", plan->subscription) &&
                put(o, "os_type", plan->windows ? "Windows" : "Linux") &&
                put(o, "os_state", plan->specialised ? "Specialized" : "Generalized") &&
                put(o, "security_type", plan->security_type) && put_disks(o, plan) && put(o, "az", az) &&
                put(o, "powershell", powershell) && put(o, "bicep", bicep);

    if (fine)
        show(plan, az, powershell, bicep, &page);
    else {
        json_decref(o);
        o = NULL;
    }
    status = acgp_report_new("vm_args", o, &page, out, err);
    acgp_page_done(&page);
    acgp_free(az);
    acgp_free(powershell);
    acgp_free(bicep);
    return status;
}

/* ---- the machine ---- */

static void conclude(struct args *a, int64_t now_ms)
{
    struct acg_error err = {.status = ACG_OK};

    if (!acgp_vm_look_plan(&a->look, &a->work, now_ms, false, &a->plan))
        return;
    if (make_report(&a->plan, &a->report, &err) == ACG_OK) {
        a->work.report = a->report;
        acgp_error_text(err.message, sizeof err.message,
                        a->plan.own_sets ? "the pieces name disk encryption sets that are to be filled in"
                        : a->plan.encrypts
                            ? "the pieces name the disk encryption set of each disk"
                            : "no disk of the version has a disk encryption set in this region");
    }
    acgp_work_end(&a->work, now_ms, &err);
}

static void on_answer(struct acgp_work *w, int64_t now_ms, const struct acgp_call *call,
                      const struct acgp_answer *answer)
{
    struct args *a = machine_of(w);

    if (acgp_vm_look_on_answer(&a->look, w, now_ms, call, answer) && !w->ended)
        conclude(a, now_ms);
}

static const char *call_name(int call_kind)
{
    return call_kind == ACGP_VM_CALL_VERSION ? "reading the version" : "reading the image definition";
}

static void on_deadline(struct acgp_work *w, int64_t now_ms)
{
    struct acg_error err;

    acgp_fail(&err, ACG_ERR_TIMEOUT, "out of time after %" PRId64 " s; nothing was made",
              acgp_work_elapsed(w, now_ms) / 1000);
    acgp_work_end(w, now_ms, &err);
}

static void on_cancel(struct acgp_work *w, int64_t now_ms)
{
    struct acg_error err;

    acgp_fail(&err, ACG_ERR_CANCELLED, "stopped as asked; nothing was made");
    acgp_work_end(w, now_ms, &err);
}

static char *heartbeat(struct acgp_work *w, int64_t minutes)
{
    (void)w;
    return acgp_printf("reading the version and its definition for %" PRId64 " min", minutes);
}

static void done(struct acgp_work *w)
{
    struct args *a = machine_of(w);

    acgp_report_free(a->report);
    acgp_vm_plan_done(&a->plan);
    acgp_vm_look_done(&a->look);
}

static const struct acgp_work_kind args_kind = {
    .call_name = call_name,
    .on_answer = on_answer,
    .on_deadline = on_deadline,
    .on_cancel = on_cancel,
    .heartbeat = heartbeat,
    .done = done,
};

enum acg_status acgp_vm_args_new(const struct acgp_vm_wish *wish, const struct acgp_work_config *config,
                                 struct acgp_work **out, struct acg_error *err)
{
    struct args *a = acgp_alloc(1, sizeof *a);

    if (a == NULL)
        return acgp_fail_nomem(err);
    if (acgp_work_init(&a->work, &args_kind, config, err) != ACG_OK || !acgp_vm_look_init(&a->look, wish)) {
        acgp_work_free(&a->work);
        return acgp_fail_nomem(err);
    }
    a->work.result.version_id = a->look.version_id;
    acgp_vm_look_begin(&a->look, &a->work, config->now_ms);
    *out = &a->work;
    return ACG_OK;
}
