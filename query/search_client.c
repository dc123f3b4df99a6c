/* search_client.c - the line protocol from the asking side: one line out, one line in, then the end. */
#include "query/search_client.h"

#include "query/answer/facets.h"
#include "query/answer/reply.h"
#include "query/language/syntax.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    ANSWER_BYTES_MAX = 256 * 1024 * 1024, /* ten thousand hits take about 30 MB */
    CHUNK_BYTES = 64 * 1024,
    ARENA_BYTES_MAX = 1024 * 1024 /* of a parse that fails at once */
};

/* No line can carry such a query; the parser says what is wrong with it, as the server's would. */
static bool cannot_be_sent(fh_str query)
{
    return query.len > FHI_QUERY_BYTES_MAX || fhi_utf8_check(query.ptr, query.len) < query.len;
}

static fh_status answer_without_server(const fhi_request *request, fhi_buf *json)
{
    const fhi_parse_options options = {.any_word = false};
    fhi_failure failure = {.status = FH_OK};
    fhi_syntax *root;
    fhi_arena arena;
    fhi_arena_init(&arena, ARENA_BYTES_MAX);
    failure.status = fhi_parse(request->query, &options, &arena, &root, &failure.query);
    fhi_arena_fini(&arena);
    return fhi_reply_write(fhi_reply_failure(&failure, request->query, request->lang), NULL, 0, json);
}

static fh_status network_failure(fh_err *err)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK) return fhi_fail(err, FH_E_NETWORK, "the server does not answer");
    return fhi_fail(err, FH_E_NETWORK, "%s", fhi_errno_text(errno));
}

static fh_status connect_to(const char *path, unsigned wait_ms, int *fd, fh_err *err)
{
    const struct timeval wait = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000L};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *fd = -1;
    if (strlen(path) >= sizeof address.sun_path) return fhi_fail(err, FH_E_INVALID, "the path of a socket is too long");
    memcpy(address.sun_path, path, strlen(path) + 1);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0 || setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0 ||
        setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) != 0 ||
        connect(*fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return network_failure(err);
    return FH_OK;
}

static json_t *fields_of(uint32_t fields)
{
    json_t *list = json_array();
    for (unsigned field = 0; list && field < FHI_FACET_COUNT; field++)
        if (fields >> field & 1 && json_array_append_new(list, json_string(fhi_facet_name(field))) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* What belongs to the kind of question; NULL: no memory. */
static json_t *special_of(const fhi_request *request)
{
    switch (request->kind) {
    case FHI_REQUEST_FACETS:
        return json_pack("{s:b, s:o, s:i}", "facets", 1, "fields", fields_of(request->fields), "values",
                         (int)request->values);
    case FHI_REQUEST_EXPLAIN: return json_pack("{s:s%}", "explain", request->article.ptr, request->article.len);
    case FHI_REQUEST_HISTOGRAM:
        if (request->by == FHI_PERIOD_ANY) return json_pack("{s:b}", "histogram", 1);
        return json_pack("{s:b, s:s}", "histogram", 1, "by", fhi_period_name(request->by));
    default:
        return json_pack("{s:i, s:i, s:s, s:i}", "top", (int)request->top, "offset", (int)request->offset, "sort",
                         request->sort == FHI_SORT_DATE ? "date" : "score", "snippets", (int)!request->no_snippets);
    }
}

static fh_status write_request(const fhi_request *request, fhi_buf *line, fh_err *err)
{
    static const char *const langs[] = {"en", "fr", "ar"};
    json_t *object = special_of(request);
    json_t *common = json_pack("{s:s%, s:s, s:s}", "q", request->query.ptr, request->query.len, "op",
                               request->op == FHI_OP_OR ? "or" : "and", "lang", langs[request->lang]);
    if (object && request->after.len && request->kind == FHI_REQUEST_HITS &&
        json_object_set_new(object, "after", json_stringn(request->after.ptr, request->after.len)) != 0) {
        json_decref(object);
        object = NULL;
    }
    char *text = object && common && json_object_update(object, common) == 0 ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    json_decref(common);
    if (!text) return fhi_fail(err, FH_E_INVALID, "the query cannot be sent");
    fhi_buf_printf(line, "%s\n", text);
    free(text);
    return line->status;
}

/* MSG_NOSIGNAL: a server that went away is an error here, not the end of the program. */
static fh_status send_all(int fd, const fhi_buf *line, fh_err *err)
{
    for (size_t sent = 0; sent < line->len;) {
        const ssize_t count = send(fd, line->data + sent, line->len - sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return network_failure(err);
        sent += (size_t)count;
    }
    return FH_OK;
}

/* Appends what comes up to the first line feed. */
static fh_status receive_line(int fd, fhi_buf *json, fh_err *err)
{
    for (;;) {
        if (json->len > ANSWER_BYTES_MAX) return fhi_fail(err, FH_E_LIMIT, "the answer does not end");
        if (!fhi_buf_reserve(json, CHUNK_BYTES)) return fhi_fail(err, FH_E_NOMEM, "no memory for the answer");
        const size_t before = json->len;
        const ssize_t count = recv(fd, json->data + before, CHUNK_BYTES, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return network_failure(err);
        if (count == 0) return fhi_fail(err, FH_E_NETWORK, "the server closed before it answered");
        json->len += (size_t)count;
        const uint8_t *end = memchr(json->data + before, '\n', (size_t)count);
        if (!end) continue;
        json->len = (size_t)(end - json->data);
        return FH_OK;
    }
}

fh_status fhi_client_search(const char *path, const fhi_request *request, unsigned wait_ms, fhi_buf *json, fh_err *err)
{
    int fd = -1;
    fhi_buf line;
    if (cannot_be_sent(request->query)) return answer_without_server(request, json);
    fhi_buf_init(&line);
    fh_status status = write_request(request, &line, err);
    if (status == FH_OK) status = connect_to(path, wait_ms, &fd, err);
    if (status == FH_OK) status = send_all(fd, &line, err);
    if (status == FH_OK) status = receive_line(fd, json, err);
    if (fd >= 0) (void)close(fd);
    fhi_buf_fini(&line);
    return status;
}
