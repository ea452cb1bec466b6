/* SPDX-License-Identifier: MPL-2.0 */
/* A template, in a phase that the first byte says. Whatever comes, the answer is a text, a wait or an error;
 * a failure leaves the result alone; asked again the answer is the same. */
#include <string.h>

#include "base/buf.h"
#include "base/span.h"
#include "fuzz/fuzz.h"
#include "unit/template/given.h"

enum { RESULT_MAX = 1 << 20 };

static const char before[] = "before ";

struct answer {
    enum acg_status status;
    bool later;
    struct acgp_buf out;
};

static void ask(struct answer *a, enum given_phase phase, struct acg_span text)
{
    uint64_t random = 1;
    struct pkr_template_data data = given_data(phase, &random);
    struct acg_error err = {.message = ""};

    *a = (struct answer){.status = ACG_OK};
    acgp_buf_init(&a->out, RESULT_MAX);
    FUZZ_CHECK(acgp_buf_text(&a->out, before));
    a->status = pkr_template_render(text, &data, &a->out, &a->later, &err);
    FUZZ_CHECK(a->status == ACG_OK || a->status == ACG_ERR_ARGUMENT || a->status == ACG_ERR_LIMIT);
    FUZZ_CHECK((err.message[0] == '\0') == (a->status == ACG_OK));
    FUZZ_CHECK(!a->out.failed && a->out.len >= strlen(before));
    FUZZ_CHECK(memcmp(a->out.data, before, strlen(before)) == 0 && a->out.data[a->out.len] == '\0');
    if (a->status != ACG_OK || a->later)
        FUZZ_CHECK(a->out.len == strlen(before));
    FUZZ_CHECK(!a->later || (a->status == ACG_OK && data.later));
}

static void check_plain(const struct answer *a, struct acg_span text)
{
    FUZZ_CHECK(a->status == ACG_OK && !a->later && a->out.len == strlen(before) + text.len);
    FUZZ_CHECK(text.len == 0 || memcmp(a->out.data + strlen(before), text.data, text.len) == 0);
}

static bool has_action(struct acg_span text)
{
    for (size_t i = 1; i < text.len; i++)
        if (text.data[i - 1] == '{' && text.data[i] == '{')
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct answer first, again;
    struct acg_span text = {NULL, 0};

    if (size == 0 || size > 4096)
        return 0;
    text = acgp_span_of(data + 1, size - 1);
    ask(&first, data[0] % 3, text);
    if (!has_action(text))
        check_plain(&first, text);
    if (size % 4 == 0) {
        ask(&again, data[0] % 3, text);
        FUZZ_CHECK(again.status == first.status && again.later == first.later &&
                   acgp_span_equal(acgp_buf_view(&again.out), acgp_buf_view(&first.out)));
        acgp_buf_done(&again.out);
    }
    acgp_buf_done(&first.out);
    return 0;
}
