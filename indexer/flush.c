/* flush.c - the index in memory becomes a segment: documents, terms in byte order, exact forms. */
#include "indexer/emit.h"
#include "indexer/memory.h"

#include <assert.h>
#include <stdlib.h>

enum { FORM_KEY_HEAD_BYTES = 4 + 2, TERMS_PER_CHECK = 256 };

typedef struct term_order {
    uint64_t key; /* fhi_sort_key of the term */
    uint32_t term;
} term_order;

typedef struct flush_state {
    const fhi_memory *memory;
    uint32_t *doc_map; /* new number of each document, FHI_UNKNOWN when dead; NULL: none is dead */
    term_order *order;
    fhi_form_name *names; /* by term, then ordinal */
    uint32_t *first_name; /* of each term */
    fhi_buf chain;
    fhi_list_build list;
    fhi_emitter emitter;
} flush_state;

static fh_str value_at(const fhi_strings *strings, uint32_t number)
{
    return number == FHI_UNKNOWN ? (fh_str){0} : fhi_strings_at(strings, number);
}

static void flush_docs(flush_state *state, fhi_segment_writer *writer)
{
    const fhi_memory *memory = state->memory;
    uint32_t next = 0;
    for (uint32_t i = 0; i < memory->doc_count; i++) {
        const fhi_memory_doc *from = &memory->docs[i];
        if (state->doc_map) state->doc_map[i] = from->dead ? FHI_UNKNOWN : next;
        if (from->dead) continue;
        next++;
        fhi_doc doc = {.id = fhi_strings_at(&memory->ids, from->id),
                       .day = from->day,
                       .minute = from->minute,
                       .length = from->length,
                       .title_end = from->title_end,
                       .lead_end = from->lead_end,
                       .position_end = from->position_end,
                       .frame = {(const char *)from->frame, from->frame_bytes},
                       .record_bytes = from->record_bytes};
        for (int c = 0; c < FHI_COLUMN_COUNT; c++) {
            const uint32_t value = from->values[c];
            doc.columns[c].value = value_at(&memory->values, value);
            doc.columns[c].key = value_at(&memory->keys, value == FHI_UNKNOWN ? value : memory->value_keys[value]);
        }
        fhi_segment_writer_add_doc(writer, &doc);
    }
}

static int by_bytes(const void *a, const void *b, void *argument)
{
    const term_order *x = a, *y = b;
    const fhi_strings *terms = argument;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return fhi_str_compare(fhi_strings_at(terms, x->term), fhi_strings_at(terms, y->term));
}

static fh_status order_terms(flush_state *state)
{
    const fhi_strings *terms = &state->memory->terms;
    state->order = malloc((terms->count + (size_t)1) * sizeof *state->order);
    if (!state->order) return FH_E_NOMEM;
    for (uint32_t i = 0; i < terms->count; i++)
        state->order[i] = (term_order){fhi_sort_key(fhi_strings_at(terms, i)), i};
    qsort_r(state->order, terms->count, sizeof *state->order, by_bytes, (void *)(uintptr_t)terms);
    return FH_OK;
}

/* Lays the names of forms out by term. */
static fh_status list_names(flush_state *state)
{
    const fhi_memory *memory = state->memory;
    if (!memory->told_apart) return FH_OK;
    state->first_name = malloc((memory->terms.count + (size_t)1) * sizeof *state->first_name);
    state->names = malloc((memory->forms.count + (size_t)1) * sizeof *state->names);
    if (!state->first_name || !state->names) return FH_E_NOMEM;
    uint32_t at = 0;
    for (uint32_t i = 0; i < memory->terms.count; i++) {
        state->first_name[i] = at;
        at += memory->term_states[i].form_count;
    }
    for (uint32_t i = 0; i < memory->forms.count; i++) {
        const fhi_memory_form form = memory->form_states[i];
        const fh_str key = fhi_strings_at(&memory->forms, i);
        const uint16_t fold_len = fhi_load16(key.ptr + sizeof form.term);
        const size_t exact_len = key.len - FORM_KEY_HEAD_BYTES - fold_len;
        state->names[state->first_name[form.term] + form.ordinal] =
            (fhi_form_name){key.ptr + FORM_KEY_HEAD_BYTES, fold_len, (uint16_t)exact_len};
    }
    return FH_OK;
}

/* ---- decoding of a chain: our own bytes, so nothing is checked but by assertion in tests ------------------ */

static uint64_t get_varint(const uint8_t **from)
{
    const uint8_t *at = *from;
    uint64_t value = *at & 0x7F;
    for (unsigned shift = 7; *at++ >= 0x80; shift += 7)
        value |= (uint64_t)(*at & 0x7F) << shift;
    *from = at;
    return value;
}

/* One run; ordinals maps the forms of the run to those of the term. */
static void decode_run(flush_state *state, const uint8_t **from, uint32_t *next_doc)
{
    fhi_list_build *list = &state->list;
    uint32_t doc = *next_doc + (uint32_t)get_varint(from);
    uint32_t left = (uint32_t)get_varint(from);
    const uint32_t form_count = state->memory->told_apart ? (uint32_t)get_varint(from) : 1;
    assert(form_count > 0);
    uint32_t *ordinals =
        list->forms + list->position_capacity - form_count; /* free: a position takes a byte at least */
    for (uint32_t i = 0; state->memory->told_apart && i < form_count; i++)
        ordinals[i] = (uint32_t)get_varint(from);
    const uint32_t only = state->memory->told_apart ? ordinals[0] : 0;
    for (; left > 0; left--) {
        const uint64_t head = get_varint(from);
        const uint32_t count = head & 1 ? 1 : (uint32_t)get_varint(from);
        doc += (uint32_t)(head >> 1);
        const uint32_t at = list->position_count;
        uint32_t position = 0;
        for (uint32_t i = 0; i < count; i++) {
            const uint64_t value = get_varint(from);
            position += (uint32_t)(form_count == 1 ? value : value / form_count);
            list->positions[at + i] = position;
            list->forms[at + i] = form_count == 1 ? only : ordinals[value % form_count];
        }
        const uint32_t kept = state->doc_map ? state->doc_map[doc] : doc;
        if (kept == FHI_UNKNOWN) continue;
        list->docs[list->doc_count] = kept;
        list->counts[list->doc_count++] = count;
        list->position_count += count;
    }
    *next_doc = doc + 1;
}

static fh_status flush_term(flush_state *state, uint32_t number)
{
    const fhi_memory *memory = state->memory;
    const fhi_memory_term *term = &memory->term_states[number];
    fhi_buf_clear(&state->chain);
    fhi_chain_read(&memory->chains, &term->chain, &state->chain);
    if (state->chain.status != FH_OK) return FH_E_NOMEM;
    state->list.doc_count = state->list.position_count = 0;
    FH_TRY(fhi_list_build_reserve(&state->list, state->chain.len, state->chain.len + term->form_count));
    const uint8_t *at = state->chain.data, *end = at + state->chain.len;
    uint32_t next_doc = 0;
    while (at < end)
        decode_run(state, &at, &next_doc);
    const fhi_form_name *names = memory->told_apart ? state->names + state->first_name[number] : NULL;
    return fhi_emit_term(&state->emitter, fhi_strings_at(&memory->terms, number), &state->list, names,
                         term->form_count);
}

static fh_status flush_terms(flush_state *state, fhi_segment_writer *writer, fhi_cancelled cancelled, void *argument)
{
    for (uint32_t i = 0; i < state->memory->terms.count; i++) {
        FH_TRY(flush_term(state, state->order[i].term));
        if (i % TERMS_PER_CHECK != 0) continue;
        FH_TRY(fhi_segment_writer_status(writer));
        if (cancelled && cancelled(argument)) return FH_E_CANCELLED;
    }
    return FH_OK;
}

fh_status fhi_memory_flush(const fhi_memory *memory, fh_str dictionary, fhi_segment_writer *writer,
                           fhi_cancelled cancelled, void *argument)
{
    flush_state state = {.memory = memory, .emitter = {.writer = writer}};
    fh_status status = FH_E_NOMEM;
    if (memory->dead_count > 0) {
        state.doc_map = malloc(memory->doc_count * sizeof *state.doc_map);
        if (!state.doc_map) goto done;
    }
    fhi_segment_writer_store_dictionary(writer, dictionary);
    flush_docs(&state, writer);
    status = order_terms(&state);
    if (status == FH_OK) status = list_names(&state);
    if (status == FH_OK) status = flush_terms(&state, writer, cancelled, argument);
    if (status == FH_OK) fhi_emit_forms(&state.emitter);
done:
    free(state.doc_map);
    free(state.order);
    free(state.names);
    free(state.first_name);
    fhi_buf_fini(&state.chain);
    fhi_list_build_fini(&state.list);
    fhi_emitter_fini(&state.emitter);
    return status;
}
