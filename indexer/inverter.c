/* inverter.c - analysis of articles: tokens, positions, zones, record. Encoding of runs: runs.c.
 *
 * Positions: title from 0; after it a gap of FHI_FIELD_GAP, then abstract, body and tags, a gap between each.
 * The lead is the first two sentences of the abstract, or of the body where there is none.
 */
#include "indexer/inverter.h"

#include <stdlib.h>

enum { FIRST_WORDS = 4096, FIRST_TOKENS = 64 * 1024 };

fh_status fhi_inverter_init(fhi_inverter *inverter, const fhi_settings *settings, fh_err *err)
{
    *inverter = (fhi_inverter){.settings = *settings, .told_apart = settings->exact_weight > 0, .batch = 1};
    return fh_analyzer_create(settings->analyzer, &inverter->analyzer, err);
}

static void drop_caches(fhi_inverter *inverter)
{
    fhi_strings_clear(&inverter->terms);
    free(inverter->term_states);
    free(inverter->word_states);
    free(inverter->word_places);
    inverter->term_states = NULL;
    inverter->word_states = NULL;
    inverter->word_places = NULL;
    inverter->term_capacity = inverter->word_capacity = 0;
}

void fhi_inverter_fini(fhi_inverter *inverter)
{
    drop_caches(inverter);
    for (int i = 0; i < FHI_COLUMN_COUNT; i++) {
        fhi_buf_fini(&inverter->last_value[i]);
        fhi_buf_fini(&inverter->last_key[i]);
    }
    free(inverter->docs);
    free(inverter->tokens);
    free(inverter->sorted);
    free(inverter->runs);
    fhi_buf_fini(&inverter->met);
    free(inverter->run_words);
    fhi_buf_fini(&inverter->bodies);
    fhi_buf_fini(&inverter->bytes);
    fhi_buf_fini(&inverter->frames);
    fhi_buf_fini(&inverter->key);
    fh_analyzer_destroy(inverter->analyzer);
    *inverter = (fhi_inverter){0};
}

void fhi_inverter_next_batch(fhi_inverter *inverter, size_t cache_bytes_max)
{
    inverter->doc_count = inverter->run_count = 0;
    inverter->token_count = 0;
    fhi_buf_clear(&inverter->met);
    fhi_buf_clear(&inverter->bodies);
    fhi_buf_clear(&inverter->bytes);
    fhi_buf_clear(&inverter->frames);
    inverter->batch++;
    const size_t cache_bytes =
        fh_analyzer_cache_bytes(inverter->analyzer) + fhi_strings_heap_bytes(&inverter->terms) +
        inverter->term_capacity * sizeof *inverter->term_states +
        inverter->word_capacity * (sizeof *inverter->word_states + sizeof *inverter->word_places);
    if (cache_bytes <= cache_bytes_max) return;
    fh_analyzer_reset(inverter->analyzer);
    drop_caches(inverter);
}

/* ---- growing ------------------------------------------------------------------------------------------- */

static fh_status reserve_tokens(fhi_inverter *inverter, size_t more)
{
    if (inverter->token_capacity - inverter->token_count >= more) return FH_OK;
    size_t capacity = inverter->token_capacity ? inverter->token_capacity : FIRST_TOKENS;
    while (capacity - inverter->token_count < more)
        capacity += capacity / 2;
    fhi_token_place *tokens = realloc(inverter->tokens, capacity * sizeof *tokens);
    if (!tokens) return FH_E_NOMEM;
    inverter->tokens = tokens;
    fhi_token_place *sorted = realloc(inverter->sorted, capacity * sizeof *sorted);
    if (!sorted) return FH_E_NOMEM;
    inverter->sorted = sorted;
    inverter->token_capacity = capacity;
    return FH_OK;
}

static fh_status reserve_word(fhi_inverter *inverter, uint32_t id)
{
    if (id < inverter->word_capacity) return FH_OK;
    uint32_t capacity = inverter->word_capacity ? inverter->word_capacity : FIRST_WORDS;
    while (capacity <= id)
        capacity *= 2;
    fhi_word_state *states = realloc(inverter->word_states, capacity * sizeof *states);
    if (!states) return FH_E_NOMEM;
    inverter->word_states = states;
    fhi_word_place *places = realloc(inverter->word_places, capacity * sizeof *places);
    if (!places) return FH_E_NOMEM;
    inverter->word_places = places;
    for (uint32_t i = inverter->word_capacity; i < capacity; i++) {
        states[i] = (fhi_word_state){.term = FHI_UNKNOWN, .form = FHI_UNKNOWN};
        places[i] = (fhi_word_place){.batch = 0};
    }
    inverter->word_capacity = capacity;
    return FH_OK;
}

static fh_status reserve_term(fhi_inverter *inverter, uint32_t term)
{
    if (term < inverter->term_capacity) return FH_OK;
    const uint32_t capacity = inverter->term_capacity ? inverter->term_capacity * 2 : FIRST_WORDS;
    fhi_term_state *states = realloc(inverter->term_states, capacity * sizeof *states);
    if (!states) return FH_E_NOMEM;
    inverter->term_states = states;
    inverter->term_capacity = capacity;
    return FH_OK;
}

static fh_status reserve_run(fhi_inverter *inverter)
{
    if (inverter->run_count < inverter->run_capacity) return FH_OK;
    const uint32_t capacity = inverter->run_capacity ? inverter->run_capacity * 2 : FIRST_WORDS;
    fhi_run *runs = realloc(inverter->runs, capacity * sizeof *runs);
    if (!runs) return FH_E_NOMEM;
    inverter->runs = runs;
    inverter->run_capacity = capacity;
    return FH_OK;
}

static fh_status reserve_doc(fhi_inverter *inverter)
{
    if (inverter->doc_count < inverter->doc_capacity) return FH_OK;
    const uint32_t capacity = inverter->doc_capacity ? inverter->doc_capacity * 2 : 256;
    fhi_batch_doc *docs = realloc(inverter->docs, capacity * sizeof *docs);
    if (!docs) return FH_E_NOMEM;
    inverter->docs = docs;
    inverter->doc_capacity = capacity;
    return FH_OK;
}

/* ---- words --------------------------------------------------------------------------------------------- */

static fh_status find_term(fhi_inverter *inverter, fh_str text, uint32_t *term)
{
    bool added;
    FH_TRY(reserve_term(inverter, inverter->terms.count));
    FH_TRY(fhi_strings_intern(&inverter->terms, text, term, &added));
    if (added) inverter->term_states[*term] = (fhi_term_state){.global = FHI_UNKNOWN};
    return FH_OK;
}

/* The run of a term in this batch. */
static fh_status find_run(fhi_inverter *inverter, uint32_t number, uint32_t *run)
{
    fhi_term_state *term = &inverter->term_states[number];
    if (term->batch != inverter->batch) {
        FH_TRY(reserve_run(inverter));
        term->batch = inverter->batch;
        term->run = inverter->run_count++;
        inverter->runs[term->run] = (fhi_run){.term = number};
    }
    *run = term->run;
    return FH_OK;
}

fh_status fhi_inverter_begin_run(fhi_inverter *inverter, fh_str term, uint32_t *run)
{
    uint32_t number;
    FH_TRY(find_term(inverter, term, &number));
    return find_run(inverter, number, run);
}

fh_status fhi_inverter_put_token(fhi_inverter *inverter, fhi_token_place token)
{
    FH_TRY(reserve_tokens(inverter, 1));
    inverter->tokens[inverter->token_count++] = token;
    return FH_OK;
}

/* Term of a word seen for the first time: its stem, or the day of a date ("d:20251120" becomes "d20251120"). */
static fh_status meet_word(fhi_inverter *inverter, const fh_word *word)
{
    FH_TRY(reserve_word(inverter, word->id));
    fhi_buf *key = &inverter->key;
    fhi_buf_clear(key);
    if (word->kind == FH_TOKEN_DATE) {
        const size_t skip = word->exact.len > 8 ? word->exact.len - 8 : 0;
        fhi_buf_put8(key, FHI_NS_DATE);
        fhi_buf_put(key, word->exact.ptr + skip, word->exact.len - skip);
    } else {
        fhi_buf_put8(key, FHI_NS_STEM);
        fhi_buf_put(key, word->stem.ptr, word->stem.len);
    }
    if (key->status != FH_OK) return FH_E_NOMEM;
    uint32_t term;
    FH_TRY(find_term(inverter, fhi_buf_str(key), &term));
    inverter->word_states[word->id] = (fhi_word_state){.word = word, .term = term, .form = FHI_UNKNOWN};
    return FH_OK;
}

/* First token of a word in this batch: finds or starts the run of its term. */
static fh_status place_word(fhi_inverter *inverter, const fh_word *word)
{
    if (word->id >= inverter->word_capacity || inverter->word_states[word->id].term == FHI_UNKNOWN)
        FH_TRY(meet_word(inverter, word));
    fhi_word_place place = {.batch = inverter->batch};
    FH_TRY(find_run(inverter, inverter->word_states[word->id].term, &place.run));
    if (inverter->told_apart) {
        place.form = inverter->runs[place.run].form_count++;
        const fhi_run_word met = {place.run, place.form, word->id};
        fhi_buf_put(&inverter->met, &met, sizeof met);
        if (inverter->met.status != FH_OK) return FH_E_NOMEM;
    }
    inverter->word_places[word->id] = place;
    return FH_OK;
}

static fh_status place_token(fhi_inverter *inverter, const fh_word *word, uint32_t position)
{
    if (word->id >= inverter->word_capacity || inverter->word_places[word->id].batch != inverter->batch)
        FH_TRY(place_word(inverter, word));
    const fhi_word_place place = inverter->word_places[word->id];
    inverter->tokens[inverter->token_count++] = (fhi_token_place){place.run, place.form, inverter->doc_count, position};
    return FH_OK;
}

/* ---- one document -------------------------------------------------------------------------------------- */

typedef struct doc_state {
    fhi_batch_doc doc;
    uint32_t next;   /* first free position */
    uint64_t weight; /* of the counted tokens so far */
    uint32_t latin_count;
    uint32_t arabic_count;
} doc_state;

static void count_token(doc_state *state, const fh_word *word, uint32_t weight)
{
    state->latin_count += word->script == FH_SCRIPT_LATIN;
    state->arabic_count += word->script == FH_SCRIPT_ARABIC;
    if (word->kind != FH_TOKEN_JOINED && word->kind != FH_TOKEN_DATE) state->weight += weight;
}

/* A word and its place are two dependent cache misses; both are asked for some tokens ahead. */
static inline void prefetch_words(const fhi_inverter *inverter, const fh_token *tokens, size_t left)
{
    enum { WORD_AHEAD = 16, PLACE_AHEAD = 8 };
    if (left <= WORD_AHEAD) return;
    __builtin_prefetch(tokens[WORD_AHEAD].word);
    const uint32_t id = tokens[PLACE_AHEAD].word->id;
    if (id < inverter->word_capacity) __builtin_prefetch(&inverter->word_places[id]);
}

typedef enum zone { ZONE_TITLE, ZONE_LEAD, ZONE_BODY } zone; /* ZONE_LEAD: a text that starts with the lead */

static fh_status add_text(fhi_inverter *inverter, doc_state *state, fh_str text, zone where, fh_err *err)
{
    if (text.len == 0) return FH_OK;
    const fhi_settings *settings = &inverter->settings;
    uint32_t lead_bytes = 0;
    fh_status status = FH_OK;
    if (where == ZONE_LEAD && settings->lead_weight != settings->body_weight)
        status = fh_analyzer_lead_end(inverter->analyzer, text, &lead_bytes);
    if (status != FH_OK) return fhi_fail(err, status, "%s", fh_status_text(status));
    const fh_token *tokens;
    size_t count;
    FH_TRY(fh_analyzer_run(inverter->analyzer, text, &tokens, &count, err));
    if (count == 0) return FH_OK;
    const uint32_t base = state->next == 0 ? 0 : state->next + FHI_FIELD_GAP;
    if (reserve_tokens(inverter, count) != FH_OK) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const fh_token *token = &tokens[i];
        prefetch_words(inverter, tokens + i, count - i);
        const uint32_t position = base + token->position;
        const bool lead = token->begin < lead_bytes;
        const uint32_t weight = where == ZONE_TITLE ? settings->title_weight
                                : lead              ? settings->lead_weight
                                                    : settings->body_weight;
        if (place_token(inverter, token->word, position) != FH_OK) return fhi_fail(err, FH_E_NOMEM, "out of memory");
        count_token(state, token->word, weight);
        if (lead) state->doc.lead_end = position + 1;
    }
    state->next = base + tokens[count - 1].position + 1;
    if (where == ZONE_TITLE) state->doc.title_end = state->doc.lead_end = state->next;
    return FH_OK;
}

static fh_status add_texts(fhi_inverter *inverter, doc_state *state, const fh_record *record, fh_err *err)
{
    const fh_str *fields = record->fields;
    const bool abstract = fields[FH_FIELD_ABSTRACT].len > 0;
    FH_TRY(add_text(inverter, state, fields[FH_FIELD_TITLE], ZONE_TITLE, err));
    FH_TRY(add_text(inverter, state, fields[FH_FIELD_ABSTRACT], ZONE_LEAD, err));
    FH_TRY(add_text(inverter, state, fields[FH_FIELD_BODY], abstract ? ZONE_BODY : ZONE_LEAD, err));
    FH_TRY(add_text(inverter, state, fields[FH_FIELD_TAGS], ZONE_BODY, err));
    const uint32_t unit = inverter->settings.body_weight;
    const uint64_t length = (state->weight + unit / 2) / unit;
    state->doc.length = length > UINT32_MAX ? UINT32_MAX : (uint32_t)length;
    state->doc.position_end = state->next;
    return FH_OK;
}

/* One script has at least nine words in ten: its language; else mixed. */
static fh_str language_of(const doc_state *state)
{
    const uint64_t latin = state->latin_count, arabic = state->arabic_count, all = latin + arabic;
    if (all == 0) return (fh_str){0};
    if (latin * 10 >= all * 9) return FH_STR("fr");
    if (arabic * 10 >= all * 9) return FH_STR("ar");
    return FH_STR("mixed");
}

static fhi_piece put_bytes(fhi_inverter *inverter, fh_str text)
{
    const fhi_piece piece = {inverter->bytes.len, text.len};
    fhi_buf_put(&inverter->bytes, text.ptr, text.len);
    return piece;
}

/* Encodes the record; the pieces of its fields are views into it. */
static void put_record(fhi_inverter *inverter, fhi_batch_doc *doc, const fh_record *record,
                       fhi_piece pieces[FH_FIELD_COUNT])
{
    fhi_buf *bytes = &inverter->bytes;
    doc->record = (fhi_piece){bytes->len, fh_record_bytes(record)};
    uint8_t *to = fhi_buf_extend(bytes, doc->record.len);
    if (!to) return;
    fh_record_encode(record, (char *)to);
    fhi_span span = fhi_span_of(to, doc->record.len);
    for (int i = 0; i < FH_FIELD_COUNT; i++) {
        const fh_str field = fhi_span_get_str(&span);
        pieces[i] = (fhi_piece){doc->record.at + span.at - field.len, field.len};
    }
}

static fh_status put_column(fhi_inverter *inverter, doc_state *state, unsigned column, fh_str value, fh_err *err)
{
    fhi_buf *last_value = &inverter->last_value[column], *last_key = &inverter->last_key[column];
    if (value.len == 0) return FH_OK;
    if (!fhi_str_equal(value, fhi_buf_str(last_value))) {
        fh_str key;
        FH_TRY(fh_analyzer_fold(inverter->analyzer, value, &key, err));
        fhi_buf_clear(last_value);
        fhi_buf_clear(last_key);
        fhi_buf_put(last_key, key.ptr, key.len);
        fhi_buf_put(last_value, value.ptr, value.len);
        if (last_value->status != FH_OK || last_key->status != FH_OK) {
            fhi_buf_clear(last_value);
            return fhi_fail(err, FH_E_NOMEM, "out of memory");
        }
    }
    state->doc.keys[column] = put_bytes(inverter, fhi_buf_str(last_key));
    return FH_OK;
}

static fh_status put_document(fhi_inverter *inverter, doc_state *state, const fhi_article *article, fh_err *err)
{
    static const fh_field field_of_column[FHI_COLUMN_COUNT] = {
        [FHI_COLUMN_SOURCE] = FH_FIELD_SOURCE, [FHI_COLUMN_SECTION] = FH_FIELD_SECTION,
        [FHI_COLUMN_REGION] = FH_FIELD_REGION, [FHI_COLUMN_AUTHOR] = FH_FIELD_AUTHOR,
        [FHI_COLUMN_LANG] = FH_FIELD_LANG,
    };
    fh_record record = article->record;
    if (record.fields[FH_FIELD_LANG].len == 0) record.fields[FH_FIELD_LANG] = language_of(state);
    fhi_piece pieces[FH_FIELD_COUNT] = {0};
    fhi_batch_doc *doc = &state->doc;
    put_record(inverter, doc, &record, pieces);
    doc->id = pieces[FH_FIELD_ID];
    for (unsigned i = 0; i < FHI_COLUMN_COUNT; i++) {
        doc->values[i] = pieces[field_of_column[i]];
        FH_TRY(put_column(inverter, state, i, record.fields[field_of_column[i]], err));
    }
    doc->day = article->day;
    doc->minute = article->minute;
    if (inverter->bytes.status != FH_OK) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    return FH_OK;
}

fh_status fhi_inverter_add(fhi_inverter *inverter, const fhi_article *article, fh_err *err)
{
    const size_t token_count = inverter->token_count, bytes_len = inverter->bytes.len;
    doc_state state = {0};
    if (reserve_doc(inverter) != FH_OK) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    fh_status status = add_texts(inverter, &state, &article->record, err);
    if (status == FH_OK) status = put_document(inverter, &state, article, err);
    if (status != FH_OK) {
        inverter->token_count = token_count;
        inverter->bytes.len = bytes_len;
        return status;
    }
    inverter->docs[inverter->doc_count++] = state.doc;
    return FH_OK;
}
