/* SPDX-License-Identifier: MPL-2.0 */
#include "app/describe.h"

#include "app/arguments.h"

bool pkr_describe(struct acgp_buf *out, const char *version)
{
    /* protocol_version v2: this plugin can send its spec as protobuf. */
    return acgp_buf_printf(out,
                           "{\"version\":\"%s\",\"sdk_version\":\"" PKR_SDK_VERSION
                           "\",\"api_version\":\"" PKR_API_VERSION
                           "\",\"builders\":[],\"post_processors\":[\"" PKR_COMPONENT
                           "\"],\"provisioners\":[],\"datasources\":[],\"protocol_version\":\"v2\"}\n",
                           version);
}
