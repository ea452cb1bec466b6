/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/service_words.h"

#include <acg/report.h>

#include <stdint.h>
#include <string.h>

#include "acg/v1/publisher.pb-c.h"

#include <acg/explain.h>

#include "base/alloc.h"
#include "base/span.h"
#include "rpc/grpc_text.h"

static char empty[] = "";
static char left_out[] = "(a line that held the secret was left out)";
static char not_started[] = "not started";

void rpc_scribe_init(struct rpc_scribe *s, const struct pkr_config *guard)
{
    *s = (struct rpc_scribe){.guard = guard};
    pkr_arena_init(&s->arena);
}

void rpc_scribe_done(struct rpc_scribe *s)
{
    pkr_arena_done(&s->arena);
}

void *rpc_scribe_alloc(struct rpc_scribe *s, size_t count, size_t size)
{
    void *p = pkr_arena_alloc(&s->arena, count, size);

    s->failed = s->failed || p == NULL;
    return p;
}

/* A character that was cut in two, mostly: clients refuse a message over it. */
static char *repaired(struct rpc_scribe *s, const char *text)
{
    char *copy = pkr_arena_text(&s->arena, acgp_span(text));

    s->failed = s->failed || copy == NULL;
    for (char *c = copy; c != NULL && *c != '\0'; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    return copy != NULL ? copy : empty;
}

char *rpc_scribe_text(struct rpc_scribe *s, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return empty;
    if (s->guard != NULL && pkr_config_reveals(s->guard, text))
        return left_out;
    if (!rpc_text_is_utf8(acgp_span(text)))
        return repaired(s, text);
    return (char *)(uintptr_t)text; /* protobuf-c's structs are not const; packing only reads */
}

/* Static texts of the library, which hold no secret. */
static void add_remedy(struct rpc_scribe *s, const struct acg_remedy *remedy, char **out_cause,
                       char **out_next_step)
{
    *out_cause = rpc_scribe_text(s, remedy->cause);
    *out_next_step = rpc_scribe_text(s, remedy->next_step);
}

void rpc_error_message(struct rpc_scribe *s, const struct acg_error *error, Acg__V1__Error *out)
{
    struct acg_remedy remedy;

    acg__v1__error__init(out);
    if (error->status == ACG_OK)
        return;
    out->status = rpc_scribe_text(s, acg_status_name(error->status));
    out->http_status = error->http_status;
    out->arm_code = rpc_scribe_text(s, error->arm_code);
    out->request_id = rpc_scribe_text(s, error->request_id);
    out->field = rpc_scribe_text(s, error->field);
    out->message = rpc_scribe_text(s, error->message);
    out->exit_code = acg_status_exit_code(error->status);
    if (acg_error_explain(error, &remedy))
        add_remedy(s, &remedy, &out->cause, &out->next_step);
}

static Acg__V1__Severity severity_of(enum acg_severity severity)
{
    switch (severity) {
    case ACG_SEVERITY_WARNING:
        return ACG__V1__SEVERITY__SEVERITY_WARNING;
    case ACG_SEVERITY_UNKNOWN:
        return ACG__V1__SEVERITY__SEVERITY_UNKNOWN;
    default:
        return ACG__V1__SEVERITY__SEVERITY_ERROR;
    }
}

void rpc_finding_message(struct rpc_scribe *s, const struct acg_finding *finding, Acg__V1__Finding *out)
{
    acg__v1__finding__init(out);
    out->severity = severity_of(finding->severity);
    out->rule = rpc_scribe_text(s, finding->rule);
    out->field = rpc_scribe_text(s, finding->field);
    out->message = rpc_scribe_text(s, finding->message);
    out->fix = rpc_scribe_text(s, finding->fix);
}

size_t rpc_findings_message(struct rpc_scribe *s, const struct acg_findings *findings,
                            Acg__V1__Finding ***out)
{
    size_t count = acg_findings_count(findings);
    Acg__V1__Finding *items = rpc_scribe_alloc(s, count, sizeof *items);

    *out = rpc_scribe_alloc(s, count, sizeof **out);
    if (s->failed)
        return 0;
    for (size_t i = 0; i < count; i++) {
        rpc_finding_message(s, acg_findings_at(findings, i), &items[i]);
        (*out)[i] = &items[i];
    }
    return count;
}

/* ---- The result ---- */

static void disk_message(struct rpc_scribe *s, const struct acg_result_disk *disk, Acg__V1__ResultDisk *out)
{
    acg__v1__result_disk__init(out);
    out->disk =
        disk->os ? rpc_scribe_text(s, "os") : pkr_arena_printf(&s->arena, "%lld", (long long)disk->lun);
    s->failed = s->failed || out->disk == NULL;
    out->disk_encryption_set_id = rpc_scribe_text(s, disk->disk_encryption_set_id);
    out->secure_vm_disk_encryption_set_id = rpc_scribe_text(s, disk->secure_vm_disk_encryption_set_id);
    out->confidential_vm_encryption_type = rpc_scribe_text(s, disk->confidential_vm_encryption_type);
}

static void add_disks(struct rpc_scribe *s, const struct acg_result_region *region,
                      Acg__V1__ResultRegion *out)
{
    Acg__V1__ResultDisk *items = rpc_scribe_alloc(s, region->disk_count, sizeof *items);

    out->disks = rpc_scribe_alloc(s, region->disk_count, sizeof *out->disks);
    for (size_t i = 0; !s->failed && i < region->disk_count; i++) {
        disk_message(s, &region->disks[i], &items[i]);
        out->disks[i] = &items[i];
        out->n_disks = i + 1;
    }
}

static void region_message(struct rpc_scribe *s, const struct acg_result_region *region,
                           Acg__V1__ResultRegion *out)
{
    struct acg_remedy remedy;

    acg__v1__result_region__init(out);
    out->name = rpc_scribe_text(s, region->name);
    out->display_name = rpc_scribe_text(s, region->display_name);
    out->edge_zone = rpc_scribe_text(s, region->edge_zone);
    out->state = rpc_scribe_text(s, region->state);
    out->percent = region->percent;
    out->details = rpc_scribe_text(s, region->details);
    if (acg_details_explain(region->details, &remedy))
        add_remedy(s, &remedy, &out->cause, &out->next_step);
    out->replicas = region->replicas;
    out->storage_account_type = rpc_scribe_text(s, region->storage_account_type);
    add_disks(s, region, out);
}

static void add_regions(struct rpc_scribe *s, const struct acg_result *result, Acg__V1__Result *out)
{
    Acg__V1__ResultRegion *items = rpc_scribe_alloc(s, result->region_count, sizeof *items);

    out->regions = rpc_scribe_alloc(s, result->region_count, sizeof *out->regions);
    for (size_t i = 0; !s->failed && i < result->region_count; i++) {
        region_message(s, &result->regions[i], &items[i]);
        out->regions[i] = &items[i];
        out->n_regions = i + 1;
    }
}

static void result_message(struct rpc_scribe *s, const struct acg_result *result, Acg__V1__Result *out)
{
    acg__v1__result__init(out);
    out->state = not_started;
    if (result == NULL)
        return;
    out->version_id = rpc_scribe_text(s, result->version_id);
    out->state = rpc_scribe_text(s, result->state);
    out->proved = result->proved;
    out->created = result->created;
    out->location = rpc_scribe_text(s, result->location);
    out->encryption_type = rpc_scribe_text(s, result->encryption_type);
    out->provisioning_state = rpc_scribe_text(s, result->provisioning_state);
    out->duration_ms = result->duration_ms;
    out->published_date = rpc_scribe_text(s, result->published_date);
    add_regions(s, result, out);
}

Acg__V1__Report *rpc_report_message(struct rpc_scribe *s, const struct acg_report *report)
{
    Acg__V1__Report *out = rpc_scribe_alloc(s, 1, sizeof *out);

    if (out == NULL)
        return NULL;
    acg__v1__report__init(out);
    out->kind = rpc_scribe_text(s, acg_report_kind(report));
    out->json = rpc_scribe_text(s, acg_report_json(report));
    out->text = rpc_scribe_text(s, acg_report_text(report));
    out->markdown = rpc_scribe_text(s, acg_report_markdown(report));
    return out;
}

void rpc_done_message(struct rpc_scribe *s, const struct acg_event *event, const struct acg_error *error,
                      Acg__V1__Done *out)
{
    acg__v1__done__init(out);
    out->result = rpc_scribe_alloc(s, 1, sizeof *out->result);
    out->error = rpc_scribe_alloc(s, 1, sizeof *out->error);
    if (s->failed)
        return;
    result_message(s, event != NULL ? event->result : NULL, out->result);
    if (event != NULL && event->report != NULL)
        out->report = rpc_report_message(s, event->report);
    rpc_error_message(s, error, out->error);
}

/* ---- Events ---- */

static void region_progress(struct rpc_scribe *s, const struct acg_event *event, Acg__V1__Event *out)
{
    struct acg_remedy remedy;

    out->region = rpc_scribe_alloc(s, 1, sizeof *out->region);
    if (out->region == NULL)
        return;
    acg__v1__region_progress__init(out->region);
    out->region->name = rpc_scribe_text(s, event->region);
    out->region->state = rpc_scribe_text(s, event->state);
    out->region->percent = event->percent;
    out->region->details = rpc_scribe_text(s, event->details);
    if (acg_details_explain(event->details, &remedy))
        add_remedy(s, &remedy, &out->region->cause, &out->region->next_step);
    out->kind_case = ACG__V1__EVENT__KIND_REGION;
}

void rpc_event_message(struct rpc_scribe *s, const struct acg_event *event, Acg__V1__Event *out)
{
    static Acg__V1__Step step = ACG__V1__STEP__INIT;
    static Acg__V1__Notice notice = ACG__V1__NOTICE__INIT;

    acg__v1__event__init(out);
    out->number = event->number;
    out->elapsed_ms = event->elapsed_ms;
    out->text = rpc_scribe_text(s, event->text);
    if (event->kind == ACG_EVENT_REGION) {
        region_progress(s, event, out);
    } else if (event->kind == ACG_EVENT_STEP) {
        out->kind_case = ACG__V1__EVENT__KIND_STEP;
        out->step = &step;
    } else {
        out->kind_case = ACG__V1__EVENT__KIND_NOTICE;
        out->notice = &notice;
    }
}

/* protobuf-c sizes and packs a message that it does not change, and takes no pointer to const. */
static Acg__V1__PublishResponse response_of(const Acg__V1__Event *event)
{
    Acg__V1__PublishResponse response = ACG__V1__PUBLISH_RESPONSE__INIT;

    response.event = (Acg__V1__Event *)(uintptr_t)event;
    return response;
}

size_t rpc_event_size(const Acg__V1__Event *event)
{
    Acg__V1__PublishResponse response = response_of(event);

    return acg__v1__publish_response__get_packed_size(&response);
}

char *rpc_event_pack(const Acg__V1__Event *event, size_t *out_len)
{
    Acg__V1__PublishResponse response = response_of(event);

    *out_len = acg__v1__publish_response__get_packed_size(&response);
    char *bytes = acgp_alloc(*out_len, 1);
    if (bytes != NULL)
        acg__v1__publish_response__pack(&response, (uint8_t *)bytes);
    return bytes;
}
