/* kernel_avx512.c - the kernels for AVX-512 with VBMI2 and VNNI: 64 documents in one register. */
#include "engine/kernel/kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512                                                                                                         \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vbmi2,avx512vnni,bmi,bmi2,popcnt")))

enum { LANES16 = 32, LANES32 = 16, QUARTER_VECTORS = FHI_CHUNK_QUARTERS / LANES16 };

AVX512 static inline uint32_t ones(uint64_t bits)
{
    return (uint32_t)_mm_popcnt_u64(bits);
}

/* ---- a chunk ---- */

/* Bits of quarters 32 i to 32 i + 31. */
AVX512 static inline __mmask32 half(const uint64_t *bitmap, uint32_t i)
{
    return (__mmask32)(bitmap[i / 2] >> (i % 2 * 32));
}

AVX512 static void presence(const uint8_t *locators, uint32_t ranges, uint64_t present[FHI_QUARTER_WORDS])
{
    const __m512i sixteen = _mm512_set1_epi32(16 << 16 | 1);
    for (uint32_t i = 0; i < FHI_QUARTER_WORDS / 2; i++) { /* 32 ranges are 128 quarters */
        const uint32_t left = ranges > i * LANES16 ? ranges - i * LANES16 : 0;
        const __mmask32 here = left >= LANES16 ? UINT32_MAX : _bzhi_u32(UINT32_MAX, left);
        const __m512i found = _mm512_maskz_loadu_epi16(here, locators + (size_t)i * 64);
        const __m512i pairs = _mm512_madd_epi16(_mm512_srli_epi16(found, 12), sixteen);
        _mm_storeu_si128((void *)(present + 2 * (size_t)i), _mm512_cvtepi32_epi8(pairs));
    }
}

AVX512 static void spread(const uint8_t *range_bounds, uint32_t ranges, const uint64_t present[FHI_QUARTER_WORDS],
                          uint8_t bounds[FHI_CHUNK_QUARTERS])
{
    const __m512i lane =
        _mm512_set_epi32(0x0F0F0F0F, 0x0E0E0E0E, 0x0D0D0D0D, 0x0C0C0C0C, 0x0B0B0B0B, 0x0A0A0A0A, 0x09090909, 0x08080808,
                         0x07070707, 0x06060606, 0x05050505, 0x04040404, 0x03030303, 0x02020202, 0x01010101, 0);
    for (uint32_t i = 0; i < FHI_QUARTER_WORDS; i++) { /* 16 ranges are 64 quarters */
        const uint32_t left = ranges > i * 16 ? ranges - i * 16 : 0;
        const __mmask16 here = (__mmask16)(left >= 16 ? UINT16_MAX : _bzhi_u32(UINT16_MAX, left));
        const __m128i sixteen = _mm_maskz_loadu_epi8(here, range_bounds + (size_t)i * 16);
        const __m512i four_times = _mm512_permutexvar_epi8(lane, _mm512_castsi128_si512(sixteen));
        _mm512_storeu_si512(bounds + (size_t)i * 64, _mm512_maskz_mov_epi8(present[i], four_times));
    }
}

AVX512 static void weigh(const uint8_t bounds[FHI_CHUNK_QUARTERS], uint16_t weight, uint16_t sums[FHI_CHUNK_QUARTERS])
{
    const __m512i factor = _mm512_set1_epi16((short)weight), one = _mm512_set1_epi16(1);
    for (uint32_t i = 0; i < QUARTER_VECTORS; i++) {
        const __m512i wide = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const void *)(bounds + (size_t)i * LANES16)));
        const __m512i product = _mm512_mulhi_epu16(_mm512_slli_epi16(wide, 8), factor);
        const __m512i sum = _mm512_maskz_add_epi16(_mm512_test_epi16_mask(wide, wide), product, one);
        _mm512_storeu_si512(sums + (size_t)i * LANES16, sum);
    }
}

AVX512 static void add(uint16_t sums[FHI_CHUNK_QUARTERS], const uint16_t more[FHI_CHUNK_QUARTERS])
{
    for (size_t i = 0; i < FHI_CHUNK_QUARTERS; i += LANES16)
        _mm512_storeu_si512(sums + i, _mm512_adds_epu16(_mm512_loadu_si512(sums + i), _mm512_loadu_si512(more + i)));
}

AVX512 static uint16_t highest(const uint16_t sums[FHI_CHUNK_QUARTERS], const uint64_t among[FHI_QUARTER_WORDS])
{
    __m512i best = _mm512_setzero_si512();
    for (uint32_t i = 0; i < QUARTER_VECTORS; i++)
        best = _mm512_max_epu16(best, _mm512_maskz_loadu_epi16(half(among, i), sums + (size_t)i * LANES16));
    const __m512i low = _mm512_and_si512(best, _mm512_set1_epi32(0xFFFF)), high = _mm512_srli_epi32(best, 16);
    return (uint16_t)_mm512_reduce_max_epu32(_mm512_max_epu32(low, high));
}

AVX512 static uint32_t select_quarters(const uint16_t sums[FHI_CHUNK_QUARTERS], const uint64_t among[FHI_QUARTER_WORDS],
                                       uint16_t low, uint16_t high, uint16_t quarters[FHI_SELECT_ROOM])
{
    const __m512i from = _mm512_set1_epi16((short)low), to = _mm512_set1_epi16((short)high);
    const __m512i step = _mm512_set1_epi16(LANES16);
    __m512i number = _mm512_cvtepu8_epi16(_mm256_set_epi8(31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17,
                                                          16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
    uint32_t count = 0;
    for (uint32_t i = 0; i < QUARTER_VECTORS; i++, number = _mm512_add_epi16(number, step)) {
        const __m512i sum = _mm512_loadu_si512(sums + (size_t)i * LANES16);
        const __mmask32 fits =
            _mm512_mask_cmple_epu16_mask(_mm512_mask_cmpge_epu16_mask(half(among, i), sum, from), sum, to);
        const __m512i kept = _mm512_maskz_compress_epi16(fits, number);
        _mm512_storeu_si512(quarters + count, kept);
        count += ones(fits);
    }
    return count;
}

/* ---- a quarter ---- */

/* The word of a quarter; how many bits are set in those before. */
AVX512 static inline uint64_t pick_word(const uint8_t *map, uint32_t quarter, uint32_t *before)
{
    const uint64_t first = fhi_load64(map), second = fhi_load64(map + 8), third = fhi_load64(map + 16);
    *before = (quarter > 0 ? ones(first) : 0) + (quarter > 1 ? ones(second) : 0) + (quarter > 2 ? ones(third) : 0);
    return fhi_load64(map + (size_t)quarter * 8);
}

AVX512 static uint64_t pick(const uint8_t *ids, uint32_t count, uint32_t quarter, uint32_t *before)
{
    if (count > FHI_IDS_MAX) return pick_word(ids, quarter, before);
    const __mmask32 valid = _bzhi_u32(UINT32_MAX, count);
    const __m256i all = _mm256_maskz_loadu_epi8(valid, ids);
    const __m256i low = _mm256_set1_epi8((char)(quarter * FHI_QUARTER_DOCS));
    const __mmask32 under = _mm256_mask_cmplt_epu8_mask(valid, all, low);
    const __m256i place = _mm256_sub_epi8(all, low);
    __mmask32 here = _mm256_mask_cmplt_epu8_mask(valid & ~under, place, _mm256_set1_epi8(FHI_QUARTER_DOCS));
    *before = ones(under);
    __m256i kept = _mm256_maskz_compress_epi8(here, place);
    __m512i mask = _mm512_setzero_si512();
    const __m512i one = _mm512_set1_epi64(1);
    for (uint32_t left = ones(here);; left -= 8) { /* mostly once */
        const __m512i shifts = _mm512_cvtepu8_epi64(_mm256_castsi256_si128(kept));
        const __mmask8 eight = (__mmask8)_bzhi_u32(UINT8_MAX, left);
        mask = _mm512_or_si512(mask, _mm512_maskz_sllv_epi64(eight, one, shifts));
        if (left <= 8) break;
        kept = _mm256_permutexvar_epi64(_mm256_set_epi64x(0, 3, 2, 1), kept);
    }
    return (uint64_t)_mm512_reduce_or_epi64(mask);
}

/* One word of eight bits each, at the places of eight ids. */
AVX512 static inline __m512i bits_at(__m256i ids, uint32_t here)
{
    const __m512i shifts = _mm512_cvtepu8_epi64(_mm256_castsi256_si128(ids));
    return _mm512_maskz_sllv_epi64((__mmask8)here, _mm512_set1_epi64(1), shifts);
}

/* Without branches: whether a range tells ids or a map changes from one to the next. */
AVX512 static void pick_many(const uint8_t *const *ids, const uint16_t *quarters, uint32_t many, uint64_t *masks)
{
    const __m256i next = _mm256_set_epi64x(0, 3, 2, 1);
    for (uint32_t i = 0; i < many; i++) {
        const uint32_t count = ids[i][-1] + 1u, quarter = quarters[i] % FHI_RANGE_QUARTERS;
        const __mmask32 valid = _bzhi_u32(UINT32_MAX, count);
        const __m256i all = _mm256_maskz_loadu_epi8(valid, ids[i]);
        __m256i place = _mm256_sub_epi8(all, _mm256_set1_epi8((char)(quarter * FHI_QUARTER_DOCS)));
        const uint32_t here = _mm256_mask_cmplt_epu8_mask(valid, place, _mm256_set1_epi8(FHI_QUARTER_DOCS));
        __m512i found = bits_at(place, here);
        for (uint32_t at = 8; at < 32; at += 8) {
            place = _mm256_permutexvar_epi64(next, place);
            found = _mm512_or_si512(found, bits_at(place, here >> at));
        }
        const uint64_t mask = (uint64_t)_mm512_reduce_or_epi64(found);
        const uint64_t word = fhi_load64(ids[i] + (size_t)quarter * 8);
        masks[i] = count > FHI_IDS_MAX ? word : mask;
    }
}

/* For each width: which byte of the packed ones begins the eight values of a word, and where each value stands. */
typedef struct unpack_plan {
    __m512i bytes, shifts, value_mask;
} unpack_plan;

AVX512 static inline unpack_plan plan_of(unsigned width, unsigned shift)
{
    const __m512i word =
        _mm512_set_epi64(0x0707070707070707, 0x0606060606060606, 0x0505050505050505, 0x0404040404040404,
                         0x0303030303030303, 0x0202020202020202, 0x0101010101010101, 0);
    const __m512i byte_in_word = _mm512_set1_epi64(0x0706050403020100);
    const __m512i first = _mm512_mullo_epi16(word, _mm512_set1_epi16((short)width)); /* no byte carries: at most 56 */
    const uint64_t shifts = UINT64_C(0x0706050403020100) * width + UINT64_C(0x0101010101010101) * shift;
    return (unpack_plan){_mm512_add_epi8(first, byte_in_word), _mm512_set1_epi64((long long)shifts),
                         _mm512_set1_epi8((char)((1u << width) - 1))};
}

/* 64 values from number `first` on, in order, one a byte. */
AVX512 static inline __m512i unpack(const uint8_t *packed, uint32_t first, unsigned width)
{
    const uint32_t bit = first * width;
    const unpack_plan plan = plan_of(width, bit % 8);
    const __m512i from = _mm512_loadu_si512(packed + bit / 8);
    const __m512i words = _mm512_permutexvar_epi8(plan.bytes, from);
    return _mm512_and_si512(_mm512_multishift_epi64_epi8(plan.shifts, words), plan.value_mask);
}

AVX512 static uint64_t expand(const uint8_t *packed, uint32_t first, unsigned width, uint8_t base, uint64_t mask,
                              uint8_t lanes[64])
{
    const __m512i values = _mm512_maskz_expand_epi8(mask, unpack(packed, first, width));
    _mm512_storeu_si512(lanes, _mm512_maskz_adds_epu8(mask, values, _mm512_set1_epi8((char)base)));
    return width ? _mm512_mask_cmpeq_epi8_mask(mask, values, _mm512_set1_epi8((char)((1u << width) - 1))) : 0;
}

AVX512 static uint32_t escapes(const uint8_t *packed, uint32_t count, unsigned width)
{
    const __m512i greatest = _mm512_set1_epi8((char)((1u << width) - 1));
    uint32_t found = 0;
    for (uint32_t first = 0; first < count; first += 64) {
        const __mmask64 valid = count - first >= 64 ? UINT64_MAX : _bzhi_u64(UINT64_MAX, count - first);
        found += ones(_mm512_mask_cmpeq_epi8_mask(valid, unpack(packed, first, width), greatest));
    }
    return found;
}

AVX512 static uint64_t raise_lanes(uint8_t lanes[64], const uint8_t *bytes, uint64_t mask)
{
    const __m512i sum = _mm512_adds_epu8(_mm512_loadu_si512(lanes), _mm512_maskz_expandloadu_epi8(mask, bytes));
    _mm512_storeu_si512(lanes, sum);
    return _mm512_cmpeq_epi8_mask(sum, _mm512_set1_epi8(-1));
}

AVX512 static uint64_t pick_form(const uint8_t *packed, uint32_t first, unsigned width, uint8_t code, uint64_t mask,
                                 const uint8_t lanes[64], uint8_t of_form[64])
{
    const __m512i codes = _mm512_maskz_expand_epi8(mask, unpack(packed, first, width));
    const __mmask64 same = _mm512_mask_cmpeq_epi8_mask(mask, codes, _mm512_set1_epi8((char)code));
    const __mmask64 mixed = _mm512_mask_cmpeq_epi8_mask(mask, codes, _mm512_set1_epi8(1));
    _mm512_storeu_si512(of_form, _mm512_maskz_loadu_epi8(same | mixed, lanes));
    return mixed;
}

AVX512 static uint64_t reaching(const uint64_t *masks, const uint16_t *weights, uint32_t count, uint32_t least)
{
    if (least > UINT16_MAX) return 0;
    __m512i low = _mm512_setzero_si512(), high = low;
    for (uint32_t i = 0; i < count; i++) {
        const __m512i weight = _mm512_set1_epi16((short)weights[i]);
        low = _mm512_mask_adds_epu16(low, (__mmask32)masks[i], low, weight);
        high = _mm512_mask_adds_epu16(high, (__mmask32)(masks[i] >> 32), high, weight);
    }
    const __m512i limit = _mm512_set1_epi16((short)least);
    return (uint64_t)_mm512_cmpge_epu16_mask(high, limit) << 32 | _mm512_cmpge_epu16_mask(low, limit);
}

/* The documents among are packed side by side once, then scored 16 at a time. */
AVX512 static uint32_t score(const fhi_addend *addends, uint32_t count, uint64_t among, const uint8_t norms[64],
                             const float k_of_norm[256], float least, uint8_t docs[64], float scores[64])
{
    const __m512i iota =
        _mm512_set_epi8(63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40,
                        39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16,
                        15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512 limit = _mm512_set1_ps(least), one = _mm512_set1_ps(1.0f);
    const __m512i full = _mm512_set1_epi32(FHI_LANE_MAX);
    const uint32_t wanted = ones(among);
    __m512 k[4], sums[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
    uint8_t packed[64];
    uint32_t found = 0;
    _mm512_storeu_si512(packed, _mm512_maskz_compress_epi8(among, _mm512_loadu_si512(norms)));
    for (uint32_t i = 0; i * LANES32 < wanted; i++) {
        const __m128i norm = _mm_loadu_si128((const void *)(packed + (size_t)i * LANES32));
        k[i] = _mm512_i32gather_ps(_mm512_cvtepu8_epi32(norm), k_of_norm, 4);
    }
    for (uint32_t a = 0; a < count; a++) {
        const __m512 weight = _mm512_set1_ps(addends[a].weight);
        const __m512i lanes = _mm512_maskz_loadu_epi8(addends[a].mask, addends[a].freqs);
        _mm512_storeu_si512(packed, _mm512_maskz_compress_epi8(among, lanes));
        for (uint32_t i = 0; i * LANES32 < wanted; i++) {
            const __m512i whole = _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)(packed + (size_t)i * LANES32)));
            const __m512 freq = _mm512_cvtepi32_ps(whole);
            const __mmask16 open = _mm512_cmpneq_epi32_mask(whole, full);
            const __m512 share = _mm512_mask_div_ps(one, open, freq, _mm512_add_ps(freq, k[i]));
            sums[i] = _mm512_mask_add_ps(sums[i], _mm512_test_epi32_mask(whole, whole), sums[i],
                                         _mm512_mul_ps(weight, share));
        }
    }
    _mm512_storeu_si512(packed, _mm512_maskz_compress_epi8(among, iota));
    for (uint32_t i = 0; i * LANES32 < wanted; i++) {
        const uint32_t left = wanted - i * LANES32;
        const __mmask16 valid = (__mmask16)_bzhi_u32(UINT16_MAX, left < LANES32 ? left : LANES32);
        const __mmask16 kept = _mm512_mask_cmp_ps_mask(valid, sums[i], limit, _CMP_GE_OQ);
        const uint32_t more = ones(kept);
        const __mmask16 room = (__mmask16)_bzhi_u32(UINT16_MAX, more);
        const __m128i doc = _mm_loadu_si128((const void *)(packed + (size_t)i * LANES32));
        _mm_mask_storeu_epi8(docs + found, room, _mm_maskz_compress_epi8(kept, doc));
        _mm512_mask_storeu_ps(scores + found, room, _mm512_maskz_compress_ps(kept, sums[i]));
        found += more;
    }
    return found;
}

/* Values of `width` bits, 16 at a time: where each begins in the bytes loaded, and how far to shift it. */
typedef struct word_plan {
    __m512i bytes, shifts, mask;
} word_plan;

AVX512 static inline word_plan words_of(unsigned width, unsigned skip)
{
    const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i bits =
        _mm512_add_epi32(_mm512_mullo_epi32(lane, _mm512_set1_epi32((int)width)), _mm512_set1_epi32((int)skip));
    const __m512i start = _mm512_mullo_epi32(_mm512_srli_epi32(bits, 3), _mm512_set1_epi32(0x01010101));
    return (word_plan){_mm512_add_epi8(start, _mm512_set1_epi32(0x03020100)),
                       _mm512_and_si512(bits, _mm512_set1_epi32(7)), _mm512_set1_epi32((int)((1u << width) - 1))};
}

AVX512 static inline __m512i words_at(const uint8_t *packed, const word_plan *plan)
{
    const __m512i words = _mm512_permutexvar_epi8(plan->bytes, _mm512_loadu_si512(packed));
    return _mm512_and_si512(_mm512_srlv_epi32(words, plan->shifts), plan->mask);
}

/* Widths up to 25: a value lies in the 4 bytes that begin where it does. */
AVX512 static uint64_t find(const uint8_t *packed, uint64_t bit, uint32_t count, unsigned width, const uint32_t *wanted,
                            uint32_t wanted_count)
{
    if (width > 25) return fhi_kernels_scalar.find(packed, bit, count, width, wanted, wanted_count);
    const word_plan plan = words_of(width, bit % 8);
    uint64_t found = 0;
    packed += bit / 8;
    for (uint32_t i = 0; i < count; i += LANES32, packed += 2 * (size_t)width) {
        const __mmask16 valid = (__mmask16)_bzhi_u32(UINT16_MAX, count - i < LANES32 ? count - i : LANES32);
        const __m512i values = words_at(packed, &plan);
        for (uint32_t j = 0; j < wanted_count; j++)
            found |= (uint64_t)(_mm512_mask_cmpeq_epi32_mask(valid, values, _mm512_set1_epi32((int)wanted[j])) != 0)
                     << j;
    }
    return found;
}

AVX512 static uint32_t dot(const uint8_t a[64], const uint8_t b[64], uint64_t mask)
{
    const __m512i sums =
        _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_maskz_loadu_epi8(mask, a), _mm512_loadu_si512(b));
    return (uint32_t)_mm512_reduce_add_epi32(sums);
}

/* ---- a run ---- */

AVX512 static void sum_gaps(const uint8_t *packed, uint32_t count, unsigned width, uint32_t before, uint32_t *docs)
{
    if (width > 25) {
        fhi_kernels_scalar.sum_gaps(packed, count, width, before, docs);
        return;
    }
    const word_plan plan = words_of(width, 0);
    const __m512i zero = _mm512_setzero_si512(), one = _mm512_set1_epi32(1);
    __m512i last = _mm512_set1_epi32((int)before);
    for (uint32_t i = 0; i < count; i += LANES32, packed += 2 * (size_t)width) {
        __m512i sum = _mm512_add_epi32(words_at(packed, &plan), one);
        sum = _mm512_add_epi32(sum, _mm512_alignr_epi32(sum, zero, 15));
        sum = _mm512_add_epi32(sum, _mm512_alignr_epi32(sum, zero, 14));
        sum = _mm512_add_epi32(sum, _mm512_alignr_epi32(sum, zero, 12));
        sum = _mm512_add_epi32(sum, _mm512_alignr_epi32(sum, zero, 8));
        sum = _mm512_add_epi32(sum, last);
        last = _mm512_permutexvar_epi32(_mm512_set1_epi32(15), sum);
        const uint32_t left = count - i;
        const __mmask16 room = (__mmask16)(left >= LANES32 ? UINT16_MAX : _bzhi_u32(UINT16_MAX, left));
        _mm512_mask_storeu_epi32(docs + i, room, sum);
    }
}

const fhi_kernels fhi_kernels_avx512 = {.name = "avx512",
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
