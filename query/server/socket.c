/* socket.c - lines out of bytes; the socket file, taken over when stale. */
#include "query/server/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

void fhi_lines_init(fhi_lines *lines, size_t line_bytes_max)
{
    *lines = (fhi_lines){.line_bytes_max = line_bytes_max};
}

void fhi_lines_fini(fhi_lines *lines)
{
    fhi_buf_fini(&lines->partial);
}

static void forget_taken(fhi_lines *lines)
{
    enum { PARTIAL_KEPT_BYTES = 2048 };
    if (!lines->taken) return;
    lines->taken = false;
    if (lines->partial.capacity > PARTIAL_KEPT_BYTES) fhi_buf_fini(&lines->partial);
    fhi_buf_clear(&lines->partial);
}

size_t fhi_lines_next(fhi_lines *lines, const char *data, size_t len, fhi_line_event *event, fh_str *line)
{
    forget_taken(lines);
    *event = FHI_LINE_MORE;
    *line = (fh_str){NULL, 0};
    const char *feed = len ? memchr(data, '\n', len) : NULL;
    const size_t here = feed ? (size_t)(feed - data) : len;
    const size_t taken = feed ? here + 1 : len;
    if (lines->skipping) {
        lines->skipping = !feed;
        return taken;
    }
    if (here > lines->line_bytes_max - lines->partial.len) {
        *event = FHI_LINE_TOO_LONG;
        lines->skipping = !feed;
        lines->taken = true;
        return taken;
    }
    if (feed && lines->partial.len == 0) {
        *event = FHI_LINE_WHOLE;
        *line = (fh_str){data, here};
        return taken;
    }
    fhi_buf_put(&lines->partial, data, here);
    if (lines->partial.status != FH_OK) {
        *event = FHI_LINE_TOO_LONG; /* no memory for it: as if it had been too long */
        lines->skipping = !feed;
        lines->taken = true;
    } else if (feed) {
        *event = FHI_LINE_WHOLE;
        *line = fhi_buf_str(&lines->partial);
        lines->taken = true;
    }
    return taken;
}

bool fhi_lines_open(const fhi_lines *lines)
{
    return lines->skipping || (!lines->taken && lines->partial.len > 0);
}

bool fhi_lines_last(fhi_lines *lines, fh_str *line)
{
    *line = (fh_str){NULL, 0};
    if (lines->skipping || lines->taken || lines->partial.len == 0) return false;
    *line = fhi_buf_str(&lines->partial);
    lines->taken = true;
    return true;
}

/* Whether somebody answers at the address. Never waits: a full backlog is an answer too. */
static fh_status probe(const struct sockaddr_un *address, bool *alive, fh_err *err)
{
    *alive = false;
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return fhi_fail(err, FH_E_NETWORK, "cannot make a socket: %s", uv_strerror(-errno));
    const int failed = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
    (void)close(fd);
    *alive = failed == 0 || failed == EAGAIN || failed == EINPROGRESS;
    if (*alive || failed == ECONNREFUSED || failed == ENOENT) return FH_OK;
    return fhi_fail(err, FH_E_NETWORK, "%s: cannot tell whether a server answers there: %s", address->sun_path,
                    uv_strerror(-failed));
}

static fh_status make_room(const struct sockaddr_un *address, fh_err *err)
{
    const char *path = address->sun_path;
    struct stat status;
    if (lstat(path, &status) != 0) {
        if (errno == ENOENT) return FH_OK;
        return fhi_fail(err, FH_E_NETWORK, "%s: %s", path, uv_strerror(-errno));
    }
    if (!S_ISSOCK(status.st_mode)) return fhi_fail(err, FH_E_NETWORK, "%s: exists and is not a socket", path);
    bool alive;
    FH_TRY(probe(address, &alive, err));
    if (alive) return fhi_fail(err, FH_E_BUSY, "%s: a server is listening there already", path);
    if (unlink(path) != 0 && errno != ENOENT)
        return fhi_fail(err, FH_E_NETWORK, "%s: cannot remove a stale socket: %s", path, uv_strerror(-errno));
    return FH_OK;
}

fh_status fhi_socket_bind(const char *path, unsigned mode, fhi_socket_file *file, int *fd, fh_err *err)
{
    *fd = -1;
    *file = (fhi_socket_file){0};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const size_t len = strlen(path);
    if (len == 0 || len >= sizeof address.sun_path)
        return fhi_fail(err, FH_E_INVALID, "a socket path has 1 to %zu bytes", sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, len + 1);
    FH_TRY(make_room(&address, err));
    const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) return fhi_fail(err, FH_E_NETWORK, "cannot make a socket: %s", uv_strerror(-errno));
    /* Linux gives the file the mode of the descriptor, so it is never more open, not even for a moment. */
    struct stat status;
    if (fchmod(made, mode) != 0 || bind(made, (const struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(path, mode) != 0 || lstat(path, &status) != 0) {
        const int failed = errno;
        (void)close(made);
        return fhi_fail(err, FH_E_NETWORK, "%s: cannot listen: %s", path, uv_strerror(-failed));
    }
    memcpy(file->path, path, len + 1);
    file->device = status.st_dev;
    file->inode = status.st_ino;
    *fd = made;
    return FH_OK;
}

void fhi_socket_remove(fhi_socket_file *file)
{
    struct stat status;
    if (file->path[0] && lstat(file->path, &status) == 0 && status.st_dev == file->device &&
        status.st_ino == file->inode)
        (void)unlink(file->path);
    file->path[0] = '\0';
}
