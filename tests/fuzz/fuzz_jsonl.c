/* fuzz_jsonl.c - any bytes as a line of JSON Lines, as a text file and as a line; what is taken is whole. */
#include "indexer/article.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* An article that went in has an id, a title or a body, and only text that is UTF-8; its record reads back. */
static void check(const fhi_article *article)
{
    const fh_str *fields = article->record.fields;
    if (fields[FH_FIELD_ID].len == 0) abort();
    if (fields[FH_FIELD_TITLE].len == 0 && fields[FH_FIELD_BODY].len == 0) abort();
    for (int i = 0; i < FH_FIELD_COUNT; i++)
        if (fhi_utf8_check(fields[i].ptr, fields[i].len) < fields[i].len) abort();
    const size_t bytes = fh_record_bytes(&article->record);
    char *encoded = malloc(bytes);
    fh_record again;
    if (!encoded) return;
    fh_record_encode(&article->record, encoded);
    if (fh_record_decode((fh_str){encoded, bytes}, &again) != FH_OK) abort();
    for (int i = 0; i < FH_FIELD_COUNT; i++)
        if (!fhi_str_equal(fields[i], again.fields[i])) abort();
    free(encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const fh_str text = {(const char *)data, len};
    static fhi_article article; /* as a worker does: one for all lines, and so one analyzer of dates */
    fh_err err = {0};
    if (fhi_article_from_json(&article, text, FH_STR("f:1"), &err) == FH_OK) check(&article);
    if (fhi_article_from_text(&article, text, FH_STR("f.txt"), &err) == FH_OK) check(&article);
    if (fhi_article_from_line(&article, text, FH_STR("0"), &err) == FH_OK) check(&article);
    fh_record record;
    (void)fh_record_decode(text, &record);
    return 0;
}
