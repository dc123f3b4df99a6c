/* terms.c - `fihrist bench terms`: articles become lines of words that every engine can index alike.
 *
 * The words are the stems of the press analyzer, in the order of the text, title first; joined forms and dates, which
 * share a position with a word, are left out. Line n of --titles holds the words of the title of line n of --terms.
 */
#include "bench/bench.h"

#include "indexer/article.h"

#include <fihrist/analyzer.h>

#include <getopt.h>

enum { CACHE_BYTES_MAX = 128 * 1024 * 1024 };

static const char usage[] =
    "usage: fihrist bench terms --terms FILE --titles FILE PATH...\n"
    "\n"
    "Reads articles (JSON Lines, .zst and .gz as they are) and writes one line of words for each: all of it to\n"
    "--terms, its title to --titles. Prints {\"articles\",\"skipped\",\"words\",\"raw_bytes\"}.\n";

typedef struct job {
    fh_analyzer *analyzer;
    fhi_article article;
    FILE *terms;
    FILE *titles;
    uint64_t articles, skipped, words, raw_bytes;
} job;

/* Writes the words of a text, separated by one space; *any tells whether the line has words already. */
static fh_status put_words(job *j, fh_str text, FILE *to, bool *any, fh_err *err)
{
    const fh_token *tokens;
    size_t count;
    FH_TRY(fh_analyzer_run(j->analyzer, text, &tokens, &count, err));
    for (size_t i = 0; i < count; i++) {
        const fh_word *word = tokens[i].word;
        if (word->kind == FH_TOKEN_JOINED || word->kind == FH_TOKEN_DATE || word->stem.len == 0) continue;
        if (*any) (void)fputc(' ', to);
        (void)fwrite(word->stem.ptr, 1, word->stem.len, to);
        *any = true;
        j->words++;
    }
    return FH_OK;
}

static fh_status put_article(job *j, fh_err *err)
{
    static const fh_field fields[] = {FH_FIELD_TITLE, FH_FIELD_ABSTRACT, FH_FIELD_BODY, FH_FIELD_TAGS};
    bool any = false, any_title = false;
    if (fh_analyzer_cache_bytes(j->analyzer) > CACHE_BYTES_MAX) fh_analyzer_reset(j->analyzer);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        FH_TRY(put_words(j, j->article.record.fields[fields[i]], j->terms, &any, err));
    const uint64_t words = j->words;
    FH_TRY(put_words(j, j->article.record.fields[FH_FIELD_TITLE], j->titles, &any_title, err));
    j->words = words;
    (void)fputc('\n', j->terms);
    (void)fputc('\n', j->titles);
    j->articles++;
    return FH_OK;
}

static fh_status read_path(job *j, const char *path, fh_err *err)
{
    fhi_bench_lines lines;
    fh_str line;
    bool more = true;
    fh_status status = fhi_bench_lines_open(&lines, path, err);
    while (status == FH_OK && more) {
        status = fhi_bench_lines_next(&lines, &line, &more, err);
        if (status != FH_OK || !more) continue;
        j->raw_bytes += line.len + 1;
        const fh_status refused = fhi_article_from_json(&j->article, line, FH_STR("-"), err);
        if (refused == FH_E_NOMEM) status = refused;
        if (refused == FH_OK) status = put_article(j, err);
        j->skipped += refused != FH_OK;
    }
    fhi_bench_lines_close(&lines);
    return status;
}

static int run(job *j, const char *terms, const char *titles, char **paths)
{
    fh_err err = {.text = ""};
    j->terms = fhi_bench_create(terms);
    j->titles = j->terms ? fhi_bench_create(titles) : NULL;
    if (!j->titles) return 1;
    fh_status status = fh_analyzer_create("press", &j->analyzer, &err);
    for (; *paths && status == FH_OK; paths++) {
        status = read_path(j, *paths, &err);
        if (status != FH_OK) return fhi_bench_complain_err(*paths, status, &err);
    }
    if (status != FH_OK) return fhi_bench_complain_err("press", status, &err);
    (void)printf("{\"articles\":%ju,\"skipped\":%ju,\"words\":%ju,\"raw_bytes\":%ju}\n", (uintmax_t)j->articles,
                 (uintmax_t)j->skipped, (uintmax_t)j->words, (uintmax_t)j->raw_bytes);
    return 0;
}

int fhi_bench_terms(int argc, char **argv)
{
    static const struct option known[] = {
        {"terms", required_argument, NULL, 'e'},
        {"titles", required_argument, NULL, 'i'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *terms = NULL, *titles = NULL;
    job j = {0};
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'e') terms = optarg;
        if (option == 'i') titles = optarg;
        if (option != 'e' && option != 'i') return fhi_bench_usage(usage, option == 'h');
    }
    if (!terms || !titles || optind == argc) return fhi_bench_usage(usage, false);
    int code = run(&j, terms, titles, argv + optind);
    if (!fhi_bench_close(j.terms, terms)) code = 1;
    if (!fhi_bench_close(j.titles, titles)) code = 1;
    fh_analyzer_destroy(j.analyzer);
    fhi_article_fini(&j.article);
    return code;
}
