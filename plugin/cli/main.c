/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/cli.h"

int main(int argc, char **argv)
{
    const char *const *words = (const char *const *)argv;

    return pkr_cli_run(words + 1, argc > 0 ? (size_t)argc - 1 : 0);
}
