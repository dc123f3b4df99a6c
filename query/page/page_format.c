/* page_format.c - numbers, counts and dates as the language of the page writes them, by ICU.
 *
 * Morocco writes Arabic with the digits 0 to 9 and has its own names of months: the Arabic of the page is ar-MA.
 */
#include "query/page/page_impl.h"

#include <unicode/ucal.h>
#include <unicode/unum.h>
#include <unicode/ustring.h>

static const char *const locales[FHI_PAGE_LANGS] = {"en", "fr", "ar-MA"};

enum { PATTERN_UNITS = 512, TEXT_UNITS = 128, TEXT_BYTES = 3 * TEXT_UNITS };

void fhi_page_formats_fini(fhi_page_formats *formats)
{
    if (formats->counts) umsg_close(formats->counts);
    if (formats->numbers) unum_close(formats->numbers);
    if (formats->decimals) unum_close(formats->decimals);
    for (int i = 0; i < 3; i++)
        if (formats->dates[i]) udat_close(formats->dates[i]);
}

static fh_str keep(fhi_page_work *work, const UChar *text, int32_t len, UErrorCode code)
{
    char bytes[TEXT_BYTES];
    int32_t byte_count = 0;
    (void)u_strToUTF8(bytes, sizeof bytes, &byte_count, text, len, &code);
    fh_str kept = FH_STR("");
    if (U_SUCCESS(code)) kept = fhi_arena_copy(&work->page->arena, (fh_str){bytes, (size_t)byte_count});
    if (kept.ptr) return kept;
    work->html.status = FH_E_NOMEM;
    return FH_STR("");
}

fh_str fhi_page_number(fhi_page_work *work, uint64_t number)
{
    UErrorCode code = U_ZERO_ERROR;
    UChar text[TEXT_UNITS];
    fhi_page_formats *formats = &work->page->formats[work->lang];
    if (!formats->numbers) formats->numbers = unum_open(UNUM_DECIMAL, NULL, 0, locales[work->lang], NULL, &code);
    if (U_FAILURE(code)) formats->numbers = NULL;
    const int32_t len = unum_formatInt64(formats->numbers, (int64_t)number, text, TEXT_UNITS, NULL, &code);
    return keep(work, text, len, code);
}

fh_str fhi_page_decimal(fhi_page_work *work, double number, int digits)
{
    UErrorCode code = U_ZERO_ERROR;
    UChar text[TEXT_UNITS];
    fhi_page_formats *formats = &work->page->formats[work->lang];
    if (!formats->decimals) formats->decimals = unum_open(UNUM_DECIMAL, NULL, 0, locales[work->lang], NULL, &code);
    if (U_FAILURE(code)) formats->decimals = NULL;
    if (!formats->decimals) return keep(work, text, 0, U_FAILURE(code) ? code : U_MEMORY_ALLOCATION_ERROR);
    unum_setAttribute(formats->decimals, UNUM_FRACTION_DIGITS, digits);
    const int32_t len = unum_formatDouble(formats->decimals, number, text, TEXT_UNITS, NULL, &code);
    return keep(work, text, len, code);
}

static UMessageFormat *open_counts(fhi_page_work *work, UErrorCode *code)
{
    UChar pattern[PATTERN_UNITS];
    int32_t len = 0;
    const fh_str text = fhi_page_say(work, FHI_SAY_COUNTS);
    (void)u_strFromUTF8(pattern, PATTERN_UNITS, &len, text.ptr, (int32_t)text.len, code);
    UMessageFormat *format = umsg_open(pattern, len, locales[work->lang], NULL, code);
    return U_SUCCESS(*code) ? format : NULL;
}

fh_str fhi_page_count(fhi_page_work *work, uint64_t number)
{
    UErrorCode code = U_ZERO_ERROR;
    UChar text[TEXT_UNITS];
    fhi_page_formats *formats = &work->page->formats[work->lang];
    if (!formats->counts) formats->counts = open_counts(work, &code);
    if (!formats->counts) return keep(work, text, 0, U_FAILURE(code) ? code : U_MEMORY_ALLOCATION_ERROR);
    const int32_t len = umsg_format(formats->counts, text, TEXT_UNITS, &code, (double)number);
    return keep(work, text, len, code);
}

/* ---- dates ----------------------------------------------------------------------------------------------- */

/* `count` digits from `at` on; -1 where there are not as many. */
static int32_t digits(fh_str text, size_t at, size_t count)
{
    int32_t number = 0;
    if (text.len < at + count) return -1;
    for (size_t i = at; i < at + count; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return -1;
        number = number * 10 + (text.ptr[i] - '0');
    }
    return number;
}

/* Parts of a date that are there: 1 to 3 of year, month and day; 0: it is no ISO date. */
static int iso_parts(fh_str date, int32_t parts[3])
{
    parts[0] = digits(date, 0, 4);
    parts[1] = parts[2] = 1;
    if (parts[0] < 1) return 0;
    if (date.len == 4) return 1;
    parts[1] = date.ptr[4] == '-' ? digits(date, 5, 2) : -1;
    if (parts[1] < 1 || parts[1] > 12) return 0;
    if (date.len == 7) return 2;
    parts[2] = date.ptr[7] == '-' ? digits(date, 8, 2) : -1;
    if (parts[2] < 1 || parts[2] > 31) return 0;
    return date.len == 10 || date.ptr[10] == 'T' || date.ptr[10] == ' ' ? 3 : 0;
}

/* The calendar that dates are formatted with is that of ISO 8601, without a time zone. */
static UDateFormat *open_dates(const fhi_page_work *work, int parts, UErrorCode *code)
{
    static const UChar *const patterns[] = {u"y", u"MMMM y", u"d MMMM y"};
    static const UChar zone[] = u"UTC";
    UDateFormat *format =
        udat_open(UDAT_PATTERN, UDAT_PATTERN, locales[work->lang], zone, -1, patterns[parts - 1], -1, code);
    return U_SUCCESS(*code) ? format : NULL;
}

static UDate noon_of(const int32_t parts[3], UErrorCode *code)
{
    static const UChar zone[] = u"UTC";
    UCalendar *calendar = ucal_open(zone, -1, "en", UCAL_GREGORIAN, code);
    ucal_clear(calendar);
    ucal_setDateTime(calendar, parts[0], parts[1] - 1, parts[2], 12, 0, 0, code);
    const UDate date = ucal_getMillis(calendar, code);
    if (calendar) ucal_close(calendar);
    return date;
}

fh_str fhi_page_date(fhi_page_work *work, fh_str date, fh_str *iso)
{
    static const size_t iso_bytes[] = {0, 4, 7, 10};
    UErrorCode code = U_ZERO_ERROR;
    UChar text[TEXT_UNITS];
    int32_t parts[3];
    const int count = iso_parts(date, parts);
    *iso = (fh_str){date.ptr, iso_bytes[count]};
    if (count == 0) return date;
    UDateFormat **format = &work->page->formats[work->lang].dates[count - 1];
    if (!*format) *format = open_dates(work, count, &code);
    const UDate when = *format ? noon_of(parts, &code) : 0;
    if (!*format || U_FAILURE(code)) return date;
    const int32_t len = udat_format(*format, when, text, TEXT_UNITS, NULL, &code);
    return keep(work, text, len, code);
}
