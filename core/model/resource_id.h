/* SPDX-License-Identifier: MPL-2.0 */
/** ARM resource ids: parse, recognise, compare. Ids are case-insensitive. */
#ifndef ACGP_RESOURCE_ID_H
#define ACGP_RESOURCE_ID_H

#include <stdbool.h>

#include <acg/span.h>

enum acgp_resource_kind {
    ACGP_RESOURCE_OTHER = 0, /* well-formed, of a type that we do not use */
    ACGP_RESOURCE_MANAGED_IMAGE,
    ACGP_RESOURCE_SNAPSHOT,
    ACGP_RESOURCE_DISK,
    ACGP_RESOURCE_VIRTUAL_MACHINE,
    ACGP_RESOURCE_GALLERY,
    ACGP_RESOURCE_IMAGE_DEFINITION,
    ACGP_RESOURCE_IMAGE_VERSION,
    ACGP_RESOURCE_DISK_ENCRYPTION_SET,
    ACGP_RESOURCE_STORAGE_ACCOUNT
};

enum { ACGP_RESOURCE_LEVELS_MAX = 3 }; /* galleries / images / versions is the deepest type we use */

/** A parsed id; every span points into the text that was parsed. */
struct acgp_resource_id {
    enum acgp_resource_kind kind;
    struct acg_span subscription;
    struct acg_span resource_group;
    struct acg_span provider;                       /* "Microsoft.Compute" */
    struct acg_span type[ACGP_RESOURCE_LEVELS_MAX]; /* "galleries", "images", "versions" */
    struct acg_span name[ACGP_RESOURCE_LEVELS_MAX];
    size_t levels;
};

/** Parse /subscriptions/S/resourceGroups/G/providers/P/type/name[/type/name...]. @return false: not of that
 * form (no leading slash, an empty part, too deep); *out is then untouched. */
bool acgp_resource_id_parse(struct acg_span text, struct acgp_resource_id *out);

/** Equal without regard to case and to one trailing slash. NULL equals only NULL. */
bool acgp_resource_id_equal(const char *a, const char *b);

/** Words for people: "managed image", "disk encryption set"; "resource" for OTHER. */
const char *acgp_resource_kind_name(enum acgp_resource_kind kind);

/** Build an id of a resource with one level; owned by caller (acgp_free), NULL without memory.
 *  kind is one of the one-level kinds above. */
char *acgp_resource_id_new(struct acg_span subscription, struct acg_span resource_group,
                           enum acgp_resource_kind kind, struct acg_span name);

#endif
