/* server.h - the server: HTTP/1.1 on TCP and lines of JSON on a Unix socket, in front of a service.
 *
 * The service says what a snapshot, a worker and an answer are; the server brings requests to it and answers back in
 * order, within bounds. query/PROTOCOL.md specifies what clients see. One server has one loop and one thread of
 * its own (the caller of fhi_server_run) beside its workers.
 */
#ifndef FHI_SERVER_H
#define FHI_SERVER_H

#include "engine/base/vfs.h"
#include "query/answer/export.h"
#include "query/answer/request.h"
#include "query/server/route.h"
#include "query/server/server_log.h"
#include "query/server/server_peers.h"

enum { FHI_WORKERS_MAX = 256 };

/* ---- bounds: X(field, option, default, least, most, what) ---- */
#define FHI_SERVER_LIMITS(X)                                                                                           \
    X(connections_max, "connections", 1024, 1, 100000, "connections open at once, both doors together")                \
    X(queue_max, "queue", 4096, 1, 1000000, "queries waiting for a worker; beyond it the answer is busy")              \
    X(parallel_max, "parallel", 8, 1, 1024, "queries of one connection in the queue or on a worker")                   \
    X(pipeline_max, "pipeline", 1024, 1, 100000, "unanswered requests read from one connection")                       \
    X(connection_bytes_max, "connection-bytes", 16777216, 65536, 1073741824, "requests and answers held for one")      \
    X(head_bytes_max, "head-bytes", 32768, 256, 65536, "HTTP request line and headers")                                \
    X(target_bytes_max, "target-bytes", 16384, 64, 65535, "HTTP request target")                                       \
    X(body_bytes_max, "body-bytes", 65536, 0, 16777216, "HTTP request body; only that of POST /batch is kept")         \
    X(pack_bytes_min, "pack-bytes", 1024, 0, 1073741824, "smallest answer that is compressed for who takes it")        \
    X(cache_bytes_max, "cache-bytes", 33554432, 0, 68719476736, "answers kept to be given again; 0: none")             \
    X(batch_max, "batch", 1000, 1, 100000, "lines of one POST /batch")                                                 \
    X(line_bytes_max, "line-bytes", 65536, 64, 16777216, "one line on the socket")                                     \
    X(query_ms_max, "timeout-ms", 5000, 1, 3600000, "one query, the wait for a worker included")                       \
    X(clauses_max, "clauses", 256, 1, 256, "words, phrases and prefixes in one query")                                 \
    X(expansion_max, "expansion", 4096, 1, 4096, "words one prefix may stand for in one segment")                      \
    X(request_bytes_max, "request-bytes", 67108864, 1048576, 1073741824, "memory of one query")                        \
    X(rate_max, "rate", 0, 0, 1000000, "requests a second from one address; 0: as many as they like")                  \
    X(burst_max, "burst", 100, 1, 1000000, "requests at once from one address, before --rate holds")                   \
    X(slow_ms, "slow-ms", 1000, 0, 3600000, "requests that take longer are logged with their plan; 0: none is slow")   \
    X(read_ms_max, "read-ms", 10000, 1, 3600000, "one request, first byte to last")                                    \
    X(write_ms_max, "write-ms", 30000, 1, 3600000, "a client that takes none of its answer")                           \
    X(idle_ms_max, "idle-ms", 60000, 1, 86400000, "an HTTP connection without a request")                              \
    X(drain_ms_max, "drain-ms", 10000, 1, 3600000, "what is in flight when the server is told to stop")

typedef struct fhi_server_limits {
#define FHI_SERVER_LIMIT_FIELD(field, option, usual, least, most, what) size_t field;
    FHI_SERVER_LIMITS(FHI_SERVER_LIMIT_FIELD)
#undef FHI_SERVER_LIMIT_FIELD
} fhi_server_limits;

typedef struct fhi_snapshot_facts {
    uint64_t generation;
    uint64_t article_count;
    uint64_t identity; /* another one for another content: an index made anew counts its generations from 1 again */
} fhi_snapshot_facts;

/* What the server serves. A snapshot is reference-counted and may be used by all workers at once; a worker object is
 * used by one thread at a time. answer, piece and snapshot_open run on workers and may block; the others are called
 * anywhere and may not. An answer is one JSON object, as of fhi_searcher_run and its like, with ask->id in front where
 * the route is not wrapped; its status is FH_OK, or what is behind the error object. */
typedef struct fhi_service {
    void *context; /* passed back to every call */
    fh_status (*snapshot_open)(void *context, void **snapshot, fh_err *err);
    void *(*snapshot_retain)(void *snapshot);
    void (*snapshot_release)(void *snapshot);
    void (*snapshot_describe)(void *snapshot, fhi_snapshot_facts *facts);
    fh_status (*worker_create)(void *context, void *snapshot, void **worker, fh_err *err);
    void (*worker_destroy)(void *worker);
    fh_status (*answer)(void *worker, void *snapshot, const fhi_ask *ask, fhi_buf *json);
    /* Routes that are streamed: the next piece, as of fhi_export_piece; state is the server's to keep. */
    fh_status (*piece)(void *worker, void *snapshot, const fhi_ask *ask, fhi_export_state *state, fhi_buf *out);
} fhi_service;

/* Strings and the service must outlive the server. */
typedef struct fhi_server_options {
    const fhi_service *service;
    const char *http;      /* "127.0.0.1:7700", "[::1]:0"; NULL: no HTTP */
    const char *tokens;    /* file of tokens, as of server_tokens.h; NULL: HTTP asks for none, loopback only */
    const char *socket;    /* path of a Unix socket; NULL: none */
    int http_fd;           /* a listening socket, taken over, instead of `http`; -1: none */
    int socket_fd;         /* the same instead of `socket`: its file is not removed at the end */
    const char *user;      /* to run as once it listens; NULL: whoever started it */
    unsigned socket_mode;  /* of its file */
    fhi_peers peers;       /* who may connect to it */
    const char *watch_dir; /* a new MANIFEST here is a new generation; NULL: never */
    unsigned worker_count; /* 1 to FHI_WORKERS_MAX */
    bool signals;          /* SIGTERM and SIGINT stop the server, the second one at once; SIGHUP reloads */
    fhi_server_limits limits;
    int log_fd; /* lines about requests and for the operator; -1: nothing is said */
    fhi_log_format log_format;
    fhi_log_level log_level;
} fhi_server_options;

void fhi_server_options_init(fhi_server_options *options);

typedef struct fhi_server fhi_server;

/* Listens, becomes options.user, reads the tokens, opens a snapshot, starts the workers. SIGPIPE must be ignored by the
 * process. Codes: FH_E_INVALID (an option, a token file), FH_E_BUSY (a server is there already), FH_E_NETWORK,
 * FH_E_NOMEM, FH_E_INTERNAL, and those of the service. */
fh_status fhi_server_create(const fhi_server_options *options, fhi_server **out, fh_err *err);
/* "http://127.0.0.1:43121" with the port that was chosen; NULL when there is no HTTP. */
const char *fhi_server_http_url(const fhi_server *server);
/* Path of the Unix socket; NULL when there is none. */
const char *fhi_server_socket_path(const fhi_server *server);
/* Serves until stopped and drained. */
void fhi_server_run(fhi_server *server);
/* From any thread, any number of times, before or while it runs: finish what is in flight, then let run return. */
void fhi_server_stop(fhi_server *server);
/* Not while it runs. NULL is allowed. FH_E_INTERNAL: a handle was left open, which is a mistake of the server. */
fh_status fhi_server_destroy(fhi_server *server);

/* The real service: the index in a directory, asked through fhi_searcher. */
typedef struct fhi_index_service {
    fhi_service service;
    const fhi_vfs *vfs;
    const char *directory;
} fhi_index_service;

void fhi_index_service_init(fhi_index_service *index_service, const fhi_vfs *vfs, const char *directory);

#endif
