/* fuzz_query.c - any bytes as a query, and what follows its first NUL as an article it is shown in.
 *
 * A query parses or names a place inside it; a plan is made or refused with a place; snippets are valid UTF-8 with
 * marks in order.
 */
#include "query/snippet.h"

#include <stdlib.h>

enum { ARENA_BYTES = 64 * 1024 * 1024 };

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

static void show(fh_analyzer *analyzer, const fhi_plan *plan, fh_str article, fhi_arena *arena)
{
    fhi_snippeter *snippeter;
    fhi_shown shown;
    fh_record record = {0};
    record.fields[FH_FIELD_BODY] = article;
    require(fhi_snippeter_create(analyzer, &snippeter, NULL) == FH_OK);
    require(fhi_snippeter_start(snippeter, plan, arena) == FH_OK);
    require(fhi_snippet_title(snippeter, article, arena, &shown) == FH_OK);
    require(fhi_str_equal(shown.text, article));
    check_shown(&shown);
    require(fhi_snippet_make(snippeter, &record, arena, &shown) == FH_OK);
    check_shown(&shown);
    fhi_snippeter_destroy(snippeter);
}

static void try_analyzer(const char *name, fhi_op op, fh_str query, fh_str article)
{
    const fhi_parse_options options = {.any_word = strcmp(name, "words") == 0};
    fhi_settings settings = {.exact_weight = 0.4F};
    fhi_arena arena;
    fhi_syntax *root;
    fhi_plan plan;
    fhi_query_error error;
    fh_analyzer *analyzer;
    memcpy(settings.analyzer, name, strlen(name) + 1);
    fhi_arena_init(&arena, ARENA_BYTES);
    require(fh_analyzer_create(name, &analyzer, NULL) == FH_OK);
    const fhi_plan_input input = {analyzer, &settings, op, &arena, query};
    if (fhi_parse(query, &options, &arena, &root, &error) != FH_OK)
        check_error(query, &error);
    else if (fhi_plan_make(&input, root, &plan, &error, NULL) != FH_OK)
        check_error(query, &error);
    else if (fhi_utf8_check(article.ptr, article.len) == article.len)
        show(analyzer, &plan, article, &arena);
    fh_analyzer_destroy(analyzer);
    fhi_arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const uint8_t *end = len ? memchr(data, 0, len) : NULL;
    const size_t query_len = end ? (size_t)(end - data) : len;
    const size_t after = end ? query_len + 1 : len;
    const fh_str query = {len ? (const char *)data : "", query_len};
    const fh_str article = {len ? (const char *)data + after : "", len - after};
    try_analyzer("press", len % 2 ? FHI_OP_OR : FHI_OP_AND, query, article);
    try_analyzer("words", len % 2 ? FHI_OP_AND : FHI_OP_OR, query, article);
    return 0;
}
