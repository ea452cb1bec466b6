/* SPDX-License-Identifier: MPL-2.0 */
/** What every test file includes: cmocka with the headers it wants before it. */
#ifndef ACG_TESTLIB_TEST_H
#define ACG_TESTLIB_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#endif
