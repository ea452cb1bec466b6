/* SPDX-License-Identifier: MPL-2.0 */
#include "json/look.h"

#include <string.h>

const json_t *acgp_json_at(const json_t *value, const char *place)
{
    while (value != NULL && *place != '\0') {
        size_t n = strcspn(place, ".");

        value = json_object_getn(value, place, n);
        place += n + (place[n] == '.');
    }
    return json_is_null(value) ? NULL : value;
}

const char *acgp_json_text(const json_t *value, const char *place)
{
    return json_string_value(acgp_json_at(value, place));
}

int64_t acgp_json_int(const json_t *value, const char *place, int64_t otherwise)
{
    const json_t *at = acgp_json_at(value, place);

    return json_is_integer(at) ? (int64_t)json_integer_value(at) : otherwise;
}

bool acgp_json_true(const json_t *value, const char *place)
{
    return json_is_true(acgp_json_at(value, place));
}

bool acgp_json_false(const json_t *value, const char *place)
{
    return json_is_false(acgp_json_at(value, place));
}
