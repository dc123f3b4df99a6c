/* flush.c - the index in memory becomes a segment: documents, terms in byte order, exact forms. */
#include "indexer/emit.h"
#include "indexer/memory.h"

#include <assert.h>
#include <stdlib.h>

enum { FORM_KEY_HEAD_BYTES = 4 + 2, TERMS_PER_CHECK = 256 };

/* Strings are sorted by their first bytes, which stand with the numbers: few are looked at themselves. */
typedef struct string_order {
    uint64_t key[2]; /* first 16 bytes, of a form: of its fold */
    uint32_t number;
} string_order;

typedef struct flush_state {
    const fhi_memory *memory;
    uint32_t *doc_map; /* new number of each document, FHI_UNKNOWN when dead; NULL: none is dead */
    string_order *order;
    string_order *form_order; /* one for each name; the names' numbers are their places, from 1 */
    uint32_t *names;          /* numbers of names, by term, then ordinal */
    uint32_t name_count;
    uint32_t *first_name; /* of each term */
    fh_err *err;
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

/* The first bytes as numbers that sort like them. */
static string_order order_of(fh_str text, uint32_t number)
{
    uint8_t bytes[16] = {0};
    if (text.len) memcpy(bytes, text.ptr, text.len < sizeof bytes ? text.len : sizeof bytes);
    return (string_order){{__builtin_bswap64(fhi_load64(bytes)), __builtin_bswap64(fhi_load64(bytes + 8))}, number};
}

static int by_key(const string_order *x, const string_order *y)
{
    if (x->key[0] != y->key[0]) return x->key[0] < y->key[0] ? -1 : 1;
    return (x->key[1] > y->key[1]) - (x->key[1] < y->key[1]);
}

static int by_bytes(const void *a, const void *b, void *argument)
{
    const string_order *x = a, *y = b;
    const fhi_strings *terms = argument;
    const int keys = by_key(x, y);
    return keys != 0 ? keys : fhi_str_compare(fhi_strings_at(terms, x->number), fhi_strings_at(terms, y->number));
}

static fh_status order_terms(flush_state *state)
{
    const fhi_strings *terms = &state->memory->terms;
    state->order = malloc((terms->count + (size_t)1) * sizeof *state->order);
    if (!state->order) return FH_E_NOMEM;
    for (uint32_t i = 0; i < terms->count; i++)
        state->order[i] = order_of(fhi_strings_at(terms, i), i);
    qsort_r(state->order, terms->count, sizeof *state->order, by_bytes, (void *)(uintptr_t)terms);
    return FH_OK;
}

/* ---- names of forms, numbered ---------------------------------------------------------------------------- */

static void split_form(const fhi_strings *forms, uint32_t form, fh_str *fold, fh_str *exact)
{
    const fh_str key = fhi_strings_at(forms, form);
    const size_t fold_len = fhi_load16(key.ptr + sizeof(uint32_t));
    *fold = (fh_str){key.ptr + FORM_KEY_HEAD_BYTES, fold_len};
    *exact = (fh_str){fold->ptr + fold_len, key.len - FORM_KEY_HEAD_BYTES - fold_len};
}

/* As their keys in the dictionary: by fold, then a form that equals it before the others. */
static int by_name(const void *a, const void *b, void *argument)
{
    const string_order *x = a, *y = b;
    const int keys = by_key(x, y);
    if (keys != 0) return keys;
    fh_str fold_x, exact_x, fold_y, exact_y;
    split_form(argument, x->number, &fold_x, &exact_x);
    split_form(argument, y->number, &fold_y, &exact_y);
    const int order = fhi_str_compare(fold_x, fold_y);
    if (order != 0) return order;
    const bool plain_x = fhi_str_equal(exact_x, fold_x), plain_y = fhi_str_equal(exact_y, fold_y);
    return plain_x || plain_y ? (int)plain_y - (int)plain_x : fhi_form_compare(fold_x, exact_x, exact_y);
}

static fh_status order_forms(flush_state *state)
{
    const fhi_strings *forms = &state->memory->forms;
    state->form_order = malloc((forms->count + (size_t)1) * sizeof *state->form_order);
    if (!state->form_order) return FH_E_NOMEM;
    for (uint32_t i = 0; i < forms->count; i++) {
        fh_str fold, exact;
        split_form(forms, i, &fold, &exact);
        state->form_order[i] = order_of(fold, i);
    }
    qsort_r(state->form_order, forms->count, sizeof *state->form_order, by_name, (void *)(uintptr_t)forms);
    return FH_OK;
}

/* Gives names their numbers. Forms of one name, of different terms, share one: one of them stays in form_order. */
static fh_status number_names(flush_state *state)
{
    const fhi_memory *memory = state->memory;
    if (!memory->told_apart) return FH_OK;
    FH_TRY(order_forms(state));
    state->first_name = malloc((memory->terms.count + (size_t)1) * sizeof *state->first_name);
    state->names = malloc((memory->forms.count + (size_t)1) * sizeof *state->names);
    if (!state->first_name || !state->names) return FH_E_NOMEM;
    uint32_t at = 0, name = 0;
    for (uint32_t i = 0; i < memory->terms.count; i++) {
        state->first_name[i] = at;
        at += memory->term_states[i].form_count;
    }
    for (uint32_t i = 0; i < memory->forms.count; i++) {
        const string_order *here = &state->form_order[i];
        const bool fresh =
            name == 0 || by_name(&state->form_order[name - 1], here, (void *)(uintptr_t)&memory->forms) != 0;
        const fhi_memory_form form = memory->form_states[here->number];
        if (fresh) state->form_order[name++] = *here;
        state->names[state->first_name[form.term] + form.ordinal] = name;
    }
    state->name_count = name;
    return FH_OK;
}

/* Asked for in increasing order: a name leads to an entry and that to bytes, and both are asked for ahead. */
static fh_status name_form(void *argument, uint32_t name, fh_str *fold, fh_str *exact)
{
    enum { ENTRY_AHEAD = 32, BYTES_AHEAD = 16 };
    const flush_state *state = argument;
    const fhi_strings *forms = &state->memory->forms;
    if (name + ENTRY_AHEAD <= state->name_count) {
        __builtin_prefetch(&forms->entries[state->form_order[name + ENTRY_AHEAD - 1].number]);
        __builtin_prefetch(fhi_strings_at(forms, state->form_order[name + BYTES_AHEAD - 1].number).ptr);
    }
    split_form(&state->memory->forms, state->form_order[name - 1].number, fold, exact);
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
    const unsigned form_bits = fhi_run_form_bits(form_count);
    const uint32_t form_mask = (UINT32_C(1) << form_bits) - 1;
    for (; left > 0; left--) {
        const uint64_t head = get_varint(from);
        const uint32_t count = head & 1 ? 1 : (uint32_t)get_varint(from);
        doc += (uint32_t)(head >> 1);
        const uint32_t at = list->position_count;
        uint32_t position = 0;
        for (uint32_t i = 0; i < count; i++) {
            const uint64_t value = get_varint(from);
            position += (uint32_t)(value >> form_bits);
            list->positions[at + i] = position;
            list->forms[at + i] = form_bits == 0 ? only : ordinals[value & form_mask];
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
    const uint32_t *names = memory->told_apart ? state->names + state->first_name[number] : NULL;
    return fhi_emit_term(&state->emitter, fhi_strings_at(&memory->terms, number), &state->list, names, term->form_count,
                         state->err);
}

static fh_status flush_terms(flush_state *state, fhi_cancelled cancelled, void *argument)
{
    for (uint32_t i = 0; i < state->memory->terms.count; i++) {
        FH_TRY(flush_term(state, state->order[i].number));
        if (i % TERMS_PER_CHECK != 0) continue;
        if (cancelled && cancelled(argument)) return FH_E_CANCELLED;
    }
    return FH_OK;
}

fh_status fhi_memory_flush(const fhi_memory *memory, fh_str dictionary, fhi_segment_writer *writer,
                           fhi_cancelled cancelled, void *argument, fh_err *err)
{
    flush_state state = {.memory = memory, .err = err};
    fh_status status = FH_E_NOMEM;
    if (err) *err = (fh_err){0};
    fhi_emitter_init(&state.emitter, writer);
    if (memory->dead_count > 0) {
        state.doc_map = malloc(memory->doc_count * sizeof *state.doc_map);
        if (!state.doc_map) goto done;
    }
    fhi_segment_writer_store_dictionary(writer, dictionary);
    flush_docs(&state, writer);
    status = order_terms(&state);
    if (status == FH_OK) status = number_names(&state);
    if (status == FH_OK) status = flush_terms(&state, cancelled, argument);
    if (status == FH_OK) status = fhi_emit_forms(&state.emitter, name_form, &state, err);
done:
    free(state.doc_map);
    free(state.order);
    free(state.form_order);
    free(state.names);
    free(state.first_name);
    fhi_buf_fini(&state.chain);
    fhi_list_build_fini(&state.list);
    fhi_emitter_fini(&state.emitter);
    if (status != FH_OK && err && err->status == FH_OK) (void)fhi_fail(err, status, "%s", fh_status_text(status));
    return status;
}
