/* SPDX-License-Identifier: MPL-2.0 */
/** THE field table: every option of a publish, once. It feeds the specs that Packer reads, decoding, hints
 *  for unknown keys, the command's help and the option list of README. */
#ifndef PKR_FIELDS_H
#define PKR_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/span.h>

#include "base/buf.h"
#include "wire/config_spec.h"

/** Most names that are compared for a hint: there is no help in more. */
#define PKR_NEAREST_MAX 96u

enum pkr_field_type {
    PKR_FIELD_TEXT = 1,
    PKR_FIELD_NUMBER, /* a whole number */
    PKR_FIELD_BOOL,
    PKR_FIELD_DURATION, /* "6h", "90m", "1h30m" */
    PKR_FIELD_WORD,     /* one of the row's words */
    PKR_FIELD_TEXTS,    /* list of texts */
    PKR_FIELD_MAP,      /* map of texts */
    PKR_FIELD_SECRET,   /* a text that is moved to wiped memory */
    PKR_FIELD_BLOCK,    /* nested fields, at most once */
    PKR_FIELD_BLOCKS    /* nested fields, any number */
};

enum pkr_field_flag {
    PKR_REQUIRED = 1, /* for documentation: missing ones are findings, so that all faults come at once */
    PKR_COMPACT = 2,  /* belongs to the form without blocks */
    PKR_COMPACT_BARRED = 4, /* belongs to the form with blocks: not beside a PKR_COMPACT field */
    /* What the field is about: rules across fields are left out when one of theirs is faulty or unknown. */
    PKR_ABOUT_NAMES = 8, /* the version's id */
    PKR_ABOUT_SOURCE = 16,
    PKR_ABOUT_REGIONS = 32,
    PKR_ABOUT_SETS = 64,
    PKR_ABOUT_ANY = 120,
    PKR_HOST = 128, /* the host's own: login, endpoints, paths of files; no client of a service may set it */
    PKR_LOGIN = 256 /* the library looks for it in the environment itself, by its own order */
};

struct pkr_field_group;

/** One row. Places are byte offsets: of a field of the top level in struct pkr_settings, of a field in a
 *  repeated block in the element, of a field in a single block in the struct of its parent plus its place. */
struct pkr_field {
    const char *name;
    enum pkr_field_type type;
    unsigned flags;
    size_t place;       /* of the value; of a list: of the pointer to its items */
    size_t count_place; /* of a list, map or repeated block: of its length */
    const struct pkr_field_group *nested;
    const char *const *words; /* of a word: ended by NULL; the position of each is its value */
    const char *standard;     /* what an absent field means, for people; NULL: nothing */
    const char *variable;     /* environment variable that stands in for it; NULL: none */
    const char *more;         /* variables that are looked at after it, with a space between; NULL: none */
    const char *help;         /* one line */
};

/** The rows of one level. */
struct pkr_field_group {
    const struct pkr_field *rows;
    size_t count;
    size_t size; /* of one element, when the group is a repeated block */
};

/** The top level. Static. */
const struct pkr_field_group *pkr_fields(void);
/** The row with this name; NULL when there is none. @param nocase compare without case. */
const struct pkr_field *pkr_field_find(const struct pkr_field_group *group, struct acg_span name,
                                       bool nocase);
/** The nearest name among texts, for "did you mean": NULL when none is near.
 *  @param names borrowed, count of them. */
const char *pkr_nearest(struct acg_span name, const char *const *names, size_t count);
/** The first field of a JSON object in text that is the host's own (PKR_HOST), whatever its value.
 *  @param text borrowed. @param out static; NULL: there is none, or the text is no JSON object.
 *  @return ACG_OK | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_host_field(struct acg_span text, const char **out, struct acg_error *err);
/** The nearest field name of a group. */
const char *pkr_field_nearest(const struct pkr_field_group *group, struct acg_span name);

/** The shape for Packer. */
struct pkr_config_spec;

/** Make the shape from the table.
 *  @param attributes_only leave nested blocks out, for Packer 1.6, whose Debian build dies of them.
 *  @param out owned by caller (pkr_config_spec_free). @return ACG_OK | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_config_spec_new(bool attributes_only, struct pkr_config_spec **out,
                                                  struct acg_error *err);
/** The shape for the encoders of wire/. Lent until the spec is freed. */
const struct pkr_spec_object *pkr_config_spec_view(const struct pkr_config_spec *spec);
void pkr_config_spec_free(struct pkr_config_spec *spec);

/** The option list as a Markdown table, one per group: README's list is this text. @return false: no memory.
 */
bool pkr_fields_markdown(struct acgp_buf *out);
/** The table as JSON: a list of fields with name, type, required, default, variable, meaning and, of a block,
 *  fields. plugin/docs/generate.py makes the pages from it. @return false: no memory. */
bool pkr_fields_json(struct acgp_buf *out);
/** The option list as plain text for a terminal. @return false: no memory. */
bool pkr_fields_help(struct acgp_buf *out);

#endif
