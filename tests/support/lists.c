/* lists.c - see lists.h. */
#include "tests/support/lists.h"

#include <fihrist/record.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void *checked(void *memory)
{
    if (!memory) fail_msg("out of memory");
    return memory;
}

static uint32_t *new_words(size_t count)
{
    return checked(calloc(count + 1, sizeof(uint32_t)));
}

/* ---- documents ---- */

static uint32_t draw_position_end(rng *random, docs_shape shape, uint32_t doc)
{
    if (shape == DOCS_STRETCHES) return doc / 300 % 2 == 0 ? 1 : 40 + (uint32_t)rng_below(random, 400);
    switch (rng_below(random, 100)) {
    case 0: return FHI_POSITION_MAX + 1U;
    case 1:
    case 2: return 1;
    default: return 1 + (uint32_t)rng_skewed(random, 12);
    }
}

void made_docs_draw(made_docs *docs, rng *random, bool press, uint32_t count, docs_shape shape)
{
    *docs = (made_docs){.count = count,
                        .lengths = new_words(count),
                        .title_ends = new_words(count),
                        .lead_ends = new_words(count),
                        .position_ends = new_words(count)};
    if (press)
        fhi_settings_press(&docs->settings, 7);
    else
        fhi_settings_words(&docs->settings, 7);
    if (rng_below(random, 3) == 0) /* zones that weigh alike, but not 1 */
        docs->settings.title_weight = docs->settings.lead_weight = docs->settings.body_weight =
            (uint8_t)(2 + rng_below(random, 3));
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t end = draw_position_end(random, shape, i);
        docs->position_ends[i] = end;
        docs->lengths[i] = (uint32_t)rng_skewed(random, 14);
        if (!press) continue;
        docs->title_ends[i] = (uint32_t)rng_below(random, end < 30 ? end + 1 : 30);
        docs->lead_ends[i] = docs->title_ends[i] + (uint32_t)rng_below(random, end < 200 ? end + 1 : 200);
    }
}

void made_docs_fini(made_docs *docs)
{
    free(docs->lengths);
    free(docs->title_ends);
    free(docs->lead_ends);
    free(docs->position_ends);
    *docs = (made_docs){0};
}

/* ---- lists ---- */

/* df different documents, increasing: each document left is taken with the chance that makes the number come out. */
static void draw_even(rng *random, uint32_t first, uint32_t room, uint32_t df, uint32_t *to)
{
    for (uint32_t doc = first, left = df; left > 0; doc++, room--)
        if (rng_below(random, room) < left) to[df - left--] = doc;
}

static void draw_clusters(rng *random, uint32_t doc_count, uint32_t df, uint32_t *to)
{
    uint32_t doc = 0, left = df;
    while (left > 0) {
        const uint32_t most = doc_count - doc, width = most < 3000 ? most : 3000;
        uint32_t here = rng_below(random, 3) == 0 ? (uint32_t)rng_below(random, width + 1) : left / 50;
        if (here > left) here = left;
        if (here < left + width - most && left + width > most) here = left + width - most; /* or not all would fit */
        if (here > width) here = width;
        draw_even(random, doc, width, here, to + (df - left));
        left -= here;
        doc += width;
    }
}

static void draw_docs(rng *random, const made_docs *docs, const list_plan *plan, uint32_t *to)
{
    switch (plan->spread) {
    case SPREAD_RUN: {
        const uint32_t first = (uint32_t)rng_below(random, docs->count - plan->df + 1);
        draw_even(random, first, plan->df, plan->df, to);
        break;
    }
    case SPREAD_CLUSTERS: draw_clusters(random, docs->count, plan->df, to); break;
    default: draw_even(random, 0, docs->count, plan->df, to);
    }
}

static uint32_t draw_count(rng *random, const list_plan *plan, uint32_t position_end)
{
    uint32_t count = 1;
    if (rng_below(random, 3) == 0) count += (uint32_t)rng_below(random, 4);
    if (rng_below(random, 200) == 0) count += (uint32_t)rng_below(random, plan->count_max);
    return position_end == 1 && count > 3 ? 3 : count; /* more than one word at one place is rare */
}

static int compare_words(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* A document keeps mostly to one form; the first forms are the frequent ones. */
static void draw_occurrences(rng *random, const list_plan *plan, uint32_t position_end, uint32_t count,
                             uint32_t *positions, uint32_t *forms)
{
    const double unit = rng_unit(random);
    const uint32_t usual = (uint32_t)((double)plan->forms * unit * unit);
    const uint32_t mixing = (uint32_t)rng_below(random, 4); /* 0: none */
    for (uint32_t i = 0; i < count; i++) {
        positions[i] = (uint32_t)rng_below(random, position_end);
        const bool other = mixing && rng_below(random, 4) < mixing;
        forms[i] = other ? (uint32_t)rng_below(random, plan->forms) : usual;
    }
    qsort(positions, count, sizeof *positions, compare_words);
}

/* Forms are numbered densely: those that were drawn, in order. Answers how many there are. */
static uint32_t number_forms(uint32_t *forms, uint32_t count, uint32_t forms_max)
{
    uint32_t *numbers = new_words(forms_max), next = 0;
    for (uint32_t i = 0; i < count; i++)
        numbers[forms[i]] = 1;
    for (uint32_t form = 0; form < forms_max; form++)
        if (numbers[form]) numbers[form] = next++;
    for (uint32_t i = 0; i < count; i++)
        forms[i] = numbers[forms[i]];
    free(numbers);
    return next;
}

void made_list_draw(made_list *made, rng *random, const made_docs *docs, const list_plan *plan)
{
    *made = (made_list){
        .docs = new_words(plan->df), .counts = new_words(plan->df), .starts = new_words((size_t)plan->df + 1)};
    draw_docs(random, docs, plan, made->docs);
    uint32_t total = 0;
    for (uint32_t i = 0; i < plan->df; i++) {
        made->starts[i] = total;
        made->counts[i] = draw_count(random, plan, docs->position_ends[made->docs[i]]);
        total += made->counts[i];
    }
    made->starts[plan->df] = total;
    made->positions = new_words(total);
    made->forms = new_words(total);
    for (uint32_t i = 0; i < plan->df; i++)
        draw_occurrences(random, plan, docs->position_ends[made->docs[i]], made->counts[i],
                         made->positions + made->starts[i], made->forms + made->starts[i]);
    made->form_count = number_forms(made->forms, total, plan->forms);
    made->list =
        (fhi_list){plan->df, total, made->docs, made->counts, made->positions, plan->forms > 1 ? made->forms : NULL};
}

void made_list_fini(made_list *made)
{
    free(made->docs);
    free(made->counts);
    free(made->positions);
    free(made->forms);
    free(made->starts);
    *made = (made_list){0};
}

uint32_t made_list_freq(const made_list *made, const made_docs *docs, uint32_t i, const bool *forms)
{
    const uint32_t doc = made->docs[i];
    uint32_t freq = 0;
    for (uint32_t j = made->starts[i]; j < made->starts[i + 1]; j++) {
        const uint32_t position = made->positions[j];
        if (forms && !forms[made->forms[j]]) continue;
        freq += position < docs->title_ends[doc]  ? docs->settings.title_weight
                : position < docs->lead_ends[doc] ? docs->settings.lead_weight
                                                  : docs->settings.body_weight;
    }
    return freq;
}

/* ---- the segment ---- */

void lists_term(uint32_t number, char term[16])
{
    (void)snprintf(term, 16, "s%06u", number);
}

static void add_docs(const made_docs *docs, fhi_segment_writer *writer, fhi_store_compressor *compressor)
{
    fhi_buf frame = {0};
    char bytes[64];
    fh_record record = {0};
    record.fields[FH_FIELD_ID] = FH_STR("same");
    fh_record_encode(&record, bytes);
    if (fhi_store_compress(compressor, (fh_str){bytes, fh_record_bytes(&record)}, &frame) != FH_OK)
        fail_msg("out of memory");
    for (uint32_t i = 0; i < docs->count; i++) {
        const fhi_doc doc = {.id = FH_STR("same"),
                             .length = docs->lengths[i],
                             .title_end = docs->title_ends[i],
                             .lead_end = docs->lead_ends[i],
                             .position_end = docs->position_ends[i],
                             .frame = fhi_buf_str(&frame),
                             .record_bytes = (uint32_t)fh_record_bytes(&record)};
        fhi_segment_writer_add_doc(writer, &doc);
    }
    fhi_buf_fini(&frame);
}

fh_status lists_write(const made_docs *docs, const made_list *lists, uint32_t list_count, const fhi_vfs *vfs,
                      fhi_segment_info *info, fh_err *err)
{
    fhi_segment_writer *writer;
    fhi_store_compressor *compressor;
    FH_TRY(fhi_segment_writer_create(vfs, LISTS_FOLDER, 1, &docs->settings, &writer, err));
    if (fhi_store_compressor_create((fh_str){NULL, 0}, &compressor) != FH_OK) fail_msg("out of memory");
    add_docs(docs, writer, compressor);
    fhi_store_compressor_destroy(compressor);
    for (uint32_t i = 0; i < list_count; i++) {
        char term[16];
        lists_term(i, term);
        fhi_segment_writer_add_term(writer, fhi_str(term), &lists[i].list);
    }
    const fh_status status = fhi_segment_writer_finish(writer, info, err);
    fhi_segment_writer_destroy(writer);
    return status;
}
