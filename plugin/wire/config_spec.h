/* SPDX-License-Identifier: MPL-2.0 */
/** The shape of a configuration as Packer must know it to read HCL2, neutral of its two encodings.
 *
 *  An object is a list of named entries; an entry is an attribute with a type, a block that may stand once,
 * or a block that may be repeated. Blocks nest. All structs are plain data, borrowed by the encoders, and may
 * be static constants:
 *
 *      static const struct pkr_spec_entry entries[] = {
 *          {.kind = PKR_SPEC_ATTR, .name = "location", .type = &pkr_type_string, .required = true},
 *          {.kind = PKR_SPEC_BLOCK_LIST, .name = "target_region", .nested = &region},
 *      };
 *      static const struct pkr_spec_object spec = {entries, sizeof entries / sizeof entries[0]};
 *
 *  Encoders: wire/gob.h (Packer up to 1.11, and later ones when asked) and wire/spec_proto.h. */
#ifndef PKR_CONFIG_SPEC_H
#define PKR_CONFIG_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>

/** Deepest nesting of blocks and of types that the encoders take: the configuration has three. */
#define PKR_SPEC_DEPTH_MAX 8u
/** Longest encoded spec, bytes; a hundred options take 30 KiB. */
#define PKR_SPEC_BYTES_MAX ((size_t)1024 * 1024)

enum pkr_type_kind { PKR_TYPE_STRING = 1, PKR_TYPE_NUMBER, PKR_TYPE_BOOL, PKR_TYPE_LIST, PKR_TYPE_MAP };

/** A type of an attribute. */
struct pkr_type {
    enum pkr_type_kind kind;
    const struct pkr_type *element; /* of PKR_TYPE_LIST and PKR_TYPE_MAP (keys are strings), else NULL */
};

extern const struct pkr_type pkr_type_string;
extern const struct pkr_type pkr_type_number;
extern const struct pkr_type pkr_type_bool;
extern const struct pkr_type pkr_type_list_string;     /* list(string) */
extern const struct pkr_type pkr_type_list_number;     /* list(number) */
extern const struct pkr_type pkr_type_map_string;      /* map(string) */
extern const struct pkr_type pkr_type_list_map_string; /* list(map(string)) */

enum pkr_spec_kind {
    PKR_SPEC_ATTR = 1,
    PKR_SPEC_BLOCK,     /* at most one */
    PKR_SPEC_BLOCK_LIST /* any number */
};

struct pkr_spec_object;

/** One entry: name is what the template's author writes. */
struct pkr_spec_entry {
    enum pkr_spec_kind kind;
    const char *name;
    const struct pkr_type *type;          /* PKR_SPEC_ATTR, else NULL */
    bool required;                        /* PKR_SPEC_ATTR, PKR_SPEC_BLOCK */
    const struct pkr_spec_object *nested; /* PKR_SPEC_BLOCK, PKR_SPEC_BLOCK_LIST, else NULL */
    uint32_t min_items; /* PKR_SPEC_BLOCK_LIST, gob only: protobuf cannot carry a number of items */
    uint32_t max_items; /* the same; 0: no limit */
};

/** What stands between a pair of braces, or at the top. */
struct pkr_spec_object {
    const struct pkr_spec_entry *entries;
    size_t count;
};

/** Whether a spec can be encoded at all; both encoders ask first.
 *  @param spec borrowed. @return ACG_OK | ACG_ERR_ARGUMENT (an entry without its name, type or nested object;
 * a list or map without element) | ACG_ERR_LIMIT (deeper than PKR_SPEC_DEPTH_MAX). */
ACG_NODISCARD enum acg_status pkr_spec_check(const struct pkr_spec_object *spec, struct acg_error *err);

#endif
