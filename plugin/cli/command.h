/* SPDX-License-Identifier: MPL-2.0 */
/** A command about one publish, from its words to a configuration: what publish and explain share. */
#ifndef PKR_COMMAND_H
#define PKR_COMMAND_H

#include "base/buf.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/words.h"
#include "spec/config.h"

/** Before pkr_command_init only reports and output are set. */
struct pkr_command {
    bool reports;           /* --output takes the words of a report */
    enum pkr_output output; /* without --output */
    struct pkr_config *config;
    struct pkr_words words;
    const char *const *typed; /* as they came; borrowed */
    size_t typed_count;
    struct acgp_buf notes;
    enum pkr_chatter chatter;
};

/** Read the words. @return as pkr_words_read; pkr_command_done follows in any case. */
ACG_NODISCARD enum acg_status pkr_command_init(struct pkr_command *c, const struct pkr_option_table *table,
                                               const char *const *words, size_t count, struct acg_error *err);
void pkr_command_done(struct pkr_command *c);

/** Was the option given, and its first value; NULL when it was not. */
bool pkr_command_given(const struct pkr_command *c, enum pkr_option_id id);
const char *pkr_command_value(const struct pkr_command *c, enum pkr_option_id id);

/** Take the options of output, then the configuration from --file or from the options, then the environment.
 *  @return ACG_OK (faults are noted in the configuration) | ACG_ERR_ARGUMENT | ACG_ERR_NOMEM | ACG_ERR_LIMIT.
 */
ACG_NODISCARD enum acg_status pkr_command_configure(struct pkr_command *c, struct acg_error *err);

/** Print the warnings of a configuration that was checked, and the notes, on standard error. */
void pkr_command_warn(const struct pkr_command *c);

#endif
