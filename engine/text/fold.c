/* fold.c - stage 2 of a word: spellings that readers do not tell apart become one.
 *
 * Latin: accents off, ligatures apart. Arabic: alef, yeh, heh, kaf and the letters of Maghrebi and Persian
 * spelling. Also the key under which whole field values are compared.
 */
#include "engine/text/text.h"

#include <unicode/uchar.h>
#include <unicode/ustring.h>

enum { DECOMPOSITION_UNITS_MAX = 16 };

static void append(fhi_units *out, UChar unit)
{
    if (out->len < FHI_UNITS_MAX) out->text[out->len++] = unit;
}

/* Letters that Unicode does not decompose although French keyboards replace them. "" where there is none. */
static const char *plain_spelling(UChar32 point)
{
    switch (point) {
    case 0x153: return "oe"; /* œ */
    case 0xE6: return "ae";  /* æ */
    case 0xF8: return "o";   /* ø */
    case 0x142: return "l";  /* ł */
    case 0x111: return "d";  /* đ */
    case 0x131: return "i";  /* ı */
    default: return "";
    }
}

static void fold_point(const UNormalizer2 *nfd, UChar32 point, fhi_units *out)
{
    const char *plain = plain_spelling(point);
    for (; *plain; plain++)
        append(out, (UChar)*plain);
    if (*plain_spelling(point)) return;
    UChar parts[DECOMPOSITION_UNITS_MAX];
    UErrorCode code = U_ZERO_ERROR;
    int32_t count = unorm2_getDecomposition(nfd, point, parts, DECOMPOSITION_UNITS_MAX, &code);
    if (U_FAILURE(code) || count < 0) {
        count = 0;
        fhi_unit_append(parts, &count, point);
    }
    for (int32_t at = 0; at < count;) {
        const UChar32 part = fhi_unit_next(parts, &at, count);
        if (U_GET_GC_MASK(part) & U_GC_M_MASK) continue;
        UChar units[2];
        int32_t unit_count = 0;
        fhi_unit_append(units, &unit_count, part);
        for (int32_t i = 0; i < unit_count; i++)
            append(out, units[i]);
    }
}

void fhi_fold_latin(const fhi_normalizer *normalizer, const fhi_units *in, fhi_units *out)
{
    out->len = 0;
    for (int32_t at = 0; at < in->len;) {
        const UChar32 point = fhi_unit_next(in->text, &at, in->len);
        if (point == '\'') continue;
        if (point < 0x80)
            append(out, (UChar)point);
        else
            fold_point(normalizer->nfd, point, out);
    }
}

UChar fhi_fold_arabic_letter(UChar letter)
{
    switch (letter) {
    case 0x623: /* أ */
    case 0x625: /* إ */
    case 0x622: /* آ */
    case 0x671: /* ٱ */ return 0x627;
    case 0x649: /* ى */
    case 0x6CC: /* ی */
    case 0x6D2: /* ے */ return 0x64A;
    case 0x629: /* ة */
    case 0x6C1: /* ہ */
    case 0x6BE: /* ھ */
    case 0x6C0: /* ۀ */ return 0x647;
    case 0x6A9: /* ک */
    case 0x6AD: /* ڭ */
    case 0x6AF: /* گ */
    case 0x763: /* ݣ */ return 0x643;
    case 0x6A4: /* ڤ */
    case 0x6A5: /* ڥ */ return 0x641;
    case 0x6A8: /* ڨ */ return 0x642;
    case 0x67E: /* پ */ return 0x628;
    case 0x686: /* چ */ return 0x62C;
    default: return letter;
    }
}

void fhi_fold_arabic(const fhi_units *in, fhi_units *out)
{
    out->len = in->len;
    for (int32_t i = 0; i < in->len; i++)
        out->text[i] = fhi_fold_arabic_letter(in->text[i]);
}

/* ---- keys of whole values -------------------------------------------------------------------------------- */

static void put_point(fhi_buf *key, UChar32 point)
{
    char bytes[4];
    fhi_buf_put(key, bytes, fhi_point_to_utf8(point, bytes));
}

static void put_folded(const fhi_normalizer *normalizer, UChar32 point, fhi_buf *key)
{
    fhi_units folded = {.len = 0};
    fold_point(normalizer->nfd, point, &folded);
    for (int32_t at = 0; at < folded.len;)
        put_point(key, fhi_unit_next(folded.text, &at, folded.len));
}

static void fold_units(const fhi_normalizer *normalizer, const UChar *units, int32_t count, fhi_buf *key)
{
    bool space = false;
    for (int32_t at = 0; at < count;) {
        UChar32 point = fhi_unit_next(units, &at, count);
        const uint32_t type = U_GET_GC_MASK(point);
        if (u_isUWhiteSpace(point)) {
            space = key->len != 0;
            continue;
        }
        if ((type & (U_GC_CF_MASK | U_GC_M_MASK)) || point == 0x640) continue;
        if (space) fhi_buf_put8(key, ' ');
        space = false;
        if (point == 0x2019 || point == 0x2BC || point == 0x2018) point = '\'';
        if (u_charDigitValue(point) >= 0) point = '0' + u_charDigitValue(point);
        const UChar32 letter = point < 0x10000 ? fhi_fold_arabic_letter((UChar)point) : point;
        /* ؤ and ئ stay: they are letters of their own here, as in words */
        if (letter != point || (point >= 0x600 && point < 0x700))
            put_point(key, letter);
        else
            put_folded(normalizer, point, key);
    }
}

fh_status fhi_fold_key(const fhi_normalizer *normalizer, fh_str value, fhi_buf *key)
{
    fhi_buf work = {0};
    UErrorCode code = U_ZERO_ERROR;
    int32_t decoded_len = 0;
    fhi_buf_clear(key);
    if (value.len > FH_TEXT_BYTES_MAX) return FH_E_LIMIT;
    UChar *decoded = (UChar *)(void *)fhi_buf_extend(&work, (value.len + 1) * sizeof(UChar));
    if (!decoded) return FH_E_NOMEM;
    u_strFromUTF8(decoded, (int32_t)value.len + 1, &decoded_len, value.ptr, (int32_t)value.len, &code);
    int32_t folded_len = unorm2_normalize(normalizer->nfkc_casefold, decoded, decoded_len, NULL, 0, &code);
    if (code == U_BUFFER_OVERFLOW_ERROR) code = U_ZERO_ERROR;
    (void)fhi_buf_extend(&work, ((size_t)folded_len + 1) * sizeof(UChar));
    if (work.status != FH_OK) goto done;
    decoded = (UChar *)(void *)work.data;
    UChar *folded = decoded + value.len + 1;
    folded_len = unorm2_normalize(normalizer->nfkc_casefold, decoded, decoded_len, folded, folded_len + 1, &code);
    if (U_SUCCESS(code)) fold_units(normalizer, folded, folded_len, key);
done:;
    const fh_status status = work.status;
    fhi_buf_fini(&work);
    if (status != FH_OK) return status;
    if (U_FAILURE(code)) return code == U_MEMORY_ALLOCATION_ERROR ? FH_E_NOMEM : FH_E_INTERNAL;
    return key->status;
}
