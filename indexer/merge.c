/* merge.c - k-way merge of segments by term. The words of all inputs are held in memory, lists one at a time.
 */
#include "indexer/merge.h"

#include "indexer/emit.h"

#include <stdlib.h>

enum { WORD_HEAP_BYTES = 96, TERMS_PER_CHECK = 256, DOCS_PER_CHECK = 1024 };

/* A word of one input: a term, or an exact form of one. */
typedef struct merge_form {
    uint32_t term; /* ordinal in its segment */
    uint32_t form; /* ordinal in its term */
    uint32_t name; /* number in the job's names: fold length (2 bytes), fold, exact */
} merge_form;

typedef struct merge_source {
    fhi_merge_input input;
    uint32_t *doc_map; /* new number, FHI_UNKNOWN when deleted */
    uint32_t *terms;   /* numbers in the job's terms, in byte order */
    uint32_t term_count;
    uint32_t term_at;  /* next to merge */
    merge_form *forms; /* sorted by term, then form */
    uint32_t form_count;
    uint32_t form_at;
    fhi_term_info info; /* of the term at hand */
    fhi_list_scratch scratch;
} merge_source;

/* Where a name stands in the union of forms of the term at hand. */
typedef struct name_place {
    uint32_t term; /* serial of the term; older: not in it */
    uint32_t at;
} name_place;

typedef struct merge_job {
    merge_source *sources;
    uint32_t source_count;
    bool told_apart;
    fhi_segment_writer *writer;
    fhi_strings terms;
    fhi_strings names;
    fhi_store_decompressor *decompressor;
    fhi_arena kept; /* names given to the emitter */
    fhi_list_build list;
    fhi_emitter emitter;
    name_place *places; /* by number of the name */
    uint32_t serial;    /* of the term at hand, from 1 */
    uint32_t *form_map; /* places of a source's forms; scratch */
    uint32_t form_map_capacity;
    merge_source *source; /* being scanned */
    fh_status status;     /* of a scan */
    fhi_cancelled cancelled;
    void *argument;
    fh_err *err;
} merge_job;

size_t fhi_merge_heap_bytes(const fhi_segment *segment)
{
    return ((size_t)fhi_terms_count(segment) + fhi_forms_count(segment)) * WORD_HEAP_BYTES;
}

static bool is_cancelled(const merge_job *job)
{
    return job->cancelled && job->cancelled(job->argument);
}

/* ---- words --------------------------------------------------------------------------------------------- */

static bool see_term(void *argument, fh_str term, const fhi_term_info *info)
{
    merge_job *job = argument;
    merge_source *source = job->source;
    bool added;
    (void)info;
    if (source->term_count == fhi_terms_count(source->input.segment)) {
        job->status = FH_E_CORRUPT;
    } else {
        job->status = fhi_strings_intern(&job->terms, term, &source->terms[source->term_count], &added);
        source->term_count++;
    }
    return job->status == FH_OK;
}

static bool see_form(void *argument, fh_str fold, fh_str exact, const fhi_form_info *info)
{
    merge_job *job = argument;
    merge_source *source = job->source;
    fhi_buf key = {0};
    bool added;
    if (source->form_count == fhi_forms_count(source->input.segment) || fold.len > UINT16_MAX) {
        job->status = FH_E_CORRUPT;
        return false;
    }
    merge_form *form = &source->forms[source->form_count++];
    *form = (merge_form){.term = info->term_ordinal, .form = info->form};
    fhi_buf_put16(&key, (uint16_t)fold.len);
    fhi_buf_put(&key, fold.ptr, fold.len);
    fhi_buf_put(&key, exact.ptr, exact.len);
    job->status = key.status;
    if (job->status == FH_OK) job->status = fhi_strings_intern(&job->names, fhi_buf_str(&key), &form->name, &added);
    fhi_buf_fini(&key);
    return job->status == FH_OK;
}

static int by_term(const void *a, const void *b)
{
    const merge_form *x = a, *y = b;
    if (x->term != y->term) return x->term < y->term ? -1 : 1;
    return (x->form > y->form) - (x->form < y->form);
}

static fh_status load_words(merge_job *job, merge_source *source)
{
    const fhi_segment *segment = source->input.segment;
    job->source = source;
    job->status = FH_OK;
    source->terms = malloc((fhi_terms_count(segment) + (size_t)1) * sizeof *source->terms);
    source->forms = malloc((fhi_forms_count(segment) + (size_t)1) * sizeof *source->forms);
    if (!source->terms || !source->forms) return FH_E_NOMEM;
    FH_TRY(fhi_terms_scan(segment, FH_STR(""), see_term, job));
    FH_TRY(job->status);
    if (job->told_apart) FH_TRY(fhi_forms_scan(segment, FH_STR(""), see_form, job));
    FH_TRY(job->status);
    qsort(source->forms, source->form_count, sizeof *source->forms, by_term);
    return FH_OK;
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

static fh_status copy_doc(merge_job *job, const merge_source *source, uint32_t doc, uint32_t length, fhi_buf *id,
                          fh_str *last_dictionary)
{
    const fhi_segment *segment = source->input.segment;
    fh_str dictionary;
    FH_TRY(fhi_segment_doc_id_with(segment, doc, job->decompressor, id, job->err));
    fhi_doc copy = {.id = fhi_buf_str(id),
                    .day = fhi_segment_day(segment, doc),
                    .minute = fhi_segment_minute(segment, doc),
                    .length = length,
                    .title_end = fhi_segment_title_end(segment, doc),
                    .lead_end = fhi_segment_lead_end(segment, doc),
                    .position_end = fhi_segment_position_end(segment, doc)};
    FH_TRY(fhi_segment_frame(segment, doc, &copy.frame, &copy.record_bytes, &dictionary, job->err));
    for (unsigned c = 0; c < FHI_COLUMN_COUNT; c++) {
        const fhi_column column = (fhi_column)c;
        copy.columns[c] = fhi_segment_column_value(segment, column, fhi_segment_column_ordinal(segment, column, doc));
    }
    if (!last_dictionary->ptr || !fhi_str_equal(dictionary, *last_dictionary)) {
        fhi_segment_writer_store_dictionary(job->writer, dictionary);
        *last_dictionary = dictionary.ptr ? dictionary : FH_STR("");
    }
    fhi_segment_writer_add_doc(job->writer, &copy);
    return FH_OK;
}

static fh_status copy_docs(merge_job *job)
{
    fhi_buf id = {0};
    fh_str dictionary = {0};
    uint32_t next = 0;
    fh_status status = fhi_store_decompressor_create(&job->decompressor);
    for (uint32_t i = 0; i < job->source_count && status == FH_OK; i++) {
        merge_source *source = &job->sources[i];
        const uint32_t count = fhi_segment_doc_count(source->input.segment);
        const uint8_t *norms = fhi_segment_norms(source->input.segment);
        length_spread spread = spread_of(source);
        source->doc_map = malloc((count + (size_t)1) * sizeof *source->doc_map);
        if (!source->doc_map) status = FH_E_NOMEM;
        for (uint32_t doc = 0; doc < count && status == FH_OK; doc++) {
            const uint32_t length = next_length(&spread, norms[doc]);
            source->doc_map[doc] = is_deleted(source, doc) ? FHI_UNKNOWN : next++;
            if (source->doc_map[doc] != FHI_UNKNOWN) status = copy_doc(job, source, doc, length, &id, &dictionary);
            if (doc % DOCS_PER_CHECK == 0 && status == FH_OK && is_cancelled(job)) status = FH_E_CANCELLED;
        }
    }
    fhi_buf_fini(&id);
    return status;
}

/* ---- postings ------------------------------------------------------------------------------------------ */

/* Number of the least term that is next in some source; FHI_UNKNOWN at the end. */
static uint32_t least_term(const merge_job *job)
{
    uint32_t least = FHI_UNKNOWN;
    for (uint32_t i = 0; i < job->source_count; i++) {
        const merge_source *source = &job->sources[i];
        if (source->term_at == source->term_count) continue;
        const uint32_t term = source->terms[source->term_at];
        if (least == FHI_UNKNOWN || (term != least && fhi_str_compare(fhi_strings_at(&job->terms, term),
                                                                      fhi_strings_at(&job->terms, least)) < 0))
            least = term;
    }
    return least;
}

static fh_status append_list(merge_job *job, merge_source *source, const fhi_term_info *info, const uint32_t *form_map,
                             uint32_t form_count)
{
    fhi_list from;
    fhi_list_build *list = &job->list;
    FH_TRY(fhi_list_decode(source->input.segment, info, &source->scratch, &from));
    FH_TRY(fhi_list_build_reserve(list, from.doc_count, from.position_count));
    const uint32_t doc_count = fhi_segment_doc_count(source->input.segment);
    size_t at = 0;
    for (uint32_t i = 0; i < from.doc_count; at += from.counts[i++]) {
        if (from.docs[i] >= doc_count || from.counts[i] > from.position_count - at) return FH_E_CORRUPT;
        const uint32_t doc = source->doc_map[from.docs[i]];
        if (doc == FHI_UNKNOWN) continue;
        list->docs[list->doc_count] = doc;
        list->counts[list->doc_count++] = from.counts[i];
        for (size_t p = at; p < at + from.counts[i]; p++) {
            const uint32_t form = from.forms ? from.forms[p] : 0;
            if (form_count > 0 && form >= form_count) return FH_E_CORRUPT;
            list->positions[list->position_count] = from.positions[p];
            list->forms[list->position_count++] = form_count > 0 ? form_map[form] : 0;
        }
    }
    return FH_OK;
}

static fhi_form_name name_at(const merge_job *job, uint32_t number)
{
    const fh_str key = fhi_strings_at(&job->names, number);
    const uint16_t fold_len = fhi_load16(key.ptr);
    const size_t head = sizeof fold_len;
    return (fhi_form_name){key.ptr + head, fold_len, (uint16_t)(key.len - head - fold_len)};
}

/* Puts the forms a source has for the term at hand into the union; form_map gets their places there. A form without
 * an entry (two stems shared its key) stays apart, without a name. */
static void unite_forms(merge_job *job, merge_source *source, uint32_t form_count, uint32_t *form_map,
                        fhi_form_name *names, uint32_t *name_count)
{
    for (uint32_t form = 0; form < form_count; form++) {
        const merge_form *entry = &source->forms[source->form_at];
        const bool found =
            source->form_at < source->form_count && entry->term == source->term_at && entry->form == form;
        name_place *place = found ? &job->places[entry->name] : NULL;
        if (place && place->term == job->serial) {
            form_map[form] = place->at;
        } else {
            names[*name_count] = found ? name_at(job, entry->name) : (fhi_form_name){0};
            form_map[form] = (*name_count)++;
            if (place) *place = (name_place){job->serial, form_map[form]};
        }
        if (found) source->form_at++;
    }
}

static bool has_term(const merge_source *source, uint32_t term)
{
    return source->term_at < source->term_count && source->terms[source->term_at] == term;
}

/* What the sources hold of a term; room for its forms. */
static fh_status prepare_term(merge_job *job, uint32_t term, fhi_form_name **names)
{
    uint64_t total = 0;
    *names = NULL;
    for (uint32_t i = 0; i < job->source_count; i++) {
        merge_source *source = &job->sources[i];
        if (!has_term(source, term)) continue;
        FH_TRY(fhi_terms_at(source->input.segment, source->term_at, &source->info));
        total += source->info.form_count;
    }
    if (!job->told_apart || fhi_strings_at(&job->terms, term).ptr[0] != FHI_NS_STEM) return FH_OK;
    if (total > UINT32_MAX / 2) return FH_E_CORRUPT;
    if (total > job->form_map_capacity) {
        uint32_t *form_map = realloc(job->form_map, (size_t)total * 2 * sizeof *form_map);
        if (!form_map) return FH_E_NOMEM;
        job->form_map = form_map;
        job->form_map_capacity = (uint32_t)total * 2;
    }
    *names = fhi_arena_alloc(&job->kept, (size_t)total * sizeof **names);
    return *names ? FH_OK : FH_E_NOMEM;
}

static fh_status merge_term(merge_job *job, uint32_t term)
{
    fhi_form_name *names;
    uint32_t name_count = 0;
    FH_TRY(prepare_term(job, term, &names));
    job->serial++;
    job->list.doc_count = job->list.position_count = 0;
    for (uint32_t i = 0; i < job->source_count; i++) {
        merge_source *source = &job->sources[i];
        if (!has_term(source, term)) continue;
        const uint32_t form_count = names ? source->info.form_count : 0;
        if (names) unite_forms(job, source, form_count, job->form_map, names, &name_count);
        FH_TRY(append_list(job, source, &source->info, job->form_map, form_count));
        source->term_at++;
    }
    return fhi_emit_term(&job->emitter, fhi_strings_at(&job->terms, term), &job->list, names, name_count);
}

static fh_status merge_terms(merge_job *job)
{
    uint32_t term, done = 0;
    job->places = calloc(job->names.count + (size_t)1, sizeof *job->places);
    if (!job->places) return FH_E_NOMEM;
    while ((term = least_term(job)) != FHI_UNKNOWN) {
        FH_TRY(merge_term(job, term));
        if (done++ % TERMS_PER_CHECK != 0) continue;
        FH_TRY(fhi_segment_writer_status(job->writer));
        if (is_cancelled(job)) return FH_E_CANCELLED;
    }
    fhi_emit_forms(&job->emitter);
    return FH_OK;
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static void job_fini(merge_job *job)
{
    for (uint32_t i = 0; job->sources && i < job->source_count; i++) {
        free(job->sources[i].doc_map);
        free(job->sources[i].terms);
        free(job->sources[i].forms);
        fhi_list_scratch_fini(&job->sources[i].scratch);
    }
    free(job->sources);
    free(job->places);
    free(job->form_map);
    fhi_strings_fini(&job->terms);
    fhi_strings_fini(&job->names);
    fhi_arena_fini(&job->kept);
    fhi_list_build_fini(&job->list);
    fhi_emitter_fini(&job->emitter);
    fhi_store_decompressor_destroy(job->decompressor);
}

fh_status fhi_merge(const fhi_merge_input *inputs, uint32_t input_count, bool told_apart, fhi_segment_writer *writer,
                    fhi_cancelled cancelled, void *argument, fh_err *err)
{
    merge_job job = {.source_count = input_count,
                     .told_apart = told_apart,
                     .writer = writer,
                     .emitter = {.writer = writer},
                     .cancelled = cancelled,
                     .argument = argument,
                     .err = err};
    fhi_arena_init(&job.kept, SIZE_MAX / 2);
    if (err) *err = (fh_err){0};
    fh_status status = FH_E_NOMEM;
    job.sources = calloc(input_count ? input_count : 1, sizeof *job.sources);
    if (!job.sources) goto done;
    for (uint32_t i = 0; i < input_count; i++)
        job.sources[i].input = inputs[i];
    status = copy_docs(&job);
    for (uint32_t i = 0; i < input_count && status == FH_OK; i++)
        status = load_words(&job, &job.sources[i]);
    if (status == FH_OK) status = merge_terms(&job);
done:
    job_fini(&job);
    if (status != FH_OK && err && err->status == FH_OK) (void)fhi_fail(err, status, "%s", fh_status_text(status));
    return status;
}
