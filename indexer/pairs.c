/* pairs.c - frequent words that stand side by side become terms of their own; see engine/segment/pairs.h.
 *
 * Both work on a batch that is not sealed: its tokens are in the order of documents and positions.
 */
#include "indexer/inverter.h"

#include <stdlib.h>

enum {
    DOCS_MIN = 16, /* fewer say nothing about what is frequent */
    NOT_FREQUENT = UINT16_MAX
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

/* Words by falling frequency, as long as there may be a partner for them. */
static uint32_t take_frequent(const fhi_inverter *inverter, const run_df *dfs,
                              fhi_frequent_word words[FHI_FREQUENT_MAX])
{
    uint32_t count = 0, least = 0;
    for (uint32_t i = 0; i < inverter->run_count && count < FHI_FREQUENT_MAX; i++) {
        const uint32_t share = (uint32_t)((uint64_t)dfs[i].df * FHI_SHARE_ALL / inverter->doc_count);
        const fh_str term = fhi_strings_at(&inverter->terms, inverter->runs[dfs[i].run].term);
        if (share < least) break;
        if (term.ptr[0] != FHI_NS_STEM) continue;
        words[count++] = (fhi_frequent_word){{term.ptr + 1, term.len - 1}, (uint16_t)share};
        if (count == 1) least = fhi_partner_share_min(share);
    }
    return count;
}

fh_status fhi_inverter_choose_frequent(const fhi_inverter *inverter, fhi_frequent *frequent)
{
    fhi_frequent_word words[FHI_FREQUENT_MAX];
    if (inverter->doc_count < DOCS_MIN) return FH_OK;
    run_df *dfs = calloc(inverter->run_count + (size_t)1, sizeof *dfs);
    uint32_t *last = malloc((inverter->run_count + (size_t)1) * sizeof *last);
    fh_status status = dfs && last ? FH_OK : FH_E_NOMEM;
    if (status == FH_OK) {
        count_documents(inverter, dfs, last);
        qsort(dfs, inverter->run_count, sizeof *dfs, by_df);
        fhi_frequent_fini(frequent);
        status = fhi_frequent_init(frequent, words, take_frequent(inverter, dfs, words));
    }
    free(dfs);
    free(last);
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
        const fh_str stem = frequent->words[i].stem;
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
        const fh_str term = fhi_pair_term(frequent->words[first].stem, frequent->words[second].stem, text);
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
