/* snippet_cut.c - where a text may be cut, and how a part of it is shown.
 *
 * Boundaries are ICU's (UAX 29), found in a stretch around the wished place; the stretch begins at white space,
 * or before a run of regional indicators, whose pairing depends on where the run starts.
 */
#include "query/answer/snippet.h"

#include <unicode/uchar.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

enum {
    STRETCH_BYTES = 256,  /* read on each side of a cut */
    WHITE_BYTES = 64,     /* how far white space is looked for */
    WHITE_KNOWN = 0x1680, /* the first white space behind that of Latin-1 */
    EXTENDING = 0x300     /* the first combining mark */
};

static UChar32 char_before(fh_str text, uint32_t *at)
{
    const uint8_t *data = (const uint8_t *)text.ptr;
    int32_t i = (int32_t)*at;
    UChar32 c;
    U8_PREV(data, 0, i, c);
    *at = (uint32_t)i;
    return c;
}

static UChar32 char_after(fh_str text, uint32_t *at)
{
    const uint8_t *data = (const uint8_t *)text.ptr;
    int32_t i = (int32_t)*at;
    UChar32 c;
    U8_NEXT(data, i, (int32_t)text.len, c);
    *at = (uint32_t)i;
    return c;
}

/* White space, or a control character. What most texts are made of is told without ICU (tests/unit compares). */
bool fhi_cut_is_white(int32_t c)
{
    if (c < WHITE_KNOWN) return c >= 0 && (c <= ' ' || (c >= 0x7F && c <= 0xA0));
    return u_isUWhiteSpace(c) || u_charType(c) == U_CONTROL_CHAR;
}

static bool is_regional(UChar32 c)
{
    return c >= 0x1F1E6 && c <= 0x1F1FF;
}

/* A place to start reading from, at most about STRETCH_BYTES before `at`. */
static uint32_t stretch_begin(fh_str text, uint32_t at)
{
    uint32_t begin = at;
    while (begin > 0 && at - begin < STRETCH_BYTES) {
        uint32_t previous = begin;
        const UChar32 c = char_before(text, &previous);
        if (fhi_cut_is_white(c) && at - begin > 32) return begin;
        begin = previous;
    }
    for (uint32_t previous = begin; previous > 0; begin = previous)
        if (!is_regional(char_before(text, &previous))) break;
    return begin;
}

/* Far enough behind `at` for any boundary near it. */
static uint32_t stretch_end(fh_str text, uint32_t at)
{
    uint32_t end = at;
    while (end < text.len && end - at < STRETCH_BYTES)
        (void)char_after(text, &end);
    return end;
}

/* Moves `at` to a boundary of `iterator` inside [begin, end) of the text; 0-length answers stay put. */
static int32_t boundary(UBreakIterator *iterator, fh_str text, uint32_t begin, uint32_t end, uint32_t at, bool forward)
{
    UErrorCode code = U_ZERO_ERROR;
    UText slice = UTEXT_INITIALIZER;
    (void)utext_openUTF8(&slice, text.ptr + begin, (int64_t)(end - begin), &code);
    ubrk_setUText(iterator, &slice, &code);
    int32_t found = UBRK_DONE;
    if (U_SUCCESS(code)) {
        const int32_t local = (int32_t)(at - begin);
        if (ubrk_isBoundary(iterator, local))
            found = local;
        else
            found = forward ? ubrk_following(iterator, local) : ubrk_preceding(iterator, local);
    }
    (void)utext_close(&slice);
    return found == UBRK_DONE ? -1 : found + (int32_t)begin;
}

/* A place beside white space near `at`: hyphenated words and addresses stay whole. `at` itself when there is none. */
static uint32_t beside_white(fh_str text, uint32_t at, bool forward)
{
    uint32_t place = at, other = at;
    while (forward ? place < text.len && place - at < WHITE_BYTES : place > 0 && at - place < WHITE_BYTES) {
        const UChar32 c = forward ? char_after(text, &other) : char_before(text, &other);
        if (fhi_cut_is_white(c)) return place;
        place = other;
    }
    return at;
}

/* A place beside white space; else the nearest word boundary; else, where no word ends near, a grapheme boundary.
 * What is answered is a grapheme boundary in each case. */
static uint32_t cut(const fhi_cutter *cutter, fh_str text, uint32_t at, bool forward)
{
    if (at == 0 || at >= text.len) return at > text.len ? (uint32_t)text.len : at;
    const uint32_t begin = stretch_begin(text, at), end = stretch_end(text, at);
    /* the ends of the stretch are boundaries to ICU and perhaps none of the text: they do not count */
    int32_t place = (int32_t)beside_white(text, at, forward);
    for (int i = 0; i < 8; i++) { /* until both iterators agree; they nearly always do at once */
        const int32_t word = boundary(cutter->words, text, begin, end, (uint32_t)place, forward);
        const bool edge = (word == (int32_t)begin && begin > 0) || (word == (int32_t)end && end < text.len);
        if (word < 0 || edge) break;
        place = boundary(cutter->graphemes, text, begin, end, (uint32_t)word, forward);
        if (place == word) return (uint32_t)place;
        if (place < 0) break;
    }
    place = boundary(cutter->graphemes, text, begin, end, at, forward);
    if (place < 0) return forward ? (uint32_t)text.len : 0;
    return (uint32_t)place;
}

uint32_t fhi_cut_before(const fhi_cutter *cutter, fh_str text, uint32_t at)
{
    return cut(cutter, text, at, false);
}

uint32_t fhi_cut_after(const fhi_cutter *cutter, fh_str text, uint32_t at)
{
    return cut(cutter, text, at, true);
}

/* ---- showing --------------------------------------------------------------------------------------------- */

void fhi_show_plain(fhi_show *show, const char *text)
{
    const fh_str bytes = fhi_str(text);
    fhi_buf_put(&show->text, bytes.ptr, bytes.len);
    show->char_count += fhi_query_chars_before(bytes, bytes.len);
}

/* A match ends behind the marks and joiners that belong to its last letter. */
static uint32_t whole_end(fh_str text, uint32_t end)
{
    uint32_t next = end;
    while (end < text.len) {
        const UChar32 c = char_after(text, &next);
        if (c < EXTENDING) break;
        const bool extends = u_getIntPropertyValue(c, UCHAR_GRAPHEME_CLUSTER_BREAK) == U_GCB_EXTEND ||
                             u_getIntPropertyValue(c, UCHAR_GRAPHEME_CLUSTER_BREAK) == U_GCB_SPACING_MARK ||
                             u_getIntPropertyValue(c, UCHAR_GRAPHEME_CLUSTER_BREAK) == U_GCB_ZWJ;
        if (!extends) break;
        end = next;
    }
    return end;
}

/* Begins or goes on with a mark at the current place. */
static void open_mark(fhi_show *show)
{
    const uint32_t last = show->mark_count ? show->marks[2 * show->mark_count - 1] : UINT32_MAX;
    if (last == show->char_count) {
        show->mark_count--; /* touches the one before: one mark */
        return;
    }
    show->marks[2 * show->mark_count] = show->char_count;
}

static void close_mark(fhi_show *show)
{
    show->marks[2 * show->mark_count + 1] = show->char_count;
    show->mark_count++;
}

void fhi_show_part(fhi_show *show, fh_str text, uint32_t begin, uint32_t end, const fhi_match_list *matches)
{
    uint32_t m = 0, mark_end = 0, copied = begin; /* all before is shown, or white */
    bool marked = false, space = false, started = false;
    for (uint32_t at = begin, next = begin; at < end; at = next) {
        const UChar32 c = char_after(text, &next);
        if (marked && at >= mark_end) {
            close_mark(show);
            marked = false;
        }
        for (; m < matches->count && matches->items[m].begin <= at; m++) {
            const uint32_t stop = whole_end(text, matches->items[m].end);
            if (stop > mark_end) mark_end = stop;
        }
        if (!show->keep_space && fhi_cut_is_white(c)) {
            fhi_buf_put(&show->text, text.ptr + copied, at - copied);
            copied = next;
            space = true;
            continue;
        }
        if (space && started) fhi_show_plain(show, " ");
        space = false;
        started = true;
        if (!marked && at < mark_end && show->mark_count < FHI_MATCHES_MAX) {
            open_mark(show);
            marked = true;
        }
        show->char_count++;
    }
    if (copied < end) fhi_buf_put(&show->text, text.ptr + copied, end - copied);
    if (marked) close_mark(show);
}
