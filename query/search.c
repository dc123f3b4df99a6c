/* search.c - the verb `fihrist search`: one query to an index, or to a running server; the answer for people or as
 * JSON. */
#include "engine/base/json.h"
#include "query/answer/request.h"
#include "query/search_client.h"
#include "query/search_print.h"

#include <fihrist/verb.h>

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { SERVER_SILENT_MS_MAX = 60000 }; /* a server's own bound for a query is below it unless told otherwise */

typedef struct arguments {
    const char *index;
    const char *socket;
    bool json;
    bool help;
    uint32_t given; /* options of the table below that were, one bit each */
    fhi_request request;
    fhi_buf query; /* the words of the command line, joined by spaces */
} arguments;

static void usage(FILE *to)
{
    (void)fputs("usage: fihrist search --index DIR [options] QUERY...\n"
                "       fihrist search --socket PATH [options] QUERY...\n\n"
                "Asks an index, or a running server, and prints the best articles.\n\n"
                "  --index DIR        the index\n"
                "  --socket PATH      Unix socket of `fihrist serve`\n"
                "  --top K            hits to print, 1 to 10000 (default 10)\n"
                "  --offset N         hits to leave out before them (default 0)\n"
                "  --after CURSOR     the hits after those of an answer, whose `next` it is (--json shows it)\n"
                "  --op and|or        whether all words are needed or any (default and)\n"
                "  --sort score|date  best first or newest first (default score)\n"
                "  --no-snippets      titles only, which is faster\n"
                "  --lang en|fr|ar    language of messages about the query (default en)\n"
                "  --facets NAMES     instead of hits, how many there are by source, section, region, author,\n"
                "                     lang, year: some of them with commas between, or all\n"
                "  --values N         values of each, 1 to 1000 (default 20)\n"
                "  --histogram[=day|month|year]\n"
                "                     instead of hits, how many there are by time (default: what fits)\n"
                "  --explain ID       instead of hits, why one article matches or not, and what its score is made of\n"
                "  --json             one JSON object\n"
                "  --help             this text\n"
                "  --                 what follows is the query, though it begin with -\n\n"
                "  roi maroc          both words               roi OR reine, roi | reine      either\n"
                "  roi -reine         without the second       (a OR b) c                     groups\n"
                "  \"chef du parti\"    a phrase, by stems       =\"Chef du Parti\", =mot         as written\n"
                "  \"roi discours\"~4   near each other          minist*                        beginning of a word\n"
                "  title:roi  source:Hespress  section: region: author: lang:fr               fields\n"
                "  date:2025  date:2025-07  date:2025-07-01..2025-07-15  date:2025-01-01..    days\n"
                "  roi^2 maroc        the first weighs double\n",
                to);
}

static int complain(const char *what, const char *why)
{
    fhi_complain("search", what, why);
    return 1;
}

/* ---- arguments ------------------------------------------------------------------------------------------- */

static fh_status refuse(fh_err *err, const char *what, const char *why)
{
    return fhi_fail_at(err, FH_E_INVALID, what, 0, "%s", why);
}

/* Options marked 'p' are parameters of a request under the same name. */
static const struct option options[] = {
    {"index", required_argument, NULL, 'i'},   {"socket", required_argument, NULL, 's'},
    {"json", no_argument, NULL, 'j'},          {"help", no_argument, NULL, 'h'},
    {"top", required_argument, NULL, 'p'},     {"offset", required_argument, NULL, 'p'},
    {"op", required_argument, NULL, 'p'},      {"sort", required_argument, NULL, 'p'},
    {"lang", required_argument, NULL, 'p'},    {"values", required_argument, NULL, 'p'},
    {"facets", required_argument, NULL, 'f'},  {"histogram", optional_argument, NULL, 't'},
    {"explain", required_argument, NULL, 'x'}, {"no-snippets", no_argument, NULL, 'n'},
    {"after", required_argument, NULL, 'p'},   {NULL, 0, NULL, 0},
};

/* The option that asks for something else than hits. */
static const char *kind_name(fhi_request_kind kind)
{
    return kind == FHI_REQUEST_FACETS ? "facets" : kind == FHI_REQUEST_HISTOGRAM ? "histogram" : "explain";
}

/* Another kind of answer is wanted, with the parameter `name` of theirs. */
static fh_status set_kind(arguments *a, fhi_request_kind kind, const char *name, const char *value, fh_err *err)
{
    if (a->request.kind != FHI_REQUEST_HITS && a->request.kind != kind)
        return fhi_fail(err, FH_E_INVALID, "does not go with --%s", kind_name(a->request.kind));
    a->request.kind = kind;
    return value ? fhi_request_set(&a->request, fhi_str(name), fhi_str(value), err) : FH_OK;
}

static fh_status set_option(arguments *a, int option, const char *name, const char *value, fh_err *err)
{
    fh_status status;
    switch (option) {
    case 'i': a->index = value; return FH_OK;
    case 's': a->socket = value; return FH_OK;
    case 'j': a->json = true; return FH_OK;
    case 'n': a->request.no_snippets = true; return FH_OK;
    case 'h': a->help = true; return FH_OK;
    case 'f': status = set_kind(a, FHI_REQUEST_FACETS, "fields", strcmp(value, "all") == 0 ? NULL : value, err); break;
    case 'x': status = set_kind(a, FHI_REQUEST_EXPLAIN, "id", value, err); break;
    case 't': status = set_kind(a, FHI_REQUEST_HISTOGRAM, "by", value, err); break;
    default: status = fhi_request_set(&a->request, fhi_str(name), fhi_str(value), err); break;
    }
    if (status == FH_OK) return FH_OK;
    (void)snprintf(err->file, sizeof err->file, "--%s", name);
    return FH_E_INVALID;
}

/* What one kind of question takes is no option of another. */
static fh_status check_kind(const arguments *a, fh_err *err)
{
    for (int i = 0; options[i].name; i++) {
        char name[32], why[48];
        const char *parameter = options[i].val == 'n' ? "snippets" : options[i].val == 'p' ? options[i].name : NULL;
        if (!parameter || !(a->given >> i & 1)) continue;
        if (fhi_request_takes(a->request.kind, fhi_str(parameter))) continue;
        (void)snprintf(name, sizeof name, "--%s", options[i].name);
        (void)snprintf(why, sizeof why, "does not go with --%s", kind_name(a->request.kind));
        return refuse(err, name, a->request.kind == FHI_REQUEST_HITS ? "goes with --facets only" : why);
    }
    return FH_OK;
}

static fh_status check_arguments(const arguments *a, int word_count, fh_err *err)
{
    if (a->help) return FH_OK;
    FH_TRY(check_kind(a, err));
    if (!a->index && !a->socket) return refuse(err, "--index", "say which index to search, or --socket which server");
    if (a->index && a->socket) return refuse(err, "--socket", "is for a server; it does not go with --index");
    if (word_count == 0) return refuse(err, "QUERY", "is missing");
    if (a->request.after.len && a->request.offset) return refuse(err, "--offset", "does not go with --after");
    if (a->request.offset > FHI_TOP_MAX - a->request.top)
        return refuse(err, "--offset", "reaches, with --top, past the 10000th hit");
    return FH_OK;
}

/* Whoever writes --json gets JSON, also of a mistake in front of it. */
static bool wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0) return true;
    return false;
}

static fh_status read_arguments(int argc, char **argv, arguments *a, fh_err *err)
{
    int option, which = 0;
    optind = 1;
    opterr = 0;
    a->json = wants_json(argc, argv);
    while ((option = getopt_long(argc, argv, ":", options, &which)) != -1) {
        if (option == ':') return refuse(err, argv[optind - 1], "wants a value");
        if (option == '?')
            return refuse(err, argv[optind - 1], "is no option here; put -- before a query that begins with -");
        a->given |= UINT32_C(1) << which;
        FH_TRY(set_option(a, option, options[which].name, optarg, err));
    }
    FH_TRY(check_arguments(a, argc - optind, err));
    for (int i = optind; i < argc; i++)
        fhi_buf_printf(&a->query, "%s%s", i > optind ? " " : "", argv[i]);
    if (a->query.len) a->request.query = fhi_buf_str(&a->query);
    return a->query.status == FH_OK ? FH_OK : fhi_fail(err, FH_E_NOMEM, "not enough memory for the query");
}

/* ---- answers --------------------------------------------------------------------------------------------- */

/* FH_OK also when the answer is an error object: what was asked for is in *json. */
static fh_status ask_index(const arguments *a, fhi_buf *json, fh_err *err)
{
    fhi_index *index = NULL;
    fhi_searcher *searcher = NULL;
    fh_status status = fhi_index_open(fhi_vfs_posix(), a->index, &index, err);
    if (status == FH_OK) status = fhi_searcher_create(fhi_index_settings(index)->analyzer, &searcher, err);
    if (status == FH_OK && fhi_searcher_run(searcher, index, &a->request, NULL, json) != FH_OK && json->len == 0)
        status = fhi_fail(err, FH_E_NOMEM, "not enough memory for the answer");
    fhi_searcher_destroy(searcher);
    fhi_index_release(index);
    return status;
}

static int print_json(const fhi_buf *json, const json_t *error)
{
    const bool written =
        fwrite(json->data, 1, json->len, stdout) == json->len && fputc('\n', stdout) != EOF && fflush(stdout) == 0;
    if (!written) return complain("standard output", "cannot be written");
    return error ? 1 : 0;
}

/* The exit status: 0 with hits or without, 1 for an error object. */
static int print(const arguments *a, const fhi_buf *json)
{
    json_error_t problem;
    json_t *answer;
    const fh_status read = fhi_json_load(fhi_buf_str(json), JSON_ALLOW_NUL, &answer, &problem);
    const json_t *error = json_object_get(answer, "error");
    int code = 0;
    if (read != FH_OK) {
        code = complain("answer", read == FH_E_NOMEM ? "out of memory" : problem.text);
    } else if (a->json) {
        code = print_json(json, error);
    } else if (error) {
        const fhi_paper paper = fhi_paper_of(stderr);
        fhi_print_error(&paper, error, a->request.query);
        code = 1;
    } else {
        const fhi_paper paper = fhi_paper_of(stdout);
        if (a->request.kind == FHI_REQUEST_FACETS)
            fhi_print_facets(&paper, answer);
        else if (a->request.kind == FHI_REQUEST_EXPLAIN)
            fhi_print_explanation(&paper, answer);
        else if (a->request.kind == FHI_REQUEST_HISTOGRAM)
            fhi_print_histogram(&paper, answer);
        else
            fhi_print_answer(&paper, answer, a->request.offset);
        if (fflush(stdout) != 0) code = complain("standard output", "cannot be written");
    }
    json_decref(answer);
    return code;
}

/* A failure in words, and as an error object for whoever asked for JSON. */
static void report(const arguments *a, fh_status status, const char *what, const char *why)
{
    fhi_buf detail, json;
    (void)complain(what, why);
    if (!a->json) return;
    fhi_buf_init(&detail);
    fhi_buf_init(&json);
    fhi_buf_printf(&detail, "%s%s%s", what, what[0] ? ": " : "", why);
    fhi_buf_put8(&detail, 0);
    if (detail.status == FH_OK && fhi_failure_json(status, (const char *)detail.data, a->request.lang, &json) == FH_OK)
        (void)print_json(&json, NULL);
    fhi_buf_fini(&json);
    fhi_buf_fini(&detail);
}

static int run(const arguments *a)
{
    fhi_buf json;
    fh_err err = {.text = ""};
    int code;
    fhi_buf_init(&json);
    const fh_status status = a->socket ? fhi_client_search(a->socket, &a->request, SERVER_SILENT_MS_MAX, &json, &err)
                                       : ask_index(a, &json, &err);
    if (status == FH_OK) {
        code = print(a, &json);
    } else {
        code = 1;
        report(a, status, err.file[0] ? err.file : a->socket ? a->socket : a->index, err.text);
    }
    fhi_buf_fini(&json);
    return code;
}

int fh_verb_search(int argc, char **argv)
{
    arguments a = {.index = NULL};
    fh_err err = {.text = ""};
    int code = 2;
    fhi_request_defaults(&a.request);
    fhi_buf_init(&a.query);
    const fh_status status = read_arguments(argc, argv, &a, &err);
    if (status != FH_OK) {
        report(&a, status, err.file, err.text);
        (void)fputs("`fihrist search --help` tells the rest.\n", stderr);
        code = status == FH_E_INVALID ? 2 : 1;
    } else if (a.help) {
        usage(stdout);
        code = 0;
    } else {
        code = run(&a);
    }
    fhi_buf_fini(&a.query);
    return code;
}
