/* normalize.c - stage 1 of a word: NFKC case fold, format characters and harakat away, digits to 0-9.
 *
 * What comes in is a piece found by the scan; what goes out is the exact form. Offsets play no part here.
 */
#include "engine/text/text.h"

#include <unicode/uchar.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

enum { WORK_UNITS_MAX = 4096 }; /* no code point of a piece grows more than sixfold */

fh_status fhi_normalizer_init(fhi_normalizer *normalizer)
{
    UErrorCode code = U_ZERO_ERROR;
    normalizer->nfkc_casefold = unorm2_getNFKCCasefoldInstance(&code);
    normalizer->nfd = unorm2_getNFDInstance(&code);
    return U_SUCCESS(code) ? FH_OK : FH_E_INTERNAL;
}

static fh_status status_of(UErrorCode code)
{
    if (U_SUCCESS(code)) return FH_OK;
    return code == U_MEMORY_ALLOCATION_ERROR ? FH_E_NOMEM : FH_E_INTERNAL;
}

/* The vowel signs and Koranic marks that Arabic text may carry or leave out. */
bool fhi_is_haraka(int32_t point)
{
    return (point >= 0x610 && point <= 0x61A) || (point >= 0x64B && point <= 0x65F) || point == 0x670 ||
           (point >= 0x6D6 && point <= 0x6ED);
}

/* UTF-8 to UTF-16; apostrophes become ' before ICU sees them, for it would turn ´ into a space and an accent. */
static int32_t decode(const fhi_classes *classes, fh_str raw, UChar *out)
{
    const uint8_t *bytes = (const uint8_t *)raw.ptr;
    const size_t len = raw.len < FHI_RAW_BYTES_MAX ? raw.len : FHI_RAW_BYTES_MAX;
    int32_t count = 0;
    for (size_t at = 0; at < len;) {
        UChar32 point;
        U8_NEXT(bytes, at, len, point);
        if (point < 0) break; /* a character cut by the limit */
        if (point == 0x2BC || point > 0x2000 || point == 0xB4 || point == '`')
            if (fhi_class_of(classes, point) == FHI_CLASS_APOSTROPHE) point = '\'';
        fhi_unit_append(out, &count, point);
    }
    return count;
}

/* Keeps what a term is made of. */
static void filter(const fhi_classes *classes, const UChar *from, int32_t count, bool keep_apostrophes, fhi_units *out)
{
    size_t bytes = 0;
    out->len = 0;
    for (int32_t at = 0; at < count;) {
        char encoded[4];
        UChar32 point = fhi_unit_next(from, &at, count);
        if (fhi_is_haraka(point)) continue;
        const fhi_class kind = point < FHI_CLASS_LOW ? (fhi_class)classes->low[point] : fhi_class_of(classes, point);
        if (kind == FHI_CLASS_DIGIT && u_charDigitValue(point) >= 0) point = '0' + u_charDigitValue(point);
        const bool kept = ((FHI_BITS_START | FHI_BIT(MARK)) >> kind & 1) || kind == FHI_CLASS_EXPANDS;
        if (!kept && !(kind == FHI_CLASS_APOSTROPHE && keep_apostrophes)) continue;
        bytes += fhi_point_to_utf8(point, encoded);
        if (bytes > FH_TERM_BYTES_MAX) return;
        fhi_unit_append(out->text, &out->len, point);
    }
}

fh_status fhi_normalize(const fhi_normalizer *normalizer, const fhi_classes *classes, fh_str raw, bool keep_apostrophes,
                        fhi_units *out)
{
    UChar decoded[FHI_RAW_BYTES_MAX], folded[WORK_UNITS_MAX];
    UErrorCode code = U_ZERO_ERROR;
    out->len = 0;
    const int32_t decoded_len = decode(classes, raw, decoded);
    const int32_t folded_len =
        unorm2_normalize(normalizer->nfkc_casefold, decoded, decoded_len, folded, WORK_UNITS_MAX, &code);
    FH_TRY(status_of(code));
    filter(classes, folded, folded_len, keep_apostrophes, out);
    return FH_OK;
}

fh_status fhi_normalize_expand(const fhi_normalizer *normalizer, fh_str raw, char *out, size_t capacity, size_t *len)
{
    UChar decoded[4], folded[FHI_UNITS_MAX];
    int32_t decoded_len = 0, bytes = 0;
    UErrorCode code = U_ZERO_ERROR;
    *len = 0;
    u_strFromUTF8(decoded, 4, &decoded_len, raw.ptr, (int32_t)raw.len, &code);
    const int32_t folded_len =
        unorm2_normalize(normalizer->nfkc_casefold, decoded, decoded_len, folded, FHI_UNITS_MAX, &code);
    u_strToUTF8(out, (int32_t)capacity, &bytes, folded, folded_len, &code);
    FH_TRY(status_of(code));
    *len = (size_t)bytes;
    return FH_OK;
}

void fhi_units_to_term(const fhi_units *units, fhi_term *out)
{
    size_t bytes = 0;
    for (int32_t at = 0; at < units->len;) {
        char encoded[4];
        const size_t count = fhi_point_to_utf8(fhi_unit_next(units->text, &at, units->len), encoded);
        if (bytes + count > FH_TERM_BYTES_MAX) break;
        memcpy(out->text + bytes, encoded, count);
        bytes += count;
    }
    out->len = (uint32_t)bytes;
}
