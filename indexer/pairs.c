/* pairs.c - frequent words that stand side by side become terms of their own; see engine/segment/pairs.h.
 *
 * Both work on a batch that is not sealed: its tokens are in the order of documents and positions.
 */
#include "indexer/inverter.h"

#include <stdlib.h>

enum {
    MEET_SHARE = 56, /* a pair is kept of words that meet in one article of so many */
    MEET_MIN = 8,    /* and so many: fewer say nothing */
    NOT_FREQUENT = UINT16_MAX
};

/* ---- which words ---------------------------------------------------------------------------------------- */

typedef struct run_df {
    uint32_t df;
    uint32_t run;
} run_df;

/* Where words meet. */
typedef struct census {
    const fhi_inverter *inverter;
    uint32_t least;     /* articles in which the words of a pair meet */
    run_df *runs;       /* of each run; then of the frequent words, as they are numbered */
    uint32_t *last;     /* of each run: the article it was in last */
    uint16_t *words;    /* of each run: which frequent word; NOT_FREQUENT */
    uint32_t count;     /* frequent words */
    uint32_t *meetings; /* of words a <= b: at b * (b + 1) / 2 + a */
    uint16_t here[FHI_FREQUENT_MAX];
    uint32_t here_count;
} census;

static int by_df(const void *a, const void *b)
{
    const run_df *x = a, *y = b;
    if (x->df != y->df) return x->df > y->df ? -1 : 1;
    return (x->run > y->run) - (x->run < y->run); /* that of the first sight */
}

static fh_str term_of(const census *of, uint32_t run)
{
    return fhi_strings_at(&of->inverter->terms, of->inverter->runs[run].term);
}

static int by_bytes(const void *a, const void *b, void *argument)
{
    const run_df *x = a, *y = b;
    return fhi_str_compare(term_of(argument, x->run), term_of(argument, y->run));
}

static void count_documents(census *of)
{
    const fhi_inverter *inverter = of->inverter;
    for (uint32_t run = 0; run < inverter->run_count; run++) {
        of->runs[run] = (run_df){0, run};
        of->last[run] = UINT32_MAX;
    }
    for (size_t i = 0; i < inverter->token_count; i++) {
        const fhi_token_place *token = &inverter->tokens[i];
        of->runs[token->run].df += of->last[token->run] != token->doc;
        of->last[token->run] = token->doc;
    }
}

static bool can_be_paired(fh_str term)
{
    return term.ptr[0] == FHI_NS_STEM && term.len > 1 && term.len - 1 <= FHI_FREQUENT_BYTES_MAX &&
           !memchr(term.ptr, 0, term.len);
}

/* The most frequent words, in the order of their bytes. */
static void take_frequent(census *of)
{
    const uint32_t run_count = of->inverter->run_count;
    qsort(of->runs, run_count, sizeof *of->runs, by_df);
    for (uint32_t i = 0; i < run_count && of->count < FHI_FREQUENT_MAX && of->runs[i].df >= of->least; i++)
        if (can_be_paired(term_of(of, of->runs[i].run))) of->runs[of->count++] = of->runs[i];
    qsort_r(of->runs, of->count, sizeof *of->runs, by_bytes, of);
    for (uint32_t run = 0; run < run_count; run++)
        of->words[run] = NOT_FREQUENT;
    for (uint32_t i = 0; i < of->count; i++)
        of->words[of->runs[i].run] = (uint16_t)i;
}

static uint32_t *meetings_of(const census *of, uint32_t a, uint32_t b)
{
    const uint32_t low = a < b ? a : b, high = a < b ? b : a;
    return &of->meetings[(size_t)high * (high + 1) / 2 + low];
}

static void end_document(census *of)
{
    for (uint32_t i = 0; i < of->here_count; i++)
        for (uint32_t j = 0; j <= i; j++)
            ++*meetings_of(of, of->here[i], of->here[j]);
    of->here_count = 0;
}

static void count_meetings(census *of)
{
    const fhi_inverter *inverter = of->inverter;
    uint32_t doc = 0;
    for (uint32_t run = 0; run < inverter->run_count; run++)
        of->last[run] = UINT32_MAX;
    for (size_t i = 0; i < inverter->token_count; i++) {
        const fhi_token_place *token = &inverter->tokens[i];
        if (token->doc != doc) end_document(of);
        doc = token->doc;
        if (of->words[token->run] == NOT_FREQUENT || of->last[token->run] == doc) continue;
        of->last[token->run] = doc;
        of->here[of->here_count++] = of->words[token->run];
    }
    end_document(of);
}

/* In how many articles words must meet for there to be no more partners than may be. */
static fh_status bound_partners(census *of)
{
    const size_t cell_count = (size_t)of->count * (of->count + 1) / 2;
    uint32_t *with = calloc((size_t)of->inverter->doc_count + 1, sizeof *with); /* so many meetings */
    uint32_t partners = 0, least = of->inverter->doc_count + 1;
    if (!with) return FH_E_NOMEM;
    for (size_t i = 0; i < cell_count; i++)
        with[of->meetings[i]]++;
    while (least > of->least && partners + with[least - 1] <= FHI_JOINS_MAX)
        partners += with[--least];
    of->least = least;
    free(with);
    return FH_OK;
}

static fh_status join_words(census *of, fhi_frequent *frequent)
{
    fh_str words[FHI_FREQUENT_MAX];
    for (uint32_t i = 0; i < of->count; i++) {
        const fh_str term = term_of(of, of->runs[i].run);
        words[i] = (fh_str){term.ptr + 1, term.len - 1};
    }
    fhi_frequent_fini(frequent);
    FH_TRY(fhi_frequent_init(frequent, words, of->count));
    for (uint32_t i = 0; i < of->count; i++)
        for (uint32_t j = 0; j <= i; j++)
            if (*meetings_of(of, i, j) >= of->least) fhi_frequent_join(frequent, i, j);
    fhi_frequent_number(frequent);
    return FH_OK;
}

static fh_status choose(census *of, fhi_frequent *frequent)
{
    count_documents(of);
    take_frequent(of);
    of->meetings = calloc((size_t)of->count * (of->count + 1) / 2 + 1, sizeof *of->meetings);
    if (!of->meetings) return FH_E_NOMEM;
    count_meetings(of);
    FH_TRY(bound_partners(of));
    return join_words(of, frequent);
}

fh_status fhi_inverter_choose_frequent(const fhi_inverter *inverter, fhi_frequent *frequent)
{
    const uint32_t share = inverter->doc_count / MEET_SHARE;
    const size_t run_count = (size_t)inverter->run_count + 1;
    census *of = calloc(1, sizeof *of);
    if (!of) return FH_E_NOMEM;
    of->inverter = inverter;
    of->least = share > MEET_MIN ? share : MEET_MIN;
    of->runs = calloc(run_count, sizeof *of->runs);
    of->last = malloc(run_count * sizeof *of->last);
    of->words = malloc(run_count * sizeof *of->words);
    const fh_status status = of->runs && of->last && of->words ? choose(of, frequent) : FH_E_NOMEM;
    free(of->runs);
    free(of->last);
    free(of->words);
    free(of->meetings);
    free(of);
    return status;
}

/* ---- pairs of them --------------------------------------------------------------------------------------- */

/* The frequent words at one position. */
typedef struct standing {
    uint32_t count;
    uint16_t words[FHI_FREQUENT_MAX];
} standing;

typedef struct pairing {
    fhi_inverter *inverter;
    uint16_t *frequent_of_run; /* which frequent word; NOT_FREQUENT */
    uint32_t *runs;            /* of each pair, by number; FHI_UNKNOWN */
    standing before, here;
} pairing;

static void mark_runs(pairing *pairs)
{
    fhi_inverter *inverter = pairs->inverter;
    const fhi_frequent *frequent = inverter->frequent;
    for (uint32_t i = 0; i < inverter->run_count; i++)
        pairs->frequent_of_run[i] = NOT_FREQUENT;
    for (uint32_t i = 0; i < frequent->count; i++) {
        const fh_str stem = frequent->words[i];
        char key[FHI_FREQUENT_BYTES_MAX + 1] = {FHI_NS_STEM};
        uint32_t term;
        memcpy(key + 1, stem.ptr, stem.len);
        if (!fhi_strings_find(&inverter->terms, (fh_str){key, stem.len + 1}, &term)) continue;
        if (inverter->term_states[term].batch != inverter->batch) continue;
        pairs->frequent_of_run[inverter->term_states[term].run] = (uint16_t)i;
    }
}

static fh_status add_pair(pairing *pairs, uint32_t first, uint32_t second, uint32_t doc, uint32_t position)
{
    fhi_inverter *inverter = pairs->inverter;
    const fhi_frequent *frequent = inverter->frequent;
    const int32_t pair = fhi_frequent_pair(frequent, first, second);
    if (pair == FHI_NO_PAIR) return FH_OK;
    uint32_t *run = &pairs->runs[pair];
    if (*run == FHI_UNKNOWN) { /* new to the batch */
        char text[FHI_PAIR_TERM_BYTES_MAX];
        const fh_str term = fhi_pair_term(frequent->words[first], frequent->words[second], text);
        FH_TRY(fhi_inverter_begin_run(inverter, term, run));
    }
    return fhi_inverter_put_token(inverter, (fhi_token_place){*run, 0, doc, position});
}

/* False when it stands there already. */
static bool stand(standing *here, uint32_t word)
{
    for (uint32_t i = 0; i < here->count; i++)
        if (here->words[i] == word) return false;
    here->words[here->count++] = (uint16_t)word;
    return true;
}

/* Words may share a position. */
static fh_status scan_tokens(pairing *pairs)
{
    fhi_inverter *inverter = pairs->inverter;
    const size_t count = inverter->token_count;
    standing *before = &pairs->before, *here = &pairs->here;
    uint32_t doc = UINT32_MAX, position = 0;
    before->count = here->count = 0;
    for (size_t i = 0; i < count; i++) {
        const fhi_token_place token = inverter->tokens[i];
        const uint32_t word = pairs->frequent_of_run[token.run];
        if (word == NOT_FREQUENT) continue;
        if (token.doc != doc || token.position != position) {
            standing *const moved = before;
            before = here;
            here = moved;
            if (token.doc != doc || token.position != position + 1) before->count = 0;
            here->count = 0;
            doc = token.doc;
            position = token.position;
        }
        if (!stand(here, word)) continue;
        for (uint32_t j = 0; j < before->count; j++)
            FH_TRY(add_pair(pairs, before->words[j], word, doc, position - 1));
    }
    return FH_OK;
}

fh_status fhi_inverter_pair(fhi_inverter *inverter)
{
    const fhi_frequent *frequent = inverter->frequent;
    if (!frequent || frequent->pair_count == 0 || inverter->token_count == 0) return FH_OK;
    pairing *pairs = malloc(sizeof *pairs);
    if (!pairs) return FH_E_NOMEM;
    pairs->inverter = inverter;
    pairs->runs = malloc(frequent->pair_count * sizeof *pairs->runs);
    pairs->frequent_of_run = malloc((inverter->run_count + (size_t)1) * sizeof *pairs->frequent_of_run);
    fh_status status = FH_E_NOMEM;
    if (pairs->runs && pairs->frequent_of_run) {
        for (uint32_t i = 0; i < frequent->pair_count; i++)
            pairs->runs[i] = FHI_UNKNOWN;
        mark_runs(pairs);
        status = scan_tokens(pairs);
    }
    free(pairs->runs);
    free(pairs->frequent_of_run);
    free(pairs);
    return status;
}
