/* server_listen.c - where the doors are: sockets made here, or handed over by whoever started the process.
 *
 * A socket that was handed over stays open with its owner: when this server has stopped listening, clients wait in its
 * queue for the next one. That is how an upgrade loses no request.
 */
#include "query/server/server_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static void on_connection(uv_stream_t *stream, int status)
{
    fhi_listener *listener = stream->data;
    if (status != 0) return;
    /* libuv waits for the accept that did not happen; without a retry it would wait for ever. */
    listener->stalled = fhi_conn_accept(listener) != FH_OK;
    fhi_server_start_sweep(listener->server);
}

static fh_status parse_address(const char *text, struct sockaddr_storage *address, fh_err *err)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    const char *digits = colon ? colon + 1 : "";
    char *end;
    const unsigned long port = strtoul(digits, &end, 10);
    const size_t len = colon ? (size_t)(colon - text) : 0;
    if (len == 0 || len >= sizeof host || *digits < '0' || *digits > '9' || *end || port > 65535)
        return fhi_fail(err, FH_E_INVALID, "%s: an address is HOST:PORT", text);
    const bool bracketed = text[0] == '[' && text[len - 1] == ']' && len > 2;
    (void)snprintf(host, sizeof host, "%.*s", (int)len - (bracketed ? 2 : 0), text + (bracketed ? 1 : 0));
    if (strcmp(host, "localhost") == 0) (void)snprintf(host, sizeof host, "127.0.0.1");
    if (bracketed ? uv_ip6_addr(host, (int)port, (struct sockaddr_in6 *)address) == 0
                  : uv_ip4_addr(host, (int)port, (struct sockaddr_in *)address) == 0)
        return FH_OK;
    return fhi_fail(err, FH_E_INVALID, "%s: the host is localhost, an IPv4 address or an [IPv6] address", text);
}

static bool is_loopback(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return (ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24) == 127;
    return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

/* The address as it became, with the port that was chosen for 0. */
static int name_http(fhi_server *server)
{
    struct sockaddr_storage address = {0};
    int len = sizeof address;
    char host[64];
    const int failed = uv_tcp_getsockname(&server->http.uv.tcp, (struct sockaddr *)&address, &len);
    if (failed) return failed;
    const bool six = address.ss_family == AF_INET6;
    const struct sockaddr_in *four = (const struct sockaddr_in *)&address;
    const struct sockaddr_in6 *sixth = (const struct sockaddr_in6 *)&address;
    if (six)
        (void)uv_ip6_name(sixth, host, sizeof host);
    else
        (void)uv_ip4_name(four, host, sizeof host);
    (void)snprintf(server->http_url, sizeof server->http_url, six ? "http://[%s]:%u" : "http://%s:%u", host,
                   (unsigned)ntohs(six ? sixth->sin6_port : four->sin_port));
    return 0;
}

/* Whoever reaches another address than loopback must show a token. */
static fh_status check_reach(const fhi_server *server, const struct sockaddr_storage *address, const char *text,
                             fh_err *err)
{
    if (server->options.tokens || is_loopback(address)) return FH_OK;
    return fhi_fail(err, FH_E_INVALID,
                    "%s: not a loopback address: whoever reaches it could read the whole index; say who may with "
                    "--tokens FILE",
                    text);
}

static void open_listener(fhi_server *server, fhi_listener *listener, const fhi_door *door)
{
    *listener = (fhi_listener){.uv = listener->uv, .server = server, .door = door, .open = true};
    listener->uv.handle.data = listener;
}

static fh_status bind_http(fhi_server *server, fh_err *err)
{
    const char *text = server->options.http;
    struct sockaddr_storage address = {0};
    FH_TRY(parse_address(text, &address, err));
    FH_TRY(check_reach(server, &address, text, err));
    const int failed = uv_tcp_bind(&server->http.uv.tcp, (const struct sockaddr *)&address, 0);
    return failed ? fhi_fail(err, FH_E_NETWORK, "%s: cannot listen: %s", text, uv_strerror(failed)) : FH_OK;
}

static fh_status take_http(fhi_server *server, fh_err *err)
{
    struct sockaddr_storage address = {0};
    int len = sizeof address;
    int failed = uv_tcp_open(&server->http.uv.tcp, server->options.http_fd);
    if (!failed) failed = uv_tcp_getsockname(&server->http.uv.tcp, (struct sockaddr *)&address, &len);
    if (failed) return fhi_fail(err, FH_E_NETWORK, "the TCP socket handed over: %s", uv_strerror(failed));
    return check_reach(server, &address, "the TCP socket handed over", err);
}

static fh_status listen_http(fhi_server *server, fh_err *err)
{
    const bool taken = server->options.http_fd >= 0;
    const char *text = taken ? "the TCP socket handed over" : server->options.http;
    fhi_listener *listener = &server->http;
    if (!text) return FH_OK;
    int failed = uv_tcp_init(&server->loop, &listener->uv.tcp);
    if (failed) return fhi_fail(err, FH_E_NETWORK, "%s: %s", text, uv_strerror(failed));
    open_listener(server, listener, &fhi_door_http);
    FH_TRY(taken ? take_http(server, err) : bind_http(server, err));
    failed = uv_listen(&listener->uv.stream, BACKLOG, on_connection);
    if (!failed) failed = name_http(server);
    if (!failed) return FH_OK;
    return fhi_fail(err, failed == UV_EADDRINUSE ? FH_E_BUSY : FH_E_NETWORK, "%s: cannot listen: %s", text,
                    uv_strerror(failed));
}

/* Of a socket that was handed over; "" when it has none. */
static void name_lines(fhi_server *server)
{
    struct sockaddr_un address = {0};
    socklen_t len = sizeof address;
    if (getsockname(server->options.socket_fd, (struct sockaddr *)&address, &len) == 0)
        (void)snprintf(server->socket_path, sizeof server->socket_path, "%.*s", (int)sizeof address.sun_path,
                       address.sun_path);
}

static fh_status listen_lines(fhi_server *server, fh_err *err)
{
    const fhi_server_options *options = &server->options;
    const char *path = options->socket_fd >= 0 ? "the Unix socket handed over" : options->socket;
    fhi_listener *listener = &server->lines;
    int fd = options->socket_fd;
    if (!path) return FH_OK;
    if (fd < 0) {
        FH_TRY(fhi_socket_bind(path, options->socket_mode, &server->socket_file, &fd, err));
        memcpy(server->socket_path, server->socket_file.path, sizeof server->socket_path);
    } else {
        name_lines(server);
    }
    int failed = uv_pipe_init(&server->loop, &listener->uv.pipe, 0);
    if (failed) {
        (void)close(fd);
        return fhi_fail(err, FH_E_NETWORK, "%s: %s", path, uv_strerror(failed));
    }
    open_listener(server, listener, &fhi_door_lines);
    failed = uv_pipe_open(&listener->uv.pipe, fd);
    if (failed)
        (void)close(fd);
    else
        failed = uv_listen(&listener->uv.stream, BACKLOG, on_connection);
    return failed ? fhi_fail(err, FH_E_NETWORK, "%s: cannot listen: %s", path, uv_strerror(failed)) : FH_OK;
}

fh_status fhi_listen_open(fhi_server *server, fh_err *err)
{
    FH_TRY(listen_lines(server, err));
    return listen_http(server, err);
}

static void close_listener(fhi_listener *listener)
{
    if (listener->open) uv_close(&listener->uv.handle, NULL);
    listener->open = false;
}

void fhi_listen_close(fhi_server *server)
{
    close_listener(&server->http);
    close_listener(&server->lines);
    fhi_socket_remove(&server->socket_file);
}
