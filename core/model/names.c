/* SPDX-License-Identifier: MPL-2.0 */
#include "model/names.h"

#include <stdint.h>
#include <string.h>

#include "model/image_version.h"
#include "model/version_name.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Letters, digits and the characters of more; min to max of them. */
static bool consists_of(struct acg_span name, const char *more, size_t min, size_t max)
{
    if (name.len < min || name.len > max)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (!is_alnum(name.data[i]) && (name.data[i] == '\0' || strchr(more, name.data[i]) == NULL))
            return false;
    }
    return true;
}

static bool framed_by_alnum(struct acg_span name)
{
    return name.len > 0 && is_alnum(name.data[0]) && is_alnum(name.data[name.len - 1]);
}

const char *acgp_name_fault_subscription(struct acg_span name)
{
    static const char form[] = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
    bool good = name.len == sizeof form - 1;

    for (size_t i = 0; good && i < name.len; i++)
        good = form[i] == 'h' ? is_hex(name.data[i]) : name.data[i] == form[i];
    return good ? NULL : "a subscription id is a GUID of 32 hexadecimal digits in groups of 8-4-4-4-12";
}

const char *acgp_name_fault_resource_group(struct acg_span name)
{
    bool good = consists_of(name, "_-.()", 1, 90) && name.data[name.len - 1] != '.';

    return good
               ? NULL
               : "a resource group name has 1 to 90 letters, digits, '_', '-', '.', '(' and ')' and does not "
                 "end with '.'";
}

const char *acgp_name_fault_gallery(struct acg_span name)
{
    bool good = consists_of(name, "_.", 1, 80) && framed_by_alnum(name);

    return good
               ? NULL
               : "a gallery name has 1 to 80 letters, digits, '_' and '.', and begins and ends with a letter "
                 "or digit";
}

const char *acgp_name_fault_definition(struct acg_span name)
{
    bool good = consists_of(name, "_.-", 1, 80) && framed_by_alnum(name);

    return good ? NULL
                : "an image definition name has 1 to 80 letters, digits, '_', '.' and '-', and begins and "
                  "ends with a letter or digit";
}

const char *acgp_name_fault_version(struct acg_span name)
{
    struct acgp_image_version version;

    return acgp_image_version_parse(name, &version) || acgp_version_naming(name) != ACGP_NAMING_GIVEN ||
                   acgp_version_ends_with_build(name, NULL)
               ? NULL
               : "a version name is Major.Minor.Patch: three whole numbers from 0 to 2147483647 without "
                 "leading zeros; or auto, auto-minor, auto-major, date, or 1.0.build";
}

const char *acgp_name_fault_disk_encryption_set(struct acg_span name)
{
    return consists_of(name, "_-", 1, 80)
               ? NULL
               : "a disk encryption set name has 1 to 80 letters, digits, '_' and '-'";
}

const char *acgp_name_fault_compute(struct acg_span name)
{
    return consists_of(name, "_.-", 1, 80) ? NULL : "its name has 1 to 80 letters, digits, '_', '.' and '-'";
}

const char *acgp_name_fault_storage_account(struct acg_span name)
{
    return consists_of(name, "", 3, 24) ? NULL : "a storage account name has 3 to 24 letters and digits";
}

const char *acgp_name_fault_edge_zone(struct acg_span name)
{
    return consists_of(name, "-", 1, 64) ? NULL : "an edge zone name has 1 to 64 letters, digits and '-'";
}

/* Bytes of the character that begins at s, 0 when it is not well-formed: RFC 3629, so no overlong forms, no
 * surrogates, nothing past U+10FFFF. */
static size_t character(const unsigned char *s, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t need = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    uint32_t code = need > 1 ? s[0] & (0x7fu >> need) : s[0];

    if (need == 0 || need > len)
        return 0;
    for (size_t i = 1; i < need; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3f);
    }
    if (code < least[need] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    return need;
}

bool acgp_text_is_utf8(struct acg_span text, size_t *out_characters)
{
    size_t characters = 0;

    for (size_t at = 0; at < text.len; characters++) {
        size_t used = character((const unsigned char *)text.data + at, text.len - at);

        if (used == 0)
            return false;
        at += used;
    }
    if (out_characters != NULL)
        *out_characters = characters;
    return true;
}
