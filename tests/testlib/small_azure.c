/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/small_azure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "model/region.h"
#include "testlib/healthy.h"
#include "testlib/talk.h"

#define OPERATIONS "/subscriptions/s/providers/Microsoft.Compute/locations/westus/capsOperations/op-"

enum { ANSWER_URL_MAX = 256, LIST_MAX = 256, PATH_MAX_LENGTH = sizeof((struct small_azure *)0)->path };

static void trouble(struct small_azure *a, const char *format, ...)
{
    va_list args;

    if (a->trouble[0] != '\0')
        return;
    va_start(args, format);
    (void)vsnprintf(a->trouble, sizeof a->trouble, format, args);
    va_end(args);
}

void small_azure_done(struct small_azure *a)
{
    json_decref(a->version);
    json_decref(a->others);
    *a = (struct small_azure){.version = NULL};
}

static json_t *targets(json_t *version)
{
    return json_object_get(json_object_get(json_object_get(version, "properties"), "publishingProfile"),
                           "targetRegions");
}

static void plain_name(const json_t *target, char out[ACGP_REGION_MAX])
{
    const char *name = json_string_value(json_object_get(target, "name"));

    out[0] = '\0';
    if (name != NULL)
        (void)acgp_region_normalise(acgp_span(name), out);
}

static struct small_azure_region *region(struct small_azure *a, const char *name)
{
    size_t i = 0;

    while (a->regions[i].name[0] != '\0' && strcmp(a->regions[i].name, name) != 0)
        i++;
    assert_true(i < SMALL_AZURE_REGIONS - 1);
    (void)snprintf(a->regions[i].name, sizeof a->regions[i].name, "%s", name);
    return &a->regions[i];
}

void small_azure_fail(struct small_azure *a, const char *name, unsigned times)
{
    region(a, name)->fails_left = times;
}

static bool lists(json_t *version, const char *name)
{
    size_t i = 0;
    json_t *each = NULL;
    char plain[ACGP_REGION_MAX];

    json_array_foreach(targets(version), i, each)
    {
        plain_name(each, plain);
        if (strcmp(plain, name) == 0)
            return true;
    }
    return false;
}

/* The regions that are new begin; what failed before begins anew with each write. */
static void begin_regions(struct small_azure *a, int64_t now_ms, json_t *before)
{
    size_t i = 0;
    json_t *each = NULL;
    char name[ACGP_REGION_MAX];

    json_array_foreach(targets(a->version), i, each)
    {
        plain_name(each, name);
        struct small_azure_region *r = region(a, name);
        if (before != NULL && lists(before, name) && !r->fails)
            continue;
        r->fails = r->fails_left > 0;
        r->fails_left -= r->fails;
        r->done_ms = now_ms + SMALL_AZURE_REGION_MS;
    }
}

static bool region_failed(struct small_azure *a)
{
    size_t i = 0;
    json_t *each = NULL;
    char name[ACGP_REGION_MAX];

    json_array_foreach(targets(a->version), i, each)
    {
        plain_name(each, name);
        if (region(a, name)->fails)
            return true;
    }
    return false;
}

static void settle(struct small_azure *a, int64_t now_ms)
{
    if (!a->deleting || now_ms < a->busy_until_ms)
        return;
    json_decref(a->version);
    a->version = NULL;
    a->deleting = false;
}

/* ---- the version as it is read ---- */

static const char *state_of(struct small_azure *a, int64_t now_ms)
{
    if (a->deleting)
        return "Deleting";
    if (now_ms < a->busy_until_ms)
        return a->operations == 1 ? "Creating" : "Updating";
    return region_failed(a) ? "Failed" : "Succeeded";
}

static json_t *status_of(struct small_azure *a, int64_t now_ms)
{
    json_t *summary = json_array(), *each = NULL;
    bool over = true, failed = false;
    char name[ACGP_REGION_MAX];
    size_t i = 0;

    json_array_foreach(targets(a->version), i, each)
    {
        plain_name(each, name);
        const struct small_azure_region *r = region(a, name);
        bool done = now_ms >= r->done_ms;
        const char *word = !done ? "Replicating" : r->fails ? "Failed" : "Completed";
        over = over && done;
        failed = failed || (done && r->fails);
        json_array_append_new(summary, json_pack("{s:s, s:s, s:s, s:i}", "region", name, "state", word,
                                                 "details", strcmp(word, "Failed") == 0 ? "no room" : "",
                                                 "progress", done ? 100 : 0));
    }
    return json_pack("{s:s, s:o}", "aggregatedState",
                     failed ? "Failed"
                     : over ? "Completed"
                            : "InProgress",
                     "summary", summary);
}

static json_t *shown(struct small_azure *a, int64_t now_ms, bool expand)
{
    json_t *version = json_deep_copy(a->version), *properties = json_object_get(version, "properties");

    json_object_set_new(properties, "provisioningState", json_string(state_of(a, now_ms)));
    if (expand)
        json_object_set_new(properties, "replicationStatus", status_of(a, now_ms));
    return version;
}

static json_t *failing(struct acgp_response *out, int status, const char *code, const char *message)
{
    out->status = status;
    return json_pack("{s:{s:s, s:s}}", "error", "code", code, "message", message);
}

static void path_of(const struct acgp_request *request, char out[PATH_MAX_LENGTH])
{
    const char *path = strstr(request->url, "/subscriptions/");

    (void)snprintf(out, PATH_MAX_LENGTH, "%.*s", (int)strcspn(path, "?"), path);
}

static json_t *other(const struct small_azure *a, const char *path)
{
    size_t i = 0;
    json_t *each = NULL;

    json_array_foreach(a->others, i, each)
    {
        if (strcmp(json_string_value(json_object_get(each, "id")), path) == 0)
            return each;
    }
    return NULL;
}

/* ---- writes ---- */

/* The version that is written is another one now. */
static void turn_to(struct small_azure *a, int64_t now_ms, const char *path)
{
    if (strcmp(a->path, path) == 0)
        return;
    if (other(a, path) != NULL)
        trouble(a, "a version of others was written");
    if (a->others == NULL)
        a->others = json_array();
    if (a->version != NULL)
        json_array_append_new(a->others, shown(a, now_ms, true));
    json_decref(a->version);
    a->version = NULL;
    (void)snprintf(a->path, sizeof a->path, "%s", path);
}

static void check_encryption(struct small_azure *a, json_t *version)
{
    size_t i = 0;
    json_t *each = NULL;
    char name[ACGP_REGION_MAX], want[2][LIST_MAX];

    json_array_foreach(targets(version), i, each)
    {
        json_t *encryption = json_object_get(each, "encryption");
        json_t *disk = json_array_get(json_object_get(encryption, "dataDiskImages"), 0);
        const char *os = json_string_value(
            json_object_get(json_object_get(encryption, "osDiskImage"), "diskEncryptionSetId"));
        const char *data = json_string_value(json_object_get(disk, "diskEncryptionSetId"));
        plain_name(each, name);
        (void)snprintf(want[0], sizeof want[0], "/diskEncryptionSets/%s-os", name);
        (void)snprintf(want[1], sizeof want[1], "/diskEncryptionSets/%s-data", name);
        if (os == NULL || strstr(os, want[0]) == NULL || data == NULL || strstr(data, want[1]) == NULL)
            trouble(a, "%s is not encrypted with its own sets", name);
    }
}

/* A region that has not failed may not leave a version that is written anew. */
static void check_kept(struct small_azure *a, json_t *version)
{
    size_t i = 0;
    json_t *each = NULL;
    char name[ACGP_REGION_MAX];

    json_array_foreach(targets(a->version), i, each)
    {
        plain_name(each, name);
        if (!lists(version, name) && !region(a, name)->fails)
            trouble(a, "%s was taken out", name);
    }
}

static void name_operation(struct small_azure *a, struct acgp_response *out, int64_t now_ms)
{
    char url[ANSWER_URL_MAX];

    a->writes++;
    a->busy_until_ms = now_ms + SMALL_AZURE_OPERATION_MS;
    (void)snprintf(url, sizeof url, "%s" OPERATIONS "%u?api-version=2022-03-03", talk_config()->endpoint,
                   ++a->operations);
    assert_true(acgp_response_header_add(out, acgp_span("Azure-AsyncOperation"), acgp_span(url)));
}

static json_t *put(struct small_azure *a, int64_t now_ms, const struct acgp_request *request,
                   struct acgp_response *out)
{
    json_t *body = json_loads(request->body, 0, NULL), *before = a->version;
    json_t *properties = json_object_get(body, "properties"), *answer = NULL;
    char date[64];

    assert_non_null(body);
    if (now_ms < a->busy_until_ms) {
        trouble(a, "a write while another was at work");
        json_decref(body);
        return failing(out, 409, "Conflict", "another operation is in progress");
    }
    check_encryption(a, body);
    check_kept(a, body);
    if (before != NULL && now_ms - a->read_ms > SMALL_AZURE_OLD_MS)
        trouble(a, "a write that builds on a reading of %lld s ago", (long long)(now_ms - a->read_ms) / 1000);
    if (before == NULL) {
        (void)snprintf(date, sizeof date, "2026-11-01T10:00:%02u.1234567+00:00", a->age++);
        json_object_set_new(json_object_get(properties, "publishingProfile"), "publishedDate",
                            json_string(date));
        json_object_set_new(
            json_object_get(properties, "storageProfile"), "osDiskImage",
            json_pack("{s:s, s:{}, s:i}", "hostCaching", "ReadWrite", "source", "sizeInGB", 30));
        json_object_set_new(json_object_get(properties, "storageProfile"), "dataDiskImages",
                            json_pack("[{s:i, s:i}]", "lun", 0, "sizeInGB", 40));
    } else { /* what a version is made of stays */
        json_t *old = json_object_get(before, "properties");
        json_object_set(properties, "storageProfile", json_object_get(old, "storageProfile"));
        json_object_set(json_object_get(properties, "publishingProfile"), "publishedDate",
                        json_object_get(json_object_get(old, "publishingProfile"), "publishedDate"));
    }
    json_object_set_new(body, "id", json_string(a->path));
    a->version = body;
    begin_regions(a, now_ms, before);
    json_decref(before);
    name_operation(a, out, now_ms);
    out->status = before == NULL ? 201 : 200;
    answer = shown(a, now_ms, false);
    return answer;
}

static json_t *delete (struct small_azure *a, int64_t now_ms, struct acgp_response *out)
{
    if (a->version == NULL) {
        out->status = 204;
        return NULL;
    }
    if (now_ms < a->busy_until_ms) {
        trouble(a, "a deletion while a write was at work");
        return failing(out, 409, "Conflict", "another operation is in progress");
    }
    name_operation(a, out, now_ms);
    a->deleting = true;
    out->status = 202;
    return NULL;
}

/* ---- reads ---- */

static json_t *operation(struct small_azure *a, int64_t now_ms, const char *number)
{
    bool newest = strtoul(number, NULL, 10) == a->operations;

    if (newest && now_ms < a->busy_until_ms)
        return json_pack("{s:s}", "status", "InProgress");
    if (newest && a->version != NULL && region_failed(a))
        return json_pack("{s:s, s:{s:s, s:s}}", "status", "Failed", "error", "code",
                         "GalleryReplicationFailed", "message", "Replication failed in at least one region.");
    return json_pack("{s:s}", "status", "Succeeded");
}

static json_t *version_answer(struct small_azure *a, int64_t now_ms, const struct acgp_request *request,
                              struct acgp_response *out)
{
    char path[PATH_MAX_LENGTH];

    path_of(request, path);
    if (request->method == ACGP_PUT)
        turn_to(a, now_ms, path);
    if (strcmp(path, a->path) != 0 && other(a, path) != NULL)
        return json_incref(other(a, path));
    if (request->method == ACGP_PUT)
        return put(a, now_ms, request, out);
    if (request->method == ACGP_DELETE)
        return delete (a, now_ms, out);
    if (a->version == NULL || strcmp(path, a->path) != 0)
        return failing(out, 404, "ResourceNotFound", "not there");
    a->read_ms = now_ms;
    return shown(a, now_ms, strstr(request->url, "$expand=") != NULL);
}

static json_t *list_of_versions(struct small_azure *a, int64_t now_ms)
{
    json_t *list = a->others != NULL ? json_deep_copy(a->others) : json_array();

    if (a->version != NULL)
        json_array_append_new(list, shown(a, now_ms, false));
    return json_pack("{s:o}", "value", list);
}

void small_azure_answer(struct small_azure *a, int64_t now_ms, const struct acgp_request *request,
                        struct acgp_response *out)
{
    const char *number = strstr(request->url, OPERATIONS);
    json_t *body = NULL;
    char *text = NULL;

    settle(a, now_ms);
    out->status = 200;
    if (number != NULL)
        body = operation(a, now_ms, number + strlen(OPERATIONS));
    else if (strstr(request->url, "/versions?") != NULL)
        body = list_of_versions(a, now_ms);
    else if (strstr(request->url, "/versions/") != NULL)
        body = version_answer(a, now_ms, request, out);
    else if (strstr(request->url, "/images/web-build") != NULL)
        body = talk_load("image.json");
    else
        body = healthy_answer(request->url, &out->status);
    if (body == NULL)
        return;
    text = json_dumps(body, 0);
    assert_non_null(text);
    assert_true(acgp_buf_text(&out->body, text));
    free(text);
    json_decref(body);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

const char *small_azure_holds(struct small_azure *a, int64_t now_ms, const char *regions)
{
    char names[SMALL_AZURE_REGIONS][ACGP_REGION_MAX], list[LIST_MAX] = "";
    size_t n = 0, i = 0;
    json_t *each = NULL;

    settle(a, now_ms);
    if (a->version == NULL)
        return "there is no version";
    json_array_foreach(targets(a->version), i, each)
    {
        assert_true(n < SMALL_AZURE_REGIONS);
        plain_name(each, names[n++]);
    }
    qsort(names, n, sizeof names[0], by_text);
    for (i = 0; i < n; i++)
        (void)snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? " " : "", names[i]);
    if (strcmp(list, regions) != 0)
        trouble(a, "its regions are %s", list);
    for (i = 0; i < n; i++)
        if (region(a, names[i])->fails || now_ms < region(a, names[i])->done_ms)
            trouble(a, "%s is not replicated", names[i]);
    check_encryption(a, a->version);
    return a->trouble[0] != '\0' ? a->trouble : NULL;
}
