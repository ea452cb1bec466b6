/* SPDX-License-Identifier: MPL-2.0 */
/** Credentials and answers of the token service for the tests of this room. */
#ifndef ACG_TEST_ANSWER_H
#define ACG_TEST_ANSWER_H

#include "http/message.h"

struct acg_credential *test_credential(const char *authority, const char *client_id, const char *secret);

/** Fill *out, which must be released with acgp_response_done. */
void test_answer(struct acgp_response *out, int status, const char *body);

#endif
