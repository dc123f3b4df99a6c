/* status.h - what a call can answer, and where things went wrong.
 *
 * Every fallible function returns an fh_status; FH_OK is 0. The numbers are pinned: they appear in logs
 * and in the exit reports of scripts, so a value is never reused. An fh_err is owned by the caller, is
 * optional (NULL is allowed everywhere) and holds no memory of its own.
 */
#ifndef FIHRIST_STATUS_H
#define FIHRIST_STATUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, pinned number, short English text) */
#define FH_STATUS_LIST(X)                                                                                              \
    X(OK, 0, "ok")                                                                                                     \
    X(E_NOMEM, 1, "out of memory")                                                                                     \
    X(E_IO, 2, "input or output failed")                                                                               \
    X(E_CORRUPT, 3, "damaged data")                                                                                    \
    X(E_TOO_OLD, 4, "format too old")                                                                                  \
    X(E_TOO_NEW, 5, "format too new")                                                                                  \
    X(E_ANALYZER, 6, "made by another analyzer")                                                                       \
    X(E_NOT_FOUND, 7, "not found")                                                                                     \
    X(E_INVALID, 8, "invalid argument")                                                                                \
    X(E_LIMIT, 9, "over a limit")                                                                                      \
    X(E_BUSY, 10, "in use by another process")                                                                         \
    X(E_UTF8, 11, "not valid UTF-8")                                                                                   \
    X(E_SYNTAX, 12, "syntax error")                                                                                    \
    X(E_CANCELLED, 13, "cancelled")                                                                                    \
    X(E_DEADLINE, 14, "deadline passed")                                                                               \
    X(E_XAPIAN, 15, "libxapian failed")                                                                                \
    X(E_MODIFIED, 16, "changed under the reader")                                                                      \
    X(E_CLOSED, 17, "already closed")                                                                                  \
    X(E_NETWORK, 18, "network failed")                                                                                 \
    X(E_INTERNAL, 19, "internal error")                                                                                \
    X(E_CURSOR, 20, "not a cursor of this question")                                                                   \
    X(E_GONE, 21, "no longer there")

typedef enum fh_status {
#define FH_STATUS_ENUM(name, number, text) FH_##name = number,
    FH_STATUS_LIST(FH_STATUS_ENUM)
#undef FH_STATUS_ENUM
} fh_status;

/* Bytes somebody else owns; not terminated by NUL. ptr may be NULL when len is 0. */
typedef struct fh_str {
    const char *ptr;
    size_t len;
} fh_str;

enum { FH_ERR_TEXT_BYTES = 256, FH_ERR_FILE_BYTES = 512 };

/* Where and why; filled only when a call fails. */
typedef struct fh_err {
    fh_status status;
    uint64_t offset;              /* byte offset in `file` or in the input; 0 when it has no meaning */
    char file[FH_ERR_FILE_BYTES]; /* "" when no file is concerned; cut to fit */
    char text[FH_ERR_TEXT_BYTES]; /* one English sentence without a final stop */
} fh_err;

/* Short English text of a status; never NULL, also for unknown numbers. */
const char *fh_status_text(fh_status status);

/* Stable identifier such as "E_CORRUPT"; never NULL. */
const char *fh_status_name(fh_status status);

#ifdef __cplusplus
}
#endif
#endif
