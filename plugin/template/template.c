/* SPDX-License-Identifier: MPL-2.0 */
#include "template/template.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/span.h"
#include "template/eval.h"
#include "template/parser.h"

static struct pkr_tpl_value dot_of(const struct pkr_template_data *data)
{
    struct pkr_tpl_value dot = {.kind = PKR_TPL_NOTHING};

    if (data->dot == NULL)
        return dot;
    dot = pkr_tpl_of(data->dot);
    if (data->later && dot.kind == PKR_TPL_MAP)
        dot.kind = PKR_TPL_KEYS;
    else if (dot.kind == PKR_TPL_NULL)
        dot.kind = PKR_TPL_NOTHING;
    return dot;
}

static const struct pkr_tpl_statement *main_body(const struct pkr_tpl_definition *definitions)
{
    while (!acgp_span_equal(definitions->name, acgp_span(PKR_TPL_ROOT)))
        definitions = definitions->next;
    return definitions->body;
}

/* The result is appended in one step: growing in steps would leave copies of secrets behind. */
static enum acg_status append(const struct pkr_tpl_eval *ev, struct acgp_buf *out)
{
    char *to = acgp_buf_reserve(out, ev->len);

    if (to == NULL) {
        out->failed = false;
        return acgp_fail_nomem(ev->run->err);
    }
    for (const struct pkr_tpl_piece *piece = ev->pieces; piece != NULL; piece = piece->next) {
        memcpy(to, piece->text.data, piece->text.len);
        to += piece->text.len;
    }
    out->len += ev->len;
    out->data[out->len] = '\0';
    return ACG_OK;
}

static enum acg_status render(struct pkr_tpl_run *run, struct acg_span text,
                              const struct pkr_template_data *data, struct acgp_buf *out, bool *out_later)
{
    struct pkr_tpl_definition *definitions = NULL;
    struct pkr_tpl_eval ev = {.run = run, .data = data, .len_max = out->max - out->len};
    struct pkr_tpl_value dot = dot_of(data);
    enum acg_status status = ACG_OK;

    if (!pkr_tpl_parse(run, text, &definitions))
        return run->status;
    ev.definitions = definitions;
    ev.pieces_end = &ev.pieces;
    (void)pkr_tpl_walk(&ev, main_body(definitions), &dot);
    if (run->status != ACG_OK)
        return run->status;
    if (!ev.waits && ev.len > 0)
        status = append(&ev, out);
    if (status == ACG_OK)
        *out_later = ev.waits;
    return status;
}

static size_t less(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* @return what the rendering may use of a budget that it shares with others */
static struct pkr_template_budget draw(struct pkr_tpl_run *run, const struct pkr_template_budget *budget)
{
    if (budget != NULL) {
        run->steps_left = less(run->steps_left, budget->steps);
        run->memory_left = less(run->memory_left, budget->bytes);
    }
    return (struct pkr_template_budget){run->steps_left, run->memory_left};
}

static void pay(const struct pkr_tpl_run *run, const struct pkr_template_budget *drawn,
                struct pkr_template_budget *budget)
{
    if (budget == NULL)
        return;
    budget->steps -= drawn->steps - run->steps_left;
    budget->bytes -= drawn->bytes - run->memory_left;
}

enum acg_status pkr_template_render(struct acg_span text, const struct pkr_template_data *data,
                                    struct acgp_buf *out, bool *out_later, struct acg_error *err)
{
    struct pkr_tpl_run run;

    assert(data->random != NULL && !out->failed);
    if (text.len > PKR_TEMPLATE_BYTES_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "the template is longer than %zu bytes", PKR_TEMPLATE_BYTES_MAX);
    pkr_tpl_run_init(&run, err);
    struct pkr_template_budget drawn = draw(&run, data->budget);
    enum acg_status status = render(&run, text, data, out, out_later);
    pay(&run, &drawn, data->budget);
    pkr_tpl_run_done(&run);
    return status;
}
