/* SPDX-License-Identifier: MPL-2.0 */
#include "app/describe.h"

#include "app/arguments.h"

/* Names and numbers of libraries; what JSON would have to escape is left out. */
static bool add_plain(struct acgp_buf *out, const char *text)
{
    bool fine = true;

    for (const char *c = text; *c != '\0' && fine; c++)
        if (*c >= ' ' && *c <= '~' && *c != '"' && *c != '\\')
            fine = acgp_buf_byte(out, (uint8_t)*c);
    return fine;
}

bool pkr_describe(struct acgp_buf *out, const char *version, const char *runtime)
{
    /* protocol_version v2: this plugin can send its spec as protobuf. */
    return acgp_buf_printf(out,
                           "{\"version\":\"%s\",\"sdk_version\":\"" PKR_SDK_VERSION
                           "\",\"api_version\":\"" PKR_API_VERSION
                           "\",\"builders\":[],\"post_processors\":[\"" PKR_COMPONENT
                           "\"],\"provisioners\":[],\"datasources\":[],\"protocol_version\":\"v2\","
                           "\"runtime\":\"",
                           version) &&
           add_plain(out, runtime) && acgp_buf_text(out, "\"}\n");
}

bool pkr_describe_version(struct acgp_buf *out, const char *version, const char *runtime)
{
    return acgp_buf_printf(out, "packer-plugin-acg %s\n%s\n", version, runtime);
}
