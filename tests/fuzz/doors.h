/* doors.h - what the targets of both doors share: how bytes are cut into reads, and a question noted to be compared. */
#ifndef TESTS_FUZZ_DOORS_H
#define TESTS_FUZZ_DOORS_H

#include "query/server/server_ask.h"

#include <stdlib.h>

static inline void require(bool holds)
{
    if (!holds) abort();
}

/* ---- reads ---- */

/* How bytes are cut: all at once, one by one, or by a row of numbers that the state stands for. */
enum { CUT_NOWHERE, CUT_EVERYWHERE };

static inline size_t cut_next(uint32_t *cut, size_t left)
{
    enum { PIECE_BYTES_MAX = 61 };
    if (*cut == CUT_NOWHERE || left == 0) return left;
    if (*cut == CUT_EVERYWHERE) return 1;
    *cut ^= *cut << 13;
    *cut ^= *cut >> 17;
    *cut ^= *cut << 5;
    const size_t piece = 1 + *cut % PIECE_BYTES_MAX;
    return piece < left ? piece : left;
}

/* A copy that ends where its block does, so that a byte too far is seen. The caller frees *block. */
static inline const char *copy_exact(const char *from, size_t len, char **block)
{
    *block = malloc(len + 1);
    require(*block != NULL);
    if (len) memcpy(*block + 1, from, len);
    return *block + 1;
}

/* ---- questions ---- */

static inline void note_list(fhi_buf *trace, const fh_str *texts, size_t count)
{
    fhi_buf_put8(trace, (uint8_t)count);
    for (size_t i = 0; i < count; i++)
        fhi_buf_put_str(trace, texts[i]);
}

static inline void note_page(fhi_buf *trace, const fhi_page_state *page)
{
    for (int i = 0; i < FHI_PAGE_FILTER_COUNT; i++)
        note_list(trace, page->values[i], page->value_counts[i]);
    const fh_str texts[] = {page->from, page->to, page->names, page->accepted_langs};
    note_list(trace, texts, sizeof texts / sizeof texts[0]);
    fhi_buf_put8(trace, page->lang_given);
}

static inline void note_query(fhi_buf *trace, const fhi_request *request)
{
    const uint32_t numbers[] = {
        request->top,          request->offset,         request->fields,        request->values,
        request->no_snippets,  request->partial,        (uint32_t)request->op,  (uint32_t)request->sort,
        (uint32_t)request->by, (uint32_t)request->lang, (uint32_t)request->kind};
    const fh_str texts[] = {request->query, request->after, request->article};
    fhi_buf_put(trace, numbers, sizeof numbers);
    note_list(trace, texts, sizeof texts / sizeof texts[0]);
    require(request->top >= 1 && request->top <= FHI_TOP_MAX && request->offset < FHI_TOP_MAX);
}

/* All that was understood, or why it was not: what is shown to a client is UTF-8 either way. */
static inline void note_ask(fhi_buf *trace, fh_status status, const fhi_ask *ask, const fh_err *err)
{
    fhi_buf_put8(trace, (uint8_t)status);
    if (status != FH_OK) {
        const fh_str why = fhi_str(err->text);
        require(why.len > 0 && fhi_utf8_check(why.ptr, why.len) == why.len);
        fhi_buf_put_str(trace, why);
        return;
    }
    fhi_buf_put8(trace, (uint8_t)ask->route->kind);
    fhi_buf_put8(trace, ask->unordered);
    fhi_buf_put8(trace, (uint8_t)ask->export.format);
    fhi_buf_put_str(trace, (fh_str){(const char *)ask->export.fields, ask->export.field_count});
    fhi_buf_put_str(trace, ask->subject);
    note_query(trace, &ask->request);
    note_page(trace, &ask->page);
    const fh_str text = ask->subject.len ? ask->subject : ask->request.query;
    require(text.len == 0 || fhi_utf8_check(text.ptr, text.len) == text.len);
}

#endif
