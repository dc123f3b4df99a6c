/* xapian_index.c - `fihrist bench xapian-index`: a file in the format `lines`, indexed by libxapian.
 *
 * The words of a line are cut by the `words` analyzer, as our own index has them; the first stands at position 1; the
 * document of line n (from 0) is docid n + 1. Nothing is stored but terms, positions and lengths.
 */
#include "bench/bench.h"

#include "engine/xap/xap.h"

#include <fihrist/analyzer.h>

#include <getopt.h>

enum { CACHE_BYTES_MAX = 256 * 1024 * 1024 };

static const char usage[] =
    "usage: fihrist bench xapian-index --db DIR FILE\n"
    "\n"
    "Indexes FILE (one document a line, words between white space) with libxapian, for `fihrist bench compare`.\n"
    "Prints {\"indexed\",\"tokens\",\"text_bytes\"}. XAPIAN_FLUSH_THRESHOLD in the environment is libxapian's own.\n";

typedef struct totals {
    uint64_t indexed;
    uint64_t tokens;
    uint64_t text_bytes;
} totals;

static fh_status fill(fhi_xap_document *document, const fh_token *tokens, size_t count, fh_err *err)
{
    for (size_t i = 0; i < count; i++)
        FH_TRY(fhi_xap_document_add_posting(document, tokens[i].word->stem, tokens[i].position + 1, 1, err));
    return FH_OK;
}

static fh_status add_line(fhi_xap_db *db, fh_analyzer *analyzer, fh_str line, uint32_t docid, totals *sum, fh_err *err)
{
    const fh_token *tokens;
    size_t count;
    fhi_xap_document *document;
    if (fh_analyzer_cache_bytes(analyzer) > CACHE_BYTES_MAX) fh_analyzer_reset(analyzer);
    FH_TRY(fh_analyzer_run(analyzer, line, &tokens, &count, err));
    if (count == 0) return FH_OK; /* blank: its number stays free, as in our index */
    FH_TRY(fhi_xap_document_create(&document, err));
    fh_status status = fill(document, tokens, count, err);
    if (status == FH_OK) status = fhi_xap_db_replace(db, docid, document, err);
    fhi_xap_document_destroy(document);
    sum->indexed++;
    sum->tokens += count;
    sum->text_bytes += line.len + 1;
    return status;
}

static fh_status index_lines(const char *directory, const char *path, totals *sum, fh_err *err)
{
    fhi_xap_db *db = NULL;
    fh_analyzer *analyzer = NULL;
    fhi_bench_lines lines = {0};
    fh_str line;
    bool more = true;
    fh_status status = fhi_bench_lines_open(&lines, path, err);
    if (status == FH_OK) status = fh_analyzer_create("words", &analyzer, err);
    if (status == FH_OK) status = fhi_xap_db_open_writable(fhi_str(directory), FHI_XAP_OVERWRITE, &db, err);
    while (status == FH_OK && more) {
        status = fhi_bench_lines_next(&lines, &line, &more, err);
        if (status == FH_OK && lines.number > UINT32_MAX) status = fhi_fail(err, FH_E_LIMIT, "too many lines");
        if (status == FH_OK && more) status = add_line(db, analyzer, line, (uint32_t)lines.number, sum, err);
        if (status == FH_E_UTF8) (void)snprintf(err->file, sizeof err->file, "%s:%ju", path, (uintmax_t)lines.number);
    }
    if (status == FH_OK) status = fhi_xap_db_commit(db, err);
    fhi_xap_db_destroy(db);
    fh_analyzer_destroy(analyzer);
    fhi_bench_lines_close(&lines);
    return status;
}

int fhi_bench_xapian_index(int argc, char **argv)
{
    static const struct option known[] = {
        {"db", required_argument, NULL, 'd'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    const char *directory = NULL;
    fh_err err = {.text = ""};
    totals sum = {0};
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option != 'd') return fhi_bench_usage(usage, option == 'h');
        directory = optarg;
    }
    if (!directory || optind + 1 != argc) return fhi_bench_usage(usage, false);
    const fh_status status = index_lines(directory, argv[optind], &sum, &err);
    if (status != FH_OK) return fhi_bench_complain_err(argv[optind], status, &err);
    (void)printf("{\"indexed\":%ju,\"tokens\":%ju,\"text_bytes\":%ju}\n", (uintmax_t)sum.indexed, (uintmax_t)sum.tokens,
                 (uintmax_t)sum.text_bytes);
    return fhi_bench_close(stdout, "standard output") ? 0 : 1;
}
