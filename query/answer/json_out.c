/* json_out.c - strings, whole numbers and scores as JSON. */
#include "query/answer/json_out.h"

#include <jansson.h>
#include <math.h>
#include <unicode/utf8.h>

enum { DIGITS_MAX = 20, SCORE_DIGITS = 9, SCORE_SCALE_MAX = 12 };

#define EACH(byte) (0x0101010101010101U * (byte))

/* ---- strings --------------------------------------------------------------------------------------------- */

static uint64_t is_zero(uint64_t bytes)
{
    return (bytes - EACH(0x01)) & ~bytes;
}

/* The high bit of each byte that does not stand for itself: a quote, a backslash, a control character, not ASCII. Of
 * several such bytes only the first is told for sure. */
static uint64_t special_bytes(uint64_t bytes)
{
    const uint64_t controls = (bytes - EACH(0x20)) & ~bytes;
    return (bytes | controls | is_zero(bytes ^ EACH('"')) | is_zero(bytes ^ EACH('\\'))) & EACH(0x80);
}

static bool is_special(uint8_t byte)
{
    return byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\';
}

/* The first special byte from `at` on. */
static size_t skip_plain(const uint8_t *text, size_t at, size_t len)
{
    for (; len - at >= 8; at += 8) {
        const uint64_t special = special_bytes(fhi_load64(text + at));
        if (special) return at + (size_t)__builtin_ctzll(special) / 8;
    }
    while (at < len && !is_special(text[at]))
        at++;
    return at;
}

/* Behind the character at `at`, which is not ASCII; `at` when it is damaged. */
static size_t skip_character(const uint8_t *text, size_t at, size_t len)
{
    if (text[at] >= 0xC2 && text[at] < 0xE0 && at + 1 < len && (text[at + 1] & 0xC0) == 0x80) return at + 2;
    size_t next = at;
    UChar32 point;
    U8_NEXT(text, next, len, point);
    return point < 0 ? at : next;
}

static void put_escape(fhi_buf *json, uint8_t byte)
{
    static const char letters[] = "\b\f\n\r\t\"\\", names[] = "bfnrt\"\\";
    const char *letter = byte ? strchr(letters, byte) : NULL;
    if (letter) {
        const char escape[] = {'\\', names[letter - letters]};
        fhi_buf_put(json, escape, sizeof escape);
    } else {
        fhi_buf_printf(json, "\\u%04X", byte);
    }
}

fh_status fhi_json_put_text(fhi_buf *json, fh_str text)
{
    const uint8_t *bytes = (const uint8_t *)text.ptr;
    size_t begin = 0; /* of what is to be copied as it is */
    if (!fhi_buf_reserve(json, text.len + 2)) return FH_E_NOMEM;
    fhi_buf_put8(json, '"');
    for (size_t at = 0; (at = skip_plain(bytes, at, text.len)) < text.len;) {
        if (bytes[at] >= 0x80) {
            const size_t next = skip_character(bytes, at, text.len);
            if (next == at) return FH_E_CORRUPT;
            at = next;
            continue;
        }
        fhi_buf_put(json, bytes + begin, at - begin);
        put_escape(json, bytes[at]);
        begin = ++at;
    }
    if (begin < text.len) fhi_buf_put(json, bytes + begin, text.len - begin);
    fhi_buf_put8(json, '"');
    return json->status;
}

/* ---- numbers --------------------------------------------------------------------------------------------- */

/* Decimal digits of a number, at least `least` of them, at the end of `to`; answers how many. */
static size_t digits_of(uint64_t number, size_t least, char to[DIGITS_MAX])
{
    size_t count = 0;
    for (; number || count < least; number /= 10)
        to[DIGITS_MAX - ++count] = (char)('0' + number % 10);
    return count;
}

void fhi_json_put_number(fhi_buf *json, uint64_t number)
{
    char digits[DIGITS_MAX];
    const size_t count = digits_of(number, 1, digits);
    fhi_buf_put(json, digits + DIGITS_MAX - count, count);
}

static int put_bytes(const char *bytes, size_t len, void *buf)
{
    fhi_buf_put(buf, bytes, len);
    return ((fhi_buf *)buf)->status == FH_OK ? 0 : -1;
}

static fh_status put_real(fhi_buf *json, double real)
{
    json_t *value = json_real(real);
    const int failed =
        !value || json_dump_callback(value, put_bytes, json, JSON_ENCODE_ANY | JSON_REAL_PRECISION(SCORE_DIGITS));
    json_decref(value);
    return failed ? FH_E_NOMEM : FH_OK;
}

/* Nine digits of a float times a power of ten up to 10^12 fit a double (24 bits, and 28 of 5^12), so that they are
 * rounded once, as printf does. */
fh_status fhi_json_put_score(fhi_buf *json, float score)
{
    static const double powers[SCORE_SCALE_MAX + 1] = {1e0, 1e1, 1e2, 1e3,  1e4,  1e5, 1e6,
                                                       1e7, 1e8, 1e9, 1e10, 1e11, 1e12};
    const double least = 1e8, value = (double)score;
    unsigned scale = 0;
    char digits[DIGITS_MAX];
    if (!(value >= 1e-4 && value < 1e9)) return put_real(json, value);
    while (value * powers[scale] < least)
        scale++;
    const uint64_t all = (uint64_t)rint(value * powers[scale]), unit = (uint64_t)powers[scale];
    fhi_json_put_number(json, all / unit);
    size_t count = digits_of(all % unit, scale, digits);
    const char *fraction = digits + DIGITS_MAX - count;
    while (count > 1 && fraction[count - 1] == '0')
        count--;
    fhi_buf_put8(json, '.');
    fhi_buf_put(json, count ? fraction : "0", count ? count : 1);
    return json->status;
}
