/* SPDX-License-Identifier: MPL-2.0 */
/* Prints the signed login of a certificate file, or what is wrong with it.
 *
 *     assertion_look FILE PASSWORD PS256|RS256 [chain]      PASSWORD "": none */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/assertion.h"

enum { FILE_BYTES = 64 * 1024 };

static bool read_file(const char *path, struct acgp_secret *out)
{
    static char bytes[FILE_BYTES];
    FILE *f = fopen(path, "rb");
    size_t n = f != NULL ? fread(bytes, 1, sizeof bytes, f) : 0;

    if (f != NULL)
        (void)fclose(f);
    return f != NULL && acgp_secret_set(out, (struct acg_span){bytes, n});
}

int main(int argc, char **argv)
{
    struct acgp_secret file = {NULL, 0}, password = {NULL, 0}, out = {NULL, 0};
    struct acgp_assertion_facts facts = {.client_id = "66666666-7777-8888-9999-000000000000",
                                         .audience = "https://login.example.com/t/oauth2/v2.0/token",
                                         .now_unix_s = 1700000000,
                                         .random = {UINT64_C(0x0123456789abcdef), UINT64_MAX}};
    struct acg_error err = {0};
    bool fine = argc >= 4 && read_file(argv[1], &file) &&
                acgp_secret_set(&password, (struct acg_span){argv[2], strlen(argv[2])});

    if (!fine)
        return 64;
    facts.rs256 = strcmp(argv[3], "RS256") == 0;
    facts.send_chain = argc > 4;
    if (acgp_assertion_make(&file, &password, &facts, &out, &err) == ACG_OK)
        (void)printf("%s\n", acgp_secret_expose(&out).data);
    else
        (void)printf("%s: %s: %s\n", acg_status_name(err.status), err.field, err.message);
    acgp_secret_done(&file);
    acgp_secret_done(&password);
    acgp_secret_done(&out);
    return err.status == ACG_OK ? 0 : 1;
}
