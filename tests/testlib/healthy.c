/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/healthy.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUP "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/images/providers/"

enum { PART_MAX = 128 };

static const char *const regions[] = {"westus",           "westus2",
                                      "westus3",          "eastus",
                                      "eastus2",          "centralus",
                                      "northcentralus",   "southcentralus",
                                      "westeurope",       "northeurope",
                                      "uksouth",          "ukwest",
                                      "francecentral",    "germanywestcentral",
                                      "swedencentral",    "norwayeast",
                                      "switzerlandnorth", "polandcentral",
                                      "italynorth",       "japaneast",
                                      "japanwest",        "koreacentral",
                                      "southeastasia",    "australiaeast"};

enum { REGIONS = sizeof regions / sizeof regions[0] };

/* The part behind /TYPE/, if the path ends with it. A resource group may have a type's name. */
static bool named(const char *url, const char *type, char name[PART_MAX])
{
    const char *at = NULL;

    for (const char *next = strstr(url, type); next != NULL; next = strstr(next + 1, type))
        at = next;
    size_t n = at != NULL ? strcspn(at + strlen(type), "/?") : 0;

    if (at == NULL || at[strlen(type) + n] == '/' || n == 0 || n >= PART_MAX)
        return false;
    memcpy(name, at + strlen(type), n);
    name[n] = '\0';
    return true;
}

static void region_of(const char *name, char region[PART_MAX])
{
    (void)snprintf(region, PART_MAX, "%.*s", (int)strcspn(name, "-"), name);
}

static json_t *set(const char *name)
{
    char region[PART_MAX], url[PART_MAX * 3], vault[PART_MAX * 3];
    const char *type = strstr(name, "double") != NULL ? "EncryptionAtRestWithPlatformAndCustomerKeys"
                       : strstr(name, "cvm") != NULL  ? "ConfidentialVmEncryptedWithCustomerKey"
                                                      : "EncryptionAtRestWithCustomerKey";

    region_of(name, region);
    (void)snprintf(url, sizeof url, "https://%s-kv.vault.azure.net/keys/%s/1", region, name);
    (void)snprintf(vault, sizeof vault, GROUP "Microsoft.KeyVault/vaults/%s-kv", region);
    return json_pack("{s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s, s:{s:s, s:{s:s}}}}", "name", name, "location",
                     region, "identity", "type", "SystemAssigned", "principalId", "p", "properties",
                     "encryptionType", type, "provisioningState", "Succeeded", "activeKey", "keyUrl", url,
                     "sourceVault", "id", vault);
}

static json_t *vault(const char *name)
{
    char region[PART_MAX];

    region_of(name, region);
    return json_pack("{s:s, s:{s:b, s:b, s:s}}", "location", region, "properties", "enablePurgeProtection", 1,
                     "enableSoftDelete", 1, "tenantId", "t");
}

static json_t *key(void)
{
    return json_pack("{s:{s:s, s:i, s:{s:b, s:I}}}", "properties", "kty", "RSA", "keySize", 3072,
                     "attributes", "enabled", 1, "exp", (json_int_t)4000000000);
}

static json_t *locations(void)
{
    json_t *list = json_array();

    for (size_t i = 0; i < REGIONS; i++)
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:[{s:s}], s:{s:s}}", "name", regions[i],
                                                    "type", "Region", "displayName", regions[i],
                                                    "availabilityZoneMappings", "logicalZone", "1",
                                                    "metadata", "regionType", "Physical"));
    (void)json_array_append_new(list, json_pack("{s:s, s:s, s:{s:s}}", "name", "microsoftlosangeles1", "type",
                                                "EdgeZone", "metadata", "homeLocation", "westus"));
    return json_pack("{s:o}", "value", list);
}

static json_t *provider(void)
{
    json_t *list = json_array();

    for (size_t i = 0; i < REGIONS; i++)
        (void)json_array_append_new(list, json_string(regions[i]));
    return json_pack("{s:s, s:s, s:[{s:s, s:o, s:[s, s]}]}", "namespace", "Microsoft.Compute",
                     "registrationState", "Registered", "resourceTypes", "resourceType",
                     "galleries/images/versions", "locations", list, "apiVersions", "2023-07-03",
                     "2019-12-01");
}

static json_t *usages(void)
{
    return json_pack("{s:[{s:i, s:i, s:{s:s}}, {s:i, s:i, s:{s:s}}]}", "value", "limit", 10000,
                     "currentValue", 12, "name", "value", "GalleryImageVersion", "limit", 75000,
                     "currentValue", 400, "name", "value", "StandardSnapshotCount");
}

static json_t *disk(void)
{
    return json_pack("{s:{s:s, s:i, s:s, s:{s:s}}}", "properties", "provisioningState", "Succeeded",
                     "diskSizeGB", 30, "hyperVGeneration", "V2", "encryption", "type",
                     "EncryptionAtRestWithPlatformKey");
}

static json_t *image(void)
{
    return json_pack("{s:s, s:{s:s, s:s, s:{s:{s:s, s:s, s:i}, s:[]}}}", "location", "westus", "properties",
                     "provisioningState", "Succeeded", "hyperVGeneration", "V2", "storageProfile", "osDisk",
                     "osType", "Linux", "osState", "Generalized", "diskSizeGB", 30, "dataDisks");
}

static json_t *machine(void)
{
    return json_pack("{s:{s:s, s:{s:s, s:[{s:s}]}, s:{s:{s:s, s:{s:s}}, s:[]}}}", "properties",
                     "provisioningState", "Succeeded", "instanceView", "hyperVGeneration", "V2", "statuses",
                     "code", "OSState/generalized", "storageProfile", "osDisk", "osType", "Linux",
                     "managedDisk", "id", GROUP "Microsoft.Compute/disks/vm-os", "dataDisks");
}

static json_t *definition(void)
{
    return json_pack("{s:s, s:{s:s, s:s, s:s, s:s}}", "location", "westus", "properties", "osType", "Linux",
                     "osState", "Generalized", "hyperVGeneration", "V2", "provisioningState", "Succeeded");
}

static json_t *resource(const char *url)
{
    char name[PART_MAX];

    if (named(url, "/diskEncryptionSets/", name))
        return set(name);
    if (named(url, "/keys/", name))
        return key();
    if (named(url, "/vaults/", name))
        return vault(name);
    if (named(url, "/disks/", name) || named(url, "/snapshots/", name))
        return disk();
    if (named(url, "/virtualMachines/", name))
        return machine();
    if (strstr(url, "/galleries/") == NULL && named(url, "/images/", name))
        return image();
    if (strstr(url, "/galleries/") != NULL && named(url, "/images/", name))
        return definition();
    if (named(url, "/galleries/", name))
        return json_pack("{s:s, s:{s:s}}", "location", "westus", "properties", "provisioningState",
                         "Succeeded");
    return NULL;
}

json_t *healthy_answer(const char *url, int *out_status)
{
    char name[PART_MAX];

    *out_status = 200;
    if (named(url, "/versions/", name)) {
        *out_status = 404;
        return json_pack("{s:{s:s, s:s}}", "error", "code", "ResourceNotFound", "message", "not there");
    }
    if (strstr(url, "/usages?") != NULL)
        return usages();
    if (strstr(url, "/locations?") != NULL)
        return locations();
    if (strstr(url, "/providers/Microsoft.Compute?") != NULL)
        return provider();
    if (strstr(url, "/providers/") == NULL && named(url, "/subscriptions/", name))
        return json_pack("{s:s, s:s}", "subscriptionId", name, "state", "Enabled");
    return resource(url);
}

const char *healthy_text(const char *url, int *out_status)
{
    static struct {
        char *url, *text;
        int status;
    } kept[256];
    size_t i = 0;

    while (i < sizeof kept / sizeof kept[0] && kept[i].url != NULL && strcmp(kept[i].url, url) != 0)
        i++;
    if (i == sizeof kept / sizeof kept[0])
        return NULL;
    if (kept[i].url == NULL) {
        json_t *body = healthy_answer(url, &kept[i].status);
        char *text = body != NULL ? json_dumps(body, 0) : NULL;
        json_decref(body);
        if (text == NULL)
            return NULL;
        kept[i].url = strdup(url);
        kept[i].text = text;
    }
    *out_status = kept[i].status;
    return kept[i].text;
}
