/* small_index.c - see small_index.h. All content follows from the numbers of documents. */
#include "tests/support/small_index.h"

#include "engine/match/match.h"

#include <fihrist/record.h>

#include <stdio.h>
#include <stdlib.h>

enum {
    LARGE_DOCS = 1030, /* just over FHI_FLAT_DF_MAX */
    SMALL_DOCS = 20,
    COMMON_FORMS = 300, /* form codes of 16 bits: ranges so large that offsets count in 8 bytes */
    REQUEST_BYTES = 32 << 20
};

typedef struct list_maker {
    fhi_buf docs, counts, positions, forms;
} list_maker;

static void put_posting(list_maker *made, uint32_t doc, uint32_t count, const uint32_t *positions,
                        const uint32_t *forms)
{
    fhi_buf_put32(&made->docs, doc);
    fhi_buf_put32(&made->counts, count);
    fhi_buf_put(&made->positions, positions, count * sizeof *positions);
    fhi_buf_put(&made->forms, forms, count * sizeof *forms);
}

static fh_status add_list(fhi_segment_writer *writer, const char *term, list_maker *made)
{
    const fhi_list list = {(uint32_t)(made->docs.len / 4),
                           (uint32_t)(made->positions.len / 4),
                           (const uint32_t *)(const void *)made->docs.data,
                           (const uint32_t *)(const void *)made->counts.data,
                           (const uint32_t *)(const void *)made->positions.data,
                           (const uint32_t *)(const void *)made->forms.data};
    fh_status status = made->docs.status;
    if (status == FH_OK) status = made->counts.status;
    if (status == FH_OK) status = made->positions.status;
    if (status == FH_OK) status = made->forms.status;
    if (status == FH_OK) fhi_segment_writer_add_term(writer, fhi_str(term), &list);
    fhi_buf_fini(&made->docs);
    fhi_buf_fini(&made->counts);
    fhi_buf_fini(&made->positions);
    fhi_buf_fini(&made->forms);
    *made = (list_maker){0};
    return status;
}

/* Twice in every other of its documents. */
static fh_status add_pair(fhi_segment_writer *writer, const char *first, const char *second, uint32_t docs,
                          uint32_t step)
{
    char term[FHI_PAIR_TERM_BYTES_MAX];
    list_maker made = {0};
    for (uint32_t doc = 0; doc < docs; doc += step) {
        fhi_buf_put32(&made.docs, doc);
        fhi_buf_put32(&made.counts, 1 + doc / step % 2);
    }
    const fhi_list list = {.doc_count = (uint32_t)(made.docs.len / 4),
                           .docs = (const uint32_t *)(const void *)made.docs.data,
                           .counts = (const uint32_t *)(const void *)made.counts.data};
    const fh_status status = made.docs.status == FH_OK ? made.counts.status : made.docs.status;
    if (status == FH_OK)
        fhi_segment_writer_add_term(writer, fhi_pair_term(fhi_str(first), fhi_str(second), term), &list);
    fhi_buf_fini(&made.docs);
    fhi_buf_fini(&made.counts);
    return status;
}

/* Without positions: dense, flat, tiny. */
static fh_status add_pairs(fhi_segment_writer *writer, uint32_t docs)
{
    FH_TRY(add_pair(writer, "chose", "commun", docs, 1));
    FH_TRY(add_pair(writer, "commun", "deux", docs, 6));
    return add_pair(writer, "deux", "chose", docs, docs / 4);
}

/* "schose" in every document, one form: a dense chunk. "scommun" in every document, each time in two forms, many in
 * all: a dense chunk of wide ranges. "sdeux" in every third: flat, forms mixed now and then. "srare": tiny. */
static fh_status add_terms(fhi_segment_writer *writer, uint32_t docs)
{
    list_maker made = {0};
    static const uint32_t first[3] = {0, 2, 5}, no_forms[3] = {0};
    for (uint32_t doc = 0; doc < docs; doc++)
        put_posting(&made, doc, 1 + doc % 3, first, no_forms);
    FH_TRY(add_list(writer, "schose", &made));
    const uint32_t kinds = docs > COMMON_FORMS ? COMMON_FORMS : 2;
    for (uint32_t doc = 0; doc < docs; doc++) {
        const uint32_t forms[2] = {doc % kinds, (doc + 1) % kinds}, positions[2] = {1, 6};
        put_posting(&made, doc, 2, positions, forms);
    }
    FH_TRY(add_list(writer, "scommun", &made));
    for (uint32_t doc = 0; doc < docs; doc += 3) {
        const uint32_t forms[3] = {doc % 2, doc % 2, doc % 6 == 0}, positions[3] = {3, 4, 7};
        put_posting(&made, doc, 3, positions, forms);
    }
    FH_TRY(add_list(writer, "sdeux", &made));
    for (uint32_t doc = 1; doc < docs; doc += docs / 4) {
        const uint32_t forms[2] = {0, 1}, positions[2] = {0, 7};
        put_posting(&made, doc, 2, positions, forms);
    }
    return add_list(writer, "srare", &made);
}

static void add_forms(fhi_segment_writer *writer)
{
    static const char *const folds[] = {"chose", "commun", "commun", "deux", "deux", "rare", "raree"};
    static const char *const exacts[] = {"chose",       "commun", "comm\xC3\xBBn",  "deux",
                                         "de\xC3\xBCx", "rare",   "rar\xC3\xA9\x65"};
    static const uint32_t terms[] = {3, 4, 4, 5, 5, 6, 6}, ordinals[] = {0, 0, 1, 0, 1, 0, 1};
    for (size_t i = 0; i < sizeof folds / sizeof folds[0]; i++) {
        const fhi_form form = {fhi_str(folds[i]), fhi_str(exacts[i]), terms[i], ordinals[i], 1};
        fhi_segment_writer_add_form(writer, &form);
    }
}

static fh_status add_doc(fhi_segment_writer *writer, fhi_store_compressor *compressor, uint32_t number, fhi_buf *frame)
{
    static const char *const languages[] = {"fr", "ar", "mixed"};
    char id[16], source[16], bytes[128];
    fh_record record = {0};
    (void)snprintf(id, sizeof id, "%u", number);
    (void)snprintf(source, sizeof source, "Journal %u", number % 5);
    record.fields[FH_FIELD_ID] = fhi_str(id);
    record.fields[FH_FIELD_TITLE] = FH_STR("Une chose");
    fh_record_encode(&record, bytes);
    fhi_buf_clear(frame);
    FH_TRY(fhi_store_compress(compressor, (fh_str){bytes, fh_record_bytes(&record)}, frame));
    fhi_doc doc = {.id = fhi_str(id),
                   .day = number % 7 ? 20250101 + number % 28 : 0,
                   .minute = (uint16_t)(number % 1440),
                   .length = 5 + number % 60,
                   .title_end = 2,
                   .lead_end = 4,
                   .position_end = 8,
                   .frame = fhi_buf_str(frame),
                   .record_bytes = (uint32_t)fh_record_bytes(&record)};
    doc.columns[FHI_COLUMN_SOURCE] = (fhi_column_value){fhi_str(source), fhi_str(source)};
    doc.columns[FHI_COLUMN_LANG].value = doc.columns[FHI_COLUMN_LANG].key = fhi_str(languages[number % 3]);
    fhi_segment_writer_add_doc(writer, &doc);
    return FH_OK;
}

/* The second half of the documents uses a dictionary for the code of Latin: an alphabet of six symbols, three of them
 * of two bytes, and any bytes for zstd. */
static fh_status add_docs(fhi_segment_writer *writer, uint32_t first, uint32_t count)
{
    const fh_str dictionary = FH_STR("\0\0"
                                     "\x13"
                                     "\xFD\6\0"
                                     "\0\1\1\6\1\1"
                                     "e  choseun"
                                     "\x2F"
                                     "Une chose, puis une autre, et encore une chose."
                                     "\0\0");
    fhi_store_compressor *plain = NULL, *primed = NULL;
    fhi_buf frame = {0};
    fh_status status = fhi_store_compressor_create((fh_str){NULL, 0}, &plain);
    if (status == FH_OK) status = fhi_store_compressor_create(dictionary, &primed);
    for (uint32_t i = 0; i < count && status == FH_OK; i++) {
        if (i == count / 2) fhi_segment_writer_store_dictionary(writer, dictionary);
        status = add_doc(writer, i < count / 2 ? plain : primed, first + i, &frame);
    }
    fhi_buf_fini(&frame);
    fhi_store_compressor_destroy(plain);
    fhi_store_compressor_destroy(primed);
    return status;
}

static fh_status write_segment(const fhi_vfs *vfs, const char *directory, const fhi_settings *settings, uint64_t id,
                               uint32_t first, uint32_t count, fhi_segment_info *info, fh_err *err)
{
    fhi_segment_writer *writer;
    FH_TRY(fhi_segment_writer_create(vfs, directory, id, settings, &writer, err));
    fh_status status = add_docs(writer, first, count);
    if (status == FH_OK) status = add_pairs(writer, count);
    if (status == FH_OK) status = add_terms(writer, count);
    if (status == FH_OK) add_forms(writer);
    if (status == FH_OK) status = fhi_segment_writer_finish(writer, info, err);
    fhi_segment_writer_destroy(writer);
    return status;
}

fh_status small_index_write(const fhi_vfs *vfs, const char *directory, fh_err *err)
{
    static const uint64_t deleted[1] = {1 << 3 | 1 << 12};
    fhi_segment_info infos[2] = {0};
    fhi_manifest manifest = {.generation = 2, .next_segment_id = 4, .segment_count = 2, .segments = infos};
    fhi_settings_press(&manifest.settings, 7);
    FH_TRY(vfs->make_dir(vfs->context, directory, err));
    FH_TRY(write_segment(vfs, directory, &manifest.settings, 1, 0, LARGE_DOCS, &infos[0], err));
    FH_TRY(write_segment(vfs, directory, &manifest.settings, 2, LARGE_DOCS, SMALL_DOCS, &infos[1], err));
    infos[1].delete_id = 3;
    infos[1].deleted_count = 2;
    FH_TRY(fhi_deletes_write(vfs, directory, 2, 3, deleted, SMALL_DOCS, err));
    const fh_str words[] = {FH_STR("chose"), FH_STR("commun"), FH_STR("deux")};
    FH_TRY(fhi_frequent_init(&manifest.frequent, words, sizeof words / sizeof *words));
    fhi_frequent_join(&manifest.frequent, 0, 1);
    fhi_frequent_join(&manifest.frequent, 1, 1);
    fhi_frequent_join(&manifest.frequent, 0, 2);
    fhi_frequent_number(&manifest.frequent);
    const fh_status status = fhi_manifest_write(vfs, directory, &manifest, err);
    fhi_frequent_fini(&manifest.frequent);
    return status;
}

/* ---- searching ---- */

static bool accept_source(void *argument, fh_str key)
{
    (void)argument;
    return fhi_str_equal(key, FH_STR("Journal 2")) || fhi_str_equal(key, FH_STR("Journal 3"));
}

static const fh_str *term_of(const char *name)
{
    static const char *const names[] = {"schose", "scommun", "sdeux", "srare"};
    static const fh_str terms[] = {{"schose", 6}, {"scommun", 7}, {"sdeux", 5}, {"srare", 5}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0) return &terms[i];
    abort();
}

static fhi_word_spec word_of(const char *name, const char *exact)
{
    const char *fold = strcmp(exact, "comm\xC3\xBBn") == 0 ? "commun" : exact;
    return (fhi_word_spec){.terms = term_of(name), .term_count = 1, .exact = fhi_str(exact), .fold = fhi_str(fold)};
}

static fh_status run(const fhi_index *index, const fhi_node *root, const fhi_match_options *options, fh_err *err)
{
    fhi_arena arena;
    fhi_hits hits;
    fhi_buf record = {0};
    fhi_arena_init(&arena, REQUEST_BYTES);
    fh_status status = fhi_match_run(index, root, options, &arena, &hits, err);
    for (uint32_t i = 0; i < hits.hit_count && i < 5 && status == FH_OK; i++)
        status = fhi_segment_record(fhi_index_segment(index, hits.hits[i].segment), hits.hits[i].doc, &record, err);
    fhi_buf_fini(&record);
    fhi_arena_fini(&arena);
    return status;
}

static fh_status find_id(const fhi_index *index, unsigned which, fh_err *err)
{
    static const char *const ids[] = {"0", "600", "1029", "1031", "1033", "absent"};
    uint32_t segment, doc;
    const fh_status status =
        fhi_index_find_id(index, fhi_str(ids[which % (sizeof ids / sizeof ids[0])]), &segment, &doc, err);
    return status == FH_E_NOT_FOUND ? FH_OK : status;
}

fh_status small_index_search(fhi_index *index, unsigned which, fh_err *err)
{
    static const fhi_match_options options[] = {
        {.top = 5}, {.top = 10, .exhaustive = true, .count = true}, {.top = 3, .sort = FHI_SORT_DATE, .count = true}};
    fhi_slot slots[2] = {{.word = word_of("schose", "chose")},
                         {.word = word_of("scommun", "comm\xC3\xBBn"), .offset = 1}};
    slots[1].word.exact_only = true;
    fhi_node word = {.kind = FHI_NODE_WORD, .weight = 1, .word = word_of("scommun", "commun")};
    fhi_node title = {.kind = FHI_NODE_WORD, .weight = 1, .title_only = true, .word = word_of("srare", "rare")};
    fhi_node exact = {.kind = FHI_NODE_WORD, .weight = 2, .word = word_of("sdeux", "deux")};
    exact.word.exact_only = true;
    fhi_node prefix = {.kind = FHI_NODE_PREFIX, .weight = 1, .prefix = FH_STR("rar")};
    fhi_node phrase = {.kind = FHI_NODE_PHRASE, .weight = 1, .slot_count = 2, .slots = slots};
    fhi_node near = {.kind = FHI_NODE_PHRASE, .weight = 1, .slot_count = 2, .slots = slots, .window = 3};
    fhi_slot frequent[3] = {{.word = word_of("schose", "chose")},
                            {.word = word_of("scommun", "commun"), .offset = 1},
                            {.word = word_of("sdeux", "deux"), .offset = 2}};
    fhi_node pair = {.kind = FHI_NODE_PHRASE, .weight = 1, .slot_count = 2, .slots = frequent};
    fhi_node three = {.kind = FHI_NODE_PHRASE, .weight = 1, .slot_count = 3, .slots = frequent};
    fhi_node column = {.kind = FHI_NODE_COLUMN, .column = FHI_COLUMN_SOURCE, .accept = accept_source};
    fhi_node days = {.kind = FHI_NODE_DAYS, .day_first = 20250105, .day_last = 20250125};
    fhi_node every = {.kind = FHI_NODE_ALL};
    fhi_node *some[] = {&word, &title, &exact, &prefix, &phrase, &near, &pair, &three};
    fhi_node any = {.kind = FHI_NODE_OR, .child_count = sizeof some / sizeof *some, .children = some};
    fhi_node *filtered[] = {&any, &column, &days};
    fhi_node all = {.kind = FHI_NODE_AND, .child_count = 3, .children = filtered};
    fhi_node *apart[] = {&every, &exact};
    fhi_node without = {.kind = FHI_NODE_NOT, .child_count = 2, .children = apart};
    const fhi_node *roots[] = {&all, &any, &without, &phrase};
    FH_TRY(run(index, roots[which / 3 % 4], &options[which % 3], err));
    return find_id(index, which, err);
}

fh_status small_index_search_all(fhi_index *index, fh_err *err)
{
    for (unsigned which = 0; which < SMALL_INDEX_SEARCHES; which++)
        FH_TRY(small_index_search(index, which, err));
    return FH_OK;
}
