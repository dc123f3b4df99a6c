/* fuzz_fields.c - any bytes as the values of Accept-Encoding and If-None-Match: read within bounds, and a tag is found
 * wherever it is put first. */
#include "query/server/etag.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum { HASH = 0x1234 };
    char *value = malloc(len + 1); /* of its exact size, so that a byte too far is seen */
    char tag[FHI_ETAG_BYTES];
    bool forced;
    fhi_coding found;
    if (!value) return 0;
    if (len) memcpy(value, data, len);
    const fhi_coding coding = fhi_coding_choose((fh_str){value, len}, &forced);
    if (forced && coding == FHI_CODING_IDENTITY) abort();
    if (fhi_etag_find((fh_str){value, len}, HASH, &found) != FHI_ETAG_SAME && found != FHI_CODING_IDENTITY) abort();
    free(value);
    fhi_buf list = {0};
    fhi_etag_text(HASH, len % 2, coding, tag);
    fhi_buf_printf(&list, "%s,", tag);
    fhi_buf_put(&list, data, len);
    if (fhi_etag_find(fhi_buf_str(&list), HASH, &found) != FHI_ETAG_SAME || found != coding) abort();
    fhi_buf_fini(&list);
    return 0;
}
