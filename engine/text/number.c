/* number.c - numbers as the press writes them: groups of three, decimal commas, Arabic digits, numeric dates.
 *
 * A number is a head of one to three digits and groups of exactly three with one separator between (space, dot,
 * Arabic thousands sign; commas when there are several), then perhaps a decimal part. 1 300 000 and 1.300.000 become
 * 1300000; 1,3 and ٣٫٥ become 1.3 and 3.5. What merely stands side by side (2025 300) stays apart.
 */
#include "engine/text/day.h"
#include "engine/text/text.h"

enum { SLACK_BYTES = 8, GROUP_DIGITS = 3, HEAD_DIGITS_MAX = 3, YEAR_DIGITS = 4 };

#define BITS_SEPARATOR                                                                                                 \
    (FHI_BIT(SPACE) | FHI_BIT(DOT) | FHI_BIT(COMMA) | FHI_BIT(GROUP) | FHI_BIT(SLASH) | FHI_BIT(HYPHEN))
#define BITS_GROUPING (FHI_BIT(SPACE) | FHI_BIT(DOT) | FHI_BIT(COMMA) | FHI_BIT(GROUP))
#define BITS_DATE (FHI_BIT(DOT) | FHI_BIT(SLASH) | FHI_BIT(HYPHEN))

/* Digits as 0-9, and where the number ends in the text. */
typedef struct numeral {
    char text[FH_TERM_BYTES_MAX + SLACK_BYTES]; /* readable beyond its end, as the cache's hash likes it */
    size_t len;                                 /* <= FH_TERM_BYTES_MAX; further digits are dropped */
    size_t begin, end, next;
} numeral;

static void put(numeral *number, char byte)
{
    if (number->len < FH_TERM_BYTES_MAX) number->text[number->len++] = byte;
}

/* Appends the digits of a piece and moves the end behind it. */
static fh_status append_piece(const fhi_scan *scan, const fhi_piece *piece, numeral *number)
{
    bool ascii = true;
    for (size_t at = piece->begin; at < piece->end && ascii; at++)
        ascii = scan->text[at] < 0x80;
    number->end = piece->end;
    number->next = piece->next;
    if (ascii) {
        for (size_t at = piece->begin; at < piece->end; at++)
            put(number, (char)scan->text[at]);
        return FH_OK;
    }
    fhi_units units;
    const fh_analyzer *analyzer = scan->analyzer;
    const fh_str raw = {(const char *)scan->text + piece->begin, piece->end - piece->begin};
    FH_TRY(fhi_normalize(&analyzer->normalizer, &analyzer->classes, raw, false, &units));
    for (int32_t i = 0; i < units.len; i++)
        if (units.text[i] >= '0' && units.text[i] <= '9') put(number, (char)units.text[i]);
    return FH_OK;
}

static fh_status read_numeral(const fhi_scan *scan, const fhi_piece *piece, numeral *number)
{
    memset(number, 0, sizeof *number);
    number->begin = piece->begin;
    return append_piece(scan, piece, number);
}

/* The piece of digits behind one separator of the given classes at `at`. */
static bool digits_behind(const fhi_scan *scan, size_t at, uint32_t separators, fhi_piece *piece, unsigned *separator)
{
    size_t next, unused;
    *separator = fhi_scan_class(scan, at, &next);
    if (!(separators >> *separator & 1) || fhi_scan_class(scan, next, &unused) != FHI_CLASS_DIGIT) return false;
    fhi_piece_at(scan, next, piece);
    return fhi_bits_digits_only(piece->bits);
}

static fh_status emit_number(fhi_scan *scan, const numeral *number)
{
    const fhi_entry *entry;
    FH_TRY(fhi_scan_lookup(scan->analyzer, (fh_str){number->text, number->len}, sizeof number->text, FH_TOKEN_NUMBER,
                           FH_SCRIPT_OTHER, &entry));
    FH_TRY(fhi_scan_emit(scan, entry, number->begin, number->end));
    scan->at = number->next;
    if (scan->pinned) return FH_OK;
    scan->position++;
    return entry->digits == YEAR_DIGITS ? fhi_scan_written_date(scan) : FH_OK;
}

/* ---- numeric dates --------------------------------------------------------------------------------------- */

static uint32_t value_of(const numeral *number)
{
    uint32_t value = 0;
    for (size_t i = 0; i < number->len && i < YEAR_DIGITS; i++)
        value = value * 10 + (uint32_t)(number->text[i] - '0');
    return value;
}

/* 20/11/2025 or 2025-11-20 as YYYYMMDD, 0 when it is no day. */
static uint32_t day_of(const numeral parts[3])
{
    const bool year_first = parts[0].len == YEAR_DIGITS;
    const numeral *year = &parts[year_first ? 0 : 2], *day = &parts[year_first ? 2 : 0];
    if (year->len != YEAR_DIGITS || parts[1].len > 2 || day->len > 2) return 0;
    const uint32_t y = value_of(year), m = value_of(&parts[1]), d = value_of(day);
    return fhi_day_valid(y, m, d) ? y * 10000 + m * 100 + d : 0;
}

/* Three numbers with the same separator between that make a calendar day: their tokens, and the date's. */
static fh_status try_date(fhi_scan *scan, const fhi_piece *piece, bool *found)
{
    numeral parts[3];
    fhi_piece following = *piece;
    unsigned separator = 0, again;
    *found = false;
    FH_TRY(read_numeral(scan, piece, &parts[0]));
    for (int i = 1; i < 3; i++) {
        const uint32_t wanted = i == 1 ? BITS_DATE : 1u << separator;
        if (!digits_behind(scan, following.next, wanted, &following, &separator)) return FH_OK;
        FH_TRY(read_numeral(scan, &following, &parts[i]));
    }
    const uint32_t day = day_of(parts);
    if (day == 0 || digits_behind(scan, parts[2].next, 1u << separator, &following, &again)) return FH_OK;
    const size_t index = scan->analyzer->token_count + 1;
    const uint32_t position = scan->position;
    for (int i = 0; i < 3; i++)
        FH_TRY(emit_number(scan, &parts[i]));
    *found = true;
    return fhi_scan_date_token(scan, index, day, position, parts[0].begin, parts[2].end);
}

/* ---- groups and decimals --------------------------------------------------------------------------------- */

/* Takes groups of three behind the head; *used is the bit of their separator's class, 0 when there is none. */
static fh_status take_groups(const fhi_scan *scan, numeral *number, uint32_t *used)
{
    numeral whole = *number;
    fhi_piece group;
    unsigned groups = 0, separator, again;
    uint32_t wanted = BITS_GROUPING;
    *used = 0;
    if (number->len > HEAD_DIGITS_MAX || number->text[0] == '0') return FH_OK;
    while (whole.len + GROUP_DIGITS <= FH_TERM_BYTES_MAX &&
           digits_behind(scan, whole.next, wanted, &group, &separator)) {
        numeral digits;
        FH_TRY(read_numeral(scan, &group, &digits));
        if (digits.len != GROUP_DIGITS) break;
        FH_TRY(append_piece(scan, &group, &whole));
        wanted = 1u << separator;
        groups++;
    }
    if (groups == 0 || (wanted == FHI_BIT(COMMA) && groups == 1)) return FH_OK;
    /* 192.168.1.1 is not a number; after spaces the next number may follow */
    if (wanted != FHI_BIT(SPACE) && digits_behind(scan, whole.next, wanted, &group, &again)) return FH_OK;
    *number = whole;
    *used = wanted;
    return FH_OK;
}

static fh_status take_decimals(const fhi_scan *scan, numeral *number, uint32_t grouped_by)
{
    fhi_piece decimals;
    unsigned separator;
    const uint32_t wanted = (FHI_BIT(COMMA) | FHI_BIT(DOT)) & ~grouped_by;
    if (!digits_behind(scan, number->next, wanted, &decimals, &separator)) return FH_OK;
    put(number, '.');
    return append_piece(scan, &decimals, number);
}

fh_status fhi_scan_number(fhi_scan *scan, const fhi_piece *piece)
{
    numeral number;
    size_t next;
    const unsigned after = fhi_scan_class(scan, piece->next, &next);
    if ((BITS_DATE >> after & 1) && !scan->pinned) {
        bool found;
        FH_TRY(try_date(scan, piece, &found));
        if (found) return FH_OK;
    }
    FH_TRY(read_numeral(scan, piece, &number));
    if (BITS_SEPARATOR >> after & 1) {
        uint32_t grouped_by;
        FH_TRY(take_groups(scan, &number, &grouped_by));
        FH_TRY(take_decimals(scan, &number, grouped_by));
    }
    return emit_number(scan, &number);
}
