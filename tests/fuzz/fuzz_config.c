/* SPDX-License-Identifier: MPL-2.0 */
/* A configuration in each of its ways in: the first byte says which. Whatever comes, the answer is a verdict
 * with findings that are UTF-8 text, the same when asked again; what is sound gives a request. */
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/span.h"
#include "cli/az.h"
#include "fuzz/fuzz.h"
#include "spec/config.h"

enum { WORDS_MAX = 512 };

static bool is_utf8(const char *text)
{
    json_t *value = json_string(text);
    bool fine = value != NULL;

    json_decref(value);
    return fine;
}

/* ---- the ways in; false: refused as a whole ---- */

static bool as_file(struct pkr_config *config, struct acg_span text)
{
    enum acg_status status = pkr_config_add_text(config, text, "input", NULL);

    FUZZ_CHECK(status == ACG_OK || status == ACG_ERR_ARGUMENT || status == ACG_ERR_LIMIT);
    return status == ACG_OK;
}

static bool as_template(struct pkr_config *config, struct acg_span text)
{
    json_t *root = json_loadb(text.len > 0 ? text.data : "", text.len, JSON_ALLOW_NUL, NULL);
    enum acg_status status = ACG_ERR_ARGUMENT;

    if (json_is_object(root))
        status = pkr_config_add_json(config, root, PKR_CONFIG_WEAK, NULL);
    json_decref(root);
    return status == ACG_OK;
}

static bool as_hcl(struct pkr_config *config, struct acg_span text)
{
    struct pkr_value element = pkr_bin(text);
    enum acg_status status = pkr_config_add_element(config, &element, NULL);

    FUZZ_CHECK(status == ACG_OK || status == ACG_ERR_PROTOCOL || status == ACG_ERR_LIMIT);
    return status == ACG_OK;
}

static bool as_element(struct pkr_config *config, struct acg_span bytes)
{
    struct pkr_tree *tree = NULL;
    enum acg_status status = pkr_value_decode(bytes, NULL, &tree, NULL);

    if (status == ACG_OK)
        status = pkr_config_add_element(config, pkr_tree_root(tree), NULL);
    pkr_tree_free(tree);
    return status == ACG_OK;
}

/* Words are separated by line ends. */
static bool as_command_line(struct pkr_config *config, struct acg_span text)
{
    char *copy = calloc(text.len + 1, 1), *rest = copy;
    const char *words[WORDS_MAX];
    struct pkr_words read = {.given = NULL};
    struct acgp_buf notes;
    size_t count = 0;

    FUZZ_CHECK(copy != NULL);
    if (text.len > 0)
        memcpy(copy, text.data, text.len);
    while (rest != NULL && count < WORDS_MAX) {
        char *end = strchr(rest, '\n');
        if (end != NULL)
            *end++ = '\0';
        words[count++] = rest;
        rest = end;
    }
    acgp_buf_init(&notes, 64 * 1024);
    enum acg_status status = pkr_words_read(&pkr_publish_options, words, count, config, &read, NULL);
    if (status == ACG_OK)
        status = pkr_az_configure(&read, config, &notes, NULL);
    FUZZ_CHECK(status == ACG_OK || status == ACG_ERR_LIMIT);
    acgp_buf_done(&notes);
    pkr_words_done(&read);
    free(copy);
    return status == ACG_OK;
}

/* ---- what must hold ---- */

static void check_text(const struct pkr_config *config)
{
    const struct acg_findings *findings = pkr_config_findings(config);
    char *text = pkr_findings_text(findings);

    FUZZ_CHECK(text != NULL && is_utf8(text));
    acgp_free(text);
    for (size_t i = 0; i < acg_findings_count(findings); i++) {
        const struct acg_finding *f = acg_findings_at(findings, i);
        FUZZ_CHECK(f->field[0] != '\0' && f->message[0] != '\0' && f->fix[0] != '\0' && f->rule[0] != '\0');
    }
}

static void check_request(const struct pkr_config *config)
{
    struct acg_findings *findings = NULL;
    struct acg_preview *preview = NULL;

    FUZZ_CHECK(acg_findings_new(&findings, NULL) == ACG_OK);
    FUZZ_CHECK(acg_preview_new(pkr_config_endpoint(config), pkr_config_options(config), findings, &preview,
                               NULL) == ACG_OK);
    json_t *body = json_loads(acg_preview_body(preview), 0, NULL);
    FUZZ_CHECK(json_is_object(body));
    json_decref(body);
    acg_preview_free(preview);
    acg_findings_free(findings);
}

static enum acg_status ask(struct pkr_config *config, enum pkr_phase phase, size_t *out_errors)
{
    enum acg_status status = pkr_config_check(config, phase, NULL);

    *out_errors = acg_findings_errors(pkr_config_findings(config));
    FUZZ_CHECK(status == ACG_OK || status == ACG_ERR_ARGUMENT || status == ACG_ERR_LIMIT);
    FUZZ_CHECK(status == ACG_ERR_LIMIT || (status == ACG_OK) == (*out_errors == 0));
    return status;
}

static void check(struct pkr_config *config, bool twice)
{
    size_t errors = 0, again = 0;

    (void)ask(config, PKR_PHASE_VALIDATE, &errors);
    enum acg_status status = ask(config, PKR_PHASE_PREVIEW, &errors);
    check_text(config);
    if (status == ACG_OK)
        check_request(config);
    if (twice)
        FUZZ_CHECK(ask(config, PKR_PHASE_PREVIEW, &again) == status && again == errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool (*const ways[])(struct pkr_config * config, struct acg_span input) = {
        as_file, as_template, as_hcl, as_element, as_command_line};
    struct pkr_config *config = NULL;

    if (size == 0)
        return 0;
    FUZZ_CHECK(pkr_config_new(&config, NULL) == ACG_OK);
    if (ways[(uint8_t)(data[0] - '0') % (sizeof ways / sizeof ways[0])](config,
                                                                        acgp_span_of(data + 1, size - 1)))
        check(config, size % 8 == 0);
    pkr_config_free(config);
    return 0;
}
