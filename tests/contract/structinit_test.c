/* SPDX-License-Identifier: MPL-2.0 */
/* For each struct of options the INIT macro and the init function say the same. */
#include "testlib/test.h"

#include <acg/acg.h>

/* Fields are compared through the whole object: both come from zeroed memory, so padding is equal too. */
#define SAME(type, macro, init)                                                                              \
    do {                                                                                                     \
        static const struct type from_macro = macro;                                                         \
        static struct type from_function;                                                                    \
        struct type dirty;                                                                                   \
        memset(&dirty, 0xa5, sizeof dirty);                                                                  \
        init(&dirty);                                                                                        \
        init(&from_function);                                                                                \
        assert_int_equal(dirty.version, from_macro.version);                                                 \
        assert_int_equal(from_macro.version, 1);                                                             \
        assert_memory_equal(&from_function, &from_macro, sizeof from_macro);                                 \
    } while (0)

static void the_macro_equals_the_function(void **st)
{
    (void)st;

    SAME(acg_publish_options, ACG_PUBLISH_OPTIONS_INIT, acg_publish_options_init);
    SAME(acg_publisher_options, ACG_PUBLISHER_OPTIONS_INIT, acg_publisher_options_init);
    SAME(acg_delete_options, ACG_DELETE_OPTIONS_INIT, acg_delete_options_init);
    SAME(acg_client_secret_options, ACG_CLIENT_SECRET_OPTIONS_INIT, acg_client_secret_options_init);
}

static void the_library_says_its_version(void **st)
{
    (void)st;

    assert_string_equal(acg_version(), ACG_TEST_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_macro_equals_the_function),
        cmocka_unit_test(the_library_says_its_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
