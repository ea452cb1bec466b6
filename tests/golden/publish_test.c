/* SPDX-License-Identifier: MPL-2.0 */
/* Options to plan to body to conversation, a folder per case and a file per stage:
 *   options.json    what the caller wants
 *   source.json     what Azure says of the source, where it is asked
 *   sets.json       the same of disk encryption sets
 *   resources.json  the same of anything else, by type and name; what stands nowhere is as in
 * testlib/healthy.h plan.txt        which set encrypts which disk where body.json       what the PUT carries
 *   events.txt      requests and events, in order
 *   proof.md        the report of what was read back
 * With ACG_GOLDEN_WRITE in the environment the last four are written anew, and the test fails so that nobody
 * takes that for a pass. */
#include "testlib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include <acg/report.h>

#include "base/span.h"
#include "plan/coverage.h"
#include "publish/publish.h"
#include "testlib/healthy.h"
#include "testlib/options_json.h"
#include "testlib/scribe.h"

#define ENDPOINT "https://management.azure.com"

enum { TEXT_MAX = 65536, NOW_UNIX_S = 1790000000, TURNS_MAX = 1000 };

struct golden {
    const char *name;
    struct acgp_work *m;
    int64_t now_ms;
    json_t *put; /* body of the PUT */
    unsigned polls, reads;
    char transcript[TEXT_MAX];
};

static void path_of(char *out, size_t size, const char *name, const char *file)
{
    int n = snprintf(out, size, "%s/golden/%s/%s", ACG_TESTS, name, file);

    assert_true(n > 0 && (size_t)n < size);
}

static json_t *load(const char *name, const char *file)
{
    char path[512];

    path_of(path, sizeof path, name, file);
    return json_load_file(path, 0, NULL);
}

static void matches(const char *name, const char *file, const char *got)
{
    static char want[TEXT_MAX];
    char path[512];
    size_t n = 0;
    FILE *f = NULL;

    path_of(path, sizeof path, name, file);
    if (getenv("ACG_GOLDEN_WRITE") != NULL) {
        f = fopen(path, "w");
        assert_non_null(f);
        assert_true(fputs(got, f) >= 0);
        fclose(f);
        return;
    }
    f = fopen(path, "r");
    if (f == NULL)
        fail_msg("%s is missing", path);
    n = fread(want, 1, sizeof want - 1, f);
    fclose(f);
    want[n] = '\0';
    if (strcmp(got, want) != 0)
        print_error("---- %s is otherwise:\n%s----\n", path, got);
    assert_string_equal(got, want);
}

static void add(char *out, const char *text)
{
    assert_true(strlen(out) + strlen(text) + 1 < TEXT_MAX);
    strncat(out, text, TEXT_MAX - strlen(out) - 1);
}

/* ---- plan ---- */

/* Of the image behind the snapshots, else the source itself. */
static json_t *load_source(const struct golden *g)
{
    json_t *resources = load(g->name, "resources.json"), *image = NULL;
    const char *name = NULL;
    json_t *value = NULL;

    if (resources == NULL)
        return load(g->name, "source.json");
    json_object_foreach(resources, name, value)
    {
        if (strncmp(name, "images/", strlen("images/")) == 0)
            image = json_incref(value);
    }
    json_decref(resources);
    return image;
}

static size_t source_luns(const struct golden *g, const struct acgp_publish_spec *spec, int32_t luns[64])
{
    json_t *source = load_source(g);
    const json_t *profile = json_object_get(json_object_get(source, "properties"), "storageProfile");
    const json_t *disks = json_object_get(profile, "dataDisks");
    size_t n = 0;

    for (size_t i = 0;
         (spec->source.whole_image || spec->source.prefix) && i < json_array_size(disks) && n < 64; i++)
        luns[n++] = (int32_t)json_integer_value(json_object_get(json_array_get(disks, i), "lun"));
    for (size_t i = 0; !spec->source.whole_image && i < spec->source.data_count && n < 64; i++)
        luns[n++] = spec->source.data[i].lun;
    json_decref(source);
    return n;
}

static void check_plan(const struct golden *g, const struct acgp_publish_spec *spec)
{
    static char plan[TEXT_MAX];
    struct acg_findings *findings = NULL;
    struct acgp_coverage c = {0};
    int32_t luns[64];
    size_t count = source_luns(g, spec, luns);
    char line[1024];

    plan[0] = '\0';
    assert_int_equal(acg_findings_new(&findings, NULL), ACG_OK);
    assert_int_equal(
        acgp_coverage_make(spec, spec->places, spec->place_count, luns, count, true, findings, &c, NULL),
        ACG_OK);
    assert_int_equal(acg_findings_count(findings), 0);
    for (size_t i = 0; i < c.place_count; i++) {
        for (size_t d = 0; d < c.places[i].disk_count; d++) {
            const struct acgp_covered_disk *disk = &c.places[i].disks[d];
            const char *zone = c.places[i].place->zone;
            char which[32] = "OS disk";
            if (!disk->disk.os)
                snprintf(which, sizeof which, "LUN %d", (int)disk->disk.lun);
            snprintf(line, sizeof line, "%s%s%s, %s: %s\n", zone ? zone : "", zone ? "@" : "",
                     c.places[i].place->region, which, disk->set_id ? disk->set_id : "platform key");
            add(plan, line);
        }
    }
    acgp_coverage_done(&c);
    acg_findings_free(findings);
    matches(g->name, "plan.txt", plan);
}

/* ---- Azure ---- */

static void respond(struct golden *g, uint32_t request, int status, json_t *body, bool operation)
{
    struct acgp_response r;
    char *text = json_dumps(body, JSON_COMPACT);
    const char *url = ENDPOINT "/capsOperations/op?api-version=2022-03-03&s=secret";

    assert_non_null(text);
    acgp_response_init(&r);
    r.status = status;
    assert_true(acgp_buf_text(&r.body, text));
    if (operation)
        assert_true(acgp_response_header_add(&r, acgp_span("Azure-AsyncOperation"), acgp_span(url)));
    acgp_work_on_response(g->m, g->now_ms, request, &r);
    acgp_response_done(&r);
    free(text);
    json_decref(body);
}

/* Data disks as the version lists them, from the source or from the PUT. */
static json_t *listed_disks(const struct golden *g, const json_t *storage)
{
    json_t *source = load(g->name, "source.json"), *list = json_array();
    const json_t *profile = json_object_get(json_object_get(source, "properties"), "storageProfile");
    const json_t *disks = json_object_get(profile, "dataDisks");

    if (disks == NULL)
        disks = json_object_get(storage, "dataDiskImages");
    for (size_t i = 0; i < json_array_size(disks); i++)
        json_array_append_new(list,
                              json_pack("{s:O}", "lun", json_object_get(json_array_get(disks, i), "lun")));
    json_decref(source);
    return list;
}

/* The version that the PUT asked for, replicating at first, then done. */
static json_t *version(struct golden *g)
{
    bool done = ++g->reads > 1;
    json_t *doc = json_deep_copy(g->put), *properties = json_object_get(doc, "properties");
    json_t *storage = json_object_get(properties, "storageProfile"), *summary = json_array();
    const json_t *regions =
        json_object_get(json_object_get(properties, "publishingProfile"), "targetRegions");

    json_object_set_new(storage, "dataDiskImages", listed_disks(g, storage));
    json_object_set_new(storage, "osDiskImage", json_pack("{s:{}}", "source"));
    for (size_t i = 0; i < json_array_size(regions); i++)
        json_array_append_new(summary, json_pack("{s:O, s:s, s:i}", "region",
                                                 json_object_get(json_array_get(regions, i), "name"), "state",
                                                 done ? "Completed" : "Replicating", "progress",
                                                 done ? 100 : 40 + (int)i));
    json_object_set_new(properties, "provisioningState", json_string(done ? "Succeeded" : "Creating"));
    json_object_set_new(
        properties, "replicationStatus",
        json_pack("{s:s, s:o}", "aggregatedState", done ? "Completed" : "InProgress", "summary", summary));
    return doc;
}

/* The resource of this URL in a file that lists them under their names, behind their type where it is not in
 * type. NULL: the file is not there, or does not tell of it. */
static json_t *listed(const struct golden *g, const char *file, const char *type, const char *url)
{
    json_t *resources = load(g->name, file), *found = NULL;
    const char *name = NULL;
    json_t *value = NULL;
    char part[128];

    json_object_foreach(resources, name, value)
    {
        snprintf(part, sizeof part, "/%s%s?", type, name);
        if (strstr(url, part) != NULL)
            found = json_incref(value);
    }
    json_decref(resources);
    return found;
}

static void answer(struct golden *g, uint32_t request, const struct acgp_request *q)
{
    bool version_url = strstr(q->url, "/versions/") != NULL;

    if (q->method == ACGP_PUT) {
        g->put = json_loads(q->body, 0, NULL);
        assert_non_null(g->put);
        respond(g, request, 201, json_deep_copy(g->put), true);
    } else if (strstr(q->url, "/capsOperations/") != NULL) {
        respond(g, request, 200, json_pack("{s:s}", "status", ++g->polls < 3 ? "InProgress" : "Succeeded"),
                false);
    } else if (version_url && strstr(q->url, "$expand") != NULL) {
        respond(g, request, 200, version(g), false);
    } else {
        int status = 200;
        json_t *resource = listed(g, "resources.json", "", q->url);
        if (resource == NULL)
            resource = listed(g, "sets.json", "diskEncryptionSets/", q->url);
        if (resource == NULL && strstr(q->url, "/images/web-build?") != NULL)
            resource = load(g->name, "source.json");
        if (resource == NULL)
            resource = healthy_answer(q->url, &status);
        assert_non_null(resource);
        respond(g, request, status, resource, false);
    }
}

/* ---- the conversation ---- */

static void listen(struct golden *g)
{
    static const char *const kinds[] = {[ACG_EVENT_STEP] = "step",
                                        [ACG_EVENT_REGION] = "region",
                                        [ACG_EVENT_NOTICE] = "notice",
                                        [ACG_EVENT_FINDING] = "finding",
                                        [ACG_EVENT_DONE] = "done"};
    const struct acg_event *e = NULL;
    char line[4096];

    while (acgp_work_next_event(g->m, &e)) {
        snprintf(line, sizeof line, "%3d s %s %s\n", (int)(e->elapsed_ms / 1000), kinds[e->kind], e->text);
        add(g->transcript, line);
        if (e->kind != ACG_EVENT_DONE)
            continue;
        snprintf(line, sizeof line, "%3d s %s, %s, %zu region(s)\n", (int)(e->elapsed_ms / 1000),
                 e->result->state, e->result->proved ? "proved" : "not proved", e->result->region_count);
        add(g->transcript, line);
    }
}

static void converse(struct golden *g)
{
    struct acgp_action act = {0};
    char line[1024];

    for (int i = 0; i < TURNS_MAX; i++) {
        assert_true(acgp_work_next(g->m, g->now_ms, &act));
        listen(g);
        if (act.kind == ACGP_ACT_DONE)
            return;
        if (act.kind == ACGP_ACT_WAIT)
            g->now_ms = act.until_ms;
        if (act.kind == ACGP_ACT_TURN)
            acgp_work_on_turn(g->m, g->now_ms);
        if (no_journal(g->m, g->now_ms, &act) || act.kind != ACGP_ACT_SEND)
            continue;
        snprintf(line, sizeof line, "      %s %.*s\n", acgp_method_name(act.message->method),
                 (int)strcspn(act.message->url + strlen(ENDPOINT), "&"), act.message->url + strlen(ENDPOINT));
        add(g->transcript, line);
        answer(g, act.request, act.message);
    }
    fail_msg("the conversation does not end");
}

static void check_body(const struct golden *g)
{
    char *body = json_dumps(g->put, JSON_INDENT(2));
    size_t len = 0;

    assert_non_null(body);
    len = strlen(body);
    body = realloc(body, len + 2);
    assert_non_null(body);
    memcpy(body + len, "\n", 2);
    matches(g->name, "body.json", body);
    free(body);
}

static void check_case(void **st)
{
    struct acgp_work_config config = {.endpoint = ENDPOINT, .seed = 3, .now_unix_s = NOW_UNIX_S};
    struct golden *g = calloc(1, sizeof *g);
    struct acgp_publish_spec *spec = NULL;
    char path[512];

    assert_non_null(g);
    g->name = *st;
    path_of(path, sizeof path, g->name, "options.json");
    spec = options_json_spec(path, NOW_UNIX_S);
    check_plan(g, spec);
    assert_int_equal(acgp_publish_new(spec, &config, &g->m, NULL), ACG_OK);
    converse(g);
    assert_null(strstr(g->transcript, "secret"));
    check_body(g);
    matches(g->name, "events.txt", g->transcript);
    assert_non_null(g->m->report);
    assert_string_equal(acg_report_kind(g->m->report), "proof");
    matches(g->name, "proof.md", acg_report_markdown(g->m->report));
    acgp_work_free(g->m);
    json_decref(g->put);
    free(g);
    assert_null(getenv("ACG_GOLDEN_WRITE"));
}

#define GOLDEN(case_name)                                                                                    \
    {                                                                                                        \
        case_name, check_case, NULL, NULL, (void *)(uintptr_t)case_name                                      \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        GOLDEN("image-cmk"), GOLDEN("snapshots-double"), GOLDEN("vm-plain"),      GOLDEN("region-wide"),
        GOLDEN("edge-zone"), GOLDEN("confidential"),     GOLDEN("source-region"), GOLDEN("snapshots-found"),
    };

    return cmocka_run_group_tests_name("golden publishes", tests, NULL, NULL);
}
