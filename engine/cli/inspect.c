/* inspect.c - `fihrist stat` and `fihrist check`: what an index holds, and whether it holds together. */
#include "engine/kernel/kernel.h"
#include "engine/segment/index.h"
#include <fihrist/verb.h>

#include <float.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARTS_MAX = 32 };

typedef struct inspect_options {
    const char *verb;
    const char *directory;
    bool json;
    bool help;
} inspect_options;

static const char stat_usage[] = "usage: fihrist stat --index DIR [--json]\n\n"
                                 "Describes an index: articles, segments, settings, bytes by part.\n\n"
                                 "  --index DIR  the index\n"
                                 "  --json       one JSON object instead of a table\n"
                                 "  --help       this text\n";

static const char check_usage[] =
    "usage: fihrist check --index DIR [--json]\n\n"
    "Verifies every checksum and the structure of every part. Exit status 0 when all is well; 1 when\n"
    "something is damaged, naming the file and the offset in it.\n\n"
    "  --index DIR  the index\n"
    "  --json       {\"ok\":true,...} or {\"ok\":false,\"error\":{\"code\",\"message\",\"file\",\"offset\"}}\n"
    "  --help       this text\n";

static fh_status parse(inspect_options *options, int argc, char **argv, fh_err *err)
{
    static const struct option known[] = {{"index", required_argument, NULL, 'i'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int option;
    optind = 0;
    opterr = 0;
    for (int i = 1; i < argc; i++) /* of a mistake in front of it too */
        if (strcmp(argv[i], "--json") == 0) options->json = true;
    while ((option = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (option) {
        case 'i': options->directory = optarg; break;
        case 'j': options->json = true; break;
        case 'h': options->help = true; return FH_OK;
        case ':': return fhi_fail_at(err, FH_E_INVALID, argv[optind - 1], 0, "wants a value");
        default: return fhi_fail_at(err, FH_E_INVALID, argv[optind - 1], 0, "no such option; --help lists them");
        }
    }
    if (optind < argc)
        return fhi_fail_at(err, FH_E_INVALID, argv[optind], 0, "not an option; the index is named by --index");
    if (options->directory && options->directory[0]) return FH_OK;
    return fhi_fail_at(err, FH_E_INVALID, "--index DIR", 0, "is missing; --help tells more");
}

static int print_json(json_t *object, const char *verb)
{
    const size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(FLT_DIG + 1); /* a setting of 0.9 stays 0.9 */
    char *text = object ? json_dumps(object, flags) : NULL;
    json_decref(object);
    if (!text) {
        (void)fprintf(stderr, "fihrist %s: printing: out of memory\n", verb);
        return 1;
    }
    const bool printed = puts(text) >= 0 && fflush(stdout) == 0;
    free(text);
    return printed ? 0 : 1;
}

/* {"code","message","file","offset"}; NULL without memory. What is not UTF-8 is left out. */
static json_t *error_object(const fh_err *err)
{
    const fh_str text = fhi_str(err->text), file = fhi_str(err->file);
    const bool text_good = fhi_utf8_check(text.ptr, text.len) == text.len;
    const bool file_good = fhi_utf8_check(file.ptr, file.len) == file.len;
    return json_pack("{s:s,s:s,s:s,s:I}", "code", fhi_status_code(err->status), "message",
                     text_good ? err->text : fh_status_text(err->status), "file", file_good ? err->file : "", "offset",
                     (json_int_t)err->offset);
}

/* Says what failed on standard error, and under --json as an object. */
static int report(const inspect_options *options, const fh_err *err)
{
    char why[FH_ERR_TEXT_BYTES + 40];
    const char *file = err->file[0] || !options->directory ? err->file : options->directory;
    (void)snprintf(why, sizeof why, "offset %llu: %s", (unsigned long long)err->offset, err->text);
    fhi_complain(options->verb, file, err->status == FH_E_CORRUPT ? why : err->text);
    if (options->json && strcmp(options->verb, "check") == 0)
        (void)print_json(json_pack("{s:b,s:o}", "ok", 0, "error", error_object(err)), options->verb);
    else if (options->json)
        (void)print_json(json_pack("{s:o}", "error", error_object(err)), options->verb);
    return err->status == FH_E_INVALID ? 2 : 1;
}

/* ---- check ---- */

static int report_check(const inspect_options *options, uint32_t segments, uint32_t articles)
{
    if (options->json)
        return print_json(
            json_pack("{s:b,s:I,s:I}", "ok", 1, "segments", (json_int_t)segments, "articles", (json_int_t)articles),
            options->verb);
    (void)printf("ok: %u segments, %u articles, every checksum and structure verified\n", segments, articles);
    return fflush(stdout) == 0 ? 0 : 1;
}

int fh_verb_check(int argc, char **argv)
{
    inspect_options options = {.verb = "check"};
    fh_err err = {0};
    fhi_index *index = NULL;
    if (parse(&options, argc, argv, &err) != FH_OK) return report(&options, &err);
    if (options.help) return fputs(check_usage, stdout) < 0;
    fh_status status = fhi_index_open(fhi_vfs_posix(), options.directory, &index, &err);
    if (status == FH_OK) status = fhi_index_check(index, &err);
    err.status = status;
    if (status != FH_OK) (void)report(&options, &err);
    const int result =
        status == FH_OK ? report_check(&options, fhi_index_segment_count(index), fhi_index_live_count(index)) : 1;
    fhi_index_release(index);
    return result;
}

/* ---- stat ---- */

typedef struct part {
    const char *name;
    uint64_t bytes;
} part;

static uint32_t sum_parts(const fhi_index *index, part parts[PARTS_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < fhi_index_segment_count(index); i++) {
        const char *name;
        uint64_t bytes;
        for (uint32_t j = 0; j < PARTS_MAX && fhi_segment_part(fhi_index_segment(index, i), j, &name, &bytes); j++) {
            parts[j].name = name;
            parts[j].bytes += bytes;
            if (j >= count) count = j + 1;
        }
    }
    return count;
}

static void count_entries(const fhi_index *index, uint64_t *terms, uint64_t *forms, uint64_t *file, uint64_t *raw)
{
    *terms = *forms = *file = *raw = 0;
    for (uint32_t i = 0; i < fhi_index_segment_count(index); i++) {
        *terms += fhi_terms_count(fhi_index_segment(index, i));
        *forms += fhi_forms_count(fhi_index_segment(index, i));
        *file += fhi_index_segment_info(index, i)->file_bytes;
        *raw += fhi_index_segment_info(index, i)->raw_bytes;
    }
}

/* All segments of a process have the same. */
static const char *kernels_of(const fhi_index *index)
{
    const fhi_kernels *kernels = NULL;
    if (fhi_index_segment_count(index) > 0) return fhi_segment_kernels(fhi_index_segment(index, 0));
    return fhi_kernels_pick(&kernels, NULL) == FH_OK ? kernels->name : "none";
}

static int stat_json(const fhi_index *index)
{
    part parts[PARTS_MAX] = {0};
    uint64_t terms, forms, file, raw;
    const fhi_settings *settings = fhi_index_settings(index);
    const uint32_t count = sum_parts(index, parts);
    count_entries(index, &terms, &forms, &file, &raw);
    json_t *bytes = json_object();
    for (uint32_t i = 0; i < count; i++)
        (void)json_object_set_new(bytes, parts[i].name, json_integer((json_int_t)parts[i].bytes));
    json_t *answer = json_pack(
        "{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:f,s:f,s:f,s:f,s:o}", "analyzer", settings->analyzer, "kernels",
        kernels_of(index), "generation", (json_int_t)fhi_index_generation(index), "segments",
        (json_int_t)fhi_index_segment_count(index), "articles", (json_int_t)fhi_index_live_count(index), "deleted",
        (json_int_t)(fhi_index_doc_count(index) - fhi_index_live_count(index)), "terms", (json_int_t)terms, "forms",
        (json_int_t)forms, "index_bytes", (json_int_t)file, "article_bytes", (json_int_t)raw, "average_length",
        (double)fhi_index_average_length(index), "k1", (double)settings->k1, "b", (double)settings->b, "exact_weight",
        (double)settings->exact_weight, "bytes", bytes);
    return print_json(answer, "stat");
}

static void print_line(const char *name, uint64_t bytes, uint64_t total)
{
    (void)printf("  %-20s %14llu  %5.1f %%\n", name, (unsigned long long)bytes,
                 total ? 100.0 * (double)bytes / (double)total : 0.0);
}

static int stat_table(const fhi_index *index)
{
    part parts[PARTS_MAX] = {0};
    uint64_t terms, forms, file, raw;
    const fhi_settings *settings = fhi_index_settings(index);
    const uint32_t count = sum_parts(index, parts);
    count_entries(index, &terms, &forms, &file, &raw);
    (void)printf("analyzer      %s\n", settings->analyzer);
    (void)printf("ranking       BM25 k1 %g, b %g, exact form x%g, title x%g, lead x%g\n", (double)settings->k1,
                 (double)settings->b, (double)settings->exact_weight,
                 (double)settings->title_weight / settings->body_weight,
                 (double)settings->lead_weight / settings->body_weight);
    (void)printf("generation    %llu\n", (unsigned long long)fhi_index_generation(index));
    (void)printf("segments      %u\n", fhi_index_segment_count(index));
    (void)printf("articles      %u (and %u deleted)\n", fhi_index_live_count(index),
                 fhi_index_doc_count(index) - fhi_index_live_count(index));
    (void)printf("kernels       %s\n", kernels_of(index));
    (void)printf("mean length   %.1f words\n", (double)fhi_index_average_length(index));
    (void)printf("terms         %llu, of %llu exact forms\n", (unsigned long long)terms, (unsigned long long)forms);
    (void)printf("bytes         %llu, for %llu bytes of articles\n", (unsigned long long)file, (unsigned long long)raw);
    for (uint32_t i = 0; i < count; i++)
        print_line(parts[i].name, parts[i].bytes, file);
    return fflush(stdout) == 0 ? 0 : 1;
}

int fh_verb_stat(int argc, char **argv)
{
    inspect_options options = {.verb = "stat"};
    fh_err err = {0};
    fhi_index *index = NULL;
    if (parse(&options, argc, argv, &err) != FH_OK) return report(&options, &err);
    if (options.help) return fputs(stat_usage, stdout) < 0;
    err.status = fhi_index_open(fhi_vfs_posix(), options.directory, &index, &err);
    if (err.status != FH_OK) {
        (void)report(&options, &err);
        return 1;
    }
    const int result = options.json ? stat_json(index) : stat_table(index);
    fhi_index_release(index);
    return result;
}
