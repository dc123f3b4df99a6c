/* record.h - a stored article: what the indexer puts away and the query side shows.
 *
 * A record is a byte string: for each field a varint length and UTF-8 bytes, in the order below, then `extra`:
 * the fields we do not know, as one JSON object in text ("" when there is none). Absent fields are empty.
 */
#ifndef FIHRIST_RECORD_H
#define FIHRIST_RECORD_H

#include <fihrist/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum fh_field {
    FH_FIELD_ID, /* first, so that an id can be read alone */
    FH_FIELD_URL,
    FH_FIELD_LANG, /* as given, else computed from the tokens: fr, ar or mixed */
    FH_FIELD_SOURCE,
    FH_FIELD_SECTION,
    FH_FIELD_REGION,
    FH_FIELD_AUTHOR,
    FH_FIELD_DATE, /* as written */
    FH_FIELD_TITLE,
    FH_FIELD_ABSTRACT,
    FH_FIELD_BODY,
    FH_FIELD_TAGS, /* joined by "\n" */
    FH_FIELD_EXTRA,
    FH_FIELD_COUNT
} fh_field;

typedef struct fh_record {
    fh_str fields[FH_FIELD_COUNT];
} fh_record;

/* Views into bytes, which must outlive the record. Codes: FH_E_CORRUPT. */
fh_status fh_record_decode(fh_str bytes, fh_record *out);

/* Size of, and writing of, the encoded record. to has room for fh_record_bytes(record). */
size_t fh_record_bytes(const fh_record *record);
void fh_record_encode(const fh_record *record, char *to);

/* JSON name of a field, e.g. "title"; NULL for FH_FIELD_EXTRA. */
const char *fh_field_name(fh_field field);

#ifdef __cplusplus
}
#endif
#endif
