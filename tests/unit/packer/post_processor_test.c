/* SPDX-License-Identifier: MPL-2.0 */
#include "host.h"

static void a_publish_ends_with_an_artifact_that_packer_can_read(void **st)
{
    struct host *h = host_begin(NULL);
    uint64_t call = host_publishing(h);
    (void)st;
    assert_string_equal(h->source, IMAGE_ID);
    host_step(h, "Creating the version");
    packer_peer_expect_pending(h->packer, call);
    host_succeed(h, true);

    const struct pkr_value *body = packer_peer_expect_returned(h->packer, call);
    uint64_t stream;
    bool keep, force;
    assert_true(pkr_value_is_nil(host_field(body, "Err")));
    assert_true(pkr_value_as_bool(host_field(body, "Keep"), &keep));
    assert_true(pkr_value_as_bool(host_field(body, "ForceOverride"), &force));
    assert_true(pkr_value_as_u64(host_field(body, "StreamId"), &stream));
    assert_true(keep);
    assert_false(force);

    uint32_t talk = packer_peer_dial(h->packer, (uint32_t)stream);
    host_expect_text(packer_peer_expect_returned(
                         h->packer, packer_peer_call_on(h->packer, talk, "Artifact.BuilderId", NULL)),
                     "packer.post-processor.acg-publish");
    host_expect_text(
        packer_peer_expect_returned(h->packer, packer_peer_call_on(h->packer, talk, "Artifact.Id", NULL)),
        VERSION_ID);
    host_expect_text(
        packer_peer_expect_returned(h->packer, packer_peer_call_on(h->packer, talk, "Artifact.String", NULL)),
        VERSION_ID
        "\nPublished: replicated to every region, read back and found to be what was asked for, in "
        "3 min 20 s\nwestus: Completed, 2 replicas, Standard_LRS; OS disk: westus-os; LUN 0: "
        "westus-data0\neastus2: Completed, 1 replica; OS disk: platform key");
    const struct pkr_value *files =
        packer_peer_expect_returned(h->packer, packer_peer_call_on(h->packer, talk, "Artifact.Files", NULL));
    assert_int_equal(pkr_value_count(files), 0);
    host_end(h);
}

static void destroy_answers_nil_and_asks_for_nothing(void **st)
{
    struct host *h = host_begin(NULL);
    uint64_t call = host_publishing(h);
    uint64_t stream;
    (void)st;
    host_succeed(h, true);
    assert_true(
        pkr_value_as_u64(host_field(packer_peer_expect_returned(h->packer, call), "StreamId"), &stream));
    uint32_t talk = packer_peer_dial(h->packer, (uint32_t)stream);
    const struct pkr_value *body = packer_peer_expect_returned(
        h->packer, packer_peer_call_on(h->packer, talk, "Artifact.Destroy", NULL));
    assert_true(pkr_value_is_nil(body));
    assert_int_equal(h->starts, 1);
    assert_int_equal(h->cancels, 0);
    packer_peer_expect_failed(h->packer, packer_peer_call_on(h->packer, talk, "Artifact.Nope", NULL),
                              "rpc: can't find method Artifact.Nope");
    host_end(h);
}

static void the_artifact_passes_scalars_on_and_describes_each_region(void **st)
{
    struct host *h = host_begin(NULL);
    struct pkr_value list[] = {pkr_int(1)};
    struct pkr_pair data[] = {{pkr_text("ID"), pkr_text("i-1")},      {pkr_text("Port"), pkr_int(22)},
                              {pkr_text("Agent"), pkr_bool(true)},    {pkr_text("Ratio"), pkr_float(0.5)},
                              {pkr_text("List"), pkr_array(list, 1)}, {pkr_text("Nil"), pkr_nil()}};
    struct pkr_value generated = pkr_map(data, 6);
    uint64_t stream;
    int64_t port;
    (void)st;
    host_configure_good(h, true);
    host_artifact(h, "packer.null", "Null", "");
    packer_peer_answers_state(h->packer, "generated_data", &generated);
    uint64_t call = host_post_process(h);
    host_succeed(h, true);
    assert_true(
        pkr_value_as_u64(host_field(packer_peer_expect_returned(h->packer, call), "StreamId"), &stream));
    uint32_t talk = packer_peer_dial(h->packer, (uint32_t)stream);
    struct pkr_value key = pkr_text("generated_data");
    const struct pkr_value *passed =
        packer_peer_expect_returned(h->packer, packer_peer_call_on(h->packer, talk, "Artifact.State", &key));
    assert_int_equal(pkr_value_count(passed), 4);
    host_expect_text(host_field(passed, "ID"), "i-1");
    assert_true(pkr_value_as_i64(host_field(passed, "Port"), &port));
    assert_int_equal(port, 22);
    key = pkr_text("par.artifact.metadata");
    const struct pkr_value *metadata =
        packer_peer_expect_returned(h->packer, packer_peer_call_on(h->packer, talk, "Artifact.State", &key));
    assert_int_equal(pkr_value_count(metadata), 2);
    host_expect_text(host_field(pkr_value_at(metadata, 1), "ImageID"), VERSION_ID);
    host_expect_text(host_field(pkr_value_at(metadata, 1), "ProviderName"), "azure");
    host_expect_text(host_field(pkr_value_at(metadata, 1), "ProviderRegion"), "eastus2");
    host_expect_text(host_field(pkr_value_at(metadata, 1), "SourceImageID"), IMAGE_ID);
    const struct pkr_value *labels = host_field(pkr_value_at(metadata, 0), "Labels");
    host_expect_text(host_field(labels, "image_version"), "1.0.0");
    host_expect_text(host_field(labels, "disk_encryption_set_os"), "westus-os");
    host_expect_text(host_field(labels, "disk_encryption_set_lun_0"), "westus-data0");
    key = pkr_text("unknown");
    assert_true(pkr_value_is_nil(packer_peer_expect_returned(
        h->packer, packer_peer_call_on(h->packer, talk, "Artifact.State", &key))));
    host_end(h);
}

static void old_packer_gets_no_floats_in_generated_data(void **st)
{
    struct pkr_post_processor_options options = {.old_packer = true};
    struct host *h = host_begin(&options);
    struct pkr_pair data[] = {{pkr_text("ID"), pkr_text("i-1")}, {pkr_text("Ratio"), pkr_float(0.5)}};
    struct pkr_value generated = pkr_map(data, 2), key = pkr_text("generated_data");
    uint64_t stream;
    (void)st;
    host_configure_good(h, true);
    host_artifact(h, "packer.null", "Null", "");
    packer_peer_answers_state(h->packer, "generated_data", &generated);
    uint64_t call = host_post_process(h);
    host_succeed(h, true);
    assert_true(
        pkr_value_as_u64(host_field(packer_peer_expect_returned(h->packer, call), "StreamId"), &stream));
    uint32_t talk = packer_peer_dial(h->packer, (uint32_t)stream);
    const struct pkr_value *passed =
        packer_peer_expect_returned(h->packer, packer_peer_call_on(h->packer, talk, "Artifact.State", &key));
    assert_int_equal(pkr_value_count(passed), 1);
    host_end(h);
}

static void a_source_that_azure_may_still_read_is_kept_by_force(void **st)
{
    struct host *h = host_begin(NULL);
    uint64_t call = host_publishing(h);
    bool force;
    (void)st;
    host_succeed(h, false);
    const struct pkr_value *body = packer_peer_expect_returned(h->packer, call);
    assert_true(pkr_value_as_bool(host_field(body, "ForceOverride"), &force));
    assert_true(force);
    host_expect_said(h, "nothing is proved yet");
    host_end(h);
}

static void the_managed_image_of_azure_arm_becomes_the_source(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    host_configure_good(h, false);
    host_artifact(h, "Azure.ResourceManagement.VMImage",
                  "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d",
                  "Azure.ResourceManagement.VMImage:\n\nOSType: Linux\nManagedImageId: " IMAGE_ID
                  "\nManagedImageLocation: westus\n");
    uint64_t call = host_post_process(h);
    assert_int_equal(h->starts, 1);
    assert_string_equal(h->source, IMAGE_ID);
    packer_peer_expect_pending(h->packer, call);
    host_end(h);
}

static void an_artifact_without_an_image_is_refused_by_name(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    host_configure_good(h, false);
    host_artifact(h, "packer.file", "File", "Stored file: out.txt");
    const char *why = host_expect_err(h, host_post_process(h));
    assert_non_null(strstr(why, "builder id \"packer.file\", id \"File\""));
    assert_non_null(strstr(why, "azure-arm"));
    assert_int_equal(h->starts, 0);
    host_end(h);
}

static void all_faults_come_in_one_answer(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    uint64_t call = host_configure(h, "{'gallery_name':'My-Gallery','gallery_image_version':'01.0.0','target_"
                                      "regions':['westus','West US']}");
    const char *text = packer_peer_expect_failed(h->packer, call, NULL);
    assert_non_null(strstr(text, "gallery_name"));
    assert_non_null(strstr(text, "gallery_image_version"));
    assert_non_null(strstr(text, "West US"));
    assert_non_null(strstr(text, "Fix:"));
    host_end(h);
}

static void a_later_configure_replaces_the_earlier_one(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    host_configure_good(h, true);
    uint64_t second = host_configure(h, "{}");
    packer_peer_expect_failed(h->packer, second, NULL);
    packer_peer_expect_failed(h->packer, host_post_process(h),
                              "PostProcess came before a Configure that succeeded");
    host_configure_good(h, true);
    host_artifact(h, "packer.null", "Null", "");
    packer_peer_expect_pending(h->packer, host_post_process(h));
    assert_int_equal(h->starts, 1);
    host_end(h);
}

static void hcl2_configures_twice_and_unknown_is_refused_before_anything_is_sent(void **st)
{
    static const char object[] =
        "{'subscription_id':'00000000-0000-0000-0000-000000000000','resource_group':'MyResourceGroup',"
        "'gallery_name':'MyGallery','gallery_image_definition':'MyImage','gallery_image_version':'1.0.0',"
        "'location':'westus','target_regions':['westus'],'managed_image':'<unknown>'}";
    struct host *h = host_begin(NULL);
    (void)st;
    packer_peer_expect_returned(h->packer, host_configure_hcl(h, object));
    packer_peer_expect_returned(h->packer, host_configure_hcl(h, object));
    host_artifact(h, "packer.null", "Null", "");
    const char *why = host_expect_err(h, host_post_process(h));
    assert_non_null(strstr(why, "nothing was sent to Azure"));
    host_expect_said(h, "managed_image");
    assert_int_equal(h->starts, 0);
    host_end(h);
}

static void cancel_is_answered_at_once_and_post_process_within_a_second(void **st)
{
    struct host *h = host_begin(NULL);
    uint64_t call = host_publishing(h);
    (void)st;
    uint64_t cancel = packer_peer_call(h->packer, "PostProcessor.Cancel", NULL);
    assert_true(pkr_value_is_nil(packer_peer_expect_returned(h->packer, cancel)));
    assert_int_equal(h->cancels, 1);
    packer_peer_expect_pending(h->packer, call);
    packer_peer_pass_ms(h->packer, PKR_CANCEL_WAIT_MS); /* the publish has no last words */
    packer_peer_pass_ms(h->packer, PKR_LAST_WORDS_CANCELLED_MS);
    const char *why = host_expect_err(h, call);
    assert_non_null(strstr(why, "cancelled"));
    assert_non_null(strstr(why,
                           "az sig image-version show --subscription 00000000-0000-0000-0000-000000000000 "
                           "-g MyResourceGroup -r MyGallery -i MyImage -e 1.0.0"));
    assert_true(PKR_CANCEL_WAIT_MS + PKR_LAST_WORDS_CANCELLED_MS < 1000);
    host_end(h);
}

static void a_cancelled_publish_says_what_is_left_in_azure(void **st)
{
    struct host *h = host_begin(NULL);
    uint64_t call = host_publishing(h);
    (void)st;
    packer_peer_expect_returned(h->packer, packer_peer_call(h->packer, "PostProcessor.Cancel", NULL));
    host_fail(h, ACG_ERR_CANCELLED, "cancelled", "not started");
    assert_non_null(strstr(host_expect_err(h, call), "Nothing was written to Azure: run the build again"));
    host_end(h);
}

static void cancel_before_post_process_is_remembered(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    host_configure_good(h, true);
    host_artifact(h, "packer.null", "Null", "");
    packer_peer_expect_returned(h->packer, packer_peer_call(h->packer, "PostProcessor.Cancel", NULL));
    assert_non_null(strstr(host_expect_err(h, host_post_process(h)), "Nothing was written to Azure"));
    assert_int_equal(h->starts, 0);
    host_end(h);
}

static void cancel_while_the_artifact_is_asked_starts_nothing(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    host_configure_good(h, true);
    uint64_t call = host_post_process(h); /* the artifact does not answer */
    packer_peer_expect_pending(h->packer, call);
    packer_peer_call(h->packer, "PostProcessor.Cancel", NULL);
    assert_non_null(strstr(host_expect_err(h, call), "cancelled"));
    assert_int_equal(h->starts, 0);
    host_end(h);
}

static void an_artifact_that_never_answers_ends_the_wait(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    host_configure_good(h, true);
    uint64_t call = host_post_process(h);
    packer_peer_pass_ms(h->packer, PKR_ARTIFACT_WAIT_MS - 1);
    packer_peer_expect_pending(h->packer, call);
    packer_peer_pass_ms(h->packer, 1);
    assert_non_null(strstr(host_expect_err(h, call), "within 60 seconds"));
    host_end(h);
}

static void a_failure_names_codes_and_regions(void **st)
{
    struct host *h = host_begin(NULL);
    uint64_t call = host_publishing(h);
    (void)st;
    host_fail(h, ACG_ERR_CONFLICT, "the version exists", "failed");
    assert_non_null(
        strstr(host_expect_err(h, call), "the version exists (HTTP 409, Conflict). Cause: another"));
    host_expect_said(h, "error: eastus2: Failed, 30 %; no capacity");
    host_end(h);
}

static void a_publish_that_cannot_start_is_a_failure(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    h->refuse_start = "no route";
    host_configure_good(h, true);
    host_artifact(h, "packer.null", "Null", "");
    assert_string_equal(host_expect_err(h, host_post_process(h)), "no route");
    host_end(h);
}

static void something_is_said_at_least_once_a_minute(void **st)
{
    struct host *h = host_begin(NULL);
    uint64_t call = host_publishing(h);
    (void)st;
    host_region(h, "westus", "Replicating", 5);
    packer_peer_pass_ms(h->packer, 60000);
    host_expect_said(h, "Still at it after 1 min 0 s: westus Replicating 5 % (0 of 1 regions completed)");
    packer_peer_pass_ms(h->packer, 60000);
    host_expect_said(h, "Still at it after 2 min 0 s");
    host_succeed(h, true);
    packer_peer_expect_returned(h->packer, call);
    packer_peer_pass_ms(h->packer, 120000);
    host_expect_unsaid(h, "Still at it after 4");
    host_end(h);
}

static void no_line_reveals_the_secret(void **st)
{
    struct host *h = host_begin(NULL);
    uint64_t call = host_publishing(h);
    (void)st;
    host_step(h, "sending s3cr3t-in-the-environment");
    host_expect_unsaid(h, "s3cr3t");
    host_expect_said(h, "a line was left out");
    host_fail(h, ACG_ERR_SERVICE, "bad s3cr3t-in-the-environment", "failed");
    assert_null(strstr(host_expect_err(h, call), "s3cr3t"));
    host_end(h);
}

static void faults_that_repeat_the_secret_are_not_shown(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    uint64_t call = host_configure(h, "{'gallery_name':'s3cr3t-in-the-environment'}");
    const char *text = packer_peer_expect_failed(h->packer, call, NULL);
    assert_null(strstr(text, "s3cr3t"));
    assert_non_null(strstr(text, "faults, which are not shown"));
    host_end(h);
}

static void the_spec_has_the_form_of_the_start(void **st)
{
    struct pkr_post_processor_options forms[] = {
        {.old_packer = true}, {.protobuf = false}, {.protobuf = true}};
    size_t len[3];
    (void)st;
    for (size_t i = 0; i < 3; i++) {
        struct host *h = host_begin(&forms[i]);
        struct acg_span bytes;
        uint64_t call = packer_peer_call(h->packer, "PostProcessor.ConfigSpec", NULL);
        const struct pkr_value *spec = host_field(packer_peer_expect_returned(h->packer, call), "ConfigSpec");
        assert_int_equal(spec->kind, PKR_VALUE_BIN);
        assert_true(pkr_value_as_text(spec, &bytes));
        assert_int_equal(bytes.data[0],
                         i == 2 ? 0x0a : 0x1a); /* Spec.object, or the first definition of gob */
        len[i] = bytes.len;
        host_end(h);
    }
    assert_true(len[0] < len[1]); /* attributes only */
}

static void unknown_methods_get_an_error(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    packer_peer_expect_failed(h->packer, packer_peer_call(h->packer, "PostProcessor.Nope", NULL),
                              "rpc: can't find method PostProcessor.Nope");
    host_end(h);
}

static void a_second_post_process_is_refused(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    host_publishing(h);
    packer_peer_expect_failed(h->packer, host_post_process(h), "this process has published already");
    packer_peer_expect_failed(h->packer, host_configure(h, "{}"), "Configure came after PostProcess");
    assert_int_equal(h->starts, 1);
    host_end(h);
}

static void the_end_of_the_socket_is_the_end(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    host_publishing(h);
    assert_false(pkr_post_processor_over(h->pp));
    packer_peer_die(h->packer);
    assert_true(pkr_post_processor_over(h->pp));
    host_end(h);
}

static void nothing_starts_for_a_packer_that_is_gone(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    host_configure_good(h, true);
    host_post_process(h); /* the artifact is still asked when the socket ends */
    packer_peer_die(h->packer);
    struct pkr_request request;
    assert_true(pkr_post_processor_over(h->pp));
    assert_false(pkr_post_processor_next_request(h->pp, &request));
    assert_int_equal(h->starts, 0);
    host_end(h);
}

static void a_user_interface_that_stalls_does_not_hold_the_reply_for_ever(void **st)
{
    struct host *h = host_begin(NULL);
    uint64_t call = host_publishing(h);
    (void)st;
    packer_peer_stall(h->packer, true);
    for (int i = 0; i < 100; i++)
        host_step(h, "a line that Packer does not take");
    host_succeed(h, true);
    packer_peer_pass_ms(h->packer, PKR_LAST_WORDS_MS);
    assert_string_equal(pkr_post_processor_state(h->pp), "done");
    packer_peer_stall(h->packer, false);
    packer_peer_run(h->packer);
    packer_peer_expect_returned(h->packer, call);
    host_end(h);
}

#define GALLERY                                                                                              \
    "'subscription_id':'00000000-0000-0000-0000-000000000000','resource_group':'MyResourceGroup',"           \
    "'gallery_name':'MyGallery','gallery_image_definition':'MyImage','location':'westus',"

/* @return handle of PostProcess, which has started the publish */
static uint64_t start(struct host *h, const char *object)
{
    uint64_t call;
    packer_peer_expect_returned(h->packer, host_configure(h, object));
    host_artifact(h, "x", IMAGE_ID, "");
    call = host_post_process(h);
    assert_int_equal(h->starts, 1);
    return call;
}

static void template_actions_are_rendered(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    (void)start(h,
                "{" GALLERY
                "'gallery_image_version':'1.0.{{user `patch`}}','tags':{'build':'{{build_name | upper}}'}}");
    assert_string_equal(h->version, "1.0.7");
    assert_string_equal(h->tag, "ONE");
    host_end(h);
}

static void actions_that_wait_for_the_build_are_rendered_when_it_ran(void **st)
{
    struct pkr_pair data[] = {{pkr_text("ID"), pkr_text("vm-9")}};
    struct pkr_value generated = pkr_map(data, 1);
    struct host *h = host_begin(NULL);
    (void)st;
    packer_peer_expect_returned(
        h->packer, host_configure(h, "{" GALLERY "'gallery_image_version':'1.0.0','tags':{'from':'{{build "
                                     "`ID`}} {{.BuildName}} {{.ArtifactId}}'}}"));
    host_artifact(h, "x", IMAGE_ID, "");
    packer_peer_answers_state(h->packer, "generated_data", &generated);
    (void)host_post_process(h);
    assert_string_equal(h->tag, "vm-9 one " IMAGE_ID);
    host_end(h);
}

static void an_action_that_fails_is_a_fault_of_its_field(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    uint64_t call =
        host_configure(h, "{" GALLERY "'gallery_image_version':'{{nope}}','tags':{'a':'{{build `Nope`}}'}}");
    const char *faults = packer_peer_expect_failed(h->packer, call, NULL);
    assert_non_null(strstr(faults, "2 faults:"));
    assert_non_null(strstr(faults, "* gallery_image_version: holds a template action that fails: "));
    assert_non_null(strstr(faults, "* tags[\"a\"]: holds a template action that fails: "));
    host_end(h);
}

static void a_field_that_is_not_there_is_a_fault_and_no_text(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    uint64_t call = host_configure(
        h,
        "{" GALLERY "'gallery_image_version':'1.0.0','tags':{'a':'{{.ArtefactId}}','b':'{{.BuildName}}'}}");
    const char *faults = packer_peer_expect_failed(h->packer, call, NULL);
    assert_non_null(strstr(faults, "1 fault:"));
    assert_non_null(strstr(faults, "* tags[\"a\"]: "));
    assert_non_null(strstr(faults, ".ArtifactId"));
    host_end(h);
}

static void a_value_that_the_build_did_not_make_is_a_failure_before_anything_is_sent(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    packer_peer_expect_returned(
        h->packer,
        host_configure(h, "{" GALLERY "'gallery_image_version':'1.0.0','tags':{'a':'{{build `ID`}}'}}"));
    host_artifact(h, "x", IMAGE_ID, "");
    uint64_t call = host_post_process(h);
    assert_non_null(strstr(host_expect_err(h, call), "1 fault"));
    host_expect_said(h, "tags[\"a\"]");
    assert_int_equal(h->starts, 0);
    host_end(h);
}

static void the_snapshots_of_azure_arm_become_the_source_when_asked_for(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    packer_peer_expect_returned(
        h->packer,
        host_configure(h, "{" GALLERY "'gallery_image_version':'1.0.0','artifact_source':'snapshots'}"));
    host_artifact(h, "Azure.ResourceManagement.VMImage", IMAGE_ID,
                  "ManagedImageId: " IMAGE_ID "\nManagedImageOSDiskSnapshotName: os\n"
                  "ManagedImageDataDiskSnapshotPrefix: data\n");
    (void)host_post_process(h);
    assert_int_equal(h->starts, 1);
    assert_non_null(strstr(h->os_snapshot, "/snapshots/os"));
    assert_non_null(strstr(h->prefix, "/snapshots/data"));
    assert_string_equal(h->source, "");
    host_expect_said(h, "/snapshots/data... of the data disks of " IMAGE_ID);
    host_end(h);
}

static void debug_shows_each_request(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    h->debug = true;
    (void)start(h, "{" GALLERY "'gallery_image_version':'1.0.0'}");
    host_request(h, "GET /x 200");
    host_expect_said(h, "GET /x 200");
    host_end(h);
    h = host_begin(NULL);
    (void)start(h, "{" GALLERY "'gallery_image_version':'1.0.0'}");
    host_request(h, "GET /x 200");
    host_expect_unsaid(h, "GET /x 200");
    host_end(h);
}

/* @return handle of Destroy, called on the artifact of a publish that may be deleted */
static uint64_t destroy(struct host *h, uint32_t *talk)
{
    uint64_t stream;
    uint64_t call = start(h, "{" GALLERY "'gallery_image_version':'1.0.0','delete_version_on_destroy':true}");
    host_succeed(h, true);
    assert_true(
        pkr_value_as_u64(host_field(packer_peer_expect_returned(h->packer, call), "StreamId"), &stream));
    *talk = packer_peer_dial(h->packer, (uint32_t)stream);
    return packer_peer_call_on(h->packer, *talk, "Artifact.Destroy", NULL);
}

static void destroy_deletes_the_version_of_this_run_when_told_to(void **st)
{
    struct host *h = host_begin(NULL);
    uint32_t talk;
    uint64_t call = destroy(h, &talk);
    (void)st;
    assert_int_equal(h->deletions, 1);
    host_deleted(h, ACG_OK, "deleted");
    assert_true(pkr_value_is_nil(packer_peer_expect_returned(h->packer, call)));
    packer_peer_expect_returned(h->packer, packer_peer_call_on(h->packer, talk, "Artifact.Destroy", NULL));
    assert_int_equal(h->deletions, 1); /* once is enough */
    host_end(h);
}

static void a_deletion_that_fails_is_told_to_packer(void **st)
{
    struct host *h = host_begin(NULL);
    uint32_t talk;
    uint64_t call = destroy(h, &talk);
    (void)st;
    host_deleted(h, ACG_ERR_CONFLICT, "the version is not the one");
    packer_peer_expect_failed(h->packer, call, "the version is not the one");
    call = packer_peer_call_on(h->packer, talk, "Artifact.Destroy", NULL); /* it may be tried again */
    assert_int_equal(h->deletions, 2);
    host_deleted(h, ACG_OK, "deleted");
    packer_peer_expect_returned(h->packer, call);
    host_end(h);
}

static void a_second_destroy_waits_for_nobody(void **st)
{
    struct host *h = host_begin(NULL);
    uint32_t talk;
    uint64_t call = destroy(h, &talk);
    (void)st;
    packer_peer_expect_failed(h->packer, packer_peer_call_on(h->packer, talk, "Artifact.Destroy", NULL),
                              "the version is being deleted already");
    assert_int_equal(h->deletions, 1);
    host_deleted(h, ACG_OK, "deleted");
    packer_peer_expect_returned(h->packer, call);
    host_end(h);
}

static void cancel_reaches_a_deletion(void **st)
{
    struct host *h = host_begin(NULL);
    uint32_t talk;
    uint64_t call = destroy(h, &talk);
    (void)st;
    packer_peer_expect_returned(h->packer, packer_peer_call(h->packer, "PostProcessor.Cancel", NULL));
    assert_int_equal(h->cancels, 1);
    host_deleted(h, ACG_ERR_CANCELLED, "stopped watching as asked");
    packer_peer_expect_failed(h->packer, call, "stopped watching as asked");
    host_end(h);
}

static void a_field_of_the_build_that_is_known_is_checked_at_configure(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    uint64_t call = host_configure(h, "{" GALLERY "'gallery_image_version':'{{.BuildName}}'}");
    assert_non_null(
        strstr(packer_peer_expect_failed(h->packer, call, NULL), "* gallery_image_version: 'one'"));
    host_end(h);
}

static void a_version_that_is_not_proved_may_not_be_marked_for_deletion(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    uint64_t call = host_configure(
        h, "{" GALLERY "'gallery_image_version':'1.0.0','delete_version_on_destroy':true,'wait':'accepted'}");
    assert_non_null(strstr(packer_peer_expect_failed(h->packer, call, NULL),
                           "* delete_version_on_destroy: needs a version that was read back"));
    host_end(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_publish_ends_with_an_artifact_that_packer_can_read),
        cmocka_unit_test(destroy_answers_nil_and_asks_for_nothing),
        cmocka_unit_test(the_artifact_passes_scalars_on_and_describes_each_region),
        cmocka_unit_test(old_packer_gets_no_floats_in_generated_data),
        cmocka_unit_test(a_source_that_azure_may_still_read_is_kept_by_force),
        cmocka_unit_test(the_managed_image_of_azure_arm_becomes_the_source),
        cmocka_unit_test(an_artifact_without_an_image_is_refused_by_name),
        cmocka_unit_test(all_faults_come_in_one_answer),
        cmocka_unit_test(a_later_configure_replaces_the_earlier_one),
        cmocka_unit_test(hcl2_configures_twice_and_unknown_is_refused_before_anything_is_sent),
        cmocka_unit_test(cancel_is_answered_at_once_and_post_process_within_a_second),
        cmocka_unit_test(a_cancelled_publish_says_what_is_left_in_azure),
        cmocka_unit_test(cancel_before_post_process_is_remembered),
        cmocka_unit_test(cancel_while_the_artifact_is_asked_starts_nothing),
        cmocka_unit_test(an_artifact_that_never_answers_ends_the_wait),
        cmocka_unit_test(a_failure_names_codes_and_regions),
        cmocka_unit_test(a_publish_that_cannot_start_is_a_failure),
        cmocka_unit_test(something_is_said_at_least_once_a_minute),
        cmocka_unit_test(no_line_reveals_the_secret),
        cmocka_unit_test(faults_that_repeat_the_secret_are_not_shown),
        cmocka_unit_test(the_spec_has_the_form_of_the_start),
        cmocka_unit_test(unknown_methods_get_an_error),
        cmocka_unit_test(a_second_post_process_is_refused),
        cmocka_unit_test(the_end_of_the_socket_is_the_end),
        cmocka_unit_test(nothing_starts_for_a_packer_that_is_gone),
        cmocka_unit_test(template_actions_are_rendered),
        cmocka_unit_test(a_field_that_is_not_there_is_a_fault_and_no_text),
        cmocka_unit_test(actions_that_wait_for_the_build_are_rendered_when_it_ran),
        cmocka_unit_test(an_action_that_fails_is_a_fault_of_its_field),
        cmocka_unit_test(a_value_that_the_build_did_not_make_is_a_failure_before_anything_is_sent),
        cmocka_unit_test(the_snapshots_of_azure_arm_become_the_source_when_asked_for),
        cmocka_unit_test(debug_shows_each_request),
        cmocka_unit_test(destroy_deletes_the_version_of_this_run_when_told_to),
        cmocka_unit_test(a_deletion_that_fails_is_told_to_packer),
        cmocka_unit_test(a_second_destroy_waits_for_nobody),
        cmocka_unit_test(cancel_reaches_a_deletion),
        cmocka_unit_test(a_field_of_the_build_that_is_known_is_checked_at_configure),
        cmocka_unit_test(a_version_that_is_not_proved_may_not_be_marked_for_deletion),
        cmocka_unit_test(a_user_interface_that_stalls_does_not_hold_the_reply_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
