/* test_xapian.c - our engine against libxapian on the same terms: random queries must find the same documents, and AND
 * and OR must rank them alike.
 *
 * libxapian weighs by our own formula (fhi_xap_norm_bm25) and does not prune. Ours is asked twice: for everything, and
 * for the best ten, which must be the head of everything. Phrases and proximity score by another definition there, so
 * only their documents are compared.
 */
#include "bench/bench.h"
#include "engine/xap/xap.h"
#include "indexer/article.h"
#include "tests/support/corpus.h"
#include "tests/support/scratch.h"
#include "tests/support/shared.h"

#include <fihrist/analyzer.h>
#include <fihrist/writer.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above first */
#include <cmocka.h>

enum { WORDS_MAX = 5, TOP = 10, NEWS_EACH = 1500, NEWS_WORDS_MAX = 1 << 20, LINE_WORDS_MAX = 400 };

static const double tolerance = 1e-4; /* relative; ours sums in float, theirs in double */

/* The same documents twice, each numbered from 0 in both. */
typedef struct twins {
    scratch folder;
    fhi_index *index;
    fhi_xap_db *db;
    uint32_t doc_count;
    uint32_t *numbers[16]; /* of each segment's documents */
    uint32_t *ranks;       /* scratch: 1 + rank in our answer, by number */
    float length_of_norm[256];
    fhi_arena arena;
} twins;

typedef enum op { OP_AND, OP_OR, OP_PHRASE, OP_NEAR, OP_AND_NOT, OP_COUNT } op;

typedef struct question {
    op op;
    fh_str words[WORDS_MAX]; /* without namespace; of AND-NOT the last is the excluded one */
    uint32_t count;
    uint32_t window; /* NEAR: positions more than the words need */
} question;

/* ---- ours ------------------------------------------------------------------------------------------------ */

typedef struct our_plan {
    fhi_node root, first;
    fhi_node words[WORDS_MAX];
    fhi_node *children[WORDS_MAX];
    fhi_node *sides[2];
    fhi_slot slots[WORDS_MAX];
    fh_str terms[WORDS_MAX];
    char bytes[WORDS_MAX][FH_TERM_BYTES_MAX + 1];
} our_plan;

static void plan_of(const question *q, our_plan *plan)
{
    static const fhi_node_kind kinds[] = {FHI_NODE_AND, FHI_NODE_OR, FHI_NODE_PHRASE, FHI_NODE_PHRASE, FHI_NODE_NOT};
    for (uint32_t i = 0; i < q->count; i++) {
        plan->bytes[i][0] = FHI_NS_STEM;
        memcpy(plan->bytes[i] + 1, q->words[i].ptr, q->words[i].len);
        plan->terms[i] = (fh_str){plan->bytes[i], q->words[i].len + 1};
        plan->slots[i] = (fhi_slot){.word = {.terms = &plan->terms[i], .term_count = 1}, .offset = i};
        plan->words[i] = (fhi_node){.kind = FHI_NODE_WORD, .weight = 1, .word = plan->slots[i].word};
        plan->children[i] = &plan->words[i];
    }
    plan->root = (fhi_node){.kind = kinds[q->op], .weight = 1, .child_count = q->count, .children = plan->children};
    if (q->op == OP_PHRASE || q->op == OP_NEAR) {
        plan->root.child_count = 0;
        plan->root.slots = plan->slots;
        plan->root.slot_count = q->count;
        plan->root.window = q->window;
    }
    if (q->op == OP_AND_NOT) {
        plan->first = (fhi_node){.kind = FHI_NODE_AND, .child_count = q->count - 1, .children = plan->children};
        plan->sides[0] = &plan->first;
        plan->sides[1] = &plan->words[q->count - 1];
        plan->root.child_count = 2;
        plan->root.children = plan->sides;
    }
}

static fhi_hits ask_ours(twins *t, const question *q, uint32_t top)
{
    fh_err err = {.text = ""};
    fhi_hits hits;
    our_plan plan;
    const fhi_match_options options = {.top = top, .count = top != TOP};
    plan_of(q, &plan);
    if (fhi_match_run(t->index, &plan.root, &options, &t->arena, &hits, &err) != FH_OK) fail_msg("%s", err.text);
    return hits;
}

/* ---- theirs ---------------------------------------------------------------------------------------------- */

static void must(fh_status status, const fh_err *err)
{
    if (status != FH_OK) fail_msg("%s: %s", fh_status_name(status), err->text);
}

static fhi_xap_query *query_of(const question *q)
{
    static const fhi_xap_op ops[] = {FHI_XAP_AND, FHI_XAP_OR, FHI_XAP_PHRASE, FHI_XAP_NEAR, FHI_XAP_AND};
    fh_err err = {.text = ""};
    fhi_xap_query *made, *first, *last;
    const uint32_t count = q->op == OP_AND_NOT ? q->count - 1 : q->count;
    const uint32_t window = q->op == OP_NEAR ? q->count + q->window : 0;
    must(fhi_xap_query_combine_terms(ops[q->op], q->words, count, window, &made, &err), &err);
    if (q->op != OP_AND_NOT) return made;
    first = made;
    must(fhi_xap_query_term(q->words[count], 1, &last, &err), &err);
    const fhi_xap_query *const sides[] = {first, last};
    must(fhi_xap_query_combine(FHI_XAP_AND_NOT, sides, 2, 0, &made, &err), &err);
    fhi_xap_query_destroy(first);
    fhi_xap_query_destroy(last);
    return made;
}

static fhi_xap_hits *ask_theirs(twins *t, const question *q)
{
    fh_err err = {.text = ""};
    fhi_xap_enquire *enquiry;
    fhi_xap_hits *hits;
    fhi_xap_query *query = query_of(q);
    const fhi_settings *settings = fhi_index_settings(t->index);
    const double average = (double)fhi_index_average_length(t->index); /* 0: all are empty, and nothing is found */
    const fhi_xap_norm_bm25 weights = {(double)settings->k1,          (double)settings->b, 1.0,
                                       average > 0.0 ? average : 1.0, t->length_of_norm,   fhi_norm_of_length};
    must(fhi_xap_enquire_create(t->db, &enquiry, &err), &err);
    must(fhi_xap_enquire_set_norm_bm25(enquiry, &weights, &err), &err);
    must(fhi_xap_enquire_set_query(enquiry, query, &err), &err);
    must(fhi_xap_enquire_run(enquiry, 0, t->doc_count, UINT32_MAX, &hits, &err), &err);
    fhi_xap_enquire_destroy(enquiry);
    fhi_xap_query_destroy(query);
    return hits;
}

/* ---- both ------------------------------------------------------------------------------------------------ */

static uint32_t number_of(const twins *t, const fhi_hit *hit)
{
    return t->numbers[hit->segment][hit->doc];
}

static void describe(const question *q)
{
    static const char *const names[] = {"AND", "OR", "PHRASE", "NEAR", "AND-NOT"};
    print_error("%s window %u:", names[q->op], q->window);
    for (uint32_t i = 0; i < q->count; i++)
        print_error(" %.*s", (int)q->words[i].len, q->words[i].ptr);
    print_error("\n");
}

static bool near(double a, double b)
{
    return fabs(a - b) <= tolerance * fmax(1.0, fabs(b));
}

/* Every document of theirs is in ours; AND and OR: with the same score, and rank by rank with the same scores. */
static bool same_answer(twins *t, const question *q, const fhi_hits *ours, fhi_xap_hits *theirs)
{
    fh_err err = {.text = ""};
    const bool ranked = q->op == OP_AND || q->op == OP_OR || q->op == OP_AND_NOT;
    bool same = true;
    memset(t->ranks, 0, t->doc_count * sizeof *t->ranks);
    for (uint32_t i = 0; i < ours->hit_count; i++)
        t->ranks[number_of(t, &ours->hits[i])] = i + 1;
    for (uint32_t i = 0; i < ours->hit_count && same; i++) {
        fhi_xap_hit hit;
        must(fhi_xap_hits_get(theirs, i, &hit, &err), &err);
        const uint32_t rank = t->ranks[hit.docid - 1];
        same = rank > 0;
        if (same && ranked)
            same =
                near((double)ours->hits[rank - 1].score, hit.weight) && near((double)ours->hits[i].score, hit.weight);
        if (!same) print_error("their rank %u is number %u, %.9g; ours %u\n", i, hit.docid - 1, hit.weight, rank);
    }
    return same;
}

/* Best ten: the head of all, to the last bit. */
static bool same_head(const fhi_hits *all, const fhi_hits *best)
{
    const uint32_t wanted = all->hit_count < TOP ? all->hit_count : TOP;
    if (best->hit_count != wanted) return false;
    for (uint32_t i = 0; i < wanted; i++) {
        const fhi_hit *a = &all->hits[i], *b = &best->hits[i];
        if (a->segment != b->segment || a->doc != b->doc || a->score != b->score) return false;
    }
    return true;
}

static void compare(twins *t, const question *q)
{
    fh_err err = {.text = ""};
    fhi_xap_totals totals;
    fhi_arena_reset(&t->arena);
    const fhi_hits all = ask_ours(t, q, FHI_TOP_MAX);
    const fhi_hits best = ask_ours(t, q, TOP);
    fhi_xap_hits *theirs = ask_theirs(t, q);
    must(fhi_xap_hits_totals(theirs, &totals, &err), &err);
    const bool same_count = all.hit_count == totals.hit_count && all.total == totals.hit_count;
    if (!same_count) print_error("ours %u (%ju), theirs %u\n", all.hit_count, (uintmax_t)all.total, totals.hit_count);
    const bool same = same_count && same_answer(t, q, &all, theirs) && same_head(&all, &best);
    if (!same) describe(q);
    assert_true(same);
    fhi_xap_hits_destroy(theirs);
}

/* Numbers of our documents: the digits at the end of their ids. */
static void read_numbers(twins *t)
{
    fh_err err = {.text = ""};
    fhi_buf id;
    fhi_buf_init(&id);
    t->doc_count = fhi_index_doc_count(t->index);
    assert_in_range(fhi_index_segment_count(t->index), 1, 16);
    for (uint32_t s = 0; s < fhi_index_segment_count(t->index); s++) {
        const fhi_segment *segment = fhi_index_segment(t->index, s);
        t->numbers[s] = calloc(fhi_segment_doc_count(segment) + 1, sizeof *t->numbers[s]);
        assert_non_null(t->numbers[s]);
        for (uint32_t d = 0; d < fhi_segment_doc_count(segment); d++) {
            must(fhi_segment_doc_id(segment, d, &id, &err), &err);
            fhi_buf_put8(&id, 0);
            const char *text = (const char *)id.data;
            t->numbers[s][d] = (uint32_t)strtoul(text + strcspn(text, "0123456789"), NULL, 10);
        }
    }
    fhi_buf_fini(&id);
}

static void twins_open(twins *t, const char *path)
{
    fh_err err = {.text = ""};
    must(fhi_index_open(fhi_vfs_posix(), path, &t->index, &err), &err);
    read_numbers(t);
    t->ranks = calloc(t->doc_count + 1, sizeof *t->ranks);
    assert_non_null(t->ranks);
    fhi_arena_init(&t->arena, 1u << 30);
    for (uint32_t norm = 0; norm < 256; norm++)
        t->length_of_norm[norm] = (float)fhi_length_of_norm((uint8_t)norm);
}

static void twins_fini(twins *t)
{
    fhi_index_release(t->index);
    fhi_xap_db_destroy(t->db);
    for (uint32_t i = 0; i < 16; i++)
        free(t->numbers[i]);
    free(t->ranks);
    fhi_arena_fini(&t->arena);
    scratch_fini(&t->folder);
}

/* ---- random corpora -------------------------------------------------------------------------------------- */

static void fill_db(twins *t, const corpus *made)
{
    fh_err err = {.text = ""};
    must(fhi_xap_db_open_memory(&t->db, &err), &err);
    for (uint32_t d = 0; d < made->doc_count; d++) {
        const corpus_doc *doc = &made->docs[d];
        fhi_xap_document *document;
        must(fhi_xap_document_create(&document, &err), &err);
        for (uint32_t i = 0; i < doc->occurrence_count; i++) {
            char name[16];
            corpus_term(doc->occurrences[i].term, name);
            must(fhi_xap_document_add_posting(document, fhi_str(name + 1), doc->occurrences[i].position + 1, 1, &err),
                 &err);
        }
        must(fhi_xap_db_replace(t->db, d + 1, document, &err), &err);
        fhi_xap_document_destroy(document);
    }
}

static bool asks_for(const question *q, fh_str word)
{
    for (uint32_t i = 0; i < q->count; i++)
        if (fhi_str_equal(q->words[i], word)) return true;
    return false;
}

/* Different words, some of which do not exist; phrases from a document as a rule, so that they are found. */
static void draw_question(const corpus *made, rng *random, question *q, char names[WORDS_MAX][16])
{
    *q = (question){.op = (op)rng_below(random, OP_COUNT)};
    const corpus_doc *doc = &made->docs[rng_below(random, made->doc_count)];
    const bool from_doc = doc->occurrence_count > WORDS_MAX && rng_below(random, 4) != 0;
    const uint32_t start = from_doc ? (uint32_t)rng_below(random, doc->occurrence_count - WORDS_MAX) : 0;
    const uint32_t wanted = 2 + (uint32_t)rng_below(random, WORDS_MAX - 1);
    for (uint32_t i = 0; i < wanted; i++) {
        const uint32_t any = (uint32_t)(rng_unit(random) * rng_unit(random) * (made->term_count + 2));
        corpus_term(from_doc ? doc->occurrences[start + i].term : any, names[i]);
        const fh_str word = fhi_str(names[i] + 1);
        if (q->op == OP_PHRASE || !asks_for(q, word)) q->words[q->count++] = word;
    }
    if (q->op == OP_NEAR) q->window = 1 + (uint32_t)rng_below(random, 12);
    if (q->op == OP_AND_NOT && q->count < 2) q->op = OP_AND;
}

static void try_corpus(rng *random, uint32_t segments, uint32_t docs_max, uint32_t terms, uint32_t questions)
{
    twins t = {.db = NULL};
    corpus made;
    char path[SCRATCH_PATH_BYTES];
    fh_err err = {.text = ""};
    scratch_init(&t.folder);
    corpus_make(&made, random, false, segments, docs_max, terms);
    must(corpus_write(&made, fhi_vfs_posix(), scratch_path(&t.folder, "index", path), &err), &err);
    twins_open(&t, path);
    fill_db(&t, &made);
    for (uint32_t i = 0; i < questions && made.doc_count > 0; i++) {
        question q;
        char names[WORDS_MAX][16];
        draw_question(&made, random, &q, names);
        compare(&t, &q);
    }
    corpus_fini(&made);
    twins_fini(&t);
}

static void small_corpora_answer_as_libxapian_does(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "small corpora");
    for (int i = 0; i < rng_rounds(30); i++)
        try_corpus(&random, 1 + (uint32_t)rng_below(&random, 4), 80, 15, 100);
}

static void large_corpora_answer_as_libxapian_does(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "large corpora");
    try_corpus(&random, 1, 4000, 300, 1500);
    try_corpus(&random, 3, 2500, 60, 1500);
}

/* ---- real words ------------------------------------------------------------------------------------------ */

typedef struct news {
    fh_analyzer *analyzer;
    fh_str *words; /* of all articles, in order */
    uint32_t word_count;
    uint32_t starts[2 * NEWS_EACH + 1]; /* of each article in words */
    uint32_t count;
} news;

/* The stems of an article, until the room for words is used up. */
static void take_text(news *n, fh_str text)
{
    fh_err err = {.text = ""};
    const fh_token *tokens;
    size_t count;
    must(fh_analyzer_run(n->analyzer, text, &tokens, &count, &err), &err);
    for (size_t i = 0; i < count && n->word_count < n->starts[n->count] + LINE_WORDS_MAX; i++)
        if (tokens[i].word->kind < FH_TOKEN_JOINED && n->word_count < NEWS_WORDS_MAX)
            n->words[n->word_count++] = tokens[i].word->stem;
}

static void take_file(news *n, const char *path)
{
    fh_err err = {.text = ""};
    fhi_bench_lines lines;
    fhi_article article = {0};
    fh_str line;
    bool more = true;
    must(fhi_bench_lines_open(&lines, path, &err), &err);
    for (uint32_t i = 0; i < NEWS_EACH && more; i++) {
        must(fhi_bench_lines_next(&lines, &line, &more, &err), &err);
        if (!more || fhi_article_from_json(&article, line, FH_STR("x"), &err) != FH_OK) continue;
        take_text(n, article.record.fields[FH_FIELD_TITLE]);
        take_text(n, article.record.fields[FH_FIELD_BODY]);
        if (n->word_count > n->starts[n->count]) n->starts[++n->count] = n->word_count;
    }
    fhi_article_fini(&article);
    fhi_bench_lines_close(&lines);
}

static void index_news(const news *n, const char *path)
{
    fh_err err = {.text = ""};
    fh_writer *writer;
    const fh_writer_options options = {.analyzer = "words"};
    fhi_buf text;
    fhi_buf_init(&text);
    must(fh_writer_open(path, &options, &writer, &err), &err);
    for (uint32_t d = 0; d < n->count; d++) {
        char id[16];
        fh_record record = {0};
        fhi_buf_clear(&text);
        for (uint32_t i = n->starts[d]; i < n->starts[d + 1]; i++)
            fhi_buf_printf(&text, "%.*s ", (int)n->words[i].len, n->words[i].ptr);
        (void)snprintf(id, sizeof id, "%u", d);
        record.fields[FH_FIELD_ID] = fhi_str(id);
        record.fields[FH_FIELD_BODY] = fhi_buf_str(&text);
        must(fh_writer_add(writer, &record, &err), &err);
        if (d == n->count / 2) must(fh_writer_commit(writer, &err), &err);
    }
    must(fh_writer_commit(writer, &err), &err);
    fh_writer_close(writer);
    fhi_buf_fini(&text);
}

static void fill_db_with_news(twins *t, const news *n)
{
    fh_err err = {.text = ""};
    must(fhi_xap_db_open_memory(&t->db, &err), &err);
    for (uint32_t d = 0; d < n->count; d++) {
        fhi_xap_document *document;
        must(fhi_xap_document_create(&document, &err), &err);
        for (uint32_t i = n->starts[d]; i < n->starts[d + 1]; i++)
            must(fhi_xap_document_add_posting(document, n->words[i], i - n->starts[d] + 1, 1, &err), &err);
        must(fhi_xap_db_replace(t->db, d + 1, document, &err), &err);
        fhi_xap_document_destroy(document);
    }
}

static void draw_news_question(const news *n, rng *random, question *q)
{
    *q = (question){.op = (op)rng_below(random, OP_COUNT)};
    const uint32_t doc = (uint32_t)rng_below(random, n->count);
    const uint32_t length = n->starts[doc + 1] - n->starts[doc];
    const uint32_t wanted = 2 + (uint32_t)rng_below(random, WORDS_MAX - 1);
    const uint32_t start = length > wanted ? (uint32_t)rng_below(random, length - wanted) : 0;
    for (uint32_t i = 0; i < wanted && i < length; i++) {
        const uint32_t at = q->op == OP_PHRASE ? start + i : (uint32_t)rng_below(random, length);
        const fh_str word = n->words[n->starts[doc] + at];
        if (q->op == OP_PHRASE || !asks_for(q, word)) q->words[q->count++] = word;
    }
    if (q->op == OP_NEAR) q->window = 1 + (uint32_t)rng_below(random, 20);
    if (q->op == OP_AND_NOT && q->count < 2) q->op = OP_AND;
}

static void real_words_are_found_as_libxapian_finds_them(void **state)
{
    (void)state;
    char path[SHARED_PATH_BYTES], directory[SCRATCH_PATH_BYTES];
    fh_err err = {.text = ""};
    rng random;
    twins t = {.db = NULL};
    news n = {.count = 0};
    if (!shared_path("data/news", path)) {
        print_message("skipped: no news in the shared data\n");
        skip();
    }
    rng_init(&random, "real words");
    n.words = calloc(NEWS_WORDS_MAX, sizeof *n.words);
    assert_non_null(n.words);
    must(fh_analyzer_create("press", &n.analyzer, &err), &err);
    take_file(&n, shared_path("data/news/orangesum_fr_to2019.jsonl.zst", path));
    take_file(&n, shared_path("data/news/ant_multisource_ar.jsonl.zst", path));
    assert_true(n.count > NEWS_EACH);
    scratch_init(&t.folder);
    index_news(&n, scratch_path(&t.folder, "index", directory));
    twins_open(&t, directory);
    assert_int_equal(t.doc_count, n.count);
    fill_db_with_news(&t, &n);
    for (uint32_t i = 0; i < 2000; i++) {
        question q;
        draw_news_question(&n, &random, &q);
        compare(&t, &q);
    }
    twins_fini(&t);
    fh_analyzer_destroy(n.analyzer);
    free(n.words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_corpora_answer_as_libxapian_does),
        cmocka_unit_test(large_corpora_answer_as_libxapian_does),
        cmocka_unit_test(real_words_are_found_as_libxapian_finds_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
