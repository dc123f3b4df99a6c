/* search_print.h - answers for people, between search.c and search_print.c. */
#ifndef FHI_SEARCH_PRINT_H
#define FHI_SEARCH_PRINT_H

#include "engine/base/base.h"

#include <jansson.h>
#include <stdio.h>

typedef struct fhi_paper {
    FILE *out;
    bool colour;
    unsigned width; /* columns of a line */
} fhi_paper;

/* Colour and width of the terminal behind `out`; none and 80 when it is no terminal. NO_COLOR is heeded. */
fhi_paper fhi_paper_of(FILE *out);

/* An answer with hits; `offset` hits were left out before the first, unless the answer tells. */
void fhi_print_answer(const fhi_paper *paper, const json_t *answer, unsigned offset);
/* Answers with counts. */
void fhi_print_facets(const fhi_paper *paper, const json_t *answer);
void fhi_print_histogram(const fhi_paper *paper, const json_t *answer);
/* What of a query an article has, clause by clause, and what each adds to its score. */
void fhi_print_explanation(const fhi_paper *paper, const json_t *answer);
/* `fihrist search: code: message` and the place in the query. */
void fhi_print_error(const fhi_paper *paper, const json_t *error, fh_str query);

#endif
