/* SPDX-License-Identifier: MPL-2.0 */
/* What a version that exists, a quorum and a name that is chosen mean to Packer. */
#include "host.h"

#include <string.h>

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

static void force_replaces_the_version_where_on_existing_is_not_written(void **st)
{
    struct host *h = host_begin(NULL);
    (void)st;
    h->force = true;
    (void)start(h, "{" GALLERY "'gallery_image_version':'1.0.0'}");
    assert_int_equal(h->on_existing, ACG_ON_EXISTING_REPLACE);
    host_expect_said(h, "-force: a version of that name is deleted and made anew");
    host_end(h);
    h = host_begin(NULL);
    h->force = true;
    (void)start(h, "{" GALLERY "'gallery_image_version':'1.0.0','on_existing':'fail'}");
    assert_int_equal(h->on_existing, ACG_ON_EXISTING_FAIL);
    host_expect_said(h, "-force does not reach the image version: on_existing is written, and wins");
    host_end(h);
    h = host_begin(NULL);
    (void)start(h, "{" GALLERY "'gallery_image_version':'1.0.0'}");
    assert_int_equal(h->on_existing, ACG_ON_EXISTING_FAIL);
    host_expect_unsaid(h, "-force");
    host_end(h);
}

static const struct pkr_value *ask_result(struct host *h, const struct pkr_value *reply, const char *method,
                                          const struct pkr_value *argument)
{
    uint64_t stream = 0;
    assert_true(pkr_value_as_u64(host_field(reply, "StreamId"), &stream));
    uint32_t talk = packer_peer_dial(h->packer, (uint32_t)stream);
    return packer_peer_expect_returned(h->packer, packer_peer_call_on(h->packer, talk, method, argument));
}

static void a_quorum_that_is_met_is_a_success_that_names_what_is_missing(void **st)
{
    struct pkr_value key = pkr_text("par.artifact.metadata"), nil = pkr_nil();
    struct acg_span text = {NULL, 0};
    bool force = true;
    (void)st;
    for (int i = 0; i < 2; i++) {
        struct host *h = host_begin(NULL);
        uint64_t call = host_publishing(h);
        host_succeed_in_part(h);
        const struct pkr_value *body = packer_peer_expect_returned(h->packer, call);
        assert_true(pkr_value_is_nil(host_field(body, "Err")));
        assert_true(pkr_value_as_bool(host_field(body, "ForceOverride"), &force));
        assert_false(force); /* no region reads the source any more */
        host_expect_said(h, "published without eastus2");
        host_expect_said(h, "eastus2: missing; no capacity");
        host_expect_said(h, "Published in part: what is there was read back");
        host_expect_unsaid(h, "replicated to every region");
        if (i == 0) {
            assert_int_equal(pkr_value_count(ask_result(h, body, "Artifact.State", &key)), 1);
        } else {
            assert_true(pkr_value_as_text(ask_result(h, body, "Artifact.String", &nil), &text));
            assert_non_null(strstr(text.data, "eastus2: missing; no capacity"));
        }
        host_end(h);
    }
}

static void the_number_of_the_build_ends_the_version(void **st)
{
    static const char *const variables[] = {"AZURE_TENANT_ID",
                                            "t",
                                            "AZURE_CLIENT_ID",
                                            "c",
                                            "AZURE_CLIENT_SECRET",
                                            "secret-of-test",
                                            "BUILD_NUMBER",
                                            "77",
                                            NULL};
    struct host *h = host_begin(NULL);
    (void)st;
    h->variables = variables;
    (void)start(h, "{" GALLERY "'gallery_image_version':'1.4.build'}");
    assert_int_equal(h->build_number, 77);
    host_end(h);
}

static void a_version_whose_name_was_chosen_is_deleted_by_that_name(void **st)
{
    struct host *h = host_begin(NULL);
    uint64_t stream = 0;
    (void)st;
    h->chosen =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/G/images/I/versions/1.0.7";
    uint64_t call = start(h, "{" GALLERY "'gallery_image_version':'auto','delete_version_on_destroy':true}");
    host_succeed(h, true);
    assert_true(
        pkr_value_as_u64(host_field(packer_peer_expect_returned(h->packer, call), "StreamId"), &stream));
    uint32_t talk = packer_peer_dial(h->packer, (uint32_t)stream);
    call = packer_peer_call_on(h->packer, talk, "Artifact.Destroy", NULL);
    host_deleted(h, ACG_OK, "");
    (void)packer_peer_expect_returned(h->packer, call);
    assert_int_equal(h->deletions, 1);
    host_end(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(force_replaces_the_version_where_on_existing_is_not_written),
        cmocka_unit_test(a_quorum_that_is_met_is_a_success_that_names_what_is_missing),
        cmocka_unit_test(the_number_of_the_build_ends_the_version),
        cmocka_unit_test(a_version_whose_name_was_chosen_is_deleted_by_that_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
