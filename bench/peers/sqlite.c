/* sqlite.c - SQLite's FTS5 as an engine under the bench; a program of its own, so that nothing else needs SQLite.
 *
 *     peer_sqlite index FILE.db FILE    one document a line, words between single spaces; rowid = line + 1
 *     peer_sqlite answer FILE.db        serves standard input (bench/asker.h)
 *
 * The table keeps no text (content=''), only the index, with positions (detail=full) and lengths. A tokenizer of our
 * own cuts at spaces, so that all engines have the same terms. bm25() has k1 1.2 and b 0.75 built in, and another idf.
 */
#include "bench/asker.h"

#include <sqlite3.h>
#include <stdlib.h>

enum { MATCH_BYTES_MAX = 64 * 1024 };

static const char settings[] = "PRAGMA locking_mode=exclusive; PRAGMA journal_mode=off; PRAGMA synchronous=off;"
                               "PRAGMA temp_store=memory; PRAGMA cache_size=-1048576; PRAGMA mmap_size=17179869184;";

/* ---- words ----------------------------------------------------------------------------------------------- */

static int words_create(void *context, const char **arguments, int count, Fts5Tokenizer **out)
{
    (void)context, (void)arguments, (void)count;
    *out = (Fts5Tokenizer *)sqlite3_malloc(1); /* there is nothing to remember, but it must not be NULL */
    return *out ? SQLITE_OK : SQLITE_NOMEM;
}

static void words_delete(Fts5Tokenizer *tokenizer)
{
    sqlite3_free(tokenizer);
}

static int words_cut(Fts5Tokenizer *tokenizer, void *context, int flags, const char *text, int len,
                     int (*put)(void *context, int flags, const char *token, int token_len, int start, int end))
{
    (void)tokenizer, (void)flags;
    for (int at = 0, end; at < len; at = end + 1) {
        for (end = at; end < len && text[end] != ' '; end++)
            ;
        const int code = end > at ? put(context, 0, text + at, end - at, at, end) : SQLITE_OK;
        if (code != SQLITE_OK) return code;
    }
    return SQLITE_OK;
}

static int add_tokenizer(sqlite3 *db)
{
    fts5_api *api = NULL;
    sqlite3_stmt *ask = NULL;
    fts5_tokenizer words = {words_create, words_delete, words_cut};
    int code = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &ask, NULL);
    if (code != SQLITE_OK) return code;
    (void)sqlite3_bind_pointer(ask, 1, &api, "fts5_api_ptr", NULL);
    (void)sqlite3_step(ask);
    code = sqlite3_finalize(ask);
    if (code != SQLITE_OK || !api) return SQLITE_ERROR;
    return api->xCreateTokenizer(api, "bench_words", NULL, &words, NULL);
}

/* ---- the database ---------------------------------------------------------------------------------------- */

typedef struct engine {
    sqlite3 *db;
    sqlite3_stmt *best, *count;
    char match[MATCH_BYTES_MAX];
} engine;

static fh_status say(engine *e, int code, fh_err *err)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return FH_OK;
    return fhi_fail(err, FH_E_IO, "SQLite: %s", e->db ? sqlite3_errmsg(e->db) : sqlite3_errstr(code));
}

static void engine_close(void *state)
{
    engine *e = state;
    if (!e) return;
    (void)sqlite3_finalize(e->best);
    (void)sqlite3_finalize(e->count);
    (void)sqlite3_close(e->db);
    free(e);
}

static fh_status database_open(engine *e, const char *path, int flags, fh_err *err)
{
    FH_TRY(say(e, sqlite3_open_v2(path, &e->db, flags, NULL), err));
    FH_TRY(say(e, sqlite3_exec(e->db, settings, NULL, NULL, NULL), err));
    return say(e, add_tokenizer(e->db), err);
}

static fh_status engine_open(const char *path, bool exhaustive, void **state, fh_err *err)
{
    static const char best[] = "SELECT rowid, rank FROM docs WHERE docs MATCH ?1 ORDER BY rank LIMIT ?2";
    static const char count[] = "SELECT count(*) FROM docs WHERE docs MATCH ?1";
    engine *e = calloc(1, sizeof *e);
    *state = e;
    (void)exhaustive; /* it always is */
    if (!e) return fhi_fail(err, FH_E_NOMEM, "not enough memory");
    FH_TRY(database_open(e, path, SQLITE_OPEN_READWRITE, err));
    FH_TRY(say(e, sqlite3_prepare_v2(e->db, best, -1, &e->best, NULL), err));
    return say(e, sqlite3_prepare_v2(e->db, count, -1, &e->count, NULL), err);
}

/* The words in FTS5's language, each a string of its own or all one phrase, and bound to the statement. */
static fh_status bind_words(engine *e, sqlite3_stmt *statement, const fhi_bench_item *item, fh_err *err)
{
    static const char *const between[] = {"\" AND \"", "\" OR \"", " "};
    size_t len = 0;
    e->match[len++] = '"';
    for (uint32_t i = 0; i < item->term_count; i++) {
        const char *join = i ? between[item->op] : "";
        if (len + strlen(join) + 2 * item->terms[i].len + 2 > sizeof e->match)
            return fhi_fail(err, FH_E_LIMIT, "too long a query");
        memcpy(e->match + len, join, strlen(join));
        len += strlen(join);
        for (size_t j = 0; j < item->terms[i].len; j++) {
            if (item->terms[i].ptr[j] == '"') e->match[len++] = '"';
            e->match[len++] = item->terms[i].ptr[j];
        }
    }
    e->match[len++] = '"';
    return say(e, sqlite3_bind_text(statement, 1, e->match, (int)len, SQLITE_STATIC), err);
}

static fh_status engine_search(void *state, const fhi_bench_item *item, uint32_t top, fhi_bench_hit *hits,
                               uint32_t *hit_count, fh_err *err)
{
    engine *e = state;
    int code;
    *hit_count = 0;
    FH_TRY(bind_words(e, e->best, item, err));
    FH_TRY(say(e, sqlite3_bind_int(e->best, 2, (int)top), err));
    while ((code = sqlite3_step(e->best)) == SQLITE_ROW && *hit_count < top)
        hits[(*hit_count)++] =
            (fhi_bench_hit){0, (uint32_t)sqlite3_column_int64(e->best, 0), -sqlite3_column_double(e->best, 1)};
    const fh_status status = say(e, code, err);
    (void)sqlite3_reset(e->best);
    return status;
}

static fh_status engine_count(void *state, const fhi_bench_item *item, uint64_t *count, fh_err *err)
{
    engine *e = state;
    *count = 0;
    FH_TRY(bind_words(e, e->count, item, err));
    const fh_status status = say(e, sqlite3_step(e->count), err);
    *count = (uint64_t)sqlite3_column_int64(e->count, 0);
    (void)sqlite3_reset(e->count);
    return status;
}

/* ---- indexing -------------------------------------------------------------------------------------------- */

static fh_status fill(engine *e, fhi_bench_lines *lines, uint64_t *indexed, fh_err *err)
{
    sqlite3_stmt *add = NULL;
    fh_str line;
    bool more = true;
    fh_status status =
        say(e, sqlite3_prepare_v2(e->db, "INSERT INTO docs(rowid, text) VALUES(?1, ?2)", -1, &add, NULL), err);
    while (status == FH_OK && more) {
        status = fhi_bench_lines_next(lines, &line, &more, err);
        if (status != FH_OK || !more || line.len == 0) continue;
        (void)sqlite3_bind_int64(add, 1, (sqlite3_int64)lines->number);
        (void)sqlite3_bind_text(add, 2, line.ptr, (int)line.len, SQLITE_STATIC);
        status = say(e, sqlite3_step(add), err);
        (void)sqlite3_reset(add);
        *indexed += 1;
    }
    (void)sqlite3_finalize(add);
    return status;
}

/* One transaction, then one b-tree of the index ('optimize'). */
static fh_status build(engine *e, const char *db, const char *file, uint64_t *indexed, fh_err *err)
{
    static const char before[] = "CREATE VIRTUAL TABLE docs USING fts5(text, content='', tokenize='bench_words');"
                                 "INSERT INTO docs(docs, rank) VALUES('hashsize', 268435456); BEGIN;";
    static const char after[] = "INSERT INTO docs(docs) VALUES('optimize'); COMMIT;";
    fhi_bench_lines lines = {0};
    FH_TRY(database_open(e, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err));
    FH_TRY(say(e, sqlite3_exec(e->db, before, NULL, NULL, NULL), err));
    fh_status status = fhi_bench_lines_open(&lines, file, err);
    if (status == FH_OK) status = fill(e, &lines, indexed, err);
    if (status == FH_OK) status = say(e, sqlite3_exec(e->db, after, NULL, NULL, NULL), err);
    fhi_bench_lines_close(&lines);
    return status;
}

static int index_lines(const char *db, const char *file)
{
    fh_err err = {.text = ""};
    uint64_t indexed = 0;
    engine *e = calloc(1, sizeof *e);
    if (!e) return fhi_bench_complain(db, "not enough memory");
    const fh_status status = build(e, db, file, &indexed, &err);
    engine_close(e);
    if (status != FH_OK) return fhi_bench_complain_err(db, status, &err);
    (void)printf("{\"indexed\":%ju}\n", (uintmax_t)indexed);
    return fhi_bench_close(stdout, "standard output") ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const fhi_bench_engine table = {"sqlite", engine_open, engine_close, engine_search, engine_count, NULL};
    char about[128];
    if (argc == 4 && strcmp(argv[1], "index") == 0) return index_lines(argv[2], argv[3]);
    if (argc != 3 || strcmp(argv[1], "answer") != 0)
        return fhi_bench_usage("usage: peer_sqlite index FILE.db FILE | peer_sqlite answer FILE.db\n", false);
    (void)snprintf(about, sizeof about, "SQLite %s FTS5, bm25() of its own, k1 1.2, b 0.75", sqlite3_libversion());
    return fhi_bench_answer_with(&table, argv[2], 0, 0, about);
}
