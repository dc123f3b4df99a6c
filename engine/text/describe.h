/* describe.h - what became of one token, stage by stage: for `fihrist analyze` and the doors of the server. */
#ifndef FHI_DESCRIBE_H
#define FHI_DESCRIBE_H

#include "engine/base/base.h"
#include <fihrist/analyzer.h>

typedef struct fhi_described {
    fh_str original; /* slice of the text */
    fh_token token;
    fh_str base; /* in base_bytes */
    char base_bytes[FH_TERM_BYTES_MAX];
    fh_str variants[FH_VARIANTS_MAX]; /* good until the next call on the analyzer */
    size_t variant_count;
} fhi_described;

/* Codes: those of fh_analyzer_variants. */
fh_status fhi_describe(fh_analyzer *analyzer, fh_str text, const fh_token *token, fhi_described *out);

const char *fhi_kind_name(const fh_word *word);   /* "word", "number", "joined", "date" */
const char *fhi_script_name(const fh_word *word); /* "other", "latin", "arabic" */

/* One object; NULL: no memory. */
struct json_t *fhi_described_json(const fhi_described *from);

#endif
