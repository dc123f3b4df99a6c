/* pairs.c - frequent words that stand side by side become terms of their own; see engine/segment/pairs.h.
 *
 * Both work on a batch that is not sealed: its tokens are in the order of documents and positions.
 */
#include "indexer/inverter.h"

#include <stdlib.h>

enum {
    DOCS_MIN = 16,  /* fewer say nothing about what is frequent */
    SHARE_MIN = 16, /* a frequent word is in one document of so many at least */
    NOT_FREQUENT = FHI_FREQUENT_MAX
};

/* ---- which words ---------------------------------------------------------------------------------------- */

typedef struct run_df {
    uint32_t df;
    uint32_t run;
} run_df;

static int by_df(const void *a, const void *b)
{
    const run_df *x = a, *y = b;
    if (x->df != y->df) return x->df > y->df ? -1 : 1;
    return (x->run > y->run) - (x->run < y->run); /* that of the first sight */
}

static void count_documents(const fhi_inverter *inverter, run_df *dfs, uint32_t *last)
{
    for (uint32_t run = 0; run < inverter->run_count; run++) {
        dfs[run] = (run_df){0, run};
        last[run] = UINT32_MAX;
    }
    for (size_t i = 0; i < inverter->token_count; i++) {
        const fhi_token_place *token = &inverter->tokens[i];
        dfs[token->run].df += last[token->run] != token->doc;
        last[token->run] = token->doc;
    }
}

fh_status fhi_inverter_choose_frequent(const fhi_inverter *inverter, fhi_frequent *frequent)
{
    fh_str words[FHI_FREQUENT_MAX];
    uint32_t count = 0;
    if (inverter->doc_count < DOCS_MIN) return FH_OK;
    run_df *dfs = calloc(inverter->run_count + (size_t)1, sizeof *dfs);
    uint32_t *last = malloc((inverter->run_count + (size_t)1) * sizeof *last);
    fh_status status = dfs && last ? FH_OK : FH_E_NOMEM;
    if (status == FH_OK) {
        count_documents(inverter, dfs, last);
        qsort(dfs, inverter->run_count, sizeof *dfs, by_df);
        for (uint32_t i = 0; i < inverter->run_count && count < FHI_FREQUENT_MAX; i++) {
            if ((uint64_t)dfs[i].df * SHARE_MIN < inverter->doc_count) break;
            const fh_str term = fhi_strings_at(&inverter->terms, inverter->runs[dfs[i].run].term);
            if (term.ptr[0] == FHI_NS_STEM) words[count++] = (fh_str){term.ptr + 1, term.len - 1};
        }
        fhi_frequent_fini(frequent);
        status = fhi_frequent_init(frequent, words, count);
    }
    free(dfs);
    free(last);
    return status;
}

/* ---- pairs of them --------------------------------------------------------------------------------------- */

typedef struct pairing {
    fhi_inverter *inverter;
    uint8_t *frequent_of_run; /* which frequent word; NOT_FREQUENT */
    uint32_t runs[FHI_FREQUENT_MAX][FHI_FREQUENT_MAX];
} pairing;

static void mark_runs(pairing *pairs)
{
    fhi_inverter *inverter = pairs->inverter;
    const fhi_frequent *frequent = inverter->frequent;
    memset(pairs->frequent_of_run, NOT_FREQUENT, inverter->run_count + (size_t)1);
    for (uint32_t i = 0; i < frequent->count; i++) {
        char key[FHI_FREQUENT_BYTES_MAX + 1] = {FHI_NS_STEM};
        uint32_t term, run;
        memcpy(key + 1, frequent->words[i].ptr, frequent->words[i].len);
        if (!fhi_strings_find(&inverter->terms, (fh_str){key, frequent->words[i].len + 1}, &term)) continue;
        if (inverter->term_states[term].batch != inverter->batch) continue;
        run = inverter->term_states[term].run;
        pairs->frequent_of_run[run] = (uint8_t)i;
    }
}

/* The run of a pair, begun where it is new to the batch. */
static fh_status find_run(pairing *pairs, uint32_t first, uint32_t second, uint32_t *run)
{
    fhi_inverter *inverter = pairs->inverter;
    char text[FHI_PAIR_TERM_BYTES_MAX];
    *run = pairs->runs[first][second];
    if (*run != FHI_UNKNOWN) return FH_OK;
    const fh_str term = fhi_pair_term(inverter->frequent->words[first], inverter->frequent->words[second], text);
    FH_TRY(fhi_inverter_begin_run(inverter, term, run));
    pairs->runs[first][second] = *run;
    return FH_OK;
}

static fh_status add_pair(pairing *pairs, uint32_t first, uint32_t second, uint32_t doc, uint32_t position)
{
    uint32_t run;
    FH_TRY(find_run(pairs, first, second, &run));
    return fhi_inverter_put_token(pairs->inverter, (fhi_token_place){run, 0, doc, position});
}

/* Words may share a position: those of one and of the one before it are kept as bits. */
static fh_status scan_tokens(pairing *pairs)
{
    fhi_inverter *inverter = pairs->inverter;
    const size_t count = inverter->token_count;
    uint64_t before = 0, here = 0;
    uint32_t doc = UINT32_MAX, position = 0;
    for (size_t i = 0; i < count; i++) {
        const fhi_token_place token = inverter->tokens[i];
        const uint32_t word = pairs->frequent_of_run[token.run];
        if (word == NOT_FREQUENT) continue;
        if (token.doc != doc || token.position != position) {
            before = token.doc == doc && token.position == position + 1 ? here : 0;
            here = 0;
            doc = token.doc;
            position = token.position;
        }
        if (here >> word & 1) continue;
        here |= UINT64_C(1) << word;
        for (uint64_t bits = before; bits; bits &= bits - 1)
            FH_TRY(add_pair(pairs, (uint32_t)__builtin_ctzll(bits), word, doc, position - 1));
    }
    return FH_OK;
}

fh_status fhi_inverter_pair(fhi_inverter *inverter)
{
    if (!inverter->frequent || inverter->frequent->count == 0 || inverter->token_count == 0) return FH_OK;
    pairing *pairs = malloc(sizeof *pairs);
    if (!pairs) return FH_E_NOMEM;
    pairs->inverter = inverter;
    memset(pairs->runs, 0xFF, sizeof pairs->runs);
    pairs->frequent_of_run = malloc(inverter->run_count + (size_t)1);
    fh_status status = FH_E_NOMEM;
    if (pairs->frequent_of_run) {
        mark_runs(pairs);
        status = scan_tokens(pairs);
    }
    free(pairs->frequent_of_run);
    free(pairs);
    return status;
}
