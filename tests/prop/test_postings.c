/* test_postings.c - random lists of every size and shape come back as they went in: decoded whole, and through the
 * cursor range by range in any order; no stored bound lies below what a document contributes. */
#include "engine/segment/postings_reader.h"
#include "tests/support/lists.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LISTS_MAX = 16, ROOM = 8192, FORMS_MAX = 600, ARENA_BYTES = 256 << 20 };

typedef struct setting {
    rng random;
    made_docs docs;
    made_list lists[LISTS_MAX];
    uint32_t list_count;
    vfs_memory memory;
    fhi_segment *segment;
} setting;

static void open_segment(setting *made)
{
    fhi_segment_info info;
    fh_err err = {0};
    vfs_memory_init(&made->memory);
    if (lists_write(&made->docs, made->lists, made->list_count, &made->memory.table, &info, &err) != FH_OK)
        fail_msg("writing: %s", err.text);
    if (fhi_segment_open(&made->memory.table, LISTS_FOLDER, 1, &made->docs.settings, &made->segment, &err) != FH_OK)
        fail_msg("opening: %s", err.text);
    assert_int_equal(info.doc_count, made->docs.count);
}

static void close_segment(setting *made)
{
    fhi_segment_close(made->segment);
    vfs_memory_fini(&made->memory);
    for (uint32_t i = 0; i < made->list_count; i++)
        made_list_fini(&made->lists[i]);
    made_docs_fini(&made->docs);
}

static fhi_term_info find_list(const setting *made, uint32_t number)
{
    char term[16];
    fhi_term_info info;
    lists_term(number, term);
    assert_int_equal(fhi_terms_find(made->segment, fhi_str(term), &info), FH_OK);
    assert_int_equal(info.ordinal, number);
    assert_int_equal(info.df, made->lists[number].list.doc_count);
    return info;
}

/* ---- decoded whole ---- */

static void check_decoded(const setting *made, uint32_t number, fhi_list_scratch *scratch)
{
    const made_list *drawn = &made->lists[number];
    const fhi_term_info info = find_list(made, number);
    fhi_list list;
    assert_int_equal(fhi_list_decode(made->segment, &info, scratch, &list), FH_OK);
    assert_int_equal(list.doc_count, drawn->list.doc_count);
    assert_int_equal(list.position_count, drawn->list.position_count);
    assert_memory_equal(list.docs, drawn->docs, list.doc_count * sizeof(uint32_t));
    assert_memory_equal(list.counts, drawn->counts, list.doc_count * sizeof(uint32_t));
    assert_memory_equal(list.positions, drawn->positions, list.position_count * sizeof(uint32_t));
    assert_memory_equal(list.forms, drawn->forms, list.position_count * sizeof(uint32_t));
}

/* ---- through the cursor ---- */

typedef struct cursor_walk {
    setting *made;
    const made_list *list;
    fhi_cursor cursor;
    fhi_form_set wanted;
    bool is_wanted[FORMS_MAX];
    uint32_t wanted_forms[FORMS_MAX];
    float k_of_norm[256];
    uint8_t bounds[FHI_CHUNK_QUARTERS];
} cursor_walk;

/* Index of the first posting whose document is >= doc. */
static uint32_t posting_from(const made_list *list, uint64_t doc)
{
    uint32_t low = 0, high = list->list.doc_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (list->docs[middle] < doc)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void check_positions(cursor_walk *walk, uint32_t range, fhi_block *block, uint32_t i, uint32_t posting)
{
    static uint32_t positions[ROOM], forms[ROOM];
    const made_list *list = walk->list;
    const uint32_t start = list->starts[posting], count = list->counts[posting];
    if (count > 1) /* too little room: the answer is how much is needed, or at least more than there is */
        assert_true(fhi_cursor_positions(&walk->cursor, range, block, i, false, positions, forms, count - 1) >= count);
    assert_int_equal(fhi_cursor_positions(&walk->cursor, range, block, i, false, positions, forms, ROOM), count);
    assert_memory_equal(positions, list->positions + start, count * sizeof *positions);
    assert_memory_equal(forms, list->forms + start, count * sizeof *forms);
    if (walk->wanted.count == 0) return;
    const uint32_t found = fhi_cursor_positions(&walk->cursor, range, block, i, true, positions, NULL, ROOM);
    uint32_t expected = 0;
    for (uint32_t j = start; j < start + count; j++)
        if (walk->is_wanted[list->forms[j]]) assert_int_equal(positions[expected++], list->positions[j]);
    assert_int_equal(found, expected);
}

/* Bounds are in 1/255 of the most a term can give. */
static void check_bound(const cursor_walk *walk, uint32_t posting, uint32_t freq, uint8_t bound)
{
    const uint8_t norm = fhi_norm_of_length(walk->made->docs.lengths[walk->list->docs[posting]]);
    const double tf = (double)freq / walk->made->docs.settings.body_weight;
    assert_true((double)bound >= 255.0 * tf / (tf + (double)walk->k_of_norm[norm]) || bound == 255);
}

static void check_tail(cursor_walk *walk, uint32_t range, fhi_block *block, uint32_t first, uint32_t count)
{
    const made_list *list = walk->list;
    fhi_cursor_tail(&walk->cursor, block);
    assert_int_equal(block->count, count);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t freq = made_list_freq(list, &walk->made->docs, first + i, NULL);
        assert_int_equal(block->ids[i], list->docs[first + i] % FHI_RANGE_DOCS);
        assert_int_equal(fhi_block_index(block, block->ids[i]), i);
        assert_int_equal(block->freqs[i], freq);
        check_bound(walk, first + i, freq, walk->bounds[list->docs[first + i] / FHI_QUARTER_DOCS % FHI_CHUNK_QUARTERS]);
        if (walk->wanted.count)
            assert_int_equal(block->form_freqs[i], made_list_freq(list, &walk->made->docs, first + i, walk->is_wanted));
    }
    for (uint32_t tries = 0; tries < 12 && count; tries++) {
        const uint32_t i = (uint32_t)rng_below(&walk->made->random, count);
        check_positions(walk, range, block, i, first + i);
    }
}

static void check_range(cursor_walk *walk, uint32_t chunk, uint32_t range)
{
    static fhi_block block;
    const uint64_t base = (uint64_t)chunk * FHI_CHUNK_DOCS + (uint64_t)range * FHI_RANGE_DOCS;
    const uint32_t first = posting_from(walk->list, base);
    const uint32_t count = posting_from(walk->list, base + FHI_RANGE_DOCS) - first;
    uint64_t mask[4] = {0};
    for (uint32_t i = first; i < first + count; i++) {
        const uint32_t doc = walk->list->docs[i] % FHI_RANGE_DOCS;
        mask[doc / 64] |= UINT64_C(1) << doc % 64;
    }
    memset(&block, 0xA5, sizeof block);
    for (uint32_t place = 0; place < FHI_RANGE_QUARTERS; place++) {
        const uint32_t quarter = range * FHI_RANGE_QUARTERS + place;
        assert_int_equal(walk->cursor.present[quarter / 64] >> quarter % 64 & 1, mask[place] != 0);
        assert_int_equal(walk->bounds[quarter] > 0, mask[place] != 0);
        assert_true(walk->bounds[quarter] <= fhi_cursor_chunk_bound(&walk->cursor, chunk));
    }
    fhi_cursor_load(&walk->cursor, range, &block);
    assert_memory_equal(block.mask, mask, sizeof mask);
    assert_int_equal(block.count, count);
    if (!count) return;
    if (rng_below(&walk->made->random, 3) == 0) /* tail() is not needed first */
        check_positions(walk, range, &block, 0, first);
    if (rng_below(&walk->made->random, 4)) check_tail(walk, range, &block, first, count);
    assert_int_equal(walk->cursor.status, FH_OK);
}

/* ---- quarter by quarter ---- */

static uint32_t lane(uint32_t freq)
{
    return freq < FHI_LANE_MAX ? freq : FHI_LANE_MAX;
}

static void check_doc(cursor_walk *walk, uint32_t quarter, uint32_t doc, uint32_t posting)
{
    static uint32_t positions[ROOM];
    const made_list *list = walk->list;
    uint32_t freq, form_freq;
    assert_true(fhi_cursor_holds(&walk->cursor, quarter, doc));
    fhi_cursor_freqs(&walk->cursor, quarter, doc, &freq, &form_freq);
    assert_int_equal(freq, made_list_freq(list, &walk->made->docs, posting, NULL));
    if (walk->wanted.count)
        assert_int_equal(form_freq, made_list_freq(list, &walk->made->docs, posting, walk->is_wanted));
    assert_int_equal(fhi_cursor_spots(&walk->cursor, quarter, doc, false, positions, ROOM), list->counts[posting]);
    assert_memory_equal(positions, list->positions + list->starts[posting], list->counts[posting] * sizeof *positions);
    if (list->counts[posting] > 1) assert_true(fhi_cursor_spots(&walk->cursor, quarter, doc, false, positions, 1) > 1);
}

static void check_quarter(cursor_walk *walk, uint32_t chunk, uint32_t quarter)
{
    uint8_t lanes[FHI_QUARTER_DOCS], forms[FHI_QUARTER_DOCS] = {0};
    const uint64_t base = (uint64_t)chunk * FHI_CHUNK_DOCS + (uint64_t)quarter * FHI_QUARTER_DOCS;
    uint32_t first, posting = posting_from(walk->list, base);
    const uint16_t some[3] = {(uint16_t)rng_below(&walk->made->random, FHI_CHUNK_QUARTERS), (uint16_t)quarter, 0};
    uint64_t masks[3];
    fhi_cursor_masks(&walk->cursor, some, 3, masks);
    const uint64_t mask = fhi_cursor_mask(&walk->cursor, quarter, &first);
    assert_true(masks[1] == mask);
    const uint64_t unsure =
        mask ? fhi_cursor_lanes(&walk->cursor, first, mask, lanes, walk->wanted.count ? forms : NULL) : 0;
    for (uint32_t doc = 0; doc < FHI_QUARTER_DOCS; doc++) {
        const bool holds = posting < walk->list->list.doc_count && walk->list->docs[posting] == base + doc;
        assert_int_equal(mask >> doc & 1, holds);
        fhi_spot spot; /* what is not there must not disturb what is, in the same range */
        if (!holds && fhi_cursor_spot(&walk->cursor, quarter, doc, &spot)) assert_int_equal(spot.count, 0);
        if (!mask) continue;
        const uint32_t freq = holds ? made_list_freq(walk->list, &walk->made->docs, posting, NULL) : 0;
        const bool sure = !(unsure >> doc & 1);
        assert_int_equal(lanes[doc], lane(freq));
        if (sure) assert_true(freq < FHI_LANE_MAX);
        if (walk->wanted.count) {
            const uint32_t of_form =
                holds ? made_list_freq(walk->list, &walk->made->docs, posting, walk->is_wanted) : 0;
            assert_true(sure ? forms[doc] == of_form : forms[doc] >= lane(of_form));
        }
        if (holds && rng_below(&walk->made->random, 8) == 0) check_doc(walk, quarter, doc, posting);
        posting += holds;
    }
    assert_int_equal(walk->cursor.status, FH_OK);
}

static void shuffle(rng *random, uint32_t *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        values[i] = i;
    for (uint32_t i = count; i > 1; i--) {
        const uint32_t other = (uint32_t)rng_below(random, i), moved = values[i - 1];
        values[i - 1] = values[other];
        values[other] = moved;
    }
}

/* Asked of a few quarters only, the bounds are the same there. */
static void check_some_bounds(cursor_walk *walk)
{
    uint8_t bounds[FHI_CHUNK_QUARTERS];
    uint64_t among[FHI_QUARTER_WORDS];
    for (uint32_t word = 0; word < FHI_QUARTER_WORDS; word++) {
        const uint64_t bits = rng_next(&walk->made->random);
        among[word] = bits & (bits << 31 | bits >> 33);
    }
    fhi_cursor_bound(&walk->cursor, among, bounds);
    for (uint32_t quarter = 0; quarter < FHI_CHUNK_QUARTERS; quarter++)
        if (among[quarter / 64] >> quarter % 64 & 1) assert_int_equal(bounds[quarter], walk->bounds[quarter]);
}

static void check_chunk(cursor_walk *walk, uint32_t chunk)
{
    uint32_t ranges[FHI_CHUNK_RANGES];
    uint64_t held[4];
    const uint64_t base = (uint64_t)chunk * FHI_CHUNK_DOCS;
    const bool holds = posting_from(walk->list, base) < posting_from(walk->list, base + FHI_CHUNK_DOCS);
    const bool entered = fhi_cursor_enter(&walk->cursor, chunk);
    assert_int_equal(entered, holds);
    fhi_cursor_survey(&walk->cursor, NULL);
    for (uint32_t word = 0; word < FHI_QUARTER_WORDS && !entered; word++)
        assert_true(walk->cursor.present[word] == 0);
    if (!entered) return;
    fhi_cursor_ranges(&walk->cursor, held);
    for (uint32_t range = 0; range < FHI_CHUNK_RANGES; range++) {
        const bool present = walk->cursor.present[range / 16] >> range % 16 * 4 & 15;
        assert_int_equal(held[range / 64] >> range % 64 & 1, present);
    }
    fhi_cursor_bound(&walk->cursor, walk->cursor.present, walk->bounds);
    check_some_bounds(walk);
    shuffle(&walk->made->random, ranges, FHI_CHUNK_RANGES);
    for (uint32_t i = 0; i < FHI_CHUNK_RANGES; i++)
        check_range(walk, chunk, ranges[i]);
    for (uint32_t i = 0; i < FHI_CHUNK_RANGES; i++)
        for (uint32_t place = 0; place < FHI_RANGE_QUARTERS; place++)
            check_quarter(walk, chunk, ranges[i] * FHI_RANGE_QUARTERS + place);
}

static void choose_forms(cursor_walk *walk)
{
    rng *random = &walk->made->random;
    memset(walk->is_wanted, 0, sizeof walk->is_wanted);
    walk->wanted = (fhi_form_set){walk->wanted_forms, 0};
    if (rng_below(random, 3) == 0) return;
    for (uint32_t form = 0; form < walk->list->form_count + 1; form++) {
        if (rng_below(random, walk->list->form_count) >= 3) continue;
        walk->is_wanted[form] = true;
        walk->wanted_forms[walk->wanted.count++] = form;
    }
}

static void check_cursor(setting *made, uint32_t number)
{
    static cursor_walk walk;
    uint32_t chunks[8];
    fhi_arena arena;
    walk = (cursor_walk){.made = made, .list = &made->lists[number]};
    uint32_t kernels = 0;
    while (fhi_kernels_at(kernels))
        kernels++;
    made->segment->kernels = fhi_kernels_at((uint32_t)rng_below(&made->random, kernels));
    const uint32_t count = (made->docs.count + FHI_CHUNK_DOCS - 1) / FHI_CHUNK_DOCS;
    const fhi_term_info info = find_list(made, number);
    fhi_length_table(&made->docs.settings, made->segment->average_length, walk.k_of_norm);
    fhi_arena_init(&arena, ARENA_BYTES);
    choose_forms(&walk);
    assert_int_equal(
        fhi_cursor_init(&walk.cursor, made->segment, &info, walk.wanted.count ? &walk.wanted : NULL, &arena), FH_OK);
    shuffle(&made->random, chunks, count);
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 0; i < count; i++)
            check_chunk(&walk, chunks[i]);
    fhi_arena_fini(&arena);
}

static void check_lists(setting *made)
{
    fhi_list_scratch scratch = {0};
    open_segment(made);
    for (uint32_t i = 0; i < made->list_count; i++) {
        check_decoded(made, i, &scratch);
        check_cursor(made, i);
    }
    fhi_list_scratch_fini(&scratch);
    if (made->docs.count < 3000) {
        fh_err err = {0};
        if (fhi_segment_check(made->segment, &err) != FH_OK) fail_msg("check: %s", err.text);
    }
    close_segment(made);
}

/* ---- cases ---- */

static uint32_t at_most(uint64_t df, const made_docs *docs)
{
    return df < 1 ? 1 : df < docs->count ? (uint32_t)df : docs->count;
}

/* Sizes around every boundary of the format, and any. */
static void draw_plan(setting *made, list_plan *plan)
{
    static const uint32_t sizes[] = {1, 2, 7, 8, 9, 10, 127, 128, 129, 256, 257, 1000, 1023, 1024, 1025, 1100};
    static const uint32_t forms[] = {1, 1, 2, 3, 8, 40, FORMS_MAX - 1};
    rng *random = &made->random;
    uint64_t df = sizes[rng_below(random, sizeof sizes / sizeof sizes[0])];
    if (rng_below(random, 3) == 0) df = rng_below(random, 20000);
    if (rng_below(random, 8) == 0) df = made->docs.count; /* every document */
    *plan = (list_plan){.df = at_most(df, &made->docs),
                        .spread = (list_spread)rng_below(random, SPREAD_KINDS),
                        .forms = forms[rng_below(random, sizeof forms / sizeof forms[0])],
                        .count_max = rng_below(random, 4) ? 300 : 5000};
    if (plan->df > 30000) plan->df = 30000;
}

static void round_trip(rng *random, uint32_t doc_count, docs_shape shape, uint32_t list_count)
{
    static setting made;
    made = (setting){.random = *random, .list_count = list_count};
    made_docs_draw(&made.docs, &made.random, rng_below(&made.random, 2) == 0, doc_count, shape);
    for (uint32_t i = 0; i < list_count; i++) {
        list_plan plan;
        draw_plan(&made, &plan);
        made_list_draw(&made.lists[i], &made.random, &made.docs, &plan);
    }
    check_lists(&made);
    *random = made.random;
}

static void lists_of_small_segments_come_back(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "lists_of_small_segments_come_back");
    for (int round = 0; round < rng_rounds(60); round++)
        round_trip(&random, 1 + (uint32_t)rng_skewed(&random, 12), DOCS_MIXED, 8);
}

static void lists_over_several_chunks_come_back(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {65535, 65536, 65537, 131072, 200000};
    rng random;
    rng_init(&random, "lists_over_several_chunks_come_back");
    for (int round = 0; round < rng_rounds(1); round++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            round_trip(&random, sizes[i], DOCS_MIXED, 10);
}

/* One-word documents take no bits for their positions: blocks of them lie at the same address as the next. */
static void lists_of_one_word_documents_beside_long_ones_come_back(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "lists_of_one_word_documents_beside_long_ones_come_back");
    for (int round = 0; round < rng_rounds(10); round++)
        round_trip(&random, 600 + (uint32_t)rng_below(&random, 5000), DOCS_STRETCHES, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_of_small_segments_come_back),
        cmocka_unit_test(lists_of_one_word_documents_beside_long_ones_come_back),
        cmocka_unit_test(lists_over_several_chunks_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
