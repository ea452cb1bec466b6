/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/world.h"

#include "sim/arm.h"
#include "sim/id.h"
#include "sim/jsonx.h"
#include "sim/setup.h"
#include "sim/text.h"
#include "sim/version.h"

#include <stdlib.h>

struct sim_resource *sim_find(const struct sim_world *w, const char *id)
{
    return sim_store_find(&w->store, id);
}

void sim_schedule(struct sim_world *w, struct sim_resource *r, enum sim_pending what, int64_t length_ms)
{
    r->pending = what;
    r->due_ms = w->now_ms + length_ms;
    if (r->due_ms < w->next_due_ms)
        w->next_due_ms = r->due_ms;
}

static void finish(struct sim_world *w, struct sim_resource *r)
{
    enum sim_pending what = r->pending;
    r->pending = SIM_SETTLED;
    if (what == SIM_WILL_FAIL)
        sim_set_state(r->body, "Failed");
    else if (sim_same(r->type, "Microsoft.Compute/galleries/images/versions"))
        sim_version_finish(w, r);
    else
        sim_set_state(r->body, "Succeeded");
    if (sim_same(r->type, "Microsoft.Compute/virtualMachines"))
        sim_vm_finish(r);
}

static bool is_vault(const struct sim_resource *r)
{
    return sim_same(r->type, "Microsoft.KeyVault/vaults");
}

/* What is due to go, goes. A vault takes its keys along and is kept as a deleted one, so vaults go first. */
static void vanish(struct sim_world *w, bool vaults)
{
    struct sim_resource *next;
    for (struct sim_resource *r = w->store.first; r; r = next) {
        next = r->next;
        if (r->pending != SIM_WILL_VANISH || r->due_ms > w->now_ms || is_vault(r) != vaults)
            continue;
        if (!vaults) {
            sim_store_remove(&w->store, r);
            continue;
        }
        sim_vault_gone(w, r);
        next = w->store.first; /* the one that followed may have gone with it */
    }
}

void sim_turn(struct sim_world *w)
{
    w->now_ms = sim_clock_now(&w->clock);
    if (w->now_ms < w->next_due_ms)
        return;
    w->next_due_ms = INT64_MAX;
    /* Finishing looks at other resources, so nothing is removed before all are finished. */
    for (struct sim_resource *r = w->store.first; r; r = r->next) {
        bool due = r->due_ms <= w->now_ms;
        if (r->pending != SIM_SETTLED && !due && r->due_ms < w->next_due_ms)
            w->next_due_ms = r->due_ms;
        else if (due && (r->pending == SIM_WILL_FINISH || r->pending == SIM_WILL_FAIL))
            finish(w, r);
    }
    vanish(w, true);
    vanish(w, false);
}

json_t *sim_named_body(const char *id)
{
    struct sim_id parsed;
    json_t *body = json_object();
    if (sim_id_parse(id, &parsed) && parsed.depth) {
        char *type = sim_id_type(&parsed);
        json_object_set_new(body, "name", json_string(sim_id_name(&parsed)));
        json_object_set_new(body, "id", json_string(id));
        json_object_set_new(body, "type", json_string(type));
        free(type);
    }
    sim_id_done(&parsed);
    return body;
}

void sim_set_state(json_t *body, const char *state)
{
    json_t *properties = json_object_get(body, "properties");
    if (!properties) {
        properties = json_object();
        json_object_set_new(body, "properties", properties);
    }
    json_object_set_new(properties, "provisioningState", json_string(state));
}

int64_t sim_speed(const struct sim_world *w, const char *name)
{
    return sim_int_at(sim_at(w->settings, "speeds"), name, 0);
}

bool sim_rule_on(const struct sim_world *w, const char *rule)
{
    size_t i;
    const json_t *each;
    json_array_foreach(json_object_get(w->settings, "rules_off"), i, each)
    {
        if (sim_same(json_string_value(each), rule))
            return false;
    }
    return true;
}
