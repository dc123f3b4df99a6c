/* lex.c - query text to lexemes.
 *
 * White space separates. ( ) | and quotes end a word wherever they stand; + - = only mean something in front of
 * a word, * ^ ~ only behind one (and nowhere else: an error names the place). `name:` made of ASCII letters and
 * followed at once by something is a field; `http://...` is a word up to the next white space. Everything else
 * belongs to words, and what holds no letter or digit is skipped. Invisible marks (of direction, joining, hyphenation)
 * come with pasted Arabic: they hide no sign, field or operator beside them.
 */
#include "query/language/lex.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

typedef struct lexer {
    fh_str text;
    size_t at;       /* byte of the next lexeme */
    bool any_word;   /* see fhi_parse_options */
    fhi_lexeme *out; /* in the arena; room for one lexeme a byte, and the end */
    uint32_t count;
    fhi_query_error *error;
} lexer;

static const struct {
    const char *name;
    fhi_syntax_field field;
} fields[] = {
    {"title", FHI_IN_TITLE},   {"source", FHI_IN_SOURCE}, {"section", FHI_IN_SECTION}, {"region", FHI_IN_REGION},
    {"author", FHI_IN_AUTHOR}, {"lang", FHI_IN_LANG},     {"date", FHI_IN_DATE},
};

static const struct {
    const char *word;
    fhi_lexeme_kind kind;
} operators[] = {
    {"AND", FHI_LEX_AND}, {"ET", FHI_LEX_AND},  {"OR", FHI_LEX_OR},
    {"OU", FHI_LEX_OR},   {"NOT", FHI_LEX_NOT}, {"SAUF", FHI_LEX_NOT},
};

int32_t fhi_lex_char(fh_str text, size_t at, size_t *bytes)
{
    const uint8_t *data = (const uint8_t *)text.ptr;
    int32_t i = (int32_t)at;
    UChar32 c;
    U8_NEXT(data, i, (int32_t)text.len, c);
    *bytes = (size_t)i - at;
    return c;
}

bool fhi_lex_has_word(fh_str text)
{
    for (size_t at = 0, bytes = 0; at < text.len; at += bytes) {
        const UChar32 c = fhi_lex_char(text, at, &bytes);
        if (c >= 0 && (u_isalnum(c) || u_charType(c) == U_OTHER_NUMBER || c == 0xFDFA)) return true;
    }
    return false;
}

/* The character at `at`, or 0 at the end (the text holds no NUL). */
static UChar32 char_at(const lexer *lex, size_t at)
{
    size_t bytes;
    return at < lex->text.len ? fhi_lex_char(lex->text, at, &bytes) : 0;
}

static bool is_space(UChar32 c)
{
    return c < 0x20 || c == 0x7F || u_isUWhiteSpace(c);
}

bool fhi_lex_is_space(fh_str text, size_t at, size_t *end)
{
    size_t bytes;
    const bool space = is_space(fhi_lex_char(text, at, &bytes));
    *end = at + bytes;
    return space;
}

bool fhi_lex_is_mark(int32_t c)
{
    return c > 0x7F && u_charType(c) == U_FORMAT_CHAR && u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

/* Past the invisible marks at `at`. To the analyzer `words` they are bytes like others. */
static size_t skip_marks(const lexer *lex, size_t at)
{
    size_t bytes;
    while (!lex->any_word && at < lex->text.len && fhi_lex_is_mark(fhi_lex_char(lex->text, at, &bytes)))
        at += bytes;
    return at;
}

/* All that may open a quotation; » only to say that it closes nothing. */
static bool is_quote(UChar32 c)
{
    return c == '"' || c == 0x201C || c == 0x201D || c == 0x201E || c == 0x201F || c == 0xAB || c == 0xBB;
}

/* Keyboards and word processors pair quotes in all ways: any of ” “ ‟ closes a curly one. Only » closes «. */
static bool closes_quote(UChar32 open, UChar32 c)
{
    if (open == '"') return c == '"';
    if (open == 0xAB) return c == 0xBB;
    return c >= 0x201C && c <= 0x201F && c != 0x201E;
}

/* ” closes " and the other way round: what is pasted in part is typed in part. */
static bool closes_other_style(UChar32 open, UChar32 c)
{
    if (open == '"') return c == 0x201D;
    return open != 0xAB && c == '"';
}

static bool ends_word(UChar32 c)
{
    return is_space(c) || c == '(' || c == ')' || c == '|' || is_quote(c);
}

static bool is_ascii_letter(UChar32 c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static fh_str slice(const lexer *lex, size_t begin, size_t end)
{
    return (fh_str){lex->text.ptr + begin, end - begin};
}

static fh_status fail(lexer *lex, fhi_query_code code, size_t begin, size_t end)
{
    return fhi_query_fail(lex->error, code, begin, slice(lex, begin, end));
}

static fhi_lexeme *put(lexer *lex, fhi_lexeme_kind kind, size_t begin, size_t end)
{
    fhi_lexeme *lexeme = &lex->out[lex->count++];
    *lexeme = (fhi_lexeme){.kind = kind, .near = FHI_NEAR_NONE, .begin = (uint32_t)begin, .end = (uint32_t)end};
    return lexeme;
}

/* ---- words ----------------------------------------------------------------------------------------------- */

/* Length of `scheme://` at `at`, or 0. */
static size_t scheme_bytes(const lexer *lex, size_t at)
{
    size_t end = at;
    while (end < lex->text.len && (is_ascii_letter(lex->text.ptr[end]) ||
                                   (end > at && lex->text.ptr[end] > 0 && strchr("0123456789+.-", lex->text.ptr[end]))))
        end++;
    if (end == at || lex->text.len - end < 3 || memcmp(lex->text.ptr + end, "://", 3) != 0) return 0;
    return end + 3 - at;
}

/* An address runs to white space, a quote, a bar or a parenthesis that it did not open itself. */
static size_t address_end(const lexer *lex, size_t at)
{
    int open_count = 0;
    size_t bytes = 0;
    for (; at < lex->text.len; at += bytes) {
        const UChar32 c = fhi_lex_char(lex->text, at, &bytes);
        if (is_space(c) || is_quote(c) || c == '|') break;
        if (c == '(') open_count++;
        if (c == ')' && open_count-- == 0) break;
    }
    return at;
}

/* End of the word at `at`: also before * ^ ~. */
static size_t word_end(const lexer *lex, size_t at)
{
    if (scheme_bytes(lex, at)) return address_end(lex, at);
    size_t bytes = 0;
    for (; at < lex->text.len; at += bytes) {
        const UChar32 c = fhi_lex_char(lex->text, at, &bytes);
        if (ends_word(c) || c == '*' || c == '^' || c == '~') break;
    }
    return at;
}

/* ---- suffixes -------------------------------------------------------------------------------------------- */

/* Decimal digits of any script; stops growing past nine. */
static size_t read_digits(const lexer *lex, size_t at, uint32_t *value, unsigned *digit_count)
{
    size_t bytes = 0;
    *value = 0;
    *digit_count = 0;
    for (; at < lex->text.len; at += bytes) {
        const int32_t digit = u_charDigitValue(fhi_lex_char(lex->text, at, &bytes));
        if (digit < 0) break;
        if (*digit_count < 9) *value = *value * 10 + (uint32_t)digit;
        (*digit_count)++;
    }
    return at;
}

/* A number must not run on into letters or digits: `~4x` and `~4.5` are errors, `^2,` is not. */
static bool number_ends(const lexer *lex, size_t at)
{
    return !fhi_lex_has_word(slice(lex, at, word_end(lex, at)));
}

/* `^2` or `^1.5` at lex->at, if there is one. */
static fh_status lex_boost(lexer *lex, float *boost)
{
    const size_t begin = skip_marks(lex, lex->at);
    if (char_at(lex, begin) != '^') return FH_OK;
    uint32_t whole, part = 0;
    unsigned digits, part_digits = 0;
    size_t end = read_digits(lex, begin + 1, &whole, &digits);
    const UChar32 point = char_at(lex, end);
    if (digits > 0 && (point == '.' || point == ',' || point == 0x66B)) {
        const size_t after = read_digits(lex, end + (point == 0x66B ? 2 : 1), &part, &part_digits);
        if (part_digits > 0) end = after;
    }
    double value = part;
    for (unsigned i = 0; i < part_digits && i < 9; i++)
        value /= 10;
    value += whole;
    if (digits == 0 || digits > 9 || part_digits > 9 || !(value >= 1e-3 && value <= FHI_QUERY_BOOST_MAX) ||
        !number_ends(lex, end))
        return fail(lex, FHI_QUERY_BAD_BOOST, begin, word_end(lex, end));
    *boost = (float)value;
    lex->at = end;
    return FH_OK;
}

/* `~4` at lex->at, if there is one. */
static fh_status lex_near(lexer *lex, uint16_t *near)
{
    const size_t begin = skip_marks(lex, lex->at);
    if (char_at(lex, begin) != '~') return FH_OK;
    uint32_t value;
    unsigned digits;
    const size_t end = read_digits(lex, begin + 1, &value, &digits);
    if (digits == 0 || digits > 9 || value > FHI_QUERY_NEAR_MAX || !number_ends(lex, end))
        return fail(lex, FHI_QUERY_BAD_PROXIMITY, begin, word_end(lex, end));
    *near = (uint16_t)value;
    lex->at = end;
    return FH_OK;
}

/* ---- lexemes --------------------------------------------------------------------------------------------- */

/* `mot*"` and `mot* ` inside quotes look like a prefix, which a phrase cannot hold. */
static size_t find_star(fh_str text)
{
    for (size_t at = 1; at < text.len; at++) {
        size_t bytes;
        if (text.ptr[at] != '*') continue;
        const bool ends = at + 1 == text.len || is_space(fhi_lex_char(text, at + 1, &bytes));
        if (ends && !is_space((uint8_t)text.ptr[at - 1])) return at;
    }
    return text.len;
}

/* Where the mark stands that closes the quotation from `at` on; the end of the text if there is none. A pair of the
 * other style inside is text: in "il dit “oui” hier" nothing closes before the end. */
static size_t quote_end(const lexer *lex, UChar32 open, size_t at)
{
    bool inside = false; /* a pair of the other style */
    UChar32 before = ' ';
    size_t bytes = 0;
    for (; at < lex->text.len; at += bytes) {
        const UChar32 c = fhi_lex_char(lex->text, at, &bytes);
        if (closes_quote(open, c)) return at;
        if (closes_other_style(open, c) && inside)
            inside = false;
        else if (closes_other_style(open, c) && (open == '"' || !is_space(before)))
            return at;
        else if (open == '"' ? c == 0x201C || c == 0x201E : c == '"')
            inside = true;
        before = c;
    }
    return at;
}

/* A quoted phrase at lex->at; begin is that of a `=` before it. */
static fh_status lex_phrase(lexer *lex, size_t begin, bool exact, bool after_field)
{
    size_t bytes, inner, end;
    const size_t quote = lex->at;
    const UChar32 open = fhi_lex_char(lex->text, quote, &bytes);
    if (open == 0xBB) return fail(lex, FHI_QUERY_CLOSE_QUOTE, quote, quote + bytes);
    inner = quote + bytes;
    end = quote_end(lex, open, inner);
    if (end == lex->text.len) /* ” opens in some countries; alone it looks like an end without a beginning */
        return fail(lex, open == 0x201D ? FHI_QUERY_CLOSE_QUOTE : FHI_QUERY_OPEN_QUOTE, quote, lex->text.len);
    (void)fhi_lex_char(lex->text, end, &bytes);
    const fh_str text = slice(lex, inner, end);
    const size_t star = find_star(text);
    if (star < text.len) return fail(lex, FHI_QUERY_BAD_PREFIX, inner + star, inner + star + 1);
    lex->at = end + bytes;
    uint16_t near = FHI_NEAR_NONE;
    float boost = 0;
    FH_TRY(lex_near(lex, &near));
    FH_TRY(lex_boost(lex, &boost));
    const bool blank = !lex->any_word && !fhi_lex_has_word(text);
    if (blank && exact) return fail(lex, FHI_QUERY_BAD_EXACT, begin, lex->at);
    if (blank && !after_field) return FH_OK;
    fhi_lexeme *phrase = put(lex, FHI_LEX_PHRASE, begin, lex->at);
    phrase->text = text;
    phrase->exact = exact;
    phrase->near = near;
    phrase->boost = boost;
    phrase->blank = blank;
    return FH_OK;
}

/* WORD for what is no operator. */
static fhi_lexeme_kind operator_of(const lexer *lex, size_t begin, size_t end)
{
    size_t letters = begin;
    while (letters < end && is_ascii_letter(lex->text.ptr[letters]))
        letters++;
    if (skip_marks(lex, letters) < end) return FHI_LEX_WORD;
    const fh_str word = slice(lex, begin, letters);
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (fhi_str_equal(word, fhi_str(operators[i].word))) return operators[i].kind;
    return FHI_LEX_WORD;
}

/* A word at lex->at, with its suffix; begin is that of a `=` before it. */
static fh_status lex_word(lexer *lex, size_t begin, bool exact, bool after_field)
{
    const size_t start = lex->at;
    const size_t end = word_end(lex, start);
    const fh_str text = slice(lex, start, end);
    const UChar32 next = char_at(lex, end);
    const fhi_lexeme_kind operator_kind = exact ? FHI_LEX_WORD : operator_of(lex, start, end);
    lex->at = end;
    if (operator_kind != FHI_LEX_WORD) {
        put(lex, operator_kind, begin, end);
        return FH_OK;
    }
    const bool blank = !fhi_lex_has_word(text) && !(lex->any_word && text.len > 0);
    const bool star = next == '*';
    if (star) {
        const UChar32 after = char_at(lex, skip_marks(lex, end + 1));
        if (blank || exact || (!ends_word(after) && after != '^')) return fail(lex, FHI_QUERY_BAD_PREFIX, end, end + 1);
        lex->at = end + 1;
    }
    if (next == '~') return fail(lex, FHI_QUERY_BAD_PROXIMITY, end, end + 1);
    if (blank && exact) return fail(lex, FHI_QUERY_BAD_EXACT, begin, end);
    if (blank && !after_field) return FH_OK;
    float boost = 0;
    FH_TRY(lex_boost(lex, &boost));
    fhi_lexeme *word = put(lex, star ? FHI_LEX_PREFIX : FHI_LEX_WORD, begin, lex->at);
    word->text = text;
    word->exact = exact;
    word->boost = boost;
    word->blank = blank;
    return FH_OK;
}

/* `name:` at lex->at. *found stays false where this is no field. */
static fh_status lex_field(lexer *lex, bool *found)
{
    const size_t begin = lex->at;
    size_t end = begin;
    while (end < lex->text.len && is_ascii_letter(lex->text.ptr[end]))
        end++;
    if (end == begin || char_at(lex, end) != ':' || scheme_bytes(lex, begin)) return FH_OK;
    const fh_str name = slice(lex, begin, end);
    const size_t value = skip_marks(lex, end + 1);
    const UChar32 next = char_at(lex, value);
    const bool empty = is_space(next) || next == ')' || next == '|';
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strlen(fields[i].name) != name.len || strncasecmp(fields[i].name, name.ptr, name.len) != 0) continue;
        if (empty) return fail(lex, FHI_QUERY_MISSING_VALUE, begin, end + 1);
        put(lex, FHI_LEX_FIELD, begin, value)->field = fields[i].field;
        lex->at = value;
        *found = true;
        return FH_OK;
    }
    return empty ? FH_OK : fail(lex, FHI_QUERY_UNKNOWN_FIELD, begin, end);
}

/* + or - at lex->at. */
static fh_status lex_sign(lexer *lex, bool after_field)
{
    const size_t begin = lex->at;
    const UChar32 sign = char_at(lex, begin);
    const UChar32 next = char_at(lex, begin + 1);
    if (after_field && !lex->any_word) { /* the sign belongs before the field; a dash alone is no value either */
        const fhi_lexeme *field = &lex->out[lex->count - 1];
        if (field->field == FHI_IN_DATE) return lex_word(lex, begin, false, true);
        return fail(lex, FHI_QUERY_MISSING_VALUE, field->begin, field->end);
    }
    if (after_field) return lex_word(lex, begin, false, true);
    if (is_space(next) || next == ')' || next == '|') {
        put(lex, FHI_LEX_SIGN, begin, begin + 1);
        lex->at = begin + 1;
        return FH_OK;
    }
    const size_t end = word_end(lex, begin + 1);
    if (end > begin + 1 && char_at(lex, begin + 1) != '=' && !fhi_lex_has_word(slice(lex, begin, end)) &&
        ends_word(char_at(lex, end))) {
        return lex_word(lex, begin, false, false); /* an arrow or a dotted line: punctuation */
    }
    put(lex, sign == '+' ? FHI_LEX_REQUIRE : FHI_LEX_EXCLUDE, begin, begin + 1);
    lex->at = begin + 1;
    return FH_OK;
}

/* = at lex->at: before a word or a quote it asks for the exact form. */
static fh_status lex_exact(lexer *lex, bool after_field)
{
    const size_t begin = lex->at;
    const UChar32 next = char_at(lex, begin + 1);
    if (lex->any_word && is_space(next)) return lex_word(lex, begin, false, after_field);
    if (is_space(next) || (next < 0x80 && strchr("()|=", next)) || (!lex->any_word && (next == '+' || next == '-')))
        return fail(lex, FHI_QUERY_BAD_EXACT, begin, begin + 1);
    lex->at = begin + 1;
    if (is_quote(next)) return lex_phrase(lex, begin, true, after_field);
    bool field = false;
    if (!lex->any_word) FH_TRY(lex_field(lex, &field));
    if (field) return fail(lex, FHI_QUERY_BAD_EXACT, begin, lex->at);
    return lex_word(lex, begin, true, after_field);
}

static fh_status lex_one(lexer *lex)
{
    const size_t begin = lex->at;
    const UChar32 c = char_at(lex, begin);
    const fhi_lexeme *last = lex->count ? &lex->out[lex->count - 1] : NULL;
    const bool after_field = last && last->kind == FHI_LEX_FIELD && last->end == begin;
    if (is_quote(c)) return lex_phrase(lex, begin, false, after_field);
    switch (c) {
    case '(': put(lex, FHI_LEX_OPEN, begin, ++lex->at); return FH_OK;
    case ')':
        lex->at++;
        float boost = 0;
        FH_TRY(lex_boost(lex, &boost));
        put(lex, FHI_LEX_CLOSE, begin, lex->at)->boost = boost;
        return FH_OK;
    case '|':
        lex->at += char_at(lex, begin + 1) == '|' ? 2 : 1;
        put(lex, FHI_LEX_OR, begin, lex->at);
        return FH_OK;
    case '*': return fail(lex, FHI_QUERY_BAD_PREFIX, begin, begin + 1);
    case '^': return fail(lex, FHI_QUERY_BAD_BOOST, begin, word_end(lex, begin + 1));
    case '~': return fail(lex, FHI_QUERY_BAD_PROXIMITY, begin, word_end(lex, begin + 1));
    case '+':
    case '-': return lex_sign(lex, after_field);
    case '=': return lex_exact(lex, after_field);
    default: break;
    }
    bool found = false;
    FH_TRY(lex_field(lex, &found));
    return found ? FH_OK : lex_word(lex, begin, false, after_field);
}

static void skip_blank(lexer *lex)
{
    size_t bytes;
    for (;;) {
        lex->at = skip_marks(lex, lex->at);
        if (lex->at == lex->text.len || !is_space(fhi_lex_char(lex->text, lex->at, &bytes))) return;
        lex->at += bytes;
    }
}

fh_status fhi_lex(fh_str text, const fhi_parse_options *options, fhi_arena *arena, fhi_lexeme **lexemes,
                  fhi_query_error *error)
{
    /* every lexeme takes at least one byte of text */
    lexer lex = {.text = text, .any_word = options->any_word, .error = error};
    *lexemes = NULL;
    lex.out = fhi_arena_alloc(arena, (text.len + 1) * sizeof *lex.out);
    if (!lex.out) return fhi_arena_failure(arena);
    for (;;) {
        skip_blank(&lex);
        if (lex.at == text.len) break;
        FH_TRY(lex_one(&lex));
    }
    put(&lex, FHI_LEX_END, text.len, text.len);
    *lexemes = lex.out;
    return FH_OK;
}
