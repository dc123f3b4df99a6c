/* kernel_avx2.c - the kernels for AVX2 and BMI2: bytes are spread over documents by pdep, eight at a time. */
#include "engine/kernel/kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))

enum { LANES8 = 32, LANES16 = 16, LANES32 = 8, FEW = 8 };

AVX2 static inline uint32_t ones(uint64_t bits)
{
    return (uint32_t)_mm_popcnt_u64(bits);
}

/* A byte of 255 for each bit. */
AVX2 static inline __m256i bytes_of_bits(uint32_t bits)
{
    const __m256i from = _mm256_set_epi64x(0x0303030303030303, 0x0202020202020202, 0x0101010101010101, 0);
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201);
    const __m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi32((int)bits), from);
    return _mm256_cmpeq_epi8(_mm256_and_si256(spread, bit), bit);
}

/* A word of 65,535 for each of 16 bits. */
AVX2 static inline __m256i words_of_bits(uint32_t bits)
{
    const __m256i bit = _mm256_set_epi16((short)0x8000, 0x4000, 0x2000, 0x1000, 0x800, 0x400, 0x200, 0x100, 0x80, 0x40,
                                         0x20, 0x10, 8, 4, 2, 1);
    return _mm256_cmpeq_epi16(_mm256_and_si256(_mm256_set1_epi16((short)bits), bit), bit);
}

/* Bits of 16 quarters from number 16 i on. */
AVX2 static inline uint32_t sixteen(const uint64_t *bitmap, uint32_t i)
{
    return (uint32_t)(bitmap[i / 4] >> (i % 4 * 16)) & 0xFFFF;
}

/* ---- a chunk ---- */

AVX2 static void presence(const uint8_t *locators, uint32_t ranges, uint64_t present[FHI_QUARTER_WORDS])
{
    memset(present, 0, FHI_QUARTER_WORDS * sizeof *present);
    uint32_t range = 0;
    for (; range + 4 <= ranges; range += 4) { /* the upper nibbles of four locators */
        const uint64_t nibbles = _pext_u64(fhi_load64(locators + (size_t)range * 2), 0xF000F000F000F000);
        present[range / 16] |= nibbles << (range % 16 * FHI_RANGE_QUARTERS);
    }
    for (; range < ranges; range++)
        present[range / 16] |= (uint64_t)(fhi_load16(locators + (size_t)range * 2) >> 12) << (range % 16 * 4);
}

AVX2 static void spread(const uint8_t *range_bounds, uint32_t ranges, const uint64_t present[FHI_QUARTER_WORDS],
                        uint8_t bounds[FHI_CHUNK_QUARTERS])
{
    const __m256i lane =
        _mm256_set_epi32(0x07070707, 0x06060606, 0x05050505, 0x04040404, 0x03030303, 0x02020202, 0x01010101, 0);
    uint8_t padded[FHI_CHUNK_QUARTERS / FHI_RANGE_QUARTERS] = {0};
    memcpy(padded, range_bounds, ranges);
    for (size_t i = 0; i < FHI_CHUNK_QUARTERS; i += LANES8) {
        const __m256i eight = _mm256_set1_epi64x((long long)fhi_load64(padded + i / FHI_RANGE_QUARTERS));
        const __m256i kept = bytes_of_bits((uint32_t)(present[i / 64] >> (i % 64)));
        _mm256_storeu_si256((void *)(bounds + i), _mm256_and_si256(_mm256_shuffle_epi8(eight, lane), kept));
    }
}

AVX2 static void weigh(const uint8_t bounds[FHI_CHUNK_QUARTERS], uint16_t weight, uint16_t sums[FHI_CHUNK_QUARTERS])
{
    const __m256i factor = _mm256_set1_epi16((short)weight), one = _mm256_set1_epi16(1), zero = _mm256_setzero_si256();
    for (size_t i = 0; i < FHI_CHUNK_QUARTERS; i += LANES16) {
        const __m256i wide = _mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)(bounds + i)));
        const __m256i product = _mm256_mulhi_epu16(_mm256_slli_epi16(wide, 8), factor);
        const __m256i absent = _mm256_cmpeq_epi16(wide, zero);
        _mm256_storeu_si256((void *)(sums + i), _mm256_andnot_si256(absent, _mm256_add_epi16(product, one)));
    }
}

AVX2 static void add(uint16_t sums[FHI_CHUNK_QUARTERS], const uint16_t more[FHI_CHUNK_QUARTERS])
{
    for (size_t i = 0; i < FHI_CHUNK_QUARTERS; i += LANES16) {
        const __m256i a = _mm256_loadu_si256((const void *)(sums + i)),
                      b = _mm256_loadu_si256((const void *)(more + i));
        _mm256_storeu_si256((void *)(sums + i), _mm256_adds_epu16(a, b));
    }
}

AVX2 static uint16_t highest(const uint16_t sums[FHI_CHUNK_QUARTERS], const uint64_t among[FHI_QUARTER_WORDS])
{
    uint16_t words[LANES16], most = 0;
    __m256i best = _mm256_setzero_si256();
    for (uint32_t i = 0; i < FHI_CHUNK_QUARTERS / LANES16; i++) {
        const __m256i sum = _mm256_loadu_si256((const void *)(sums + (size_t)i * LANES16));
        best = _mm256_max_epu16(best, _mm256_and_si256(sum, words_of_bits(sixteen(among, i))));
    }
    _mm256_storeu_si256((void *)words, best);
    for (uint32_t i = 0; i < LANES16; i++)
        most = words[i] > most ? words[i] : most;
    return most;
}

AVX2 static uint32_t select_quarters(const uint16_t sums[FHI_CHUNK_QUARTERS], const uint64_t among[FHI_QUARTER_WORDS],
                                     uint16_t low, uint16_t high, uint16_t quarters[FHI_SELECT_ROOM])
{
    const __m256i from = _mm256_set1_epi16((short)low), to = _mm256_set1_epi16((short)high);
    uint32_t count = 0;
    for (uint32_t i = 0; i < FHI_CHUNK_QUARTERS / LANES16; i++) {
        const __m256i sum = _mm256_loadu_si256((const void *)(sums + (size_t)i * LANES16));
        const __m256i inside = _mm256_cmpeq_epi16(_mm256_max_epu16(_mm256_min_epu16(sum, to), from), sum);
        const uint32_t two_bits = (uint32_t)_mm256_movemask_epi8(inside);
        for (uint32_t bits = _pext_u32(two_bits, 0x55555555) & sixteen(among, i); bits; bits &= bits - 1)
            quarters[count++] = (uint16_t)(i * LANES16 + (uint32_t)__builtin_ctz(bits));
    }
    return count;
}

/* ---- a quarter ---- */

/* The word of a quarter; how many bits are set in those before. */
AVX2 static inline uint64_t pick_word(const uint8_t *map, uint32_t quarter, uint32_t *before)
{
    *before = 0;
    for (uint32_t i = 0; i < FHI_RANGE_QUARTERS - 1; i++)
        *before += i < quarter ? ones(fhi_load64(map + (size_t)i * 8)) : 0;
    return fhi_load64(map + (size_t)quarter * 8);
}

AVX2 static uint64_t pick(const uint8_t *ids, uint32_t count, uint32_t quarter, uint32_t *before)
{
    uint64_t mask = 0;
    uint32_t lower = 0;
    if (count > FHI_IDS_MAX) return pick_word(ids, quarter, before);
    for (uint32_t i = 0; i < count; i++) {
        mask |= (uint64_t)(ids[i] / FHI_QUARTER_DOCS == quarter) << (ids[i] % FHI_QUARTER_DOCS);
        lower += ids[i] / FHI_QUARTER_DOCS < quarter;
    }
    *before = lower;
    return mask;
}

AVX2 static void pick_many(const uint8_t *const *ids, const uint16_t *quarters, uint32_t many, uint64_t *masks)
{
    uint32_t before;
    for (uint32_t i = 0; i < many; i++)
        masks[i] = pick(ids[i], ids[i][-1] + 1u, quarters[i] % FHI_RANGE_QUARTERS, &before);
}

/* Eight values of a width from a bit on, one a byte: a width of 0 has a field of no bits in each. */
AVX2 static inline uint64_t unpack8(const uint8_t *packed, uint32_t bit, uint64_t fields)
{
    return _pdep_u64(fhi_load64(packed + bit / 8) >> (bit % 8), fields);
}

AVX2 static inline uint64_t fields_of(unsigned width)
{
    return ((UINT64_C(1) << width) - 1) * 0x0101010101010101;
}

/* At width 8 a value begins on a byte, and eight of them fill the word; below, a shift leaves at least 57 bits. */
AVX2 static inline uint64_t expand8(const uint8_t *packed, uint32_t first, unsigned width, uint64_t fields,
                                    uint32_t bits)
{
    const uint64_t places = _pdep_u64(bits, 0x0101010101010101) * 255;
    return _pdep_u64(unpack8(packed, first * width, fields), places);
}

/* Bit i: byte i is not 0. */
AVX2 static inline uint32_t nonzero(uint64_t bytes)
{
    const __m128i found = _mm_cmpeq_epi8(_mm_cvtsi64_si128((long long)bytes), _mm_setzero_si128());
    return ~(uint32_t)_mm_movemask_epi8(found) & 0xFF;
}

AVX2 static uint64_t expand(const uint8_t *packed, uint32_t first, unsigned width, uint8_t base, uint64_t mask,
                            uint8_t lanes[64])
{
    const uint64_t fields = fields_of(width), more = base * UINT64_C(0x0101010101010101);
    uint64_t escaped = 0;
    for (uint32_t i = 0; i < 64; i += 8) {
        const uint32_t bits = mask >> i & 0xFF;
        const uint64_t places = _pdep_u64(bits, 0x0101010101010101) * 255;
        const uint64_t values = expand8(packed, first, width, fields, bits);
        const __m128i sum =
            _mm_adds_epu8(_mm_cvtsi64_si128((long long)values), _mm_cvtsi64_si128((long long)(more & places)));
        fhi_store64(lanes + i, (uint64_t)_mm_cvtsi128_si64(sum));
        escaped |= (uint64_t)(bits & ~nonzero((values ^ fields) & places)) << i;
        first += ones(bits);
    }
    return width ? escaped : 0;
}

AVX2 static uint32_t escapes(const uint8_t *packed, uint32_t count, unsigned width)
{
    const uint64_t fields = fields_of(width);
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i += 8) {
        const uint32_t valid = count - i >= 8 ? 0xFF : (1u << (count - i)) - 1;
        found += ones(valid & ~nonzero(unpack8(packed, i * width, fields) ^ fields));
    }
    return found;
}

AVX2 static uint64_t raise_lanes(uint8_t lanes[64], const uint8_t *bytes, uint64_t mask)
{
    uint64_t full = 0;
    for (uint32_t i = 0; i < 64; i += 8) {
        const uint32_t bits = mask >> i & 0xFF;
        const uint64_t more = bits ? expand8(bytes, 0, 8, UINT64_MAX, bits) : 0;
        const __m128i sum =
            _mm_adds_epu8(_mm_cvtsi64_si128((long long)fhi_load64(lanes + i)), _mm_cvtsi64_si128((long long)more));
        fhi_store64(lanes + i, (uint64_t)_mm_cvtsi128_si64(sum));
        full |= (uint64_t)(~nonzero(~fhi_load64(lanes + i)) & 0xFF) << i;
        bytes += ones(bits);
    }
    return full;
}

AVX2 static uint64_t pick_form(const uint8_t *packed, uint32_t first, unsigned width, uint8_t code, uint64_t mask,
                               const uint8_t lanes[64], uint8_t of_form[64])
{
    const uint64_t fields = fields_of(width), each = 0x0101010101010101;
    uint64_t mixed = 0;
    for (uint32_t i = 0; i < 64; i += 8) {
        const uint32_t bits = mask >> i & 0xFF;
        const uint64_t codes = expand8(packed, first, width, fields, bits);
        const uint32_t several = bits & ~nonzero(codes ^ each), same = bits & ~nonzero(codes ^ (code * each));
        fhi_store64(of_form + i, fhi_load64(lanes + i) & _pdep_u64(several | same, each) * 255);
        mixed |= (uint64_t)several << i;
        first += ones(bits);
    }
    return mixed;
}

AVX2 static uint64_t reaching(const uint64_t *masks, const uint16_t *weights, uint32_t count, uint32_t least)
{
    uint64_t found = 0;
    if (least > UINT16_MAX) return 0;
    const __m256i limit = _mm256_set1_epi16((short)least);
    for (uint32_t at = 0; at < 64; at += LANES16) {
        __m256i sum = _mm256_setzero_si256();
        for (uint32_t i = 0; i < count; i++) {
            const __m256i held = words_of_bits((uint32_t)(masks[i] >> at) & 0xFFFF);
            sum = _mm256_adds_epu16(sum, _mm256_and_si256(held, _mm256_set1_epi16((short)weights[i])));
        }
        const uint32_t two_bits = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi16(_mm256_max_epu16(sum, limit), sum));
        found |= (uint64_t)_pext_u32(two_bits, 0x55555555) << at;
    }
    return found;
}

/* The lanes of `among`, side by side; writes 8 bytes at a time. */
AVX2 static inline void compress(const uint8_t lanes[64], uint64_t mask, uint64_t among, uint8_t to[72])
{
    const uint64_t each = 0x0101010101010101;
    if (ones(among) <= FEW) { /* one by one */
        fhi_store64(to, 0);
        for (uint64_t bits = among; bits; bits &= bits - 1, to++)
            *to = mask >> __builtin_ctzll(bits) & 1 ? lanes[__builtin_ctzll(bits)] : 0;
        return;
    }
    for (uint32_t i = 0; i < 64; i += 8) {
        const uint64_t kept = fhi_load64(lanes + i) & _pdep_u64(mask >> i & 0xFF, each) * 255;
        fhi_store64(to, _pext_u64(kept, _pdep_u64(among >> i & 0xFF, each) * 255));
        to += ones(among >> i & 0xFF);
    }
}

AVX2 static uint32_t score(const fhi_addend *addends, uint32_t count, uint64_t among, const uint8_t norms[64],
                           const float k_of_norm[256], float least, uint8_t docs[64], float scores[64])
{
    const __m256 zero = _mm256_setzero_ps(), one = _mm256_set1_ps(1.0f), most = _mm256_set1_ps(FHI_LANE_MAX);
    const uint32_t wanted = ones(among);
    uint8_t packed[72];
    float sums[FHI_QUARTER_DOCS] = {0}, k[FHI_QUARTER_DOCS];
    uint32_t found = 0, at = 0;
    compress(norms, UINT64_MAX, among, packed);
    for (uint32_t i = 0; i < wanted; i += LANES32) {
        const __m256i norm = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)(packed + i)));
        _mm256_storeu_ps(k + i, _mm256_i32gather_ps(k_of_norm, norm, 4));
    }
    for (uint32_t a = 0; a < count; a++) {
        const __m256 weight = _mm256_set1_ps(addends[a].weight);
        compress(addends[a].freqs, addends[a].mask, among, packed);
        for (uint32_t i = 0; i < wanted; i += LANES32) {
            const __m256 freq = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)(packed + i))));
            const __m256 full = _mm256_cmp_ps(freq, most, _CMP_EQ_OQ);
            const __m256 part = _mm256_div_ps(freq, _mm256_add_ps(freq, _mm256_loadu_ps(k + i)));
            const __m256 counts = _mm256_cmp_ps(freq, zero, _CMP_GT_OQ); /* 0 / 0 is not to be added */
            const __m256 more = _mm256_mul_ps(weight, _mm256_blendv_ps(part, one, full));
            _mm256_storeu_ps(sums + i, _mm256_add_ps(_mm256_loadu_ps(sums + i), _mm256_and_ps(more, counts)));
        }
    }
    for (uint64_t bits = among; bits; bits &= bits - 1, at++) {
        if (!(sums[at] >= least)) continue;
        docs[found] = (uint8_t)__builtin_ctzll(bits);
        scores[found++] = sums[at];
    }
    return found;
}

/* Widths up to 25: a value lies in the 4 bytes that begin where it does. */
AVX2 static uint64_t find(const uint8_t *packed, uint64_t bit, uint32_t count, unsigned width, const uint32_t *wanted,
                          uint32_t wanted_count)
{
    const __m256i lane = _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
    const __m256i bits =
        _mm256_add_epi32(_mm256_mullo_epi32(lane, _mm256_set1_epi32((int)width)), _mm256_set1_epi32((int)(bit % 8)));
    const __m256i from = _mm256_srli_epi32(bits, 3), shift = _mm256_and_si256(bits, _mm256_set1_epi32(7));
    const __m256i mask = _mm256_set1_epi32((int)((1u << (width & 31)) - 1));
    uint64_t found = 0;
    if (width > 25) return fhi_kernels_scalar.find(packed, bit, count, width, wanted, wanted_count);
    uint32_t i = 0;
    for (; i + LANES32 <= count; i += LANES32) {
        const void *at = packed + (bit + (uint64_t)i * width) / 8; /* eight values are whole bytes */
        const __m256i values = _mm256_and_si256(_mm256_srlv_epi32(_mm256_i32gather_epi32(at, from, 1), shift), mask);
        for (uint32_t j = 0; j < wanted_count; j++) {
            const __m256i same = _mm256_cmpeq_epi32(values, _mm256_set1_epi32((int)wanted[j]));
            found |= (uint64_t)(_mm256_movemask_epi8(same) != 0) << j;
        }
    }
    bit += (uint64_t)i * width;
    return found | fhi_kernels_scalar.find(packed, bit, count - i, width, wanted, wanted_count);
}

AVX2 static uint32_t dot(const uint8_t a[64], const uint8_t b[64], uint64_t mask)
{
    __m256i sum = _mm256_setzero_si256();
    for (uint32_t i = 0; i < 64; i += LANES16) {
        const __m256i held = words_of_bits((uint32_t)(mask >> i) & 0xFFFF);
        const __m256i x = _mm256_and_si256(held, _mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)(a + i))));
        const __m256i y = _mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)(b + i)));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x, y));
    }
    uint32_t parts[LANES32], total = 0;
    _mm256_storeu_si256((void *)parts, sum);
    for (uint32_t i = 0; i < LANES32; i++)
        total += parts[i];
    return total;
}

/* ---- a run ---- */

/* Four values of up to 14 bits lie in any 8 bytes; sums depend on each other, so wider registers gain nothing here. */
AVX2 static void sum_gaps(const uint8_t *packed, uint32_t count, unsigned width, uint32_t before, uint32_t *docs)
{
    const uint64_t fields = (UINT64_C(1) << width) - 1;
    uint32_t i = 0, bit = 0, doc = before;
    for (; width <= 14 && i + 4 <= count; i += 4, bit += 4 * width) {
        const uint64_t window = fhi_load64(packed + bit / 8) >> (bit % 8);
        docs[i] = doc += 1 + (uint32_t)(window & fields);
        docs[i + 1] = doc += 1 + (uint32_t)(window >> width & fields);
        docs[i + 2] = doc += 1 + (uint32_t)(window >> 2 * width & fields);
        docs[i + 3] = doc += 1 + (uint32_t)(window >> 3 * width & fields);
    }
    for (; i < count; i++, bit += width)
        docs[i] = doc += 1 + (uint32_t)(fhi_load64(packed + bit / 8) >> (bit % 8) & fields);
}

const fhi_kernels fhi_kernels_avx2 = {.name = "avx2",
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
