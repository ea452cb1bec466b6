/* SPDX-License-Identifier: MPL-2.0 */
/* Faults, marks and renames. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "spec/state.h"

/** Longest message of one fault, bytes: a longer one would only repeat the user's own text. */
enum { MESSAGE_MAX = 512 };
/** A block's words may become the compact form's, and these a command line's. */
enum { RENAMES_MAX = 3 };

enum acg_status pkr_note_mark(struct pkr_notes *notes, const char *path, bool unknown, unsigned about,
                              struct acg_error *err)
{
    struct pkr_mark *mark = pkr_arena_alloc(&notes->arena, 1, sizeof *mark);
    char *copy = pkr_arena_text(&notes->arena, acgp_span(path));

    if (mark == NULL || copy == NULL)
        return acgp_fail_nomem(err);
    *mark = (struct pkr_mark){notes->marks, copy, unknown, about};
    notes->marks = mark;
    return ACG_OK;
}

enum acg_status pkr_note_fault(struct pkr_notes *notes, const char *field, unsigned about, const char *fix,
                               struct acg_error *err, const char *format, ...)
{
    char raw[MESSAGE_MAX * 2], message[MESSAGE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    acgp_error_text(message, sizeof message, raw);
    enum acg_status status =
        acg_findings_add(notes->findings, ACG_SEVERITY_ERROR, "config", field, message, fix, err);
    return status == ACG_OK ? pkr_note_mark(notes, field, false, about, err) : status;
}

enum acg_status pkr_note_rename(struct pkr_notes *notes, const char *ours, struct acg_error *err,
                                const char *format, ...)
{
    struct pkr_rename *rename = pkr_arena_alloc(&notes->arena, 1, sizeof *rename);
    char *copy = pkr_arena_text(&notes->arena, acgp_span(ours));
    va_list args;

    va_start(args, format);
    char *theirs = pkr_arena_vprintf(&notes->arena, format, args);
    va_end(args);
    if (rename == NULL || copy == NULL || theirs == NULL)
        return acgp_fail_nomem(err);
    *rename = (struct pkr_rename){notes->renames, copy, theirs};
    notes->renames = rename;
    return ACG_OK;
}

bool pkr_path_below(const char *path, const char *top)
{
    size_t len = strlen(top);
    return strncmp(path, top, len) == 0 && (path[len] == '\0' || path[len] == '.' || path[len] == '[');
}

bool pkr_notes_cover(const struct pkr_notes *notes, const char *path)
{
    for (const struct pkr_mark *m = notes->marks; m != NULL; m = m->next)
        if (pkr_path_below(path, m->path))
            return true;
    return false;
}

unsigned pkr_notes_about(const struct pkr_notes *notes)
{
    unsigned about = 0;
    for (const struct pkr_mark *m = notes->marks; m != NULL; m = m->next)
        about |= m->about;
    return about;
}

static const struct pkr_rename *longest(const struct pkr_rename *list, const char *path,
                                        const struct pkr_rename *best)
{
    for (; list != NULL; list = list->next)
        if (pkr_path_below(path, list->ours) && (best == NULL || strlen(list->ours) > strlen(best->ours)))
            best = list;
    return best;
}

enum acg_status pkr_rename_apply(const struct pkr_config *config, const char *path, struct acgp_buf *buf,
                                 const char **out, struct acg_error *err)
{
    *out = path;
    for (int round = 0; round < RENAMES_MAX; round++) {
        const struct pkr_rename *best = longest(config->made.renames, *out, NULL);
        best = longest(config->read.renames, *out, best);
        if (best == NULL)
            return ACG_OK;
        acgp_buf_clear(buf);
        if (!acgp_buf_text(buf, best->theirs))
            return acgp_fail_nomem(err);
        *out = buf->data;
    }
    return ACG_OK;
}
