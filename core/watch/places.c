/* SPDX-License-Identifier: MPL-2.0 */
/* What a reading shows of each region, and what moved since the one before. */
#include <stdio.h>

#include "arm/operation_doc.h"
#include "arm/version_view.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"
#include "watch/machine.h"

enum { LINE_MAX_BYTES = 64 * 1024 };

static int percent_of(const struct acgp_doc_replication *r, bool done)
{
    if (done)
        return 100;
    if (r == NULL || !r->percent.set || r->percent.value < 0)
        return 0;
    return r->percent.value > 100 ? 100 : (int)r->percent.value;
}

/* An edge zone has no recorded entry in the status: it counts when it has one. A region without an entry is
 * judged by the word for all of them. */
static void fill(struct acgp_watched *w, const struct acgp_version_doc *doc,
                 const struct acgp_doc_place *place)
{
    const struct acgp_doc_replication *r = acgp_doc_replication_of(doc, place);
    const char *state = r != NULL ? r->state : NULL;
    const char *judged = state != NULL ? state : place->zone != NULL ? "Completed" : doc->aggregated_state;

    if (place->name == NULL || !acgp_region_normalise(acgp_span(place->name), w->region))
        snprintf(w->region, sizeof w->region, "%.63s", place->name ? place->name : "?");
    if (place->zone != NULL)
        snprintf(w->name, sizeof w->name, "%.63s@%.63s", place->zone, w->region);
    else
        snprintf(w->name, sizeof w->name, "%.63s", w->region);
    w->place = place;
    w->home = place->zone == NULL && acgp_region_equal(w->region, doc->location);
    w->state = state;
    w->details = r != NULL ? r->details : NULL;
    w->failed = acgp_operation_failed(state);
    w->done = acgp_equal_nocase(judged, "Completed");
    w->percent = percent_of(r, w->done);
}

static bool awaited(const struct acgp_watch_machine *m, const struct acgp_watched *w)
{
    return !w->done && (m->wish.wait != ACG_WAIT_HOME || w->home);
}

static const struct acgp_watched *find(const struct acgp_watch_machine *m, const char *name, size_t *out_at)
{
    for (size_t i = 0; i < m->place_count; i++)
        if (acgp_equal(m->places[i].name, name)) {
            *out_at = i;
            return &m->places[i];
        }
    return NULL;
}

static bool tell(struct acgp_watch_machine *m, int64_t now_ms, const struct acgp_watched *w,
                 const struct acgp_watched *before)
{
    const char *state = w->state ? w->state : "Unknown", *details = w->details ? w->details : "";

    if (w->state == NULL ||
        (before != NULL && acgp_equal(before->state, w->state) && before->percent == w->percent &&
         acgp_equal(before->details ? before->details : "", details)))
        return true;
    m->work.said_ms = now_ms;
    return acgp_events_region(
        &m->work.events, acgp_work_elapsed(&m->work, now_ms), w->name, state, details, w->percent,
        acgp_printf("%s: %s %d %%%s%s", w->name, state, w->percent, details[0] ? ": " : "", details));
}

/* @return false: out of memory */
static bool compare(struct acgp_watch_machine *m, int64_t now_ms, const struct acgp_version_doc *doc,
                    struct acgp_watched *places, struct acgp_cadence_place *pace)
{
    size_t count = doc->regions.count + doc->zones.count;

    for (size_t i = 0; i < count; i++) {
        size_t at = 0, first = doc->regions.count;
        const struct acgp_watched *before = NULL;
        fill(&places[i], doc,
             i < first ? &acgp_doc_places(&doc->regions)[i] : &acgp_doc_places(&doc->zones)[i - first]);
        before = find(m, places[i].name, &at);
        if (before != NULL)
            pace[i] = m->pace[at];
        if (!tell(m, now_ms, &places[i], before))
            return false;
    }
    return true;
}

void acgp_watch_take(struct acgp_watch_machine *m, int64_t now_ms, struct acgp_version_doc *doc)
{
    size_t count = doc->regions.count + doc->zones.count;
    struct acgp_watched *places = acgp_alloc(count + 1, sizeof *places);
    struct acgp_cadence_place *pace = acgp_alloc(count + 1, sizeof *pace);

    if (places == NULL || pace == NULL || !compare(m, now_ms, doc, places, pace)) {
        acgp_free(places);
        acgp_free(pace);
        acgp_version_doc_done(doc);
        acgp_work_nomem(&m->work, now_ms);
        return;
    }
    acgp_version_doc_done(&m->doc);
    acgp_free(m->places);
    acgp_free(m->pace);
    m->doc = *doc;
    m->places = places;
    m->pace = pace;
    m->place_count = count;
    if (m->reads++ == 0)
        acgp_cadence_begin(&m->cadence, pace, count, acgp_work_random(&m->work), now_ms);
    else
        acgp_cadence_places(&m->cadence, pace, count);
    for (size_t i = 0; i < count; i++)
        acgp_cadence_sample(&m->cadence, i, places[i].percent, !awaited(m, &places[i]) || places[i].failed,
                            now_ms);
}

char *acgp_watch_line(const struct acgp_watch_machine *m, bool open)
{
    struct acgp_buf b;
    char *line = NULL;
    bool fine = true;

    acgp_buf_init(&b, LINE_MAX_BYTES);
    for (size_t i = 0; fine && i < m->place_count; i++) {
        const struct acgp_watched *w = &m->places[i];
        if (open ? !awaited(m, w) : w->state == NULL)
            continue;
        fine = acgp_buf_printf(&b, "%s%s %s", b.len ? ", " : "", w->name, w->state ? w->state : "Unknown") &&
               (w->done || w->failed || acgp_buf_printf(&b, " %d %%", w->percent));
    }
    if (fine)
        fine = acgp_buf_printf(&b, "%sthe version is %s", b.len ? ", " : "",
                               m->doc.provisioning_state ? m->doc.provisioning_state : "in an unknown state");
    if (fine)
        line = acgp_buf_take(&b);
    acgp_buf_done(&b);
    return line;
}
