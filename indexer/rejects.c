/* rejects.c - writing the list of rejects. Users: pipeline.c (lines), verb_index.c (the file). */
#include "indexer/rejects.h"

#include <jansson.h>
#include <stdlib.h>

fh_status fhi_rejects_open(fhi_rejects *rejects, const fhi_vfs *vfs, const char *path, fh_err *err)
{
    *rejects = (fhi_rejects){.vfs = vfs, .path = strdup(path), .fd = -1};
    if (!rejects->path) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    return vfs->create(vfs->context, rejects->path, &rejects->fd, err);
}

fh_status fhi_rejects_write(fhi_rejects *rejects, const fhi_buf *lines, fh_err *err)
{
    if (lines->len == 0) return FH_OK;
    return rejects->vfs->write(rejects->vfs->context, rejects->fd, rejects->path, lines->data, lines->len, err);
}

fh_status fhi_rejects_close(fhi_rejects *rejects, fh_err *err)
{
    fh_status status = FH_OK;
    if (rejects->path && rejects->fd >= 0)
        status = rejects->vfs->close(rejects->vfs->context, rejects->fd, rejects->path, err);
    free(rejects->path);
    *rejects = (fhi_rejects){.fd = -1};
    return status;
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
