/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/cloud.h"

#include "sim/jsonx.h"
#include "sim/text.h"
#include "sim/world.h"

#include <stddef.h>

static const struct sim_cloud clouds[] = {
    {"AzureSim",
     {"https://management.azure.com", "https://management.core.windows.net"},
     "vault.azure.net",
     "core.windows.net"},
    {"AzureCloud",
     {"https://management.azure.com", "https://management.core.windows.net"},
     "vault.azure.net",
     "core.windows.net"},
    {"AzureUSGovernment",
     {"https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net"},
     "vault.usgovcloudapi.net",
     "core.usgovcloudapi.net"},
    {"AzureChinaCloud",
     {"https://management.chinacloudapi.cn", "https://management.core.chinacloudapi.cn"},
     "vault.azure.cn",
     "core.chinacloudapi.cn"},
};

static const struct sim_cloud *find(const char *name)
{
    for (size_t i = 0; i < sizeof clouds / sizeof clouds[0]; i++)
        if (sim_same(clouds[i].name, name))
            return &clouds[i];
    return NULL;
}

bool sim_cloud_known(const char *name)
{
    return find(name) != NULL;
}

const struct sim_cloud *sim_cloud_of(const struct sim_world *w)
{
    const struct sim_cloud *c = find(sim_text_at(w->settings, "cloud"));
    return c ? c : &clouds[0];
}
