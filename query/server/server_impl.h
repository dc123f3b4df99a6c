/* server_impl.h - the inside of the server, shared by its files; nobody else includes it.
 *
 *   server.c           life: create, listen, run, sweep, drain, destroy
 *   server_listen.c    the sockets of the doors
 *   server_reload.c    a new generation of the index
 *   server_conn.c      one connection: bytes in, answers out in order, back-pressure, times
 *   server_exchange.c  one request and its answer, on its way through a worker
 *   server_http.c, server_lines.c  the two doors: bytes to exchanges, exchanges to bytes
 *   server_stream.c    answers that come piece by piece
 *   server_batch.c     many questions in one HTTP request
 *   server_admit.c     who may ask what
 *   server_recent.c    answers that are given again
 *   server_account.c   what became of it: metrics and log; the server's answers about itself
 *   server_jobs.c      the queue and the worker threads; server_ask.c  what was asked
 *
 * Lifetimes. A connection is freed in the close callback of its handle. An exchange belongs to its connection until a
 * worker holds it; if the connection goes meanwhile, the exchange is an orphan and freed when the worker is done. An
 * exchange in the queue or on a worker holds a reference to its snapshot. All of it happens on the loop but
 * fhi_service.answer and .piece.
 */
#ifndef FHI_SERVER_IMPL_H
#define FHI_SERVER_IMPL_H

#include "query/answer/recent.h"
#include "query/server/coding.h"
#include "query/server/server.h"
#include "query/server/server_ask.h"
#include "query/server/server_jobs.h"
#include "query/server/server_log.h"
#include "query/server/server_metrics.h"
#include "query/server/server_rate.h"
#include "query/server/server_tokens.h"
#include "query/server/socket.h"

typedef struct fhi_conn fhi_conn;
typedef struct fhi_exchange fhi_exchange;

typedef enum fhi_exchange_state {
    FHI_EXCHANGE_WAITING, /* for a place among the connection's parallel_max */
    FHI_EXCHANGE_RUNNING, /* in the queue or on a worker */
    FHI_EXCHANGE_RESTING, /* a stream whose next piece waits until the connection has room */
    FHI_EXCHANGE_PIECE,   /* a piece of a stream is there, not the last; framed when all before are */
    FHI_EXCHANGE_DONE     /* answered; framed when all before it are, destroyed when the client has it */
} fhi_exchange_state;

/* A request that asks many questions is several exchanges. */
typedef enum fhi_batch_part { FHI_BATCH_NONE, FHI_BATCH_HEAD, FHI_BATCH_LINE, FHI_BATCH_END } fhi_batch_part;

struct fhi_exchange {
    fhi_job job;
    fhi_exchange *next; /* in the order of the connection */
    fhi_server *server;
    fhi_conn *conn; /* NULL: the connection is gone */
    fhi_exchange_state state;
    fhi_ask ask;
    bool from_line; /* answers carry the id of the line */
    bool last;      /* the connection ends after the answer */
    fhi_batch_part part;
    bool says_close; /* BATCH_HEAD: the connection ends with the batch */
    bool head_only;  /* HEAD */
    bool is_page;    /* body was made as a document for people, also where it tells a failure */
    bool wants_page; /* HTTP: the client would rather have a refusal as a page */
    bool is_refusal; /* body is one */
    fhi_buf langs;   /* HTTP: Accept-Language of a client that wants pages */
    fhi_buf fault;   /* the error object that such a page stands for */
    bool old_client;
    fhi_buf question;       /* HTTP: the target, and the languages of a page; else the line without its id */
    uint64_t question_hash; /* HTTP: of question */
    fhi_buf if_none_match;  /* HTTP: the header's value; empty: none */
    bool none_wanted;       /* `If-None-Match: *` */
    bool pack_forced;       /* the client refused the answer as it is */
    fhi_coding wanted;      /* HTTP: what the client would like best */
    fhi_coding coding;      /* of the body; of 304: of what the client has */
    uint64_t tag;           /* of a good answer, once submitted, where the route is cached */
    int status;             /* HTTP status, once DONE */
    size_t request_bytes;   /* counted in conn->held_bytes, with body.len once DONE */
    fhi_buf body;           /* the answer: one JSON object, or plain text */
    fhi_buf key;            /* of the answer among the recent ones; empty: it is not to be kept */
    void *snapshot;         /* held from submit until the worker is done; of a stream, until it is over */
    /* streams */
    fhi_export_state pieces;
    uint64_t piece_count;
    fhi_packer *packer; /* NULL: not compressed */
    bool head_framed;
    bool broken; /* failed after the client has been told 200 */
    /* for the log and the metrics */
    uint64_t number;      /* counted by the server */
    uint64_t generation;  /* that was served when it came */
    const char *method;   /* static */
    uint64_t begun_ns;    /* its last byte was there; 0 on, as uv_hrtime */
    uint64_t taken_ns;    /* by a worker; 0: by none */
    uint64_t answered_ns; /* the answer was there */
    size_t answer_bytes;  /* framed */
    uint64_t framed_to;   /* conn->framed_bytes with this answer */
    bool delivered;       /* the system has taken every byte of the answer */
    fhi_request_notes notes;
};

/* A door: how bytes become exchanges and back. */
typedef struct fhi_door {
    void (*open)(fhi_conn *conn);
    void (*close)(fhi_conn *conn);
    /* Takes bytes up to the end of one request at most; answers how many (at least one). */
    size_t (*feed)(fhi_conn *conn, const char *data, size_t len);
    void (*end)(fhi_conn *conn);           /* the client sends nothing more */
    bool (*is_open)(const fhi_conn *conn); /* a request has begun and not ended */
    void (*frame)(const fhi_exchange *exchange, bool keep_alive, fhi_buf *out);
    fhi_door_number number;
    bool idle_ends; /* idle_ms_max holds here */
} fhi_door;

extern const fhi_door fhi_door_http;
extern const fhi_door fhi_door_lines;

struct fhi_conn {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    uv_write_t write;
    uv_shutdown_t shutdown;
    fhi_server *server;
    fhi_client client;
    fhi_conn *prev;
    fhi_conn *next;
    const fhi_door *door;
    union {
        fhi_http_parser http;
        fhi_lines lines;
    } parser;
    fhi_buf input; /* read, but not parsed while the connection holds enough; reading rests meanwhile */
    size_t input_at;
    fhi_exchange *first; /* unanswered, in order */
    fhi_exchange *final;
    fhi_exchange *waiting; /* the first that is WAITING */
    size_t exchange_count;
    size_t active_count;   /* RUNNING */
    fhi_exchange *leaving; /* framed and not all sent, in order */
    fhi_exchange *leaving_last;
    uint64_t framed_bytes;    /* ever put into out */
    uint64_t sent_bytes;      /* of them */
    size_t held_bytes;        /* requests of both lists, answers of the first */
    fhi_buf out;              /* framed answers */
    fhi_buf writing;          /* under way in `write` */
    size_t writing_bytes;     /* of writing, not yet counted as sent */
    size_t unsent_bytes;      /* of writing, when it last shrank */
    uint64_t unsent_since_ms; /* loop time, as all below */
    uint64_t open_since_ms;   /* the request being read began; 0: none, or reading rests */
    uint64_t idle_since_ms;   /* 0: not idle */
    uint64_t linger_until_ms;
    bool write_busy;
    bool reading;
    bool input_ended; /* no further request is taken */
    bool eof;         /* because the client said so */
    bool said_close;  /* the last answer has been framed */
    bool lingering;   /* all is sent; bytes are dropped until the client closes, so that it can read the answer */
    bool closing;
};

typedef struct fhi_listener {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    fhi_server *server;
    const fhi_door *door;
    bool open;
    bool stalled; /* a connection could not be accepted; the sweep tries again */
} fhi_listener;

/* Reading the index anew: at most one at a time. */
typedef struct fhi_reload {
    fhi_job job;
    fhi_server *server;
    uv_fs_event_t event; /* of the directory: at once */
    uv_fs_poll_t poll;   /* of MANIFEST by its path: where there are no events, or the directory was exchanged */
    uv_timer_t retry;
    bool open; /* the three handles */
    bool busy;
    bool again; /* changed while busy */
    void *snapshot;
    fh_status status;
    fh_err err;
} fhi_reload;

enum { FHI_SIGNALS = 3 }; /* SIGTERM, SIGINT, SIGHUP */

/* What one thread works with. */
typedef struct fhi_worker {
    void *object; /* the service's */
    fhi_packer packer;
    fhi_buf packed; /* scratch of the packer */
} fhi_worker;

/* Pages of refusals that come in floods, made once; of the loop's thread. */
enum { FHI_REFUSALS_KEPT = 3 };
typedef struct fhi_refusals {
    fhi_buf pages[FHI_REFUSALS_KEPT][FHI_PAGE_LANGS][2]; /* by status, language, and whether that was asked for */
} fhi_refusals;

struct fhi_server {
    fhi_server_options options;
    fhi_tokens *tokens; /* NULL: nobody is asked for one */
    fhi_log *log;       /* NULL: nothing is said */
    fhi_rate *rate;     /* NULL: as often as they like */
    fhi_metrics metrics;
    uint32_t life; /* told from others by chance */
    uint64_t request_count;
    fhi_http_limits http_limits;
    uv_loop_t loop;
    bool loop_open;
    uv_timer_t sweep; /* runs while there are connections */
    uv_async_t stop;
    uv_signal_t signals[FHI_SIGNALS];
    bool handles_open; /* sweep, stop, signals */
    fhi_listener http;
    fhi_listener lines;
    fhi_socket_file socket_file;
    char http_url[80];
    char socket_path[108];
    fhi_jobs *jobs;
    fhi_worker crew[FHI_WORKERS_MAX];
    unsigned worker_count; /* made so far */
    void *snapshot;
    fhi_snapshot_facts facts;
    fhi_reload reload;
    fhi_recent *answers; /* given lately */
    fhi_buf kept;        /* scratch: an answer as it is kept */
    fhi_refusals refusals;
    fhi_conn *conns;
    size_t conn_count;
    uint64_t started_ms;
    uint64_t drain_from_ms; /* what clients had sent before the stop has been read by then */
    uint64_t drain_until_ms;
    bool draining;
    bool finished;
    char read_buffer[65536]; /* of the connection being read */
};

/* ---- server.c ---- */
void fhi_server_log(fhi_server *server, const char *format, ...) FHI_PRINTF(2, 3);
void fhi_server_conn_gone(fhi_server *server);
void fhi_server_start_sweep(fhi_server *server);

/* ---- server_listen.c ---- */
fh_status fhi_listen_open(fhi_server *server, fh_err *err);
/* Takes nobody in any more; safe to call twice. */
void fhi_listen_close(fhi_server *server);

/* ---- server_reload.c ---- */
fh_status fhi_reload_init(fhi_server *server, fh_err *err);
void fhi_reload_fini(fhi_server *server);
/* Opens the index anew even if nothing has been noticed. */
void fhi_reload_now(fhi_server *server);

/* ---- server_admit.c ---- */
/* Reads the tokens, once at the start and again whenever it is called; on failure those of before stay. */
fh_status fhi_admit_load(fhi_server *server, fh_err *err);
/* Whether the client may ask what has been read into exchange->ask; if not, the exchange is DONE with 401, 403 or 429.
 */
bool fhi_admit_http(fhi_exchange *exchange, const fhi_http_parser *http);
/* Whether the client of the socket may ask anything. */
bool fhi_admit_peer(fhi_conn *conn);

/* ---- server_conn.c ---- */
fh_status fhi_conn_accept(fhi_listener *listener);
/* Adds an exchange that is WAITING or DONE. */
void fhi_conn_add(fhi_conn *conn, fhi_exchange *exchange);
/* Moves everything that can move; call it after anything has changed. */
void fhi_conn_update(fhi_conn *conn);
void fhi_conn_sweep(fhi_conn *conn, uint64_t now_ms);
/* No further request; ends when what was asked is answered. */
void fhi_conn_end_input(fhi_conn *conn);
void fhi_conn_close(fhi_conn *conn);

/* ---- server_exchange.c ---- */
fh_status fhi_worker_init(fhi_server *server, fhi_worker *worker, fh_err *err);
void fhi_worker_fini(fhi_server *server, fhi_worker *worker);
/* NULL: no memory. */
fhi_exchange *fhi_exchange_create(fhi_conn *conn);
void fhi_exchange_destroy(fhi_exchange *exchange);
void fhi_exchange_no_memory(fhi_exchange *exchange);
int fhi_http_status_of(fh_status status);
/* To the workers, or DONE: what needs no worker is answered at once, a full queue too. */
void fhi_exchange_submit(fhi_exchange *exchange);
/* The connection is gone: freed now, or when its worker is done. */
void fhi_exchange_orphan(fhi_exchange *exchange);

/* ---- server_refuse.c ---- */
/* Whether a refusal is to be a page, and in which language: by the headers, or of a target that was too long for any
 * header to be read. */
void fhi_exchange_note_client(fhi_exchange *exchange, const fhi_http_parser *http);
void fhi_exchange_note_target(fhi_exchange *exchange, fh_str target);
void fhi_refusals_fini(fhi_refusals *refusals);
/* Makes it DONE with an error object, or a page that tells it. */
void fhi_exchange_fail(fhi_exchange *exchange, int status, const char *message);
/* The same, for a worker, without a change of state. */
void fhi_exchange_write_error(fhi_exchange *exchange, int status, const char *message);

/* ---- server_recent.c ---- */
/* Answers with what was answered before to the same question, if it is there; else notes that it was not. */
bool fhi_exchange_recall(fhi_exchange *exchange);
/* Keeps the answer for the next who asks. */
void fhi_exchange_keep(fhi_exchange *exchange);
/* ---- server_lines.c ---- */
/* A line into an exchange: WAITING with what it asks, or DONE with an error. */
void fhi_line_read(fhi_exchange *exchange, fh_str line);

/* ---- server_batch.c ---- */
/* Adds a batch: head, which has been read and admitted, its lines and its end. */
void fhi_batch_add(fhi_conn *conn, fhi_exchange *head, const fhi_http_parser *http);

/* ---- server_stream.c ---- */
/* Has the next piece made; the snapshot is held already. FH_E_BUSY: the queue is full. */
fh_status fhi_stream_submit(fhi_exchange *exchange);
void fhi_stream_fini(fhi_exchange *exchange);

/* ---- server_account.c ---- */
/* The last thing that happens to an exchange. */
void fhi_exchange_account(const fhi_exchange *exchange);
/* /health, /ready, /metrics. FH_E_NOMEM; else the exchange has its answer. */
fh_status fhi_exchange_answer_self(fhi_exchange *exchange);

#endif
