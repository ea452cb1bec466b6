/* SPDX-License-Identifier: MPL-2.0 */
#include "plan/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/span.h"
#include "model/names.h"

enum {
    SHOWN_MAX = 320,   /* bytes of a user's text in a finding: a full ARM id fits */
    MESSAGE_MAX = 4096 /* bytes of a message: some fixed words around a few shown texts */
};

struct acgp_text acgp_text(const char *format, ...)
{
    struct acgp_text out;
    va_list args;

    va_start(args, format);
    vsnprintf(out.text, sizeof out.text, format, args);
    va_end(args);
    return out;
}

/* Bytes of the well-formed printable character at s; 0: none. */
static size_t printable(struct acg_span s)
{
    if ((unsigned char)s.data[0] < 0x20 || s.data[0] == 0x7f)
        return 0;
    for (size_t len = 1; len <= 4 && len <= s.len; len++) {
        if (acgp_text_is_utf8(acgp_span_of(s.data, len), NULL))
            return len;
    }
    return 0;
}

/* What may be shown of a text. A signed URL and a password in a URL are secrets, and may stand in a field
 * that was never meant for a URL. */
static struct acg_span showable(const char *text)
{
    struct acg_span s = acgp_span(text);
    const char *query = text != NULL ? strchr(text, '?') : NULL;
    const char *host = text != NULL ? strstr(text, "://") : NULL;

    if (host != NULL && strchr(host, '@') != NULL)
        s.len = (size_t)(host - text) + 3;
    else if (query != NULL && strchr(query, '=') != NULL)
        s.len = (size_t)(query - text);
    return s;
}

struct acgp_text acgp_shown(const char *text)
{
    struct acgp_text out;
    struct acg_span rest = showable(text);
    bool whole = rest.len == acgp_span(text).len;
    size_t len = 0;

    out.text[len++] = '\'';
    while (rest.len > 0 && len < SHOWN_MAX) {
        size_t used = printable(rest);

        if (used == 0)
            out.text[len++] = '?';
        else
            memcpy(out.text + len, rest.data, used);
        len += used;
        rest.data += used == 0 ? 1 : used;
        rest.len -= used == 0 ? 1 : used;
    }
    snprintf(out.text + len, sizeof out.text - len, rest.len > 0 || !whole ? "...'" : "'");
    return out;
}

void acgp_check_fail(struct acgp_check *c, enum acg_status status)
{
    if (c->status == ACG_OK)
        c->status = status;
}

void acgp_check_nomem(struct acgp_check *c)
{
    if (c->status == ACG_OK)
        acgp_fail_nomem(c->err);
    acgp_check_fail(c, ACG_ERR_NOMEM);
}

void acgp_fault(struct acgp_check *c, const char *rule, const char *field, const char *fix,
                const char *format, ...)
{
    char text[MESSAGE_MAX];
    va_list args;

    if (c->status != ACG_OK)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    acgp_check_fail(c, acg_findings_add(c->findings, ACG_SEVERITY_ERROR, rule, field, text, fix, c->err));
}

void *acgp_check_alloc(struct acgp_check *c, size_t count, size_t size)
{
    void *p = acgp_alloc(count == 0 ? 1 : count, size);

    if (p == NULL)
        acgp_check_nomem(c);
    return p;
}

char *acgp_check_copy(struct acgp_check *c, const char *text)
{
    char *copy = acgp_strdup(text);

    if (copy == NULL && text != NULL)
        acgp_check_nomem(c);
    return copy;
}

char *acgp_check_word(struct acgp_check *c, const struct acgp_words *words, const char *field,
                      const char *text)
{
    const char *sent = NULL;
    const char *nearest = NULL;

    if (text == NULL)
        return NULL;
    sent = acgp_word_find(words, acgp_span(text));
    if (sent != NULL)
        return acgp_check_copy(c, sent);
    nearest = acgp_word_nearest(words, acgp_span(text));
    acgp_fault(c, "config", field,
               nearest != NULL ? acgp_text("write %s", nearest).text : "write one of these, or leave it out",
               "%s is none of %s", acgp_shown(text).text, words->list);
    return acgp_check_copy(c, text);
}

bool acgp_check_lun(struct acgp_check *c, const char *field, struct acg_optional_int lun, int32_t *out)
{
    if (!lun.set) {
        acgp_fault(c, "config", field, "write the LUN that the disk has in the source, 0 or more",
                   "a data disk is named without its LUN");
        return false;
    }
    if (lun.value < 0 || lun.value > ACGP_LUN_MAX) {
        acgp_fault(c, "luns", field, "write the LUN that the disk has in the source",
                   "LUN %lld is out of range: Azure numbers data disks 0 to %d", (long long)lun.value,
                   ACGP_LUN_MAX);
        return false;
    }
    *out = (int32_t)lun.value;
    return true;
}

enum acg_tristate acgp_check_tristate(struct acgp_check *c, const char *field, enum acg_tristate given)
{
    if (given != ACG_UNSET && given != ACG_FALSE && given != ACG_TRUE)
        acgp_fault(c, "config", field, "use true or false", "the value is neither true, false nor unset");
    return given;
}
