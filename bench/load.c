/* load.c - `fihrist bench load`: searches over HTTP that are due at fixed times, and how long each then takes.
 *
 * Request i is due at start + i / rate, whatever became of those before it; it is sent by the first free connection,
 * and its time runs from when it was due. So a server that stalls pays for all who came meanwhile (no coordinated
 * omission, as Gil Tene calls it). Without a rate a connection asks again as soon as it is answered: that finds the
 * most the server can do, and its times mean little.
 *
 * One libuv loop on one thread; a timerfd, since the timers of libuv know milliseconds only.
 */
#include "bench/bench.h"
#include "query/server/turns.h"

#include <getopt.h>
#include <http_parser.h>
#include <math.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <uv.h>

enum {
    CONNECTIONS_MAX = 1024,
    SHARES_MAX = 8,
    REQUESTS_MAX = 100000000,
    GRACE_SECONDS = 10, /* for answers still owed after the last request was due */
    READ_BYTES = 65536,
    TAIL_BYTES = 40 /* of an answer: `"took_us":` and a number */
};

/* What is timed of a request. */
typedef enum timed { WHOLE, TOOK, ADDED, TIMED_COUNT } timed;

static const char usage[] =
    "usage: fihrist bench load --http IP:PORT --queries FILE [options]\n"
    "\n"
    "Asks a running server (GET /search) and prints a JSON line for each load: {\"load\",\"rate\",\"connections\",\n"
    "\"seconds\",\"due\",\"answered\",\"refused\",\"failed\",\"bytes\",\"p50_us\",\"p90_us\",\"p99_us\",\"p999_us\",\n"
    "\"max_us\",\"took_p50_us\",\"added_p50_us\",\"curve\"}.\n"
    "Times are of requests answered with 200, from when they were due; took: what the answers tell of themselves,\n"
    "added: what a request took beyond that.\n"
    "\n"
    "  --queries FILE   lines `OP<TAB>word word ...`; OP is AND or OR\n"
    "  --with TEXT      parameters of each request, such as snippets=0\n"
    "  --rate N         requests due in a second; 0, the default: as many as the connections can ask\n"
    "  --share P        then P per cent of what was answered at first, as a load of its own; up to 8 times\n"
    "  --seconds S      how long requests are due (default 10)\n"
    "  --connections C  default 16, with --share 256 for the loads after the first\n"
    "  --label NAME     default HTTP\n";

typedef struct load load;

typedef struct connection connection;
struct connection {
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    http_parser parser;
    load *owner;
    connection *next_ready; /* open, and nothing is on its way */
    uint64_t due_ns;        /* of the request on its way; 0: none */
    size_t tail_len;
    char tail[TAIL_BYTES]; /* the end of the answer so far */
};

struct load {
    /* asked for */
    struct sockaddr_in address;
    const uint64_t *spans; /* of each request in text: offset << 32 | bytes */
    const char *text;
    size_t request_count;
    uint64_t rate, seconds, connection_count;
    /* running */
    uv_loop_t loop;
    uv_poll_t alarm;
    int alarm_fd;
    connection *connections;
    connection *ready;                  /* that which was answered last comes first */
    uint64_t start_ns, end_ns, last_ns; /* last: of the last answer */
    uint64_t sent, due_max;             /* due_max: requests in all, UINT64_MAX without a rate */
    uint64_t answered, refused, failed, byte_count;
    uint64_t *ns[TIMED_COUNT]; /* of answered requests */
    size_t ns_room;
    bool stopping, short_of_memory;
    char bytes[READ_BYTES]; /* being read; the same for all, so that they stay in the cache */
};

/* ---- sending --------------------------------------------------------------------------------------------- */

static void begin_connection(connection *c);

static uint64_t due_ns(const load *l, uint64_t request)
{
    return l->start_ns + (uint64_t)((double)request * 1e9 / (double)l->rate);
}

static bool is_due(const load *l, uint64_t now_ns)
{
    if (l->rate == 0) return now_ns < l->end_ns;
    return l->sent < l->due_max && due_ns(l, l->sent) <= now_ns;
}

static void on_closed(uv_handle_t *handle)
{
    connection *c = handle->data;
    if (!c->owner->stopping) begin_connection(c);
}

static void take_ready(load *l, const connection *c)
{
    connection **at = &l->ready;
    while (*at && *at != c)
        at = &(*at)->next_ready;
    if (*at) *at = c->next_ready;
}

static void drop(connection *c)
{
    c->owner->failed += c->due_ns != 0;
    c->due_ns = 0;
    take_ready(c->owner, c);
    if (!uv_is_closing((uv_handle_t *)&c->tcp)) uv_close((uv_handle_t *)&c->tcp, on_closed);
}

static void on_written(uv_write_t *write, int status)
{
    connection *c = write->data;
    if (status < 0) drop(c);
}

/* Sends what is due, as far as there are connections for it. */
static void send_due(load *l)
{
    const uint64_t now_ns = fhi_bench_now_ns();
    while (l->ready && is_due(l, now_ns)) {
        connection *c = l->ready;
        const uint64_t span = l->spans[l->sent % l->request_count];
        uv_buf_t bytes = uv_buf_init((char *)(uintptr_t)(l->text + (span >> 32)), (unsigned)span);
        l->ready = c->next_ready;
        c->due_ns = l->rate ? due_ns(l, l->sent) : now_ns;
        l->sent++;
        if (uv_write(&c->write, (uv_stream_t *)&c->tcp, &bytes, 1, on_written) < 0) drop(c);
    }
}

static void set_ready(connection *c)
{
    load *l = c->owner;
    c->next_ready = l->ready;
    l->ready = c;
    send_due(l);
}

/* ---- answers --------------------------------------------------------------------------------------------- */

static bool make_room(load *l)
{
    const size_t room = l->ns_room ? 2 * l->ns_room : 1 << 16;
    for (int i = 0; i < TIMED_COUNT; i++) {
        uint64_t *more = realloc(l->ns[i], room * sizeof *more);
        if (!more) return false;
        l->ns[i] = more;
    }
    l->ns_room = room;
    return true;
}

static void keep_times(load *l, uint64_t ns, uint64_t took_ns)
{
    if (l->answered == l->ns_room && !make_room(l)) {
        l->short_of_memory = true;
        return;
    }
    l->ns[WHOLE][l->answered] = ns;
    l->ns[TOOK][l->answered] = took_ns;
    l->ns[ADDED][l->answered] = ns > took_ns ? ns - took_ns : 0;
    l->answered++;
}

/* Keeps the last bytes that have come. */
static int on_body(http_parser *parser, const char *at, size_t len)
{
    connection *c = parser->data;
    const size_t new = len < TAIL_BYTES ? len : TAIL_BYTES;
    const size_t old = c->tail_len + new > TAIL_BYTES ? TAIL_BYTES - new : c->tail_len;
    memmove(c->tail, c->tail + c->tail_len - old, old);
    memcpy(c->tail + old, at + len - new, new);
    c->tail_len = old + new;
    return 0;
}

/* What the answer says it took; 0 where it says nothing. */
static uint64_t took_ns(const connection *c)
{
    static const char name[] = "\"took_us\":";
    const char *found = memmem(c->tail, c->tail_len, name, sizeof name - 1);
    uint64_t us = 0;
    if (!found) return 0;
    for (found += sizeof name - 1; found < c->tail + c->tail_len && *found >= '0' && *found <= '9'; found++)
        us = us * 10 + (uint64_t)(*found - '0');
    return us * 1000;
}

static int on_answer(http_parser *parser)
{
    connection *c = parser->data;
    load *l = c->owner;
    l->last_ns = fhi_bench_now_ns();
    if (parser->status_code == 200)
        keep_times(l, l->last_ns - c->due_ns, took_ns(c));
    else
        l->refused++;
    c->due_ns = 0;
    c->tail_len = 0;
    return 0;
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *bytes)
{
    connection *c = handle->data;
    (void)wanted;
    *bytes = uv_buf_init(c->owner->bytes, sizeof c->owner->bytes);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *bytes)
{
    static const http_parser_settings settings = {.on_body = on_body, .on_message_complete = on_answer};
    connection *c = stream->data;
    if (count == 0) return;
    if (count < 0 || c->due_ns == 0 || /* nothing was asked */
        http_parser_execute(&c->parser, &settings, bytes->base, (size_t)count) != (size_t)count) {
        drop(c);
        return;
    }
    c->owner->byte_count += (uint64_t)count;
    if (c->due_ns) return;
    if (http_should_keep_alive(&c->parser))
        set_ready(c);
    else
        drop(c);
}

static void on_connected(uv_connect_t *connect, int status)
{
    connection *c = connect->data;
    if (status < 0 || uv_read_start((uv_stream_t *)&c->tcp, on_room, on_read) < 0) {
        c->owner->failed++;
        c->owner->stopping = true; /* a server that takes no connection is not measured */
        drop(c);
        return;
    }
    (void)uv_tcp_nodelay(&c->tcp, 1);
    set_ready(c);
}

static void begin_connection(connection *c)
{
    load *l = c->owner;
    http_parser_init(&c->parser, HTTP_RESPONSE);
    c->parser.data = c->tcp.data = c->connect.data = c->write.data = c;
    (void)uv_tcp_init(&l->loop, &c->tcp); /* cannot fail: no socket is made yet */
    if (uv_tcp_connect(&c->connect, &c->tcp, (const struct sockaddr *)&l->address, on_connected) < 0) drop(c);
}

/* ---- time ------------------------------------------------------------------------------------------------ */

/* An alarm that is set anew needs no reading of what it has counted. */
static void set_alarm(const load *l, uint64_t at_ns)
{
    const struct itimerspec at = {
        .it_value = {(time_t)(at_ns / 1000000000U), (long)(at_ns % 1000000000U) + (at_ns % 1000000000U == 0)}};
    (void)timerfd_settime(l->alarm_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static bool owes(const load *l)
{
    for (uint64_t i = 0; i < l->connection_count; i++)
        if (l->connections[i].due_ns) return true;
    return false;
}

static void stop(load *l)
{
    l->stopping = true;
    (void)uv_poll_stop(&l->alarm);
    uv_close((uv_handle_t *)&l->alarm, NULL);
    for (uint64_t i = 0; i < l->connection_count; i++)
        drop(&l->connections[i]);
}

/* Requests have come due, or it is time to look whether all is done. */
static void on_alarm(uv_poll_t *alarm, int status, int events)
{
    load *l = alarm->data;
    (void)status, (void)events;
    send_due(l);
    const uint64_t now_ns = fhi_bench_now_ns();
    const bool over = now_ns >= l->end_ns && !is_due(l, now_ns) && !owes(l);
    if (l->stopping || over || now_ns >= l->end_ns + GRACE_SECONDS * UINT64_C(1000000000)) {
        stop(l);
        return;
    }
    const uint64_t look_ns = now_ns + 10000000;
    const bool more = l->rate && l->sent < l->due_max;
    const uint64_t next_ns = more ? due_ns(l, l->sent) : look_ns;
    set_alarm(l, next_ns > now_ns ? next_ns : look_ns); /* what is due already goes out as connections become free */
}

static fh_status run_load(load *l, fh_err *err)
{
    l->connections = calloc(l->connection_count, sizeof *l->connections);
    l->alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (!l->connections || l->alarm_fd < 0 || uv_loop_init(&l->loop) < 0) {
        if (l->alarm_fd >= 0) (void)close(l->alarm_fd);
        return fhi_fail(err, FH_E_NOMEM, "no memory, or no file left, for a load");
    }
    (void)uv_poll_init(&l->loop, &l->alarm, l->alarm_fd);
    l->alarm.data = l;
    (void)uv_poll_start(&l->alarm, UV_READABLE, on_alarm);
    l->start_ns = l->last_ns = fhi_bench_now_ns() + 50000000; /* connections are made before */
    l->end_ns = l->start_ns + l->seconds * UINT64_C(1000000000);
    l->due_max = l->rate ? l->rate * l->seconds : UINT64_MAX;
    set_alarm(l, l->start_ns);
    for (uint64_t i = 0; i < l->connection_count; i++) {
        l->connections[i].owner = l;
        begin_connection(&l->connections[i]);
    }
    (void)fhi_turns_short(); /* the server's threads may be on this machine */
    (void)uv_run(&l->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&l->loop);
    (void)close(l->alarm_fd);
    if (l->short_of_memory) return fhi_fail(err, FH_E_NOMEM, "not enough memory");
    return l->answered ? FH_OK : fhi_fail(err, FH_E_NETWORK, "the server did not answer");
}

/* ---- saying ---------------------------------------------------------------------------------------------- */

static int compare_ns(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static double percentile_us(const load *l, timed what, double share)
{
    const double rank = ceil(share * (double)l->answered);
    return (double)l->ns[what][rank < 1 ? 0 : (size_t)rank - 1] / 1e3;
}

/* Times at shares ever closer to 1, each a tenth of a nine further, while there is a request between them. */
static json_t *curve_of(const load *l)
{
    json_t *curve = json_array();
    for (int tenths = 1; pow(10, tenths / 10.0) <= (double)l->answered; tenths++) {
        const double share = 1 - pow(10, -tenths / 10.0);
        json_array_append_new(curve, json_pack("[ff]", share, percentile_us(l, WHOLE, share)));
    }
    return curve;
}

static fh_status print_load(load *l, const char *label, fh_err *err)
{
    for (int i = 0; i < TIMED_COUNT; i++)
        qsort(l->ns[i], l->answered, sizeof *l->ns[i], compare_ns);
    const uint64_t due = l->rate ? l->due_max : l->sent, failed = l->failed + (due - l->sent);
    json_t *line = json_pack(
        "{ss sI sI sf sI sI sI sI sI sf sf sf sf sf sf sf so}", "load", label, "rate", (json_int_t)l->rate,
        "connections", (json_int_t)l->connection_count, "seconds", (double)(l->last_ns - l->start_ns) / 1e9, "due",
        (json_int_t)due, "answered", (json_int_t)l->answered, "refused", (json_int_t)l->refused, "failed",
        (json_int_t)failed, "bytes", (json_int_t)l->byte_count, "p50_us", percentile_us(l, WHOLE, 0.5), "p90_us",
        percentile_us(l, WHOLE, 0.9), "p99_us", percentile_us(l, WHOLE, 0.99), "p999_us",
        percentile_us(l, WHOLE, 0.999), "max_us", percentile_us(l, WHOLE, 1), "took_p50_us",
        percentile_us(l, TOOK, 0.5), "added_p50_us", percentile_us(l, ADDED, 0.5), "curve", curve_of(l));
    return fhi_bench_put_json(stdout, line, err);
}

/* ---- the tool -------------------------------------------------------------------------------------------- */

typedef struct options {
    const char *queries, *label, *host, *with;
    load model; /* what is asked for */
    uint64_t shares[SHARES_MAX];
    size_t share_count;
    bool connections_given;
} options;

static void put_encoded(fhi_buf *text, fh_str words)
{
    for (size_t i = 0; i < words.len; i++) {
        const unsigned char byte = (unsigned char)words.ptr[i];
        if (byte == ' ')
            fhi_buf_put8(text, '+');
        else
            fhi_buf_printf(text, "%%%02X", byte);
    }
}

static fh_status add_request(const options *o, fh_str line, fhi_buf *text, fhi_buf *spans, fh_err *err)
{
    const size_t start = text->len;
    const fh_str op = fhi_bench_next_cell(&line);
    const bool any = fhi_str_equal(op, FH_STR("OR"));
    if (!any && !fhi_str_equal(op, FH_STR("AND"))) return fhi_fail(err, FH_E_SYNTAX, "a line begins with AND or OR");
    fhi_buf_printf(text, "GET /search?op=%s&q=", any ? "or" : "and");
    put_encoded(text, line);
    if (o->with) fhi_buf_printf(text, "&%s", o->with);
    fhi_buf_printf(text, " HTTP/1.1\r\nHost: %s\r\n\r\n", o->host);
    if (text->len > UINT32_MAX) return fhi_fail(err, FH_E_LIMIT, "more than 4 GiB of requests");
    fhi_buf_put64(spans, (uint64_t)start << 32 | (text->len - start));
    return text->status == FH_OK && spans->status == FH_OK ? FH_OK : fhi_fail(err, FH_E_NOMEM, "not enough memory");
}

/* Costly queries often stand together in a file; together they would be a wave. The same order every time. */
static void shuffle(fhi_buf *spans)
{
    uint64_t *all = (uint64_t *)(void *)spans->data, random = 1;
    for (size_t left = spans->len / sizeof *all; left > 1; left--) {
        const size_t other = fhi_bench_below(&random, left);
        const uint64_t span = all[other];
        all[other] = all[left - 1];
        all[left - 1] = span;
    }
}

static fh_status read_requests(const options *o, fhi_buf *text, fhi_buf *spans, fh_err *err)
{
    fhi_bench_lines lines;
    fh_str line;
    bool more = true;
    fh_status status = fhi_bench_lines_open(&lines, o->queries, err);
    while (status == FH_OK && more) {
        status = fhi_bench_lines_next(&lines, &line, &more, err);
        if (status != FH_OK || !more || line.len == 0) continue;
        status = add_request(o, line, text, spans, err);
        if (status != FH_OK) (void)snprintf(err->file, sizeof err->file, "%s:%ju", o->queries, (uintmax_t)lines.number);
    }
    fhi_bench_lines_close(&lines);
    if (status == FH_OK && spans->len == 0) return fhi_fail(err, FH_E_INVALID, "no query in it");
    if (status == FH_OK) shuffle(spans);
    return status;
}

/* One load like the model; *per_second: answers. */
static fh_status one_load(const options *o, uint64_t rate, uint64_t connections, const char *label, double *per_second,
                          fh_err *err)
{
    load *l = malloc(sizeof *l);
    if (!l) return fhi_fail(err, FH_E_NOMEM, "not enough memory");
    *l = o->model;
    l->rate = rate;
    l->connection_count = connections;
    fh_status status = run_load(l, err);
    if (status == FH_OK) status = print_load(l, label, err);
    const double seconds = (double)(l->last_ns - l->start_ns) / 1e9;
    *per_second = seconds > 0 ? (double)l->answered / seconds : 0;
    free(l->connections);
    for (int i = 0; i < TIMED_COUNT; i++)
        free(l->ns[i]);
    free(l);
    return status;
}

static fh_status run_all(options *o, fhi_buf *text, fhi_buf *spans, fh_err *err)
{
    char label[96];
    double most, ignored;
    FH_TRY(read_requests(o, text, spans, err));
    o->model.text = (const char *)text->data;
    o->model.spans = (const uint64_t *)(const void *)spans->data;
    o->model.request_count = spans->len / sizeof(uint64_t);
    FH_TRY(one_load(o, o->model.rate, o->model.connection_count, o->label, &most, err));
    for (size_t i = 0; i < o->share_count; i++) {
        const double rate = most * (double)o->shares[i] / 100;
        (void)snprintf(label, sizeof label, "%.64s, %ju %%", o->label, (uintmax_t)o->shares[i]);
        FH_TRY(one_load(o, rate < 1 ? 1 : (uint64_t)rate, o->connections_given ? o->model.connection_count : 256, label,
                        &ignored, err));
    }
    return FH_OK;
}

static bool take_address(options *o, const char *text)
{
    char host[64];
    uint64_t port;
    const char *colon = strrchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof host || !fhi_bench_number(colon + 1, 1, 65535, &port)) return false;
    (void)snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    o->host = text;
    return uv_ip4_addr(host, (int)port, &o->model.address) == 0;
}

static bool take_option(options *o, int option)
{
    switch (option) {
    case 'h': return take_address(o, optarg);
    case 'q': o->queries = optarg; return true;
    case 'l': o->label = optarg; return true;
    case 'w': o->with = optarg; return true;
    case 'r': return fhi_bench_number(optarg, 0, 1000000, &o->model.rate);
    case 's': return fhi_bench_number(optarg, 1, 3600, &o->model.seconds);
    case 'c':
        o->connections_given = true;
        return fhi_bench_number(optarg, 1, CONNECTIONS_MAX, &o->model.connection_count);
    case 'p':
        if (o->share_count == SHARES_MAX) return false;
        return fhi_bench_number(optarg, 1, 1000, &o->shares[o->share_count++]);
    default: return false;
    }
}

int fhi_bench_load(int argc, char **argv)
{
    static const struct option known[] = {
        {"http", required_argument, NULL, 'h'},
        {"queries", required_argument, NULL, 'q'},
        {"with", required_argument, NULL, 'w'},
        {"rate", required_argument, NULL, 'r'},
        {"share", required_argument, NULL, 'p'},
        {"seconds", required_argument, NULL, 's'},
        {"connections", required_argument, NULL, 'c'},
        {"label", required_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'H'},
        {NULL, 0, NULL, 0},
    };
    options o = {.label = "HTTP", .model = {.seconds = 10, .connection_count = 16}};
    fh_err err = {.text = ""};
    fhi_buf text, spans;
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        if (!take_option(&o, option)) return fhi_bench_usage(usage, option == 'H');
    if (!o.host || !o.queries || optind != argc || o.model.rate * o.model.seconds > REQUESTS_MAX)
        return fhi_bench_usage(usage, false);
    fhi_buf_init(&text);
    fhi_buf_init(&spans);
    const fh_status status = run_all(&o, &text, &spans, &err);
    fhi_buf_fini(&text);
    fhi_buf_fini(&spans);
    return status == FH_OK ? 0 : fhi_bench_complain_err("load", status, &err);
}
