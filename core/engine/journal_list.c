/* SPDX-License-Identifier: MPL-2.0 */
#include <errno.h>

#include <acg/journal.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "engine/journal.h"

struct acg_journal {
    struct acgp_journal *folder; /* NULL: there is none */
    DIR *names;                  /* NULL: as folder */
    struct acg_journal_entry entry;
    char key[ACGP_DIGEST_TEXT];
    struct acgp_recollection lent; /* whose texts the entry shows */
    struct acg_error problem;
};

enum acg_status acg_journal_open(const char *dir, struct acg_journal **out, struct acg_error *err)
{
    struct acg_journal *j = acgp_alloc(1, sizeof *j);
    enum acg_status status = ACG_OK;

    if (j == NULL)
        return acgp_fail_nomem(err);
    status = acgp_journal_new(dir, false, &j->folder, err);
    if (status == ACG_OK && j->folder != NULL && (j->names = acgp_journal_names(j->folder)) == NULL)
        status = errno == ENOMEM
                     ? acgp_fail_nomem(err)
                     : acgp_journal_fail(err, "cannot read the directory", j->folder->path, errno);
    if (status == ACG_OK)
        *out = j;
    else
        acg_journal_free(j);
    return status;
}

static const char *state_of(const struct acgp_recollection *r, bool running)
{
    if (running)
        return "running";
    return r->unfinished || r->status == NULL ? "unfinished" : r->status;
}

/* How an unfinished run said that it ended. */
static const char *ended_of(const struct acgp_recollection *r, bool running)
{
    return !running && r->unfinished ? r->status : NULL;
}

static const char *text_of(const char *text)
{
    return text != NULL ? text : "";
}

static enum acg_status read_entry(struct acg_journal *j, struct acg_error *err)
{
    struct acgp_recollection *r = &j->lent;
    bool running = false;

    j->problem.status = ACG_OK;
    enum acg_status status = acgp_journal_look(j->folder, j->key, &running, r, &j->problem);

    if (status == ACG_ERR_NOMEM)
        return acgp_fail_nomem(err);
    j->entry = (struct acg_journal_entry){.key = j->key,
                                          .version_id = text_of(r->version_id),
                                          .begun_unix_s = r->begun_unix_s,
                                          .last_unix_s = r->last_unix_s,
                                          .state = state_of(r, running),
                                          .memo = text_of(r->memo),
                                          .problem = "",
                                          .lines_skipped = r->skipped,
                                          .ended = text_of(ended_of(r, running))};
    if (status != ACG_OK || !r->known) {
        j->entry.state = "unreadable";
        j->entry.problem = status != ACG_OK ? j->problem.message : "no line of it can be used";
    }
    return ACG_OK;
}

/* The next name that is a key's. @return false: there is none. */
static bool next_key(struct acg_journal *j)
{
    const struct dirent *name = NULL;

    while (j->names != NULL && (name = readdir(j->names)) != NULL)
        if (acgp_journal_key_of(name->d_name, j->key))
            return true;
    return false;
}

enum acg_status acg_journal_next(struct acg_journal *journal, const struct acg_journal_entry **out,
                                 struct acg_error *err)
{
    enum acg_status status = ACG_OK;

    for (;;) {
        acgp_recollection_done(&journal->lent);
        if (!next_key(journal)) {
            *out = NULL;
            return ACG_OK;
        }
        status = read_entry(journal, err);
        if (status != ACG_OK)
            return status;
        if (journal->lent.known || journal->lent.skipped != 0 || journal->problem.status != ACG_OK)
            break; /* else it is empty, or gone meanwhile: no run has written there */
    }
    *out = &journal->entry;
    return ACG_OK;
}

void acg_journal_free(struct acg_journal *journal)
{
    if (journal == NULL)
        return;
    if (journal->names != NULL)
        (void)closedir(journal->names);
    acgp_journal_free(journal->folder);
    acgp_recollection_done(&journal->lent);
    acgp_free(journal);
}
