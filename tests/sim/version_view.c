/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/jsonx.h"
#include "sim/regions.h"
#include "sim/text.h"
#include "sim/version.h"

#include <stdlib.h>
#include <string.h>

/* Replication as time passes, and what a read of a version shows. */

json_t *sim_version_script(const struct sim_world *w, const char *id)
{
    size_t i;
    json_t *each;
    json_array_foreach(sim_at(w->settings, "versions"), i, each)
    {
        const char *match = sim_text_at(each, "match");
        if (!match || sim_glob(match, id))
            return each;
    }
    return NULL;
}

/* An entry of an object whose names are regions in either spelling. */
static json_t *by_region(const json_t *table, const char *region)
{
    const char *name;
    json_t *each;
    json_t *all = sim_at(table, "");
    json_object_foreach(all, name, each)
    {
        if (sim_region_same(name, region))
            return each;
    }
    return NULL;
}

/* A region that fails only so often counts its beginnings. */
static bool fails_now(const json_t *script)
{
    int64_t left = sim_int_at(script, "fail_times", -1);
    if (left > 0)
        json_object_set_new((json_t *)(uintptr_t)script, "fail_times", json_integer(left - 1));
    return left != 0;
}

static json_t *plan(const struct sim_world *w, const struct sim_resource *r, const char *region)
{
    const json_t *script = by_region(sim_at(r->script, "regions"), region);
    const json_t *speed = by_region(sim_at(w->settings, "speeds.replication_ms_by_region"), region);
    int64_t length_ms = json_is_integer(speed) ? json_integer_value(speed) : sim_speed(w, "replication_ms");
    length_ms = sim_int_at(script, "ms", length_ms);
    int64_t now = sim_now(w);
    json_t *out = json_pack("{s:I, s:I}", "start", (json_int_t)now, "end", (json_int_t)(now + length_ms));
    if (fails_now(script))
        sim_carry(out, script, "fail");
    sim_carry(out, script, "state");
    sim_carry(out, script, "stop_at");
    return out;
}

void sim_version_replicate(struct sim_world *w, struct sim_resource *r)
{
    json_t *fresh = json_object();
    size_t i;
    const json_t *each;
    json_array_foreach(sim_at(r->body, "properties.publishingProfile.targetRegions"), i, each)
    {
        const char *name = sim_text_at(each, "name");
        const struct sim_region *known = sim_region_find(name);
        const char *key = known ? known->name : name;
        json_t *have = json_object_get(r->replication, key);
        /* A repeated PUT restarts what failed and leaves finished regions alone. */
        bool keep = have && !json_object_get(have, "fail");
        json_object_set_new(fresh, key, keep ? json_incref(have) : plan(w, r, key));
    }
    json_decref(r->replication);
    r->replication = fresh;
}

int64_t sim_version_replicated_at(const struct sim_resource *r)
{
    int64_t last = 0;
    const char *name;
    json_t *each;
    json_object_foreach(r->replication, name, each)
    {
        int64_t end = sim_int_at(each, "end", 0);
        last = end > last ? end : last;
    }
    return last;
}

static json_t *region_status(const char *region, const json_t *plan_of, int64_t now)
{
    int64_t start = sim_int_at(plan_of, "start", 0), end = sim_int_at(plan_of, "end", 0);
    const char *fail = sim_text_at(plan_of, "fail"), *state = sim_text_at(plan_of, "state");
    int64_t percent = end > start ? (now - start) * 100 / (end - start) : 100;
    bool over = now >= end;
    int64_t stop = sim_int_at(plan_of, "stop_at", 100);
    percent = percent > 100 ? 100 : percent < 0 ? 0 : percent;
    if (fail && over)
        return json_pack("{s:s, s:s, s:s, s:I}", "region", region, "state", "Failed", "details", fail,
                         "progress", (json_int_t)(stop < 100 ? stop : 0));
    if (stop < 100) /* a region that never ends */
        return json_pack("{s:s, s:s, s:s, s:I}", "region", region, "state", state ? state : "Replicating",
                         "details", "", "progress", (json_int_t)(percent < stop ? percent : stop));
    if (over)
        return json_pack("{s:s, s:s, s:I}", "region", region, "state", state ? state : "Completed",
                         "progress", (json_int_t)100);
    return json_pack("{s:s, s:s, s:s, s:I}", "region", region, "state", "Replicating", "details", "",
                     "progress", (json_int_t)(percent > 99 ? 99 : percent));
}

/* Short region names, as recorded (the same body's targetRegions use display names). */
static json_t *replication_status(const struct sim_resource *r, int64_t now)
{
    json_t *summary = json_array();
    bool running = false, failed = false;
    const char *name;
    json_t *each;
    json_object_foreach(r->replication, name, each)
    {
        json_t *one = region_status(name, each, now);
        const char *state = sim_text_at(one, "state");
        failed = failed || sim_same(state, "Failed");
        running = running || (!sim_same(state, "Failed") && !sim_same(state, "Completed"));
        json_array_append_new(summary, one);
    }
    const char *aggregated = running ? "InProgress" : failed ? "Failed" : "Completed";
    return json_pack("{s:s, s:o}", "aggregatedState", aggregated, "summary", summary);
}

/* What only newer api-versions show: recorded differences between 2019-12-01, 2021-10-01 and 2022-03-03. */
static void hide_newer(json_t *properties, const char *api)
{
    json_t *profile = json_object_get(properties, "publishingProfile"), *region;
    json_t *storage = json_object_get(properties, "storageProfile");
    size_t i;
    json_array_foreach(json_object_get(profile, "targetRegions"), i, region)
    {
        if (strcmp(api, "2021-10-01") < 0)
            json_object_del(sim_at(region, "encryption.osDiskImage"), "securityProfile");
        if (strcmp(api, "2019-12-01") < 0)
            json_object_del(region, "encryption");
        if (strcmp(api, "2019-03-01") < 0)
            json_object_del(region, "storageAccountType");
        if (strcmp(api, "2022-03-03") < 0)
            json_object_del(region, "excludeFromLatest");
    }
    if (strcmp(api, "2021-10-01") < 0)
        json_object_del(profile, "targetExtendedLocations");
    if (strcmp(api, "2021-07-01") < 0)
        json_object_del(profile, "replicationMode");
    if (strcmp(api, "2022-03-03") < 0)
        json_object_del(properties, "safetyProfile");
    if (strcmp(api, "2022-08-03") < 0)
        json_object_del(properties, "securityProfile");
    if (strcmp(api, "2019-07-01") < 0 && sim_text_at(storage, "source.id")) {
        json_object_set_new(profile, "source",
                            json_pack("{s:{s:s}}", "managedImage", "id", sim_text_at(storage, "source.id")));
        json_object_del(storage, "source");
    }
}

/* Changes that only the first reads after the end show. */
static void passing_changes(const struct sim_resource *r, json_t *properties)
{
    size_t i;
    const json_t *each;
    json_array_foreach(sim_at(r->script, "store"), i, each)
    {
        if (r->reads < sim_int_at(each, "reads", 0))
            sim_pointer_apply(properties, sim_text_at(each, "at"), json_object_get(each, "set"));
    }
}

json_t *sim_version_view(struct sim_call *c, struct sim_resource *r, bool expand)
{
    const json_t *shown = r->body;
    bool settled = r->pending == SIM_SETTLED;
    const char *stale = sim_text_at(r->script, "stale.show");
    if (r->script && r->reads < sim_int_at(r->script, "stale.reads", 0) &&
        (settled || sim_same(stale, "absent"))) {
        if (sim_same(stale, "absent")) {
            r->reads++;
            return NULL;
        }
        if (r->before)
            shown = r->before;
    }
    json_t *body = json_deep_copy(shown);
    json_t *properties = json_object_get(body, "properties");
    if (settled) {
        passing_changes(r, properties);
        r->reads++;
    }
    hide_newer(properties, c->api);
    if (expand)
        json_object_set_new(properties, "replicationStatus", replication_status(r, sim_now(c->w)));
    return body;
}
