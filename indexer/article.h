/* article.h - one line or one file becomes one article, or a reason why not.
 *
 * Everything that comes in passes here, from files and from the C API, so the rules are in one place: what is
 * not UTF-8, not JSON, without title and body, of a wrong type or too long is set aside with a reason in
 * English that does not change between versions.
 */
#ifndef FHI_ARTICLE_H
#define FHI_ARTICLE_H

#include "engine/base/base.h"
#include "indexer/usual.h"

#include <fihrist/analyzer.h>
#include <fihrist/record.h>

#include <jansson.h>

enum {
    FHI_ID_BYTES_MAX = 4096,
    FHI_VALUE_BYTES_MAX = 64 * 1024, /* url, source, section, region, author, lang, date */
};

/* Reusable: the views of record live until the next article or fini, and no longer than what it was made of. */
typedef struct fhi_article {
    fh_record record;
    uint32_t day; /* as in fhi_doc; 0 when there is no date or it cannot be read */
    uint16_t minute;
    bool date_refused;  /* a date was given and cannot be read: it is left out */
    fhi_usual usual;    /* has strings of a JSON article in the usual shape */
    json_t *json;       /* has those of any other */
    fhi_buf scratch;    /* joined tags, then extra fields */
    fh_analyzer *dates; /* reads dates that are written out; NULL until one comes */
} fhi_article;

void fhi_article_fini(fhi_article *article);

/* Each answers FH_OK, FH_E_NOMEM, or a refusal: FH_E_UTF8, FH_E_SYNTAX, FH_E_INVALID, FH_E_LIMIT with the reason in
 * err->text. default_id names a JSON article that has neither id nor url. */
fh_status fhi_article_from_json(fhi_article *article, fh_str line, fh_str default_id, fh_err *err);
fh_status fhi_article_from_text(fhi_article *article, fh_str text, fh_str id, fh_err *err); /* first line = title */
fh_status fhi_article_from_line(fhi_article *article, fh_str line, fh_str id, fh_err *err); /* all of it = body */
fh_status fhi_article_from_record(fhi_article *article, const fh_record *record, fh_err *err);

#endif
