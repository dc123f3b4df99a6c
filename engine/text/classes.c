/* classes.c - the class of every code point, out of ICU's properties.
 *
 * Two tables are filled once per analyzer: all of one and two bytes of UTF-8 (Latin, Arabic), and the general
 * punctuation block (’ “ – NNBSP). What remains is asked of ICU character by character; it is rare in the press.
 * Invariant: a character of class LATIN, ARABIC, LETTER, DIGIT or MARK normalises to such characters only.
 */
#include "engine/text/text.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

enum { TATWEEL = 0x640, KORANIC_FIRST = 0x6D6, KORANIC_LAST = 0x6ED, DECOMPOSITION_UNITS_MAX = 32 };

/* Characters that mean something to the scan; they are named by the rules, not found in a property. */
static fhi_class class_by_name(UChar32 point)
{
    switch (point) {
    case '\'':
    case '`':
    case 0xB4:   /* acute accent as apostrophe */
    case 0x2BC:  /* modifier letter apostrophe */
    case 0x2018: /* single quotes */
    case 0x2019:
    case 0xFF07: return FHI_CLASS_APOSTROPHE;
    case '-':
    case 0x2010:
    case 0x2011: return FHI_CLASS_HYPHEN;
    case '.': return FHI_CLASS_DOT;
    case ',':
    case 0x66B: return FHI_CLASS_COMMA;
    case 0x66C: return FHI_CLASS_GROUP;
    case '/': return FHI_CLASS_SLASH;
    case 0x2BE: /* half rings of transliteration: hamza and ain */
    case 0x2BF:
    case TATWEEL: return FHI_CLASS_IGNORED;
    default: return point >= KORANIC_FIRST && point <= KORANIC_LAST ? FHI_CLASS_MARK : FHI_CLASS_OTHER;
    }
}

static fhi_class class_of_letter(UChar32 point)
{
    UErrorCode code = U_ZERO_ERROR;
    const UScriptCode script = uscript_getScript(point, &code);
    if (U_FAILURE(code)) return FHI_CLASS_LETTER;
    if (script == USCRIPT_LATIN) return FHI_CLASS_LATIN;
    return script == USCRIPT_ARABIC ? FHI_CLASS_ARABIC : FHI_CLASS_LETTER;
}

static fhi_class class_by_property(UChar32 point)
{
    const uint32_t type = U_GET_GC_MASK(point);
    if (type & U_GC_CF_MASK || u_hasBinaryProperty(point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) return FHI_CLASS_IGNORED;
    if (type & U_GC_M_MASK) return FHI_CLASS_MARK;
    if (type & U_GC_ZS_MASK) return FHI_CLASS_SPACE;
    if (type & U_GC_ND_MASK) return FHI_CLASS_DIGIT;
    if (type & (U_GC_L_MASK | U_GC_NL_MASK)) return class_of_letter(point);
    return u_isUWhiteSpace(point) ? FHI_CLASS_BREAK : FHI_CLASS_OTHER;
}

/* A compatibility character takes the class of what it stands for when that is part of one word. */
static fhi_class class_by_decomposition(UChar32 point, const UChar *parts, int32_t count, fhi_class otherwise)
{
    uint32_t bits = 0;
    for (int32_t at = 0; at < count;) {
        const UChar32 part = fhi_unit_next(parts, &at, count);
        fhi_class part_class = class_by_name(part);
        if (part_class == FHI_CLASS_OTHER) part_class = class_by_property(part);
        bits |= 1u << part_class;
    }
    const uint32_t letters = bits & FHI_BITS_LETTER;
    if (!(bits & FHI_BITS_START)) return otherwise;
    const bool foreign = (bits & ~(FHI_BITS_START | FHI_BITS_INSIDE)) != 0;
    const bool several_scripts = (letters & (letters - 1)) != 0;
    const bool arabic_digits = (bits & FHI_BIT(ARABIC)) && (bits & FHI_BIT(DIGIT));
    const bool symbol = (U_GET_GC_MASK(point) & U_GC_S_MASK) != 0;
    if (foreign || several_scripts || arabic_digits || symbol) return FHI_CLASS_EXPANDS;
    if (!letters) return FHI_CLASS_DIGIT;
    if (letters & FHI_BIT(LATIN)) return FHI_CLASS_LATIN;
    return letters & FHI_BIT(ARABIC) ? FHI_CLASS_ARABIC : FHI_CLASS_LETTER;
}

fhi_class fhi_class_of(const fhi_classes *classes, int32_t code_point)
{
    const fhi_class named = class_by_name(code_point);
    if (named != FHI_CLASS_OTHER) return named;
    const fhi_class plain = class_by_property(code_point);
    if (FHI_BIT(MARK) >> plain & 1) return plain;
    UChar parts[DECOMPOSITION_UNITS_MAX];
    UErrorCode code = U_ZERO_ERROR;
    const int32_t count = unorm2_getDecomposition(classes->nfkc, code_point, parts, DECOMPOSITION_UNITS_MAX, &code);
    if (U_FAILURE(code) || count < 0) return plain;
    if (plain == FHI_CLASS_SPACE || plain == FHI_CLASS_IGNORED || plain == FHI_CLASS_DIGIT) return plain;
    return class_by_decomposition(code_point, parts, count, plain);
}

fh_status fhi_classes_init(fhi_classes *classes)
{
    UErrorCode code = U_ZERO_ERROR;
    *classes = (fhi_classes){0};
    classes->nfkc = unorm2_getNFKCInstance(&code);
    if (U_FAILURE(code)) return FH_E_INTERNAL;
    for (int32_t point = 0; point < FHI_CLASS_LOW; point++)
        classes->low[point] = (uint8_t)fhi_class_of(classes, point);
    for (int32_t point = FHI_CLASS_PUNCTUATION; point < FHI_CLASS_PUNCTUATION_END; point++)
        classes->punctuation[point - FHI_CLASS_PUNCTUATION] = (uint8_t)fhi_class_of(classes, point);
    return FH_OK;
}

unsigned fhi_class_at_slow(const fhi_classes *classes, const uint8_t *text, size_t at, size_t len, size_t *next)
{
    /* The cases that macros of ICU want: a signed index is avoided by handing over a window of one character. */
    const uint8_t *window = text + at;
    const size_t room = len - at < 4 ? len - at : 4;
    size_t used = 0;
    UChar32 point;
    U8_NEXT(window, used, room, point);
    *next = at + used;
    if (point < 0) return FHI_CLASS_INVALID;
    if (point >= FHI_CLASS_PUNCTUATION && point < FHI_CLASS_PUNCTUATION_END)
        return classes->punctuation[point - FHI_CLASS_PUNCTUATION];
    return fhi_class_of(classes, point);
}
