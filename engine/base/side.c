/* side.c - a buffer that goes on in a temporary file. Users: the segment writer, and the sorter of indexer. */
#include "engine/base/side.h"

void fhi_side_init(fhi_side *side, const fhi_vfs *vfs, const char *base, const char *name, size_t heap_bytes_max)
{
    *side = (fhi_side){.vfs = vfs, .base = base, .name = name, .heap_bytes_max = heap_bytes_max, .fd = -1};
}

void fhi_side_fini(fhi_side *side)
{
    const char *path = (const char *)side->path.data;
    if (side->made) {
        side->vfs->unmap(side->vfs->context, &side->map);
        if (side->fd >= 0) (void)side->vfs->close(side->vfs->context, side->fd, path, NULL);
        (void)side->vfs->remove(side->vfs->context, path, NULL);
    }
    fhi_buf_fini(&side->path);
    fhi_buf_fini(&side->held);
    *side = (fhi_side){.fd = -1};
}

static fh_status make_file(fhi_side *side, fh_err *err)
{
    if (side->made) return FH_OK;
    fhi_buf_printf(&side->path, "%s.%s.tmp%c", side->base, side->name, 0);
    if (side->path.status != FH_OK) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    FH_TRY(side->vfs->create(side->vfs->context, (const char *)side->path.data, &side->fd, err));
    side->made = true;
    return FH_OK;
}

static fh_status write_out(fhi_side *side, const void *data, size_t len, fh_err *err)
{
    if (len == 0) return FH_OK;
    FH_TRY(make_file(side, err));
    return side->vfs->write(side->vfs->context, side->fd, (const char *)side->path.data, data, len, err);
}

fh_status fhi_side_put(fhi_side *side, const void *data, size_t len, fh_err *err)
{
    side->bytes += len;
    if (len > side->heap_bytes_max - side->held.len) {
        FH_TRY(write_out(side, side->held.data, side->held.len, err));
        fhi_buf_clear(&side->held);
        if (len >= side->heap_bytes_max) return write_out(side, data, len, err);
    }
    fhi_buf_put(&side->held, data, len);
    return side->held.status == FH_OK ? FH_OK : fhi_fail(err, FH_E_NOMEM, "out of memory");
}

fh_status fhi_side_read(fhi_side *side, const uint8_t **data, size_t *len, fh_err *err)
{
    *data = side->held.data;
    *len = side->bytes;
    if (!side->made) return FH_OK;
    const char *path = (const char *)side->path.data;
    FH_TRY(write_out(side, side->held.data, side->held.len, err));
    fhi_buf_fini(&side->held);
    const int fd = side->fd;
    side->fd = -1;
    FH_TRY(side->vfs->close(side->vfs->context, fd, path, err));
    FH_TRY(side->vfs->map(side->vfs->context, path, &side->map, err));
    if (side->map.len != side->bytes)
        return fhi_fail_at(err, FH_E_IO, path, side->map.len, "a temporary file has lost bytes");
    *data = side->map.data;
    return FH_OK;
}
