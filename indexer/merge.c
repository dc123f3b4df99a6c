/* merge.c - k-way merge of segments by term. One list is held at a time, and of the dictionaries the keys at hand.
 *
 * A dictionary of forms is in the order of names, lists name forms by ordinals in their term: so the forms of all
 * inputs are numbered by name (one walk over all), sorted by term (sorter.h), used term by term, and sorted back by
 * name for the result; a second walk gives the names again.
 */
#include "indexer/merge.h"

#include "indexer/emit.h"
#include "indexer/sorter.h"
#include "indexer/union.h"

#include <assert.h>
#include <stdlib.h>

enum { KEYS_PER_CHECK = 256, DOCS_PER_CHECK = 1024 };

typedef struct merge_source {
    fhi_merge_input input;
    uint32_t *doc_map; /* new number, FHI_UNKNOWN when deleted */
    const fhi_sort_record
        *forms; /* source, ordinal of the term, ordinal in it, number of the name: those not used yet */
    const fhi_sort_record *forms_end;
    fh_str dictionary;    /* of the last frame copied */
    bool dictionary_fits; /* it is that of the result */
} merge_source;

typedef struct merge_doc {
    uint32_t source;
    uint32_t doc;
    uint32_t length;
} merge_doc;

typedef struct merge_job {
    merge_source *sources;
    const fhi_segment **segments; /* of the sources */
    uint32_t source_count;
    bool told_apart;
    fhi_segment_writer *writer;
    const uint32_t *order; /* see fhi_merge_options */
    merge_doc *docs;       /* the living, in the order of the inputs */
    uint32_t doc_count;
    fhi_store_decompressor *decompressor;
    fhi_store_compressor *compressor; /* with `dictionary`; made when one is needed */
    fh_str dictionary;                /* that frames of the result are compressed with now */
    fhi_buf id, record, frame;        /* of the article at hand */
    fhi_sorter forms;                 /* of all sources */
    fhi_union keys;                   /* being walked */
    uint32_t name;                    /* number of the form at hand, from 1 */
    fhi_list_scratch scratch;
    fhi_list_build list;
    fhi_list_build ordered; /* the same, its documents in order */
    uint64_t *postings;     /* document, place in list; scratch of the ordering */
    uint32_t *firsts;       /* first position of each */
    size_t posting_capacity;
    fhi_emitter emitter;
    uint32_t *form_scratch; /* names of the forms of each source, the union of them, the place of each there */
    uint32_t form_capacity; /* of each of the three */
    uint32_t checked;       /* keys since the last look at cancelled */
    fhi_cancelled cancelled;
    void *argument;
    fh_err *err;
} merge_job;

static bool is_cancelled(const merge_job *job)
{
    return job->cancelled && job->cancelled(job->argument);
}

/* ---- forms --------------------------------------------------------------------------------------------- */

/* The next key of the walk; now and then looks whether the merge is to end. The writer may be at work meanwhile. */
static fh_status next_key(merge_job *job, fh_str *key)
{
    FH_TRY(fhi_union_next(&job->keys, key));
    if (++job->checked % KEYS_PER_CHECK != 0) return FH_OK;
    return is_cancelled(job) ? FH_E_CANCELLED : FH_OK;
}

static fh_status begin_walk(merge_job *job, fhi_walk_opener open)
{
    fhi_union_fini(&job->keys);
    return fhi_union_init(&job->keys, job->segments, job->source_count, open);
}

static fh_status put_form(merge_job *job, uint32_t source)
{
    fh_str fold, exact;
    fhi_form_info info;
    FH_TRY(fhi_walk_form(job->keys.sources[source].walk, &fold, &exact, &info));
    return fhi_sorter_put(&job->forms, (fhi_sort_record){{source, info.term_ordinal, info.form, job->name}}, job->err);
}

static fh_status load_forms(merge_job *job)
{
    fh_str key;
    fh_status status;
    FH_TRY(begin_walk(job, fhi_walk_forms));
    for (job->name = 1; (status = next_key(job, &key)) == FH_OK; job->name++) {
        if (job->name == UINT32_MAX) return FH_E_LIMIT;
        for (uint32_t i = 0; i < job->source_count; i++)
            if (job->keys.sources[i].holds) FH_TRY(put_form(job, i));
    }
    if (status != FH_E_NOT_FOUND) return status;
    const fhi_sort_record *at, *end;
    size_t count;
    FH_TRY(fhi_sorter_read(&job->forms, &at, &count, job->err));
    end = count ? at + count : at;
    for (uint32_t i = 0; i < job->source_count; i++) {
        merge_source *source = &job->sources[i];
        source->forms = at;
        while (at < end && at->at[0] == i)
            at++;
        source->forms_end = at;
    }
    return FH_OK;
}

/* Answers for the emitter, by a second walk. */
static fh_status name_form(void *argument, uint32_t name, fh_str *fold, fh_str *exact)
{
    merge_job *job = argument;
    fhi_form_info info;
    fh_str key;
    for (; job->name < name; job->name++)
        FH_TRY(next_key(job, &key));
    for (uint32_t i = 0; i < job->source_count; i++)
        if (job->keys.sources[i].holds) return fhi_walk_form(job->keys.sources[i].walk, fold, exact, &info);
    return FH_E_CORRUPT;
}

/* ---- documents ----------------------------------------------------------------------------------------- */

static bool is_deleted(const merge_source *source, uint32_t doc)
{
    const uint64_t *deleted = source->input.deleted;
    return deleted && (deleted[doc / 64] >> (doc % 64) & 1);
}

/* Exact lengths are not kept, but their sum is. A length between the floor of a norm and the next one has the same
 * norm; lengths are spread evenly there, so that the average stays what it was. Error diffusion, in integers. */
typedef struct length_spread {
    uint64_t missing; /* true sum less the sum of floors */
    uint64_t room;    /* what all documents could take */
    uint64_t taken;   /* room of the documents so far */
    uint64_t given;
} length_spread;

static uint32_t norm_room(uint8_t norm)
{
    return norm == UINT8_MAX ? 0 : fhi_length_of_norm((uint8_t)(norm + 1)) - fhi_length_of_norm(norm) - 1;
}

static length_spread spread_of(const merge_source *source)
{
    const uint8_t *norms = fhi_segment_norms(source->input.segment);
    const uint32_t count = fhi_segment_doc_count(source->input.segment);
    length_spread spread = {0};
    uint64_t floors = 0;
    for (uint32_t i = 0; i < count; i++) {
        floors += fhi_length_of_norm(norms[i]);
        spread.room += norm_room(norms[i]);
    }
    spread.missing = source->input.length_sum > floors ? source->input.length_sum - floors : 0;
    if (spread.missing > spread.room) spread.missing = spread.room;
    return spread;
}

static uint32_t next_length(length_spread *spread, uint8_t norm)
{
    __extension__ typedef unsigned __int128 wide;
    spread->taken += norm_room(norm);
    const uint64_t due = spread->room ? (uint64_t)((wide)spread->missing * spread->taken / spread->room) : 0;
    const uint64_t share = due - spread->given;
    spread->given = due;
    return fhi_length_of_norm(norm) + (uint32_t)share;
}

/* Numbers the living articles in the order of the inputs, which is what `order` is in terms of. */
static fh_status list_docs(merge_job *job)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < job->source_count; i++)
        total += fhi_segment_doc_count(job->segments[i]);
    if (total >= FHI_UNKNOWN) return FH_E_LIMIT;
    job->docs = calloc((size_t)total + 1, sizeof *job->docs);
    if (!job->docs) return FH_E_NOMEM;
    for (uint32_t i = 0; i < job->source_count; i++) {
        merge_source *source = &job->sources[i];
        const uint32_t count = fhi_segment_doc_count(source->input.segment);
        const uint8_t *norms = fhi_segment_norms(source->input.segment);
        length_spread spread = spread_of(source);
        source->doc_map = malloc((count + (size_t)1) * sizeof *source->doc_map);
        if (!source->doc_map) return FH_E_NOMEM;
        for (uint32_t doc = 0; doc < count; doc++) {
            const uint32_t length = next_length(&spread, norms[doc]);
            source->doc_map[doc] = is_deleted(source, doc) ? FHI_UNKNOWN : job->doc_count;
            if (source->doc_map[doc] != FHI_UNKNOWN) job->docs[job->doc_count++] = (merge_doc){i, doc, length};
        }
    }
    return FH_OK;
}

/* Doc maps lead to the places that `order` gives. */
static void apply_order(merge_job *job)
{
    for (uint32_t place = 0; job->order && place < job->doc_count; place++) {
        const merge_doc *doc = &job->docs[job->order[place]];
        uint32_t *doc_map = job->sources[doc->source].doc_map;
        assert(doc_map);
        doc_map[doc->doc] = place;
    }
}

/* In the order of the inputs the dictionaries change with them. In another order all articles come to have that of the
 * first; the few of others are compressed again. */
static fh_status settle_frame(merge_job *job, merge_source *source, const merge_doc *from, fh_str dictionary,
                              fhi_doc *copy)
{
    if (!dictionary.ptr) dictionary = FH_STR("");
    if (!job->dictionary.ptr) {
        job->dictionary = source->dictionary = dictionary;
        source->dictionary_fits = true;
        fhi_segment_writer_store_dictionary(job->writer, dictionary);
    }
    if (dictionary.ptr != source->dictionary.ptr) {
        source->dictionary = dictionary;
        source->dictionary_fits = fhi_str_equal(dictionary, job->dictionary);
        if (!source->dictionary_fits && !job->order) {
            job->dictionary = dictionary;
            source->dictionary_fits = true;
            fhi_segment_writer_store_dictionary(job->writer, dictionary);
        }
    }
    if (source->dictionary_fits) return FH_OK;
    if (!job->compressor) FH_TRY(fhi_store_compressor_create(job->dictionary, &job->compressor));
    FH_TRY(fhi_segment_record_with(source->input.segment, from->doc, job->decompressor, &job->record, job->err));
    fhi_buf_clear(&job->frame);
    FH_TRY(fhi_store_compress(job->compressor, fhi_buf_str(&job->record), &job->frame));
    copy->frame = fhi_buf_str(&job->frame);
    return FH_OK;
}

static fh_status copy_doc(merge_job *job, const merge_doc *from)
{
    merge_source *source = &job->sources[from->source];
    const fhi_segment *segment = source->input.segment;
    const uint32_t doc = from->doc;
    fh_str dictionary;
    FH_TRY(fhi_segment_doc_id_with(segment, doc, job->decompressor, &job->id, job->err));
    fhi_doc copy = {.id = fhi_buf_str(&job->id),
                    .day = fhi_segment_day(segment, doc),
                    .minute = fhi_segment_minute(segment, doc),
                    .length = from->length,
                    .title_end = fhi_segment_title_end(segment, doc),
                    .lead_end = fhi_segment_lead_end(segment, doc),
                    .position_end = fhi_segment_position_end(segment, doc)};
    FH_TRY(fhi_segment_frame(segment, doc, &copy.frame, &copy.record_bytes, &dictionary, job->err));
    for (unsigned c = 0; c < FHI_COLUMN_COUNT; c++) {
        const fhi_column column = (fhi_column)c;
        copy.columns[c] = fhi_segment_column_value(segment, column, fhi_segment_column_ordinal(segment, column, doc));
    }
    FH_TRY(settle_frame(job, source, from, dictionary, &copy));
    fhi_segment_writer_add_doc(job->writer, &copy);
    return FH_OK;
}

static fh_status copy_docs(merge_job *job)
{
    FH_TRY(list_docs(job));
    apply_order(job);
    FH_TRY(fhi_store_decompressor_create(&job->decompressor));
    for (uint32_t place = 0; place < job->doc_count; place++) {
        FH_TRY(copy_doc(job, &job->docs[job->order ? job->order[place] : place]));
        if (place % DOCS_PER_CHECK != 0) continue;
        FH_TRY(fhi_segment_writer_status(job->writer));
        if (is_cancelled(job)) return FH_E_CANCELLED;
    }
    free(job->docs);
    job->docs = NULL;
    return FH_OK;
}

/* ---- postings ------------------------------------------------------------------------------------------ */

static fh_status append_list(merge_job *job, const merge_source *source, const fhi_term_info *info,
                             const uint32_t *form_map)
{
    fhi_list from;
    fhi_list_build *list = &job->list;
    FH_TRY(fhi_list_decode(source->input.segment, info, &job->scratch, &from));
    FH_TRY(fhi_list_build_reserve(list, from.doc_count, from.position_count));
    const uint32_t doc_count = fhi_segment_doc_count(source->input.segment);
    size_t at = 0;
    for (uint32_t i = 0; i < from.doc_count; i++) {
        const uint32_t places = info->form_count ? from.counts[i] : 0; /* a pair has none */
        const size_t first = at;
        if (from.docs[i] >= doc_count || places > from.position_count - at) return FH_E_CORRUPT;
        const uint32_t doc = source->doc_map[from.docs[i]];
        at += places;
        if (doc == FHI_UNKNOWN) continue;
        list->docs[list->doc_count] = doc;
        list->counts[list->doc_count++] = from.counts[i];
        for (size_t p = first; p < at; p++) {
            const uint32_t form = from.forms ? from.forms[p] : 0;
            if (form >= info->form_count) return FH_E_CORRUPT;
            list->positions[list->position_count] = from.positions[p];
            list->forms[list->position_count++] = form_map ? form_map[form] : 0;
        }
    }
    return FH_OK;
}

static fh_status reserve_postings(merge_job *job, size_t count)
{
    if (count <= job->posting_capacity) return FH_OK;
    free(job->postings);
    free(job->firsts);
    job->posting_capacity = 0;
    job->postings = malloc(count * 2 * sizeof *job->postings);
    job->firsts = malloc(count * 2 * sizeof *job->firsts);
    if (!job->postings || !job->firsts) return FH_E_NOMEM;
    job->posting_capacity = count * 2;
    return FH_OK;
}

static int by_posting(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Puts the postings of job->list in the order of documents. */
static fh_status order_list(merge_job *job)
{
    const fhi_list_build *from = &job->list;
    fhi_list_build *to = &job->ordered;
    FH_TRY(reserve_postings(job, from->doc_count));
    to->doc_count = to->position_count = 0;
    FH_TRY(fhi_list_build_reserve(to, from->doc_count, from->position_count));
    uint32_t first = 0;
    for (uint32_t i = 0; i < from->doc_count; first += from->counts[i++]) {
        job->postings[i] = (uint64_t)from->docs[i] << 32 | i;
        job->firsts[i] = first;
    }
    if (from->doc_count > 1) qsort(job->postings, from->doc_count, sizeof *job->postings, by_posting);
    for (uint32_t i = 0; i < from->doc_count; i++) {
        const uint32_t at = (uint32_t)job->postings[i], count = from->position_count ? from->counts[at] : 0;
        to->docs[i] = from->docs[at];
        to->counts[i] = from->counts[at];
        memcpy(to->positions + to->position_count, from->positions + job->firsts[at], count * sizeof *to->positions);
        memcpy(to->forms + to->position_count, from->forms + job->firsts[at], count * sizeof *to->forms);
        to->position_count += count;
    }
    to->doc_count = from->doc_count;
    const fhi_list_build swapped = job->list;
    job->list = job->ordered;
    job->ordered = swapped;
    return FH_OK;
}

/* The names of a term's forms in one source; 0 for a form without an entry: two stems shared its key. */
static void take_names(merge_source *source, const fhi_term_info *info, uint32_t *names)
{
    while (source->forms < source->forms_end && source->forms->at[1] < info->ordinal)
        source->forms++; /* none, unless the segment is damaged */
    for (uint32_t form = 0; form < info->form_count; form++) {
        const fhi_sort_record *entry = source->forms;
        const bool found = entry < source->forms_end && entry->at[1] == info->ordinal && entry->at[2] == form;
        names[form] = found ? entry->at[3] : 0;
        source->forms += found;
    }
}

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* names[count], with repetitions, become a set in `united`, and places[i] the place of names[i] in it. Forms without a
 * name stay apart from each other. Answers the size of the set. */
static uint32_t unite_names(const uint32_t *names, uint32_t count, uint32_t *united, uint32_t *places)
{
    memcpy(united, names, count * sizeof *united);
    qsort(united, count, sizeof *united, by_number);
    uint32_t size = 0;
    for (uint32_t i = 0; i < count; i++)
        if (united[i] != 0 && (size == 0 || united[i] != united[size - 1])) united[size++] = united[i];
    const uint32_t named = size;
    for (uint32_t i = 0; i < count; i++) {
        if (names[i] != 0) {
            const uint32_t *found = bsearch(&names[i], united, named, sizeof *united, by_number);
            places[i] = (uint32_t)(found - united);
        } else {
            united[size] = 0;
            places[i] = size++;
        }
    }
    return size;
}

static fh_status reserve_forms(merge_job *job, uint64_t count)
{
    if (count <= job->form_capacity) return FH_OK;
    if (count > UINT32_MAX / 2) return FH_E_CORRUPT;
    uint32_t *scratch = realloc(job->form_scratch, (size_t)count * 2 * 3 * sizeof *scratch);
    if (!scratch) return FH_E_NOMEM;
    job->form_scratch = scratch;
    job->form_capacity = (uint32_t)count * 2;
    return FH_OK;
}

/* What the sources hold of the term at hand. */
static fh_status read_infos(merge_job *job, fhi_term_info *infos, uint64_t *form_count)
{
    *form_count = 0;
    for (uint32_t i = 0; i < job->source_count; i++) {
        const fhi_union_source *source = &job->keys.sources[i];
        if (!source->holds) continue;
        FH_TRY(fhi_walk_term(source->walk, &infos[i]));
        *form_count += infos[i].form_count;
    }
    return FH_OK;
}

static fh_status merge_term(merge_job *job, fh_str term, fhi_term_info *infos)
{
    const bool told = job->told_apart && term.len > 0 && term.ptr[0] == FHI_NS_STEM;
    uint64_t form_count;
    FH_TRY(read_infos(job, infos, &form_count));
    FH_TRY(reserve_forms(job, form_count));
    uint32_t *names = job->form_scratch, *united = names + job->form_capacity, *places = united + job->form_capacity;
    uint32_t at = 0, united_count = 0;
    for (uint32_t i = 0; i < job->source_count && told; i++) {
        if (!job->keys.sources[i].holds) continue;
        take_names(&job->sources[i], &infos[i], names + at);
        at += infos[i].form_count;
    }
    if (told) united_count = unite_names(names, at, united, places);
    job->list.doc_count = job->list.position_count = at = 0;
    for (uint32_t i = 0; i < job->source_count; i++) {
        if (!job->keys.sources[i].holds) continue;
        FH_TRY(append_list(job, &job->sources[i], &infos[i], told ? places + at : NULL));
        at += infos[i].form_count;
    }
    if (job->order) FH_TRY(order_list(job));
    return fhi_emit_term(&job->emitter, term, &job->list, told ? united : NULL, united_count, job->err);
}

static fh_status merge_terms(merge_job *job)
{
    fh_str term;
    fhi_term_info *infos = malloc((job->source_count + (size_t)1) * sizeof *infos);
    fh_status status = infos ? begin_walk(job, fhi_walk_terms) : FH_E_NOMEM;
    while (status == FH_OK && (status = next_key(job, &term)) == FH_OK)
        status = merge_term(job, term, infos);
    free(infos);
    return status == FH_E_NOT_FOUND ? FH_OK : status;
}

static fh_status merge_words(merge_job *job)
{
    if (job->told_apart) FH_TRY(load_forms(job));
    FH_TRY(merge_terms(job));
    fhi_sorter_fini(&job->forms);
    job->name = 0;
    if (job->told_apart) FH_TRY(begin_walk(job, fhi_walk_forms));
    return fhi_emit_forms(&job->emitter, name_form, job, job->err);
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static void job_fini(merge_job *job)
{
    for (uint32_t i = 0; job->sources && i < job->source_count; i++)
        free(job->sources[i].doc_map);
    free(job->sources);
    free(job->segments);
    free(job->form_scratch);
    fhi_union_fini(&job->keys);
    fhi_sorter_fini(&job->forms);
    fhi_list_scratch_fini(&job->scratch);
    fhi_list_build_fini(&job->list);
    fhi_list_build_fini(&job->ordered);
    free(job->postings);
    free(job->firsts);
    free(job->docs);
    fhi_buf_fini(&job->id);
    fhi_buf_fini(&job->record);
    fhi_buf_fini(&job->frame);
    fhi_store_compressor_destroy(job->compressor);
    fhi_emitter_fini(&job->emitter);
    fhi_store_decompressor_destroy(job->decompressor);
}

fh_status fhi_merge(const fhi_merge_input *inputs, uint32_t input_count, const fhi_merge_options *options,
                    fhi_segment_writer *writer, fh_err *err)
{
    merge_job job = {.source_count = input_count,
                     .told_apart = options->told_apart,
                     .order = options->order,
                     .writer = writer,
                     .cancelled = options->cancelled,
                     .argument = options->argument,
                     .err = err};
    fhi_emitter_init(&job.emitter, writer);
    fhi_sorter_init(&job.forms, fhi_segment_writer_vfs(writer), fhi_segment_writer_path(writer), "merged-runs",
                    "merged", FHI_SORTER_RECORDS);
    if (err) *err = (fh_err){0};
    fh_status status = FH_E_NOMEM;
    job.sources = calloc(input_count ? input_count : 1, sizeof *job.sources);
    job.segments = calloc(input_count ? input_count : 1, sizeof *job.segments);
    if (!job.sources || !job.segments) goto done;
    for (uint32_t i = 0; i < input_count; i++) {
        job.sources[i].input = inputs[i];
        job.segments[i] = inputs[i].segment;
    }
    status = copy_docs(&job);
    if (status == FH_OK) status = merge_words(&job);
done:
    job_fini(&job);
    if (status != FH_OK && err && err->status == FH_OK) (void)fhi_fail(err, status, "%s", fh_status_text(status));
    return status;
}
