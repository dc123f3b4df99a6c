/* usual.h - articles in the usual shape, read in one pass and without a tree: an object of known fields, each told
 * once, whose values are strings without NUL or null; tags may be an array of strings.
 *
 * It takes a line only when jansson takes it too, with the same fields; whatever is not surely so (an unknown field, a
 * fault, an escape that could be half a character) it leaves, and article.c reads the line again with jansson, which
 * alone decides what is refused and why.
 */
#ifndef FHI_USUAL_H
#define FHI_USUAL_H

#include "engine/base/base.h"

#include <fihrist/record.h>

/* Zero-initialise; reusable. */
typedef struct fhi_usual {
    fhi_buf text; /* strings that had escapes; joined tags */
    fhi_buf room; /* the parser's memory, see usual.c */
    size_t room_used;
} fhi_usual;

void fhi_usual_fini(fhi_usual *usual);

/* Answers whether it took the line; when not, nothing is in *record. Its fields are views of the line and of
 * usual->text. Out of memory is a reason to leave the line, too. */
bool fhi_usual_read(fhi_usual *usual, fh_str line, fh_record *record);

#endif
