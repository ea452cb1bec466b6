/* SPDX-License-Identifier: MPL-2.0 */
#include "trace.h"

#include "testlib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"

enum { TEXT_MAX = 1 << 20 };

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void read_bytes(struct trace_line *line, const char *text)
{
    size_t wanted = 0, n = 0;
    unsigned char *bytes = acgp_alloc(strlen(text) + PKR_FRAME_HEADER, 1);

    assert_non_null(bytes);
    for (; digit(text[0]) >= 0 || *text == ' '; text++) {
        if (*text == ' ')
            continue;
        assert_true(digit(text[1]) >= 0);
        bytes[n++] = (unsigned char)(digit(text[0]) * 16 + digit(text[1]));
        text++;
    }
    line->cut = strncmp(text, "...(", 4) == 0;
    assert_true(*text == '\0' || line->cut);
    assert_true(n >= PKR_FRAME_HEADER);
    assert_int_equal(pkr_frame_decode(bytes, &line->frame, NULL), ACG_OK);
    wanted = PKR_FRAME_HEADER + (line->frame.type == PKR_FRAME_DATA ? line->frame.length : 0);
    assert_true(line->cut ? n <= wanted : n == wanted);
    bytes = acgp_realloc(bytes, wanted, 1);
    assert_non_null(bytes);
    memset(bytes + n, 0, wanted - n);
    line->bytes = acgp_span_of(bytes, wanted);
}

struct trace *trace_read(const char *path)
{
    struct trace *trace = acgp_alloc(1, sizeof *trace);
    FILE *file = fopen(path, "r");
    char *text = NULL, *comment = acgp_strdup("");
    size_t size = 0, capacity = 0;
    ssize_t len = 0;

    assert_non_null(file);
    while ((len = getline(&text, &size, file)) > 0) {
        if (text[len - 1] == '\n')
            text[len - 1] = '\0';
        if (text[0] == '#') {
            acgp_free(comment);
            comment = acgp_strdup(text);
        } else if (text[0] == '>' || text[0] == '<') {
            assert_true(
                acgp_grow((void **)&trace->lines, &capacity, trace->count + 1, 100000, sizeof *trace->lines));
            struct trace_line *line = &trace->lines[trace->count++];
            *line = (struct trace_line){.from_packer = text[0] == '>', .comment = comment};
            comment = acgp_strdup("");
            read_bytes(line, text + 1);
            trace->cut |= line->cut;
        }
    }
    acgp_free(comment);
    free(text);
    fclose(file);
    assert_true(trace->count > 0);
    return trace;
}

void trace_free(struct trace *trace)
{
    for (size_t i = 0; i < trace->count; i++) {
        acgp_free(trace->lines[i].comment);
        acgp_free((void *)(uintptr_t)trace->lines[i].bytes.data);
    }
    acgp_free(trace->lines);
    acgp_free(trace);
}

static void put_quoted(struct acgp_buf *out, struct acg_span s, bool binary)
{
    bool doubled = s.len != 0 && memchr(s.data, '\'', s.len) != NULL && memchr(s.data, '"', s.len) == NULL;
    char quote = doubled ? '"' : '\'';

    acgp_buf_printf(out, "%s%c", binary ? "b" : "", quote);
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];

        if (c == '\n' || c == '\r' || c == '\t')
            acgp_buf_printf(out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else if (c == '\\' || c == (unsigned char)quote)
            acgp_buf_printf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f || (binary && c >= 0x80))
            acgp_buf_printf(out, "\\x%02x", c);
        else
            acgp_buf_byte(out, c);
    }
    acgp_buf_byte(out, (uint8_t)quote);
}

static void put_float(struct acgp_buf *out, double f)
{
    if (f > -1e15 && f < 1e15 && f == (double)(int64_t)f)
        acgp_buf_printf(out, "%.1f", f);
    else
        acgp_buf_printf(out, "%g", f);
}

static void put_value(struct acgp_buf *out, const struct pkr_value *v)
{
    switch (v->kind) {
    case PKR_VALUE_NIL:
        acgp_buf_text(out, "None");
        break;
    case PKR_VALUE_BOOL:
        acgp_buf_text(out, v->as.boolean ? "True" : "False");
        break;
    case PKR_VALUE_INT:
        acgp_buf_printf(out, "%lld", (long long)v->as.i64);
        break;
    case PKR_VALUE_UINT:
        acgp_buf_printf(out, "%llu", (unsigned long long)v->as.u64);
        break;
    case PKR_VALUE_FLOAT:
        put_float(out, v->as.f64);
        break;
    case PKR_VALUE_STR:
    case PKR_VALUE_BIN:
    case PKR_VALUE_EXT:
        put_quoted(out, v->as.bytes, v->kind != PKR_VALUE_STR);
        break;
    case PKR_VALUE_ARRAY:
        acgp_buf_byte(out, '[');
        for (size_t i = 0; i < v->as.array.count; i++) {
            acgp_buf_text(out, i ? ", " : "");
            put_value(out, &v->as.array.items[i]);
        }
        acgp_buf_byte(out, ']');
        break;
    case PKR_VALUE_MAP:
        acgp_buf_byte(out, '{');
        for (size_t i = 0; i < v->as.map.count; i++) {
            acgp_buf_text(out, i ? ", " : "");
            put_value(out, &v->as.map.pairs[i].key);
            acgp_buf_text(out, ": ");
            put_value(out, &v->as.map.pairs[i].value);
        }
        acgp_buf_byte(out, '}');
        break;
    }
}

char *trace_value_text(const struct pkr_value *v)
{
    struct acgp_buf out;
    char *text = NULL;

    acgp_buf_init(&out, TEXT_MAX);
    put_value(&out, v);
    text = acgp_buf_take(&out);
    assert_non_null(text);
    return text;
}
