/* SPDX-License-Identifier: MPL-2.0 */
#include "journal/record.h"

#include "base/alloc.h"
#include "json/build.h"

const char *const acgp_record_words[ACGP_RECORD_ENDED + 1] = {[ACGP_RECORD_BEGIN] = "begin",
                                                              [ACGP_RECORD_SENDING] = "sending",
                                                              [ACGP_RECORD_ACCEPTED] = "accepted",
                                                              [ACGP_RECORD_ENDED] = "ended"};

bool acgp_record_line(const struct acgp_record *r, struct acgp_buf *out)
{
    json_t *line = json_object();
    char *text = NULL;
    bool ok = acgp_json_put_text(line, "kind", acgp_record_words[r->kind]) &&
              acgp_json_put_int(line, "at", r->unix_s) && acgp_json_put_text(line, "key", r->key) &&
              acgp_json_put_text(line, "run", r->run) && acgp_json_put_text(line, "version", r->version_id) &&
              acgp_json_put_text(line, "status", r->status) && acgp_json_put_text(line, "note", r->note) &&
              acgp_json_put_text(line, "memo", r->memo);

    if (ok && r->kind == ACGP_RECORD_ENDED)
        ok = acgp_json_put_tristate(line, "final", r->final ? ACG_TRUE : ACG_FALSE);
    text = ok ? acgp_json_dump(line, ACGP_RECORD_MAX) : NULL;
    json_decref(line);
    ok = text != NULL && acgp_buf_text(out, text) && acgp_buf_text(out, "\n");
    acgp_free(text);
    return ok;
}
