/* SPDX-License-Identifier: MPL-2.0 */
/** The words of a command line, sorted by option. */
#ifndef PKR_WORDS_H
#define PKR_WORDS_H

#include <acg/error.h>
#include <acg/export.h>

#include "cli/options.h"
#include "spec/config.h"

/** Most words of one command line: hundreds of regions with their sets. A longer one is refused. */
#define PKR_WORDS_MAX ((size_t)8192)

/** One option as it was given; the texts are the caller's. */
struct pkr_given {
    const struct pkr_option *option;
    const char **values;
    size_t count;
};

struct pkr_words {
    const struct pkr_option_table *table;
    struct pkr_given *given; /* one slot per row of the table; option NULL: not given */
    const char **values;     /* room for all */
};

/** Sort words by option. A word that is no option, an option that does not exist, that stands twice or that
 *  lacks its value is noted as a fault in config.
 *  @param words  borrowed; must outlive *out. They must be UTF-8; others are noted as faults.
 *  @param out    owned by caller (pkr_words_done).
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT. */
ACG_NODISCARD enum acg_status pkr_words_read(const struct pkr_option_table *table, const char *const *words,
                                             size_t count, struct pkr_config *config, struct pkr_words *out,
                                             struct acg_error *err);
void pkr_words_done(struct pkr_words *words);

/** The option as given; NULL when it was not. */
const struct pkr_given *pkr_words_find(const struct pkr_words *words, enum pkr_option_id id);
/** Its first value; NULL when it was not given. */
const char *pkr_words_value(const struct pkr_words *words, enum pkr_option_id id);

#endif
