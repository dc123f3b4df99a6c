/* server_refuse.c - what is answered instead of an answer: an error object for services, a page for browsers. */
#include "query/answer/reply.h"
#include "query/server/coding.h"
#include "query/server/server_impl.h"

void fhi_exchange_note_client(fhi_exchange *exchange, const fhi_http_parser *http)
{
    exchange->wants_page = fhi_prefers_page(fhi_http_header_value(http, "accept"));
    if (exchange->wants_page) fhi_http_header_list(http, "accept-language", &exchange->langs);
}

void fhi_exchange_note_target(fhi_exchange *exchange, fh_str target)
{
    fh_str rest;
    const char *mark = target.len ? memchr(target.ptr, '?', target.len) : NULL;
    const fhi_route *route =
        fhi_route_of_path((fh_str){target.ptr, mark ? (size_t)(mark - target.ptr) : target.len}, &rest);
    exchange->wants_page = route && route->page;
}

void fhi_refusals_fini(fhi_refusals *refusals)
{
    for (int i = 0; i < FHI_REFUSALS_KEPT; i++)
        for (int lang = 0; lang < FHI_PAGE_LANGS; lang++)
            for (int given = 0; given < 2; given++)
                fhi_buf_fini(&refusals->pages[i][lang][given]);
}

/* Where the page of a status is kept that only the loop refuses with; NULL: it is made each time. */
static fhi_buf *place_of(fhi_refusals *refusals, const fhi_page_refusal *refusal)
{
    static const int kept[FHI_REFUSALS_KEPT] = {401, 429, 503};
    for (int i = 0; i < FHI_REFUSALS_KEPT; i++)
        if (kept[i] == refusal->status) return &refusals->pages[i][fhi_page_refusal_lang(refusal)][refusal->lang_given];
    return NULL;
}

static fh_status put_page(fhi_exchange *exchange, fhi_page_refusal *refusal, fhi_buf *page)
{
    fhi_buf *kept = place_of(&exchange->server->refusals, refusal);
    if (!kept) return fhi_page_refuse(refusal, page);
    refusal->query = FH_STR("");
    if (kept->len == 0 && fhi_page_refuse(refusal, kept) != FH_OK) {
        fhi_buf_fini(kept);
        return FH_E_NOMEM;
    }
    fhi_buf_put(page, kept->data, kept->len);
    return page->status;
}

/* The error object stays for the log. Without memory it is the answer. */
static void make_page(fhi_exchange *exchange, const char *message)
{
    fhi_page_refusal refusal = {.status = exchange->status,
                                .reason = fhi_str(message),
                                .query = exchange->ask.request.query,
                                .accepted_langs = fhi_buf_str(&exchange->langs),
                                .lang_given = exchange->ask.page.lang_given,
                                .lang = exchange->ask.request.lang};
    fhi_buf page;
    fhi_buf_init(&page);
    if (put_page(exchange, &refusal, &page) == FH_OK && page.status == FH_OK) {
        fhi_buf_fini(&exchange->fault);
        exchange->fault = exchange->body;
        exchange->body = page;
        exchange->is_refusal = true;
    } else {
        fhi_buf_fini(&page);
    }
}

void fhi_exchange_write_error(fhi_exchange *exchange, int status, const char *message)
{
    exchange->status = status;
    fhi_buf_clear(&exchange->body);
    if (fhi_error_json(fhi_http_error_code(status), message, exchange->ask.id, &exchange->body) != FH_OK ||
        exchange->body.status != FH_OK)
        fhi_exchange_no_memory(exchange);
    else if (exchange->wants_page)
        make_page(exchange, message);
}

void fhi_exchange_fail(fhi_exchange *exchange, int status, const char *message)
{
    fhi_exchange_write_error(exchange, status, message);
    exchange->state = FHI_EXCHANGE_DONE;
    exchange->answered_ns = uv_hrtime();
}
