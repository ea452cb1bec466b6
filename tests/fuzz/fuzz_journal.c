/* SPDX-License-Identifier: MPL-2.0 */
/* Bytes as a journal: whatever a crash or somebody's editor left, reading comes to an end, and a run that
 * begins behind it is seen. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "base/buf.h"
#include "base/span.h"
#include "journal/recollect.h"

#define KEY "5ba93c9db0cff93f52b521d7420e43f6eda2784fbf3e0c55b3d4c6e0e1d1f7aa"

static void look(const struct acgp_recollection *r)
{
    FUZZ_CHECK(r->known || (!r->unfinished && !r->sent && !r->created));
    FUZZ_CHECK(r->known || (r->version_id == NULL && r->memo == NULL && r->status == NULL));
    FUZZ_CHECK(!r->known || r->last_unix_s >= r->begun_unix_s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct acgp_record begin = {.kind = ACGP_RECORD_BEGIN,
                                .key = KEY,
                                .run = "the run of this test",
                                .version_id = "/v/9",
                                .memo = "mine"};
    struct acgp_recollection before = {.known = false}, after = {.known = false};
    struct acgp_buf text;

    acgp_buf_init(&text, ACGP_JOURNAL_MAX);
    FUZZ_CHECK(acgp_recollect(acgp_span_of(data, size), KEY, &before, NULL) == ACG_OK);
    look(&before);
    FUZZ_CHECK(size == 0 || acgp_buf_append(&text, data, size));
    if (size != 0 && data[size - 1] != '\n')
        FUZZ_CHECK(acgp_buf_text(&text, "\n"));
    FUZZ_CHECK(acgp_record_line(&begin, &text));
    FUZZ_CHECK(acgp_recollect(acgp_buf_view(&text), KEY, &after, NULL) == ACG_OK);
    look(&after);
    FUZZ_CHECK(after.known && after.unfinished && after.skipped == before.skipped);
    FUZZ_CHECK(strcmp(after.version_id, "/v/9") == 0 && strcmp(after.memo, "mine") == 0);
    acgp_recollection_done(&before);
    acgp_recollection_done(&after);
    acgp_buf_done(&text);
    return 0;
}
