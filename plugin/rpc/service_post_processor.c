/* SPDX-License-Identifier: MPL-2.0 */
/* The methods of acg.v1.PostProcessor. */
#include <string.h>

#include "acg/v1/post_processor.pb-c.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "packer/artifact_source.h"
#include "rpc/service_calls.h"
#include "spec/fields.h"

/** Longest text of an artifact with its state, bytes: azure-arm prints a dozen lines. */
enum { ARTIFACT_TEXT_MAX = 256 * 1024 };
/** Fields of all blocks: half as many are in the table. */
enum { FIELDS_MAX = 256 };
/** Variables of one field: three are the most in the table. */
enum { VARIABLES_MAX = 8 };

/* ---- ConfigSpec ---- */

static Acg__V1__FieldType type_of(enum pkr_field_type type)
{
    switch (type) {
    case PKR_FIELD_NUMBER:
        return ACG__V1__FIELD_TYPE__FIELD_TYPE_NUMBER;
    case PKR_FIELD_BOOL:
        return ACG__V1__FIELD_TYPE__FIELD_TYPE_BOOL;
    case PKR_FIELD_DURATION:
        return ACG__V1__FIELD_TYPE__FIELD_TYPE_DURATION;
    case PKR_FIELD_TEXTS:
        return ACG__V1__FIELD_TYPE__FIELD_TYPE_TEXTS;
    case PKR_FIELD_MAP:
        return ACG__V1__FIELD_TYPE__FIELD_TYPE_MAP;
    case PKR_FIELD_BLOCK:
        return ACG__V1__FIELD_TYPE__FIELD_TYPE_BLOCK;
    case PKR_FIELD_BLOCKS:
        return ACG__V1__FIELD_TYPE__FIELD_TYPE_BLOCKS;
    default: /* a secret and "wait" are texts too */
        return ACG__V1__FIELD_TYPE__FIELD_TYPE_TEXT;
    }
}

/* Its first variable, then the others, which are names with a space between. */
static void add_variables(struct rpc_scribe *s, const struct pkr_field *row, Acg__V1__Field *out)
{
    struct acg_span rest = acgp_span(row->more);

    if (row->variable == NULL)
        return;
    out->variables = rpc_scribe_alloc(s, VARIABLES_MAX, sizeof *out->variables);
    if (out->variables == NULL)
        return;
    out->variables[out->n_variables++] = rpc_scribe_text(s, row->variable);
    while (rest.data != NULL && out->n_variables < VARIABLES_MAX) {
        struct acg_span name = acgp_span_cut(&rest, ' ');
        char *text = pkr_arena_printf(&s->arena, "%.*s", (int)name.len, name.data);
        s->failed = s->failed || text == NULL;
        out->variables[out->n_variables++] = text;
    }
    s->failed = s->failed || rest.data != NULL;
}

static void add_field(struct rpc_scribe *s, const struct pkr_field *row, const char *block,
                      Acg__V1__ConfigSpecResponse *out)
{
    Acg__V1__Field *field = rpc_scribe_alloc(s, 1, sizeof *field);

    if (field == NULL || out->n_fields == FIELDS_MAX) {
        s->failed = true;
        return;
    }
    acg__v1__field__init(field);
    field->block = rpc_scribe_text(s, block);
    field->name = rpc_scribe_text(s, row->name);
    field->type = type_of(row->type);
    field->server_only = (row->flags & PKR_HOST) != 0;
    field->required = (row->flags & PKR_REQUIRED) != 0 && !field->server_only;
    field->default_text = rpc_scribe_text(s, row->standard);
    field->help = rpc_scribe_text(s, row->help);
    add_variables(s, row, field);
    out->fields[out->n_fields++] = field;
}

/* Each block's fields stand behind it. The table is two deep. */
static void add_group(struct rpc_scribe *s, const struct pkr_field_group *group, const char *block,
                      Acg__V1__ConfigSpecResponse *out)
{
    for (size_t i = 0; i < group->count && !s->failed; i++) {
        const struct pkr_field *row = &group->rows[i];

        add_field(s, row, block, out);
        if (row->nested == NULL)
            continue;
        char *inner = pkr_arena_printf(&s->arena, "%s%s%s", block, block[0] != '\0' ? "." : "", row->name);
        s->failed = s->failed || inner == NULL;
        if (inner != NULL)
            add_group(s, row->nested, inner, out);
    }
}

void rpc_config_spec(const struct rpc_request *request)
{
    Acg__V1__ConfigSpecResponse response = ACG__V1__CONFIG_SPEC_RESPONSE__INIT;
    struct acg_error err = {.status = ACG_OK};
    struct rpc_scribe s;

    rpc_scribe_init(&s, NULL);
    response.fields = rpc_scribe_alloc(&s, FIELDS_MAX, sizeof *response.fields);
    add_group(&s, pkr_fields(), "", &response);
    if (!s.failed)
        rpc_reply(request->conn, request->call, &response.base);
    else if (acgp_fail_nomem(&err) != ACG_OK)
        rpc_refuse(request, &err, NULL);
    rpc_scribe_done(&s);
}

/* ---- Configure ---- */

void rpc_configure(const struct rpc_request *request)
{
    Acg__V1__ConfigureRequest *in = (Acg__V1__ConfigureRequest *)request->message;
    Acg__V1__ConfigureResponse response = ACG__V1__CONFIGURE_RESPONSE__INIT;
    struct acg_error err = {.status = ACG_OK};
    struct pkr_config *config = NULL;
    struct rpc_scribe s;

    if (!rpc_request_config(request, in->configuration_json, &config))
        return;
    rpc_scribe_init(&s, config);
    enum acg_status status = pkr_config_check(config, PKR_PHASE_VALIDATE, &err);
    if (status == ACG_OK || status == ACG_ERR_ARGUMENT) {
        response.n_findings = rpc_findings_message(&s, pkr_config_findings(config), &response.findings);
        status = s.failed ? acgp_fail_nomem(&err) : ACG_OK;
    }
    if (status == ACG_OK)
        rpc_reply(request->conn, request->call, &response.base);
    else
        rpc_refuse(request, &err, NULL);
    rpc_scribe_done(&s);
    pkr_config_free(config);
}

/* ---- PostProcess ---- */

/* The text and, behind it, the state as lines: the first of a name counts. */
static bool whole_text(const Acg__V1__Artifact *artifact, struct acgp_buf *out)
{
    bool fine = acgp_buf_text(out, artifact->text);

    for (size_t i = 0; i < artifact->n_state && fine; i++)
        fine = acgp_buf_printf(out, "\n%s: ", artifact->state[i]->key) &&
               acgp_buf_text(out, artifact->state[i]->value);
    return fine;
}

static void tell_files(size_t count, struct acg_error *err)
{
    char before[sizeof err->message];

    if (count == 0)
        return;
    memcpy(before, err->message, sizeof before);
    char *text = acgp_printf("%s Its %zu file%s cannot be published: make a managed image of them first",
                             before, count, count == 1 ? "" : "s");
    if (text != NULL)
        acgp_error_text(err->message, sizeof err->message, text);
    acgp_free(text);
}

static enum acg_status take_artifact(struct pkr_config *config, const Acg__V1__Artifact *artifact,
                                     struct acg_error *err)
{
    struct acg_source source = {.managed_image = NULL};
    struct pkr_arena arena;
    struct acgp_buf text;

    pkr_arena_init(&arena);
    acgp_buf_init(&text, ARTIFACT_TEXT_MAX);
    enum acg_status status = ACG_OK;
    if (!whole_text(artifact, &text))
        status = text.over ? acgp_fail_field(err, ACG_ERR_LIMIT, "artifact", "is longer than %d bytes",
                                             ARTIFACT_TEXT_MAX)
                           : acgp_fail_nomem(err);
    if (status == ACG_OK) {
        struct pkr_artifact_words words = {acgp_span(artifact->builder_id), acgp_span(artifact->id),
                                           acgp_buf_view(&text)};
        status = pkr_artifact_source(&words, pkr_config_artifact_choice(config), &arena, &source, err);
        if (status == ACG_ERR_ARGUMENT)
            tell_files(artifact->n_files, err);
    }
    if (status == ACG_OK)
        status = pkr_config_set_source(config, &source, err);
    acgp_buf_done(&text);
    pkr_arena_done(&arena);
    return status;
}

void rpc_post_process(const struct rpc_request *request)
{
    static const Acg__V1__Artifact none = ACG__V1__ARTIFACT__INIT;
    Acg__V1__PostProcessRequest *in = (Acg__V1__PostProcessRequest *)request->message;
    struct acg_error err = {.status = ACG_OK};
    struct pkr_config *config = NULL;
    char *kept = NULL;
    enum acg_status status = ACG_OK;

    if (!rpc_publish_config(request, in->configuration_json, &config, &kept))
        return;
    bool artifact = !pkr_config_names_source(config);
    if (artifact)
        status = take_artifact(config, in->artifact != NULL ? in->artifact : &none, &err);
    if (status != ACG_OK) {
        if (err.field[0] == '\0')
            acgp_error_text(err.field, sizeof err.field, "artifact");
        rpc_refuse(request, &err, NULL);
        pkr_config_free(config);
        acgp_free(kept);
        return;
    }
    rpc_begin_publish(request, config, kept, artifact);
}

void rpc_post_processor_cancel(const struct rpc_request *request)
{
    const Acg__V1__PostProcessorCancelRequest *in =
        (const Acg__V1__PostProcessorCancelRequest *)request->message;
    struct rpc_publish *p = rpc_request_publish(request, in->publish_id);
    Acg__V1__PostProcessorCancelResponse response = ACG__V1__POST_PROCESSOR_CANCEL_RESPONSE__INIT;
    Acg__V1__Publish publish;
    struct rpc_scribe s;

    if (p == NULL)
        return;
    rpc_ask_cancel(request->services, p);
    rpc_scribe_init(&s, NULL);
    rpc_publish_message(&s, p, &publish);
    response.publish = &publish;
    rpc_reply(request->conn, request->call, &response.base);
    rpc_scribe_done(&s);
}
