/* SPDX-License-Identifier: MPL-2.0 */
#include "hostile/plan.h"

#include <stdio.h>

#include "hostile/dice.h"

/* Conversations of a well-behaved Packer. */
static const struct {
    const char *name;
    unsigned weight;
    size_t span;
    enum form form;
    struct step steps[PLAN_STEPS_MAX];
} tales[] = {
    {"validate", 10, 6, FORM_JSON, {{STEP_CONFIGURE, AFTER_NOTHING}}},
    {"validate hcl", 10, 8, FORM_HCL, {{STEP_SPEC, AFTER_NOTHING}, {STEP_CONFIGURE, AFTER_ANSWERS}}},
    {"build",
     30,
     20,
     FORM_JSON,
     {{STEP_CONFIGURE, AFTER_NOTHING},
      {STEP_POST_PROCESS, AFTER_ANSWERS},
      {STEP_RESULT, AFTER_RESULT},
      {STEP_RESULT, AFTER_ANSWERS}}},
    {"build hcl",
     30,
     24,
     FORM_HCL,
     {{STEP_SPEC, AFTER_NOTHING},
      {STEP_CONFIGURE, AFTER_ANSWERS},
      {STEP_SPEC, AFTER_ANSWERS},
      {STEP_CONFIGURE, AFTER_ANSWERS},
      {STEP_POST_PROCESS, AFTER_ANSWERS},
      {STEP_RESULT, AFTER_RESULT}}},
    {"cancel while asking",
     8,
     12,
     FORM_JSON,
     {{STEP_CONFIGURE, AFTER_NOTHING},
      {STEP_POST_PROCESS, AFTER_ANSWERS},
      {STEP_CANCEL, AFTER_ASKED},
      {STEP_CANCEL, AFTER_RESULT}}},
    {"cancel while publishing",
     8,
     16,
     FORM_HCL,
     {{STEP_CONFIGURE, AFTER_NOTHING},
      {STEP_POST_PROCESS, AFTER_ANSWERS},
      {STEP_CANCEL, AFTER_TOLD},
      {STEP_RESULT, AFTER_RESULT}}},
    {"cancel first",
     4,
     8,
     FORM_JSON,
     {{STEP_CONFIGURE, AFTER_NOTHING}, {STEP_CANCEL, AFTER_ANSWERS}, {STEP_POST_PROCESS, AFTER_NOTHING}}},
    {"everything at once",
     8,
     10,
     FORM_JSON,
     {{STEP_SPEC, AFTER_NOTHING},
      {STEP_CONFIGURE, AFTER_NOTHING},
      {STEP_POST_PROCESS, AFTER_NOTHING},
      {STEP_CANCEL, AFTER_NOTHING},
      {STEP_UNKNOWN, AFTER_NOTHING},
      {STEP_POST_PROCESS, AFTER_NOTHING},
      {STEP_CONFIGURE, AFTER_NOTHING}}},
    {"unknown methods", 4, 6, FORM_JSON, {{STEP_UNKNOWN, AFTER_NOTHING}, {STEP_UNKNOWN, AFTER_ANSWERS}}},
    {"control ends",
     4,
     16,
     FORM_JSON,
     {{STEP_CONFIGURE, AFTER_NOTHING}, {STEP_POST_PROCESS, AFTER_ANSWERS}, {STEP_HANG_UP, AFTER_TOLD}}},
};

enum { TALES = sizeof tales / sizeof tales[0], TRACE_PERCENT = 6, TRACE_SPAN = 14 };
enum { LINGERING_PERCENT = 2, LINGERING_UNREAD_PERCENT = 25 };

static size_t choose_tale(struct dice *d)
{
    size_t sum = 0, i = 0, rolled;

    for (size_t k = 0; k < TALES; k++)
        sum += tales[k].weight;
    for (rolled = dice_below(d, sum); rolled >= tales[i].weight; i++)
        rolled -= tales[i].weight;
    return i;
}

static void tell_tale(struct plan *out, size_t tale)
{
    out->name = tales[tale].name;
    out->span = tales[tale].span;
    out->form = tales[tale].form;
    while (out->step_count < PLAN_STEPS_MAX && tales[tale].steps[out->step_count].kind != 0) {
        out->steps[out->step_count] = tales[tale].steps[out->step_count];
        out->step_count++;
    }
}

static enum azure_manner choose_azure(struct dice *d)
{
    size_t rolled = dice_below(d, 100);

    return rolled < 25 ? AZURE_REFUSES : rolled < 35 ? AZURE_MUTE : AZURE_ANSWERS;
}

static enum cut choose_cut(struct dice *d)
{
    size_t rolled = dice_below(d, 100);

    return rolled < 50 ? CUT_NONE : rolled < 94 ? CUT_ODD : CUT_BYTES;
}

void plan_make(uint64_t seed, int traces, struct plan *out)
{
    struct dice d = {seed};
    size_t start = dice_below(&d, 3), tale = choose_tale(&d);

    *out = (struct plan){.seed = seed, .trace = -1, .close_at = PLAN_NEVER};
    out->protobuf = start == 1;
    out->old_packer = start == 2;
    tell_tale(out, tale);
    if (traces > 0 && dice_chance(&d, TRACE_PERCENT)) {
        out->trace = (int)dice_below(&d, (size_t)traces);
        out->name = "trace";
        out->span = TRACE_SPAN;
    }
    out->blocks = dice_chance(&d, 60);
    out->source = dice_chance(&d, 60);
    out->odd_config = dice_chance(&d, 20);
    out->heavy = dice_chance(&d, 3);
    out->deletes = dice_chance(&d, 25);
    out->kind = !out->source && dice_chance(&d, 40);
    out->azure = choose_azure(&d);
    out->odd_answers = dice_chance(&d, 25) ? 30 : 0;
    out->cut = choose_cut(&d);
    out->reads = !dice_chance(&d, 8);
    out->lingers = dice_chance(&d, out->reads ? LINGERING_PERCENT : LINGERING_UNREAD_PERCENT);
    out->half_close = dice_chance(&d, 75);
    if (dice_chance(&d, 15))
        out->close_at = dice_below(&d, 3000);
}

void plan_print(const struct plan *plan)
{
    static const char *const azure[] = {"refuses", "is mute", "answers"};
    static const char *const cuts[] = {"whole", "in odd pieces", "byte by byte"};

    printf("seed %llu: %s, %s, Azure %s, written %s%s%s%s%s%s%s%s", (unsigned long long)plan->seed,
           plan->name,
           plan->protobuf     ? "protobuf"
           : plan->old_packer ? "gob without blocks"
                              : "gob",
           azure[plan->azure], cuts[plan->cut], plan->reads ? "" : ", never read",
           plan->odd_config ? ", odd configuration" : "", plan->heavy ? ", heavy templates" : "",
           plan->deletes ? ", deletes" : "", plan->kind ? ", artifact_source" : "",
           plan->odd_answers ? ", odd answers" : "", plan->half_close ? "" : ", closed at once");
    if (plan->close_at != PLAN_NEVER)
        printf(", gone after %zu bytes", plan->close_at);
    printf("\n");
}
