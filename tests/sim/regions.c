/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/regions.h"

#include "sim/text.h"

/* Public facts about Azure's regions; coordinates rounded. */
const struct sim_region sim_regions[] = {
    {"eastus", "East US", "United States", "US", "Virginia", "37.4", "-79.8", "westus", true},
    {"eastus2", "East US 2", "United States", "US", "Virginia", "36.7", "-78.4", "centralus", true},
    {"westus", "West US", "United States", "US", "California", "37.8", "-122.4", "eastus", false},
    {"westus2", "West US 2", "United States", "US", "Washington", "47.2", "-119.9", "westcentralus", true},
    {"westus3", "West US 3", "United States", "US", "Phoenix", "33.4", "-112.1", "eastus", true},
    {"centralus", "Central US", "United States", "US", "Iowa", "41.6", "-93.6", "eastus2", true},
    {"northcentralus", "North Central US", "United States", "US", "Illinois", "41.9", "-87.6",
     "southcentralus", false},
    {"southcentralus", "South Central US", "United States", "US", "Texas", "29.4", "-98.5", "northcentralus",
     true},
    {"westcentralus", "West Central US", "United States", "US", "Wyoming", "40.9", "-110.2", "westus2",
     false},
    {"centraluseuap", "Central US EUAP", "Canary (US)", "US", "Iowa", "41.6", "-93.6", "eastus2euap", false},
    {"eastus2euap", "East US 2 EUAP", "Canary (US)", "US", "Virginia", "36.7", "-78.4", "centraluseuap",
     true},
    {"canadacentral", "Canada Central", "Canada", "Canada", "Toronto", "43.7", "-79.4", "canadaeast", true},
    {"canadaeast", "Canada East", "Canada", "Canada", "Quebec", "46.8", "-71.2", "canadacentral", false},
    {"brazilsouth", "Brazil South", "Brazil", "South America", "Sao Paulo", "-23.6", "-46.6",
     "southcentralus", true},
    {"brazilsoutheast", "Brazil Southeast", "Brazil", "South America", "Rio", "-22.9", "-43.2", "brazilsouth",
     false},
    {"northeurope", "North Europe", "Europe", "Europe", "Ireland", "53.3", "-6.3", "westeurope", true},
    {"westeurope", "West Europe", "Europe", "Europe", "Netherlands", "52.4", "4.9", "northeurope", true},
    {"uksouth", "UK South", "United Kingdom", "UK", "London", "50.9", "-0.8", "ukwest", true},
    {"ukwest", "UK West", "United Kingdom", "UK", "Cardiff", "53.4", "-3.1", "uksouth", false},
    {"francecentral", "France Central", "France", "Europe", "Paris", "46.4", "2.4", "francesouth", true},
    {"francesouth", "France South", "France", "Europe", "Marseille", "43.8", "2.1", "francecentral", false},
    {"germanywestcentral", "Germany West Central", "Germany", "Europe", "Frankfurt", "50.1", "8.7",
     "germanynorth", true},
    {"germanynorth", "Germany North", "Germany", "Europe", "Berlin", "53.1", "8.8", "germanywestcentral",
     false},
    {"switzerlandnorth", "Switzerland North", "Switzerland", "Europe", "Zurich", "47.5", "8.6",
     "switzerlandwest", true},
    {"switzerlandwest", "Switzerland West", "Switzerland", "Europe", "Geneva", "46.2", "6.1",
     "switzerlandnorth", false},
    {"norwayeast", "Norway East", "Norway", "Europe", "Norway", "60.0", "10.9", "norwaywest", true},
    {"norwaywest", "Norway West", "Norway", "Europe", "Norway", "59.0", "5.7", "norwayeast", false},
    {"swedencentral", "Sweden Central", "Sweden", "Europe", "Gavle", "60.7", "17.1", "swedensouth", true},
    {"polandcentral", "Poland Central", "Poland", "Europe", "Warsaw", "52.2", "21.0", "", true},
    {"italynorth", "Italy North", "Italy", "Europe", "Milan", "45.5", "9.2", "", true},
    {"eastasia", "East Asia", "Asia Pacific", "Asia Pacific", "Hong Kong", "22.3", "114.2", "southeastasia",
     true},
    {"southeastasia", "Southeast Asia", "Asia Pacific", "Asia Pacific", "Singapore", "1.3", "103.8",
     "eastasia", true},
    {"japaneast", "Japan East", "Japan", "Asia Pacific", "Tokyo", "35.7", "139.8", "japanwest", true},
    {"japanwest", "Japan West", "Japan", "Asia Pacific", "Osaka", "34.7", "135.5", "japaneast", false},
    {"koreacentral", "Korea Central", "Korea", "Asia Pacific", "Seoul", "37.6", "127.0", "koreasouth", true},
    {"koreasouth", "Korea South", "Korea", "Asia Pacific", "Busan", "35.2", "129.1", "koreacentral", false},
    {"centralindia", "Central India", "India", "Asia Pacific", "Pune", "18.6", "73.9", "southindia", true},
    {"southindia", "South India", "India", "Asia Pacific", "Chennai", "13.0", "80.2", "centralindia", false},
    {"westindia", "West India", "India", "Asia Pacific", "Mumbai", "19.1", "72.9", "southindia", false},
    {"australiaeast", "Australia East", "Australia", "Asia Pacific", "Sydney", "-33.9", "151.2",
     "australiasoutheast", true},
    {"australiasoutheast", "Australia Southeast", "Australia", "Asia Pacific", "Melbourne", "-37.8", "145.0",
     "australiaeast", false},
    {"australiacentral", "Australia Central", "Australia", "Asia Pacific", "Canberra", "-35.3", "149.1",
     "australiacentral2", false},
    {"southafricanorth", "South Africa North", "South Africa", "Africa", "Johannesburg", "-25.7", "28.2",
     "southafricawest", true},
    {"uaenorth", "UAE North", "UAE", "Middle East", "Dubai", "25.3", "55.3", "uaecentral", true},
    {"qatarcentral", "Qatar Central", "Qatar", "Middle East", "Doha", "25.6", "51.4", "", true},
    {"israelcentral", "Israel Central", "Israel", "Middle East", "Israel", "31.3", "33.5", "", true},
};
const size_t sim_region_count = sizeof sim_regions / sizeof sim_regions[0];

static char next(const char **text)
{
    while (**text == ' ')
        (*text)++;
    char c = **text;
    if (c)
        (*text)++;
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool sim_region_same(const char *a, const char *b)
{
    if (!a || !b)
        return false;
    for (;;) {
        char left = next(&a), right = next(&b);
        if (left != right)
            return false;
        if (!left)
            return true;
    }
}

const struct sim_region *sim_region_find(const char *spelling)
{
    for (size_t i = 0; i < sim_region_count; i++)
        if (sim_region_same(sim_regions[i].name, spelling))
            return &sim_regions[i];
    return NULL;
}

/* The two that recordings name. */
const struct sim_edge_zone sim_edge_zones[] = {
    {"microsoftlosangeles1", "Los Angeles Test", "westus", "34.058414", "-118.235374"},
    {"attdallas1", "Dallas", "southcentralus", "32.776665", "-96.796989"},
};
const size_t sim_edge_zone_count = sizeof sim_edge_zones / sizeof sim_edge_zones[0];

const struct sim_edge_zone *sim_edge_zone_find(const char *name)
{
    for (size_t i = 0; i < sim_edge_zone_count; i++)
        if (sim_region_same(sim_edge_zones[i].name, name))
            return &sim_edge_zones[i];
    return NULL;
}
