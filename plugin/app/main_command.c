/* SPDX-License-Identifier: MPL-2.0 */
/** acg: the command. */
#include <string.h>

#include "app/serve.h"
#include "cli/cli.h"

int main(int argc, char **argv)
{
    const char *const *words = (const char *const *)argv;

    if (argc > 1 && strcmp(words[1], "serve") == 0)
        return pkr_serve(words + 2, (size_t)argc - 2);
    return pkr_cli_run(words + 1, argc > 0 ? (size_t)argc - 1 : 0);
}
