/* test_text_scan.c - what holds for any text: offsets, positions, interning, limits, bad bytes; and real news. */
#include "engine/base/base.h"
#include "tests/support/rng.h"
#include "tests/support/shared.h"

#include <fihrist/analyzer.h>

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zstd.h>

#include <cmocka.h>

enum { TEXT_BYTES = 4096, ROUNDS = 3000 };

static const char *const names[] = {"press", "words"};

static int setup(void **state)
{
    fh_analyzer **both = calloc(2, sizeof *both);
    if (!both) return -1;
    for (int i = 0; i < 2; i++)
        if (fh_analyzer_create(names[i], &both[i], NULL) != FH_OK) return -1;
    *state = both;
    return 0;
}

static int teardown(void **state)
{
    fh_analyzer **both = *state;
    fh_analyzer_destroy(both[0]);
    fh_analyzer_destroy(both[1]);
    free(both);
    return 0;
}

static bool at_boundary(fh_str text, size_t at)
{
    return at == text.len || ((uint8_t)text.ptr[at] & 0xC0) != 0x80;
}

static void check_tokens(fh_str text, const fh_token *tokens, size_t count)
{
    uint32_t position = 0;
    for (size_t i = 0; i < count; i++) {
        const fh_word *word = tokens[i].word;
        assert_true(tokens[i].begin < tokens[i].end && tokens[i].end <= text.len);
        assert_true(at_boundary(text, tokens[i].begin) && at_boundary(text, tokens[i].end));
        assert_true(tokens[i].position >= position);
        position = tokens[i].position;
        assert_true(word->exact.len > 0 && word->exact.len <= FH_TERM_BYTES_MAX);
        assert_true(word->stem.len > 0 && word->stem.len <= FH_TERM_BYTES_MAX);
        assert_int_equal(fhi_utf8_check(word->exact.ptr, word->exact.len), word->exact.len);
        assert_int_equal(fhi_utf8_check(word->fold.ptr, word->fold.len), word->fold.len);
        assert_int_equal(fhi_utf8_check(word->stem.ptr, word->stem.len), word->stem.len);
    }
}

static size_t run(fh_analyzer *analyzer, fh_str text, const fh_token **tokens)
{
    size_t count;
    assert_int_equal(fh_analyzer_run(analyzer, text, tokens, &count, NULL), FH_OK);
    check_tokens(text, *tokens, count);
    return count;
}

/* Pieces of text that the rules care about; joined at random they make every kind of neighbourhood. */
static const char *const fragments[] = {
    "l’",    "économie", "aujourd'hui", "M'diq",  "O.N.U.", "-", "vice",   "1",      " ",    "\u00A0",
    "300",   "000",      ".",           ",",      "٫",      "٬", "٢٠",     "المغرب", "وبـ",  "لله",
    "ُ",      "ـ",        "\u200F",      "\u00AD", "ﷺ",      "½", "2025",   "/",      "11",   "20",
    "نونبر", "août",     "تشرين",       "الثاني", "\n",     "’", "\u0301", "€",      "日本", "😀",
    "ﬁ",     "1er",      "من",          "G20",    "A",      "é", "´",      "\u202F"};
enum { FRAGMENT_COUNT = sizeof fragments / sizeof fragments[0] };

static fh_str random_text(rng *random, char buffer[TEXT_BYTES], size_t pieces)
{
    size_t len = 0;
    for (size_t i = 0; i < pieces; i++) {
        const char *fragment = fragments[rng_below(random, FRAGMENT_COUNT)];
        memcpy(buffer + len, fragment, strlen(fragment));
        len += strlen(fragment);
    }
    return (fh_str){buffer, len};
}

static void tokens_lie_in_order_within_any_text(void **state)
{
    fh_analyzer **both = *state;
    char *buffer = malloc(TEXT_BYTES);
    rng random;
    rng_init(&random, __func__);
    assert_non_null(buffer);
    for (int round = 0; round < rng_rounds(ROUNDS); round++) {
        const fh_token *tokens;
        const fh_str text = random_text(&random, buffer, (size_t)rng_below(&random, 100));
        (void)run(both[round & 1], text, &tokens);
    }
    free(buffer);
}

/* A date is several tokens, and the joined form begins where the first of them does. */
static void joined_form_of_a_date_stands_before_later_positions(void **state)
{
    static const char *const texts[] = {"2025-07-7-a", "20 novembre 2025-x", "20/11/2025's", "7-a-b"};
    fh_analyzer **both = *state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const fh_token *tokens;
        (void)run(both[0], fhi_str(texts[i]), &tokens);
    }
}

static void texts_after_a_line_of_dots_analyze_as_alone(void **state)
{
    fh_analyzer **both = *state;
    char *first = malloc(TEXT_BYTES), *second = malloc(TEXT_BYTES), *joined = malloc(3 * TEXT_BYTES);
    rng random;
    rng_init(&random, __func__);
    assert_true(first && second && joined);
    for (int round = 0; round < rng_rounds(ROUNDS); round++) {
        const fh_str a = random_text(&random, first, (size_t)rng_below(&random, 20));
        const fh_str b = random_text(&random, second, (size_t)rng_below(&random, 20));
        const fh_token *tokens;
        const size_t count_a = run(both[0], a, &tokens), count_b = run(both[0], b, &tokens);
        memcpy(joined, a.ptr, a.len);
        memcpy(joined + a.len, " …… ", 8);
        memcpy(joined + a.len + 8, b.ptr, b.len);
        const size_t count = run(both[0], (fh_str){joined, a.len + 8 + b.len}, &tokens);
        assert_int_equal(count, count_a + count_b);
        for (size_t i = count_a; i < count; i++)
            assert_true(tokens[i].begin >= a.len + 8);
    }
    free(first);
    free(second);
    free(joined);
}

static void random_bytes_are_analyzed_or_refused_at_their_place(void **state)
{
    fh_analyzer **both = *state;
    uint8_t bytes[64];
    rng random;
    rng_init(&random, __func__);
    for (int round = 0; round < 20000; round++) {
        const size_t len = (size_t)rng_below(&random, sizeof bytes);
        const fh_token *tokens;
        size_t count;
        fh_err err = {0};
        rng_bytes(&random, bytes, len);
        for (size_t i = 0; i < len; i++)
            if (rng_below(&random, 3)) bytes[i] &= 0x7F;
        const fh_str text = {(const char *)bytes, len};
        const size_t bad = fhi_utf8_check(bytes, len);
        const fh_status status = fh_analyzer_run(both[round & 1], text, &tokens, &count, &err);
        assert_int_equal(status, bad == len ? FH_OK : FH_E_UTF8);
        if (status == FH_OK)
            check_tokens(text, tokens, count);
        else
            assert_int_equal(err.offset, bad);
    }
}

static void invalid_utf8_is_named_by_offset(void **state)
{
    fh_analyzer **both = *state;
    const struct {
        const char *text;
        uint64_t offset;
    } cases[] = {{"\xFF", 0},       {"abc \xC3", 4},         {"abc\xC3(", 3},  {"ab\xED\xA0\x80", 2},
                 {"a\xC0\x80", 1},  {"x\xE2\x82", 1},        {"1 300\xBF", 5}, {"l'\xF8", 2},
                 {"20/11/\xF5", 6}, {"\xF4\x90\x80\x80", 0}, {"O.N.\x80", 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int which = 0; which < 2; which++) {
            const fh_token *tokens;
            size_t count;
            fh_err err = {0};
            assert_int_equal(fh_analyzer_run(both[which], fhi_str(cases[i].text), &tokens, &count, &err), FH_E_UTF8);
            assert_int_equal(err.offset, cases[i].offset);
            assert_int_equal(count, 0);
        }
    }
}

static void one_word_has_one_id(void **state)
{
    fh_analyzer **both = *state;
    const fh_token *tokens;
    fh_analyzer_reset(both[0]);
    const char *text = "MAISON maison Mai\u00ADson محمد مُحمد vice-président viceprésident";
    assert_int_equal(run(both[0], fhi_str(text), &tokens), 9);
    assert_ptr_equal(tokens[0].word, tokens[1].word);
    assert_ptr_equal(tokens[0].word, tokens[2].word);
    assert_ptr_equal(tokens[3].word, tokens[4].word);
    assert_int_equal(tokens[0].word->id, 0);
    assert_int_equal(tokens[3].word->id, 1);
    assert_ptr_not_equal(tokens[6].word, tokens[8].word); /* the kinds differ */
}

static void words_survive_the_growth_of_the_cache_and_go_with_a_reset(void **state)
{
    fh_analyzer **both = *state;
    const fh_token *tokens;
    char text[64];
    fh_analyzer_reset(both[0]);
    const size_t empty = fh_analyzer_cache_bytes(both[0]);
    (void)run(both[0], FH_STR("maison"), &tokens);
    const fh_word *house = tokens[0].word;
    for (int i = 0; i < 50000; i++) {
        (void)snprintf(text, sizeof text, "mot%dx", i);
        assert_int_equal(run(both[0], fhi_str(text), &tokens), 1);
        assert_int_equal(tokens[0].word->id, i + 1);
    }
    (void)run(both[0], FH_STR("Maison"), &tokens);
    assert_ptr_equal(tokens[0].word, house);
    assert_true(fh_analyzer_cache_bytes(both[0]) > empty);
    fh_analyzer_reset(both[0]);
    assert_int_equal(fh_analyzer_cache_bytes(both[0]), empty);
    (void)run(both[0], FH_STR("maison"), &tokens);
    assert_int_equal(tokens[0].word->id, 0);
}

static void long_words_are_cut_at_a_character(void **state)
{
    fh_analyzer **both = *state;
    enum { BYTES = 100000 };
    char *text = malloc(BYTES);
    assert_non_null(text);
    for (size_t i = 0; i + 1 < BYTES; i += 2)
        memcpy(text + i, "م", 2);
    text[0] = 'a';
    text[1] = ' ';
    for (int which = 0; which < 2; which++) {
        const fh_token *tokens;
        assert_int_equal(run(both[which], (fh_str){text, BYTES}, &tokens), 2);
        assert_int_equal(tokens[1].word->exact.len, FH_TERM_BYTES_MAX);
        assert_int_equal(tokens[1].end, BYTES);
    }
    memset(text, '7', BYTES);
    const fh_token *tokens;
    assert_int_equal(run(both[0], (fh_str){text, BYTES}, &tokens), 1);
    for (size_t i = 0; i + 2 < BYTES; i += 3)
        memcpy(text + i, "日", 3);
    assert_int_equal(run(both[0], (fh_str){text, BYTES / 3 * 3}, &tokens), 1);
    assert_int_equal(tokens[0].word->exact.len, FH_TERM_BYTES_MAX / 3 * 3);
    free(text);
}

static void texts_over_the_limit_are_refused(void **state)
{
    fh_analyzer **both = *state;
    const size_t len = FH_TEXT_BYTES_MAX + 1;
    char *text = malloc(len);
    const fh_token *tokens;
    size_t count;
    fh_err err;
    assert_non_null(text);
    for (size_t i = 0; i < len; i++)
        text[i] = "a-"[i & 1]; /* one compound of eight million parts */
    assert_int_equal(fh_analyzer_run(both[0], (fh_str){text, len}, &tokens, &count, &err), FH_E_LIMIT);
    assert_int_equal(fh_analyzer_run(both[0], (fh_str){text, len - 1}, &tokens, &count, &err), FH_OK);
    assert_int_equal(count, (len - 1) / 2 + 1);
    free(text);
}

/* ---- real news ------------------------------------------------------------------------------------------- */

typedef struct corpus_run {
    fh_analyzer *analyzer;
    size_t bytes, tokens, articles;
    double seconds;
} corpus_run;

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void analyze_line(corpus_run *totals, const char *line, size_t len)
{
    json_t *article = json_loadb(line, len, 0, NULL);
    const char *const fields[] = {"title", "abstract", "body"};
    for (size_t i = 0; article && i < 3; i++) {
        const json_t *value = json_object_get(article, fields[i]);
        if (!json_is_string(value)) continue;
        const fh_str text = {json_string_value(value), json_string_length(value)};
        const fh_token *tokens;
        size_t count;
        uint32_t lead;
        const double start = now();
        assert_int_equal(fh_analyzer_run(totals->analyzer, text, &tokens, &count, NULL), FH_OK);
        totals->seconds += now() - start;
        check_tokens(text, tokens, count);
        assert_int_equal(fh_analyzer_lead_end(totals->analyzer, text, &lead), FH_OK);
        assert_true(lead <= text.len && at_boundary(text, lead));
        totals->bytes += text.len;
        totals->tokens += count;
    }
    totals->articles++;
    json_decref(article);
}

static void analyze_buffer(corpus_run *totals, fhi_buf *lines)
{
    size_t begin = 0;
    for (;;) {
        const uint8_t *from = lines->data + begin;
        const uint8_t *end = memchr(from, '\n', lines->len - begin);
        if (!end) break;
        analyze_line(totals, (const char *)from, (size_t)(end - from));
        begin += (size_t)(end - from) + 1;
    }
    memmove(lines->data, lines->data + begin, lines->len - begin);
    lines->len -= begin;
}

static void analyze_file(corpus_run *totals, const char *path)
{
    fhi_buf lines = {0};
    FILE *file = fopen(path, "rb");
    ZSTD_DStream *stream = ZSTD_createDStream();
    uint8_t *packed = malloc(ZSTD_DStreamInSize());
    assert_true(file && stream && packed);
    for (size_t count; (count = fread(packed, 1, ZSTD_DStreamInSize(), file)) > 0;) {
        ZSTD_inBuffer in = {packed, count, 0};
        while (in.pos < in.size) {
            assert_true(fhi_buf_reserve(&lines, ZSTD_DStreamOutSize()));
            ZSTD_outBuffer out = {lines.data + lines.len, lines.capacity - lines.len, 0};
            assert_false(ZSTD_isError(ZSTD_decompressStream(stream, &out, &in)));
            lines.len += out.pos;
            analyze_buffer(totals, &lines);
        }
    }
    free(packed);
    (void)ZSTD_freeDStream(stream);
    (void)fclose(file);
    fhi_buf_fini(&lines);
}

static void real_news_is_analyzed_whole(void **state)
{
    fh_analyzer **both = *state;
    const char *const files[] = {"data/news/orangesum_fr_to2019.jsonl.zst", "data/news/ant_multisource_ar.jsonl.zst",
                                 "data/news/maroc_presse_ar_febrayer.jsonl.zst", "data/news/wikinews_fr.jsonl.zst"};
    char path[SHARED_PATH_BYTES];
    size_t found = 0;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        corpus_run totals = {.analyzer = both[0]};
        if (!shared_path(files[i], path)) continue;
        found++;
        fh_analyzer_reset(both[0]);
        analyze_file(&totals, path);
        print_message("%s: %zu articles, %zu tokens, %.1f MB at %.1f MB/s, cache %.1f MB\n", files[i], totals.articles,
                      totals.tokens, (double)totals.bytes / 1e6, (double)totals.bytes / 1e6 / totals.seconds,
                      (double)fh_analyzer_cache_bytes(both[0]) / 1e6);
        assert_true(totals.tokens > totals.articles);
    }
    if (found == 0) {
        print_message("the news corpora are not there: skipped\n");
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_lie_in_order_within_any_text),
        cmocka_unit_test(joined_form_of_a_date_stands_before_later_positions),
        cmocka_unit_test(texts_after_a_line_of_dots_analyze_as_alone),
        cmocka_unit_test(random_bytes_are_analyzed_or_refused_at_their_place),
        cmocka_unit_test(invalid_utf8_is_named_by_offset),
        cmocka_unit_test(one_word_has_one_id),
        cmocka_unit_test(words_survive_the_growth_of_the_cache_and_go_with_a_reset),
        cmocka_unit_test(long_words_are_cut_at_a_character),
        cmocka_unit_test(texts_over_the_limit_are_refused),
        cmocka_unit_test(real_news_is_analyzed_whole),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
