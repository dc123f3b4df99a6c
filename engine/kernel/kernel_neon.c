/* kernel_neon.c - the kernels for arm64, where they gain from vectors of 16 bytes; the others are the definition's. */
#include "engine/kernel/kernel.h"

#if defined(__aarch64__)
#include <arm_neon.h>

enum { LANES8 = 16, LANES16 = 8, LANES32 = 4 };

static const uint8_t bit_of_byte[LANES8] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
static const uint16_t bit_of_word[LANES16] = {1, 2, 4, 8, 16, 32, 64, 128};

/* A byte of 255 for each of 16 bits. */
static inline uint8x16_t bytes_of_bits(uint64_t bits)
{
    const uint8x16_t both = vcombine_u8(vdup_n_u8((uint8_t)bits), vdup_n_u8((uint8_t)(bits >> 8)));
    return vtstq_u8(both, vld1q_u8(bit_of_byte));
}

/* A word of 65,535 for each of 8 bits. */
static inline uint16x8_t words_of_bits(uint64_t bits)
{
    return vtstq_u16(vdupq_n_u16((uint8_t)bits), vld1q_u16(bit_of_word));
}

/* The way back: a bit for each word of 65,535. */
static inline uint32_t bits_of_words(uint16x8_t words)
{
    return vaddvq_u16(vandq_u16(words, vld1q_u16(bit_of_word)));
}

/* Bits of 8 quarters from number 8 i on. */
static inline uint64_t eight(const uint64_t *bitmap, uint32_t i)
{
    return bitmap[i / 8] >> (i % 8 * 8) & 0xFF;
}

/* ---- a chunk ---- */

static void presence(const uint8_t *locators, uint32_t ranges, uint64_t present[FHI_QUARTER_WORDS])
{
    static const int16_t places[LANES16] = {0, 4, 8, 12, 0, 4, 8, 12};
    uint32_t range = 0;
    memset(present, 0, FHI_QUARTER_WORDS * sizeof *present);
    for (; range + LANES16 <= ranges; range += LANES16) {
        const uint16x8_t found = vreinterpretq_u16_u8(vld1q_u8(locators + (size_t)range * 2));
        const uint16x8_t nibbles = vshlq_u16(vshrq_n_u16(found, 12), vld1q_s16(places));
        const uint64_t low = vaddv_u16(vget_low_u16(nibbles)), high = vaddv_u16(vget_high_u16(nibbles));
        present[range / 16] |= (low | high << 16) << (range % 16 * FHI_RANGE_QUARTERS);
    }
    for (; range < ranges; range++)
        present[range / 16] |= (uint64_t)(fhi_load16(locators + (size_t)range * 2) >> 12) << (range % 16 * 4);
}

static void spread(const uint8_t *range_bounds, uint32_t ranges, const uint64_t present[FHI_QUARTER_WORDS],
                   uint8_t bounds[FHI_CHUNK_QUARTERS])
{
    static const uint8_t four_times[LANES8] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3};
    uint8_t padded[FHI_CHUNK_QUARTERS / FHI_RANGE_QUARTERS + LANES8] = {0};
    memcpy(padded, range_bounds, ranges);
    for (size_t i = 0; i < FHI_CHUNK_QUARTERS; i += LANES8) {
        const uint8x16_t from = vld1q_u8(padded + i / FHI_RANGE_QUARTERS);
        const uint8x16_t kept = bytes_of_bits(present[i / 64] >> (i % 64));
        vst1q_u8(bounds + i, vandq_u8(vqtbl1q_u8(from, vld1q_u8(four_times)), kept));
    }
}

static inline uint16x8_t weighed(uint16x8_t bounds, uint16_t weight)
{
    const uint32x4_t low = vmull_n_u16(vget_low_u16(bounds), weight), high = vmull_n_u16(vget_high_u16(bounds), weight);
    const uint16x8_t product = vcombine_u16(vshrn_n_u32(low, 8), vshrn_n_u32(high, 8));
    return vandq_u16(vaddq_u16(product, vdupq_n_u16(1)), vtstq_u16(bounds, bounds));
}

static void weigh(const uint8_t bounds[FHI_CHUNK_QUARTERS], uint16_t weight, uint16_t sums[FHI_CHUNK_QUARTERS])
{
    for (size_t i = 0; i < FHI_CHUNK_QUARTERS; i += LANES8) {
        const uint8x16_t from = vld1q_u8(bounds + i);
        vst1q_u16(sums + i, weighed(vmovl_u8(vget_low_u8(from)), weight));
        vst1q_u16(sums + i + LANES16, weighed(vmovl_u8(vget_high_u8(from)), weight));
    }
}

static void add(uint16_t sums[FHI_CHUNK_QUARTERS], const uint16_t more[FHI_CHUNK_QUARTERS])
{
    for (size_t i = 0; i < FHI_CHUNK_QUARTERS; i += LANES16)
        vst1q_u16(sums + i, vqaddq_u16(vld1q_u16(sums + i), vld1q_u16(more + i)));
}

static uint16_t highest(const uint16_t sums[FHI_CHUNK_QUARTERS], const uint64_t among[FHI_QUARTER_WORDS])
{
    uint16x8_t best = vdupq_n_u16(0);
    for (uint32_t i = 0; i < FHI_CHUNK_QUARTERS / LANES16; i++)
        best = vmaxq_u16(best, vandq_u16(vld1q_u16(sums + (size_t)i * LANES16), words_of_bits(eight(among, i))));
    return vmaxvq_u16(best);
}

static uint32_t select_quarters(const uint16_t sums[FHI_CHUNK_QUARTERS], const uint64_t among[FHI_QUARTER_WORDS],
                                uint16_t low, uint16_t high, uint16_t quarters[FHI_SELECT_ROOM])
{
    const uint16x8_t from = vdupq_n_u16(low), to = vdupq_n_u16(high);
    uint32_t count = 0;
    for (uint32_t i = 0; i < FHI_CHUNK_QUARTERS / LANES16; i++) {
        const uint16x8_t sum = vld1q_u16(sums + (size_t)i * LANES16);
        const uint16x8_t inside = vandq_u16(vcgeq_u16(sum, from), vcleq_u16(sum, to));
        for (uint32_t bits = bits_of_words(inside) & (uint32_t)eight(among, i); bits; bits &= bits - 1)
            quarters[count++] = (uint16_t)(i * LANES16 + (uint32_t)__builtin_ctz(bits));
    }
    return count;
}

/* ---- a quarter ---- */

static uint64_t reaching(const uint64_t *masks, const uint16_t *weights, uint32_t count, uint32_t least)
{
    uint64_t found = 0;
    if (least > UINT16_MAX) return 0;
    const uint16x8_t limit = vdupq_n_u16((uint16_t)least);
    for (uint32_t at = 0; at < FHI_QUARTER_DOCS; at += LANES16) {
        uint16x8_t sum = vdupq_n_u16(0);
        for (uint32_t i = 0; i < count; i++)
            sum = vqaddq_u16(sum, vandq_u16(words_of_bits(masks[i] >> at), vdupq_n_u16(weights[i])));
        found |= (uint64_t)bits_of_words(vcgeq_u16(sum, limit)) << at;
    }
    return found;
}

/* The documents among are put side by side, then scored four at a time. */
static uint32_t score(const fhi_addend *addends, uint32_t count, uint64_t among, const uint8_t norms[64],
                      const float k_of_norm[256], float least, uint8_t docs[64], float scores[64])
{
    const float32x4_t one = vdupq_n_f32(1.0f), full = vdupq_n_f32(FHI_LANE_MAX);
    float sums[FHI_QUARTER_DOCS + LANES32] = {0}, k[FHI_QUARTER_DOCS + LANES32] = {0};
    uint8_t places[FHI_QUARTER_DOCS];
    uint32_t wanted = 0, found = 0;
    for (uint64_t bits = among; bits; bits &= bits - 1, wanted++) {
        places[wanted] = (uint8_t)__builtin_ctzll(bits);
        k[wanted] = k_of_norm[norms[places[wanted]]];
    }
    for (uint32_t a = 0; a < count; a++) {
        const float32x4_t weight = vdupq_n_f32(addends[a].weight);
        float freqs[FHI_QUARTER_DOCS + LANES32] = {0};
        for (uint32_t i = 0; i < wanted; i++)
            freqs[i] = addends[a].mask >> places[i] & 1 ? addends[a].freqs[places[i]] : 0;
        for (uint32_t i = 0; i < wanted; i += LANES32) {
            const float32x4_t freq = vld1q_f32(freqs + i), sum = vld1q_f32(sums + i);
            const float32x4_t part = vdivq_f32(freq, vaddq_f32(freq, vld1q_f32(k + i)));
            const float32x4_t share = vbslq_f32(vceqq_f32(freq, full), one, part);
            const uint32x4_t counts = vcgtzq_f32(freq); /* 0 / 0 is not to be added */
            vst1q_f32(sums + i, vbslq_f32(counts, vaddq_f32(sum, vmulq_f32(weight, share)), sum));
        }
    }
    for (uint32_t i = 0; i < wanted; i++) {
        if (!(sums[i] >= least)) continue;
        docs[found] = places[i];
        scores[found++] = sums[i];
    }
    return found;
}

static uint32_t dot(const uint8_t a[64], const uint8_t b[64], uint64_t mask)
{
    uint32x4_t sum = vdupq_n_u32(0);
    for (uint32_t i = 0; i < FHI_QUARTER_DOCS; i += LANES8) {
        const uint8x16_t x = vandq_u8(vld1q_u8(a + i), bytes_of_bits(mask >> i)), y = vld1q_u8(b + i);
        sum = vpadalq_u16(sum, vmull_u8(vget_low_u8(x), vget_low_u8(y)));
        sum = vpadalq_u16(sum, vmull_high_u8(x, y));
    }
    return vaddvq_u32(sum);
}

/* ---- nothing to gain ---- */

static uint64_t pick(const uint8_t *ids, uint32_t count, uint32_t quarter, uint32_t *before)
{
    return fhi_kernels_scalar.pick(ids, count, quarter, before);
}

static void pick_many(const uint8_t *const *ids, const uint16_t *quarters, uint32_t many, uint64_t *masks)
{
    fhi_kernels_scalar.pick_many(ids, quarters, many, masks);
}

static uint64_t expand(const uint8_t *packed, uint32_t first, unsigned width, uint8_t base, uint64_t mask,
                       uint8_t lanes[64])
{
    return fhi_kernels_scalar.expand(packed, first, width, base, mask, lanes);
}

static uint32_t escapes(const uint8_t *packed, uint32_t count, unsigned width)
{
    return fhi_kernels_scalar.escapes(packed, count, width);
}

static uint64_t raise_lanes(uint8_t lanes[64], const uint8_t *bytes, uint64_t mask)
{
    return fhi_kernels_scalar.raise(lanes, bytes, mask);
}

static uint64_t pick_form(const uint8_t *packed, uint32_t first, unsigned width, uint8_t code, uint64_t mask,
                          const uint8_t lanes[64], uint8_t of_form[64])
{
    return fhi_kernels_scalar.pick_form(packed, first, width, code, mask, lanes, of_form);
}

static uint64_t find(const uint8_t *packed, uint64_t bit, uint32_t count, unsigned width, const uint32_t *wanted,
                     uint32_t wanted_count)
{
    return fhi_kernels_scalar.find(packed, bit, count, width, wanted, wanted_count);
}

static void sum_gaps(const uint8_t *packed, uint32_t count, unsigned width, uint32_t before, uint32_t *docs)
{
    fhi_kernels_scalar.sum_gaps(packed, count, width, before, docs);
}

const fhi_kernels fhi_kernels_neon = {.name = "neon",
                                      .presence = presence,
                                      .spread = spread,
                                      .weigh = weigh,
                                      .add = add,
                                      .highest = highest,
                                      .select = select_quarters,
                                      .pick = pick,
                                      .pick_many = pick_many,
                                      .expand = expand,
                                      .escapes = escapes,
                                      .raise = raise_lanes,
                                      .pick_form = pick_form,
                                      .reaching = reaching,
                                      .score = score,
                                      .find = find,
                                      .dot = dot,
                                      .sum_gaps = sum_gaps};
#endif
