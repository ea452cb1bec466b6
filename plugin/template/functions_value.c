/* SPDX-License-Identifier: MPL-2.0 */
/* Functions of text/template over values: len, not, index, slice, print and its kin, the escapes. */
#include <string.h>

#include "base/span.h"
#include "template/format.h"
#include "template/functions.h"
#include "template/unicode.h"

bool pkr_tpl_call_not(struct pkr_tpl_call *call)
{
    *call->out = pkr_tpl_bool(!pkr_tpl_truth(&call->args[0]));
    return true;
}

bool pkr_tpl_call_call(struct pkr_tpl_call *call)
{
    return pkr_tpl_refuse(call, "there is no value that is a function");
}

bool pkr_tpl_call_len(struct pkr_tpl_call *call)
{
    const struct pkr_tpl_value *v = &call->args[0];
    const struct pkr_template_entry **sorted = NULL;
    size_t count = 0;

    switch (v->kind) {
    case PKR_TPL_STRING:
        count = v->as.text.len;
        break;
    case PKR_TPL_LIST:
        count = v->as.list.count;
        break;
    case PKR_TPL_MAP:
        if (!pkr_tpl_sorted(call->run, v, &sorted, &count))
            return false;
        break;
    default:
        return pkr_tpl_refuse(call, "a text, a list or a map was expected");
    }
    *call->out = pkr_tpl_int((int64_t)count);
    return true;
}

/* ---- index, slice ---- */

/* A place in a list or a text. @param last the largest that is allowed. */
static bool read_place(struct pkr_tpl_call *call, const struct pkr_tpl_value *v, size_t last, size_t *out)
{
    if (v->kind != PKR_TPL_INT && v->kind != PKR_TPL_BYTE)
        return pkr_tpl_refuse(call, "a place in a list or a text is a whole number");
    if (v->as.number < 0 || (uint64_t)v->as.number > last)
        return pkr_tpl_refuse(call, "the place is outside of the list or the text");
    *out = (size_t)v->as.number;
    return true;
}

static bool index_map(struct pkr_tpl_call *call, const struct pkr_tpl_value *key, struct pkr_tpl_value *item)
{
    const struct pkr_template_value *found = NULL;

    if (key->kind != PKR_TPL_STRING)
        return pkr_tpl_refuse(call, "a key of a map is a text");
    if (!pkr_tpl_get(call->run, item, key->as.text, &found))
        return false;
    *item = found != NULL ? pkr_tpl_of(found) : (struct pkr_tpl_value){.kind = PKR_TPL_NULL};
    return true;
}

static bool index_one(struct pkr_tpl_call *call, const struct pkr_tpl_value *place,
                      struct pkr_tpl_value *item)
{
    size_t i = 0, count = item->kind == PKR_TPL_LIST ? item->as.list.count : item->as.text.len;

    if (item->kind == PKR_TPL_MAP)
        return index_map(call, place, item);
    if (item->kind != PKR_TPL_LIST && item->kind != PKR_TPL_STRING)
        return pkr_tpl_refuse(call, "a text, a list or a map was expected");
    if (count == 0)
        return pkr_tpl_refuse(call, "the place is outside of the list or the text");
    if (!read_place(call, place, count - 1, &i))
        return false;
    if (item->kind == PKR_TPL_LIST)
        *item = pkr_tpl_of(&item->as.list.items[i]);
    else
        *item =
            (struct pkr_tpl_value){.kind = PKR_TPL_BYTE, .as.number = (unsigned char)item->as.text.data[i]};
    return true;
}

bool pkr_tpl_call_index(struct pkr_tpl_call *call)
{
    struct pkr_tpl_value item = call->args[0];

    if (pkr_tpl_is_nil(&item))
        return pkr_tpl_refuse(call, "the first argument is nil");
    for (size_t i = 1; i < call->count; i++)
        if (!index_one(call, &call->args[i], &item))
            return false;
    *call->out = item;
    return true;
}

static struct pkr_tpl_value part_of_list(const struct pkr_tpl_value *list, const size_t at[3])
{
    struct pkr_tpl_value part = *list;

    if (at[0] > 0)
        part.as.list.items += at[0];
    part.as.list.count = at[1] - at[0];
    part.as.list.capacity = at[2] - at[0];
    return part;
}

bool pkr_tpl_call_slice(struct pkr_tpl_call *call)
{
    struct pkr_tpl_value v = call->args[0];
    bool list = v.kind == PKR_TPL_LIST;
    size_t at[3] = {0, 0, 0}, reach = list ? v.as.list.capacity : v.as.text.len;

    if (!list && v.kind != PKR_TPL_STRING)
        return pkr_tpl_refuse(call, "a text or a list was expected");
    if (call->count > (list ? 4u : 3u))
        return pkr_tpl_refuse(call, "there are too many places");
    at[1] = list ? v.as.list.count : v.as.text.len;
    at[2] = reach;
    for (size_t i = 1; i < call->count; i++)
        if (!read_place(call, &call->args[i], reach, &at[i - 1]))
            return false;
    if (at[0] > at[1] || at[1] > at[2])
        return pkr_tpl_refuse(call, "the places are not in order");
    if (list)
        v = part_of_list(&v, at);
    else
        v = pkr_tpl_string(acgp_span_of(at[0] > 0 ? v.as.text.data + at[0] : v.as.text.data, at[1] - at[0]));
    *call->out = v;
    return true;
}

/* ---- print and its kin ---- */

bool pkr_tpl_call_print(struct pkr_tpl_call *call)
{
    struct pkr_tpl_text text = pkr_tpl_text(call->run);

    return pkr_tpl_print(&text, call->args, call->count) && pkr_tpl_return_text(call, &text);
}

bool pkr_tpl_call_printf(struct pkr_tpl_call *call)
{
    struct pkr_tpl_text text = pkr_tpl_text(call->run);

    return pkr_tpl_printf(&text, call->args[0].as.text, call->args + 1, call->count - 1) &&
           pkr_tpl_return_text(call, &text);
}

bool pkr_tpl_call_println(struct pkr_tpl_call *call)
{
    struct pkr_tpl_text text = pkr_tpl_text(call->run);

    for (size_t i = 0; i < call->count; i++) {
        if (i > 0)
            (void)pkr_tpl_add_byte(&text, ' ');
        if (!pkr_tpl_print(&text, &call->args[i], 1))
            return false;
    }
    (void)pkr_tpl_add_byte(&text, '\n');
    return pkr_tpl_return_text(call, &text);
}

/* ---- escapes ---- */

/* The arguments as print shows them, but for nil, which is the text of a missing value here. */
static bool join(struct pkr_tpl_call *call, struct acg_span *out)
{
    struct pkr_tpl_text text = pkr_tpl_text(call->run);
    struct pkr_tpl_value *shown = NULL;

    if (call->count == 1 && call->args[0].kind == PKR_TPL_STRING) {
        *out = call->args[0].as.text;
        return true;
    }
    shown = pkr_tpl_alloc(call->run, call->count, sizeof *shown);
    if (shown == NULL)
        return false;
    for (size_t i = 0; i < call->count; i++)
        shown[i] = pkr_tpl_is_nil(&call->args[i]) ? pkr_tpl_string(acgp_span("<no value>")) : call->args[i];
    if (!pkr_tpl_print(&text, shown, call->count))
        return false;
    *out = pkr_tpl_text_view(&text);
    return true;
}

static const char *html_of(char c)
{
    switch (c) {
    case '\0':
        return "\xef\xbf\xbd";
    case '"':
        return "&#34;";
    case '\'':
        return "&#39;";
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    default:
        return NULL;
    }
}

bool pkr_tpl_call_html(struct pkr_tpl_call *call)
{
    struct pkr_tpl_text text = pkr_tpl_text(call->run);
    struct acg_span from = {NULL, 0};

    if (!join(call, &from))
        return false;
    for (size_t i = 0; i < from.len; i++) {
        const char *escaped = html_of(from.data[i]);
        if (escaped != NULL ? !pkr_tpl_add_word(&text, escaped) : !pkr_tpl_add_byte(&text, from.data[i]))
            return false;
    }
    return pkr_tpl_return_text(call, &text);
}

static bool add_escape(struct pkr_tpl_text *text, uint32_t rune)
{
    unsigned digits = rune > 0xfffff ? 6 : rune > 0xffff ? 5 : 4;

    return pkr_tpl_add_word(text, "\\u") && pkr_tpl_add_hex(text, rune, digits, true);
}

static bool add_js(struct pkr_tpl_text *text, uint32_t rune, struct acg_span bytes)
{
    if (rune == '\\' || rune == '\'' || rune == '"')
        return pkr_tpl_add_byte(text, '\\') && pkr_tpl_add_byte(text, (char)rune);
    if (rune < ' ' || rune == '<' || rune == '>' || rune == '&' || rune == '=')
        return add_escape(text, rune);
    if (rune < 0x80 || pkr_rune_is_printable(rune))
        return pkr_tpl_add_span(text, bytes);
    return add_escape(text, rune);
}

bool pkr_tpl_call_js(struct pkr_tpl_call *call)
{
    struct pkr_tpl_text text = pkr_tpl_text(call->run);
    struct acg_span rest = {NULL, 0};

    if (!join(call, &rest))
        return false;
    while (rest.len > 0) {
        size_t len = 0;
        uint32_t rune = pkr_rune_decode(rest, &len);
        if (!add_js(&text, rune, acgp_span_of(rest.data, len)))
            return false;
        rest = acgp_span_of(rest.data + len, rest.len - len);
    }
    return pkr_tpl_return_text(call, &text);
}

bool pkr_tpl_call_urlquery(struct pkr_tpl_call *call)
{
    struct pkr_tpl_text text = pkr_tpl_text(call->run);
    struct acg_span from = {NULL, 0};

    if (!join(call, &from))
        return false;
    for (size_t i = 0; i < from.len; i++) {
        unsigned char c = (unsigned char)from.data[i];
        bool bare = c < 0x80 && (pkr_rune_is_word(c) || (c != '\0' && strchr("-.~", c) != NULL));
        if (bare || c == ' ' ? !pkr_tpl_add_byte(&text, bare ? (char)c : '+')
                             : !pkr_tpl_add_byte(&text, '%') || !pkr_tpl_add_hex(&text, c, 2, true))
            return false;
    }
    return pkr_tpl_return_text(call, &text);
}
