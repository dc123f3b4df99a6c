/* repair.h - makes the checksums of a changed index file right again, so that what lies behind them is tested: a file
 * that somebody made on purpose. Knows the layout of format version 3 by itself (engine/FORMAT.md). */
#ifndef TESTS_SUPPORT_REPAIR_H
#define TESTS_SUPPORT_REPAIR_H

#include <stddef.h>
#include <stdint.h>

/* Dictionary blocks, sections, pages, header and footer; the length in the footer and the magics too. Whatever places
 * the footer names are taken as they are where they lie inside the file. Files too short stay as they are. */
void repair_segment(uint8_t *data, size_t len);

/* A place in a segment near the beginning (bit 31 of `where` clear) or the end of a section (bits 24 to 27, 0: the
 * whole file): that is where directories and counts are. The other bits count from there. len > 0. */
size_t repair_place(const uint8_t *data, size_t len, uint32_t where);

/* A manifest or a delete file: its last four bytes. */
void repair_tail(uint8_t *data, size_t len);

#endif
