/* SPDX-License-Identifier: MPL-2.0 */
/* Functions of the SDK over texts. */
#include <string.h>

#include "base/span.h"
#include "template/functions.h"
#include "template/unicode.h"

static bool is_ascii(struct acg_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] >= 0x80)
            return false;
    return true;
}

/* As in Go, what is no UTF-8 becomes U+FFFD. */
static bool change_case(struct pkr_tpl_call *call, uint32_t (*change)(uint32_t rune))
{
    struct acg_span rest = call->args[0].as.text;
    struct pkr_tpl_text text = pkr_tpl_text(call->run);
    bool ascii = is_ascii(rest);

    while (rest.len > 0) {
        size_t len = 1;
        uint32_t rune = ascii ? (unsigned char)rest.data[0] : pkr_rune_decode(rest, &len);
        if (!pkr_tpl_add_rune(&text, change(rune)))
            return false;
        rest = acgp_span_of(rest.data + len, rest.len - len);
    }
    return pkr_tpl_return_text(call, &text);
}

bool pkr_tpl_call_upper(struct pkr_tpl_call *call)
{
    return change_case(call, pkr_rune_upper);
}

bool pkr_tpl_call_lower(struct pkr_tpl_call *call)
{
    return change_case(call, pkr_rune_lower);
}

/* ---- search ---- */

/* Bytes before the first hit; all of them when there is none. An empty word is found behind a character. */
static size_t find(struct acg_span text, struct acg_span word, bool *out_found)
{
    size_t at = 0;

    *out_found = text.len >= word.len;
    if (word.len == 0)
        return text.len > 0 ? pkr_rune_len(text) : 0;
    while (text.len - at >= word.len) {
        const char *hit = memchr(text.data + at, word.data[0], text.len - at - word.len + 1);
        if (hit == NULL)
            break;
        at = (size_t)(hit - text.data);
        if (memcmp(hit, word.data, word.len) == 0)
            return at;
        at++;
    }
    *out_found = false;
    return text.len;
}

static struct acg_span behind(struct acg_span text, size_t bytes)
{
    return bytes > 0 ? acgp_span_of(text.data + bytes, text.len - bytes) : text;
}

/* The search looks at a word's length for each byte in the worst case. */
static bool pay(struct pkr_tpl_call *call, struct acg_span text, struct acg_span word)
{
    return word.len < 16 ||
           pkr_tpl_look(call->run, text.len > SIZE_MAX / word.len ? SIZE_MAX : text.len * word.len / 16);
}

/* ---- replace ---- */

/* An empty old text stands before each character and at the end. */
static bool replace_between(struct pkr_tpl_text *out, struct acg_span new, int64_t times,
                            struct acg_span *rest)
{
    while (times != 0) {
        size_t len = rest->len > 0 ? pkr_rune_len(*rest) : 0;
        if (!pkr_tpl_add_span(out, new) || !pkr_tpl_add(out, rest->data, len))
            return false;
        if (len == 0)
            break;
        *rest = behind(*rest, len);
        times--;
    }
    return true;
}

static bool replace_hits(struct pkr_tpl_text *out, struct acg_span old, struct acg_span new, int64_t times,
                         struct acg_span *rest)
{
    for (; times != 0; times--) {
        bool found = false;
        size_t before = find(*rest, old, &found);
        if (!found)
            break;
        if (!pkr_tpl_add(out, rest->data, before) || !pkr_tpl_add_span(out, new))
            return false;
        *rest = behind(*rest, before + old.len);
    }
    return true;
}

/* @param times negative: all. */
static bool replace(struct pkr_tpl_call *call, int64_t times, struct acg_span rest)
{
    struct acg_span old = call->args[0].as.text, new = call->args[1].as.text;
    struct pkr_tpl_text text = pkr_tpl_text(call->run);

    if (!pay(call, rest, old))
        return false;
    if (old.len == 0 ? !replace_between(&text, new, times, &rest)
                     : !replace_hits(&text, old, new, times, &rest))
        return false;
    (void)pkr_tpl_add_span(&text, rest);
    return pkr_tpl_return_text(call, &text);
}

bool pkr_tpl_call_replace(struct pkr_tpl_call *call)
{
    return replace(call, call->args[2].as.number, call->args[3].as.text);
}

bool pkr_tpl_call_replace_all(struct pkr_tpl_call *call)
{
    return replace(call, -1, call->args[2].as.text);
}

/* ---- split ---- */

bool pkr_tpl_call_split(struct pkr_tpl_call *call)
{
    struct acg_span rest = call->args[0].as.text, separator = call->args[1].as.text;
    int64_t wanted = call->args[2].as.number;
    bool found = true;

    if (wanted < 0)
        return pkr_tpl_refuse(call, "the number of the part is negative");
    if (!pay(call, rest, separator))
        return false;
    for (int64_t i = 0; found; i++) {
        size_t before = find(rest, separator, &found);
        if (separator.len == 0 && rest.len == 0)
            break;
        if (i == wanted) {
            *call->out = pkr_tpl_string(acgp_span_of(rest.data, before));
            return true;
        }
        if (found)
            rest = behind(rest, before + separator.len);
    }
    return pkr_tpl_refuse(call, "the text has fewer parts than were asked for");
}
