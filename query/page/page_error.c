/* page_error.c - a query that cannot be read: what is wrong, where, and a query that can be.
 *
 * A fix takes the smallest step that the code of the error suggests, as often as errors are left; it is offered only
 * where its end is a query that parses, so it never offers another error.
 */
#include "query/page/page_impl.h"

enum { STEPS_MAX = 8 };

typedef struct fixing {
    fhi_buf text; /* the query as fixed so far */
    fhi_parse_options options;
    fhi_arena *arena;
} fixing;

static fh_str text_of(const fixing *fix)
{
    return fhi_buf_str(&fix->text);
}

/* Puts `with` in the place of bytes [begin, end). */
static void replace(fixing *fix, size_t begin, size_t end, const char *with)
{
    fhi_buf out;
    fhi_buf_init(&out);
    fhi_buf_put(&out, fix->text.data, begin);
    fhi_buf_put(&out, with, strlen(with));
    fhi_buf_put(&out, fix->text.data + end, fix->text.len - end);
    fhi_buf_fini(&fix->text);
    fix->text = out;
}

/* End of the character at `at`. */
static size_t char_end(fh_str text, size_t at)
{
    if (at < text.len) at++;
    while (at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80)
        at++;
    return at;
}

/* End of what stands between white space and parentheses. */
static size_t word_end(fh_str text, size_t at)
{
    while (at < text.len && !strchr(" \t\r\n()", text.ptr[at]))
        at++;
    return at;
}

/* Closes the quotation that begins at `at` with its own kind of mark. */
static void close_quote(fixing *fix, size_t at)
{
    const fh_str text = text_of(fix);
    const bool angular = fhi_str_starts((fh_str){text.ptr + at, text.len - at}, FH_STR("«"));
    replace(fix, text.len, text.len, angular ? "»" : "\"");
}

/* What people write for a field in French. */
static const char *field_meant(fh_str name)
{
    static const char *const meant[][2] = {
        {"titre", "title"},  {"journal", "source"}, {"rubrique", "section"}, {"region", "region"}, {"auteur", "author"},
        {"langue", "lang"},  {"langage", "lang"},   {"language", "lang"},    {"jour", "date"},     {"dates", "date"},
        {"titles", "title"}, {"sources", "source"}, {"headline", "title"},   {"by", "author"},     {"site", "source"},
        {"annee", "date"},   {"year", "date"},      {"authors", "author"},   {"topic", "section"}, {"media", "source"}};
    for (size_t i = 0; i < sizeof meant / sizeof meant[0]; i++)
        if (fhi_str_equal(name, fhi_str(meant[i][0]))) return meant[i][1];
    return NULL;
}

/* A known field instead of an unknown one, or else the text itself, in quotes. */
static void fix_field(fixing *fix, size_t at)
{
    const fh_str text = text_of(fix);
    const char *colon = memchr(text.ptr + at, ':', text.len - at);
    const size_t colon_at = colon ? (size_t)(colon - text.ptr) : text.len, end = word_end(text, at);
    const char *meant = field_meant((fh_str){text.ptr + at, colon_at - at});
    if (meant) {
        replace(fix, at, colon_at, meant);
        return;
    }
    replace(fix, end, end, "\"");
    replace(fix, at, at, "\"");
}

/* The ends of `A..B` in the other order. */
static void swap_range(fixing *fix, size_t at)
{
    const fh_str text = text_of(fix);
    const size_t end = word_end(text, at);
    const char *colon = memchr(text.ptr + at, ':', end - at);
    const size_t begin = colon ? (size_t)(colon - text.ptr) + 1 : at;
    const char *dots = memmem(text.ptr + begin, end - begin, "..", 2);
    fhi_buf swapped;
    if (!dots) return;
    fhi_buf_init(&swapped);
    fhi_buf_printf(&swapped, "%.*s..%.*s", (int)(text.ptr + end - dots - 2), dots + 2,
                   (int)(dots - text.ptr - (int)begin), text.ptr + begin);
    fhi_buf_put8(&swapped, '\0');
    if (swapped.status == FH_OK) replace(fix, begin, end, (const char *)swapped.data);
    fhi_buf_fini(&swapped);
}

/* Takes `mark` and the number behind it away, at `at` or behind it in the same word. */
static void drop_suffix(fixing *fix, size_t at, char mark)
{
    const fh_str text = text_of(fix);
    const char *found = memchr(text.ptr + at, mark, text.len - at);
    if (!found) return;
    const size_t begin = (size_t)(found - text.ptr);
    size_t end = begin + 1;
    while (mark != '*' && end < text.len && strchr("0123456789.,-", text.ptr[end]))
        end++;
    replace(fix, begin, end, "");
}

/* One step; answers whether something was changed. */
static bool step(fixing *fix, const fhi_query_error *error)
{
    const size_t before = fix->text.len, at = error->offset < before ? error->offset : before;
    const fh_str text = text_of(fix);
    switch (error->code) {
    case FHI_QUERY_OPEN_QUOTE: close_quote(fix, at); return true;
    case FHI_QUERY_OPEN_PARENTHESIS: replace(fix, before, before, ")"); return true;
    case FHI_QUERY_CLOSE_QUOTE:
    case FHI_QUERY_CLOSE_PARENTHESIS:
    case FHI_QUERY_BAD_EXACT: replace(fix, at, char_end(text, at), ""); return before > at;
    case FHI_QUERY_MISSING_OPERAND:
    case FHI_QUERY_MISSING_VALUE:
    case FHI_QUERY_BAD_DATE: replace(fix, at, word_end(text, at), ""); return fix->text.len < before;
    case FHI_QUERY_UNKNOWN_FIELD: fix_field(fix, at); return true;
    case FHI_QUERY_FIELD_IN_FIELD: {
        const char *colon = memchr(text.ptr + at, ':', before - at);
        replace(fix, at, colon ? (size_t)(colon - text.ptr) + 1 : at, "");
        return fix->text.len < before;
    }
    case FHI_QUERY_RANGE_BACKWARDS: swap_range(fix, at); return true;
    case FHI_QUERY_BAD_PREFIX:
    case FHI_QUERY_EXPANSION_LIMIT: drop_suffix(fix, at, '*'); return fix->text.len < before;
    case FHI_QUERY_BAD_BOOST: drop_suffix(fix, at, '^'); return fix->text.len < before;
    case FHI_QUERY_BAD_PROXIMITY: drop_suffix(fix, at, '~'); return fix->text.len < before;
    default: return false;
    }
}

static void trim(fhi_buf *text)
{
    while (text->len && text->data[text->len - 1] == ' ')
        text->len--;
}

/* Whether the query has been made one that parses. */
static bool repair(fixing *fix, fhi_query_error error)
{
    fhi_syntax *root;
    for (int i = 0; i < STEPS_MAX; i++) {
        if (fix->text.status != FH_OK || !step(fix, &error) || fix->text.status != FH_OK) return false;
        trim(&fix->text);
        error = (fhi_query_error){.code = FHI_QUERY_NONE};
        if (fhi_parse(text_of(fix), &fix->options, fix->arena, &root, &error) == FH_OK) return true;
    }
    return false;
}

static void add_fix(fhi_page_work *work, xmlNode *parent, const fhi_query_error *error)
{
    const fh_str words = work->question->request.query;
    fixing fix = {.arena = &work->page->arena};
    fix.options.any_word = strcmp(fhi_index_settings(work->index)->analyzer, "words") == 0;
    fhi_buf_init(&fix.text);
    fhi_buf_put(&fix.text, words.ptr, words.len);
    if (repair(&fix, *error)) {
        fhi_request request = fhi_page_first(work);
        request.query = text_of(&fix);
        const fhi_page_address address = {"/", FH_STR(""), &request, work->question->state};
        xmlNode *line = fhi_page_add(work, parent, "p", "fix", FHI_SAY_FIX);
        fhi_html_text(&work->html, line, FH_STR(" "));
        xmlNode *link = fhi_page_link(work, line, NULL, fhi_page_address_text(work, &address));
        xmlNode *code = fhi_html_add_text(&work->html, link, "code", NULL, request.query);
        fhi_html_set(&work->html, code, "dir", "auto");
    }
    fhi_buf_fini(&fix.text);
}

/* The query with the place of the error marked: the word there, or at its end a gap. */
static void add_place(fhi_page_work *work, xmlNode *parent, const fhi_query_error *error)
{
    const fh_str words = work->question->request.query;
    const size_t offset = error->offset;
    const bool is_quote = error->code == FHI_QUERY_OPEN_QUOTE || error->code == FHI_QUERY_CLOSE_QUOTE;
    size_t end = is_quote ? offset : word_end(words, offset);
    if (end == offset) end = char_end(words, offset);
    xmlNode *place = fhi_html_add(&work->html, parent, "p", "place");
    xmlNode *code = fhi_html_add(&work->html, place, "code", NULL);
    fhi_html_set(&work->html, code, "dir", "auto");
    fhi_html_text(&work->html, code, (fh_str){words.ptr, offset});
    const fh_str at = {words.ptr + offset, end - offset};
    fhi_html_add_text(&work->html, code, "mark", NULL, at.len ? at : FH_STR("␣"));
    fhi_html_text(&work->html, code, (fh_str){words.ptr + end, words.len - end});
}

void fhi_page_error(fhi_page_work *work, xmlNode *parent)
{
    const fh_str words = work->question->request.query;
    fhi_query_error error = work->failure.query;
    fhi_buf text;
    if (error.code == FHI_QUERY_NONE || error.offset < work->query_shift ||
        error.offset - work->query_shift > words.len) {
        fhi_page_failed(work, parent);
        return;
    }
    error.offset -= work->query_shift;
    fhi_buf_init(&text);
    fhi_query_message(&error, work->lang, &text);
    xmlNode *box = fhi_html_add(&work->html, parent, "section", "wrong");
    fhi_html_set(&work->html, box, "id", "wrong");
    fhi_html_set(&work->html, box, "role", "alert");
    fhi_html_set(&work->html, box, "data-code", fhi_query_code_name(error.code));
    fhi_html_set_number(&work->html, box, "data-at", fhi_query_chars_before(words, error.offset));
    fhi_page_add(work, box, "h1", NULL, FHI_SAY_WRONG);
    if (text.status == FH_OK) {
        xmlNode *why = fhi_html_add_text(&work->html, box, "p", "why", fhi_buf_str(&text));
        fhi_html_set(&work->html, why, "id", "why");
    }
    if (words.len) add_place(work, box, &error);
    add_fix(work, box, &error);
    fhi_page_help(work, parent);
    fhi_buf_fini(&text);
}
