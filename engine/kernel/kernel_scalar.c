/* kernel_scalar.c - what every kernel does, in plain C. */
#include "engine/kernel/kernel.h"

enum { PRESENCE_SHIFT = 12, MIXED = 1 };

static bool has(const uint64_t *bitmap, uint32_t i)
{
    return bitmap[i / 64] >> (i % 64) & 1;
}

static uint32_t value_at(const uint8_t *packed, uint32_t i, unsigned width)
{
    const uint32_t bit = i * width;
    return width ? packed[bit / 8] >> (bit % 8) & ((1u << width) - 1) : 0;
}

/* ---- a chunk ---- */

static void presence(const uint8_t *locators, uint32_t ranges, uint64_t present[FHI_QUARTER_WORDS])
{
    memset(present, 0, FHI_QUARTER_WORDS * sizeof *present);
    for (uint32_t range = 0; range < ranges; range++) {
        const uint64_t four = fhi_load16(locators + (size_t)range * 2) >> PRESENCE_SHIFT;
        present[range / 16] |= four << (range % 16 * FHI_RANGE_QUARTERS);
    }
}

static void spread(const uint8_t *range_bounds, uint32_t ranges, const uint64_t present[FHI_QUARTER_WORDS],
                   uint8_t bounds[FHI_CHUNK_QUARTERS])
{
    memset(bounds, 0, FHI_CHUNK_QUARTERS);
    for (uint32_t i = 0; i < ranges * FHI_RANGE_QUARTERS; i++)
        if (has(present, i)) bounds[i] = range_bounds[i / FHI_RANGE_QUARTERS];
}

static void weigh(const uint8_t bounds[FHI_CHUNK_QUARTERS], uint16_t weight, uint16_t sums[FHI_CHUNK_QUARTERS])
{
    for (uint32_t i = 0; i < FHI_CHUNK_QUARTERS; i++)
        sums[i] = bounds[i] ? (uint16_t)((((uint32_t)bounds[i] * weight) >> 8) + 1) : 0;
}

static void add(uint16_t sums[FHI_CHUNK_QUARTERS], const uint16_t more[FHI_CHUNK_QUARTERS])
{
    for (uint32_t i = 0; i < FHI_CHUNK_QUARTERS; i++) {
        const uint32_t sum = (uint32_t)sums[i] + more[i];
        sums[i] = (uint16_t)(sum < UINT16_MAX ? sum : UINT16_MAX);
    }
}

static uint16_t highest(const uint16_t sums[FHI_CHUNK_QUARTERS], const uint64_t among[FHI_QUARTER_WORDS])
{
    uint16_t best = 0;
    for (uint32_t i = 0; i < FHI_CHUNK_QUARTERS; i++)
        if (has(among, i) && sums[i] > best) best = sums[i];
    return best;
}

static uint32_t select_quarters(const uint16_t sums[FHI_CHUNK_QUARTERS], const uint64_t among[FHI_QUARTER_WORDS],
                                uint16_t low, uint16_t high, uint16_t quarters[FHI_SELECT_ROOM])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < FHI_CHUNK_QUARTERS; i++)
        if (has(among, i) && sums[i] >= low && sums[i] <= high) quarters[count++] = (uint16_t)i;
    return count;
}

/* ---- a quarter ---- */

static uint64_t pick(const uint8_t *ids, uint32_t count, uint32_t quarter, uint32_t *before)
{
    uint64_t mask = 0;
    *before = 0;
    if (count > FHI_IDS_MAX) {
        for (uint32_t i = 0; i < quarter; i++)
            *before += fhi_popcount64(fhi_load64(ids + (size_t)i * 8));
        return fhi_load64(ids + (size_t)quarter * 8);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (ids[i] / FHI_QUARTER_DOCS == quarter) mask |= UINT64_C(1) << (ids[i] % FHI_QUARTER_DOCS);
        *before += ids[i] / FHI_QUARTER_DOCS < quarter;
    }
    return mask;
}

static void pick_many(const uint8_t *const *ids, const uint16_t *quarters, uint32_t many, uint64_t *masks)
{
    uint32_t before;
    for (uint32_t i = 0; i < many; i++)
        masks[i] = pick(ids[i], ids[i][-1] + 1u, quarters[i] % FHI_RANGE_QUARTERS, &before);
}

static uint8_t most(uint32_t value)
{
    return (uint8_t)(value < FHI_LANE_MAX ? value : FHI_LANE_MAX);
}

static uint64_t expand(const uint8_t *packed, uint32_t first, unsigned width, uint8_t base, uint64_t mask,
                       uint8_t lanes[64])
{
    uint64_t escaped = 0;
    memset(lanes, 0, FHI_QUARTER_DOCS);
    for (uint64_t bits = mask; bits; bits &= bits - 1, first++) {
        const uint32_t doc = (uint32_t)__builtin_ctzll(bits), value = value_at(packed, first, width);
        lanes[doc] = most(value + base);
        if (width && value == (1u << width) - 1) escaped |= UINT64_C(1) << doc;
    }
    return escaped;
}

static uint32_t escapes(const uint8_t *packed, uint32_t count, unsigned width)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++)
        found += value_at(packed, i, width) == (1u << width) - 1;
    return found;
}

static uint64_t raise_lanes(uint8_t lanes[64], const uint8_t *bytes, uint64_t mask)
{
    uint64_t full = 0;
    for (uint32_t doc = 0; doc < FHI_QUARTER_DOCS; doc++) {
        if (mask >> doc & 1) lanes[doc] = most((uint32_t)lanes[doc] + *bytes++);
        full |= (uint64_t)(lanes[doc] == FHI_LANE_MAX) << doc;
    }
    return full;
}

static uint64_t pick_form(const uint8_t *packed, uint32_t first, unsigned width, uint8_t code, uint64_t mask,
                          const uint8_t lanes[64], uint8_t of_form[64])
{
    uint64_t mixed = 0;
    memset(of_form, 0, FHI_QUARTER_DOCS);
    for (uint64_t bits = mask; bits; bits &= bits - 1, first++) {
        const uint32_t doc = (uint32_t)__builtin_ctzll(bits), found = value_at(packed, first, width);
        if (found == code || found == MIXED) of_form[doc] = lanes[doc];
        if (found == MIXED) mixed |= UINT64_C(1) << doc;
    }
    return mixed;
}

static uint64_t reaching(const uint64_t *masks, const uint16_t *weights, uint32_t count, uint32_t least)
{
    uint64_t found = 0;
    for (uint32_t doc = 0; doc < FHI_QUARTER_DOCS; doc++) {
        uint32_t sum = 0;
        for (uint32_t i = 0; i < count; i++)
            sum += masks[i] >> doc & 1 ? weights[i] : 0u;
        if (sum > UINT16_MAX) sum = UINT16_MAX;
        found |= (uint64_t)(sum >= least) << doc;
    }
    return found;
}

static uint32_t score(const fhi_addend *addends, uint32_t count, uint64_t among, const uint8_t norms[64],
                      const float k_of_norm[256], float least, uint8_t docs[64], float scores[64])
{
    uint32_t found = 0;
    for (uint64_t bits = among; bits; bits &= bits - 1) {
        const uint32_t doc = (uint32_t)__builtin_ctzll(bits);
        const float k = k_of_norm[norms[doc]];
        float sum = 0.0f;
        for (uint32_t i = 0; i < count; i++) {
            const uint8_t lane = addends[i].mask >> doc & 1 ? addends[i].freqs[doc] : 0;
            const float freq = lane;
            if (lane) sum += addends[i].weight * (lane == FHI_LANE_MAX ? 1.0f : freq / (freq + k));
        }
        if (!(sum >= least)) continue;
        docs[found] = (uint8_t)doc;
        scores[found++] = sum;
    }
    return found;
}

static uint64_t find(const uint8_t *packed, uint64_t bit, uint32_t count, unsigned width, const uint32_t *wanted,
                     uint32_t wanted_count)
{
    uint64_t found = 0;
    for (uint32_t i = 0; i < count; i++, bit += width) {
        const uint32_t value = (uint32_t)(fhi_load64(packed + bit / 8) >> (bit % 8)) & ((1u << width) - 1);
        for (uint32_t j = 0; j < wanted_count; j++)
            found |= (uint64_t)(value == wanted[j]) << j;
    }
    return found;
}

static uint32_t dot(const uint8_t a[64], const uint8_t b[64], uint64_t mask)
{
    uint32_t sum = 0;
    for (uint64_t bits = mask; bits; bits &= bits - 1)
        sum += (uint32_t)a[__builtin_ctzll(bits)] * b[__builtin_ctzll(bits)];
    return sum;
}

/* ---- a run ---- */

static void sum_gaps(const uint8_t *packed, uint32_t count, unsigned width, uint32_t before, uint32_t *docs)
{
    const uint64_t mask = (UINT64_C(1) << width) - 1;
    uint32_t doc = before;
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t bit = (uint64_t)i * width;
        const uint64_t value = width ? fhi_load64(packed + bit / 8) >> (bit % 8) & mask : 0;
        docs[i] = doc += 1 + (uint32_t)value;
    }
}

const fhi_kernels fhi_kernels_scalar = {.name = "scalar",
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
