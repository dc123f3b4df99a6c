/* search_print.c - hits and errors for people on a terminal.
 *
 * A line whose text runs from right to left is put between RLI and PDI, so that its punctuation and the Latin words
 * in it stay in place and nothing runs over into the next column (UAX 9); an address always runs from left to right.
 * Matches are coloured on a terminal; without colour they stand in brackets.
 */
#include "query/search_print.h"

#include "engine/text/day.h"
#include "query/language/syntax.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 80, WIDTH_MIN = 40, WIDTH_MAX = 110, INDENT = 4, CARET_LEFT_MAX = 60, FRAGMENT_CHARS = 24 };

#define LEFT_TO_RIGHT_ISOLATE "\xE2\x81\xA6"
#define RIGHT_TO_LEFT_ISOLATE "\xE2\x81\xA7"
#define FIRST_STRONG_ISOLATE "\xE2\x81\xA8"
#define POP_ISOLATE "\xE2\x81\xA9"

static const char *const BOLD = "\x1b[1m", *const MATCH = "\x1b[1;33m", *const DIM = "\x1b[2m",
                         *const PLAIN = "\x1b[0m";

fhi_paper fhi_paper_of(FILE *out)
{
    struct winsize size;
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
    fhi_paper paper = {.out = out, .width = WIDTH_DEFAULT};
    if (!isatty(fileno(out))) return paper;
    paper.colour = !(no_colour && no_colour[0]) && !(term && strcmp(term, "dumb") == 0);
    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col) paper.width = size.ws_col;
    if (paper.width < WIDTH_MIN) paper.width = WIDTH_MIN;
    if (paper.width > WIDTH_MAX) paper.width = WIDTH_MAX;
    return paper;
}

/* ---- characters ------------------------------------------------------------------------------------------ */

/* At byte *at < text.len; moves past it. */
static UChar32 next_char(fh_str text, size_t *at)
{
    const uint8_t *data = (const uint8_t *)text.ptr;
    int32_t i = (int32_t)*at;
    UChar32 c;
    U8_NEXT(data, i, (int32_t)text.len, c);
    *at = (size_t)i;
    return c;
}

/* Columns it takes on a terminal. */
static unsigned columns_of(UChar32 c)
{
    const int8_t type = u_charType(c);
    if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR) return 0;
    const int32_t width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
    return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

static bool is_right_to_left(UChar32 c)
{
    const UCharDirection direction = u_charDirection(c);
    return direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC;
}

/* Embeddings, overrides, isolates: in an article they could turn round what is printed after them. */
static bool turns_text(UChar32 c)
{
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* The character from begin to end. Nothing in an article or a query commands the terminal or turns what follows. */
static void print_char(const fhi_paper *paper, fh_str text, size_t begin, size_t end, UChar32 c)
{
    if (turns_text(c)) return;
    if (c >= 0x20 && (c < 0x7F || c > 0x9F))
        (void)fwrite(text.ptr + begin, 1, end - begin, paper->out);
    else
        (void)fputc(' ', paper->out);
}

/* Direction of the first letter that has one. */
static bool runs_right_to_left(fh_str text)
{
    for (size_t at = 0; at < text.len;) {
        const UChar32 c = next_char(text, &at);
        if (is_right_to_left(c)) return true;
        if (u_charDirection(c) == U_LEFT_TO_RIGHT) return false;
    }
    return false;
}

static bool has_right_to_left(fh_str text)
{
    for (size_t at = 0; at < text.len;)
        if (is_right_to_left(next_char(text, &at))) return true;
    return false;
}

/* ---- marked text ----------------------------------------------------------------------------------------- */

/* Walks a text with its marks. */
typedef struct marked {
    fh_str text;
    const json_t *marks; /* [[begin,end],...] in code points */
    size_t mark;
    json_int_t chars; /* code points behind `at` */
    size_t at;
} marked;

static bool in_mark(marked *m)
{
    while (m->mark < json_array_size(m->marks)) {
        const json_t *pair = json_array_get(m->marks, m->mark);
        if (m->chars < json_integer_value(json_array_get(pair, 1)))
            return m->chars >= json_integer_value(json_array_get(pair, 0));
        m->mark++;
    }
    return false;
}

/* End of the line that starts at m->at, behind the last word that fits; *next is where the next one starts. */
static size_t line_end(const marked *m, unsigned width, size_t *next)
{
    unsigned used = 0;
    size_t space = 0; /* the last one met; 0 while there is none */
    for (size_t at = m->at, after = at; at < m->text.len; at = after) {
        const UChar32 c = next_char(m->text, &after);
        if (c == ' ') space = at;
        used += columns_of(c);
        if (used <= width || c == ' ' || at == m->at) continue;
        *next = space ? space + 1 : at;
        return space ? space : at;
    }
    *next = m->text.len;
    return m->text.len;
}

static void print_line(const fhi_paper *paper, marked *m, size_t end, const char *base)
{
    bool open = false;
    if (paper->colour) (void)fputs(base, paper->out);
    while (m->at < end) {
        const bool mark = in_mark(m);
        if (mark != open) {
            if (paper->colour)
                (void)fprintf(paper->out, "%s%s", mark ? MATCH : PLAIN, mark ? "" : base);
            else
                (void)fputs(mark ? "[" : "]", paper->out);
        }
        open = mark;
        const size_t begin = m->at;
        const UChar32 c = next_char(m->text, &m->at);
        m->chars++;
        print_char(paper, m->text, begin, m->at, c);
    }
    if (open && !paper->colour) (void)fputc(']', paper->out);
    if (paper->colour) (void)fputs(PLAIN, paper->out);
}

/* A text wrapped to lines behind an indent; the first line's indent is already there. */
static void print_marked(const fhi_paper *paper, const json_t *text, const json_t *marks, const char *base)
{
    marked m = {.text = {json_string_value(text), json_string_length(text)}, .marks = marks};
    const bool right_to_left = runs_right_to_left(m.text);
    for (bool first = true; first || m.at < m.text.len; first = false) {
        size_t next;
        const size_t end = line_end(&m, paper->width - INDENT, &next);
        if (!first) (void)fprintf(paper->out, "%*s", INDENT, "");
        if (right_to_left) (void)fputs(RIGHT_TO_LEFT_ISOLATE, paper->out);
        print_line(paper, &m, end, base);
        if (right_to_left) (void)fputs(POP_ISOLATE, paper->out);
        (void)fputc('\n', paper->out);
        m.chars += (json_int_t)(next - m.at); /* the space between two lines */
        m.at = next;
    }
}

/* ---- answers --------------------------------------------------------------------------------------------- */

/* One of a line of facts; what holds right-to-left text is isolated. */
static void print_fact(const fhi_paper *paper, fh_str text, const char *isolate_by, bool *any)
{
    marked m = {.text = text};
    if (m.text.len == 0) return;
    const bool isolate = has_right_to_left(m.text);
    (void)fputs(*any ? " · " : "", paper->out);
    if (isolate) (void)fputs(isolate_by, paper->out);
    print_line(paper, &m, m.text.len, paper->colour ? DIM : "");
    if (isolate) (void)fputs(POP_ISOLATE, paper->out);
    *any = true;
}

static fh_str text_of(const json_t *value)
{
    return (fh_str){json_string_value(value), json_string_length(value)};
}

/* The calendar day as written, and the time where one is written. */
static void print_date(const fhi_paper *paper, fh_str date, bool *any)
{
    char text[32];
    fhi_day day;
    if (date.len == 0 || fhi_day_parse(date, &day, NULL) != FH_OK || day.day % 100 == 0) {
        print_fact(paper, date, FIRST_STRONG_ISOLATE, any);
        return;
    }
    int len = snprintf(text, sizeof text, "%04u-%02u-%02u", day.day / 10000, day.day / 100 % 100, day.day % 100);
    if (day.minute)
        len += snprintf(text + len, sizeof text - (size_t)len, " %02d:%02d", day.minute / 60, day.minute % 60);
    print_fact(paper, (fh_str){text, (size_t)len}, FIRST_STRONG_ISOLATE, any);
}

static void print_hit(const fhi_paper *paper, const json_t *hit, unsigned rank)
{
    bool any = false;
    const json_t *url = json_object_get(hit, "url"), *title = json_object_get(hit, "title");
    const json_t *heading = json_string_length(title) ? title : json_object_get(hit, "id");
    (void)fprintf(paper->out, "%*u. ", INDENT - 2, rank);
    print_marked(paper, heading, json_object_get(hit, "title_marks"), BOLD);
    (void)fprintf(paper->out, "%*s", INDENT, "");
    print_fact(paper, text_of(json_object_get(hit, "source")), RIGHT_TO_LEFT_ISOLATE, &any);
    print_date(paper, text_of(json_object_get(hit, "date")), &any);
    (void)fprintf(paper->out, "%s%.3f\n%*s", any ? " · " : "", json_real_value(json_object_get(hit, "score")), INDENT,
                  "");
    if (json_string_length(json_object_get(hit, "snippet"))) {
        print_marked(paper, json_object_get(hit, "snippet"), json_object_get(hit, "snippet_marks"), "");
        (void)fprintf(paper->out, "%*s", INDENT, "");
    }
    any = false;
    print_fact(paper, text_of(json_string_length(url) ? url : json_object_get(hit, "id")), LEFT_TO_RIGHT_ISOLATE, &any);
    (void)fputs("\n\n", paper->out);
}

void fhi_print_answer(const fhi_paper *paper, const json_t *answer, unsigned offset)
{
    const json_t *hits = json_object_get(answer, "hits");
    const size_t count = json_array_size(hits);
    const json_t *before = json_object_get(answer, "offset");
    const json_int_t total = json_integer_value(json_object_get(answer, "total"));
    const double took_ms = (double)json_integer_value(json_object_get(answer, "took_us")) / 1000;
    if (before) offset = (unsigned)json_integer_value(before);
    for (size_t i = 0; i < count; i++)
        print_hit(paper, json_array_get(hits, i), offset + (unsigned)i + 1);
    if (total == 0)
        (void)fprintf(paper->out, "no article found");
    else if (count == 0)
        (void)fprintf(paper->out, "no hit after %u of %lld", offset, (long long)total);
    else
        (void)fprintf(paper->out, "%u-%zu of %lld article%s", offset + 1, offset + count, (long long)total,
                      total == 1 ? "" : "s");
    (void)fprintf(paper->out, ", %.2f ms\n", took_ms);
}

/* ---- counts ---------------------------------------------------------------------------------------------- */

static void print_total(const fhi_paper *paper, const json_t *answer)
{
    const json_int_t total = json_integer_value(json_object_get(answer, "total"));
    (void)fprintf(paper->out, "%lld article%s, %.2f ms\n", (long long)total, total == 1 ? "" : "s",
                  (double)json_integer_value(json_object_get(answer, "took_us")) / 1000);
}

static long long number_of(const json_t *object, const char *name)
{
    return (long long)json_integer_value(json_object_get(object, name));
}

void fhi_print_facets(const fhi_paper *paper, const json_t *answer)
{
    const char *name;
    json_t *facet;
    json_object_foreach(json_object_get(answer, "facets"), name, facet)
    {
        size_t i;
        const json_t *item;
        (void)fprintf(paper->out, "%s: %lld different, %lld without\n", name, number_of(facet, "different"),
                      number_of(facet, "without"));
        json_array_foreach(json_object_get(facet, "values"), i, item)
        {
            bool any = false;
            (void)fprintf(paper->out, "%12lld  ", number_of(item, "count"));
            print_fact(paper, text_of(json_object_get(item, "value")), FIRST_STRONG_ISOLATE, &any);
            (void)fputc('\n', paper->out);
        }
        (void)fputc('\n', paper->out);
    }
    print_total(paper, answer);
}

void fhi_print_histogram(const fhi_paper *paper, const json_t *answer)
{
    enum { BEFORE_COLUMNS = 26 }; /* date and count */
    const json_t *bars = json_object_get(answer, "bars"), *bar;
    const long long room = paper->width > BEFORE_COLUMNS + INDENT ? paper->width - BEFORE_COLUMNS : INDENT;
    long long highest = 1;
    size_t i;
    json_array_foreach(bars, i, bar) if (number_of(bar, "count") > highest) highest = number_of(bar, "count");
    json_array_foreach(bars, i, bar)
    {
        const long long count = number_of(bar, "count");
        (void)fprintf(paper->out, "%10s  %10lld  ", json_string_value(json_object_get(bar, "from")), count);
        for (long long at = 0; at < (count * room + highest - 1) / highest; at++)
            (void)fputs("▇", paper->out);
        (void)fputc('\n', paper->out);
    }
    if (number_of(answer, "undated"))
        (void)fprintf(paper->out, "%10s  %10lld  without a date that tells the %s\n", "", number_of(answer, "undated"),
                      json_string_value(json_object_get(answer, "by")));
    (void)fputc('\n', paper->out);
    print_total(paper, answer);
}

/* ---- explanations ---------------------------------------------------------------------------------------- */

static const char *string_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* A word as stems or as written: `barrag|sad =barrage`. */
static void name_word(const json_t *word, fhi_buf *text)
{
    size_t i;
    const json_t *stem;
    json_array_foreach(json_object_get(word, "stems"), i, stem)
        fhi_buf_printf(text, "%s%s", i ? "|" : "", json_string_value(stem));
    if (!json_object_get(word, "form")) return;
    fhi_buf_printf(text, "%s=%s", json_object_get(word, "stems") ? " " : "", string_of(word, "form"));
}

static void name_clause(const json_t *clause, fhi_buf *text)
{
    size_t i;
    const json_t *slot;
    const char *kind = string_of(clause, "kind");
    fhi_buf_printf(text, "%s ", kind);
    if (strcmp(kind, "column") == 0)
        fhi_buf_printf(text, "%s:%s, has %s", string_of(clause, "field"), string_of(clause, "wanted"),
                       string_of(clause, "has"));
    else if (strcmp(kind, "days") == 0)
        fhi_buf_printf(text, "%lld..%lld, has %lld", number_of(clause, "from"), number_of(clause, "to"),
                       number_of(clause, "day"));
    else if (json_object_get(clause, "field"))
        fhi_buf_printf(text, "%s:", string_of(clause, "field"));
    if (strcmp(kind, "prefix") == 0) fhi_buf_printf(text, "%s*", string_of(clause, "prefix"));
    json_array_foreach(json_object_get(clause, "slots"), i, slot)
    {
        if (i) fhi_buf_put8(text, ' ');
        name_word(slot, text);
    }
    if (json_object_get(clause, "within")) fhi_buf_printf(text, " ~%lld", number_of(clause, "within"));
    name_word(clause, text);
    if (text->len && text->data[text->len - 1] == ' ') text->len--; /* and, or, not, all */
}

static void print_part(const fhi_paper *paper, const json_t *part)
{
    char df[24] = "-";
    if (json_object_get(part, "df")) (void)snprintf(df, sizeof df, "%lld", number_of(part, "df"));
    (void)fprintf(paper->out, "%10.4f  %8.2f  %8.4f  %10s  ", json_real_value(json_object_get(part, "adds")),
                  json_real_value(json_object_get(part, "tf")), json_real_value(json_object_get(part, "idf")), df);
}

/* One line a clause, and one for the written form beside a stem; as deep as a plan. */
static void print_clause(const fhi_paper *paper, const json_t *clause, int depth)
{
    enum { FIGURES_COLUMNS = 44 };
    const json_t *parts = json_object_get(clause, "parts"), *child;
    size_t i;
    bool any = false;
    fhi_buf text;
    fhi_buf_init(&text);
    name_clause(clause, &text);
    if (parts)
        print_part(paper, json_array_get(parts, 0));
    else
        (void)fprintf(paper->out, "%*s", FIGURES_COLUMNS, "");
    (void)fprintf(paper->out, "%-4s %*s", json_is_true(json_object_get(clause, "matches")) ? "yes" : "no", depth * 2,
                  "");
    print_fact(paper, fhi_buf_str(&text), FIRST_STRONG_ISOLATE, &any);
    (void)fputc('\n', paper->out);
    fhi_buf_fini(&text);
    if (json_array_size(parts) > 1) {
        print_part(paper, json_array_get(parts, 1));
        (void)fprintf(paper->out, "     %*sas written\n", depth * 2 + 2, "");
    }
    json_array_foreach(json_object_get(clause, "clauses"), i, child) print_clause(paper, child, depth + 1);
}

void fhi_print_explanation(const fhi_paper *paper, const json_t *answer)
{
    const json_t *ranking = json_object_get(answer, "ranking");
    (void)fprintf(paper->out, "%10s  %8s  %8s  %10s\n", "adds", "tf", "idf", "articles");
    print_clause(paper, json_object_get(answer, "clauses"), 0);
    (void)fprintf(paper->out, "%10.4f  ", json_real_value(json_object_get(answer, "score")));
    (void)fprintf(paper->out, json_is_true(json_object_get(answer, "matches")) ? "the article matches"
                                                                               : "the article does not match");
    (void)fprintf(paper->out, "; %lld words long, %.0f on average, one of %lld articles\n",
                  number_of(ranking, "length"), json_real_value(json_object_get(ranking, "average_length")),
                  number_of(ranking, "articles"));
}

/* ---- errors ---------------------------------------------------------------------------------------------- */

/* The query on one line with a caret below the place, as much of it as fits. */
static void print_caret(const fhi_paper *paper, fh_str query, size_t offset)
{
    unsigned columns = 0;
    size_t begin = 0;
    for (size_t at = 0; at < offset && at < query.len;)
        columns += columns_of(next_char(query, &at));
    while (columns > CARET_LEFT_MAX)
        columns -= columns_of(next_char(query, &begin));
    (void)fputs("  ", paper->out);
    unsigned used = 0;
    for (size_t at = begin, next = at; at < query.len; at = next) {
        const UChar32 c = next_char(query, &next);
        used += columns_of(c);
        if (used > paper->width - INDENT) break;
        print_char(paper, query, at, next, c);
    }
    (void)fprintf(paper->out, "\n  %*s^\n", (int)columns, "");
}

/* In text that runs both ways a caret would point elsewhere: the place is counted and quoted. */
static void print_place(const fhi_paper *paper, fh_str query, size_t offset, long long chars)
{
    (void)fprintf(paper->out, "  at character %lld", chars + 1);
    if (offset < query.len) {
        size_t at = offset;
        (void)fputs(": " FIRST_STRONG_ISOLATE, paper->out);
        for (int i = 0; i < FRAGMENT_CHARS && at < query.len; i++) {
            const size_t begin = at;
            const UChar32 c = next_char(query, &at);
            print_char(paper, query, begin, at, c);
        }
        (void)fprintf(paper->out, "%s" POP_ISOLATE, at < query.len ? "…" : "");
    }
    (void)fputc('\n', paper->out);
}

void fhi_print_error(const fhi_paper *paper, const json_t *error, fh_str query)
{
    const size_t offset = (size_t)json_integer_value(json_object_get(error, "offset"));
    const char *code = json_string_value(json_object_get(error, "code"));
    const json_t *message = json_object_get(error, "message");
    marked text = {.text = {json_string_value(message), json_string_length(message)}};
    const bool isolate = has_right_to_left(text.text);
    (void)fprintf(paper->out, "fihrist search: %s: %s", code ? code : "error", isolate ? FIRST_STRONG_ISOLATE : "");
    print_line(&(fhi_paper){.out = paper->out}, &text, text.text.len, "");
    (void)fprintf(paper->out, "%s\n", isolate ? POP_ISOLATE : "");
    if (!code || !fhi_query_code_is(code) || query.len == 0 || fhi_utf8_check(query.ptr, query.len) < query.len ||
        offset > query.len)
        return;
    if (has_right_to_left(query))
        print_place(paper, query, offset, (long long)json_integer_value(json_object_get(error, "offset_chars")));
    else
        print_caret(paper, query, offset);
}
