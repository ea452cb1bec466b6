/* SPDX-License-Identifier: MPL-2.0 */
/* Where the journal lies, and publishers that keep one. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "spec/state.h"

static const char off[] = "none";

/* Both variables count when they name an absolute path (XDG Base Directory Specification). */
enum acg_status pkr_journal_stand_in(struct pkr_config *config,
                                     const char *(*lookup)(void *context, const char *name), void *context,
                                     struct acg_error *err)
{
    const char *base = lookup(context, "XDG_STATE_HOME"), *below = "acg";
    char *path = NULL;

    if (base == NULL || base[0] != '/') {
        base = lookup(context, "HOME");
        below = ".local/state/acg";
    }
    if (base == NULL || base[0] != '/')
        return ACG_OK;
    path = acgp_printf("%s/%s", base, below);
    if (path != NULL)
        config->journal_folder = pkr_arena_text(&config->read.arena, acgp_span(path));
    acgp_free(path);
    return config->journal_folder != NULL ? ACG_OK : acgp_fail_nomem(err);
}

static bool is_named(const struct pkr_config *config)
{
    return config->set.journal != NULL && config->set.journal[0] != '\0';
}

const char *pkr_config_journal(const struct pkr_config *config)
{
    if (!is_named(config))
        return config->journal_folder;
    return acgp_equal(config->set.journal, off) ? NULL : config->set.journal;
}

/* Why there is none; owned by caller, NULL without memory or when nobody wants to know. */
static void say(char **out_notice, const char *why)
{
    if (out_notice != NULL)
        *out_notice = acgp_printf("no journal is kept: %s", why);
}

enum acg_status pkr_journal_publisher_new(const struct pkr_config *config,
                                          struct acg_publisher_options *options,
                                          struct acg_credential *credential, struct acg_publisher **out,
                                          char **out_notice, struct acg_error *err)
{
    struct acg_error why = {.status = ACG_OK};
    enum acg_status status = ACG_OK;
    const char *without = NULL;

    options->journal_dir = pkr_config_journal(config);
    status = acg_publisher_new(options, credential, out, &why);
    if (status == ACG_OK && options->journal_dir == NULL && !is_named(config)) {
        without = "neither XDG_STATE_HOME nor HOME is set";
    } else if (status == ACG_ERR_ARGUMENT && !is_named(config) && acgp_equal(why.field, "journal_dir")) {
        options->journal_dir = NULL;
        status = acg_publisher_new(options, credential, out, NULL);
        without = why.message;
    }
    if (status == ACG_OK) {
        if (without != NULL)
            say(out_notice, without);
        return ACG_OK;
    }
    if (acgp_equal(why.field, "journal_dir"))
        acgp_error_text(why.field, sizeof why.field, "journal"); /* the word of whoever wrote it */
    if (err != NULL)
        *err = why;
    return status;
}
