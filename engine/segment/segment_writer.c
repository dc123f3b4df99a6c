/* segment_writer.c - one pass over documents, one over terms, one over forms, into a single file.
 *
 * The file grows in order: header, stored frames (as documents arrive), then postings (as terms arrive), then
 * everything small that was gathered on the way, then page checksums and footer. Written under a temporary name,
 * synced, renamed. What is gathered in memory is some fifty bytes a document and the indexes of the two dictionaries;
 * their blocks wait in temporary files where they are many.
 */
#include "engine/base/side.h"
#include "engine/codec/bitpack.h"
#include "engine/segment/columns.h"
#include "engine/segment/dictionary.h"
#include "engine/segment/postings_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    OUT_BUFFER_BYTES = 1 << 20,
    FRAME_GROUP = 64,
    BLOCKS_TAKEN_BYTES = 64 * 1024, /* of a dictionary, until they are put aside */
    SIDE_HEAP_BYTES = 1 << 20       /* put aside in the heap, before there is a file */
};

typedef struct section_place {
    uint64_t offset;
    uint64_t bytes;
    uint32_t crc;
} section_place;

struct fhi_segment_writer {
    const fhi_vfs *vfs;
    fhi_settings settings;
    uint64_t id;
    fhi_buf directory, path, temporary; /* NUL-terminated */
    int fd;
    fh_status status;
    fh_err err;
    /* output */
    fhi_buf out;          /* not yet written */
    uint64_t file_offset; /* of the next byte put */
    uint64_t page_left;   /* bytes until the current checksum page is full */
    uint32_t page_crc;
    fhi_buf pages;
    fhi_section open_section; /* 0: none */
    section_place sections[FHI_SECTION_COUNT];
    /* documents */
    uint32_t doc_count;
    uint64_t length_sum, raw_bytes;
    fhi_buf norms, widths;                                     /* u8 */
    fhi_buf title_ends, lead_ends, days, minutes, frame_bytes; /* u32 */
    fhi_buf ids;                                               /* u64: hash << 32 | doc */
    fhi_buf dictionaries;                                      /* u32 first doc, u32 bytes, bytes */
    uint32_t dictionary_count;
    uint32_t dictionary_doc; /* first document of the last one */
    fhi_column_writer columns[FHI_COLUMN_COUNT];
    /* terms and forms */
    fhi_postings_writer *postings;
    fhi_buf list;
    fhi_dictionary_writer terms, forms;
    fhi_side term_blocks, form_blocks; /* taken out of the two before */
};

/* ---- errors: the first one stays ---- */

static fh_status fail(fhi_segment_writer *writer, fh_status status, const char *what)
{
    if (writer->status == FH_OK) {
        writer->status = status;
        (void)fhi_fail_at(&writer->err, status, (const char *)writer->path.data, writer->file_offset, "%s: %s", what,
                          fh_status_text(status));
    }
    return writer->status;
}

static bool keep(fhi_segment_writer *writer, fh_status status, const char *what)
{
    if (status != FH_OK) (void)fail(writer, status, what);
    return writer->status == FH_OK;
}

/* ---- bytes and sections ---- */

static void flush_out(fhi_segment_writer *writer)
{
    if (writer->status != FH_OK || writer->out.len == 0) return;
    writer->status = writer->vfs->write(writer->vfs->context, writer->fd, (const char *)writer->temporary.data,
                                        writer->out.data, writer->out.len, &writer->err);
    writer->out.len = 0;
}

static void put_page_crc(fhi_segment_writer *writer, const uint8_t *data, size_t len)
{
    while (len > 0) {
        const size_t part = len < writer->page_left ? len : (size_t)writer->page_left;
        writer->page_crc = fhi_crc32c(writer->page_crc, data, part);
        writer->page_left -= part;
        data += part;
        len -= part;
        if (writer->page_left > 0) continue;
        fhi_buf_put32(&writer->pages, writer->page_crc);
        writer->page_crc = 0;
        writer->page_left = FHI_PAGE_BYTES;
    }
}

static void put_part(fhi_segment_writer *writer, const void *data, size_t len)
{
    if (writer->open_section) {
        section_place *place = &writer->sections[writer->open_section];
        place->crc = fhi_crc32c(place->crc, data, len);
        place->bytes += len;
    }
    put_page_crc(writer, data, len);
    fhi_buf_put(&writer->out, data, len);
    writer->file_offset += len;
    if (!keep(writer, writer->out.status, "writing")) return;
    if (writer->out.len >= OUT_BUFFER_BYTES) flush_out(writer);
}

static void put(fhi_segment_writer *writer, const void *data, size_t len)
{
    const uint8_t *from = data;
    while (writer->status == FH_OK && len > 0) {
        const size_t part = len < OUT_BUFFER_BYTES ? len : OUT_BUFFER_BYTES;
        put_part(writer, from, part);
        from += part;
        len -= part;
    }
}

static void begin_section(fhi_segment_writer *writer, fhi_section section)
{
    static const uint8_t zeros[FHI_SECTION_ALIGN] = {0};
    writer->open_section = 0;
    put(writer, zeros, (size_t)(-writer->file_offset % FHI_SECTION_ALIGN));
    writer->sections[section].offset = writer->file_offset;
    writer->open_section = section;
}

static void put_section(fhi_segment_writer *writer, fhi_section section, const fhi_buf *content)
{
    begin_section(writer, section);
    if (keep(writer, content->status, "gathering")) put(writer, content->data, content->len);
    writer->open_section = 0;
}

/* ---- life ---- */

void fhi_segment_name(uint64_t segment_id, char name[FHI_SEGMENT_NAME_BYTES])
{
    (void)snprintf(name, FHI_SEGMENT_NAME_BYTES, "%016" PRIx64 ".seg", segment_id);
}

static void put_header(fhi_segment_writer *writer)
{
    uint8_t header[FHI_HEADER_BYTES] = {0};
    fhi_store64(header, FHI_SEGMENT_MAGIC);
    fhi_store32(header + 8, FHI_FORMAT_VERSION);
    fhi_store32(header + 12, 0); /* must-understand bits */
    fhi_store32(header + 16, 0); /* may-ignore bits */
    fhi_store32(header + 20, writer->settings.analyzer_id);
    fhi_store64(header + 24, writer->id);
    header[32] = writer->settings.title_weight;
    header[33] = writer->settings.lead_weight;
    header[34] = writer->settings.body_weight;
    memcpy(header + 36, &writer->settings.k1, 4);
    memcpy(header + 40, &writer->settings.b, 4);
    fhi_store32(header + 60, fhi_crc32c(0, header, 60));
    put(writer, header, sizeof header);
}

fh_status fhi_segment_writer_create(const fhi_vfs *vfs, const char *directory, uint64_t segment_id,
                                    const fhi_settings *settings, fhi_segment_writer **out, fh_err *err)
{
    *out = NULL;
    fhi_segment_writer *writer = calloc(1, sizeof *writer);
    if (!writer) return fhi_fail(err, FH_E_NOMEM, "cannot start a segment: out of memory");
    writer->vfs = vfs;
    writer->settings = *settings;
    writer->id = segment_id;
    writer->fd = -1;
    writer->page_left = FHI_PAGE_BYTES;
    fhi_dictionary_writer_init(&writer->terms, FHI_DICTIONARY_TERMS);
    fhi_dictionary_writer_init(&writer->forms, FHI_DICTIONARY_FORMS);
    fhi_side_init(&writer->term_blocks, vfs, NULL, "terms", SIDE_HEAP_BYTES);
    fhi_side_init(&writer->form_blocks, vfs, NULL, "forms", SIDE_HEAP_BYTES);
    char name[FHI_SEGMENT_NAME_BYTES];
    fhi_segment_name(segment_id, name);
    fhi_buf_printf(&writer->directory, "%s%c", directory, 0);
    fhi_buf_printf(&writer->path, "%s/%s%c", directory, name, 0);
    fhi_buf_printf(&writer->temporary, "%s/%s.tmp%c", directory, name, 0);
    fh_status status = FH_E_NOMEM;
    if (writer->temporary.status == FH_OK && writer->path.status == FH_OK && writer->directory.status == FH_OK)
        status = vfs->create(vfs->context, (const char *)writer->temporary.data, &writer->fd, err);
    writer->term_blocks.base = writer->form_blocks.base = (const char *)writer->path.data;
    if (status != FH_OK) {
        fhi_segment_writer_destroy(writer);
        return status;
    }
    put_header(writer);
    begin_section(writer, FHI_SECTION_STORE);
    *out = writer;
    return FH_OK;
}

void fhi_segment_writer_destroy(fhi_segment_writer *writer)
{
    if (!writer) return;
    if (writer->fd >= 0) {
        const char *temporary = (const char *)writer->temporary.data;
        (void)writer->vfs->close(writer->vfs->context, writer->fd, temporary, NULL);
        (void)writer->vfs->remove(writer->vfs->context, temporary, NULL);
    }
    fhi_side_fini(&writer->term_blocks); /* before the path they are called after */
    fhi_side_fini(&writer->form_blocks);
    fhi_buf *bufs[] = {&writer->directory, &writer->path,         &writer->temporary, &writer->out,
                       &writer->pages,     &writer->norms,        &writer->widths,    &writer->title_ends,
                       &writer->lead_ends, &writer->days,         &writer->minutes,   &writer->frame_bytes,
                       &writer->ids,       &writer->dictionaries, &writer->list};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        fhi_buf_fini(bufs[i]);
    for (int i = 0; i < FHI_COLUMN_COUNT; i++)
        fhi_column_writer_fini(&writer->columns[i]);
    fhi_postings_writer_destroy(writer->postings);
    fhi_dictionary_writer_fini(&writer->terms);
    fhi_dictionary_writer_fini(&writer->forms);
    free(writer);
}

const fhi_vfs *fhi_segment_writer_vfs(const fhi_segment_writer *writer)
{
    return writer->vfs;
}

const char *fhi_segment_writer_path(const fhi_segment_writer *writer)
{
    return (const char *)writer->path.data;
}

uint32_t fhi_segment_writer_doc_count(const fhi_segment_writer *writer)
{
    return writer->doc_count;
}

fh_status fhi_segment_writer_status(const fhi_segment_writer *writer)
{
    return writer->status;
}

/* ---- documents ---- */

void fhi_segment_writer_store_dictionary(fhi_segment_writer *writer, fh_str dictionary)
{
    if (writer->status != FH_OK) return;
    const bool again = writer->dictionary_count > 0 && writer->dictionary_doc == writer->doc_count;
    if (writer->postings || again || dictionary.len > UINT32_MAX) {
        (void)fail(writer, FH_E_INVALID, "keeping a dictionary");
        return;
    }
    writer->dictionary_doc = writer->doc_count;
    fhi_buf_put32(&writer->dictionaries, writer->doc_count);
    fhi_buf_put32(&writer->dictionaries, (uint32_t)dictionary.len);
    fhi_buf_put(&writer->dictionaries, dictionary.ptr, dictionary.len);
    writer->dictionary_count++;
    (void)keep(writer, writer->dictionaries.status, "keeping a dictionary");
}

static uint32_t id_hash(fh_str id)
{
    return (uint32_t)(fhi_hash64(id.ptr, id.len) >> 32);
}

void fhi_segment_writer_add_doc(fhi_segment_writer *writer, const fhi_doc *doc)
{
    if (writer->status != FH_OK) return;
    if (writer->doc_count >= FHI_DOCS_MAX) {
        (void)fail(writer, FH_E_LIMIT, "too many documents in one segment");
        return;
    }
    if (writer->postings || doc->position_end > FHI_POSITION_MAX + 1u || doc->frame.len > UINT32_MAX) {
        (void)fail(writer, FH_E_INVALID, "adding a document");
        return;
    }
    put(writer, doc->frame.ptr, doc->frame.len);
    const uint32_t width = doc->position_end > 1 ? fhi_bits_of(doc->position_end - 1) : 0;
    fhi_buf_put8(&writer->norms, fhi_norm_of_length(doc->length));
    fhi_buf_put8(&writer->widths, (uint8_t)width);
    fhi_buf_put32(&writer->title_ends, doc->title_end);
    fhi_buf_put32(&writer->lead_ends, doc->lead_end);
    fhi_buf_put32(&writer->days, doc->day);
    fhi_buf_put32(&writer->minutes, doc->minute);
    fhi_buf_put32(&writer->frame_bytes, (uint32_t)doc->frame.len);
    fhi_buf_put64(&writer->ids, (uint64_t)id_hash(doc->id) << 32 | writer->doc_count);
    for (int i = 0; i < FHI_COLUMN_COUNT; i++)
        if (!keep(writer, fhi_column_writer_add(&writer->columns[i], &doc->columns[i]), "keeping a column")) return;
    writer->length_sum += doc->length;
    writer->raw_bytes += doc->record_bytes;
    writer->doc_count++;
    const fhi_buf *bufs[] = {&writer->norms, &writer->widths,  &writer->title_ends,  &writer->lead_ends,
                             &writer->days,  &writer->minutes, &writer->frame_bytes, &writer->ids};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        if (!keep(writer, bufs[i]->status, "keeping a document")) return;
}

/* ---- terms and forms ---- */

static const uint32_t *as_words(const fhi_buf *buf)
{
    return (const uint32_t *)(const void *)buf->data;
}

/* The first term: documents are complete, so lengths and their average are known. */
static bool begin_terms(fhi_segment_writer *writer)
{
    if (writer->postings) return true;
    const fhi_doc_facts facts = {.settings = &writer->settings,
                                 .doc_count = writer->doc_count,
                                 .norms = writer->norms.data,
                                 .widths = writer->widths.data,
                                 .title_ends = as_words(&writer->title_ends),
                                 .lead_ends = as_words(&writer->lead_ends),
                                 .average_length =
                                     writer->doc_count ? (float)writer->length_sum / (float)writer->doc_count : 0.0f};
    if (!keep(writer, fhi_postings_writer_create(&facts, &writer->postings), "starting postings")) return false;
    begin_section(writer, FHI_SECTION_POSTINGS);
    return writer->status == FH_OK;
}

/* Puts aside the blocks of a dictionary that are whole. */
static void take_blocks(fhi_segment_writer *writer, fhi_dictionary_writer *dictionary, fhi_side *side)
{
    const size_t whole = dictionary->block_start;
    if (writer->status != FH_OK || whole < BLOCKS_TAKEN_BYTES) return;
    writer->status = fhi_side_put(side, dictionary->blocks.data, whole, &writer->err);
    dictionary->flushed_bytes += whole;
    dictionary->blocks.len -= whole;
    memmove(dictionary->blocks.data, dictionary->blocks.data + whole, dictionary->blocks.len);
    dictionary->block_start = 0;
}

/* Forms are numbered densely, so there are at most as many as occurrences; 0 when the numbers say otherwise. */
static uint32_t count_forms(const fhi_list *list)
{
    uint32_t most = 0;
    for (uint32_t i = 0; list->forms && i < list->position_count; i++)
        if (list->forms[i] > most) most = list->forms[i];
    return most == 0 || most < list->position_count ? most + 1 : 0;
}

void fhi_segment_writer_add_term(fhi_segment_writer *writer, fh_str term, const fhi_list *list)
{
    if (writer->status != FH_OK || !begin_terms(writer)) return;
    const bool placed = list->position_count > 0;
    const uint32_t form_count = placed ? count_forms(list) : 0;
    if (placed == fhi_term_is_pair(term) || (placed && form_count == 0) || writer->forms.entry_count > 0) {
        (void)fail(writer, FH_E_INVALID,
                   writer->forms.entry_count ? "a term after the forms" : "the positions or forms of a term");
        return;
    }
    if (!keep(writer, fhi_postings_write(writer->postings, list, form_count, &writer->list), "encoding a term")) return;
    const uint64_t values[FHI_ENTRY_VALUES] = {list->doc_count, form_count, writer->list.len};
    if (!keep(writer, fhi_dictionary_writer_add(&writer->terms, term, values), "adding a term")) return;
    take_blocks(writer, &writer->terms, &writer->term_blocks);
    put(writer, writer->list.data, writer->list.len);
}

void fhi_segment_writer_add_form(fhi_segment_writer *writer, const fhi_form *form)
{
    if (writer->status != FH_OK || !begin_terms(writer)) return;
    if ((form->fold.len && memchr(form->fold.ptr, 0, form->fold.len)) || form->exact.len == 0 ||
        form->term_ordinal >= writer->terms.entry_count) {
        (void)fail(writer, FH_E_INVALID, "adding a form");
        return;
    }
    char room[FHI_KEY_BYTES_MAX];
    const fh_str key = fhi_form_key(form->fold, form->exact, room);
    if (!keep(writer, key.ptr ? FH_OK : FH_E_LIMIT, "adding a form")) return;
    const uint64_t values[FHI_ENTRY_VALUES] = {form->term_ordinal, form->ordinal, form->df};
    (void)keep(writer, fhi_dictionary_writer_add(&writer->forms, key, values), "adding a form");
    take_blocks(writer, &writer->forms, &writer->form_blocks);
}

/* ---- finish ---- */

static int compare_u64(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* A pair for each group of 64 frames (u64 offset of the first, u64 place of its lengths), then the packed lengths. */
static void put_store_index(fhi_segment_writer *writer, fhi_buf *to)
{
    const uint32_t *bytes = as_words(&writer->frame_bytes);
    fhi_buf groups = {0};
    uint64_t offset = 0;
    const uint32_t group_count = (writer->doc_count + FRAME_GROUP - 1) / FRAME_GROUP;
    for (uint32_t group = 0; group < group_count; group++) {
        const uint32_t first = group * FRAME_GROUP;
        const uint32_t count = writer->doc_count - first < FRAME_GROUP ? writer->doc_count - first : FRAME_GROUP;
        fhi_buf_put64(to, offset);
        fhi_buf_put64(to, groups.len);
        fhi_packed_put(&groups, bytes + first, count);
        for (uint32_t i = first; i < first + count; i++)
            offset += bytes[i];
    }
    fhi_buf_put(to, groups.data, groups.len);
    if (groups.status != FH_OK) to->status = groups.status;
    fhi_buf_fini(&groups);
}

static void pad_to_ranges(fhi_buf *bytes)
{
    const size_t missing = (size_t)(-bytes->len % FHI_RANGE_DOCS);
    uint8_t *pad = missing ? fhi_buf_extend(bytes, missing) : NULL;
    if (pad) memset(pad, 0, missing);
}

/* Hashes, then documents, both in the order of the hashes. */
static void put_ids(fhi_segment_writer *writer, fhi_buf *to)
{
    uint64_t *ids = (uint64_t *)(void *)writer->ids.data;
    fhi_buf halves = {0};
    const uint32_t count = writer->doc_count;
    const unsigned shift = fhi_id_hash_shift(count);
    uint32_t *half = count ? (uint32_t *)(void *)fhi_buf_extend(&halves, count * sizeof *half) : NULL;
    for (uint32_t i = 0; half && i < count; i++)
        ids[i] = ids[i] >> 32 >> shift << 32 | (uint32_t)ids[i];
    if (half) qsort(ids, count, sizeof *ids, compare_u64);
    for (uint32_t i = 0; half && i < count; i++)
        half[i] = (uint32_t)(ids[i] >> 32);
    fhi_packed_put(to, half, half ? count : 0);
    for (uint32_t i = 0; half && i < count; i++)
        half[i] = (uint32_t)ids[i];
    fhi_packed_put(to, half, half ? count : 0);
    if (halves.status != FH_OK) to->status = halves.status;
    fhi_buf_fini(&halves);
}

static void put_small_sections(fhi_segment_writer *writer)
{
    fhi_buf content = {0};
    put_store_index(writer, &content);
    put_section(writer, FHI_SECTION_STORE_INDEX, &content);
    fhi_buf_clear(&content);
    fhi_buf_put32(&content, writer->dictionary_count);
    fhi_buf_put(&content, writer->dictionaries.data, writer->dictionaries.len);
    put_section(writer, FHI_SECTION_STORE_DICTS, &content);
    pad_to_ranges(&writer->norms);
    pad_to_ranges(&writer->widths);
    put_section(writer, FHI_SECTION_NORMS, &writer->norms);
    put_section(writer, FHI_SECTION_WIDTHS, &writer->widths);
    fhi_buf_clear(&content);
    fhi_packed_put(&content, as_words(&writer->title_ends), writer->doc_count);
    fhi_packed_put(&content, as_words(&writer->lead_ends), writer->doc_count);
    put_section(writer, FHI_SECTION_ZONES, &content);
    fhi_buf_clear(&content);
    fhi_packed_put(&content, as_words(&writer->days), writer->doc_count);
    fhi_packed_put(&content, as_words(&writer->minutes), writer->doc_count);
    put_section(writer, FHI_SECTION_DAYS, &content);
    fhi_buf_clear(&content);
    for (int i = 0; i < FHI_COLUMN_COUNT; i++)
        fhi_column_writer_put(&writer->columns[i], writer->doc_count, &content);
    put_section(writer, FHI_SECTION_COLUMNS, &content);
    fhi_buf_clear(&content);
    put_ids(writer, &content);
    put_section(writer, FHI_SECTION_IDS, &content);
    fhi_buf_fini(&content);
}

/* Section table, counts, its own checksum, length of the file and the magic upside down. */
static void put_footer(fhi_segment_writer *writer)
{
    fhi_buf footer = {0};
    for (uint32_t section = 1; section < FHI_SECTION_COUNT; section++) {
        fhi_buf_put32(&footer, section);
        fhi_buf_put32(&footer, writer->sections[section].crc);
        fhi_buf_put64(&footer, writer->sections[section].offset);
        fhi_buf_put64(&footer, writer->sections[section].bytes);
    }
    fhi_buf_put32(&footer, writer->doc_count);
    fhi_buf_put32(&footer, FHI_SECTION_COUNT - 1);
    fhi_buf_put64(&footer, writer->length_sum);
    fhi_buf_put64(&footer, writer->raw_bytes);
    fhi_buf_put64(&footer, writer->file_offset + footer.len + 24);
    fhi_buf_put32(&footer, 0);
    fhi_buf_put32(&footer, fhi_crc32c(0, footer.data, footer.len));
    fhi_buf_put64(&footer, ~FHI_SEGMENT_MAGIC);
    if (keep(writer, footer.status, "writing the footer")) put(writer, footer.data, footer.len);
    fhi_buf_fini(&footer);
}

static void put_blocks(fhi_segment_writer *writer, fhi_section section, fhi_side *taken, const fhi_buf *last)
{
    const uint8_t *data;
    size_t len;
    begin_section(writer, section);
    if (writer->status == FH_OK) writer->status = fhi_side_read(taken, &data, &len, &writer->err);
    if (writer->status == FH_OK) put(writer, data, len);
    if (keep(writer, last->status, "gathering")) put(writer, last->data, last->len);
    writer->open_section = 0;
}

static void put_dictionaries(fhi_segment_writer *writer)
{
    (void)keep(writer, fhi_dictionary_writer_finish(&writer->terms), "closing the terms");
    (void)keep(writer, fhi_dictionary_writer_finish(&writer->forms), "closing the forms");
    put_blocks(writer, FHI_SECTION_TERMS, &writer->term_blocks, &writer->terms.blocks);
    put_section(writer, FHI_SECTION_TERMS_INDEX, &writer->terms.index);
    put_blocks(writer, FHI_SECTION_FORMS, &writer->form_blocks, &writer->forms.blocks);
    put_section(writer, FHI_SECTION_FORMS_INDEX, &writer->forms.index);
}

/* Page checksums cover the file up to the section that holds them. */
static void put_pages(fhi_segment_writer *writer)
{
    begin_section(writer, FHI_SECTION_PAGES);
    if (writer->page_left < FHI_PAGE_BYTES) fhi_buf_put32(&writer->pages, writer->page_crc);
    fhi_buf pages = writer->pages;
    writer->pages = (fhi_buf){0};
    if (keep(writer, pages.status, "summing pages")) put(writer, pages.data, pages.len);
    fhi_buf_fini(&pages);
    writer->open_section = 0;
}

static void sync_and_rename(fhi_segment_writer *writer)
{
    const fhi_vfs *vfs = writer->vfs;
    const char *temporary = (const char *)writer->temporary.data;
    flush_out(writer);
    if (writer->status == FH_OK) writer->status = vfs->sync(vfs->context, writer->fd, temporary, &writer->err);
    if (writer->status != FH_OK) return;
    const int fd = writer->fd;
    writer->status = vfs->close(vfs->context, fd, temporary, &writer->err);
    writer->fd = -1;
    if (writer->status == FH_OK)
        writer->status = vfs->rename(vfs->context, temporary, (const char *)writer->path.data, &writer->err);
    if (writer->status != FH_OK) (void)vfs->remove(vfs->context, temporary, NULL);
}

fh_status fhi_segment_writer_finish(fhi_segment_writer *writer, fhi_segment_info *info, fh_err *err)
{
    *info = (fhi_segment_info){0};
    if (writer->fd < 0) return fhi_fail(err, FH_E_CLOSED, "this segment is already finished");
    if (writer->status == FH_OK) (void)begin_terms(writer);
    writer->open_section = 0;
    if (writer->status == FH_OK) { /* what was gathered is complete only then */
        put_small_sections(writer);
        put_dictionaries(writer);
        put_pages(writer);
        put_footer(writer);
        sync_and_rename(writer);
    }
    if (writer->status != FH_OK) {
        if (err) *err = writer->err;
        if (err && err->status == FH_OK) (void)fhi_fail(err, writer->status, "writing a segment failed");
        return writer->status;
    }
    info->id = writer->id;
    info->file_bytes = writer->file_offset;
    info->length_sum = writer->length_sum;
    info->raw_bytes = writer->raw_bytes;
    info->doc_count = writer->doc_count;
    return FH_OK;
}
