/* forms.c - keys of exact forms: the folded form, and where the exact one differs a zero byte and the difference.
 * FORMAT.md, section 6.
 *
 * A form and its fold differ by an accent or two, a capital, a letter of Arabic. So the difference says how many bytes
 * at the beginning and at the end are those of the fold, as many as can be, and what stands between. Exactly one key
 * belongs to a form: others are damage.
 */
#include "engine/segment/segment_internal.h"

enum { DIFFERENCE_BYTES_MAX = 1 + 2 * 2 }; /* before what stands between: the zero byte and two numbers */

static size_t common_prefix(fh_str a, fh_str b)
{
    const size_t most = a.len < b.len ? a.len : b.len;
    size_t same = 0;
    while (same < most && a.ptr[same] == b.ptr[same])
        same++;
    return same;
}

/* Of what follows the first `after` bytes of both. */
static size_t common_suffix(fh_str a, fh_str b, size_t after)
{
    const size_t most = (a.len < b.len ? a.len : b.len) - after;
    size_t same = 0;
    while (same < most && a.ptr[a.len - 1 - same] == b.ptr[b.len - 1 - same])
        same++;
    return same;
}

/* As fhi_buf_put_varint would. */
static size_t put_number(char *to, size_t number)
{
    if (number < 0x80) {
        to[0] = (char)number;
        return 1;
    }
    to[0] = (char)(number | 0x80);
    to[1] = (char)(number >> 7);
    return 2;
}

fh_str fhi_form_key(fh_str fold, fh_str exact, char key[FHI_KEY_BYTES_MAX])
{
    const size_t prefix = common_prefix(fold, exact), suffix = common_suffix(fold, exact, prefix);
    const size_t between = exact.len - prefix - suffix;
    if (fold.len + between + DIFFERENCE_BYTES_MAX >= FHI_KEY_BYTES_MAX) return (fh_str){NULL, 0};
    if (fold.len) memcpy(key, fold.ptr, fold.len);
    size_t len = fold.len;
    if (!fhi_str_equal(fold, exact)) {
        key[len++] = 0;
        len += put_number(key + len, prefix);
        len += put_number(key + len, suffix);
        if (between) memcpy(key + len, exact.ptr + prefix, between);
        len += between;
    }
    return (fh_str){key, len};
}

int fhi_form_compare(fh_str fold, fh_str a, fh_str b)
{
    char key_a[FHI_KEY_BYTES_MAX], key_b[FHI_KEY_BYTES_MAX];
    return fhi_str_compare(fhi_form_key(fold, a, key_a), fhi_form_key(fold, b, key_b));
}

/* The exact form from its fold and the difference; false where the numbers are not those of its key. */
static bool undo(fh_str fold, fhi_span *difference, char room[FHI_KEY_BYTES_MAX], fh_str *exact)
{
    const uint64_t prefix = fhi_span_get_varint(difference), suffix = fhi_span_get_varint(difference);
    const size_t between = fhi_span_left(difference);
    if (difference->failed || prefix > fold.len || suffix > fold.len - prefix) return false;
    const size_t len = (size_t)prefix + between + (size_t)suffix;
    if (len >= FHI_KEY_BYTES_MAX) return false;
    memcpy(room, fold.ptr, (size_t)prefix);
    memcpy(room + prefix, difference->data + difference->at, between);
    memcpy(room + prefix + between, fold.ptr + fold.len - suffix, (size_t)suffix);
    *exact = (fh_str){room, len};
    return !fhi_str_equal(fold, *exact) && common_prefix(fold, *exact) == prefix &&
           common_suffix(fold, *exact, (size_t)prefix) == suffix &&
           difference->at == 2 + (size_t)(prefix >= 0x80) + (size_t)(suffix >= 0x80);
}

void fhi_segment_form_info(const fhi_dictionary_entry *entry, fhi_form_info *info)
{
    *info = (fhi_form_info){(uint32_t)entry->values[0], (uint32_t)entry->values[1], (uint32_t)entry->values[2]};
}

fh_status fhi_segment_form(const fhi_dictionary_entry *entry, char room[FHI_KEY_BYTES_MAX], fh_str *fold, fh_str *exact,
                           fhi_form_info *info)
{
    const char *zero = entry->key.len ? memchr(entry->key.ptr, 0, entry->key.len) : NULL;
    *fold = *exact = zero ? (fh_str){entry->key.ptr, (size_t)(zero - entry->key.ptr)} : entry->key;
    fhi_segment_form_info(entry, info);
    if (!zero) return fold->len ? FH_OK : FH_E_CORRUPT;
    fhi_span difference = fhi_span_of(zero + 1, entry->key.len - fold->len - 1);
    return undo(*fold, &difference, room, exact) ? FH_OK : FH_E_CORRUPT;
}

fh_status fhi_forms_find(const fhi_segment *segment, fh_str fold, fh_str exact, fhi_form_info *info)
{
    fhi_dictionary_entry entry;
    char room[FHI_KEY_BYTES_MAX];
    *info = (fhi_form_info){0};
    const fh_str key = fhi_form_key(fold, exact, room);
    if (!key.ptr) return FH_E_NOT_FOUND;
    FH_TRY(fhi_dictionary_find(&segment->forms, key, &entry));
    fhi_segment_form_info(&entry, info);
    return FH_OK;
}

uint32_t fhi_forms_count(const fhi_segment *segment)
{
    return segment->forms.entry_count;
}

fh_status fhi_forms_scan(const fhi_segment *segment, fh_str prefix, fhi_form_seen seen, void *argument)
{
    fhi_dictionary_cursor cursor;
    char room[FHI_KEY_BYTES_MAX];
    fh_status status = fhi_dictionary_seek(&segment->forms, prefix, &cursor);
    for (; status == FH_OK; status = fhi_dictionary_next(&cursor)) {
        fh_str fold, exact;
        fhi_form_info info;
        if (!fhi_str_starts(cursor.entry.key, prefix)) return FH_OK;
        FH_TRY(fhi_segment_form(&cursor.entry, room, &fold, &exact, &info));
        if (!fhi_str_starts(fold, prefix)) continue;
        if (!seen(argument, fold, exact, &info)) return FH_OK;
    }
    return status == FH_E_NOT_FOUND ? FH_OK : status;
}
