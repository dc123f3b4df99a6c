/* order.c - the graph for the bisection: three walks over the terms of all inputs.
 *
 * The first adds up how many postings the terms of each magnitude of df have, which tells how rare a term may be; the
 * second counts the terms of each document, the third puts them down.
 */
#include "indexer/order.h"

#include "indexer/union.h"

#include <stdlib.h>

enum { TERMS_PER_CHECK = 64, DF_BITS = 32 };

typedef struct order_job {
    const fhi_merge_input *inputs;
    const fhi_segment **segments;
    uint32_t **doc_maps; /* number among the living, FHI_UNKNOWN when deleted */
    uint32_t input_count;
    const fhi_order_options *options;
    fhi_graph graph;
    fhi_union keys;
    fhi_list_scratch scratch;
    uint64_t postings[DF_BITS + 1]; /* of terms with df < 2^i and not less than half of that */
    uint32_t df_min;
    uint32_t df_max;
    uint32_t seen; /* terms, for the next look at cancelled */
} order_job;

typedef fh_status (*term_user)(order_job *job, uint32_t df);

/* ---- walks --------------------------------------------------------------------------------------------- */

static fh_status next_term(order_job *job, uint32_t *df)
{
    fh_str term;
    const fhi_bisect_options *bisect = &job->options->bisect;
    FH_TRY(fhi_union_next(&job->keys, &term));
    uint64_t sum = 0;
    for (uint32_t i = 0; i < job->input_count; i++) {
        fhi_term_info info;
        if (!job->keys.sources[i].holds) continue;
        FH_TRY(fhi_walk_term(job->keys.sources[i].walk, &info));
        sum += info.df;
    }
    *df = sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
    if (++job->seen % TERMS_PER_CHECK != 0) return FH_OK;
    return bisect->cancelled && bisect->cancelled(bisect->argument) ? FH_E_CANCELLED : FH_OK;
}

/* Calls use for every term whose df is in the bounds. */
static fh_status each_term(order_job *job, term_user use)
{
    uint32_t df;
    fhi_union_fini(&job->keys);
    fh_status status = fhi_union_init(&job->keys, job->segments, job->input_count, fhi_walk_terms);
    while (status == FH_OK && (status = next_term(job, &df)) == FH_OK)
        if (df >= job->df_min && df <= job->df_max) status = use(job, df);
    return status == FH_E_NOT_FOUND ? FH_OK : status;
}

static fh_status add_postings(order_job *job, uint32_t df)
{
    unsigned bits = 0;
    while (bits < DF_BITS && df >> bits != 0)
        bits++;
    job->postings[bits] += df;
    return FH_OK;
}

/* starts[doc + 1] becomes the number of terms of doc, or the term is put where starts[doc + 1] says. */
static fh_status use_lists(order_job *job, bool put)
{
    fhi_graph *graph = &job->graph;
    for (uint32_t i = 0; i < job->input_count; i++) {
        fhi_term_info info;
        fhi_list list;
        if (!job->keys.sources[i].holds) continue;
        FH_TRY(fhi_walk_term(job->keys.sources[i].walk, &info));
        FH_TRY(fhi_list_decode(job->segments[i], &info, &job->scratch, &list));
        for (uint32_t at = 0; at < list.doc_count; at++) {
            const uint32_t doc = job->doc_maps[i][list.docs[at]];
            if (doc == FHI_UNKNOWN) continue;
            if (put) graph->terms[graph->starts[doc + 1]] = graph->term_count;
            graph->starts[doc + 1]++;
        }
    }
    graph->term_count++;
    return FH_OK;
}

static fh_status count_terms(order_job *job, uint32_t df)
{
    (void)df;
    return use_lists(job, false);
}

static fh_status put_terms(order_job *job, uint32_t df)
{
    (void)df;
    return use_lists(job, true);
}

/* ---- the graph ----------------------------------------------------------------------------------------- */

static fh_status number_articles(order_job *job)
{
    uint64_t next = 0;
    for (uint32_t i = 0; i < job->input_count; i++) {
        const uint64_t *deleted = job->inputs[i].deleted;
        const uint32_t count = fhi_segment_doc_count(job->segments[i]);
        job->doc_maps[i] = malloc((count + (size_t)1) * sizeof *job->doc_maps[i]);
        if (!job->doc_maps[i]) return FH_E_NOMEM;
        if (next + count >= FHI_UNKNOWN) return FH_E_LIMIT;
        for (uint32_t doc = 0; doc < count; doc++) {
            const bool dead = deleted && (deleted[doc / 64] >> (doc % 64) & 1);
            job->doc_maps[i][doc] = dead ? FHI_UNKNOWN : (uint32_t)next++;
        }
    }
    job->graph.doc_count = (uint32_t)next;
    return FH_OK;
}

static fh_status choose_terms(order_job *job)
{
    const uint32_t articles = job->graph.doc_count;
    job->df_min = articles / FHI_ORDER_DOCS_PER_DF;
    if (job->df_min < FHI_ORDER_DF_LEAST) job->df_min = FHI_ORDER_DF_LEAST;
    if (job->df_min > FHI_ORDER_DF_MIN_MOST) job->df_min = FHI_ORDER_DF_MIN_MOST;
    job->df_max = articles / FHI_ORDER_SHARE;
    FH_TRY(each_term(job, add_postings));
    const uint64_t most = job->options->heap_bytes_max / 2 / sizeof *job->graph.terms;
    uint64_t left = 0;
    unsigned bits = DF_BITS;
    while (bits > 0 && left + job->postings[bits] <= most)
        left += job->postings[bits--];
    if (bits > 0 && job->df_min < UINT64_C(1) << bits) /* terms of so few bits do not fit */
        job->df_min = bits < DF_BITS ? UINT32_C(1) << bits : UINT32_MAX;
    return FH_OK;
}

static fh_status make_graph(order_job *job)
{
    fhi_graph *graph = &job->graph;
    FH_TRY(choose_terms(job));
    graph->degree_max = job->df_max;
    graph->starts = calloc(graph->doc_count + (size_t)2, sizeof *graph->starts);
    if (!graph->starts) return FH_E_NOMEM;
    FH_TRY(each_term(job, count_terms));
    /* starts[doc + 1] from the number of terms of doc to where they begin; putting them moves it to where they end */
    uint64_t at = 0;
    for (uint32_t doc = 0; doc < graph->doc_count; doc++) {
        const uint64_t count = graph->starts[doc + 1];
        graph->starts[doc + 1] = at;
        at += count;
    }
    graph->terms = malloc((size_t)(at + 1) * sizeof *graph->terms);
    if (!graph->terms) return FH_E_NOMEM;
    graph->term_count = 0;
    return each_term(job, put_terms);
}

static void job_fini(order_job *job)
{
    for (uint32_t i = 0; job->doc_maps && i < job->input_count; i++)
        free(job->doc_maps[i]);
    free(job->doc_maps);
    free(job->segments);
    free(job->graph.starts);
    free(job->graph.terms);
    fhi_union_fini(&job->keys);
    fhi_list_scratch_fini(&job->scratch);
}

fh_status fhi_order_articles(const fhi_merge_input *inputs, uint32_t input_count, const fhi_order_options *options,
                             uint32_t **order, uint32_t *article_count)
{
    order_job job = {.inputs = inputs, .input_count = input_count, .options = options};
    *order = NULL;
    *article_count = 0;
    job.segments = calloc(input_count ? input_count : 1, sizeof *job.segments);
    job.doc_maps = calloc(input_count ? input_count : 1, sizeof *job.doc_maps);
    for (uint32_t i = 0; job.segments && i < input_count; i++)
        job.segments[i] = inputs[i].segment;
    fh_status status = job.segments && job.doc_maps ? number_articles(&job) : FH_E_NOMEM;
    if (status == FH_OK) status = make_graph(&job);
    fhi_list_scratch_fini(&job.scratch);
    if (status == FH_OK) {
        *order = malloc((job.graph.doc_count + (size_t)1) * sizeof **order);
        status = *order ? FH_OK : FH_E_NOMEM;
    }
    for (uint32_t i = 0; *order && i < job.graph.doc_count; i++)
        (*order)[i] = i;
    if (status == FH_OK) status = fhi_bisect(&job.graph, *order, &options->bisect);
    *article_count = job.graph.doc_count;
    job_fini(&job);
    if (status != FH_OK) {
        free(*order);
        *order = NULL;
    }
    return status;
}
