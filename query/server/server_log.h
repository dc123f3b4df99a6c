/* server_log.h - one line for each request, and what the operator has to know, on a descriptor.
 *
 * The loop hands over plain facts; a thread of the log's own makes lines of them and writes them. The loop therefore
 * never waits for whoever reads the lines: what does not fit the bound is dropped, counted, and told of later.
 * Whatever comes from outside is escaped, so that one request is one line whatever it holds. No token comes here.
 */
#ifndef FHI_SERVER_LOG_H
#define FHI_SERVER_LOG_H

#include "engine/base/base.h"

#include <netinet/in.h>

enum {
    FHI_LOG_PENDING_BYTES_MAX = 4 * 1024 * 1024, /* facts not yet written */
    FHI_LOG_TEXT_BYTES_MAX = 4096                /* of one text in a line */
};

typedef enum fhi_log_format { FHI_LOG_TEXT, FHI_LOG_JSON } fhi_log_format;

typedef enum fhi_log_level {
    FHI_LOG_NONE,    /* what the operator has to know */
    FHI_LOG_NOTABLE, /* also requests that were slow, failed by the server's fault, or lost their client */
    FHI_LOG_ALL
} fhi_log_level;

/* Where a client is. Family AF_UNSPEC: on the socket, or gone. */
typedef union fhi_client {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
} fhi_client;

/* Strings without a length are static. Times are in nanoseconds. */
typedef struct fhi_log_request {
    uint64_t number; /* in this life of the server */
    const char *door;
    const char *method;
    const char *route; /* "/article/{id}"; "-" when there is none */
    int status;        /* 0: the client was gone before the answer was there */
    bool cut;          /* the client was gone before the answer had been sent */
    bool slow;
    uint64_t answer_bytes;
    uint64_t total_ns; /* from the last byte of the request to the last byte of the answer */
    uint64_t wait_ns;  /* for a worker */
    uint64_t search_ns;
    uint64_t snippet_ns;
    uint64_t write_ns; /* from the worker's end to the last byte: earlier answers, the client */
    uint64_t generation;
    fhi_client client;
    fh_str query; /* of a request that is slow or failed */
    fh_str plan;  /* of a slow one */
    fh_str error; /* the error object, of one that failed */
} fhi_log_request;

typedef struct fhi_log fhi_log;

/* A request as lines and clients name it: 5f0c9a12-17 is the 17th of one life of a server. */
enum { FHI_REQUEST_ID_BYTES = 32 };
void fhi_request_id(uint32_t life, uint64_t number, char id[FHI_REQUEST_ID_BYTES]);

/* `life` tells this run of the server from others. Starts the thread. The descriptor stays the caller's. Codes:
 * FH_E_NOMEM, FH_E_INTERNAL. */
fh_status fhi_log_create(int fd, fhi_log_format format, fhi_log_level level, uint32_t life, fhi_log **out, fh_err *err);
/* Writes what is left, for a moment at most, and ends the thread. NULL allowed. */
void fhi_log_destroy(fhi_log *log);

/* From any thread, and never waiting. NULL allowed: nothing is said. */
void fhi_log_message(fhi_log *log, const char *text);
void fhi_log_note(fhi_log *log, const fhi_log_request *request);
/* Lines that were not written because nobody read them. */
uint64_t fhi_log_dropped(fhi_log *log);

#endif
