/* memory.c - appending batches to the index in memory. Writing it out: flush.c. */
#include "indexer/memory.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 1024, HEAD_BYTES_MAX = 15 };

void fhi_memory_init(fhi_memory *memory, const fhi_settings *settings)
{
    *memory = (fhi_memory){.told_apart = settings->exact_weight > 0, .epoch = 1};
    fhi_arena_init(&memory->frames, SIZE_MAX / 2);
}

void fhi_memory_fini(fhi_memory *memory)
{
    fhi_chains_fini(&memory->chains);
    fhi_strings_fini(&memory->terms);
    fhi_strings_fini(&memory->forms);
    fhi_strings_fini(&memory->values);
    fhi_strings_fini(&memory->keys);
    fhi_strings_fini(&memory->ids);
    fhi_arena_fini(&memory->frames);
    fhi_buf_fini(&memory->scratch);
    free(memory->term_states);
    free(memory->form_states);
    free(memory->value_keys);
    free(memory->id_docs);
    free(memory->docs);
    *memory = (fhi_memory){0};
}

void fhi_memory_clear(fhi_memory *memory)
{
    const bool told_apart = memory->told_apart;
    const uint32_t epoch = memory->epoch;
    fhi_memory_fini(memory);
    memory->told_apart = told_apart;
    memory->epoch = epoch + 1;
    fhi_arena_init(&memory->frames, SIZE_MAX / 2);
}

size_t fhi_memory_heap_bytes(const fhi_memory *memory)
{
    return fhi_chains_heap_bytes(&memory->chains) + fhi_strings_heap_bytes(&memory->terms) +
           fhi_strings_heap_bytes(&memory->forms) + fhi_strings_heap_bytes(&memory->values) +
           fhi_strings_heap_bytes(&memory->keys) + fhi_strings_heap_bytes(&memory->ids) + memory->frames.used_bytes +
           memory->term_capacity * sizeof *memory->term_states + memory->form_capacity * sizeof *memory->form_states +
           memory->value_capacity * sizeof *memory->value_keys + memory->id_capacity * sizeof *memory->id_docs +
           memory->doc_capacity * sizeof *memory->docs;
}

/* Grows *array, of items of `size` bytes, so that item `index` exists. */
static fh_status reserve(void **array, uint32_t *capacity, uint32_t index, size_t size)
{
    if (index < *capacity) return FH_OK;
    const uint32_t wanted = *capacity ? *capacity * 2 : FIRST_CAPACITY;
    void *grown = realloc(*array, wanted * size);
    if (!grown) return FH_E_NOMEM;
    *array = grown;
    *capacity = wanted;
    return FH_OK;
}

#define RESERVE(array, capacity, index)                                                                                \
    do {                                                                                                               \
        void *reserve_array = (array);                                                                                 \
        const fh_status reserve_status = reserve(&reserve_array, &(capacity), (index), sizeof *(array));               \
        (array) = reserve_array;                                                                                       \
        if (reserve_status != FH_OK) return reserve_status;                                                            \
    } while (0)

/* ---- terms and postings -------------------------------------------------------------------------------- */

static fh_status find_term(fhi_memory *memory, fh_str text, uint32_t *number)
{
    bool added;
    RESERVE(memory->term_states, memory->term_capacity, memory->terms.count);
    FH_TRY(fhi_strings_intern(&memory->terms, text, number, &added));
    if (added) memory->term_states[*number] = (fhi_memory_term){0};
    return FH_OK;
}

static fh_status find_form(fhi_memory *memory, uint32_t term, const fh_word *word, uint32_t *ordinal)
{
    fhi_buf *key = &memory->scratch;
    fhi_buf_clear(key);
    fhi_buf_put32(key, term);
    fhi_buf_put16(key, (uint16_t)word->fold.len);
    fhi_buf_put(key, word->fold.ptr, word->fold.len);
    fhi_buf_put(key, word->exact.ptr, word->exact.len);
    if (key->status != FH_OK) return FH_E_NOMEM;
    uint32_t number;
    bool added;
    RESERVE(memory->form_states, memory->form_capacity, memory->forms.count);
    FH_TRY(fhi_strings_intern(&memory->forms, fhi_buf_str(key), &number, &added));
    if (added) memory->form_states[number] = (fhi_memory_form){term, memory->term_states[term].form_count++};
    *ordinal = memory->form_states[number].ordinal;
    return FH_OK;
}

static size_t put_varint(uint8_t *to, uint32_t value)
{
    size_t count = 0;
    for (; value >= 0x80; value >>= 7)
        to[count++] = (uint8_t)(value | 0x80);
    to[count++] = (uint8_t)value;
    return count;
}

static fh_status append_forms(fhi_memory *memory, fhi_inverter *inverter, const fhi_run *run, uint32_t term)
{
    fhi_chain *chain = &memory->term_states[term].chain;
    uint8_t varint[HEAD_BYTES_MAX];
    static const uint8_t only[] = {1, 0};
    if (run->form_count == 0) return fhi_chain_put(&memory->chains, chain, only, sizeof only); /* a pair has none */
    FH_TRY(fhi_chain_put(&memory->chains, chain, varint, put_varint(varint, run->form_count)));
    for (uint32_t i = 0; i < run->form_count; i++) {
        fhi_word_state *word = &inverter->word_states[inverter->run_words[run->form_at + i]];
        if (word->form == FHI_UNKNOWN) FH_TRY(find_form(memory, term, word->word, &word->form));
        FH_TRY(fhi_chain_put(&memory->chains, chain, varint, put_varint(varint, word->form)));
    }
    return FH_OK;
}

static fh_status append_run(fhi_memory *memory, fhi_inverter *inverter, const fhi_run *run, uint32_t first_doc)
{
    uint32_t *number = &inverter->term_states[run->term].global;
    if (*number == FHI_UNKNOWN) FH_TRY(find_term(memory, fhi_strings_at(&inverter->terms, run->term), number));
    fhi_memory_term *term = &memory->term_states[*number];
    uint8_t head[HEAD_BYTES_MAX];
    size_t len = put_varint(head, first_doc + run->first_doc - term->next_doc);
    len += put_varint(head + len, run->posting_count);
    FH_TRY(fhi_chain_put(&memory->chains, &term->chain, head, len));
    if (memory->told_apart) FH_TRY(append_forms(memory, inverter, run, *number));
    term->next_doc = first_doc + run->last_doc + 1;
    return fhi_chain_put(&memory->chains, &term->chain, inverter->bodies.data + run->body_at, run->body_bytes);
}

/* ---- documents ----------------------------------------------------------------------------------------- */

static fh_status append_value(fhi_memory *memory, fh_str value, fh_str key, uint32_t *number)
{
    *number = FHI_UNKNOWN;
    if (value.len == 0) return FH_OK;
    bool added, key_added;
    RESERVE(memory->value_keys, memory->value_capacity, memory->values.count);
    FH_TRY(fhi_strings_intern(&memory->values, value, number, &added));
    return added ? fhi_strings_intern(&memory->keys, key, &memory->value_keys[*number], &key_added) : FH_OK;
}

static fh_status append_id(fhi_memory *memory, fh_str id, uint32_t doc, uint32_t *number)
{
    bool added;
    RESERVE(memory->id_docs, memory->id_capacity, memory->ids.count);
    FH_TRY(fhi_strings_intern(&memory->ids, id, number, &added));
    if (!added) {
        memory->docs[memory->id_docs[*number]].dead = true;
        memory->dead_count++;
    }
    memory->id_docs[*number] = doc;
    return FH_OK;
}

static fh_status append_doc(fhi_memory *memory, const fhi_inverter *inverter, const fhi_batch_doc *from)
{
    if (memory->doc_count == FHI_DOCS_MAX) return FH_E_LIMIT;
    RESERVE(memory->docs, memory->doc_capacity, memory->doc_count);
    fhi_memory_doc doc = {.frame_bytes = (uint32_t)from->frame.len,
                          .record_bytes = (uint32_t)from->record.len,
                          .day = from->day,
                          .minute = from->minute,
                          .length = from->length,
                          .title_end = from->title_end,
                          .lead_end = from->lead_end,
                          .position_end = from->position_end};
    const fh_str frame = {(const char *)inverter->frames.data + from->frame.at, from->frame.len};
    doc.frame = (const uint8_t *)fhi_arena_copy(&memory->frames, frame).ptr;
    if (!doc.frame) return FH_E_NOMEM;
    for (int i = 0; i < FHI_COLUMN_COUNT; i++)
        FH_TRY(append_value(memory, fhi_inverter_text(inverter, from->values[i]),
                            fhi_inverter_text(inverter, from->keys[i]), &doc.values[i]));
    FH_TRY(append_id(memory, fhi_inverter_text(inverter, from->id), memory->doc_count, &doc.id));
    memory->docs[memory->doc_count++] = doc;
    return FH_OK;
}

static void forget_numbers(fhi_inverter *inverter)
{
    for (uint32_t i = 0; i < inverter->terms.count; i++)
        inverter->term_states[i].global = FHI_UNKNOWN;
    for (uint32_t i = 0; i < inverter->word_capacity; i++)
        inverter->word_states[i].form = FHI_UNKNOWN;
}

/* A run touches its term here and there and the end of its chain, one leading to the next, none in a cache: each is
 * asked for some runs ahead. */
static inline void prefetch_runs(const fhi_memory *memory, const fhi_inverter *inverter, uint32_t i)
{
    enum { TERM_AHEAD = 24, STATE_AHEAD = 16, CHAIN_AHEAD = 8 };
    if (inverter->run_count - i <= TERM_AHEAD) return;
    __builtin_prefetch(&inverter->term_states[inverter->runs[i + TERM_AHEAD].term]);
    const uint32_t state = inverter->term_states[inverter->runs[i + STATE_AHEAD].term].global;
    if (state != FHI_UNKNOWN) __builtin_prefetch(&memory->term_states[state], 1);
    const uint32_t chain = inverter->term_states[inverter->runs[i + CHAIN_AHEAD].term].global;
    if (chain != FHI_UNKNOWN) fhi_chain_prefetch(&memory->chains, &memory->term_states[chain].chain);
}

static fh_status append(fhi_memory *memory, fhi_inverter *inverter)
{
    const uint32_t first_doc = memory->doc_count;
    if (inverter->epoch != memory->epoch) forget_numbers(inverter);
    inverter->epoch = memory->epoch;
    for (uint32_t i = 0; i < inverter->run_count; i++) {
        prefetch_runs(memory, inverter, i);
        if (inverter->runs[i].token_count > 0) FH_TRY(append_run(memory, inverter, &inverter->runs[i], first_doc));
    }
    for (uint32_t i = 0; i < inverter->doc_count; i++)
        FH_TRY(append_doc(memory, inverter, &inverter->docs[i]));
    return FH_OK;
}

fh_status fhi_memory_append(fhi_memory *memory, fhi_inverter *inverter, fh_err *err)
{
    const fh_status status = append(memory, inverter);
    return status == FH_OK ? FH_OK : fhi_fail(err, status, "%s", fh_status_text(status));
}
