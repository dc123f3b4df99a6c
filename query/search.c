/* search.c - the verb `fihrist search`: one query to an index, or to a running server; the answer for people or as
 * JSON. */
#include "query/request.h"
#include "query/search_client.h"
#include "query/search_print.h"

#include <fihrist/verb.h>

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct arguments {
    const char *index;
    const char *socket;
    bool json;
    bool help;
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
                "  --op and|or        whether all words are needed or any (default and)\n"
                "  --sort score|date  best first or newest first (default score)\n"
                "  --lang en|fr|ar    language of messages about the query (default en)\n"
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
    (void)fprintf(stderr, "fihrist search: %s: %s\n", what, why);
    return 1;
}

/* ---- arguments ------------------------------------------------------------------------------------------- */

/* Options marked 'p' are parameters of a request under the same name. */
static bool set_option(arguments *a, int option, const char *name, const char *value)
{
    fh_err err = {.text = ""};
    switch (option) {
    case 'i': a->index = value; return true;
    case 's': a->socket = value; return true;
    case 'j': a->json = true; return true;
    case 'h': a->help = true; return true;
    case 'p':
        if (fhi_request_set(&a->request, fhi_str(name), fhi_str(value), &err) == FH_OK) return true;
        (void)fprintf(stderr, "fihrist search: --%s: %s\n", name, err.text);
        return false;
    default: return false;
    }
}

static bool check_arguments(const arguments *a, int word_count)
{
    if (a->help) return true;
    if (!a->index && !a->socket)
        (void)complain("--index", "say which index to search, or --socket which server");
    else if (a->index && a->socket)
        (void)complain("--socket", "is for a server; it does not go with --index");
    else if (word_count == 0)
        (void)complain("QUERY", "is missing");
    else if (a->request.offset > FHI_TOP_MAX - a->request.top)
        (void)complain("--offset", "reaches, with --top, past the 10000th hit");
    else
        return true;
    return false;
}

static bool read_arguments(int argc, char **argv, arguments *a)
{
    static const struct option options[] = {
        {"index", required_argument, NULL, 'i'}, {"socket", required_argument, NULL, 's'},
        {"json", no_argument, NULL, 'j'},        {"help", no_argument, NULL, 'h'},
        {"top", required_argument, NULL, 'p'},   {"offset", required_argument, NULL, 'p'},
        {"op", required_argument, NULL, 'p'},    {"sort", required_argument, NULL, 'p'},
        {"lang", required_argument, NULL, 'p'},  {NULL, 0, NULL, 0},
    };
    int option, which = 0;
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, &which)) != -1) {
        if (option == ':') (void)complain(argv[optind - 1], "wants a value");
        if (option == '?')
            (void)complain(argv[optind - 1], "is no option here; put -- before a query that begins with -");
        if (option == ':' || option == '?' || !set_option(a, option, options[which].name, optarg)) return false;
    }
    if (!check_arguments(a, argc - optind)) return false;
    for (int i = optind; i < argc; i++)
        fhi_buf_printf(&a->query, "%s%s", i > optind ? " " : "", argv[i]);
    if (a->query.len) a->request.query = fhi_buf_str(&a->query);
    return true;
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
    json_t *answer = json_loadb((const char *)json->data, json->len, JSON_ALLOW_NUL, &problem);
    const json_t *error = json_object_get(answer, "error");
    int code = 0;
    if (!answer) {
        code = complain("answer", problem.text);
    } else if (a->json) {
        code = print_json(json, error);
    } else if (error) {
        const fhi_paper paper = fhi_paper_of(stderr);
        fhi_print_error(&paper, error, a->request.query);
        code = 1;
    } else {
        const fhi_paper paper = fhi_paper_of(stdout);
        fhi_print_answer(&paper, answer, a->request.offset);
        if (fflush(stdout) != 0) code = complain("standard output", "cannot be written");
    }
    json_decref(answer);
    return code;
}

static int run(const arguments *a)
{
    fhi_buf json;
    fh_err err = {.text = ""};
    int code;
    fhi_buf_init(&json);
    const fh_status status =
        a->socket ? fhi_client_search(a->socket, &a->request, &json, &err) : ask_index(a, &json, &err);
    if (status == FH_OK) {
        code = print(a, &json);
    } else {
        code = complain(a->socket ? a->socket : a->index, err.text);
        fhi_buf_clear(&json);
        if (a->json && fhi_failure_json(status, err.text, a->request.lang, &json) == FH_OK)
            (void)print_json(&json, NULL);
    }
    fhi_buf_fini(&json);
    return code;
}

int fh_verb_search(int argc, char **argv)
{
    arguments a = {.index = NULL};
    int code = 2;
    fhi_request_defaults(&a.request);
    fhi_buf_init(&a.query);
    if (!read_arguments(argc, argv, &a)) {
        (void)fputs("`fihrist search --help` tells the rest.\n", stderr);
    } else if (a.help) {
        usage(stdout);
        code = 0;
    } else if (a.query.status != FH_OK) {
        code = complain("QUERY", "not enough memory");
    } else {
        code = run(&a);
    }
    fhi_buf_fini(&a.query);
    return code;
}
