/* snippet.c - the part of an article that shows best why it matched.
 *
 * A window is scored by the distinct units of the query inside it, a little by repetitions, and ties go to the
 * earlier one. When one window cannot show everything the article has of the query, two of half the length are
 * shown. Only the first FHI_SNIPPET_TEXT_BYTES of a text are read, piece by piece, and no further than needed.
 */
#include "query/answer/snippet.h"

#include <stdlib.h>

enum {
    WINDOWS_MAX = 2,
    SAMPLE_BYTES = 512 /* of a text, to learn how many bytes its characters take */
};

struct fhi_snippeter {
    fh_analyzer *analyzer;
    fhi_highlight highlight;
    fhi_skim skim;
    bool read_all;
    fhi_cutter cutter;
    fhi_arena *arena;     /* for what is answered */
    fhi_match_list found; /* scratch, on the heap */
    fhi_show show;
};

typedef struct window {
    uint32_t begin; /* bytes from the first match to the end of the last */
    uint32_t end;
    uint64_t units;
    float score;
} window;

/* What one text has to show. */
typedef struct choice {
    fh_str text;
    uint32_t bytes; /* that FHI_SNIPPET_CHARS of its characters take, about */
    window windows[WINDOWS_MAX];
    uint32_t count;
    float score;
    bool all; /* it has every unit of the query */
} choice;

fh_status fhi_snippeter_create(fh_analyzer *analyzer, fhi_snippeter **out, fh_err *err)
{
    UErrorCode code = U_ZERO_ERROR;
    *out = NULL;
    fhi_snippeter *s = calloc(1, sizeof *s);
    if (!s) return fhi_fail(err, FH_E_NOMEM, "no memory for snippets");
    s->analyzer = analyzer;
    s->found.items = calloc(FHI_MATCHES_MAX, sizeof *s->found.items);
    s->show.marks = calloc(FHI_MATCHES_MAX, 2 * sizeof *s->show.marks);
    const fh_status skim = fhi_skim_init(&s->skim);
    s->cutter.words = ubrk_open(UBRK_WORD, "", NULL, 0, &code);
    s->cutter.graphemes = ubrk_open(UBRK_CHARACTER, "", NULL, 0, &code);
    if (U_FAILURE(code) || skim != FH_OK || !s->found.items || !s->show.marks) {
        fhi_snippeter_destroy(s);
        if (U_FAILURE(code) && code != U_MEMORY_ALLOCATION_ERROR)
            return fhi_fail(err, FH_E_INTERNAL, "ICU gives no break iterators: %s", u_errorName(code));
        return fhi_fail(err, FH_E_NOMEM, "no memory for snippets");
    }
    *out = s;
    return FH_OK;
}

void fhi_snippeter_destroy(fhi_snippeter *snippeter)
{
    if (!snippeter) return;
    if (snippeter->cutter.words) ubrk_close(snippeter->cutter.words);
    if (snippeter->cutter.graphemes) ubrk_close(snippeter->cutter.graphemes);
    fhi_highlight_fini(&snippeter->highlight);
    fhi_skim_fini(&snippeter->skim);
    fhi_buf_fini(&snippeter->show.text);
    free(snippeter->show.marks);
    free(snippeter->found.items);
    free(snippeter);
}

fh_status fhi_snippeter_start(fhi_snippeter *snippeter, const fhi_plan *plan, fhi_arena *arena)
{
    snippeter->highlight.unit_count = 0;
    if (!plan) return FH_OK;
    FH_TRY(fhi_highlight_start(&snippeter->highlight, plan, arena));
    fhi_skim_start(&snippeter->skim, &snippeter->highlight);
    return FH_OK;
}

void fhi_snippeter_read_all(fhi_snippeter *snippeter, bool all)
{
    snippeter->read_all = all;
}

/* ---- places at characters ------------------------------------------------------------------------------- */

/* `at` less `bytes`, moved back to the start of a character. */
static uint32_t bytes_back(fh_str text, uint32_t at, uint32_t bytes)
{
    uint32_t to = at > bytes ? at - bytes : 0;
    while (to > 0 && ((uint8_t)text.ptr[to] & 0xC0) == 0x80)
        to--;
    return to;
}

/* `at` plus `bytes`, moved on to the start of a character. */
static uint32_t bytes_on(fh_str text, uint32_t at, uint32_t bytes)
{
    uint32_t to = text.len - at > bytes ? at + bytes : (uint32_t)text.len;
    while (to < text.len && ((uint8_t)text.ptr[to] & 0xC0) == 0x80)
        to++;
    return to;
}

/* ---- matches of a text ----------------------------------------------------------------------------------- */

static int compare_matches(const void *left, const void *right)
{
    const fhi_match *a = left, *b = right;
    if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
    return (a->end > b->end) - (a->end < b->end);
}

/* End of the piece that starts at `begin`: at a line end, else at a space, else at a character. */
static uint32_t piece_end(fh_str text, uint32_t begin)
{
    const uint32_t left = (uint32_t)text.len - begin;
    if (left <= FHI_SNIPPET_PIECE_BYTES) return (uint32_t)text.len;
    const uint32_t limit = begin + FHI_SNIPPET_PIECE_BYTES;
    const char *line = memrchr(text.ptr + begin, '\n', FHI_SNIPPET_PIECE_BYTES);
    const char *space = line ? line : memrchr(text.ptr + begin, ' ', FHI_SNIPPET_PIECE_BYTES);
    if (space && (uint32_t)(space - text.ptr) > begin + FHI_SNIPPET_PIECE_BYTES / 2)
        return (uint32_t)(space - text.ptr) + 1;
    uint32_t end = limit;
    while (((uint8_t)text.ptr[end] & 0xC0) == 0x80)
        end--;
    return end;
}

/* Positions start again in every piece: a phrase that runs over its end is not seen, which costs a mark, no hit. */
static fh_status find_in_piece(fhi_snippeter *s, fh_str text, uint32_t begin, uint32_t end, uint64_t units)
{
    const fh_token *tokens;
    size_t count;
    if (s->skim.possible && !s->read_all)
        return fhi_skim_find(&s->skim, s->analyzer, &s->highlight, text, begin, end, units, &s->found);
    const fh_str bytes = {text.ptr + begin, end - begin};
    FH_TRY(fh_analyzer_run(s->analyzer, bytes, &tokens, &count, NULL));
    return fhi_highlight_find(&s->highlight, tokens, count, begin, units, &s->found);
}

/* Units looked for in titles, or in the other texts. */
static uint64_t all_units(const fhi_highlight *highlight, bool title)
{
    const uint64_t all = highlight->unit_count == FHI_UNITS_MAX ? UINT64_MAX : (1ULL << highlight->unit_count) - 1;
    return title ? all : all & ~highlight->title_units;
}

/* ---- windows --------------------------------------------------------------------------------------------- */

static float worth(const fhi_highlight *highlight, uint64_t units)
{
    float sum = 0;
    for (; units; units &= units - 1)
        sum += highlight->units[__builtin_ctzll(units)].weight;
    return sum;
}

/* The best window of at most `bytes` for the wanted units, outside `taken`. Matches are sorted. */
static window best_window(const fhi_snippeter *s, uint32_t bytes, uint64_t wanted, const window *taken)
{
    const fhi_match *items = s->found.items;
    window best = {0};
    for (uint32_t i = 0; i < s->found.count; i++) {
        window w = {.begin = items[i].begin, .end = items[i].end};
        uint32_t repeats = 0;
        if (taken && items[i].begin < taken->end && items[i].end > taken->begin) continue;
        for (uint32_t j = i; j < s->found.count && items[j].begin - w.begin < bytes; j++) {
            const fhi_match *match = &items[j];
            if (match->end - w.begin > bytes && j > i) continue;
            if (taken && match->begin < taken->end && match->end > taken->begin) break;
            if (!(match->units & wanted & ~w.units)) repeats++;
            w.units |= match->units & wanted;
            if (match->end > w.end) w.end = match->end;
        }
        w.score = worth(&s->highlight, w.units) + 0.02F * (float)(repeats < 5 ? repeats : 5);
        if (w.units && w.score > best.score) best = w;
    }
    return best;
}

/* Bytes that FHI_SNIPPET_CHARS characters of this text take, about. */
static uint32_t window_bytes(fh_str text)
{
    const size_t sample = text.len < SAMPLE_BYTES ? text.len : SAMPLE_BYTES;
    size_t chars = 0;
    for (size_t i = 0; i < sample; i++)
        chars += ((uint8_t)text.ptr[i] & 0xC0) != 0x80;
    return chars ? (uint32_t)(FHI_SNIPPET_CHARS * sample / chars) : FHI_SNIPPET_CHARS;
}

/* One window of three quarters of the length (the rest is context), or two of two fifths each if they show more. */
static void choose(const fhi_snippeter *s, uint64_t present, choice *out)
{
    const uint32_t bytes = out->bytes;
    out->count = 1;
    out->windows[0] = best_window(s, bytes * 3 / 4, present, NULL);
    out->score = out->windows[0].score;
    if (out->windows[0].units == present) return;
    window first = best_window(s, bytes * 2 / 5, present, NULL);
    window second = best_window(s, bytes * 2 / 5, present & ~first.units, &first);
    if (!second.units || worth(&s->highlight, first.units | second.units) <= out->score) return;
    const bool swapped = second.begin < first.begin;
    out->windows[0] = swapped ? second : first;
    out->windows[1] = swapped ? first : second;
    out->count = 2;
    out->score = worth(&s->highlight, first.units | second.units);
}

/* Reads a text until a window shows all units, or to its end. */
static fh_status search_text(fhi_snippeter *s, fh_str text, choice *out)
{
    const uint64_t units = all_units(&s->highlight, false);
    const uint32_t bytes = window_bytes(text);
    uint64_t present = 0;
    *out = (choice){.text = text, .bytes = bytes};
    s->found.count = 0;
    if (text.len > FHI_SNIPPET_TEXT_BYTES) text.len = bytes_back(text, FHI_SNIPPET_TEXT_BYTES, 0);
    for (uint32_t begin = 0, end; units && begin < text.len; begin = end) {
        end = piece_end(text, begin);
        const uint32_t before = s->found.count;
        FH_TRY(find_in_piece(s, text, begin, end, units));
        if (s->found.count == before) continue;
        qsort(s->found.items + before, s->found.count - before, sizeof *s->found.items, compare_matches);
        for (uint32_t i = before; i < s->found.count; i++)
            present |= s->found.items[i].units;
        if (present == units && best_window(s, bytes * 3 / 4, units, NULL).units == units) break;
    }
    if (present) choose(s, present, out);
    out->all = present == units;
    return FH_OK;
}

/* ---- showing --------------------------------------------------------------------------------------------- */

/* Start of the sentence (or line) that begins in [from, to), as near to `to` as there is; `to` + 1 when none does. */
static uint32_t sentence_start(fh_str text, uint32_t from, uint32_t to)
{
    for (uint32_t at = to; at > from; at--) {
        const char c = text.ptr[at - 1];
        if (c == '\n') return at;
        if (c != ' ' || at < from + 2) continue;
        const bool question = at >= 3 && memcmp(text.ptr + at - 3, "؟", 2) == 0;
        if (question || strchr(".!?", text.ptr[at - 2])) return at;
    }
    return from == 0 ? 0 : to + 1;
}

/* Whether the text shown up to `at` ends by itself, so that no ellipsis is needed. */
static bool ends_sentence(fh_str text, uint32_t at)
{
    while (at > 0 && (text.ptr[at - 1] == ' ' || text.ptr[at - 1] == '\n'))
        at--;
    return at == 0 || strchr(".!?", text.ptr[at - 1]) != NULL;
}

/* Widens a window to about `bytes` with what stands around it: from the start of a sentence where one is near, and
 * further to the left when the text ends soon. *cut_left: it begins inside a sentence. */
static window widen(const fhi_snippeter *s, fh_str text, const window *w, uint32_t bytes, bool *cut_left)
{
    window out = *w;
    const uint32_t used = w->end - w->begin, right = (uint32_t)text.len - w->end;
    const uint32_t spare = bytes > used ? bytes - used : 0;
    const uint32_t latest = bytes_back(text, w->begin, right < spare ? spare - right : 0);
    const uint32_t reach = bytes_back(text, latest, spare * 2 / 3), limit = bytes_back(text, w->begin, spare);
    const uint32_t sentence = sentence_start(text, reach > limit ? reach : limit, latest);
    *cut_left = sentence > latest;
    if (!*cut_left)
        out.begin = sentence;
    else
        out.begin = fhi_cut_after(&s->cutter, text, latest < w->begin ? latest : bytes_back(text, latest, spare / 3));
    if (out.begin > w->begin) out.begin = fhi_cut_before(&s->cutter, text, w->begin);
    const uint32_t left = w->begin - out.begin;
    out.end = fhi_cut_before(&s->cutter, text, bytes_on(text, w->end, spare > left ? spare - left : 0));
    if (out.end < w->end) out.end = fhi_cut_after(&s->cutter, text, w->end);
    return out;
}

static fh_status finish(fhi_snippeter *s, fhi_shown *out)
{
    *out = (fhi_shown){0};
    if (s->show.text.status != FH_OK) return s->show.text.status;
    const size_t mark_bytes = 2 * sizeof *out->marks * s->show.mark_count;
    out->text = fhi_arena_copy(s->arena, fhi_buf_str(&s->show.text));
    out->marks = fhi_arena_alloc(s->arena, mark_bytes);
    if (!out->text.ptr || !out->marks) return fhi_arena_failure(s->arena);
    if (mark_bytes) memcpy(out->marks, s->show.marks, mark_bytes);
    out->mark_count = s->show.mark_count;
    return FH_OK;
}

static void begin_show(fhi_snippeter *s, bool keep_space)
{
    fhi_buf_clear(&s->show.text);
    s->show.char_count = 0;
    s->show.mark_count = 0;
    s->show.keep_space = keep_space;
}

static fh_status show_choice(fhi_snippeter *s, const choice *best, fhi_shown *out)
{
    const uint32_t bytes = best->bytes / best->count;
    uint32_t shown_end = 0;
    begin_show(s, false);
    for (uint32_t i = 0; i < best->count; i++) {
        bool cut_left;
        window part = widen(s, best->text, &best->windows[i], bytes, &cut_left);
        if (i > 0 && part.begin <= shown_end) { /* the two have met: go on where the first stopped */
            part.begin = shown_end;
            if (s->show.char_count) fhi_show_plain(&s->show, part.begin < part.end ? " " : "");
        } else if (i > 0 || cut_left) {
            fhi_show_plain(&s->show, i > 0 ? " … " : "… ");
        }
        if (part.end < part.begin) part.end = part.begin;
        fhi_show_part(&s->show, best->text, part.begin, part.end, &s->found);
        shown_end = part.end;
    }
    if (shown_end < best->text.len && !ends_sentence(best->text, shown_end)) fhi_show_plain(&s->show, " …");
    return finish(s, out);
}

/* The beginning of a text, when nothing in it matches. */
static fh_status show_start(fhi_snippeter *s, fh_str text, fhi_shown *out)
{
    const window none = {0};
    choice start = {.text = text, .bytes = window_bytes(text), .count = 1};
    start.windows[0] = none;
    s->found.count = 0;
    return show_choice(s, &start, out);
}

fh_status fhi_snippet_title(fhi_snippeter *snippeter, fh_str title, fhi_arena *arena, fhi_shown *out)
{
    *out = (fhi_shown){0};
    snippeter->arena = arena;
    snippeter->found.count = 0;
    fh_str head = title;
    if (head.len > FHI_SNIPPET_PIECE_BYTES) head.len = piece_end(title, 0);
    FH_TRY(find_in_piece(snippeter, head, 0, (uint32_t)head.len, all_units(&snippeter->highlight, true)));
    qsort(snippeter->found.items, snippeter->found.count, sizeof *snippeter->found.items, compare_matches);
    begin_show(snippeter, true);
    fhi_show_part(&snippeter->show, title, 0, (uint32_t)title.len, &snippeter->found);
    return finish(snippeter, out);
}

fh_status fhi_snippet_whole(fhi_snippeter *snippeter, fh_str text, bool title, fhi_arena *arena, fhi_shown *out)
{
    const uint64_t units = all_units(&snippeter->highlight, title);
    *out = (fhi_shown){0};
    snippeter->arena = arena;
    snippeter->found.count = 0;
    for (uint32_t begin = 0, end; units && begin < text.len; begin = end) {
        end = piece_end(text, begin);
        FH_TRY(find_in_piece(snippeter, text, begin, end, units));
    }
    qsort(snippeter->found.items, snippeter->found.count, sizeof *snippeter->found.items, compare_matches);
    begin_show(snippeter, true);
    fhi_show_part(&snippeter->show, text, 0, (uint32_t)text.len, &snippeter->found);
    return finish(snippeter, out);
}

fh_status fhi_snippet_make(fhi_snippeter *snippeter, const fh_record *record, fhi_arena *arena, fhi_shown *out)
{
    snippeter->arena = arena;
    const fh_str body = record->fields[FH_FIELD_BODY], abstract = record->fields[FH_FIELD_ABSTRACT];
    const fh_str texts[] = {body, fhi_str_starts(body, abstract) ? FH_STR("") : abstract,
                            record->fields[FH_FIELD_TAGS]};
    const int text_count = (int)(sizeof texts / sizeof texts[0]);
    choice best = {0}, current;
    int best_text = -1, last_text = -1;
    *out = (fhi_shown){0};
    for (int i = 0; i < text_count && !(best.count && best.all); i++) {
        if (texts[i].len == 0) continue;
        FH_TRY(search_text(snippeter, texts[i], &current));
        last_text = i;
        if (current.count == 0 || current.score <= best.score) continue;
        best = current;
        best_text = i;
    }
    if (best_text < 0) return show_start(snippeter, abstract.len ? abstract : body, out);
    if (best_text != last_text) FH_TRY(search_text(snippeter, best.text, &best)); /* its matches again */
    return show_choice(snippeter, &best, out);
}
