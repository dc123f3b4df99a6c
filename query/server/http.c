/* http.c - the incremental request parser over http_parser, and the head of a reply.
 *
 * One request at a time: the parser is paused at the end of each, so the caller decides when the next begins.
 * Whether bytes are a request depends on them alone, never on how they were cut into reads; which of two faults is
 * named may.
 */
#include "query/server/http.h"

#include <stdio.h>
#include <strings.h>

/* Wire bytes a chunked body may take beyond its data: 1-byte chunks cost six bytes for one. */
enum { CHUNK_OVERHEAD = 8, CHUNK_SLACK = 4096 };

static fhi_http_parser *parser_of(http_parser *parser)
{
    return parser->data;
}

/* The first fault stays. Answers what stops http_parser. */
static int refuse(fhi_http_parser *http, int status, const char *reason)
{
    if (!http->status) {
        http->status = status;
        http->reason = reason;
    }
    return -1;
}

static int append(fhi_http_parser *http, const char *at, size_t len)
{
    fhi_buf_put(&http->text, at, len);
    return http->text.status == FH_OK ? 0 : refuse(http, 500, "out of memory");
}

static int on_message_begin(http_parser *parser)
{
    parser_of(parser)->begun = true;
    return 0;
}

static int on_url(http_parser *parser, const char *at, size_t len)
{
    fhi_http_parser *http = parser_of(parser);
    if (memchr(at, '\t', len) || memchr(at, '\f', len)) return refuse(http, 400, "white space in the target");
    const size_t room = http->limits->target_bytes_max - http->target_len;
    http->target_len += len < room ? len : room;
    if (append(http, at, len < room ? len : room) != 0) return -1;
    return len <= room ? 0 : refuse(http, 414, "the request target is too long");
}

/* http_parser lets a space through in a name ("Content-Length : 5"), which another server may read otherwise. */
static bool is_token(const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (at[i] <= ' ' || at[i] == 0x7F) return false;
    return true;
}

static int on_header_field(http_parser *parser, const char *at, size_t len)
{
    fhi_http_parser *http = parser_of(parser);
    if (!is_token(at, len)) return refuse(http, 400, "white space in the name of a header");
    if (http->head_done) return 0; /* trailers of a chunked body are dropped with it */
    if (http->in_value || http->header_count == 0) {
        if (http->header_count == FHI_HTTP_HEADERS_MAX) return refuse(http, 431, "too many headers");
        http->headers[http->header_count++] = (fhi_http_header){.name_at = (uint32_t)http->text.len};
        http->in_value = false;
    }
    http->headers[http->header_count - 1].name_len += (uint32_t)len;
    return append(http, at, len);
}

/* Nor does it look at the bytes of a value. */
static bool is_value(const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)at[i] < ' ' && at[i] != '\t') || at[i] == 0x7F) return false;
    return true;
}

static int on_header_value(http_parser *parser, const char *at, size_t len)
{
    fhi_http_parser *http = parser_of(parser);
    if (!is_value(at, len)) return refuse(http, 400, "a control character in the value of a header");
    if (http->head_done) return 0;
    fhi_http_header *header = &http->headers[http->header_count - 1];
    if (!http->in_value) header->value_at = (uint32_t)http->text.len;
    http->in_value = true;
    header->value_len += (uint32_t)len;
    return append(http, at, len);
}

static bool header_is(const fhi_http_parser *http, const fhi_http_header *header, const char *name)
{
    const char *text = (const char *)http->text.data + header->name_at;
    return header->name_len == strlen(name) && strncasecmp(text, name, header->name_len) == 0;
}

static fh_str value_of(const fhi_http_parser *http, const fhi_http_header *header)
{
    fh_str value = {(const char *)http->text.data + header->value_at, header->value_len};
    while (value.len && (value.ptr[value.len - 1] == ' ' || value.ptr[value.len - 1] == '\t'))
        value.len--;
    return value;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

/* uri-host [ ":" port ] (RFC 9110, 7.2), or empty: nothing that could be taken for a path, a user or two hosts. */
static bool is_host(fh_str host)
{
    static const char marks[] = "-._~!$&'()*+;=%";
    const bool literal = host.len && host.ptr[0] == '[';
    size_t at = literal;
    while (at < host.len && (is_digit(host.ptr[at]) || is_letter(host.ptr[at]) || strchr(marks, host.ptr[at]) ||
                             (literal && host.ptr[at] == ':')))
        at++;
    if (literal && (at == host.len || host.ptr[at++] != ']')) return false;
    if (at < host.len && host.ptr[at] == ':')
        for (at++; at < host.len && is_digit(host.ptr[at]);)
            at++;
    return at == host.len;
}

/* http_parser takes whatever ends with `chunked` for that alone. */
static bool is_chunked(fh_str coding)
{
    static const char name[] = "chunked";
    return coding.len == sizeof name - 1 && strncasecmp(coding.ptr, name, coding.len) == 0;
}

/* The headers that say where a request goes and where it ends are there once, and are nothing else. */
static int check_headers(fhi_http_parser *http)
{
    unsigned hosts = 0, codings = 0;
    for (uint32_t i = 0; i < http->header_count; i++) {
        const fhi_http_header *header = &http->headers[i];
        const fh_str value = value_of(http, header);
        if (header_is(http, header, "host")) {
            if (++hosts > 1) break;
            if (!is_host(value)) return refuse(http, 400, "the Host header is no host");
        } else if (header_is(http, header, "transfer-encoding")) {
            if (++codings > 1 || http->old_client || !is_chunked(value))
                return refuse(http, 400, "a body is chunked, once, or it is as it is");
        } else if (header_is(http, header, "expect")) {
            return refuse(http, 417, "no expectation can be met; send the request as it is");
        }
    }
    if (hosts == 1 || (hosts == 0 && http->old_client)) return 0;
    return refuse(http, 400, "a request has one Host header");
}

static int on_headers_complete(http_parser *parser)
{
    fhi_http_parser *http = parser_of(parser);
    http->head_done = true;
    http->method = http_method_str((enum http_method)parser->method);
    http->is_head = parser->method == HTTP_HEAD;
    http->is_post = parser->method == HTTP_POST;
    http->is_get = http->is_head || parser->method == HTTP_GET;
    http->old_client = parser->http_minor == 0;
    http->keep_alive = http_should_keep_alive(parser) != 0; /* now: http_parser heeds trailers, too */
    if (parser->http_major != 1) return refuse(http, 505, "this server speaks HTTP/1.1");
    if (check_headers(http) != 0) return -1;
    if (parser->content_length != UINT64_MAX && parser->content_length > http->limits->body_bytes_max)
        return refuse(http, 413, "the request body is too long");
    if (parser->method == HTTP_CONNECT) return refuse(http, 405, "only GET and HEAD are answered");
    parser->upgrade = 0; /* an offer of another protocol may be passed over */
    return 0;
}

/* Of what is no body: CR and LF end a line, and a chunk; neither stands alone, no line begins with white space, which
 * would be folding, and there is no other control character. http_parser takes any byte for some of these, where
 * another server may not. */
static int check_frame(fhi_http_parser *http, const char *end)
{
    for (const char *at = http->frame; at < end; at++) {
        const unsigned char byte = (unsigned char)*at;
        if (http->wanted ? byte != http->wanted : byte == '\n') return refuse(http, 400, "a line ends with CR and LF");
        if (byte <= ' ' || byte == 0x7F) {
            if (http->line_begins && (byte == ' ' || byte == '\t'))
                return refuse(http, 400, "a line begins with white space");
            if (byte != ' ' && byte != '\t' && byte != '\r' && byte != '\n')
                return refuse(http, 400, "a control character");
        }
        http->line_begins = byte == '\n';
        http->wanted = http->wanted == '\r' || byte == '\r' ? '\n' : 0;
    }
    http->frame = end;
    return 0;
}

static int on_body(http_parser *parser, const char *at, size_t len)
{
    fhi_http_parser *http = parser_of(parser);
    if (check_frame(http, at) != 0) return -1;
    http->frame = at + len;
    http->wanted = '\r';
    http->body_bytes += len;
    if (http->body_bytes > http->limits->body_bytes_max) return refuse(http, 413, "the request body is too long");
    if (!http->is_post) return 0;
    fhi_buf_put(&http->body, at, len);
    return http->body.status == FH_OK ? 0 : refuse(http, 500, "out of memory");
}

static int on_message_complete(http_parser *parser)
{
    fhi_http_parser *http = parser_of(parser);
    http->complete = true;
    http_parser_pause(parser, 1);
    return 0;
}

static const http_parser_settings callbacks = {
    .on_message_begin = on_message_begin,
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* Ready for the next request. An idle connection keeps little memory. */
static void begin(fhi_http_parser *http)
{
    enum { TEXT_KEPT_BYTES = 2048 };
    if (http->text.capacity > TEXT_KEPT_BYTES) fhi_buf_fini(&http->text);
    fhi_buf_clear(&http->text);
    fhi_buf_fini(&http->body);
    http_parser_init(&http->parser, HTTP_REQUEST);
    http->parser.data = http;
    http->target_len = http->head_bytes = http->wire_bytes = http->body_bytes = 0;
    http->begun = http->head_done = http->complete = http->in_value = http->bad_method = false;
    http->wanted = '\0';
    http->line_begins = false;
    http->header_count = 0;
    http->status = 0;
}

void fhi_http_parser_init(fhi_http_parser *http, const fhi_http_limits *limits)
{
    *http = (fhi_http_parser){.limits = limits, .method = ""};
    begin(http);
}

void fhi_http_parser_fini(fhi_http_parser *http)
{
    fhi_buf_fini(&http->text);
    fhi_buf_fini(&http->body);
}

static bool is_method_byte(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '_';
}

/* http_parser stops at the first byte that is of no method it knows. A word and a space make it a method all the
 * same, which is not allowed here; anything else is no HTTP. */
static void look_at_method(fhi_http_parser *http, const char *data, size_t len)
{
    for (size_t i = 0; i < len && !http->status; i++) {
        if (data[i] == ' ' && http->head_bytes + i > 0)
            (void)refuse(http, 405, "only GET and HEAD are answered");
        else if (!is_method_byte(data[i]))
            (void)refuse(http, 400, "not an HTTP request");
    }
}

static void refuse_syntax(fhi_http_parser *http)
{
    const enum http_errno number = HTTP_PARSER_ERRNO(&http->parser);
    if (number == HPE_HEADER_OVERFLOW)
        (void)refuse(http, 431, "the request head is too long");
    else if (number == HPE_INVALID_CONSTANT)
        (void)refuse(http, 400, "the target must be followed by HTTP/1.1; a space in it is written %20");
    else
        (void)refuse(http, 400, http_errno_description(number));
}

/* Feeds one piece that stays within the bound of what is being read. Answers bytes taken. */
static size_t feed(fhi_http_parser *http, const char *data, size_t len)
{
    if (http->bad_method) {
        look_at_method(http, data, len);
        http->head_bytes += len;
        return len;
    }
    http->frame = data;
    const size_t taken = http_parser_execute(&http->parser, &callbacks, data, len);
    if (!http->status) (void)check_frame(http, data + taken);
    const enum http_errno number = HTTP_PARSER_ERRNO(&http->parser);
    if (!http->complete && !http->status && number != HPE_OK) {
        if (number == HPE_INVALID_METHOD) {
            http->bad_method = true;
            http->head_bytes += taken;
            return taken;
        }
        refuse_syntax(http);
    }
    http->head_bytes += taken;
    http->wire_bytes += taken;
    return taken;
}

static void check_bounds(fhi_http_parser *http)
{
    const fhi_http_limits *limits = http->limits;
    if (http->complete || http->status) return;
    if (!http->head_done && http->head_bytes >= limits->head_bytes_max)
        (void)refuse(http, 431, "the request head is too long");
    if (http->wire_bytes > limits->head_bytes_max + CHUNK_OVERHEAD * limits->body_bytes_max + CHUNK_SLACK)
        (void)refuse(http, 413, "the request body is too long");
}

size_t fhi_http_parse(fhi_http_parser *http, const char *data, size_t len, fhi_http_event *event)
{
    if (http->complete) begin(http);
    size_t at = 0;
    while (at < len && !http->complete && !http->status) {
        size_t piece = len - at;
        const size_t room = http->limits->head_bytes_max - http->head_bytes;
        if (!http->head_done && piece > room) piece = room;
        at += feed(http, data + at, piece);
        check_bounds(http);
    }
    *event = http->status ? FHI_HTTP_BAD : http->complete ? FHI_HTTP_REQUEST : FHI_HTTP_MORE;
    return at;
}

fh_str fhi_http_target(const fhi_http_parser *http)
{
    return (fh_str){(const char *)http->text.data, http->target_len};
}

fh_str fhi_http_header_value(const fhi_http_parser *http, const char *name)
{
    for (uint32_t i = 0; i < http->header_count; i++) {
        const fhi_http_header *header = &http->headers[i];
        if (header_is(http, header, name))
            return (fh_str){(const char *)http->text.data + header->value_at, header->value_len};
    }
    return (fh_str){NULL, 0};
}

void fhi_http_header_list(const fhi_http_parser *http, const char *name, fhi_buf *out)
{
    bool first = true;
    for (uint32_t i = 0; i < http->header_count; i++) {
        const fhi_http_header *header = &http->headers[i];
        if (!header_is(http, header, name)) continue;
        if (!first) fhi_buf_put8(out, ',');
        fhi_buf_put(out, http->text.data + header->value_at, header->value_len);
        first = false;
    }
}

/* A query says what a journalist works on: it is told to no other site. */
static void put_page_headers(fhi_buf *out)
{
    fhi_buf_printf(out, "Vary: Accept-Language\r\n"
                        "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
                        "img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
                        "frame-ancestors 'none'\r\n"
                        "Referrer-Policy: no-referrer\r\n"
                        "Cross-Origin-Opener-Policy: same-origin\r\n");
}

void fhi_http_reply_head(const fhi_http_reply *reply, fhi_buf *out)
{
    fhi_buf_printf(out, "HTTP/1.1 %d %s\r\n", reply->status, http_status_str((enum http_status)reply->status));
    if (reply->request_id) fhi_buf_printf(out, "X-Request-Id: %s\r\n", reply->request_id);
    /* 304 has neither: what they were is what the client has. */
    if (reply->status != 304) fhi_buf_printf(out, "Content-Type: %s\r\n", reply->content_type);
    if (reply->status != 304 && reply->length == FHI_HTTP_SIZED)
        fhi_buf_printf(out, "Content-Length: %zu\r\n", reply->body_bytes);
    if (reply->length == FHI_HTTP_CHUNKED) fhi_buf_printf(out, "Transfer-Encoding: chunked\r\n");
    if (reply->filename) fhi_buf_printf(out, "Content-Disposition: attachment; filename=\"%s\"\r\n", reply->filename);
    if (*reply->coding && reply->status != 304) fhi_buf_printf(out, "Content-Encoding: %s\r\n", reply->coding);
    if (reply->varies) fhi_buf_printf(out, "Vary: Accept-Encoding\r\n");
    if (reply->page) put_page_headers(out);
    if (reply->etag)
        fhi_buf_printf(out, "ETag: %s\r\nCache-Control: no-cache\r\n", reply->etag);
    else
        fhi_buf_printf(out, "Cache-Control: no-store\r\n");
    fhi_buf_printf(out, "X-Content-Type-Options: nosniff\r\n");
    if (reply->status == 401) fhi_buf_printf(out, "WWW-Authenticate: Bearer realm=\"fihrist\"\r\n");
    if (reply->status == 401 && reply->refusal)
        fhi_buf_printf(out, "WWW-Authenticate: Basic realm=\"fihrist\", charset=\"UTF-8\"\r\n");
    if (reply->status == 405) fhi_buf_printf(out, "Allow: %s\r\n", reply->posted ? "POST" : "GET, HEAD");
    if (reply->retry_after_s) fhi_buf_printf(out, "Retry-After: %u\r\n", reply->retry_after_s);
    if (!reply->keep_alive)
        fhi_buf_printf(out, "Connection: close\r\n");
    else if (reply->old_client)
        fhi_buf_printf(out, "Connection: keep-alive\r\n");
    fhi_buf_put(out, "\r\n", 2);
}

void fhi_http_chunk(fh_str data, fhi_buf *out)
{
    if (data.len == 0) return;
    fhi_buf_printf(out, "%zx\r\n", data.len);
    fhi_buf_put(out, data.ptr, data.len);
    fhi_buf_put(out, "\r\n", 2);
}

void fhi_http_chunk_line(fh_str line, fhi_buf *out)
{
    fhi_buf_printf(out, "%zx\r\n", line.len + 1);
    fhi_buf_put(out, line.ptr, line.len);
    fhi_buf_put(out, "\n\r\n", 3);
}

void fhi_http_chunk_end(fhi_buf *out)
{
    fhi_buf_put(out, "0\r\n\r\n", 5);
}

const fhi_http_fault fhi_http_faults[] = {
    {400, "bad_request", "a parameter, the encoding, malformed HTTP; or, with a code of its own, the query is wrong"},
    {401, "unauthorized", "a token is needed"},
    {403, "forbidden", "the token does not allow that"},
    {404, "not_found", "no such path or article"},
    {405, "method_not_allowed", "another method is wanted: see Allow"},
    {408, "timeout", "the request took too long to come"},
    {413, "too_long", "the body is too long"},
    {414, "too_long", "the target is too long"},
    {417, "expectation_failed", "an Expect header"},
    {429, "too_many_requests", "more requests from this address than the server allows: see Retry-After"},
    {431, "too_long", "the head is too long, or has too many headers"},
    {500, "internal", "the index is damaged or cannot be read, memory is out, or a mistake of the server"},
    {503, "busy", "the queue or the table of connections is full: see Retry-After"},
    {504, "deadline", "the query took too long, its wait included"},
    {505, "version_not_supported", "not HTTP/1.0 or 1.1"},
    {0, NULL, NULL},
};

const char *fhi_http_error_code(int status)
{
    for (const fhi_http_fault *fault = fhi_http_faults; fault->status; fault++)
        if (fault->status == status) return fault->code;
    return "internal";
}
