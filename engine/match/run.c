/* run.c - walks the segments of a snapshot and keeps the best.
 *
 * Each chunk of 65,536 documents is brought into view, which gives an upper bound per quarter of 64. Quarters are
 * visited from the highest bounds down, a level at a time; once k hits are held, a quarter whose bound lies below the
 * worst of them is not opened. Equal scores are decided by document order, so a quarter is skipped only when strictly
 * below.
 */
#include "engine/match/eval.h"

#include <stdlib.h>
#include <time.h>

enum { CLOCK_STEPS = 64 * 1024, QUARTER_STEPS = 1024 };

typedef struct matching {
    fhi_plan plan;
    fhi_walk walk;
    uint32_t segment;
    const uint64_t *live;
    fhi_place *heap;        /* the worst on top */
    const fhi_place *after; /* what is not worse was told before */
    uint32_t heap_count, heap_max;
    bool scored; /* by score, not by date */
    bool pruned;
    bool counted;
    bool kept;             /* hits are wanted, not only the count */
    fhi_quarter_seen seen; /* told of every match; NULL: nobody is */
    void *seen_argument;
    fhi_document from; /* nothing before it is walked */
    uint64_t total;
    fh_status status;
} matching;

/* ---- the heap ---- */

static uint64_t key_of_score(float score)
{
    uint32_t bits; /* scores are >= 0: their bits order as the numbers do */
    memcpy(&bits, &score, sizeof bits);
    return bits;
}

static float score_of_key(uint64_t key)
{
    const uint32_t bits = (uint32_t)key;
    float score;
    memcpy(&score, &bits, sizeof score);
    return score;
}

static bool is_better(const fhi_place *a, const fhi_place *b)
{
    if (a->key != b->key) return a->key > b->key;
    if (a->segment != b->segment) return a->segment < b->segment;
    return a->doc < b->doc;
}

static void sift_down(fhi_place *heap, uint32_t count, uint32_t at)
{
    const fhi_place moved = heap[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= count) break;
        if (child + 1 < count && is_better(&heap[child], &heap[child + 1])) child++;
        if (!is_better(&moved, &heap[child])) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

static void sift_up(fhi_place *heap, uint32_t at)
{
    const fhi_place moved = heap[at];
    while (at > 0 && is_better(&heap[(at - 1) / 2], &moved)) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = moved;
}

static void offer(matching *search, uint64_t key, uint32_t doc)
{
    const fhi_place found = {key, search->segment, doc};
    if (search->after && !is_better(search->after, &found)) return;
    if (search->heap_count < search->heap_max) {
        search->heap[search->heap_count] = found;
        sift_up(search->heap, search->heap_count++);
    } else if (search->heap_max > 0 && is_better(&found, &search->heap[0])) {
        search->heap[0] = found;
        sift_down(search->heap, search->heap_count, 0);
    }
}

/* Documents that score less than this cannot enter; 0 until k hits are held. */
static float threshold(const matching *search)
{
    if (!search->pruned || search->heap_count < search->heap_max || search->heap_max == 0) return 0.0f;
    return score_of_key(search->heap[0].key);
}

/* ---- one quarter ---- */

static uint32_t first_of(const fhi_walk *walk, uint32_t quarter)
{
    return walk->chunk * FHI_CHUNK_DOCS + quarter * FHI_QUARTER_DOCS;
}

/* Documents of a quarter that are there. */
static uint64_t needed(const matching *search, uint32_t quarter)
{
    const uint32_t docs = search->walk.segment->doc_count, base = first_of(&search->walk, quarter);
    if (base >= docs) return 0;
    const uint32_t left = docs - base;
    const uint64_t need = left >= 64 ? UINT64_MAX : (UINT64_C(1) << left) - 1;
    return search->live ? need & search->live[base / 64] : need;
}

static void offer_scores(matching *search, fhi_eval *root)
{
    fhi_walk *walk = &search->walk;
    uint8_t docs[FHI_QUARTER_DOCS];
    float scores[FHI_QUARTER_DOCS];
    walk->addend_count = 0;
    walk->unsure = 0;
    fhi_eval_collect(walk, root, root->mask);
    const uint32_t count =
        walk->kernels->score(walk->addends, walk->addend_count, root->mask, walk->segment->norms + walk->base,
                             walk->plan->k_of_norm, walk->least, docs, scores);
    for (uint32_t i = 0; i < count; i++) {
        if (walk->unsure >> docs[i] & 1) scores[i] = fhi_eval_score(walk, root, docs[i], 0.0f);
        if (walk->late) return; /* a phrase may have been given up in the middle */
        offer(search, key_of_score(scores[i]), walk->base + docs[i]);
    }
}

/* A day before that of the worst hit held, or after that of the last one told, needs no look at its minute. */
static void offer_days(matching *search, const fhi_eval *root)
{
    const fhi_walk *walk = &search->walk;
    const uint32_t least = search->heap_count < search->heap_max ? 0 : (uint32_t)(search->heap[0].key >> 16);
    const uint32_t most = search->after ? (uint32_t)(search->after->key >> 16) : UINT32_MAX;
    uint32_t days[FHI_QUARTER_DOCS], at = 0;
    (void)fhi_segment_days(walk->segment, walk->base, root->mask, days);
    for (uint64_t bits = root->mask; bits; bits &= bits - 1, at++) {
        if (days[at] < least || days[at] > most) continue;
        const uint32_t doc = walk->base + (uint32_t)__builtin_ctzll(bits);
        offer(search, (uint64_t)days[at] << 16 | fhi_segment_minute(walk->segment, doc), doc);
    }
}

bool fhi_deadline_is_over(uint64_t deadline_ns)
{
    struct timespec now;
    if (deadline_ns == 0) return false;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec >= deadline_ns;
}

bool fhi_walk_is_late(fhi_walk *walk, uint32_t steps)
{
    const uint64_t deadline = walk->plan->options->deadline_ns;
    if (deadline == 0 || walk->late) return walk->late;
    if (walk->until_clock > steps) {
        walk->until_clock -= steps;
        return false;
    }
    walk->until_clock = CLOCK_STEPS;
    walk->late = fhi_deadline_is_over(deadline);
    return walk->late;
}

static bool visit(matching *search, fhi_eval *root, const fhi_batch *batch, uint32_t i)
{
    fhi_walk *walk = &search->walk;
    walk->quarter = batch->quarters[i];
    walk->base = first_of(walk, walk->quarter);
    fhi_eval_match_sieved(walk, root, batch, i);
    if (walk->late) return false;
    if (!root->mask) return true;
    if (search->counted) search->total += fhi_popcount64(root->mask);
    if (search->seen) {
        search->status = search->seen(search->seen_argument, search->segment, walk->base, root->mask);
        return search->status == FH_OK;
    }
    if (!search->kept) return true;
    if (search->scored)
        offer_scores(search, root);
    else
        offer_days(search, root);
    return true;
}

/* ---- one chunk ---- */

/* What a hit must now score, as a number and in the units of the bounds. */
static void raise_least(matching *search)
{
    fhi_walk *walk = &search->walk;
    const float least = threshold(search), units = least * walk->units;
    walk->least = least;
    walk->least_units = units < (float)UINT16_MAX ? (uint32_t)units : UINT16_MAX;
}

/* The next quarters of a list that may still matter, as many as go into a batch; answers how many it took. */
static uint32_t fill_batch(const matching *search, const fhi_eval *root, const uint16_t *quarters, uint32_t count,
                           bool bounded, fhi_batch *batch)
{
    uint32_t taken = 0;
    batch->count = 0;
    while (taken < count && batch->count < FHI_BATCH_QUARTERS) {
        const uint16_t quarter = quarters[taken++];
        batch->quarters[batch->count] = quarter;
        batch->needs[batch->count] = needed(search, quarter);
        batch->count += !bounded || root->sums[quarter] >= search->walk.least_units;
    }
    return taken;
}

/* Visits quarters in the order given; with bounds, only those that may still matter. */
static bool visit_all(matching *search, fhi_eval *root, const uint16_t *quarters, uint32_t count, bool bounded)
{
    enum { AHEAD = FHI_BATCH_QUARTERS };
    fhi_batch batch;
    fhi_eval_prefetch(root, quarters, count < AHEAD ? count : AHEAD);
    for (uint32_t at = 0, asked = AHEAD; at < count;) {
        if (search->pruned) raise_least(search);
        at += fill_batch(search, root, quarters + at, count - at, bounded, &batch);
        for (; asked < count && asked < at + AHEAD; asked += AHEAD)
            fhi_eval_prefetch(root, quarters + asked, count - asked < AHEAD ? count - asked : AHEAD);
        if (fhi_walk_is_late(&search->walk, batch.count * QUARTER_STEPS)) return false;
        fhi_eval_sieve(&search->walk, root, &batch);
        if (search->walk.late) return false;
        for (uint32_t i = 0; i < batch.count; i++) {
            if (batch.all_match && !search->kept && !search->seen) {
                search->total += fhi_popcount64(batch.needs[i]);
                continue;
            }
            if (search->pruned) raise_least(search);
            if (!visit(search, root, &batch, i)) return false;
        }
    }
    return true;
}

/* From the highest bounds down: those near the highest first, then the rest in a few levels, in document order each. */
static void visit_best_first(matching *search, fhi_eval *root, uint32_t left)
{
    static const uint8_t levels[] = {240, 216, 184, 144, 96, 0}; /* in 1/256 of the highest bound */
    uint16_t quarters[FHI_SELECT_ROOM];
    fhi_walk *walk = &search->walk;
    const uint32_t highest = walk->kernels->highest(root->sums, root->possible);
    uint32_t high = UINT16_MAX;
    for (size_t level = 0; level < sizeof levels && left > 0; level++) {
        raise_least(search);
        if (high < walk->least_units) return;
        const uint32_t wanted = highest * levels[level] / 256;
        const uint32_t low = wanted > walk->least_units ? wanted : walk->least_units;
        const uint32_t count =
            walk->kernels->select(root->sums, root->possible, (uint16_t)low, (uint16_t)high, quarters);
        if (!visit_all(search, root, quarters, count, true) || low == 0) return;
        left -= count;
        high = low - 1;
    }
}

/* Of a walk that begins in this chunk; else 0. */
static uint32_t first_quarter(const matching *search, uint32_t chunk)
{
    const fhi_document *from = &search->from;
    if (search->segment != from->segment || chunk != from->doc / FHI_CHUNK_DOCS) return 0;
    return from->doc % FHI_CHUNK_DOCS / FHI_QUARTER_DOCS;
}

static void walk_chunk(matching *search, fhi_eval *root, uint32_t chunk)
{
    enum { FEW_QUARTERS = 64 }; /* bounds of so few cost more than they save; an OR needs them to match at all */
    uint16_t quarters[FHI_SELECT_ROOM];
    fhi_walk *walk = &search->walk;
    uint32_t count = 0;
    const float chunk_bound = fhi_eval_chunk_bound(root, chunk);
    if (chunk_bound < 0.0f || chunk_bound < threshold(search)) return;
    walk->chunk = chunk;
    fhi_eval_enter(walk, root, NULL);
    fhi_eval_prefetch_chunk(root, chunk + 1);
    for (uint32_t word = 0; word < FHI_QUARTER_WORDS; word++)
        count += fhi_popcount64(root->possible[word]);
    if (count == 0) return;
    if (search->pruned && (count > FEW_QUARTERS || root->kind == FHI_EVAL_OR)) {
        fhi_eval_bound(walk, root, root->possible);
        visit_best_first(search, root, count);
        return;
    }
    raise_least(search);
    const uint32_t first = first_quarter(search, chunk);
    count = 0;
    for (uint32_t word = 0; word < FHI_QUARTER_WORDS; word++)
        for (uint64_t bits = root->possible[word]; bits; bits &= bits - 1) {
            quarters[count] = (uint16_t)(word * 64 + (uint32_t)__builtin_ctzll(bits));
            count += quarters[count] >= first;
        }
    (void)visit_all(search, root, quarters, count, false);
}

static void walk_segment(matching *search, const fhi_node *root, const fhi_word_stats *stats, uint32_t number)
{
    fhi_eval *eval;
    search->segment = number;
    search->walk.segment = fhi_index_segment(search->plan.index, number);
    search->live = fhi_index_live_bits(search->plan.index, number);
    search->walk.kernels = search->walk.segment->kernels;
    search->status = fhi_plan_resolve(&search->plan, root, stats, number, &eval, &search->walk.units);
    search->walk.root = eval;
    const uint32_t chunks = (search->walk.segment->doc_count + FHI_CHUNK_DOCS - 1) / FHI_CHUNK_DOCS;
    const uint32_t first = number == search->from.segment ? search->from.doc / FHI_CHUNK_DOCS : 0;
    for (uint32_t chunk = first; chunk < chunks && search->status == FH_OK; chunk++) {
        walk_chunk(search, eval, chunk);
        if (search->status != FH_OK) return;
        if (search->walk.late) {
            if (!search->plan.options->partial)
                search->status = fhi_fail(search->plan.err, FH_E_DEADLINE, "the query took too long");
            return;
        }
        search->status = search->plan.arena->status != FH_OK ? search->plan.arena->status : fhi_eval_status(eval);
        if (search->status != FH_OK)
            (void)fhi_fail_at(search->plan.err, search->status, fhi_segment_path(search->walk.segment), 0, "%s",
                              search->status == FH_E_CORRUPT ? "a posting list is damaged; `fihrist check` tells where"
                                                             : "the query needs more memory than a request may use");
    }
}

static fh_status walk_all(matching *search, const fhi_node *root, const fhi_word_stats *stats)
{
    for (uint32_t i = search->from.segment; i < fhi_index_segment_count(search->plan.index) && search->status == FH_OK;
         i++)
        walk_segment(search, root, stats, i);
    return search->status;
}

/* ---- totals without walking ---- */

/* The df of a single term is the total when nothing is deleted. */
static bool total_is_known(const matching *search, const fhi_node *root, const fhi_word_stats *stats, uint64_t *total)
{
    if (root->kind != FHI_NODE_WORD || root->title_only || root->word.term_count != 1) return false;
    for (uint32_t i = 0; i < fhi_index_segment_count(search->plan.index); i++)
        if (fhi_index_live_bits(search->plan.index, i)) return false;
    *total = stats[0].df;
    return true;
}

static fh_status count_all(matching *search, const fhi_node *root, const fhi_word_stats *stats)
{
    if (total_is_known(search, root, stats, &search->total)) return FH_OK;
    search->kept = false;
    search->pruned = false;
    search->plan.docs_only = true;
    search->counted = true;
    return walk_all(search, root, stats);
}

/* ---- the run ---- */

static int compare_entries(const void *a, const void *b)
{
    return is_better(a, b) ? -1 : 1;
}

static fh_status hand_over(matching *search, fhi_hits *out)
{
    qsort(search->heap, search->heap_count, sizeof *search->heap, compare_entries);
    out->hits = fhi_arena_alloc(search->plan.arena, ((size_t)search->heap_count + 1) * sizeof *out->hits);
    if (!out->hits) return fhi_fail(search->plan.err, search->plan.arena->status, "out of memory for the hits");
    for (uint32_t i = 0; i < search->heap_count; i++) {
        const fhi_place *found = &search->heap[i];
        const fhi_segment *segment = fhi_index_segment(search->plan.index, found->segment);
        out->hits[i] = (fhi_hit){.key = found->key,
                                 .segment = found->segment,
                                 .doc = found->doc,
                                 .score = search->scored ? score_of_key(found->key) : 0.0f,
                                 .day = fhi_segment_day(segment, found->doc)};
    }
    out->hit_count = search->heap_count;
    out->partial = search->walk.late;
    out->total = out->partial && search->total < out->hit_count ? out->hit_count : search->total;
    return FH_OK;
}

/* Everything a walk needs but what is done with the matches. */
static fh_status set_up(const fhi_index *index, const fhi_node *root, const fhi_match_options *options,
                        fhi_arena *arena, matching **out, fhi_word_stats **stats, fh_err *err)
{
    matching *state = fhi_arena_zalloc(arena, 1, sizeof *state);
    fhi_place *heap = fhi_arena_alloc(arena, ((size_t)options->top + 1) * sizeof *heap);
    *out = state;
    *stats = NULL;
    if (!state || !heap) return fhi_fail(err, arena->status, "the query needs more memory than a request may use");
    state->plan = (fhi_plan){.index = index, .options = options, .arena = arena, .err = err};
    state->plan.average_length = fhi_index_average_length(index);
    state->plan.k_of_norm = fhi_index_length_table(index);
    state->walk.plan = &state->plan;
    state->heap = heap;
    state->after = options->after;
    state->heap_max = options->top;
    FH_TRY(fhi_plan_gather(&state->plan, root, stats));
    state->walk.addends =
        fhi_arena_alloc(arena, 2 * ((size_t)state->plan.leaf_count + 1) * sizeof *state->walk.addends);
    if (!state->walk.addends) return fhi_fail(err, arena->status, "the query needs more memory than a request may use");
    return FH_OK;
}

fh_status fhi_match_run(const fhi_index *index, const fhi_node *root, const fhi_match_options *options,
                        fhi_arena *arena, fhi_hits *out, fh_err *err)
{
    matching *state;
    fhi_word_stats *stats = NULL;
    *out = (fhi_hits){0};
    if (options->top > FHI_TOP_MAX) return fhi_fail(err, FH_E_LIMIT, "at most %d hits can be asked for", FHI_TOP_MAX);
    FH_TRY(set_up(index, root, options, arena, &state, &stats, err));
    state->scored = options->sort == FHI_SORT_SCORE;
    state->pruned = state->scored && !options->exhaustive;
    state->counted = options->count && !state->pruned;
    state->kept = options->top > 0;
    state->plan.docs_only = !state->kept || !state->scored;
    if (state->kept || state->counted) FH_TRY(walk_all(state, root, stats));
    if (options->count && !state->counted) FH_TRY(count_all(state, root, stats));
    return hand_over(state, out);
}

fh_status fhi_match_each_from(const fhi_index *index, const fhi_node *root, fhi_document from, uint64_t deadline_ns,
                              fhi_quarter_seen seen, void *argument, fhi_arena *arena, fh_err *err)
{
    const fhi_match_options options = {.deadline_ns = deadline_ns};
    matching *state;
    fhi_word_stats *stats = NULL;
    FH_TRY(set_up(index, root, &options, arena, &state, &stats, err));
    state->plan.docs_only = true;
    state->seen = seen;
    state->seen_argument = argument;
    state->from = from;
    return walk_all(state, root, stats);
}

fh_status fhi_match_each(const fhi_index *index, const fhi_node *root, uint64_t deadline_ns, fhi_quarter_seen seen,
                         void *argument, fhi_arena *arena, fh_err *err)
{
    return fhi_match_each_from(index, root, (fhi_document){0, 0}, deadline_ns, seen, argument, arena, err);
}
