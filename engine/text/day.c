/* day.c - reading calendar days in the few spellings that feeds and queries use. */
#include "engine/text/day.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

enum { WRITTEN_BYTES_MAX = 256 }; /* of a text that names one day */

/* A place in the text; reading past the end gives NUL. */
typedef struct reader {
    const char *text;
    size_t len, at;
} reader;

static char peek(const reader *from)
{
    return from->at < from->len ? from->text[from->at] : '\0';
}

static bool accept(reader *from, char byte)
{
    if (from->at >= from->len || peek(from) != byte) return false;
    from->at++;
    return true;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static void skip_white(reader *from)
{
    while (from->at < from->len && strchr(" \t\r\n", peek(from)) && peek(from))
        from->at++;
}

/* Digits, at least `least` and at most `most`; answers how many, 0 when fewer. */
static unsigned digits(reader *from, unsigned least, unsigned most, uint32_t *value)
{
    unsigned count = 0;
    const size_t start = from->at;
    for (*value = 0; count < most && is_digit(peek(from)); count++, from->at++)
        *value = *value * 10 + (uint32_t)(peek(from) - '0');
    if (count >= least) return count;
    from->at = start;
    return 0;
}

static uint32_t month_days(uint32_t year, uint32_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

bool fhi_day_valid(uint32_t year, uint32_t month, uint32_t day)
{
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return false;
    return day <= month_days(year, month);
}

/* Zone: Z, +hh, +hhmm, +hh:mm, or letters such as GMT. It is checked for shape and not applied. */
static bool zone(reader *from)
{
    uint32_t ignored;
    if (accept(from, '+') || accept(from, '-')) {
        if (!digits(from, 2, 2, &ignored)) return false;
        const bool colon = accept(from, ':');
        return digits(from, 2, 2, &ignored) || !colon;
    }
    while ((peek(from) >= 'A' && peek(from) <= 'Z') || (peek(from) >= 'a' && peek(from) <= 'z'))
        from->at++;
    return true;
}

/* hh:mm, hh:mm:ss or, where `basic`, hhmm, hhmmss; fractions of a second, then a zone. */
static bool time_of_day(reader *from, bool basic, uint16_t *minute)
{
    uint32_t hours, minutes, seconds, ignored;
    const unsigned count = digits(from, 1, 2, &hours);
    const bool colon = accept(from, ':');
    if (count == 0 || !(colon || (basic && count == 2)) || !digits(from, 2, 2, &minutes)) return false;
    if (colon ? accept(from, ':') : is_digit(peek(from))) {
        if (!digits(from, 2, 2, &seconds) || seconds > 60) return false;
        if ((accept(from, '.') || accept(from, ',')) && !digits(from, 1, 9, &ignored)) return false;
    }
    if (hours > 23 || minutes > 59) return false;
    *minute = (uint16_t)(hours * 60 + minutes);
    skip_white(from);
    return zone(from);
}

/* YYYY[-MM[-DD[(T| )time]]] or YYYYMMDD[(T| )time] */
static bool iso(reader *from, uint32_t year, fhi_day *out)
{
    uint32_t month = 0, day = 0;
    if (is_digit(peek(from)) && (!digits(from, 2, 2, &month) || !digits(from, 2, 2, &day) || is_digit(peek(from)) ||
                                 !fhi_day_valid(year, month, day)))
        return false;
    if (!day && accept(from, '-') && (!digits(from, 2, 2, &month) || month < 1 || month > 12)) return false;
    if (!day && month && accept(from, '-') && (!digits(from, 2, 2, &day) || !fhi_day_valid(year, month, day)))
        return false;
    if (year == 0) return false;
    out->day = year * 10000 + month * 100 + day;
    if (!day) return true;
    if (accept(from, 'T') || accept(from, 't')) return time_of_day(from, true, &out->minute);
    const size_t end = from->at;
    skip_white(from);
    if (from->at > end && is_digit(peek(from))) return time_of_day(from, false, &out->minute);
    return true;
}

/* DD/MM/YYYY, the day already read */
static bool slashed(reader *from, uint32_t day, fhi_day *out)
{
    uint32_t month, year;
    if (!accept(from, '/') || !digits(from, 1, 2, &month) || !accept(from, '/') || !digits(from, 4, 4, &year))
        return false;
    out->day = year * 10000 + month * 100 + day;
    return fhi_day_valid(year, month, day);
}

static uint32_t english_month(reader *from)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    if (from->len - from->at < 3) return 0;
    for (uint32_t month = 0; month < 12; month++) {
        bool same = true;
        for (size_t i = 0; i < 3; i++)
            same = same && (from->text[from->at + i] | 0x20) == names[month * 3 + i];
        if (!same) continue;
        from->at += 3;
        return month + 1;
    }
    return 0;
}

/* RFC 822 and its sons: `10 Jun 2025[ time]`, the day already read */
static bool mail(reader *from, uint32_t day, fhi_day *out)
{
    uint32_t year;
    skip_white(from);
    const uint32_t month = english_month(from);
    skip_white(from);
    const unsigned year_digits = digits(from, 2, 4, &year);
    if (month == 0 || (year_digits != 2 && year_digits != 4)) return false;
    if (year_digits == 2) year += year < 70 ? 2000 : 1900;
    out->day = year * 10000 + month * 100 + day;
    if (!fhi_day_valid(year, month, day)) return false;
    skip_white(from);
    return !is_digit(peek(from)) || time_of_day(from, false, &out->minute);
}

/* `Tue,` in front of a mail date */
static void skip_weekday(reader *from)
{
    size_t at = from->at;
    while (at < from->len && ((from->text[at] | 0x20) >= 'a' && (from->text[at] | 0x20) <= 'z'))
        at++;
    if (at - from->at < 3 || at >= from->len || from->text[at] != ',') return;
    from->at = at + 1;
    skip_white(from);
}

fh_status fhi_day_parse(fh_str text, fhi_day *out, fh_err *err)
{
    reader from = {text.ptr, text.len, 0};
    uint32_t number;
    fhi_day found = {0, 0};
    *out = found;
    skip_white(&from);
    skip_weekday(&from);
    const unsigned count = digits(&from, 1, 4, &number);
    bool good = count != 0;
    if (count == 4)
        good = iso(&from, number, &found);
    else if (good && peek(&from) == '/')
        good = count <= 2 && slashed(&from, number, &found);
    else if (good)
        good = count <= 2 && mail(&from, number, &found);
    if (good) skip_white(&from);
    if (!good || from.at != from.len)
        return fhi_fail_at(err, FH_E_INVALID, NULL, from.at, "not a date: expected YYYY, YYYY-MM or YYYY-MM-DD");
    *out = found;
    return FH_OK;
}

/* ---- written out ----------------------------------------------------------------------------------------- */

/* `14:30:05 GMT+1`, `14h30`, `14 h` */
static bool written_time(reader *from, uint16_t *minute)
{
    reader clock = *from;
    uint32_t hours, minutes, ignored;
    if (time_of_day(&clock, false, minute)) {
        *from = clock;
        if (accept(from, '+') || accept(from, '-')) (void)digits(from, 1, 2, &ignored);
        return true;
    }
    if (!digits(from, 1, 2, &hours)) return false;
    skip_white(from);
    if (!accept(from, 'h') && !accept(from, 'H')) return false;
    skip_white(from);
    if (!digits(from, 2, 2, &minutes)) minutes = 0;
    *minute = (uint16_t)(hours * 60 + minutes);
    return hours <= 23 && minutes <= 59;
}

/* What stands behind a day: at most one time, and no other number. */
static bool written_rest(reader *from, uint16_t *minute)
{
    bool timed = false;
    while (from->at < from->len) {
        if (!is_digit(peek(from))) {
            from->at++;
            continue;
        }
        if (timed || !written_time(from, minute)) return false;
        timed = true;
    }
    return true;
}

/* Digits of any script as 0-9, other characters beyond ASCII as a space each. */
static size_t plain_text(fh_str text, char plain[WRITTEN_BYTES_MAX])
{
    const uint8_t *bytes = (const uint8_t *)text.ptr;
    size_t len = 0;
    for (size_t at = 0; at < text.len && len < WRITTEN_BYTES_MAX;) {
        UChar32 c;
        U8_NEXT(bytes, at, text.len, c);
        const int32_t digit = c < 0 ? -1 : u_charDigitValue(c);
        plain[len++] = digit >= 0 ? (char)('0' + digit) : c > 0 && c < 0x80 ? (char)c : ' ';
    }
    return len;
}

/* The one date among the tokens of a text, NULL where there is none, several, or a number in front. */
static const fh_token *only_date(const fh_token *tokens, size_t count)
{
    const fh_token *date = NULL;
    for (size_t i = 0; i < count; i++) {
        if (tokens[i].word->kind != FH_TOKEN_DATE) continue;
        if (date) return NULL;
        date = &tokens[i];
    }
    for (size_t i = 0; date && i < count; i++)
        if (tokens[i].word->kind == FH_TOKEN_NUMBER && tokens[i].begin < date->begin) return NULL;
    return date;
}

fh_status fhi_day_written(fh_analyzer *press, fh_str text, fhi_day *out, fh_err *err)
{
    const fh_token *tokens;
    size_t count;
    char plain[WRITTEN_BYTES_MAX];
    *out = (fhi_day){0, 0};
    if (text.len > WRITTEN_BYTES_MAX) return fhi_fail(err, FH_E_INVALID, "too long for a date");
    FH_TRY(fh_analyzer_run(press, text, &tokens, &count, err));
    const fh_token *date = only_date(tokens, count);
    if (!date) return fhi_fail(err, FH_E_INVALID, "not one day");
    fhi_day found = {0, 0};
    for (size_t i = 0; i < date->word->stem.len; i++)
        found.day = found.day * 10 + (uint32_t)(date->word->stem.ptr[i] - '0');
    reader rest = {plain, plain_text((fh_str){text.ptr + date->end, text.len - date->end}, plain), 0};
    if (!written_rest(&rest, &found.minute)) return fhi_fail(err, FH_E_INVALID, "a number behind the day");
    *out = found;
    return FH_OK;
}

/* ---- spans ----------------------------------------------------------------------------------------------- */

uint32_t fhi_day_first(uint32_t day)
{
    return day;
}

uint32_t fhi_day_last(uint32_t day)
{
    const uint32_t year = day / 10000, month = day / 100 % 100;
    if (month == 0) return year * 10000 + 1231;
    if (day % 100 != 0) return day;
    return month <= 12 ? day + month_days(year, month) : day;
}
