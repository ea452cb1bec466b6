/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/watch.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>

#include <poll.h>

#include <acg/explain.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "cli/file.h"
#include "cli/stop.h"
#include "spec/look.h"

/** Shells report an end by signal n as 128 + n. */
enum { SIGNAL_EXIT = 128, LINE_MAX_BYTES = 16 * 1024 };

/* One run. */
struct watch {
    const struct pkr_config *config;
    const struct pkr_operation *operation;
    enum pkr_chatter chatter;
    enum pkr_output output;
    struct acg_publisher *publisher;
    struct acg_publish *publish;
    struct pkr_progress *progress;
    struct acg_findings *findings;
    size_t warned; /* of findings: looked at for warnings */
    int stop_fd;
    int signal_number; /* 0: none came */
    bool done;
    int exit_code;
};

static int64_t present_ms(void)
{
    struct timespec now = {.tv_sec = 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static char *error_text(const struct pkr_config *config, const struct acg_error *e)
{
    char *field = config != NULL ? pkr_config_field(config, e->field) : acgp_strdup(e->field);
    bool coded = e->arm_code[0] != '\0', identified = e->request_id[0] != '\0';
    char *text = field == NULL ? NULL
                               : acgp_printf("error: %s%s%s%s%s%s%s", field, field[0] != '\0' ? ": " : "",
                                             e->message[0] != '\0' ? e->message : acg_status_name(e->status),
                                             coded ? "; code " : "", e->arm_code,
                                             identified ? "; request id " : "", e->request_id);

    acgp_free(field);
    return text;
}

/* Behind Azure's own words: why, and what to do next. */
static void print_remedy(const struct pkr_config *config, const struct acg_error *e)
{
    struct acg_remedy remedy;
    char *text = acg_error_explain(e, &remedy)
                     ? acgp_printf("cause: %s\nnext step: %s", remedy.cause, remedy.next_step)
                     : NULL;

    if (text != NULL)
        pkr_print_error(config, text);
    acgp_free(text);
}

static void print_failure(const struct pkr_config *config, const struct acg_findings *findings,
                          const struct acg_error *e)
{
    bool found = acg_findings_errors(findings) > 0;
    char *text = found ? pkr_findings_text(findings) : error_text(config, e);

    pkr_print_error(config, text != NULL ? text : e->message);
    if (!found)
        print_remedy(config, e);
    acgp_free(text);
}

/* The same error with its field as the user wrote it. */
static struct acg_error in_users_words(const struct pkr_config *config, const struct acg_error *e)
{
    struct acg_error shown = *e;
    char *field = config != NULL ? pkr_config_field(config, e->field) : NULL;

    if (field != NULL)
        acgp_error_text(shown.field, sizeof shown.field, field);
    acgp_free(field);
    return shown;
}

static void print_look(const struct pkr_config *config, const struct acg_result *result)
{
    struct acgp_buf line;

    acgp_buf_init(&line, LINE_MAX_BYTES);
    if (acgp_buf_text(&line, "See how far Azure is: ") && pkr_look_text(&line, result->version_id))
        pkr_print_error(config, line.data);
    acgp_buf_done(&line);
}

/* The command that goes on where this one ended: only after ends that another run can go on from. */
static void print_again(const struct watch *w, enum acg_status status)
{
    const struct pkr_operation *operation = w->operation;
    bool stopped = status == ACG_ERR_CANCELLED && w->signal_number != 0;
    char *text = NULL;

    if (operation->again == NULL || !(stopped || status == ACG_ERR_TIMEOUT))
        return;
    text = acgp_printf("go on with%s: %s", operation->again_reads_input ? " the same standard input and" : "",
                       operation->again);
    if (text != NULL)
        pkr_print_error(w->config, text);
    acgp_free(text);
}

static void say_wait(struct watch *w, const struct acg_result *result, int64_t now_ms)
{
    char *text =
        w->operation->detached ? acgp_printf("wait for it with: acg wait %s", result->version_id) : NULL;

    if (text != NULL)
        pkr_progress_say(w->progress, text, now_ms);
    acgp_free(text);
}

int pkr_end_early_report(const struct pkr_config *config, const char *kind, enum pkr_output output,
                         const struct acg_findings *findings, const struct acg_error *err)
{
    struct acg_error shown = in_users_words(config, err);
    struct pkr_outcome outcome = {.report_kind = kind,
                                  .error = &shown,
                                  .findings = findings,
                                  .exit_code = acg_status_exit_code(err->status)};

    print_failure(config, findings, err);
    if (!pkr_output_result(output, &outcome))
        pkr_print_error(NULL, "error: the result cannot be written to standard output");
    return outcome.exit_code;
}

int pkr_end_early(const struct pkr_config *config, enum pkr_output output,
                  const struct acg_findings *findings, const struct acg_error *err)
{
    return pkr_end_early_report(config, NULL, output, findings, err);
}

/* What could not be checked, while the publish goes on all the same. Errors are shown at the end, and
 * warnings beside them. */
static void say_warnings(struct watch *w, int64_t now_ms)
{
    size_t count = acg_findings_errors(w->findings) > 0 ? 0 : acg_findings_count(w->findings);

    for (; w->warned < count; w->warned++) {
        const struct acg_finding *f = acg_findings_at(w->findings, w->warned);
        char *text = acgp_printf("%s: %s: %s (%s). Fix: %s", pkr_severity_word(f->severity), f->field,
                                 f->message, f->rule, f->fix);
        pkr_progress_say(w->progress, text != NULL ? text : f->message, now_ms);
        acgp_free(text);
    }
}

/* ---- the final event ---- */

static int exit_code_of(const struct watch *w, enum acg_status status)
{
    return status == ACG_ERR_CANCELLED && w->signal_number != 0 ? SIGNAL_EXIT + w->signal_number
                                                                : acg_status_exit_code(status);
}

/* Is there a report for people that tells the findings? */
static bool told_in_report(const struct watch *w, const struct acg_report *report)
{
    bool for_people = w->output == PKR_OUTPUT_TEXT || w->output == PKR_OUTPUT_MARKDOWN;

    return w->operation->report_has_findings && for_people && report != NULL;
}

/* Is Azure at work on the version, so that looking again tells more? A verb that only reads has seen it
 * already. */
static bool goes_on(const struct watch *w, const struct acg_event *event)
{
    return event->error->status != ACG_OK && event->result->version_id[0] != '\0' &&
           pkr_goes_on(event->result) &&
           (w->operation->report == NULL || event->error->status == ACG_ERR_TIMEOUT);
}

/* For a build summary: also of a run that never came to its proof, so that no older file is taken for it. */
static void write_report(struct watch *w, const struct pkr_outcome *outcome)
{
    const char *path = w->operation->report_file;
    struct pkr_outcome shown = *outcome;
    char *text = NULL;

    if (path == NULL)
        return;
    shown.report_kind = outcome->report != NULL ? acg_report_kind(outcome->report) : "proof";
    if (pkr_file_report(path, &shown))
        return;
    text = acgp_printf("error: the report cannot be written to %s", path);
    pkr_print_error(w->config, text != NULL ? text : "error: the report cannot be written");
    acgp_free(text);
    if (w->exit_code == 0)
        w->exit_code = acg_status_exit_code(ACG_ERR_INTERNAL);
}

static void finish(struct watch *w, const struct acg_event *event, int64_t now_ms)
{
    const struct acg_error *e = event->error;
    struct acg_error shown = in_users_words(w->config, e);
    struct pkr_outcome outcome = {.report_kind = w->operation->report,
                                  .only = w->operation->only,
                                  .result = event->result,
                                  .report = event->report,
                                  .error = &shown,
                                  .findings = w->findings};

    w->done = true;
    w->exit_code = outcome.exit_code = exit_code_of(w, e->status);
    if (e->status == ACG_OK) {
        pkr_progress_say(w->progress, event->text, now_ms);
        say_wait(w, event->result, now_ms);
    } else {
        print_failure(w->config, told_in_report(w, event->report) ? NULL : w->findings, e);
        if (goes_on(w, event))
            print_look(w->config, event->result);
        print_again(w, e->status);
    }
    if (!pkr_output_result(w->output, &outcome)) {
        pkr_print_error(NULL, "error: the result cannot be written to standard output");
        if (w->exit_code == 0)
            w->exit_code = acg_status_exit_code(ACG_ERR_INTERNAL);
    }
    write_report(w, &outcome);
    if (e->status == ACG_OK && w->operation->advice != NULL)
        pkr_progress_say(w->progress, w->operation->advice, now_ms);
}

/* ---- the loop ---- */

static enum acg_status take_events(struct watch *w, int64_t now_ms, struct acg_error *err)
{
    const struct acg_event *event = NULL;
    enum acg_status status = ACG_OK;

    while (status == ACG_OK && !w->done && acg_publisher_next_event(w->publisher, &event)) {
        if (event->kind != ACG_EVENT_FINDING && !told_in_report(w, event->report))
            say_warnings(w, now_ms);
        status = pkr_progress_event(w->progress, event, now_ms, err);
        if (status == ACG_OK && event->kind == ACG_EVENT_FINDING)
            status = pkr_config_translate(w->config, event->finding, w->findings, err);
        if (status == ACG_OK && event->kind == ACG_EVENT_DONE)
            finish(w, event, now_ms);
    }
    return status;
}

static void take_signal(struct watch *w, int64_t now_ms)
{
    int number = pkr_stop_taken();

    if (number == 0 || w->signal_number != 0)
        return;
    w->signal_number = number;
    pkr_progress_say(w->progress,
                     w->operation->stopping != NULL
                         ? w->operation->stopping
                         : "stopping: nothing in Azure is deleted; a second signal leaves without waiting",
                     now_ms);
    acg_publish_cancel(w->publish);
}

static enum acg_status turn(struct watch *w, struct acg_error *err)
{
    struct acg_poll_fd fds[] = {{.fd = w->stop_fd, .events = POLLIN}};
    enum acg_status status =
        acg_publisher_poll(w->publisher, fds, 1, pkr_progress_wait_ms(w->progress, present_ms()), err);
    int64_t now_ms = present_ms();

    if (status != ACG_OK)
        return status;
    take_signal(w, now_ms);
    status = take_events(w, now_ms, err);
    if (status == ACG_OK && !w->done)
        pkr_progress_tick(w->progress, now_ms);
    return status;
}

/* A publish alone keeps a journal. */
static enum acg_status open_publisher(struct watch *w, struct acg_error *err)
{
    struct pkr_publisher_wish wish = {.trace_requests = w->chatter == PKR_CHATTER_DEBUG,
                                      .journal = w->operation->report == NULL};
    char *notice = NULL;
    enum acg_status status = pkr_config_publisher_new(w->config, &wish, &w->publisher, &notice, err);

    if (notice != NULL)
        pkr_progress_say(w->progress, notice, present_ms());
    acgp_free(notice);
    return status;
}

static enum acg_status start(struct watch *w, struct acg_error *err)
{
    enum acg_status status = acg_findings_new(&w->findings, err);

    if (status == ACG_OK)
        status = pkr_progress_new(w->chatter, w->config, present_ms(), &w->progress, err);
    if (status == ACG_OK)
        status = pkr_stop_init(&w->stop_fd, err);
    if (status == ACG_OK)
        status = open_publisher(w, err);
    if (status == ACG_OK)
        status = w->operation->begin(w->operation->context, w->publisher, &w->publish, err);
    return status;
}

int pkr_watch(const struct pkr_config *config, const struct pkr_operation *operation,
              enum pkr_chatter chatter, enum pkr_output output)
{
    struct watch w = {
        .config = config, .operation = operation, .chatter = chatter, .output = output, .stop_fd = -1};
    struct acg_error err = {.status = ACG_OK};
    enum acg_status status = start(&w, &err);

    while (status == ACG_OK && !w.done)
        status = turn(&w, &err);
    if (status != ACG_OK)
        w.exit_code = pkr_end_early_report(config, operation->report, output, NULL, &err);
    acg_publish_free(w.publish);
    acg_publisher_free(w.publisher);
    pkr_stop_done();
    pkr_progress_free(w.progress);
    acg_findings_free(w.findings);
    return w.exit_code;
}
