/* relevance.c - how well an index ranks: mean reciprocal rank of the first right answer among ten.
 *
 * Queries: lines `id<TAB>text`; judgements: lines `id<TAB>0<TAB>document<TAB>1`. The text of a query goes to the
 * planner as one run of plain words, past the parser: nothing in it is an operator. A query without a judgement
 * is left out.
 */
#include "bench/bench.h"

#include "query/language/plan.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { TOP = 10, ARENA_BYTES_MAX = 64 * 1024 * 1024, CACHE_BYTES_MAX = 32 * 1024 * 1024 };

typedef struct options {
    const char *index;
    const char *queries;
    const char *qrels;
    fhi_op op;
    bool verbose; /* a line for each query */
} options;

typedef struct judgement {
    fh_str query;
    fh_str document;
} judgement;

typedef struct run {
    fhi_index *index;
    fh_analyzer *analyzer;
    fhi_arena arena;
    fhi_buf id;
    char *queries; /* files, whole */
    char *qrels;
    judgement *judgements; /* by query */
    size_t judgement_count;
    double reciprocal_sum;
    size_t found_count; /* queries with a right answer among the ten */
    size_t query_count;
} run;

static void usage(FILE *to)
{
    (void)fputs("usage: fihrist bench relevance --index DIR --queries TSV --qrels TSV [--op or|and] [--verbose]\n\n"
                "Prints one JSON object: MRR@10, the share of queries with a right answer among ten, their number,\n"
                "and the mean time of a query. Lines of --queries: id, text; of --qrels: id, 0, document, 1.\n",
                to);
}

/* ---- files ----------------------------------------------------------------------------------------------- */

static char *read_file(const char *path)
{
    fhi_buf bytes;
    FILE *file = fopen(path, "rb");
    fhi_buf_init(&bytes);
    for (size_t count = 1; file && count > 0 && fhi_buf_reserve(&bytes, 1 << 16);) {
        count = fread(bytes.data + bytes.len, 1, 1 << 16, file);
        bytes.len += count;
    }
    const bool failed = !file || ferror(file) || bytes.status != FH_OK;
    const int reason = errno;
    if (file) (void)fclose(file);
    fhi_buf_put8(&bytes, 0);
    if (failed || bytes.status != FH_OK) {
        (void)fhi_bench_complain(path, fhi_errno_text(reason));
        fhi_buf_fini(&bytes);
        return NULL;
    }
    return (char *)bytes.data;
}

/* The next line of *rest, without its end; false at the end of the text. */
static bool next_line(const char **rest, fh_str *line)
{
    const size_t len = strcspn(*rest, "\n");
    *line = (fh_str){*rest, len};
    if (**rest == '\0') return false;
    *rest += len + ((*rest)[len] == '\n');
    return true;
}

static int compare_judgements(const void *left, const void *right)
{
    return fhi_str_compare(((const judgement *)left)->query, ((const judgement *)right)->query);
}

static bool read_judgements(run *r)
{
    const char *rest = r->qrels;
    fh_str line;
    size_t capacity = 0;
    while (next_line(&rest, &line)) {
        if (r->judgement_count == capacity) {
            capacity = capacity ? 2 * capacity : 1024;
            judgement *more = realloc(r->judgements, capacity * sizeof *more);
            if (!more) return false;
            r->judgements = more;
        }
        const fh_str query = fhi_bench_next_cell(&line);
        (void)fhi_bench_next_cell(&line);
        const fh_str document = fhi_bench_next_cell(&line);
        if (fhi_str_equal(line, FH_STR("0")) || document.len == 0) continue;
        r->judgements[r->judgement_count++] = (judgement){query, document};
    }
    if (r->judgement_count) qsort(r->judgements, r->judgement_count, sizeof *r->judgements, compare_judgements);
    return true;
}

/* ---- queries --------------------------------------------------------------------------------------------- */

/* First judgement of a query; NULL when it has none. */
static const judgement *judgements_of(const run *r, fh_str query)
{
    size_t low = 0, high = r->judgement_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (fhi_str_compare(r->judgements[middle].query, query) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == r->judgement_count || !fhi_str_equal(r->judgements[low].query, query)) return NULL;
    return &r->judgements[low];
}

static bool is_right(const run *r, const judgement *first, fh_str document)
{
    for (const judgement *j = first; j < r->judgements + r->judgement_count; j++) {
        if (!fhi_str_equal(j->query, first->query)) return false;
        if (fhi_str_equal(j->document, document)) return true;
    }
    return false;
}

/* Hits of one text. A text without any word has none. */
static fh_status search(run *r, fh_str text, fhi_op op, fhi_hits *hits, fh_err *err)
{
    const fhi_plan_input input = {r->analyzer, fhi_index_settings(r->index), op, &r->arena, text};
    const fhi_match_options best = {.top = TOP};
    const fhi_syntax words = {
        .kind = FHI_SYNTAX_WORD, .near = FHI_NEAR_NONE, .boost = 1, .end = (uint32_t)text.len, .text = text};
    fhi_plan plan;
    fhi_query_error error;
    *hits = (fhi_hits){0};
    fhi_arena_reset(&r->arena);
    if (fh_analyzer_cache_bytes(r->analyzer) > CACHE_BYTES_MAX) fh_analyzer_reset(r->analyzer);
    const fh_status status = fhi_plan_make(&input, &words, &plan, &error, err);
    if (status == FH_E_SYNTAX && error.code == FHI_QUERY_EMPTY) return FH_OK;
    if (status != FH_OK) return status;
    return fhi_match_run(r->index, plan.root, &best, &r->arena, hits, err);
}

/* 1 for the first hit, 0 when none of the ten is right. */
static fh_status rank_of(run *r, const judgement *first, const fhi_hits *hits, unsigned *rank, fh_err *err)
{
    *rank = 0;
    for (uint32_t i = 0; i < hits->hit_count; i++) {
        const fhi_segment *segment = fhi_index_segment(r->index, hits->hits[i].segment);
        FH_TRY(fhi_segment_doc_id(segment, hits->hits[i].doc, &r->id, err));
        if (!is_right(r, first, fhi_buf_str(&r->id))) continue;
        *rank = i + 1;
        return FH_OK;
    }
    return FH_OK;
}

static fh_status ask_all(run *r, const options *o, fh_err *err)
{
    const char *rest = r->queries;
    fh_str line;
    while (next_line(&rest, &line)) {
        fhi_hits hits;
        unsigned rank;
        const fh_str id = fhi_bench_next_cell(&line);
        const judgement *first = judgements_of(r, id);
        if (!first) continue;
        FH_TRY(search(r, line, o->op, &hits, err));
        FH_TRY(rank_of(r, first, &hits, &rank, err));
        if (o->verbose) (void)printf("%u\t%.*s\t%.*s\n", rank, (int)id.len, id.ptr, (int)line.len, line.ptr);
        r->query_count++;
        r->found_count += rank > 0;
        if (rank) r->reciprocal_sum += 1.0 / rank;
    }
    return FH_OK;
}

static int measure(run *r, const options *o)
{
    fh_err err = {.text = ""};
    fhi_arena_init(&r->arena, ARENA_BYTES_MAX);
    r->queries = read_file(o->queries);
    r->qrels = r->queries ? read_file(o->qrels) : NULL;
    if (!r->qrels) return 1;
    if (!read_judgements(r)) return fhi_bench_complain(o->qrels, "not enough memory");
    fh_status status = fhi_index_open(fhi_vfs_posix(), o->index, &r->index, &err);
    if (status == FH_OK) status = fh_analyzer_create(fhi_index_settings(r->index)->analyzer, &r->analyzer, &err);
    const uint64_t start_ns = fhi_bench_now_ns();
    if (status == FH_OK) status = ask_all(r, o, &err);
    if (status != FH_OK) return fhi_bench_complain(o->index, err.text[0] ? err.text : fh_status_text(status));
    if (r->query_count == 0) return fhi_bench_complain(o->queries, "no query of it is judged");
    const double count = (double)r->query_count;
    (void)printf("{\"mrr_10\":%.4f,\"found_10\":%.4f,\"queries\":%zu,\"mean_us\":%.1f}\n", r->reciprocal_sum / count,
                 (double)r->found_count / count, r->query_count, (double)(fhi_bench_now_ns() - start_ns) / 1e3 / count);
    return 0;
}

static bool read_options(int argc, char **argv, options *o, bool *help)
{
    static const struct option known[] = {
        {"index", required_argument, NULL, 'i'},
        {"queries", required_argument, NULL, 'q'},
        {"qrels", required_argument, NULL, 'r'},
        {"op", required_argument, NULL, 'o'},
        {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'i': o->index = optarg; break;
        case 'q': o->queries = optarg; break;
        case 'r': o->qrels = optarg; break;
        case 'v': o->verbose = true; break;
        case 'h': *help = true; return true;
        case 'o':
            if (strcmp(optarg, "and") != 0 && strcmp(optarg, "or") != 0) return false;
            o->op = strcmp(optarg, "or") == 0 ? FHI_OP_OR : FHI_OP_AND;
            break;
        default: return false;
        }
    }
    return optind == argc && o->index && o->queries && o->qrels;
}

int fhi_bench_relevance(int argc, char **argv)
{
    options o = {.op = FHI_OP_OR};
    bool help = false;
    run r = {0};
    if (!read_options(argc, argv, &o, &help)) {
        usage(stderr);
        return 2;
    }
    if (help) {
        usage(stdout);
        return 0;
    }
    const int code = measure(&r, &o);
    fh_analyzer_destroy(r.analyzer);
    fhi_index_release(r.index);
    fhi_arena_fini(&r.arena);
    fhi_buf_fini(&r.id);
    free(r.judgements);
    free(r.qrels);
    free(r.queries);
    return code;
}
