/* fuzz_http.c - any bytes as HTTP requests.
 *
 * The first byte says how the rest is cut into reads, the second how narrow the bounds are. Two things are checked
 * besides that nothing breaks. The bytes are read whole and cut: the same requests come out, and a fault at the same
 * place, since an answer may not depend on how the network cuts a request. And each request is written down again from
 * what was understood, once as it stands and once with its target encoded anew, and read: it is the same request.
 */
#include "query/server/coding.h"
#include "query/server/server_tokens.h"
#include "tests/fuzz/doors.h"

#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { NARROW, USUAL, WIDE };
static const fhi_http_limits bounds[] = {
    [NARROW] = {.head_bytes_max = 512, .target_bytes_max = 128, .body_bytes_max = 64},
    [USUAL] = {.head_bytes_max = 3072, .target_bytes_max = 2048, .body_bytes_max = 1024},
    [WIDE] = {.head_bytes_max = 65536, .target_bytes_max = 65536, .body_bytes_max = 65536}, /* three for one, encoded */
};

static fh_str part(const fhi_http_parser *http, uint32_t at, uint32_t len)
{
    require(at + (size_t)len <= http->text.len);
    return (fh_str){(const char *)http->text.data + at, len};
}

/* Headers that tell how long a body is, and those whose names only begin so, since http_parser takes any that begins
 * with Transfer-Encoding for one that Content-Length may not stand beside. Not kept when a request is written down. */
static bool is_framing(fh_str name)
{
    static const fh_str framing[] = {{"content-length", 14}, {"transfer-encoding", 17}};
    for (size_t i = 0; i < 2; i++)
        if (name.len >= framing[i].len && strncasecmp(name.ptr, framing[i].ptr, framing[i].len) == 0) return true;
    return false;
}

static void note_headers(fhi_buf *trace, const fhi_http_parser *http)
{
    for (uint32_t i = 0; i < http->header_count; i++) {
        const fhi_http_header *header = &http->headers[i];
        const fh_str name = part(http, header->name_at, header->name_len);
        if (is_framing(name)) continue;
        fhi_buf_put_str(trace, name);
        fhi_buf_put_str(trace, part(http, header->value_at, header->value_len));
    }
    char room[FHI_BASIC_BYTES_MAX];
    fhi_buf_put_str(trace, fhi_token_of(fhi_http_header_value(http, "authorization"), room));
    fhi_buf_put8(trace, fhi_prefers_page(fhi_http_header_value(http, "accept")));
}

/* What the server makes of a request. */
static void note_request(fhi_buf *trace, const fhi_http_parser *http)
{
    fhi_ask ask;
    int status;
    fh_err err = {.text = ""};
    require(fhi_http_target(http).len <= http->limits->target_bytes_max);
    require(http->body.len <= http->limits->body_bytes_max && http->header_count <= FHI_HTTP_HEADERS_MAX);
    require(http->is_post || http->body.len == 0);
    fhi_buf_put_str(trace, fhi_str(http->method));
    fhi_buf_put8(trace, (uint8_t)(http->is_get | http->is_head << 1 | http->is_post << 2 | http->keep_alive << 3 |
                                  http->old_client << 4));
    note_headers(trace, http);
    fhi_buf_put_str(trace, fhi_buf_str(&http->body));
    fhi_ask_init(&ask);
    const fh_status understood = fhi_ask_from_http(&ask, http, &status, &err);
    require(understood == FH_OK || (status >= 400 && *fhi_http_error_code(status)));
    note_ask(trace, understood, &ask, &err);
    if (understood != FH_OK) fhi_buf_put16(trace, (uint16_t)status);
    fhi_ask_fini(&ask);
}

/* ---- written down again ---- */

static void put_encoded(fhi_buf *out, fh_str text, const char *kept)
{
    for (size_t i = 0; i < text.len; i++) {
        const char byte = text.ptr[i];
        const bool plain = (byte >= 'a' && byte <= 'z') || (byte && strchr(kept, byte));
        if (plain)
            fhi_buf_put8(out, (uint8_t)byte);
        else
            fhi_buf_printf(out, "%%%02X", (unsigned)(unsigned char)byte);
    }
}

static bool put_decoded(fhi_buf *out, fh_str raw, bool plus_is_space, const char *kept)
{
    fhi_buf text = {0};
    fh_str decoded;
    const bool good = fhi_http_percent_decode(raw, plus_is_space, &text, &decoded, NULL) == FH_OK;
    if (good) put_encoded(out, decoded, kept);
    fhi_buf_fini(&text);
    return good;
}

/* Origin form, with all but small letters encoded. False: part of it cannot be decoded. */
static bool put_target(fhi_buf *out, fh_str target)
{
    fh_str path, query, name, value;
    if (fhi_http_target_split(target, &path, &query, NULL) != FH_OK) return false;
    require(path.len > 0 && path.len + query.len <= target.len);
    if (path.ptr[0] != '/' || !put_decoded(out, path, false, "/")) return false;
    for (char before = '?'; fhi_http_param_next(&query, &name, &value); before = '&') {
        fhi_buf_put8(out, (uint8_t)before);
        if (!put_decoded(out, name, true, "")) return false;
        fhi_buf_put8(out, '=');
        if (!put_decoded(out, value, true, "")) return false;
    }
    return true;
}

static bool write_again(const fhi_http_parser *http, bool encode, fhi_buf *out)
{
    const fh_str target = fhi_http_target(http);
    fhi_buf_printf(out, "%s ", http->method);
    if (!encode)
        fhi_buf_put(out, target.ptr, target.len);
    else if (!put_target(out, target))
        return false;
    fhi_buf_printf(out, " HTTP/1.%c\r\n", http->old_client ? '0' : '1');
    for (uint32_t i = 0; i < http->header_count; i++) {
        const fhi_http_header *header = &http->headers[i];
        const fh_str name = part(http, header->name_at, header->name_len);
        const fh_str value = part(http, header->value_at, header->value_len);
        if (is_framing(name)) continue;
        fhi_buf_printf(out, "%.*s: %.*s\r\n", (int)name.len, name.ptr, (int)value.len, value.len ? value.ptr : "");
    }
    if (http->body.len) fhi_buf_printf(out, "Content-Length: %zu\r\n", http->body.len);
    fhi_buf_put(out, "\r\n", 2);
    fhi_buf_put(out, http->body.data, http->body.len);
    return true;
}

static void check_again(const fhi_http_parser *http, fh_str understood, bool encode)
{
    fhi_buf written = {0}, trace = {0};
    fhi_http_parser again;
    fhi_http_event event;
    fhi_http_parser_init(&again, &bounds[WIDE]);
    if (write_again(http, encode, &written)) {
        require(fhi_http_parse(&again, (const char *)written.data, written.len, &event) == written.len);
        require(event == FHI_HTTP_REQUEST);
        note_request(&trace, &again);
        require(fhi_str_equal(fhi_buf_str(&trace), understood));
    }
    fhi_http_parser_fini(&again);
    fhi_buf_fini(&written);
    fhi_buf_fini(&trace);
}

/* ---- reads ---- */

static void note_event(fhi_buf *trace, const fhi_http_parser *http, fhi_http_event event, bool again)
{
    const size_t begin = trace->len;
    fhi_buf_put8(trace, (uint8_t)event);
    if (event == FHI_HTTP_BAD) { /* which of two faults is named may depend on the cuts */
        require(http->status >= 400 && http->reason && *http->reason);
        return;
    }
    note_request(trace, http);
    require(trace->status == FH_OK);
    const fh_str understood = {(const char *)trace->data + begin + 1, trace->len - begin - 1};
    if (again) check_again(http, understood, false);
    if (again) check_again(http, understood, true);
}

/* again: each request is written down and read again, too. */
static void read_requests(fh_str input, const fhi_http_limits *limits, uint32_t cut, bool again, fhi_buf *trace)
{
    fhi_http_parser http;
    fhi_http_event event = FHI_HTTP_MORE;
    fhi_http_parser_init(&http, limits);
    for (size_t at = 0; at < input.len && event != FHI_HTTP_BAD;) {
        const size_t piece = cut_next(&cut, input.len - at);
        char *block;
        const char *bytes = copy_exact(input.ptr + at, piece, &block);
        for (size_t taken = 0; taken < piece && event != FHI_HTTP_BAD;) {
            const size_t more = fhi_http_parse(&http, bytes + taken, piece - taken, &event);
            require(more <= piece - taken && (more > 0 || event == FHI_HTTP_BAD));
            taken += more;
            if (event != FHI_HTTP_MORE) note_event(trace, &http, event, again);
        }
        at += piece;
        free(block);
    }
    fhi_buf_put8(trace, event == FHI_HTTP_MORE && http.begun);
    fhi_http_parser_fini(&http);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2) return 0;
    const fh_str input = {(const char *)data + 2, len - 2};
    const fhi_http_limits *limits = &bounds[data[1] % WIDE];
    const uint32_t cut = 1 + data[0];
    fhi_buf whole = {0}, pieces = {0};
    read_requests(input, limits, CUT_NOWHERE, true, &whole);
    read_requests(input, limits, cut, false, &pieces);
    require(whole.status == FH_OK && fhi_str_equal(fhi_buf_str(&whole), fhi_buf_str(&pieces)));
    fhi_buf_fini(&whole);
    fhi_buf_fini(&pieces);
    return 0;
}
