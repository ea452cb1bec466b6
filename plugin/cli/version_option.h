/* SPDX-License-Identifier: MPL-2.0 */
/** Naming an existing version: its id as the first word, or the five names as in `az sig image-version show`.
 */
#ifndef PKR_VERSION_OPTION_H
#define PKR_VERSION_OPTION_H

#include "cli/verb.h"

/** Rows for the option table of a verb about one version; --subscription is among PKR_VERB_OPTIONS. */
#define PKR_VERSION_OPTIONS                                                                                  \
    {.name = "--gallery-image-version-id",                                                                   \
     .kind = PKR_OPTION_TEXT,                                                                                \
     .id = PKR_OPT_VERSION_ID,                                                                               \
     .value = "ID",                                                                                          \
     .help = "full id of the version; the same as the id alone as the first word"},                          \
        {.name = "--resource-group",                                                                         \
         .letter = 'g',                                                                                      \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .id = PKR_OPT_GROUP,                                                                                \
         .value = "NAME",                                                                                    \
         .help = "resource group of the gallery, with the next three instead of the id"},                    \
        {.name = "--gallery-name",                                                                           \
         .letter = 'r',                                                                                      \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .id = PKR_OPT_GALLERY,                                                                              \
         .value = "NAME",                                                                                    \
         .help = "gallery"},                                                                                 \
        {.name = "--gallery-image-definition",                                                               \
         .letter = 'i',                                                                                      \
         .kind = PKR_OPTION_TEXT,                                                                            \
         .id = PKR_OPT_DEFINITION,                                                                           \
         .value = "NAME",                                                                                    \
         .help = "image definition"},                                                                        \
    {                                                                                                        \
        .name = "--gallery-image-version", .letter = 'e', .kind = PKR_OPTION_TEXT, .id = PKR_OPT_VERSION,    \
        .value = "X.Y.Z", .help = "version"                                                                  \
    }

/** Run a verb whose first word may be the id; as pkr_verb_run. */
int pkr_version_verb_run(const struct pkr_option_table *table, const char *report, const char *head,
                         pkr_verb_prepare *prepare, void *context, const char *const *words, size_t count);

/** The version that is named.
 *  @param optional no fault when none is.
 *  @param out owned by caller (acgp_free); NULL when none is named, or a fault was noted.
 *  @return ACG_OK (faults of the words are noted) | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_version_option(struct pkr_verb *v, bool optional, char **out,
                                                 struct acg_error *err);

#endif
