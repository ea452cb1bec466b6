/* SPDX-License-Identifier: MPL-2.0 */
#include "packer/artifact_source.h"

#include <string.h>

#include "base/error.h"
#include "base/span.h"

/** Longest part of a foreign text that is shown. */
#define SHOWN_MAX 200

/* BuilderId of azure-arm and of azure-dtl. */
static const char azure_builder[] = "Azure.ResourceManagement.VMImage";
static const char image_line[] = "ManagedImageId:";

/* The words of an id; NULL stands for a name of the user's. */
static const char *const image_words[] = {
    "", "subscriptions", NULL, "resourceGroups", NULL, "providers", "Microsoft.Compute", "images", NULL};

bool pkr_is_managed_image_id(struct acg_span id)
{
    struct acg_span rest = id;
    for (size_t i = 0; i < sizeof image_words / sizeof image_words[0]; i++) {
        if (rest.data == NULL)
            return false;
        struct acg_span word = acgp_span_cut(&rest, '/');
        if (image_words[i] == NULL ? word.len == 0 || memchr(word.data, ',', word.len) != NULL
                                   : !acgp_span_equal_nocase(word, acgp_span(image_words[i])))
            return false;
    }
    return rest.data == NULL;
}

static bool find_line(struct acg_span text, struct acg_span *out_id)
{
    for (struct acg_span rest = text; rest.data != NULL;) {
        struct acg_span line = acgp_span_trim(acgp_span_cut(&rest, '\n'));
        if (!acgp_span_starts_nocase(line, acgp_span(image_line)))
            continue;
        size_t skip = sizeof image_line - 1;
        struct acg_span id = acgp_span_trim(acgp_span_of(line.data + skip, line.len - skip));
        if (pkr_is_managed_image_id(id)) {
            *out_id = id;
            return true;
        }
    }
    return false;
}

/* What may be shown of a foreign text: not what follows '?', which signs a URL. */
static struct acg_span shown(struct acg_span text)
{
    struct acg_span rest = text;
    struct acg_span part = text.data == NULL ? text : acgp_span_cut(&rest, '?');
    if (part.len > SHOWN_MAX)
        part.len = SHOWN_MAX;
    return part;
}

enum acg_status pkr_artifact_managed_image(struct acg_span builder_id, struct acg_span id,
                                           struct acg_span text, struct acg_span *out_id,
                                           struct acg_error *err)
{
    if (acgp_span_equal(builder_id, acgp_span(azure_builder)) && find_line(text, out_id))
        return ACG_OK;
    struct acg_span bare = acgp_span_trim(id);
    if (pkr_is_managed_image_id(bare)) {
        *out_id = bare;
        return ACG_OK;
    }
    struct acg_span builder = shown(builder_id), name = shown(id);
    return acgp_fail(
        err, ACG_ERR_ARGUMENT,
        "the incoming artifact (builder id \"%.*s\", id \"%.*s\") is no managed image. Accepted: an "
        "artifact of azure-arm or azure-dtl with a managed image, or any artifact whose id is a "
        "managed image's. Or name the source in the configuration: managed_image, or os_snapshot "
        "with a data snapshot for each data disk",
        (int)builder.len, builder.len > 0 ? builder.data : "", (int)name.len, name.len > 0 ? name.data : "");
}
