/* stored.c - reads records, and keeps them as they are encoded: whole, or up to the title where no more was asked for.
 */
#include "query/answer/stored.h"

#include "query/answer/recent.h"

#include <stdlib.h>

struct fhi_stored {
    fhi_store_decompressor *decompressor;
    fhi_recent *recent;
    fhi_buf bytes; /* of the last record read */
    fhi_buf head;  /* scratch */
};

/* All that a record depends on: the content of its segment, and its place there. */
typedef struct record_key {
    uint64_t digest;
    uint32_t doc;
    uint32_t brief;
} record_key;

fh_status fhi_stored_create(fhi_stored **out)
{
    fhi_stored *stored = calloc(1, sizeof *stored);
    *out = NULL;
    if (!stored) return FH_E_NOMEM;
    fh_status status = fhi_store_decompressor_create(&stored->decompressor);
    if (status == FH_OK) status = fhi_recent_create(FHI_STORED_BYTES, &stored->recent);
    if (status != FH_OK) {
        fhi_stored_destroy(stored);
        return status;
    }
    *out = stored;
    return FH_OK;
}

void fhi_stored_destroy(fhi_stored *stored)
{
    if (!stored) return;
    fhi_store_decompressor_destroy(stored->decompressor);
    fhi_recent_destroy(stored->recent);
    fhi_buf_fini(&stored->bytes);
    fhi_buf_fini(&stored->head);
    free(stored);
}

static fh_str key_bytes(const record_key *key)
{
    _Static_assert(sizeof *key == 16, "compared whole, so it has no padding");
    return (fh_str){(const char *)key, sizeof *key};
}

static void keep(fhi_stored *stored, const record_key *key, const fh_record *record)
{
    fh_record head = *record;
    if (!key->brief) {
        fhi_recent_keep(stored->recent, key_bytes(key), fhi_buf_str(&stored->bytes));
        return;
    }
    for (int field = FH_FIELD_TITLE + 1; field < FH_FIELD_COUNT; field++)
        head.fields[field] = (fh_str){"", 0};
    fhi_buf_clear(&stored->head);
    uint8_t *to = fhi_buf_extend(&stored->head, fh_record_bytes(&head));
    if (!to) return;
    fh_record_encode(&head, (char *)to);
    fhi_recent_keep(stored->recent, key_bytes(key), fhi_buf_str(&stored->head));
}

fh_status fhi_stored_read(fhi_stored *stored, const fhi_segment *segment, uint32_t doc, bool brief, fh_record *out,
                          fh_err *err)
{
    const record_key key = {fhi_segment_digest(segment), doc, brief};
    const fh_str kept = fhi_recent_find(stored->recent, key_bytes(&key));
    *out = (fh_record){0};
    if (kept.len) return fh_record_decode(kept, out);
    FH_TRY(fhi_stored_read_once(stored, segment, doc, out, err));
    keep(stored, &key, out);
    return FH_OK;
}

fh_status fhi_stored_read_once(fhi_stored *stored, const fhi_segment *segment, uint32_t doc, fh_record *out,
                               fh_err *err)
{
    *out = (fh_record){0};
    FH_TRY(fhi_segment_record_with(segment, doc, stored->decompressor, &stored->bytes, err));
    return fh_record_decode(fhi_buf_str(&stored->bytes), out);
}
