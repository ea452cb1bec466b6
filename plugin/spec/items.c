/* SPDX-License-Identifier: MPL-2.0 */
#include "spec/items.h"

#include <string.h>

#include "base/span.h"

bool pkr_lun_parse(struct acg_span text, int64_t *out)
{
    uint64_t lun = 0;

    if ((text.len > 1 && text.data[0] == '0') || !acgp_span_to_u64(text, &lun) || lun > INT32_MAX)
        return false;
    *out = (int64_t)lun;
    return true;
}

static bool is_letter(char c)
{
    return acgp_lower(c) >= 'a' && acgp_lower(c) <= 'z';
}

static bool take_replicas(struct acg_span text, struct pkr_place_item *item, const char **out_why)
{
    uint64_t count = 0;

    if (!acgp_span_to_u64(text, &count) || count > INT32_MAX) {
        *out_why = "the number of replicas must be a whole number, written with digits only";
        return false;
    }
    item->replicas = (struct acg_optional_int){true, (int64_t)count};
    return true;
}

/* [REPLICAS][=TYPE], or TYPE alone. */
static bool take_rest(struct acg_span rest, struct pkr_place_item *item, const char **out_why)
{
    struct acg_span second = acgp_span_cut(&rest, '=');

    if (rest.data == NULL && second.len > 0 && is_letter(second.data[0])) {
        item->storage_type = second;
        return true;
    }
    if (!take_replicas(second, item, out_why))
        return false;
    if (rest.data == NULL)
        return true;
    if (rest.len == 0 || !is_letter(rest.data[0])) {
        *out_why = "the storage account type is missing behind the last '='";
        return false;
    }
    if (memchr(rest.data, '=', rest.len) != NULL) {
        *out_why = "there are too many parts";
        return false;
    }
    item->storage_type = rest;
    return true;
}

bool pkr_region_item_parse(struct acg_span text, struct pkr_place_item *out, const char **out_why)
{
    struct pkr_place_item item = {.region = acgp_span_cut(&text, '=')};

    if (acgp_span_trim(item.region).len == 0) {
        *out_why = "the region is missing";
        return false;
    }
    if (text.data != NULL && !take_rest(text, &item, out_why))
        return false;
    *out = item;
    return true;
}

bool pkr_zone_item_parse(struct acg_span text, struct pkr_place_item *out, const char **out_why)
{
    struct pkr_place_item item = {.region = acgp_span_cut(&text, '=')};

    item.zone = acgp_span_cut(&text, '=');
    if (acgp_span_trim(item.region).len == 0 || acgp_span_trim(item.zone).len == 0) {
        *out_why = "it must name a region and an edge zone";
        return false;
    }
    if (text.data != NULL && !take_rest(text, &item, out_why))
        return false;
    *out = item;
    return true;
}

static bool next_letter(struct acg_span *text, char *out)
{
    while (text->len > 0 && text->data[0] == ' ') {
        text->data++;
        text->len--;
    }
    if (text->len == 0)
        return false;
    *out = acgp_lower(text->data[0]);
    text->data++;
    text->len--;
    return true;
}

bool pkr_same_region(struct acg_span a, struct acg_span b)
{
    for (;;) {
        char x = '\0', y = '\0';
        bool more_a = next_letter(&a, &x), more_b = next_letter(&b, &y);
        if (!more_a || !more_b)
            return more_a == more_b;
        if (x != y)
            return false;
    }
}
