/* SPDX-License-Identifier: MPL-2.0 */
/* acg wait and acg status: a version that somebody publishes, watched to its end or looked at once. */
#include <acg/watch.h>

#include "base/alloc.h"
#include "base/span.h"
#include "cli/cli.h"
#include "cli/file.h"
#include "cli/version_option.h"

#define FILE_OPTION                                                                                          \
    {                                                                                                        \
        .name = "--file", .kind = PKR_OPTION_TEXT, .id = PKR_OPT_FILE, .value = "PATH",                      \
        .help = "instead of the id: a declaration that names the version, the JSON file of acg publish "     \
                "--file; - is standard input"                                                                \
    }

static const struct pkr_option wait_rows[] = {
    PKR_VERSION_OPTIONS,
    FILE_OPTION,
    {.name = "--for",
     .kind = PKR_OPTION_TEXT,
     .id = PKR_OPT_FOR,
     .value = "all|home|accepted",
     .help = "until every region is replicated (default), the home region is, or the version is there"},
    PKR_VERB_OPTIONS,
};
static const struct pkr_option_table wait_table = {
    .verb = "wait", .rows = wait_rows, .count = sizeof wait_rows / sizeof wait_rows[0]};

static const struct pkr_option status_rows[] = {PKR_VERSION_OPTIONS, FILE_OPTION, PKR_VERB_OPTIONS};
static const struct pkr_option_table status_table = {
    .verb = "status", .rows = status_rows, .count = sizeof status_rows / sizeof status_rows[0]};

static const char wait_head[] =
    "acg wait: wait until an image version is replicated, whoever publishes it, after --no-wait, Ctrl-C or "
    "a\n"
    "time-out too. Nothing is written, and no journal is needed.\n"
    "\n"
    "  acg wait /subscriptions/S/resourceGroups/G/.../versions/1.0.0\n"
    "  acg wait --file publish.json --for home --timeout 30m\n"
    "\n"
    "The version is read soon at first, rarely while the end is far, and every 28 s near it. --timeout is "
    "six\n"
    "hours where it is not given.\n"
    "Exit codes: 0 it is so, 6 the version or a region failed, or there is no such version, 10 not yet when\n"
    "the time ended: what is missing is named.\n"
    "\n"
    "Options:\n";

static const char status_head[] = "acg status: how far an image version is: each region's replication, and "
                                  "each disk's disk encryption set.\n"
                                  "It is read once. Nothing is written.\n"
                                  "\n"
                                  "  acg status /subscriptions/S/resourceGroups/G/.../versions/1.0.0\n"
                                  "  acg status --file publish.json --output json\n"
                                  "\n"
                                  "Exit codes: 0 every region is replicated, 6 the version or a region "
                                  "failed, or there is no such version,\n"
                                  "10 Azure still works on it.\n"
                                  "\n"
                                  "Options:\n";

/* One run. */
struct run {
    const struct pkr_config *config;
    char *version_id; /* owned; NULL: the declaration's */
    enum acg_wait wait;
    bool once;
    int64_t timeout_ms;
};

static enum acg_status begin(const void *context, struct acg_publisher *publisher, struct acg_publish **out,
                             struct acg_error *err)
{
    const struct run *r = context;
    struct acg_watch_options options = ACG_WATCH_OPTIONS_INIT;

    options.gallery_image_version_id = r->version_id;
    options.declaration = r->version_id == NULL ? pkr_config_options(r->config) : NULL;
    options.wait = r->wait;
    options.once = r->once;
    options.timeout_ms = r->timeout_ms;
    return acg_publisher_watch(publisher, &options, out, err);
}

static enum acg_status take_for(struct pkr_verb *v, enum acg_wait *out, struct acg_error *err)
{
    static const char *const words[] = {
        [ACG_WAIT_ALL] = "all", [ACG_WAIT_ACCEPTED] = "accepted", [ACG_WAIT_HOME] = "home"};
    const char *word = pkr_verb_value(v, PKR_OPT_FOR);

    for (size_t i = 0; word != NULL && i < sizeof words / sizeof words[0]; i++)
        if (acgp_equal(word, words[i])) {
            *out = (enum acg_wait)i;
            return ACG_OK;
        }
    return word == NULL ? ACG_OK
                        : pkr_config_add_fault(v->config, "config", "--for",
                                               "is none of all, home and accepted", "write --for home", err);
}

static enum acg_status prepare(struct pkr_verb *v, void *context, struct pkr_operation *out,
                               struct acg_error *err)
{
    struct run *r = context;
    const char *file = pkr_verb_value(v, PKR_OPT_FILE);
    enum acg_status status = pkr_version_option(v, file != NULL, &r->version_id, err);

    if (status == ACG_OK)
        status = pkr_verb_timeout(v, &r->timeout_ms, err);
    if (status == ACG_OK && !r->once)
        status = take_for(v, &r->wait, err);
    if (status == ACG_OK && file != NULL)
        status = pkr_file_add(v->config, file, err);
    if (status != ACG_OK)
        return status;
    r->config = v->config;
    v->phase = file != NULL && r->version_id == NULL ? PKR_PHASE_DECLARED : PKR_PHASE_LOGIN;
    out->begin = begin;
    out->context = r;
    return ACG_OK;
}

int pkr_cli_wait(const char *const *words, size_t count)
{
    struct run r = {.config = NULL};
    int exit_code = pkr_version_verb_run(&wait_table, "status", wait_head, prepare, &r, words, count);

    acgp_free(r.version_id);
    return exit_code;
}

int pkr_cli_status(const char *const *words, size_t count)
{
    struct run r = {.once = true};
    int exit_code = pkr_version_verb_run(&status_table, "status", status_head, prepare, &r, words, count);

    acgp_free(r.version_id);
    return exit_code;
}
