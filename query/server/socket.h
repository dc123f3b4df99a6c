/* socket.h - the line protocol of the Unix socket: bytes cut into lines, and the socket file itself. */
#ifndef FHI_SOCKET_H
#define FHI_SOCKET_H

#include "engine/base/base.h"

#include <sys/types.h>

typedef enum fhi_line_event {
    FHI_LINE_MORE,    /* every byte was taken; no line is whole yet */
    FHI_LINE_WHOLE,   /* *line is one line without its line feed, valid until the next call */
    FHI_LINE_TOO_LONG /* one line was longer than the bound; the rest of it is passed over */
} fhi_line_event;

typedef struct fhi_lines {
    size_t line_bytes_max; /* without the line feed */
    fhi_buf partial;       /* the beginning of a line whose end has not come */
    bool skipping;         /* inside a line that was too long */
    bool taken;            /* partial was handed out and is to be forgotten */
} fhi_lines;

void fhi_lines_init(fhi_lines *lines, size_t line_bytes_max);
void fhi_lines_fini(fhi_lines *lines);

/* Takes bytes up to the end of one line at most and answers how many. */
size_t fhi_lines_next(fhi_lines *lines, const char *data, size_t len, fhi_line_event *event, fh_str *line);
/* At the end of input: a last line without line feed counts. False when there is none. */
bool fhi_lines_last(fhi_lines *lines, fh_str *line);
/* Whether a line has begun and not ended. */
bool fhi_lines_open(const fhi_lines *lines);

/* The file of a listening Unix socket. */
typedef struct fhi_socket_file {
    char path[108]; /* sockaddr_un.sun_path; "" when there is none */
    dev_t device;   /* of the file made, so that only that one is removed */
    ino_t inode;
} fhi_socket_file;

/* Binds a stream socket at path, its file of that mode (not yet listening), and answers its descriptor. A socket file
 * nobody answers on is replaced. Codes: FH_E_BUSY (a server answers there), FH_E_INVALID (the path is too long),
 * FH_E_NETWORK (also: a file that is no socket is there). */
fh_status fhi_socket_bind(const char *path, unsigned mode, fhi_socket_file *file, int *fd, fh_err *err);
/* Removes the file if it is still the one made; safe to call twice. */
void fhi_socket_remove(fhi_socket_file *file);

#endif
