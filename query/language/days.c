/* days.c - the value of `date:`: a day, a month, a year, or a range of them with either end open. */
#include "query/language/lex.h"
#include "query/language/syntax.h"

#include "engine/text/day.h"

#include <unicode/uchar.h>

enum { DAY_MAX = 99991231, DAY_TEXT_MAX = 10 };

/* One end. Only YYYY, YYYY-MM, YYYY-MM-DD and DD/MM/YYYY in digits of any script: no time of day here. */
static bool read_day(fh_str text, uint32_t *day)
{
    char plain[DAY_TEXT_MAX];
    size_t len = 0;
    for (size_t at = 0, bytes = 0; at < text.len; at += bytes) {
        const UChar32 c = fhi_lex_char(text, at, &bytes);
        const int32_t digit = u_charDigitValue(c);
        if (fhi_lex_is_mark(c)) continue; /* right-to-left text puts them between numbers */
        if (len == DAY_TEXT_MAX || (digit < 0 && c != '-' && c != '/')) return false;
        plain[len++] = (char)(digit >= 0 ? '0' + digit : c);
    }
    fhi_day parsed;
    if (fhi_day_parse((fh_str){plain, len}, &parsed, NULL) != FH_OK || parsed.day < 10000) return false;
    *day = parsed.day;
    return true;
}

fh_status fhi_parse_days(fh_str value, uint32_t offset, uint32_t *day_first, uint32_t *day_last, fhi_query_error *error)
{
    const char *dots = value.len >= 2 ? memmem(value.ptr, value.len, "..", 2) : NULL;
    const size_t first_len = dots ? (size_t)(dots - value.ptr) : value.len;
    const fh_str first = {value.ptr, first_len};
    const fh_str last = dots ? (fh_str){dots + 2, value.len - first_len - 2} : first;
    uint32_t from = 1, to = DAY_MAX; /* 0 is the day of articles without a date */
    *day_first = *day_last = 0;
    if (first.len == 0 && last.len == 0) return fhi_query_fail(error, FHI_QUERY_BAD_DATE, offset, value);
    if (first.len && !read_day(first, &from)) return fhi_query_fail(error, FHI_QUERY_BAD_DATE, offset, first);
    if (last.len && !read_day(last, &to))
        return fhi_query_fail(error, FHI_QUERY_BAD_DATE, offset + (size_t)(last.ptr - value.ptr), last);
    if (first.len)
        *day_first = fhi_day_first(from);
    else
        *day_first = from;
    *day_last = fhi_day_last(to);
    if (*day_first > *day_last) return fhi_query_fail(error, FHI_QUERY_RANGE_BACKWARDS, offset, value);
    return FH_OK;
}
