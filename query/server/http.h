/* http.h - HTTP/1.1 requests out of bytes, reply heads into bytes. Knows no socket, no route and no thread.
 *
 * http_parser does the grammar; this room adds what it leaves open: the bounds, the rules of RFC 9112 it does not
 * check (Host, white space in a header name, the version), and one answer per kind of fault.
 */
#ifndef FHI_HTTP_H
#define FHI_HTTP_H

#include "engine/base/base.h"

#include <http_parser.h>

enum {
    FHI_HTTP_HEADERS_MAX = 100,      /* header lines in one request */
    FHI_HTTP_HEAD_BYTES_MOST = 65536 /* the largest bound a head may be given: http_parser itself stops at 80 KiB */
};

typedef struct fhi_http_limits {
    size_t head_bytes_max;   /* request line and headers, with their line ends */
    size_t target_bytes_max; /* of the request line alone */
    size_t body_bytes_max;   /* kept of a POST, else dropped */
} fhi_http_limits;

typedef struct fhi_http_header {
    uint32_t name_at; /* in fhi_http_parser.text */
    uint32_t name_len;
    uint32_t value_at;
    uint32_t value_len;
} fhi_http_header;

typedef enum fhi_http_event {
    FHI_HTTP_MORE,    /* every byte was taken; the request is not whole yet */
    FHI_HTTP_REQUEST, /* one request is whole; it stays readable until the next fhi_http_parse */
    FHI_HTTP_BAD      /* answer with status and reason, then close: the rest of the bytes means nothing */
} fhi_http_event;

/* Fields above the line are for the reader after FHI_HTTP_REQUEST or FHI_HTTP_BAD. */
typedef struct fhi_http_parser {
    const char *method; /* static, such as "GET" */
    bool is_get;        /* GET or HEAD */
    bool is_head;
    bool is_post;
    bool keep_alive;    /* the client lets the connection live */
    bool old_client;    /* HTTP/1.0: told when the connection lives */
    int status;         /* HTTP status of FHI_HTTP_BAD */
    const char *reason; /* English, static */
    /* ---- */
    const fhi_http_limits *limits;
    http_parser parser;
    fhi_buf text; /* the target, then names and values of the headers, nothing between */
    size_t target_len;
    const char *frame;    /* in what is being fed, behind the last byte of a body: from there on it is lines */
    unsigned char wanted; /* the next byte of such lines; 0: any but a line feed */
    bool line_begins;
    size_t head_bytes; /* fed so far of this head */
    size_t wire_bytes; /* fed so far of this request */
    size_t body_bytes;
    fhi_buf body; /* of a POST */
    bool begun;   /* a byte of this request other than an empty line has come */
    bool head_done;
    bool complete;
    bool in_value;   /* the last header callback was a value */
    bool bad_method; /* looking whether a word and a space follow: another method, or noise */
    uint32_t header_count;
    fhi_http_header headers[FHI_HTTP_HEADERS_MAX];
} fhi_http_parser;

void fhi_http_parser_init(fhi_http_parser *http, const fhi_http_limits *limits);
void fhi_http_parser_fini(fhi_http_parser *http);

/* Takes bytes up to the end of one request at most and answers how many; what is left belongs to the next call. */
size_t fhi_http_parse(fhi_http_parser *http, const char *data, size_t len, fhi_http_event *event);

fh_str fhi_http_target(const fhi_http_parser *http);
/* Value of the first header of that name, in any case of letters; ptr NULL when there is none. */
fh_str fhi_http_header_value(const fhi_http_parser *http, const char *name);
/* Appends the values of all headers of that name, with commas between, as RFC 9110 5.3 has lists. */
void fhi_http_header_list(const fhi_http_parser *http, const char *name, fhi_buf *out);

/* Splits a target (origin form or absolute form) into raw path and raw query, neither decoded, no `?`.
 * FH_E_INVALID: not a target, or with a fragment. */
fh_status fhi_http_target_split(fh_str target, fh_str *path, fh_str *query, fh_err *err);

/* Takes the next name=value from *rest, both raw; false at the end. Empty parameters are skipped. */
bool fhi_http_param_next(fh_str *rest, fh_str *name, fh_str *value);

/* Appends the decoded bytes to out, never more than raw.len; *decoded points at them in out. FH_E_INVALID: a `%`
 * without two hexadecimal digits; FH_E_UTF8: the result is not UTF-8. */
fh_status fhi_http_percent_decode(fh_str raw, bool plus_is_space, fhi_buf *out, fh_str *decoded, fh_err *err);

typedef enum fhi_http_length {
    FHI_HTTP_SIZED,   /* body_bytes */
    FHI_HTTP_CHUNKED, /* told chunk by chunk */
    FHI_HTTP_UNSIZED  /* until the connection ends: for HTTP/1.0 */
} fhi_http_length;

typedef struct fhi_http_reply {
    int status;
    const char *content_type;
    bool posted; /* 405: POST is what is allowed */
    fhi_http_length length;
    size_t body_bytes;
    const char *filename; /* a browser stores the answer under it; NULL: it shows the answer */
    bool keep_alive;
    bool old_client;        /* says `Connection: keep-alive` when it is kept */
    unsigned retry_after_s; /* 0: no such header */
    const char *request_id; /* NULL: no such header */
    const char *etag;       /* with its quotes; NULL: the answer is not to be stored at all */
    const char *coding;     /* of the body; "" for none; not told with 304 */
    bool varies;            /* with Accept-Encoding */
    bool refusal;           /* told to a browser, which may ask its user for name and password */
    bool page;              /* shown to people: nothing in it may load or run but what this server has */
} fhi_http_reply;

/* Appends the status line and headers, with the empty line. */
void fhi_http_reply_head(const fhi_http_reply *reply, fhi_buf *out);

/* Every status of this server that is no success; the last one has status 0. */
typedef struct fhi_http_fault {
    int status;
    const char *code; /* error.code that goes with it, unless the query has a better one */
    const char *what; /* when it is answered */
} fhi_http_fault;
extern const fhi_http_fault fhi_http_faults[];

/* Frames part of a body that is told chunk by chunk, nothing for an empty one; the end of it. */
void fhi_http_chunk(fh_str data, fhi_buf *out);
void fhi_http_chunk_line(fh_str line, fhi_buf *out); /* with a line feed */
void fhi_http_chunk_end(fhi_buf *out);

/* error.code that goes with an HTTP status of this server, such as "bad_request". */
const char *fhi_http_error_code(int status);

#endif
