/* set.c - queries from a file: lines `OP<TAB>term term ...`. See engine.h. */
#include "bench/engine.h"

#include <stdlib.h>

enum { ARENA_BYTES_MAX = 1 << 30 };

static const char *const op_names[] = {"AND", "OR", "PHRASE"};

const char *fhi_bench_op_name(fhi_bench_op op)
{
    return op_names[op];
}

static bool op_of(fh_str name, fhi_bench_op *op)
{
    for (unsigned i = 0; i < sizeof op_names / sizeof op_names[0]; i++) {
        if (!fhi_str_equal(name, fhi_str(op_names[i]))) continue;
        *op = (fhi_bench_op)i;
        return true;
    }
    return false;
}

/* The words of a line, interned by the analyzer, and the same as one text. */
static fh_status fill_item(fhi_bench_set *set, const fh_token *tokens, size_t count, fhi_bench_item *item, fh_err *err)
{
    fh_str *terms = fhi_arena_zalloc(&set->arena, count, sizeof *terms);
    size_t bytes = count;
    for (size_t i = 0; i < count; i++)
        bytes += tokens[i].word->stem.len;
    char *text = terms ? fhi_arena_alloc(&set->arena, bytes) : NULL;
    if (!text) return fhi_fail(err, fhi_arena_failure(&set->arena), "not enough memory");
    item->text = (fh_str){text, bytes - 1};
    for (size_t i = 0; i < count; i++) {
        terms[i] = tokens[i].word->stem;
        memcpy(text, terms[i].ptr, terms[i].len);
        text[terms[i].len] = ' ';
        text += terms[i].len + 1;
    }
    item->terms = terms;
    item->term_count = (uint32_t)count;
    return FH_OK;
}

static fh_status add_line(fhi_bench_set *set, fh_str line, fh_err *err)
{
    fhi_bench_item item = {0};
    const fh_token *tokens;
    size_t count;
    const fh_str op = fhi_bench_next_cell(&line);
    if (!op_of(op, &item.op)) return fhi_fail(err, FH_E_SYNTAX, "a line begins with AND, OR or PHRASE and a tab");
    FH_TRY(fh_analyzer_run(set->analyzer, line, &tokens, &count, err));
    if (count == 0) return fhi_fail(err, FH_E_SYNTAX, "no word after the tab");
    if (count > FHI_BENCH_TERMS_MAX) return fhi_fail(err, FH_E_LIMIT, "more than %d words", FHI_BENCH_TERMS_MAX);
    FH_TRY(fill_item(set, tokens, count, &item, err));
    if (set->count == set->capacity) {
        const size_t capacity = set->capacity ? 2 * set->capacity : 1024;
        fhi_bench_item *items = realloc(set->items, capacity * sizeof *items);
        if (!items) return fhi_fail(err, FH_E_NOMEM, "not enough memory");
        set->items = items;
        set->capacity = capacity;
    }
    set->items[set->count++] = item;
    return FH_OK;
}

static bool is_blank(fh_str line)
{
    for (size_t i = 0; i < line.len; i++)
        if (!strchr(" \t\r", line.ptr[i])) return false;
    return true;
}

fh_status fhi_bench_set_read(const char *path, fhi_bench_set *out, fh_err *err)
{
    fhi_bench_lines lines = {0};
    fh_str line;
    bool more = true;
    *out = (fhi_bench_set){0};
    fhi_arena_init(&out->arena, ARENA_BYTES_MAX);
    fh_status status = fh_analyzer_create("words", &out->analyzer, err);
    if (status == FH_OK) status = fhi_bench_lines_open(&lines, path, err);
    while (status == FH_OK && more) {
        status = fhi_bench_lines_next(&lines, &line, &more, err);
        if (status != FH_OK || !more || is_blank(line)) continue;
        status = add_line(out, line, err);
        if (status != FH_OK) (void)snprintf(err->file, sizeof err->file, "%s:%ju", path, (uintmax_t)lines.number);
    }
    if (status == FH_OK && out->count == 0) status = fhi_fail_at(err, FH_E_INVALID, path, 0, "no query in it");
    fhi_bench_lines_close(&lines);
    return status;
}

void fhi_bench_set_fini(fhi_bench_set *set)
{
    free(set->items);
    fhi_arena_fini(&set->arena);
    fh_analyzer_destroy(set->analyzer);
    *set = (fhi_bench_set){0};
}
