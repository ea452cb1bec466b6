/* SPDX-License-Identifier: MPL-2.0 */
#include "given.h"

#include <string.h>

/* clang-format off: a table. */
#define SPAN(text)                                                                                           \
    {                                                                                                        \
        text, sizeof text - 1                                                                                \
    }
#define TEXT(value)                                                                                          \
    {                                                                                                        \
        .kind = PKR_TEMPLATE_TEXT, .as.text = SPAN(value)                                                    \
    }
#define INT(value)                                                                                           \
    {                                                                                                        \
        .kind = PKR_TEMPLATE_INT, .as.number = value                                                         \
    }
#define REAL(value)                                                                                          \
    {                                                                                                        \
        .kind = PKR_TEMPLATE_FLOAT, .as.real = value                                                         \
    }
#define BOOL(value)                                                                                          \
    {                                                                                                        \
        .kind = PKR_TEMPLATE_BOOL, .as.boolean = value                                                       \
    }
#define LIST(of)                                                                                             \
    {                                                                                                        \
        .kind = PKR_TEMPLATE_LIST, .as.list = { of, sizeof of / sizeof of[0] }                               \
    }
#define MAP(of)                                                                                              \
    {                                                                                                        \
        .kind = PKR_TEMPLATE_MAP, .as.map = { of, sizeof of / sizeof of[0] }                                 \
    }
#define NOTHING                                                                                              \
    {                                                                                                        \
        .kind = PKR_TEMPLATE_NIL                                                                             \
    }
/* clang-format on */

static const struct pkr_template_entry user_entries[] = {
    {SPAN("name"), TEXT("ann")},
    {SPAN("empty"), TEXT("")},
    {SPAN("twice"), TEXT("first")},
    {SPAN("twice"), TEXT("second")},
};
static const struct pkr_template_value user = MAP(user_entries);

static const struct pkr_template_value letters[] = {TEXT("a"), TEXT("b"), TEXT("c")};
static const struct pkr_template_value mixed[] = {INT(1), REAL(2.5), BOOL(true), NOTHING, LIST(letters)};
static const struct pkr_template_entry tag_entries[] = {
    {SPAN("zone"), TEXT("eu")},
    {SPAN("app"), TEXT("old")},
    {SPAN("app"), TEXT("web")},
};
static const struct pkr_template_entry build_entries[] = {
    {SPAN("ID"), TEXT("image-1")}, {SPAN("Host"), TEXT("10.0.0.4")}, {SPAN("Port"), INT(22)},
    {SPAN("Agent"), BOOL(false)},  {SPAN("Nil"), NOTHING},           {SPAN("Letters"), LIST(letters)},
    {SPAN("Mixed"), LIST(mixed)},  {SPAN("Tags"), MAP(tag_entries)}, {SPAN("Ratio"), REAL(1.5)},
};
static const struct pkr_template_value build = MAP(build_entries);

/* What '.' is before the build ran: one field is known. */
static const struct pkr_template_entry waiting_entries[] = {
    {SPAN("ID"), NOTHING},           {SPAN("Host"), NOTHING}, {SPAN("Port"), NOTHING},
    {SPAN("Agent"), NOTHING},        {SPAN("Nil"), NOTHING},  {SPAN("Letters"), NOTHING},
    {SPAN("Mixed"), NOTHING},        {SPAN("Tags"), NOTHING}, {SPAN("Ratio"), NOTHING},
    {SPAN("Known"), TEXT("golden")},
};
static const struct pkr_template_value waiting = MAP(waiting_entries);

struct pkr_template_data given_data(enum given_phase phase, uint64_t *random)
{
    struct pkr_template_data data = {.build_name = "golden",
                                     .builder_type = "azure-arm",
                                     .packer_version = "1.16.0",
                                     .folder = "/srv/run",
                                     .started_unix_s = GIVEN_STARTED,
                                     .started_ns = 123456789,
                                     .random = random};

    if (phase == GIVEN_HCL)
        return data;
    data.template_path = "/srv/templates/image.json";
    data.user = &user;
    data.build = data.dot = &build;
    data.later = phase == GIVEN_CONFIGURE;
    if (data.later)
        data.dot = &waiting;
    return data;
}
