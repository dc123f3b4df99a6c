/* splice.c - documents of any number, out of real ones: `fihrist bench corpus --like`. See corpus.h.
 *
 * A made document follows a real one, drawn at random, from its first word to its last, in runs of eight words on
 * average; one run in five is taken from one of two others instead. So lengths are those of real documents, words
 * come again in a document as they do there (burstiness), and phrases, down to their words, are real.
 *
 * New words must keep coming as a corpus grows, and the real one's are soon used up. How often the next word is a new
 * one at the size of the real corpus is N1 / n: its words that occur once, over all its words (Good, Biometrika 40,
 * 1953). By Heaps' law that rate falls as n to the power beta - 1, and beta is about N1 / V, V being how many different
 * words there are. So a word that occurs once in the real corpus stands for a new one: it gets a number of its own,
 * with probability (n / n0) ^ (beta - 1) when n words have been written, n0 being those of the real corpus.
 */
#include "bench/corpus.h"

#include <fihrist/analyzer.h>

#include <math.h>
#include <stdlib.h>

enum { RUN_WORDS = 8, OTHERS = 2, OWN_PERCENT = 80, ONCE = 1 }; /* ONCE: flag beside the offset of a word */

struct fhi_bench_splice {
    fhi_buf text;   /* all lines, words between single spaces */
    fhi_buf words;  /* uint64_t a word: offset in text << 9 | its bytes << 1 | whether it occurs once */
    fhi_buf starts; /* uint64_t a document: its first word; and one more for the end */
    uint64_t doc_count;
    double beta;      /* of Heaps' law */
    uint64_t written; /* words, in all made documents */
    uint64_t fresh;   /* new words among them */
};

typedef struct counting {
    fh_analyzer *analyzer;
    fhi_buf ids; /* uint32_t a word */
    uint32_t *counts;
    uint32_t count_room;
} counting;

/* ---- the real corpus ------------------------------------------------------------------------------------- */

static fh_status count_word(counting *c, uint32_t id, fh_err *err)
{
    if (id >= c->count_room) {
        const uint32_t room = 2 * id + 1024;
        uint32_t *counts = realloc(c->counts, room * sizeof *counts);
        if (!counts) return fhi_fail(err, FH_E_NOMEM, "not enough memory");
        memset(counts + c->count_room, 0, (room - c->count_room) * sizeof *counts);
        c->counts = counts;
        c->count_room = room;
    }
    c->counts[id]++;
    fhi_buf_put32(&c->ids, id);
    return c->ids.status == FH_OK ? FH_OK : fhi_fail(err, FH_E_NOMEM, "not enough memory");
}

static fh_status add_document(fhi_bench_splice *s, counting *c, fh_str line, fh_err *err)
{
    const fh_token *tokens;
    size_t count;
    FH_TRY(fh_analyzer_run(c->analyzer, line, &tokens, &count, err));
    if (count == 0) return FH_OK;
    for (size_t i = 0; i < count; i++) {
        const fh_str word = tokens[i].word->stem;
        fhi_buf_put64(&s->words, (uint64_t)s->text.len << 9 | (uint64_t)word.len << 1);
        fhi_buf_put(&s->text, word.ptr, word.len);
        FH_TRY(count_word(c, tokens[i].word->id, err));
    }
    fhi_buf_put64(&s->starts, s->words.len / sizeof(uint64_t));
    s->doc_count++;
    if (s->text.status != FH_OK || s->words.status != FH_OK || s->starts.status != FH_OK)
        return fhi_fail(err, FH_E_NOMEM, "not enough memory");
    return FH_OK;
}

/* Marks the words that occur once, and learns from their share. */
static void mark_once(fhi_bench_splice *s, const counting *c)
{
    uint64_t *words = (uint64_t *)(void *)s->words.data;
    const uint32_t *ids = (const uint32_t *)(const void *)c->ids.data;
    uint64_t once = 0, different = 0;
    for (size_t i = 0; i < c->ids.len / sizeof *ids; i++)
        words[i] |= c->counts[ids[i]] == 1 ? ONCE : 0;
    for (uint32_t id = 0; id < c->count_room; id++) {
        once += c->counts[id] == 1;
        different += c->counts[id] > 0;
    }
    s->beta = different ? (double)once / (double)different : 1;
}

static fh_status read_lines(fhi_bench_splice *s, counting *c, const char *path, fh_err *err)
{
    fhi_bench_lines lines;
    fh_str line;
    bool more = true;
    fh_status status = fhi_bench_lines_open(&lines, path, err);
    while (status == FH_OK && more) {
        status = fhi_bench_lines_next(&lines, &line, &more, err);
        if (status == FH_OK && more) status = add_document(s, c, line, err);
    }
    fhi_bench_lines_close(&lines);
    return status == FH_OK && s->doc_count == 0 ? fhi_fail(err, FH_E_INVALID, "no document in it") : status;
}

fh_status fhi_bench_splice_create(const char *path, fhi_bench_splice **out, fh_err *err)
{
    fhi_bench_splice *s = calloc(1, sizeof *s);
    counting c = {0};
    *out = s;
    if (!s) return fhi_fail(err, FH_E_NOMEM, "not enough memory");
    fhi_buf_put64(&s->starts, 0);
    fh_status status = fh_analyzer_create("words", &c.analyzer, err);
    if (status == FH_OK) status = read_lines(s, &c, path, err);
    if (status == FH_OK) mark_once(s, &c);
    fh_analyzer_destroy(c.analyzer);
    fhi_buf_fini(&c.ids);
    free(c.counts);
    return status;
}

void fhi_bench_splice_destroy(fhi_bench_splice *s)
{
    if (!s) return;
    fhi_buf_fini(&s->text);
    fhi_buf_fini(&s->words);
    fhi_buf_fini(&s->starts);
    free(s);
}

/* ---- making ---------------------------------------------------------------------------------------------- */

/* Where copying stands in a real document. */
typedef struct place {
    uint64_t at, first, end; /* words */
} place;

static place draw_document(const fhi_bench_splice *s, uint64_t *random)
{
    const uint64_t *starts = (const uint64_t *)(const void *)s->starts.data;
    const uint64_t which = fhi_bench_below(random, s->doc_count);
    return (place){starts[which], starts[which], starts[which + 1]};
}

/* A word that occurs once is a new one here too, more and more rarely. */
static bool is_fresh(const fhi_bench_splice *s, uint64_t word, uint64_t *random)
{
    if (!(word & ONCE)) return false;
    const double size = (double)s->written / ((double)s->words.len / sizeof word);
    return size <= 1 || fhi_bench_unit(random) < pow(size, s->beta - 1);
}

static void put_word(fhi_bench_splice *s, uint64_t at, uint64_t *random, FILE *to)
{
    const uint64_t word = ((const uint64_t *)(const void *)s->words.data)[at];
    (void)fwrite(s->text.data + (word >> 9), 1, word >> 1 & 0xFF, to);
    if (is_fresh(s, word, random)) (void)fprintf(to, "%jx", (uintmax_t)s->fresh++);
    s->written++;
}

void fhi_bench_splice_put(fhi_bench_splice *s, uint64_t *random, uint32_t title_words, FILE *terms, FILE *titles)
{
    place own = draw_document(s, random), others[OTHERS];
    for (int i = 0; i < OTHERS; i++) {
        others[i] = draw_document(s, random);
        others[i].at += fhi_bench_below(random, others[i].end - others[i].first);
    }
    while (own.at < own.end) {
        const bool mine = fhi_bench_below(random, 100) < OWN_PERCENT;
        place *from = mine ? &own : &others[fhi_bench_below(random, OTHERS)];
        do {
            const uint64_t at = mine ? own.at : from->at;
            if (own.at > own.first) (void)fputc(' ', terms);
            if (own.at - own.first < title_words) {
                const uint64_t word = ((const uint64_t *)(const void *)s->words.data)[at];
                if (own.at > own.first) (void)fputc(' ', titles);
                (void)fwrite(s->text.data + (word >> 9), 1, word >> 1 & 0xFF, titles);
            }
            put_word(s, at, random, terms);
            own.at++;
            if (!mine && ++from->at == from->end) from->at = from->first;
        } while (own.at < own.end && fhi_bench_below(random, RUN_WORDS) != 0);
    }
    (void)fputc('\n', terms);
    (void)fputc('\n', titles);
}
