/* SPDX-License-Identifier: MPL-2.0 */
#include "packer/configure.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "packer/artifact_source.h"
#include "spec/fields.h"
#include "wire/gob.h"
#include "wire/spec_proto.h"

enum acg_status pkr_render_spec(bool protobuf, bool attributes_only, struct acgp_buf *out,
                                struct acg_error *err)
{
    struct pkr_config_spec *spec = NULL;
    enum acg_status status = pkr_config_spec_new(attributes_only, &spec, err);
    if (status != ACG_OK)
        return status;
    const struct pkr_spec_object *shape = pkr_config_spec_view(spec);
    status = protobuf ? pkr_spec_proto_encode(shape, out, err) : pkr_gob_encode_spec(shape, out, err);
    pkr_config_spec_free(spec);
    return status;
}

/* Before all that is written, which wins over it. */
static enum acg_status add_force(struct pkr_config *config, const struct pkr_value *configs,
                                 struct acg_error *err)
{
    static const char text[] = "{\"on_existing\": \"replace\"}";

    if (!pkr_configs_flag(configs, "packer_force"))
        return ACG_OK;
    return pkr_config_add_text(config, acgp_span(text), "-force", err);
}

static enum acg_status add_elements(struct pkr_config *config, const struct pkr_value *configs,
                                    struct acg_error *err)
{
    if (configs == NULL || (configs->kind != PKR_VALUE_ARRAY && !pkr_value_is_nil(configs)))
        return acgp_fail(err, ACG_ERR_PROTOCOL, "Configure came without its Configs");
    size_t count = pkr_value_count(configs);
    if (count > PKR_CONFIGS_MAX)
        return acgp_fail(err, ACG_ERR_LIMIT, "Configure has more than %u elements", PKR_CONFIGS_MAX);
    for (size_t i = 0; i < count; i++) {
        enum acg_status status = pkr_config_add_element(config, pkr_value_at(configs, i), err);
        if (status != ACG_OK)
            return status;
    }
    return ACG_OK;
}

/* The one text of all faults, unless somebody wrote the secret into a field that is repeated there. */
static char *faults_text(const struct pkr_config *config)
{
    const struct acg_findings *findings = pkr_config_findings(config);
    char *text = pkr_findings_text(findings);
    if (text == NULL || !pkr_config_reveals(config, text))
        return text;
    acgp_free(text);
    return acgp_printf(
        "%zu faults, which are not shown because their text holds the client secret: does it stand "
        "in a field other than client_secret?",
        acg_findings_errors(findings));
}

/* Everything that is written, rendered with what is known. */
static enum acg_status read_all(const struct pkr_value *body, const struct pkr_environment *env,
                                const struct pkr_build_facts *facts, struct pkr_config **out,
                                struct acg_error *err)
{
    const struct pkr_value *configs = pkr_value_get(body, "Configs");
    struct pkr_rendering *rendering = NULL;
    struct pkr_config *config = NULL;
    enum acg_status status = pkr_config_new(&config, err);

    if (status == ACG_OK)
        status = pkr_rendering_new(configs, &env->surroundings, facts, &rendering, err);
    if (status == ACG_OK) {
        struct pkr_renderer renderer = pkr_rendering_renderer(rendering);
        pkr_config_set_renderer(config, &renderer);
        status = add_force(config, configs, err);
        if (status == ACG_OK)
            status = add_elements(config, configs, err);
    }
    if (status == ACG_OK)
        status = pkr_config_environment(config, env->lookup, env->context, err);
    if (status == ACG_OK)
        pkr_config_build_number(config, env->lookup, env->context);
    pkr_rendering_free(rendering);
    if (status == ACG_OK)
        *out = config;
    else
        pkr_config_free(config);
    return status;
}

enum acg_status pkr_configure(const struct pkr_value *body, const struct pkr_environment *env,
                              struct pkr_config **out, char **out_faults, struct acg_error *err)
{
    struct pkr_config *config = NULL;
    enum acg_status status = read_all(body, env, NULL, &config, err);

    *out_faults = NULL;
    if (status != ACG_OK)
        return status;
    /* Also the second Configure of HCL2, right before PostProcess, may hold <unknown>: builders without
     * generated data leave it there. PostProcess checks again. */
    status = pkr_config_check(config, PKR_PHASE_VALIDATE, err);
    if (status == ACG_ERR_ARGUMENT)
        *out_faults = faults_text(config);
    if (status == ACG_OK)
        *out = config;
    else
        pkr_config_free(config);
    return status;
}

static enum acg_status find_source(struct pkr_config *config, const struct pkr_artifact_client *input,
                                   struct acg_error *err)
{
    struct pkr_artifact_words words = {
        .builder_id = pkr_artifact_client_text(input, PKR_ARTIFACT_BUILDER_ID),
        .id = pkr_artifact_client_text(input, PKR_ARTIFACT_ID),
        .text = pkr_artifact_client_text(input, PKR_ARTIFACT_STRING),
    };
    struct acg_source source = {.managed_image = NULL};
    struct pkr_arena arena;

    if (pkr_config_names_source(config))
        return ACG_OK;
    pkr_arena_init(&arena);
    enum acg_status status =
        pkr_artifact_source(&words, pkr_config_artifact_choice(config), &arena, &source, err);
    if (status == ACG_OK)
        status = pkr_config_set_source(config, &source, err);
    pkr_arena_done(&arena);
    return status;
}

enum acg_status pkr_configure_for_build(const struct pkr_value *body, const struct pkr_environment *env,
                                        const struct pkr_artifact_client *input, struct pkr_config **out,
                                        bool *out_findings, struct acg_error *err)
{
    struct pkr_build_facts facts = {
        .generated = pkr_artifact_client_value(input, PKR_ARTIFACT_GENERATED_DATA),
        .artifact_id = pkr_artifact_client_text(input, PKR_ARTIFACT_ID),
    };
    struct pkr_config *config = NULL;
    enum acg_status status = read_all(body, env, &facts, &config, err);

    *out_findings = false;
    if (status == ACG_OK)
        status = find_source(config, input, err);
    if (status == ACG_OK) {
        status = pkr_config_check(config, PKR_PHASE_PUBLISH, err);
        *out_findings = status == ACG_ERR_ARGUMENT;
    }
    if (status == ACG_OK || *out_findings)
        *out = config;
    else
        pkr_config_free(config);
    return status;
}
