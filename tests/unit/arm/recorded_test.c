/* SPDX-License-Identifier: MPL-2.0 */
/* Every recorded answer that a publish could meet is understood: versions, sources, sets, operations,
 * refusals. */
#include "testlib/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "arm/des_doc.h"
#include "arm/error_doc.h"
#include "arm/operation_doc.h"
#include "arm/source_doc.h"
#include "arm/version_doc.h"
#include "base/span.h"
#include "http/url.h"

struct counts {
    size_t versions, images, machines, disks, sets, operations, errors, poll_urls;
};

static const char *text_of(const json_t *exchange, const char *name)
{
    const char *text = json_string_value(json_object_get(exchange, name));

    return text ? text : "";
}

/* Does the URL's path end with /kind/NAME? */
static bool names(const char *url, const char *kind)
{
    const char *at = strstr(url, kind);
    const char *end = url + strcspn(url, "?");

    return at != NULL && at < end &&
           memchr(at + strlen(kind), '/', (size_t)(end - at) - strlen(kind)) == NULL;
}

static void read_version(struct acg_span body, struct counts *n)
{
    struct acgp_version_doc doc = {0};
    struct acg_error err = {0};

    if (acgp_version_doc_decode(body, &doc, &err) != ACG_OK)
        fail_msg("%s", err.message);
    assert_non_null(doc.provisioning_state);
    assert_true(doc.regions.count != 0);
    acgp_version_doc_done(&doc);
    n->versions++;
}

static void read_source(struct acg_span body, enum acgp_resource_kind kind, size_t *n)
{
    struct acgp_source_doc doc;
    struct acg_error err = {0};

    if (acgp_source_doc_decode(body, kind, &doc, &err) != ACG_OK)
        fail_msg("%s", err.message);
    assert_string_not_equal(doc.location, "");
    (*n)++;
}

static void read_set(struct acg_span body, struct counts *n)
{
    struct acgp_des_doc doc = {0};
    struct acg_error err = {0};

    if (acgp_des_doc_decode(body, &doc, &err) != ACG_OK)
        fail_msg("%s", err.message);
    assert_non_null(doc.location);
    acgp_des_doc_done(&doc);
    n->sets++;
}

static void read_operation(struct acg_span body, struct counts *n)
{
    enum acgp_operation_state state = ACGP_OPERATION_UNSAID;
    struct acg_error failure = {0};

    assert_int_equal(acgp_operation_doc_decode(body, &state, &failure, NULL), ACG_OK);
    assert_int_not_equal(state, ACGP_OPERATION_UNSAID);
    n->operations++;
}

static void read_error(int status, struct acg_span body, bool told, struct counts *n)
{
    struct acgp_response r;
    struct acg_error err = {0};

    acgp_response_init(&r);
    r.status = status;
    assert_true(acgp_buf_span(&r.body, body));
    acgp_error_from_response(&r, "reading", &err);
    assert_int_not_equal(err.status, ACG_OK);
    if (told)
        assert_string_not_equal(err.arm_code, "");
    acgp_response_done(&r);
    n->errors++;
}

static void read_success(const char *method, const char *url, struct acg_span body, struct counts *n)
{
    bool get = strcmp(method, "GET") == 0;

    if (names(url, "/capsOperations/") && strstr(url, "monitor=true") == NULL)
        read_operation(body, n);
    else if (names(url, "/versions/") && strstr(url, "/galleries/") != NULL && strcmp(method, "DELETE") != 0)
        read_version(body, n);
    else if (get && names(url, "Microsoft.Compute/images/"))
        read_source(body, ACGP_RESOURCE_MANAGED_IMAGE, &n->images);
    else if (get && names(url, "/virtualMachines/"))
        read_source(body, ACGP_RESOURCE_VIRTUAL_MACHINE, &n->machines);
    else if (get && (names(url, "/snapshots/") || names(url, "/disks/")))
        read_source(body, ACGP_RESOURCE_DISK, &n->disks);
    else if (get && names(url, "/diskEncryptionSets/"))
        read_set(body, n);
}

static void read_exchange(const json_t *exchange, struct counts *n)
{
    const json_t *body = json_object_get(exchange, "response_body");
    const char *poll = text_of(json_object_get(exchange, "response_headers"), "azure-asyncoperation");
    int status = (int)json_integer_value(json_object_get(exchange, "status"));
    char *text = json_is_object(body) ? json_dumps(body, 0) : NULL;

    if (poll[0] != '\0') {
        assert_true(acgp_url_trusted(acgp_span(poll), acgp_span("https://management.azure.com")));
        n->poll_urls++;
    }
    if (status >= 400)
        read_error(status, acgp_span(text), text != NULL, n);
    else if (text != NULL)
        read_success(text_of(exchange, "method"), text_of(exchange, "url"), acgp_span(text), n);
    free(text);
}

static void read_file(const char *name, struct counts *n)
{
    char path[1024];
    json_t *root = NULL;

    snprintf(path, sizeof path, "%s/%s", RECORDINGS, name);
    root = json_load_file(path, 0, NULL);
    assert_non_null(root);
    for (size_t i = 0; i < json_array_size(root); i++)
        read_exchange(json_array_get(root, i), n);
    json_decref(root);
}

static void every_recorded_answer_is_understood(void **st)
{
    DIR *dir = opendir(RECORDINGS);
    struct counts n = {0};

    (void)st;
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        const char *tail = strrchr(e->d_name, '.');
        if (tail == NULL || strcmp(tail, ".json") != 0 || strncmp(e->d_name, "spec-", 5) == 0)
            continue; /* spec files are documentation, not traffic */
        read_file(e->d_name, &n);
    }
    closedir(dir);
    print_message(
        "versions %zu, images %zu, machines %zu, disks %zu, sets %zu, operations %zu, errors %zu, poll URLs "
        "%zu\n",
        n.versions, n.images, n.machines, n.disks, n.sets, n.operations, n.errors, n.poll_urls);
    assert_true(n.versions > 50 && n.images > 0 && n.machines > 0 && n.disks > 0 && n.sets > 0 &&
                n.operations > 50 && n.errors > 5 && n.poll_urls > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recorded_answer_is_understood),
    };

    return cmocka_run_group_tests_name("recorded", tests, NULL, NULL);
}
