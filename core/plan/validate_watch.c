/* SPDX-License-Identifier: MPL-2.0 */
/* How long a publish is watched, and what existing versions and failed regions mean to it. */
#include <inttypes.h>

#include <string.h>

#include "base/span.h"
#include "model/names.h"
#include "model/region.h"
#include "plan/check.h"

#define TIMEOUT_STANDARD_MS (INT64_C(6) * 3600 * 1000) /* replication takes hours at times */

enum { REPAIRS_STANDARD = 3, REPAIRS_MAX = 10 };

static void check_budget(struct acgp_check *c, const char *field, int64_t budget_ms)
{
    if (budget_ms < 0)
        acgp_fault(c, "config", field, "write a time, or leave it out", "the time is negative");
    else if (budget_ms > c->spec->timeout_ms)
        acgp_fault(c, "config", field, "write a shorter time, or a longer timeout",
                   "the time is longer than timeout, which holds for all of the publish");
}

static void check_times(struct acgp_check *c)
{
    const struct acg_publish_options *o = c->opts;

    if (o->timeout_ms < 0)
        acgp_fault(c, "config", "timeout", "write a time, or leave it out for six hours",
                   "the time-out is negative");
    c->spec->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : TIMEOUT_STANDARD_MS;
    check_budget(c, "accept_timeout", o->accept_timeout_ms);
    check_budget(c, "home_timeout", o->home_timeout_ms);
    c->spec->accept_timeout_ms = o->accept_timeout_ms;
    c->spec->home_timeout_ms = o->home_timeout_ms;
}

/* Words that a caller in C passes as numbers. */
static void check_words(struct acgp_check *c)
{
    const struct acg_publish_options *o = c->opts;

    if ((unsigned)o->wait > ACG_WAIT_HOME)
        acgp_fault(c, "config", "wait", "use all, home or accepted",
                   "the value is neither all nor home nor accepted");
    if ((unsigned)o->on_existing > ACG_ON_EXISTING_REPLACE)
        acgp_fault(c, "config", "on_existing", "use fail, reuse, update or replace",
                   "the value is none of fail, reuse, update and replace");
    if ((unsigned)o->on_failure > ACG_ON_FAILURE_REPAIR)
        acgp_fault(c, "config", "on_failure", "use keep, delete or repair",
                   "the value is none of keep, delete and repair");
    c->spec->wait = o->wait;
    c->spec->on_existing = o->on_existing;
    c->spec->on_failure = o->on_failure;
}

/* @return the number, or standard when it is not set or faulty. */
static int64_t check_number(struct acgp_check *c, const char *field, struct acg_optional_int n,
                            int64_t standard, int64_t max)
{
    if (!n.set)
        return standard;
    if (n.value >= 1 && n.value <= max)
        return n.value;
    acgp_fault(c, "config", field, acgp_text("write a number from 1 to %" PRId64, max).text,
               "%" PRId64 " is not from 1 to %" PRId64, n.value, max);
    return standard;
}

static struct acgp_place *target_region(struct acgp_check *c, const char *name)
{
    for (size_t i = 0; i < c->opts->target_region_count && i < c->spec->place_count; i++)
        if (c->spec->places[i].zone == NULL && acgp_region_equal(c->spec->places[i].region, name))
            return &c->spec->places[i];
    return NULL;
}

static void check_optional(struct acgp_check *c)
{
    const struct acg_publish_options *o = c->opts;

    for (size_t i = 0; i < o->optional_region_count; i++) {
        struct acgp_text field = acgp_text("optional_regions[%zu]", i);
        const char *name = o->optional_regions[i] != NULL ? o->optional_regions[i] : "";
        struct acgp_place *place = target_region(c, name);
        if (place == NULL)
            acgp_fault(c, "config", field.text, "name one of the target regions, or leave it out",
                       "%s is not among the target regions", acgp_shown(name).text);
        else if (c->spec->location != NULL && acgp_region_equal(c->spec->location, name))
            acgp_fault(c, "R9", field.text, "leave it out", "%s is the home region, which is never optional",
                       acgp_shown(name).text);
        else
            place->optional = true;
    }
}

static void check_memo(struct acgp_check *c)
{
    const char *memo = c->opts->memo;

    if (memo == NULL || memo[0] == '\0')
        return;
    if (strlen(memo) > ACGP_MEMO_MAX)
        acgp_fault(c, "config", "memo", "keep what is long elsewhere, and its place here",
                   "it is longer than 256 KiB");
    else if (!acgp_text_is_utf8(acgp_span(memo), NULL))
        acgp_fault(c, "config", "memo", "write it as UTF-8 text", "it is no UTF-8 text");
    else
        c->spec->memo = acgp_check_copy(c, memo);
}

void acgp_check_watch(struct acgp_check *c)
{
    const struct acg_publish_options *o = c->opts;
    int64_t places = c->spec->place_count != 0 ? (int64_t)c->spec->place_count : 1;

    check_times(c);
    check_words(c);
    c->spec->repair_attempts =
        (unsigned)check_number(c, "repair_attempts", o->repair_attempts, REPAIRS_STANDARD, REPAIRS_MAX);
    c->spec->wave_size = (size_t)check_number(c, "wave_size", o->wave_size, 0, ACGP_LIST_MAX);
    if (o->wave_size.set && o->wait == ACG_WAIT_ACCEPTED)
        acgp_fault(c, "config", "wave_size", "leave it out, or wait for all regions or the home region",
                   "with wait = accepted the publish ends with the first wave, and nobody sends the others");
    c->spec->quorum = (size_t)check_number(c, "quorum", o->quorum, 0, places);
    if (c->status == ACG_OK)
        check_optional(c);
    check_memo(c);
}
