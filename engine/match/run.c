/* run.c - walks the segments of a snapshot and keeps the best.
 *
 * Each chunk of 65,536 documents is brought into view, which gives an upper bound per range of 256. Ranges are
 * visited from the highest bound down; once k hits are held, a range whose bound lies below the worst of them is
 * not opened. Equal scores are decided by document order, so a range is skipped only when strictly below.
 */
#include "engine/match/eval.h"

#include <stdlib.h>
#include <time.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { DEADLINE_RANGES = 32, BUCKETS = 32, PREFETCH_RANGES = 3 };

typedef struct entry {
    uint64_t key; /* larger is better: order-preserving bits of the score, or day and minute */
    uint32_t segment;
    uint32_t doc;
} entry;

typedef struct matching {
    fhi_plan plan;
    fhi_walk walk;
    uint32_t segment;
    const uint64_t *live;
    entry *heap; /* the worst on top */
    uint32_t heap_count, heap_max;
    bool scored; /* by score, not by date */
    bool pruned;
    bool counted;
    bool kept; /* hits are wanted, not only the count */
    uint64_t total;
    uint32_t until_deadline;
    size_t quarter_bytes; /* of 64 scores; a variable, so that clearing them is the library's fast call */
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

static bool is_better(const entry *a, const entry *b)
{
    if (a->key != b->key) return a->key > b->key;
    if (a->segment != b->segment) return a->segment < b->segment;
    return a->doc < b->doc;
}

static void sift_down(entry *heap, uint32_t count, uint32_t at)
{
    const entry moved = heap[at];
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

static void sift_up(entry *heap, uint32_t at)
{
    const entry moved = heap[at];
    while (at > 0 && is_better(&heap[(at - 1) / 2], &moved)) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = moved;
}

static void offer(matching *search, uint64_t key, uint32_t doc)
{
    const entry found = {key, search->segment, doc};
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

/* ---- one range ---- */

static void needed(const matching *search, uint64_t need[4])
{
    const fhi_walk *walk = &search->walk;
    const uint32_t base = walk->chunk * FHI_CHUNK_DOCS + walk->range * FHI_RANGE_DOCS;
    const uint32_t docs = walk->segment->doc_count;
    for (uint32_t word = 0; word < 4; word++) {
        const uint32_t first = base + word * 64;
        need[word] = first >= docs ? 0 : docs - first >= 64 ? UINT64_MAX : (UINT64_C(1) << (docs - first)) - 1;
        if (need[word] && search->live) need[word] &= search->live[base / 64 + word];
    }
}

/* Bit i: scores[i] of 64 is at least the threshold. */
static uint64_t at_least(const float scores[64], float least)
{
    uint64_t bits = 0;
#if defined(__SSE2__)
    const __m128 limit = _mm_set1_ps(least);
    for (uint32_t i = 0; i < 64; i += 4)
        bits |= (uint64_t)(unsigned)_mm_movemask_ps(_mm_cmpge_ps(_mm_loadu_ps(scores + i), limit)) << i;
#else
    for (uint32_t i = 0; i < 64; i++)
        bits |= (uint64_t)(scores[i] >= least) << i;
#endif
    return bits;
}

static void offer_scores(matching *search, fhi_eval *root)
{
    fhi_walk *walk = &search->walk;
    const uint32_t base = walk->chunk * FHI_CHUNK_DOCS + walk->range * FHI_RANGE_DOCS;
    for (uint32_t word = 0; word < 4; word++)
        if (walk->need[word]) memset(walk->scores + word * 64, 0, search->quarter_bytes);
    fhi_eval_score(walk, root, root->mask);
    const float least = threshold(search);
    for (uint32_t word = 0; word < 4; word++) {
        uint64_t bits = root->mask[word];
        if (bits && least > 0.0f) bits &= at_least(walk->scores + word * 64, least);
        for (; bits; bits &= bits - 1) {
            const uint32_t i = word * 64 + (uint32_t)__builtin_ctzll(bits);
            offer(search, key_of_score(walk->scores[i]), base + i);
        }
    }
}

static void offer_days(matching *search, const fhi_eval *root)
{
    const fhi_walk *walk = &search->walk;
    const uint32_t base = walk->chunk * FHI_CHUNK_DOCS + walk->range * FHI_RANGE_DOCS;
    for (uint32_t word = 0; word < 4; word++)
        for (uint64_t bits = root->mask[word]; bits; bits &= bits - 1) {
            const uint32_t doc = base + word * 64 + (uint32_t)__builtin_ctzll(bits);
            const uint64_t day = fhi_segment_day(walk->segment, doc);
            offer(search, day << 16 | fhi_segment_minute(walk->segment, doc), doc);
        }
}

static bool past_deadline(matching *search)
{
    const uint64_t deadline = search->plan.options->deadline_ns;
    if (deadline == 0 || search->until_deadline-- > 0) return false;
    struct timespec now;
    search->until_deadline = DEADLINE_RANGES;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if ((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec < deadline) return false;
    search->status = fhi_fail(search->plan.err, FH_E_DEADLINE, "the query took too long");
    return true;
}

/* Drops the quarters of the range that cannot match or, when pruning, score enough. */
static bool narrow(const matching *search, const fhi_eval *root, uint64_t need[4])
{
    const uint32_t range = search->walk.range;
    float bounds[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    if (search->walk.least > 0.0f) fhi_eval_bound_quarters(root, range, bounds);
    for (uint32_t quarter = 0; quarter < 4; quarter++)
        if (!(root->quarters[range] >> quarter & 1) || bounds[quarter] < search->walk.least) need[quarter] = 0;
    return fhi_mask_any(need);
}

static bool visit(matching *search, fhi_eval *root, uint32_t range)
{
    uint64_t *need = search->walk.need;
    if (past_deadline(search)) return false;
    search->walk.range = range;
    search->walk.least = threshold(search);
    search->walk.root = root;
    needed(search, need);
    if (!narrow(search, root, need)) return true;
    fhi_eval_match_best(&search->walk, root, need);
    if (search->counted)
        for (uint32_t word = 0; word < 4; word++)
            search->total += fhi_popcount64(root->mask[word]);
    if (!search->kept || !fhi_mask_any(root->mask)) return true;
    if (search->scored)
        offer_scores(search, root);
    else
        offer_days(search, root);
    return true;
}

/* ---- one chunk ---- */

/* Ranges that may match, from the highest bound down, roughly: 32 buckets between 0 and the highest. */
static uint32_t order_ranges(const fhi_eval *root, float least, uint8_t order[FHI_CHUNK_RANGES])
{
    uint8_t bucket_of[FHI_CHUNK_RANGES];
    uint16_t starts[BUCKETS + 1] = {0};
    float highest = 0.0f;
    uint32_t count = 0;
    for (uint32_t word = 0; word < 4; word++)
        for (uint64_t bits = root->possible[word]; bits; bits &= bits - 1) {
            const float bound = root->bounds[word * 64 + (uint32_t)__builtin_ctzll(bits)];
            if (bound > highest) highest = bound;
        }
    const float scale = highest > 0.0f ? (BUCKETS - 1) / highest : 0.0f;
    for (uint32_t word = 0; word < 4; word++)
        for (uint64_t bits = root->possible[word]; bits; bits &= bits - 1) {
            const uint32_t range = word * 64 + (uint32_t)__builtin_ctzll(bits);
            if (root->bounds[range] < least) continue;
            bucket_of[range] = (uint8_t)(BUCKETS - 1 - (uint32_t)(root->bounds[range] * scale));
            starts[bucket_of[range] + 1]++;
            count++;
        }
    for (uint32_t i = 0; i < BUCKETS; i++)
        starts[i + 1] = (uint16_t)(starts[i + 1] + starts[i]);
    for (uint32_t word = 0; word < 4; word++)
        for (uint64_t bits = root->possible[word]; bits; bits &= bits - 1) {
            const uint32_t range = word * 64 + (uint32_t)__builtin_ctzll(bits);
            if (root->bounds[range] >= least) order[starts[bucket_of[range]]++] = (uint8_t)range;
        }
    return count;
}

static void walk_chunk(matching *search, fhi_eval *root, uint32_t chunk)
{
    const float chunk_bound = fhi_eval_chunk_bound(root, chunk);
    if (chunk_bound < 0.0f || chunk_bound < threshold(search)) return;
    search->walk.chunk = chunk;
    fhi_eval_enter(root, chunk);
    if (search->pruned) {
        fhi_eval_bound(root, root->possible);
        uint8_t order[FHI_CHUNK_RANGES];
        const uint32_t count = order_ranges(root, threshold(search), order);
        for (uint32_t i = 0; i < count; i++) {
            if (i + PREFETCH_RANGES < count) fhi_eval_prefetch(root, order[i + PREFETCH_RANGES]);
            if (root->bounds[order[i]] < threshold(search)) continue;
            if (!visit(search, root, order[i])) return;
        }
        return;
    }
    for (uint32_t range = 0; range < FHI_CHUNK_RANGES; range++)
        if (fhi_mask_has(root->possible, range) && !visit(search, root, range)) return;
}

static void walk_segment(matching *search, const fhi_node *root, const fhi_word_stats *stats, uint32_t number)
{
    fhi_eval *eval;
    search->segment = number;
    search->walk.segment = fhi_index_segment(search->plan.index, number);
    search->live = fhi_index_live_bits(search->plan.index, number);
    search->status = fhi_plan_resolve(&search->plan, root, stats, number, &eval);
    const uint32_t chunks = (search->walk.segment->doc_count + FHI_CHUNK_DOCS - 1) / FHI_CHUNK_DOCS;
    for (uint32_t chunk = 0; chunk < chunks && search->status == FH_OK; chunk++) {
        walk_chunk(search, eval, chunk);
        if (search->status != FH_OK) return;
        search->status = search->plan.arena->status != FH_OK ? search->plan.arena->status : fhi_eval_status(eval);
        if (search->status != FH_OK)
            (void)fhi_fail_at(search->plan.err, search->status, fhi_segment_path(search->walk.segment), 0, "%s",
                              search->status == FH_E_CORRUPT ? "a posting list is damaged; `fihrist check` tells where"
                                                             : "the query needs more memory than a request may use");
    }
}

static fh_status walk_all(matching *search, const fhi_node *root, const fhi_word_stats *stats)
{
    for (uint32_t i = 0; i < fhi_index_segment_count(search->plan.index) && search->status == FH_OK; i++)
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
        const entry *found = &search->heap[i];
        const fhi_segment *segment = fhi_index_segment(search->plan.index, found->segment);
        out->hits[i] = (fhi_hit){.segment = found->segment,
                                 .doc = found->doc,
                                 .score = search->scored ? score_of_key(found->key) : 0.0f,
                                 .day = fhi_segment_day(segment, found->doc)};
    }
    out->hit_count = search->heap_count;
    out->total = search->total;
    return FH_OK;
}

fh_status fhi_match_run(const fhi_index *index, const fhi_node *root, const fhi_match_options *options,
                        fhi_arena *arena, fhi_hits *out, fh_err *err)
{
    fhi_word_stats *stats;
    *out = (fhi_hits){0};
    if (options->top > FHI_TOP_MAX) return fhi_fail(err, FH_E_LIMIT, "at most %d hits can be asked for", FHI_TOP_MAX);
    matching *state = fhi_arena_zalloc(arena, 1, sizeof *state);
    entry *heap = fhi_arena_alloc(arena, ((size_t)options->top + 1) * sizeof *heap);
    if (!state || !heap) return fhi_fail(err, arena->status, "the query needs more memory than a request may use");
    state->plan = (fhi_plan){.index = index, .options = options, .arena = arena, .err = err};
    state->plan.average_length = fhi_index_average_length(index);
    state->plan.k_of_norm = fhi_index_length_table(index);
    state->plan.shares = fhi_index_shares(index);
    state->plan.unit = (float)fhi_index_settings(index)->body_weight;
    state->walk.plan = &state->plan;
    state->heap = heap;
    state->heap_max = options->top;
    state->quarter_bytes = 64 * sizeof(float);
    state->scored = options->sort == FHI_SORT_SCORE;
    state->pruned = state->scored && !options->exhaustive;
    state->counted = options->count && !state->pruned;
    state->kept = options->top > 0;
    FH_TRY(fhi_plan_gather(&state->plan, root, &stats));
    if (state->kept || state->counted) FH_TRY(walk_all(state, root, stats));
    if (options->count && !state->counted) FH_TRY(count_all(state, root, stats));
    return hand_over(state, out);
}
