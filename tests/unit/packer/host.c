/* SPDX-License-Identifier: MPL-2.0 */
#include "host.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"

static const char *const login[] = {"AZURE_TENANT_ID",
                                    "11111111-2222-3333-4444-555555555555",
                                    "AZURE_CLIENT_ID",
                                    "test",
                                    "AZURE_CLIENT_SECRET",
                                    "s3cr3t-in-the-environment",
                                    NULL};

static const char *lookup(void *context, const char *name)
{
    const struct host *h = context;
    for (const char *const *v = h->variables; *v != NULL; v += 2)
        if (strcmp(*v, name) == 0)
            return v[1];
    return NULL;
}

static int64_t now(const struct host *h)
{
    return packer_peer_now_ms(h->packer);
}

static void serve(struct host *h, const struct pkr_request *request)
{
    if (request->kind == PKR_REQUEST_CANCEL) {
        h->cancels++;
        return;
    }
    if (request->kind == PKR_REQUEST_DELETE) {
        h->deletions++;
        assert_string_equal(request->version_id, h->chosen != NULL ? h->chosen : VERSION_ID);
        assert_string_equal(request->published_date, PUBLISHED);
        return;
    }
    const struct acg_publish_options *options = pkr_config_options(request->config);
    (void)snprintf(h->version, sizeof h->version, "%s",
                   options->gallery_image_version ? options->gallery_image_version : "");
    (void)snprintf(h->tag, sizeof h->tag, "%s", options->tag_count > 0 ? options->tags[0].value : "");
    (void)snprintf(h->os_snapshot, sizeof h->os_snapshot, "%s",
                   options->source.os_snapshot ? options->source.os_snapshot : "");
    (void)snprintf(h->prefix, sizeof h->prefix, "%s",
                   options->source.data_snapshot_prefix ? options->source.data_snapshot_prefix : "");
    const char *image = options->source.managed_image;
    h->on_existing = options->on_existing;
    h->build_number = options->build_number.set ? options->build_number.value : -1;
    h->starts++;
    (void)snprintf(h->source, sizeof h->source, "%s", image == NULL ? "" : image);
    if (h->refuse_start != NULL) {
        struct acg_error error;
        acgp_fail(&error, ACG_ERR_ARGUMENT, "%s", h->refuse_start);
        pkr_post_processor_failed(h->pp, now(h), &error);
    } else {
        pkr_post_processor_started(h->pp, now(h), VERSION_ID);
    }
}

static void turn(void *context)
{
    struct host *h = context;
    struct pkr_request request;
    if (h->packer == NULL)
        return;
    pkr_post_processor_turn(h->pp, now(h));
    while (pkr_post_processor_next_request(h->pp, &request)) {
        serve(h, &request);
        pkr_post_processor_turn(h->pp, now(h));
    }
}

struct host *host_begin(const struct pkr_post_processor_options *options)
{
    struct host *h = acgp_alloc(1, sizeof *h);
    struct pkr_post_processor_options mine = {0};
    assert_non_null(h);
    if (options != NULL)
        mine = *options;
    h->variables = login;
    mine.environment = (struct pkr_environment){lookup, h, {.folder = "/work-folder"}};
    assert_int_equal(pkr_link_new(PKR_LINK_PLUGIN, &h->link, NULL), ACG_OK);
    assert_int_equal(pkr_post_processor_new(h->link, &mine, &h->pp, NULL), ACG_OK);
    h->packer = packer_peer_new(h->link, turn, h);
    packer_peer_run(h->packer);
    return h;
}

void host_end(struct host *h)
{
    packer_peer_free(h->packer);
    pkr_post_processor_free(h->pp);
    pkr_link_free(h->link);
    acgp_free(h);
}

/* Quotes are written as ' in the tests. */
static char *quoted(const char *text)
{
    char *copy = acgp_strdup(text);
    assert_non_null(copy);
    for (char *p = copy; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    return copy;
}

/* Flat objects of texts and of lists of texts: what a template of the compact form holds. */
static struct pkr_value from_json(const json_t *json, struct pkr_pair *pairs, struct pkr_value *items,
                                  struct pkr_pair tag[1])
{
    size_t n = 0, used = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        struct pkr_value v = pkr_text(json_string_value(value));
        if (json_is_array(value)) {
            size_t first = used;
            for (size_t i = 0; i < json_array_size(value); i++)
                items[used++] = pkr_text(json_string_value(json_array_get(value, i)));
            v = pkr_array(items + first, used - first);
        } else if (json_is_boolean(value)) {
            v = pkr_bool(json_is_true(value));
        } else if (json_is_object(value)) { /* of one text: tags */
            const char *name = json_object_iter_key(json_object_iter(value));
            tag[0] =
                (struct pkr_pair){pkr_text(name), pkr_text(json_string_value(json_object_get(value, name)))};
            v = pkr_map(tag, 1);
        } else if (json_is_number(value)) {
            v = pkr_float(json_number_value(value)); /* as Packer sends numbers of JSON templates */
        }
        pairs[n++] = (struct pkr_pair){pkr_text(key), v};
    }
    return pkr_map(pairs, n);
}

static uint64_t call_configure(struct host *h, const struct pkr_value *elements, size_t count)
{
    struct pkr_pair configs[] = {{pkr_text("Configs"), pkr_array(elements, count)}};
    struct pkr_value body = pkr_map(configs, 1);
    return packer_peer_call(h->packer, "PostProcessor.Configure", &body);
}

uint64_t host_configure(struct host *h, const char *object)
{
    struct pkr_pair pairs[64];
    struct pkr_value items[64];
    struct pkr_pair tag[1];
    char *text = quoted(object);
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    struct pkr_pair user[] = {{pkr_text("patch"), pkr_text("7")}};
    struct pkr_pair common[] = {{pkr_text("packer_build_name"), pkr_text("one")},
                                {pkr_text("packer_builder_type"), pkr_text("null")},
                                {pkr_text("packer_debug"), pkr_bool(h->debug)},
                                {pkr_text("packer_force"), pkr_bool(h->force)},
                                {pkr_text("packer_user_variables"), pkr_map(user, 1)}};
    struct pkr_pair placeholders[] = {
        {pkr_text("PackerRunUUID"), pkr_text("Build_PackerRunUUID. To set this dynamically ...")},
        {pkr_text("ID"), pkr_text("Build_ID. To set this dynamically ...")}};
    struct pkr_value elements[] = {from_json(json, pairs, items, tag), pkr_map(common, 5),
                                   pkr_map(placeholders, 2)};
    uint64_t call = call_configure(h, elements, 3);
    json_decref(json);
    acgp_free(text);
    return call;
}

uint64_t host_configure_hcl(struct host *h, const char *object)
{
    char *text = quoted(object);
    char *cty = acgp_printf("{\"value\":%s,\"type\":\"dynamic\"}", text);
    struct pkr_pair common[] = {{pkr_text("packer_build_name"), pkr_text("one")}};
    struct pkr_value elements[] = {pkr_map(common, 1), pkr_bin((struct acg_span){cty, strlen(cty)})};
    uint64_t call = call_configure(h, elements, 2);
    acgp_free(cty);
    acgp_free(text);
    return call;
}

#define NAMES                                                                                                \
    "'subscription_id':'00000000-0000-0000-0000-000000000000','resource_group':'MyResourceGroup',"           \
    "'gallery_name':'MyGallery','gallery_image_definition':'MyImage','gallery_image_version':'1.0.0',"       \
    "'location':'westus','target_regions':['westus=2','eastus2']"

void host_configure_good(struct host *h, bool with_source)
{
    uint64_t call =
        host_configure(h, with_source ? "{" NAMES ",'managed_image':'" IMAGE_ID "'}" : "{" NAMES "}");
    packer_peer_expect_returned(h->packer, call);
}

void host_artifact(struct host *h, const char *builder_id, const char *id, const char *text)
{
    struct pkr_value values[] = {pkr_text(builder_id), pkr_text(id), pkr_text(text), pkr_nil()};
    packer_peer_answers(h->packer, "Artifact.BuilderId", &values[0]);
    packer_peer_answers(h->packer, "Artifact.Id", &values[1]);
    packer_peer_answers(h->packer, "Artifact.String", &values[2]);
    packer_peer_answers(h->packer, "Artifact.Files", &values[3]);
    packer_peer_answers_state(h->packer, "none", NULL);
}

uint64_t host_post_process(struct host *h)
{
    struct pkr_value number = pkr_uint(packer_peer_serve(h->packer));
    return packer_peer_call(h->packer, "PostProcessor.PostProcess", &number);
}

uint64_t host_publishing(struct host *h)
{
    host_configure_good(h, true);
    host_artifact(h, "packer.null", "Null", "Did not export anything. This is the null builder");
    uint64_t call = host_post_process(h);
    assert_int_equal(h->starts, 1);
    return call;
}

static void tell(struct host *h, const struct acg_event *event)
{
    pkr_post_processor_on_event(h->pp, now(h), event);
    turn(h);
    packer_peer_run(h->packer);
}

void host_deleted(struct host *h, enum acg_status status, const char *message)
{
    struct acg_error error = {.status = status};
    struct acg_result result = {.version_id = VERSION_ID,
                                .state = status == ACG_OK ? "deleted" : "not deleted"};
    struct acg_event event = {.kind = ACG_EVENT_DONE, .text = "", .error = &error, .result = &result};
    (void)snprintf(error.message, sizeof error.message, "%s", message);
    tell(h, &event);
}

void host_request(struct host *h, const char *text)
{
    struct acg_event event = {.kind = ACG_EVENT_REQUEST, .text = text};
    tell(h, &event);
}

void host_step(struct host *h, const char *text)
{
    struct acg_event event = {.kind = ACG_EVENT_STEP, .text = text};
    tell(h, &event);
}

void host_region(struct host *h, const char *region, const char *state, int percent)
{
    struct acg_event event = {.kind = ACG_EVENT_REGION,
                              .text = "",
                              .region = region,
                              .state = state,
                              .details = "",
                              .percent = percent};
    tell(h, &event);
}

static void succeed(struct host *h, bool proved, bool part)
{
    struct acg_result_disk platform[] = {{.os = true}};
    struct acg_result_disk disks[] = {{.os = true, .disk_encryption_set_id = "/x/westus-os"},
                                      {.lun = 0, .disk_encryption_set_id = "/x/westus-data0"}};
    struct acg_result_region regions[] = {{.name = "westus",
                                           .display_name = "West US",
                                           .state = proved ? "Completed" : "Replicating",
                                           .percent = 100,
                                           .details = "",
                                           .replicas = 2,
                                           .storage_account_type = "Standard_LRS",
                                           .disks = disks,
                                           .disk_count = 2},
                                          {.name = "eastus2",
                                           .display_name = "East US 2",
                                           .state = proved ? "Completed" : "Replicating",
                                           .percent = 100,
                                           .replicas = 1,
                                           .disks = platform,
                                           .disk_count = 1}};
    if (part)
        regions[1] = (struct acg_result_region){
            .name = "eastus2", .display_name = "East US 2", .state = "Unknown", .details = "no capacity"};
    struct acg_error error = {.status = part ? ACG_ERR_PARTIAL : ACG_OK};
    struct acg_result result = {.version_id = h->chosen != NULL ? h->chosen : VERSION_ID,
                                .state = part     ? "succeeded in part"
                                         : proved ? "succeeded"
                                                  : "accepted",
                                .proved = proved,
                                .created = true,
                                .location = "westus",
                                .encryption_type = "",
                                .provisioning_state = "Succeeded",
                                .published_date = PUBLISHED,
                                .duration_ms = 200000,
                                .regions = regions,
                                .region_count = 2};
    struct acg_event event = {.kind = ACG_EVENT_DONE, .text = "", .error = &error, .result = &result};
    if (part)
        (void)snprintf(error.message, sizeof error.message, "published without eastus2");
    tell(h, &event);
}

void host_succeed(struct host *h, bool proved)
{
    succeed(h, proved, false);
}

void host_succeed_in_part(struct host *h)
{
    succeed(h, true, true);
}

void host_fail(struct host *h, enum acg_status status, const char *message, const char *state)
{
    struct acg_error error = {.status = status, .http_status = 409, .arm_code = "Conflict"};
    struct acg_result_region regions[] = {
        {.name = "eastus2", .state = "Failed", .details = "no capacity", .percent = 30}};
    struct acg_result result = {.version_id = VERSION_ID,
                                .state = state,
                                .location = "westus",
                                .encryption_type = "",
                                .provisioning_state = "",
                                .published_date = "",
                                .regions = regions,
                                .region_count = 1};
    struct acg_event event = {.kind = ACG_EVENT_DONE, .text = "", .error = &error, .result = &result};
    (void)snprintf(error.message, sizeof error.message, "%s", message);
    tell(h, &event);
}

const struct pkr_value *host_field(const struct pkr_value *body, const char *name)
{
    const struct pkr_value *value = pkr_value_get(body, name);
    assert_non_null(value);
    return value;
}

void host_expect_text(const struct pkr_value *value, const char *text)
{
    struct acg_span found;
    assert_true(pkr_value_as_text(value, &found));
    assert_string_equal(found.data, text); /* a NUL follows every text of a tree */
}

const char *host_expect_err(struct host *h, uint64_t call)
{
    const struct pkr_value *body = packer_peer_expect_returned(h->packer, call);
    struct acg_span text;
    uint64_t stream;
    assert_true(pkr_value_as_text(pkr_value_get(host_field(body, "Err"), "Message"), &text));
    assert_true(pkr_value_as_u64(host_field(body, "StreamId"), &stream));
    assert_int_equal(stream, 0);
    return text.data;
}

void host_expect_said(struct host *h, const char *text)
{
    if (strstr(packer_peer_said(h->packer), text) == NULL)
        fail_msg("not said: %s\nsaid:\n%s", text, packer_peer_said(h->packer));
}

void host_expect_unsaid(struct host *h, const char *text)
{
    if (strstr(packer_peer_said(h->packer), text) != NULL)
        fail_msg("said: %s\nin:\n%s", text, packer_peer_said(h->packer));
}
