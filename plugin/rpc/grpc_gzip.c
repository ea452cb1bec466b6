/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/grpc_gzip.h"

#include <stdint.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/alloc.h"
#include "base/error.h"

/* windowBits of zlib: the largest window, and a gzip head instead of zlib's own. */
#define WINDOW_GZIP (15 + 16)
/* Speed over size: messages are short, and the loop has one thread. */
#define LEVEL 1
/* zlib's default. */
#define MEMORY_LEVEL 8
/* Output grows in such steps. */
#define STEP 16384u

static voidpf make(voidpf opaque, uInt count, uInt size)
{
    (void)opaque;
    return acgp_alloc(count, size);
}

static void unmake(voidpf opaque, voidpf p)
{
    (void)opaque;
    acgp_free(p);
}

static z_stream stream_of(struct acg_span in)
{
    z_stream z = {.zalloc = make, .zfree = unmake};

    z.next_in = (const Bytef *)in.data;
    z.avail_in = (uInt)in.len;
    return z;
}

/* Room for the next step. At the cap there is one spare byte: whatever is written to it was too much.
 * @return false without memory. */
static bool step(struct acgp_buf *out, z_stream *z, Bytef *spare)
{
    size_t left = out->max - out->len, size = left < STEP ? left : STEP;
    char *to = size == 0 ? NULL : acgp_buf_reserve(out, size);

    if (size > 0 && to == NULL)
        return false;
    z->next_out = size == 0 ? spare : (Bytef *)to;
    z->avail_out = size == 0 ? 1 : (uInt)size;
    return true;
}

/* Turns one of the two engines until the stream ends. @return Z_STREAM_END, or why not: Z_BUF_ERROR is the
 * cap. */
static int turn(z_stream *z, struct acgp_buf *out, int (*engine)(z_stream *, int), int flush)
{
    Bytef spare = 0;
    int rc = Z_OK;

    while (rc == Z_OK) {
        bool full = out->len == out->max;
        uInt room = 0;

        if (!step(out, z, &spare))
            return Z_MEM_ERROR;
        room = z->avail_out;
        rc = engine(z, flush);
        if (full && z->avail_out == 0)
            return Z_BUF_ERROR;
        if (!full)
            out->len += room - z->avail_out;
        if (rc == Z_BUF_ERROR || (rc == Z_OK && z->avail_in == 0 && z->avail_out != 0))
            return Z_DATA_ERROR; /* the input is cut */
    }
    return rc;
}

static enum acg_status told(int rc, struct acgp_buf *out, const char *what, struct acg_error *err)
{
    if (rc == Z_STREAM_END)
        return ACG_OK;
    acgp_buf_clear(out);
    if (rc == Z_MEM_ERROR)
        return acgp_fail_nomem(err);
    if (rc == Z_BUF_ERROR)
        return acgp_fail(err, ACG_ERR_LIMIT, "message larger than %zu bytes when %s", out->max, what);
    return acgp_fail(err, ACG_ERR_PROTOCOL, "message is not one gzip stream");
}

enum acg_status rpc_gunzip(struct acg_span in, struct acgp_buf *out, struct acg_error *err)
{
    z_stream z = stream_of(in);
    int rc = inflateInit2(&z, WINDOW_GZIP);

    if (rc != Z_OK)
        return told(rc, out, "decompressed", err);
    rc = turn(&z, out, inflate, Z_NO_FLUSH);
    if (rc == Z_STREAM_END && z.avail_in != 0)
        rc = Z_DATA_ERROR;
    inflateEnd(&z);
    return told(rc, out, "decompressed", err);
}

enum acg_status rpc_gzip(struct acg_span in, struct acgp_buf *out, struct acg_error *err)
{
    z_stream z = stream_of(in);
    int rc = deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW_GZIP, MEMORY_LEVEL, Z_DEFAULT_STRATEGY);

    if (rc != Z_OK)
        return told(rc, out, "compressed", err);
    rc = turn(&z, out, deflate, Z_FINISH);
    deflateEnd(&z);
    return told(rc, out, "compressed", err);
}
