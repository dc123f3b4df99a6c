/* repair.c - see repair.h. */
#include "tests/support/repair.h"

#include "engine/segment/layout.h"

enum { ENTRY_BYTES = 24, TAIL_BYTES = 48, FOOTER_BYTES = (FHI_SECTION_COUNT - 1) * ENTRY_BYTES + TAIL_BYTES };

typedef struct place {
    uint8_t *data; /* NULL: the section does not lie inside the file */
    uint64_t offset, len;
} place;

static place section_at(uint8_t *data, size_t len, uint32_t section)
{
    const uint64_t footer = len - FOOTER_BYTES;
    const uint8_t *entry = data + footer + (size_t)(section - 1) * ENTRY_BYTES;
    const uint64_t offset = fhi_load64(entry + 8), bytes = fhi_load64(entry + 16);
    if (offset > footer || bytes > footer - offset) return (place){0};
    return (place){data + offset, offset, bytes};
}

/* Each block ends with the sum of what is before it; the index names where blocks start. */
static void repair_blocks(place blocks, place index)
{
    if (!blocks.data || !index.data || index.len < 8) return;
    for (uint64_t at = 0; at + 24 <= index.len; at += 16) {
        const uint64_t start = fhi_load64(index.data + at + 8);
        const uint64_t end = at + 40 <= index.len ? fhi_load64(index.data + at + 24) : blocks.len;
        if (start > end || end > blocks.len || end - start < 4) continue;
        fhi_store32(blocks.data + end - 4, fhi_crc32c(0, blocks.data + start, (size_t)(end - start) - 4));
    }
}

static void repair_pages(uint8_t *data, place pages)
{
    if (!pages.data) return;
    for (uint64_t i = 0; i * FHI_PAGE_BYTES < pages.offset && i * 4 + 4 <= pages.len; i++) {
        const uint64_t start = i * FHI_PAGE_BYTES, left = pages.offset - start;
        const size_t part = left < FHI_PAGE_BYTES ? (size_t)left : FHI_PAGE_BYTES;
        fhi_store32(pages.data + i * 4, fhi_crc32c(0, data + start, part));
    }
}

static void repair_sections(uint8_t *data, size_t len)
{
    for (uint32_t section = 1; section < FHI_SECTION_COUNT; section++) {
        const place found = section_at(data, len, section);
        uint8_t *entry = data + (len - FOOTER_BYTES) + (size_t)(section - 1) * ENTRY_BYTES;
        if (found.data) fhi_store32(entry + 4, fhi_crc32c(0, found.data, (size_t)found.len));
    }
}

void repair_segment(uint8_t *data, size_t len)
{
    if (len < FHI_HEADER_BYTES + FOOTER_BYTES) return;
    fhi_store64(data, FHI_SEGMENT_MAGIC);
    fhi_store32(data + 60, fhi_crc32c(0, data, 60));
    repair_blocks(section_at(data, len, FHI_SECTION_TERMS), section_at(data, len, FHI_SECTION_TERMS_INDEX));
    repair_blocks(section_at(data, len, FHI_SECTION_FORMS), section_at(data, len, FHI_SECTION_FORMS_INDEX));
    repair_pages(data, section_at(data, len, FHI_SECTION_PAGES));
    repair_sections(data, len);
    uint8_t *footer = data + (len - FOOTER_BYTES), *tail = footer + (FOOTER_BYTES - TAIL_BYTES);
    fhi_store64(tail + 24, len);
    fhi_store32(tail + 36, fhi_crc32c(0, footer, FOOTER_BYTES - 12));
    fhi_store64(tail + 40, ~FHI_SEGMENT_MAGIC);
}

size_t repair_place(const uint8_t *data, size_t len, uint32_t where)
{
    const uint32_t section = where >> 24 & 15, away = where & 0xFFFFFF;
    place found = {(uint8_t *)(uintptr_t)data, 0, len};
    if (section && len >= FHI_HEADER_BYTES + FOOTER_BYTES) found = section_at(found.data, len, section);
    if (len == 0) return 0;
    if (!found.data || found.len == 0) return away % len;
    const uint64_t inside = away % found.len;
    return (size_t)(found.offset + (where >> 31 ? found.len - 1 - inside : inside));
}

void repair_tail(uint8_t *data, size_t len)
{
    if (len >= 4) fhi_store32(data + len - 4, fhi_crc32c(0, data, len - 4));
}
