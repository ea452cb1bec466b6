/* SPDX-License-Identifier: MPL-2.0 */
/* Comparisons: only like is compared with like; a byte and a whole number are alike, a whole and a real
 * number are not. */
#include "base/span.h"
#include "template/functions.h"

/** How values compare. */
enum family { FAMILY_NONE, FAMILY_BOOL, FAMILY_WHOLE, FAMILY_REAL, FAMILY_TEXT };

static enum family family_of(const struct pkr_tpl_value *v)
{
    switch (v->kind) {
    case PKR_TPL_BOOL:
        return FAMILY_BOOL;
    case PKR_TPL_INT:
    case PKR_TPL_BYTE:
        return FAMILY_WHOLE;
    case PKR_TPL_FLOAT:
        return FAMILY_REAL;
    case PKR_TPL_STRING:
        return FAMILY_TEXT;
    default:
        return FAMILY_NONE;
    }
}

static bool same(const struct pkr_tpl_value *a, const struct pkr_tpl_value *b, enum family family)
{
    switch (family) {
    case FAMILY_BOOL:
        return a->as.boolean == b->as.boolean;
    case FAMILY_WHOLE:
        return a->as.number == b->as.number;
    case FAMILY_REAL:
        return a->as.real >= b->as.real && a->as.real <= b->as.real;
    default:
        return acgp_span_equal(a->as.text, b->as.text);
    }
}

/* nil compares with anything; two lists or two maps do not compare. */
static bool equal(struct pkr_tpl_call *call, const struct pkr_tpl_value *a, const struct pkr_tpl_value *b,
                  bool *out)
{
    enum family left = family_of(a), right = family_of(b);

    if (pkr_tpl_is_nil(a) || pkr_tpl_is_nil(b)) {
        *out = pkr_tpl_is_nil(a) && pkr_tpl_is_nil(b);
        return true;
    }
    if (left != right)
        return pkr_tpl_refuse(call, "the values are of types that do not compare");
    if (left == FAMILY_NONE)
        return pkr_tpl_refuse(call, "lists and maps do not compare");
    *out = same(a, b, left);
    return true;
}

static bool less(struct pkr_tpl_call *call, const struct pkr_tpl_value *a, const struct pkr_tpl_value *b,
                 bool *out)
{
    enum family left = family_of(a), right = family_of(b);

    if (left == FAMILY_NONE || right == FAMILY_NONE || left != right || left == FAMILY_BOOL)
        return pkr_tpl_refuse(call, "the values are of types that have no order");
    if (left == FAMILY_WHOLE)
        *out = a->as.number < b->as.number;
    else if (left == FAMILY_REAL)
        *out = a->as.real < b->as.real;
    else
        *out = pkr_tpl_compare(a->as.text, b->as.text) < 0;
    return true;
}

static bool answer(struct pkr_tpl_call *call, bool boolean)
{
    *call->out = pkr_tpl_bool(boolean);
    return true;
}

bool pkr_tpl_call_eq(struct pkr_tpl_call *call)
{
    bool is = false;

    if (call->count < 2)
        return pkr_tpl_refuse(call, "there is nothing to compare with");
    for (size_t i = 1; i < call->count && !is; i++)
        if (!equal(call, &call->args[0], &call->args[i], &is))
            return false;
    return answer(call, is);
}

bool pkr_tpl_call_ne(struct pkr_tpl_call *call)
{
    bool is = false;

    return equal(call, &call->args[0], &call->args[1], &is) && answer(call, !is);
}

bool pkr_tpl_call_lt(struct pkr_tpl_call *call)
{
    bool is = false;

    return less(call, &call->args[0], &call->args[1], &is) && answer(call, is);
}

/* Less or equal, which with numbers that are none is not the opposite of greater. */
static bool at_most(struct pkr_tpl_call *call, bool *out)
{
    const struct pkr_tpl_value *a = &call->args[0], *b = &call->args[1];

    return less(call, a, b, out) && (*out || equal(call, a, b, out));
}

bool pkr_tpl_call_le(struct pkr_tpl_call *call)
{
    bool is = false;

    return at_most(call, &is) && answer(call, is);
}

bool pkr_tpl_call_gt(struct pkr_tpl_call *call)
{
    bool is = false;

    return at_most(call, &is) && answer(call, !is);
}

bool pkr_tpl_call_ge(struct pkr_tpl_call *call)
{
    bool is = false;

    return less(call, &call->args[0], &call->args[1], &is) && answer(call, !is);
}
