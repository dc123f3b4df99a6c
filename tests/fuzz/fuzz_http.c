/* fuzz_http.c - any bytes as HTTP requests and as lines of the socket.
 *
 * The first byte says how the rest is cut into reads. Each door reads it twice, whole and cut: the same requests must
 * come out, and a fault at the same place, since an answer may not depend on how the network cuts a request.
 */
#include "query/server/server_ask.h"
#include "query/server/socket.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const fhi_http_limits limits = {.head_bytes_max = 512, .target_bytes_max = 128, .body_bytes_max = 64};

enum { LINE_BYTES_MAX = 256 };

static void note_ask(fhi_buf *trace, fh_status status, const fhi_ask *ask)
{
    fhi_buf_put8(trace, (uint8_t)status);
    if (status != FH_OK) return;
    fhi_buf_put8(trace, (uint8_t)ask->route->kind);
    fhi_buf_put32(trace, ask->request.top);
    fhi_buf_put32(trace, ask->request.offset);
    fhi_buf_put8(trace, ask->unordered);
    fhi_buf_put8(trace, (uint8_t)ask->export.format);
    fhi_buf_put_str(trace, (fh_str){(const char *)ask->export.fields, ask->export.field_count});
    fhi_buf_put_str(trace, ask->request.query);
    fhi_buf_put_str(trace, ask->subject);
    const fh_str text = ask->subject.len ? ask->subject : ask->request.query;
    if (text.len && fhi_utf8_check(text.ptr, text.len) != text.len) abort();
}

static void note_request(fhi_buf *trace, const fhi_http_parser *http, fhi_http_event event)
{
    if (event == FHI_HTTP_BAD) {
        if (http->status < 400 || !http->reason) abort();
        fhi_buf_put8(trace, '!');
        return;
    }
    if (fhi_http_target(http).len > limits.target_bytes_max) abort();
    fhi_buf_put_str(trace, fhi_http_header_value(http, "host"));
    fhi_buf_put8(trace, http->keep_alive);
    if (http->body.len > limits.body_bytes_max) abort();
    fhi_buf_put_str(trace, fhi_buf_str(&http->body));
    fhi_ask ask;
    int status;
    fh_err err;
    fhi_ask_init(&ask);
    const fh_status answer = fhi_ask_from_http(&ask, http, &status, &err);
    if (answer != FH_OK && (status < 400 || !*fhi_http_error_code(status))) abort();
    note_ask(trace, answer, &ask);
    fhi_ask_fini(&ask);
}

static void read_http(const char *data, size_t len, size_t cut, fhi_buf *trace)
{
    fhi_http_parser http;
    fhi_http_event event = FHI_HTTP_MORE;
    fhi_http_parser_init(&http, &limits);
    for (size_t at = 0; at < len && event != FHI_HTTP_BAD;) {
        const size_t piece = len - at < cut ? len - at : cut;
        const size_t taken = fhi_http_parse(&http, data + at, piece, &event);
        if (taken > piece || (taken == 0 && event == FHI_HTTP_MORE)) abort();
        at += taken;
        if (event != FHI_HTTP_MORE) note_request(trace, &http, event);
    }
    fhi_http_parser_fini(&http);
}

static void note_line(fhi_buf *trace, fh_str line)
{
    fhi_ask ask;
    fh_err err;
    if (line.len > LINE_BYTES_MAX) abort();
    fhi_buf_put_str(trace, line);
    fhi_ask_init(&ask);
    note_ask(trace, fhi_ask_from_line(&ask, line, &err), &ask);
    fhi_ask_fini(&ask);
}

static void read_lines(const char *data, size_t len, size_t cut, fhi_buf *trace)
{
    fhi_lines lines;
    fhi_line_event event;
    fh_str line;
    fhi_lines_init(&lines, LINE_BYTES_MAX);
    for (size_t at = 0; at < len;) {
        const size_t piece = len - at < cut ? len - at : cut;
        const size_t taken = fhi_lines_next(&lines, data + at, piece, &event, &line);
        if (taken > piece || taken == 0) abort();
        at += taken;
        if (event == FHI_LINE_WHOLE)
            note_line(trace, line);
        else if (event == FHI_LINE_TOO_LONG)
            fhi_buf_put8(trace, '!');
    }
    if (fhi_lines_last(&lines, &line)) note_line(trace, line);
    fhi_lines_fini(&lines);
}

static void compare(void (*read)(const char *, size_t, size_t, fhi_buf *), const char *data, size_t len, size_t cut)
{
    fhi_buf whole = {0}, pieces = {0};
    read(data, len, len, &whole);
    read(data, len, cut, &pieces);
    if (whole.status != FH_OK || !fhi_str_equal(fhi_buf_str(&whole), fhi_buf_str(&pieces))) abort();
    fhi_buf_fini(&whole);
    fhi_buf_fini(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2) return 0;
    const size_t cut = 1 + data[0] % 64;
    compare(read_http, (const char *)data + 1, len - 1, cut);
    compare(read_lines, (const char *)data + 1, len - 1, cut);
    return 0;
}
