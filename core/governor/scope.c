/* SPDX-License-Identifier: MPL-2.0 */
#include "governor/scope.h"

#include <string.h>

#include "base/span.h"
#include "http/url.h"

/* Starting values that answers have shown. What is missing here is learned from the first answer. */
static const struct acgp_policy policies[] = {
    {"put microsoft.compute/galleries/images/versions", "CreateUpdateGalleryImageVersion", 375, 1200},
    {"delete microsoft.compute/galleries/images/versions", "DeleteGalleryImageVersion", 150, 1000},
    {"get microsoft.compute/galleries/images/versions", "GetGalleryImageVersion", 2000, 10000},
    {"list microsoft.compute/galleries/images/versions", "ListGalleryImageVersionsInGalleryImage", 1500, 0},
    {"get microsoft.compute/locations/capsoperations", "GetOperationStatus", 1200, 4200},
    {"put microsoft.compute/galleries", "CreateUpdateGallery", 50, 300},
    {"put microsoft.compute/galleries/images", "CreateUpdateGalleryImage", 150, 750},
    {"get microsoft.compute/galleries", "GetGallery", 350, 2500},
    {"get microsoft.compute/galleries/images", "GetGalleryImage", 600, 3000},
    {"put microsoft.compute/diskencryptionsets", "HighCostDiskEncryptionSet", 100, 300},
    {"get microsoft.compute/diskencryptionsets", "LowCostGet", 15000, 120000},
    {"get microsoft.compute/disks", "LowCostGet", 15000, 120000},
    {"get microsoft.compute/snapshots", "LowCostGet", 15000, 120000},
    {"get microsoft.compute/locations/diskoperations", "GetOperation", 50000, 400000},
};

const struct acgp_policy *acgp_policy_of(const char *operation)
{
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++)
        if (strcmp(policies[i].operation, operation) == 0)
            return &policies[i];
    return NULL;
}

const char *acgp_operation_kind_name(enum acgp_operation_kind kind)
{
    static const char *const names[] = {"read", "write", "delete"};

    return names[kind];
}

static void append(char *out, size_t size, struct acg_span text)
{
    size_t used = strlen(out);

    for (size_t i = 0; i < text.len && used + 1 < size; i++)
        out[used++] = acgp_lower(text.data[i]);
    out[used] = '\0';
}

static enum acgp_operation_kind kind_of(enum acgp_method method)
{
    if (method == ACGP_GET)
        return ACGP_OPERATION_READ;
    return method == ACGP_DELETE ? ACGP_OPERATION_DELETE : ACGP_OPERATION_WRITE;
}

static bool is(struct acg_span s, const char *word)
{
    return acgp_span_equal_nocase(s, acgp_span(word));
}

/* A path is pairs of type and name; the last provider's pairs say what the operation is. A type at the end
 * has no name: a list, or an action. */
static void read_path(struct acg_span path, struct acgp_scope *out, char *type, bool *out_named)
{
    struct acg_span rest = path;

    acgp_span_cut(&rest, '/'); /* what stands before the first slash */
    while (rest.data != NULL) {
        struct acg_span word = acgp_span_cut(&rest, '/');
        struct acg_span name = rest.data != NULL ? acgp_span_cut(&rest, '/') : (struct acg_span){NULL, 0};
        bool provider = is(word, "providers");
        *out_named = name.data != NULL;
        if (is(word, "subscriptions") && *out_named && out->subscription[0] == '\0')
            append(out->subscription, sizeof out->subscription, name);
        if (is(word, "locations") && *out_named)
            append(out->location, sizeof out->location, name);
        if (provider)
            type[0] = '\0';
        else if (type[0] != '\0')
            append(type, ACGP_OPERATION_MAX, acgp_span("/"));
        append(type, ACGP_OPERATION_MAX, provider ? name : word);
    }
}

void acgp_scope_of(enum acgp_method method, const char *url, struct acgp_scope *out)
{
    static const char *const verbs[] = {"get", "put", "post", "put", "delete"}; /* PATCH counts as PUT does */
    char type[ACGP_OPERATION_MAX] = "";
    struct acgp_url parts = {.https = false};
    bool named = true;

    *out = (struct acgp_scope){.kind = kind_of(method)};
    if (acgp_url_parse(acgp_span(url), &parts))
        read_path(parts.path, out, type, &named);
    append(out->operation, sizeof out->operation,
           acgp_span(method == ACGP_GET && !named ? "list" : verbs[method]));
    append(out->operation, sizeof out->operation, acgp_span(" "));
    append(out->operation, sizeof out->operation, acgp_span(type));
}
