/* rejects.c - writing the list of rejects. Users: pipeline.c (lines), verb_index.c (the file). */
#include "indexer/rejects.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Standard output or error, when it goes to this file; -1. */
static int find_output(const struct stat *entry)
{
    struct stat output;
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        if (fstat(fd, &output) == 0 && output.st_dev == entry->st_dev && output.st_ino == entry->st_ino) return fd;
    return -1;
}

/* Where lines go as they come; *made tells that it is a new file beside. */
static int open_for(const char *path, const struct stat *entry, const char *temporary, bool *made)
{
    const int output = entry ? find_output(entry) : -1;
    *made = false;
    if (output >= 0) return fcntl(output, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (entry && !S_ISREG(entry->st_mode)) return open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    const int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644); /* nothing is written over */
    *made = fd >= 0;
    return fd;
}

fh_status fhi_rejects_open(fhi_rejects *rejects, const fhi_vfs *vfs, const char *path, bool locked, fh_err *err)
{
    struct stat entry;
    const bool there = stat(path, &entry) == 0;
    char *temporary = NULL;
    bool made = false;
    *rejects = (fhi_rejects){.vfs = vfs, .path = there ? realpath(path, NULL) : NULL, .fd = -1};
    if (!rejects->path) rejects->path = strdup(path); /* also a pipe: realpath knows no name for it */
    char number[32] = "";
    if (!locked) (void)snprintf(number, sizeof number, ".%ld", (long)getpid());
    if (!rejects->path || asprintf(&temporary, "%s%s.tmp", rejects->path, number) < 0)
        return fhi_fail(err, FH_E_NOMEM, "out of memory");
    if (locked) (void)unlink(temporary);
    rejects->fd = open_for(path, there ? &entry : NULL, temporary, &made);
    const int reason = errno;
    if (made)
        rejects->temporary = temporary;
    else
        free(temporary);
    if (rejects->fd >= 0) return FH_OK;
    return fhi_fail_at(err, FH_E_IO, path, 0, "cannot write rejects there: %s", fhi_errno_text(reason));
}

fh_status fhi_rejects_write(fhi_rejects *rejects, const fhi_buf *lines, fh_err *err)
{
    if (lines->len == 0) return FH_OK;
    rejects->bytes += lines->len;
    return rejects->vfs->write(rejects->vfs->context, rejects->fd, rejects->path, lines->data, lines->len, err);
}

fh_status fhi_rejects_publish(fhi_rejects *rejects, fh_err *err)
{
    const fhi_vfs *vfs = rejects->vfs;
    const int fd = rejects->fd;
    rejects->fd = -1;
    FH_TRY(vfs->close(vfs->context, fd, rejects->path, err));
    if (!rejects->temporary) return FH_OK;
    FH_TRY(vfs->rename(vfs->context, rejects->temporary, rejects->path, err));
    free(rejects->temporary);
    rejects->temporary = NULL;
    return FH_OK;
}

void fhi_rejects_close(fhi_rejects *rejects)
{
    const fhi_vfs *vfs = rejects->vfs;
    if (rejects->fd >= 0) (void)vfs->close(vfs->context, rejects->fd, rejects->path, NULL);
    if (rejects->temporary) (void)vfs->remove(vfs->context, rejects->temporary, NULL);
    free(rejects->temporary);
    free(rejects->path);
    *rejects = (fhi_rejects){.fd = -1};
}

/* Any bytes as a JSON string: what is not UTF-8 becomes question marks. */
static json_t *json_of_bytes(const char *text)
{
    const size_t len = strlen(text);
    if (fhi_utf8_check(text, len) == len) return json_stringn(text, len);
    char *copy = strdup(text);
    size_t bad;
    while (copy && (bad = fhi_utf8_check(copy, len)) < len)
        copy[bad] = '?';
    json_t *string = copy ? json_stringn(copy, len) : NULL;
    free(copy);
    return string;
}

static int put(const char *data, size_t len, void *to)
{
    fhi_buf_put(to, data, len);
    return ((fhi_buf *)to)->status == FH_OK ? 0 : -1;
}

fh_status fhi_reject_format(fhi_buf *to, const char *file, uint64_t line, bool warning, const char *reason)
{
    fhi_buf text = {0};
    fhi_buf_printf(&text, "%s%s", warning ? "warning: " : "", reason);
    fhi_buf_put8(&text, 0);
    json_t *object = NULL;
    if (text.status == FH_OK)
        object = json_pack("{s:o, s:I, s:o}", "file", json_of_bytes(file), "line", (json_int_t)line, "reason",
                           json_of_bytes((const char *)text.data));
    const bool done = object && json_dump_callback(object, put, to, JSON_COMPACT) == 0;
    json_decref(object);
    fhi_buf_fini(&text);
    fhi_buf_put8(to, '\n');
    return done ? to->status : FH_E_NOMEM;
}
