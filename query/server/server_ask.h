/* server_ask.h - what a client asks, whichever door it came through. Plain data: knows no socket and no thread. */
#ifndef FHI_SERVER_ASK_H
#define FHI_SERVER_ASK_H

#include "query/answer/export.h"
#include "query/answer/request.h"
#include "query/page/page.h"
#include "query/server/http.h"
#include "query/server/route.h"

#include <jansson.h>

struct fhi_ask {
    const fhi_route *route; /* NULL: nothing that can be asked */
    fhi_request request;    /* strings point into text or root */
    fh_str subject;         /* of what is no query: the id of an article, a text */
    fhi_export_options export;
    fhi_page_state page; /* of a route that is a page */
    bool unordered;      /* it may be answered before what was asked before it */
    json_t *id;          /* line protocol: to be echoed; borrowed from root; NULL when none was given */
    json_t *root;        /* owned: the whole line */
    fhi_buf text;        /* owned: decoded parameters */
};

void fhi_ask_init(fhi_ask *ask);
void fhi_ask_fini(fhi_ask *ask);

/* Reads a whole request. On failure *http_status is the answer (400, 404, 405, 500) and err says why. */
fh_status fhi_ask_from_http(fhi_ask *ask, const fhi_http_parser *http, int *http_status, fh_err *err);

/* Reads one line. On failure ask->id is set all the same when it could be read. Codes: FH_E_INVALID, FH_E_UTF8,
 * FH_E_NOMEM. */
fh_status fhi_ask_from_line(fhi_ask *ask, fh_str line, fh_err *err);

#endif
