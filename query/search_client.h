/* search_client.h - one search asked of a running server. */
#ifndef FHI_SEARCH_CLIENT_H
#define FHI_SEARCH_CLIENT_H

#include "query/request.h"

/* Sends the request as one line to the server's Unix socket and appends its answer, without the line feed, to *json.
 * Codes: FH_E_NETWORK, FH_E_INVALID (path too long, query not UTF-8), FH_E_NOMEM, FH_E_LIMIT (answer too long). */
fh_status fhi_client_search(const char *path, const fhi_request *request, fhi_buf *json, fh_err *err);

#endif
