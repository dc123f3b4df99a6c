/* runs.c - the end of a batch: tokens sorted by term, each term's postings encoded, records compressed. */
#include "indexer/inverter.h"

#include <stdlib.h>

/* Worst case of a token in a run: posting head, count, position. */
enum { TOKEN_BYTES_MAX = 5 + 5 + 10 };

static uint8_t *put_varint(uint8_t *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *to++ = (uint8_t)(value | 0x80);
    *to++ = (uint8_t)value;
    return to;
}

/* Counting sort by run. Stable: documents and positions stay in order. */
static void sort_tokens(fhi_inverter *inverter)
{
    fhi_run *runs = inverter->runs;
    for (size_t i = 0; i < inverter->token_count; i++)
        runs[inverter->tokens[i].run].token_count++;
    size_t at = 0;
    for (uint32_t i = 0; i < inverter->run_count; i++) {
        runs[i].body_at = at; /* borrowed as the cursor */
        at += runs[i].token_count;
    }
    for (size_t i = 0; i < inverter->token_count; i++) {
        const fhi_token_place token = inverter->tokens[i];
        inverter->sorted[runs[token.run].body_at++] = token;
    }
}

/* Lays the words of the batch out by run and form. */
static fh_status sort_words(fhi_inverter *inverter)
{
    const size_t count = inverter->met.len / sizeof(fhi_run_word);
    if (count > inverter->run_word_capacity) {
        uint32_t *words = realloc(inverter->run_words, count * sizeof *words);
        if (!words) return FH_E_NOMEM;
        inverter->run_words = words;
        inverter->run_word_capacity = count;
    }
    uint32_t at = 0;
    for (uint32_t i = 0; i < inverter->run_count; i++) {
        inverter->runs[i].form_at = at;
        at += inverter->runs[i].form_count;
    }
    for (size_t i = 0; i < count; i++) {
        fhi_run_word met;
        memcpy(&met, inverter->met.data + i * sizeof met, sizeof met);
        inverter->run_words[inverter->runs[met.run].form_at + met.form] = met.word;
    }
    return FH_OK;
}

static uint8_t *encode_postings(fhi_run *run, const fhi_token_place *tokens, uint8_t *to)
{
    const uint32_t count = run->token_count;
    const unsigned form_bits = fhi_run_form_bits(run->form_count);
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
            to = put_varint(to, (uint64_t)(tokens[i].position - previous) << form_bits | tokens[i].form);
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
    if (!fhi_buf_reserve(bodies, (size_t)run->token_count * TOKEN_BYTES_MAX)) return FH_E_NOMEM;
    run->first_doc = tokens[0].doc;
    run->last_doc = tokens[run->token_count - 1].doc;
    run->body_at = bodies->len;
    const uint8_t *end = encode_postings(run, tokens, bodies->data + bodies->len);
    run->body_bytes = (size_t)(end - (bodies->data + bodies->len));
    bodies->len += run->body_bytes;
    return FH_OK;
}

static fh_status encode_runs(fhi_inverter *inverter)
{
    const fhi_token_place *tokens = inverter->sorted;
    sort_tokens(inverter);
    FH_TRY(sort_words(inverter));
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
    fh_status status = fhi_inverter_pair(inverter);
    if (status == FH_OK) status = encode_runs(inverter);
    if (status == FH_OK) status = compress_records(inverter, compressor);
    return status == FH_OK ? FH_OK : fhi_fail(err, status, "%s", fh_status_text(status));
}
