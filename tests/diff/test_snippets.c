/* test_snippets.c - what is shown of an article does not depend on how it was read: skimmed or word by word. */
#include "query/answer/snippet.h"
#include "tests/support/rng.h"
#include "tests/support/shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <jansson.h>
#include <unicode/uchar.h>
#include <zstd.h>

enum { ARENA_BYTES = 64 * 1024 * 1024, WORDS_MAX = 4000, NEWS_BYTES = 6 * 1024 * 1024, NEWS_STEP = 3 };

typedef struct reader {
    fh_analyzer *analyzer;
    fhi_snippeter *snippeter;
} reader;

typedef struct readers {
    reader skimming, whole;
    fhi_settings settings;
    fhi_arena arena;
    uint32_t shown; /* articles with a match in the snippet */
} readers;

static void reader_open(reader *r, const char *analyzer)
{
    assert_int_equal(fh_analyzer_create(analyzer, &r->analyzer, NULL), FH_OK);
    assert_int_equal(fhi_snippeter_create(r->analyzer, &r->snippeter, NULL), FH_OK);
}

static void reader_close(reader *r)
{
    fhi_snippeter_destroy(r->snippeter);
    fh_analyzer_destroy(r->analyzer);
}

static void readers_open(readers *r, const char *analyzer)
{
    *r = (readers){.shown = 0};
    reader_open(&r->skimming, analyzer);
    reader_open(&r->whole, analyzer);
    fhi_snippeter_read_all(r->whole.snippeter, true);
    (void)snprintf(r->settings.analyzer, sizeof r->settings.analyzer, "%s", analyzer);
    r->settings.exact_weight = 0.4F;
    fhi_arena_init(&r->arena, ARENA_BYTES);
}

static void readers_close(readers *r)
{
    fhi_arena_fini(&r->arena);
    reader_close(&r->skimming);
    reader_close(&r->whole);
}

/* ---- showing both ways ----------------------------------------------------------------------------------- */

typedef struct shown_pair {
    fhi_shown title, snippet;
} shown_pair;

/* False: the query is wrong. */
static bool show(readers *r, const reader *by, fh_str query, fhi_op op, const fh_record *record, shown_pair *out)
{
    const fhi_parse_options options = {.any_word = strcmp(r->settings.analyzer, "words") == 0};
    const fhi_plan_input input = {by->analyzer, &r->settings, op, &r->arena, query};
    fhi_syntax *root;
    fhi_plan plan;
    fhi_query_error error;
    fh_err err;
    if (fhi_parse(query, &options, &r->arena, &root, &error) != FH_OK) return false;
    if (fhi_plan_make(&input, root, &plan, &error, &err) != FH_OK) return false;
    assert_int_equal(fhi_snippeter_start(by->snippeter, &plan, &r->arena), FH_OK);
    assert_int_equal(fhi_snippet_title(by->snippeter, record->fields[FH_FIELD_TITLE], &r->arena, &out->title), FH_OK);
    assert_int_equal(fhi_snippet_make(by->snippeter, record, &r->arena, &out->snippet), FH_OK);
    return true;
}

static bool same(const fhi_shown *a, const fhi_shown *b)
{
    return fhi_str_equal(a->text, b->text) && a->mark_count == b->mark_count &&
           (a->mark_count == 0 || memcmp(a->marks, b->marks, 2 * sizeof *a->marks * a->mark_count) == 0);
}

static bool compare(readers *r, fh_str query, fhi_op op, const fh_record *record)
{
    shown_pair skimmed = {.title = {.mark_count = 0}}, whole = skimmed;
    fhi_arena_reset(&r->arena);
    const bool right = show(r, &r->whole, query, op, record, &whole);
    assert_int_equal(show(r, &r->skimming, query, op, record, &skimmed), right);
    if (!right) return false;
    if (!same(&skimmed.title, &whole.title))
        fail_msg("title for `%.*s`: %.*s", (int)query.len, query.ptr, (int)whole.title.text.len, whole.title.text.ptr);
    if (!same(&skimmed.snippet, &whole.snippet))
        fail_msg("`%.*s`:\n%.*s\ninstead of\n%.*s", (int)query.len, query.ptr, (int)skimmed.snippet.text.len,
                 skimmed.snippet.text.ptr, (int)whole.snippet.text.len, whole.snippet.text.ptr);
    r->shown += whole.snippet.mark_count > 0;
    return true;
}

/* ---- random queries -------------------------------------------------------------------------------------- */

typedef struct words {
    fh_str items[WORDS_MAX];
    size_t count;
} words;

static void cut_words(fh_str text, words *to)
{
    size_t begin = 0;
    for (size_t at = 0; at <= text.len && to->count < WORDS_MAX; at++) {
        if (at < text.len && (uint8_t)text.ptr[at] > ' ') continue;
        if (at > begin) to->items[to->count++] = (fh_str){text.ptr + begin, at - begin};
        begin = at + 1;
    }
}

/* A word as it stands in the text, without what the language of queries would understand. */
static void put_word(fhi_buf *query, fh_str word)
{
    for (size_t i = 0; i < word.len; i++)
        if (!strchr("\"()|*=^~+:-<>", word.ptr[i]) || (i > 0 && word.ptr[i] == '-'))
            fhi_buf_put8(query, (uint8_t)word.ptr[i]);
}

static void put_phrase(rng *random, fhi_buf *query, const words *from)
{
    const size_t count = 2 + rng_below(random, 4);
    const size_t start = from->count > count ? rng_below(random, from->count - count) : 0;
    fhi_buf_printf(query, "%s\"", rng_below(random, 4) == 0 ? "=" : "");
    for (size_t i = start; i < start + count && i < from->count; i++) {
        put_word(query, from->items[i]);
        fhi_buf_put8(query, ' ');
    }
    fhi_buf_put8(query, '"');
    if (rng_below(random, 3) == 0) fhi_buf_printf(query, "~%u", (unsigned)rng_below(random, 12));
}

static void random_query(rng *random, const words *from, fhi_buf *query)
{
    const size_t leaves = 1 + rng_below(random, 5);
    fhi_buf_clear(query);
    for (size_t i = 0; i < leaves; i++) {
        const uint64_t kind = rng_below(random, 16);
        if (kind < 4) {
            put_phrase(random, query, from);
        } else {
            fhi_buf_printf(query, "%s", kind == 4 ? "=" : kind == 5 ? "title:" : kind == 6 && i ? "-" : "");
            put_word(query, from->items[rng_below(random, from->count)]);
            if (kind == 7) fhi_buf_put8(query, '*');
        }
        fhi_buf_printf(query, "%s", rng_below(random, 6) == 0 && i + 1 < leaves ? " OR " : " ");
    }
}

/* ---- made-up texts --------------------------------------------------------------------------------------- */

static void made_up_text(rng *random, uint64_t count, fhi_buf *to)
{
    static const char *const parts[] = {"roi",
                                        "Roi,",
                                        "rois",
                                        "le",
                                        "Le",
                                        "de",
                                        "l'économie",
                                        "d’une",
                                        "peut-être",
                                        "aujourd'hui",
                                        "M'diq",
                                        "O.N.U.",
                                        "U.S.",
                                        "vice-président",
                                        "20",
                                        "novembre",
                                        "2025",
                                        "20/11/2025",
                                        "150",
                                        "000",
                                        "000-habitants",
                                        "12,5",
                                        "1er",
                                        "3e",
                                        "Covid-19",
                                        "G20",
                                        "l'11",
                                        "septembre",
                                        "½",
                                        "ﷺ",
                                        "n°5",
                                        "a½b",
                                        "الملك",
                                        "والملك",
                                        "بالمغرب",
                                        "٢٠",
                                        "نونبر",
                                        "٢٠٢٥",
                                        "مُحَمَّد",
                                        "مـحـمد",
                                        "co\xC2\xADop",
                                        "«",
                                        "»",
                                        "-",
                                        "–",
                                        ":",
                                        "(roi)",
                                        "roi/reine",
                                        "roi.Reine",
                                        "www.exemple.ma/roi-20",
                                        "e\xCC\x81te\xCC\x81",
                                        "été",
                                        "ÉTÉ",
                                        "œuvre",
                                        "日本語",
                                        "🇲🇦"};
    static const char *const gaps[] = {" ",  " ",    " ",  " ", "\n", "  ", "\t", "\xC2\xA0", "\xE2\x80\xAF",
                                       ". ", "\x01", ", ", "'", "-"};
    for (uint64_t i = 0; i < count; i++)
        fhi_buf_printf(to, "%s%s", parts[rng_below(random, sizeof parts / sizeof parts[0])],
                       gaps[rng_below(random, sizeof gaps / sizeof gaps[0])]);
}

static void compare_made_up(const char *analyzer)
{
    rng random;
    readers r;
    words *from = calloc(1, sizeof *from);
    fhi_buf title = {0}, body = {0}, query = {0};
    assert_non_null(from);
    rng_init(&random, analyzer);
    readers_open(&r, analyzer);
    for (int round = 0; round < rng_rounds(4000); round++) {
        fh_record record = {0};
        fhi_buf_clear(&title);
        fhi_buf_clear(&body);
        made_up_text(&random, 1 + rng_below(&random, 12), &title);
        made_up_text(&random, 1 + rng_skewed(&random, 11), &body);
        record.fields[FH_FIELD_TITLE] = fhi_buf_str(&title);
        record.fields[rng_below(&random, 3) ? FH_FIELD_BODY : FH_FIELD_ABSTRACT] = fhi_buf_str(&body);
        record.fields[FH_FIELD_TAGS] = FH_STR("roi\nreine");
        from->count = 0;
        cut_words(fhi_buf_str(&body), from);
        for (int i = 0; i < 4 && from->count; i++) {
            random_query(&random, from, &query);
            (void)compare(&r, fhi_buf_str(&query), rng_below(&random, 2) ? FHI_OP_OR : FHI_OP_AND, &record);
        }
    }
    assert_true(r.shown > 0);
    readers_close(&r);
    fhi_buf_fini(&title);
    fhi_buf_fini(&body);
    fhi_buf_fini(&query);
    free(from);
}

static void made_up_texts_are_shown_alike(void **state)
{
    (void)state;
    compare_made_up("press");
    compare_made_up("words");
}

/* ---- news ------------------------------------------------------------------------------------------------ */

static const fh_field told[] = {FH_FIELD_TITLE, FH_FIELD_ABSTRACT, FH_FIELD_BODY};

static void compare_article(readers *r, rng *random, const json_t *article, words *from, fhi_buf *query)
{
    fh_record record = {0};
    from->count = 0;
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        const json_t *text = json_object_get(article, fh_field_name(told[i]));
        if (!json_is_string(text)) continue;
        record.fields[told[i]] = (fh_str){json_string_value(text), json_string_length(text)};
        cut_words(record.fields[told[i]], from);
    }
    for (int i = 0; i < 3 && from->count; i++) {
        random_query(random, from, query);
        (void)compare(r, fhi_buf_str(query), rng_below(random, 2) ? FHI_OP_OR : FHI_OP_AND, &record);
    }
}

/* The first NEWS_BYTES of a file, unpacked. */
static char *read_news(const char *path, size_t *len)
{
    static const size_t packed_max = 4 * 1024 * 1024;
    FILE *file = fopen(path, "rb");
    char *packed = malloc(packed_max), *text = malloc(NEWS_BYTES);
    assert_true(file && packed && text);
    ZSTD_inBuffer in = {packed, fread(packed, 1, packed_max, file), 0};
    ZSTD_outBuffer out = {text, NEWS_BYTES, 0};
    ZSTD_DStream *stream = ZSTD_createDStream();
    while (in.pos < in.size && out.pos < out.size)
        assert_false(ZSTD_isError(ZSTD_decompressStream(stream, &out, &in)));
    (void)ZSTD_freeDStream(stream);
    (void)fclose(file);
    free(packed);
    *len = out.pos;
    return text;
}

static void compare_news(readers *r, rng *random, const char *path)
{
    size_t len;
    char *text = read_news(path, &len);
    words *from = calloc(1, sizeof *from);
    fhi_buf query = {0};
    assert_non_null(from);
    const char *line = text, *next;
    for (size_t i = 0; (next = memchr(line, '\n', (size_t)(text + len - line))); line = next + 1, i++) {
        if (rng_below(random, NEWS_STEP)) continue;
        json_t *article = json_loadb(line, (size_t)(next - line), 0, NULL);
        if (article) compare_article(r, random, article, from, &query);
        json_decref(article);
    }
    fhi_buf_fini(&query);
    free(from);
    free(text);
}

static void news_are_shown_alike(void **state)
{
    (void)state;
    static const char *const files[] = {"data/news/orangesum_fr_to2019.jsonl.zst",
                                        "data/news/ant_multisource_ar.jsonl.zst",
                                        "data/news/maroc_presse_ar_febrayer.jsonl.zst"};
    char path[SHARED_PATH_BYTES];
    readers r;
    rng random;
    if (!shared_path("data/news", path)) {
        print_message("skipped: no news in the shared data\n");
        skip();
    }
    rng_init(&random, "news");
    readers_open(&r, "press");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (shared_path(files[i], path)) compare_news(&r, &random, path);
    assert_true(r.shown > 1000);
    print_message("%u articles with marks\n", r.shown);
    readers_close(&r);
}

/* ---- white space ----------------------------------------------------------------------------------------- */

static void white_space_is_that_of_icu(void **state)
{
    (void)state;
    for (UChar32 c = 0; c <= UCHAR_MAX_VALUE; c++)
        if (fhi_cut_is_white(c) != (u_isUWhiteSpace(c) || u_charType(c) == U_CONTROL_CHAR))
            fail_msg("U+%04X", (unsigned)c);
    assert_false(fhi_cut_is_white(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_up_texts_are_shown_alike),
        cmocka_unit_test(news_are_shown_alike),
        cmocka_unit_test(white_space_is_that_of_icu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
