/* runs.c - the end of a batch: tokens sorted by term, each term's postings encoded, records compressed. */
#include "indexer/inverter.h"

/* Worst case of a token in a run: posting head, count, position. */
enum { TOKEN_BYTES_MAX = 5 + 5 + 10, RUN_WORD_BYTES = sizeof(uint32_t) };

static uint8_t *put_varint(uint8_t *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *to++ = (uint8_t)(value | 0x80);
    *to++ = (uint8_t)value;
    return to;
}

/* Counting sort; token_count of a run is given back as it was. Stable: documents and positions stay in order. */
static void sort_tokens(fhi_inverter *inverter)
{
    size_t at = 0;
    for (uint32_t i = 0; i < inverter->run_count; i++) {
        inverter->runs[i].body_at = at; /* borrowed as the cursor */
        at += inverter->runs[i].token_count;
    }
    for (size_t i = 0; i < inverter->token_count; i++) {
        const fhi_token_place token = inverter->tokens[i];
        const uint32_t term = inverter->word_states[token.word].term;
        inverter->sorted[inverter->runs[inverter->term_states[term].run].body_at++] = token;
    }
}

/* Numbers the exact forms of a run in order of first sight. */
static void list_forms(fhi_inverter *inverter, fhi_run *run, const fhi_token_place *tokens)
{
    const uint32_t serial = ++inverter->run_serial;
    run->form_at = (uint32_t)(inverter->run_words.len / RUN_WORD_BYTES);
    for (uint32_t i = 0; i < run->token_count; i++) {
        fhi_word_state *word = &inverter->word_states[tokens[i].word];
        if (word->run == serial) continue;
        word->run = serial;
        word->run_form = run->form_count++;
        fhi_buf_put32(&inverter->run_words, tokens[i].word);
    }
}

static uint8_t *encode_postings(const fhi_inverter *inverter, fhi_run *run, const fhi_token_place *tokens, uint8_t *to)
{
    const uint32_t count = run->token_count;
    const uint64_t forms = inverter->told_apart ? run->form_count : 1;
    uint32_t previous_doc = tokens[0].doc;
    for (uint32_t i = 0; i < count;) {
        const uint32_t doc = tokens[i].doc;
        uint32_t end = i + 1;
        while (end < count && tokens[end].doc == doc)
            end++;
        to = put_varint(to, (uint64_t)(doc - previous_doc) << 1 | (end - i == 1));
        if (end - i > 1) to = put_varint(to, end - i);
        uint32_t previous = 0;
        for (; i < end; i++) {
            const uint64_t form = forms == 1 ? 0 : inverter->word_states[tokens[i].word].run_form;
            to = put_varint(to, (tokens[i].position - previous) * forms + form);
            previous = tokens[i].position;
        }
        previous_doc = doc;
        run->posting_count++;
    }
    return to;
}

static fh_status encode_run(fhi_inverter *inverter, fhi_run *run, const fhi_token_place *tokens)
{
    fhi_buf *bodies = &inverter->bodies;
    if (inverter->told_apart) list_forms(inverter, run, tokens);
    if (!fhi_buf_reserve(bodies, (size_t)run->token_count * TOKEN_BYTES_MAX)) return FH_E_NOMEM;
    run->first_doc = tokens[0].doc;
    run->last_doc = tokens[run->token_count - 1].doc;
    run->body_at = bodies->len;
    const uint8_t *end = encode_postings(inverter, run, tokens, bodies->data + bodies->len);
    run->body_bytes = (size_t)(end - (bodies->data + bodies->len));
    bodies->len += run->body_bytes;
    return inverter->run_words.status;
}

static fh_status encode_runs(fhi_inverter *inverter)
{
    const fhi_token_place *tokens = inverter->sorted;
    sort_tokens(inverter);
    for (uint32_t i = 0; i < inverter->run_count; i++) {
        fhi_run *run = &inverter->runs[i];
        if (run->token_count == 0) continue; /* its only document was refused */
        FH_TRY(encode_run(inverter, run, tokens));
        tokens += run->token_count;
    }
    return FH_OK;
}

static fh_status compress_records(fhi_inverter *inverter, fhi_store_compressor *compressor)
{
    for (uint32_t i = 0; i < inverter->doc_count; i++) {
        fhi_batch_doc *doc = &inverter->docs[i];
        const size_t at = inverter->frames.len;
        FH_TRY(fhi_store_compress(compressor, fhi_inverter_text(inverter, doc->record), &inverter->frames));
        doc->frame = (fhi_piece){at, inverter->frames.len - at};
    }
    return inverter->frames.status;
}

fh_status fhi_inverter_seal(fhi_inverter *inverter, fhi_store_compressor *compressor, fh_err *err)
{
    fh_status status = encode_runs(inverter);
    if (status == FH_OK) status = compress_records(inverter, compressor);
    return status == FH_OK ? FH_OK : fhi_fail(err, status, "%s", fh_status_text(status));
}
