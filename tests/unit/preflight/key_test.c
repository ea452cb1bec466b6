/* SPDX-License-Identifier: MPL-2.0 */
/* What makes two runs the same publish, and when a source is provably older than a version. */
#include "testlib/talk.h"

#include <string.h>

#include "base/alloc.h"
#include "plan/coverage.h"
#include "preflight/key.h"

/* A request of one snapshot and the facts about it. */
struct asked {
    struct acgp_preflight p;
    struct acgp_publish_spec *spec;
};

static struct asked ask(const char *option, const char *value, const char *snapshot)
{
    struct asked a = {.spec = talk_spec("snapshots-double", option, value)};
    struct acgp_fact *fact = NULL;
    json_t *root = json_loads(snapshot, 0, NULL);

    a.p.spec = a.spec;
    memcpy(a.p.location, "westus", sizeof "westus");
    for (size_t i = 0; i <= a.spec->source.data_count; i++) {
        const char *id = i == 0 ? a.spec->source.os_id : a.spec->source.data[i - 1].id;
        fact = acgp_facts_add(&a.p.facts, ACGP_FACT_SOURCE, acgp_strdup(id));
        assert_non_null(fact);
        fact->state = ACGP_FACT_READ;
        fact->root = json_incref(root);
    }
    json_decref(root);
    return a;
}

static void done(struct asked *a)
{
    acgp_facts_done(&a->p.facts);
    acgp_publish_spec_free(a->spec);
}

static void key_of(const char *option, const char *value, const char *snapshot, char out[ACGP_DIGEST_TEXT])
{
    struct asked a = ask(option, value, snapshot);

    assert_true(acgp_operation_key(&a.p, out));
    done(&a);
}

static bool differs(const char *option, const char *value, const char *snapshot)
{
    char plain[ACGP_DIGEST_TEXT], other[ACGP_DIGEST_TEXT];

    key_of("wait", "\"all\"", "{\"properties\":{\"uniqueId\":\"u\"}}", plain);
    key_of(option, value, snapshot, other);
    return strcmp(plain, other) != 0;
}

static void what_is_made_of_what_makes_the_key(void **st)
{
    const char *same = "{\"properties\":{\"uniqueId\":\"U\"}}"; /* no case in ids */

    (void)st;
    assert_false(differs("wait", "\"all\"", same));
    assert_true(differs("wait", "\"all\"", "{\"properties\":{\"uniqueId\":\"v\"}}"));
    assert_true(differs("wait", "\"all\"",
                        "{\"properties\":{\"uniqueId\":\"u\",\"timeCreated\":\"2026-01-01T00:00:00Z\"}}"));
    assert_true(differs("replication_mode", "\"Full\"", same));
}

static void how_it_is_watched_does_not(void **st)
{
    const char *same = "{\"properties\":{\"uniqueId\":\"u\"}}";

    (void)st;
    assert_false(differs("timeout_ms", "5000", same));
    assert_false(differs("on_failure", "\"repair\"", same));
    assert_false(differs("on_existing", "\"reuse\"", same));
    assert_false(differs("tags", "{\"run\":\"42\"}", same));
    assert_false(differs("end_of_life_date", "\"+30d\"", same));
}

static bool older(const char *made, const char *published)
{
    char snapshot[128];
    struct asked a;
    bool is = false;

    (void)snprintf(snapshot, sizeof snapshot, "{\"properties\":{\"timeCreated\":\"%s\"}}", made);
    a = ask("wait", "\"all\"", snapshot);
    is = acgp_sources_older(&a.p, published);
    done(&a);
    return is;
}

static void a_source_is_older_to_the_fraction_of_a_second(void **st)
{
    (void)st;
    assert_true(older("2026-11-01T10:00:00.1234567+00:00", "2026-11-01T10:00:00.1234568+00:00"));
    assert_false(older("2026-11-01T10:00:00.1234568+00:00", "2026-11-01T10:00:00.1234567+00:00"));
    assert_false(older("2026-11-01T10:00:00.5Z", "2026-11-01T10:00:00.5000000Z"));
    assert_true(older("2026-11-01T12:00:00.9+02:00", "2026-11-01T10:00:01Z"));
    assert_false(older("2026-11-01T10:00:01Z", "2026-11-01T10:00:00.9Z"));
    assert_false(older("soon", "2026-11-01T10:00:00Z"));
    assert_false(older("2026-11-01T10:00:00Z", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_made_of_what_makes_the_key),
        cmocka_unit_test(how_it_is_watched_does_not),
        cmocka_unit_test(a_source_is_older_to_the_fraction_of_a_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
