/* SPDX-License-Identifier: MPL-2.0 */
#include "packer/post_processor.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "packer/artifact_client.h"
#include "packer/artifact_server.h"
#include "packer/result_text.h"
#include "packer/teller.h"
#include "wire/config_spec.h"

enum state { IDLE, ASKING, STARTING, PUBLISHING, REPLYING, DONE, DELETING };

static const char *const state_names[] = {
    [IDLE] = "idle",         [ASKING] = "asking", [STARTING] = "starting", [PUBLISHING] = "publishing",
    [REPLYING] = "replying", [DONE] = "done",     [DELETING] = "deleting",
};

/* Said when there is no memory for anything better. */
static const char no_words[] = "out of memory";

struct pkr_post_processor {
    struct pkr_link *link;
    struct pkr_post_processor_options options;
    struct acgp_buf spec;
    struct pkr_tree *configured; /* argument of the last Configure; wiped when freed */
    struct pkr_config *config;   /* of the last good Configure, then of PostProcess */
    struct pkr_teller teller;
    struct pkr_artifact_client input;
    enum state state;
    int64_t due_ms; /* ASKING, REPLYING; PUBLISHING when it was cancelled */
    uint64_t call;  /* PostProcess, while unanswered */
    uint32_t talk;  /* of the incoming artifact and the user interface; 0: none */
    bool cancelled; /* Cancel came, also before PostProcess */
    bool over;      /* Packer is gone */
    bool ask_start, ask_cancel, ask_delete;
    char *version_id; /* NULL: not started */
    char *published;  /* date of the version that this run made; NULL: none, or it may not be deleted */
    bool failed;
    char *failure; /* failed: the reply's Err; NULL: no_words */
    bool proved;
    bool debug; /* packer build -debug: every request is shown */
    struct pkr_artifact_server *result;
    uint32_t result_number; /* broker number of result */
};

enum acg_status pkr_post_processor_new(struct pkr_link *link,
                                       const struct pkr_post_processor_options *options,
                                       struct pkr_post_processor **out, struct acg_error *err)
{
    struct pkr_post_processor *pp = acgp_alloc(1, sizeof *pp);
    if (pp == NULL)
        return acgp_fail_nomem(err);
    pp->link = link;
    pp->options = *options;
    acgp_buf_init(&pp->spec, PKR_SPEC_BYTES_MAX);
    pkr_teller_init(&pp->teller, link);
    pkr_artifact_client_init(&pp->input);
    enum acg_status status = pkr_render_spec(options->protobuf, options->old_packer, &pp->spec, err);
    if (status != ACG_OK) {
        pkr_post_processor_free(pp);
        return status;
    }
    *out = pp;
    return ACG_OK;
}

void pkr_post_processor_free(struct pkr_post_processor *pp)
{
    if (pp == NULL)
        return;
    pkr_artifact_server_free(pp->result);
    pkr_artifact_client_done(&pp->input);
    pkr_teller_done(&pp->teller);
    pkr_config_free(pp->config);
    pkr_tree_free(pp->configured);
    acgp_buf_done(&pp->spec);
    acgp_free(pp->version_id);
    acgp_free(pp->published);
    acgp_free(pp->failure);
    acgp_free(pp);
}

/* A call that stays unanswered would hold Packer for ever: an end is better. */
static void answered(struct pkr_post_processor *pp, enum acg_status status)
{
    if (status != ACG_OK && status != ACG_ERR_CLOSED)
        pp->over = true;
}

static void refuse(struct pkr_post_processor *pp, const struct pkr_link_event *call, const char *why)
{
    answered(pp, pkr_link_reply_error(pp->link, call->call, why, NULL));
}

/* ---- The end of PostProcess. ---- */

static void forget_configured(struct pkr_post_processor *pp)
{
    pkr_tree_free(pp->configured);
    pp->configured = NULL;
}

/* With its secret, once nobody needs it any more: only a deletion logs in again. */
static void forget_config(struct pkr_post_processor *pp)
{
    if (pp->published != NULL)
        return;
    pkr_teller_guard(&pp->teller, NULL);
    pkr_config_free(pp->config);
    pp->config = NULL;
}

static void enter_replying(struct pkr_post_processor *pp, int64_t now_ms)
{
    forget_configured(pp);
    pp->state = REPLYING;
    pp->ask_start = pp->ask_cancel = false;
    pp->due_ms = now_ms + (pp->cancelled ? PKR_LAST_WORDS_CANCELLED_MS : PKR_LAST_WORDS_MS);
}

/* @param text given; NULL: no memory. */
static void fail_with(struct pkr_post_processor *pp, int64_t now_ms, char *text)
{
    pp->failed = true;
    acgp_free(pp->failure);
    pp->failure = text;
    enter_replying(pp, now_ms);
}

static void fail_error(struct pkr_post_processor *pp, int64_t now_ms, const struct acg_error *error,
                       const struct acg_result *result)
{
    pkr_teller_failure(&pp->teller, now_ms, result);
    fail_with(pp, now_ms, pkr_failure_text(error, result, pp->version_id, pp->cancelled));
}

/* Cancelled, and the publish did not say in time what is left: it never began, or is slow to end. */
static void fail_cancelled(struct pkr_post_processor *pp, int64_t now_ms)
{
    struct acg_error begun = {.status = ACG_ERR_CANCELLED, .message = "Azure may go on making the version"};
    struct acg_error fresh = {.status = ACG_ERR_CANCELLED, .message = "the publish had not begun"};
    struct acg_result nothing = {.state = "not started"};
    if (pp->version_id == NULL)
        fail_error(pp, now_ms, &fresh, &nothing);
    else
        fail_error(pp, now_ms, &begun, NULL);
}

static bool reveals(const struct pkr_post_processor *pp, const char *text)
{
    return pp->config != NULL && pkr_config_reveals(pp->config, text);
}

/* @param text NULL: there was no memory for it */
static const char *fit_to_tell(const struct pkr_post_processor *pp, const char *text)
{
    if (text == NULL)
        return no_words;
    return reveals(pp, text) ? "the reason was left out: it held the client secret" : text;
}

static enum acg_status send_reply(struct pkr_post_processor *pp)
{
    const char *words = fit_to_tell(pp, pp->failure);
    struct pkr_pair message[] = {{pkr_text("Message"), pkr_text(words)}};
    /* The source is never lost: Keep. A user may still ask for its removal, but not while a region may read
     * it: ForceOverride. What is proved is finished, also without the regions that failed. */
    struct pkr_pair fields[] = {
        {pkr_text("Err"), pp->failed ? pkr_map(message, 1) : pkr_nil()},
        {pkr_text("Keep"), pkr_bool(true)},
        {pkr_text("ForceOverride"), pkr_bool(!pp->failed && !pp->proved)},
        {pkr_text("StreamId"), pkr_uint(pp->failed ? 0 : pp->result_number)},
    };
    struct pkr_value body = pkr_map(fields, sizeof fields / sizeof fields[0]);
    return pkr_link_reply(pp->link, pp->call, &body, NULL);
}

static void reply_when_told(struct pkr_post_processor *pp, int64_t now_ms)
{
    if (pp->state != REPLYING || (pkr_ui_pending(&pp->teller.ui) > 0 && now_ms < pp->due_ms))
        return;
    enum acg_status status = send_reply(pp);
    if (status == ACG_ERR_LIMIT || status == ACG_ERR_NOMEM) {
        pp->due_ms = now_ms + PKR_LAST_WORDS_CANCELLED_MS; /* nothing was sent: try again */
        return;
    }
    pp->call = 0;
    pkr_link_hang_up(pp->link, pp->talk);
    pp->state = DONE;
    forget_config(pp);
}

/* ---- From the incoming artifact to the request. ---- */

static void fail_status(struct pkr_post_processor *pp, int64_t now_ms, const struct acg_error *error)
{
    fail_with(pp, now_ms, pkr_failure_text(error, NULL, NULL, false));
}

static void tell_warnings(struct pkr_post_processor *pp, int64_t now_ms)
{
    const struct acg_findings *findings = pkr_config_findings(pp->config);
    if (acg_findings_count(findings) == 0)
        return;
    char *text = pkr_findings_text(findings);
    pkr_teller_say(&pp->teller, now_ms, PKR_UI_MESSAGE, text);
    acgp_free(text);
}

static void fail_findings(struct pkr_post_processor *pp, int64_t now_ms)
{
    const struct acg_findings *findings = pkr_config_findings(pp->config);
    size_t n = acg_findings_errors(findings);
    char *text = pkr_findings_text(findings);
    pkr_teller_say(&pp->teller, now_ms, PKR_UI_ERROR, text);
    acgp_free(text);
    fail_with(
        pp, now_ms,
        acgp_printf("the configuration has %zu fault%s; nothing was sent to Azure", n, n == 1 ? "" : "s"));
}

/* What was asked of Packer that this post-processor takes otherwise than people may think. */
static void tell_flags(struct pkr_post_processor *pp, int64_t now_ms)
{
    const struct pkr_value *configs = pkr_value_get(pkr_tree_root(pp->configured), "Configs");
    pp->debug = pkr_configs_flag(configs, "packer_debug");
    if (!pkr_configs_flag(configs, "packer_force"))
        return;
    bool replaces = pkr_config_options(pp->config)->on_existing == ACG_ON_EXISTING_REPLACE;
    pkr_teller_say(
        &pp->teller, now_ms, PKR_UI_MESSAGE,
        replaces ? "-force: a version of that name is deleted and made anew, once every check has passed"
                 : "-force does not reach the image version: on_existing is written, and wins");
}

/* The artifact has told all: the configuration as it really is. */
static void leave_asking(struct pkr_post_processor *pp, int64_t now_ms)
{
    struct pkr_config *config = NULL;
    struct acg_error err = {0};
    bool findings = false;
    enum acg_status status = pkr_configure_for_build(pkr_tree_root(pp->configured), &pp->options.environment,
                                                     &pp->input, &config, &findings, &err);
    if (config != NULL) {
        pkr_teller_guard(&pp->teller, config);
        pkr_config_free(pp->config);
        pp->config = config;
    }
    if (status == ACG_OK)
        tell_flags(pp, now_ms);
    forget_configured(pp);
    if (findings)
        fail_findings(pp, now_ms);
    else if (status != ACG_OK)
        fail_status(pp, now_ms, &err);
    else {
        tell_warnings(pp, now_ms);
        pp->state = STARTING;
        pp->ask_start = true;
    }
}

static void post_process(struct pkr_post_processor *pp, int64_t now_ms, const struct pkr_link_event *call)
{
    uint64_t number = 0;
    struct acg_error err = {0};
    const char *why = NULL;
    if (pp->state != IDLE)
        why = "this process has published already";
    else if (pp->config == NULL)
        why = "PostProcess came before a Configure that succeeded";
    else if (!pkr_value_as_u64(call->body, &number) || number == 0 || number > UINT32_MAX)
        why = "PostProcess came without a stream number";
    if (why != NULL) {
        refuse(pp, call, why);
        return;
    }
    pp->call = call->call;
    pp->state = ASKING;
    pp->due_ms = now_ms + PKR_ARTIFACT_WAIT_MS;
    if (pp->cancelled) {
        fail_cancelled(pp, now_ms);
        return;
    }
    enum acg_status status = pkr_link_dial(pp->link, now_ms, (uint32_t)number, &pp->talk, &err);
    if (status == ACG_OK) {
        pkr_ui_attach(&pp->teller.ui, pp->talk);
        status = pkr_artifact_client_ask(&pp->input, pp->link, pp->talk, &err);
    }
    if (status != ACG_OK)
        fail_status(pp, now_ms, &err);
}

/* ---- The other calls on the control stream. ---- */

static void config_spec(struct pkr_post_processor *pp, const struct pkr_link_event *call)
{
    struct pkr_pair pair[] = {{pkr_text("ConfigSpec"), pkr_bin(acgp_buf_view(&pp->spec))}};
    struct pkr_value body = pkr_map(pair, 1);
    answered(pp, pkr_link_reply(pp->link, call->call, &body, NULL));
}

static void configure(struct pkr_post_processor *pp, const struct pkr_link_event *call)
{
    if (pp->state != IDLE) {
        refuse(pp, call, "Configure came after PostProcess");
        return;
    }
    struct pkr_config *config = NULL;
    char *faults = NULL;
    struct acg_error err = {0};
    /* Kept: PostProcess reads it again, with what the build made known. */
    struct pkr_tree *body = pkr_link_take_body(pp->link);
    enum acg_status status =
        pkr_configure(pkr_tree_root(body), &pp->options.environment, &config, &faults, &err);
    /* Each Configure replaces everything of the one before. */
    pkr_teller_guard(&pp->teller, config);
    pkr_config_free(pp->config);
    forget_configured(pp);
    pp->config = config;
    if (status == ACG_OK)
        pp->configured = body;
    else
        pkr_tree_free(body);
    if (status == ACG_OK)
        answered(pp, pkr_link_reply(pp->link, call->call, NULL, NULL));
    else if (faults == NULL || pkr_link_reply_error(pp->link, call->call, faults, NULL) != ACG_OK)
        refuse(pp, call, err.message);
    acgp_free(faults);
}

static void cancel(struct pkr_post_processor *pp, int64_t now_ms, const struct pkr_link_event *call)
{
    answered(pp, pkr_link_reply(pp->link, call->call, NULL, NULL));
    if (pp->cancelled)
        return;
    pp->cancelled = true;
    if (pp->state == ASKING || (pp->state == STARTING && pp->ask_start)) {
        fail_cancelled(pp, now_ms);
    } else if (pp->state == STARTING || pp->state == PUBLISHING) {
        pp->ask_cancel = true;
        pp->due_ms = now_ms + PKR_CANCEL_WAIT_MS;
    } else if (pp->state == DELETING) {
        pp->ask_cancel = true;
    }
}

static void control_call(struct pkr_post_processor *pp, int64_t now_ms, const struct pkr_link_event *call)
{
    if (pkr_link_is(call, "PostProcessor.ConfigSpec"))
        config_spec(pp, call);
    else if (pkr_link_is(call, "PostProcessor.Configure"))
        configure(pp, call);
    else if (pkr_link_is(call, "PostProcessor.PostProcess"))
        post_process(pp, now_ms, call);
    else if (pkr_link_is(call, "PostProcessor.Cancel"))
        cancel(pp, now_ms, call);
    else
        answered(pp, pkr_link_reply_unknown(pp->link, call->call, NULL));
}

/* ---- Destroy of the artifact that we handed back. ---- */

/* @return false: nothing is to be deleted, and the artifact answers for itself */
static bool destroy(struct pkr_post_processor *pp, const struct pkr_link_event *call)
{
    if (!pkr_link_is(call, "Artifact.Destroy") || pp->published == NULL)
        return false;
    if (pp->state != DONE) {
        refuse(pp, call, "the version is being deleted already");
        return true;
    }
    pp->call = call->call;
    pp->state = DELETING;
    pp->ask_delete = true;
    return true;
}

/* After a failure it may be tried again. */
static void destroyed(struct pkr_post_processor *pp, const struct acg_error *error,
                      const struct acg_result *result)
{
    struct pkr_value nil = pkr_nil();
    uint64_t call = pp->call;
    pp->call = 0;
    pp->state = DONE;
    if (error == NULL || error->status == ACG_OK) {
        answered(pp, pkr_link_reply(pp->link, call, &nil, NULL));
        acgp_free(pp->published);
        pp->published = NULL;
        forget_config(pp);
        return;
    }
    char *words = pkr_failure_text(error, result, NULL, false);
    answered(pp, pkr_link_reply_error(pp->link, call, fit_to_tell(pp, words), NULL));
    acgp_free(words);
}

/* ---- Events of the link. ---- */

static void on_call(struct pkr_post_processor *pp, int64_t now_ms, const struct pkr_link_event *call)
{
    if (call->number == 0)
        control_call(pp, now_ms, call);
    else if (pp->result == NULL || call->number != pp->result_number)
        answered(pp, pkr_link_reply_unknown(pp->link, call->call, NULL));
    else if (destroy(pp, call))
        return;
    else if (pkr_artifact_server_answer(pp->result, pp->link, call, NULL) != ACG_OK)
        refuse(pp, call, no_words);
}

static void on_reply(struct pkr_post_processor *pp, int64_t now_ms, const struct pkr_link_event *reply)
{
    if (pkr_ui_on_reply(&pp->teller.ui, reply))
        return;
    if (pkr_artifact_client_on_reply(&pp->input, pp->link, reply) && pp->state == ASKING &&
        pkr_artifact_client_complete(&pp->input))
        leave_asking(pp, now_ms);
}

static void on_ended(struct pkr_post_processor *pp, int64_t now_ms, const struct pkr_link_event *ended)
{
    if (!ended->dialed && ended->number == 0) {
        pp->over = true;
        return;
    }
    if (ended->talk != pp->talk || pp->talk == 0)
        return;
    pp->talk = 0;
    pkr_ui_detach(&pp->teller.ui);
    if (pp->state == ASKING)
        fail_with(pp, now_ms, acgp_strdup("Packer closed the stream of the incoming artifact"));
}

static void on_link_event(struct pkr_post_processor *pp, int64_t now_ms, const struct pkr_link_event *event)
{
    switch (event->kind) {
    case PKR_LINK_CALL:
        on_call(pp, now_ms, event);
        break;
    case PKR_LINK_REPLY:
        on_reply(pp, now_ms, event);
        break;
    case PKR_LINK_ENDED:
        on_ended(pp, now_ms, event);
        break;
    case PKR_LINK_CLOSED:
        pp->over = true;
        break;
    default:
        break; /* an opened talk brings its first call */
    }
}

static void pass_time(struct pkr_post_processor *pp, int64_t now_ms)
{
    if (now_ms < pp->due_ms)
        return;
    if (pp->state == ASKING)
        fail_with(pp, now_ms, acgp_strdup("the incoming artifact did not say what it is within 60 seconds"));
    else if (pp->state == PUBLISHING && pp->cancelled)
        fail_cancelled(pp, now_ms);
}

void pkr_post_processor_turn(struct pkr_post_processor *pp, int64_t now_ms)
{
    struct pkr_link_event event;
    while (pkr_link_next_event(pp->link, &event))
        on_link_event(pp, now_ms, &event);
    if (pp->over)
        return;
    pass_time(pp, now_ms);
    pkr_teller_turn(&pp->teller, now_ms);
    reply_when_told(pp, now_ms);
}

bool pkr_post_processor_deadline(const struct pkr_post_processor *pp, int64_t *out_due_ms)
{
    int64_t beat = 0;
    bool timed = pp->state == ASKING || pp->state == REPLYING || (pp->state == PUBLISHING && pp->cancelled);
    bool beats = pkr_teller_deadline(&pp->teller, &beat);
    if (!timed && !beats)
        return false;
    *out_due_ms = !timed || (beats && beat < pp->due_ms) ? beat : pp->due_ms;
    return true;
}

bool pkr_post_processor_over(const struct pkr_post_processor *pp)
{
    return pp->over;
}

const char *pkr_post_processor_state(const struct pkr_post_processor *pp)
{
    return state_names[pp->state];
}

/* ---- The publish. ---- */

bool pkr_post_processor_next_request(struct pkr_post_processor *pp, struct pkr_request *out)
{
    if (pp->over)
        return false; /* nobody is left to publish for */
    if (pp->ask_start) {
        pp->ask_start = false;
        *out = (struct pkr_request){PKR_REQUEST_START, pp->config, NULL, NULL};
        return true;
    }
    if (pp->ask_delete) {
        pp->ask_delete = false;
        *out = (struct pkr_request){PKR_REQUEST_DELETE, pp->config, pp->version_id, pp->published};
        return true;
    }
    if (pp->ask_cancel && (pp->state == PUBLISHING || pp->state == DELETING)) {
        pp->ask_cancel = false;
        *out = (struct pkr_request){PKR_REQUEST_CANCEL, pp->config, NULL, NULL};
        return true;
    }
    return false;
}

void pkr_post_processor_started(struct pkr_post_processor *pp, int64_t now_ms, const char *version_id)
{
    if (pp->state != STARTING)
        return;
    pp->state = PUBLISHING;
    pp->version_id = acgp_strdup(version_id);
    pkr_teller_begin(&pp->teller, now_ms, version_id, pkr_config_options(pp->config));
}

void pkr_post_processor_failed(struct pkr_post_processor *pp, int64_t now_ms, const struct acg_error *error)
{
    if (pp->state == STARTING || pp->state == PUBLISHING)
        fail_error(pp, now_ms, error, NULL);
    else if (pp->state == DELETING)
        destroyed(pp, error, NULL);
}

static const char *source_id(const struct acg_source *source)
{
    if (source->managed_image != NULL)
        return source->managed_image;
    if (source->virtual_machine != NULL)
        return source->virtual_machine;
    return source->image_version != NULL ? source->image_version : source->os_snapshot;
}

/* What Destroy may delete is known by its date; without one nothing is deleted, and that is said. */
static void mark_for_deletion(struct pkr_post_processor *pp, int64_t now_ms, const struct acg_result *result)
{
    if (!pkr_config_deletes_on_destroy(pp->config))
        return;
    if (result->created && result->published_date[0] != '\0')
        pp->published = acgp_strdup(result->published_date);
    if (pp->published == NULL)
        pkr_teller_say(
            &pp->teller, now_ms, PKR_UI_MESSAGE,
            "delete_version_on_destroy: this version could not be marked, and Destroy leaves it alone");
}

static void succeed(struct pkr_post_processor *pp, int64_t now_ms, const struct acg_result *result)
{
    struct acg_error err = {0};
    struct pkr_artifact_facts facts = {
        .result = result,
        .source_id = source_id(&pkr_config_options(pp->config)->source),
        .generated = pkr_artifact_client_take(&pp->input, PKR_ARTIFACT_GENERATED_DATA),
        .floats = !pp->options.old_packer,
    };
    enum acg_status status = pkr_artifact_server_new(&facts, &pp->result, &err);
    if (status == ACG_OK)
        status = pkr_link_serve(pp->link, &pp->result_number, &err);
    pkr_teller_success(&pp->teller, now_ms, result);
    pp->proved = result->proved;
    mark_for_deletion(pp, now_ms, result);
    if (status == ACG_OK)
        enter_replying(pp, now_ms);
    else
        fail_with(pp, now_ms,
                  acgp_printf("%s is there, but its artifact could not be made: %s", result->version_id,
                              err.message));
}

/* A name that was chosen is known when the publish has begun; what may be deleted has it. */
static void take_version_id(struct pkr_post_processor *pp, const char *version_id)
{
    char *copy = version_id != NULL && version_id[0] != '\0' ? acgp_strdup(version_id) : NULL;
    if (copy == NULL)
        return;
    acgp_free(pp->version_id);
    pp->version_id = copy;
}

void pkr_post_processor_on_event(struct pkr_post_processor *pp, int64_t now_ms, const struct acg_event *event)
{
    if (pp->state == DELETING && event->kind == ACG_EVENT_DONE)
        destroyed(pp, event->error, event->result);
    if (pp->state != PUBLISHING)
        return;
    if (event->kind == ACG_EVENT_REQUEST) {
        if (pp->debug)
            pkr_teller_say(&pp->teller, now_ms, PKR_UI_MESSAGE, event->text);
        return;
    }
    if (event->kind != ACG_EVENT_DONE) {
        pkr_teller_event(&pp->teller, now_ms, event);
        return;
    }
    take_version_id(pp, event->result->version_id);
    if (event->error == NULL || event->error->status == ACG_OK)
        succeed(pp, now_ms, event->result);
    else if (event->error->status == ACG_ERR_PARTIAL) { /* as many regions as the build asked for */
        pkr_teller_say(&pp->teller, now_ms, PKR_UI_ERROR, event->error->message);
        succeed(pp, now_ms, event->result);
    } else
        fail_error(pp, now_ms, event->error, event->result);
}
