/* SPDX-License-Identifier: MPL-2.0 */
#include <acg/options.h>

void acg_publish_options_init(struct acg_publish_options *opts, uint32_t version)
{
    *opts = (struct acg_publish_options)ACG_PUBLISH_OPTIONS_INIT;
    opts->version = version;
}
