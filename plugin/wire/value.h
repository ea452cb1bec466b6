/* SPDX-License-Identifier: MPL-2.0 */
/** Values of Packer's RPC: msgpack bytes to a read-only tree and back.
 *
 *  Reading: a decoded tree (struct pkr_tree) is one block of memory that owns everything below its root; the
 *  nodes are read through const pointers and die with the tree. Freeing wipes the block, because a
 *  configuration carries secrets.
 *
 *  Writing: a tree to be sent is built on the stack from borrowed texts and arrays, without allocation:
 *
 *      struct pkr_pair pairs[] = {{pkr_text("Err"), pkr_nil()}, {pkr_text("Keep"), pkr_bool(true)}};
 *      struct pkr_value body = pkr_map(pairs, 2);
 *
 *  Integers: every msgpack form is read. What fits int64 becomes PKR_VALUE_INT, larger ones PKR_VALUE_UINT.
 *  PKR_VALUE_INT is written in signed forms (fixint, int8 to int64), PKR_VALUE_UINT in unsigned ones, because
 *  Go's untyped places take the form for the type. Strings are bytes: UTF-8 is not checked, NUL may occur.
 *  Nothing here blocks. */
#ifndef PKR_VALUE_H
#define PKR_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acg/error.h>
#include <acg/export.h>
#include <acg/span.h>

#include "base/buf.h"

/** Longest encoded value, bytes: a template of thousands of options stays below 1 MiB. */
#define PKR_VALUE_BYTES_MAX ((size_t)4 * 1024 * 1024)
/** Deepest nesting of arrays and maps: a configuration needs 6, generated data of builders 4. Also the most
 * that msgpack-c's parser can hold. */
#define PKR_VALUE_DEPTH_MAX 32u
/** Most values in one tree, map keys included: one byte on the wire becomes 24 in memory, so that the bytes
 * alone bound nothing. The largest configuration (hundreds of regions) has some ten thousand. */
#define PKR_VALUE_NODES_MAX 65536u

enum pkr_value_kind {
    PKR_VALUE_NIL = 0,
    PKR_VALUE_BOOL,
    PKR_VALUE_INT,   /* signed; as.i64 */
    PKR_VALUE_UINT,  /* as.u64 */
    PKR_VALUE_FLOAT, /* as.f64 */
    PKR_VALUE_STR,   /* as.bytes */
    PKR_VALUE_BIN,   /* as.bytes */
    PKR_VALUE_EXT,   /* as.bytes and ext_type; Packer sends none, a builder's time value would be one */
    PKR_VALUE_ARRAY, /* as.array */
    PKR_VALUE_MAP    /* as.map, in the order of the wire; keys may be any value and may repeat */
};

struct pkr_value;
struct pkr_pair;

struct pkr_value {
    enum pkr_value_kind kind;
    int8_t ext_type;
    union {
        bool boolean;
        int64_t i64;
        uint64_t u64;
        double f64;
        struct acg_span bytes; /* in a decoded tree a NUL follows that len does not count */
        struct {
            const struct pkr_value *items;
            size_t count;
        } array;
        struct {
            const struct pkr_pair *pairs;
            size_t count;
        } map;
    } as;
};

struct pkr_pair {
    struct pkr_value key;
    struct pkr_value value;
};

/* ---- Building, without allocation. All texts, bytes and arrays are borrowed. ---- */

struct pkr_value pkr_nil(void);
struct pkr_value pkr_bool(bool b);
struct pkr_value pkr_int(int64_t n);
struct pkr_value pkr_uint(uint64_t n);
struct pkr_value pkr_float(double f);
/** A string; nil when text is NULL. */
struct pkr_value pkr_text(const char *text);
struct pkr_value pkr_str(struct acg_span text);
struct pkr_value pkr_bin(struct acg_span bytes);
/** @param items borrowed, may be NULL when count is 0. */
struct pkr_value pkr_array(const struct pkr_value *items, size_t count);
struct pkr_value pkr_map(const struct pkr_pair *pairs, size_t count);

/* ---- Reading. All take NULL for "not there". Nothing is allocated; views are lent by the tree. ---- */

/** True for NULL and for nil: Go sends a nil slice, map or pointer as nil, and leaves missing keys to mean
 * it.
 */
bool pkr_value_is_nil(const struct pkr_value *v);
/** The value under a key of a map: keys are compared as bytes, string and byte-string keys alike; the last of
 * equal keys wins, as in Go. NULL when v is no map or has no such key. */
const struct pkr_value *pkr_value_get(const struct pkr_value *v, const char *key);
/** Item i of an array; NULL when v is no array or i is past its end. */
const struct pkr_value *pkr_value_at(const struct pkr_value *v, size_t i);
/** Items of an array or pairs of a map; 0 for anything else. */
size_t pkr_value_count(const struct pkr_value *v);
/** The bytes of a string or byte string. @return false, *out unchanged, for anything else. */
bool pkr_value_as_text(const struct pkr_value *v, struct acg_span *out);
/** A whole number of any form that fits; a float counts when it is whole (JSON templates send doubles). */
bool pkr_value_as_i64(const struct pkr_value *v, int64_t *out);
bool pkr_value_as_u64(const struct pkr_value *v, uint64_t *out);
/** Any number. Integers beyond 2^53 lose precision. */
bool pkr_value_as_f64(const struct pkr_value *v, double *out);
/** Booleans only: no text, no number. */
bool pkr_value_as_bool(const struct pkr_value *v, bool *out);
/** Same kind and content, members in the same order; PKR_VALUE_INT and PKR_VALUE_UINT of the same number are
 * equal. Depth at most PKR_VALUE_DEPTH_MAX. */
bool pkr_value_equal(const struct pkr_value *a, const struct pkr_value *b);

/* ---- Trees. ---- */

/** A decoded value with everything it owns. */
struct pkr_tree;

/** The root. NULL for a NULL tree. Lent until the tree is freed. */
const struct pkr_value *pkr_tree_root(const struct pkr_tree *tree);
/** Wipe and free; NULL is fine. */
void pkr_tree_free(struct pkr_tree *tree);
/** A tree of its own with the same content.
 *  @param v borrowed. @param out owned by caller (pkr_tree_free).
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT (deeper or larger than the caps above). */
ACG_NODISCARD enum acg_status pkr_tree_copy(const struct pkr_value *v, struct pkr_tree **out,
                                            struct acg_error *err);

/* ---- Bytes. ---- */

/** How far one encoded value has been seen, for input that comes in pieces. Do not touch the fields. */
struct pkr_scan {
    size_t bytes;    /* of the value so far */
    size_t nodes;    /* values so far, with those that opened arrays and maps announced */
    size_t text;     /* bytes of strings so far, with a NUL each */
    size_t skip;     /* payload bytes of the current string still to come */
    uint64_t length; /* length field being read */
    uint8_t lead;    /* first byte of the current value, when length bytes are still to come */
    uint8_t wanted;  /* length or fixed bytes still to come */
    unsigned depth;
    size_t left[PKR_VALUE_DEPTH_MAX]; /* values still to come per open array or map */
    bool done;
};

/** Start with a new value. */
void pkr_scan_init(struct pkr_scan *scan);
/** Look at more bytes of a value; allocates nothing. Stops behind the value's last byte.
 *  @param in borrowed for the call. @param used how many bytes belong to the value (all, unless it is done).
 *  @return ACG_OK; scan->done says whether the value is complete. | ACG_ERR_PROTOCOL (a byte that msgpack
 * does not know) | ACG_ERR_LIMIT (a cap above). After a failure the scan must not go on. */
ACG_NODISCARD enum acg_status pkr_scan_feed(struct pkr_scan *scan, struct acg_span in, size_t *used,
                                            struct acg_error *err);

/** Decode the value at the start of some bytes. What follows it is left alone.
 *  @param in   borrowed for the call; nothing of it is kept.
 *  @param used how many bytes the value took; may be NULL.
 *  @param out  owned by caller (pkr_tree_free).
 *  @return ACG_OK | ACG_ERR_PROTOCOL (not msgpack, or cut short) | ACG_ERR_LIMIT | ACG_ERR_NOMEM. */
ACG_NODISCARD enum acg_status pkr_value_decode(struct acg_span in, size_t *used, struct pkr_tree **out,
                                               struct acg_error *err);

/** Append the encoding of a value ("new style": str8 and bin forms in use).
 *  @param v borrowed. @param out borrowed; unchanged on failure.
 *  @return ACG_OK | ACG_ERR_NOMEM | ACG_ERR_LIMIT (a cap above, or the buffer's own). */
ACG_NODISCARD enum acg_status pkr_value_encode(const struct pkr_value *v, struct acgp_buf *out,
                                               struct acg_error *err);

#endif
