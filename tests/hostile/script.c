/* SPDX-License-Identifier: MPL-2.0 */
#include "hostile/script.h"

#include <stdlib.h>

#include "base/span.h"
#include "hostile/template.h"

enum { NOW_MS = 1000 }; /* Packer's own deadlines are not what is tried here */

void script_begin(struct script *s, const struct plan *plan, const char *endpoint)
{
    *s = (struct script){.plan = plan, .endpoint = endpoint, .dice = {plan->seed ^ 0x5c217e}};
    if (pkr_link_new(PKR_LINK_CORE, &s->core, NULL) != ACG_OK ||
        pkr_link_dial(s->core, NOW_MS, 0, &s->control, NULL) != ACG_OK)
        abort();
}

void script_end(struct script *s)
{
    pkr_link_free(s->core);
}

/* ---- Answers ---- */

static const struct pkr_value *odd_body(struct script *s)
{
    static struct pkr_value odd[5];

    odd[0] = pkr_nil();
    odd[1] = pkr_uint(UINT64_MAX);
    odd[2] = pkr_array(odd, 2);
    odd[3] = pkr_text("\r\n\n/subscriptions/\x1b[31m");
    odd[4] = pkr_map(NULL, 0);
    return &odd[dice_below(&s->dice, 5)];
}

static struct pkr_value good_body(const struct script *s, const struct pkr_link_event *call)
{
    static const char text[] =
        "Azure.ResourceManagement.VMImage:\n\nOSType: Linux\nManagedImageId: " TEMPLATE_IMAGE
        "\nManagedImageLocation: westus\n";
    static struct pkr_pair data[3];
    bool arm = !s->plan->source;

    if (pkr_link_is(call, "Artifact.BuilderId"))
        return pkr_text(arm ? "Azure.ResourceManagement.VMImage" : "packer.null");
    if (pkr_link_is(call, "Artifact.Id"))
        return pkr_text(arm ? TEMPLATE_IMAGE : "Null");
    if (pkr_link_is(call, "Artifact.String"))
        return pkr_text(arm ? text : "Did not export anything.");
    if (!pkr_link_is(call, "Artifact.State"))
        return pkr_nil();
    data[0] = (struct pkr_pair){pkr_text("ID"), pkr_text("i-1")};
    data[1] = (struct pkr_pair){pkr_text("Port"), pkr_int(22)};
    data[2] = (struct pkr_pair){pkr_text("Ratio"), pkr_float(0.5)};
    return pkr_map(data, 3);
}

static void answer(struct script *s, const struct pkr_link_event *call)
{
    struct pkr_value body = good_body(s, call);
    bool odd = dice_chance(&s->dice, s->plan->odd_answers);
    enum acg_status status = ACG_OK;

    s->asked++;
    s->told += acgp_span_starts_nocase(call->method, acgp_span("Ui."));
    if (!odd)
        status = pkr_link_reply(s->core, call->call, &body, NULL);
    else if (dice_chance(&s->dice, 40))
        status = pkr_link_reply(s->core, call->call, odd_body(s), NULL);
    else if (dice_chance(&s->dice, 70))
        status = pkr_link_reply_error(s->core, call->call, "no\navailable tty", NULL);
    s->over |= status != ACG_OK && status != ACG_ERR_CLOSED; /* else: never answered */
}

static void take_reply(struct script *s, const struct pkr_link_event *reply)
{
    if (reply->call != s->post || s->post == 0) {
        s->answered++;
        return;
    }
    s->post = 0;
    s->post_answered = true;
    (void)pkr_value_as_u64(pkr_value_get(reply->body, "StreamId"), &s->result_number);
}

static void look(struct script *s)
{
    struct pkr_link_event event;

    while (pkr_link_next_event(s->core, &event)) {
        if (event.kind == PKR_LINK_CALL)
            answer(s, &event);
        else if (event.kind == PKR_LINK_REPLY)
            take_reply(s, &event);
        else if (event.kind == PKR_LINK_CLOSED || (event.kind == PKR_LINK_ENDED && event.talk == s->control))
            s->over = true;
    }
}

void script_feed(struct script *s, struct acg_span bytes)
{
    size_t used = 1;

    while (bytes.len > 0 && used > 0 && !s->over) {
        if (pkr_link_feed(s->core, NOW_MS, bytes, &used, NULL) != ACG_OK)
            s->over = true;
        look(s);
        bytes = acgp_span_of(bytes.data + used, bytes.len - used);
    }
}

/* ---- Steps ---- */

static uint64_t call(struct script *s, uint32_t talk, const char *method, const struct pkr_value *body)
{
    uint64_t handle = 0;

    if (pkr_link_call(s->core, talk, method, body, &handle, NULL) == ACG_OK)
        s->sent++;
    else
        s->over = true;
    return handle;
}

static void configure(struct script *s)
{
    struct template t;

    template_make(s->plan, s->endpoint, &s->dice, &t);
    (void)call(s, s->control, "PostProcessor.Configure", &t.body);
    template_done(&t);
}

static void post_process(struct script *s)
{
    uint32_t number = 0;

    if (pkr_link_serve(s->core, &number, NULL) != ACG_OK) {
        s->over = true;
        return;
    }
    struct pkr_value body = pkr_uint(number);
    s->post = call(s, s->control, "PostProcessor.PostProcess", &body);
    s->sent -= s->post != 0;
}

static void ask_result(struct script *s)
{
    static const char *const methods[] = {"Artifact.BuilderId", "Artifact.Id",     "Artifact.String",
                                          "Artifact.Files",     "Artifact.State",  "Artifact.State",
                                          "Artifact.Nope",      "Artifact.Destroy"};
    struct pkr_value keys[] = {pkr_text("generated_data"), pkr_text("par.artifact.metadata")};

    if (s->result == 0 && (s->result_number == 0 || pkr_link_dial(s->core, NOW_MS, (uint32_t)s->result_number,
                                                                  &s->result, NULL) != ACG_OK)) {
        s->over = true;
        return;
    }
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        (void)call(s, s->result, methods[i], i == 4 || i == 5 ? &keys[i - 4] : NULL);
}

static bool due(const struct script *s, enum step_after after)
{
    switch (after) {
    case AFTER_ANSWERS:
        return s->answered >= s->sent;
    case AFTER_ASKED:
        return s->asked > 0;
    case AFTER_TOLD:
        return s->told > 0 || s->post_answered;
    case AFTER_RESULT:
        return s->post_answered;
    case AFTER_NOTHING:
        break;
    }
    return true;
}

static void take(struct script *s, enum step_kind kind)
{
    switch (kind) {
    case STEP_SPEC:
        (void)call(s, s->control, "PostProcessor.ConfigSpec", NULL);
        break;
    case STEP_CONFIGURE:
        configure(s);
        break;
    case STEP_POST_PROCESS:
        post_process(s);
        break;
    case STEP_CANCEL:
        (void)call(s, s->control, "PostProcessor.Cancel", NULL);
        break;
    case STEP_UNKNOWN:
        (void)call(s, s->control, "PostProcessor.Nope", NULL);
        break;
    case STEP_RESULT:
        ask_result(s);
        break;
    case STEP_HANG_UP:
        pkr_link_hang_up(s->core, s->control);
        break;
    }
}

bool script_turn(struct script *s)
{
    const struct plan *plan = s->plan;

    look(s);
    while (!s->over && s->step < plan->step_count && due(s, plan->steps[s->step].after))
        take(s, plan->steps[s->step++].kind);
    return s->over || (s->step == plan->step_count && s->answered >= s->sent && s->post == 0);
}
