/* dates.c - written-out dates: a day, the name of a month, a year; and the token of any date.
 *
 * The names of months come from ICU: French, and Arabic as each country says it (نونبر, نوفمبر, تشرين الثاني). They
 * are kept as sequences of word numbers; a word knows its number since it was made, so that looking back from a
 * year costs next to nothing.
 */
#include "engine/text/day.h"
#include "engine/text/text.h"

#include <unicode/ures.h>
#include <unicode/ustring.h>

#include <stdio.h>

enum { GAP_BYTES_MAX = 8, NAME_BYTES_MAX = 128, MONTHS = 12, MONTH_WORDS = 250 };

/* Locales with names of their own; the rest repeat one of them. */
static const char *const locales[] = {"fr",    "ar",    "ar_MA", "ar_DZ", "ar_TN", "ar_MR", "ar_EG",
                                      "ar_LB", "ar_IQ", "ar_SY", "ar_SA", "ar_LY", "ar_SD"};
enum { LOCALE_COUNT = sizeof locales / sizeof locales[0] };

/* ---- names ----------------------------------------------------------------------------------------------- */

static fh_status word_number(fhi_months *months, const fhi_folder *folder, fh_str word, bool arabic, uint8_t *number)
{
    fhi_term folded;
    FH_TRY((arabic ? fhi_fold_word_arabic : fhi_fold_word_latin)(folder, word, &folded));
    const fh_str key = fhi_term_str(&folded);
    FH_TRY(fhi_wordmap_put(&months->words, folder->arena, key, (fh_str){NULL, 0}, months->words.count + 1));
    *number = (uint8_t)fhi_wordmap_get(&months->words, key)->number;
    return FH_OK;
}

static fh_status add_name(fhi_months *months, const fhi_folder *folder, const char *text, bool arabic, uint8_t month)
{
    fhi_month_name name = {.month = month};
    uint32_t count = 0;
    for (fh_str word = fhi_line_word(&text); word.len; word = fhi_line_word(&text)) {
        if (count == FHI_MONTH_WORDS_MAX) return FH_OK; /* no known calendar has such a name */
        FH_TRY(word_number(months, folder, word, arabic, &name.words[count++]));
    }
    for (uint32_t i = 0; i < months->name_count; i++)
        if (memcmp(&months->names[i], &name, sizeof name) == 0) return FH_OK;
    if (count && months->name_count < FHI_MONTH_NAMES_MAX) months->names[months->name_count++] = name;
    return FH_OK;
}

/* One list of twelve names, "wide" or "abbreviated"; a locale that has none inherits names already here. */
static fh_status add_names(fhi_months *months, const fhi_folder *folder, const char *locale, const char *width)
{
    const char *const path[] = {"calendar", "gregorian", "monthNames", "format", width};
    const bool arabic = locale[0] == 'a';
    fh_status status = FH_OK;
    UErrorCode code = U_ZERO_ERROR;
    UResourceBundle *bundle = ures_open(NULL, locale, &code);
    for (size_t i = 0; i < sizeof path / sizeof path[0]; i++)
        bundle = ures_getByKey(bundle, path[i], bundle, &code);
    for (int32_t month = 0; month < MONTHS && U_SUCCESS(code) && status == FH_OK; month++) {
        char name[NAME_BYTES_MAX] = "";
        int32_t len = 0;
        const UChar *units = ures_getStringByIndex(bundle, month, &len, &code);
        if (U_FAILURE(code)) break;
        u_strToUTF8(name, NAME_BYTES_MAX, NULL, units, len, &code);
        if (U_SUCCESS(code)) status = add_name(months, folder, name, arabic, (uint8_t)(month + 1));
    }
    ures_close(bundle);
    return status;
}

fh_status fhi_months_init(fhi_months *months, const fhi_folder *folder)
{
    *months = (fhi_months){0};
    FH_TRY(fhi_wordmap_init(&months->words, folder->arena, MONTH_WORDS));
    for (int i = 0; i < LOCALE_COUNT; i++)
        FH_TRY(add_names(months, folder, locales[i], "wide"));
    FH_TRY(add_names(months, folder, "fr", "abbreviated"));
    return months->name_count ? FH_OK : FH_E_INTERNAL; /* ICU without its data */
}

/* ---- looking back from a year ---------------------------------------------------------------------------- */

static const fhi_entry *entry_of(const fh_token *token)
{
    return (const fhi_entry *)(const void *)token->word;
}

/* Only white space and the given bytes lie between two tokens, and at least one of either. */
static bool gap_is(const fhi_scan *scan, const fh_token *before, const fh_token *after, const char *extra)
{
    if (after->begin <= before->end || after->begin - before->end > GAP_BYTES_MAX) return false;
    for (size_t at = before->end, next; at < after->begin; at = next) {
        const uint8_t byte = scan->text[at];
        const unsigned kind = fhi_scan_class(scan, at, &next);
        if (!(FHI_BITS_WHITE >> kind & 1) && !(byte && byte < 0x80 && strchr(extra, byte))) return false;
    }
    return true;
}

/* Month whose name ends at tokens[*index]; *index moves to its first word. 0: none. */
static uint8_t month_ending_at(const fhi_scan *scan, size_t *index)
{
    const fh_token *tokens = scan->analyzer->tokens;
    const fhi_months *months = &scan->analyzer->months;
    const uint8_t last = entry_of(&tokens[*index])->month_word;
    const bool pair = *index > 0 && gap_is(scan, &tokens[*index - 1], &tokens[*index], "");
    const uint8_t first = pair ? entry_of(&tokens[*index - 1])->month_word : 0;
    uint8_t month = 0;
    if (last == 0) return 0;
    for (uint32_t i = 0; i < months->name_count; i++) {
        const fhi_month_name *name = &months->names[i];
        if (first && name->words[0] == first && name->words[1] == last) {
            --*index;
            return name->month;
        }
        if (name->words[0] == last && name->words[1] == 0) month = name->month;
    }
    return month;
}

/* `20 تشرين الثاني/نوفمبر 2025` names its month twice. */
static void skip_second_name(const fhi_scan *scan, uint8_t month, size_t *index)
{
    const fh_token *tokens = scan->analyzer->tokens;
    if (*index == 0 || !gap_is(scan, &tokens[*index - 1], &tokens[*index], "/")) return;
    size_t earlier = *index - 1;
    if (month_ending_at(scan, &earlier) == month) *index = earlier;
}

/* `20 من نونبر 2025` */
static void skip_of(const fhi_scan *scan, size_t *index)
{
    const fh_token *tokens = scan->analyzer->tokens;
    if (*index == 0 || !gap_is(scan, &tokens[*index - 1], &tokens[*index], "")) return;
    if (fhi_str_equal(tokens[*index - 1].word->fold, FH_STR("من"))) --*index;
}

fh_status fhi_scan_written_date(fhi_scan *scan)
{
    const fh_token *tokens = scan->analyzer->tokens;
    const size_t year_index = scan->analyzer->token_count - 1;
    if (year_index < 2 || !entry_of(&tokens[year_index - 1])->month_word) return FH_OK;
    if (!gap_is(scan, &tokens[year_index - 1], &tokens[year_index], ".,")) return FH_OK;
    size_t index = year_index - 1;
    const uint8_t month = month_ending_at(scan, &index);
    if (month == 0) return FH_OK;
    skip_second_name(scan, month, &index);
    skip_of(scan, &index);
    if (index == 0 || !gap_is(scan, &tokens[index - 1], &tokens[index], "")) return FH_OK;
    const fh_token day = tokens[index - 1];
    const uint32_t number = entry_of(&day)->small, year = entry_of(&tokens[year_index])->small;
    if (day.word->kind != FH_TOKEN_NUMBER || entry_of(&day)->digits > 2) return FH_OK;
    if (!fhi_day_valid(year, month, number)) return FH_OK;
    return fhi_scan_date_token(scan, index, year * 10000 + month * 100u + number, day.position, day.begin,
                               tokens[year_index].end);
}

fh_status fhi_scan_date_token(fhi_scan *scan, size_t index, uint32_t day, uint32_t position, size_t begin, size_t end)
{
    char text[16] = "";
    const fhi_entry *entry;
    const int len = snprintf(text, sizeof text, "%08u", (unsigned)day);
    FH_TRY(fhi_scan_lookup(scan->analyzer, (fh_str){text, (size_t)len}, sizeof text, FH_TOKEN_DATE, FH_SCRIPT_OTHER,
                           &entry));
    const fh_token token = {&entry->word, position, (uint32_t)begin, (uint32_t)end};
    return fhi_scan_insert(scan, index, token);
}
