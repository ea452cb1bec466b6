/* SPDX-License-Identifier: MPL-2.0 */
#include "journal/recollect.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "json/decode.h"
#include "json/look.h"

struct reading {
    struct acgp_recollection *out;
    const char *key;
    char run[ACGP_RUN_TEXT]; /* the newest run so far */
    bool updating;           /* its last SENDING changes a version that was there */
};

static bool replace(char **text, const char *by)
{
    char *copy = acgp_strdup(by);

    if (copy == NULL && by != NULL)
        return false;
    acgp_free(*text);
    *text = copy;
    return true;
}

/* The text of a member if it fits: a longer one is none of ours. */
static bool fixed(const json_t *line, const char *name, char *out, size_t size)
{
    const char *text = acgp_json_text(line, name);

    if (text == NULL || strlen(text) >= size)
        return false;
    memcpy(out, text, strlen(text) + 1);
    return true;
}

/* Take the members of a line; texts are the document's. @return false: the line is none of this journal. */
static bool record_of(const json_t *line, const char *key, struct acgp_record *out)
{
    const char *word = acgp_json_text(line, "kind");

    if (word == NULL || !fixed(line, "run", out->run, sizeof out->run) ||
        !fixed(line, "key", out->key, sizeof out->key) || (key != NULL && !acgp_equal(out->key, key)))
        return false;
    for (enum acgp_record_kind k = ACGP_RECORD_BEGIN; k <= ACGP_RECORD_ENDED; k++)
        if (acgp_equal(word, acgp_record_words[k]))
            out->kind = k;
    out->unix_s = acgp_json_int(line, "at", 0);
    out->version_id = acgp_json_text(line, "version");
    out->status = acgp_json_text(line, "status");
    out->final = acgp_json_true(line, "final");
    out->note = acgp_json_text(line, "note");
    out->memo = acgp_json_text(line, "memo");
    return true;
}

/* What an unfinished run before may have sent is still open where the new one goes on with its version. */
static bool begin_run(struct reading *r, const struct acgp_record *record)
{
    struct acgp_recollection *out = r->out;
    bool same = record->version_id == NULL || acgp_equal_nocase(record->version_id, out->version_id);

    memcpy(r->run, record->run, sizeof r->run);
    r->updating = false;
    out->sent = out->sent && out->unfinished && same;
    out->created = out->created && same;
    out->unfinished = true;
    out->begun_unix_s = out->last_unix_s = record->unix_s;
    return (record->version_id == NULL || replace(&out->version_id, record->version_id)) &&
           replace(&out->memo, record->memo) && replace(&out->status, NULL);
}

static bool apply(struct reading *r, const struct acgp_record *record)
{
    struct acgp_recollection *out = r->out;
    bool ok = true;

    if (record->kind == ACGP_RECORD_BEGIN || !out->known || strcmp(record->run, r->run) != 0)
        ok = begin_run(r, record);
    out->known = true;
    if (record->unix_s > out->last_unix_s)
        out->last_unix_s = record->unix_s;
    if (record->kind == ACGP_RECORD_SENDING) {
        out->sent = true;
        r->updating = acgp_equal(record->note, "update");
    } else if (record->kind == ACGP_RECORD_ACCEPTED) {
        out->created = out->created || !r->updating;
    } else if (record->kind == ACGP_RECORD_ENDED) {
        out->unfinished = !record->final;
        ok = ok && replace(&out->status, record->status);
    }
    return ok;
}

static enum acg_status take_line(struct reading *r, struct acg_span text, struct acg_error *err)
{
    struct acgp_record record = {.kind = 0};
    json_t *line = NULL;
    enum acg_status status = ACG_OK;

    if (acgp_span_trim(text).len == 0)
        return ACG_OK;
    if (text.len > ACGP_RECORD_MAX) {
        r->out->skipped++;
        return ACG_OK;
    }
    status = acgp_json_parse(text, &line, err);
    if (status == ACG_ERR_NOMEM)
        return status;
    if (status != ACG_OK || !record_of(line, r->key, &record))
        r->out->skipped++;
    else if (record.kind != 0 && !apply(r, &record))
        status = ACG_ERR_NOMEM;
    json_decref(line);
    return status == ACG_ERR_NOMEM ? acgp_fail_nomem(err) : ACG_OK;
}

enum acg_status acgp_recollect(struct acg_span bytes, const char *key, struct acgp_recollection *out,
                               struct acg_error *err)
{
    struct reading r = {.out = out, .key = key};
    struct acg_error why; /* a line that is no JSON is no failure to tell */
    enum acg_status status = ACG_OK;

    if (bytes.len > ACGP_JOURNAL_MAX)
        bytes = acgp_span_of(bytes.data + (bytes.len - ACGP_JOURNAL_MAX), ACGP_JOURNAL_MAX);
    while (status == ACG_OK && bytes.len != 0)
        status = take_line(&r, acgp_span_cut(&bytes, '\n'), &why);
    return status == ACG_OK ? ACG_OK : acgp_fail_nomem(err);
}

void acgp_recollection_done(struct acgp_recollection *r)
{
    acgp_free(r->version_id);
    acgp_free(r->memo);
    acgp_free(r->status);
    *r = (struct acgp_recollection){.known = false};
}
