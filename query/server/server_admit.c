/* server_admit.c - who may ask: tokens at the HTTP door, credentials of the process at the socket. How often:
 * addresses.
 *
 * A client that shows no good token learns nothing, not even whether a path exists: 401 comes before 404.
 */
#include "query/server/server_impl.h"

#include <string.h>

fh_status fhi_admit_load(fhi_server *server, fh_err *err)
{
    fhi_tokens *tokens;
    if (!server->options.tokens) return FH_OK;
    FH_TRY(fhi_tokens_load(server->options.tokens, &tokens, err));
    fhi_tokens_destroy(server->tokens);
    server->tokens = tokens;
    return FH_OK;
}

/* What is no question is asked for a token too. */
static fhi_scope scope_needed(const fhi_route *route)
{
    if (route && route->open) return FHI_SCOPE_NONE;
    return route && route->admin ? FHI_SCOPE_ADMIN : FHI_SCOPE_READ;
}

static fhi_scope scope_shown(const fhi_tokens *tokens, const fhi_http_parser *http)
{
    char room[FHI_BASIC_BYTES_MAX];
    const fhi_scope scope = fhi_tokens_scope(tokens, fhi_token_of(fhi_http_header_value(http, "authorization"), room));
    explicit_bzero(room, sizeof room);
    return scope;
}

/* Browsers tell which site a request comes from: no page of another one posts with what a user is signed in by. */
static bool is_from_elsewhere(const fhi_http_parser *http)
{
    const fh_str site = fhi_http_header_value(http, "sec-fetch-site");
    return http->is_post && site.len && !fhi_str_equal(site, FH_STR("same-origin")) &&
           !fhi_str_equal(site, FH_STR("none"));
}

bool fhi_admit_http(fhi_exchange *exchange, const fhi_http_parser *http)
{
    fhi_server *server = exchange->server;
    const fhi_tokens *tokens = server->tokens;
    const fhi_scope needed = scope_needed(exchange->ask.route);
    /* First, so that tokens cannot be tried out faster. */
    if (!fhi_rate_take(server->rate, &exchange->conn->client, uv_now(&server->loop))) {
        fhi_exchange_fail(exchange, 429, "too many requests from this address; try again soon");
        return false;
    }
    if (is_from_elsewhere(http)) {
        fhi_exchange_fail(exchange, 403, "asked by a page of another site");
        return false;
    }
    if (!tokens || needed == FHI_SCOPE_NONE) return true;
    const fhi_scope scope = scope_shown(tokens, http);
    if (scope >= needed) return true;
    if (scope == FHI_SCOPE_NONE)
        fhi_exchange_fail(exchange, 401, "a token is needed: Authorization: Bearer TOKEN");
    else
        fhi_exchange_fail(exchange, 403, "this token does not allow that");
    return false;
}

bool fhi_admit_peer(fhi_conn *conn)
{
    uv_os_fd_t fd;
    if (conn->uv.handle.type != UV_NAMED_PIPE) return true;
    return uv_fileno(&conn->uv.handle, &fd) == 0 && fhi_peers_allow(&conn->server->options.peers, fd);
}
