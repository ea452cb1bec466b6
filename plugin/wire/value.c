/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/value.h"

#include <string.h>

#include "base/span.h"

struct pkr_value pkr_nil(void)
{
    return (struct pkr_value){.kind = PKR_VALUE_NIL};
}

struct pkr_value pkr_bool(bool b)
{
    return (struct pkr_value){.kind = PKR_VALUE_BOOL, .as.boolean = b};
}

struct pkr_value pkr_int(int64_t n)
{
    return (struct pkr_value){.kind = PKR_VALUE_INT, .as.i64 = n};
}

struct pkr_value pkr_uint(uint64_t n)
{
    return (struct pkr_value){.kind = PKR_VALUE_UINT, .as.u64 = n};
}

struct pkr_value pkr_float(double f)
{
    return (struct pkr_value){.kind = PKR_VALUE_FLOAT, .as.f64 = f};
}

struct pkr_value pkr_text(const char *text)
{
    return text ? pkr_str(acgp_span(text)) : pkr_nil();
}

struct pkr_value pkr_str(struct acg_span text)
{
    return (struct pkr_value){.kind = PKR_VALUE_STR, .as.bytes = text};
}

struct pkr_value pkr_bin(struct acg_span bytes)
{
    return (struct pkr_value){.kind = PKR_VALUE_BIN, .as.bytes = bytes};
}

struct pkr_value pkr_array(const struct pkr_value *items, size_t count)
{
    return (struct pkr_value){.kind = PKR_VALUE_ARRAY, .as.array = {items, count}};
}

struct pkr_value pkr_map(const struct pkr_pair *pairs, size_t count)
{
    return (struct pkr_value){.kind = PKR_VALUE_MAP, .as.map = {pairs, count}};
}

bool pkr_value_is_nil(const struct pkr_value *v)
{
    return v == NULL || v->kind == PKR_VALUE_NIL;
}

const struct pkr_value *pkr_value_get(const struct pkr_value *v, const char *key)
{
    struct acg_span wanted = acgp_span(key), found = {0};

    if (v == NULL || v->kind != PKR_VALUE_MAP)
        return NULL;
    for (size_t i = v->as.map.count; i-- > 0;)
        if (pkr_value_as_text(&v->as.map.pairs[i].key, &found) && acgp_span_equal(found, wanted))
            return &v->as.map.pairs[i].value;
    return NULL;
}

const struct pkr_value *pkr_value_at(const struct pkr_value *v, size_t i)
{
    if (v == NULL || v->kind != PKR_VALUE_ARRAY || i >= v->as.array.count)
        return NULL;
    return &v->as.array.items[i];
}

size_t pkr_value_count(const struct pkr_value *v)
{
    if (v == NULL)
        return 0;
    if (v->kind == PKR_VALUE_ARRAY)
        return v->as.array.count;
    return v->kind == PKR_VALUE_MAP ? v->as.map.count : 0;
}

bool pkr_value_as_text(const struct pkr_value *v, struct acg_span *out)
{
    if (v == NULL || (v->kind != PKR_VALUE_STR && v->kind != PKR_VALUE_BIN))
        return false;
    *out = v->as.bytes;
    return true;
}

/* The bounds are exact powers of two, so that the comparison itself does not round. */
static bool float_to_i64(double f, int64_t *out)
{
    if (!(f >= -9223372036854775808.0 && f < 9223372036854775808.0) || (double)(int64_t)f != f)
        return false;
    *out = (int64_t)f;
    return true;
}

static bool float_to_u64(double f, uint64_t *out)
{
    if (!(f >= 0.0 && f < 18446744073709551616.0) || (double)(uint64_t)f != f)
        return false;
    *out = (uint64_t)f;
    return true;
}

bool pkr_value_as_i64(const struct pkr_value *v, int64_t *out)
{
    if (v == NULL)
        return false;
    if (v->kind == PKR_VALUE_FLOAT)
        return float_to_i64(v->as.f64, out);
    if (v->kind == PKR_VALUE_INT)
        *out = v->as.i64;
    else if (v->kind == PKR_VALUE_UINT && v->as.u64 <= (uint64_t)INT64_MAX)
        *out = (int64_t)v->as.u64;
    else
        return false;
    return true;
}

bool pkr_value_as_u64(const struct pkr_value *v, uint64_t *out)
{
    if (v == NULL)
        return false;
    if (v->kind == PKR_VALUE_FLOAT)
        return float_to_u64(v->as.f64, out);
    if (v->kind == PKR_VALUE_UINT)
        *out = v->as.u64;
    else if (v->kind == PKR_VALUE_INT && v->as.i64 >= 0)
        *out = (uint64_t)v->as.i64;
    else
        return false;
    return true;
}

bool pkr_value_as_f64(const struct pkr_value *v, double *out)
{
    if (v == NULL)
        return false;
    if (v->kind == PKR_VALUE_FLOAT)
        *out = v->as.f64;
    else if (v->kind == PKR_VALUE_INT)
        *out = (double)v->as.i64;
    else if (v->kind == PKR_VALUE_UINT)
        *out = (double)v->as.u64;
    else
        return false;
    return true;
}

bool pkr_value_as_bool(const struct pkr_value *v, bool *out)
{
    if (v == NULL || v->kind != PKR_VALUE_BOOL)
        return false;
    *out = v->as.boolean;
    return true;
}

static bool equal_at(const struct pkr_value *a, const struct pkr_value *b, unsigned depth);

static bool is_integer(const struct pkr_value *v)
{
    return v->kind == PKR_VALUE_INT || v->kind == PKR_VALUE_UINT;
}

static bool equal_integers(const struct pkr_value *a, const struct pkr_value *b)
{
    int64_t ia = 0, ib = 0;
    uint64_t ua = 0, ub = 0;

    if (pkr_value_as_u64(a, &ua) && pkr_value_as_u64(b, &ub))
        return ua == ub;
    return pkr_value_as_i64(a, &ia) && pkr_value_as_i64(b, &ib) && ia == ib;
}

static bool equal_members(const struct pkr_value *a, const struct pkr_value *b, unsigned depth)
{
    if (pkr_value_count(a) != pkr_value_count(b) || depth >= PKR_VALUE_DEPTH_MAX)
        return false;
    for (size_t i = 0; i < pkr_value_count(a); i++) {
        if (a->kind == PKR_VALUE_ARRAY) {
            if (!equal_at(&a->as.array.items[i], &b->as.array.items[i], depth + 1))
                return false;
        } else if (!equal_at(&a->as.map.pairs[i].key, &b->as.map.pairs[i].key, depth + 1) ||
                   !equal_at(&a->as.map.pairs[i].value, &b->as.map.pairs[i].value, depth + 1)) {
            return false;
        }
    }
    return true;
}

static bool equal_at(const struct pkr_value *a, const struct pkr_value *b, unsigned depth)
{
    if (is_integer(a) && is_integer(b))
        return equal_integers(a, b);
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case PKR_VALUE_NIL:
        return true;
    case PKR_VALUE_BOOL:
        return a->as.boolean == b->as.boolean;
    case PKR_VALUE_FLOAT: /* by bits: a NaN equals itself */
        return memcmp(&a->as.f64, &b->as.f64, sizeof a->as.f64) == 0;
    case PKR_VALUE_EXT:
        return a->ext_type == b->ext_type && acgp_span_equal(a->as.bytes, b->as.bytes);
    case PKR_VALUE_ARRAY:
    case PKR_VALUE_MAP:
        return equal_members(a, b, depth);
    default:
        return acgp_span_equal(a->as.bytes, b->as.bytes);
    }
}

bool pkr_value_equal(const struct pkr_value *a, const struct pkr_value *b)
{
    struct pkr_value nil = pkr_nil();

    return equal_at(a ? a : &nil, b ? b : &nil, 0);
}
