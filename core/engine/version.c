/* SPDX-License-Identifier: MPL-2.0 */
#include <acg/acg.h>

const char *acg_version(void)
{
    return ACG_VERSION_TEXT; /* the project's, from the build */
}
