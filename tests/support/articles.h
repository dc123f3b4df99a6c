/* articles.h - small corpora of articles, the writer with failures turned into failed tests, and an index as text. */
#ifndef TESTS_SUPPORT_ARTICLES_H
#define TESTS_SUPPORT_ARTICLES_H

#include "indexer/writer.h"
#include "tests/support/rng.h"
#include "tests/support/scratch.h"

/* Every living article, and every occurrence of every term with its exact form, as sorted lines; the caller frees. So
 * two indexes of the same articles give the same text whatever their segments and their order. Checks every byte, too.
 */
char *article_index_text(const char *directory);
void article_index_same(const char *directory, const char *other);
uint32_t article_index_segments(const char *directory);

/* analyzer NULL: press; memory_bytes 0: the default. */
fh_writer *article_writer_open(const char *directory, const char *analyzer, size_t memory_bytes);
void article_add(fh_writer *writer, const char *id, const char *title, const char *body);
void article_commit(fh_writer *writer);

/* French and Arabic words, numbers, a date; punctuation now and then. */
void article_words(rng *random, fhi_buf *to, uint64_t count);

/* JSON Lines with some ids that come again. */
void article_corpus_write(rng *random, const char *path, uint32_t count);
/* One run of the pipeline over such a file. */
void article_corpus_run(const char *directory, const char *path, uint32_t workers, size_t memory_bytes);
/* The same records one by one: all at once, or with a flush after every few and no dictionary for what is stored. */
void article_corpus_add(const char *directory, const char *path, uint32_t flush_every);

#endif
