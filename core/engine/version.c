/* SPDX-License-Identifier: MPL-2.0 */
#include <acg/acg.h>

#include <curl/curl.h>

const char *acg_version(void)
{
    return ACG_VERSION_TEXT; /* the project's, from the build */
}

const char *acg_runtime(void)
{
    return curl_version();
}
