/* SPDX-License-Identifier: MPL-2.0 */
/** What fuzz targets share: the entry point, a check that stops the run, and pieces of odd sizes. */
#ifndef ACG_FUZZ_H
#define ACG_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Stop with a crash that libFuzzer keeps the input of. */
#define FUZZ_CHECK(condition)                                                                                \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            abort();                                                                                         \
    } while (0)

/** Sizes of pieces, decided by the input alone: the same input is always cut the same way. */
struct fuzz_cuts {
    uint32_t state;
};

static inline struct fuzz_cuts fuzz_cuts(const uint8_t *data, size_t size)
{
    struct fuzz_cuts cuts = {2166136261u};

    for (size_t i = 0; i < size; i++)
        cuts.state = (cuts.state ^ data[i]) * 16777619u;
    return cuts;
}

static inline uint32_t fuzz_number(struct fuzz_cuts *cuts)
{
    cuts->state = cuts->state * 1664525u + 1013904223u;
    return cuts->state >> 8;
}

/** 1 to left; mostly small. left is not 0. */
static inline size_t fuzz_cut(struct fuzz_cuts *cuts, size_t left)
{
    uint32_t n = fuzz_number(cuts);
    size_t size = n % 4 == 0 ? left : 1 + n / 4 % 37;

    return size < left ? size : left;
}

#endif
