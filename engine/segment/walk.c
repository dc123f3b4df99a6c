/* walk.c - a dictionary pulled key by key, for merges. Keys are made sure of: whoever merges relies on their order. */
#include "engine/segment/segment_internal.h"

#include <stdlib.h>

struct fhi_walk {
    const fhi_segment *segment;
    const fhi_dictionary *dictionary;
    fhi_dictionary_cursor cursor;
    bool begun;
    size_t last_len;
    char last[FHI_KEY_BYTES_MAX];
    char room[FHI_KEY_BYTES_MAX]; /* for an exact form */
};

static fh_status create(const fhi_segment *segment, const fhi_dictionary *dictionary, fhi_walk **out)
{
    *out = malloc(sizeof **out);
    if (!*out) return FH_E_NOMEM;
    (*out)->segment = segment;
    (*out)->dictionary = dictionary;
    (*out)->begun = false;
    return FH_OK;
}

fh_status fhi_walk_terms(const fhi_segment *segment, fhi_walk **out)
{
    return create(segment, &segment->terms, out);
}

fh_status fhi_walk_forms(const fhi_segment *segment, fhi_walk **out)
{
    return create(segment, &segment->forms, out);
}

void fhi_walk_destroy(fhi_walk *walk)
{
    free(walk);
}

fh_status fhi_walk_next(fhi_walk *walk, fh_str *key)
{
    fhi_dictionary_cursor *cursor = &walk->cursor;
    *key = (fh_str){0};
    if (!walk->begun) {
        FH_TRY(fhi_dictionary_at(walk->dictionary, 0, cursor));
        walk->begun = true;
    } else {
        walk->last_len = cursor->entry.key.len;
        memcpy(walk->last, cursor->entry.key.ptr, walk->last_len);
        FH_TRY(fhi_dictionary_next(cursor));
        if (fhi_str_compare((fh_str){walk->last, walk->last_len}, cursor->entry.key) >= 0) return FH_E_CORRUPT;
    }
    *key = cursor->entry.key;
    return FH_OK;
}

fh_status fhi_walk_term(const fhi_walk *walk, fhi_term_info *info)
{
    return fhi_segment_term(walk->segment, &walk->cursor.entry, info);
}

fh_status fhi_walk_form(fhi_walk *walk, fh_str *fold, fh_str *exact, fhi_form_info *info)
{
    return fhi_segment_form(&walk->cursor.entry, walk->room, fold, exact, info);
}
