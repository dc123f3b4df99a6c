/* search_client.h - one search asked of a running server. */
#ifndef FHI_SEARCH_CLIENT_H
#define FHI_SEARCH_CLIENT_H

#include "query/answer/request.h"

/* Sends the request as one line to the server's Unix socket and appends its answer, without the line feed, to *json.
 * A query that no line can carry gets the parser's error object without a server. wait_ms: how long the server may be
 * silent. Codes: FH_E_NETWORK, FH_E_INVALID (path too long), FH_E_NOMEM, FH_E_LIMIT (answer too long). */
fh_status fhi_client_search(const char *path, const fhi_request *request, unsigned wait_ms, fhi_buf *json, fh_err *err);

#endif
