/* SPDX-License-Identifier: MPL-2.0 */
#include "said.h"

#include "testlib/test.h"

#include "base/buf.h"
#include "base/span.h"

/** Largest result of a test, bytes. */
enum { RESULT_MAX = 1 << 20 };

static enum acg_status render(enum given_phase phase, const char *template, struct acgp_buf *out, bool *later,
                              struct acg_error *err)
{
    uint64_t random = 1;
    struct pkr_template_data data = given_data(phase, &random);

    acgp_buf_init(out, RESULT_MAX);
    assert_true(acgp_buf_text(out, "before "));
    return pkr_template_render(acgp_span(template), &data, out, later, err);
}

void said_text(enum given_phase phase, const char *template, const char *expected)
{
    struct acgp_buf out;
    struct acg_error err = {.message = ""};
    bool later = true;

    if (render(phase, template, &out, &later, &err) != ACG_OK)
        fail_msg("%s\nfails: %s", template, err.message);
    assert_string_equal(out.data + strlen("before "), expected);
    assert_false(later);
    acgp_buf_done(&out);
}

void said_later(const char *template)
{
    struct acgp_buf out;
    struct acg_error err = {.message = ""};
    bool later = false;

    if (render(GIVEN_CONFIGURE, template, &out, &later, &err) != ACG_OK)
        fail_msg("%s\nfails: %s", template, err.message);
    if (!later)
        fail_msg("%s\nis not left for later", template);
    assert_string_equal(out.data, "before ");
    acgp_buf_done(&out);
}

static void fails(enum given_phase phase, const char *template, enum acg_status status, const char *word)
{
    struct acgp_buf out;
    struct acg_error err = {.message = ""};
    bool later = true;
    enum acg_status actual = render(phase, template, &out, &later, &err);

    if (actual != status || err.status != status || strstr(err.message, word) == NULL)
        fail_msg("%.200s\nstatus %d, not %d: %s", template, (int)actual, (int)status, err.message);
    assert_null(strstr(err.message, "s3cr3t"));
    assert_string_equal(out.data, "before ");
    assert_true(later); /* untouched */
    acgp_buf_done(&out);
}

void said_wrong(enum given_phase phase, const char *template, const char *word)
{
    fails(phase, template, ACG_ERR_ARGUMENT, word);
}

void said_limit(const char *template, const char *word)
{
    fails(GIVEN_POST_PROCESS, template, ACG_ERR_LIMIT, word);
}
