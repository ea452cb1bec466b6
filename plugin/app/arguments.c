/* SPDX-License-Identifier: MPL-2.0 */
#include "app/arguments.h"

#include <string.h>

#include "base/error.h"
#include "base/span.h"

static const char usage[] =
    "this is a plugin of Packer, which starts it with: describe, or start post-processor " PKR_COMPONENT;

static enum acg_status parse_start(int argc, const char *const *argv, struct pkr_arguments *out,
                                   struct acg_error *err)
{
    const char *words[2] = {NULL, NULL}; /* kind, component */
    size_t count = 0;
    bool protobuf = false;
    for (int i = 2; i < argc; i++) {
        if (acgp_equal(argv[i], "--protobuf"))
            protobuf = true;
        else if (count == 2)
            return acgp_fail(err, ACG_ERR_ARGUMENT, "unexpected argument \"%s\"; %s", argv[i], usage);
        else
            words[count++] = argv[i];
    }
    if (!acgp_equal(words[0], "post-processor"))
        return acgp_fail(err, ACG_ERR_ARGUMENT, "this plugin has post-processors only; %s", usage);
    if (!acgp_equal(words[1], PKR_COMPONENT))
        return acgp_fail(err, ACG_ERR_ARGUMENT,
                         "no post-processor \"%s\" in this plugin: it has " PKR_COMPONENT,
                         words[1] == NULL ? "" : words[1]);
    *out = (struct pkr_arguments){PKR_START_COMPONENT, protobuf};
    return ACG_OK;
}

enum acg_status pkr_arguments_parse(int argc, const char *const *argv, struct pkr_arguments *out,
                                    struct acg_error *err)
{
    if (argc <= 1) {
        *out = (struct pkr_arguments){PKR_START_SINGLE, false};
        return ACG_OK;
    }
    if (argc == 2 && acgp_equal(argv[1], "describe")) {
        *out = (struct pkr_arguments){PKR_START_DESCRIBE, false};
        return ACG_OK;
    }
    if (argc == 2 && acgp_equal(argv[1], "--version")) {
        *out = (struct pkr_arguments){PKR_START_VERSION, false};
        return ACG_OK;
    }
    if (acgp_equal(argv[1], "start"))
        return parse_start(argc, argv, out, err);
    return acgp_fail(err, ACG_ERR_ARGUMENT, "unknown argument \"%s\"; %s", argv[1], usage);
}

static struct acg_span digits(struct acg_span text)
{
    size_t n = 0;
    while (n < text.len && text.data[n] >= '0' && text.data[n] <= '9')
        n++;
    return acgp_span_of(text.data, n);
}

bool pkr_version_is_old(struct acg_span text, bool *out_old)
{
    for (size_t i = 0; i < text.len; i++) {
        struct acg_span major = digits(acgp_span_of(text.data + i, text.len - i));
        if (major.len == 0)
            continue;
        i += major.len;
        if (i >= text.len || text.data[i] != '.')
            continue;
        struct acg_span minor = digits(acgp_span_of(text.data + i + 1, text.len - i - 1));
        uint64_t a, b;
        if (!acgp_span_to_u64(major, &a) || !acgp_span_to_u64(minor, &b))
            continue;
        *out_old = a < 1 || (a == 1 && b < 7);
        return true;
    }
    return false;
}
