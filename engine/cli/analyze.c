/* analyze.c - `fihrist analyze`: what becomes of a text, token by token, stage by stage.
 *
 * A table for people, whose Arabic cells are isolated so that a bidirectional terminal keeps the columns in order;
 * an array of objects for programs.
 */
#include "engine/text/describe.h"
#include <fihrist/verb.h>

#include <jansson.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    COLUMN_COUNT = 11,
    CELL_BYTES_MAX = 4 * FH_TERM_BYTES_MAX, /* longer cells are cut */
    SEPARATION = 2                          /* spaces between columns */
};

static const char *const headings[COLUMN_COUNT] = {"pos",  "bytes", "original", "exact", "folded",  "base",
                                                   "stem", "kind",  "script",   "stop",  "variants"};

typedef struct options {
    const char *analyzer;
    bool json;
} options;

static int usage(FILE *to, int code)
{
    (void)fputs("usage: fihrist analyze [--analyzer press|words] [--json] [TEXT... | -]\n\n"
                "Shows the tokens of TEXT, or of standard input: their bytes in the text, the form at each\n"
                "stage, and what a query would match besides the stem.\n\n"
                "  --analyzer NAME  press (French and Arabic, the default) or words (split at white space)\n"
                "  --json           an array of objects instead of a table\n"
                "  --help           this text\n",
                to);
    return code;
}

static void complain(const char *what, const char *why)
{
    fhi_complain("analyze", what, why);
}

/* ---- the text -------------------------------------------------------------------------------------------- */

static fh_status read_standard_input(fhi_buf *text, fh_err *err)
{
    for (;;) {
        enum { CHUNK_BYTES = 64 * 1024 };
        if (!fhi_buf_reserve(text, CHUNK_BYTES)) return fhi_fail(err, FH_E_NOMEM, "out of memory");
        const size_t count = fread(text->data + text->len, 1, CHUNK_BYTES, stdin);
        text->len += count;
        if (text->len > FH_TEXT_BYTES_MAX) return FH_OK; /* the analyzer says so */
        if (count == 0) break;
    }
    return ferror(stdin) ? fhi_fail(err, FH_E_IO, "cannot be read") : FH_OK;
}

/* Arguments with a space between, or standard input when there is none or only `-`. */
static fh_status collect_text(int argc, char **argv, fhi_buf *text, fh_err *err)
{
    if (argc == 0 || (argc == 1 && strcmp(argv[0], "-") == 0)) return read_standard_input(text, err);
    for (int i = 0; i < argc; i++) {
        if (i) fhi_buf_put8(text, ' ');
        fhi_buf_put(text, argv[i], strlen(argv[i]));
    }
    return text->status == FH_OK ? FH_OK : fhi_fail(err, FH_E_NOMEM, "out of memory");
}

/* ---- JSON ------------------------------------------------------------------------------------------------ */

static fh_status print_json(fh_analyzer *analyzer, const fhi_buf *text, const fh_token *tokens, size_t count)
{
    fh_status status = FH_OK;
    (void)putchar('[');
    for (size_t i = 0; i < count && status == FH_OK; i++) {
        fhi_described shown;
        status = fhi_describe(analyzer, fhi_buf_str(text), &tokens[i], &shown);
        if (status != FH_OK) break;
        json_t *object = fhi_described_json(&shown);
        (void)fputs(i ? ",\n " : "", stdout);
        if (!object || json_dumpf(object, stdout, JSON_COMPACT) != 0) status = FH_E_NOMEM;
        json_decref(object);
    }
    (void)puts("]");
    return status;
}

/* ---- table ----------------------------------------------------------------------------------------------- */

typedef struct cell {
    char text[CELL_BYTES_MAX];
    size_t len;
    int width;   /* columns of a terminal */
    bool arabic; /* to be isolated */
} cell;

/* What one character takes on a terminal, near enough: nothing for marks and controls, two for wide ones. */
static int point_width(UChar32 point)
{
    if (point < 0 || U_GET_GC_MASK(point) & (U_GC_MN_MASK | U_GC_ME_MASK | U_GC_CF_MASK)) return 0;
    const int32_t wide = u_getIntPropertyValue(point, UCHAR_EAST_ASIAN_WIDTH);
    return wide == U_EA_WIDE || wide == U_EA_FULLWIDTH ? 2 : 1;
}

static void cell_put(cell *to, fh_str text)
{
    const uint8_t *bytes = (const uint8_t *)text.ptr;
    for (size_t at = 0; at < text.len;) {
        const size_t start = at;
        UChar32 point;
        U8_NEXT(bytes, at, text.len, point);
        if (to->len + (at - start) > sizeof to->text) return;
        const UCharDirection direction = u_charDirection(point);
        to->arabic = to->arabic || direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC;
        if (point < ' ' || point == 0x7F) { /* a line end inside a date must not break the table */
            to->text[to->len++] = ' ';
            to->width++;
            continue;
        }
        memcpy(to->text + to->len, bytes + start, at - start);
        to->len += at - start;
        to->width += point_width(point);
    }
}

static void fill_cells(const fhi_described *from, cell cells[COLUMN_COUNT])
{
    char number[64];
    const fh_word *word = from->token.word;
    for (int i = 0; i < COLUMN_COUNT; i++)
        cells[i] = (cell){.len = 0};
    (void)snprintf(number, sizeof number, "%u", from->token.position);
    cell_put(&cells[0], fhi_str(number));
    (void)snprintf(number, sizeof number, "%u-%u", from->token.begin, from->token.end);
    cell_put(&cells[1], fhi_str(number));
    cell_put(&cells[2], from->original);
    cell_put(&cells[3], word->exact);
    cell_put(&cells[4], word->script == FH_SCRIPT_OTHER ? (fh_str){NULL, 0} : word->fold);
    cell_put(&cells[5], from->base);
    cell_put(&cells[6], word->stem);
    cell_put(&cells[7], fhi_str(fhi_kind_name(word)));
    cell_put(&cells[8], fhi_str(fhi_script_name(word)));
    cell_put(&cells[9], fhi_str(word->stop ? "stop" : ""));
    for (size_t i = 0; i < from->variant_count; i++) {
        if (i) cell_put(&cells[10], FH_STR(" "));
        cell_put(&cells[10], from->variants[i]);
    }
}

static void print_cell(const cell *from, int width, bool last)
{
    if (from->arabic) (void)fputs("\u2068", stdout);
    (void)fwrite(from->text, 1, from->len, stdout);
    if (from->arabic) (void)fputs("\u2069", stdout);
    if (!last) (void)printf("%*s", width - from->width + SEPARATION, "");
}

static void print_row(const cell cells[COLUMN_COUNT], const int widths[COLUMN_COUNT])
{
    int last = COLUMN_COUNT - 1;
    while (last > 0 && cells[last].len == 0)
        last--;
    for (int i = 0; i <= last; i++)
        print_cell(&cells[i], widths[i], i == last);
    (void)putchar('\n');
}

static void print_headings(const int widths[COLUMN_COUNT])
{
    for (int i = 0; i < COLUMN_COUNT - 1; i++)
        (void)printf("%-*s", widths[i] + SEPARATION, headings[i]);
    (void)puts(headings[COLUMN_COUNT - 1]);
}

static void widen(const cell cells[COLUMN_COUNT], int widths[COLUMN_COUNT])
{
    for (int i = 0; i < COLUMN_COUNT; i++)
        if (cells[i].width > widths[i]) widths[i] = cells[i].width;
}

/* Two passes: the first finds how wide the columns are. */
static fh_status print_table(fh_analyzer *analyzer, const fhi_buf *text, const fh_token *tokens, size_t count)
{
    int widths[COLUMN_COUNT];
    fh_status status = FH_OK;
    cell *cells = calloc(COLUMN_COUNT, sizeof *cells);
    if (!cells) return FH_E_NOMEM;
    for (int i = 0; i < COLUMN_COUNT; i++)
        widths[i] = (int)strlen(headings[i]);
    for (int pass = 0; pass < 2 && status == FH_OK; pass++) {
        if (pass == 1) print_headings(widths);
        for (size_t at = 0; at < count && status == FH_OK; at++) {
            fhi_described shown;
            status = fhi_describe(analyzer, fhi_buf_str(text), &tokens[at], &shown);
            if (status != FH_OK) break;
            fill_cells(&shown, cells);
            if (pass == 0)
                widen(cells, widths);
            else
                print_row(cells, widths);
        }
    }
    free(cells);
    return status;
}

/* ---- verb ------------------------------------------------------------------------------------------------ */

static int parse_options(int argc, char **argv, options *out)
{
    static const struct option known[] = {{"analyzer", required_argument, NULL, 'a'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    *out = (options){.analyzer = "press"};
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (option) {
        case 'a': out->analyzer = optarg; break;
        case 'j': out->json = true; break;
        case 'h': return usage(stdout, 0);
        default: return usage(stderr, 2);
        }
    }
    return -1;
}

static fh_status run(const options *chosen, fh_analyzer *analyzer, fhi_buf *text, int argc, char **argv, fh_err *err)
{
    const fh_token *tokens;
    size_t count;
    FH_TRY(collect_text(argc, argv, text, err));
    FH_TRY(fh_analyzer_run(analyzer, fhi_buf_str(text), &tokens, &count, err));
    const fh_status status = (chosen->json ? print_json : print_table)(analyzer, text, tokens, count);
    if (status != FH_OK) return fhi_fail(err, status, "%s", fh_status_text(status));
    return fflush(stdout) == 0 ? FH_OK : fhi_fail(err, FH_E_IO, "cannot be written");
}

int fh_verb_analyze(int argc, char **argv)
{
    options chosen;
    fh_err err = {0};
    fhi_buf text = {0};
    fh_analyzer *analyzer = NULL;
    const int code = parse_options(argc, argv, &chosen);
    if (code >= 0) return code;
    fh_status status = fh_analyzer_create(chosen.analyzer, &analyzer, &err);
    if (status != FH_OK) {
        complain(chosen.analyzer, err.text);
        return status == FH_E_INVALID ? 2 : 1;
    }
    status = run(&chosen, analyzer, &text, argc - optind, argv + optind, &err);
    if (status != FH_OK) complain("text", err.text);
    fh_analyzer_destroy(analyzer);
    fhi_buf_fini(&text);
    return status != FH_OK;
}
