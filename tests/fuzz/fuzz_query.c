/* fuzz_query.c - any bytes as a query, and what follows its first NUL as an article it is shown in.
 *
 * A query parses or names a place inside it; a plan is made or refused with a place; snippets are valid UTF-8 with
 * marks in order. Analyzers are made once, since making or resetting one costs a hundred times what an input does,
 * and live as those of a server do: with the words of earlier inputs, up to a bound.
 */
#include "query/answer/snippet.h"

#include <stdlib.h>

enum { ARENA_BYTES = 64 * 1024 * 1024, CACHE_BYTES_MAX = 4 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool holds)
{
    if (!holds) abort();
}

static void check_error(fh_str query, const fhi_query_error *error)
{
    fhi_buf text;
    require(error->code != FHI_QUERY_NONE && error->offset <= query.len);
    require(fhi_query_chars_before(query, error->offset) <= error->offset);
    for (int lang = FHI_LANG_EN; lang <= FHI_LANG_AR; lang++) {
        fhi_buf_init(&text);
        fhi_query_message(error, (fhi_message_lang)lang, &text);
        require(text.status == FH_OK && text.len > 0);
        require(fhi_utf8_check(text.data, text.len) == text.len);
        fhi_buf_fini(&text);
    }
}

static void check_shown(const fhi_shown *shown)
{
    const uint32_t chars = fhi_query_chars_before(shown->text, shown->text.len);
    require(fhi_utf8_check(shown->text.ptr, shown->text.len) == shown->text.len);
    for (uint32_t i = 0; i < 2 * shown->mark_count; i++) {
        require(shown->marks[i] <= chars);
        require(i == 0 || shown->marks[i] > shown->marks[i - 1]);
    }
}

/* An analyzer for the life of the process and what hangs on it. */
typedef struct tools {
    fh_analyzer *analyzer;
    fhi_snippeter *snippeter;
    fhi_settings settings;
} tools;

static void tools_ready(tools *made, const char *name)
{
    if (made->analyzer) {
        if (fh_analyzer_cache_bytes(made->analyzer) > CACHE_BYTES_MAX) fh_analyzer_reset(made->analyzer);
        return;
    }
    require(fh_analyzer_create(name, &made->analyzer, NULL) == FH_OK);
    require(fhi_snippeter_create(made->analyzer, &made->snippeter, NULL) == FH_OK);
    made->settings = (fhi_settings){.exact_weight = 0.4F};
    memcpy(made->settings.analyzer, name, strlen(name) + 1);
}

static void show(fhi_snippeter *snippeter, const fhi_plan *plan, fh_str article, fhi_arena *arena)
{
    fhi_shown shown;
    fh_record record = {0};
    record.fields[FH_FIELD_BODY] = article;
    require(fhi_snippeter_start(snippeter, plan, arena) == FH_OK);
    require(fhi_snippet_title(snippeter, article, arena, &shown) == FH_OK);
    require(fhi_str_equal(shown.text, article));
    check_shown(&shown);
    require(fhi_snippet_make(snippeter, &record, arena, &shown) == FH_OK);
    check_shown(&shown);
}

static void try_analyzer(const tools *with, bool any_word, fhi_op op, fh_str query, fh_str article)
{
    const fhi_parse_options options = {.any_word = any_word};
    fhi_arena arena;
    fhi_syntax *root;
    fhi_plan plan;
    fhi_query_error error;
    fhi_arena_init(&arena, ARENA_BYTES);
    const fhi_plan_input input = {with->analyzer, &with->settings, op, &arena, query};
    if (fhi_parse(query, &options, &arena, &root, &error) != FH_OK)
        check_error(query, &error);
    else if (fhi_plan_make(&input, root, &plan, &error, NULL) != FH_OK)
        check_error(query, &error);
    else if (fhi_utf8_check(article.ptr, article.len) == article.len)
        show(with->snippeter, &plan, article, &arena);
    fhi_arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static tools press, words;
    const uint8_t *end = len ? memchr(data, 0, len) : NULL;
    const size_t query_len = end ? (size_t)(end - data) : len;
    const size_t after = end ? query_len + 1 : len;
    const fh_str query = {len ? (const char *)data : "", query_len};
    const fh_str article = {len ? (const char *)data + after : "", len - after};
    tools_ready(&press, "press");
    tools_ready(&words, "words");
    try_analyzer(&press, false, len % 2 ? FHI_OP_OR : FHI_OP_AND, query, article);
    try_analyzer(&words, true, len % 2 ? FHI_OP_AND : FHI_OP_OR, query, article);
    return 0;
}
