/* SPDX-License-Identifier: MPL-2.0 */
/* Whoever is logged in with az. */
#include "auth/login.h"
#include "base/error.h"

/* az hands out tokens that are good for five minutes at least. Before 2.54 it told their end in local time
 * alone. */
enum { LEAST_S = 5 * 60 };

static enum acg_status ask(struct acgp_login *l, struct acg_error *err)
{
    const struct acg_credential *c = l->source;
    size_t n = 0;
    const char **argv = l->ask.argv;

    (void)err;
    l->ask.want = ACGP_LOGIN_RUN;
    argv[n++] = "az";
    argv[n++] = "account";
    argv[n++] = "get-access-token";
    argv[n++] = "--output";
    argv[n++] = "json";
    argv[n++] = "--resource";
    argv[n++] = l->audience;
    if (c->tenant_id != NULL) {
        argv[n++] = "--tenant";
        argv[n++] = c->tenant_id;
    } else if (c->subscription_id != NULL) {
        argv[n++] = "--subscription";
        argv[n++] = c->subscription_id;
    }
    argv[n] = NULL;
    return ACG_OK;
}

static enum acgp_login_next on_output(struct acgp_login *l, struct acg_span output)
{
    static const struct acgp_token_words words = {"az", "accessToken", "tokenType",
                                                  NULL, "expires_on",  LEAST_S};

    if (acgp_token_read(output, &words, l->moment.unix_s, &l->token, &l->error) == ACG_OK)
        return acgp_login_succeed(l);
    return acgp_login_fail(l, ACGP_OUTCOME_FINAL);
}

const struct acgp_source acgp_source_cli = {ask, NULL, on_output};
