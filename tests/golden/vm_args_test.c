/* SPDX-License-Identifier: MPL-2.0 */
/* How a VM is made of a version, a folder of tests/golden/vm per case:
 *   case.json     region, subscription (or null), and Azure's answers: version and definition
 *   expected.txt  findings, end, report
 * With ACG_GOLDEN_WRITE in the environment the second is written anew, and the test fails so that nobody
 * takes that for a pass. */
#include "testlib/talk.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "vm/args.h"

#define ID                                                                                                   \
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/Microsoft.Compute/" \
    "galleries/Golden/images/web/versions/1.4.0"

enum { TEXT_MAX = 65536 };

static void path_of(char *out, size_t size, const char *name, const char *file)
{
    int n = snprintf(out, size, "%s/golden/vm/%s/%s", ACG_TESTS, name, file);

    assert_true(n > 0 && (size_t)n < size);
}

static void matches(const char *name, const char *got)
{
    static char want[TEXT_MAX];
    char path[512];
    size_t n = 0;
    FILE *f = NULL;

    path_of(path, sizeof path, name, "expected.txt");
    f = fopen(path, getenv("ACG_GOLDEN_WRITE") != NULL ? "w" : "r");
    if (f == NULL)
        fail_msg("%s is missing", path);
    if (getenv("ACG_GOLDEN_WRITE") != NULL)
        assert_true(fputs(got, f) >= 0);
    else
        n = fread(want, 1, sizeof want - 1, f);
    fclose(f);
    want[n] = '\0';
    assert_null(getenv("ACG_GOLDEN_WRITE"));
    assert_string_equal(got, want);
}

static void answer(struct talk *t, const char *url, const json_t *body)
{
    char *text = json_dumps(body, 0);

    assert_non_null(text);
    talk_expect(t, "GET", url);
    talk_reply_text(t, 200, text);
    free(text);
}

/* The pieces of the JSON are those that people see. */
static void same_pieces(const struct talk *t)
{
    json_t *root = json_loads(t->report, 0, NULL);
    const char *const names[] = {"az", "powershell", "bicep"};

    assert_non_null(root);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_non_null(strstr(t->report_text, json_string_value(json_object_get(root, names[i]))));
    json_decref(root);
}

static void check_case(void **st)
{
    static char got[TEXT_MAX];
    char path[512];
    struct acgp_work_config config = *talk_config();
    struct acgp_work *w = NULL;
    struct talk t;
    json_t *input = NULL;
    struct acgp_vm_wish wish = {.version_id = ID};

    path_of(path, sizeof path, *st, "case.json");
    input = json_load_file(path, 0, NULL);
    if (input == NULL)
        fail_msg("%s is missing, or no JSON", path);
    wish.region = json_string_value(json_object_get(input, "region"));
    wish.subscription = json_string_value(json_object_get(input, "subscription"));
    config.timeout_ms = 300000;
    assert_int_equal(acgp_vm_args_new(&wish, &config, &w, NULL), ACG_OK);
    t = talk_begin_work(w);
    answer(&t, "/versions/1.4.0?$expand=ReplicationStatus", json_object_get(input, "version"));
    answer(&t, "/images/web?api-version=", json_object_get(input, "definition"));
    talk_listen(&t);
    assert_true(t.done_event);
    assert_int_equal(t.gets, 2);
    snprintf(got, sizeof got, "%s%s\n%s", t.told, acg_status_name(t.error.status),
             t.report_text ? t.report_text : "");
    if (t.report != NULL)
        same_pieces(&t);
    json_decref(input);
    talk_free(&t);
    matches(*st, got);
}

/* ---- what keeps it from reading ---- */

static struct talk begin(void)
{
    struct acgp_work_config config = *talk_config();
    struct acgp_vm_wish wish = {.version_id = ID, .region = "westus"};
    struct acgp_work *w = NULL;

    config.timeout_ms = 300000;
    assert_int_equal(acgp_vm_args_new(&wish, &config, &w, NULL), ACG_OK);
    return talk_begin_work(w);
}

static void a_version_or_definition_that_is_not_there_is_named(void **st)
{
    struct talk t = begin();

    (void)st;
    talk_expect(&t, "GET", "/images/web?");
    talk_reply(&t, 404, "error-not-found.json");
    talk_expect(&t, "GET", "/versions/1.4.0?");
    talk_reply(&t, 404, "error-not-found.json");
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "there is no such version: " ID);
    talk_free(&t);
    t = begin();
    talk_expect(&t, "GET", "/versions/1.4.0?");
    talk_reply(&t, 200, "succeeded.json");
    talk_expect(&t, "GET", "/images/web?");
    talk_reply(&t, 404, "error-not-found.json");
    talk_ends(&t, ACG_ERR_SERVICE);
    talk_told(&t, "there is no such image definition: ");
    talk_free(&t);
}

static void a_login_that_fails_outweighs_the_rest(void **st)
{
    struct talk t = begin();

    (void)st;
    talk_expect(&t, "GET", "/versions/1.4.0?");
    talk_reply(&t, 404, "error-not-found.json");
    talk_expect(&t, "GET", "/images/web?");
    talk_reply(&t, 403, "error-forbidden.json");
    talk_ends(&t, ACG_ERR_AUTH);
    talk_free(&t);
}

static void an_answer_that_is_no_definition_ends_it(void **st)
{
    struct talk t = begin();

    (void)st;
    talk_expect(&t, "GET", "/versions/1.4.0?");
    talk_reply(&t, 200, "succeeded.json");
    talk_expect(&t, "GET", "/images/web?");
    talk_reply_text(&t, 200, "{\"properties\": {\"osType\": 7}}");
    talk_ends(&t, ACG_ERR_PROTOCOL);
    talk_told(&t, "reading the image definition");
    talk_free(&t);
}

static void cancel_and_time_end_it(void **st)
{
    struct talk t = begin();

    (void)st;
    talk_cancel(&t);
    talk_ends(&t, ACG_ERR_CANCELLED);
    talk_free(&t);
    t = begin();
    talk_pass_ms(&t, 300000);
    talk_ends(&t, ACG_ERR_TIMEOUT);
    talk_free(&t);
}

#define GOLDEN(case_name)                                                                                    \
    {                                                                                                        \
        case_name, check_case, NULL, NULL, (void *)(uintptr_t)case_name                                      \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        GOLDEN("linux-generalised"),
        GOLDEN("windows-specialised"),
        GOLDEN("no-data-disks"),
        GOLDEN("platform-keys"),
        GOLDEN("mixed-data-disks"),
        GOLDEN("confidential-customer"),
        GOLDEN("confidential-platform"),
        GOLDEN("trusted-launch-plan"),
        GOLDEN("arm64"),
        GOLDEN("other-subscription"),
        GOLDEN("other-region"),
        GOLDEN("not-replicated-yet"),
        GOLDEN("odd-names"),
        cmocka_unit_test(a_version_or_definition_that_is_not_there_is_named),
        cmocka_unit_test(a_login_that_fails_outweighs_the_rest),
        cmocka_unit_test(an_answer_that_is_no_definition_ends_it),
        cmocka_unit_test(cancel_and_time_end_it),
    };

    return cmocka_run_group_tests_name("how a VM is made", tests, NULL, NULL);
}
