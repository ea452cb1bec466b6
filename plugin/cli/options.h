/* SPDX-License-Identifier: MPL-2.0 */
/** The options of a verb: one table for parsing, hints and help. */
#ifndef PKR_OPTIONS_H
#define PKR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum pkr_option_id {
    PKR_OPT_FIELD = 0, /* goes straight into the configuration field of the row */
    PKR_OPT_TARGET_REGIONS,
    PKR_OPT_REGION_ENCRYPTION,
    PKR_OPT_REGION_CVM,
    PKR_OPT_EDGE_ZONES,
    PKR_OPT_ZONE_ENCRYPTION,
    PKR_OPT_DATA_SNAPSHOTS,
    PKR_OPT_DATA_SNAPSHOT_LUNS,
    PKR_OPT_DATA_VHDS,
    PKR_OPT_DATA_VHD_LUNS,
    PKR_OPT_DATA_VHD_ACCOUNTS,
    PKR_OPT_TAGS,
    PKR_OPT_FILE,
    PKR_OPT_NO_WAIT,
    PKR_OPT_DETACH,
    PKR_OPT_TIMEOUT,
    PKR_OPT_DRY_RUN,
    PKR_OPT_OFFLINE,
    PKR_OPT_REPORT,
    PKR_OPT_VERSION_ID, /* of verbs about an existing version, as the next five */
    PKR_OPT_GROUP,
    PKR_OPT_GALLERY,
    PKR_OPT_DEFINITION,
    PKR_OPT_VERSION,
    PKR_OPT_REGION,
    PKR_OPT_CONSUMER,
    PKR_OPT_SIZE,
    PKR_OPT_YES,
    PKR_OPT_FOR,
    PKR_OPT_SUBSCRIPTION, /* of verbs that are not about one publish */
    PKR_OPT_OUTPUT,
    PKR_OPT_FORMAT,
    PKR_OPT_QUIET,
    PKR_OPT_VERBOSE,
    PKR_OPT_DEBUG,
    PKR_OPT_HELP,
    PKR_OPT_SECRET,   /* refused: a command line can be read by others */
    PKR_OPT_QUERY,    /* refused: no JMESPath here */
    PKR_OPT_PROVIDER, /* of register, as the next */
    PKR_OPT_FEATURE,
    PKR_OPT_RESOURCE_GROUP, /* of des, as what follows */
    PKR_OPT_NAME,
    PKR_OPT_ENCRYPTION_TYPE,
    PKR_OPT_VAULT,
    PKR_OPT_VAULT_RESOURCE_GROUP,
    PKR_OPT_VAULT_ID,
    PKR_OPT_KEY,
    PKR_OPT_CREATE_KEY,
    PKR_OPT_KEY_SIZE,
    PKR_OPT_ACCESS,
    PKR_OPT_ROTATE
};

enum pkr_option_kind {
    PKR_OPTION_FLAG = 0, /* no value */
    PKR_OPTION_TEXT,     /* one */
    PKR_OPTION_NUMBER,   /* one whole number */
    PKR_OPTION_BOOL,     /* true or false; alone it means true */
    PKR_OPTION_MANY      /* all words up to the next option */
};

struct pkr_option {
    const char *name;  /* with its dashes */
    const char *other; /* another name of the same, NULL: none */
    char letter;       /* 0: none */
    enum pkr_option_kind kind;
    enum pkr_option_id id;
    bool beside_file;  /* may stand beside --file */
    const char *field; /* of the configuration, for PKR_OPT_FIELD and for findings; NULL: none */
    const char *sets;  /* of a flag: the field's value when it is given; NULL: it sets none */
    const char *value; /* for help: what the value is */
    const char *help;  /* one line; NULL: not shown */
};

/** The options of one verb. */
struct pkr_option_table {
    const char *verb; /* "publish" */
    const struct pkr_option *rows;
    size_t count;
};

extern const struct pkr_option_table pkr_publish_options;
extern const struct pkr_option_table pkr_plan_options; /* the same, without what only a write has */
extern const struct pkr_option_table pkr_explain_options;

/** The option of this name (with its dashes) or letter; NULL when there is none. */
const struct pkr_option *pkr_option_by_name(const struct pkr_option_table *table, const char *name,
                                            size_t len);
const struct pkr_option *pkr_option_by_letter(const struct pkr_option_table *table, char letter);

#endif
