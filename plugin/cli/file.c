/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"

/** Bytes that are read from a file at once. */
enum { CHUNK = 16 * 1024 };

static enum acg_status read_stream(FILE *stream, const char *name, struct acgp_buf *out,
                                   struct acg_error *err)
{
    for (;;) {
        char *room = acgp_buf_reserve(out, CHUNK);
        if (room == NULL)
            return out->over ? acgp_fail(err, ACG_ERR_LIMIT, "%s is longer than %zu bytes", name,
                                         PKR_CONFIG_BYTES_MAX)
                             : acgp_fail_nomem(err);
        size_t got = fread(room, 1, CHUNK, stream);
        out->len += got;
        if (got < CHUNK)
            break;
    }
    if (ferror(stream) != 0)
        return acgp_fail(err, ACG_ERR_ARGUMENT, "%s cannot be read: %s", name, strerror(errno));
    return ACG_OK;
}

enum acg_status pkr_file_add(struct pkr_config *config, const char *path, struct acg_error *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *stream = is_stdin ? stdin : fopen(path, "rb");
    struct acgp_buf text;

    if (stream == NULL)
        return acgp_fail(err, ACG_ERR_ARGUMENT, "%s cannot be opened: %s", path, strerror(errno));
    (void)setvbuf(stream, NULL, _IONBF, 0); /* no second copy of a secret in stdio's buffer */
    acgp_buf_init(&text, PKR_CONFIG_BYTES_MAX + CHUNK);
    enum acg_status status = read_stream(stream, path, &text, err);
    if (status == ACG_OK)
        status = pkr_config_add_text(config, acgp_buf_view(&text), is_stdin ? "standard input" : path, err);
    acgp_buf_wipe(&text);
    if (!is_stdin)
        (void)fclose(stream);
    return status;
}

static bool ends_in(const char *path, const char *end)
{
    size_t len = strlen(path), n = strlen(end);

    return len > n && strcmp(path + len - n, end) == 0;
}

bool pkr_file_is_report(const char *path)
{
    return ends_in(path, ".md") || ends_in(path, ".json");
}

bool pkr_file_is_writable(const char *path)
{
    FILE *stream = fopen(path, "ab");

    return stream != NULL && fclose(stream) == 0;
}

bool pkr_file_report(const char *path, const struct pkr_outcome *outcome)
{
    FILE *stream = fopen(path, "wb");
    bool fine =
        stream != NULL &&
        pkr_output_report(stream, ends_in(path, ".json") ? PKR_OUTPUT_JSON : PKR_OUTPUT_MARKDOWN, outcome);

    return stream != NULL && fclose(stream) == 0 && fine;
}
