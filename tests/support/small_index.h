/* small_index.h - an index of a few kilobytes that holds every structure of the format, the same at every call: two
 * segments, one with deletes; tiny, flat, dense and sparse chunked lists, those of pairs too, forms told apart and
 * mixed, several store dictionaries, all columns. For tests that damage it.
 */
#ifndef TESTS_SUPPORT_SMALL_INDEX_H
#define TESTS_SUPPORT_SMALL_INDEX_H

#include "engine/segment/index.h"
#include "tests/support/vfs_memory.h"

#define SMALL_INDEX_FOLDER "small"

/* Codes: as the writer's. */
fh_status small_index_write(const fhi_vfs *vfs, const char *directory, fh_err *err);

/* One of SMALL_INDEX_SEARCHES searches (words, exact forms, prefix, phrases, filters; pruned, counted, by date),
 * reading the stored articles found and an id. Answers the first failure: FH_OK, FH_E_CORRUPT, FH_E_NOMEM or
 * FH_E_LIMIT. */
enum { SMALL_INDEX_SEARCHES = 12 };
fh_status small_index_search(fhi_index *index, unsigned which, fh_err *err);

/* All of them. */
fh_status small_index_search_all(fhi_index *index, fh_err *err);

#endif
