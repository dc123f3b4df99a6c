/* kernel.h - the loops that queries spend their time in, once in plain C and again per instruction set.
 *
 * kernel_scalar.c is the definition; kernel_avx2.c, kernel_avx512.c and kernel_neon.c must answer the same, to the last
 * bit of every score (tests/prop/test_kernels.c). A segment picks its table when it is opened.
 *
 * A chunk of a posting list has 1,024 quarters of 64 documents. A bitmap over them is 16 words, bit i of word w being
 * quarter 64 w + i. "Lanes" are 64 bytes, one for each document of a quarter, 0 where there is nothing.
 *
 * Reading: packed values may be read up to FHI_KERNEL_SLACK bytes past their last; what is found there never counts.
 */
#ifndef FHI_KERNEL_H
#define FHI_KERNEL_H

#include "engine/base/base.h"

enum {
    FHI_QUARTER_DOCS = 64,
    FHI_CHUNK_QUARTERS = 1024,
    FHI_RANGE_QUARTERS = 4,                      /* of a range of 256 documents */
    FHI_IDS_MAX = 31,                            /* postings of a range that are told by ids; more stand in a map */
    FHI_QUARTER_WORDS = FHI_CHUNK_QUARTERS / 64, /* words of a bitmap over the quarters of a chunk */
    FHI_KERNEL_SLACK = 72,
    FHI_SELECT_ROOM = FHI_CHUNK_QUARTERS + 32, /* of an array that select() fills */
    FHI_LANE_MAX = 255                         /* a lane says at most so much; more is to be asked for elsewhere */
};

/* One summand of the scores of a quarter: weight * f / (f + K) wherever f is not 0, and the whole weight, which is more
 * than any f gives, where the lane is full. */
typedef struct fhi_addend {
    const uint8_t *freqs; /* lanes */
    uint64_t mask;        /* documents it adds to */
    float weight;
} fhi_addend;

typedef struct fhi_kernels {
    const char *name;

    /* ---- a chunk ---- */
    /* Bits 12 to 15 of each u16 locator, four a range, as a bitmap; ranges <= 256. */
    void (*presence)(const uint8_t *locators, uint32_t ranges, uint64_t present[FHI_QUARTER_WORDS]);
    /* bounds[i]: that of the range of quarter i, 0 where the quarter is not present. */
    void (*spread)(const uint8_t *range_bounds, uint32_t ranges, const uint64_t present[FHI_QUARTER_WORDS],
                   uint8_t bounds[FHI_CHUNK_QUARTERS]);
    /* sums[i] = bounds[i] * weight / 256 + 1, or 0 where the bound is 0. */
    void (*weigh)(const uint8_t bounds[FHI_CHUNK_QUARTERS], uint16_t weight, uint16_t sums[FHI_CHUNK_QUARTERS]);
    /* sums[i] += more[i], at most 65,535. */
    void (*add)(uint16_t sums[FHI_CHUNK_QUARTERS], const uint16_t more[FHI_CHUNK_QUARTERS]);
    /* The greatest sum of the quarters among. */
    uint16_t (*highest)(const uint16_t sums[FHI_CHUNK_QUARTERS], const uint64_t among[FHI_QUARTER_WORDS]);
    /* The quarters among whose sum lies in [low, high], in order; answers how many. What follows them is overwritten.
     */
    uint32_t (*select)(const uint16_t sums[FHI_CHUNK_QUARTERS], const uint64_t among[FHI_QUARTER_WORDS], uint16_t low,
                       uint16_t high, uint16_t quarters[FHI_SELECT_ROOM]);

    /* ---- a quarter ---- */
    /* Of count <= 256 documents of a range those in one of its quarters, as a mask; *before: how many are in those
     * before. Fewer than 32 are bytes, increasing; more are a map of 256 bits. */
    uint64_t (*pick)(const uint8_t *ids, uint32_t count, uint32_t quarter, uint32_t *before);
    /* The same of one quarter in each of `many` ranges: before ids[i] stands a byte, their count less 1. Quarters are
     * numbered through the chunk. */
    void (*pick_many)(const uint8_t *const *ids, const uint16_t *quarters, uint32_t many, uint64_t *masks);
    /* Values first, first + 1... of width 0, 1, 2, 4 or 8 bits, one for each bit of mask, and base on top, at most 255;
     * 0 elsewhere. Answers the documents whose value is the greatest of its width: an escape. None at width 0. */
    uint64_t (*expand)(const uint8_t *packed, uint32_t first, unsigned width, uint8_t base, uint64_t mask,
                       uint8_t lanes[64]);
    /* How many of the first count <= 256 values are the greatest of their width (1, 2, 4 or 8 bits). */
    uint32_t (*escapes)(const uint8_t *packed, uint32_t count, unsigned width);
    /* Adds one byte for each bit of mask, up to 255 in all. Answers the lanes of 255. */
    uint64_t (*raise)(uint8_t lanes[64], const uint8_t *bytes, uint64_t mask);
    /* of_form: the lanes of those documents of mask whose form code, unpacked as by expand, is `code` or 1 (several
     * forms); answers the latter. */
    uint64_t (*pick_form)(const uint8_t *packed, uint32_t first, unsigned width, uint8_t code, uint64_t mask,
                          const uint8_t lanes[64], uint8_t of_form[64]);
    /* Documents for which the weights of the masks that hold them sum up to least or more (sums end at 65,535). */
    uint64_t (*reaching)(const uint64_t *masks, const uint16_t *weights, uint32_t count, uint32_t least);
    /* Scores of the documents among: their addends in order. Gives those of at least `least`, in order. */
    uint32_t (*score)(const fhi_addend *addends, uint32_t count, uint64_t among, const uint8_t norms[64],
                      const float k_of_norm[256], float least, uint8_t docs[64], float scores[64]);
    /* Which of the wanted, at most 64, are among count values of `width` <= 28 bits from a bit on; one bit each. */
    uint64_t (*find)(const uint8_t *packed, uint64_t bit, uint32_t count, unsigned width, const uint32_t *wanted,
                     uint32_t wanted_count);
    /* Sum of a[i] * b[i] over mask; b below 128. */
    uint32_t (*dot)(const uint8_t a[64], const uint8_t b[64], uint64_t mask);

    /* ---- a run ---- */
    /* doc of value i = the one before + 1 + value i; `before` stands before the first. Modulo 2^32. */
    void (*sum_gaps)(const uint8_t *packed, uint32_t count, unsigned width, uint32_t before, uint32_t *docs);
} fhi_kernels;

extern const fhi_kernels fhi_kernels_scalar;
#if defined(__x86_64__)
extern const fhi_kernels fhi_kernels_avx2;
extern const fhi_kernels fhi_kernels_avx512;
#elif defined(__aarch64__)
extern const fhi_kernels fhi_kernels_neon;
#endif

/* The best this processor runs, or what the environment's FIHRIST_KERNEL names. Codes: FH_E_INVALID (no such name, or
 * not on this processor). Thread-safe as getenv is. */
fh_status fhi_kernels_pick(const fhi_kernels **out, fh_err *err);
/* Table number i of those that this processor runs, the scalar one first; NULL past the last. */
const fhi_kernels *fhi_kernels_at(uint32_t i);

#endif
