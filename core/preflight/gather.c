/* SPDX-License-Identifier: MPL-2.0 */
/* Which GETs: one per distinct resource, each as soon as what it needs is known. */
#include <stdio.h>
#include <string.h>

#include "arm/error_doc.h"
#include "arm/requests.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "http/url.h"
#include "preflight/preflight.h"
#include "preflight/trim.h"
#include "work/shared.h"
#include "json/look.h"

/* Who asks, while a round is under way. */
struct round {
    struct acgp_preflight *p;
    struct acgp_work *w;
    int64_t now_ms;
};

static char *url_of(const struct acgp_work *w, enum acgp_fact_kind kind, const char *id)
{
    struct acgp_resource_id parsed = {.kind = ACGP_RESOURCE_OTHER};

    switch (kind) {
    case ACGP_FACT_GALLERY: /* without it the answer may leave sharingProfile out */
        return acgp_path_url(w->endpoint, id, "$select=Permissions&", ACGP_API_IMAGE_VERSION);
    case ACGP_FACT_SUBSCRIPTION:
    case ACGP_FACT_PROVIDER:
        return acgp_path_url(w->endpoint, id, "", ACGP_API_RESOURCES);
    case ACGP_FACT_LOCATIONS:
        return acgp_path_url(w->endpoint, id, "includeExtendedLocations=true&", ACGP_API_LOCATIONS);
    case ACGP_FACT_VERSIONS: /* a further page is an address already */
        return id[0] == '/' ? acgp_path_url(w->endpoint, id, "", ACGP_API_IMAGE_VERSION) : acgp_strdup(id);
    case ACGP_FACT_USAGES:
        return acgp_path_url(w->endpoint, id, "", ACGP_API_USAGES);
    case ACGP_FACT_VAULT:
    case ACGP_FACT_KEY:
        return acgp_path_url(w->endpoint, id, "", ACGP_API_KEY_VAULT);
    default:
        (void)acgp_resource_id_parse(acgp_span(id), &parsed);
        if (parsed.kind == ACGP_RESOURCE_VIRTUAL_MACHINE) /* tells whether it was generalised */
            return acgp_path_url(w->endpoint, id, "$expand=instanceView&", ACGP_API_VIRTUAL_MACHINE);
        return acgp_resource_url(w->endpoint, id, parsed.kind);
    }
}

/* @param after_ms an answer that another publish asked for later than that is good enough. */
static void send(struct round *r, struct acgp_fact *fact, size_t index, int64_t after_ms)
{
    struct acgp_write get = {.method = ACGP_GET,
                             .once = r->p->writing && !fact->needed,
                             .share = acgp_fact_share(fact->kind, after_ms)};

    fact->asked_ms = r->now_ms;
    acgp_work_write(r->w, r->now_ms, ACGP_PREFLIGHT_CALLS + (int)fact->kind, index,
                    url_of(r->w, fact->kind, fact->id), get);
}

/* Ask once. @param id given; NULL is out of memory.  @return the fact, also when it was there; NULL: ended.
 */
static struct acgp_fact *ask(struct round *r, enum acgp_fact_kind kind, char *id, const char *field,
                             bool needed)
{
    struct acgp_fact *fact = acgp_facts_find(&r->p->facts, id);

    if (fact != NULL) {
        acgp_free(id);
        return fact;
    }
    fact = acgp_facts_add(&r->p->facts, kind, id);
    if (fact == NULL) {
        acgp_work_nomem(r->w, r->now_ms);
        return NULL;
    }
    fact->needed = needed;
    acgp_error_text(fact->field, sizeof fact->field, field);
    send(r, fact, r->p->facts.count - 1, r->now_ms - ACGP_SHARED_MS);
    return fact;
}

static void ask_again(struct round *r, enum acgp_fact_kind kind, const char *id, const char *field,
                      bool needed)
{
    if (id != NULL && !r->w->ended)
        (void)ask(r, kind, acgp_strdup(id), field, needed);
}

/* ---- what the request names ---- */

/* Of a draft: an id that broke a rule is not read, nor is a name that could not become an id. */
static bool readable(const char *id, enum acgp_resource_kind kind, enum acgp_resource_kind or_kind)
{
    struct acgp_resource_id parsed;

    return id != NULL && acgp_resource_id_parse(acgp_span(id), &parsed) &&
           (parsed.kind == kind || parsed.kind == or_kind);
}

/* Without its region or its LUNs nothing can be written. */
static bool source_wanted(const struct acgp_publish_spec *spec)
{
    const struct acgp_source_spec *source = &spec->source;
    bool luns = source->whole_image && source->kind != ACGP_RESOURCE_IMAGE_VERSION &&
                acgp_publish_spec_encrypts(spec);

    return luns || spec->location == NULL || source->image_id != NULL;
}

const char *acgp_preflight_step(const struct acgp_preflight *p)
{
    return acgp_publish_spec_encrypts(p->spec)
               ? "checking the version, its gallery, the source, and the disk encryption sets with their keys"
               : "checking the version, its gallery and the source";
}

static void ask_sources(struct round *r)
{
    const struct acgp_publish_spec *spec = r->p->spec;
    const struct acgp_source_spec *source = &spec->source;
    enum acgp_resource_kind kind = ACGP_RESOURCE_OTHER;
    const char *first = acgp_preflight_source_id(spec, &kind);

    if (source->whole_image && source->unclear)
        return; /* which of several is not guessed */
    if (source->whole_image || readable(first, ACGP_RESOURCE_SNAPSHOT, ACGP_RESOURCE_DISK))
        ask_again(r, ACGP_FACT_SOURCE, first, acgp_preflight_source_field(spec), source_wanted(spec));
    if (source->whole_image && kind == ACGP_RESOURCE_IMAGE_VERSION &&
        !r->w->ended) /* a version is what its definition says */
        (void)ask(r, ACGP_FACT_DEFINITION, acgp_preflight_definition_id(first), "image_version", false);
    for (size_t i = 0; !source->whole_image && i < source->data_count; i++) {
        char field[64];
        (void)snprintf(field, sizeof field, "data_snapshot[%zu].id", i);
        if (readable(source->data[i].id, ACGP_RESOURCE_SNAPSHOT, ACGP_RESOURCE_DISK))
            ask_again(r, ACGP_FACT_SOURCE, source->data[i].id, field, false);
    }
    if (readable(source->image_id, ACGP_RESOURCE_MANAGED_IMAGE, ACGP_RESOURCE_MANAGED_IMAGE))
        ask_again(r, ACGP_FACT_IMAGE, source->image_id, "snapshots_of", true);
}

/* One of another subscription cannot be used, whatever it is (R1). */
static void ask_set(struct round *r, const char *id, const char *field)
{
    const struct acgp_publish_spec *spec = r->p->spec;
    struct acgp_resource_id parsed;

    if (id != NULL && acgp_resource_id_parse(acgp_span(id), &parsed) &&
        parsed.kind == ACGP_RESOURCE_DISK_ENCRYPTION_SET &&
        (spec->subscription_id == NULL ||
         acgp_span_equal_nocase(parsed.subscription, acgp_span(spec->subscription_id))))
        ask_again(r, ACGP_FACT_SET, id, field, spec->encryption_type != NULL);
}

static void ask_sets(struct round *r)
{
    char field[128];

    for (size_t i = 0; i < r->p->spec->place_count; i++) {
        const struct acgp_place *place = &r->p->spec->places[i];
        const struct acgp_place_encryption *e = &place->encryption;
        (void)snprintf(field, sizeof field, "%s.disk_encryption_set_id", place->field);
        ask_set(r, e->every_disk_id, field);
        (void)snprintf(field, sizeof field, "%s.os_disk.disk_encryption_set_id", place->field);
        ask_set(r, e->os_id, field);
        (void)snprintf(field, sizeof field, "%s.os_disk.secure_vm_disk_encryption_set_id", place->field);
        ask_set(r, e->secure_vm_id, field);
        for (size_t d = 0; d < e->data_count; d++) {
            (void)snprintf(field, sizeof field, "%s.data_disk[%zu].disk_encryption_set_id", place->field,
                           e->data[d].index);
            ask_set(r, e->data[d].id, field);
        }
    }
}

static void ask_usages(struct round *r, const char *region, const char *field)
{
    if (!r->w->ended)
        (void)ask(r, ACGP_FACT_USAGES,
                  acgp_printf("/subscriptions/%s/providers/Microsoft.Compute/locations/%s/usages",
                              r->p->spec->subscription_id, region),
                  field, false);
}

/* @param id given; NULL is out of memory. */
static struct acgp_fact *ask_named(struct round *r, enum acgp_fact_kind kind, char *id, const char *field)
{
    if (!r->w->ended)
        return ask(r, kind, id, field, false);
    acgp_free(id);
    return NULL;
}

static void ask_parents(struct round *r)
{
    const struct acgp_publish_spec *spec = r->p->spec;

    if (spec->resource_group == NULL || spec->gallery == NULL)
        return;
    (void)ask_named(r, ACGP_FACT_GALLERY, acgp_preflight_gallery_id(spec), "gallery_name");
    if (spec->definition != NULL)
        r->p->definition = ask_named(r, ACGP_FACT_DEFINITION, acgp_preflight_definition_of(spec),
                                     "gallery_image_definition");
}

static void ask_around(struct round *r)
{
    const struct acgp_publish_spec *spec = r->p->spec;
    const char *s = spec->subscription_id;

    if (s == NULL)
        return;
    ask_parents(r);
    (void)ask_named(r, ACGP_FACT_SUBSCRIPTION, acgp_printf("/subscriptions/%s", s), "subscription_id");
    (void)ask_named(r, ACGP_FACT_PROVIDER, acgp_printf("/subscriptions/%s/providers/Microsoft.Compute", s),
                    "subscription_id");
    (void)ask_named(r, ACGP_FACT_LOCATIONS, acgp_printf("/subscriptions/%s/locations", s), "target_region");
    if (spec->location != NULL)
        ask_usages(r, r->p->location, "location");
    for (size_t i = 0; i < spec->place_count; i++)
        if (!spec->places[i].misnamed)
            ask_usages(r, spec->places[i].region, spec->places[i].field);
}

/* A name that is chosen depends on all that are there. */
static void ask_version(struct round *r)
{
    const struct acgp_publish_spec *spec = r->p->spec;
    char *definition = NULL, *list = NULL;

    if (spec->naming == ACGP_NAMING_GIVEN || spec->version_id == NULL) {
        ask_again(r, ACGP_FACT_VERSION, spec->version_id, "gallery_image_version", r->p->writing);
        return;
    }
    definition = acgp_preflight_definition_id(spec->version_id);
    list = definition != NULL ? acgp_printf("%s/versions", definition) : NULL;
    acgp_free(definition);
    if (list == NULL)
        acgp_work_nomem(r->w, r->now_ms);
    else
        (void)ask(r, ACGP_FACT_VERSIONS, list, "gallery_image_version", true);
}

void acgp_preflight_begin(struct acgp_preflight *p, struct acgp_work *w, int64_t now_ms)
{
    struct round r = {p, w, now_ms};

    if (p->spec->location != NULL)
        acgp_region_normalise(acgp_span(p->spec->location), p->location);
    /* first what must be read, since some requests wait for a place */
    ask_version(&r);
    ask_sources(&r);
    ask_sets(&r);
    ask_around(&r);
}

/* ---- what an answer leads to ---- */

static void ask_behind_set(struct round *r, const struct acgp_fact *set)
{
    const char *vault = set->set.source_vault, *url = set->set.key_url;
    struct acgp_fact *fact = NULL;

    if (vault == NULL || vault[0] != '/')
        return; /* in another subscription, or a managed HSM: ARM does not show it here */
    fact = ask(r, ACGP_FACT_VAULT, acgp_strdup(vault), set->field, false);
    if (fact != NULL && fact->group == NULL)
        fact->group = set->id;
    if (r->w->ended || url == NULL || strstr(url, "/keys/") == NULL)
        return;
    fact = ask(r, ACGP_FACT_KEY, acgp_preflight_key_id(vault, url), set->field, false);
    if (fact != NULL && fact->group == NULL)
        fact->group = set->id;
}

static void ask_disk(struct round *r, const json_t *entry, const char *field)
{
    const char *id = acgp_json_text(entry, "managedDisk.id");

    if (id == NULL)
        id = acgp_json_text(entry, "snapshot.id");
    if (id != NULL && id[0] == '/')
        ask_again(r, ACGP_FACT_DISK, id, field, false);
}

static void ask_disks(struct round *r, const struct acgp_fact *source)
{
    const json_t *profile = acgp_json_at(source->root, "properties.storageProfile");
    const json_t *data = acgp_json_at(profile, "dataDisks");

    ask_disk(r, acgp_json_at(profile, "osDisk"), source->field);
    for (size_t i = 0; i < json_array_size(data) && i < ACGP_SOURCE_LUNS_MAX; i++)
        ask_disk(r, json_array_get(data, i), source->field);
}

/* PREFIX0, PREFIX1, ...: as many as the image has data disks. */
static void ask_snapshots(struct round *r)
{
    struct acgp_preflight *p = r->p;
    size_t count = p->image.disks.count;

    if (!readable(p->spec->source.prefix, ACGP_RESOURCE_SNAPSHOT, ACGP_RESOURCE_SNAPSHOT))
        return;
    p->snapshot_ids = acgp_alloc(count + 1, sizeof p->snapshot_ids[0]);
    if (p->snapshot_ids == NULL) {
        acgp_work_nomem(r->w, r->now_ms);
        return;
    }
    while (!r->w->ended && p->snapshot_count < count) {
        struct acgp_fact *fact =
            ask(r, ACGP_FACT_SNAPSHOT, acgp_printf("%s%zu", p->spec->source.prefix, p->snapshot_count),
                "data_snapshot_prefix", true);
        if (fact != NULL)
            p->snapshot_ids[p->snapshot_count++] = fact->id;
    }
}

/* ---- the answers ---- */

/* Remember an outcome that is no finding; a login that fails outweighs the rest. */
static void stop(struct round *r, const struct acg_error *err)
{
    struct acg_error *blocked = &r->p->blocked;

    if (err->status == ACG_ERR_NOMEM)
        acgp_work_end(r->w, r->now_ms, err);
    else if (blocked->status == ACG_OK || (err->status == ACG_ERR_AUTH && blocked->status != ACG_ERR_AUTH))
        *blocked = *err;
}

/* The source that tells region and LUNs, the image behind snapshots: what they say must make sense. */
static enum acg_status decode(struct round *r, const struct acgp_fact *fact, struct acg_span body,
                              struct acg_error *err)
{
    struct acgp_preflight *p = r->p;
    enum acgp_resource_kind kind = ACGP_RESOURCE_OTHER;
    enum acg_status status = ACG_OK;

    if (fact->id != NULL && acgp_resource_id_equal(fact->id, acgp_preflight_source_id(p->spec, &kind))) {
        status = acgp_source_doc_decode(body, kind, &p->source, err);
        p->source_read = status == ACG_OK;
        if (p->source_read && p->location[0] == '\0' && !p->spec->location_faulty)
            acgp_region_normalise(acgp_span(p->source.location), p->location);
    }
    if (status == ACG_OK && acgp_resource_id_equal(fact->id, p->spec->source.image_id)) {
        status = acgp_image_doc_decode(body, &p->image, err);
        p->image_read = status == ACG_OK;
    }
    return status;
}

/* The list of versions goes on at an address that the answer names. */
static void ask_next_page(struct round *r, const struct acgp_fact *fact)
{
    const char *next = acgp_json_text(fact->root, "nextLink");
    char *url = next != NULL && next[0] != '\0' ? acgp_url_resolve(r->w->endpoint, next) : NULL;
    struct acg_error err;

    if (next == NULL || next[0] == '\0')
        return;
    if (url == NULL) {
        acgp_work_nomem(r->w, r->now_ms);
    } else if (!acgp_url_trusted(acgp_span(url), acgp_span(r->w->endpoint))) {
        acgp_free(url);
        acgp_fail(
            &err, ACG_ERR_PROTOCOL,
            "the list of versions goes on at a host that is not the resource manager's; it is not asked");
        stop(r, &err);
    } else {
        (void)ask(r, ACGP_FACT_VERSIONS, url, "gallery_image_version", true);
    }
}

static void follow(struct round *r, const struct acgp_fact *fact)
{
    bool regions = false;

    if (fact->kind == ACGP_FACT_VERSIONS)
        ask_next_page(r, fact);

    if (fact->kind == ACGP_FACT_SET)
        ask_behind_set(r, fact);
    else if (fact->kind == ACGP_FACT_SOURCE && r->p->spec->source.whole_image)
        ask_disks(r, fact);
    else if (fact->kind == ACGP_FACT_IMAGE)
        ask_snapshots(r);
    for (size_t i = 0; i < r->p->spec->place_count; i++)
        regions = regions || r->p->spec->places[i].zone == NULL;
    if (!regions && fact->kind == ACGP_FACT_SOURCE && r->p->location[0] != '\0')
        ask_usages(r, r->p->location, "location");
}

static void take(struct round *r, struct acgp_fact *fact, const struct acgp_answer *answer)
{
    struct acg_span body = acgp_buf_view(&answer->response->body);
    struct acg_error err = {.status = ACG_OK};
    enum acg_status status = acgp_fact_take(fact, body, answer->root, &err);

    fact->older = answer->root != NULL && answer->asked_ms < fact->asked_ms;
    if (status == ACG_OK)
        status = decode(r, fact, body, &err);
    if (status == ACG_OK) {
        if (answer->root == NULL) /* nobody changes what is shared */
            acgp_fact_trim(fact, r->p->spec);
        follow(r, fact);
        return;
    }
    fact->state = ACGP_FACT_FAILED;
    if (fact->kind == ACGP_FACT_SET || fact->kind == ACGP_FACT_SNAPSHOT)
        acgp_fail_context(&err, "reading %s %s", acgp_fact_name(fact->kind), fact->id);
    else
        acgp_fail_context(&err, "%s", acgp_preflight_call_name(ACGP_PREFLIGHT_CALLS + (int)fact->kind));
    if (fact->needed || !r->p->writing || status == ACG_ERR_NOMEM)
        stop(r, &err);
}

/* A login that fails concerns everything; otherwise a publish stops for what it needs, and a plan remembers
 * that an answer would have come another time. */
static void miss(struct round *r, struct acgp_fact *fact, const struct acgp_answer *answer)
{
    struct acg_error err;
    int status = acgp_answer_status(answer);
    bool login = status == 401 || (answer->failure != NULL && answer->failure->kind == ACGP_FAILURE_LOGIN);

    fact->state = status == 403 ? ACGP_FACT_FORBIDDEN : ACGP_FACT_FAILED;
    acgp_answer_error(answer, acgp_preflight_call_name(ACGP_PREFLIGHT_CALLS + (int)fact->kind), &err);
    if (answer->response != NULL && fact->kind != ACGP_FACT_VERSION)
        acgp_error_text(err.field, sizeof err.field, fact->field);
    bool stops =
        r->p->writing ? fact->needed && (status != 403 || fact->kind != ACGP_FACT_SET) : status != 403;
    if (err.status == ACG_ERR_NOMEM || login || stops)
        stop(r, &err);
}

void acgp_preflight_on_answer(struct acgp_preflight *p, struct acgp_work *w, int64_t now_ms,
                              const struct acgp_call *call, const struct acgp_answer *answer)
{
    struct acgp_fact *fact = p->facts.items[call->index];
    struct round r = {p, w, now_ms};
    int status = acgp_answer_status(answer);

    if (status == 200)
        take(&r, fact, answer);
    else if (status == 404)
        fact->state = ACGP_FACT_ABSENT;
    else
        miss(&r, fact, answer);
}

bool acgp_preflight_ask_again(struct acgp_preflight *p, struct acgp_work *w, int64_t now_ms)
{
    struct round r = {p, w, now_ms};
    bool any = false;

    for (size_t i = 0; i < p->facts.count && !w->ended; i++) {
        struct acgp_fact *fact = p->facts.items[i];
        if (!fact->older)
            continue;
        any = true;
        acgp_fact_reset(fact);
        send(&r, fact, i, now_ms);
    }
    return any;
}
