/* dictionary_writer.c - front-coded blocks of sorted keys; see dictionary.h. */
#include "engine/segment/dictionary.h"

void fhi_dictionary_writer_init(fhi_dictionary_writer *writer, fhi_dictionary_kind kind)
{
    *writer = (fhi_dictionary_writer){.kind = kind};
}

void fhi_dictionary_writer_fini(fhi_dictionary_writer *writer)
{
    fhi_buf_fini(&writer->blocks);
    fhi_buf_fini(&writer->index);
    fhi_buf_fini(&writer->last_key);
}

static void close_block(fhi_dictionary_writer *writer)
{
    if (writer->entry_count == 0 || writer->blocks.status != FH_OK) return;
    const uint8_t *start = writer->blocks.data + writer->block_start;
    fhi_buf_put32(&writer->blocks, fhi_crc32c(0, start, writer->blocks.len - writer->block_start));
}

static void open_block(fhi_dictionary_writer *writer, fh_str key)
{
    close_block(writer);
    writer->block_start = writer->blocks.len;
    fhi_buf_put64(&writer->index, fhi_key_head(key));
    fhi_buf_put64(&writer->index, writer->flushed_bytes + writer->blocks.len);
    if (writer->kind == FHI_DICTIONARY_TERMS) fhi_buf_put_varint(&writer->blocks, writer->list_offset);
    fhi_buf_clear(&writer->last_key);
    writer->last_term = 0;
}

static size_t shared_prefix(fh_str a, fh_str b)
{
    const size_t most = a.len < b.len ? a.len : b.len;
    size_t shared = 0;
    while (shared < most && a.ptr[shared] == b.ptr[shared])
        shared++;
    return shared;
}

/* Terms: df, with a flag when forms are told apart; forms: distance to the term of the entry before, with a flag
 * when it is the term's first form. */
static void put_values(fhi_dictionary_writer *writer, const uint64_t values[FHI_ENTRY_VALUES])
{
    fhi_buf *to = &writer->blocks;
    if (writer->kind == FHI_DICTIONARY_TERMS) {
        fhi_buf_put_varint(to, values[0] << 1 | (values[1] != 1));
        if (values[1] != 1) fhi_buf_put_varint(to, values[1]);
        fhi_buf_put_varint(to, values[2]);
        writer->list_offset += values[2];
        return;
    }
    const int64_t delta = (int64_t)values[0] - (int64_t)writer->last_term;
    const uint64_t zigzag = (uint64_t)(delta < 0 ? -2 * delta - 1 : 2 * delta);
    fhi_buf_put_varint(to, zigzag << 1 | (values[1] != 0));
    if (values[1] != 0) fhi_buf_put_varint(to, values[1]);
    fhi_buf_put_varint(to, values[2]);
    writer->last_term = (uint32_t)values[0];
}

static size_t half_of(size_t length)
{
    return length < FHI_LENGTH_FOLLOWS ? length : FHI_LENGTH_FOLLOWS;
}

static void put_lengths(fhi_buf *to, size_t shared, size_t fresh)
{
    fhi_buf_put8(to, (uint8_t)(half_of(shared) | half_of(fresh) << 4));
    if (shared >= FHI_LENGTH_FOLLOWS) fhi_buf_put_varint(to, shared - FHI_LENGTH_FOLLOWS);
    if (fresh >= FHI_LENGTH_FOLLOWS) fhi_buf_put_varint(to, fresh - FHI_LENGTH_FOLLOWS);
}

fh_status fhi_dictionary_writer_add(fhi_dictionary_writer *writer, fh_str key, const uint64_t values[FHI_ENTRY_VALUES])
{
    if (key.len >= FHI_KEY_BYTES_MAX) return FH_E_LIMIT;
    if (writer->entry_count > 0 && fhi_str_compare(fhi_buf_str(&writer->last_key), key) >= 0) return FH_E_INVALID;
    if (writer->entry_count % fhi_block_entries(writer->kind) == 0) open_block(writer, key);
    const size_t shared = shared_prefix(fhi_buf_str(&writer->last_key), key);
    put_lengths(&writer->blocks, shared, key.len - shared);
    fhi_buf_put(&writer->blocks, key.ptr + shared, key.len - shared);
    put_values(writer, values);
    fhi_buf_clear(&writer->last_key);
    fhi_buf_put(&writer->last_key, key.ptr, key.len);
    writer->entry_count++;
    if (writer->blocks.status != FH_OK) return writer->blocks.status;
    return writer->last_key.status != FH_OK ? writer->last_key.status : writer->index.status;
}

fh_status fhi_dictionary_writer_finish(fhi_dictionary_writer *writer)
{
    close_block(writer);
    fhi_buf_put64(&writer->index, writer->entry_count); /* the tail of the index: how many entries */
    return writer->blocks.status != FH_OK ? writer->blocks.status : writer->index.status;
}
