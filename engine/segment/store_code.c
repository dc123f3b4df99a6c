/* store_code.c - the code of a record, and what a store dictionary has for each. Users: store.c writes, store_reader.c
 * reads. */
#include "engine/segment/store.h"

/* First byte of UTF-8 of a letter beyond ASCII, or one more. */
enum { LEAD_LATIN = 0xC2, LEAD_ARABIC = 0xD8 };

/* Counts the letters of each script. In bytes first, which compilers make short work of. */
fhi_store_code fhi_store_choose_code(fh_str record)
{
    const uint8_t *from = (const uint8_t *)record.ptr;
    size_t latin = 0, arabic = 0, leads = 0;
    for (size_t done = 0; done < record.len;) {
        const size_t end = record.len - done < UINT8_MAX ? record.len : done + UINT8_MAX;
        uint8_t some_latin = 0, some_arabic = 0, some_leads = 0;
        for (; done < end; done++) {
            some_latin = (uint8_t)(some_latin + ((from[done] & 0xFE) == LEAD_LATIN));
            some_arabic = (uint8_t)(some_arabic + ((from[done] & 0xFE) == LEAD_ARABIC));
            some_leads = (uint8_t)(some_leads + (from[done] >= 0xC0));
        }
        latin += some_latin;
        arabic += some_arabic;
        leads += some_leads;
    }
    const fhi_store_code code = arabic > latin ? FHI_STORE_ARABIC : FHI_STORE_LATIN;
    const size_t gain = arabic > latin ? arabic : latin;
    return leads - gain > gain ? FHI_STORE_OTHER : code; /* another script */
}

bool fhi_store_dictionary_split(fh_str dictionary, fhi_store_part parts[FHI_STORE_CODE_COUNT])
{
    fhi_span span = fhi_span_of(dictionary.ptr, dictionary.len);
    for (int i = 0; i < FHI_STORE_CODE_COUNT; i++) {
        parts[i].alphabet = dictionary.len ? fhi_span_get_str(&span) : (fh_str){0};
        parts[i].dictionary = dictionary.len ? fhi_span_get_str(&span) : (fh_str){0};
    }
    return !span.failed && fhi_span_left(&span) == 0;
}
