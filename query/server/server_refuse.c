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

/* The error object stays for the log. Without memory it is the answer. */
static void make_page(fhi_exchange *exchange, const char *message)
{
    const fhi_page_refusal refusal = {.status = exchange->status,
                                      .reason = fhi_str(message),
                                      .query = exchange->ask.request.query,
                                      .accepted_langs = fhi_buf_str(&exchange->langs),
                                      .lang_given = exchange->ask.page.lang_given,
                                      .lang = exchange->ask.request.lang};
    fhi_buf page;
    fhi_buf_init(&page);
    if (fhi_page_refuse(&refusal, &page) == FH_OK && page.status == FH_OK) {
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
