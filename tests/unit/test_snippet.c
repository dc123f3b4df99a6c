/* test_snippet.c - what is shown of an article: windows, cuts, marks. */
#include "query/answer/snippet.h"
#include "tests/support/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <unicode/utext.h>
#include <unicode/utf8.h>

enum { ARENA_BYTES = 16 * 1024 * 1024 };

typedef struct fixture {
    fh_analyzer *analyzer;
    fhi_snippeter *snippeter;
    fhi_settings settings;
    fhi_arena arena;
    fhi_plan plan;
    fhi_shown shown;
    fhi_buf marked; /* the text with [ ] around matches */
} fixture;

static int fixture_open(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_int_equal(fh_analyzer_create("press", &f->analyzer, NULL), FH_OK);
    assert_int_equal(fhi_snippeter_create(f->analyzer, &f->snippeter, NULL), FH_OK);
    (void)snprintf(f->settings.analyzer, sizeof f->settings.analyzer, "press");
    fhi_arena_init(&f->arena, ARENA_BYTES);
    fhi_buf_init(&f->marked);
    *state = f;
    return 0;
}

static int fixture_close(void **state)
{
    fixture *f = *state;
    fhi_buf_fini(&f->marked);
    fhi_arena_fini(&f->arena);
    fhi_snippeter_destroy(f->snippeter);
    fh_analyzer_destroy(f->analyzer);
    free(f);
    return 0;
}

static void start(fixture *f, const char *query)
{
    const fhi_parse_options options = {.any_word = false};
    const fhi_plan_input input = {f->analyzer, &f->settings, FHI_OP_AND, &f->arena, fhi_str(query)};
    fhi_syntax *root;
    fhi_query_error error;
    fhi_arena_reset(&f->arena);
    assert_int_equal(fhi_parse(input.query, &options, &f->arena, &root, &error), FH_OK);
    assert_int_equal(fhi_plan_make(&input, root, &f->plan, &error, NULL), FH_OK);
    assert_int_equal(fhi_snippeter_start(f->snippeter, &f->plan, &f->arena), FH_OK);
}

/* The shown text with its matches in brackets; checks that marks are in order, apart and inside. */
static const char *marked(fixture *f)
{
    const uint8_t *data = (const uint8_t *)f->shown.text.ptr;
    const int32_t len = (int32_t)f->shown.text.len;
    uint32_t mark = 0, last = 0;
    fhi_buf_clear(&f->marked);
    uint32_t chars = 0;
    for (int32_t i = 0, next = 0;; i = next, chars++) {
        if (mark / 2 < f->shown.mark_count && f->shown.marks[mark] == chars) {
            assert_true(mark == 0 || chars > last);
            last = chars;
            fhi_buf_put8(&f->marked, mark % 2 ? ']' : '[');
            mark++;
        }
        if (i >= len) break;
        UChar32 c;
        U8_NEXT(data, next, len, c);
        assert_true(c >= 0);
        fhi_buf_put(&f->marked, data + i, (size_t)(next - i));
    }
    assert_int_equal(mark, 2 * f->shown.mark_count);
    fhi_buf_put8(&f->marked, 0);
    return (const char *)f->marked.data;
}

static const char *snippet_of(fixture *f, const char *query, const char *body)
{
    fh_record record = {0};
    record.fields[FH_FIELD_BODY] = fhi_str(body);
    start(f, query);
    assert_int_equal(fhi_snippet_make(f->snippeter, &record, &f->arena, &f->shown), FH_OK);
    return marked(f);
}

static const char *title_of(fixture *f, const char *query, const char *title)
{
    start(f, query);
    assert_int_equal(fhi_snippet_title(f->snippeter, fhi_str(title), &f->arena, &f->shown), FH_OK);
    assert_true(fhi_str_equal(f->shown.text, fhi_str(title)));
    return marked(f);
}

/* ---- marks ----------------------------------------------------------------------------------------------- */

static void marks_fall_on_the_words_as_written(void **state)
{
    fixture *f = *state;
    assert_string_equal(title_of(f, "economie", "L’Économie du Maroc"), "L’[Économie] du Maroc");
    assert_string_equal(title_of(f, "maroc économie", "L’Économie du Maroc"), "L’[Économie] du [Maroc]");
    assert_string_equal(title_of(f, "انتخابات", "نتائج والانتخابات بالمغرب"), "نتائج [والانتخابات] بالمغرب");
    assert_string_equal(title_of(f, "محمد", "مُحَمَّد السادس"), "[مُحَمَّد] السادس");
    assert_string_equal(title_of(f, "été", "un e\xCC\x81te\xCC\x81 chaud"), "un [e\xCC\x81te\xCC\x81] chaud");
    assert_string_equal(title_of(f, "écon*", "Économie, économies"), "[Économie], [économies]");
    assert_string_equal(title_of(f, "roi", "🇲🇦 Roi 👨‍👩‍👧 roi"),
                        "🇲🇦 [Roi] 👨‍👩‍👧 [roi]");
    assert_string_equal(title_of(f, "20/11/2025", "Le 20 novembre 2025 à Rabat"), "Le [20 novembre 2025] à Rabat");
}

static void phrases_are_marked_whole_and_only_where_they_stand(void **state)
{
    fixture *f = *state;
    assert_string_equal(title_of(f, "\"conseil de gouvernement\"", "Conseil : le conseil de gouvernement de lundi"),
                        "Conseil : le [conseil de gouvernement] de lundi");
    assert_string_equal(title_of(f, "vice-président", "Le vice-président, le vice président, un président"),
                        "Le [vice-président], le [vice président], un président");
    assert_string_equal(title_of(f, "\"roi discours\"~1", "Le discours du roi ; un roi"),
                        "Le [discours] du [roi] ; un roi");
    assert_string_equal(title_of(f, "=\"roi discours\"", "roi discours, Roi Discours, rois discours"),
                        "[roi discours], [Roi Discours], rois discours");
}

static void excluded_words_and_stop_words_are_not_marked(void **state)
{
    fixture *f = *state;
    assert_string_equal(title_of(f, "roi -reine", "roi et reine"), "[roi] et reine");
    assert_string_equal(title_of(f, "le roi de", "le roi de pique"), "le [roi] de pique");
    assert_string_equal(title_of(f, "le", "le roi"), "[le] roi");
    assert_string_equal(title_of(f, "source:roi date:2025", "roi 2025"), "roi 2025");
}

static void title_words_are_marked_in_titles_only(void **state)
{
    fixture *f = *state;
    assert_string_equal(title_of(f, "title:roi discours", "roi discours"), "[roi] [discours]");
    assert_string_equal(snippet_of(f, "title:roi discours", "roi discours"), "roi [discours]");
}

/* ---- windows --------------------------------------------------------------------------------------------- */

static void repeat(fhi_buf *text, const char *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        fhi_buf_put(text, words, strlen(words));
}

static void short_texts_are_shown_whole_with_white_space_made_one_space(void **state)
{
    fixture *f = *state;
    assert_string_equal(snippet_of(f, "roi", "Le roi\n\n a parlé.\tIci"), "Le [roi] a parlé. Ici");
    assert_string_equal(snippet_of(f, "\"roi parle\"", " le roi\n  parle "), "le [roi parle]");
    assert_string_equal(snippet_of(f, "absent", ""), "");
    assert_string_equal(snippet_of(f, "absent", "Rien ici."), "Rien ici.");
}

static void the_window_holds_the_most_of_the_query(void **state)
{
    fixture *f = *state;
    fhi_buf text;
    fhi_buf_init(&text);
    repeat(&text, "Un mot sur le budget seul. ", 1);
    repeat(&text, "Autre chose encore ici. ", 40);
    repeat(&text, "Le parlement vote le budget ce lundi. ", 1);
    repeat(&text, "Autre chose encore ici. ", 40);
    fhi_buf_put8(&text, 0);
    const char *found = snippet_of(f, "budget parlement", (const char *)text.data);
    assert_non_null(strstr(found, "Le [parlement] vote le [budget] ce lundi."));
    assert_true(fhi_query_chars_before(f->shown.text, f->shown.text.len) < FHI_SNIPPET_CHARS + 40);
    fhi_buf_fini(&text);
}

static void words_far_apart_are_shown_in_two_windows(void **state)
{
    fixture *f = *state;
    fhi_buf text;
    fhi_buf_init(&text);
    repeat(&text, "Le parlement se réunit. ", 1);
    repeat(&text, "Autre chose encore ici. ", 600);
    repeat(&text, "On vote le budget. ", 1);
    fhi_buf_put8(&text, 0);
    const char *found = snippet_of(f, "budget parlement", (const char *)text.data);
    const char *first = strstr(found, "[parlement]"), *second = strstr(found, "[budget]");
    assert_true(first && second && first < second);
    assert_non_null(strstr(first, " … "));
    assert_true(fhi_query_chars_before(f->shown.text, f->shown.text.len) < FHI_SNIPPET_CHARS + 60);
    fhi_buf_fini(&text);
}

static void ellipses_show_where_text_was_cut(void **state)
{
    fixture *f = *state;
    fhi_buf text;
    fhi_buf_init(&text);
    repeat(&text, "alpha beta gamma delta ", 100);
    repeat(&text, "roi ", 1);
    repeat(&text, "alpha beta gamma delta ", 100);
    fhi_buf_put8(&text, 0);
    const char *found = snippet_of(f, "roi", (const char *)text.data);
    assert_memory_equal(found, "… ", strlen("… "));
    assert_string_equal(found + strlen(found) - strlen(" …"), " …");
    for (const char *at = strtok(f->marked.data ? (char *)f->marked.data : NULL, " "); at; at = strtok(NULL, " "))
        assert_true(strstr("… alpha beta gamma delta [roi]", at) != NULL); /* no word is cut */
    fhi_buf_fini(&text);
}

static void hyphenated_words_are_not_cut(void **state)
{
    fixture *f = *state;
    fhi_buf text;
    for (unsigned before = 0; before < 24; before++) { /* the cut falls on every place of the word */
        fhi_buf_init(&text);
        repeat(&text, "x", before);
        repeat(&text, " soixante-dix-sept", 40);
        repeat(&text, " roi", 1);
        repeat(&text, " quatre-vingt-dix", 40);
        fhi_buf_put8(&text, 0);
        (void)snippet_of(f, "roi", (const char *)text.data);
        for (const char *at = strtok((char *)f->marked.data, " "); at; at = strtok(NULL, " "))
            assert_true(strstr("… soixante-dix-sept [roi] quatre-vingt-dix", at) != NULL && at[0] != '-');
        fhi_buf_fini(&text);
    }
}

static void the_abstract_is_shown_when_it_says_more(void **state)
{
    fixture *f = *state;
    fh_record record = {0};
    record.fields[FH_FIELD_ABSTRACT] = FH_STR("Le budget au parlement.");
    record.fields[FH_FIELD_BODY] = FH_STR("Le budget seul.");
    start(f, "budget parlement");
    assert_int_equal(fhi_snippet_make(f->snippeter, &record, &f->arena, &f->shown), FH_OK);
    assert_string_equal(marked(f), "Le [budget] au [parlement].");
    start(f, "date:2025");
    assert_int_equal(fhi_snippet_make(f->snippeter, &record, &f->arena, &f->shown), FH_OK);
    assert_string_equal(marked(f), "Le budget au parlement.");
}

static void texts_past_the_bound_are_not_read(void **state)
{
    fixture *f = *state;
    fhi_buf text;
    fhi_buf_init(&text);
    repeat(&text, "é ", FHI_SNIPPET_TEXT_BYTES / 3 + 10);
    repeat(&text, "roi", 1);
    fhi_buf_put8(&text, 0);
    (void)snippet_of(f, "roi", (const char *)text.data);
    assert_int_equal(f->shown.mark_count, 0);
    assert_true(f->shown.text.len > 0);
    fhi_buf_fini(&text);
}

/* ---- no grapheme is ever cut ----------------------------------------------------------------------------- */

static const char *const graphemes[] = {
    "a",        "e\xCC\x81", "é",  "م",   "مُ", "حَّ", "🇲🇦", "🇫🇷", "👨‍👩‍👧",
    "👍🏽", "한",        "字", "क्षि", "ß", "…", "’"};
enum { GRAPHEME_COUNT = sizeof graphemes / sizeof graphemes[0] };

static void check_graphemes(const fhi_shown *shown)
{
    UErrorCode code = U_ZERO_ERROR;
    UText text = UTEXT_INITIALIZER;
    UBreakIterator *iterator = ubrk_open(UBRK_CHARACTER, "", NULL, 0, &code);
    (void)utext_openUTF8(&text, shown->text.ptr, (int64_t)shown->text.len, &code);
    ubrk_setUText(iterator, &text, &code);
    assert_true(U_SUCCESS(code));
    uint32_t mark = 0;
    for (int32_t from = 0, to = ubrk_next(iterator); to != UBRK_DONE; from = to, to = ubrk_next(iterator)) {
        const fh_str one = {shown->text.ptr + from, (size_t)(to - from)};
        bool known = fhi_str_equal(one, FH_STR(" ")) || fhi_str_equal(one, FH_STR("roi"));
        for (int i = 0; !known && i < GRAPHEME_COUNT; i++)
            known = fhi_str_equal(one, fhi_str(graphemes[i]));
        known = known || (one.len == 1 && strchr("roi", one.ptr[0]));
        /* the parts a conjunct may be broken into by ICU are whole graphemes of it */
        if (!known) known = memmem("क्षि", strlen("क्षि"), one.ptr, one.len) != NULL;
        if (!known) fail_msg("a grapheme was cut: %.*s", (int)one.len, one.ptr);
        const uint32_t chars = fhi_query_chars_before(shown->text, (size_t)from);
        while (mark < 2 * shown->mark_count && shown->marks[mark] < chars)
            fail_msg("mark %u lies inside a grapheme", mark);
        while (mark < 2 * shown->mark_count && shown->marks[mark] == chars)
            mark++;
    }
    (void)utext_close(&text);
    ubrk_close(iterator);
}

static void random_texts_are_never_cut_inside_a_grapheme(void **state)
{
    fixture *f = *state;
    rng random;
    rng_init(&random, "graphemes");
    for (int run = 0; run < 400; run++) {
        fhi_buf text;
        fhi_buf_init(&text);
        const uint64_t count = rng_skewed(&random, 11), space = rng_range(&random, 2, 400);
        const uint64_t kinds = rng_range(&random, 1, GRAPHEME_COUNT), skip = rng_below(&random, GRAPHEME_COUNT);
        for (uint64_t i = 0; i < count; i++) {
            const char *one = graphemes[(skip + rng_below(&random, kinds)) % GRAPHEME_COUNT];
            fhi_buf_put(&text, one, strlen(one));
            if (rng_below(&random, space) == 0) fhi_buf_printf(&text, rng_below(&random, 3) ? " " : " roi ");
        }
        fh_record record = {0};
        record.fields[FH_FIELD_BODY] = fhi_buf_str(&text);
        start(f, "roi OR a OR é OR مُحَّ*");
        assert_int_equal(fhi_snippet_make(f->snippeter, &record, &f->arena, &f->shown), FH_OK);
        (void)marked(f);
        check_graphemes(&f->shown);
        fhi_buf_fini(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_fall_on_the_words_as_written),
        cmocka_unit_test(phrases_are_marked_whole_and_only_where_they_stand),
        cmocka_unit_test(excluded_words_and_stop_words_are_not_marked),
        cmocka_unit_test(title_words_are_marked_in_titles_only),
        cmocka_unit_test(short_texts_are_shown_whole_with_white_space_made_one_space),
        cmocka_unit_test(the_window_holds_the_most_of_the_query),
        cmocka_unit_test(words_far_apart_are_shown_in_two_windows),
        cmocka_unit_test(ellipses_show_where_text_was_cut),
        cmocka_unit_test(hyphenated_words_are_not_cut),
        cmocka_unit_test(the_abstract_is_shown_when_it_says_more),
        cmocka_unit_test(texts_past_the_bound_are_not_read),
        cmocka_unit_test(random_texts_are_never_cut_inside_a_grapheme),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
