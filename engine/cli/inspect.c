/* inspect.c - `fihrist stat` and `fihrist check`: what an index holds, and whether it holds together. */
#include "engine/segment/index.h"
#include <fihrist/verb.h>

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

static int parse(inspect_options *options, int argc, char **argv)
{
    static const struct option known[] = {{"index", required_argument, NULL, 'i'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'i': options->directory = optarg; break;
        case 'j': options->json = true; break;
        case 'h': options->help = true; return 0;
        default: return 2;
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "fihrist %s: %s: not an option; the index is named by --index\n", options->verb,
                      argv[optind]);
        return 2;
    }
    if (options->directory && options->directory[0]) return 0;
    (void)fprintf(stderr, "fihrist %s: --index DIR: is missing; --help tells more\n", options->verb);
    return 2;
}

static void complain(const char *verb, const char *directory, const fh_err *err)
{
    const char *file = err->file[0] ? err->file : directory;
    if (err->status == FH_E_CORRUPT)
        (void)fprintf(stderr, "fihrist %s: %s: offset %llu: %s\n", verb, file, (unsigned long long)err->offset,
                      err->text);
    else
        (void)fprintf(stderr, "fihrist %s: %s: %s\n", verb, file, err->text);
}

static int print_json(json_t *object, const char *verb)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (!text) {
        (void)fprintf(stderr, "fihrist %s: printing: out of memory\n", verb);
        return 1;
    }
    const bool printed = puts(text) >= 0 && fflush(stdout) == 0;
    free(text);
    return printed ? 0 : 1;
}

/* ---- check ---- */

static int report_check(const inspect_options *options, const fh_err *err, uint32_t segments, uint32_t articles)
{
    const bool ok = err->status == FH_OK;
    if (options->json) {
        json_t *answer =
            ok ? json_pack("{s:b,s:I,s:I}", "ok", 1, "segments", (json_int_t)segments, "articles", (json_int_t)articles)
               : json_pack("{s:b,s:{s:s,s:s%,s:s%,s:I}}", "ok", 0, "error", "code", fh_status_name(err->status),
                           "message", err->text, strlen(err->text), "file", err->file, strlen(err->file), "offset",
                           (json_int_t)err->offset);
        const int printed = print_json(answer, options->verb);
        return ok ? printed : 1;
    }
    if (ok)
        (void)printf("ok: %u segments, %u articles, every checksum and structure verified\n", segments, articles);
    else
        complain(options->verb, options->directory, err);
    return ok ? 0 : 1;
}

int fh_verb_check(int argc, char **argv)
{
    inspect_options options = {.verb = "check"};
    fh_err err = {0};
    fhi_index *index = NULL;
    const int wrong = parse(&options, argc, argv);
    if (wrong) return wrong;
    if (options.help) return fputs(check_usage, stdout) < 0;
    fh_status status = fhi_index_open(fhi_vfs_posix(), options.directory, &index, &err);
    if (status == FH_OK) status = fhi_index_check(index, &err);
    err.status = status;
    const int result = report_check(&options, &err, index ? fhi_index_segment_count(index) : 0,
                                    index ? fhi_index_live_count(index) : 0);
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
        "{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:f,s:f,s:f,s:f,s:o}", "analyzer", settings->analyzer, "generation",
        (json_int_t)fhi_index_generation(index), "segments", (json_int_t)fhi_index_segment_count(index), "articles",
        (json_int_t)fhi_index_live_count(index), "deleted",
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
    const int wrong = parse(&options, argc, argv);
    if (wrong) return wrong;
    if (options.help) return fputs(stat_usage, stdout) < 0;
    if (fhi_index_open(fhi_vfs_posix(), options.directory, &index, &err) != FH_OK) {
        complain("stat", options.directory, &err);
        return 1;
    }
    const int result = options.json ? stat_json(index) : stat_table(index);
    fhi_index_release(index);
    return result;
}
