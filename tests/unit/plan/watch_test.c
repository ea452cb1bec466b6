/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <stdlib.h>

#include "given.h"

static void budgets_lie_within_the_whole(void **st)
{
    struct given g;

    (void)st;
    given_plain(&g);
    g.o.timeout_ms = 60000;
    g.o.accept_timeout_ms = g.o.home_timeout_ms = 60000;
    expect_good(&g);
    g.o.accept_timeout_ms = 60001;
    expect_one(&g, "config", "accept_timeout", "longer than timeout");
    g.o.accept_timeout_ms = 0;
    g.o.home_timeout_ms = -1;
    expect_one(&g, "config", "home_timeout", "negative");
    g.o.home_timeout_ms = 0;
    g.o.timeout_ms = -1;
    expect_one(&g, "config", "timeout", "negative");
}

static void numbers_have_ends(void **st)
{
    struct given g;

    (void)st;
    given_plain(&g);
    g.o.repair_attempts = number(10);
    g.o.wave_size = number(1);
    g.o.quorum = number((int64_t)g.o.target_region_count);
    expect_good(&g);
    g.o.repair_attempts = number(0);
    expect_one(&g, "config", "repair_attempts", "from 1 to 10");
    g.o.repair_attempts = number(3);
    g.o.wave_size = number(0);
    expect_one(&g, "config", "wave_size", "0 is not from 1");
    g.o.wave_size = number(1);
    g.o.wait = ACG_WAIT_ACCEPTED;
    expect_one(&g, "config", "wave_size", "nobody sends the others");
    g.o.wait = ACG_WAIT_HOME;
    expect_good(&g);
    g.o.wait = ACG_WAIT_ALL;
    g.o.quorum = number((int64_t)g.o.target_region_count + 1);
    expect_one(&g, "config", "quorum", "is not from 1");
}

static void optional_regions_are_target_regions(void **st)
{
    const char *regions[] = {"West US", "nowhere"};
    struct given g;

    (void)st;
    given_plain(&g);
    g.o.location = "eastus2";
    g.o.optional_regions = regions;
    g.o.optional_region_count = 1;
    expect_good(&g);
    g.o.optional_region_count = 2;
    expect_one(&g, "config", "optional_regions[1]", "'nowhere'");
    g.o.optional_region_count = 1;
    g.o.location = "westus";
    expect_one(&g, "R9", "optional_regions[0]", "home region");
    regions[0] = NULL;
    expect_one(&g, "config", "optional_regions[0]", "not among");
}

static void a_memo_is_a_text_of_limited_length(void **st)
{
    struct given g;
    char *long_memo = malloc(ACGP_MEMO_MAX + 2);

    (void)st;
    assert_non_null(long_memo);
    memset(long_memo, 'x', ACGP_MEMO_MAX + 1);
    long_memo[ACGP_MEMO_MAX + 1] = '\0';
    given_plain(&g);
    g.o.memo = long_memo + 1;
    expect_good(&g);
    g.o.memo = long_memo;
    expect_one(&g, "config", "memo", "longer than 256 KiB");
    g.o.memo = "\xff";
    expect_one(&g, "config", "memo", "no UTF-8 text");
    free(long_memo);
}

static void words_of_c_are_checked(void **st)
{
    struct given g;

    (void)st;
    given_plain(&g);
    g.o.on_existing = (enum acg_on_existing)4;
    expect_one(&g, "config", "on_existing", "none of fail");
    g.o.on_existing = ACG_ON_EXISTING_REPLACE;
    g.o.on_failure = (enum acg_on_failure)3;
    expect_one(&g, "config", "on_failure", "none of keep");
    g.o.on_failure = ACG_ON_FAILURE_REPAIR;
    g.o.wait = (enum acg_wait)3;
    expect_one(&g, "config", "wait", "neither all nor home");
}

static void a_build_number_ends_the_name(void **st)
{
    struct given g;

    (void)st;
    given_plain(&g);
    g.o.gallery_image_version = "1.4.build";
    expect_one(&g, "config", "build_number", "none is given");
    g.o.build_number = number(-1);
    expect_one(&g, "R20", "build_number", "-1 cannot");
    g.o.build_number = number(417);
    expect_good(&g);
}

static void the_key_has_a_tag_of_its_own(void **st)
{
    struct acg_tag tag = {"ACG-Operation-Key", "x"};
    struct given g;

    (void)st;
    given_plain(&g);
    g.o.tags = &tag;
    g.o.tag_count = 1;
    expect_one(&g, "tags", "tags", "set by acg");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(budgets_lie_within_the_whole),        cmocka_unit_test(numbers_have_ends),
        cmocka_unit_test(optional_regions_are_target_regions), cmocka_unit_test(words_of_c_are_checked),
        cmocka_unit_test(a_memo_is_a_text_of_limited_length),  cmocka_unit_test(a_build_number_ends_the_name),
        cmocka_unit_test(the_key_has_a_tag_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
