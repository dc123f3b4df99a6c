/* bisect.c - recursive graph bisection over a graph in memory. User: order.c.
 *
 * A list of d documents in a half of n costs about d * log2(n / (d + 1)) bits. Halves are equal but for one document,
 * so log2 n is left out: F(d) = -d * log2(d + 1) is what counts, and its step D(d) = F(d) - F(d - 1) is all that is
 * looked up: a document that goes from a half with d of a term's documents to one with e gains D(d) - D(e + 1).
 * Everything is integers (log2 in 1/65536), so that the same graph gives the same order on every machine.
 *
 * Invariant: two calls work on separate parts of `order`, `movers` and nothing else that is written; so halves may be
 * worked on at the same time.
 */
#include "indexer/bisect.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    ROUNDS_MAX = 12,
    LEAF_DOCS = 64,             /* parts of so many stay as they are: a quarter of a range */
    THREAD_DOCS_MIN = 4 * 1024, /* below that a thread of its own is not worth it */
    DEPTH_MAX = 64,             /* of the recursion: each level halves */
    LOG_ONE = 65536             /* the unit of logarithms */
};

typedef struct mover {
    int64_t gain; /* of changing sides */
    uint32_t doc;
} mover;

/* Documents of a term in the two halves; while documents are looked at: what one gains by leaving its half. */
typedef struct term_state {
    uint32_t degrees[2];
} term_state;

typedef struct bisection {
    const fhi_graph *graph;
    const fhi_bisect_options *options;
    int32_t *steps; /* D(d), d from 0 to degree_max + 1 */
    mover *movers;  /* one for each place of order */
    atomic_uint status;
    atomic_uint_fast64_t done; /* documents times levels */
    uint64_t work;             /* of them, in all */
} bisection;

typedef struct scratch {
    term_state *states;
    int32_t (*gains)[2];
    uint32_t *touched; /* terms whose states are not 0 */
    uint32_t touched_count;
} scratch;

typedef struct part {
    bisection *job;
    uint32_t *order;
    mover *movers;
    uint32_t count;
    uint32_t threads;
    uint32_t depth;
    bool leader; /* on the caller's thread */
} part;

/* ---- one part ------------------------------------------------------------------------------------------ */

static void count_degrees(const fhi_graph *graph, scratch *work, const uint32_t *docs, uint32_t count, unsigned side)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint64_t at = graph->starts[docs[i]]; at < graph->starts[docs[i] + 1]; at++) {
            const uint32_t term = graph->terms[at];
            uint32_t *degrees = work->states[term].degrees;
            if ((degrees[0] | degrees[1]) == 0) work->touched[work->touched_count++] = term;
            degrees[side]++;
        }
    }
}

static void compute_gains(const bisection *job, scratch *work)
{
    const int32_t *steps = job->steps;
    for (uint32_t i = 0; i < work->touched_count; i++) {
        const uint32_t term = work->touched[i], left = work->states[term].degrees[0],
                       right = work->states[term].degrees[1];
        work->gains[term][0] = steps[left] - steps[right + 1];
        work->gains[term][1] = steps[right] - steps[left + 1];
    }
}

/* Answers the largest gain. */
static int64_t weigh(const fhi_graph *graph, const scratch *work, const uint32_t *docs, uint32_t count, unsigned side,
                     mover *movers)
{
    int64_t most = INT64_MIN / 2;
    for (uint32_t i = 0; i < count; i++) {
        int64_t gain = 0;
        for (uint64_t at = graph->starts[docs[i]]; at < graph->starts[docs[i] + 1]; at++)
            gain += work->gains[graph->terms[at]][side];
        movers[i] = (mover){gain, i};
        if (gain > most) most = gain;
    }
    return most;
}

static int by_gain(const void *a, const void *b)
{
    const mover *x = a, *y = b;
    if (x->gain != y->gain) return x->gain > y->gain ? -1 : 1;
    return (x->doc > y->doc) - (x->doc < y->doc);
}

/* Leaves only those that can change places with the best of the other side, best first. */
static uint32_t choose(mover *movers, uint32_t count, int64_t most_other)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if (movers[i].gain + most_other > 0) movers[kept++] = movers[i];
    if (kept > 1) qsort(movers, kept, sizeof *movers, by_gain);
    return kept;
}

static void move_degrees(const fhi_graph *graph, scratch *work, uint32_t doc, unsigned from)
{
    for (uint64_t at = graph->starts[doc]; at < graph->starts[doc + 1]; at++) {
        uint32_t *degrees = work->states[graph->terms[at]].degrees;
        degrees[from]--;
        degrees[!from]++;
    }
}

/* One round; answers whether anything moved. */
static bool exchange(const part *at, scratch *work, uint32_t half)
{
    const fhi_graph *graph = at->job->graph;
    uint32_t *left = at->order, *right = at->order + half;
    mover *lefts = at->movers, *rights = at->movers + half;
    compute_gains(at->job, work);
    const int64_t most_left = weigh(graph, work, left, half, 0, lefts);
    const int64_t most_right = weigh(graph, work, right, at->count - half, 1, rights);
    const uint32_t left_count = choose(lefts, half, most_right);
    const uint32_t right_count = choose(rights, at->count - half, most_left);
    uint32_t i = 0;
    for (; i < left_count && i < right_count && lefts[i].gain + rights[i].gain > 0; i++) {
        uint32_t *one = &left[lefts[i].doc], *other = &right[rights[i].doc];
        move_degrees(graph, work, *one, 0);
        move_degrees(graph, work, *other, 1);
        const uint32_t doc = *one;
        *one = *other;
        *other = doc;
    }
    return i > 0;
}

static bool is_over(bisection *job)
{
    if (atomic_load(&job->status) != FH_OK) return true;
    const fhi_bisect_options *options = job->options;
    if (!options->cancelled || !options->cancelled(options->argument)) return false;
    atomic_store(&job->status, FH_E_CANCELLED);
    return true;
}

static void cut(const part *at, scratch *work, uint32_t half)
{
    const fhi_graph *graph = at->job->graph;
    work->touched_count = 0;
    count_degrees(graph, work, at->order, half, 0);
    count_degrees(graph, work, at->order + half, at->count - half, 1);
    for (int round = 0; round < ROUNDS_MAX && !is_over(at->job); round++)
        if (!exchange(at, work, half)) break;
    for (uint32_t i = 0; i < work->touched_count; i++)
        work->states[work->touched[i]] = (term_state){{0, 0}};
}

/* ---- all parts ----------------------------------------------------------------------------------------- */

static void tell(const part *at)
{
    bisection *job = at->job;
    const uint64_t done = atomic_fetch_add(&job->done, at->count) + at->count;
    if (at->leader && job->options->progress)
        job->options->progress(job->options->progress_argument, (double)done / (double)job->work);
}

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void *bisect_apart(void *argument);

/* Recursion is bounded: each level halves the part. */
static void bisect(part at, scratch *work)
{
    if (at.count <= LEAF_DOCS || at.depth == DEPTH_MAX || is_over(at.job)) {
        qsort(at.order, at.count, sizeof *at.order, by_number);
        return;
    }
    const uint32_t half = at.count / 2;
    cut(&at, work, half);
    tell(&at);
    part left = at, right = at;
    pthread_t thread;
    bool apart = at.threads > 1 && at.count >= THREAD_DOCS_MIN;
    left.count = half;
    right.order += half;
    right.movers += half;
    right.count -= half;
    left.depth = right.depth = at.depth + 1;
    left.threads = at.threads - at.threads / 2;
    right.threads = at.threads / 2;
    if (apart) {
        right.leader = false;
        apart = pthread_create(&thread, NULL, bisect_apart, &right) == 0;
    }
    bisect(left, work);
    if (apart)
        (void)pthread_join(thread, NULL);
    else
        bisect(right, work);
}

static void *bisect_apart(void *argument)
{
    const part *at = argument;
    const size_t terms = at->job->graph->term_count + (size_t)1;
    scratch work = {calloc(terms, sizeof *work.states), malloc(terms * sizeof *work.gains),
                    malloc(terms * sizeof *work.touched), 0};
    if (work.states && work.gains && work.touched)
        bisect(*at, &work);
    else
        atomic_store(&at->job->status, FH_E_NOMEM);
    free(work.states);
    free(work.gains);
    free(work.touched);
    return NULL;
}

static int32_t *make_steps(uint32_t degree_max)
{
    int32_t *steps = malloc(((size_t)degree_max + 2) * sizeof *steps);
    if (!steps) return NULL;
    int64_t before = 0; /* F(d - 1) */
    steps[0] = 0;
    for (uint32_t d = 1; d < degree_max + 2; d++) {
        const int64_t cost = -(int64_t)d * llround(log2((double)d + 1) * LOG_ONE);
        steps[d] = (int32_t)(cost - before);
        before = cost;
    }
    return steps;
}

fh_status fhi_bisect(const fhi_graph *graph, uint32_t *order, const fhi_bisect_options *options)
{
    bisection job = {.graph = graph, .options = options, .work = 1};
    for (uint32_t part_docs = graph->doc_count; part_docs > LEAF_DOCS; part_docs -= part_docs / 2)
        job.work += graph->doc_count;
    atomic_init(&job.status, FH_OK);
    atomic_init(&job.done, 0);
    job.steps = make_steps(graph->degree_max);
    job.movers = malloc((graph->doc_count + (size_t)1) * sizeof *job.movers);
    if (job.steps && job.movers) {
        part whole = {&job, order, job.movers, graph->doc_count, options->threads, 0, true};
        (void)bisect_apart(&whole);
    } else {
        atomic_store(&job.status, FH_E_NOMEM);
    }
    free(job.steps);
    free(job.movers);
    return (fh_status)atomic_load(&job.status);
}
