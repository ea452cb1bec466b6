/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <acg/credential.h>

#include "answer.h"

struct acg_credential *test_credential(const char *authority, const char *client_id, const char *secret)
{
    struct acg_client_secret_options o = ACG_CLIENT_SECRET_OPTIONS_INIT;
    struct acg_credential *c = NULL;

    o.tenant_id = "11111111-2222-3333-4444-555555555555";
    o.client_id = client_id;
    o.client_secret = secret;
    o.authority_host = authority;
    assert_int_equal(acg_credential_client_secret_new(&o, &c, NULL), ACG_OK);
    return c;
}

void test_answer(struct acgp_response *out, int status, const char *body)
{
    acgp_response_init(out);
    out->status = status;
    assert_true(acgp_buf_text(&out->body, body));
}
